/* max_pool2d.c - the largest of each window.
 *
 * While training, forward leaves the winner of each window in `saved`, laid out as the output: its
 * place among the window's taps in row-major order, as an integer in the bits of a real. That is a
 * quarter (2x2) of what keeping the input would take, and backward needs no second look at it. */
#include "kernels/pool.h"

/* The largest so far, and the tap it was found at. */
typedef struct winner {
    vec value;
    ivec tap;
} winner;

/* Of two winners in row-major order the first stays on a tie. A NaN wins, so that it does not
 * vanish unseen. */
INLINE winner better(winner first, winner second) {
    ivec won = (ivec)(second.value > first.value) | (ivec)(second.value != second.value);
    return (winner){vec_select(won, second.value, first.value),
                    (won & second.tap) | (~won & first.tap)};
}

INLINE ivec tap_number(int tap) {
    return (ivec){0} + (vec_int)tap;
}

INLINE winner entry(const real *p, int tap) {
    return (winner){vec_load(p), tap_number(tap)};
}

/* Adds dy to *dx, or stores it there, in the lanes that tap `tap` has won; stores 0 in the others.
 */
INLINE void reward(real *dx, vec dy, ivec winners, int tap, bool add) {
    vec part = vec_select((ivec)(winners == tap_number(tap)), dy, vec_zero());
    grad_put(dx, part, add);
}

/* ---- 2x2 windows side by side ---------------------------------------------------------------- */

INLINE void halve(const pool *p, const real *in, real *out, real *taps, bool keep) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel, at = 0;
    for (int y = 0; y < p->y.out; y++) {
        const real *top = in + 2 * (size_t)y * row;
        for (int x = 0; x < p->x.out; x++, top += 2 * pixel, at += p->out_pixel)
            for (size_t v = 0; v < p->length; v += VW) {
                const real *bottom = top + row;
                winner upper = better(entry(top + v, 0), entry(top + v + pixel, 1));
                winner lower = better(entry(bottom + v, 2), entry(bottom + v + pixel, 3));
                winner best = better(upper, lower);
                vec_store(out + at + v, best.value);
                if (keep)
                    vec_store(taps + at + v, (vec)best.tap);
            }
    }
}

INLINE void unhalve_rows(const pool *p, const real *dy, const real *taps, real *dx, bool add) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel, at = 0;
    for (int y = 0; y < p->y.out; y++) {
        real *top = dx + 2 * (size_t)y * row;
        for (int x = 0; x < p->x.out; x++, top += 2 * pixel, at += p->out_pixel)
            for (size_t v = 0; v < p->length; v += VW) {
                real *bottom = top + row;
                vec grad = vec_load(dy + at + v);
                ivec winners = (ivec)vec_load(taps + at + v);
                reward(top + v, grad, winners, 0, add);
                reward(top + v + pixel, grad, winners, 1, add);
                reward(bottom + v, grad, winners, 2, add);
                reward(bottom + v + pixel, grad, winners, 3, add);
            }
    }
}

INLINE void unhalve(const pool *p, const real *dy, const real *taps, real *dx, bool add) {
    if (add) {
        unhalve_rows(p, dy, taps, dx, true);
        return;
    }
    /* A last odd row or column is under no window. */
    if (2 * p->y.out < p->y.in || 2 * p->x.out < p->x.in)
        pool_clear(p, dx);
    unhalve_rows(p, dy, taps, dx, false);
}

/* ---- Any windows ----------------------------------------------------------------------------- */

INLINE winner largest(const pool *p, window_taps ty, window_taps tx, const real *in) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    const real *line = in + (size_t)ty.at * row + (size_t)tx.at * pixel;
    winner best = entry(line, ty.first * p->x.size + tx.first);
    for (int i = ty.first; i < ty.end; i++, line += row)
        for (int j = tx.first; j < tx.end; j++)
            best = better(best, entry(line + (size_t)(j - tx.first) * pixel, i * p->x.size + j));
    return best;
}

INLINE void slide(const pool *p, const real *in, real *out, real *taps, bool keep) {
    size_t at = 0;
    for (int y = 0; y < p->y.out; y++)
        for (int x = 0; x < p->x.out; x++, at += p->out_pixel) {
            window_taps ty = window_inside(&p->y, y), tx = window_inside(&p->x, x);
            for (size_t v = 0; v < p->length; v += VW) {
                winner best = largest(p, ty, tx, in + v);
                vec_store(out + at + v, best.value);
                if (keep)
                    vec_store(taps + at + v, (vec)best.tap);
            }
        }
}

/* Adds each output's gradient to its winner, outputs in row-major order. */
INLINE void unslide(const pool *p, const real *dy, const real *taps, real *dx) {
    size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel, at = 0;
    for (int y = 0; y < p->y.out; y++)
        for (int x = 0; x < p->x.out; x++, at += p->out_pixel) {
            window_taps ty = window_inside(&p->y, y), tx = window_inside(&p->x, x);
            real *corner = dx + (size_t)ty.at * row + (size_t)tx.at * pixel;
            for (size_t v = 0; v < p->length; v += VW) {
                vec grad = vec_load(dy + at + v);
                ivec winners = (ivec)vec_load(taps + at + v);
                real *line = corner + v;
                for (int i = ty.first; i < ty.end; i++, line += row)
                    for (int j = tx.first; j < tx.end; j++)
                        reward(line + (size_t)(j - tx.first) * pixel, grad, winners,
                               i * p->x.size + j, true);
            }
        }
}

/* ---- The operator ---------------------------------------------------------------------------- */

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    if (!pool_infer(attrs, s, report))
        return false;
    s->saved = shape_tile(&s->output);
    return true;
}

INLINE void pool_forward(const op_call *call, const tile_form form) {
    pool p = pool_of(call, form);
    const real *in = call->input[0] + p.in_first;
    real *out = call->output + p.out_first;
    real *taps = call->training ? call->saved + p.out_first : NULL;
    for (int i = 0; i < p.planes; i++, in += p.in_plane, out += p.out_plane) {
        if (!pool_is_halving(&p))
            slide(&p, in, out, taps, call->training);
        else if (call->training)
            halve(&p, in, out, taps, true);
        else
            halve(&p, in, out, taps, false);
        taps = taps ? taps + p.out_plane : NULL;
    }
}

INLINE void pool_backward(const op_call *call, const tile_form form) {
    pool p = pool_of(call, form);
    bool add = call->input_grad_add[0];
    const real *dy = call->output_grad + p.out_first, *taps = call->saved + p.out_first;
    real *dx = call->input_grad[0] + p.in_first;
    for (int i = 0; i < p.planes; i++) {
        if (pool_is_halving(&p)) {
            unhalve(&p, dy, taps, dx, add);
        } else {
            if (!add)
                pool_clear(&p, dx);
            unslide(&p, dy, taps, dx);
        }
        dy += p.out_plane;
        taps += p.out_plane;
        dx += p.in_plane;
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
        pool_backward(call, FORM_LANES);
    else
        pool_backward(call, FORM_SINGLE);
}

static const op_input inputs[] = {
    {.name = "input", .help = "channels x height x width"},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: max_pool2d, pool_size: 2}", .inputs = "3x6x4"},
    {.yaml = "{op: max_pool2d, pool_size: 2}", .inputs = "2x5x7"},
    {.yaml = "{op: max_pool2d, pool_size: 3, strides: 2}", .inputs = "2x7x9"},
    {.yaml = "{op: max_pool2d, pool_size: [3, 2], strides: [1, 3], padding: same}",
     .inputs = "2x4x7"},
    {.yaml = "{op: max_pool2d, pool_size: 3, strides: 2, padding: [1, 2, 0, 1]}",
     .inputs = "2x5x6"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: max_pool2d, pool_size: 7}", "1x5x5", "pool 7 exceeds the input 5x5"},
    {"{op: max_pool2d, pool_size: [2, 9], padding: 1}", "1x5x5",
     "pool 2x9 exceeds the padded input 7x7"},
    {"{op: max_pool2d, pool_size: 2, padding: 2}", "1x5x5", "smaller than the pool size 2"},
    {"{op: max_pool2d}", "120", "channels x height x width, not 120"},
    {0},
};

LCNN_OP(max_pool2d) = {
    .component =
        {.name = "max_pool2d",
         .summary = "largest number under windows of each channel",
         .doc = "Each output is the largest pixel under its window; padded positions never win.\n"
                "\n"
                "  y[c,i,j] = max over the pixels (u,v) of window (i,j) of x[c,u,v]\n"
                "  C,H,W -> C,H',W'   valid: H' = floor((H - pool) / stride) + 1\n"
                "                     same:  H' = ceil(H / stride)\n"
                "  dx[c,u,v] = sum of dy[c,i,j] over the windows (i,j) that (u,v) won\n"
                "\n"
                "Of equal pixels the first in row-major order wins. As MaxPooling2D in Keras.",
         .primary = "pool_size",
         .size = sizeof(pool_attrs),
         .attrs = pool_rows},
    .inputs = inputs,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_PLAIN,
    .samples = samples,
    .refusals = refusals,
};
