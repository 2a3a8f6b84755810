/* normalize.c - channels shifted and scaled by given means and deviations. */
#include "dataset.h"

typedef struct normalize {
    attr_reals mean, deviation;
} normalize;

static const attr normalize_table[] = {
    {.name = "mean",
     .type = ATTR_REALS,
     .offset = offsetof(normalize, mean),
     .help = "what is subtracted: one number, or one per channel, on the scale of what comes in"},
    {.name = "deviation",
     .type = ATTR_REALS,
     .offset = offsetof(normalize, deviation),
     .min = 0,
     .above_min = true,
     .help = "what is divided by, after that: one number, or one per channel"},
    {.name = NULL},
};

static bool fits(const char *name, const attr_reals *list, int channels, mark at,
                 lcnn_errors *errors) {
    if (list->count == 1 || list->count == channels)
        return true;
    error_add(
        errors, LCNN_BAD_MODEL, at,
        "normalize: `%s` has %d numbers for %d channel%s; it must have one, or one per channel",
        name, list->count, channels, channels == 1 ? "" : "s");
    return false;
}

static bool normalize_infer(const void *attrs, const shape *in, shape *out, mark at,
                            lcnn_errors *errors) {
    const normalize *n = attrs;
    *out = *in;
    bool mean = fits("mean", &n->mean, in->dim[0], at, errors);
    return fits("deviation", &n->deviation, in->dim[0], at, errors) && mean;
}

static void normalize_apply(const transform_call *call) {
    const normalize *n = call->attrs;
    const size_t pixels = shape_pixels(call->in_shape);
    const float *in = call->in;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++) {
        const float mean = (float)n->mean.value[n->mean.count == 1 ? 0 : c];
        const float factor = (float)(1 / n->deviation.value[n->deviation.count == 1 ? 0 : c]);
        for (size_t i = 0; i < pixels; i++)
            out[i] = (in[i] - mean) * factor;
        in += pixels;
        out += pixels;
    }
}

const transform transform_normalize = {
    .component =
        {
            .name = "normalize",
            .summary = "channels shifted and scaled to mean 0 and deviation 1",
            .doc = "y = (x - mean) / deviation, computed as a product with 1 / deviation rounded "
                   "to float.\n"
                   "Both are on the scale of what comes in: behind `rescale: to [0, 1]`, MNIST has "
                   "mean\n"
                   "0.1307 and deviation 0.3081; without it, 33.3 and 78.6.",
            .size = sizeof(normalize),
            .attrs = normalize_table,
        },
    .infer = normalize_infer,
    .apply = normalize_apply,
    .samples =
        (const transform_sample[]){{"{op: normalize, mean: 33.3, deviation: 78.6}", {3, {1, 5, 5}}},
                                   {0}},
};
