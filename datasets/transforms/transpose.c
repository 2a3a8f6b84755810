/* transpose.c - rows and columns exchanged. */
#include "dataset.h"

static bool transpose_infer(const void *attrs, const shape *in, shape *out, mark at,
                            lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    out->dim[1] = in->dim[2];
    out->dim[2] = in->dim[1];
    return true;
}

static void transpose_apply(const transform_call *call) {
    const size_t height = (size_t)call->in_shape->dim[1], width = (size_t)call->in_shape->dim[2];
    const float *in = call->in;
    float *out = call->out;
    for (int c = 0; c < call->in_shape->dim[0]; c++, in += height * width, out += height * width)
        for (size_t x = 0; x < width; x++)
            for (size_t y = 0; y < height; y++)
                out[x * height + y] = in[y * width + x];
}

const transform transform_transpose = {
    .component =
        {
            .name = "transpose",
            .summary = "rows and columns exchanged",
            .doc = "[C, H, W] becomes [C, W, H]. EMNIST's files hold their images so; the sets of "
                   "the\n"
                   "catalogue are upright already, but a copy of them in a folder of your own is "
                   "not.",
        },
    .infer = transpose_infer,
    .apply = transpose_apply,
    .samples = (const transform_sample[]){{"transpose", {3, {1, 28, 28}}},
                                          {"transpose", {3, {2, 3, 5}}},
                                          {0}},
};
