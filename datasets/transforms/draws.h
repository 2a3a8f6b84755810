/* draws.h - random numbers for transforms: a few for an image, or some for each pixel.
 *
 * All come from the key and the sample of the call (core/rng.h), none from libm. */
#ifndef DRAWS_H
#define DRAWS_H

#include "dataset.h"

/* Four words of the image: those at position 0 or 1. */
enum { DRAWS_POSITIONS = 2 };

static inline void draw_words(const transform_call *call, uint32_t position, uint32_t word[4]) {
    rng_words(call->key, call->sample, position, word);
}

/* A word as a number in [low, high). */
static inline double draw_between(uint32_t word, double low, double high) {
    return low + (high - low) * (double)rng_unit(word);
}

/* One for each pixel: `count` is rounded up to whole blocks, for which there is room. */
enum { DRAWS_BLOCK = 64 };

static inline size_t draws_room(size_t count) {
    return (count + DRAWS_BLOCK - 1) / DRAWS_BLOCK * DRAWS_BLOCK;
}

/* Words with nothing in common with those of draw_words. */
void draw_many(const transform_call *call, size_t count, uint32_t *word);

/* Normal numbers of mean 0 and deviation 1, up to 5.8 in size. */
void draw_normal(const transform_call *call, size_t count, float *number);

#endif
