/* conv.h - convolution over one tile: forward and input gradient (conv_gradient.h: gradients of weights and biases).
 *
 * Forward and input gradient are the same computation, a correlation: each output is one chain of fused multiply-adds over
 * source channels, kernel rows and kernel columns, in that order, taps outside the source left out. They differ only in how a
 * position maps to taps and source positions, which an `axis` describes. Knows pointers and sizes, no operators. */
#ifndef KERNELS_CONV_H
#define KERNELS_CONV_H

#include "simd.h"

/* One direction (y or x) of a correlation. Output position p reads, for each tap t of its range, the source position
 * (p * stride + offset + t * dilation) / divisor, and only where that division is exact and inside [0, source).
 * Forward: offset = -padding, divisor 1. Input gradient: stride 1, offset = +padding, dilation negative, divisor = the
 * convolution's stride. */
typedef struct axis {
    int taps, stride, offset, dilation, divisor;
    int output, source; /* number of positions */
} axis;

typedef struct correlation {
    axis y, x;
    int channels, outputs;  /* of one group: each of its outputs reads each of its source channels */
    size_t output_stride;   /* FORM_LANES: reals between channels of a tile. FORM_SINGLE: between pixels */
    size_t source_stride;
    size_t weight_output;   /* reals between the weights of neighbouring output channels ... */
    size_t weight_channel;  /* ... of neighbouring source channels ... */
    size_t weight_group;    /* ... and of groups */
} correlation;

/* Output channels [first, end), which may lie in several groups. output: [outputs][y][x][LANES], source: [channels][y][x][LANES],
 * both of all groups, as are weight, where taps lie row by row, and bias. Each chain begins with bias[o], or what is in output
 * when `add`, or 0. scratch: correlate_scratch() reals. */
#define correlate ISA_NAME(correlate)
void correlate(const correlation *c, int first, int end, real *output, const real *source, const real *weight,
               const real *bias, bool add, real *scratch);

/* Output channels whose weights are packed side by side. */
enum { CONV_UNIT = 6 };

/* The most taps that a position of an axis can have. */
static inline int run_taps(const axis *a) {
    return (a->taps + a->divisor - 1) / a->divisor;
}

/* Source channels that a kernel sums over in one go: so many that the loads and stores of sums between goes vanish beside the
 * arithmetic, so few that the source rows and weights of a block stay in the L1 cache. */
static inline int conv_channels(const correlation *c) {
    enum { PRODUCTS = 144 };
    int taps = run_taps(&c->y) * run_taps(&c->x);
    int most = (PRODUCTS + taps - 1) / taps, goes = (c->channels + most / 2) / most;
    return goes <= 1 ? c->channels : (c->channels + goes - 1) / goes;
}

/* Reals of scratch for the outputs of so many groups. */
#define correlate_scratch ISA_NAME(correlate_scratch)
size_t correlate_scratch(const correlation *c, int groups);

/* The same in FORM_SINGLE, for rows [first, end) of all outputs: output [y][x][outputs rounded up], whose padding becomes
 * zero, or what it was when `add`; source [y][x][channels rounded up]. Depthwise: output o reads source channel o alone.
 * scratch: correlate_single_scratch() reals. */
#define correlate_single ISA_NAME(correlate_single)
void correlate_single(const correlation *c, int outputs, bool depthwise, int first, int end, real *output,
                      const real *source, const real *weight, const real *bias, bool add, real *scratch);

#define correlate_single_scratch ISA_NAME(correlate_single_scratch)
size_t correlate_single_scratch(const correlation *c, int outputs, bool depthwise);

#endif
