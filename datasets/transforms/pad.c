/* pad.c - a border of one value around the image. The operator of the same name does this inside a
 * network; here it costs nothing while training, and is what fits 28x28 images to LeNet-5. */
#include "dataset.h"

typedef struct pad {
    attr_pair by;
    double value;
} pad;

enum { PAD_MAX = 1024 };

static const attr pad_table[] = {
    {.name = "by",
     .type = ATTR_PAIR,
     .offset = offsetof(pad, by),
     .min = 0,
     .max = PAD_MAX,
     .help = "pixels added above and below, and left and right; one number is both"},
    {.name = "value",
     .type = ATTR_REAL,
     .offset = offsetof(pad, value),
     .initial = "0",
     .help = "value of the new pixels, on the scale of what comes in"},
    {.name = NULL},
};

static bool pad_infer(const void *attrs, const shape *in, shape *out, mark at,
                      lcnn_errors *errors) {
    const pad *p = attrs;
    (void)at;
    (void)errors;
    *out = *in;
    out->dim[1] += 2 * p->by.y;
    out->dim[2] += 2 * p->by.x;
    return true;
}

/* Rows and gaps are short: fixed-size moves of four beat calls of memcpy and long vector loops. */
typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

static float *copy(float *to, const float *from, int count) {
    int i = 0;
    for (; i + 4 <= count; i += 4)
        *(quad *)(to + i) = *(const quad *)(from + i);
    for (; i < count; i++)
        to[i] = from[i];
    return to + count;
}

static float *fill(float *to, float value, int count) {
    int i = 0;
    for (; i + 4 <= count; i += 4)
        *(quad *)(to + i) = (quad){value, value, value, value};
    for (; i < count; i++)
        to[i] = value;
    return to + count;
}

/* The right border of a row and the left one of the next lie side by side in memory. */
static void pad_apply(const transform_call *call) {
    const pad *p = call->attrs;
    const float value = (float)p->value, *in = call->in;
    const int height = call->in_shape->dim[1], width = call->in_shape->dim[2];
    const int border = p->by.y * call->out_shape->dim[2] + p->by.x, gap = 2 * p->by.x;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++) {
        out = fill(out, value, border);
        for (int y = 0; y < height; y++, in += width) {
            out = copy(out, in, width);
            out = fill(out, value, y + 1 < height ? gap : border);
        }
    }
}

const transform transform_pad = {
    .component =
        {
            .name = "pad",
            .summary = "a border around the image",
            .doc =
                "Adds `by` pixels of `value` on every side: [C, H, W] becomes [C, H + 2 y, W + 2 "
                "x].\n"
                "Before rescale the value is on the scale of the stored bytes, 0 to 255, after it\n"
                "on the new one.",
            .size = sizeof(pad),
            .attrs = pad_table,
        },
    .infer = pad_infer,
    .apply = pad_apply,
    .samples = (const transform_sample[]){{"{op: pad, by: 2}", {3, {1, 28, 28}}},
                                          {"{op: pad, by: [0, 3], value: -1}", {3, {3, 5, 2}}},
                                          {0}},
};
