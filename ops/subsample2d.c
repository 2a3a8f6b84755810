/* subsample2d.c - LeNet-5's own subsampling: the sum of each window, times a trained coefficient of
 * its map, plus a trained bias. */
#include "init.h"
#include "kernels/pool.h"

typedef struct subsample2d {
    pool_attrs pool; /* first, as pool.h reads it; windows lie inside the input */
    attr_component weight_initializer, bias_initializer;
} subsample2d;

static const attr rows[] = {
    {.name = "pool_size",
     .type = ATTR_PAIR,
     .offset = offsetof(subsample2d, pool.pool_size),
     .initial = "2",
     .min = 1,
     .max = WINDOW_MAX,
     .help = "height and width of the window"},
    {.name = "strides",
     .type = ATTR_PAIR,
     .offset = offsetof(subsample2d, pool.strides),
     .like = "pool_size",
     .min = 1,
     .max = WINDOW_MAX,
     .help = "rows and columns from one window to the next"},
    {.name = "weight_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(subsample2d, weight_initializer),
     .initial = "lecun1998_uniform",
     .components = &initializers,
     .help = "how the coefficients begin"},
    {.name = "bias_initializer",
     .type = ATTR_COMPONENT,
     .offset = offsetof(subsample2d, bias_initializer),
     .initial = "lecun1998_uniform",
     .components = &initializers,
     .help = "how the biases begin"},
    {0},
};

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    const subsample2d *a = attrs;
    if (!pool_infer(attrs, s, report))
        return false;
    const int64_t inputs = (int64_t)a->pool.pool_size.y * a->pool.pool_size.x;
    s->param[0] = s->param[1] =
        (op_param_shape){.shape = {1, {s->output.dim[0]}}, .fan_in = (int)inputs, .fan_out = 1};
    s->param_items = single_vectors(&s->output);
    s->macs = (int64_t)shape_size(&s->output);
    s->connections = s->macs * (inputs + 1);
    return true;
}

/* ---- Windows --------------------------------------------------------------------------------- */

/* Pixels of the input from one window to the next, across and down. */
INLINE size_t step_across(const pool *p) {
    return (size_t)p->x.stride * p->in_pixel;
}

INLINE size_t step_down(const pool *p) {
    return (size_t)p->y.stride * (size_t)p->x.in * p->in_pixel;
}

/* The sum of the window that begins at `in`, row by row. */
INLINE vec window_sum(const pool *p, const real *in, const bool halving) {
    const size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    if (halving)
        return (vec_load(in) + vec_load(in + pixel)) +
               (vec_load(in + row) + vec_load(in + row + pixel));
    vec sum = vec_zero();
    for (int i = 0; i < p->y.size; i++, in += row)
        for (int j = 0; j < p->x.size; j++)
            sum += vec_load(in + (size_t)j * pixel);
    return sum;
}

/* VW of a parameter's numbers for those side by side: of their channels in FORM_SINGLE, else all of
 * one channel. */
INLINE vec factor_at(const real *param, size_t channel, size_t v, const tile_form form) {
    return form == FORM_LANES ? vec_set1(param[channel]) : vec_load(param + channel + v);
}

/* ---- Forward and backward -------------------------------------------------------------------- */

/* One plane, whose first channel this is. */
INLINE void scale_sums(const op_call *call, const pool *p, size_t channel, const real *in,
                       real *out, const tile_form form, const bool halving) {
    for (size_t v = 0; v < p->length; v += VW) {
        const vec weight = factor_at(call->param[0], channel, v, form);
        const vec bias = factor_at(call->param[1], channel, v, form);
        const real *line = in + v;
        real *to = out + v;
        for (int y = 0; y < p->y.out; y++, line += step_down(p)) {
            const real *at = line;
            for (int x = 0; x < p->x.out; x++, at += step_across(p), to += p->out_pixel)
                vec_store(to, vec_fma(weight, window_sum(p, at, halving), bias));
        }
    }
}

/* Hands each output's gradient, times the coefficient, to its window. `add`: to what is there. */
INLINE void spread(const op_call *call, const pool *p, size_t channel, const real *dy, real *dx,
                   const tile_form form, const bool add) {
    const size_t pixel = p->in_pixel, row = (size_t)p->x.in * pixel;
    for (size_t v = 0; v < p->length; v += VW) {
        const vec weight = factor_at(call->param[0], channel, v, form);
        const real *from = dy + v;
        real *line = dx + v;
        for (int y = 0; y < p->y.out; y++, line += step_down(p)) {
            real *at = line;
            for (int x = 0; x < p->x.out; x++, at += step_across(p), from += p->out_pixel) {
                const vec share = weight * vec_load(from);
                for (int i = 0; i < p->y.size; i++)
                    for (int j = 0; j < p->x.size; j++)
                        grad_put(at + (size_t)i * row + (size_t)j * pixel, share, add);
            }
        }
    }
}

/* The first channel of plane i, of those that a call works on. */
INLINE size_t channel_of(const op_call *call, int i, const tile_form form) {
    return form == FORM_LANES ? (size_t)(call->first + i) : (size_t)call->first * SINGLE_VECTOR;
}

INLINE void forward_in(const op_call *call, const tile_form form) {
    const pool p = pool_of(call, form);
    const real *in = call->input[0] + p.in_first;
    real *out = call->output + p.out_first;
    for (int i = 0; i < p.planes; i++, in += p.in_plane, out += p.out_plane) {
        const size_t channel = channel_of(call, i, form);
        if (pool_is_halving(&p))
            scale_sums(call, &p, channel, in, out, form, true);
        else
            scale_sums(call, &p, channel, in, out, form, false);
    }
}

INLINE void backward_in(const op_call *call, const tile_form form) {
    const pool p = pool_of(call, form);
    const bool add = call->input_grad_add[0];
    /* Windows side by side that leave nothing out reach each pixel once. */
    const bool once = pool_is_halving(&p) && 2 * p.y.out == p.y.in && 2 * p.x.out == p.x.in;
    const real *dy = call->output_grad + p.out_first;
    real *dx = call->input_grad[0] + p.in_first;
    for (int i = 0; i < p.planes; i++, dy += p.out_plane, dx += p.in_plane) {
        const size_t channel = channel_of(call, i, form);
        if (once && !add) {
            spread(call, &p, channel, dy, dx, form, false);
            continue;
        }
        if (!add)
            pool_clear(&p, dx);
        spread(call, &p, channel, dy, dx, form, true);
    }
}

static void forward(const op_call *call) {
    if (call->form == FORM_LANES)
        forward_in(call, FORM_LANES);
    else
        forward_in(call, FORM_SINGLE);
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    if (call->form == FORM_LANES)
        backward_in(call, FORM_LANES);
    else
        backward_in(call, FORM_SINGLE);
}

/* ---- Gradients of coefficients and biases ---------------------------------------------------- */

/* Sums over the pixels of a plane, from the first to the last: of dy times the window's sum, and of
 * dy. */
INLINE void plane_sums(const pool *p, const real *in, const real *dy, const bool halving,
                       vec products[LANES / VW], vec plain[LANES / VW]) {
    for (size_t v = 0; v < p->length; v += VW) {
        vec product = vec_zero(), sum = vec_zero();
        const real *line = in + v, *from = dy + v;
        for (int y = 0; y < p->y.out; y++, line += step_down(p)) {
            const real *at = line;
            for (int x = 0; x < p->x.out; x++, at += step_across(p), from += p->out_pixel) {
                const vec grad = vec_load(from);
                product = vec_fma(grad, window_sum(p, at, halving), product);
                sum += grad;
            }
        }
        products[v / VW] = product;
        plain[v / VW] = sum;
    }
}

INLINE void number_put(real *to, real number, bool add) {
    *to = add ? *to + number : number;
}

/* The channels of one vector of them. */
INLINE void sum_gradients(const op_call *call, int vector, const tile_form form) {
    const int first = vector * SINGLE_VECTOR, channels = call->shapes->output.dim[0];
    const int end = first + SINGLE_VECTOR < channels ? first + SINGLE_VECTOR : channels;
    op_call part = *call;
    part.first = form == FORM_LANES ? first : vector;
    part.end = form == FORM_LANES ? end : vector + 1;
    const pool p = pool_of(&part, form);
    const real *in = call->input[0] + p.in_first, *dy = call->output_grad + p.out_first;
    for (int c = first; c < end; in += p.in_plane, dy += p.out_plane) {
        _Alignas(64) vec products[LANES / VW], plain[LANES / VW];
        if (pool_is_halving(&p))
            plane_sums(&p, in, dy, true, products, plain);
        else
            plane_sums(&p, in, dy, false, products, plain);
        if (form == FORM_LANES) {
            number_put(call->param_grad[0] + c, vec_fold(products), call->param_grad_add);
            number_put(call->param_grad[1] + c, vec_fold(plain), call->param_grad_add);
            c++;
        } else {
            for (int i = 0; c < end; i++, c++) { /* + 0: what folding makes of -0 */
                number_put(call->param_grad[0] + c, products[i / VW][i % VW] + 0,
                           call->param_grad_add);
                number_put(call->param_grad[1] + c, plain[i / VW][i % VW] + 0,
                           call->param_grad_add);
            }
        }
    }
}

static void backward_params(const op_call *call) {
    for (int vector = call->first; vector < call->end; vector++)
        if (call->form == FORM_LANES)
            sum_gradients(call, vector, FORM_LANES);
        else
            sum_gradients(call, vector, FORM_SINGLE);
}

static const op_input inputs[] = {{.name = "input", .help = "maps x height x width"}, {0}};

static const op_param params[] = {
    {.name = "weight",
     .help = "[maps]: the coefficients",
     .initializer = offsetof(subsample2d, weight_initializer),
     .decay = true},
    {.name = "bias", .help = "[maps]", .initializer = offsetof(subsample2d, bias_initializer)},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: subsample2d, pool_size: 2}", .inputs = "3x6x4"},
    {.yaml = "{op: subsample2d, pool_size: 2}", .inputs = "10x5x7"},
    {.yaml = "{op: subsample2d, pool_size: [3, 2], strides: [2, 1]}", .inputs = "2x7x6"},
    {.yaml = "{op: subsample2d, pool_size: 2, strides: 3}", .inputs = "9x7x8"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: subsample2d, pool_size: 7}", "1x5x5", "pool 7 exceeds the input 5x5"},
    {"{op: subsample2d}", "120", "channels x height x width, not 120"},
    {0},
};

LCNN_OP(subsample2d) = {
    .component =
        {.name = "subsample2d",
         .summary =
             "sum over windows of each map, times a trained coefficient, plus a trained bias",
         .doc = "y[c,i,j] = w[c] sum over the pixels (u,v) of window (i,j) of x[c,u,v] + b[c]\n"
                "  C,H,W -> C,H',W'   H' = floor((H - pool) / stride) + 1\n"
                "Gradient: dx[c,u,v] = w[c] sum over the windows (i,j) that hold (u,v) of "
                "dy[c,i,j],\n"
                "dw[c] = sum of dy times the window's sum, db[c] = sum of dy.\n"
                "\n"
                "The layers S2 and S4 of LeNet-5, before they are squashed. Their connections are "
                "counted\n"
                "as there: the window and the bias of each output. Source: LeCun, Bottou, Bengio,\n"
                "Haffner, \"Gradient-based learning applied to document recognition\" (1998), "
                "section II-B.\n"
                "avg_pool2d is what networks after it have kept of this.",
         .primary = "pool_size",
         .size = sizeof(subsample2d),
         .attrs = rows},
    .inputs = inputs,
    .params = params,
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .backward_params = backward_params,
    .curvature_rule = CURVATURE_SQUARES,
    .samples = samples,
    .refusals = refusals,
};
