/* test_measure.c - normalize with moments measured on the training images. */
#include "lcnn.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lcnn_errors *errors;
static lcnn_data *glyphs;

static void set_up(void) {
    errors = lcnn_errors_new();
    glyphs = lcnn_data_open("glyphs", errors);
    ck_assert_ptr_nonnull(glyphs);
}

static void tear_down(void) {
    lcnn_data_free(glyphs);
    lcnn_errors_free(errors);
}

/* LeNet-5 on glyphs with these transforms. */
static lcnn_model *model_with(const char *transforms, const char *setting) {
    char path[4096], list[512];
    const char *root = getenv("srcdir");
    snprintf(path, sizeof path, "%s/models/lenet5.yaml", root ? root : ".");
    snprintf(list, sizeof list, "data.transforms=[{op: pad, by: 2}, %s]", transforms);
    const char *settings[] = {list, setting};
    const lcnn_model_options options = {"glyphs", settings, setting ? 2 : 1};
    lcnn_model *m = lcnn_model_load(path, &options, errors);
    ck_assert_msg(m != NULL, "%s", m ? "" : lcnn_errors_text(errors, 0));
    return m;
}

static void measure(lcnn_model *m) {
    bool done = lcnn_model_measure(m, glyphs, errors);
    ck_assert_msg(done, "%s", done ? "" : lcnn_errors_text(errors, 0));
}

START_TEST(measured_images_have_mean_0_and_deviation_1) {
    enum { PIXELS = 32 * 32 };
    lcnn_model *m = model_with("{op: normalize, moments: measured}", NULL);
    measure(m);
    lcnn_view *view = lcnn_view_new(glyphs, m, 1, errors);
    ck_assert_ptr_nonnull(view);
    const uint32_t count = lcnn_data_train_count(glyphs);
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < count; i++) {
        const float *image = lcnn_view_image(view, LCNN_TRAIN, i, -1);
        for (int p = 0; p < PIXELS; p++) {
            sum += (double)image[p];
            squares += (double)image[p] * (double)image[p];
        }
    }
    ck_assert_double_eq_tol(sum / count / PIXELS, 0, 1e-6);
    ck_assert_double_eq_tol(squares / count / PIXELS, 1, 1e-5);
    lcnn_view_free(view);
    lcnn_model_free(m);
}
END_TEST

START_TEST(the_numbers_found_are_in_the_resolved_model) {
    lcnn_model *m = model_with("{op: normalize, moments: measured}", NULL);
    char before[65];
    strcpy(before, lcnn_model_sha256(m));
    ck_assert_ptr_nonnull(strstr(lcnn_model_yaml(m), "moments: measured"));
    measure(m);
    ck_assert_str_ne(lcnn_model_sha256(m), before);
    const char *yaml = lcnn_model_yaml(m);
    ck_assert_ptr_nonnull(strstr(yaml, "moments: given, mean: ["));
    ck_assert_ptr_null(strstr(yaml, "measured"));
    /* Measuring again finds nothing to do, and a model read from that text is the same one. */
    strcpy(before, lcnn_model_sha256(m));
    measure(m);
    ck_assert_str_eq(lcnn_model_sha256(m), before);
    char file[] = "test_measure.yaml";
    ck_assert(lcnn_write_file(file, lcnn_model_yaml(m), strlen(lcnn_model_yaml(m)), errors));
    lcnn_model *again = lcnn_model_load(file, NULL, errors);
    remove(file);
    ck_assert_ptr_nonnull(again);
    ck_assert_str_eq(lcnn_model_sha256(again), before);
    lcnn_model_free(again);
    lcnn_model_free(m);
}
END_TEST

/* Those before it count, random ones do not, and neither do images that are not trained on. */
START_TEST(what_is_measured_depends_on_what_comes_in) {
    const char *text[] = {"{op: normalize, moments: measured}",
                          "rescale, {op: normalize, moments: measured}",
                          "{op: random_noise, deviation: 99}, {op: normalize, moments: measured}"};
    double mean[4];
    for (int i = 0; i < 4; i++) {
        lcnn_model *m = model_with(text[i % 3], i == 3 ? "data.limit=100" : NULL);
        measure(m);
        const char *found = strstr(lcnn_model_yaml(m), "mean: [");
        ck_assert_ptr_nonnull(found);
        mean[i] = strtod(found + 7, NULL);
        lcnn_model_free(m);
    }
    ck_assert_double_eq_tol(mean[1] * 255 / mean[0], 1, 1e-6);
    ck_assert_double_eq(mean[2], mean[0]);
    ck_assert_double_gt(fabs(mean[3] - mean[0]), 1e-6);
}
END_TEST

START_TEST(a_model_must_be_measured_before_it_is_used) {
    lcnn_model *m = model_with("{op: normalize, moments: measured}", NULL);
    ck_assert_ptr_null(lcnn_session_new(m, glyphs, NULL, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "normalize: nothing is measured yet"));
    measure(m);
    lcnn_session *s = lcnn_session_new(m, glyphs, NULL, errors);
    ck_assert_ptr_nonnull(s);
    lcnn_session_free(s);
    lcnn_model_free(m);
}
END_TEST

START_TEST(images_that_are_all_alike_cannot_be_measured) {
    lcnn_model *m =
        model_with("{op: threshold, at: 300}, {op: normalize, moments: measured}", NULL);
    ck_assert(!lcnn_model_measure(m, glyphs, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "is 0 everywhere"));
    lcnn_model_free(m);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("measure");
    TCase *cases = tcase_create("measure");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, measured_images_have_mean_0_and_deviation_1);
    tcase_add_test(cases, the_numbers_found_are_in_the_resolved_model);
    tcase_add_test(cases, what_is_measured_depends_on_what_comes_in);
    tcase_add_test(cases, a_model_must_be_measured_before_it_is_used);
    tcase_add_test(cases, images_that_are_all_alike_cannot_be_measured);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
