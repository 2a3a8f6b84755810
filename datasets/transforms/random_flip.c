/* random_flip.c - some training images mirrored. */
#include "draws.h"

#include <string.h>

typedef enum direction { HORIZONTAL, VERTICAL, BOTH } direction;

typedef struct flip {
    int mode;
    double probability;
} flip;

static const char *const modes[] = {"horizontal", "vertical", "both", NULL};

static const attr flip_table[] = {
    {.name = "mode",
     .type = ATTR_CHOICE,
     .offset = offsetof(flip, mode),
     .initial = "horizontal",
     .choices = modes,
     .help = "left and right exchanged, or top and bottom, or each on its own account"},
    {.name = "probability",
     .type = ATTR_REAL,
     .offset = offsetof(flip, probability),
     .initial = "0.5",
     .min = 0,
     .max = 1,
     .help = "share of the images"},
    {.name = NULL},
};

static bool flip_infer(const void *attrs, const shape *in, shape *out, mark at,
                       lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    return true;
}

static void flip_apply(const transform_call *call) {
    const flip *f = call->attrs;
    const size_t height = (size_t)call->in_shape->dim[1], width = (size_t)call->in_shape->dim[2];
    uint32_t word[4];
    draw_words(call, 0, word);
    const bool sideways = f->mode != VERTICAL && (double)rng_unit(word[0]) < f->probability;
    const bool over = f->mode != HORIZONTAL && (double)rng_unit(word[1]) < f->probability;
    const float *in = call->in;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++, in += height * width)
        for (size_t y = 0; y < height; y++, out += width) {
            const float *row = in + (over ? height - 1 - y : y) * width;
            if (sideways)
                for (size_t x = 0; x < width; x++)
                    out[x] = row[width - 1 - x];
            else
                memcpy(out, row, width * sizeof *out);
        }
}

const transform transform_random_flip = {
    .component =
        {
            .name = "random_flip",
            .summary = "while training: some images mirrored",
            .doc = "Of no use for letters and digits, which mean something else in a mirror. Left "
                   "out where\n"
                   "images are evaluated.",
            .size = sizeof(flip),
            .attrs = flip_table,
        },
    .training_only = true,
    .infer = flip_infer,
    .apply = flip_apply,
    .samples = (const transform_sample[]){{"{op: random_flip, mode: horizontal}", {3, {3, 32, 32}}},
                                          {"{op: random_flip, mode: both, probability: 0.3}",
                                           {3, {1, 3, 7}}},
                                          {"{op: random_flip, mode: vertical}", {3, {2, 4, 2}}},
                                          {0}},
};
