/* silu.c - the sigmoid-weighted linear unit, also called swish. */
#include "kernels/elementwise.h"
#include "kernels/logistic.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

INLINE vec weighted(vec x, const vec *k) {
    (void)k;
    return x * vec_logistic(x);
}

/* Two inputs share an output, so the gradient needs x. */
INLINE vec gradient(vec x, vec dy, const vec *k) {
    (void)k;
    vec s = vec_logistic(x);
    return dy * (s + x * s * (vec_set1(1) - s));
}

static void forward(const op_call *call) {
    elementwise_forward(call, weighted, NULL);
}

static void backward(const op_call *call) {
    elementwise_backward(call, call->input[0], gradient, NULL);
}

LCNN_OP(silu) = {
    .component =
        {.name = "silu",
         .summary = "sigmoid-weighted linear unit (swish)",
         .doc =
             "y = x s(x) with s(x) = 1 / (1 + exp(-x)), for every number; any shape, which stays "
             "as it is.\n"
             "Gradient: dx = dy (s + x s (1 - s)).\n"
             "Elfwing, Uchibe, Doya, \"Sigmoid-weighted linear units for neural network function "
             "approximation in reinforcement learning\", Neural Networks 107, 2018."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_INPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples = (const op_sample[]){{.yaml = "{op: silu}", .inputs = "3x4x4"},
                                   {.yaml = "{op: silu}", .inputs = "17"},
                                   {0}},
};
