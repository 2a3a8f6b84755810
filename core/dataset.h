/* dataset.h - labelled images as the trainer sees them, and the contract of transforms.
 *
 * Images stay bytes in memory; the threads that train turn them into numbers tile by tile (feed.h). Readers, catalogue and
 * the built-in generator are in datasets/; this file is all the core knows of them. */
#ifndef DATASET_H
#define DATASET_H

#include "arena.h"
#include "attr.h"
#include "tensor.h"

/* One part of a set. */
typedef struct split {
    uint32_t count;        /* 0: the set has no such part */
    const uint8_t *images; /* [count][channels][height][width], upright, 0 background as stored */
    const uint8_t *labels; /* [count], 0 .. classes - 1 */
} split;

/* What is known of a set without its files. */
typedef struct dataset_info {
    const char *name;  /* "emnist-balanced" */
    const char *title; /* one line */
    shape image;       /* rank 3: channels, height, width */
    int classes;
    const char *const *class_names; /* [classes] */
} dataset_info;

typedef struct dataset dataset;
struct dataset {
    dataset_info info;
    split train, test;
    char sha256[65]; /* of the decoded images and labels of both parts, in hexadecimal */
};

/* A change made to each image on its way into the network. */
typedef struct transform {
    component component;
    /* Output shape for an input shape; false with a message when it cannot be. */
    bool (*infer)(const void *attrs, const shape *in, shape *out, mark at, lcnn_errors *errors);
    /* One image, values as [channels][height][width] floats; `out` is another buffer. Bytes arrive as 0 .. 255. */
    void (*apply)(const void *attrs, const shape *in_shape, const float *in, const shape *out_shape, float *out);
} transform;

#endif
