/* conv_gradient_pack.c - see conv_gradient_pack.h. Packing costs one load and one store for each
 * vector and saves more: side by side, the vectors of a block's operands fall on all banks of the
 * first-level cache in turn (a tile's, 64 bytes apart, share half of them, and loads then wait for
 * each other), take half of its room, and columns outside of the source are there to be read. */
#include "conv_gradient_pack.h"

enum { PARTS = LANES / VW };

INLINE void copy(const real *from, real *to, int numbers) {
    for (int i = 0; i < numbers; i += VW)
        vec_store(to + i, vec_load(from + i));
}

INLINE void clear(real *to, size_t numbers) {
    for (size_t i = 0; i < numbers; i += VW)
        vec_store(to + i, vec_zero());
}

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

/* One row of one channel: zeros before, columns of the source, zeros after. */
INLINE real *pack_row(const real *row, size_t pixel, const gradient_window *w, int numbers,
                      real *to) {
    int first = clamp(w->first_column, 0, w->width), end = clamp(w->end_column, first, w->width);
    if (first > w->end_column)
        first = end = w->end_column;
    clear(to, (size_t)(first - w->first_column) * (size_t)numbers);
    to += (first - w->first_column) * numbers;
    for (int x = first; x < end; x++, to += numbers)
        copy(row + (size_t)x * pixel, to, numbers);
    clear(to, (size_t)(w->end_column - end) * (size_t)numbers);
    return to + (w->end_column - end) * numbers;
}

gradient_view gradient_pack_source(const gradient_view *source, const gradient_window *w,
                                   real *packed) {
    const size_t columns = (size_t)(w->end_column - w->first_column);
    const size_t rows = (size_t)(w->end_row - w->first_row), numbers = (size_t)w->numbers;
    real *to = packed;
    for (int part = 0; part < w->parts; part++)
        for (int c = 0; c < w->channels; c++)
            for (int y = w->first_row; y < w->end_row; y++) {
                const real *row = source->at + (size_t)part * source->part +
                                  (size_t)c * source->channel + (size_t)y * source->row;
                to = w->numbers == VW ? pack_row(row, source->pixel, w, VW, to)
                                      : pack_row(row, source->pixel, w, w->numbers, to);
            }
    return (gradient_view){.at = packed,
                           .part = (size_t)w->channels * rows * columns * numbers,
                           .channel = source->channel == 1 ? 1 : rows * columns * numbers,
                           .row = columns * numbers,
                           .pixel = numbers,
                           .first_row = w->first_row,
                           .first_column = w->first_column};
}

gradient_view gradient_pack_lanes(const gradient_view *dy, int outputs, int rows, int columns,
                                  real *packed) {
    const size_t pixel = (size_t)outputs * VW;
    const size_t part = (size_t)rows * (size_t)columns * pixel;
    for (int y = 0; y < rows; y++)
        for (int o = 0; o < outputs; o++) {
            const real *from = dy->at + (size_t)o * dy->channel + (size_t)y * dy->row;
            real *to = packed + (size_t)y * (size_t)columns * pixel + o * VW;
            for (int x = 0; x < columns; x++, from += dy->pixel, to += pixel)
                UNROLLED (h, PARTS)
                    vec_store(to + (size_t)h * part, vec_load(from + h * VW));
        }
    return (gradient_view){
        .at = packed, .part = part, .channel = VW, .row = (size_t)columns * pixel, .pixel = pixel};
}

gradient_view gradient_turn_lanes(const gradient_view *dy, int outputs, int width, int rows,
                                  int columns, real *turned) {
    const size_t step = (size_t)((outputs + width - 1) / width * width);
    real *to = turned;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const real *from = dy->at + (size_t)y * dy->row + (size_t)x * dy->pixel;
            clear(to, LANES * step);
            for (size_t o = 0; o < (size_t)outputs; o++)
                for (size_t lane = 0; lane < LANES; lane++)
                    to[lane * step + o] = from[o * dy->channel + lane];
            to += LANES * step;
        }
    return (gradient_view){
        .at = turned, .channel = VW, .row = (size_t)columns * LANES * step, .pixel = LANES * step};
}

/* Eight sums at a time: after a transposition the lanes of all of them are added side by side. */
INLINE void fold_octet(const real *sums, real folded[8]) {
    _Alignas(64) real half[8][8], lane[8][8];
    for (int t = 0; t < 8; t++)
        for (int i = 0; i < 8; i++)
            half[t][i] = sums[t * LANES + i] + sums[t * LANES + 8 + i];
    octet_transpose(half[0], 8, 8, lane[0], 8);
    for (int t = 0; t < 8; t++)
        folded[t] = ((lane[0][t] + lane[4][t]) + (lane[2][t] + lane[6][t])) +
                    ((lane[1][t] + lane[5][t]) + (lane[3][t] + lane[7][t]));
}

/* Adding zero makes a +0 of -0. */
INLINE void put(real *weight, const real *sum, int count, bool add) {
    for (int t = 0; t < count; t++)
        weight[t] = (add ? weight[t] : 0) + (sum[t] + 0);
}

void gradient_fold(const real *sums, int taps, bool add, real *weight) {
    int t = 0;
    for (; t + 8 <= taps; t += 8) {
        _Alignas(64) real folded[8];
        fold_octet(sums + t * LANES, folded);
        put(weight + t, folded, 8, add);
    }
    for (; t < taps; t++) {
        real sum = vec_fold((const vec *)(sums + t * LANES));
        put(weight + t, &sum, 1, add);
    }
}

void gradient_unspread(const real *sums, int taps, int first, int end, bool add, real *weight,
                       size_t step) {
    _Alignas(64) real turned[8][8];
    for (int o = first; o < end;) {
        int column = o / 8 * 8, next = end < column + 8 ? end : column + 8;
        for (int t = 0; t < taps; t += 8) {
            int count = taps - t < 8 ? taps - t : 8;
            if (VW < 8)
                break;
            octet_transpose(sums + t * VW + column, count, VW, turned[0], 8);
            for (int i = o; i < next; i++)
                put(weight + (size_t)i * step + t, turned[i - column], count, add);
        }
        o = next;
    }
    for (int o = first; VW < 8 && o < end; o++)
        for (int t = 0; t < taps; t++)
            put(weight + (size_t)o * step + t, sums + t * VW + o, 1, add);
}

void gradient_pixel_sums(const gradient_view *dy, int parts, int rows, int columns, real *sum) {
    enum { CHAINS = 4 };
    for (int part = 0; part < parts; part++) {
        vec chain[CHAINS] = {{0}};
        for (int y = 0; y < rows; y++) {
            const real *p = dy->at + (size_t)part * dy->part + (size_t)y * dy->row;
            int x = 0;
            for (; x + CHAINS <= columns; x += CHAINS, p += CHAINS * dy->pixel)
                UNROLLED (i, CHAINS)
                    chain[i] += vec_load(p + (size_t)i * dy->pixel);
            for (int i = 0; x < columns; x++, i++, p += dy->pixel)
                chain[i] += vec_load(p);
        }
        vec_store(sum + part * VW, (chain[0] + chain[2]) + (chain[1] + chain[3]));
    }
}
