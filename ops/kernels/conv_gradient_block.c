/* conv_gradient_block.c - the register block of convolution weight gradients (see
 * conv_gradient_block.h), once for each number of outputs and taps.
 *
 * A product needs two operands and the machine loads about as many vectors as it multiplies, so a
 * block holds outputs x taps sums in registers: n + m loads for n * m products, 7 for 12 in a block
 * of 4 x 3. No fewer than eight sums hide the latency of the additions. What bounds a block is then
 * the multiplications, as long as both operands come from the first-level cache: the caller sees to
 * that. Taps are any distances from the pixel, so kernel rows, channels and dilation need nothing
 * of their own. */
#include "conv_gradient_block.h"

/* One pixel's products; the shorter operand stays in registers, the other passes through one. */
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
            sum[o][t] = vec_load(b->sum + (size_t)o * b->sum_output + b->place[t]);
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

/* Turns the number of taps into a constant; blocks of too many sums are never asked for. */
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
    case 10:
        if (outputs * 10 <= MOST)
            block_run(b, outputs, 10, spread);
        break;
    case 11:
        if (outputs * 11 <= MOST)
            block_run(b, outputs, 11, spread);
        break;
    case 12:
        if (outputs * 12 <= MOST)
            block_run(b, outputs, 12, spread);
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
