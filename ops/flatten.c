/* flatten.c - channels, rows and columns laid out as one vector. */
#include "kernels/reshape.h"

#include <limits.h>

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    char text[SHAPE_TEXT];
    size_t size = shape_size(&shapes->input[0]);
    if (size > INT_MAX)
        return op_reject(report, "from", "the input %s is too large for a vector",
                         shape_text(&shapes->input[0], text));
    shapes->output = (shape){1, {(int)size}};
    reshape_infer(shapes);
    return true;
}

static void forward(const op_call *call) {
    reshape_forward(call);
}

static void backward(const op_call *call) {
    reshape_backward(call);
}

LCNN_OP(flatten) = {
    .component = {.name = "flatten",
                  .summary = "channels, rows and columns laid out as one vector",
                  .doc = "C x H x W becomes a vector of C H W numbers: channel by channel, row by "
                         "row (PyTorch's order; "
                         "Keras's usual order has the channel innermost).\n"
                         "Gradient: dx is dy in the input's shape."},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .in_place = true,
    .passes_on = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_PLAIN,
    .samples = (const op_sample[]){{.yaml = "{op: flatten}", .inputs = "3x5x5"},
                                   {.yaml = "{op: flatten}", .inputs = "3x4x2"},
                                   {.yaml = "{op: flatten}", .inputs = "7"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: flatten}",
                                      .inputs = "32768x256x256",
                                      .message = "too large for a vector"},
                                     {0}},
};
