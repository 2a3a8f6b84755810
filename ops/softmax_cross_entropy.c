/* softmax_cross_entropy.c - the negative logarithm of the probability that softmax gives to the
 * right class. */
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"

typedef struct softmax_cross_entropy {
    double label_smoothing;
} softmax_cross_entropy;

static const attr rows[] = {
    {.name = "label_smoothing",
     .type = ATTR_REAL,
     .offset = offsetof(softmax_cross_entropy, label_smoothing),
     .initial = "0",
     .min = 0,
     .max = 0.999999,
     .help = "share of the target that all classes have alike while training, below 1"},
    {0},
};

/* What of the target is spread over all classes; nothing where images are evaluated. */
static real spread(const op_call *call) {
    const softmax_cross_entropy *a = call->attrs;
    return call->training ? (real)a->label_smoothing : 0;
}

/* saved: the probabilities, [classes][LANES]. */
static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    if (!loss_infer(shapes, report))
        return false;
    shapes->saved = shape_tile(&shapes->input[0]);
    return true;
}

/* The mean of all x, relative to the largest, as x_t is. */
INLINE vec mean_below(const real *x, int classes, vec max) {
    vec sum = vec_zero();
    for (int k = 0; k < classes; k++)
        sum += vec_load(x + k * LANES) - max;
    return sum / vec_set1((real)classes);
}

static void forward(const op_call *call) {
    int classes = call->shapes->classes;
    const real *x = call->input[0];
    const real smoothing = spread(call);
    for (int v = 0; v < LANES; v += VW) {
        softmax_parts s = softmax_lanes(x + v, LANES, call->saved + v, LANES, classes);
        vec expected = loss_right(x + v, loss_labels(call->labels + v), classes) - s.max;
        if (smoothing > 0)
            expected += vec_set1(smoothing) * (mean_below(x + v, classes, s.max) - expected);
        vec_store(call->output + v, vec_log(s.sum) - expected);
    }
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    bool add = call->input_grad_add[0];
    const real off = spread(call) / (real)call->shapes->classes, on = 1 - spread(call) + off;
    for (int v = 0; v < LANES; v += VW) {
        vec dy = vec_load(call->output_grad + v);
        ivec labels = loss_labels(call->labels + v);
        for (int k = 0; k < call->shapes->classes; k++) {
            vec p = vec_load(call->saved + k * LANES + v);
            vec target = vec_select(loss_is_class(labels, k), vec_set1(on), vec_set1(off));
            grad_put(call->input_grad[0] + k * LANES + v, (p - target) * dy, add);
        }
    }
}

static void probabilities(const op_call *call, real *probability) {
    for (int v = 0; v < LANES; v += VW)
        softmax_lanes(call->input[0] + v, LANES, probability + v, LANES, call->shapes->classes);
}

LCNN_OP(softmax_cross_entropy) = {
    .component =
        {.name = "softmax_cross_entropy",
         .summary = "loss: minus the logarithm of the right class's softmax probability",
         .doc =
             "L = log(sum_i exp(x_i)) - x_t, where t is the label, for one number x_k "
             "per class (a logit); the "
             "largest is taken off first, so that nothing overflows.\n"
             "Gradient: dx_k = (p_k - y_k) dL, with p = softmax(x) and the target y_k = [k = t].\n"
             "Probabilities are p.\n"
             "\n"
             "With label_smoothing s, while training, y_k = (1 - s) [k = t] + s / classes and\n"
             "L = log(sum_i exp(x_i)) - sum_k y_k x_k, so that no answer is wanted surer\n"
             "than that; losses of validation and test images stay the plain ones. Szegedy,\n"
             "Vanhoucke, Ioffe, Shlens, Wojna: \"Rethinking the Inception architecture for\n"
             "computer vision\", CVPR 2016; as CategoricalCrossentropy in Keras.",
         .size = sizeof(softmax_cross_entropy),
         .attrs = rows},
    .inputs = (const op_input[]){{.name = "logits", .help = "one number per class, any"},
                                 {.name = "labels", .help = "the images' classes", .labels = true},
                                 {0}},
    .conflicts = (const op_conflict[]){{"softmax", "it applies softmax itself"},
                                       {"rbf", "its smallest number is the answer; take rbf_map"},
                                       {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = loss_curvature_of_shares,
    .probabilities = probabilities,
    .samples = (const op_sample[]){{.yaml = "{op: softmax_cross_entropy}", .inputs = "10"},
                                   {.yaml = "{op: softmax_cross_entropy, label_smoothing: 0.1}",
                                    .inputs = "10"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: softmax_cross_entropy}",
                                      .inputs = "9",
                                      .message = "must be a vector of 10 numbers, not 9"},
                                     {.yaml = "{op: softmax_cross_entropy}",
                                      .inputs = "10x1x1",
                                      .message = "a number for each of the 10 classes, not 10x1x1"},
                                     {0}},
};
