/* conv_gradient_block.h - the register block of convolution weight gradients. Knows pointers and steps, no convolution. */
#ifndef KERNELS_CONV_GRADIENT_BLOCK_H
#define KERNELS_CONV_GRADIENT_BLOCK_H

#include "simd.h"

/* sum[o][t] (+)= sum over the pixels of a rectangle, row by row, of dy[o][pixel] * x[pixel + reach[t]]. All steps in reals. */
typedef struct gradient_block {
    real *sum;              /* tap t of output o lies at sum + o * sum_output + place[t] */
    size_t sum_output;
    const ptrdiff_t *place, *reach; /* [taps] */
    const real *dy, *x;     /* at the first pixel, of the first output */
    size_t dy_output, dy_row, dy_pixel;
    size_t x_row, x_pixel;
    int rows, pixels;
    bool fresh;             /* sums begin at zero, whatever is there */
} gradient_block;

/* Most sums of one block: with a vector for each operand they fill 16 registers up to AVX2, 32 with AVX-512. */
enum { BLOCK_SUMS = VW == 16 ? 24 : 12, BLOCK_TAPS = 9, BLOCK_OUTPUTS = 4, SPREAD_OUTPUTS = 2 };

/* Products of vectors of dy with vectors of x. At most BLOCK_OUTPUTS outputs, BLOCK_TAPS taps and
 * BLOCK_SUMS sums. */
#define gradient_block_vectors ISA_NAME(gradient_block_vectors)
void gradient_block_vectors(const gradient_block *b, int outputs, int taps);

/* Products of vectors of dy (an `output` is VW of them) with single numbers of x. At most SPREAD_OUTPUTS outputs. */
#define gradient_block_spread ISA_NAME(gradient_block_spread)
void gradient_block_spread(const gradient_block *b, int outputs, int taps);

/* As both of these with one output and rows * taps taps: `taps` (3 or 5) neighbours in each of `rows` kernel rows, at most
 * SLIDE_SUMS together, where both neighbouring taps and neighbouring pixels are VW reals apart (x_pixel). */
enum { SLIDE_SUMS = 10 };
#define gradient_block_slide ISA_NAME(gradient_block_slide)
void gradient_block_slide(const gradient_block *b, int rows, int taps, bool spread);

#endif
