/* grayscale.c - colours to brightness, and brightness to as many channels as a network wants. */
#include "dataset.h"

#include <string.h>

typedef struct grayscale {
    int channels;
} grayscale;

static const attr grayscale_table[] = {
    {.name = "channels",
     .type = ATTR_INT,
     .offset = offsetof(grayscale, channels),
     .initial = "1",
     .min = 1,
     .max = 16,
     .help = "channels of the result, all alike"},
    {.name = NULL},
};

static bool grayscale_infer(const void *attrs, const shape *in, shape *out, mark at,
                            lcnn_errors *errors) {
    const grayscale *g = attrs;
    *out = *in;
    out->dim[0] = g->channels;
    if (in->dim[0] == 1 || in->dim[0] == 3)
        return true;
    error_add(errors, LCNN_BAD_MODEL, at,
              "grayscale: the image has %d channels; it can be made of 3 (red, green, blue) or 1",
              in->dim[0]);
    return false;
}

static void grayscale_apply(const transform_call *call) {
    const size_t pixels = shape_pixels(call->in_shape);
    const float *red = call->in, *green = red + pixels, *blue = green + pixels;
    float *out = call->out;
    if (call->in_shape->dim[0] == 1)
        memcpy(out, call->in, pixels * sizeof *out);
    else
        for (size_t i = 0; i < pixels; i++)
            out[i] = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
    for (int c = 1; c < call->out_shape->dim[0]; c++)
        memcpy(out + (size_t)c * pixels, out, pixels * sizeof *out);
}

const transform transform_grayscale = {
    .component =
        {
            .name = "grayscale",
            .summary = "colours to brightness",
            .doc = "y = 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601, as PIL and torchvision "
                   "have it),\n"
                   "in one channel or in several that are alike. An image of one channel has "
                   "nothing to be\n"
                   "mixed and is only copied, so that a network for colour takes it.",
            .size = sizeof(grayscale),
            .attrs = grayscale_table,
        },
    .infer = grayscale_infer,
    .apply = grayscale_apply,
    .samples = (const transform_sample[]){{"grayscale", {3, {3, 32, 32}}},
                                          {"{op: grayscale, channels: 3}", {3, {1, 4, 3}}},
                                          {"{op: grayscale, channels: 2}", {3, {3, 4, 3}}},
                                          {0}},
    .refusals =
        (const transform_refusal[]){
            {"grayscale", {3, {2, 5, 5}}, "the image has 2 channels; it can be made of 3"}, {0}},
};
