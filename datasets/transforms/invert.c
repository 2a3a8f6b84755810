/* invert.c - dark and light exchanged. */
#include "dataset.h"

typedef struct invert {
    attr_reals range;
} invert;

static const attr invert_table[] = {
    {.name = "range",
     .type = ATTR_REALS,
     .offset = offsetof(invert, range),
     .initial = "[0, 255]",
     .help = "the two values that change places, on the scale of what comes in"},
    {.name = NULL},
};

static bool invert_infer(const void *attrs, const shape *in, shape *out, mark at,
                         lcnn_errors *errors) {
    const invert *n = attrs;
    *out = *in;
    if (n->range.count == 2)
        return true;
    error_add(errors, LCNN_BAD_MODEL, at, "invert: `range` has %d number%s; it must be [low, high]",
              n->range.count, n->range.count == 1 ? "" : "s");
    return false;
}

static void invert_apply(const transform_call *call) {
    const invert *n = call->attrs;
    const float sum = (float)(n->range.value[0] + n->range.value[1]);
    const size_t size = shape_size(call->in_shape);
    for (size_t i = 0; i < size; i++)
        call->out[i] = sum - call->in[i];
}

const transform transform_invert = {
    .component =
        {
            .name = "invert",
            .summary = "dark and light exchanged",
            .doc = "y = low + high - x. Images of ink on paper become what MNIST has: ink high, "
                   "paper 0.\n"
                   "Behind `rescale` to [0, 1] the range is [0, 1].",
            .size = sizeof(invert),
            .attrs = invert_table,
        },
    .infer = invert_infer,
    .apply = invert_apply,
    .samples = (const transform_sample[]){{"invert", {3, {1, 28, 28}}},
                                          {"{op: invert, range: [-1, 1]}", {3, {2, 3, 5}}},
                                          {0}},
    .refusals = (const transform_refusal[]){{"{op: invert, range: 255}",
                                             {3, {1, 5, 5}},
                                             "`range` has 1 number; it must be [low, high]"},
                                            {0}},
};
