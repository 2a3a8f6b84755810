/* dense.c - see dense.h. Register blocks of several outputs (or inputs) x all lanes; each value is
 * one chain of fused multiply-adds in ascending order, whatever block it is in. */
#include "dense.h"

enum { HALVES = LANES / VW };

/* Rows of a block: with the lanes, 12 sums up to AVX2 and 16 with AVX-512 hide the latency of the
 * additions. */
#if VW == 16
enum { BLOCK = 16 };
#elif VW == 8
enum { BLOCK = 6 };
#else
enum { BLOCK = 3 };
#endif

/* out[r] (+)= sum over k < length of factor[k * step + r * row] * in[k], for `rows` rows: both
 * products with the weights. */
INLINE void product_block(const real *in, const real *factor, size_t row, size_t step,
                          const real *start, bool add, real *out, int length, const int rows) {
    vec sum[BLOCK][HALVES];
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            sum[r][h] = add     ? vec_load(out + r * LANES + h * VW)
                        : start ? vec_set1(start[r])
                                : vec_zero();
    for (int k = 0; k < length; k++) {
        vec x[HALVES];
        UNROLLED (h, HALVES)
            x[h] = vec_load(in + (size_t)k * LANES + h * VW);
        UNROLLED (r, rows) {
            vec w = vec_set1(factor[(size_t)r * row]);
            UNROLLED (h, HALVES)
                sum[r][h] = vec_fma(w, x[h], sum[r][h]);
        }
        factor += step;
    }
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            vec_store(out + r * LANES + h * VW, sum[r][h]);
}

/* Rows [first, end) in blocks, the last rows in smaller ones. */
static void product(const real *in, const real *factor, size_t row, size_t step, const real *start,
                    bool add, real *out, int first, int end, int length) {
    int r = first;
    for (; r + BLOCK <= end; r += BLOCK)
        product_block(in, factor + (size_t)r * row, row, step, start ? start + r : NULL, add,
                      out + (size_t)r * LANES, length, BLOCK);
    for (; r + 2 <= end; r += 2)
        product_block(in, factor + (size_t)r * row, row, step, start ? start + r : NULL, add,
                      out + (size_t)r * LANES, length, 2);
    if (r < end)
        product_block(in, factor + (size_t)r * row, row, step, start ? start + r : NULL, add,
                      out + (size_t)r * LANES, length, 1);
}

void dense_forward(const real *x, const real *weight, const real *bias, real *y, int first, int end,
                   int inputs, size_t columns) {
    product(x, weight, 1, columns, bias, false, y, first, end, inputs);
}

void dense_input_gradient(const real *dy, const real *weight, real *dx, bool add, int first,
                          int end, int outputs, size_t columns) {
    product(dy, weight, columns, 1, NULL, add, dx, first, end, outputs);
}

/* Weight gradients of `rows` inputs x LANES outputs. */
INLINE void update_block(const real *x, const real *dy_rows, real *grad, bool add, size_t columns,
                         int count, const int rows) {
    vec sum[BLOCK][HALVES];
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            sum[r][h] = add ? vec_load(grad + (size_t)r * columns + h * VW) : vec_zero();
    for (int lane = 0; lane < count; lane++) {
        vec dy[HALVES];
        UNROLLED (h, HALVES)
            dy[h] = vec_load(dy_rows + (size_t)lane * columns + h * VW);
        UNROLLED (r, rows) {
            vec in = vec_set1(x[r * LANES + lane]);
            UNROLLED (h, HALVES)
                sum[r][h] = vec_fma(in, dy[h], sum[r][h]);
        }
    }
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            vec_store(grad + (size_t)r * columns + h * VW, sum[r][h]);
}

void dense_weight_gradient(const real *x, const real *dy_rows, real *weight_grad, bool add,
                           int first, int end, size_t columns, int count) {
    int i = first;
    for (; i + BLOCK <= end; i += BLOCK)
        for (size_t o = 0; o < columns; o += LANES)
            update_block(x + (size_t)i * LANES, dy_rows + o, weight_grad + (size_t)i * columns + o,
                         add, columns, count, BLOCK);
    for (; i < end; i++)
        for (size_t o = 0; o < columns; o += LANES)
            update_block(x + (size_t)i * LANES, dy_rows + o, weight_grad + (size_t)i * columns + o,
                         add, columns, count, 1);
}

void dense_bias_gradient(const real *dy_rows, real *bias_grad, bool add, size_t columns,
                         int count) {
    for (size_t o = 0; o < columns; o += VW) {
        vec sum = add ? vec_load(bias_grad + o) : vec_zero();
        for (int lane = 0; lane < count; lane++)
            sum += vec_load(dy_rows + (size_t)lane * columns + o);
        vec_store(bias_grad + o, sum);
    }
}

void dense_transpose(const real *dy, real *rows, int outputs, size_t columns) {
    for (int lane = 0; lane < LANES; lane++) {
        for (int o = 0; o < outputs; o++)
            rows[(size_t)lane * columns + (size_t)o] = dy[(size_t)o * LANES + (size_t)lane];
        for (size_t o = (size_t)outputs; o < columns; o++)
            rows[(size_t)lane * columns + o] = 0;
    }
}
