/* leaky_relu.c - the rectified linear unit that lets a share of negative numbers through. */
#include "kernels/elementwise.h"

typedef struct leaky_relu {
    double negative_slope;
} leaky_relu;

static const attr rows[] = {
    {.name = "negative_slope",
     .type = ATTR_REAL,
     .offset = offsetof(leaky_relu, negative_slope),
     .initial = "0.3",
     .max = 1e6,
     .help = "factor of negative numbers; not below 0, so that y has the sign of x"},
    {0},
};

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

INLINE vec leaky(vec x, const vec *k) {
    return vec_select((ivec)(x > vec_zero()), x, k[0] * x);
}

INLINE vec gradient(vec y, vec dy, const vec *k) {
    return vec_select((ivec)(y > vec_zero()), dy, k[0] * dy);
}

static void forward(const op_call *call) {
    const leaky_relu *a = call->attrs;
    const vec k[] = {vec_set1((real)a->negative_slope)};
    elementwise_forward(call, leaky, k);
}

static void backward(const op_call *call) {
    const leaky_relu *a = call->attrs;
    const vec k[] = {vec_set1((real)a->negative_slope)};
    elementwise_backward(call, call->output, gradient, k);
}

LCNN_OP(leaky_relu) = {
    .component = {.name = "leaky_relu",
                  .summary = "rectified linear unit that lets a share of negative numbers through",
                  .doc = "y = x where x > 0, else negative_slope x; any shape, which stays as it "
                         "is. The default is "
                         "Keras's; PyTorch's is 0.01.\n"
                         "Gradient: dx = dy where y > 0, else negative_slope dy.\n"
                         "Maas, Hannun, Ng, \"Rectifier nonlinearities improve neural network "
                         "acoustic models\", "
                         "ICML 2013.",
                  .size = sizeof(leaky_relu),
                  .attrs = rows},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples =
        (const op_sample[]){{.yaml = "{op: leaky_relu, negative_slope: 0.01}",
                             .inputs = "3x4x4",
                             .kinked = true,
                             .kink = 0},
                            {.yaml = "{op: leaky_relu}", .inputs = "17", .kinked = true, .kink = 0},
                            {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: leaky_relu, negative_slope: -0.1}",
                                      .inputs = "3",
                                      .message = "negative_slope"},
                                     {0}},
};
