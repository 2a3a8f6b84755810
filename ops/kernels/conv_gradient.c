/* conv_gradient.c - weight and bias gradients of convolutions: how a gradient is cut into register
 * blocks (conv_gradient_block.c) whose operands stay in the caches.
 *
 * A weight's gradient is one chain of fused multiply-adds over the pixels of the output map in
 * raster order, lane by lane; then the lanes are folded by the tree of vec_fold. Pixels whose tap
 * lies above or below the source are left out; to the left and right of it the source reads as
 * zero, which changes no chain but for the sign of a zero, and sums of zero are +0. On maps of few
 * pixels (gradient_cut_of says how few) folding would take longer than multiplying, so there a
 * chain runs on through the lanes of a pixel before it goes to the next pixel. FORM_SINGLE is the
 * first lane of either.
 *
 * Both operands come in vectors along the lanes, or (few pixels, FORM_SINGLE) vectors of dy along
 * the outputs meet single numbers of x; with as many outputs as channels, one each, both are
 * vectors along the channels. What follows is the same for all:
 *
 *   taps     some channels' taps and ...
 *   outputs  ... some outputs at a time, so that their sums stay in the second-level cache
 *   band     rows of the map whose taps reach the same kernel rows; the rows of x that they read
 *            stay in the second-level cache
 *   strip    neighbouring pixels of a band whose dy, for one block's outputs, stays in the first
 *   block    outputs x taps whose sums stay in registers for the whole strip */
#include "conv_gradient.h"
#include "conv_gradient_block.h"
#include "conv_gradient_cut.h"
#include "conv_gradient_pack.h"

enum { PARTS = LANES / VW };

/* Kernel rows that a row of the map reads inside of the source. */
static range rows_inside(const axis *a, int position) {
    int at = position * a->stride + a->offset;
    range r = {at < 0 ? (-at + a->dilation - 1) / a->dilation : 0,
               at < a->source ? (a->source - 1 - at) / a->dilation + 1 : 0};
    r.end = least(r.end, a->taps);
    r.first = least(r.first, r.end);
    return r;
}

static bool columns_padded(const axis *a) {
    return a->offset < 0 ||
           (a->output - 1) * a->stride + a->offset + (a->taps - 1) * a->dilation >= a->source;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* Where the band's taps read, and where their sums are. */
typedef struct tap_table {
    int count;
    ptrdiff_t place[CUT_TAPS], reach[CUT_TAPS];
} tap_table;

/* The work at hand. A unit is what one vector of dy holds: one output, or VW of them. */
typedef struct work {
    const conv_gradient *g;
    gradient_cut cut;
    gradient_view dy, x; /* of the tile, at output 0 and at channel 0 */
    real *sums;          /* [units][taps][LANES or VW] */
    real *packed, *strip;
    range taps; /* of [channels][ky][kx] */
    range outputs;
    int units;
    bool fresh;           /* there are no sums yet */
    gradient_view dy_now; /* of the outputs at hand */
    range band;           /* at hand; empty: none yet */
    gradient_view x_now;  /* of the band */
    tap_table table;
} work;

static size_t sum_reals(const work *w) {
    return w->cut.way == ALONG_LANES ? LANES : VW;
}

static void fill_table(work *w, range kernel_rows) {
    const conv_gradient *g = w->g;
    const gradient_view *x = &w->x_now;
    const ptrdiff_t sum = (ptrdiff_t)sum_reals(w), column = g->x.dilation * (ptrdiff_t)x->pixel;
    tap_table *t = &w->table;
    t->count = 0;
    for (int k = w->taps.first; k < w->taps.end;) { /* a kernel row at a time */
        int c = k / w->cut.kernel, ky = k % w->cut.kernel / g->x.taps, kx = k % g->x.taps;
        int end = least(k - kx + g->x.taps, w->taps.end);
        ptrdiff_t reach = (c - w->taps.first / w->cut.kernel) * (ptrdiff_t)x->channel +
                          (ptrdiff_t)ky * g->y.dilation * (ptrdiff_t)x->row + kx * column;
        for (; k < end && ky >= kernel_rows.first && ky < kernel_rows.end; k++, reach += column) {
            t->place[t->count] = (k - w->taps.first) * sum;
            t->reach[t->count++] = reach;
        }
        k = end;
    }
}

/* Whether neighbouring taps lie where neighbouring pixels do, and kernel rows are whole. */
static bool taps_slide(const work *w, const gradient_block *b) {
    const axis *x = &w->g->x;
    return (x->taps == 3 || x->taps == 5) && x->dilation == 1 && x->stride == 1 &&
           w->x_now.pixel == VW && b->x_pixel == VW && w->table.count % x->taps == 0 &&
           w->taps.first % x->taps == 0;
}

/* All taps, some at a time, with `units` of dy over one strip: `b` says where both operands are. */
static void strip_blocks(const work *w, gradient_block b, int units) {
    const tap_table *t = &w->table;
    const bool spread = w->cut.way == ALONG_OUTPUTS, slide = units == 1 && taps_slide(w, &b);
    const int together = slide ? w->g->x.taps : 1;
    const int limit = slide ? SLIDE_SUMS / together : least(BLOCK_SUMS / units, BLOCK_TAPS);
    const int count = t->count / together;
    for (int i = 0; i < parts_of(count, limit); i++) {
        range taps = part_of(count, limit, i);
        b.place = t->place + taps.first * together;
        b.reach = t->reach + taps.first * together;
        if (slide)
            gradient_block_slide(&b, taps.end - taps.first, together, spread);
        else if (spread)
            gradient_block_spread(&b, units, taps.end - taps.first);
        else
            gradient_block_vectors(&b, units, taps.end - taps.first);
    }
}

/* Rows and columns of a strip of the map, for `units` from `unit` on. */
static void strip_run(const work *w, range rows, range columns, int unit, int units) {
    const conv_gradient *g = w->g;
    const gradient_view *x = &w->x_now;
    gradient_view dy = w->dy_now;
    dy.at +=
        (size_t)unit * dy.channel + (size_t)rows.first * dy.row + (size_t)columns.first * dy.pixel;
    gradient_block b = {.rows = rows.end - rows.first, .pixels = columns.end - columns.first};
    b.fresh = w->fresh && rows.first == w->band.first && columns.first == 0;
    const int parts = w->cut.way == ALONG_LANES ? PARTS : 1;
    if (w->cut.way == ALONG_LANES && units > 1) /* one output is read too seldom for a copy */
        dy = gradient_pack_lanes(&dy, units, b.rows, b.pixels, w->strip);
    ptrdiff_t row = (ptrdiff_t)rows.first * g->y.stride + g->y.offset - x->first_row;
    ptrdiff_t column = (ptrdiff_t)columns.first * g->x.stride + g->x.offset - x->first_column;
    b.sum_output = (size_t)(w->taps.end - w->taps.first) * sum_reals(w);
    b.dy_output = dy.channel;
    b.dy_row = dy.row;
    b.dy_pixel = dy.pixel;
    b.x_row = (size_t)g->y.stride * x->row;
    b.x_pixel = (size_t)g->x.stride * x->pixel;
    if (g->form == FORM_LANES && w->cut.way == ALONG_OUTPUTS) { /* lanes are the pixels */
        b.rows = b.pixels;
        b.pixels = LANES;
        b.dy_row = dy.pixel;
        b.dy_pixel = dy.pixel / LANES;
        b.x_row = b.x_pixel;
        b.x_pixel = 1;
    }
    for (int part = 0; part < parts; part++) {
        b.sum = w->sums + (size_t)unit * b.sum_output + part * VW;
        b.dy = dy.at + (size_t)part * dy.part;
        b.x = x->at + row * (ptrdiff_t)x->row + column * (ptrdiff_t)x->pixel +
              (ptrdiff_t)((size_t)part * x->part);
        strip_blocks(w, b, units);
    }
}

/* A band strip by strip, for some units. */
static void band_strips(const work *w, range band, int unit, int units) {
    const int columns = w->g->x.output, pixels = w->cut.strip_pixels;
    const int most_rows = most(1, pixels / columns);
    const int height = band.end - band.first;
    const int down = parts_of(height, most_rows), across = parts_of(columns, pixels);
    for (int i = 0; i < down; i++) {
        range rows = part_of(height, most_rows, i);
        rows.first += band.first;
        rows.end += band.first;
        for (int j = 0; j < across; j++)
            strip_run(w, rows, part_of(columns, pixels, j), unit, units);
    }
}

/* ---- Bands ----------------------------------------------------------------------------------- */

/* Rows of the map from `first` on that reach the same kernel rows. */
static range band_from(const work *w, int first, range *kernel_rows) {
    const axis *y = &w->g->y;
    range band = {first, first + 1};
    *kernel_rows = rows_inside(y, first);
    while (band.end < y->output && band.end - first < w->cut.rows) {
        range next = rows_inside(y, band.end);
        if (next.first != kernel_rows->first || next.end != kernel_rows->end)
            break;
        band.end++;
    }
    return band;
}

/* Brings the rows of x that a band reads into w->x_now. */
static void band_source(work *w, range band, range kernel_rows) {
    const conv_gradient *g = w->g;
    const int channel = w->taps.first / w->cut.kernel;
    gradient_view x = w->x;
    x.at += (size_t)channel * x.channel;
    w->x_now = x;
    if (w->cut.way != ALONG_LANES && !columns_padded(&g->x))
        return;
    const bool lanes = g->form == FORM_LANES;
    gradient_window window = {
        .channels = lanes ? (w->taps.end - 1) / w->cut.kernel + 1 - channel : 1,
        .parts = w->cut.way == ALONG_LANES ? PARTS : 1,
        .numbers = w->cut.way != ALONG_OUTPUTS ? VW
                   : lanes                     ? LANES
                                               : (int)w->cut.pixel,
        .first_row = band.first * g->y.stride + g->y.offset + kernel_rows.first * g->y.dilation,
        .end_row =
            (band.end - 1) * g->y.stride + g->y.offset + (kernel_rows.end - 1) * g->y.dilation + 1,
        .first_column = g->x.offset,
        .end_column = g->x.offset + w->cut.columns_read,
        .width = g->x.source,
    };
    if (!lanes) /* a pixel is copied with all its channels */
        x.at = w->x.at;
    w->x_now = gradient_pack_source(&x, &window, w->packed);
    if (!lanes)
        w->x_now.at += channel;
}

static void clear_sums(work *w) {
    const size_t sums = (size_t)w->units * (size_t)(w->taps.end - w->taps.first) * sum_reals(w);
    for (size_t i = 0; i < sums; i += VW)
        vec_store(w->sums + i, vec_zero());
    w->fresh = false;
}

/* The sums of the outputs and taps at hand, over the whole map. */
static void sum_pixels(work *w) {
    range kernel_rows;
    w->fresh = true;
    const int limit = w->cut.way == ALONG_LANES     ? CUT_BLOCK_OUTPUTS
                      : w->cut.way == ALONG_OUTPUTS ? SPREAD_OUTPUTS
                                                    : 1;
    for (range band = {0}; band.end < w->g->y.output;) {
        band = band_from(w, band.end, &kernel_rows);
        if (kernel_rows.first == kernel_rows.end)
            continue;
        if (w->band.first != band.first || w->band.end != band.end) {
            band_source(w, band, kernel_rows);
            fill_table(w, kernel_rows);
            w->band = band;
        }
        if (w->fresh && w->table.count < w->taps.end - w->taps.first)
            clear_sums(w);
        for (int i = 0; i < parts_of(w->units, limit) && w->table.count > 0; i++) {
            range units = part_of(w->units, limit, i);
            band_strips(w, band, units.first, units.end - units.first);
        }
        w->fresh = false;
    }
    if (w->fresh)
        clear_sums(w);
}

/* ---- Outputs and taps ------------------------------------------------------------------------ */

/* Sums to weights: `first` is the output of the first unit, which may lie before those asked for.
 */
static void store_weights(const work *w, int first, real *weight, bool add) {
    const int taps = w->taps.end - w->taps.first;
    const size_t step = (size_t)w->g->channels * (size_t)w->cut.kernel;
    for (int u = 0; u < w->units; u++) {
        const real *sums = w->sums + (size_t)u * (size_t)taps * sum_reals(w);
        if (w->cut.way == ALONG_LANES) {
            gradient_fold(sums, taps, add, weight + (size_t)(first + u) * step + w->taps.first);
            continue;
        }
        int output = first + u * VW;
        int begin = most(w->outputs.first - output, 0), end = least(w->outputs.end - output, VW);
        if (begin < end)
            gradient_unspread(sums, taps, begin, end, add,
                              weight + (ptrdiff_t)output * (ptrdiff_t)step + w->taps.first, step);
    }
}

/* Outputs [first, end) with the taps at hand. */
static void sum_outputs(work *w, int first, int end, real *weight, bool add) {
    const bool lanes = w->g->form == FORM_LANES;
    const int width = w->cut.way == ALONG_LANES ? 1 : VW;
    const int start = lanes ? first : first / VW * VW;
    const int units = parts_of(end - start, width), limit = w->cut.outputs / width;
    w->band = (range){0};
    w->outputs = (range){first, end};
    for (int i = 0; i < parts_of(units, limit); i++) {
        range now = part_of(units, limit, i);
        int output = start + now.first * width;
        w->units = now.end - now.first;
        w->dy_now = w->dy;
        w->dy_now.at += (size_t)output * w->dy.channel;
        if (!lanes)
            w->dy_now.channel = VW;
        if (lanes && w->cut.way == ALONG_OUTPUTS)
            w->dy_now =
                gradient_turn_lanes(&w->dy_now, least(w->units * width, end - output),
                                    most(width, 8), w->g->y.output, w->g->x.output, w->strip);
        sum_pixels(w);
        store_weights(w, output, weight, add);
    }
}

/* All taps, some at a time. */
static void sum_taps(work *w, int first, int end, real *weight, bool add) {
    const int channels = w->g->channels, kernel = w->cut.kernel;
    const int count = w->cut.channels > 0 ? channels : channels * kernel;
    const int limit = w->cut.channels > 0 ? w->cut.channels : CUT_TAPS;
    const int step = w->cut.channels > 0 ? kernel : 1;
    for (int i = 0; i < parts_of(count, limit); i++) {
        range now = part_of(count, limit, i);
        w->taps = (range){now.first * step, now.end * step};
        sum_outputs(w, first, end, weight, add);
    }
}

static gradient_view tile_view(const real *at, int columns, size_t step, tile_form form) {
    size_t pixel = form == FORM_LANES ? LANES : step;
    return (gradient_view){.at = at,
                           .part = VW,
                           .channel = form == FORM_LANES ? step : 1,
                           .row = (size_t)columns * pixel,
                           .pixel = pixel};
}

void conv_weight_gradient(const conv_gradient *g, int first, int end, const real *output_grad,
                          const real *source, real *weight_grad, bool add, real *scratch) {
    const conv_gradient thin = gradient_thinned(g);
    work w = {
        .g = &thin,
        .cut = gradient_cut_of(&thin),
        .dy = tile_view(output_grad, g->x.output, g->output_step, g->form),
        .x = tile_view(source, g->x.source, g->source_step, g->form),
    };
    w.x.row *= (size_t)(g->y.stride / thin.y.stride);
    w.x.pixel *= (size_t)(g->x.stride / thin.x.stride);
    w.sums = scratch;
    w.packed = w.sums + w.cut.sums;
    w.strip = w.packed + w.cut.source;
    if (w.cut.way != ALONG_CHANNELS) {
        sum_taps(&w, first, end, weight_grad, add);
        return;
    }
    for (int o = first / VW * VW; o < end; o += VW) { /* a vector of channels at a time */
        w.x.at = source + o;
        sum_taps(&w, most(o, first), least(o + VW, end), weight_grad, add);
    }
}

void conv_bias_gradient(const conv_gradient *g, int first, int end, const real *output_grad,
                        real *bias_grad, bool add) {
    gradient_view dy = tile_view(output_grad, g->x.output, g->output_step, g->form);
    _Alignas(64) real sum[LANES];
    const bool lanes = g->form == FORM_LANES;
    const int width = lanes ? 1 : VW;
    for (int o = first / width * width; o < end; o += width) {
        dy.at = output_grad + (size_t)o * dy.channel;
        gradient_pixel_sums(&dy, lanes ? PARTS : 1, g->y.output, g->x.output, sum);
        if (lanes)
            gradient_fold(sum, 1, add, bias_grad + o);
        else
            gradient_unspread(sum, 1, most(first - o, 0), least(end - o, VW), add, bias_grad + o,
                              1);
    }
}
