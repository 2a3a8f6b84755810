/* tanh.c - the hyperbolic tangent. */
#include "kernels/elementwise.h"
#include "simd_math.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

INLINE vec tangent(vec x, const vec *k) {
    (void)k;
    return vec_tanh(x);
}

INLINE vec gradient(vec y, vec dy, const vec *k) {
    (void)k;
    return dy * (vec_set1(1) - y * y);
}

static void forward(const op_call *call) {
    elementwise_forward(call, tangent, NULL);
}

static void backward(const op_call *call) {
    elementwise_backward(call, call->output, gradient, NULL);
}

LCNN_OP(tanh) = {
    .component = {.name = "tanh",
                  .summary = "hyperbolic tangent",
                  .doc = "y = tanh(x) for every number; any shape, which stays as it is.\n"
                         "Gradient: dx = dy (1 - y^2)."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples = (const op_sample[]){{.yaml = "{op: tanh}", .inputs = "3x4x4"},
                                   {.yaml = "{op: tanh}", .inputs = "17"},
                                   {0}},
};
