/* rbf_map.c - the penalty of the right class against those of all: the second of the two losses
 * that LeNet-5 was trained with. */
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/penalty.h"

typedef struct rbf_map {
    double j;
} rbf_map;

static const attr rows[] = {
    {.name = "j",
     .type = ATTR_REAL,
     .offset = offsetof(rbf_map, j),
     .initial = "1",
     .max = 1e6,
     .above_min = true,
     .help = "penalty of a class of rubbish; the paper prints no number, 1 is inferred"},
    {0},
};

/* saved: the probabilities beside that of rubbish, [classes][LANES]. */
static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    if (!loss_infer(shapes, report))
        return false;
    shapes->saved = shape_tile(&shapes->input[0]);
    return true;
}

static void forward(const op_call *call) {
    const vec j = vec_set1((real)((const rbf_map *)call->attrs)->j);
    const int classes = call->shapes->classes;
    for (int v = 0; v < LANES; v += VW) {
        const real *y = call->input[0] + v;
        const penalty_parts s = penalty_softmax(y, call->saved + v, classes, true, j);
        const vec right = loss_right(y, loss_labels(call->labels + v), classes);
        vec_store(call->output + v, (right - s.least) + vec_log(s.sum));
    }
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    for (int v = 0; v < LANES; v += VW) {
        const vec dy = vec_load(call->output_grad + v);
        const ivec labels = loss_labels(call->labels + v);
        for (int k = 0; k < call->shapes->classes; k++) {
            const vec target = vec_select(loss_is_class(labels, k), vec_set1(1), vec_zero());
            grad_put(call->input_grad[0] + k * LANES + v,
                     (target - vec_load(call->saved + k * LANES + v)) * dy,
                     call->input_grad_add[0]);
        }
    }
}

LCNN_OP(rbf_map) = {
    .component =
        {.name = "rbf_map",
         .summary = "loss: the penalty of the right class against those of all classes",
         .doc = "L = y_t + log(e^-j + sum_i e^-y_i), where t is the label, for one penalty y_k per "
                "class, such\n"
                "as its squared distance of rbf; the smallest is the answer. The least penalty is "
                "taken off\n"
                "first, so that nothing overflows. The term e^-j, of a class of rubbish, lets the "
                "others be\n"
                "once they are far enough away.\n"
                "Gradient: dy_k = ([k = t] - e^-y_k / (e^-j + sum_i e^-y_i)) dL.\n"
                "Probabilities are e^-y_k / sum_i e^-y_i: rubbish, which no image is, has none.\n"
                "Source: LeCun, Bottou, Bengio, Haffner, \"Gradient-based learning applied to "
                "document\n"
                "recognition\" (1998), equation 9, the criterion of maximum a posteriori.",
         .size = sizeof(rbf_map),
         .attrs = rows},
    .inputs = (const op_input[]){{.name = "penalties", .help = "one number per class, at least 0"},
                                 {.name = "labels", .help = "the images' classes", .labels = true},
                                 {0}},
    .conflicts = (const op_conflict[]){{"softmax", "its largest number is the answer"}, {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = loss_curvature_of_shares,
    .probabilities = penalty_probabilities,
    .smallest_wins = true,
    .samples = (const op_sample[]){{.yaml = "{op: rbf_map}", .inputs = "10"},
                                   {.yaml = "{op: rbf_map, j: 0.25}", .inputs = "10"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: rbf_map}",
                                      .inputs = "9",
                                      .message = "must be a vector of 10 numbers, not 9"},
                                     {.yaml = "{op: rbf_map, j: 0}",
                                      .inputs = "10",
                                      .message = "'j' is '0'; expected number, above 0"},
                                     {0}},
};
