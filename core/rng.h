/* rng.h - random numbers without a state: a value is a function of its key and its counter.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number is keyed by
 * the seed and by what it is for, and counted by epoch, index and position, so nothing depends on who draws first. */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

typedef enum rng_purpose {
    RNG_INIT = 1,  /* initial weights: stream = hash of the tensor's name */
    RNG_SHUFFLE,   /* order of samples in an epoch */
    RNG_SPLIT,     /* validation split */
    RNG_DROPOUT,   /* stream = the node's */
    RNG_TRANSFORM, /* random transforms of images: stream = position in the list */
    RNG_GLYPHS,    /* the built-in data set */
    RNG_BENCH,     /* synthetic images */
    RNG_STUDY,     /* settings drawn for the trials of a study: stream = hash of the key */
} rng_purpose;

typedef struct rng_key {
    uint64_t seed;
    rng_purpose purpose;
    uint32_t stream;
    uint32_t epoch;
} rng_key;

/* Four random words for (key, index, position). */
void rng_words(const rng_key *key, uint32_t index, uint32_t position, uint32_t word[4]);

/* FNV-1a: a stream number from a name. */
uint32_t rng_hash(const char *name);

/* A word as a number in [0, 1): 24 bits, exact in float. */
static inline float rng_unit(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24f;
}

/* Two words as a number in (0, 1): 52 bits, never 0 and never 1. */
static inline double rng_open_unit(uint32_t high, uint32_t low) {
    uint64_t bits = ((uint64_t)high << 20) | (low >> 12);
    return ((double)bits + 0.5) * 0x1p-52;
}

/* A number below n from one word, by multiplication (bias below n / 2^32). */
static inline uint32_t rng_below(uint32_t word, uint32_t n) {
    return (uint32_t)(((uint64_t)word * n) >> 32);
}

/* Writes a random order of 0 .. n-1: Fisher-Yates with one counter per position. */
void rng_permutation(const rng_key *key, uint32_t n, uint32_t *order);

/* ---- Philox, for those who compute many at once ------------------------------------------------ */

/* The paper's constants: two odd multipliers with good avalanche, and the Weyl steps of the key, which are the golden
 * ratio and sqrt(3) - 1 in 32 bits. */
#define PHILOX_MULTIPLIER_0 UINT32_C(0xD2511F53)
#define PHILOX_MULTIPLIER_1 UINT32_C(0xCD9E8D57)
#define PHILOX_WEYL_0 UINT32_C(0x9E3779B9)
#define PHILOX_WEYL_1 UINT32_C(0xBB67AE85)
enum { PHILOX_ROUNDS = 10 };

/* Position, index, epoch and stream are the four words of the counter and the seed is the key, so different ones never
 * meet. The purpose sits in the top byte of the key: it is one to one with it for seeds below 2^56. */
static inline uint32_t philox_key_0(const rng_key *key) {
    return (uint32_t)key->seed;
}

static inline uint32_t philox_key_1(const rng_key *key) {
    return (uint32_t)(key->seed >> 32) ^ ((uint32_t)key->purpose << 24);
}

#endif
