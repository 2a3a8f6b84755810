/* test_metrics.c - evaluations of a few answers that can be counted by hand. */
#include "config.h"

#include "metrics.h"
#include "suite.h"

#include <math.h>

/* Seven images of four classes. Class 2 is never answered, class 3 neither shown nor answered. */
static const struct {
    int truth, answer;
    float probability;
    double loss;
} images[] = {
    {0, 0, 0.9f, 0.1}, {0, 0, 0.8f, 0.2}, {0, 1, 0.6f, 1.5}, {1, 1, 0.7f, 0.4},
    {1, 0, 0.5f, 0.9}, {2, 1, 0.4f, 2.0}, {2, 0, 0.3f, 1.1},
};
enum { IMAGES = sizeof images / sizeof *images, CLASSES = 4 };

static lcnn_evaluation *evaluation;

/* From the last to the first: the order in which images are set must not matter. */
static void set_up(void) {
    evaluation = metrics_new(IMAGES, CLASSES);
    ck_assert_ptr_nonnull(evaluation);
    for (uint32_t i = IMAGES; i-- > 0;)
        metrics_set(evaluation, i, 10 * i, images[i].truth, images[i].answer, images[i].probability,
                    images[i].loss);
    metrics_finish(evaluation);
}

static void tear_down(void) {
    lcnn_evaluation_free(evaluation);
}

static void expect_scores(lcnn_scores s, double precision, double recall, double f1) {
    ck_assert_double_eq_tol(s.precision, precision, 1e-15);
    ck_assert_double_eq_tol(s.recall, recall, 1e-15);
    ck_assert_double_eq_tol(s.f1, f1, 1e-15);
}

START_TEST(what_was_set_is_kept) {
    ck_assert_uint_eq(evaluation->count, IMAGES);
    ck_assert_int_eq(evaluation->classes, CLASSES);
    for (int i = 0; i < IMAGES; i++) {
        ck_assert_int_eq(evaluation->truth[i], images[i].truth);
        ck_assert_int_eq(evaluation->answer[i], images[i].answer);
        ck_assert(evaluation->probability[i] == images[i].probability);
    }
}
END_TEST

/* Summed from the first image to the last: to the last bit, not nearly. */
START_TEST(loss_and_accuracy_are_means) {
    const double sum = 0.1 + 0.2 + 1.5 + 0.4 + 0.9 + 2.0 + 1.1;
    ck_assert(evaluation->loss == sum / 7);
    ck_assert(evaluation->accuracy == 3.0 / 7);
}
END_TEST

START_TEST(the_confusion_matrix_has_truths_in_rows) {
    const uint32_t expected[CLASSES][CLASSES] = {
        {2, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 0, 0}};
    ck_assert_mem_eq(evaluation->confusion, expected, sizeof expected);
}
END_TEST

START_TEST(classes_have_precision_recall_and_f1) {
    expect_scores(evaluation->per_class[0], 2.0 / 4, 2.0 / 3, 4.0 / 7);
    expect_scores(evaluation->per_class[1], 1.0 / 3, 1.0 / 2, 2.0 / 5);
    expect_scores(evaluation->per_class[2], 0, 0, 0);
    expect_scores(evaluation->per_class[3], 0, 0, 0);
}
END_TEST

START_TEST(averages_are_macro_over_classes_and_micro_over_images) {
    expect_scores(evaluation->macro, (1.0 / 2 + 1.0 / 3) / 4, (2.0 / 3 + 1.0 / 2) / 4,
                  (4.0 / 7 + 2.0 / 5) / 4);
    expect_scores(evaluation->micro, 3.0 / 7, 3.0 / 7, 3.0 / 7);
}
END_TEST

START_TEST(no_images_have_no_loss) {
    lcnn_evaluation *empty = metrics_new(0, 10);
    metrics_finish(empty);
    ck_assert(isnan(empty->loss) && isnan(empty->accuracy));
    expect_scores(empty->macro, 0, 0, 0);
    expect_scores(empty->micro, 0, 0, 0);
    lcnn_evaluation_free(empty);
}
END_TEST

START_TEST(all_256_classes_can_be_told_apart) {
    lcnn_evaluation *many = metrics_new(256, 256);
    for (int i = 0; i < 256; i++)
        metrics_set(many, (uint32_t)i, (uint32_t)i, i, i ^ (i == 255), 1, 0);
    metrics_finish(many);
    ck_assert_uint_eq(many->confusion[255 * 256 + 254], 1);
    ck_assert_uint_eq(many->confusion[254 * 256 + 254], 1);
    ck_assert(many->accuracy == 255.0 / 256);
    expect_scores(many->per_class[254], 1.0 / 2, 1, 2.0 / 3);
    lcnn_evaluation_free(many);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_was_set_is_kept);
    tcase_add_test(tests, loss_and_accuracy_are_means);
    tcase_add_test(tests, the_confusion_matrix_has_truths_in_rows);
    tcase_add_test(tests, classes_have_precision_recall_and_f1);
    tcase_add_test(tests, averages_are_macro_over_classes_and_micro_over_images);
    tcase_add_test(tests, no_images_have_no_loss);
    tcase_add_test(tests, all_256_classes_can_be_told_apart);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
