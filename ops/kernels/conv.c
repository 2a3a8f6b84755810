/* conv.c - see conv.h. Register blocks of output channels x pixels for correlations, of output
 * channels x taps for weight gradients; both sized so that the accumulators and one operand fill
 * the vector registers. Blocking never changes a bit: the chain of each output is the same
 * whichever block it is in. */
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

/* ---- Correlation
 * --------------------------------------------------------------------------------------------------
 */

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

/* One tap's products. Whichever operand has fewer vectors stays in registers, the other passes
 * through one. */
INLINE void block_tap(const block *b, const real *source, const real *weight, vec sum[6][4][HALVES],
                      const int outputs, const int pixels) {
    vec w[6], x[4][HALVES];
    if (outputs <= pixels * HALVES) {
        UNROLL
        for (int o = 0; o < outputs; o++)
            w[o] = vec_set1(weight[(size_t)o * b->weight_output]);
        UNROLL
        for (int p = 0; p < pixels; p++)
            UNROLL
        for (int h = 0; h < HALVES; h++) {
            vec in = vec_load(source + (size_t)p * b->source_pixel + h * VW);
            UNROLL
            for (int o = 0; o < outputs; o++)
                sum[o][p][h] = vec_fma(w[o], in, sum[o][p][h]);
        }
    } else {
        UNROLL
        for (int p = 0; p < pixels; p++)
            UNROLL
        for (int h = 0; h < HALVES; h++)
            x[p][h] = vec_load(source + (size_t)p * b->source_pixel + h * VW);
        UNROLL
        for (int o = 0; o < outputs; o++) {
            vec factor = vec_set1(weight[(size_t)o * b->weight_output]);
            UNROLL
            for (int p = 0; p < pixels; p++)
                UNROLL
            for (int h = 0; h < HALVES; h++)
                sum[o][p][h] = vec_fma(factor, x[p][h], sum[o][p][h]);
        }
    }
}

INLINE void block_run(const block *b, const int outputs, const int pixels) {
    vec sum[6][4][HALVES];
    UNROLL
    for (int o = 0; o < outputs; o++)
        UNROLL
    for (int p = 0; p < pixels; p++)
        UNROLL
    for (int h = 0; h < HALVES; h++) {
        const real *out = b->output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
        sum[o][p][h] = b->add    ? vec_load(out + h * VW)
                       : b->bias ? vec_set1(b->bias[o])
                                 : vec_zero();
    }
    for (int c = 0; c < b->channels; c++)
        for (int ky = 0; ky < b->rows; ky++) {
            const real *source = b->source + (size_t)c * b->source_channel + ky * b->source_row;
            const real *weight = b->weight + (size_t)c * b->weight_channel + ky * b->weight_row;
            for (int kx = 0; kx < b->columns; kx++) {
                block_tap(b, source, weight, sum, outputs, pixels);
                source += b->source_column;
                weight += b->weight_column;
            }
        }
    UNROLL
    for (int o = 0; o < outputs; o++)
        UNROLL
    for (int p = 0; p < pixels; p++)
        UNROLL
    for (int h = 0; h < HALVES; h++)
        vec_store(b->output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel + h * VW,
                  sum[o][p][h]);
}

/* Blocks as large as the registers allow: 16 vector registers up to AVX2, 32 with AVX-512. */
#if VW == 16
enum { WIDE_OUTPUTS = 6, WIDE_PIXELS = 4, TALL_OUTPUTS = 6 };
#elif VW == 8
enum { WIDE_OUTPUTS = 3, WIDE_PIXELS = 2, TALL_OUTPUTS = 6 };
#else
enum { WIDE_OUTPUTS = 3, WIDE_PIXELS = 1, TALL_OUTPUTS = 3 };
#endif

static void run_wide(const block *b, int outputs) {
    switch (outputs) {
    case 1:
        block_run(b, 1, WIDE_PIXELS);
        break;
    case 2:
        block_run(b, 2, WIDE_PIXELS);
        break;
    case 3:
        block_run(b, 3, WIDE_PIXELS);
        break;
#if VW == 16
    case 4:
        block_run(b, 4, WIDE_PIXELS);
        break;
    case 5:
        block_run(b, 5, WIDE_PIXELS);
        break;
    case 6:
        block_run(b, 6, WIDE_PIXELS);
        break;
#endif
    default:
        break;
    }
}

static void run_tall(const block *b, int outputs) {
    switch (outputs) {
    case 1:
        block_run(b, 1, 1);
        break;
    case 2:
        block_run(b, 2, 1);
        break;
    case 3:
        block_run(b, 3, 1);
        break;
#if VW >= 8
    case 4:
        block_run(b, 4, 1);
        break;
    case 5:
        block_run(b, 5, 1);
        break;
    case 6:
        block_run(b, 6, 1);
        break;
#endif
    default:
        break;
    }
}

/* How many of `left` channels to take next: full blocks, but never a last block of a single
 * channel, whose few accumulators could not hide the latency of the additions. */
static int take_outputs(int left, int most) {
    if (left > most && left < most + 2 && most > 2)
        return left / 2;
    return left < most ? left : most;
}

/* Runs all channels over `count` neighbouring pixels that share their tap ranges. */
static void run_pixels(const correlation *c, block *b, int outputs, int count) {
    const block start = *b;
    int wide = count / WIDE_PIXELS * WIDE_PIXELS;
    for (int o = 0; o < outputs && wide > 0;) {
        int n = take_outputs(outputs - o, WIDE_OUTPUTS);
        *b = start;
        b->weight += (size_t)o * c->weight_output;
        b->bias = start.bias ? start.bias + o : NULL;
        for (int p = 0; p < wide; p += WIDE_PIXELS) {
            b->source = start.source + (size_t)p * b->source_pixel;
            b->output = start.output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
            run_wide(b, n);
        }
        o += n;
    }
    for (int o = 0; o < outputs && wide < count;) {
        int n = take_outputs(outputs - o, TALL_OUTPUTS);
        *b = start;
        b->weight += (size_t)o * c->weight_output;
        b->bias = start.bias ? start.bias + o : NULL;
        for (int p = wide; p < count; p++) {
            b->source = start.source + (size_t)p * b->source_pixel;
            b->output = start.output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
            run_tall(b, n);
        }
        o += n;
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
        run_pixels(c, &b, outputs, count);
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

/* ---- Weight gradient
 * ---------------------------------------------------------------------------------------------- */

/* Output positions [first, end) for which a tap reaches into the source (forward axes: divisor 1).
 */
typedef struct range {
    int first, end;
} range;

static range tap_range(const axis *a, int tap) {
    int at = a->offset + tap * a->dilation; /* source position for output 0 */
    range r;
    r.first = at >= 0 ? 0 : (-at + a->stride - 1) / a->stride;
    r.end = at >= a->source ? 0 : (a->source - 1 - at) / a->stride + 1;
    if (r.end > a->output)
        r.end = a->output;
    if (r.first > r.end)
        r.first = r.end;
    return r;
}

/* What one block adds to its sums: outputs x neighbouring taps of a kernel row, over a rectangle of
 * pixels. */
typedef struct gradient {
    real *sum;      /* [outputs][kernel taps][LANES], at the block's first tap */
    const real *dy; /* at the first pixel */
    const real *x;  /* what the first tap reads there */
    int rows, pixels;
    size_t sum_output, dy_output; /* steps between output channels */
    size_t dy_row, x_row, x_pixel;
    size_t x_tap;
} gradient;

/* One pixel's products; as in block_tap, the shorter operand stays in registers. */
INLINE void gradient_pixel(const gradient *g, const real *dy, const real *x, vec sum[8][5],
                           const int outputs, const int taps) {
    vec d[8], in[5];
    if (outputs <= taps) {
        UNROLL
        for (int o = 0; o < outputs; o++)
            d[o] = vec_load(dy + (size_t)o * g->dy_output);
        UNROLL
        for (int t = 0; t < taps; t++) {
            vec v = vec_load(x + (size_t)t * g->x_tap);
            UNROLL
            for (int o = 0; o < outputs; o++)
                sum[o][t] = vec_fma(d[o], v, sum[o][t]);
        }
    } else {
        UNROLL
        for (int t = 0; t < taps; t++)
            in[t] = vec_load(x + (size_t)t * g->x_tap);
        UNROLL
        for (int o = 0; o < outputs; o++) {
            vec v = vec_load(dy + (size_t)o * g->dy_output);
            UNROLL
            for (int t = 0; t < taps; t++)
                sum[o][t] = vec_fma(v, in[t], sum[o][t]);
        }
    }
}

INLINE void gradient_run(const gradient *g, const int outputs, const int taps) {
    for (int h = 0; h < HALVES; h++) {
        vec sum[8][5];
        UNROLL
        for (int o = 0; o < outputs; o++)
            UNROLL
        for (int t = 0; t < taps; t++)
            sum[o][t] = vec_load(g->sum + (size_t)o * g->sum_output + t * LANES + h * VW);
        for (int row = 0; row < g->rows; row++) {
            const real *dy = g->dy + (size_t)row * g->dy_row + h * VW;
            const real *x = g->x + (size_t)row * g->x_row + h * VW;
            for (int p = 0; p < g->pixels; p++) {
                gradient_pixel(g, dy, x, sum, outputs, taps);
                dy += LANES;
                x += g->x_pixel;
            }
        }
        UNROLL
        for (int o = 0; o < outputs; o++)
            UNROLL
        for (int t = 0; t < taps; t++)
            vec_store(g->sum + (size_t)o * g->sum_output + t * LANES + h * VW, sum[o][t]);
    }
}

/* Widest block of output channels for a number of taps, so that the sums fill the registers. */
enum { MOST_TAPS = 5 };
#if VW == 16
static const int outputs_for_taps[MOST_TAPS + 1] = {0, 8, 8, 6, 5, 4};
#else
static const int outputs_for_taps[MOST_TAPS + 1] = {0, 6, 4, 4, 3, 2};
#endif

#define CASES(outputs)                                                                             \
    case (outputs)*8 + 1:                                                                          \
        gradient_run(g, outputs, 1);                                                               \
        break;                                                                                     \
    case (outputs)*8 + 2:                                                                          \
        gradient_run(g, outputs, 2);                                                               \
        break;                                                                                     \
    case (outputs)*8 + 3:                                                                          \
        gradient_run(g, outputs, 3);                                                               \
        break;                                                                                     \
    case (outputs)*8 + 4:                                                                          \
        gradient_run(g, outputs, 4);                                                               \
        break;                                                                                     \
    case (outputs)*8 + 5:                                                                          \
        gradient_run(g, outputs, 5);                                                               \
        break;

static void gradient_block(const gradient *g, int outputs, int taps) {
    switch (outputs * 8 + taps) {
        CASES(1)
        CASES(2)
        CASES(3)
        CASES(4)
        CASES(5)
        CASES(6)
        CASES(7)
        CASES(8)
    default:
        break;
    }
}

static range both(range a, range b) {
    range r = {a.first > b.first ? a.first : b.first, a.end < b.end ? a.end : b.end};
    if (r.first > r.end)
        r.end = r.first;
    return r;
}

/* A block's operands: output channels of one source channel of the tile. */
typedef struct gradient_operands {
    const correlation *c;
    int outputs;
    const real *dy, *x;
    real *sums; /* [outputs][ky][kx][LANES] */
} gradient_operands;

/* Adds `taps` neighbouring taps' share over a rectangle of pixels that all of them have. */
static void gradient_rectangle(const gradient_operands *in, int ky, int kx, int taps, range rows,
                               range columns) {
    const correlation *c = in->c;
    if (rows.first >= rows.end || columns.first >= columns.end)
        return;
    ptrdiff_t y = (ptrdiff_t)rows.first * c->y.stride + c->y.offset + (ptrdiff_t)ky * c->y.dilation;
    ptrdiff_t x =
        (ptrdiff_t)columns.first * c->x.stride + c->x.offset + (ptrdiff_t)kx * c->x.dilation;
    const gradient g = {
        .sum = in->sums + ((size_t)ky * (size_t)c->x.taps + (size_t)kx) * LANES,
        .dy = in->dy + ((size_t)rows.first * (size_t)c->x.output + (size_t)columns.first) * LANES,
        .x = in->x + (y * c->x.source + x) * LANES,
        .rows = rows.end - rows.first,
        .pixels = columns.end - columns.first,
        .sum_output = (size_t)c->y.taps * (size_t)c->x.taps * LANES,
        .dy_output = c->output_stride,
        .dy_row = (size_t)c->x.output * LANES,
        .x_row = (size_t)c->y.stride * (size_t)c->x.source * LANES,
        .x_pixel = (size_t)c->x.stride * LANES,
        .x_tap = (size_t)c->x.dilation * LANES,
    };
    gradient_block(&g, in->outputs, taps);
}

/* Taps of a kernel row are taken MOST_TAPS at a time; their common columns are those that all of
 * them have. */
static int taps_from(const axis *a, int kx) {
    return a->taps - kx < MOST_TAPS ? a->taps - kx : MOST_TAPS;
}

static range common_columns(const axis *a, int kx, int taps) {
    return both(tap_range(a, kx), tap_range(a, kx + taps - 1));
}

/* The sums of one source channel. First, some rows at a time, the pixels that neighbouring taps
 * have in common, then, tap by tap, the columns near the borders that only some of them have: an
 * order that no blocking changes. */
static void gradient_sums(const gradient_operands *in, int rows_at_once) {
    const axis *ay = &in->c->y, *ax = &in->c->x;
    for (int y = 0; y < ay->output; y += rows_at_once)
        for (int ky = 0; ky < ay->taps; ky++) {
            range rows = both(tap_range(ay, ky), (range){y, y + rows_at_once});
            for (int kx = 0; kx < ax->taps; kx += MOST_TAPS) {
                int taps = taps_from(ax, kx);
                gradient_rectangle(in, ky, kx, taps, rows, common_columns(ax, kx, taps));
            }
        }
    for (int ky = 0; ky < ay->taps; ky++)
        for (int kx = 0; kx < ax->taps; kx++) {
            int block = kx / MOST_TAPS * MOST_TAPS;
            range common = common_columns(ax, block, taps_from(ax, block));
            range all = tap_range(ax, kx), rows = tap_range(ay, ky);
            gradient_rectangle(in, ky, kx, 1, rows, both(all, (range){0, common.first}));
            gradient_rectangle(in, ky, kx, 1, rows, both(all, (range){common.end, ax->output}));
        }
}

/* Rows to do at a time so that a block's share of both operands stays in a 32 KiB first-level
 * cache. The order in which rows are added to a sum is the same for every number. */
static int rows_at_a_time(const correlation *c, int outputs) {
    enum { CACHE_LINES = 320 };
    int lines = c->x.output * outputs + c->x.source * c->y.stride;
    int rows = (CACHE_LINES - c->x.source * (c->y.taps - c->y.stride)) / lines;
    return rows > 1 ? rows : 1;
}

void conv_weight_gradient(const correlation *c, int outputs, const real *output_grad,
                          const real *source, real *weight_grad, bool add, real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    const int most = outputs_for_taps[c->x.taps < MOST_TAPS ? c->x.taps : MOST_TAPS];
    const int rows = rows_at_a_time(c, most);
    for (int o = 0; o < outputs;) {
        int n = take_outputs(outputs - o, most);
        const real *dy = output_grad + (size_t)o * c->output_stride;
        for (int k = 0; k < c->channels; k++) {
            const real *x = source + (size_t)k * c->source_stride;
            for (size_t i = 0; i < (size_t)n * taps * LANES; i += VW)
                vec_store(scratch + i, vec_zero());
            gradient_sums(&(gradient_operands){c, n, dy, x, scratch}, rows);
            for (size_t i = 0; i < (size_t)n * taps; i++) {
                real *w = weight_grad + ((size_t)o + i / taps) * c->weight_output +
                          (size_t)k * c->weight_channel + i % taps;
                real sum = vec_fold((const vec *)(scratch + i * LANES));
                *w = add ? *w + sum : sum;
            }
        }
        o += n;
    }
}

void conv_bias_gradient(const correlation *c, int outputs, const real *output_grad, real *bias_grad,
                        bool add) {
    const size_t pixels = (size_t)c->y.output * (size_t)c->x.output;
    for (int o = 0; o < outputs; o++) {
        const real *dy = output_grad + (size_t)o * c->output_stride;
        vec sum[HALVES] = {{0}};
        for (size_t p = 0; p < pixels; p++)
            for (int h = 0; h < HALVES; h++)
                sum[h] += vec_load(dy + p * LANES + h * VW);
        real total = vec_fold(sum);
        bias_grad[o] = add ? bias_grad[o] + total : total;
    }
}
