/* threshold.c - two values instead of many. */
#include "dataset.h"

typedef struct threshold {
    double at;
    attr_reals to;
} threshold;

static const attr threshold_table[] = {
    {.name = "at",
     .type = ATTR_REAL,
     .offset = offsetof(threshold, at),
     .initial = "128",
     .help = "the least value that becomes the high one, on the scale of what comes in"},
    {.name = "to",
     .type = ATTR_REALS,
     .offset = offsetof(threshold, to),
     .initial = "[0, 255]",
     .help = "what values below and above become: [low, high]"},
    {.name = NULL},
};

static bool threshold_infer(const void *attrs, const shape *in, shape *out, mark at,
                            lcnn_errors *errors) {
    const threshold *t = attrs;
    *out = *in;
    if (t->to.count == 2)
        return true;
    error_add(errors, LCNN_BAD_MODEL, at, "threshold: `to` has %d number%s; it must be [low, high]",
              t->to.count, t->to.count == 1 ? "" : "s");
    return false;
}

static void threshold_apply(const transform_call *call) {
    const threshold *t = call->attrs;
    const float at = (float)t->at, low = (float)t->to.value[0], high = (float)t->to.value[1];
    const size_t size = shape_size(call->in_shape);
    for (size_t i = 0; i < size; i++)
        call->out[i] = call->in[i] < at ? low : high;
}

const transform transform_threshold = {
    .component =
        {
            .name = "threshold",
            .summary = "two values instead of many",
            .doc = "y = low where x < at, else high.",
            .size = sizeof(threshold),
            .attrs = threshold_table,
        },
    .infer = threshold_infer,
    .apply = threshold_apply,
    .samples = (const transform_sample[]){{"{op: threshold, at: 128}", {3, {1, 28, 28}}},
                                          {"{op: threshold, at: 0.5, to: [-1, 1]}", {3, {2, 3, 5}}},
                                          {0}},
    .refusals = (const transform_refusal[]){{"{op: threshold, to: [0, 1, 2]}",
                                             {3, {1, 5, 5}},
                                             "`to` has 3 numbers; it must be [low, high]"},
                                            {0}},
};
