/* conv_gradient_cut.h - how the work of a convolution's gradient is cut, which its shapes alone decide; the same for every
 * instruction set. */
#ifndef KERNELS_CONV_GRADIENT_CUT_H
#define KERNELS_CONV_GRADIENT_CUT_H

#include "conv_gradient.h"

/* What the vectors of a block run along. */
typedef enum gradient_way { ALONG_LANES, ALONG_OUTPUTS, ALONG_CHANNELS } gradient_way;

typedef struct gradient_cut {
    gradient_way way;
    int kernel;       /* taps of one channel */
    int channels;     /* at a time; 0: a part of one kernel, CUT_TAPS at most */
    int outputs;      /* at a time */
    int rows;         /* of the map in a band, at most */
    int strip_pixels; /* of the map in a strip, at most */
    int columns_read; /* of x by a row of the map, those outside of it included */
    size_t pixel;     /* reals of a pixel of x that a band may need a copy of */
    size_t sums, source, strip; /* reals of scratch */
} gradient_cut;

enum { CUT_TAPS = 256 /* at a time */, CUT_BLOCK_OUTPUTS = 4 /* of a block along lanes */ };

#define gradient_cut_of ISA_NAME(gradient_cut_of)
gradient_cut gradient_cut_of(const conv_gradient *g);

/* The same with pixels that no tap reads left out: where an axis has a single tap, those between its strides. */
#define gradient_thinned ISA_NAME(gradient_thinned)
conv_gradient gradient_thinned(const conv_gradient *g);

/* Numbers [first, end). */
typedef struct range {
    int first, end;
} range;

/* `count` things shared out evenly, at most `limit` to a part. */
static inline int parts_of(int count, int limit) {
    return (count + limit - 1) / limit;
}

static inline range part_of(int count, int limit, int i) {
    int parts = parts_of(count, limit);
    return (range){(int)((int64_t)count * i / parts), (int)((int64_t)count * (i + 1) / parts)};
}

static inline int least(int a, int b) {
    return a < b ? a : b;
}

static inline int most(int a, int b) {
    return a > b ? a : b;
}

#endif
