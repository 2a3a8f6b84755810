/* test_translate.c - images moved by whole pixels: where each pixel goes, what comes in at the
 * border, and that nothing is read or written beside the image. The rest of what holds for every
 * transform is in test_transforms.c. */
#include "config.h"

#include "datasets.h"
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

static bool parses(const char *yaml, attr_component *t) {
    const doc *d = document_parse(memory, "test", yaml, strlen(yaml), errors);
    return d && component_parse(&transforms, d, "transforms", t, memory, errors);
}

/* What becomes of an image, in memory that is exactly as large, so that the address sanitizer sees
 * more. */
static float *moved(const char *yaml, shape s, const float *values) {
    attr_component t;
    ck_assert_msg(parses(yaml, &t), "%s: %s", yaml, lcnn_errors_text(errors, 0));
    const transform *f = (const transform *)t.type;
    shape out;
    ck_assert(f->infer(t.attrs, &s, &out, (mark){0}, errors));
    ck_assert(shape_equal(&s, &out));
    const size_t size = shape_size(&s);
    float *in = aligned_array(size, sizeof *in), *result = aligned_array(size, sizeof *result);
    ck_assert(in && result);
    memcpy(in, values, size * sizeof *in);
    for (size_t i = 0; i < size; i++)
        result[i] = 1e30f;
    f->apply(&(transform_call){
        .attrs = t.attrs, .in_shape = &s, .out_shape = &out, .in = in, .out = result});
    free(in);
    return result;
}

static void becomes(const char *yaml, shape s, const float *values, const float *expected) {
    float *result = moved(yaml, s, values);
    for (size_t i = 0; i < shape_size(&s); i++)
        ck_assert_msg(result[i] == expected[i], "%s: number %zu is %g, not %g", yaml, i,
                      (double)result[i], (double)expected[i]);
    free(result);
}

static const shape small = {3, {1, 3, 4}};
static const float image[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

START_TEST(down_and_right_are_positive) {
    becomes("{op: translate, by: [1, 0]}", small, image,
            (float[]){0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
    becomes("{op: translate, by: [0, 1]}", small, image,
            (float[]){0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11});
    becomes("{op: translate, by: [-1, 0]}", small, image,
            (float[]){5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 0});
    becomes("{op: translate, by: [0, -3]}", small, image,
            (float[]){4, 0, 0, 0, 8, 0, 0, 0, 12, 0, 0, 0});
}
END_TEST

START_TEST(one_number_is_both_and_zero_changes_nothing) {
    becomes("{op: translate, by: 1}", small, image, (float[]){0, 0, 0, 0, 0, 1, 2, 3, 0, 5, 6, 7});
    becomes("{op: translate, by: 0, fill: 9}", small, image, image);
}
END_TEST

START_TEST(fill_comes_in_at_the_border) {
    becomes("{op: translate, by: [-1, 2], fill: -7}", small, image,
            (float[]){-7, -7, 5, 6, -7, -7, 9, 10, -7, -7, -7, -7});
}
END_TEST

START_TEST(each_channel_is_moved_alike) {
    becomes("{op: translate, by: [0, 1]}", (shape){3, {2, 1, 3}}, (float[]){1, 2, 3, 4, 5, 6},
            (float[]){0, 1, 2, 0, 4, 5});
}
END_TEST

START_TEST(what_moves_out_leaves_an_empty_image) {
    static const char *const far[] = {
        "{op: translate, by: [3, 0], fill: 5}", "{op: translate, by: [0, -4], fill: 5}",
        "{op: translate, by: 65536, fill: 5}", "{op: translate, by: -65536, fill: 5}"};
    for (int i = 0; i < 4; i++)
        becomes(far[i], small, image, (float[]){5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5});
}
END_TEST

START_TEST(there_and_back_loses_the_border_only) {
    float *there = moved("{op: translate, by: [1, -2]}", small, image);
    becomes("{op: translate, by: [-1, 2]}", small, there,
            (float[]){0, 0, 3, 4, 0, 0, 7, 8, 0, 0, 0, 0});
    free(there);
}
END_TEST

START_TEST(a_shift_is_whole_and_must_be_given) {
    static const char *const wrong[] = {"translate", "{op: translate, by: 0.5}",
                                        "{op: translate, by: [1, 2, 3]}",
                                        "{op: translate, by: 65537}"};
    for (int i = 0; i < 4; i++) {
        attr_component t;
        ck_assert_msg(!parses(wrong[i], &t), "%s is taken", wrong[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("translate");
    TCase *cases = tcase_create("translate");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, down_and_right_are_positive);
    tcase_add_test(cases, one_number_is_both_and_zero_changes_nothing);
    tcase_add_test(cases, fill_comes_in_at_the_border);
    tcase_add_test(cases, each_channel_is_moved_alike);
    tcase_add_test(cases, what_moves_out_leaves_an_empty_image);
    tcase_add_test(cases, there_and_back_loses_the_border_only);
    tcase_add_test(cases, a_shift_is_whole_and_must_be_given);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
