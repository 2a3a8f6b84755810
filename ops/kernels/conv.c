/* conv.c - correlations in FORM_LANES (see conv.h).
 *
 * The micro-kernel keeps the sums of some output channels x neighbouring pixels in vector registers
 * and runs through source channels and taps. A tap costs one vector load for each pixel (and each
 * vector of its LANES) and one broadcast weight for each output, and their product in fused
 * multiply-adds; whichever operand needs fewer registers stays in them while the other passes
 * through one. The block must offer at least as many independent sums as the multiply-adds in
 * flight (2 a cycle x 4 cycles) and use each operand several times, since only 2 loads a cycle are
 * to be had as well: 12 sums of 16 registers, 24 of 32.
 *
 * What bounds it beyond that is what lies around the multiply-adds. So the weights are packed
 * beforehand in the order of reading; the taps of an output are listed once for all outputs that
 * share them, which leaves one flat loop per source channel, border or not; and work is cut so that
 * a strip of source rows stays in the L2 cache while all output channels pass over it, for a
 * limited number of source channels at a time, the sums waiting in the output in between. Strips
 * are long, since hardware fetches ahead along lines only (blocks small enough for the L1 cache
 * were a quarter slower), and few rows are done at a time, so that few pages are in use. None of
 * this changes a bit: the chain of an output runs over channels, rows and columns whatever block it
 * is in. */
#include "conv_taps.h"

enum {
    HALVES = LANES / VW,
    UNIT = CONV_UNIT, /* output channels whose weights are packed side by side */
    MOST_PIXELS = 8,
    ROWS = 16, /* done together, so that all their columns find the same pages */
};

/* A block's operands. All distances in reals. */
typedef struct block {
    const real *source; /* of the first pixel's first tap */
    const real *weight; /* the same tap's: [channel][tap][UNIT] */
    real *output;
    const real *bias;                      /* where sums begin; NULL: at zero */
    bool add;                              /* they begin with what is in output instead */
    int channels, taps;                    /* extent of the sum */
    const tap_place *tap;                  /* [taps] */
    size_t source_channel, weight_channel; /* steps between source channels */
    size_t source_pixel, output_pixel;     /* steps between pixels of the block */
    size_t output_channel, weight_unit;    /* steps between output channels and between units */
} block;

/* One tap's products. */
INLINE void block_tap(const real *source, size_t source_pixel, const real *weight,
                      vec sum[UNIT][MOST_PIXELS][HALVES], const int outputs, const int pixels) {
    vec w[UNIT], x[MOST_PIXELS][HALVES];
    if (outputs <= pixels * HALVES) {
        UNROLLED (o, outputs)
            w[o] = vec_set1(weight[o]);
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
            vec factor = vec_set1(weight[o]);
            UNROLLED (p, pixels)
                UNROLLED (h, HALVES)
                    sum[o][p][h] = vec_fma(factor, x[p][h], sum[o][p][h]);
        }
    }
}

/* `outputs` channels x `pixels` pixels, `count` times along a row. */
INLINE void block_run(const block *b, int count, const int outputs, const int pixels) {
    const size_t source_pixel = b->source_pixel, weight_channel = b->weight_channel;
    const real *first = b->source;
    real *output = b->output;
    for (int i = 0; i < count; i++) {
        vec sum[UNIT][MOST_PIXELS][HALVES];
        UNROLLED (o, outputs)
            UNROLLED (p, pixels)
                UNROLLED (h, HALVES) {
                    const real *out =
                        output + (size_t)o * b->output_channel + (size_t)p * b->output_pixel;
                    sum[o][p][h] = b->add    ? vec_load(out + h * VW)
                                   : b->bias ? vec_set1(b->bias[o])
                                             : vec_zero();
                }
        const real *source = first, *weight = b->weight;
        const tap_place *end = b->tap + b->taps;
        for (int c = 0; c < b->channels; c++) {
            for (const tap_place *t = b->tap; t < end; t++)
                block_tap(source + t->source, source_pixel, weight + t->weight, sum, outputs,
                          pixels);
            source += b->source_channel;
            weight += weight_channel;
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

/* How a unit of n outputs is cut: most_pixels[n] pixels of side_outputs[n] outputs at a time while
 * there are that many pixels left, half of that next, and so on; single pixels of lone_outputs[n]
 * outputs. */
#if VW == 16
static const unsigned char most_pixels[UNIT + 1] = {0, 8, 8, 8, 6, 4, 4};
static const unsigned char side_outputs[UNIT + 1] = {0, 1, 2, 3, 4, 5, 6};
static const unsigned char lone_outputs[UNIT + 1] = {0, 1, 2, 3, 4, 5, 6};
#elif VW == 8
static const unsigned char most_pixels[UNIT + 1] = {0, 6, 3, 2, 3, 2, 2};
static const unsigned char side_outputs[UNIT + 1] = {0, 1, 2, 3, 2, 3, 3};
static const unsigned char lone_outputs[UNIT + 1] = {0, 1, 2, 3, 4, 5, 6};
#else
static const unsigned char most_pixels[UNIT + 1] = {0, 3, 1, 1, 1, 1, 1};
static const unsigned char side_outputs[UNIT + 1] = {0, 1, 2, 3, 2, 3, 3};
static const unsigned char lone_outputs[UNIT + 1] = {0, 1, 2, 3, 2, 3, 3};
#endif

/* Turns the block sizes that the tables above lead to into constants. */
static void run_block(const block *b, int count, int outputs, int pixels) {
    /* clang-format off */
    switch (10 * outputs + pixels) {
    case 11: block_run(b, count, 1, 1); break;
    case 13: block_run(b, count, 1, 3); break;
    case 21: block_run(b, count, 2, 1); break;
    case 31: block_run(b, count, 3, 1); break;
#if VW >= 8
    case 41: block_run(b, count, 4, 1); break;
    case 51: block_run(b, count, 5, 1); break;
    case 61: block_run(b, count, 6, 1); break;
#endif
#if VW == 8
    case 16: block_run(b, count, 1, 6); break;
    case 22: block_run(b, count, 2, 2); break;
    case 23: block_run(b, count, 2, 3); break;
    case 32: block_run(b, count, 3, 2); break;
#elif VW == 16
    case 12: block_run(b, count, 1, 2); break;
    case 14: block_run(b, count, 1, 4); break;
    case 18: block_run(b, count, 1, 8); break;
    case 22: block_run(b, count, 2, 2); break;
    case 24: block_run(b, count, 2, 4); break;
    case 28: block_run(b, count, 2, 8); break;
    case 32: block_run(b, count, 3, 2); break;
    case 34: block_run(b, count, 3, 4); break;
    case 38: block_run(b, count, 3, 8); break;
    case 43: block_run(b, count, 4, 3); break;
    case 46: block_run(b, count, 4, 6); break;
    case 52: block_run(b, count, 5, 2); break;
    case 54: block_run(b, count, 5, 4); break;
    case 62: block_run(b, count, 6, 2); break;
    case 64: block_run(b, count, 6, 4); break;
#endif
    default:
        break;
    }
    /* clang-format on */
}

/* All output channels over a line of `count` pixels, unit by unit. */
static void run_line(const block *start, int outputs, int count) {
    block b = *start;
    for (int unit = 0; unit < outputs; unit += UNIT) {
        int n = outputs - unit < UNIT ? outputs - unit : UNIT;
        for (int left = count, pixels = most_pixels[n]; left > 0; pixels /= 2) {
            int times = left / pixels, most = pixels > 1 ? side_outputs[n] : lone_outputs[n];
            if (times == 0)
                continue;
            size_t done = (size_t)(count - left);
            b.source = start->source + done * b.source_pixel;
            for (int o = 0, part; o < n; o += part) {
                part = n - o < most ? n - o : most;
                b.output =
                    start->output + (size_t)(unit + o) * b.output_channel + done * b.output_pixel;
                b.weight = start->weight + (size_t)unit / UNIT * b.weight_unit + o;
                b.bias = start->bias ? start->bias + unit + o : NULL;
                run_block(&b, times, part, pixels);
            }
            left -= times * pixels;
        }
    }
}

/* Pixels of a strip, so that what its outputs read stays in the L2 cache; long strips, since caches
 * fetch ahead along lines. */
static int strip_pixels(const correlation *c, int channels, int outputs, int count) {
    enum { LINES = 4096, ALIGNED = 24 };
    if (outputs <= UNIT)
        return count;
    int pixels = (LINES / (channels * run_taps(&c->y)) - run_taps(&c->x) + 1) / c->x.stride;
    if (pixels >= count)
        return count;
    return pixels > ALIGNED ? pixels / ALIGNED * ALIGNED : ALIGNED;
}

/* Asks for a line of pixels of some channels. Inlined, as gcc takes a call without results for
 * superfluous. */
INLINE void fetch_line(const real *line, size_t pixel, int pixels, size_t channel, int channels) {
    for (int c = 0; c < channels; c++, line += channel)
        for (int i = 0; i < pixels; i++)
            __builtin_prefetch(line + (size_t)i * pixel, 0, 2);
}

/* Where not all pixels of a line are used, hardware does not foresee which. Asks for what line
 * `next` of a rectangle uses and the line before it does not. */
INLINE void fetch_ahead(const correlation *c, const block *next, int rows, size_t source_row,
                        int outputs, int length) {
    if (c->x.stride == 1 && c->x.divisor == 1)
        return;
    const int last = c->y.dilation > 0 ? (rows - 1) * c->y.dilation : 0;
    for (int row = last; row > last - c->y.stride && row >= 0; row--)
        fetch_line(next->source + (size_t)row * source_row, next->source_pixel, length,
                   next->source_channel, next->channels);
    if (c->x.divisor > 1)
        fetch_line(next->output, next->output_pixel, length, next->output_channel, outputs);
}

/* A rectangle of pixels without any tap. */
static void fill_area(const correlation *c, const block *start, const run *y, const run *x,
                      int outputs) {
    for (int o = 0; o < outputs && !start->add; o++) {
        const vec sum = start->bias ? vec_set1(start->bias[o]) : vec_zero();
        for (int i = 0; i < y->count; i++) {
            const size_t row = (size_t)(y->at + i * c->y.divisor) * (size_t)c->x.output;
            real *out =
                start->output + (size_t)o * start->output_channel + (row + (size_t)x->at) * LANES;
            for (int j = 0; j < x->count; j++, out += c->x.divisor * LANES)
                UNROLLED (h, HALVES)
                    vec_store(out + h * VW, sum);
        }
    }
}

/* A rectangle of pixels that share their taps, line by line along its longer side. */
static void correlate_area(const correlation *c, const block *start, const run *y, const run *x,
                           int outputs) {
    const size_t source_row = (size_t)c->x.source * LANES, output_row = (size_t)c->x.output * LANES;
    block b = *start;
    b.taps = y->reach.count * x->reach.count;
    b.source += (size_t)y->reach.source * source_row + (size_t)x->reach.source * LANES;
    b.weight += (y->reach.tap * c->x.taps + x->reach.tap) * UNIT;
    b.output += (size_t)y->at * output_row + (size_t)x->at * LANES;
    int lines = y->count, length = x->count;
    size_t source_line = (size_t)c->y.stride * source_row,
           output_line = (size_t)c->y.divisor * output_row;
    b.source_pixel = (size_t)c->x.stride * LANES;
    b.output_pixel = (size_t)c->x.divisor * LANES;
    const bool across = length < lines && length < MOST_PIXELS;
    if (across) {
        lines = x->count, length = y->count;
        size_t source_pixel = b.source_pixel, output_pixel = b.output_pixel;
        b.source_pixel = source_line, b.output_pixel = output_line;
        source_line = source_pixel, output_line = output_pixel;
    }
    int strip = strip_pixels(c, b.channels, outputs, length);
    for (int i = 0; i < lines; i++) {
        block s = b;
        b.source += source_line;
        b.output += output_line;
        if (i + 1 < lines && !across)
            fetch_ahead(c, &b, y->reach.count, source_row, outputs, length);
        for (int done = 0; done < length; done += strip) {
            run_line(&s, outputs, length - done < strip ? length - done : strip);
            s.source += (size_t)strip * b.source_pixel;
            s.output += (size_t)strip * b.output_pixel;
        }
    }
}

/* The next piece of outputs [first, end) that lies within one group. */
static int group_end(const correlation *c, int first, int end) {
    int limit = (first / c->outputs + 1) * c->outputs;
    return limit < end ? limit : end;
}

/* Packs the weights of outputs [first, end) for the source channels that `start` says. */
static void pack_groups(const correlation *c, const block *start, int first_channel,
                        const real *weight, int first, int end, real *packed) {
    for (int o = first, last; o < end; o = last) {
        last = group_end(c, o, end);
        const real *group = weight + (size_t)(o / c->outputs) * c->weight_group;
        for (int unit = o; unit < last; unit += UNIT) {
            pack_weights(c, group + (size_t)(unit % c->outputs) * c->weight_output,
                         last - unit < UNIT ? last - unit : UNIT, first_channel,
                         first_channel + start->channels, UNIT, packed);
            packed += start->weight_unit;
        }
    }
}

/* Rows [y, end) of `outputs` outputs of one group. */
static void correlate_rows(const correlation *c, const conv_plan *p, const block *start, int y,
                           int end, int outputs) {
    for (int i = 0; i < p->x_runs; i++) {
        list_taps(c, p->x[i].reach.count, LANES, UNIT, p->taps);
        for (int j = 0; j < p->y_runs; j++) {
            run part = run_within(&c->y, &p->y[j], y, end);
            if (part.reach.count == 0 || p->x[i].reach.count == 0)
                fill_area(c, start, &part, &p->x[i], outputs);
            else if (part.count > 0)
                correlate_area(c, start, &part, &p->x[i], outputs);
        }
    }
}

/* Outputs [first, end), group by group, for the source channels that `start` says. */
static void correlate_groups(const correlation *c, const conv_plan *p, const block *start,
                             int first, int end) {
    const int rows = ROWS * c->y.divisor;
    block b = *start;
    for (int o = first, last; o < end; o = last) {
        last = group_end(c, o, end);
        b.source = start->source + (size_t)(o / c->outputs * c->channels) * c->source_stride;
        b.output = start->output + (size_t)o * c->output_stride;
        b.bias = start->bias ? start->bias + o : NULL;
        for (int y = 0; y < c->y.output; y += rows)
            correlate_rows(c, p, &b, y, y + rows, last - o);
        b.weight += (size_t)((last - o + UNIT - 1) / UNIT) * b.weight_unit;
    }
}

void correlate(const correlation *c, int first, int end, real *output, const real *source,
               const real *weight, const real *bias, bool add, real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    conv_plan p = conv_plan_new(c, 0, c->y.output, scratch);
    int most = conv_channels(c);
    for (int channel = 0, n; channel < c->channels; channel += n) {
        n = c->channels - channel < most ? c->channels - channel : most;
        const block start = {
            .source = source + (size_t)channel * c->source_stride,
            .weight = p.packed,
            .output = output,
            .bias = bias,
            .add = add || channel > 0,
            .tap = p.taps,
            .channels = n,
            .source_channel = c->source_stride,
            .weight_channel = taps * UNIT,
            .output_channel = c->output_stride,
            .weight_unit = (size_t)n * taps * UNIT,
        };
        pack_groups(c, &start, channel, weight, first, end, p.packed);
        correlate_groups(c, &p, &start, first, end);
    }
}

size_t correlate_scratch(const correlation *c, int groups) {
    size_t units = (size_t)groups * (((size_t)c->outputs + UNIT - 1) / UNIT);
    return conv_plan_room(c) + units * UNIT * (size_t)(c->y.taps * c->x.taps * conv_channels(c)) +
           SINGLE_VECTOR;
}
