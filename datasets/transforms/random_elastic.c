/* random_elastic.c - each training image stretched like a rubber sheet, differently at each place.
 */
#include "draws.h"
#include "sampling.h"
#include "scalar_math.h"

#include <string.h>

typedef struct elastic {
    double alpha, sigma, fill;
} elastic;

static const attr elastic_table[] = {
    {.name = "alpha",
     .type = ATTR_REAL,
     .offset = offsetof(elastic, alpha),
     .initial = "34",
     .min = 0,
     .max = 100000,
     .help = "how strongly: the smoothed random numbers are multiplied by it"},
    {.name = "sigma",
     .type = ATTR_REAL,
     .offset = offsetof(elastic, sigma),
     .initial = "4",
     .min = 0.5,
     .max = 64,
     .help = "how smoothly: deviation, in pixels, of the Gaussian that smooths them"},
    {.name = "fill",
     .type = ATTR_REAL,
     .offset = offsetof(elastic, fill),
     .initial = "0",
     .help = "value of what lies outside, on the scale of what comes in"},
    {.name = NULL},
};

static bool elastic_infer(const void *attrs, const shape *in, shape *out, mark at,
                          lcnn_errors *errors) {
    (void)attrs;
    (void)at;
    (void)errors;
    *out = *in;
    return true;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* A Gaussian is cut off at three deviations. */
enum { MOST_RADIUS = 3 * 64 };

/* One number for each pixel, with zeros all around: rows are `stride` apart, and as many rows above
 * and below, and columns left and right, as the Gaussian reaches. */
typedef struct field {
    int height, width, radius;
    size_t stride, size;
} field;

static field field_of(const elastic *e, const shape *s) {
    field f = {.height = s->dim[1], .width = s->dim[2], .radius = (int)(3 * e->sigma)};
    f.stride = (((size_t)f.width + 15) & ~(size_t)15) + 2 * (size_t)f.radius;
    f.size = (((size_t)(f.height + 2 * f.radius) * f.stride) + 15) & ~(size_t)15;
    return f;
}

/* Sampler, random words, smoothed rows, and what the two smoothed fields begin as and become. */
static size_t elastic_scratch(const void *attrs, const shape *in) {
    const field f = field_of(attrs, in);
    return sampler_scratch(in) + draws_room(shape_pixels(in)) + 3 * f.size;
}

/* weight[k] of the pixels k away: e^(-k^2 / (2 sigma^2)) by repeated multiplication, times what
 * makes all together alpha. */
static void make_gaussian(const elastic *e, int radius, float weight[MOST_RADIUS + 1]) {
    const double first = scalar_exp(-1 / (2 * e->sigma * e->sigma));
    double value[MOST_RADIUS + 1], ratio = first, sum = 1;
    value[0] = 1;
    for (int k = 1; k <= radius; k++) {
        value[k] = value[k - 1] * ratio;
        ratio *= first * first;
        sum += 2 * value[k];
    }
    for (int k = 0; k <= radius; k++)
        weight[k] = (float)(value[k] / sum);
}

typedef float quad __attribute__((vector_size(16)));
typedef float loose_quad __attribute__((vector_size(16), aligned(4), may_alias));

static inline quad load(const float *p) {
    return *(const loose_quad *)p;
}

/* Sixteen columns at a time of a row: a mean of what lies `step`, 2 `step`, ... before and after.
 */
static void smooth_row(const float *in, ptrdiff_t step, const float *weight, int radius,
                       float factor, int width, float *out) {
    for (int x = 0; x < width; x += 16, in += 16, out += 16) {
        quad sum[4];
        for (int i = 0; i < 4; i++)
            sum[i] = weight[0] * load(in + 4 * i);
        for (int k = 1; k <= radius; k++)
            for (int i = 0; i < 4; i++)
                sum[i] += weight[k] * (load(in + 4 * i - k * step) + load(in + 4 * i + k * step));
        for (int i = 0; i < 4; i++)
            *(loose_quad *)(out + 4 * i) = factor * sum[i];
    }
}

/* Rows of `field`, then its columns; the result has no columns left and right. */
static void smooth(const field *f, const float *weight, float factor, float *in, float *rows) {
    const size_t first = (size_t)f->radius * f->stride + (size_t)f->radius;
    for (int y = 0; y < f->height; y++) {
        const size_t at = first + (size_t)y * f->stride;
        smooth_row(in + at, 1, weight, f->radius, 1, f->width, rows + at);
    }
    for (int y = 0; y < f->height; y++) {
        const size_t at = first + (size_t)y * f->stride;
        smooth_row(rows + at, (ptrdiff_t)f->stride, weight, f->radius, factor, f->width, in + at);
    }
}

/* Even numbers in [-1, 1) from both halves of each word, on otherwise empty fields. */
static void draw_fields(const transform_call *call, const field *f, uint32_t *word, float *x,
                        float *y) {
    draw_many(call, (size_t)f->height * (size_t)f->width, word);
    memset(x, 0, f->size * sizeof *x);
    memset(y, 0, f->size * sizeof *y);
    for (int row = 0; row < f->height; row++, word += f->width) {
        const size_t at = (size_t)(f->radius + row) * f->stride + (size_t)f->radius;
        for (int i = 0; i < f->width; i++) {
            x[at + (size_t)i] = (float)(int16_t)(word[i] & 0xffff) * 0x1p-15f;
            y[at + (size_t)i] = (float)(int16_t)(word[i] >> 16) * 0x1p-15f;
        }
    }
}

static void elastic_apply(const transform_call *call) {
    const elastic *e = call->attrs;
    const field f = field_of(e, call->in_shape);
    float weight[MOST_RADIUS + 1], *after = call->scratch + sampler_scratch(call->in_shape);
    uint32_t *word = (uint32_t *)after;
    float *x = after + draws_room(shape_pixels(call->in_shape)), *y = x + f.size,
          *rows = y + f.size;
    make_gaussian(e, f.radius, weight);
    draw_fields(call, &f, word, x, y);
    memset(rows, 0, f.size * sizeof *rows);
    smooth(&f, weight, (float)e->alpha, x, rows);
    smooth(&f, weight, (float)e->alpha, y, rows);
    sampler s = sampler_new(call, (float)e->fill, call->scratch);
    for (int row = 0; row < f.height; row++) {
        const size_t at = (size_t)(f.radius + row) * f.stride + (size_t)f.radius;
        for (int i = 0; i < f.width; i++) {
            s.x[i] = (float)i + x[at + (size_t)i];
            s.y[i] = (float)row + y[at + (size_t)i];
        }
        sampler_row(&s, row, call->out);
    }
}

const transform transform_random_elastic = {
    .component =
        {
            .name = "random_elastic",
            .summary = "while training: stretched like a rubber sheet at random",
            .doc =
                "Each pixel is taken from alpha g beside its place, where g is, for rows and for "
                "columns, a field\n"
                "of numbers drawn evenly from [-1, 1), smoothed with a Gaussian of deviation "
                "sigma (weights that\n"
                "add up to 1, zeros beyond the image). A small sigma gives noise, a large one "
                "moves "
                "the image as a\n"
                "whole; 34 and 4 are for digits of MNIST's size and move pixels by 1.4 in the mean "
                "of squares.\n"
                "Simard, Steinkraus, Platt: \"Best practices for convolutional neural networks "
                "applied to visual\n"
                "document analysis\", ICDAR 2003. Left out where images are evaluated.",
            .size = sizeof(elastic),
            .attrs = elastic_table,
        },
    .training_only = true,
    .infer = elastic_infer,
    .scratch = elastic_scratch,
    .apply = elastic_apply,
    .samples =
        (const transform_sample[]){
            {"{op: random_elastic, alpha: 34, sigma: 4}", {3, {1, 28, 28}}},
            {"{op: random_elastic, alpha: 8, sigma: 1.2, fill: 1}", {3, {3, 7, 19}}},
            {0}},
};
