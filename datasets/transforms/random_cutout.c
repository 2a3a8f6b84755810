/* random_cutout.c - a rectangle of each training image painted over. */
#include "draws.h"

#include <string.h>

typedef struct cutout {
    attr_pair size;
    double probability, fill;
} cutout;

enum { CUTOUT_MAX = 65536 };

static const attr cutout_table[] = {
    {.name = "size",
     .type = ATTR_PAIR,
     .offset = offsetof(cutout, size),
     .min = 1,
     .max = CUTOUT_MAX,
     .help = "height and width of the rectangle; one number is both"},
    {.name = "probability",
     .type = ATTR_REAL,
     .offset = offsetof(cutout, probability),
     .initial = "1",
     .min = 0,
     .max = 1,
     .help = "share of the images"},
    {.name = "fill",
     .type = ATTR_REAL,
     .offset = offsetof(cutout, fill),
     .initial = "0",
     .help = "value of the rectangle, on the scale of what comes in"},
    {.name = NULL},
};

static bool cutout_infer(const void *attrs, const shape *in, shape *out, mark at,
                         lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    return true;
}

/* The part within `length` of `size` pixels around pixel `middle`. */
static void cut(int middle, int size, int length, int *first, int *end) {
    *first = middle - size / 2;
    *end = *first + size;
    *first = *first < 0 ? 0 : *first;
    *end = *end > length ? length : *end;
}

static void cutout_apply(const transform_call *call) {
    const cutout *c = call->attrs;
    const int height = call->in_shape->dim[1], width = call->in_shape->dim[2];
    uint32_t word[4];
    int top, bottom, left, right;
    draw_words(call, 0, word);
    memcpy(call->out, call->in, shape_size(call->in_shape) * sizeof *call->out);
    if ((double)rng_unit(word[0]) >= c->probability)
        return;
    cut((int)rng_below(word[1], (uint32_t)height), c->size.y, height, &top, &bottom);
    cut((int)rng_below(word[2], (uint32_t)width), c->size.x, width, &left, &right);
    for (int k = 0; k < call->in_shape->dim[0]; k++)
        for (int y = top; y < bottom; y++) {
            float *row = call->out + ((size_t)k * (size_t)height + (size_t)y) * (size_t)width;
            for (int x = left; x < right; x++)
                row[x] = (float)c->fill;
        }
}

const transform transform_random_cutout = {
    .component =
        {
            .name = "random_cutout",
            .summary = "while training: a rectangle painted over",
            .doc =
                "The middle of the rectangle is any pixel, each as likely as another; what of it "
                "reaches beyond\n"
                "the image is lost, so that the mean of what is hidden is less than `size`. "
                "DeVries "
                "and Taylor:\n"
                "\"Improved regularization of convolutional neural networks with cutout\" (2017). "
                "Left out where\n"
                "images are evaluated.",
            .size = sizeof(cutout),
            .attrs = cutout_table,
        },
    .training_only = true,
    .infer = cutout_infer,
    .apply = cutout_apply,
    .samples = (const transform_sample[]){{"{op: random_cutout, size: 8}", {3, {1, 28, 28}}},
                                          {"{op: random_cutout, size: [3, 20], probability: 0.7, "
                                           "fill: 1}",
                                           {3, {3, 9, 5}}},
                                          {0}},
};
