/* rng.c - Philox4x32-10, and what is drawn from it: words, name hashes, permutations.
 *
 * Written from the description in Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). Turning words into weights, images or masks is for those who want them. */
#include "rng.h"

static void philox(uint32_t counter[4], uint32_t key_0, uint32_t key_1) {
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * counter[0];
        uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * counter[2];
        counter[0] = (uint32_t)(product_1 >> 32) ^ counter[1] ^ key_0;
        counter[1] = (uint32_t)product_1;
        counter[2] = (uint32_t)(product_0 >> 32) ^ counter[3] ^ key_1;
        counter[3] = (uint32_t)product_0;
        key_0 += PHILOX_WEYL_0;
        key_1 += PHILOX_WEYL_1;
    }
}

void rng_words(const rng_key *key, uint32_t index, uint32_t position, uint32_t word[4]) {
    word[0] = position;
    word[1] = index;
    word[2] = key->epoch;
    word[3] = key->stream;
    philox(word, philox_key_0(key), philox_key_1(key));
}

/* Fowler, Noll, Vo: offset basis and prime of the 32-bit form. */
uint32_t rng_hash(const char *name) {
    uint32_t hash = UINT32_C(2166136261);
    for (; *name != '\0'; name++) {
        hash ^= (unsigned char)*name;
        hash *= UINT32_C(16777619);
    }
    return hash;
}

void rng_permutation(const rng_key *key, uint32_t n, uint32_t *order) {
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t last = n; last > 1; last--) {
        uint32_t word[4];
        rng_words(key, last - 1, 0, word);
        uint32_t chosen = rng_below(word[0], last);
        uint32_t moved = order[chosen];
        order[chosen] = order[last - 1];
        order[last - 1] = moved;
    }
}
