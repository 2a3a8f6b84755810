/* pool.h - what the pooling operators share: their attributes, and what follows from them about
 * shapes.
 *
 * What is done with the pixels of a window is each operator's own. */
#ifndef POOL_H
#define POOL_H

#include "kernels/elementwise.h"
#include "kernels/window.h"

typedef struct pool_attrs {
    attr_pair pool_size;
    attr_pair strides;
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
     .like = "pool_size",
     .min = 1,
     .max = WINDOW_MAX,
     .help = "rows and columns from one window to the next"},
    {.name = "padding",
     .type = ATTR_PADDING,
     .offset = offsetof(pool_attrs, padding),
     .initial = "valid",
     .max = WINDOW_MAX,
     .help = "positions added around the input, which count for nothing"},
    {0},
};

static inline window_attrs pool_window_attrs(const pool_attrs *a) {
    return (window_attrs){a->pool_size, a->strides, {1, 1}, a->padding};
}

/* The numbers that a call's items pool, under their windows: planes (the channels of FORM_LANES, or
 * the one of FORM_SINGLE) of pixels, and of each pixel as many neighbouring numbers as are pooled
 * side by side: lanes, or channels. */
typedef struct pool {
    window y, x;
    int planes;
    size_t in_first, in_plane, in_pixel; /* reals to the first plane, between planes and pixels */
    size_t out_first, out_plane, out_pixel;
    size_t length; /* numbers side by side, a multiple of VW */
} pool;

/* `form` is the call's; a constant, so that FORM_LANES has constants for its steps. */
INLINE pool pool_of(const op_call *call, const tile_form form) {
    const shape *in = &call->shapes->input[0], *out = &call->shapes->output;
    size_t first = (size_t)call->first, items = (size_t)(call->end - call->first);
    window_attrs a = pool_window_attrs(call->attrs);
    pool p;
    window_both(&a, in, &p.y, &p.x);
    if (form == FORM_LANES) {
        p.planes = (int)items;
        p.in_plane = shape_stride(in);
        p.out_plane = shape_stride(out);
        p.in_first = first * p.in_plane;
        p.out_first = first * p.out_plane;
        p.in_pixel = p.out_pixel = p.length = LANES;
    } else {
        p.planes = 1;
        p.in_plane = p.out_plane = 0;
        p.in_first = p.out_first = first * SINGLE_VECTOR;
        p.in_pixel = shape_width(in);
        p.out_pixel = shape_width(out);
        p.length = items * SINGLE_VECTOR;
    }
    return p;
}

/* LeNet's pooling, which has loops of its own: 2x2 windows side by side, all inside the input. */
INLINE bool pool_is_halving(const pool *p) {
    return p->y.size == 2 && p->x.size == 2 && p->y.stride == 2 && p->x.stride == 2 &&
           p->y.pad == 0 && p->x.pad == 0 && 2 * p->y.out <= p->y.in && 2 * p->x.out <= p->x.in;
}

/* Clears one plane of an input gradient. */
INLINE void pool_clear(const pool *p, real *grad) {
    for (int i = 0; i < p->y.in * p->x.in; i++, grad += p->in_pixel)
        for (size_t v = 0; v < p->length; v += VW)
            vec_store(grad + v, vec_zero());
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
    s->output = (shape){3, {s->input[0].dim[0], y.out, x.out}};
    channel_items(s);
    return true;
}

#endif
