/* global_avg_pool2d.c - the mean of each channel. */
#include "kernels/elementwise.h"

/* Sums run in this many chains over pixels, so that additions need not wait for each other. */
enum { CHAINS = 4 };

static bool infer(const void *attrs, op_shapes *s, op_report *report) {
    (void)attrs;
    const shape *in = &s->input[0];
    char text[SHAPE_TEXT];
    if (in->rank != 3)
        return op_reject(report, "from", "the input must be channels x height x width, not %s",
                         shape_text(in, text));
    s->output = (shape){1, {in->dim[0]}};
    channel_items(s);
    return true;
}

/* Pixels are `step` apart. Pixel i goes to chain i % CHAINS; chains are added as (0 + 1) + (2 + 3).
 */
INLINE vec sum_pixels(const real *in, size_t pixels, size_t step) {
    vec chain[CHAINS] = {{0}};
    size_t i = 0;
    for (; i + CHAINS <= pixels; i += CHAINS)
        for (size_t k = 0; k < CHAINS; k++)
            chain[k] += vec_load(in + (i + k) * step);
    for (size_t k = 0; i + k < pixels; k++)
        chain[k] += vec_load(in + (i + k) * step);
    return (chain[0] + chain[1]) + (chain[2] + chain[3]);
}

/* One item's numbers: `length` of them side by side, at pixel 0 of the input and in the output. */
typedef struct channel {
    size_t in, out, step, length;
} channel;

static channel channel_of(const op_call *call, int item) {
    const shape *in = &call->shapes->input[0];
    size_t i = (size_t)item;
    if (call->form == FORM_SINGLE)
        return (channel){i * SINGLE_VECTOR, i * SINGLE_VECTOR, shape_width(in), SINGLE_VECTOR};
    return (channel){i * shape_stride(in), i * LANES, LANES, LANES};
}

static void forward(const op_call *call) {
    size_t pixels = shape_pixels(&call->shapes->input[0]);
    vec share = vec_set1((real)1 / (real)pixels);
    for (int item = call->first; item < call->end; item++) {
        channel c = channel_of(call, item);
        for (size_t v = 0; v < c.length; v += VW)
            vec_store(call->output + c.out + v,
                      sum_pixels(call->input[0] + c.in + v, pixels, c.step) * share);
    }
}

/* Gives every pixel `share` of its channel's gradient. */
static void spread(const op_call *call, vec share) {
    if (call->input_grad[0] == NULL)
        return;
    size_t pixels = shape_pixels(&call->shapes->input[0]);
    bool add = call->input_grad_add[0];
    for (int item = call->first; item < call->end; item++) {
        channel c = channel_of(call, item);
        for (size_t v = 0; v < c.length; v += VW) {
            vec part = vec_load(call->output_grad + c.out + v) * share;
            real *dx = call->input_grad[0] + c.in + v;
            for (size_t i = 0; i < pixels; i++, dx += c.step)
                grad_put(dx, part, add);
        }
    }
}

static void backward(const op_call *call) {
    spread(call, vec_set1((real)1 / (real)shape_pixels(&call->shapes->input[0])));
}

static void curvature(const op_call *call) {
    real share = (real)1 / (real)shape_pixels(&call->shapes->input[0]);
    spread(call, vec_set1(share * share));
}

static const op_input inputs[] = {
    {.name = "input", .help = "channels x height x width"},
    {0},
};

static const op_sample samples[] = {
    {.yaml = "{op: global_avg_pool2d}", .inputs = "3x4x4"},
    {.yaml = "{op: global_avg_pool2d}", .inputs = "2x3x5"},
    {.yaml = "{op: global_avg_pool2d}", .inputs = "4x1x1"},
    {0},
};

static const op_refusal refusals[] = {
    {"{op: global_avg_pool2d}", "120", "channels x height x width, not 120"},
    {0},
};

LCNN_OP(global_avg_pool2d) = {
    .component =
        {.name = "global_avg_pool2d",
         .summary = "mean of each channel",
         .doc =
             "One number per channel, whatever the size of its map.\n"
             "\n"
             "  y[c] = sum of x[c,u,v] over all pixels (u,v) / (H W)\n"
             "  C,H,W -> C\n"
             "  dx[c,u,v] = dy[c] / (H W)\n"
             "\n"
             "Lin, Chen, Yan: \"Network in network\", ICLR 2014; GlobalAveragePooling2D in Keras."},
    .inputs = inputs,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .samples = samples,
    .refusals = refusals,
};
