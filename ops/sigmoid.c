/* sigmoid.c - the logistic function. */
#include "kernels/elementwise.h"
#include "kernels/logistic.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

INLINE vec logistic(vec x, const vec *k) {
    (void)k;
    return vec_logistic(x);
}

INLINE vec gradient(vec y, vec dy, const vec *k) {
    (void)k;
    return dy * (y * (vec_set1(1) - y));
}

static void forward(const op_call *call) {
    elementwise_forward(call, logistic, NULL);
}

static void backward(const op_call *call) {
    elementwise_backward(call, call->output, gradient, NULL);
}

LCNN_OP(sigmoid) = {
    .component = {.name = "sigmoid",
                  .summary = "logistic function: any number to one between 0 and 1",
                  .doc =
                      "y = 1 / (1 + exp(-x)) for every number; any shape, which stays as it is.\n"
                      "Gradient: dx = dy y (1 - y)."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples = (const op_sample[]){{.yaml = "{op: sigmoid}", .inputs = "3x4x4"},
                                   {.yaml = "{op: sigmoid}", .inputs = "17"},
                                   {0}},
};
