/* pool.h - what the pooling operators share: their attributes, and what follows from them about
 * shapes.
 *
 * What is done with the pixels of a window is each operator's own. */
#ifndef POOL_H
#define POOL_H

#include "kernels/window.h"
#include <string.h>

typedef struct pool_attrs {
    attr_pair pool_size;
    attr_pair strides; /* 0: the pool size */
    attr_padding padding;
} pool_attrs;

static const attr pool_rows[] = {
    {.name = "pool_size",
     .type = ATTR_PAIR,
     .offset = offsetof(pool_attrs, pool_size),
     .initial = "2",
     .min = 1,
     .max = WINDOW_MAX,
     .help = "height and width of the window"},
    {.name = "strides",
     .type = ATTR_PAIR,
     .offset = offsetof(pool_attrs, strides),
     .initial = "0",
     .max = WINDOW_MAX,
     .help = "rows and columns from one window to the next; 0: the pool size"},
    {.name = "padding",
     .type = ATTR_PADDING,
     .offset = offsetof(pool_attrs, padding),
     .initial = "valid",
     .max = WINDOW_MAX,
     .help = "positions added around the input, which count for nothing"},
    {0},
};

static inline window_attrs pool_window_attrs(const pool_attrs *a) {
    attr_pair stride = {a->strides.y > 0 ? a->strides.y : a->pool_size.y,
                        a->strides.x > 0 ? a->strides.x : a->pool_size.x};
    return (window_attrs){a->pool_size, stride, {1, 1}, a->padding};
}

/* One channel of the input under its windows. */
typedef struct pool {
    window y, x;
    size_t in_stride, out_stride; /* reals between channels */
} pool;

static inline pool pool_of(const op_call *call) {
    window_attrs a = pool_window_attrs(call->attrs);
    pool p = {.in_stride = shape_stride(&call->shapes->input[0]),
              .out_stride = shape_stride(&call->shapes->output)};
    window_both(&a, &call->shapes->input[0], &p.y, &p.x);
    return p;
}

/* LeNet's pooling, which has loops of its own: 2x2 windows side by side, all inside the input. */
static inline bool pool_is_halving(const pool *p) {
    return p->y.size == 2 && p->x.size == 2 && p->y.stride == 2 && p->x.stride == 2 &&
           p->y.pad == 0 && p->x.pad == 0 && 2 * p->y.out <= p->y.in && 2 * p->x.out <= p->x.in;
}

/* Clears one channel of an input gradient. */
static inline void pool_clear(const pool *p, real *grad) {
    memset(grad, 0, (size_t)p->y.in * (size_t)p->x.in * LANES * sizeof(real));
}

static inline bool pool_infer(const void *attrs, op_shapes *s, op_report *report) {
    const pool_attrs *a = attrs;
    window_attrs w = pool_window_attrs(a);
    window y, x;
    if (!window_infer(&w, &s->input[0], "pool", "pool_size", &y, &x, report))
        return false;
    const attr_padding *p = &a->padding;
    if (p->top >= y.size || p->bottom >= y.size || p->left >= x.size || p->right >= x.size) {
        char text[WINDOW_TEXT];
        return op_reject(
            report, "padding",
            "each side must be smaller than the pool size %s: a window with nothing but padding "
            "has no value",
            window_text(y.size, x.size, text));
    }
    int channels = s->input[0].dim[0];
    s->output = (shape){3, {channels, y.out, x.out}};
    s->forward_items = s->backward_items = channels;
    return true;
}

#endif
