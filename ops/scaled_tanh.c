/* scaled_tanh.c - the squashing function of LeNet-5. */
#include "kernels/elementwise.h"
#include "simd_math.h"

typedef struct scaled_tanh {
    double amplitude, slope;
} scaled_tanh;

static const attr rows[] = {
    {.name = "amplitude",
     .type = ATTR_REAL,
     .offset = offsetof(scaled_tanh, amplitude),
     .initial = "1.7159",
     .max = 1e6,
     .above_min = true,
     .help = "A: the output lies between -A and A"},
    {.name = "slope",
     .type = ATTR_REAL,
     .offset = offsetof(scaled_tanh, slope),
     .initial = "0.6666666666666666",
     .max = 1e6,
     .above_min = true,
     .help = "S: the slope at 0 is A * S"},
    {0},
};

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    elementwise_infer(shapes);
    return true;
}

/* The numbers of the formulas below. */
enum { AMPLITUDE, SLOPE, SLOPE_BY_AMPLITUDE, NUMBERS };

INLINE void numbers(const op_call *call, vec k[NUMBERS]) {
    const scaled_tanh *a = call->attrs;
    k[AMPLITUDE] = vec_set1((real)a->amplitude);
    k[SLOPE] = vec_set1((real)a->slope);
    k[SLOPE_BY_AMPLITUDE] = vec_set1((real)(a->slope / a->amplitude));
}

INLINE vec squashed(vec x, const vec *k) {
    return k[AMPLITUDE] * vec_tanh(k[SLOPE] * x);
}

/* A S (1 - tanh^2) = (S / A) (A - y) (A + y): y alone is enough, and near the ends A - y is exact.
 */
INLINE vec gradient(vec y, vec dy, const vec *k) {
    return dy * (k[SLOPE_BY_AMPLITUDE] * ((k[AMPLITUDE] - y) * (k[AMPLITUDE] + y)));
}

static void forward(const op_call *call) {
    vec k[NUMBERS];
    numbers(call, k);
    elementwise_forward(call, squashed, k);
}

static void backward(const op_call *call) {
    vec k[NUMBERS];
    numbers(call, k);
    elementwise_backward(call, call->output, gradient, k);
}

LCNN_OP(scaled_tanh) = {
    .component =
        {.name = "scaled_tanh",
         .summary =
             "hyperbolic tangent with an amplitude and a slope, LeNet-5's squashing function",
         .doc = "y = A tanh(S x) for every number; any shape, which stays as it is.\n"
                "Gradient: dx = dy (S / A) (A - y) (A + y).\n"
                "LeCun, Bottou, Bengio, Haffner, \"Gradient-based learning applied to document "
                "recognition\", "
                "Proc. IEEE 86(11), 1998, appendix A: with A = 1.7159 and S = 2/3, f(1) = 1 and "
                "f(-1) = -1.",
         .size = sizeof(scaled_tanh),
         .attrs = rows},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .saves = OP_SAVES_OUTPUT,
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_TWICE,
    .samples = (const op_sample[]){{.yaml = "{op: scaled_tanh}", .inputs = "3x4x4"},
                                   {.yaml = "{op: scaled_tanh, amplitude: 2, slope: 0.5}",
                                    .inputs = "17"},
                                   {0}},
    .refusals =
        (const op_refusal[]){
            {.yaml = "{op: scaled_tanh, amplitude: 0}", .inputs = "3", .message = "amplitude"},
            {.yaml = "{op: scaled_tanh, slope: -1}", .inputs = "3", .message = "slope"},
            {0}},
};
