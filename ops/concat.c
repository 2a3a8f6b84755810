/* concat.c - values joined along their channels. */
#include "kernels/elementwise.h"

#include <limits.h>

/* Equal but for dimension 0. */
static bool joins(const shape *a, const shape *b) {
    shape same = *b;
    same.dim[0] = a->dim[0];
    return shape_equal(a, &same);
}

static bool infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs;
    const shape *in = shapes->input;
    char first[SHAPE_TEXT], other[SHAPE_TEXT];
    if (shapes->inputs < 2)
        return op_reject(report, "from", "it needs two or more inputs, as in from: [a, b]");
    int64_t channels = in[0].dim[0];
    int most = in[0].dim[0];
    for (int k = 1; k < shapes->inputs; k++) {
        if (!joins(&in[0], &in[k]))
            return op_reject(
                report, "from",
                "inputs may differ in their channels only, but the first is %s and number %d is %s",
                shape_text(&in[0], first), k + 1, shape_text(&in[k], other));
        channels += in[k].dim[0];
        most = in[k].dim[0] > most ? in[k].dim[0] : most;
    }
    if (channels > INT_MAX)
        return op_reject(report, "from", "the inputs have too many channels: %lld",
                         (long long)channels);
    shapes->output = in[0];
    shapes->output.dim[0] = (int)channels;
    shapes->forward_items = (int)channels;
    shapes->backward_items = most;
    shapes->single_forward_items = shapes->single_backward_items = (int)shape_pixels(&in[0]);
    return true;
}

/* What the channels asked for have in common with input k, whose channel 0 is channel `base` of the
 * output: a run of memory in the input, and the distance from there to the same channel in the
 * output. */
typedef struct share {
    runs runs;
    size_t shift;
} share;

static share share_of(const op_call *call, int k, int base) {
    const shape *in = &call->shapes->input[k];
    int first = call->first > base ? call->first - base : 0;
    int end = call->end < base + in->dim[0] ? call->end - base : in->dim[0];
    share s = {channel_runs(in, first, end > first ? end : first), (size_t)base * shape_stride(in)};
    return s;
}

static void forward_lanes(const op_call *call) {
    int base = 0;
    for (int k = 0; k < call->shapes->inputs; k++) {
        share s = share_of(call, k, base);
        for (int c = 0; c < s.runs.count; c++) {
            size_t start = s.runs.start + (size_t)c * s.runs.step;
            run_copy(call->output + s.shift + start, call->input[k] + start, s.runs.length, false);
        }
        base += call->shapes->input[k].dim[0];
    }
}

/* An item is channel c of every input: where one value is read twice, both readings add to the same
 * gradient. */
static void backward_lanes(const op_call *call) {
    size_t base = 0;
    for (int k = 0; k < call->shapes->inputs; k++) {
        const shape *in = &call->shapes->input[k];
        int end = call->end < in->dim[0] ? call->end : in->dim[0];
        runs r = channel_runs(in, call->first, call->first < end ? end : call->first);
        for (int c = 0; c < r.count && call->input_grad[k] != NULL; c++) {
            size_t start = r.start + (size_t)c * r.step;
            run_copy(call->input_grad[k] + start, call->output_grad + base + start, r.length,
                     call->input_grad_add[k]);
        }
        base += shape_tile(in);
    }
}

/* In FORM_SINGLE pixels are the items: the inputs' channels stand there side by side, wherever
 * their vectors end. What follows a pixel's last channel gets zeros. */
static void clear_padding(const shape *s, real *pixel) {
    for (int c = s->dim[0]; c < single_vectors(s) * SINGLE_VECTOR; c++)
        pixel[c] = 0;
}

static void forward_single(const op_call *call) {
    const op_shapes *s = call->shapes;
    for (size_t p = (size_t)call->first; p < (size_t)call->end; p++) {
        real *y = call->output + p * shape_width(&s->output);
        clear_padding(&s->output, y);
        for (int k = 0; k < s->inputs; y += s->input[k++].dim[0]) {
            const real *x = call->input[k] + p * shape_width(&s->input[k]);
            for (int c = 0; c < s->input[k].dim[0]; c++)
                y[c] = x[c];
        }
    }
}

static void backward_single(const op_call *call) {
    const op_shapes *s = call->shapes;
    for (size_t p = (size_t)call->first; p < (size_t)call->end; p++) {
        const real *dy = call->output_grad + p * shape_width(&s->output);
        for (int k = 0; k < s->inputs; dy += s->input[k++].dim[0]) {
            if (call->input_grad[k] == NULL)
                continue;
            real *dx = call->input_grad[k] + p * shape_width(&s->input[k]);
            bool add = call->input_grad_add[k];
            clear_padding(&s->input[k], dx);
            for (int c = 0; c < s->input[k].dim[0]; c++)
                dx[c] = add ? dx[c] + dy[c] : dy[c];
        }
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

LCNN_OP(concat) = {
    .component = {.name = "concat",
                  .summary = "two or more values joined along their channels",
                  .doc = "C0 x H x W, C1 x H x W, ... become (C0 + C1 + ...) x H x W; vectors are "
                         "joined end to end.\n"
                         "Gradient: each input gets its channels of dy."},
    .inputs = (const op_input[]){{.name = "x",
                                  .help = "two or more values that differ in their channels only",
                                  .variadic = true},
                                 {0}},
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .curvature_rule = CURVATURE_PLAIN,
    .samples = (const op_sample[]){{.yaml = "{op: concat}", .inputs = "2x3x4 1x3x4 3x3x4"},
                                   {.yaml = "{op: concat}", .inputs = "2x3x3 4x3x3"},
                                   {.yaml = "{op: concat}", .inputs = "5 2"},
                                   {.yaml = "{op: concat}", .inputs = "3x2x2 3x2x2"},
                                   {.yaml = "{op: concat}", .inputs = "61x1x2 9x1x2"},
                                   {0}},
    .refusals = (const op_refusal[]){{.yaml = "{op: concat}",
                                      .inputs = "5",
                                      .message = "two or more inputs"},
                                     {.yaml = "{op: concat}",
                                      .inputs = "2x3x3 2x3x4",
                                      .message = "the first is 2x3x3 and number 2 is 2x3x4"},
                                     {0}},
};
