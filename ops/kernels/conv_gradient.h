/* conv_gradient.h - weight and bias gradients of convolutions over one tile. Knows pointers and sizes, no operators. */
#ifndef KERNELS_CONV_GRADIENT_H
#define KERNELS_CONV_GRADIENT_H

#include "conv.h"

/* weight[o][c][ky][kx] (+)= sum over pixels and lanes of dy[o] * x[c], the convolution's forward axes given in `c`.
 * Lanes are summed over all pixels first, then folded by the tree of vec_fold. scratch: conv_scratch(c) reals. */
#define conv_weight_gradient ISA_NAME(conv_weight_gradient)
void conv_weight_gradient(const correlation *c, int outputs, const real *output_grad, const real *source,
                          real *weight_grad, bool add, real *scratch);

/* bias[o] (+)= sum over pixels and lanes of dy[o]. */
#define conv_bias_gradient ISA_NAME(conv_bias_gradient)
void conv_bias_gradient(const correlation *c, int outputs, const real *output_grad, real *bias_grad, bool add);

/* Reals of scratch that conv_weight_gradient needs. */
enum { CONV_GRADIENT_OUTPUTS = 8 };
static inline size_t conv_scratch(int taps) {
    return (size_t)CONV_GRADIENT_OUTPUTS * (size_t)taps * LANES;
}

#endif
