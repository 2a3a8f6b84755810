/* conv_taps.c - geometry and weights of correlations (see conv_taps.h). */
#include "conv_taps.h"

static int gcd(int a, int b) {
    while (b != 0) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

int axis_tap_step(const axis *a) {
    return a->divisor == 1 ? 1 : a->divisor / gcd(a->divisor, a->dilation);
}

static reach axis_reach(const axis *a, int position) {
    const reach none = {0};
    int base = position * a->stride + a->offset, step = 1, tap = 0;
    if (a->divisor > 1) {
        step = axis_tap_step(a);
        while (tap < step && (base + tap * a->dilation) % a->divisor != 0)
            tap++;
        if (tap == step)
            return none;
    }
    /* How far the tap lies before the end of the source at which taps enter, and how far the end at
     * which they leave lies. */
    int pace = a->dilation < 0 ? -a->dilation : a->dilation, at = base + tap * a->dilation;
    int last = (a->source - 1) * a->divisor;
    int before = a->dilation < 0 ? at - last : -at, until = a->dilation < 0 ? at : last - at;
    if (until < 0)
        return none;
    int skipped = before > 0 ? divide_up(before, pace * step) : 0;
    int end = (until < (a->taps - tap) * pace ? until / pace + 1 : a->taps - tap);
    reach r = {.tap = tap + skipped * step, .count = divide_up(end, step) - skipped};
    if (r.count <= 0)
        return none;
    r.source = base + r.tap * a->dilation;
    if (a->divisor > 1)
        r.source /= a->divisor;
    return r;
}

/* Positions at, at + divisor, ... below `end` that have all taps, if the one at `at` has them. */
static int full_run(const axis *a, int at, int end, const reach *r) {
    if (a->divisor > 1 || r->count < a->taps)
        return 1;
    int base = at * a->stride + a->offset,
        far = base + (a->dilation > 0 ? (a->taps - 1) * a->dilation : 0);
    int more = a->stride == 1 ? a->source - 1 - far : (a->source - 1 - far) / a->stride;
    return 1 + (more < end - 1 - at ? more : end - 1 - at);
}

/* The runs that positions [from, end) of an axis fall into, at most one for each; gives their
 * number. */
static int list_runs(const axis *a, int from, int end, run *runs) {
    int count = 0;
    for (int phase = from; phase < from + a->divisor; phase++)
        for (int at = phase, first = count; at < end;) {
            reach r = axis_reach(a, at);
            run *last = &runs[count - 1];
            int positions = full_run(a, at, end, &r);
            if (count > first && r.tap == last->reach.tap && r.count == last->reach.count)
                last->count += positions;
            else
                runs[count++] = (run){at, positions, r, true, -1};
            at += positions * a->divisor;
        }
    return count;
}

/* Finds out which runs have as many taps. */
static void link_runs(run *runs, int count) {
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            if (runs[j].reach.count == runs[i].reach.count) {
                runs[i].next = j;
                runs[j].leads = false;
                break;
            }
}

void list_taps(const correlation *c, int columns, size_t pixel, size_t width, tap_place *taps) {
    int step_y = axis_tap_step(&c->y), step_x = axis_tap_step(&c->x);
    ptrdiff_t source_x = (ptrdiff_t)pixel * (step_x * c->x.dilation / c->x.divisor);
    ptrdiff_t source_y = (ptrdiff_t)pixel * (step_y * c->y.dilation / c->y.divisor) * c->x.source;
    ptrdiff_t weight_x = (ptrdiff_t)width * step_x;
    ptrdiff_t weight_y = (ptrdiff_t)width * step_y * c->x.taps;
    for (int y = 0; y * step_y < c->y.taps; y++)
        for (int x = 0; x < columns; x++)
            *taps++ = (tap_place){y * source_y + x * source_x, y * weight_y + x * weight_x};
}

/* Reals for `count` things of `size` bytes, to the end of a cache line. */
static size_t room(size_t count, size_t size) {
    return (count * size + LANES * sizeof(real) - 1) / (LANES * sizeof(real)) * LANES;
}

size_t conv_plan_room(const correlation *c) {
    return room((size_t)c->y.output, sizeof(run)) + room((size_t)c->x.output, sizeof(run)) +
           room((size_t)c->y.taps * (size_t)c->x.taps, sizeof(tap_place));
}

conv_plan conv_plan_new(const correlation *c, int first, int end, real *scratch) {
    conv_plan p;
    real *x = scratch + room((size_t)c->y.output, sizeof(run)),
         *taps = x + room((size_t)c->x.output, sizeof(run));
    p.y = (run *)(void *)scratch;
    p.x = (run *)(void *)x;
    p.taps = (tap_place *)(void *)taps;
    p.packed = scratch + conv_plan_room(c);
    p.y_runs = list_runs(&c->y, first, end, p.y);
    p.x_runs = list_runs(&c->x, 0, c->x.output, p.x);
    link_runs(p.y, p.y_runs);
    link_runs(p.x, p.x_runs);
    return p;
}

/* `columns` columns of `rows` (at most SINGLE_VECTOR) rows, `row` reals apart, become rows `width`
 * apart. */
static void transpose(const real *in, int rows, size_t row, size_t columns, real *out,
                      size_t width) {
    size_t k = 0;
    for (; k + SINGLE_VECTOR <= columns; k += SINGLE_VECTOR)
        octet_transpose(in + k, rows, row, out + k * width, width);
    for (; k < columns; k++) {
        for (size_t r = 0; r < (size_t)rows; r++)
            out[k * width + r] = in[r * row + k];
        for (size_t r = (size_t)rows; r < width; r++)
            out[k * width + r] = 0;
    }
}

void pack_weights(const correlation *c, const real *weight, int outputs, int first, int end,
                  size_t width, real *packed) {
    size_t taps = (size_t)c->y.taps * (size_t)c->x.taps, channels = (size_t)(end - first);
    weight += (size_t)first * c->weight_channel;
    if (c->weight_channel == taps) {
        transpose(weight, outputs, c->weight_output, channels * taps, packed, width);
        return;
    }
    if (c->weight_output == 1) { /* the outputs of a channel lie in order already */
        for (size_t i = 0; i < channels; i++)
            for (size_t o = 0; o < width; o++)
                packed[i * width + o] = o < (size_t)outputs ? weight[i * c->weight_channel + o] : 0;
        return;
    }
    for (size_t i = 0; i < channels; i++)
        transpose(weight + i * c->weight_channel, outputs, c->weight_output, taps,
                  packed + i * taps * width, width);
}
