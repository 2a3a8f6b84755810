/* test_isa.c - every operator gives the same bits on every instruction set that this machine has.
 */
#include "config.h"

#include "backend.h"
#include "op_checks.h"
#include "suite.h"

static const component_set *reference(void) {
    return &backend_choose("generic")->ops;
}

/* Everything that a sample computes, forward at inference, then forward and backward in training.
 */
static const results *compute(const backend *b, const op_sample *sample, int count, bool training,
                              arena *a) {
    lcnn_errors *errors = lcnn_errors_new();
    trial *t = trial_new(&b->ops, sample, a, errors);
    ck_assert_msg(t != NULL, "%s: %s", sample->yaml, lcnn_errors_text(errors, 0));
    trial_fill(t, count);
    t->training = training;
    trial_forward(t);
    if (training)
        trial_backward(t);
    const results *r = results_take(t, LANES, training, a);
    trial_free(t);
    lcnn_errors_free(errors);
    return r;
}

static void compare(const backend *b, const op_sample *sample, int count, bool training) {
    arena *a = arena_new();
    const char *name =
        results_differ(compute(backend_choose("generic"), sample, count, training, a),
                       compute(b, sample, count, training, a));
    ck_assert_msg(name == NULL, "%s on %s with %d samples: %s differs between %s and generic",
                  sample->yaml, sample->inputs, count, name, b->name);
    arena_free(a);
}

START_TEST(test_same_bits) {
    const op *o = (const op *)reference()->members[_i];
    const int counts[] = {LANES, 5, 1};
    for (const op_sample *sample = o->samples; sample->yaml != NULL; sample++)
        for (const backend *const *b = backend_list(); *b != NULL; b++)
            for (int n = 0; n < 3; n++) {
                compare(*b, sample, counts[n], true);
                compare(*b, sample, counts[n], false);
            }
}
END_TEST

/* The form of one sample is computed by operators whose vectors are no wider than it. */
START_TEST(test_same_bits_of_one_sample) {
    const op *o = (const op *)reference()->members[_i];
    for (const op_sample *sample = o->samples; sample->yaml != NULL; sample++)
        for (const backend *const *b = backend_list(); *b != NULL; b++) {
            arena *a = arena_new();
            const char *fault = check_sample(check_single, &(*b)->single->ops, sample, a);
            ck_assert_msg(fault == NULL, "%s: %s", (*b)->single->name, fault);
            arena_free(a);
        }
}
END_TEST

/* A difference in one bit must not go unseen. */
START_TEST(test_comparison_sees_one_bit) {
    arena *a = arena_new();
    const op *o = (const op *)reference()->members[0];
    const results *r = compute(backend_choose("generic"), &o->samples[0], LANES, true, a);
    results other = *r;
    char *bytes = arena_copy(a, r->part[1].bytes, r->part[1].size);
    bytes[0] ^= 1;
    other.part[1].bytes = bytes;
    ck_assert_str_eq(results_differ(r, &other), r->part[1].name);
    ck_assert_ptr_null(results_differ(r, r));
    arena_free(a);
}
END_TEST

START_TEST(test_every_backend_has_the_same_operators) {
    for (const backend *const *b = backend_list(); *b != NULL; b++)
        for (int i = 0; reference()->members[i] != NULL || (*b)->ops.members[i] != NULL; i++)
            ck_assert_str_eq(reference()->members[i]->name, (*b)->ops.members[i]->name);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("isa");
    TCase *bits = tcase_create("bits");
    int count = 0;
    while (reference()->members[count] != NULL)
        count++;
    tcase_add_loop_test(bits, test_same_bits, 0, count);
    tcase_add_loop_test(bits, test_same_bits_of_one_sample, 0, count);
    tcase_add_test(bits, test_comparison_sees_one_bit);
    tcase_add_test(bits, test_every_backend_has_the_same_operators);
    suite_add_tcase(suite, bits);
    return suite_run(suite);
}
