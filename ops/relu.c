/* relu.c - the rectified linear unit. */
#include "kernels/elementwise.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

/* In this order a NaN stays a NaN, and is found, where max(x, 0) would make it 0. */
INLINE vec rectified(vec x, const vec *k) {
    (void)k;
    return vec_max(vec_zero(), x);
}

INLINE vec gradient(vec y, vec dy, const vec *k) {
    (void)k;
    return vec_select((ivec)(y > vec_zero()), dy, vec_zero());
}

static void forward(const op_call *call) {
    elementwise_forward(call, rectified, NULL);
}

static void backward(const op_call *call) {
    elementwise_backward(call, call->output, gradient, NULL);
}

LCNN_OP(relu) = {
    .component =
        {.name = "relu",
         .summary = "rectified linear unit: negative numbers become 0",
         .doc =
             "y = max(0, x) for every number; any shape, which stays as it is.\n"
             "Gradient: dx = dy where y > 0, else 0 (0 also at x = 0).\n"
             "Nair and Hinton, \"Rectified linear units improve restricted Boltzmann machines\", "
             "ICML 2010."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples =
        (const op_sample[]){{.yaml = "{op: relu}", .inputs = "3x4x4", .kinked = true, .kink = 0},
                            {.yaml = "{op: relu}", .inputs = "17", .kinked = true, .kink = 0},
                            {0}},
};
