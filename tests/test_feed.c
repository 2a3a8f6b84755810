/* test_feed.c - tiles made of images. The transforms themselves are in test_transforms.c. */
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
    tcase_add_test(cases, a_tile_holds_sixteen_images_side_by_side);
    tcase_add_test(cases, lanes_without_a_sample_are_zero);
    tcase_add_test(cases, transforms_come_in_their_order);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
