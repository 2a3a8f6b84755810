/* feed.h - samples of a data set as tiles of the network's input.
 *
 * Owns the way from bytes in memory to numbers in lanes: conversion, the model's transforms, and
 * the turning of 16 images into one tile. It is called by the threads that train, on the fly, so it
 * allocates nothing and keeps nothing. Knows no transform by name. */
#ifndef FEED_H
#define FEED_H

#include "dataset.h"

typedef struct feed {
    const split *split;
    shape image; /* as stored: channels, height, width */
    int transform_count;
    const attr_component *transform; /* [transform_count]; types are transform */
    const shape *transform_shape;    /* [transform_count + 1]: before each and after the last */
} feed;

/* Floats of scratch memory that each thread needs, 64-byte aligned. */
size_t feed_scratch(const feed *f);

/* The key of everything random in an epoch of training, for the functions below. */
rng_key feed_key(uint64_t seed, uint32_t epoch);

/* One sample after all transforms, [channels][height][width] of the last one's shape; `out` is 64-byte
 * aligned. `key` is NULL where images are evaluated: then nothing is random. */
void feed_image(const feed *f, const rng_key *key, uint32_t sample, float *scratch, float *out);

/* Writes samples sample[0 .. count - 1] (1 to LANES of them) as a tile of the last transform's
 * shape in FORM_LANES, and their labels. Lanes from `count` on get zeros and label 0; the padding
 * between channels is left alone. `tile` is 64-byte aligned. */
void feed_tile(const feed *f, const rng_key *key, const uint32_t *sample, int count, float *scratch,
               real *tile, int32_t labels[LANES]);

/* The same of one sample in FORM_SINGLE; its label comes first. */
void feed_single(const feed *f, const rng_key *key, uint32_t sample, float *scratch, real *tile,
                 int32_t labels[LANES]);

#endif
