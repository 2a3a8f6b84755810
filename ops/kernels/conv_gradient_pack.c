/* conv_gradient_pack.c - see conv_gradient_pack.h. Packing costs one load and
 * one store for each vector and saves more: side by side, the vectors of a
 * block's operands fall on all banks of the first-level cache in turn (a
 * tile's, 64 bytes apart, share half of them, and loads then wait for each
 * other), take half of its room, and columns outside of the source are there to
 * be read. */
#include "conv_gradient_pack.h"

enum { PARTS = LANES / VW, AHEAD = 64 /* pixels that are fetched beforehand */ };

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
INLINE void pack_row(const real *row, size_t pixel, const gradient_window *w, int numbers,
                     real *to) {
    int first = clamp(w->first_column, 0, w->width), end = clamp(w->end_column, first, w->width);
    if (first > w->end_column)
        first = end = w->end_column;
    clear(to, (size_t)(first - w->first_column) * (size_t)numbers);
    to += (first - w->first_column) * numbers;
    for (int x = first; x < end; x++, to += numbers) {
        __builtin_prefetch(row + (size_t)(x + AHEAD) * pixel);
        copy(row + (size_t)x * pixel, to, numbers);
    }
    clear(to, (size_t)(w->end_column - end) * (size_t)numbers);
}

gradient_view gradient_pack_source(const gradient_view *source, const gradient_window *w,
                                   real *packed) {
    const size_t columns = (size_t)(w->end_column - w->first_column);
    const size_t rows = (size_t)(w->end_row - w->first_row), numbers = (size_t)w->numbers;
    const size_t part = (size_t)w->channels * rows * columns * numbers;
    real *to = packed;
    for (int c = 0; c < w->channels; c++)
        for (int y = w->first_row; y < w->end_row; y++, to += columns * numbers)
            for (int p = 0; p < w->parts; p++) { /* all of a line's while it is at hand */
                const real *row = source->at + (size_t)p * source->part +
                                  (size_t)c * source->channel + (size_t)y * source->row;
                real *out = to + (size_t)p * part;
                if (w->numbers == VW)
                    pack_row(row, source->pixel, w, VW, out);
                else
                    pack_row(row, source->pixel, w, w->numbers, out);
            }
    return (gradient_view){.at = packed,
                           .part = part,
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
            for (int o = 0; o < (int)step; o += 8)
                for (size_t lane = 0; lane < LANES; lane += 8)
                    octet_transpose(from + (size_t)o * dy->channel + lane,
                                    outputs - o < 8 ? outputs - o : 8, dy->channel,
                                    to + lane * step + o, step);
            to += LANES * step;
        }
    return (gradient_view){
        .at = turned, .channel = VW, .row = (size_t)columns * LANES * step, .pixel = LANES * step};
}

/* Eight sums at a time: after a transposition the lanes of all of them are
 * added side by side. */
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

/* The same for eight. */
INLINE void put_octet(real *weight, const real *sum, bool add) {
    typedef real loose_quad
        __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
    UNROLLED (i, 2) {
        quad v = *(const quad *)(sum + 4 * i) + (quad){0};
        loose_quad *out = (loose_quad *)(weight + 4 * i);
        if (add)
            v += *out;
        *out = v;
    }
}

void gradient_fold(const real *sums, int taps, bool add, real *weight) {
    int t = 0;
    for (; t + 8 <= taps; t += 8) {
        _Alignas(64) real folded[8];
        fold_octet(sums + t * LANES, folded);
        put_octet(weight + t, folded, add);
    }
    for (; t < taps; t++) {
        real sum = vec_fold((const vec *)(sums + t * LANES));
        put(weight + t, &sum, 1, add);
    }
}

/* Outputs [first, end), all within eight, of `count` taps. */
INLINE void unspread_octet(const real *sums, const int count, int first, int end, bool add,
                           real *weight, size_t step) {
    _Alignas(64) real turned[8][8];
    octet_transpose(sums, count, VW, turned[0], 8);
    for (int o = first; o < end; o++)
        if (count == 8)
            put_octet(weight + (size_t)o * step, turned[o], add);
        else
            put(weight + (size_t)o * step, turned[o], count, add);
}

void gradient_unspread(const real *sums, int taps, int first, int end, bool add, real *weight,
                       size_t step) {
    for (int column = 0; VW >= 8 && column < VW; column += 8) {
        const int low = first > column ? first - column : 0;
        const int high = end - column < 8 ? end - column : 8;
        int t = 0;
        for (; t + 8 <= taps; t += 8) /* constants make vectors */
            unspread_octet(sums + t * VW + column, 8, low, high, add,
                           weight + (size_t)column * step + t, step);
        if (t < taps)
            unspread_octet(sums + t * VW + column, taps - t, low, high, add,
                           weight + (size_t)column * step + t, step);
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
