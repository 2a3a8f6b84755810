/* rescale.c - the stored bytes' range, 0 to 255, mapped to another one. */
#include "dataset.h"

typedef struct rescale {
    attr_reals to;
} rescale;

static const attr rescale_table[] = {
    {.name = "to",
     .type = ATTR_REALS,
     .offset = offsetof(rescale, to),
     .initial = "[0, 1]",
     .help = "what 0 and 255 become: [low, high]"},
    {.name = NULL},
};

static bool rescale_infer(const void *attrs, const shape *in, shape *out, mark at,
                          lcnn_errors *errors) {
    const rescale *r = attrs;
    *out = *in;
    if (r->to.count != 2) {
        error_add(errors, LCNN_BAD_MODEL, at,
                  "rescale: `to` has %d number%s; it must be [low, high]", r->to.count,
                  r->to.count == 1 ? "" : "s");
        return false;
    }
    if (r->to.value[0] == r->to.value[1]) {
        error_add(errors, LCNN_BAD_MODEL, at,
                  "rescale: both ends of `to` are %g, which would make every image the same",
                  r->to.value[0]);
        return false;
    }
    return true;
}

static void rescale_apply(const transform_call *call) {
    const rescale *r = call->attrs;
    const float low = (float)r->to.value[0];
    const float factor = (float)((r->to.value[1] - r->to.value[0]) / 255);
    const size_t size = shape_size(call->in_shape);
    for (size_t i = 0; i < size; i++)
        call->out[i] = call->in[i] * factor + low;
}

const transform transform_rescale = {
    .component =
        {
            .name = "rescale",
            .summary = "bytes mapped to another range",
            .doc = "y = low + x (high - low) / 255: 0 becomes low and 255 high. The factor is "
                   "rounded to\n"
                   "float once. [0, 1] is usual; LeNet-5 of 1998 had [-0.1, 1.175] with ink and "
                   "paper\n"
                   "exchanged, which makes the mean roughly 0 and the variance roughly 1.",
            .size = sizeof(rescale),
            .attrs = rescale_table,
        },
    .infer = rescale_infer,
    .apply = rescale_apply,
    .samples = (const transform_sample[]){{"{op: rescale, to: [-1, 1]}", {3, {1, 28, 28}}},
                                          {"rescale", {3, {3, 2, 5}}},
                                          {0}},
    .refusals =
        (const transform_refusal[]){
            {"{op: rescale, to: [0, 1, 2]}",
             {3, {1, 2, 2}},
             "`to` has 3 numbers; it must be [low, high]"},
            {"{op: rescale, to: [1, 1]}", {3, {1, 2, 2}}, "both ends of `to` are 1"},
            {0}},
};
