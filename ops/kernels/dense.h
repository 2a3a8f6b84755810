/* dense.h - matrix products over one tile for fully connected layers, in both forms of a tile.
 *
 * Weights are [inputs][columns], columns being the outputs rounded up as param_columns does; an input's weights lie side by
 * side, so that forward broadcasts neighbours, and the weight gradient, a sum of LANES rank-1 updates, is written in vectors.
 * A sample gets the same bits in both forms. Knows pointers and sizes, no operators. */
#ifndef KERNELS_DENSE_H
#define KERNELS_DENSE_H

#include "simd.h"

/* y[o] = bias[o] + sum over i, ascending, of weight[i][o] * x[i], for o in [first, end). x: [inputs][LANES], y:
 * [outputs][LANES]; bias may be NULL. */
#define dense_forward ISA_NAME(dense_forward)
void dense_forward(const real *x, const real *weight, const real *bias, real *y, int first, int end, int inputs, size_t columns);

/* dx[i] (+)= sum over o, ascending, of weight[i][o] * dy[o], for i in [first, end). */
#define dense_input_gradient ISA_NAME(dense_input_gradient)
void dense_input_gradient(const real *dy, const real *weight, real *dx, bool add, int first, int end, int outputs,
                          size_t columns);

/* weight_grad[i][o] (+)= sum over lanes below count, ascending, of x[i] * dy[o], for i in [first, end) and all o.
 * dy_rows is dy transposed by dense_transpose. */
#define dense_weight_gradient ISA_NAME(dense_weight_gradient)
void dense_weight_gradient(const real *x, const real *dy_rows, real *weight_grad, bool add, int first, int end, size_t columns,
                           int count);

/* bias_grad[o] (+)= sum over lanes below count, ascending, of dy[o]; zero from `outputs` up to a multiple of LANES. */
#define dense_bias_gradient ISA_NAME(dense_bias_gradient)
void dense_bias_gradient(const real *dy_rows, real *bias_grad, bool add, int outputs, size_t columns, int count);

/* rows[lane][o] = dy[o][lane] for all lanes; columns from `outputs` on are zero. */
#define dense_transpose ISA_NAME(dense_transpose)
void dense_transpose(const real *dy, real *rows, int outputs, size_t columns);

/* ---- One sample ------------------------------------------------------------------------------ */

/* x, y and their gradients are vectors of units, padded to SINGLE_VECTOR. Ranges of outputs and of inputs count groups of
 * SINGLE_VECTOR of them. */

/* y[o] = bias[o] + sum over i, ascending, of weight[i][o] * x[i]. bias may be NULL. */
#define dense_single_forward ISA_NAME(dense_single_forward)
void dense_single_forward(const real *x, const real *weight, const real *bias, real *y, int first, int end, int inputs,
                          size_t columns);

/* dx[i] (+)= sum over o, ascending, of weight[i][o] * dy[o]. scratch: [SINGLE_VECTOR][columns]. */
#define dense_single_input_gradient ISA_NAME(dense_single_input_gradient)
void dense_single_input_gradient(const real *dy, const real *weight, real *dx, bool add, int first, int end, int inputs,
                                 int outputs, size_t columns, real *scratch);

/* weight_grad[i][o] (+)= x[i] * dy[o], for i in [first, end), single inputs here, and all o. dy_row: [columns], zero from
 * `outputs` on. */
#define dense_single_weight_gradient ISA_NAME(dense_single_weight_gradient)
void dense_single_weight_gradient(const real *x, const real *dy_row, real *weight_grad, bool add, int first, int end,
                                  size_t columns);

#endif
