/* tensor.h - shapes, the number type, and how a tile of samples lies in memory.
 *
 * A tile is LANES samples, or a single one where a batch is too small to fill lanes. A value of shape [C, H, W] is
 * stored tile by tile, in one of two forms:
 *
 *   FORM_LANES   [C][H][W][LANES]: the innermost index is the sample, so every kernel vectorises over samples whatever
 *                its geometry. The distance between channels is an odd number of 64-byte lines, since an even one makes
 *                the channels of a pixel share cache sets.
 *   FORM_SINGLE  [H][W][C rounded up]: one sample, whose channels are the innermost index. Rounded up to SINGLE_VECTOR,
 *                and to an odd number of those where there are many channels, for the same reason. The padding of the
 *                last vector holds finite numbers. Kernels vectorise over channels, with vectors of at most
 *                SINGLE_VECTOR.
 *
 * A vector of units, of shape [n], is n channels of one pixel. */
#ifndef TENSOR_H
#define TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __FAST_MATH__
#error "lcnn promises the same bits everywhere: build it without -ffast-math"
#endif

/* The check-only library is compiled with double, since finite differences are worthless in float. */
#ifdef LCNN_DOUBLE
typedef double real;
#else
typedef float real;
#endif

enum { LANES = 16, MAX_RANK = 4 };

/* Sizes without the batch; rank 1 is a vector of units, rank 3 is channels, height, width. Dimension 0 is the channel. */
typedef struct shape {
    int rank;
    int dim[MAX_RANK];
} shape;

/* Number of elements of one sample. Shapes are checked against overflow when a graph is built. */
static inline size_t shape_size(const shape *s) {
    size_t size = 1;
    for (int i = 0; i < s->rank; i++)
        size *= (size_t)s->dim[i];
    return size;
}

/* Elements of one channel of one sample. */
static inline size_t shape_pixels(const shape *s) {
    return shape_size(s) / (size_t)s->dim[0];
}

typedef enum tile_form { FORM_LANES, FORM_SINGLE, FORMS } tile_form;

enum { SINGLE_VECTOR = 8 };

/* FORM_LANES: distance in reals between two channels of a tile. */
static inline size_t shape_stride(const shape *s) {
    return (shape_pixels(s) | 1) * LANES;
}

/* FORM_SINGLE: vectors that the channels of a pixel fill. */
static inline int single_vectors(const shape *s) {
    return (s->dim[0] + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
}

/* FORM_SINGLE: distance in reals between two pixels. */
static inline size_t shape_width(const shape *s) {
    enum { MANY = 8 };
    size_t vectors = (size_t)single_vectors(s);
    return (vectors >= MANY && shape_pixels(s) > 1 ? vectors | 1 : vectors) * SINGLE_VECTOR;
}

/* Reals that a tile of this shape takes: in FORM_LANES, and in FORM_SINGLE, which never takes more. */
static inline size_t shape_tile(const shape *s) {
    return (size_t)s->dim[0] * shape_stride(s);
}

static inline size_t shape_single(const shape *s) {
    return (shape_pixels(s) * shape_width(s) + LANES - 1) / LANES * LANES;
}

static inline bool shape_equal(const shape *a, const shape *b) {
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

/* Writes "6x28x28" into `text` and returns it. */
enum { SHAPE_TEXT = 48 };
char *shape_text(const shape *s, char text[SHAPE_TEXT]);

#endif
