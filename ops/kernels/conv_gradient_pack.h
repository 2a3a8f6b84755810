/* conv_gradient_pack.h - operands of convolution gradients brought into the order that register blocks read them in, and sums
 * brought back into the order of weights. Copies, transposes and adds; multiplies nothing. */
#ifndef KERNELS_CONV_GRADIENT_PACK_H
#define KERNELS_CONV_GRADIENT_PACK_H

#include "simd.h"

/* How an operand lies in memory; steps in reals. A part is a vector's share of the LANES. */
typedef struct gradient_view {
    const real *at;
    size_t part, channel, row, pixel;
    int first_row, first_column; /* position in the source of what `at` points at */
} gradient_view;

/* Copies rows [first_row, end_row) and columns [first_column, end_column) of `channels` channels, `parts` vectors or, where
 * `parts` is 1, `numbers` reals of each pixel, to `packed`: [parts][channels][rows][columns][...]. Columns outside of the
 * source's `width` become zeros. Returns the view of the copy. */
typedef struct gradient_window {
    int channels, parts, numbers;
    int first_row, end_row, first_column, end_column, width;
} gradient_window;

#define gradient_pack_source ISA_NAME(gradient_pack_source)
gradient_view gradient_pack_source(const gradient_view *source, const gradient_window *w, real *packed);

/* Copies dy of `outputs` channels, rows x columns pixels, to [LANES / VW][pixels][outputs][VW]. */
#define gradient_pack_lanes ISA_NAME(gradient_pack_lanes)
gradient_view gradient_pack_lanes(const gradient_view *dy, int outputs, int rows, int columns, real *packed);

/* Transposes dy of `outputs` channels to [rows][columns][LANES][outputs rounded up to `width`], padding zero. `width` is a multiple of 8. */
#define gradient_turn_lanes ISA_NAME(gradient_turn_lanes)
gradient_view gradient_turn_lanes(const gradient_view *dy, int outputs, int width, int rows, int columns, real *turned);

/* weight[t] (+)= the sum of the lanes of sums[t], by the tree of vec_fold. sums: [taps][LANES]. A sum of zeros is +0. */
#define gradient_fold ISA_NAME(gradient_fold)
void gradient_fold(const real *sums, int taps, bool add, real *weight);

/* weight[o * step + t] (+)= sums[t][o] for o in [first, end), 0 <= first < end <= VW. sums: [taps][VW]. A sum of zeros is +0. */
#define gradient_unspread ISA_NAME(gradient_unspread)
void gradient_unspread(const real *sums, int taps, int first, int end, bool add, real *weight, size_t step);

/* sum[part * VW] = the sum of a vector over rows x columns pixels: column x goes to chain x mod 4, row by row; then chains 0
 * and 2, 1 and 3, and those two are added. */
#define gradient_pixel_sums ISA_NAME(gradient_pixel_sums)
void gradient_pixel_sums(const gradient_view *dy, int parts, int rows, int columns, real *sum);

#endif
