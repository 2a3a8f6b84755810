/* elementwise.h - one formula over every number of a tile: the loops that activations and other
 * plain operators share.
 *
 * A formula is given as a function; everything here is inlined, so that the call vanishes. Only
 * pixels are touched, never the padding line that may follow a channel. Each number depends on
 * numbers at the same place only, so how channels are shared out changes nothing, and output may be
 * the input itself. Formulas are the operators' business. */
#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include "op.h"

/* The numbers of a call's items as `count` runs of `length` reals without gaps; each begins `step`
 * after the one before. */
typedef struct runs {
    size_t start, step, length;
    int count;
} runs;

/* True when channels of FORM_LANES follow each other without a padding line. */
INLINE bool shape_is_dense(const shape *s) {
    return shape_stride(s) == shape_pixels(s) * LANES;
}

/* Channels [first, end) in FORM_LANES. */
INLINE runs channel_runs(const shape *s, int first, int end) {
    size_t stride = shape_stride(s);
    runs r = {.start = (size_t)first * stride, .step = stride};
    if (shape_is_dense(s)) {
        r.length = (size_t)(end - first) * stride;
        r.count = 1;
    } else {
        r.length = shape_pixels(s) * LANES;
        r.count = end - first;
    }
    return r;
}

/* Vectors [first, end) of channels in FORM_SINGLE, all of them being single_vectors(s). */
INLINE runs vector_runs(const shape *s, int first, int end) {
    size_t width = shape_width(s), length = (size_t)(end - first) * SINGLE_VECTOR;
    if (length == width)
        return (runs){.length = shape_pixels(s) * width, .count = 1};
    return (runs){.start = (size_t)first * SINGLE_VECTOR,
                  .step = width,
                  .length = length,
                  .count = (int)shape_pixels(s)};
}

/* What the items of an operator with one channel or vector of channels per item take of a value. */
INLINE runs item_runs(const op_call *call, const shape *s) {
    return call->form == FORM_SINGLE ? vector_runs(s, call->first, call->end)
                                     : channel_runs(s, call->first, call->end);
}

/* Stores VW numbers of a gradient, or adds them to what is there. */
INLINE void grad_put(real *p, vec v, bool add) {
    vec_store(p, add ? vec_load(p) + v : v);
}

/* Copies n reals, a multiple of VW, or adds them to what is there. */
INLINE void run_copy(real *to, const real *from, size_t n, bool add) {
    for (size_t i = 0; i < n; i += VW)
        grad_put(to + i, vec_load(from + i), add);
}

/* y = f(x). `k` holds the numbers of the formula and is passed on; NULL where it has none. */
typedef vec elementwise_formula(vec x, const vec *k);

/* dL/dx from dL/dy and a value: x or y, as the operator chose. */
typedef vec elementwise_gradient(vec value, vec grad, const vec *k);

/* Each channel is an item, or, in FORM_SINGLE, each vector of channels. */
INLINE void channel_items(op_shapes *shapes) {
    shapes->forward_items = shapes->backward_items = shapes->output.dim[0];
    shapes->single_forward_items = shapes->single_backward_items = single_vectors(&shapes->output);
}

/* The output has the input's shape. */
INLINE void elementwise_infer(op_shapes *shapes) {
    shapes->output = shapes->input[0];
    channel_items(shapes);
}

/* The same for operators that combine two or more inputs of one shape. */
static inline bool elementwise_infer_many(op_shapes *shapes, op_report *report) {
    char first[SHAPE_TEXT], other[SHAPE_TEXT];
    if (shapes->inputs < 2)
        return op_reject(report, "from", "it needs two or more inputs, as in from: [a, b]");
    for (int k = 1; k < shapes->inputs; k++)
        if (!shape_equal(&shapes->input[0], &shapes->input[k]))
            return op_reject(
                report, "from",
                "all inputs must have one shape, but the first is %s and number %d is %s",
                shape_text(&shapes->input[0], first), k + 1, shape_text(&shapes->input[k], other));
    elementwise_infer(shapes);
    return true;
}

INLINE void elementwise_forward(const op_call *call, elementwise_formula *f, const vec *k) {
    runs r = item_runs(call, &call->shapes->output);
    for (int c = 0; c < r.count; c++) {
        const real *x = call->input[0] + r.start + (size_t)c * r.step;
        real *y = call->output + r.start + (size_t)c * r.step;
        for (size_t i = 0; i < r.length; i += VW)
            vec_store(y + i, f(vec_load(x + i), k));
    }
}

/* `value` is call->input[0] or call->output. */
INLINE void elementwise_backward(const op_call *call, const real *value, elementwise_gradient *df,
                                 const vec *k) {
    if (call->input_grad[0] == NULL)
        return;
    bool add = call->input_grad_add[0];
    runs r = item_runs(call, &call->shapes->output);
    for (int c = 0; c < r.count; c++) {
        size_t offset = r.start + (size_t)c * r.step;
        const real *v = value + offset, *dy = call->output_grad + offset;
        real *dx = call->input_grad[0] + offset;
        for (size_t i = 0; i < r.length; i += VW)
            grad_put(dx + i, df(vec_load(v + i), vec_load(dy + i), k), add);
    }
}

#endif
