/* test_conv.c - convolutions forward and their input gradients, bit for bit against the plain loops
 * that define their order, in both forms, on every instruction set, however items are shared out.
 */
#include "config.h"

#include "backend.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>
#include <string.h>

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
    {2, 1, 1, 5, 11, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* units of every size, and rows of all lengths */
    {1, 2, 1, 4, 12, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {3, 3, 1, 6, 13, {3, 1, 1, 1}, {1, 1, 0, 1}},
    {4, 4, 1, 3, 14, {1, 1, 0, 1}, {3, 1, 1, 1}},
    {5, 5, 1, 7, 15, {2, 1, 0, 1}, {2, 1, 1, 1}},
    {7, 8, 1, 5, 16, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {8, 9, 1, 4, 17, {3, 1, 1, 1}, {5, 1, 2, 1}},
    {17, 25, 1, 6, 9, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {9, 10, 1, 2, 3, {7, 1, 3, 1}, {7, 1, 3, 1}},   /* a kernel larger than its source */
    {40, 37, 1, 7, 9, {3, 1, 1, 1}, {3, 1, 1, 1}},  /* channels in several goes */
    {70, 13, 1, 35, 6, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* and rows */
    {3, 7, 1, 3, 130, {3, 1, 1, 1}, {3, 1, 1, 1}},  /* rows in several strips */
    {300, 12, 1, 3, 3, {1, 1, 0, 1}, {1, 1, 0, 1}},
    {13, 17, 1, 8, 8, {1, 2, 0, 1}, {1, 2, 0, 1}},
    {5, 6, 1, 12, 11, {3, 2, 1, 1}, {3, 2, 1, 1}},
    {3, 8, 1, 15, 16, {7, 2, 3, 1}, {7, 2, 3, 1}},
    {3, 8, 1, 17, 18, {11, 4, 2, 1}, {10, 3, 2, 1}},
    {3, 5, 1, 12, 12, {3, 1, 2, 2}, {3, 1, 3, 3}},
    {3, 5, 1, 13, 14, {3, 2, 2, 4}, {3, 4, 3, 2}}, /* strides and dilations with a common factor */
    {2, 5, 1, 9, 9, {3, 2, 3, 3}, {2, 3, 2, 3}},   /* pixels without any tap */
    {1, 2, 1, 3, 3, {2, 1, 6, 1}, {2, 3, 7, 1}},   /* rows and columns, too */
    {2, 3, 1, 8, 10, {4, 1, 2, 1}, {2, 1, 1, 1}},
    {2, 3, 1, 20, 19, {18, 1, 0, 1}, {17, 1, 1, 1}},
    {11, 33, 1, 9, 11, {5, 2, 1, 2}, {5, 1, 0, 1}}, /* narrow maps without padding at the sides */
    {3, 20, 1, 6, 9, {2, 1, 0, 1}, {3, 1, 0, 1}},
    {9, 17, 1, 7, 14, {3, 1, 1, 1}, {3, 1, 0, 1}},
    {6, 4, 2, 8, 7, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* groups */
    {3, 12, 3, 5, 7, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {11, 11, 11, 9, 8, {3, 1, 1, 1}, {3, 1, 1, 1}}, /* depthwise */
    {8, 8, 8, 2, 2, {3, 1, 1, 1}, {3, 1, 1, 1}},
    {19, 19, 19, 11, 13, {5, 2, 2, 1}, {4, 1, 0, 2}},
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static arena *memory;
static lcnn_errors *errors;

static void set_up(void) {
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    arena_free(memory);
    lcnn_errors_free(errors);
}

static trial *start(const backend *b, const example *e) {
    op_sample *sample = arena_alloc(memory, sizeof *sample);
    *sample = (op_sample){
        .yaml = arena_format(memory,
                             "{op: conv2d, filters: %d, kernel_size: [%d, %d], strides: [%d, %d], "
                             "padding: [%d, %d, %d, %d], dilation_rate: [%d, %d], groups: %d}",
                             e->filters, e->y.taps, e->x.taps, e->y.stride, e->x.stride,
                             e->y.padding, e->y.padding, e->x.padding, e->x.padding, e->y.dilation,
                             e->x.dilation, e->groups),
        .inputs = arena_format(memory, "%dx%dx%d", e->channels, e->height, e->width),
    };
    trial *t = trial_new(&b->ops, sample, memory, errors);
    ck_assert_msg(t != NULL, "%s: %s", sample->yaml, lcnn_errors_text(errors, 0));
    return t;
}

/* ---- The reference --------------------------------------------------------------------------- */

/* Number (c, y, x) of a sample in a tile of either form. */
static float at(const trial *t, const real *tile, const shape *s, int lane, int c, int y, int x) {
    size_t i = ((size_t)c * (size_t)s->dim[1] + (size_t)y) * (size_t)s->dim[2] + (size_t)x;
    return t->form == FORM_SINGLE ? tile[trial_place_single(s, i)]
                                  : tile[trial_place(s, i) + (size_t)lane];
}

static float weight_at(const trial *t, const example *e, int o, int c, int ky, int kx) {
    int channels = e->channels / e->groups;
    return t->param[0][((o * channels + c) * e->y.taps + ky) * e->x.taps + kx];
}

static float forward_of(const trial *t, const example *e, int lane, int o, int y, int x) {
    const shape *in = &t->input_shape[0];
    const int channels = e->channels / e->groups, first = o / (e->filters / e->groups) * channels;
    float sum = t->param[1][o];
    for (int c = 0; c < channels; c++)
        for (int ky = 0; ky < e->y.taps; ky++)
            for (int kx = 0; kx < e->x.taps; kx++) {
                int sy = y * e->y.stride - e->y.padding + ky * e->y.dilation;
                int sx = x * e->x.stride - e->x.padding + kx * e->x.dilation;
                if (sy >= 0 && sy < e->height && sx >= 0 && sx < e->width)
                    sum = fmaf(weight_at(t, e, o, c, ky, kx),
                               at(t, t->tile[0].input[0], in, lane, first + c, sy, sx), sum);
            }
    return sum;
}

/* The output position that reads source position `p` through tap `k`, or -1. */
static int reader(const direction *d, int outputs, int p, int k) {
    int place = p + d->padding - k * d->dilation;
    return place >= 0 && place % d->stride == 0 && place / d->stride < outputs ? place / d->stride
                                                                               : -1;
}

static float gradient_of(const trial *t, const example *e, int lane, float before, int i, int y,
                         int x) {
    const shape *out = &t->shapes.output;
    const int channels = e->channels / e->groups, filters = e->filters / e->groups,
              first = i / channels * filters;
    float sum = before;
    for (int o = first; o < first + filters; o++)
        for (int ky = 0; ky < e->y.taps; ky++)
            for (int kx = 0; kx < e->x.taps; kx++) {
                int oy = reader(&e->y, out->dim[1], y, ky), ox = reader(&e->x, out->dim[2], x, kx);
                if (oy >= 0 && ox >= 0)
                    sum = fmaf(weight_at(t, e, o, i % channels, ky, kx),
                               at(t, t->tile[0].output_grad, out, lane, o, oy, ox), sum);
            }
    return sum;
}

/* ---- Comparisons ----------------------------------------------------------------------------- */

static void expect_bits(const trial *t, const char *what, int lane, int c, int y, int x,
                        float found, float expected) {
    if (memcmp(&found, &expected, sizeof found) != 0)
        ck_abort_msg("%s on %s: %s (%d, %d, %d) of lane %d is %.9g, not %.9g", t->sample->yaml,
                     t->sample->inputs, what, c, y, x, lane, (double)found, (double)expected);
}

/* Both results of one lane; gradients were added to `before`. */
static void compare(const trial *t, const example *e, int lane, float before) {
    const shape *in = &t->input_shape[0], *out = &t->shapes.output;
    for (int o = 0; o < out->dim[0]; o++)
        for (int y = 0; y < out->dim[1]; y++)
            for (int x = 0; x < out->dim[2]; x++)
                expect_bits(t, "output", lane, o, y, x,
                            at(t, t->tile[0].output, out, lane, o, y, x),
                            forward_of(t, e, lane, o, y, x));
    for (int i = 0; i < in->dim[0]; i++)
        for (int y = 0; y < in->dim[1]; y++)
            for (int x = 0; x < in->dim[2]; x++)
                expect_bits(t, "gradient", lane, i, y, x,
                            at(t, t->tile[0].input_grad[0], in, lane, i, y, x),
                            gradient_of(t, e, lane, before, i, y, x));
}

/* Runs what is filled in with items shared out in some way; gradients stored, or added to a number.
 */
static void run(trial *t, trial_split split, bool add) {
    t->split = split;
    t->add = add;
    if (add)
        trial_fill_gradients(t, 0.25f);
    trial_forward(t);
    trial_backward(t);
}

START_TEST(lanes_follow_the_plain_loops) {
    const example *e = &examples[_i];
    for (const backend *const *b = backend_list(); *b != NULL; b++)
        for (int split = ITEMS_TOGETHER; split <= ITEMS_IN_TWO_PARTS; split++) {
            trial *t = start(*b, e);
            trial_fill(t, LANES);
            run(t, (trial_split)split, split == ITEMS_IN_TWO_PARTS);
            compare(t, e,
                    split == ITEMS_TOGETHER       ? 0
                    : split == ITEMS_IN_TWO_PARTS ? 9
                                                  : LANES - 1,
                    t->add ? 0.25f : 0);
            trial_free(t);
        }
}
END_TEST

START_TEST(a_single_sample_follows_the_plain_loops) {
    const example *e = &examples[_i];
    for (const backend *const *b = backend_list(); *b != NULL; b++)
        for (int split = ITEMS_TOGETHER; split <= ITEMS_IN_TWO_PARTS; split++) {
            trial *t = start((*b)->single, e);
            if (t->shapes.single_forward_items > 0) {
                trial_fill_sample(t, FORM_SINGLE);
                run(t, (trial_split)split, split == ITEMS_IN_TWO_PARTS);
                compare(t, e, 0, t->add ? 0.25f : 0);
            }
            trial_free(t);
        }
}
END_TEST

/* Groups that are neither one nor depthwise have lanes only. */
START_TEST(which_convolutions_know_a_single_sample) {
    for (int i = 0; i < EXAMPLES; i++) {
        const example *e = &examples[i];
        trial *t = start(backend_choose(NULL), e);
        bool known = e->groups == 1 || (e->groups == e->channels && e->groups == e->filters);
        ck_assert_int_eq(t->shapes.single_forward_items, known ? t->shapes.output.dim[1] : 0);
        ck_assert_int_eq(t->shapes.single_backward_items, known ? e->height : 0);
        trial_free(t);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("conv");
    TCase *bits = tcase_create("bits");
    tcase_add_checked_fixture(bits, set_up, tear_down);
    tcase_set_timeout(bits, 120);
    tcase_add_loop_test(bits, lanes_follow_the_plain_loops, 0, EXAMPLES);
    tcase_add_loop_test(bits, a_single_sample_follows_the_plain_loops, 0, EXAMPLES);
    tcase_add_test(bits, which_convolutions_know_a_single_sample);
    suite_add_tcase(suite, bits);
    return suite_run(suite);
}
