/* pad.c - a border of one value around every channel. */
#include "kernels/elementwise.h"

/* The widest border, which keeps every size an int. */
enum { BORDER_MAX = 1 << 14 };

typedef struct pad {
    attr_padding padding;
    double value;
} pad;

static const attr rows[] = {
    {.name = "padding",
     .type = ATTR_PADDING,
     .offset = offsetof(pad, padding),
     .max = BORDER_MAX,
     .help = "pixels added: n on every side, [y, x], or [top, bottom, left, right]"},
    {.name = "value",
     .type = ATTR_REAL,
     .offset = offsetof(pad, value),
     .initial = "0",
     .help = "what is added"},
    {0},
};

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    const attr_padding *p = &((const pad *)attrs)->padding;
    const shape *in = &shapes->input[0];
    char text[SHAPE_TEXT];
    if (in->rank != 3)
        return op_reject(report, "from", "the input must be channels x height x width, not %s",
                         shape_text(in, text));
    if (p->mode != PADDING_EXPLICIT)
        return op_reject(report, "padding",
                         "give numbers of pixels: n, [y, x] or [top, bottom, left, right]");
    shapes->output =
        (shape){3, {in->dim[0], in->dim[1] + p->top + p->bottom, in->dim[2] + p->left + p->right}};
    shapes->forward_items = shapes->backward_items = in->dim[0];
    return true;
}

static real *fill(real *to, vec value, int pixels) {
    size_t n = (size_t)pixels * LANES;
    for (size_t i = 0; i < n; i += VW)
        vec_store(to + i, value);
    return to + n;
}

static void forward(const op_call *call) {
    const pad *a = call->attrs;
    const attr_padding *p = &a->padding;
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    int height = in->dim[1], width = out->dim[2];
    size_t row = (size_t)in->dim[2] * LANES;
    vec value = vec_set1((real)a->value);
    for (int c = call->first; c < call->end; c++) {
        const real *x = call->input[0] + (size_t)c * shape_stride(in);
        real *y = call->output + (size_t)c * shape_stride(out);
        for (int i = 0; i < p->top; i++)
            y = fill(y, value, width);
        for (int i = 0; i < height; i++, x += row) {
            y = fill(y, value, p->left);
            run_copy(y, x, row, false);
            y = fill(y + row, value, p->right);
        }
        for (int i = 0; i < p->bottom; i++)
            y = fill(y, value, width);
    }
}

static void backward(const op_call *call) {
    const attr_padding *p = &((const pad *)call->attrs)->padding;
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t row = (size_t)in->dim[2] * LANES, out_row = (size_t)out->dim[2] * LANES;
    for (int c = call->first; c < call->end && call->input_grad[0] != NULL; c++) {
        const real *dy = call->output_grad + (size_t)c * shape_stride(out) +
                         (size_t)p->top * out_row + (size_t)p->left * LANES;
        real *dx = call->input_grad[0] + (size_t)c * shape_stride(in);
        for (int i = 0; i < in->dim[1]; i++, dx += row, dy += out_row)
            run_copy(dx, dy, row, call->input_grad_add[0]);
    }
}

LCNN_OP(pad) = {
    .component = {.name = "pad",
                  .summary = "a border of one value around every channel",
                  .doc = "C x H x W becomes C x (top + H + bottom) x (left + W + right).\n"
                         "Gradient: dx is dy without the border.",
                  .size = sizeof(pad),
                  .attrs = rows},
    .inputs = (const op_input[]){{.name = "x", .help = "channels x height x width"}, {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .samples = (const op_sample[]){{.yaml = "{op: pad, padding: 2}", .inputs = "2x3x4"},
                                   {.yaml = "{op: pad, padding: [1, 0, 2, 3], value: -0.1}",
                                    .inputs = "3x4x4"},
                                   {.yaml = "{op: pad, padding: [0, 1]}", .inputs = "1x3x3"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: pad, padding: 1}",
                                      .inputs = "12",
                                      .message = "channels x height x width, not 12"},
                                     {.yaml = "{op: pad, padding: same}",
                                      .inputs = "2x3x3",
                                      .message = "give numbers of pixels"},
                                     {.yaml = "{op: pad, padding: -1}",
                                      .inputs = "2x3x3",
                                      .message = "padding"},
                                     {0}},
};
