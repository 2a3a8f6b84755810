/* crop.c - a window of the image, in its middle unless moved. */
#include "dataset.h"

#include <string.h>

enum { CROP_MAX = 65536 };

typedef struct crop {
    attr_pair size, shift;
} crop;

static const attr crop_table[] = {
    {.name = "size",
     .type = ATTR_PAIR,
     .offset = offsetof(crop, size),
     .min = 1,
     .max = CROP_MAX,
     .help = "height and width that remain; one number is both"},
    {.name = "shift",
     .type = ATTR_PAIR,
     .offset = offsetof(crop, shift),
     .initial = "0",
     .min = -CROP_MAX,
     .max = CROP_MAX,
     .help = "how far below and right of the middle the window lies"},
    {.name = NULL},
};

/* The window's first row and column. Where the rest is odd, the larger part of it is below and to
 * the right. */
static attr_pair window(const crop *c, const shape *in) {
    return (attr_pair){.y = (in->dim[1] - c->size.y) / 2 + c->shift.y,
                       .x = (in->dim[2] - c->size.x) / 2 + c->shift.x};
}

static bool crop_infer(const void *attrs, const shape *in, shape *out, mark at,
                       lcnn_errors *errors) {
    const crop *c = attrs;
    *out = *in;
    out->dim[1] = c->size.y;
    out->dim[2] = c->size.x;
    if (c->size.y > in->dim[1] || c->size.x > in->dim[2]) {
        error_add(errors, LCNN_BAD_MODEL, at,
                  "crop: `size` is %dx%d, more than the %dx%d of the image; pad adds pixels",
                  c->size.y, c->size.x, in->dim[1], in->dim[2]);
        return false;
    }
    const attr_pair first = window(c, in);
    if (first.y < 0 || first.x < 0 || first.y + c->size.y > in->dim[1] ||
        first.x + c->size.x > in->dim[2]) {
        error_add(errors, LCNN_BAD_MODEL, at,
                  "crop: `shift` moves the window of %dx%d beyond the image of %dx%d", c->size.y,
                  c->size.x, in->dim[1], in->dim[2]);
        return false;
    }
    return true;
}

static void crop_apply(const transform_call *call) {
    const crop *c = call->attrs;
    const attr_pair first = window(c, call->in_shape);
    const size_t width = (size_t)call->in_shape->dim[2], pixels = shape_pixels(call->in_shape);
    float *out = call->out;
    for (int channel = 0; channel < call->in_shape->dim[0]; channel++) {
        const float *in = call->in + (size_t)channel * pixels + (size_t)first.y * width + first.x;
        for (int y = 0; y < c->size.y; y++, in += width, out += c->size.x)
            memcpy(out, in, (size_t)c->size.x * sizeof *out);
    }
}

const transform transform_crop = {
    .component =
        {
            .name = "crop",
            .summary = "a window of the image",
            .doc = "[C, H, W] becomes [C, size]. The window lies in the middle, or, with `shift`, "
                   "so many\npixels further down and right; negative numbers move it up and left.",
            .size = sizeof(crop),
            .attrs = crop_table,
        },
    .infer = crop_infer,
    .apply = crop_apply,
    .samples =
        (const transform_sample[]){{"{op: crop, size: 24}", {3, {1, 28, 28}}},
                                   {"{op: crop, size: [3, 2], shift: [-1, 2]}", {3, {3, 6, 7}}},
                                   {0}},
    .refusals = (const transform_refusal[]){{"{op: crop, size: 32}",
                                             {3, {1, 28, 28}},
                                             "32x32, more than the 28x28 of the image; pad adds"},
                                            {"{op: crop, size: 24, shift: [0, 3]}",
                                             {3, {1, 28, 28}},
                                             "`shift` moves the window of 24x24 beyond"},
                                            {0}},
};
