/* random_crop.c - a window of the image: anywhere while training, in the middle elsewhere. */
#include "draws.h"

typedef struct random_crop {
    attr_pair size, padding;
    double fill;
} random_crop;

enum { CROP_MAX = 65536, PADDING_MAX = 1024 };

static const attr random_crop_table[] = {
    {.name = "size",
     .type = ATTR_PAIR,
     .offset = offsetof(random_crop, size),
     .min = 1,
     .max = CROP_MAX,
     .help = "height and width that remain; one number is both"},
    {.name = "padding",
     .type = ATTR_PAIR,
     .offset = offsetof(random_crop, padding),
     .initial = "0",
     .min = 0,
     .max = PADDING_MAX,
     .help = "pixels added above and below, and left and right, first; one number is both"},
    {.name = "fill",
     .type = ATTR_REAL,
     .offset = offsetof(random_crop, fill),
     .initial = "0",
     .help = "value of the pixels added, on the scale of what comes in"},
    {.name = NULL},
};

/* Rows above and columns left of the window, at most. */
static attr_pair room(const random_crop *c, const shape *in) {
    return (attr_pair){.y = in->dim[1] + 2 * c->padding.y - c->size.y,
                       .x = in->dim[2] + 2 * c->padding.x - c->size.x};
}

static bool random_crop_infer(const void *attrs, const shape *in, shape *out, mark at,
                              lcnn_errors *errors) {
    const random_crop *c = attrs;
    const attr_pair left = room(c, in);
    *out = *in;
    out->dim[1] = c->size.y;
    out->dim[2] = c->size.x;
    if (left.y >= 0 && left.x >= 0)
        return true;
    error_add(errors, LCNN_BAD_MODEL, at,
              "random_crop: `size` is %dx%d, more than the %dx%d of the image with its `padding`",
              c->size.y, c->size.x, c->size.y + left.y, c->size.x + left.x);
    return false;
}

/* Row `y` of a channel from column x on; both may lie outside. */
static void copy_row(const random_crop *c, const shape *s, const float *in, int y, int x,
                     float *out) {
    const int height = s->dim[1], width = s->dim[2];
    const bool inside = y >= 0 && y < height;
    const float *row = inside ? in + (size_t)y * (size_t)width : in;
    const int first = !inside || x > 0 ? 0 : -x < c->size.x ? -x : c->size.x;
    const int rest = width - x, end = !inside || rest < 0 ? 0 : rest < c->size.x ? rest : c->size.x;
    int i = 0;
    for (; i < first; i++)
        out[i] = (float)c->fill;
    for (; i < end; i++)
        out[i] = row[x + i];
    for (; i < c->size.x; i++)
        out[i] = (float)c->fill;
}

static void random_crop_apply(const transform_call *call) {
    const random_crop *c = call->attrs;
    const attr_pair most = room(c, call->in_shape);
    attr_pair first = {.y = most.y / 2, .x = most.x / 2};
    if (call->key) {
        uint32_t word[4];
        draw_words(call, 0, word);
        first.y = (int)rng_below(word[0], (uint32_t)most.y + 1);
        first.x = (int)rng_below(word[1], (uint32_t)most.x + 1);
    }
    const float *in = call->in;
    float *out = call->out;
    for (int k = 0; k < call->in_shape->dim[0]; k++, in += shape_pixels(call->in_shape))
        for (int y = 0; y < c->size.y; y++, out += c->size.x)
            copy_row(c, call->in_shape, in, first.y - c->padding.y + y, first.x - c->padding.x,
                     out);
}

const transform transform_random_crop = {
    .component =
        {
            .name = "random_crop",
            .summary = "a window of the image: anywhere while training, else in the middle",
            .doc = "[C, H, W] becomes [C, size]. The window lies anywhere in the image, with "
                   "`padding` around it,\n"
                   "every place being as likely as another; where images are evaluated, in the "
                   "middle.",
            .size = sizeof(random_crop),
            .attrs = random_crop_table,
        },
    .infer = random_crop_infer,
    .apply = random_crop_apply,
    .samples =
        (const transform_sample[]){
            {"{op: random_crop, size: 28, padding: 2}", {3, {1, 28, 28}}},
            {"{op: random_crop, size: [3, 9], padding: [0, 4], fill: 7}", {3, {3, 5, 6}}},
            {"{op: random_crop, size: [4, 1]}", {3, {1, 4, 9}}},
            {0}},
    .refusals = (const transform_refusal[]){{"{op: random_crop, size: 32, padding: 1}",
                                             {3, {1, 28, 28}},
                                             "`size` is 32x32, more than the 30x30"},
                                            {0}},
};
