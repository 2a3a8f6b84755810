/* conv_gradient_block.c - the register block of convolution weight gradients
 * (see conv_gradient_block.h), once for each number of outputs and taps.
 *
 * A product needs two operands and the machine loads about as many vectors as
 * it multiplies, so a block holds outputs x taps sums in registers: n + m loads
 * for n * m products, 7 for 12 in a block of 4 x 3. No fewer than eight sums
 * hide the latency of the additions. What bounds a block is then the
 * multiplications, as long as both operands come from the first-level cache:
 * the caller sees to that. Taps are any distances from the pixel, so kernel
 * rows, channels and dilation need nothing of their own. */
#include "conv_gradient_block.h"

/* One pixel's products; the shorter operand stays in registers, the other
 * passes through one. */
INLINE void block_pixel(const gradient_block *b, const real *dy, const real *x,
                        const ptrdiff_t reach[BLOCK_TAPS], vec sum[BLOCK_OUTPUTS][BLOCK_TAPS],
                        const int outputs, const int taps, const bool spread) {
    vec d[BLOCK_OUTPUTS], in[BLOCK_TAPS];
    if (outputs <= taps) {
        UNROLLED (o, outputs)
            d[o] = vec_load(dy + (size_t)o * b->dy_output);
        UNROLLED (t, taps) {
            vec v = spread ? vec_set1(x[reach[t]]) : vec_load(x + reach[t]);
            UNROLLED (o, outputs)
                sum[o][t] = vec_fma(d[o], v, sum[o][t]);
        }
    } else {
        UNROLLED (t, taps)
            in[t] = spread ? vec_set1(x[reach[t]]) : vec_load(x + reach[t]);
        UNROLLED (o, outputs) {
            vec v = vec_load(dy + (size_t)o * b->dy_output);
            UNROLLED (t, taps)
                sum[o][t] = vec_fma(v, in[t], sum[o][t]);
        }
    }
}

INLINE void block_run(const gradient_block *b, const int outputs, const int taps,
                      const bool spread) {
    vec sum[BLOCK_OUTPUTS][BLOCK_TAPS];
    ptrdiff_t reach[BLOCK_TAPS];
    UNROLLED (t, taps)
        reach[t] = b->reach[t];
    UNROLLED (o, outputs)
        UNROLLED (t, taps)
            sum[o][t] =
                b->fresh ? vec_zero() : vec_load(b->sum + (size_t)o * b->sum_output + b->place[t]);
    for (int row = 0; row < b->rows; row++) {
        const real *dy = b->dy + (size_t)row * b->dy_row;
        const real *x = b->x + (size_t)row * b->x_row;
        for (int p = 0; p < b->pixels; p++) {
            block_pixel(b, dy, x, reach, sum, outputs, taps, spread);
            dy += b->dy_pixel;
            x += b->x_pixel;
        }
    }
    UNROLLED (o, outputs)
        UNROLLED (t, taps)
            vec_store(b->sum + (size_t)o * b->sum_output + b->place[t], sum[o][t]);
}

/* Turns the number of taps into a constant; blocks of too many sums are never
 * asked for. */
INLINE void run_taps(const gradient_block *b, const int outputs, int taps, const bool spread) {
    enum { MOST = BLOCK_SUMS };
    switch (taps) {
    case 1:
        block_run(b, outputs, 1, spread);
        break;
    case 2:
        block_run(b, outputs, 2, spread);
        break;
    case 3:
        block_run(b, outputs, 3, spread);
        break;
    case 4:
        if (outputs * 4 <= MOST)
            block_run(b, outputs, 4, spread);
        break;
    case 5:
        if (outputs * 5 <= MOST)
            block_run(b, outputs, 5, spread);
        break;
    case 6:
        if (outputs * 6 <= MOST)
            block_run(b, outputs, 6, spread);
        break;
    case 7:
        if (outputs * 7 <= MOST)
            block_run(b, outputs, 7, spread);
        break;
    case 8:
        if (outputs * 8 <= MOST)
            block_run(b, outputs, 8, spread);
        break;
    case 9:
        if (outputs * 9 <= MOST)
            block_run(b, outputs, 9, spread);
        break;
    default:
        break;
    }
}

void gradient_block_vectors(const gradient_block *b, int outputs, int taps) {
    switch (outputs) {
    case 1:
        run_taps(b, 1, taps, false);
        break;
    case 2:
        run_taps(b, 2, taps, false);
        break;
    case 3:
        run_taps(b, 3, taps, false);
        break;
    case 4:
        run_taps(b, 4, taps, false);
        break;
    default:
        break;
    }
}

void gradient_block_spread(const gradient_block *b, int outputs, int taps) {
    switch (outputs) {
    case 1:
        run_taps(b, 1, taps, true);
        break;
    case 2:
        run_taps(b, 2, taps, true);
        break;
    default:
        break;
    }
}

/* Neighbouring pixels share all but one of their numbers: two pixels together load taps + 1 of x
 * instead of 2 * taps, which matters where only one output shares each of them. */
INLINE void slide_row(const real *x, vec dy0, vec dy1, vec sum[BLOCK_TAPS], const int taps,
                      const bool spread) {
    UNROLLED (t, taps + 1) {
        vec v = spread ? vec_set1(x[t * VW]) : vec_load(x + t * VW);
        if (t < taps)
            sum[t] = vec_fma(dy0, v, sum[t]);
        if (t > 0)
            sum[t - 1] = vec_fma(dy1, v, sum[t - 1]);
    }
}

enum { AHEAD = 112 * LANES }; /* reals of dy that are fetched beforehand: about a strip */

INLINE void slide_run(const gradient_block *b, const int rows, const int taps, const bool spread) {
    vec sum[BLOCK_OUTPUTS][BLOCK_TAPS];
    UNROLLED (r, rows)
        UNROLLED (t, taps)
            sum[r][t] = b->fresh ? vec_zero() : vec_load(b->sum + b->place[r * taps + t]);
    for (int row = 0; row < b->rows; row++) {
        const real *dy = b->dy + (size_t)row * b->dy_row;
        const real *x = b->x + (size_t)row * b->x_row;
        int p = 0;
        for (; p + 2 <= b->pixels; p += 2) {
            if (!spread) { /* one output and channel: memory is the limit */
                __builtin_prefetch(dy + AHEAD);
                __builtin_prefetch(dy + AHEAD + LANES);
            }
            vec dy0 = vec_load(dy), dy1 = vec_load(dy + b->dy_pixel);
            UNROLLED (r, rows)
                slide_row(x + b->reach[r * taps], dy0, dy1, sum[r], taps, spread);
            dy += 2 * b->dy_pixel;
            x += 2 * b->x_pixel; /* 2 * VW, which gcc must not know: it would keep what two pairs
                                    share */
        }
        if (p < b->pixels)
            UNROLLED (r, rows)
                UNROLLED (t, taps) {
                    const real *in = x + b->reach[r * taps] + t * VW;
                    sum[r][t] =
                        vec_fma(vec_load(dy), spread ? vec_set1(*in) : vec_load(in), sum[r][t]);
                }
    }
    UNROLLED (r, rows)
        UNROLLED (t, taps)
            vec_store(b->sum + b->place[r * taps + t], sum[r][t]);
}

INLINE void slide_rows(const gradient_block *b, int rows, int taps, const bool spread) {
    if (taps == 5)
        switch (rows) {
        case 1:
            slide_run(b, 1, 5, spread);
            break;
        case 2:
            slide_run(b, 2, 5, spread);
            break;
        default:
            break;
        }
    else
        switch (rows) {
        case 1:
            slide_run(b, 1, 3, spread);
            break;
        case 2:
            slide_run(b, 2, 3, spread);
            break;
        case 3:
            slide_run(b, 3, 3, spread);
            break;
        default:
            break;
        }
}

void gradient_block_slide(const gradient_block *b, int rows, int taps, bool spread) {
    if (spread)
        slide_rows(b, rows, taps, true);
    else
        slide_rows(b, rows, taps, false);
}
