/* mean_squared_error.c - the mean squared distance to a target that is `on` for the right class and
 * `off` elsewhere. */
#include "kernels/elementwise.h"
#include "kernels/loss.h"

typedef struct mean_squared_error {
    double on, off;
} mean_squared_error;

static const attr rows[] = {
    {.name = "on",
     .type = ATTR_REAL,
     .offset = offsetof(mean_squared_error, on),
     .initial = "1",
     .help = "target of the right class"},
    {.name = "off",
     .type = ATTR_REAL,
     .offset = offsetof(mean_squared_error, off),
     .initial = "0",
     .help = "target of every other class; below `on`"},
    {0},
};

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    const mean_squared_error *a = attrs;
    if (!(a->on > a->off))
        return op_reject(report, "on",
                         "on must be above off: the class with the largest number is the answer");
    return loss_infer(shapes, report);
}

/* y - target for one class in VW lanes. */
INLINE vec distance(const op_call *call, int k, int v) {
    const mean_squared_error *a = call->attrs;
    ivec right = loss_is_class(loss_labels(call->labels + v), k);
    vec target = vec_select(right, vec_set1((real)a->on), vec_set1((real)a->off));
    return vec_load(call->input[0] + k * LANES + v) - target;
}

static void forward(const op_call *call) {
    int classes = call->shapes->classes;
    for (int v = 0; v < LANES; v += VW) {
        vec sum = vec_zero();
        for (int k = 0; k < classes; k++) {
            vec d = distance(call, k, v);
            sum = vec_fma(d, d, sum);
        }
        vec_store(call->output + v, sum / vec_set1((real)classes));
    }
}

static void backward(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    int classes = call->shapes->classes;
    vec factor = vec_set1((real)(2.0 / classes));
    for (int v = 0; v < LANES; v += VW) {
        vec scale = vec_load(call->output_grad + v) * factor;
        for (int k = 0; k < classes; k++)
            grad_put(call->input_grad[0] + k * LANES + v, distance(call, k, v) * scale,
                     call->input_grad_add[0]);
    }
}

/* d2L/dy_k^2 = 2 / n */
static void curvature(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    int classes = call->shapes->classes;
    vec factor = vec_set1((real)(2.0 / classes));
    for (int v = 0; v < LANES; v += VW)
        for (int k = 0; k < classes; k++)
            grad_put(call->input_grad[0] + k * LANES + v, vec_load(call->output_grad + v) * factor,
                     call->input_grad_add[0]);
}

/* Shares of what lies above `off`; equal shares where nothing does. */
static void probabilities(const op_call *call, real *probability) {
    const mean_squared_error *a = call->attrs;
    int classes = call->shapes->classes;
    vec off = vec_set1((real)a->off), equal = vec_set1((real)(1.0 / classes));
    for (int v = 0; v < LANES; v += VW) {
        vec sum = vec_zero();
        for (int k = 0; k < classes; k++) {
            vec above = vec_max(vec_zero(), vec_load(call->input[0] + k * LANES + v) - off);
            vec_store(probability + k * LANES + v, above);
            sum += above;
        }
        for (int k = 0; k < classes; k++) {
            real *p = probability + k * LANES + v;
            vec_store(p, vec_select((ivec)(sum == vec_zero()), equal, vec_load(p) / sum));
        }
    }
}

LCNN_OP(mean_squared_error) = {
    .component = {.name = "mean_squared_error",
                  .summary = "loss: mean squared distance to a target that is on for the right "
                             "class, off elsewhere",
                  .doc = "L = (1 / n) sum_k (y_k - t_k)^2 over the n classes, with t_k = on for "
                         "the label and off for "
                         "every other class.\n"
                         "Gradient: dy_k = (2 / n) (y_k - t_k) dL.\n"
                         "Probabilities are the shares of what lies above off, max(0, y_k - off) / "
                         "sum_i max(0, y_i - off); "
                         "1 / n each where nothing does. The largest y_k is the answer.",
                  .size = sizeof(mean_squared_error),
                  .attrs = rows},
    .inputs = (const op_input[]){{.name = "y", .help = "one number per class"},
                                 {.name = "labels", .help = "the images' classes", .labels = true},
                                 {0}},
    .conflicts = (const op_conflict[]){{"rbf", "its smallest number is the answer; take rbf_mse"},
                                       {0}},
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_OWN,
    .curvature = curvature,
    .probabilities = probabilities,
    .samples = (const op_sample[]){{.yaml = "{op: mean_squared_error}", .inputs = "10"},
                                   {.yaml = "{op: mean_squared_error, on: 1, off: -1}",
                                    .inputs = "10"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: mean_squared_error, on: -1, off: 1}",
                                      .inputs = "10",
                                      .message = "on must be above off"},
                                     {.yaml = "{op: mean_squared_error}",
                                      .inputs = "10x1x1",
                                      .message = "a number for each of the 10 classes, not 10x1x1"},
                                     {0}},
};
