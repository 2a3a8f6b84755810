/* reshape.c - the same numbers in another shape. */
#include "kernels/reshape.h"

#include <limits.h>

typedef struct reshape {
    attr_ints target_shape;
} reshape;

static const attr rows[] = {
    {.name = "target_shape",
     .type = ATTR_INTS,
     .offset = offsetof(reshape, target_shape),
     .min = -1,
     .max = 1 << 20,
     .help = "sizes of the output, channels first; -1, once at most, for the one that follows from "
             "the rest"},
    {0},
};

/* Puts the size that was left open. False when there is none that fits. */
static bool close_shape(shape *out, int open, size_t size) {
    size_t known = 1;
    for (int i = 0; i < out->rank; i++) {
        if (i == open)
            continue;
        known *= (size_t)out->dim[i];
        if (known > size)
            return false;
    }
    if (open >= 0 && size % known == 0 && size / known <= INT_MAX)
        out->dim[open] = (int)(size / known);
    return open >= 0 ? size % known == 0 : known == size;
}

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    const attr_ints *target = &((const reshape *)attrs)->target_shape;
    char in[SHAPE_TEXT];
    shape out = {.rank = target->count};
    int open = -1;
    if (target->count < 1 || target->count > MAX_RANK)
        return op_reject(report, "target_shape", "a shape has 1 to %d sizes, not %d", MAX_RANK,
                         target->count);
    for (int i = 0; i < target->count; i++) {
        out.dim[i] = target->value[i];
        if (out.dim[i] == 0)
            return op_reject(report, "target_shape",
                             "a size must be at least 1, or -1 to follow from the rest");
        if (out.dim[i] < 0 && open >= 0)
            return op_reject(report, "target_shape",
                             "only one size can follow from the rest, but two are -1");
        if (out.dim[i] < 0)
            open = i;
    }
    if (!close_shape(&out, open, shape_size(&shapes->input[0])))
        return op_reject(report, "target_shape",
                         "the input %s has %zu numbers, which this shape cannot hold exactly",
                         shape_text(&shapes->input[0], in), shape_size(&shapes->input[0]));
    shapes->output = out;
    reshape_infer(shapes);
    return true;
}

static void forward(const op_call *call) {
    reshape_forward(call);
}

static void backward(const op_call *call) {
    reshape_backward(call);
}

LCNN_OP(reshape) = {
    .component = {.name = "reshape",
                  .summary = "the same numbers in another shape",
                  .doc = "Numbers keep their order: channel by channel, row by row. Both shapes "
                         "hold equally many.\n"
                         "Gradient: dx is dy in the input's shape.",
                  .size = sizeof(reshape),
                  .attrs = rows},
    .inputs = (const op_input[]){{.name = "x", .help = "any value"}, {0}},
    .in_place = true,
    .passes_on = true,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_PLAIN,
    .samples =
        (const op_sample[]){{.yaml = "{op: reshape, target_shape: [2, 6, 4]}", .inputs = "3x4x4"},
                            {.yaml = "{op: reshape, target_shape: [-1, 3, 3]}", .inputs = "36"},
                            {.yaml = "{op: reshape, target_shape: [3, 2, -1]}", .inputs = "3x4x3"},
                            {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: reshape, target_shape: [5, -1]}",
                                      .inputs = "3x4x4",
                                      .message = "the input 3x4x4 has 48 numbers"},
                                     {.yaml = "{op: reshape, target_shape: [3, 4, 5]}",
                                      .inputs = "3x4x4",
                                      .message = "cannot hold exactly"},
                                     {.yaml = "{op: reshape, target_shape: [-1, -1]}",
                                      .inputs = "3x4x4",
                                      .message = "two are -1"},
                                     {.yaml = "{op: reshape, target_shape: [0, 48]}",
                                      .inputs = "3x4x4",
                                      .message = "at least 1"},
                                     {.yaml = "{op: reshape, target_shape: [1, 3, 1, 4, 4]}",
                                      .inputs = "3x4x4",
                                      .message = "1 to 4 sizes"},
                                     {0}},
};
