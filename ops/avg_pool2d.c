/* avg_pool2d.c - the mean of each window. */
#include "kernels/pool.h"

/* ---- 2x2 windows side by side ---------------------------------------------------------------- */

INLINE void halve(const pool *p, const real *in, real *out) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    for (int y = 0; y < p->y.out; y++) {
        const real *top = in + 2 * (size_t)y * row;
        for (int x = 0; x < p->x.out; x++, top += 2 * pixel, out += p->out_pixel)
            for (size_t v = 0; v < p->length; v += VW) {
                const real *bottom = top + row;
                vec upper = vec_load(top + v) + vec_load(top + v + pixel);
                vec lower = vec_load(bottom + v) + vec_load(bottom + v + pixel);
                vec_store(out + v, (upper + lower) * vec_set1((real)0.25));
            }
    }
}

/* `factor`: what a pixel's gradient is of its window's. */
INLINE void unhalve_rows(const pool *p, vec factor, const real *dy, real *dx, bool add) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    for (int y = 0; y < p->y.out; y++) {
        real *top = dx + 2 * (size_t)y * row;
        for (int x = 0; x < p->x.out; x++, top += 2 * pixel, dy += p->out_pixel)
            for (size_t v = 0; v < p->length; v += VW) {
                real *bottom = top + row;
                vec quarter = vec_load(dy + v) * factor;
                grad_put(top + v, quarter, add);
                grad_put(top + v + pixel, quarter, add);
                grad_put(bottom + v, quarter, add);
                grad_put(bottom + v + pixel, quarter, add);
            }
    }
}

INLINE void unhalve(const pool *p, vec factor, const real *dy, real *dx, bool add) {
    if (add) {
        unhalve_rows(p, factor, dy, dx, true);
        return;
    }
    /* A last odd row or column is under no window. */
    if (2 * p->y.out < p->y.in || 2 * p->x.out < p->x.in)
        pool_clear(p, dx);
    unhalve_rows(p, factor, dy, dx, false);
}

/* ---- Any windows ----------------------------------------------------------------------------- */

/* The pixels of one window that are inside the input: `rows` by `columns`, beginning at pixel
 * `first`. */
typedef struct patch {
    size_t first;
    int rows, columns;
    vec share; /* 1 / number of pixels */
} patch;

static patch patch_at(const pool *p, int y, int x) {
    window_taps ty = window_inside(&p->y, y), tx = window_inside(&p->x, x);
    patch w = {(size_t)ty.at * (size_t)p->x.in + (size_t)tx.at, ty.end - ty.first,
               tx.end - tx.first, vec_zero()};
    w.share = vec_set1((real)1 / (real)(w.rows * w.columns));
    return w;
}

INLINE void average(const pool *p, const real *in, real *out) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    for (int y = 0; y < p->y.out; y++)
        for (int x = 0; x < p->x.out; x++, out += p->out_pixel) {
            patch w = patch_at(p, y, x);
            for (size_t v = 0; v < p->length; v += VW) {
                const real *line = in + w.first * pixel + v;
                vec sum = vec_zero();
                for (int i = 0; i < w.rows; i++, line += row)
                    for (int j = 0; j < w.columns; j++)
                        sum += vec_load(line + (size_t)j * pixel);
                vec_store(out + v, sum * w.share);
            }
        }
}

/* Adds each output's share to its pixels, or the square of the share, outputs in row-major order.
 */
INLINE void spread(const pool *p, const bool squares, const real *dy, real *dx) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    for (int y = 0; y < p->y.out; y++)
        for (int x = 0; x < p->x.out; x++, dy += p->out_pixel) {
            patch w = patch_at(p, y, x);
            vec factor = squares ? w.share * w.share : w.share;
            for (size_t v = 0; v < p->length; v += VW) {
                real *line = dx + w.first * pixel + v;
                vec share = vec_load(dy + v) * factor;
                for (int i = 0; i < w.rows; i++, line += row)
                    for (int j = 0; j < w.columns; j++)
                        grad_put(line + (size_t)j * pixel, share, true);
            }
        }
}

/* ---- The operator ---------------------------------------------------------------------------- */

INLINE void pool_forward(const op_call *call, const tile_form form) {
    pool p = pool_of(call, form);
    const real *in = call->input[0] + p.in_first;
    real *out = call->output + p.out_first;
    for (int i = 0; i < p.planes; i++, in += p.in_plane, out += p.out_plane)
        if (pool_is_halving(&p))
            halve(&p, in, out);
        else
            average(&p, in, out);
}

INLINE void pool_backward(const op_call *call, const tile_form form, const bool squares) {
    pool p = pool_of(call, form);
    vec quarter = vec_set1((real)(squares ? 0.0625 : 0.25));
    bool add = call->input_grad_add[0];
    const real *dy = call->output_grad + p.out_first;
    real *dx = call->input_grad[0] + p.in_first;
    for (int i = 0; i < p.planes; i++, dy += p.out_plane, dx += p.in_plane)
        if (pool_is_halving(&p)) {
            unhalve(&p, quarter, dy, dx, add);
        } else {
            if (!add)
                pool_clear(&p, dx);
            spread(&p, squares, dy, dx);
        }
}

static void forward(const op_call *call) {
    if (call->form == FORM_LANES)
        pool_forward(call, FORM_LANES);
    else
        pool_forward(call, FORM_SINGLE);
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    if (call->form == FORM_LANES)
        pool_backward(call, FORM_LANES, false);
    else
        pool_backward(call, FORM_SINGLE, false);
}

static void curvature(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    pool_backward(call, FORM_LANES, true);
}

static const op_input inputs[] = {
    {.name = "input", .help = "channels x height x width"},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: avg_pool2d, pool_size: 2}", .inputs = "3x6x4"},
    {.yaml = "{op: avg_pool2d, pool_size: 2}", .inputs = "2x5x7"},
    {.yaml = "{op: avg_pool2d, pool_size: 3, strides: 2}", .inputs = "2x7x9"},
    {.yaml = "{op: avg_pool2d, pool_size: [3, 2], strides: [1, 3], padding: same}",
     .inputs = "2x4x7"},
    {.yaml = "{op: avg_pool2d, pool_size: 3, strides: 2, padding: [1, 2, 0, 1]}",
     .inputs = "2x5x6"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: avg_pool2d, pool_size: 7}", "1x5x5", "pool 7 exceeds the input 5x5"},
    {"{op: avg_pool2d, pool_size: [2, 9], padding: 1}", "1x5x5",
     "pool 2x9 exceeds the padded input 7x7"},
    {"{op: avg_pool2d, pool_size: 2, padding: 2}", "1x5x5", "smaller than the pool size 2"},
    {"{op: avg_pool2d}", "120", "channels x height x width, not 120"},
    {0},
};

LCNN_OP(avg_pool2d) = {
    .component =
        {.name = "avg_pool2d",
         .summary = "mean over windows of each channel",
         .doc =
             "Each output is the mean of the pixels under its window; padded positions are not "
             "counted.\n"
             "\n"
             "  y[c,i,j] = sum over the n pixels (u,v) of window (i,j) of x[c,u,v] / n\n"
             "  C,H,W -> C,H',W'   valid: H' = floor((H - pool) / stride) + 1\n"
             "                     same:  H' = ceil(H / stride)\n"
             "  dx[c,u,v] = sum over the windows (i,j) that hold (u,v) of dy[c,i,j] / n\n"
             "\n"
             "As AveragePooling2D in Keras, whose `same` padding also leaves the added positions "
             "out\n"
             "of the mean. LeNet-5's own subsampling (LeCun et al. 1998) is this followed by one\n"
             "weight and bias per channel, which the networks built after it leave out.",
         .primary = "pool_size",
         .size = sizeof(pool_attrs),
         .attrs = pool_rows},
    .inputs = inputs,
    .infer = pool_infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .samples = samples,
    .refusals = refusals,
};
