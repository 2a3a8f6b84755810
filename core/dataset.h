/* dataset.h - labelled images as the trainer sees them, and the contract of transforms.
 *
 * Images stay bytes in memory; the threads that train turn them into numbers tile by tile (feed.h). Readers, catalogue and
 * the built-in generator are in datasets/; this file is all the core knows of them. */
#ifndef DATASET_H
#define DATASET_H

#include "arena.h"
#include "attr.h"
#include "rng.h"
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

/* ---- Transforms ------------------------------------------------------------------------------ */

/* One image on its way into the network. Buffers are 64-byte aligned and do not overlap. */
typedef struct transform_call {
    const void *attrs;
    const shape *in_shape, *out_shape;
    const float *in;    /* [channels][height][width]; bytes arrive as 0 .. 255 */
    float *out;
    float *scratch;     /* [what the transform asked for], holding anything */
    const rng_key *key; /* while training: its stream is the transform's place in the list; NULL where images are evaluated */
    uint32_t sample;    /* index of the image in its part: with the key, the whole of what may be random */
} transform_call;

typedef struct transform_sample {
    const char *yaml; /* "{op: pad, by: 2}"; the first sample is the example in the manual */
    shape image;      /* rank 3; what comes in */
} transform_sample;

typedef struct transform_refusal {
    const char *yaml;
    shape image;
    const char *message; /* a fragment of the message expected */
} transform_refusal;

/* A change made to each image on its way into the network. Results depend on the call's members only and have the same
 * bits everywhere: no libm, and sums in one order. */
typedef struct transform {
    component component; /* first, so that a component found by name is the transform */
    bool training_only;  /* left out where images are evaluated; keeps the shape */

    /* Output shape for an input shape of rank 3; false with a message when it cannot be. */
    bool (*infer)(const void *attrs, const shape *in, shape *out, mark at, lcnn_errors *errors);
    /* Floats of scratch for an image of this shape; NULL: none. */
    size_t (*scratch)(const void *attrs, const shape *in);
    /* Neither allocates, fails nor prints. */
    void (*apply)(const transform_call *call);

    /* Transforms that may have to be told the moments of the training images as these reach them: whether this one still
     * has to, and telling it; mean and deviation have a number per channel and outlive the attributes. Both or neither. */
    bool (*wants_moments)(const void *attrs);
    void (*set_moments)(void *attrs, attr_reals mean, attr_reals deviation);

    const transform_sample *samples;   /* ended by a row without yaml; at least one */
    const transform_refusal *refusals; /* ended by a row without yaml; NULL where infer cannot fail */
} transform;

/* Images on their way may have this many numbers at most, between transforms too. */
enum { TRANSFORM_MAX_SIZE = 1 << 24 };

#endif
