/* conv_gradient.h - weight and bias gradients of convolutions over one tile. Knows pointers and sizes, no operators. */
#ifndef KERNELS_CONV_GRADIENT_H
#define KERNELS_CONV_GRADIENT_H

#include "conv.h"

/* A convolution, or one group of it. */
typedef struct conv_gradient {
    axis y, x;            /* as of forward: divisor 1 */
    int channels;         /* source channels that each output channel reads */
    int outputs;
    size_t output_step;   /* FORM_LANES: reals between channels of a tile; FORM_SINGLE: between pixels */
    size_t source_step;
    tile_form form;
    bool depthwise;       /* FORM_SINGLE only: output o reads source channel o and no other */
} conv_gradient;

/* weight[o][c][ky][kx] (+)= sum over pixels and lanes of dy[o] * x[c], for outputs o in [first, end). Pointers are those of
 * output 0 and channel 0. scratch: conv_gradient_scratch() reals. */
#define conv_weight_gradient ISA_NAME(conv_weight_gradient)
void conv_weight_gradient(const conv_gradient *g, int first, int end, const real *output_grad, const real *source,
                          real *weight_grad, bool add, real *scratch);

/* bias[o] (+)= sum over pixels and lanes of dy[o]. */
#define conv_bias_gradient ISA_NAME(conv_bias_gradient)
void conv_bias_gradient(const conv_gradient *g, int first, int end, const real *output_grad, real *bias_grad, bool add);

/* Enough for both forms on every instruction set. */
#define conv_gradient_scratch ISA_NAME(conv_gradient_scratch)
size_t conv_gradient_scratch(const conv_gradient *g);

#endif
