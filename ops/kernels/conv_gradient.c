/* conv_gradient.c - weight and bias gradients of convolutions (see conv_gradient.h), in register blocks of
 * output channels x neighbouring taps. Every sum runs over pixels lane by lane in an order that no
 * blocking changes; the lanes are folded last. */
#include "conv_gradient.h"

enum { HALVES = LANES / VW };

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

enum { MOST_OUTPUTS = 8, MOST_TAPS = 5 };

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
INLINE void gradient_pixel(const gradient *g, const real *dy, const real *x,
                           vec sum[MOST_OUTPUTS][MOST_TAPS], const int outputs, const int taps) {
    vec d[MOST_OUTPUTS], in[MOST_TAPS];
    if (outputs <= taps) {
        UNROLLED (o, outputs)
            d[o] = vec_load(dy + (size_t)o * g->dy_output);
        UNROLLED (t, taps) {
            vec v = vec_load(x + (size_t)t * g->x_tap);
            UNROLLED (o, outputs)
                sum[o][t] = vec_fma(d[o], v, sum[o][t]);
        }
    } else {
        UNROLLED (t, taps)
            in[t] = vec_load(x + (size_t)t * g->x_tap);
        UNROLLED (o, outputs) {
            vec v = vec_load(dy + (size_t)o * g->dy_output);
            UNROLLED (t, taps)
                sum[o][t] = vec_fma(v, in[t], sum[o][t]);
        }
    }
}

INLINE void gradient_run(const gradient *g, const int outputs, const int taps) {
    for (int h = 0; h < HALVES; h++) {
        vec sum[MOST_OUTPUTS][MOST_TAPS];
        UNROLLED (o, outputs)
            UNROLLED (t, taps)
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
        UNROLLED (o, outputs)
            UNROLLED (t, taps)
                vec_store(g->sum + (size_t)o * g->sum_output + t * LANES + h * VW, sum[o][t]);
    }
}

/* Widest block of output channels for a number of taps, so that the sums fill the registers. */
#if VW == 16
enum {
    OUTPUTS_1_TAP = 8,
    OUTPUTS_2_TAPS = 8,
    OUTPUTS_3_TAPS = 6,
    OUTPUTS_4_TAPS = 5,
    OUTPUTS_5_TAPS = 4
};
#else
enum {
    OUTPUTS_1_TAP = 6,
    OUTPUTS_2_TAPS = 4,
    OUTPUTS_3_TAPS = 4,
    OUTPUTS_4_TAPS = 3,
    OUTPUTS_5_TAPS = 2
};
#endif

static int most_outputs(int taps) {
    static const int most[] = {
        0, OUTPUTS_1_TAP, OUTPUTS_2_TAPS, OUTPUTS_3_TAPS, OUTPUTS_4_TAPS, OUTPUTS_5_TAPS};
    return most[taps < MOST_TAPS ? taps : MOST_TAPS];
}

/* Turns both counts into constants. */
INLINE void run_outputs(const gradient *g, int outputs, const int most, const int taps) {
    switch (outputs) {
    case 1:
        gradient_run(g, 1, taps);
        break;
    case 2:
        gradient_run(g, 2, taps);
        break;
    case 3:
        if (most >= 3)
            gradient_run(g, 3, taps);
        break;
    case 4:
        if (most >= 4)
            gradient_run(g, 4, taps);
        break;
    case 5:
        if (most >= 5)
            gradient_run(g, 5, taps);
        break;
    case 6:
        if (most >= 6)
            gradient_run(g, 6, taps);
        break;
    case 7:
        if (most >= 7)
            gradient_run(g, 7, taps);
        break;
    case 8:
        if (most >= 8)
            gradient_run(g, 8, taps);
        break;
    default:
        break;
    }
}

static void gradient_block(const gradient *g, int outputs, int taps) {
    switch (taps) {
    case 1:
        run_outputs(g, outputs, OUTPUTS_1_TAP, 1);
        break;
    case 2:
        run_outputs(g, outputs, OUTPUTS_2_TAPS, 2);
        break;
    case 3:
        run_outputs(g, outputs, OUTPUTS_3_TAPS, 3);
        break;
    case 4:
        run_outputs(g, outputs, OUTPUTS_4_TAPS, 4);
        break;
    case 5:
        run_outputs(g, outputs, OUTPUTS_5_TAPS, 5);
        break;
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
    range inside = common_columns(ax, 0, ax->taps);
    if (inside.first == 0 && inside.end == ax->output)
        return; /* no padding: every tap has every column */
    for (int ky = 0; ky < ay->taps; ky++)
        for (int kx = 0; kx < ax->taps; kx++) {
            int first = kx / MOST_TAPS * MOST_TAPS;
            range common = common_columns(ax, first, taps_from(ax, first));
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

/* weight[t] (+)= the sum of the lanes of sums[t]. */
static void fold_taps(const real *sums, size_t taps, bool add, real *weight) {
    for (size_t t = 0; t < taps; t++) {
        real sum = vec_fold((const vec *)(sums + t * LANES));
        weight[t] = add ? weight[t] + sum : sum;
    }
}

void conv_weight_gradient(const correlation *c, int outputs, const real *output_grad,
                          const real *source, real *weight_grad, bool add, real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    const int most = most_outputs(c->x.taps);
    const int rows = rows_at_a_time(c, most);
    for (int o = 0; o < outputs;) {
        int n = outputs - o < most ? outputs - o : most;
        const real *dy = output_grad + (size_t)o * c->output_stride;
        for (int k = 0; k < c->channels; k++) {
            const real *x = source + (size_t)k * c->source_stride;
            for (size_t i = 0; i < (size_t)n * taps * LANES; i += VW)
                vec_store(scratch + i, vec_zero());
            gradient_sums(&(gradient_operands){c, n, dy, x, scratch}, rows);
            for (int i = 0; i < n; i++)
                fold_taps(scratch + (size_t)i * taps * LANES, taps, add,
                          weight_grad + (size_t)(o + i) * c->weight_output +
                              (size_t)k * c->weight_channel);
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
