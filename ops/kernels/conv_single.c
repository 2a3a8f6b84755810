/* conv_single.c - correlations in FORM_SINGLE (see conv.h): one sample, channels innermost.
 *
 * The same micro-kernel as in conv.c with the operands' parts exchanged: the weights of
 * SINGLE_VECTOR outputs (an octet) are the vector that is loaded, and the numbers of neighbouring
 * pixels are broadcast. A map of few channels has one octet only, so a block needs many pixels to
 * have enough independent sums, and the pixels at the borders, which lack taps, are few and all
 * different (in the input gradient of LeNet-5's second layer 160 of 196). But borders come in
 * pairs: opposite ones have as many taps, just others. So a block is made of several lines of
 * pixels, each with its own place in the source and in the weights, which run through the same list
 * of taps side by side.
 *
 * conv_single_full.c computes small maps whose pixels mostly lie at the border, and
 * conv_single_depthwise.c depthwise correlations. */
#include "conv_single.h"

enum {
    PARTS = OCTET_PARTS,
    MOST_LINES = 4,
    MOST_PIXELS = 7,            /* of a line ... */
    LONGEST = VW >= 8 ? 14 : 7, /* ... and where their distance is a constant */
    MOST_OCTETS = 2,
};

/* Pixels of all lines together, so that their sums, their weights and a broadcast number fill 16
 * registers. */
static int block_pixels(int octets) {
    return octets == 1 ? 14 / PARTS : 6 / PARTS;
}

/* Lines of equal length whose pixels have equally many taps. All distances in reals. */
typedef struct block {
    line line[MOST_LINES];
    int lines, pixels;
    const real *bias;                    /* where sums begin, for whole octets */
    bool add;                            /* they begin with what is in output instead */
    int octets;                          /* of outputs, at most MOST_OCTETS */
    int channels, rows, columns;         /* extent of the sum */
    ptrdiff_t source_row, source_column; /* steps between taps */
    ptrdiff_t weight_row, weight_column;
    size_t weight_channel, weight_octet;
    size_t source_pixel, output_pixel; /* steps along a line */
} block;

typedef vec sums[MOST_LINES][LONGEST][MOST_OCTETS][PARTS];

/* One tap's products of a line. */
INLINE void line_tap(const real *source, size_t source_pixel, const real *weight,
                     size_t weight_octet, vec sum[LONGEST][MOST_OCTETS][PARTS], const int octets,
                     const int pixels) {
    vec w[MOST_OCTETS][PARTS];
    UNROLLED (o, octets)
        UNROLLED (part, PARTS)
            w[o][part] = vec_load(weight + (size_t)o * weight_octet + part * VW);
    UNROLLED (p, pixels) {
        vec number = vec_set1(source[(size_t)p * source_pixel]);
        UNROLLED (o, octets)
            UNROLLED (part, PARTS)
                sum[p][o][part] = vec_fma(w[o][part], number, sum[p][o][part]);
    }
}

/* `lines` lines of a block, from `at` on. */
INLINE void block_run(const block *b, const line *at, const int lines, const int octets,
                      const int pixels, const size_t source_pixel) {
    const size_t weight_octet = b->weight_octet;
    sums sum;
    const real *source[MOST_LINES], *weight[MOST_LINES];
    UNROLLED (l, lines) {
        source[l] = at[l].source;
        weight[l] = at[l].weight;
        UNROLLED (p, pixels)
            UNROLLED (o, octets)
                UNROLLED (part, PARTS) {
                    const real *out = b->add ? at[l].output + (size_t)p * b->output_pixel : b->bias;
                    sum[l][p][o][part] = vec_load(out + o * SINGLE_VECTOR + part * VW);
                }
    }
    for (int c = 0; c < b->channels; c++)
        for (int ky = 0; ky < b->rows; ky++) {
            const real *x[MOST_LINES], *w[MOST_LINES];
            UNROLLED (l, lines) {
                x[l] = source[l] + c + ky * b->source_row;
                w[l] = weight[l] + (size_t)c * b->weight_channel + ky * b->weight_row;
            }
            for (int kx = 0; kx < b->columns; kx++)
                UNROLLED (l, lines) {
                    line_tap(x[l], source_pixel, w[l], weight_octet, sum[l], octets, pixels);
                    x[l] += b->source_column;
                    w[l] += b->weight_column;
                }
        }
    UNROLLED (l, lines)
        UNROLLED (p, pixels)
            UNROLLED (o, octets)
                UNROLLED (part, PARTS)
                    vec_store(at[l].output + (size_t)p * b->output_pixel + o * SINGLE_VECTOR +
                                  part * VW,
                              sum[l][p][o][part]);
}

/* Turns the numbers that a block can have into constants. */
static void run_octet(const block *b, const line *at, int lines) {
    /* clang-format off */
    switch (10 * lines + b->pixels) {
    case 11: block_run(b, at, 1, 1, 1, b->source_pixel); break;
    case 12: block_run(b, at, 1, 1, 2, b->source_pixel); break;
    case 13: block_run(b, at, 1, 1, 3, b->source_pixel); break;
    case 14: block_run(b, at, 1, 1, 4, b->source_pixel); break;
    case 15: block_run(b, at, 1, 1, 5, b->source_pixel); break;
    case 16: block_run(b, at, 1, 1, 6, b->source_pixel); break;
    case 17: block_run(b, at, 1, 1, 7, b->source_pixel); break;
    case 21: block_run(b, at, 2, 1, 1, b->source_pixel); break;
    case 22: block_run(b, at, 2, 1, 2, b->source_pixel); break;
    case 23: block_run(b, at, 2, 1, 3, b->source_pixel); break;
    case 41: block_run(b, at, 4, 1, 1, b->source_pixel); break;
#if VW >= 8
    case 24: block_run(b, at, 2, 1, 4, b->source_pixel); break;
    case 25: block_run(b, at, 2, 1, 5, b->source_pixel); break;
    case 26: block_run(b, at, 2, 1, 6, b->source_pixel); break;
    case 27: block_run(b, at, 2, 1, 7, b->source_pixel); break;
    case 42: block_run(b, at, 4, 1, 2, b->source_pixel); break;
    case 43: block_run(b, at, 4, 1, 3, b->source_pixel); break;
#endif
    default:
        break;
    }
    /* clang-format on */
}

/* Long lines of one octet: the distance of pixels as a constant, for want of registers. */
static void run_long(const block *b, const line *at) {
    /* clang-format off */
    switch (b->pixels) {
#if VW >= 8
    case 8: block_run(b, at, 1, 1, 8, SINGLE_VECTOR); break;
    case 9: block_run(b, at, 1, 1, 9, SINGLE_VECTOR); break;
    case 10: block_run(b, at, 1, 1, 10, SINGLE_VECTOR); break;
    case 11: block_run(b, at, 1, 1, 11, SINGLE_VECTOR); break;
    case 12: block_run(b, at, 1, 1, 12, SINGLE_VECTOR); break;
    case 13: block_run(b, at, 1, 1, 13, SINGLE_VECTOR); break;
    case 14: block_run(b, at, 1, 1, 14, SINGLE_VECTOR); break;
#endif
    default:
        (void)at; /* narrower vectors have no such lines */
        break;
    }
    /* clang-format on */
}

static void run_octets(const block *b, const line *at, int lines) {
    /* clang-format off */
    switch (10 * lines + b->pixels) {
    case 11: block_run(b, at, 1, 2, 1, b->source_pixel); break;
    case 12: block_run(b, at, 1, 2, 2, b->source_pixel); break;
    case 13: block_run(b, at, 1, 2, 3, b->source_pixel); break;
    case 21: block_run(b, at, 2, 2, 1, b->source_pixel); break;
#if VW >= 8
    case 14: block_run(b, at, 1, 2, 4, b->source_pixel); break;
    case 15: block_run(b, at, 1, 2, 5, b->source_pixel); break;
    case 16: block_run(b, at, 1, 2, 6, b->source_pixel); break;
    case 22: block_run(b, at, 2, 2, 2, b->source_pixel); break;
    case 23: block_run(b, at, 2, 2, 3, b->source_pixel); break;
    case 41: block_run(b, at, 4, 2, 1, b->source_pixel); break;
#endif
    default:
        break;
    }
    /* clang-format on */
}

/* ---- Lines -------------------------------------------------------------------------------------- */

/* The number of lines of so many pixels that a block takes. */
static int block_lines(int octets, int pixels) {
    int lines = block_pixels(octets) / pixels;
    return lines >= 4 ? 4 : lines >= 2 ? 2 : 1;
}

/* Computes the lines gathered so far. */
static void flush(block *b) {
    for (int l = 0, n; l < b->lines; l += n) {
        n = b->lines - l >= 4 ? 4 : b->lines - l >= 2 ? 2 : 1;
        if (b->pixels > MOST_PIXELS)
            run_long(b, b->line + l);
        else if (b->octets == 1)
            run_octet(b, b->line + l, n);
        else
            run_octets(b, b->line + l, n);
    }
    b->lines = 0;
}

static void add_line(block *b, const line *l, int pixels) {
    if (pixels != b->pixels)
        flush(b);
    b->pixels = pixels;
    b->line[b->lines++] = *l;
    if (b->lines == block_lines(b->octets, pixels))
        flush(b);
}

/* A rectangle of pixels that have the same taps: `count` lines of `length` pixels, cut into pieces
 * as equal as can be. */
static void add_area(block *b, line first, int count, int length, size_t source_line,
                     size_t output_line) {
    int most = block_pixels(b->octets);
    if (most > MOST_PIXELS && b->source_pixel != SINGLE_VECTOR)
        most = MOST_PIXELS;
    for (int pixels; length > 0; length -= pixels) {
        pixels = length <= most ? length : divide_up(length, divide_up(length, most));
        line l = first;
        for (int i = 0; i < count; i++) {
            add_line(b, &l, pixels);
            l.source += source_line;
            l.output += output_line;
        }
        first.source += (size_t)pixels * b->source_pixel;
        first.output += (size_t)pixels * b->output_pixel;
    }
}

/* All pixels with as many taps as those of runs y[i] and x[j], line by line along the longer of
 * both. */
static void correlate_class(const correlation *c, const steps *s, block *b, const line *origin,
                            const conv_plan *p, int i, int j) {
    const bool along_x = p->x[j].count >= p->y[i].count;
    b->source_pixel = along_x ? s->source_x : s->source_y;
    b->output_pixel = along_x ? s->output_x : s->output_y;
    b->rows = p->y[i].reach.count;
    b->columns = p->x[j].reach.count;
    for (int k = i; k >= 0; k = p->y[k].next)
        for (int l = j; l >= 0; l = p->x[l].next) {
            const run *y = &p->y[k], *x = &p->x[l];
            const line first = corner(c, s, origin, y, x);
            if (along_x)
                add_area(b, first, y->count, x->count, s->source_y, s->output_y);
            else
                add_area(b, first, x->count, y->count, s->source_x, s->output_x);
        }
    flush(b);
}

/* The octets and source channels that the block says. */
static void correlate_octets(const correlation *c, block *b, const line *origin,
                             const conv_plan *p) {
    const steps s = steps_of(c);
    for (int i = 0; i < p->y_runs; i++)
        for (int j = 0; j < p->x_runs && p->y[i].leads; j++)
            if (p->x[j].leads)
                correlate_class(c, &s, b, origin, p, i, j);
}

static void correlate_classes(const correlation *c, int outputs, int first_row, int end_row,
                              real *output, const real *source, const real *weight,
                              const real *bias, bool add, real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    const int step_y = axis_tap_step(&c->y), step_x = axis_tap_step(&c->x);
    conv_plan p = conv_plan_new(c, first_row, end_row, scratch);
    real *beginning = p.packed, *packed = beginning + MOST_OCTETS * SINGLE_VECTOR;
    int most = conv_channels(c);
    for (int first = 0, n; first < c->channels; first += n) {
        n = c->channels - first < most ? c->channels - first : most;
        block b = {
            .bias = beginning,
            .add = add || first > 0,
            .channels = n,
            .source_row = (ptrdiff_t)(step_y * c->y.dilation / c->y.divisor * c->x.source) *
                          (ptrdiff_t)c->source_stride,
            .source_column =
                (ptrdiff_t)(step_x * c->x.dilation / c->x.divisor) * (ptrdiff_t)c->source_stride,
            .weight_row = (ptrdiff_t)(step_y * c->x.taps) * SINGLE_VECTOR,
            .weight_column = (ptrdiff_t)step_x * SINGLE_VECTOR,
            .weight_channel = taps * SINGLE_VECTOR,
            .weight_octet = (size_t)n * taps * SINGLE_VECTOR,
        };
        for (int o = 0; o < outputs; o += b.octets * SINGLE_VECTOR) {
            b.octets = outputs - o > SINGLE_VECTOR ? 2 : 1;
            for (int i = 0; i < b.octets; i++)
                pack_octet(c, weight, o + i * SINGLE_VECTOR, outputs, first, first + n,
                           packed + (size_t)i * b.weight_octet);
            octets_begin(bias, o, o + b.octets * SINGLE_VECTOR, outputs, beginning);
            const line origin = {source + first, packed, output + o};
            correlate_octets(c, &b, &origin, &p);
        }
    }
}

void correlate_single(const correlation *c, int outputs, bool depthwise, int first, int end,
                      real *output, const real *source, const real *weight, const real *bias,
                      bool add, real *scratch) {
    if (depthwise)
        correlate_depthwise(c, outputs, first, end, output, source, weight, bias, add, scratch);
    else if (is_small_full(c))
        correlate_small_full(c, outputs, first, end, output, source, weight, bias, add, scratch);
    else
        correlate_classes(c, outputs, first, end, output, source, weight, bias, add, scratch);
}

size_t correlate_single_scratch(const correlation *c, int outputs, bool depthwise) {
    size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    size_t octets = ((size_t)outputs + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    size_t packed =
        depthwise ? octets * (taps + 1) : MOST_OCTETS * (taps * (size_t)conv_channels(c) + 1);
    if (!depthwise && is_small_full(c))
        return small_full_scratch(c);
    return conv_plan_room(c) + packed * SINGLE_VECTOR;
}
