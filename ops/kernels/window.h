/* window.h - the geometry of a window that slides along one axis: where each output position looks
 * in the input.
 *
 * Shared by convolution and pooling, which use one window for rows and one for columns. Owns the
 * padding rules and the refusals that follow from sizes; touches no data. */
#ifndef WINDOW_H
#define WINDOW_H

#include "op.h"
#include <stdio.h>

/* The largest size, stride, dilation and padding that attribute rows may allow: everything below
 * then fits an int. */
enum { WINDOW_MAX = 1 << 14 };

/* Tap k of output position o looks at input position o * stride - pad + k * dilation, if there is
 * one. */
typedef struct window {
    int size;     /* taps */
    int stride;   /* between output positions, in input positions */
    int dilation; /* between taps, in input positions */
    int pad;      /* positions added before the input; those after it follow from `out` */
    int in, out;  /* positions of the input and of the output */
} window;

/* Input positions from the first tap to the last, both included. */
static inline int window_extent(const window *w) {
    return (w->size - 1) * w->dilation + 1;
}

/* The taps of an output position that fall inside the input. */
typedef struct window_taps {
    int first, end; /* taps [first, end); may be empty */
    int at;         /* input position of tap `first` */
} window_taps;

INLINE window_taps window_inside(const window *w, int o) {
    int start = o * w->stride - w->pad;
    window_taps t = {0, w->size, start};
    if (start < 0) {
        t.first = (w->dilation - 1 - start) / w->dilation;
        t.at = start + t.first * w->dilation;
    }
    if (start + window_extent(w) > w->in)
        t.end = (w->in - start + w->dilation - 1) / w->dilation;
    if (t.end < t.first)
        t.end = t.first;
    return t;
}

/* One axis. `same` follows TensorFlow and Keras: out = ceil(in / stride), and of an odd number of
 * added positions the extra one comes last. `out` is below 1 when the window exceeds the padded
 * input. */
static inline window window_along(int size, int stride, int dilation, int in, padding_mode mode,
                                  int before, int after) {
    window w = {.size = size, .stride = stride, .dilation = dilation, .in = in};
    if (mode == PADDING_SAME) {
        w.out = (in + stride - 1) / stride;
        int added = (w.out - 1) * stride + window_extent(&w) - in;
        w.pad = added > 0 ? added / 2 : 0;
    } else {
        w.pad = before;
        int room = before + in + after - window_extent(&w);
        w.out = room < 0 ? 0 : room / stride + 1;
    }
    return w;
}

/* What an operator's attributes say about its windows. */
typedef struct window_attrs {
    attr_pair size, stride, dilation; /* each 1 to WINDOW_MAX */
    attr_padding padding;             /* each 0 to WINDOW_MAX */
} window_attrs;

/* Both axes of an input of shape [channels, height, width], which window_infer has accepted. */
static inline void window_both(const window_attrs *a, const shape *input, window *y, window *x) {
    const attr_padding *p = &a->padding;
    *y = window_along(a->size.y, a->stride.y, a->dilation.y, input->dim[1], p->mode, p->top,
                      p->bottom);
    *x = window_along(a->size.x, a->stride.x, a->dilation.x, input->dim[2], p->mode, p->left,
                      p->right);
}

/* "5" or "5x3" */
enum { WINDOW_TEXT = 32 };
static inline const char *window_text(int y, int x, char text[WINDOW_TEXT]) {
    if (y == x)
        snprintf(text, WINDOW_TEXT, "%d", y);
    else
        snprintf(text, WINDOW_TEXT, "%dx%d", y, x);
    return text;
}

/* Checks that the input has rows and columns and that the window fits into it, and gives both axes.
 * In messages the window is called `what` ("kernel") and its size is set by `attribute`
 * ("kernel_size"). */
static inline bool window_infer(const window_attrs *a, const shape *input, const char *what,
                                const char *attribute, window *y, window *x, op_report *report) {
    char text[SHAPE_TEXT], size[WINDOW_TEXT], extent[WINDOW_TEXT];
    if (input->rank != 3) {
        op_reject(report, "from", "the input must be channels x height x width, not %s",
                  shape_text(input, text));
        return false;
    }
    window_both(a, input, y, x);
    if (y->out > 0 && x->out > 0)
        return true;
    const attr_padding *p = &a->padding;
    int height = input->dim[1] + p->top + p->bottom;
    int width = input->dim[2] + p->left + p->right;
    const char *padded = p->mode == PADDING_EXPLICIT ? "padded " : "";
    window_text(a->size.y, a->size.x, size);
    window_text(window_extent(y), window_extent(x), extent);
    if (a->dilation.y == 1 && a->dilation.x == 1)
        op_reject(report, attribute, "%s %s exceeds the %sinput %dx%d", what, size, padded, height,
                  width);
    else
        op_reject(report, attribute,
                  "%s %s, spread to %s by its dilation, exceeds the %sinput %dx%d", what, size,
                  extent, padded, height, width);
    return false;
}

#endif
