/* softmax_cross_entropy.c - the negative logarithm of the probability that softmax gives to the
 * right class. */
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/softmax.h"

/* saved: the probabilities, [classes][LANES]. */
static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    if (!loss_infer(shapes, report))
        return false;
    shapes->saved = shape_tile(&shapes->input[0]);
    return true;
}

static void forward(const op_call *call) {
    int classes = call->shapes->classes;
    const real *x = call->input[0];
    for (int v = 0; v < LANES; v += VW) {
        softmax_parts s = softmax_lanes(x + v, LANES, call->saved + v, LANES, classes);
        ivec labels = loss_labels(call->labels + v);
        vec right = vec_zero();
        for (int k = 0; k < classes; k++)
            right = vec_select(loss_is_class(labels, k), vec_load(x + k * LANES + v), right);
        vec_store(call->output + v, vec_log(s.sum) - (right - s.max));
    }
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    bool add = call->input_grad_add[0];
    for (int v = 0; v < LANES; v += VW) {
        vec dy = vec_load(call->output_grad + v);
        ivec labels = loss_labels(call->labels + v);
        for (int k = 0; k < call->shapes->classes; k++) {
            vec p = vec_load(call->saved + k * LANES + v);
            vec target = vec_select(loss_is_class(labels, k), vec_set1(1), vec_zero());
            grad_put(call->input_grad[0] + k * LANES + v, (p - target) * dy, add);
        }
    }
}

/* d2L/dx_k^2 = p_k (1 - p_k) */
static void curvature(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    for (int v = 0; v < LANES; v += VW) {
        vec h = vec_load(call->output_grad + v);
        for (int k = 0; k < call->shapes->classes; k++) {
            vec p = vec_load(call->saved + k * LANES + v);
            grad_put(call->input_grad[0] + k * LANES + v, p * (vec_set1(1) - p) * h,
                     call->input_grad_add[0]);
        }
    }
}

static void probabilities(const op_call *call, real *probability) {
    for (int v = 0; v < LANES; v += VW)
        softmax_lanes(call->input[0] + v, LANES, probability + v, LANES, call->shapes->classes);
}

LCNN_OP(softmax_cross_entropy) = {
    .component = {.name = "softmax_cross_entropy",
                  .summary = "loss: minus the logarithm of the right class's softmax probability",
                  .doc = "L = log(sum_i exp(x_i)) - x_t, where t is the label, for one number x_k "
                         "per class (a logit); the "
                         "largest is taken off first, so that nothing overflows.\n"
                         "Gradient: dx_k = (p_k - [k = t]) dL, with p = softmax(x).\n"
                         "Probabilities are p."},
    .inputs = (const op_input[]){{.name = "logits", .help = "one number per class, any"},
                                 {.name = "labels", .help = "the images' classes", .labels = true},
                                 {0}},
    .conflicts = (const op_conflict[]){{"softmax", "it applies softmax itself"}, {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .probabilities = probabilities,
    .samples = (const op_sample[]){{.yaml = "{op: softmax_cross_entropy}", .inputs = "10"}, {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: softmax_cross_entropy}",
                                      .inputs = "9",
                                      .message = "must be a vector of 10 numbers, not 9"},
                                     {.yaml = "{op: softmax_cross_entropy}",
                                      .inputs = "10x1x1",
                                      .message = "a number for each of the 10 classes, not 10x1x1"},
                                     {0}},
};
