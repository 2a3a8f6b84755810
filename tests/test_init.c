/* test_init.c - initial weights: distributions as their descriptions say, and the same bits always.
 */
#include "config.h"

#include "init.h"
#include "scalar_math.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40000 };

static arena *memory;
static lcnn_errors *errors;
static float weight[N], other[N];

static void set_up(void) {
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    arena_free(memory);
    lcnn_errors_free(errors);
}

static attr_component initializer_of(const char *yaml) {
    attr_component init;
    doc *value = document_parse(memory, "test", yaml, strlen(yaml), errors);
    bool good = value && component_parse(&initializers, value, "test", &init, memory, errors);
    ck_assert_msg(good, "%s", lcnn_errors_text(errors, 0));
    return init;
}

/* A tensor with 20 inputs and 30 outputs to each number. */
static void fill(const char *yaml, uint64_t seed, const char *name, float *out) {
    attr_component init = initializer_of(yaml);
    init_fill(&init, seed, name, 20, 30, 0, N, out);
}

/* ---- Distributions --------------------------------------------------------------------------- */

/* Mean, deviation and the bound that no value passes (0: none) for fans of 20 and 30. */
static const struct {
    const char *yaml;
    double mean, deviation, bound;
} cases[] = {
    {"zeros", 0, 0, 0},
    {"{op: constant, value: 0.25}", 0.25, 0, 0},
    {"0.25", 0.25, 0, 0},
    {"uniform", 0, 0.028867513, 0.05},
    {"{op: uniform, min: 1, max: 3}", 2, 0.57735027, 3},
    {"normal", 0, 0.05, 0},
    {"{op: normal, mean: -2, deviation: 3}", -2, 3, 0},
    {"glorot_uniform", 0, 0.2, 0.34641016},
    {"glorot_normal", 0, 0.2, 0.45473937},
    {"he_uniform", 0, 0.31622777, 0.54772256},
    {"he_normal", 0, 0.31622777, 0.71900608},
    {"lecun_uniform", 0, 0.22360680, 0.38729833},
    {"lecun1998_uniform", 0, 0.069282032, 0.12},
    {"lecun_normal", 0, 0.22360680, 0.50841408},
};

START_TEST(distributions_are_as_described) {
    fill(cases[_i].yaml, 1, "c1.weight", weight);
    double sum = 0, squares = 0, largest = 0;
    for (int i = 0; i < N; i++) {
        double off = weight[i] - cases[_i].mean;
        sum += off;
        squares += off * off;
        largest = fmax(largest, fabs((double)weight[i]));
    }
    /* Four deviations of the mean of N numbers; their own deviation is known to 2 %. */
    ck_assert_double_le(fabs(sum / N), 4 * cases[_i].deviation / sqrt(N));
    ck_assert_double_le(fabs(sqrt(squares / N) - cases[_i].deviation), 0.02 * cases[_i].deviation);
    if (cases[_i].bound > 0) {
        ck_assert_double_le(largest, cases[_i].bound * 1.0000001);
        ck_assert_double_ge(largest, cases[_i].bound * 0.99);
    }
}
END_TEST

/* A normal number z must lie where the distribution function is the uniform number it came from. */
START_TEST(normal_numbers_invert_the_distribution) {
    fill("{op: normal, deviation: 1}", 7, "c1.weight", weight);
    const rng_key key = {.seed = 7, .purpose = RNG_INIT, .stream = rng_hash("c1.weight")};
    for (uint32_t i = 0; i < N; i++) {
        uint32_t word[4];
        rng_words(&key, i, 0, word);
        double p = rng_open_unit(word[0], word[1]);
        double tail = p < 0.5 ? p : 1 - p;
        double got = erfc(fabs((double)weight[i]) / sqrt(2)) / 2;
        if (fabs(got - tail) > 2e-6 * tail || (weight[i] < 0) != (p < 0.5))
            ck_abort_msg("%a for probability %a", weight[i], p);
    }
}
END_TEST

/* The logarithm behind the tails of the normal distribution. */
START_TEST(logarithms_are_right) {
    for (double x = 0x1p-1000; x < 0x1p1000; x *= 1.01)
        ck_assert_double_eq_tol(scalar_log(x), log(x), 4e-16 * (fabs(log(x)) + 0.001));
}
END_TEST

/* ---- The same bits --------------------------------------------------------------------------- */

/* Recorded once. A change here changes every model trained from a seed. */
START_TEST(values_are_for_ever) {
    const float uniform[] = {-0x1.512ep-2f,   -0x1.da9cfcp-3f, -0x1.15af12p-2f,
                             -0x1.fb618cp-3f, 0x1.2a8dp-9f,    0x1.6867cep-5f};
    const float normal[] = {-0x1.35770ep-1f, -0x1.4ff554p-2f, -0x1.a4fbc8p-2f,
                            -0x1.701722p-2f, 0x1.72a7b2p-9f,  0x1.c12decp-5f};
    fill("glorot_uniform", 1, "c1.weight", weight);
    ck_assert_mem_eq(weight, uniform, sizeof uniform);
    fill("he_normal", 1, "c1.weight", weight);
    ck_assert_mem_eq(weight, normal, sizeof normal);
}
END_TEST

START_TEST(seeds_and_names_make_the_difference) {
    fill("he_normal", 1, "c1.weight", weight);
    fill("he_normal", 1, "c1.weight", other);
    ck_assert_mem_eq(weight, other, sizeof weight);
    fill("he_normal", 2, "c1.weight", other);
    ck_assert_mem_ne(weight, other, 16);
    fill("he_normal", 1, "c3.weight", other);
    ck_assert_mem_ne(weight, other, 16);
}
END_TEST

START_TEST(a_shorter_tensor_begins_the_same) {
    attr_component init = initializer_of("lecun_uniform");
    init_fill(&init, 1, "c1.weight", 25, 6, 0, N, weight);
    init_fill(&init, 1, "c1.weight", 25, 6, 0, 100, other);
    ck_assert_mem_eq(weight, other, 100 * sizeof *weight);
}
END_TEST

START_TEST(a_tensor_can_be_made_piece_by_piece) {
    attr_component init = initializer_of("he_normal");
    init_fill(&init, 1, "c1.weight", 25, 6, 0, N, weight);
    init_fill(&init, 1, "c1.weight", 25, 6, 700, 100, other);
    ck_assert_mem_eq(weight + 700, other, 100 * sizeof *weight);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("init");
    TCase *tcase = tcase_create("init");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, distributions_are_as_described, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, normal_numbers_invert_the_distribution);
    tcase_add_test(tcase, logarithms_are_right);
    tcase_add_test(tcase, values_are_for_ever);
    tcase_add_test(tcase, seeds_and_names_make_the_difference);
    tcase_add_test(tcase, a_shorter_tensor_begins_the_same);
    tcase_add_test(tcase, a_tensor_can_be_made_piece_by_piece);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
