/* conv_gradient_cut.c - see conv_gradient_cut.h. The sizes are those of common caches: 32 KiB at
 * the first level, half a MiB or more at the second. Along lanes, a strip's dy for one block, half
 * of its lanes, takes 14 KiB of the first level, beside a few rows of x; a band's x takes 256 KiB
 * of the second. Large numbers of taps and outputs at a time make copies of dy and x pay. */
#include "conv_gradient_cut.h"

enum {
    BAND_REALS = 1 << 16, /* of x in a band */
    BAND_OUTPUTS = 64,    /* at a time, where sums wait for the next band */
    LANES_PIXELS = 112,   /* of a strip, along lanes ... */
    SINGLE_PIXELS = 240,  /* ... and of a single sample */
    FEW_PIXELS = 64,      /* of a map: chains run through the lanes */
};

static int rows_read(const axis *y, int rows) {
    return least((rows - 1) * y->stride + (y->taps - 1) * y->dilation + 1, y->source);
}

/* As many rows of the map as read BAND_REALS of x, at least one. */
static int band_rows(const axis *y, size_t row) {
    int64_t spare = (int64_t)(BAND_REALS / row) - (int64_t)(y->taps - 1) * y->dilation - 1;
    int64_t rows = spare < 0 ? 1 : spare / y->stride + 1;
    return rows < y->output ? (int)rows : y->output;
}

/* Whole channels, as many as CUT_TAPS allow, but so few that a band holds a strip. */
static int channels_at_once(const conv_gradient *g, const gradient_cut *c) {
    if (c->kernel > CUT_TAPS)
        return 0;
    int limit = CUT_TAPS / c->kernel;
    if (g->form == FORM_LANES)
        limit = least(limit, 2 * BAND_REALS / LANES / c->columns_read /
                                 rows_read(&g->y, parts_of(LANES_PIXELS, g->x.output)));
    return parts_of(g->channels, parts_of(g->channels, most(limit, 1)));
}

gradient_cut gradient_cut_of(const conv_gradient *g) {
    const int pixels = g->y.output * g->x.output;
    const bool lanes = g->form == FORM_LANES, few = lanes && pixels <= FEW_PIXELS;
    gradient_cut c = {
        .way = lanes          ? few ? ALONG_OUTPUTS : ALONG_LANES
               : g->depthwise ? ALONG_CHANNELS
                              : ALONG_OUTPUTS,
        .kernel = g->y.taps * g->x.taps,
        .columns_read = (g->x.output - 1) * g->x.stride + (g->x.taps - 1) * g->x.dilation + 1,
        .strip_pixels = few     ? g->x.output
                        : lanes ? LANES_PIXELS
                                : SINGLE_PIXELS,
    };
    c.channels = channels_at_once(g, &c);
    int touched = c.channels > 0 ? c.channels : CUT_TAPS / c.kernel + 2;
    c.pixel = lanes ? (size_t)touched * LANES : g->depthwise ? SINGLE_VECTOR : g->source_step;
    size_t row = (size_t)c.columns_read * c.pixel;
    c.rows = band_rows(&g->y, row);
    c.outputs = c.way == ALONG_LANES && c.rows >= g->y.output ? CUT_BLOCK_OUTPUTS : BAND_OUTPUTS;
    size_t taps = c.channels > 0 ? (size_t)(c.channels * c.kernel) : CUT_TAPS;
    c.sums = (size_t)c.outputs * taps * (c.way == ALONG_LANES ? LANES : 1);
    c.source = (size_t)rows_read(&g->y, c.rows) * row;
    c.strip = c.way == ALONG_LANES ? (size_t)CUT_BLOCK_OUTPUTS * LANES_PIXELS * LANES
              : few                ? (size_t)pixels * LANES * BAND_OUTPUTS
                                   : 0;
    return c;
}

static void thin_out(axis *a) {
    if (a->taps == 1 && a->offset == 0) {
        a->stride = 1;
        a->source = a->output;
    }
}

conv_gradient gradient_thinned(const conv_gradient *g) {
    conv_gradient thin = *g;
    thin_out(&thin.y);
    thin_out(&thin.x);
    return thin;
}

size_t conv_gradient_scratch(const conv_gradient *g) {
    const conv_gradient thin = gradient_thinned(g);
    const gradient_cut c = gradient_cut_of(&thin);
    return c.sums + c.source + c.strip;
}
