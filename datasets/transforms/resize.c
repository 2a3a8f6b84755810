/* resize.c - another height and width.
 *
 * Rows first, then columns: every output pixel is a weighted mean of some neighbouring pixels in a
 * row of the input, and then of some in a column of what that gave. */
#include "dataset.h"

enum { RESIZE_MAX = 4096 };

typedef enum method { BILINEAR, AREA, NEAREST } method;

typedef struct resize {
    attr_pair size;
    int method;
} resize;

static const char *const methods[] = {"bilinear", "area", "nearest", NULL};

static const attr resize_table[] = {
    {.name = "size",
     .type = ATTR_PAIR,
     .offset = offsetof(resize, size),
     .min = 1,
     .max = RESIZE_MAX,
     .help = "new height and width; one number is both"},
    {.name = "interpolation",
     .type = ATTR_CHOICE,
     .offset = offsetof(resize, method),
     .initial = "bilinear",
     .choices = methods,
     .help = "how new pixels come from old ones"},
    {.name = NULL},
};

static bool resize_infer(const void *attrs, const shape *in, shape *out, mark at,
                         lcnn_errors *errors) {
    const resize *r = attrs;
    (void)at;
    (void)errors;
    *out = *in;
    out->dim[1] = r->size.y;
    out->dim[2] = r->size.x;
    return true;
}

/* ---- One dimension --------------------------------------------------------------------------- */

/* Most old pixels that one new pixel is made of. */
static int most_taps(int in, int out) {
    return in > out ? 2 * (in / out + 2) : 3;
}

/* How much pixel k, which reaches from k to k + 1, has to do with a new pixel around `centre`. */
static double tap(method m, double centre, double scale, int k) {
    if (m == AREA) {
        double low = centre - scale / 2, high = centre + scale / 2;
        low = low < k ? k : low;
        high = high > k + 1 ? k + 1 : high;
        return high > low ? high - low : 0;
    }
    double wide = scale > 1 ? scale : 1, distance = (k + 0.5 - centre) / wide;
    distance = distance < 0 ? -distance : distance;
    return distance < 1 ? 1 - distance : 0;
}

/* The weights of new pixel i of `out`, made of `in` old ones: how many there are, from *first on.
 * They add up to 1. */
static int find_taps(method m, int i, int in, int out, int *first, float *weight) {
    if (m == NEAREST) {
        *first = (int)((2 * (int64_t)i + 1) * in / (2 * (int64_t)out));
        weight[0] = 1;
        return 1;
    }
    const double scale = (double)in / out, centre = (i + 0.5) * scale;
    const double reach = m == AREA ? scale / 2 : scale > 1 ? scale : 1;
    const int low = centre - reach < 0 ? 0 : (int)(centre - reach);
    const int high = centre + reach > in ? in : (int)(centre + reach) + 1;
    const int last = high > in ? in : high;
    double sum = 0;
    for (int k = low; k < last; k++)
        sum += tap(m, centre, scale, k);
    for (int k = low; k < last; k++)
        weight[k - low] = (float)(tap(m, centre, scale, k) / sum);
    *first = low;
    return last - low;
}

/* ---- Images ---------------------------------------------------------------------------------- */

/* The weights of one pixel, then the image after its rows are done. */
static size_t weights_size(const resize *r, const shape *in) {
    const int y = most_taps(in->dim[1], r->size.y), x = most_taps(in->dim[2], r->size.x);
    return (size_t)(x > y ? x : y);
}

static size_t resize_scratch(const void *attrs, const shape *in) {
    const resize *r = attrs;
    return weights_size(r, in) + (size_t)in->dim[0] * (size_t)in->dim[1] * (size_t)r->size.x;
}

/* Column x of all rows becomes a mean of columns. */
static void resize_rows(const transform_call *call, float *weight, float *out) {
    const resize *r = call->attrs;
    const shape *s = call->in_shape;
    const size_t rows = (size_t)s->dim[0] * (size_t)s->dim[1], width = (size_t)s->dim[2];
    const size_t new_width = (size_t)r->size.x;
    for (int x = 0; x < r->size.x; x++) {
        int first, taps = find_taps((method)r->method, x, s->dim[2], r->size.x, &first, weight);
        for (size_t y = 0; y < rows; y++) {
            const float *in = call->in + y * width + first;
            float sum = 0;
            for (int k = 0; k < taps; k++)
                sum += weight[k] * in[k];
            out[y * new_width + (size_t)x] = sum;
        }
    }
}

/* Rows become means of rows. */
static void resize_columns(const transform_call *call, float *weight, const float *in) {
    const resize *r = call->attrs;
    const int height = call->in_shape->dim[1];
    const size_t width = (size_t)r->size.x, channels = (size_t)call->in_shape->dim[0];
    for (int y = 0; y < r->size.y; y++) {
        int first, taps = find_taps((method)r->method, y, height, r->size.y, &first, weight);
        for (size_t c = 0; c < channels; c++) {
            const float *from = in + (c * (size_t)height + (size_t)first) * width;
            float *out = call->out + (c * (size_t)r->size.y + (size_t)y) * width;
            for (size_t x = 0; x < width; x++)
                out[x] = weight[0] * from[x];
            for (int k = 1; k < taps; k++)
                for (size_t x = 0; x < width; x++)
                    out[x] += weight[k] * from[(size_t)k * width + x];
        }
    }
}

static void resize_apply(const transform_call *call) {
    float *weight = call->scratch, *half = weight + weights_size(call->attrs, call->in_shape);
    resize_rows(call, weight, half);
    resize_columns(call, weight, half);
}

const transform transform_resize = {
    .component =
        {
            .name = "resize",
            .summary = "another height and width",
            .doc =
                "[C, H, W] becomes [C, size]; where the proportions change, the image is "
                "stretched.\n"
                "bilinear  a mean weighted by distance, of two old pixels in each direction, or, "
                "when\n"
                "          shrinking, of as many as the new pixel covers twice (antialiased)\n"
                "area      the mean of what the new pixel covers\n"
                "nearest   the old pixel under the middle of the new one\n"
                "Pixels are squares: the middle of pixel i is at i + 1/2, as in PIL and "
                "torchvision.",
            .size = sizeof(resize),
            .attrs = resize_table,
        },
    .infer = resize_infer,
    .scratch = resize_scratch,
    .apply = resize_apply,
    .samples =
        (const transform_sample[]){
            {"{op: resize, size: 32}", {3, {1, 28, 28}}},
            {"{op: resize, size: [5, 20]}", {3, {3, 11, 7}}},
            {"{op: resize, size: 10, interpolation: area}", {3, {2, 25, 4}}},
            {"{op: resize, size: 7, interpolation: nearest}", {3, {1, 3, 16}}},
            {0}},
};
