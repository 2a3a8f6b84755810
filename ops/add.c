/* add.c - the sum of values of one shape, as residual connections need it. */
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
            vec sum = vec_load(call->input[0] + i);
            for (int k = 1; k < call->shapes->inputs; k++)
                sum += vec_load(call->input[k] + i);
            vec_store(call->output + i, sum);
        }
    }
}

/* In place, input 0 has its gradient already. */
static void backward(const op_call *call) {
    runs r = item_runs(call, &call->shapes->output);
    for (int k = 0; k < call->shapes->inputs; k++)
        for (int c = 0; c < r.count && call->input_grad[k] != NULL; c++) {
            size_t start = r.start + (size_t)c * r.step;
            if (call->input_grad[k] != call->output_grad)
                run_copy(call->input_grad[k] + start, call->output_grad + start, r.length,
                         call->input_grad_add[k]);
        }
}

LCNN_OP(add) = {
    .component = {.name = "add",
                  .summary = "the sum of two or more values of one shape",
                  .doc =
                      "y = x0 + x1 + ..., number by number, in that order; all shapes are equal.\n"
                      "Gradient: dx = dy for every input."},
    .inputs = (const op_input[]){{.name = "x",
                                  .help = "two or more values of one shape",
                                  .variadic = true},
                                 {0}},
    .in_place = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_PLAIN,
    .samples = (const op_sample[]){{.yaml = "{op: add}", .inputs = "2x3x4 2x3x4"},
                                   {.yaml = "{op: add}", .inputs = "7 7 7"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: add}",
                                      .inputs = "2x3x3",
                                      .message = "two or more inputs"},
                                     {.yaml = "{op: add}",
                                      .inputs = "2x3x3 2x3x4",
                                      .message = "the first is 2x3x3 and number 2 is 2x3x4"},
                                     {0}},
};
