/* softmax.c - numbers turned into shares that add up to 1. */
#include "kernels/softmax.h"
#include "op.h"

/* Pixels are the items: channels of one pixel belong together. */
static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    shapes->output = shapes->input[0];
    shapes->forward_items = shapes->backward_items = (int)shape_pixels(&shapes->output);
    return true;
}

static void forward(const op_call *call) {
    const shape *s = &call->shapes->output;
    size_t stride = shape_stride(s);
    for (size_t i = (size_t)call->first * LANES; i < (size_t)call->end * LANES; i += VW)
        softmax_lanes(call->input[0] + i, stride, call->output + i, stride, s->dim[0]);
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    const shape *s = &call->shapes->output;
    size_t stride = shape_stride(s), end = (size_t)s->dim[0] * stride;
    bool add = call->input_grad_add[0];
    for (size_t i = (size_t)call->first * LANES; i < (size_t)call->end * LANES; i += VW) {
        vec sum = vec_zero();
        for (size_t c = i; c < end; c += stride)
            sum = vec_fma(vec_load(call->output_grad + c), vec_load(call->output + c), sum);
        for (size_t c = i; c < end; c += stride) {
            vec dy = vec_load(call->output_grad + c), y = vec_load(call->output + c);
            vec dx = y * (dy - sum);
            vec_store(call->input_grad[0] + c, add ? vec_load(call->input_grad[0] + c) + dx : dx);
        }
    }
}

/* dy_i/dx_c = y_i ([i = c] - y_c). `others` is kept from falling below 0 by rounding. */
static void curvature(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    const shape *s = &call->shapes->output;
    size_t stride = shape_stride(s), end = (size_t)s->dim[0] * stride;
    bool add = call->input_grad_add[0];
    for (size_t i = (size_t)call->first * LANES; i < (size_t)call->end * LANES; i += VW) {
        vec sum = vec_zero();
        for (size_t c = i; c < end; c += stride) {
            vec y = vec_load(call->output + c);
            sum = vec_fma(y * y, vec_load(call->output_grad + c), sum);
        }
        for (size_t c = i; c < end; c += stride) {
            vec h = vec_load(call->output_grad + c), y = vec_load(call->output + c);
            vec others = vec_max(vec_zero(), sum - y * y * h), rest = vec_set1(1) - y;
            vec hx = y * y * (others + rest * rest * h);
            vec_store(call->input_grad[0] + c, add ? vec_load(call->input_grad[0] + c) + hx : hx);
        }
    }
}

LCNN_OP(softmax) = {
    .component =
        {.name = "softmax",
         .summary = "exponentials of a vector's numbers, scaled to add up to 1",
         .doc =
             "y_k = exp(x_k) / sum_i exp(x_i) over a vector's units, or over the channels of each "
             "pixel; the "
             "shape stays as it is.\n"
             "Gradient: dx_k = y_k (dy_k - sum_i dy_i y_i).\n"
             "Not to be put before softmax_cross_entropy, which does it itself and more exactly."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .samples = (const op_sample[]){{.yaml = "{op: softmax}", .inputs = "7"},
                                   {.yaml = "{op: softmax}", .inputs = "5x2x3"},
                                   {0}},
};
