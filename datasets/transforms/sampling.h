/* sampling.h - an image looked at between its pixels: what random_affine and random_elastic share.
 *
 * Bilinear: a mean of the four pixels around, weighted by distance; beyond the image everything is `fill`. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include "dataset.h"

typedef struct sampler {
    const shape *shape;
    float *image;      /* with a border: [channels][height + 3][width + 3] */
    float *x, *y;      /* [width]: where the pixels of a row are taken from; written by the caller */
    uint32_t *corner;  /* [width] */
} sampler;

/* Floats of scratch that a sampler takes, whole cache lines. */
size_t sampler_scratch(const shape *s);

/* Copies the call's image into `scratch`, with a border. */
sampler sampler_new(const transform_call *call, float fill, float *scratch);

/* Writes row `row` of all channels of `out`, taken from where s->x and s->y say: (0, 0) is the middle of the first pixel.
 * What they hold is spent. */
void sampler_row(const sampler *s, int row, float *out);

#endif
