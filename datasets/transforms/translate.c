/* translate.c - every image moved by the same whole pixels. random_affine moves them at random, and
 * only while training; this one also moves what a trained network is tested on. */
#include "dataset.h"

#include <string.h>

typedef struct translate {
    attr_pair by;
    double fill;
} translate;

enum { TRANSLATE_MAX = 65536 };

static const attr translate_table[] = {
    {.name = "by",
     .type = ATTR_PAIR,
     .offset = offsetof(translate, by),
     .min = -TRANSLATE_MAX,
     .max = TRANSLATE_MAX,
     .help = "pixels moved down and to the right; below 0: up, to the left; one number is both"},
    {.name = "fill",
     .type = ATTR_REAL,
     .offset = offsetof(translate, fill),
     .initial = "0",
     .help = "value of the pixels that come in at the border, on the scale of what comes in"},
    {.name = NULL},
};

static bool translate_infer(const void *attrs, const shape *in, shape *out, mark at,
                            lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    return true;
}

static int between(int low, int x, int high) {
    return x < low ? low : x > high ? high : x;
}

static void translate_apply(const transform_call *call) {
    const translate *t = call->attrs;
    const int height = call->in_shape->dim[1], width = call->in_shape->dim[2];
    /* Columns of the output that have something behind them. */
    const int first = between(0, t->by.x, width), end = between(0, width + t->by.x, width);
    const float fill = (float)t->fill, *in = call->in;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++, in += shape_pixels(call->in_shape))
        for (int y = 0; y < height; y++, out += width) {
            const int row = y - t->by.y;
            const bool inside = row >= 0 && row < height && first < end;
            for (int x = 0; x < width; x++)
                out[x] = fill;
            if (inside)
                memcpy(out + first, in + (size_t)row * (size_t)width + (first - t->by.x),
                       (size_t)(end - first) * sizeof *out);
        }
}

const transform transform_translate = {
    .component =
        {
            .name = "translate",
            .summary = "the image moved by whole pixels, in training and tests alike",
            .doc =
                "y[i, j] = x[i - down, j - right] for `by: [down, right]`, and `fill` where that "
                "lies outside.\n"
                "The shape stays; what is moved across the border is lost, so `pad` comes first. "
                "A run whose\n"
                "model has `by: 0` can be tested on digits that are not in the middle.",
            .size = sizeof(translate),
            .attrs = translate_table,
        },
    .infer = translate_infer,
    .apply = translate_apply,
    .samples =
        (const transform_sample[]){{"{op: translate, by: [0, 3]}", {3, {1, 32, 32}}},
                                   {"{op: translate, by: [-2, 1], fill: -1}", {3, {3, 5, 4}}},
                                   {"{op: translate, by: 65536}", {3, {1, 4, 9}}},
                                   {0}},
};
