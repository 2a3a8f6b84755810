/* dense.c - see dense.h: products over a tile of LANES samples.
 *
 * Both products with the weights are register blocks of several outputs (or inputs) x all lanes:
 * each step loads the lanes of one factor and multiplies them by one weight per row, broadcast. 12
 * sums hide the latency of the additions and leave registers for the factors; with AVX2 that is 6
 * rows x 2 vectors, 12 multiply-adds for 8 loads. The weight gradient is the same block turned
 * round: a sum of rank-1 updates, one per lane, held in registers, so that each gradient is read
 * and written once.
 *
 * A tile uses a weight 16 times only, so what bounds these kernels is fetching weights from beyond
 * L1: every block asks for what comes next while it computes. Each value is one chain in ascending
 * order, whatever block it is in. */
#include "dense.h"

enum { HALVES = LANES / VW };
enum { BLOCK = 12 / HALVES };

/* Inputs that forward takes at a time. Their lanes stay in L1, and so few rows of weights stay in
 * L2 until the neighbouring blocks have used the rest of each cache line. */
enum { DEPTH = 96 };

/* Rows of the next block: BLOCK, or where the last rows do not fill blocks, at most FEW. They are
 * shared out evenly, since a block of one or two rows would wait for its own additions. */
enum { FEW = BLOCK < 6 ? BLOCK : 6 };

static int block_rows(int left) {
    if (left == BLOCK || left >= BLOCK + FEW)
        return BLOCK;
    return left <= FEW ? left : left < 2 * FEW ? (left + 1) / 2 : FEW;
}

/* ---- Products with the weights --------------------------------------------------------------- */

/* out[r] = start or what is there + sum over k < length of factor[k * step + r * row] * in[k]. */
typedef struct product {
    const real *in; /* [length][LANES] */
    const real *factor;
    size_t row, step;
    const real *start; /* NULL: zero */
    bool add;          /* to what is in out, and start does not count */
    real *out;         /* [rows][LANES] */
    int length;
    const real *next; /* what is fetched ahead, next_step further on for each k */
    size_t next_step;
} product;

INLINE void product_block(const product *p, const int rows) {
    const real *in = p->in, *factor = p->factor, *next = p->next;
    const size_t row = p->row, step = p->step, next_step = p->next_step;
    vec sum[BLOCK][HALVES];
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            sum[r][h] = p->add     ? vec_load(p->out + r * LANES + h * VW)
                        : p->start ? vec_set1(p->start[r])
                                   : vec_zero();
    for (int k = 0; k < p->length; k++) {
        vec x[HALVES];
        __builtin_prefetch(next);
        UNROLLED (h, HALVES)
            x[h] = vec_load(in + h * VW);
        UNROLLED (r, rows) {
            vec w = vec_set1(factor[(size_t)r * row]);
            UNROLLED (h, HALVES)
                sum[r][h] = vec_fma(w, x[h], sum[r][h]);
        }
        in += LANES;
        factor += step;
        next += next_step;
    }
    UNROLLED (r, rows)
        UNROLLED (h, HALVES)
            vec_store(p->out + r * LANES + h * VW, sum[r][h]);
}

/* The same with `rows` as a constant, for which the compiler makes registers of the sums. */
static void product_rows(const product *p, int rows) {
    switch (rows) {
    case 1:
        product_block(p, 1);
        break;
    case 2:
        product_block(p, 2);
        break;
    case 3:
        product_block(p, 3);
        break;
    case 4:
        product_block(p, FEW < 4 ? FEW : 4);
        break;
    case 5:
        product_block(p, FEW < 5 ? FEW : 5);
        break;
    case 6:
        product_block(p, FEW < 6 ? FEW : 6);
        break;
    default:
        product_block(p, BLOCK);
    }
}

void dense_forward(const real *x, const real *weight, const real *bias, real *y, int first, int end,
                   int inputs, size_t columns) {
    for (int i = 0; i < inputs; i += DEPTH) {
        for (int o = first, rows; o < end; o += rows) {
            rows = block_rows(end - o);
            const real *w = weight + (size_t)i * columns + o;
            const product p = {
                .in = x + (size_t)i * LANES,
                .factor = w,
                .row = 1,
                .step = columns,
                .start = bias ? bias + o : NULL,
                .add = i > 0,
                .out = y + (size_t)o * LANES,
                .length = inputs - i < DEPTH ? inputs - i : DEPTH,
                /* The next cache line of each row, or the first one of the rows below. */
                .next = end - o > LANES ? w + LANES : w + DEPTH * columns - (o - first),
                .next_step = columns,
            };
            product_rows(&p, rows);
        }
    }
}

void dense_input_gradient(const real *dy, const real *weight, real *dx, bool add, int first,
                          int end, int outputs, size_t columns) {
    for (int i = first, rows; i < end; i += rows) {
        rows = block_rows(end - i);
        const real *w = weight + (size_t)i * columns;
        const product p = {
            .in = dy,
            .factor = w,
            .row = columns,
            .step = 1,
            .add = add,
            .out = dx + (size_t)i * LANES,
            .length = outputs,
            .next = w + (size_t)rows * columns, /* as many rows again, spread over the steps */
            .next_step = (size_t)rows,
        };
        product_rows(&p, rows);
    }
}

/* ---- Parameter gradients --------------------------------------------------------------------- */

/* Weight gradients of `rows` inputs x LANES outputs. */
INLINE void update_block(const real *x, const real *dy_rows, real *grad, bool add, size_t columns,
                         int count, size_t ahead, const int rows) {
    vec sum[BLOCK][HALVES];
    UNROLLED (r, rows) {
        __builtin_prefetch(grad + (size_t)r * columns + ahead, 1);
        UNROLLED (h, HALVES)
            sum[r][h] = add ? vec_load(grad + (size_t)r * columns + h * VW) : vec_zero();
    }
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

/* The same for all outputs; fetches the gradients of two blocks on, those of the rows below at the
 * end. */
INLINE void update_strip(const real *x, const real *dy_rows, real *grad, bool add, size_t columns,
                         int count, const int rows) {
    for (size_t o = 0; o < columns; o += LANES) {
        size_t ahead = 2 * LANES;
        if (o + ahead >= columns)
            ahead += (size_t)(rows - 1) * columns;
        update_block(x, dy_rows + o, grad + o, add, columns, count, ahead, rows);
    }
}

static void update_rows(const real *x, const real *dy_rows, real *grad, bool add, size_t columns,
                        int count, int rows) {
    switch (rows) {
    case 1:
        update_strip(x, dy_rows, grad, add, columns, count, 1);
        break;
    case 2:
        update_strip(x, dy_rows, grad, add, columns, count, 2);
        break;
    case 3:
        update_strip(x, dy_rows, grad, add, columns, count, 3);
        break;
    case 4:
        update_strip(x, dy_rows, grad, add, columns, count, FEW < 4 ? FEW : 4);
        break;
    case 5:
        update_strip(x, dy_rows, grad, add, columns, count, FEW < 5 ? FEW : 5);
        break;
    case 6:
        update_strip(x, dy_rows, grad, add, columns, count, FEW < 6 ? FEW : 6);
        break;
    default:
        update_strip(x, dy_rows, grad, add, columns, count, BLOCK);
    }
}

void dense_weight_gradient(const real *x, const real *dy_rows, real *weight_grad, bool add,
                           int first, int end, size_t columns, int count) {
    for (int i = first, rows; i < end; i += rows) {
        rows = block_rows(end - i);
        update_rows(x + (size_t)i * LANES, dy_rows, weight_grad + (size_t)i * columns, add, columns,
                    count, rows);
    }
}

void dense_bias_gradient(const real *dy_rows, real *bias_grad, bool add, int outputs,
                         size_t columns, int count) {
    size_t padded = ((size_t)outputs + LANES - 1) / LANES * LANES;
    for (size_t o = 0; o < padded; o += VW) {
        vec sum = add ? vec_load(bias_grad + o) : vec_zero();
        for (int lane = 0; lane < count; lane++)
            sum += vec_load(dy_rows + (size_t)lane * columns + o);
        vec_store(bias_grad + o, sum);
    }
}

void dense_transpose(const real *dy, real *rows, int outputs, size_t columns) {
    int o = 0;
    for (; o + VW <= outputs; o += VW)
        for (int lane = 0; lane < LANES; lane += 4) {
            vec column[4];
            vec_load_columns(dy + (size_t)o * LANES + lane, LANES, column);
            UNROLLED (i, 4)
                vec_store(rows + (size_t)(lane + i) * columns + o, column[i]);
        }
    for (size_t rest = (size_t)o; rest < columns; rest++)
        for (size_t lane = 0; lane < LANES; lane++)
            rows[lane * columns + rest] = rest < (size_t)outputs ? dy[rest * LANES + lane] : 0;
}
