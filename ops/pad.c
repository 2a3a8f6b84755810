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
    channel_items(shapes);
    return true;
}

static void fill(real *to, vec value, size_t n) {
    for (size_t i = 0; i < n; i += VW)
        vec_store(to + i, value);
}

/* The same for whole pixels of FORM_LANES; returns what follows them. */
static real *fill_pixels(real *to, vec value, int pixels) {
    size_t n = (size_t)pixels * LANES;
    fill(to, value, n);
    return to + n;
}

static void forward_lanes(const op_call *call) {
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
            y = fill_pixels(y, value, width);
        for (int i = 0; i < height; i++, x += row) {
            y = fill_pixels(y, value, p->left);
            run_copy(y, x, row, false);
            y = fill_pixels(y + row, value, p->right);
        }
        for (int i = 0; i < p->bottom; i++)
            y = fill_pixels(y, value, width);
    }
}

static void backward_lanes(const op_call *call) {
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

/* Pixel (i, j) of the output, as one of the input; false on the border. */
static bool inside(const op_call *call, int i, int j, size_t *pixel) {
    const attr_padding *p = &((const pad *)call->attrs)->padding;
    const shape *in = &call->shapes->input[0];
    int y = i - p->top, x = j - p->left;
    if (y < 0 || y >= in->dim[1] || x < 0 || x >= in->dim[2])
        return false;
    *pixel = (size_t)y * (size_t)in->dim[2] + (size_t)x;
    return true;
}

/* FORM_SINGLE: vectors of channels are the items, and a pixel of the input is copied or left out
 * whole. */
static void forward_single(const op_call *call) {
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t first = (size_t)call->first * SINGLE_VECTOR;
    size_t length = (size_t)call->end * SINGLE_VECTOR - first;
    vec value = vec_set1((real)((const pad *)call->attrs)->value);
    real *y = call->output + first;
    for (int i = 0; i < out->dim[1]; i++)
        for (int j = 0; j < out->dim[2]; j++, y += shape_width(out)) {
            size_t pixel;
            if (inside(call, i, j, &pixel))
                run_copy(y, call->input[0] + pixel * shape_width(in) + first, length, false);
            else
                fill(y, value, length);
        }
}

static void backward_single(const op_call *call) {
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t first = (size_t)call->first * SINGLE_VECTOR;
    size_t length = (size_t)call->end * SINGLE_VECTOR - first;
    const real *dy = call->output_grad + first;
    for (int i = 0; i < out->dim[1] && call->input_grad[0] != NULL; i++)
        for (int j = 0; j < out->dim[2]; j++, dy += shape_width(out)) {
            size_t pixel;
            if (inside(call, i, j, &pixel))
                run_copy(call->input_grad[0] + pixel * shape_width(in) + first, dy, length,
                         call->input_grad_add[0]);
        }
}

static void forward(const op_call *call) {
    if (call->form == FORM_SINGLE)
        forward_single(call);
    else
        forward_lanes(call);
}

static void backward(const op_call *call) {
    if (call->form == FORM_SINGLE)
        backward_single(call);
    else
        backward_lanes(call);
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
    .curvature_rule = CURVATURE_PLAIN,
    .samples = (const op_sample[]){{.yaml = "{op: pad, padding: 2}", .inputs = "2x3x4"},
                                   {.yaml = "{op: pad, padding: [1, 0, 2, 3], value: -0.1}",
                                    .inputs = "3x4x4"},
                                   {.yaml = "{op: pad, padding: [0, 1]}", .inputs = "1x3x3"},
                                   {.yaml = "{op: pad, padding: 1}", .inputs = "61x1x1"},
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
