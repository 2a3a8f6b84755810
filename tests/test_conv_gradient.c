/* test_conv_gradient.c - weight and bias gradients of convolutions, bit for bit against the plain
 * loops that define their order, in both forms, on every instruction set, however items are shared
 * out. */
#include "config.h"

#include "backend.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The reference --------------------------------------------------------------------------- */

enum { FEW_PIXELS = 64 }; /* on maps of so many, chains run through the lanes */

typedef struct direction {
    int taps, stride, padding, dilation;
} direction;

typedef struct example {
    int channels, filters, groups, height, width;
    direction y, x;
} example;

static const example examples[] = {
    {1, 6, 1, 32, 32, {5, 1, 0, 1}, {5, 1, 0, 1}}, /* LeNet-5 */
    {6, 16, 1, 14, 14, {5, 1, 0, 1}, {5, 1, 0, 1}},
    {16, 21, 1, 5, 5, {5, 1, 0, 1}, {5, 1, 0, 1}}, /* a map of one pixel */
    {3, 7, 1, 10, 10, {3, 1, 0, 1}, {3, 1, 0, 1}}, /* of 64, */
    {3, 7, 1, 7, 15, {3, 1, 0, 1}, {3, 1, 0, 1}},  /* of 65 */
    {3, 9, 1, 8, 8, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {5, 9, 1, 2, 2, {3, 1, 1, 1}, {3, 1, 1, 1}},  /* few and padded */
    {9, 10, 1, 2, 3, {7, 1, 3, 1}, {7, 1, 3, 1}}, /* a kernel larger than its source */
    {4, 5, 1, 9, 7, {7, 1, 3, 1}, {5, 1, 2, 1}},
    {2, 3, 1, 11, 250, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* rows in several strips */
    {3, 4, 1, 3, 301, {2, 1, 0, 1}, {2, 1, 0, 1}},
    {40, 37, 1, 7, 9, {3, 1, 1, 1}, {3, 1, 1, 1}},  /* channels in several parts */
    {70, 75, 1, 40, 6, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* and rows in several bands */
    {300, 12, 1, 3, 3, {1, 1, 0, 1}, {1, 1, 0, 1}},
    {13, 17, 1, 8, 8, {1, 2, 0, 1}, {1, 2, 0, 1}}, /* pixels that no tap reads, */
    {5, 7, 1, 11, 14, {1, 2, 1, 1}, {1, 3, 2, 1}}, /* around others of padding, */
    {5, 7, 1, 21, 26, {1, 2, 0, 1}, {1, 3, 2, 1}},
    {4, 6, 1, 12, 9, {1, 3, 0, 1}, {3, 2, 1, 1}}, /* in one direction */
    {5, 6, 1, 12, 11, {3, 2, 1, 1}, {3, 2, 1, 1}},
    {5, 6, 1, 18, 17, {3, 2, 1, 1}, {3, 2, 1, 1}},
    {3, 8, 1, 15, 16, {7, 2, 3, 1}, {7, 2, 3, 1}},
    {3, 5, 1, 12, 12, {3, 1, 2, 2}, {3, 1, 3, 3}},
    {2, 5, 1, 9, 9, {3, 2, 3, 3}, {2, 3, 2, 3}}, /* pixels without any tap */
    {1, 2, 1, 3, 3, {2, 1, 6, 1}, {2, 3, 7, 1}}, /* rows and columns, too */
    {2, 3, 1, 8, 10, {4, 1, 2, 1}, {2, 1, 1, 1}},
    {2, 3, 1, 20, 19, {18, 1, 0, 1}, {17, 1, 1, 1}}, /* a kernel in several parts */
    {6, 4, 2, 8, 9, {3, 1, 1, 1}, {3, 1, 1, 1}},     /* groups */
    {6, 4, 2, 8, 7, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {3, 12, 3, 5, 7, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {11, 11, 11, 9, 8, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* depthwise */
    {8, 8, 8, 2, 2, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {19, 19, 19, 11, 13, {5, 2, 2, 1}, {4, 1, 0, 2}},
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static const char *example_yaml(const example *e, arena *a) {
    return arena_format(a,
                        "{op: conv2d, filters: %d, kernel_size: [%d, %d], strides: [%d, %d], "
                        "padding: [%d, %d, %d, %d], dilation_rate: [%d, %d], groups: %d}",
                        e->filters, e->y.taps, e->x.taps, e->y.stride, e->x.stride, e->y.padding,
                        e->y.padding, e->x.padding, e->x.padding, e->y.dilation, e->x.dilation,
                        e->groups);
}

/* i with i + 8, then + 4, + 2, + 1; a sum of zeros is +0. */
static float fold(const float lane[LANES]) {
    float sum[LANES];
    memcpy(sum, lane, sizeof sum);
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            sum[i] += sum[i + n];
    return sum[0] + 0;
}

/* One weight: a chain for each lane over the pixels in raster order, or one through the lanes. */
static float weight_gradient(const trial *t, const example *e, int o, int c, int ky, int kx) {
    const shape *in = &t->input_shape[0], *out = &t->shapes.output;
    const int rows = out->dim[1], columns = out->dim[2];
    const bool few = rows * columns <= FEW_PIXELS;
    float lane[LANES] = {0}, all = 0;
    c += o / (e->filters / e->groups) * (e->channels / e->groups);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            int sy = y * e->y.stride - e->y.padding + ky * e->y.dilation;
            int sx = x * e->x.stride - e->x.padding + kx * e->x.dilation;
            if (sy < 0 || sy >= e->height || sx < 0 || sx >= e->width)
                continue;
            const float *dy =
                t->tile[0].output_grad + trial_place(out, (size_t)((o * rows + y) * columns + x));
            const float *v = t->tile[0].input[0] +
                             trial_place(in, (size_t)((c * e->height + sy) * e->width + sx));
            for (int i = 0; i < LANES; i++)
                if (few)
                    all = fmaf(dy[i], v[i], all);
                else
                    lane[i] = fmaf(dy[i], v[i], lane[i]);
        }
    return few ? all + 0 : fold(lane);
}

/* One bias: column x belongs to chain x mod 4; chains 0 and 2, 1 and 3, then both, then lanes. */
static float bias_gradient(const trial *t, int o) {
    const shape *out = &t->shapes.output;
    const int rows = out->dim[1], columns = out->dim[2];
    float chain[4][LANES] = {{0}}, lane[LANES];
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const float *dy =
                t->tile[0].output_grad + trial_place(out, (size_t)((o * rows + y) * columns + x));
            for (int i = 0; i < LANES; i++)
                chain[x % 4][i] += dy[i];
        }
    for (int i = 0; i < LANES; i++)
        lane[i] = (chain[0][i] + chain[2][i]) + (chain[1][i] + chain[3][i]);
    return fold(lane);
}

/* ---- What is compared ------------------------------------------------------------------------ */

typedef struct gradients {
    float *weight, *bias;
    size_t weights;
} gradients;

static gradients expected(const trial *t, const example *e, arena *a) {
    const int channels = e->channels / e->groups;
    gradients g = {.weights = shape_size(&t->shapes.param[0].shape)};
    g.weight = arena_alloc(a, g.weights * sizeof(float));
    g.bias = arena_alloc(a, (size_t)e->filters * sizeof(float));
    float *weight = g.weight;
    for (int o = 0; o < e->filters; o++) {
        g.bias[o] = bias_gradient(t, o);
        for (int c = 0; c < channels; c++)
            for (int ky = 0; ky < e->y.taps; ky++)
                for (int kx = 0; kx < e->x.taps; kx++)
                    *weight++ = weight_gradient(t, e, o, c, ky, kx);
    }
    return g;
}

/* Items [first, end) of the operator. */
static void compute(trial *t, int first, int end, bool add) {
    const real *const input[] = {t->tile[0].input[0]};
    for (size_t i = 0; i < t->shapes.scratch; i++)
        t->scratch[i] = trial_poison;
    t->op->backward_params(&(op_call){.attrs = t->attrs,
                                      .shapes = &t->shapes,
                                      .form = t->form,
                                      .training = true,
                                      .first = first,
                                      .end = end,
                                      .input = input,
                                      .scratch = t->scratch,
                                      .output_grad = t->tile[0].output_grad,
                                      .param_grad = t->param_grad,
                                      .param_grad_add = add});
}

static void expect_bits(const char *what, const char *yaml, const char *isa, tile_form form,
                        const float *found, const float *wanted, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(found + i, wanted + i, sizeof *found) != 0)
            ck_abort_msg("%s, %s, form %d: %s %zu of %zu is %a, not %a", yaml, isa, (int)form, what,
                         i, n, (double)found[i], (double)wanted[i]);
}

/* All items at once, in parts that begin anywhere, and once more added to what is there. */
static void expect_gradients(trial *t, gradients g, int filters, const char *isa) {
    const char *yaml = t->sample->yaml;
    const int cuts[][4] = {{0, filters, filters, filters},
                           {0, filters / 3, filters - filters / 4, filters}};
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        trial_fill_gradients(t, trial_poison);
        for (int i = 2; i >= 0; i--)
            if (cuts[k][i] < cuts[k][i + 1])
                compute(t, cuts[k][i], cuts[k][i + 1], false);
        expect_bits("weight", yaml, isa, t->form, t->param_grad[0], g.weight, g.weights);
        expect_bits("bias", yaml, isa, t->form, t->param_grad[1], g.bias, (size_t)filters);
    }
    compute(t, 0, filters, true);
    for (size_t i = 0; i < g.weights; i++)
        ck_assert(t->param_grad[0][i] == g.weight[i] + g.weight[i]);
    for (int i = 0; i < filters; i++)
        ck_assert(t->param_grad[1][i] == g.bias[i] + g.bias[i]);
}

/* Numbers so small that their products are zeros of either sign, and no sum is -0. */
static void make_tiny(trial *t) {
    const shape *shapes[] = {&t->input_shape[0], &t->shapes.output};
    real *numbers[] = {t->tile[0].input[0], t->tile[0].output_grad};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < shape_tile(shapes[k]); i++)
            numbers[k][i] *= 1e-23F;
}

typedef enum filling { FULL_TILE, FIVE_SAMPLES, TINY_NUMBERS, ONE_SAMPLE, FILLINGS } filling;

/* What is expected is found out once: every instruction set gets the same numbers. */
static void check_lanes(const example *e, const backend *b, filling f, gradients *g, arena *a,
                        lcnn_errors *errors) {
    const op_sample sample = {.yaml = example_yaml(e, a),
                              .inputs =
                                  arena_format(a, "%dx%dx%d", e->channels, e->height, e->width)};
    trial *t = trial_new(&b->ops, &sample, a, errors);
    if (t == NULL)
        ck_abort_msg("%s: %s", sample.yaml, lcnn_errors_text(errors, 0));
    trial_fill(t, f == ONE_SAMPLE ? 1 : f == FIVE_SAMPLES ? 5 : LANES);
    if (f == TINY_NUMBERS)
        make_tiny(t);
    if (g->weight == NULL)
        *g = expected(t, e, a);
    expect_gradients(t, *g, e->filters, b->name);
    trial_free(t);
    if (f != ONE_SAMPLE || (e->groups > 1 && (e->groups < e->channels || e->groups < e->filters)))
        return; /* FORM_SINGLE knows no other groups */
    t = trial_new(&b->single->ops, &sample, a, errors);
    trial_fill_sample(t, FORM_SINGLE);
    expect_gradients(t, *g, e->filters, b->single->name);
    trial_free(t);
}

START_TEST(gradients_are_the_plain_loops) {
    arena *a = arena_new();
    lcnn_errors *errors = lcnn_errors_new();
    for (filling f = FULL_TILE; f < FILLINGS; f++) {
        gradients g = {0};
        for (const backend *const *b = backend_list(); *b != NULL; b++)
            check_lanes(&examples[_i], *b, f, &g, a, errors);
    }
    arena_free(a);
    lcnn_errors_free(errors);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("conv_gradient");
    TCase *bits = tcase_create("bits");
    tcase_set_timeout(bits, 600);
    tcase_add_loop_test(bits, gradients_are_the_plain_loops, 0, EXAMPLES);
    suite_add_tcase(suite, bits);
    return suite_run(suite);
}
