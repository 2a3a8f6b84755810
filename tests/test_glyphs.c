/* test_glyphs.c - the built-in data set: the same bits everywhere, and images as MNIST has them. */
#include "config.h"

#include "datasets.h"
#include "strokes.h"
#include "suite.h"
#include <string.h>

enum { PIXELS = 28 * 28 };

static lcnn_errors *errors;

static void set_up(void) {
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    lcnn_errors_free(errors);
}

static dataset *drawn(const char *name) {
    dataset *d = datasets_open(name, errors);
    ck_assert_msg(d != NULL, "%s", d ? "" : lcnn_errors_text(errors, 0));
    return d;
}

START_TEST(the_bits_never_change) {
    static const struct {
        const char *name, *sha256;
    } known[] = {
        {"glyphs", "e85096dc493a6e8061c8d0e65ea60c7b96c769291f274834168d44682b3db369"},
        {"glyphs-47:4700", "a445233b2907469746c910fa21b89388b01803b20ca4d9af2bc01e1b87524ee5"},
        {"glyphs-62:6200", "702d9eb60cbed11b447fc7888144b3ba141381afbabd4da2a6d0567b1f3b3fb3"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        dataset *d = drawn(known[i].name);
        ck_assert_str_eq(d->sha256, known[i].sha256);
        ck_assert_str_eq(d->info.name, known[i].name);
        datasets_close(d);
    }
}
END_TEST

START_TEST(any_number_of_samples) {
    static const struct {
        const char *name;
        uint32_t train, test;
        int classes;
    } sizes[] = {{"glyphs", 6000, 1000, 10},
                 {"glyphs-47", 28200, 4700, 47},
                 {"glyphs-62", 37200, 6200, 62},
                 {"glyphs:1", 1, 1, 10},
                 {"glyphs:61", 61, 11, 10}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        dataset *d = drawn(sizes[i].name);
        ck_assert_uint_eq(d->train.count, sizes[i].train);
        ck_assert_uint_eq(d->test.count, sizes[i].test);
        ck_assert_int_eq(d->info.classes, sizes[i].classes);
        datasets_close(d);
    }
}
END_TEST

START_TEST(a_larger_set_begins_with_the_smaller) {
    dataset *small = drawn("glyphs:300"), *large = drawn("glyphs:600");
    ck_assert_mem_eq(small->train.images, large->train.images, 300 * PIXELS);
    ck_assert_mem_eq(small->train.labels, large->train.labels, 300);
    ck_assert_mem_eq(small->test.images, large->test.images, 50 * PIXELS);
    datasets_close(small);
    datasets_close(large);
}
END_TEST

START_TEST(no_image_is_there_twice) {
    dataset *d = drawn("glyphs:700");
    for (uint32_t i = 0; i < d->train.count; i++) {
        const uint8_t *image = d->train.images + (size_t)i * PIXELS;
        for (uint32_t k = i + 1; k < d->train.count; k++)
            ck_assert_int_ne(memcmp(image, d->train.images + (size_t)k * PIXELS, PIXELS), 0);
        for (uint32_t k = 0; k < d->test.count; k++)
            ck_assert_int_ne(memcmp(image, d->test.images + (size_t)k * PIXELS, PIXELS), 0);
    }
    datasets_close(d);
}
END_TEST

START_TEST(white_ink_in_the_middle_of_black_paper) {
    dataset *d = drawn("glyphs-62:6200");
    for (uint32_t i = 0; i < d->train.count; i++) {
        const uint8_t *image = d->train.images + (size_t)i * PIXELS;
        double ink = 0, x = 0, y = 0;
        int brightest = 0;
        for (int p = 0; p < PIXELS; p++) {
            ink += image[p];
            x += image[p] * (p % 28);
            y += image[p] * (p / 28);
            brightest = image[p] > brightest ? image[p] : brightest;
            bool edge = p % 28 == 0 || p % 28 == 27 || p / 28 == 0 || p / 28 == 27;
            ck_assert_msg(!edge || image[p] == 0, "sample %u leaves the image", i);
        }
        ck_assert_int_gt(brightest, 180);
        ck_assert_double_gt(ink / 255, 15);
        ck_assert_double_lt(ink / 255, 260);
        ck_assert_double_eq_tol(x / ink, 13.5, 2.5);
        ck_assert_double_eq_tol(y / ink, 13.5, 2.5);
    }
    datasets_close(d);
}
END_TEST

START_TEST(every_class_comes_as_often) {
    dataset *d = drawn("glyphs-47:470");
    int count[47] = {0};
    for (uint32_t i = 0; i < d->train.count; i++)
        count[d->train.labels[i]]++;
    for (int c = 0; c < 47; c++)
        ck_assert_int_eq(count[c], 10);
    datasets_close(d);
}
END_TEST

START_TEST(every_class_can_be_written) {
    dataset *d = drawn("glyphs-62:1");
    for (int c = 0; c < d->info.classes; c++) {
        char symbol = d->info.class_names[c][0];
        ck_assert_msg(strokes_count(symbol) > 0, "%c", symbol);
        for (int way = 0; way < strokes_count(symbol); way++) {
            stroke_point point[STROKE_POINTS];
            int count = strokes_points(strokes_path(symbol, way), point);
            ck_assert_int_ge(count, 2);
            ck_assert_int_le(count, STROKE_POINTS);
            ck_assert(point[count - 1].lift);
        }
    }
    ck_assert_int_eq(strokes_count('?'), 0);
    datasets_close(d);
}
END_TEST

START_TEST(a_path_is_read_point_by_point) {
    stroke_point p[STROKE_POINTS];
    ck_assert_int_eq(strokes_points("10,25 38,0! 38,100; 8,140", p), 4);
    ck_assert(p[0].x == 10 && p[0].y == 25 && !p[0].corner && !p[0].lift);
    ck_assert(p[1].corner && !p[1].lift);
    ck_assert(!p[2].corner && p[2].lift);
    ck_assert(p[3].x == 8 && p[3].y == 140 && p[3].lift);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("glyphs");
    TCase *cases = tcase_create("glyphs");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_bits_never_change);
    tcase_add_test(cases, any_number_of_samples);
    tcase_add_test(cases, a_larger_set_begins_with_the_smaller);
    tcase_add_test(cases, no_image_is_there_twice);
    tcase_add_test(cases, white_ink_in_the_middle_of_black_paper);
    tcase_add_test(cases, every_class_comes_as_often);
    tcase_add_test(cases, every_class_can_be_written);
    tcase_add_test(cases, a_path_is_read_point_by_point);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
