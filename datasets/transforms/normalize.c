/* normalize.c - channels shifted and scaled by means and deviations, given or measured.
 *
 * Measuring is core/model_measure.c's; the resolved model of a run has the numbers it gave. */
#include "dataset.h"

typedef enum moments { GIVEN, MEASURED, LECUN1998 } moments;

typedef struct normalize {
    int moments;
    attr_reals mean, deviation;
} normalize;

static const char *const sources[] = {"given", "measured", "lecun1998", NULL};

static const attr normalize_table[] = {
    {.name = "moments",
     .type = ATTR_CHOICE,
     .offset = offsetof(normalize, moments),
     .initial = "given",
     .choices = sources,
     .help = "where mean and deviation come from: the two below, the training images, or the paper "
             "of 1998"},
    {.name = "mean",
     .type = ATTR_REALS,
     .offset = offsetof(normalize, mean),
     .initial = "",
     .help = "what is subtracted: one number, or one per channel, on the scale of what comes in"},
    {.name = "deviation",
     .type = ATTR_REALS,
     .offset = offsetof(normalize, deviation),
     .initial = "",
     .min = 0,
     .above_min = true,
     .help = "what is divided by, after that: one number, or one per channel"},
    {.name = NULL},
};

static bool fits(const char *name, const attr_reals *list, int channels, mark at,
                 lcnn_errors *errors) {
    if (list->count == 1 || list->count == channels)
        return true;
    if (list->count == 0)
        error_add(errors, LCNN_BAD_MODEL, at,
                  "normalize: `%s` is missing; give it, or let `moments: measured` find it on the "
                  "training images",
                  name);
    else
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
    if (n->moments == GIVEN) {
        bool mean = fits("mean", &n->mean, in->dim[0], at, errors);
        return fits("deviation", &n->deviation, in->dim[0], at, errors) && mean;
    }
    if (n->mean.count == 0 && n->deviation.count == 0)
        return true;
    error_add(errors, LCNN_BAD_MODEL, at,
              "normalize: `%s` is given, but `moments: %s` says that it is not; leave out one of "
              "them",
              n->mean.count > 0 ? "mean" : "deviation", sources[n->moments]);
    return false;
}

static bool normalize_wants_moments(const void *attrs) {
    const normalize *n = attrs;
    return n->moments == MEASURED;
}

static void normalize_set_moments(void *attrs, attr_reals mean, attr_reals deviation) {
    normalize *n = attrs;
    *n = (normalize){GIVEN, mean, deviation};
}

static double of_channel(const attr_reals *list, int channel, double otherwise) {
    return list->count == 0 ? otherwise : list->count == 1 ? list->value[0] : list->value[channel];
}

/* With mean 20 and deviation 200, byte 0 becomes -0.1 and 255 becomes 1.175. What was not measured
 * yet stays as it is. */
static void normalize_apply(const transform_call *call) {
    const normalize *n = call->attrs;
    const bool lecun = n->moments == LECUN1998;
    const size_t pixels = shape_pixels(call->in_shape);
    const float *in = call->in;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++) {
        const float mean = (float)of_channel(&n->mean, c, lecun ? 20 : 0);
        const float factor = (float)(1 / of_channel(&n->deviation, c, lecun ? 200 : 1));
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
            .summary = "channels shifted and scaled, to mean 0 and deviation 1",
            .doc =
                "y = (x - mean) / deviation, computed as a product with 1 / deviation rounded to "
                "float.\n"
                "given      mean and deviation, on the scale of what comes in: behind `rescale` to "
                "[0, 1],\n"
                "           MNIST has mean 0.1307 and deviation 0.3081; without it, 33.3 and 78.6\n"
                "measured   those of each channel over all training images as they come in here, "
                "random\n"
                "           transforms left out; a run's model.yaml has the numbers found, so that "
                "other\n"
                "           images are treated alike\n"
                "lecun1998  background (byte 0) becomes -0.1 and ink (255) 1.175, as in LeNet-5 of "
                "1998; for\n"
                "           images that no `rescale` has changed",
            .size = sizeof(normalize),
            .attrs = normalize_table,
        },
    .infer = normalize_infer,
    .apply = normalize_apply,
    .wants_moments = normalize_wants_moments,
    .set_moments = normalize_set_moments,
    .samples =
        (const transform_sample[]){
            {"{op: normalize, moments: measured}", {3, {1, 28, 28}}},
            {"{op: normalize, mean: 33.3, deviation: 78.6}", {3, {3, 5, 5}}},
            {"{op: normalize, mean: [1, 5], deviation: [2, 4]}", {3, {2, 3, 4}}},
            {"{op: normalize, moments: lecun1998}", {3, {1, 4, 4}}},
            {0}},
    .refusals =
        (const transform_refusal[]){
            {"{op: normalize, deviation: 1}",
             {3, {1, 2, 2}},
             "`mean` is missing; give it, or let `moments: measured` find it"},
            {"{op: normalize, mean: 1, moments: lecun1998}",
             {3, {1, 2, 2}},
             "`mean` is given, but `moments: lecun1998` says that it is not"},
            {"{op: normalize, mean: [1, 2], deviation: 1}",
             {3, {1, 2, 2}},
             "`mean` has 2 numbers for 1 channel"},
            {"{op: normalize, mean: 1, deviation: [1, 2]}",
             {3, {1, 2, 2}},
             "`deviation` has 2 numbers for 1 channel"},
            {0}},
};
