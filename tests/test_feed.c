/* test_feed.c - transforms, one by one, and tiles made of images. */
#include "config.h"

#include "datasets.h"
#include "feed.h"
#include "suite.h"
#include <stdlib.h>
#include <string.h>

static lcnn_errors *errors;
static arena *memory;

static void set_up(void) {
    errors = lcnn_errors_new();
    memory = arena_new();
}

static void tear_down(void) {
    arena_free(memory);
    lcnn_errors_free(errors);
}

/* ---- Transforms ---------------------------------------------------------------------------- */

static attr_component parsed(const char *yaml) {
    attr_component t = {0};
    const doc *d = document_parse(memory, "test", yaml, strlen(yaml), errors);
    bool fine = d && component_parse(&transforms, d, "transforms", &t, memory, errors);
    ck_assert_msg(fine, "%s", fine ? "" : lcnn_errors_text(errors, 0));
    return t;
}

static bool inferred(const attr_component *t, const shape *in, shape *out) {
    const transform *f = (const transform *)t->type;
    return f->infer(t->attrs, in, out, (mark){0}, errors);
}

static void apply(const attr_component *t, const shape *in_shape, const float *in,
                  const shape *out_shape, float *out) {
    ((const transform *)t->type)
        ->apply(&(transform_call){
            .attrs = t->attrs, .in_shape = in_shape, .out_shape = out_shape, .in = in, .out = out});
}

/* Applies a transform to an image and compares shape and values. */
static void becomes(const char *yaml, shape in, const float *values, shape out,
                    const float *expected) {
    attr_component t = parsed(yaml);
    float result[64];
    shape s;
    ck_assert(inferred(&t, &in, &s));
    ck_assert(shape_equal(&s, &out));
    apply(&t, &in, values, &s, result);
    for (size_t i = 0; i < shape_size(&out); i++)
        ck_assert_float_eq_tol(result[i], expected[i], 1e-6f);
}

START_TEST(pad_puts_a_border_around) {
    becomes("{op: pad, by: 1, value: 9}", (shape){3, {1, 2, 2}}, (float[]){1, 2, 3, 4},
            (shape){3, {1, 4, 4}}, (float[]){9, 9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9, 9, 9, 9});
    becomes("{op: pad, by: [0, 2]}", (shape){3, {2, 1, 1}}, (float[]){5, 6}, (shape){3, {2, 1, 5}},
            (float[]){0, 0, 5, 0, 0, 0, 0, 6, 0, 0});
    becomes("{op: pad, by: [1, 0]}", (shape){3, {1, 1, 5}}, (float[]){1, 2, 3, 4, 5},
            (shape){3, {1, 3, 5}}, (float[]){0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0});
}
END_TEST

START_TEST(rescale_maps_bytes) {
    shape s = {3, {1, 1, 3}};
    becomes("rescale", s, (float[]){0, 51, 255}, s, (float[]){0, 0.2f, 1});
    becomes("{op: rescale, to: [-1, 1]}", s, (float[]){0, 127.5f, 255}, s, (float[]){-1, 0, 1});
    becomes("{op: rescale, to: [1, 0]}", s, (float[]){0, 51, 255}, s, (float[]){1, 0.8f, 0});
}
END_TEST

START_TEST(rescale_meets_its_ends_exactly) {
    static const char *const yaml[] = {"rescale", "{op: rescale, to: [-1, 1]}",
                                       "{op: rescale, to: [1, 0]}"};
    static const float low[] = {0, -1, 1}, high[] = {1, 1, 0};
    shape s = {3, {1, 1, 2}};
    for (int i = 0; i < 3; i++) {
        attr_component t = parsed(yaml[i]);
        float bytes[] = {0, 255}, ends[2];
        apply(&t, &s, bytes, &s, ends);
        ck_assert_float_eq(ends[0], low[i]);
        ck_assert_float_eq(ends[1], high[i]);
    }
}
END_TEST

START_TEST(normalize_takes_one_number_or_one_per_channel) {
    shape s = {3, {2, 1, 2}};
    becomes("{op: normalize, mean: 3, deviation: 2}", s, (float[]){1, 3, 5, 7}, s,
            (float[]){-1, 0, 1, 2});
    becomes("{op: normalize, mean: [1, 5], deviation: [2, 4]}", s, (float[]){1, 3, 5, 13}, s,
            (float[]){0, 1, 0, 2});
}
END_TEST

START_TEST(transforms_that_cannot_be) {
    static const struct {
        const char *yaml, *message;
    } wrong[] = {
        {"{op: rescale, to: [0, 1, 2]}", "rescale: `to` has 3 numbers; it must be [low, high]"},
        {"{op: rescale, to: [1, 1]}", "both ends of `to` are 1"},
        {"{op: normalize, mean: [1, 2], deviation: 1}", "`mean` has 2 numbers for 1 channel"},
        {"{op: normalize, mean: 1, deviation: [1, 2]}", "`deviation` has 2 numbers for 1 channel"},
    };
    shape in = {3, {1, 2, 2}}, out;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        attr_component t = parsed(wrong[i].yaml);
        ck_assert(!inferred(&t, &in, &out));
        ck_assert_int_eq(lcnn_errors_count(errors), (int)i + 1);
        ck_assert_msg(strstr(lcnn_errors_text(errors, (int)i), wrong[i].message) != NULL, "%s",
                      lcnn_errors_text(errors, (int)i));
    }
}
END_TEST

START_TEST(attributes_out_of_range) {
    static const char *const wrong[] = {
        "{op: pad, by: -1}",        "{op: pad}",
        "{op: pad, by: 99999}",     "{op: normalize, mean: 0, deviation: 0}",
        "{op: normalize, mean: 0}", "{op: resacle}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        attr_component t;
        const doc *d = document_parse(memory, "test", wrong[i], strlen(wrong[i]), errors);
        ck_assert_msg(!component_parse(&transforms, d, "transforms", &t, memory, errors), "%s",
                      wrong[i]);
    }
}
END_TEST

START_TEST(every_transform_is_described) {
    int count = 0;
    for (; transforms.members[count]; count++) {
        const component *c = transforms.members[count];
        ck_assert(c->summary && c->doc && c->attrs);
        for (const attr *row = c->attrs; row->name; row++)
            ck_assert_ptr_nonnull(row->help);
        ck_assert_ptr_eq(component_find(&transforms, c->name), c);
    }
    ck_assert_int_eq(count, 3);
}
END_TEST

/* ---- Tiles --------------------------------------------------------------------------------- */

enum { SAMPLES = 20, HEIGHT = 3, WIDTH = 5, CHANNELS = 2, SIZE = CHANNELS * HEIGHT * WIDTH };

static uint8_t images[SAMPLES * SIZE], labels[SAMPLES];

static split some_samples(void) {
    for (int i = 0; i < SAMPLES * SIZE; i++)
        images[i] = (uint8_t)(i * 37 + i / SIZE);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = (uint8_t)(i % 7);
    return (split){SAMPLES, images, labels};
}

/* Fills a tile and compares every pixel of every lane with `factor` times the byte, `pad` pixels
 * further in. */
static void check_tile(const feed *f, int count, int pad, float factor) {
    const shape *s = &f->transform_shape[f->transform_count];
    float *scratch = aligned_array(feed_scratch(f), sizeof *scratch);
    real *tile = aligned_array(shape_tile(s), sizeof *tile);
    uint32_t sample[LANES];
    int32_t label[LANES];
    for (uint32_t i = 0; i < LANES; i++)
        sample[i] = (i * 7 + 3) % SAMPLES;
    memset(scratch, 0xff, feed_scratch(f) * sizeof *scratch); /* NaN, if any of it were used */
    feed_tile(f, NULL, sample, count, scratch, tile, label);
    for (int lane = 0; lane < LANES; lane++) {
        ck_assert_int_eq(label[lane], lane < count ? labels[sample[lane]] : 0);
        for (int c = 0; c < s->dim[0]; c++)
            for (int y = 0; y < s->dim[1]; y++)
                for (int x = 0; x < s->dim[2]; x++) {
                    bool inside =
                        lane < count && y >= pad && y < HEIGHT + pad && x >= pad && x < WIDTH + pad;
                    size_t at = sample[lane] * SIZE + (size_t)(c * HEIGHT * WIDTH) +
                                (inside ? (size_t)((y - pad) * WIDTH + x - pad) : 0);
                    float expected = inside ? (float)images[at] * factor : 0;
                    size_t place = (size_t)c * shape_stride(s) +
                                   (size_t)(y * s->dim[2] + x) * LANES + (size_t)lane;
                    ck_assert_float_eq((float)tile[place], expected);
                }
    }
    free(scratch);
    free(tile);
}

START_TEST(a_tile_holds_sixteen_images_side_by_side) {
    split part = some_samples();
    shape s = {3, {CHANNELS, HEIGHT, WIDTH}};
    feed f = {&part, s, 0, NULL, &s};
    check_tile(&f, LANES, 0, 1);
}
END_TEST

START_TEST(lanes_without_a_sample_are_zero) {
    split part = some_samples();
    shape s = {3, {CHANNELS, HEIGHT, WIDTH}};
    feed f = {&part, s, 0, NULL, &s};
    for (int count = 1; count < LANES; count++)
        check_tile(&f, count, 0, 1);
}
END_TEST

START_TEST(transforms_come_in_their_order) {
    static const char *const yaml[] = {"{op: rescale, to: [0, 255]}", "{op: pad, by: 1}",
                                       "{op: pad, by: 2}", "rescale"};
    split part = some_samples();
    attr_component t[4];
    shape s[5] = {{3, {CHANNELS, HEIGHT, WIDTH}}};
    for (int i = 0; i < 4; i++) {
        t[i] = parsed(yaml[i]);
        ck_assert(inferred(&t[i], &s[i], &s[i + 1]));
    }
    static const int pad_after[] = {0, 0, 1, 3, 3};
    for (int count = 1; count <= 4; count++) {
        feed f = {&part, s[0], count, t, s};
        check_tile(&f, LANES, pad_after[count], count == 4 ? 1 / 255.0f : 1);
        check_tile(&f, 3, pad_after[count], count == 4 ? 1 / 255.0f : 1);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("feed");
    TCase *cases = tcase_create("feed");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, pad_puts_a_border_around);
    tcase_add_test(cases, rescale_maps_bytes);
    tcase_add_test(cases, rescale_meets_its_ends_exactly);
    tcase_add_test(cases, normalize_takes_one_number_or_one_per_channel);
    tcase_add_test(cases, transforms_that_cannot_be);
    tcase_add_test(cases, attributes_out_of_range);
    tcase_add_test(cases, every_transform_is_described);
    tcase_add_test(cases, a_tile_holds_sixteen_images_side_by_side);
    tcase_add_test(cases, lanes_without_a_sample_are_zero);
    tcase_add_test(cases, transforms_come_in_their_order);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
