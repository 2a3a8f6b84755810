/* conv_single.c - correlations in FORM_SINGLE (see conv.h): one sample, channels innermost.
 *
 * The same micro-kernel as in conv.c with the operands' parts exchanged: the weights of
 * SINGLE_VECTOR outputs (an octet) are the vector that is loaded, and the numbers of neighbouring
 * pixels are broadcast. A map of few channels has one octet only, so a block needs many pixels to
 * have enough independent sums, and the pixels at the borders, which lack taps, are few and all
 * different (in the input gradient of LeNet-5's second layer 160 of 196). But borders come in
 * pairs: opposite ones have as many taps, just others. So a block is made of several lines of
 * pixels, each with its own place in the source and in the weights, which run through the same list
 * of taps side by side. */
#include "conv_taps.h"

enum {
    PARTS = VW < SINGLE_VECTOR ? SINGLE_VECTOR / VW
                               : 1, /* vectors of an octet; never used with wider ones */
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

/* Pixels side by side. */
typedef struct line {
    const real *source; /* of the first pixel's first tap */
    const real *weight; /* the same tap's: [octet][channel][tap][SINGLE_VECTOR] */
    real *output;       /* of the first pixel */
} line;

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

/* How far the pixels of neighbouring positions of a run lie apart. */
typedef struct steps {
    size_t source_x, source_y, output_x, output_y;
    size_t source_row, output_row;
} steps;

static steps steps_of(const correlation *c) {
    const size_t source_row = (size_t)c->x.source * c->source_stride;
    const size_t output_row = (size_t)c->x.output * c->output_stride;
    return (steps){(size_t)c->x.stride * c->source_stride,
                   (size_t)c->y.stride * source_row,
                   (size_t)c->x.divisor * c->output_stride,
                   (size_t)c->y.divisor * output_row,
                   source_row,
                   output_row};
}

/* The first pixel of two runs, `origin` being the first of all. */
static line corner(const correlation *c, const steps *s, const line *origin, const run *y,
                   const run *x) {
    return (line){
        origin->source + (size_t)y->reach.source * s->source_row +
            (size_t)x->reach.source * c->source_stride,
        origin->weight + (y->reach.tap * c->x.taps + x->reach.tap) * SINGLE_VECTOR,
        origin->output + (size_t)y->at * s->output_row + (size_t)x->at * c->output_stride,
    };
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

/* Packs the weights of the octets from output `o` on and says where their sums begin. */
static void prepare_octets(const correlation *c, block *b, int o, int outputs, int first_channel,
                           const real *weight, const real *bias, real *beginning, real *packed) {
    for (int i = 0; i < b->octets; i++) {
        int at = o + i * SINGLE_VECTOR, left = outputs - at;
        pack_weights(c, weight + (size_t)at * c->weight_output,
                     left < SINGLE_VECTOR ? left : SINGLE_VECTOR, first_channel,
                     first_channel + b->channels, SINGLE_VECTOR,
                     packed + (size_t)i * b->weight_octet);
    }
    for (int i = 0; i < b->octets * SINGLE_VECTOR; i++)
        beginning[i] = bias && o + i < outputs ? bias[o + i] : 0;
}

static void correlate_full(const correlation *c, int outputs, int first_row, int end_row,
                           real *output, const real *source, const real *weight, const real *bias,
                           bool add, real *scratch) {
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
            prepare_octets(c, &b, o, outputs, first, weight, bias, beginning, packed);
            const line origin = {source + first, packed, output + o};
            correlate_octets(c, &b, &origin, &p);
        }
    }
}

/* ---- Depthwise: every output reads the source channel of its own number -------------------------- */

/* A line of pixels that share their taps. */
typedef struct depthwise_line {
    line first; /* at octet 0; weight: [octet][tap][SINGLE_VECTOR] */
    const real *bias;
    bool add;
    int pixels, taps;
    size_t octets, weight_octet, source_pixel, output_pixel;
} depthwise_line;

/* Some pixels of one octet: all pointers are those of the first. */
INLINE void depthwise_block(const depthwise_line *d, const tap_place *tap, const line *at,
                            const real *bias, const int pixels) {
    for (int part = 0; part < SINGLE_VECTOR; part += VW) {
        vec sum[MOST_PIXELS];
        UNROLLED (p, pixels)
            sum[p] = vec_load((d->add ? at->output + (size_t)p * d->output_pixel : bias) + part);
        for (int t = 0; t < d->taps; t++) {
            const real *source = at->source + tap[t].source + part;
            vec w = vec_load(at->weight + tap[t].weight + part);
            UNROLLED (p, pixels)
                sum[p] = vec_fma(w, vec_load(source + (size_t)p * d->source_pixel), sum[p]);
        }
        UNROLLED (p, pixels)
            vec_store(at->output + (size_t)p * d->output_pixel + part, sum[p]);
    }
}

static void depthwise_run(const depthwise_line *d, const tap_place *tap) {
    line l = d->first;
    for (int left = d->pixels, pixels; left > 0; left -= pixels) {
        pixels = left >= 4 ? 4 : 1;
        line at = l;
        for (size_t o = 0; o < d->octets; o++) {
            if (pixels == 4)
                depthwise_block(d, tap, &at, d->bias + o * SINGLE_VECTOR, 4);
            else
                depthwise_block(d, tap, &at, d->bias + o * SINGLE_VECTOR, 1);
            at.source += SINGLE_VECTOR;
            at.output += SINGLE_VECTOR;
            at.weight += d->weight_octet;
        }
        l.source += (size_t)pixels * d->source_pixel;
        l.output += (size_t)pixels * d->output_pixel;
    }
}

static void correlate_depthwise(const correlation *c, int outputs, int first, int end, real *output,
                                const real *source, const real *weight, const real *bias, bool add,
                                real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    const size_t octets = ((size_t)outputs + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    conv_plan p = conv_plan_new(c, first, end, scratch);
    real *beginning = p.packed, *packed = beginning + octets * SINGLE_VECTOR;
    for (int o = 0; o < (int)octets * SINGLE_VECTOR; o++)
        beginning[o] = bias && o < outputs ? bias[o] : 0;
    for (int o = 0; o < outputs; o += SINGLE_VECTOR)
        pack_weights(c, weight + (size_t)o * c->weight_output,
                     outputs - o < SINGLE_VECTOR ? outputs - o : SINGLE_VECTOR, 0, 1, SINGLE_VECTOR,
                     packed + (size_t)o * taps);
    const line origin = {source, packed, output};
    const steps s = steps_of(c);
    for (int j = 0; j < p.x_runs; j++) {
        list_taps(c, p.x[j].reach.count, c->source_stride, SINGLE_VECTOR, p.taps);
        for (int i = 0; i < p.y_runs; i++) {
            const run *y = &p.y[i], *x = &p.x[j];
            depthwise_line d = {
                .first = corner(c, &s, &origin, y, x),
                .bias = beginning,
                .add = add,
                .pixels = x->count,
                .taps = y->reach.count * x->reach.count,
                .octets = octets,
                .weight_octet = taps * SINGLE_VECTOR,
                .source_pixel = s.source_x,
                .output_pixel = s.output_x,
            };
            for (int row = 0; row < y->count; row++) {
                depthwise_run(&d, p.taps);
                d.first.source += s.source_y;
                d.first.output += s.output_y;
            }
        }
    }
}

void correlate_single(const correlation *c, int outputs, bool depthwise, int first, int end,
                      real *output, const real *source, const real *weight, const real *bias,
                      bool add, real *scratch) {
    if (depthwise)
        correlate_depthwise(c, outputs, first, end, output, source, weight, bias, add, scratch);
    else
        correlate_full(c, outputs, first, end, output, source, weight, bias, add, scratch);
}

size_t correlate_single_scratch(const correlation *c, int outputs, bool depthwise) {
    size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    size_t octets = ((size_t)outputs + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    size_t packed =
        depthwise ? octets * (taps + 1) : MOST_OCTETS * (taps * (size_t)conv_channels(c) + 1);
    return conv_plan_room(c) + packed * SINGLE_VECTOR;
}
