/* test_schedule.c - learning rates by the step, and schedules that are refused. */
#include "config.h"

#include "schedule.h"
#include "suite.h"

#include <math.h>
#include <string.h>

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

static bool read_schedule(const char *yaml, attr_component *out) {
    doc *value = document_parse(memory, "test", yaml, strlen(yaml), errors);
    return value && component_parse(&schedules, value, "learning_rate", out, memory, errors) &&
           schedule_check(out, value->at, "learning_rate", errors);
}

/* The rate of one step of 100 an epoch. */
static double rate(const char *yaml, int epochs, int epoch, int step) {
    attr_component chosen;
    bool good = read_schedule(yaml, &chosen);
    ck_assert_msg(good, "%s", lcnn_errors_text(errors, 0));
    const schedule_time now = {.epoch = epoch, .epochs = epochs, .step = step, .steps = 100};
    return schedule_rate(&chosen, &now);
}

/* ---- Rates ----------------------------------------------------------------------------------- */

static const char piecewise[] = "{op: piecewise, epochs: [2, 5, 8, 12], values: [0.0005, 0.0002, "
                                "0.0001, 0.00005, 0.00001]}";

static const struct {
    const char *yaml;
    int epochs, epoch, step;
    double rate;
} cases[] = {
    {"0.001", 20, 0, 0, 0.001},
    {"{op: constant, value: 0.001}", 20, 19, 99, 0.001},
    {piecewise, 20, 0, 0, 0.0005},
    {piecewise, 20, 1, 99, 0.0005},
    {piecewise, 20, 2, 0, 0.0002},
    {piecewise, 20, 4, 99, 0.0002},
    {piecewise, 20, 5, 0, 0.0001},
    {piecewise, 20, 8, 0, 0.00005},
    {piecewise, 20, 12, 0, 0.00001},
    {piecewise, 20, 19, 99, 0.00001},
    {"{op: step, initial: 1, every: 3, gamma: 0.5}", 20, 2, 99, 1},
    {"{op: step, initial: 1, every: 3, gamma: 0.5}", 20, 3, 0, 0.5},
    {"{op: step, initial: 1, every: 3, gamma: 0.5}", 20, 11, 0, 0.125},
    {"{op: exponential, initial: 2, decay: 0.5}", 20, 0, 99, 2},
    {"{op: exponential, initial: 2, decay: 0.5}", 20, 5, 0, 0.0625},
    {"{op: cosine, initial: 1}", 10, 0, 0, 1},
    {"{op: cosine, initial: 1, final: 0.2}", 10, 5, 0, 0.6},
    /* Warm-up: the first of 200 steps gets 1/200, the last of them and all others everything. */
    {"{op: constant, value: 1, warmup: 2}", 10, 0, 0, 0.005},
    {"{op: constant, value: 1, warmup: 2}", 10, 1, 0, 0.505},
    {"{op: constant, value: 1, warmup: 2}", 10, 1, 99, 1},
    {"{op: constant, value: 1, warmup: 0.1}", 10, 0, 4, 0.5},
    {"{op: constant, value: 1, warmup: 0.1}", 10, 0, 10, 1},
    {"{op: constant, value: 0.5, factor: 3}", 10, 0, 0, 1.5},
    {"{op: step, initial: 1, every: 1, factor: 2, warmup: 2}", 10, 1, 49, 2 * 0.1 * 0.75},
};

START_TEST(rates_follow_the_schedule) {
    double got = rate(cases[_i].yaml, cases[_i].epochs, cases[_i].epoch, cases[_i].step);
    ck_assert_msg(fabs(got - cases[_i].rate) <= 1e-15 * cases[_i].rate,
                  "%s: epoch %d, step %d: %.17g, not %.17g", cases[_i].yaml, cases[_i].epoch,
                  cases[_i].step, got, cases[_i].rate);
}
END_TEST

START_TEST(cosine_is_a_cosine) {
    for (int epoch = 0; epoch < 7; epoch++)
        for (int step = 0; step < 100; step += 9) {
            double got = rate("{op: cosine, initial: 3, final: 1}", 7, epoch, step);
            double exact = 1 + (1 + cos(acos(-1) * (epoch * 100 + step) / 700));
            ck_assert_double_eq_tol(got, exact, 1e-15);
        }
}
END_TEST

/* ---- Refusals -------------------------------------------------------------------------------- */

static const struct {
    const char *yaml, *message;
} refusals[] = {
    {"{op: piecewise, epochs: [2, 5], values: [1, 2]}", "needs 3 values, one more, but has 2"},
    {"{op: piecewise, epochs: [5, 2], values: [1, 2, 3]}", "must increase, but 2 follows 5"},
    {"{op: piecewise, epochs: [2, 2], values: [1, 2, 3]}", "must increase, but 2 follows 2"},
    {"{op: step, initial: 1, every: 0}", "every"},
    {"{op: exponential, initial: 1, decay: 0}", "decay"},
    {"{op: cosine}", "initial"},
    {"{op: constant, value: -1}", "value"},
    {"{op: constant, value: 1, factor: 0}", "factor"},
    {"{op: cosin, initial: 1}", "cosine"},
};

START_TEST(bad_schedules_are_refused) {
    attr_component chosen;
    ck_assert_msg(!read_schedule(refusals[_i].yaml, &chosen), "accepted: %s", refusals[_i].yaml);
    const char *text = lcnn_errors_text(errors, 0);
    ck_assert_msg(strstr(text, refusals[_i].message) != NULL, "%s", text);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("schedule");
    TCase *tcase = tcase_create("schedule");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, rates_follow_the_schedule, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, cosine_is_a_cosine);
    tcase_add_loop_test(tcase, bad_schedules_are_refused, 0, sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
