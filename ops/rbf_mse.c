/* rbf_mse.c - the penalty of the right class: the first of the two losses that LeNet-5 was trained
 * with. */
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/penalty.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    return loss_infer(shapes, report);
}

static void forward(const op_call *call) {
    for (int v = 0; v < LANES; v += VW)
        vec_store(call->output + v, loss_right(call->input[0] + v, loss_labels(call->labels + v),
                                               call->shapes->classes));
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    for (int v = 0; v < LANES; v += VW) {
        const vec dy = vec_load(call->output_grad + v);
        const ivec labels = loss_labels(call->labels + v);
        for (int k = 0; k < call->shapes->classes; k++)
            grad_put(call->input_grad[0] + k * LANES + v,
                     vec_select(loss_is_class(labels, k), dy, vec_zero()), call->input_grad_add[0]);
    }
}

/* A straight line has none. */
static void curvature(const op_call *call) {
    for (int i = 0; call->input_grad[0] != NULL && i < call->shapes->classes * LANES; i += VW)
        grad_put(call->input_grad[0] + i, vec_zero(), call->input_grad_add[0]);
}

LCNN_OP(rbf_mse) = {
    .component =
        {.name = "rbf_mse",
         .summary = "loss: the penalty of the right class, such as its squared distance of rbf",
         .doc =
             "L = y_t, where t is the label, for one penalty y_k per class; the smallest is the "
             "answer.\n"
             "Gradient: dy_k = [k = t] dL.\n"
             "Probabilities are e^-y_k / sum_i e^-y_i.\n"
             "Source: LeCun, Bottou, Bengio, Haffner, \"Gradient-based learning applied to "
             "document\n"
             "recognition\" (1998), equation 8, the mean squared error of rbf units. Their codes "
             "must be\n"
             "fixed: it does not push the other classes away. See rbf_map."},
    .inputs = (const op_input[]){{.name = "penalties", .help = "one number per class, at least 0"},
                                 {.name = "labels", .help = "the images' classes", .labels = true},
                                 {0}},
    .conflicts = (const op_conflict[]){{"softmax", "its largest number is the answer"}, {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .probabilities = penalty_probabilities,
    .smallest_wins = true,
    .samples = (const op_sample[]){{.yaml = "{op: rbf_mse}", .inputs = "10"}, {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: rbf_mse}",
                                      .inputs = "9",
                                      .message = "must be a vector of 10 numbers, not 9"},
                                     {0}},
};
