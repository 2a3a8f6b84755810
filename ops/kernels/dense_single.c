/* dense_single.c - see dense.h: products of one sample.
 *
 * A single sample uses each weight once, so what bounds these kernels is how fast weights, or their
 * gradients, come from L2. Forward walks along the rows of weights, with one sum per vector of
 * outputs. The input gradient walks along them, too, but its sums belong to whole rows: four
 * columns of a group of rows are transposed in registers, after which a sum is a vector of inputs.
 * A chain of additions alone would take longer than fetching its weights, so GROUPS of them are
 * kept going side by side; their sums wait in dx, since the shuffles need the registers. */
#include "dense.h"

/* Vectors of a group of SINGLE_VECTOR units; none where vectors are wider, as this form is not
 * computed with those. */
enum { VECTORS = SINGLE_VECTOR / VW };

/* The size of the next of several blocks of at most `most`; the last two share what is left. */
static int block_size(int left, int most) {
    return left >= 2 * most ? most : left > most ? (left + 1) / 2 : left;
}

/* ---- Forward --------------------------------------------------------------------------------- */

/* As many sums as hide the latency of an addition. */
enum { BLOCK = 8 };

INLINE void forward_block(const real *x, const real *weight, const real *bias, real *y, int inputs,
                          size_t columns, const int vectors) {
    vec sum[BLOCK];
    UNROLLED (v, vectors)
        sum[v] = bias ? vec_load(bias + v * VW) : vec_zero();
    for (int i = 0; i < inputs; i++) {
        vec in = vec_set1(x[i]);
        UNROLLED (v, vectors)
            sum[v] = vec_fma(in, vec_load(weight + v * VW), sum[v]);
        weight += columns;
    }
    UNROLLED (v, vectors)
        vec_store(y + v * VW, sum[v]);
}

/* The same with `vectors` as a constant, for which the compiler makes registers of the sums. */
static void forward_vectors(const real *x, const real *weight, const real *bias, real *y,
                            int inputs, size_t columns, int vectors) {
    switch (vectors) {
    case 1:
        forward_block(x, weight, bias, y, inputs, columns, 1);
        break;
    case 2:
        forward_block(x, weight, bias, y, inputs, columns, 2);
        break;
    case 3:
        forward_block(x, weight, bias, y, inputs, columns, 3);
        break;
    case 4:
        forward_block(x, weight, bias, y, inputs, columns, 4);
        break;
    case 5:
        forward_block(x, weight, bias, y, inputs, columns, 5);
        break;
    case 6:
        forward_block(x, weight, bias, y, inputs, columns, 6);
        break;
    case 7:
        forward_block(x, weight, bias, y, inputs, columns, 7);
        break;
    default:
        forward_block(x, weight, bias, y, inputs, columns, BLOCK);
    }
}

void dense_single_forward(const real *x, const real *weight, const real *bias, real *y, int first,
                          int end, int inputs, size_t columns) {
    for (int v = first * VECTORS, last = end * VECTORS, vectors; v < last; v += vectors) {
        vectors = block_size(last - v, BLOCK);
        forward_vectors(x, weight + v * VW, bias ? bias + v * VW : NULL, y + v * VW, inputs,
                        columns, vectors);
    }
}

/* ---- Input gradient -------------------------------------------------------------------------- */

/* Groups whose chains run side by side; the rows of six still find room in L1 when rows are a
 * multiple of 512 bytes. */
enum { GROUPS = 6 };

/* Adds what the next `outputs` <= 4 outputs give to each of the groups' inputs. */
INLINE void gradient_columns(const real *dy, const real *weight, real *dx, int groups,
                             size_t columns, int outputs) {
    vec grad[4];
    UNROLLED (o, 4)
        grad[o] = o < outputs ? vec_set1(dy[o]) : vec_zero();
    for (int v = 0; v < groups * VECTORS; v++) {
        vec column[4], sum = vec_load(dx + v * VW);
        vec_load_columns(weight + (size_t)(v * VW) * columns, columns, column);
        UNROLLED (o, 4)
            if (o < outputs)
                sum = vec_fma(column[o], grad[o], sum);
        vec_store(dx + v * VW, sum);
    }
}

static void gradient_groups(const real *dy, const real *weight, real *dx, bool add, int groups,
                            int outputs, size_t columns) {
    int o = 0;
    for (int v = 0; !add && v < groups * VECTORS; v++)
        vec_store(dx + v * VW, vec_zero());
    for (; o + 4 <= outputs; o += 4)
        gradient_columns(dy + o, weight + o, dx, groups, columns, 4);
    if (o < outputs)
        gradient_columns(dy + o, weight + o, dx, groups, columns, outputs - o);
}

void dense_single_input_gradient(const real *dy, const real *weight, real *dx, bool add, int first,
                                 int end, int inputs, int outputs, size_t columns, real *scratch) {
    int whole = inputs / SINGLE_VECTOR < end ? inputs / SINGLE_VECTOR : end;
    for (int g = first, groups; g < whole; g += groups) {
        groups = block_size(whole - g, GROUPS);
        gradient_groups(dy, weight + (size_t)(g * SINGLE_VECTOR) * columns, dx + g * SINGLE_VECTOR,
                        add, groups, outputs, columns);
    }
    if (whole == end)
        return;
    /* The last group lacks some of its rows: they count as zeros. */
    const real *last = weight + (size_t)(whole * SINGLE_VECTOR) * columns;
    size_t there = (size_t)(inputs - whole * SINGLE_VECTOR) * columns;
    for (size_t k = 0; k < SINGLE_VECTOR * columns; k += VW)
        vec_store(scratch + k, k < there ? vec_load(last + k) : vec_zero());
    gradient_groups(dy, scratch, dx + whole * SINGLE_VECTOR, add, 1, outputs, columns);
}

/* ---- Parameter gradients --------------------------------------------------------------------- */

void dense_single_weight_gradient(const real *x, const real *dy_row, real *weight_grad, bool add,
                                  int first, int end, size_t columns) {
    for (int i = first; i < end; i++) {
        vec in = vec_set1(x[i]);
        for (size_t o = 0; o < columns; o += LANES) {
            real *grad = weight_grad + (size_t)i * columns + o;
            UNROLLED (h, LANES / VW) {
                vec before = add ? vec_load(grad + h * VW) : vec_zero();
                vec_store(grad + h * VW, vec_fma(in, vec_load(dy_row + o + h * VW), before));
            }
        }
    }
}
