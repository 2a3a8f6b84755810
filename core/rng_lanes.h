/* rng_lanes.h - the words of rng.h for 16 counters at once.
 *
 * Philox is a chain of ten rounds whose multiplications wait for each other, so its speed comes from
 * many counters side by side. A word lies in the low half of a 64-bit integer: there a multiplication
 * of two words is one instruction on every machine, and what the upper halves hold does not matter. */
#ifndef RNG_LANES_H
#define RNG_LANES_H

#include "rng.h"
#include "simd.h"

/* Chains that fit the registers of every machine and hide most of the multiplications' latency. */
enum { PHILOX_CHAINS = 2 };

/* word[k][l] is word k for (key, index[l], position[l]): the same as rng_words gives. */
INLINE void rng_words_lanes(const rng_key *key, const uint32_t index[LANES],
                            const uint32_t position[LANES], uint32_t word[4][LANES]) {
    const lvec multiplier_0 = lvec_set1(PHILOX_MULTIPLIER_0);
    const lvec multiplier_1 = lvec_set1(PHILOX_MULTIPLIER_1);
    for (int first = 0; first < LANES; first += PHILOX_CHAINS * DVW) {
        lvec key_0 = lvec_set1(philox_key_0(key)), key_1 = lvec_set1(philox_key_1(key));
        lvec a[PHILOX_CHAINS], b[PHILOX_CHAINS], c[PHILOX_CHAINS], d[PHILOX_CHAINS];
        UNROLLED (i, PHILOX_CHAINS) {
            a[i] = lvec_load(position + first + i * DVW);
            b[i] = lvec_load(index + first + i * DVW);
            c[i] = lvec_set1(key->epoch);
            d[i] = lvec_set1(key->stream);
        }
        for (int round = 0; round < PHILOX_ROUNDS; round++) {
            UNROLLED (i, PHILOX_CHAINS) {
                lvec product_0 = lvec_multiply_low(a[i], multiplier_0);
                lvec product_1 = lvec_multiply_low(c[i], multiplier_1);
                a[i] = (product_1 >> 32) ^ b[i] ^ key_0;
                b[i] = product_1;
                c[i] = (product_0 >> 32) ^ d[i] ^ key_1;
                d[i] = product_0;
            }
            key_0 += PHILOX_WEYL_0;
            key_1 += PHILOX_WEYL_1;
        }
        UNROLLED (i, PHILOX_CHAINS) {
            lvec_store(word[0] + first + i * DVW, a[i]);
            lvec_store(word[1] + first + i * DVW, b[i]);
            lvec_store(word[2] + first + i * DVW, c[i]);
            lvec_store(word[3] + first + i * DVW, d[i]);
        }
    }
}

#endif
