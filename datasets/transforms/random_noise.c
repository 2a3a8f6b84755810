/* random_noise.c - normal noise on each pixel of the training images. */
#include "draws.h"

typedef struct noise {
    double deviation;
} noise;

static const attr noise_table[] = {
    {.name = "deviation",
     .type = ATTR_REAL,
     .offset = offsetof(noise, deviation),
     .min = 0,
     .max = 1000000,
     .help = "standard deviation of the noise, on the scale of what comes in"},
    {.name = NULL},
};

static bool noise_infer(const void *attrs, const shape *in, shape *out, mark at,
                        lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    return true;
}

static size_t noise_scratch(const void *attrs, const shape *in) {
    (void)attrs;
    return draws_room(shape_size(in));
}

static void noise_apply(const transform_call *call) {
    const noise *n = call->attrs;
    const float deviation = (float)n->deviation;
    const size_t size = shape_size(call->in_shape);
    draw_normal(call, size, call->scratch);
    for (size_t i = 0; i < size; i++)
        call->out[i] = call->in[i] + deviation * call->scratch[i];
}

const transform transform_random_noise = {
    .component =
        {
            .name = "random_noise",
            .summary = "while training: normal noise on each pixel",
            .doc = "y = x + deviation n, where n is a standard normal number for each pixel, image "
                   "and epoch.\n"
                   "Results may leave the range of what came in. Left out where images are "
                   "evaluated.",
            .size = sizeof(noise),
            .attrs = noise_table,
        },
    .training_only = true,
    .infer = noise_infer,
    .scratch = noise_scratch,
    .apply = noise_apply,
    .samples = (const transform_sample[]){{"{op: random_noise, deviation: 10}", {3, {1, 28, 28}}},
                                          {"{op: random_noise, deviation: 0.1}", {3, {3, 5, 9}}},
                                          {0}},
};
