/* test_rejection.c - the fewest images to reject for a given error among the others. */
#include "config.h"

#include "../tools/rejection.h"
#include "suite.h"

#include <math.h>

static const uint8_t truth[10] = {0};

START_TEST(the_least_sure_are_rejected_first) {
    /* Wrong are those at 0.3, 0.6 and 0.9. */
    const float probability[10] = {0.9f, 0.3f, 0.99f, 0.95f, 0.6f, 0.5f, 0.7f, 0.8f, 0.4f, 1.0f};
    const uint8_t answer[10] = {1, 1, 0, 0, 1, 0, 0, 0, 0, 0};
    const lcnn_evaluation e = {
        .count = 10, .truth = truth, .answer = answer, .probability = probability};
    ck_assert(rejected_share(&e, 0.3) == 0);
    ck_assert(fabs(rejected_share(&e, 0.25) - 0.1) < 1e-15); /* 2 of 9 */
    ck_assert(fabs(rejected_share(&e, 0.2) - 0.4) < 1e-15);  /* 1 of 6; 2 of 8 and 7 are too many */
    ck_assert(fabs(rejected_share(&e, 0.1) - 0.7) < 1e-15);  /* none of 3 */
    ck_assert(fabs(rejected_share(&e, 0) - 0.7) < 1e-15);
}
END_TEST

START_TEST(equals_are_kept_or_rejected_together) {
    const float probability[4] = {1, 1, 1, 0.5f};
    const uint8_t answer[4] = {0, 0, 1, 0};
    const lcnn_evaluation e = {
        .count = 4, .truth = truth, .answer = answer, .probability = probability};
    ck_assert(rejected_share(&e, 0.25) == 0);
    ck_assert(isnan(rejected_share(&e, 0.2)));
}
END_TEST

START_TEST(without_errors_none_is_rejected) {
    const float probability[2] = {0.2f, 0.1f};
    const lcnn_evaluation e = {
        .count = 2, .truth = truth, .answer = truth, .probability = probability};
    const lcnn_evaluation none = {.count = 0};
    ck_assert(rejected_share(&e, 0) == 0);
    ck_assert(isnan(rejected_share(&none, 0.5)));
}
END_TEST

int main(void) {
    TCase *rejection = tcase_create("rejection");
    tcase_add_test(rejection, the_least_sure_are_rejected_first);
    tcase_add_test(rejection, equals_are_kept_or_rejected_together);
    tcase_add_test(rejection, without_errors_none_is_rejected);

    Suite *suite = suite_create("rejection");
    suite_add_tcase(suite, rejection);
    return suite_run(suite);
}
