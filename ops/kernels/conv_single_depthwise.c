/* conv_single_depthwise.c - depthwise correlations in FORM_SINGLE: every output reads the source
 * channel of its own number.
 *
 * Weights and numbers are both vectors along the channels, so each product loads one of the source:
 * a few neighbouring pixels share a tap's weights, and their sums hide the latency of an addition.
 * Runs of pixels with the same taps go through a list of them, whatever rows and columns it has. */
#include "conv_single.h"

enum { MOST_PIXELS = 4 };

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
        pixels = left >= MOST_PIXELS ? MOST_PIXELS : 1;
        line at = l;
        for (size_t o = 0; o < d->octets; o++) {
            if (pixels == MOST_PIXELS)
                depthwise_block(d, tap, &at, d->bias + o * SINGLE_VECTOR, MOST_PIXELS);
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

void correlate_depthwise(const correlation *c, int outputs, int first, int end, real *output,
                         const real *source, const real *weight, const real *bias, bool add,
                         real *scratch) {
    const size_t taps = (size_t)c->y.taps * (size_t)c->x.taps;
    const size_t octets = ((size_t)outputs + SINGLE_VECTOR - 1) / SINGLE_VECTOR;
    conv_plan p = conv_plan_new(c, first, end, scratch);
    real *beginning = p.packed, *packed = beginning + octets * SINGLE_VECTOR;
    octets_begin(bias, 0, (int)octets * SINGLE_VECTOR, outputs, beginning);
    for (int o = 0; o < outputs; o += SINGLE_VECTOR)
        pack_octet(c, weight, o, outputs, 0, 1, packed + (size_t)o * taps);
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
