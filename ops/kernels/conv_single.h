/* conv_single.h - what the kernels of correlations in FORM_SINGLE share (see conv.h): where lines of pixels lie, and weights
 * packed for a vector of outputs. Only conv_single*.c include it. */
#ifndef KERNELS_CONV_SINGLE_H
#define KERNELS_CONV_SINGLE_H

#include "conv_taps.h"

/* Vectors of an octet, that is of SINGLE_VECTOR outputs; never used with wider ones. */
enum { OCTET_PARTS = VW < SINGLE_VECTOR ? SINGLE_VECTOR / VW : 1 };

/* Pixels side by side. */
typedef struct line {
    const real *source; /* of the first pixel's first tap */
    const real *weight; /* the same tap's: [octet][channel][tap][SINGLE_VECTOR] */
    real *output;       /* of the first pixel */
} line;

/* How far the pixels of neighbouring positions of a run lie apart. */
typedef struct steps {
    size_t source_x, source_y, output_x, output_y;
    size_t source_row, output_row;
} steps;

static inline steps steps_of(const correlation *c) {
    const size_t source_row = (size_t)c->x.source * c->source_stride;
    const size_t output_row = (size_t)c->x.output * c->output_stride;
    return (steps){(size_t)c->x.stride * c->source_stride,
                   (size_t)c->y.stride * source_row,
                   (size_t)c->x.divisor * c->output_stride,
                   (size_t)c->y.divisor * output_row,
                   source_row,
                   output_row};
}

/* The first pixel of two runs, `origin` being the first of all. */
static inline line corner(const correlation *c, const steps *s, const line *origin, const run *y, const run *x) {
    return (line){
        origin->source + (size_t)y->reach.source * s->source_row + (size_t)x->reach.source * c->source_stride,
        origin->weight + (y->reach.tap * c->x.taps + x->reach.tap) * SINGLE_VECTOR,
        origin->output + (size_t)y->at * s->output_row + (size_t)x->at * c->output_stride,
    };
}

/* Weights of the octet from output `o` on, for channels [first, end), as [channel][tap][SINGLE_VECTOR]. */
static inline void pack_octet(const correlation *c, const real *weight, int o, int outputs, int first, int end, real *packed) {
    int left = outputs - o;
    pack_weights(c, weight + (size_t)o * c->weight_output, left < SINGLE_VECTOR ? left : SINGLE_VECTOR, first, end,
                 SINGLE_VECTOR, packed);
}

/* Where the sums of outputs [o, end) begin; those from `outputs` on are padding. */
static inline void octets_begin(const real *bias, int o, int end, int outputs, real *beginning) {
    for (int i = o; i < end; i++)
        *beginning++ = bias && i < outputs ? bias[i] : 0;
}

/* As correlate_single, depthwise. */
#define correlate_depthwise ISA_NAME(correlate_depthwise)
void correlate_depthwise(const correlation *c, int outputs, int first, int end, real *output, const real *source,
                         const real *weight, const real *bias, bool add, real *scratch);

/* As correlate_single, not depthwise, where is_small_full(). */
#define correlate_small_full ISA_NAME(correlate_small_full)
void correlate_small_full(const correlation *c, int outputs, int first, int end, real *output, const real *source,
                          const real *weight, const real *bias, bool add, real *scratch);

#define is_small_full ISA_NAME(is_small_full)
bool is_small_full(const correlation *c);

#define small_full_scratch ISA_NAME(small_full_scratch)
size_t small_full_scratch(const correlation *c);

#endif
