/* test_op_values.c - what pooling, batch_norm, dropout and losses compute, against values worked
 * out by hand. That gradients fit the outputs and that sharing out work changes nothing is tested
 * for all operators alike in test_ops.c. */
#include "config.h"

#include "backend.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>

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

/* The operator of `yaml` with `count` samples in its last tile. */
static trial *start(const char *yaml, const char *inputs, int count) {
    const op_sample sample = {.yaml = yaml, .inputs = inputs};
    trial *t = trial_new(&backend_choose(NULL)->ops, &sample, memory, errors);
    if (t == NULL)
        ck_abort_msg("%s: %s", yaml, lcnn_errors_text(errors, 0));
    trial_fill(t, count);
    return t;
}

/* Writes one sample, and reads one back. */
static void put(real *tile, const shape *s, int lane, const double *numbers) {
    for (size_t i = 0; i < shape_size(s); i++)
        tile[trial_place(s, i) + (size_t)lane] = (real)numbers[i];
}

static void expect(const real *tile, const shape *s, int lane, const double *numbers) {
    for (size_t i = 0; i < shape_size(s); i++)
        ck_assert_double_eq_tol((double)tile[trial_place(s, i) + (size_t)lane], numbers[i], 1e-6);
}

/* ---- Pooling --------------------------------------------------------------------------------- */

static void expect_pooled(const char *yaml, const char *inputs, const double *x, const double *y) {
    trial *t = start(yaml, inputs, 3);
    put(t->tile[0].input[0], &t->input_shape[0], 2, x);
    trial_forward(t);
    expect(t->tile[0].output, &t->shapes.output, 2, y);
    trial_free(t);
}

START_TEST(added_positions_do_not_enter_a_mean) {
    const double ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    expect_pooled("{op: avg_pool2d, pool_size: 3, strides: 1, padding: same}", "1x3x3", ones, ones);
}
END_TEST

START_TEST(of_two_paddings_the_odd_one_comes_last) {
    expect_pooled("{op: avg_pool2d, pool_size: [1, 2], strides: 1, padding: same}", "1x1x4",
                  (double[]){1, 2, 3, 4}, (double[]){1.5, 2.5, 3.5, 4});
    expect_pooled("{op: max_pool2d, pool_size: [1, 4], strides: [1, 2], padding: same}", "1x1x4",
                  (double[]){1, 2, 3, 4}, (double[]){3, 4});
}
END_TEST

START_TEST(padding_never_wins_a_maximum) {
    expect_pooled("{op: max_pool2d, pool_size: 2, padding: 1}", "1x2x2", (double[]){-1, -2, -3, -4},
                  (double[]){-1, -2, -3, -4});
}
END_TEST

START_TEST(strides_default_to_the_pool_size) {
    expect_pooled("{op: max_pool2d, pool_size: [2, 3]}", "1x2x7",
                  (double[]){1, 5, 3, 4, 2, 6, 9, 7, 0, 0, 0, 0, 8, 9}, (double[]){7, 8});
}
END_TEST

/* The halving loop and the general one. */
START_TEST(of_equal_pixels_the_first_gets_the_gradient) {
    trial *t = start("{op: max_pool2d, pool_size: 2}", "1x2x2", LANES);
    put(t->tile[0].input[0], &t->input_shape[0], 5, (double[]){3, 7, 7, 7});
    put(t->tile[0].output_grad, &t->shapes.output, 5, (double[]){0.5});
    trial_forward(t);
    trial_backward(t);
    expect(t->tile[0].input_grad[0], &t->input_shape[0], 5, (double[]){0, 0.5, 0, 0});
    trial_free(t);

    t = start("{op: max_pool2d, pool_size: [1, 2], strides: 1}", "1x1x4", LANES);
    put(t->tile[0].input[0], &t->input_shape[0], 5, (double[]){7, 7, 7, 8});
    put(t->tile[0].output_grad, &t->shapes.output, 5, (double[]){1, 2, 4});
    trial_forward(t);
    trial_backward(t);
    expect(t->tile[0].input_grad[0], &t->input_shape[0], 5, (double[]){1, 2, 0, 4});
    trial_free(t);
}
END_TEST

START_TEST(a_maximum_does_not_hide_a_nan) {
    for (int place = 0; place < 4; place++) {
        trial *t = start("{op: max_pool2d, pool_size: 2}", "1x2x2", LANES);
        double x[4] = {1, 2, 3, 4};
        x[place] = (double)NAN;
        put(t->tile[0].input[0], &t->input_shape[0], 0, x);
        trial_forward(t);
        ck_assert(isnan((double)t->tile[0].output[0]));
        trial_free(t);
    }
}
END_TEST

/* ---- batch_norm ------------------------------------------------------------------------------ */

enum { GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE };

/* A batch of seventeen, 0 to 16: mean 8 and variance (17^2 - 1) / 12 = 24. The fifteen lanes that
 * the second tile does not use hold a number that would be noticed. */
static trial *start_batch_norm(void) {
    trial *t = start("{op: batch_norm, epsilon: 1, momentum: 0.75}", "1", 1);
    for (int lane = 0; lane < LANES; lane++) {
        t->tile[0].input[0][lane] = (real)lane;
        t->tile[1].input[0][lane] = lane == 0 ? 16 : 1000;
    }
    t->param[GAMMA][0] = 2;
    t->param[BETA][0] = 3;
    t->param[MOVING_MEAN][0] = 4;
    t->param[MOVING_VARIANCE][0] = 8;
    return t;
}

START_TEST(a_batch_is_normalised_over_all_its_tiles) {
    trial *t = start_batch_norm();
    trial_forward(t);
    ck_assert_double_eq_tol((double)t->tile[0].output[8], 3, 1e-6);
    ck_assert_double_eq_tol((double)t->tile[0].output[0], 3 + 2 * (0 - 8) / 5.0, 1e-6);
    ck_assert_double_eq_tol((double)t->tile[1].output[0], 3 + 2 * (16 - 8) / 5.0, 1e-6);
    trial_free(t);
}
END_TEST

START_TEST(a_step_moves_the_moving_mean_and_variance) {
    trial *t = start_batch_norm();
    trial_forward(t);
    ck_assert_double_eq_tol((double)t->param[MOVING_MEAN][0], 0.75 * 4 + 0.25 * 8, 1e-6);
    ck_assert_double_eq_tol((double)t->param[MOVING_VARIANCE][0], 0.75 * 8 + 0.25 * 24, 1e-6);
    trial_free(t);
}
END_TEST

START_TEST(inference_uses_the_moving_mean_and_variance) {
    trial *t = start_batch_norm();
    t->training = false;
    trial_forward(t);
    ck_assert_double_eq_tol((double)t->tile[1].output[0], 3 + 2 * (16 - 4) / 3.0, 1e-6);
    ck_assert(t->param[MOVING_MEAN][0] == 4 && t->param[MOVING_VARIANCE][0] == 8);
    trial_free(t);
}
END_TEST

/* Operators before this one sum weight gradients over all lanes. */
START_TEST(lanes_without_a_sample_get_no_gradient) {
    trial *t = start_batch_norm();
    trial_forward(t);
    trial_backward(t);
    ck_assert(t->tile[1].input_grad[0][0] != 0);
    for (int lane = 1; lane < LANES; lane++)
        ck_assert(t->tile[1].input_grad[0][lane] == 0);
    trial_free(t);
}
END_TEST

/* ---- dropout --------------------------------------------------------------------------------- */

/* 1 where forward keeps a number, else 0; [numbers of a sample][LANES]. */
static const char *const dropped_shape = "16x16x15";
enum { DROPPED_NUMBERS = 16 * 16 * 15 };
typedef bool kept_numbers[DROPPED_NUMBERS][LANES];

static void draw(uint64_t seed, uint32_t stream, uint32_t epoch, const uint32_t sample[LANES],
                 kept_numbers kept) {
    trial *t = start("{op: dropout, rate: 0.3}", dropped_shape, LANES);
    const shape *s = &t->input_shape[0];
    const real *inputs[] = {t->tile[0].input[0]};
    for (size_t i = 0; i < DROPPED_NUMBERS; i++)
        for (size_t lane = 0; lane < LANES; lane++)
            t->tile[0].input[0][trial_place(s, i) + lane] = 7;
    t->op->forward(&(op_call){.attrs = t->attrs,
                              .shapes = &t->shapes,
                              .training = true,
                              .count = LANES,
                              .end = t->shapes.forward_items,
                              .input = inputs,
                              .output = t->tile[0].output,
                              .seed = seed,
                              .stream = stream,
                              .epoch = epoch,
                              .sample = sample});
    for (size_t i = 0; i < DROPPED_NUMBERS; i++)
        for (size_t lane = 0; lane < LANES; lane++) {
            real y = t->tile[0].output[trial_place(s, i) + lane];
            kept[i][lane] = y != 0;
            ck_assert(y == 0 || fabs((double)y - 10) < 1e-5);
        }
    trial_free(t);
}

static const uint32_t samples[LANES] = {40, 41, 42, 43, 44, 45, 46, 47, 8, 9, 1, 2, 3, 4, 5, 6};
static kept_numbers one, other;

static int differences(void) {
    int n = 0;
    for (int i = 0; i < DROPPED_NUMBERS; i++)
        for (int lane = 0; lane < LANES; lane++)
            n += one[i][lane] != other[i][lane];
    return n;
}

/* Of 61,440 numbers a share of 0.3 with a deviation of 0.0018: four of them are allowed. */
START_TEST(dropout_leaves_out_its_rate) {
    int kept = 0;
    draw(1, 2, 3, samples, one);
    for (int i = 0; i < DROPPED_NUMBERS; i++)
        for (int lane = 0; lane < LANES; lane++)
            kept += one[i][lane];
    ck_assert_double_eq_tol(kept / (double)(DROPPED_NUMBERS * LANES), 0.7, 4 * 0.0018);
}
END_TEST

/* Two draws at rate 0.3 differ in a share of 2 * 0.3 * 0.7 = 0.42 of the numbers. */
START_TEST(dropout_differs_by_seed_node_and_epoch) {
    const int fewest = (int)(0.4 * DROPPED_NUMBERS * LANES);
    draw(1, 2, 3, samples, one);
    draw(1, 2, 3, samples, other);
    ck_assert_int_eq(differences(), 0);
    draw(9, 2, 3, samples, other);
    ck_assert_int_gt(differences(), fewest);
    draw(1, 9, 3, samples, other);
    ck_assert_int_gt(differences(), fewest);
    draw(1, 2, 9, samples, other);
    ck_assert_int_gt(differences(), fewest);
}
END_TEST

START_TEST(dropout_follows_the_sample_not_the_lane) {
    uint32_t turned[LANES];
    for (int lane = 0; lane < LANES; lane++)
        turned[lane] = samples[(lane + 5) % LANES];
    draw(1, 2, 3, samples, one);
    draw(1, 2, 3, turned, other);
    for (int i = 0; i < DROPPED_NUMBERS; i++)
        for (int lane = 0; lane < LANES; lane++)
            ck_assert(other[i][lane] == one[i][(lane + 5) % LANES]);
}
END_TEST

START_TEST(dropout_does_nothing_at_inference) {
    trial *t = start("{op: dropout, rate: 0.9}", "2x2x2", LANES);
    t->training = false;
    put(t->tile[0].input[0], &t->input_shape[0], 0, (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    trial_forward(t);
    expect(t->tile[0].output, &t->shapes.output, 0, (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    trial_free(t);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name) {
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    suite_add_tcase(suite, tests);
    return tests;
}

/* ---- Losses ---------------------------------------------------------------------------------- */

/* The first class has probability 11 / 20; a fifth of the target is spread over all ten. */
static double smoothed_loss(int32_t label, bool training) {
    const double logits[10] = {log(11)};
    trial *t = start("{op: softmax_cross_entropy, label_smoothing: 0.2}", "10", 3);
    put(t->tile[0].input[0], &t->input_shape[0], 2, logits);
    t->tile[0].labels[2] = label;
    t->training = training;
    trial_forward(t);
    double loss = (double)t->tile[0].output[2];
    trial_free(t);
    return loss;
}

START_TEST(a_smoothed_target_belongs_to_all_classes_while_training) {
    ck_assert_double_eq_tol(smoothed_loss(0, true), log(20) - 0.82 * log(11), 1e-6);
    ck_assert_double_eq_tol(smoothed_loss(3, true), log(20) - 0.02 * log(11), 1e-6);
}
END_TEST

START_TEST(evaluation_knows_no_smoothing) {
    ck_assert_double_eq_tol(smoothed_loss(0, false), log(20) - log(11), 1e-6);
    ck_assert_double_eq_tol(smoothed_loss(3, false), log(20), 1e-6);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("op_values");
    TCase *pooling = add_case(suite, "pooling");
    tcase_add_test(pooling, added_positions_do_not_enter_a_mean);
    tcase_add_test(pooling, of_two_paddings_the_odd_one_comes_last);
    tcase_add_test(pooling, padding_never_wins_a_maximum);
    tcase_add_test(pooling, strides_default_to_the_pool_size);
    tcase_add_test(pooling, of_equal_pixels_the_first_gets_the_gradient);
    tcase_add_test(pooling, a_maximum_does_not_hide_a_nan);
    TCase *normalisation = add_case(suite, "batch_norm");
    tcase_add_test(normalisation, a_batch_is_normalised_over_all_its_tiles);
    tcase_add_test(normalisation, a_step_moves_the_moving_mean_and_variance);
    tcase_add_test(normalisation, inference_uses_the_moving_mean_and_variance);
    tcase_add_test(normalisation, lanes_without_a_sample_get_no_gradient);
    TCase *dropout = add_case(suite, "dropout");
    tcase_add_test(dropout, dropout_leaves_out_its_rate);
    tcase_add_test(dropout, dropout_differs_by_seed_node_and_epoch);
    tcase_add_test(dropout, dropout_follows_the_sample_not_the_lane);
    tcase_add_test(dropout, dropout_does_nothing_at_inference);
    TCase *losses = add_case(suite, "losses");
    tcase_add_test(losses, a_smoothed_target_belongs_to_all_classes_while_training);
    tcase_add_test(losses, evaluation_knows_no_smoothing);
    return suite_run(suite);
}
