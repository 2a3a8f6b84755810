/* conv_single_full.c - full correlations of small maps in FORM_SINGLE: the input gradients of
 * convolutions without padding.
 *
 * Every position has at least one tap here, and on a small map most of them lie so near to the
 * border that they lack others: in LeNet-5's second layer 160 of 196. Cut into classes of equal
 * taps (conv_single.c), these are many short loops that seldom fill the registers. So a block is a
 * whole row, whose sums stay in registers over all channels and kernel rows: a left half that lacks
 * taps at its left and a right half that lacks them at its right. Which pixels have a tap is then
 * known to the compiler, as the number of taps is. The halves of a row of less than twice HALF
 * pixels overlap, and compute what they share twice.
 *
 * A vector of weights meets ten single numbers in the ten pixels of LeNet-5's row that have its
 * tap, so the loads bound this kernel, 55 for 50 products. With the source copied to one plane for
 * each channel, neighbours lie at constant distances, which need no registers. */
#include "conv_single.h"

enum {
    HALF = 7,      /* pixels: all sums, a vector of weights and a number fill 16 registers */
    CHANNELS = 16, /* at a time, whose weights and planes stay in the first-level cache */
};

/* The work on a row of outputs; all distances in reals. */
typedef struct full_row {
    const real *source; /* first plane, at the row that the first kernel row reads */
    const real *weight; /* [channel][tap][SINGLE_VECTOR], at that kernel row */
    const real *bias;   /* where sums begin ... */
    bool add;           /* ... or with what is in output */
    real *output;
    int channels, rows;      /* extent of the sum */
    ptrdiff_t source_column; /* from tap to tap: always -1, but a compiler that knew so would keep
                                the numbers that taps share, for which there are no registers */
    ptrdiff_t source_row;    /* from kernel row to kernel row */
    size_t source_plane, weight_row, weight_channel;
    size_t right; /* pixels from the left half to the right one */
    size_t output_pixel;
} full_row;

INLINE void half_begin(const full_row *r, const real *output, const real *bias, vec sum[HALF]) {
    UNROLLED (p, HALF)
        sum[p] = vec_load(r->add ? output + (size_t)p * r->output_pixel : bias);
}

INLINE void half_end(const full_row *r, real *output, const vec sum[HALF]) {
    UNROLLED (p, HALF)
        vec_store(output + (size_t)p * r->output_pixel, sum[p]);
}

/* A tap of pixels [first, end). */
INLINE void half_tap(const real *source, vec weight, vec sum[HALF], const int first,
                     const int end) {
    UNROLLED (p, HALF)
        if (p >= first && p < end)
            sum[p] = vec_fma(weight, vec_set1(source[p]), sum[p]);
}

/* One vector of the octet. */
INLINE void row_part(const full_row *r, size_t part, const int taps) {
    real *output = r->output + part, *output_right = output + r->right * r->output_pixel;
    const ptrdiff_t column = r->source_column;
    const size_t right = r->right;
    vec left_sum[HALF], right_sum[HALF];
    half_begin(r, output, r->bias + part, left_sum);
    half_begin(r, output_right, r->bias + part, right_sum);
    for (int c = 0; c < r->channels; c++) {
        const real *source = r->source + (size_t)c * r->source_plane;
        const real *weight = r->weight + (size_t)c * r->weight_channel + part;
        for (int ky = 0; ky < r->rows; ky++) {
            const real *x = source, *x_right = source + right;
            UNROLLED (t, taps) {
                vec w = vec_load(weight + t * SINGLE_VECTOR);
                half_tap(x, w, left_sum, t, HALF);
                half_tap(x_right, w, right_sum, 0, HALF - (taps - 1 - t));
                x += column;
                x_right += column;
            }
            source += r->source_row;
            weight += r->weight_row;
        }
    }
    half_end(r, output, left_sum);
    half_end(r, output_right, right_sum);
}

static void row_run(const full_row *r, int taps) {
    for (size_t part = 0; part < SINGLE_VECTOR; part += VW)
        if (taps == 5)
            row_part(r, part, 5);
        else
            row_part(r, part, 3);
}

/* [pixel][channel] to [channel][pixel], with planes of `plane` pixels. */
static void turn_to_planes(const real *source, size_t stride, size_t pixels, size_t channels,
                           real *planes, size_t plane) {
    for (size_t p = 0; p < pixels; p += 8)
        for (size_t c = 0; c < channels; c += 8)
            octet_transpose(source + p * stride + c, pixels - p < 8 ? (int)(pixels - p) : 8, stride,
                            planes + c * plane + p, plane);
}

static size_t plane_of(const correlation *c) {
    return ((size_t)c->y.source * (size_t)c->x.source + 7) / 8 * 8;
}

bool is_small_full(const correlation *c) {
    const axis *x = &c->x;
    return (x->taps == 3 || x->taps == 5) && x->stride == 1 && x->divisor == 1 &&
           x->dilation == -1 && x->offset == 0 && x->output >= HALF - 1 + x->taps &&
           x->output <= 2 * HALF;
}

size_t small_full_scratch(const correlation *c) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    return conv_plan_room(c) + (1 + CHANNELS * taps) * SINGLE_VECTOR + CHANNELS * plane_of(c);
}

/* All rows of an octet: `r` is the first of them without its taps. */
static void octet_rows(const correlation *c, const conv_plan *p, const full_row *first) {
    const size_t output_row = (size_t)c->x.output * c->output_stride;
    for (int i = 0; i < p->y_runs; i++) {
        const run *y = &p->y[i];
        full_row r = *first;
        r.rows = y->reach.count;
        r.weight += y->reach.tap * c->x.taps * SINGLE_VECTOR;
        for (int row = 0; row < y->count; row++) {
            r.source = first->source + (y->reach.source + row * c->y.stride) * c->x.source;
            r.output = first->output + (size_t)(y->at + row * c->y.divisor) * output_row;
            row_run(&r, c->x.taps);
        }
    }
}

void correlate_small_full(const correlation *c, int outputs, int first, int end, real *output,
                          const real *source, const real *weight, const real *bias, bool add,
                          real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps, plane = plane_of(c);
    const int step_y = axis_tap_step(&c->y);
    conv_plan p = conv_plan_new(c, first, end, scratch);
    real *beginning = p.packed, *packed = beginning + SINGLE_VECTOR;
    real *planes = packed + CHANNELS * taps * SINGLE_VECTOR;
    for (int channel = 0, n; channel < c->channels; channel += n) {
        n = c->channels - channel < CHANNELS ? c->channels - channel : CHANNELS;
        turn_to_planes(source + channel, c->source_stride,
                       (size_t)c->y.source * (size_t)c->x.source, (size_t)n, planes, plane);
        for (int o = 0; o < outputs; o += SINGLE_VECTOR) {
            pack_octet(c, weight, o, outputs, channel, channel + n, packed);
            octets_begin(bias, o, o + SINGLE_VECTOR, outputs, beginning);
            const full_row r = {
                .source = planes,
                .weight = packed,
                .bias = beginning,
                .add = add || channel > 0,
                .output = output + o,
                .channels = n,
                .source_column = c->x.dilation,
                .source_row = step_y * c->y.dilation / c->y.divisor * c->x.source,
                .source_plane = plane,
                .weight_row = (size_t)(step_y * c->x.taps) * SINGLE_VECTOR,
                .weight_channel = taps * SINGLE_VECTOR,
                .right = (size_t)(c->x.output - HALF),
                .output_pixel = c->output_stride,
            };
            octet_rows(c, &p, &r);
        }
    }
}
