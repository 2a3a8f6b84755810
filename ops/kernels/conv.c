/* conv.c - correlations (see conv.h) in register blocks of output channels x pixels, sized so that
 * the accumulators and one operand fill the vector registers. Blocking never changes a bit: the
 * chain of each output is the same whichever block it is in. */
#include "conv.h"

enum { HALVES = LANES / VW };

/* Which taps of an axis an output position has: tap, tap + step, ... (count of them), the first
 * reading `source`. */
typedef struct reach {
    int tap, count, source;
} reach;

static int gcd(int a, int b) {
    while (b != 0) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* Distance between taps that hit the source grid exactly, and how far apart in the source they are.
 */
static int tap_step(const axis *a) {
    return a->divisor == 1 ? 1 : a->divisor / gcd(a->divisor, a->dilation);
}

static int source_step(const axis *a) {
    return tap_step(a) * a->dilation / a->divisor;
}

static reach axis_reach(const axis *a, int position) {
    int base = position * a->stride + a->offset;
    int step = tap_step(a);
    reach r = {0};
    int tap = 0;
    while (tap < a->taps && tap < a->divisor && (base + tap * a->dilation) % a->divisor != 0)
        tap++;
    if (tap >= a->taps || tap >= a->divisor)
        return r;
    for (; tap < a->taps; tap += step) {
        int at = base + tap * a->dilation;
        if (at < 0 || at >= a->source * a->divisor) {
            if (r.count > 0)
                break;
            continue;
        }
        if (r.count++ == 0) {
            r.tap = tap;
            r.source = at / a->divisor;
        }
    }
    return r;
}

/* ---- Correlation ----------------------------------------------------------------------------- */

/* A block's operands: where its first pixel lies and how to step. All distances in reals. */
typedef struct block {
    const real *source;
    const real *weight;
    real *output;
    const real *bias;
    bool add;
    int channels, rows, columns;           /* extent of the sum */
    size_t source_channel, weight_channel; /* steps between source channels */
    ptrdiff_t source_row, source_column;   /* steps between taps */
    ptrdiff_t weight_row, weight_column;
    size_t weight_output, output_channel; /* steps between output channels */
    size_t source_pixel, output_pixel;    /* steps between pixels of the block */
} block;

/* The two cases of steps between taps and pixels that are worth a kernel with constants in their
 * place: neighbouring pixels read forwards (stride 1) and backwards (its input gradient). */
typedef enum pace { PACE_FORWARD, PACE_BACKWARD, PACE_ANY } pace;

static pace pace_of(const block *b) {
    if (b->source_pixel != LANES || b->weight_column != 1)
        return PACE_ANY;
    return b->source_column == LANES    ? PACE_FORWARD
           : b->source_column == -LANES ? PACE_BACKWARD
                                        : PACE_ANY;
}

enum { MOST_OUTPUTS = 6, MOST_PIXELS = 4 };

/* One tap's products. Whichever operand has fewer vectors stays in registers, the other passes
 * through one. */
INLINE void block_tap(const real *source, size_t source_pixel, const real *weight,
                      size_t weight_output, vec sum[MOST_OUTPUTS][MOST_PIXELS][HALVES],
                      const int outputs, const int pixels) {
    vec w[MOST_OUTPUTS], x[MOST_PIXELS][HALVES];
    if (outputs <= pixels * HALVES) {
        UNROLLED (o, outputs)
            w[o] = vec_set1(weight[(size_t)o * weight_output]);
        UNROLLED (p, pixels)
            UNROLLED (h, HALVES) {
                vec in = vec_load(source + (size_t)p * source_pixel + h * VW);
                UNROLLED (o, outputs)
                    sum[o][p][h] = vec_fma(w[o], in, sum[o][p][h]);
            }
    } else {
        UNROLLED (p, pixels)
            UNROLLED (h, HALVES)
                x[p][h] = vec_load(source + (size_t)p * source_pixel + h * VW);
        UNROLLED (o, outputs) {
            vec factor = vec_set1(weight[(size_t)o * weight_output]);
            UNROLLED (p, pixels)
                UNROLLED (h, HALVES)
                    sum[o][p][h] = vec_fma(factor, x[p][h], sum[o][p][h]);
        }
    }
}

/* `outputs` channels x `pixels` pixels, `count` times along a row. */
INLINE void block_run(const block *b, int count, const int outputs, const int pixels,
                      const pace steps) {
    const ptrdiff_t source_column = steps == PACE_FORWARD    ? LANES
                                    : steps == PACE_BACKWARD ? -LANES
                                                             : b->source_column;
    const ptrdiff_t weight_column = steps == PACE_ANY ? b->weight_column : 1;
    const size_t source_pixel = steps == PACE_ANY ? b->source_pixel : LANES;
    const size_t weight_output = b->weight_output;
    const int channels = b->channels, rows = b->rows, columns = b->columns;
    const real *first = b->source;
    real *output = b->output;
    for (int i = 0; i < count; i++) {
        vec sum[MOST_OUTPUTS][MOST_PIXELS][HALVES];
        UNROLLED (o, outputs)
            UNROLLED (p, pixels)
                UNROLLED (h, HALVES) {
                    const real *out =
                        output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
                    sum[o][p][h] = b->add    ? vec_load(out + h * VW)
                                   : b->bias ? vec_set1(b->bias[o])
                                             : vec_zero();
                }
        for (int c = 0; c < channels; c++)
            for (int ky = 0; ky < rows; ky++) {
                const real *source = first + (size_t)c * b->source_channel + ky * b->source_row;
                const real *weight = b->weight + (size_t)c * b->weight_channel + ky * b->weight_row;
                for (int kx = 0; kx < columns; kx++) {
                    block_tap(source, source_pixel, weight, weight_output, sum, outputs, pixels);
                    source += source_column;
                    weight += weight_column;
                }
            }
        UNROLLED (o, outputs)
            UNROLLED (p, pixels)
                UNROLLED (h, HALVES) {
                    real *out =
                        output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
                    vec_store(out + h * VW, sum[o][p][h]);
                }
        first += (size_t)pixels * source_pixel;
        output += (size_t)pixels * b->output_pixel;
    }
}

/* Blocks as large as the registers allow: 16 vector registers up to AVX2, 32 with AVX-512. */
#if VW == 16
enum { WIDE_OUTPUTS = 6, WIDE_PIXELS = 4, TALL_OUTPUTS = 6 };
#elif VW == 8
enum { WIDE_OUTPUTS = 3, WIDE_PIXELS = 2, TALL_OUTPUTS = 6 };
#else
enum { WIDE_OUTPUTS = 3, WIDE_PIXELS = 1, TALL_OUTPUTS = 3 };
#endif

/* Turns the number of outputs, at most `most`, into a constant. */
INLINE void run_outputs(const block *b, int count, int outputs, const int most, const int pixels,
                        const pace steps) {
    switch (outputs) {
    case 1:
        block_run(b, count, 1, pixels, steps);
        break;
    case 2:
        block_run(b, count, 2, pixels, steps);
        break;
    case 3:
        block_run(b, count, 3, pixels, steps);
        break;
    case 4:
        if (most >= 4)
            block_run(b, count, 4, pixels, steps);
        break;
    case 5:
        if (most >= 5)
            block_run(b, count, 5, pixels, steps);
        break;
    case 6:
        if (most >= 6)
            block_run(b, count, 6, pixels, steps);
        break;
    default:
        break;
    }
}

INLINE void run_pace(const block *b, int count, int outputs, const int most, const int pixels) {
    switch (pace_of(b)) {
    case PACE_FORWARD:
        run_outputs(b, count, outputs, most, pixels, PACE_FORWARD);
        break;
    case PACE_BACKWARD:
        run_outputs(b, count, outputs, most, pixels, PACE_BACKWARD);
        break;
    case PACE_ANY:
        run_outputs(b, count, outputs, most, pixels, PACE_ANY);
        break;
    }
}

/* `count` blocks of neighbouring pixels, and `count` single pixels. */
static void run_wide(const block *b, int count, int outputs) {
    run_pace(b, count, outputs, WIDE_OUTPUTS, WIDE_PIXELS);
}

static void run_tall(const block *b, int count, int outputs) {
    run_pace(b, count, outputs, TALL_OUTPUTS, 1);
}

/* How many of `left` channels to take next: full blocks, but never a last block of a single
 * channel, whose few accumulators could not hide the latency of the additions. */
static int take_outputs(int left, int most) {
    if (left > most && left < most + 2 && most > 2)
        return left / 2;
    return left < most ? left : most;
}

/* All channels over `count` neighbouring pixels that share their tap ranges. */
static void run_pixels(const block *start, int outputs, int count) {
    int blocks = count / WIDE_PIXELS, wide = blocks * WIDE_PIXELS;
    for (int o = 0, n; o < outputs && blocks > 0; o += n) {
        block b = *start;
        n = take_outputs(outputs - o, WIDE_OUTPUTS);
        b.weight += (size_t)o * b.weight_output;
        b.bias = b.bias ? b.bias + o : NULL;
        b.output += (size_t)o * b.output_channel;
        run_wide(&b, blocks, n);
    }
    for (int o = 0, n; o < outputs && wide < count; o += n) {
        block b = *start;
        n = take_outputs(outputs - o, TALL_OUTPUTS);
        b.weight += (size_t)o * b.weight_output;
        b.bias = b.bias ? b.bias + o : NULL;
        b.source += (size_t)wide * b.source_pixel;
        b.output += (size_t)o * b.output_channel + (size_t)wide * b.output_pixel;
        run_tall(&b, count - wide, n);
    }
}

/* Number of positions from `x` on, `step` apart, that have the same taps as the one at x. */
static int same_reach(const axis *a, int x, int step, const reach *r) {
    int count = 1;
    while (x + count * step < a->output) {
        reach next = axis_reach(a, x + count * step);
        if (next.tap != r->tap || next.count != r->count)
            break;
        count++;
    }
    return count;
}

/* A run of columns that share their horizontal taps, over all rows. */
static void correlate_columns(const correlation *c, const block *start, int x, const reach *columns,
                              int count, int outputs) {
    for (int y = 0; y < c->y.output; y++) {
        reach rows = axis_reach(&c->y, y);
        block b = *start;
        b.rows = rows.count;
        b.columns = columns->count;
        b.source += ((ptrdiff_t)rows.source * c->x.source + columns->source) * LANES;
        b.weight += (ptrdiff_t)rows.tap * c->x.taps + columns->tap;
        b.output += ((size_t)y * (size_t)c->x.output + (size_t)x) * LANES;
        run_pixels(&b, outputs, count);
    }
}

void correlate(const correlation *c, int outputs, real *output, const real *source,
               const real *weight, const real *bias, bool add) {
    const block start = {
        .source = source,
        .weight = weight,
        .output = output,
        .bias = bias,
        .add = add,
        .channels = c->channels,
        .source_channel = c->source_stride,
        .weight_channel = c->weight_channel,
        .source_row = (ptrdiff_t)source_step(&c->y) * c->x.source * LANES,
        .source_column = (ptrdiff_t)source_step(&c->x) * LANES,
        .weight_row = (ptrdiff_t)tap_step(&c->y) * c->x.taps,
        .weight_column = tap_step(&c->x),
        .weight_output = c->weight_output,
        .output_channel = c->output_stride,
        /* Neighbours in a run are `divisor` positions apart in the output and `stride` in the
           source. */
        .source_pixel = (size_t)c->x.stride * LANES,
        .output_pixel = (size_t)c->x.divisor * LANES,
    };
    /* Positions that are `divisor` apart fall on the same taps, so the columns are done in that
     * many passes. */
    for (int phase = 0; phase < c->x.divisor && phase < c->x.output; phase++)
        for (int x = phase; x < c->x.output;) {
            reach r = axis_reach(&c->x, x);
            int count = same_reach(&c->x, x, c->x.divisor, &r);
            correlate_columns(c, &start, x, &r, count, outputs);
            x += count * c->x.divisor;
        }
}
