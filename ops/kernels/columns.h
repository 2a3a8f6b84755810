/* columns.h - the loops of batch normalisation: sums down the columns of a tile, and formulas whose
 * numbers differ from channel to channel.
 *
 * An item is a few columns with a row for each pixel: the 16 lanes of a channel or, in FORM_SINGLE, a
 * vector of 8 channels. The numbers of its channels stay in registers, so one loop serves both forms;
 * which of them is a constant wherever a loop is inlined. Rows are contiguous in FORM_LANES, and all
 * loops but the sum of gradients wait for memory rather than for arithmetic. Fused multiply-adds
 * would gain nothing there, and cost much where the machine has none. Sums are in double, each column
 * from the first pixel to the last. What is summed and why is the operator's business. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "kernels/elementwise.h"

typedef struct columns {
    bool single;
    int channel, channels; /* whose the columns are; all lanes belong to one */
    size_t start;          /* of the first number in the tile, in reals */
    size_t rows, step;     /* pixels, and reals from one to the next */
} columns;

INLINE columns columns_of(const shape *s, int item, bool single) {
    if (!single)
        return (columns){false, item, 1, (size_t)item * shape_stride(s), shape_pixels(s), LANES};
    int first = item * SINGLE_VECTOR, left = s->dim[0] - first;
    return (columns){.single = true,
                     .channel = first,
                     .channels = left < SINGLE_VECTOR ? left : SINGLE_VECTOR,
                     .start = (size_t)first,
                     .rows = shape_pixels(s),
                     .step = shape_width(s)};
}

INLINE int columns_count(const columns *c) {
    return c->single ? SINGLE_VECTOR : LANES;
}

/* A number for each of the channels. Zeros after the last one keep padding finite. */
typedef struct column_numbers {
    _Alignas(64) real of[SINGLE_VECTOR];
} column_numbers;

/* Those of vector i of the columns. */
INLINE vec columns_vec(const columns *c, const column_numbers *k, int i) {
    return c->single ? vec_load(k->of + i * VW) : vec_set1(k->of[0]);
}

INLINE dvec columns_dvec(const columns *c, const column_numbers *k, int i) {
    return c->single ? dvec_load(k->of + i * DVW) : dvec_set1((double)k->of[0]);
}

/* ---- Sums ------------------------------------------------------------------------------------ */

typedef struct column_sums {
    _Alignas(64) double plain[LANES];
    _Alignas(64) double products[LANES];
} column_sums;

INLINE void column_sums_put(column_sums *s, const dvec *plain, const dvec *products, int n) {
    UNROLLED (i, n / DVW) {
        *(dvec *)(s->plain + i * DVW) = plain[i];
        *(dvec *)(s->products + i * DVW) = products[i];
    }
}

/* Sums of x, and of x^2. */
INLINE void columns_sum_squares(const columns *c, const real *x, column_sums *s) {
    const int n = columns_count(c);
    dvec plain[LANES / DVW] = {{0}}, squares[LANES / DVW] = {{0}};
    for (size_t row = 0; row < c->rows; row++, x += c->step)
        UNROLLED (i, n / DVW) {
            dvec value = dvec_load(x + i * DVW);
            plain[i] += value;
            squares[i] = dvec_add_square(squares[i], value);
        }
    column_sums_put(s, plain, squares, n);
}

/* Sums of dy, and of dy (x - mean). */
INLINE void columns_sum_products(const columns *c, const real *dy, const real *x,
                                 const column_numbers *mean, column_sums *s) {
    const int n = columns_count(c);
    dvec plain[LANES / DVW] = {{0}}, products[LANES / DVW] = {{0}}, middle[LANES / DVW];
    UNROLLED (i, n / DVW)
        middle[i] = columns_dvec(c, mean, i);
    for (size_t row = 0; row < c->rows; row++, x += c->step, dy += c->step)
        UNROLLED (i, n / DVW) {
            dvec grad = dvec_load(dy + i * DVW);
            plain[i] += grad;
            products[i] += grad * (dvec_load(x + i * DVW) - middle[i]);
        }
    column_sums_put(s, plain, products, n);
}

/* ---- Formulas -------------------------------------------------------------------------------- */

/* y = (x - mean) factor + beta */
INLINE void columns_scale(const columns *c, const real *x, real *y, const column_numbers *mean,
                          const column_numbers *factor, const column_numbers *beta) {
    const int n = columns_count(c);
    vec m[LANES / VW], f[LANES / VW], b[LANES / VW];
    UNROLLED (i, n / VW) {
        m[i] = columns_vec(c, mean, i);
        f[i] = columns_vec(c, factor, i);
        b[i] = columns_vec(c, beta, i);
    }
    for (size_t row = 0; row < c->rows; row++, x += c->step, y += c->step)
        UNROLLED (i, n / VW)
            vec_store(y + i * VW, (vec_load(x + i * VW) - m[i]) * f[i] + b[i]);
}

/* dx = ((dy - mean_dy) - (x - mean) slope) factor, stored or added. */
typedef struct column_slope {
    column_numbers mean, mean_dy, slope, factor;
} column_slope;

INLINE void columns_gradient(const columns *c, const real *dy, const real *x, real *dx, bool add,
                             const column_slope *k) {
    const int n = columns_count(c);
    vec m[LANES / VW], m_dy[LANES / VW], slope[LANES / VW], f[LANES / VW];
    UNROLLED (i, n / VW) {
        m[i] = columns_vec(c, &k->mean, i);
        m_dy[i] = columns_vec(c, &k->mean_dy, i);
        slope[i] = columns_vec(c, &k->slope, i);
        f[i] = columns_vec(c, &k->factor, i);
    }
    for (size_t row = 0; row < c->rows; row++, x += c->step, dy += c->step, dx += c->step)
        UNROLLED (i, n / VW) {
            vec own = (vec_load(dy + i * VW) - m_dy[i]) - (vec_load(x + i * VW) - m[i]) * slope[i];
            grad_put(dx + i * VW, own * f[i], add);
        }
}

#endif
