/* multiply.c - the product of values of one shape, number by number. */
#include "kernels/elementwise.h"

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    return elementwise_infer_many(shapes, report);
}

static void forward(const op_call *call) {
    runs r = item_runs(call, &call->shapes->output);
    for (int c = 0; c < r.count; c++) {
        size_t start = r.start + (size_t)c * r.step;
        for (size_t i = start; i < start + r.length; i += VW) {
            vec product = vec_load(call->input[0] + i);
            for (int k = 1; k < call->shapes->inputs; k++)
                product *= vec_load(call->input[k] + i);
            vec_store(call->output + i, product);
        }
    }
}

/* The gradient of input k over one run. Not dy y / x: x may be 0. */
static void backward_run(const op_call *call, int k, size_t start, size_t length) {
    for (size_t i = start; i < start + length; i += VW) {
        vec product = vec_load(call->output_grad + i);
        for (int other = 0; other < call->shapes->inputs; other++)
            if (other != k)
                product *= vec_load(call->input[other] + i);
        grad_put(call->input_grad[k] + i, product, call->input_grad_add[k]);
    }
}

static void backward(const op_call *call) {
    runs r = item_runs(call, &call->shapes->output);
    for (int k = 0; k < call->shapes->inputs; k++)
        for (int c = 0; c < r.count && call->input_grad[k] != NULL; c++)
            backward_run(call, k, r.start + (size_t)c * r.step, r.length);
}

LCNN_OP(multiply) = {
    .component = {.name = "multiply",
                  .summary = "the product of two or more values of one shape, number by number",
                  .doc = "y = x0 x1 ..., number by number, in that order; all shapes are equal.\n"
                         "Gradient: dx_k = dy times the product of all other inputs."},
    .inputs = (const op_input[]){{.name = "x",
                                  .help = "two or more values of one shape",
                                  .variadic = true},
                                 {0}},
    .saves = OP_SAVES_INPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_SQUARES,
    .samples = (const op_sample[]){{.yaml = "{op: multiply}", .inputs = "2x3x4 2x3x4"},
                                   {.yaml = "{op: multiply}", .inputs = "7 7 7"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: multiply}",
                                      .inputs = "5",
                                      .message = "two or more inputs"},
                                     {.yaml = "{op: multiply}",
                                      .inputs = "6 2x3x1",
                                      .message = "the first is 6 and number 2 is 2x3x1"},
                                     {0}},
};
