/* reshape.h - moving a tile from one shape to another that holds as many numbers, shared by flatten
 * and reshape.
 *
 * Numbers keep their order (channel, row, column). Memory is another matter: channels of an even
 * number of pixels are followed by a padding line, so that equal orders can lie differently. */
#ifndef RESHAPE_H
#define RESHAPE_H

#include "kernels/elementwise.h"
#include <string.h>

/* Where number `i` of a sample lies in a tile, in reals. */
INLINE size_t reshape_place(const shape *s, size_t i) {
    size_t pixels = shape_pixels(s);
    return i / pixels * shape_stride(s) + i % pixels * LANES;
}

/* The first number after `i` that may not follow its forerunner in memory, `end` at most. */
INLINE size_t reshape_gap(const shape *s, size_t i, size_t end) {
    size_t pixels = shape_pixels(s), gap = (i / pixels + 1) * pixels;
    return shape_is_dense(s) || gap > end ? end : gap;
}

/* Copies numbers [first, end) of every sample, or adds them to what is there. */
INLINE void reshape_move(const shape *from_shape, const real *from, const shape *to_shape, real *to,
                         size_t first, size_t end, bool add) {
    while (first < end) {
        size_t next = reshape_gap(from_shape, first, reshape_gap(to_shape, first, end));
        run_copy(to + reshape_place(to_shape, first), from + reshape_place(from_shape, first),
                 (next - first) * LANES, add);
        first = next;
    }
}

/* Numbers of one sample, channel by channel; in FORM_SINGLE an image has them pixel by pixel. */
typedef struct walk {
    size_t pixels, width, pixel, channel;
} walk;

INLINE walk walk_of(const shape *s) {
    return (walk){shape_pixels(s), shape_width(s), 0, 0};
}

/* Where the next number lies. */
INLINE size_t walk_next(walk *w) {
    size_t place = w->pixel * w->width + w->channel;
    if (++w->pixel == w->pixels) {
        w->pixel = 0;
        w->channel++;
    }
    return place;
}

/* The same in FORM_SINGLE, all numbers at once. */
INLINE void reshape_single(const shape *from_shape, const real *from, const shape *to_shape,
                           real *to, bool add) {
    walk in = walk_of(from_shape), out = walk_of(to_shape);
    if (add) {
        for (size_t i = shape_size(from_shape); i > 0; i--)
            to[walk_next(&out)] += from[walk_next(&in)];
        return;
    }
    if (out.width > (size_t)to_shape->dim[0])
        memset(to, 0, out.pixels * out.width * sizeof *to);
    if (out.pixels == 1) /* a flatten */
        for (size_t c = 0; c < (size_t)from_shape->dim[0]; c++)
            for (size_t p = 0; p < in.pixels; p++)
                *to++ = from[p * in.width + c];
    else if (in.pixels == 1) /* its gradient */
        for (size_t c = 0; c < (size_t)to_shape->dim[0]; c++)
            for (size_t p = 0; p < out.pixels; p++)
                to[p * out.width + c] = *from++;
    else
        for (size_t i = shape_size(from_shape); i > 0; i--)
            to[walk_next(&out)] = from[walk_next(&in)];
}

/* To be called once the output's shape is known. Channels of the output are the items, in both
 * directions; in FORM_SINGLE there is one. */
INLINE void reshape_infer(op_shapes *shapes) {
    const shape *in = &shapes->input[0], *out = &shapes->output;
    bool same_layout = (shape_is_dense(in) && shape_is_dense(out)) ||
                       (in->dim[0] == out->dim[0] && shape_pixels(in) == shape_pixels(out));
    shapes->not_in_place = !same_layout;
    shapes->forward_items = shapes->backward_items = out->dim[0];
    shapes->single_forward_items = shapes->single_backward_items = 1;
}

/* In place, layouts agree and there is nothing to do. */
INLINE void reshape_forward(const op_call *call) {
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t pixels = shape_pixels(out);
    if (call->output == call->input[0])
        return;
    if (call->form == FORM_SINGLE)
        reshape_single(in, call->input[0], out, call->output, false);
    else
        reshape_move(in, call->input[0], out, call->output, (size_t)call->first * pixels,
                     (size_t)call->end * pixels, false);
}

INLINE void reshape_backward(const op_call *call) {
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t pixels = shape_pixels(out);
    if (call->input_grad[0] == NULL || call->input_grad[0] == call->output_grad)
        return;
    if (call->form == FORM_SINGLE)
        reshape_single(out, call->output_grad, in, call->input_grad[0], call->input_grad_add[0]);
    else
        reshape_move(out, call->output_grad, in, call->input_grad[0], (size_t)call->first * pixels,
                     (size_t)call->end * pixels, call->input_grad_add[0]);
}

#endif
