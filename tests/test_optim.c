/* test_optim.c - optimisers against their formulas in plain double arithmetic, and the same bits
 * from every backend. */
#include "config.h"

#include "backend.h"
#include "suite.h"

#include <math.h>
#include <string.h>

enum { N = 4 * LANES, STEPS = 12 };

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

/* What an optimiser works on. */
typedef struct weights {
    real w[N], state[OPTIM_MAX_STATES][N];
} __attribute__((aligned(64))) weights;

static double first_weight(int i) {
    return sin(i);
}

/* Gradients of all sizes, some always 0; any numbers that do not follow the weights will do. */
static double gradient(int i, int64_t step) {
    return i % 9 == 0 ? 0 : cos(i * 7 + (double)step) * exp(-i / 4.0);
}

static double learning_rate(int64_t step) {
    return 0.01 / (double)step;
}

/* Trains with one backend's optimiser. */
static void train(const backend *b, const char *yaml, bool decay, weights *out) {
    attr_component chosen;
    doc *value = document_parse(memory, "test", yaml, strlen(yaml), errors);
    bool good = value && component_parse(&b->optimizers, value, "test", &chosen, memory, errors);
    ck_assert_msg(good, "%s", lcnn_errors_text(errors, 0));
    const optimizer *o = (const optimizer *)chosen.type;
    ck_assert_int_le(o->states, OPTIM_MAX_STATES);
    *out = (weights){0};
    for (int i = 0; i < N; i++)
        out->w[i] = (real)first_weight(i);
    for (int64_t t = 1; t <= STEPS; t++) {
        real g[N] __attribute__((aligned(64)));
        for (int i = 0; i < N; i++)
            g[i] = (real)gradient(i, t);
        const optim_step step = {.learning_rate = learning_rate(t), .step = t, .decay = decay};
        real *const state[] = {out->state[0], out->state[1]};
        o->update(chosen.attrs, &step, out->w, g, state, N);
    }
}

/* ---- Formulas -------------------------------------------------------------------------------- */

/* One step of one weight, as Keras writes it; m and v are the optimiser's memory. */
typedef void formula(double *w, double g, double *m, double *v, double rate, double t);

static void sgd(double *w, double g, double *m, double *v, double rate, double t) {
    (void)m, (void)v, (void)t;
    *w -= rate * g;
}

static void sgd_decay(double *w, double g, double *m, double *v, double rate, double t) {
    (void)m, (void)v, (void)t;
    *w -= rate * (g + 0.1 * *w);
}

static void sgd_momentum(double *w, double g, double *m, double *v, double rate, double t) {
    (void)v, (void)t;
    *m = 0.9 * *m - rate * g;
    *w += *m;
}

static void sgd_nesterov(double *w, double g, double *m, double *v, double rate, double t) {
    (void)v, (void)t;
    *m = 0.9 * *m - rate * g;
    *w += 0.9 * *m - rate * g;
}

static void adam(double *w, double g, double *m, double *v, double rate, double t) {
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    *w -= rate * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t)) * *m / (sqrt(*v) + 1e-7);
}

static void adam_other(double *w, double g, double *m, double *v, double rate, double t) {
    *m = 0.5 * *m + 0.5 * g;
    *v = 0.8 * *v + 0.2 * g * g;
    *w -= rate * sqrt(1 - pow(0.8, t)) / (1 - pow(0.5, t)) * *m / (sqrt(*v) + 0.01);
}

static void adam_decay(double *w, double g, double *m, double *v, double rate, double t) {
    adam(w, g + 0.1 * *w, m, v, rate, t);
}

static void adamw(double *w, double g, double *m, double *v, double rate, double t) {
    *w -= rate * 0.004 * *w;
    adam(w, g, m, v, rate, t);
}

static void rmsprop(double *w, double g, double *m, double *v, double rate, double t) {
    (void)m, (void)t;
    *v = 0.9 * *v + 0.1 * g * g;
    *w -= rate * g / sqrt(*v + 1e-7);
}

static void rmsprop_other(double *w, double g, double *m, double *v, double rate, double t) {
    (void)t;
    *v = 0.5 * *v + 0.5 * g * g;
    *m = 0.8 * *m - rate * g / sqrt(*v + 0.01);
    *w += *m;
}

static void rmsprop_decay(double *w, double g, double *m, double *v, double rate, double t) {
    rmsprop(w, g + 0.1 * *w, m, v, rate, t);
}

static const struct {
    const char *yaml;
    formula *step;
    formula *without_decay;
} cases[] = {
    {"sgd", sgd, sgd},
    {"{op: sgd, weight_decay: 0.1}", sgd_decay, sgd},
    {"{op: sgd, momentum: 0.9}", sgd_momentum, sgd_momentum},
    {"{op: sgd, momentum: 0.9, nesterov: true}", sgd_nesterov, sgd_nesterov},
    {"adam", adam, adam},
    {"{op: adam, beta_1: 0.5, beta_2: 0.8, epsilon: 0.01}", adam_other, adam_other},
    {"{op: adam, weight_decay: 0.1}", adam_decay, adam},
    {"adamw", adamw, adam},
    {"{op: adamw, weight_decay: 0}", adam, adam},
    {"rmsprop", rmsprop, rmsprop},
    {"{op: rmsprop, rho: 0.5, momentum: 0.8, epsilon: 0.01}", rmsprop_other, rmsprop_other},
    {"{op: rmsprop, weight_decay: 0.1}", rmsprop_decay, rmsprop},
};
enum { CASES = sizeof cases / sizeof *cases };

static void compare(const char *yaml, formula *step, bool decay) {
    weights got;
    train(backend_choose(NULL), yaml, decay, &got);
    for (int i = 0; i < N; i++) {
        double w = first_weight(i), m = 0, v = 0;
        for (int64_t t = 1; t <= STEPS; t++)
            step(&w, gradient(i, t), &m, &v, learning_rate(t), (double)t);
        ck_assert_msg(fabs(got.w[i] - w) < 1e-6 * (fabs(w) + 0.1),
                      "%s: weight %d is %.9g, not %.9g", yaml, i, (double)got.w[i], w);
    }
}

START_TEST(weights_follow_the_formula) {
    compare(cases[_i].yaml, cases[_i].step, true);
}
END_TEST

START_TEST(biases_do_not_decay) {
    compare(cases[_i].yaml, cases[_i].without_decay, false);
}
END_TEST

/* ---- Bits ------------------------------------------------------------------------------------ */

START_TEST(backends_agree) {
    const backend *const *all = backend_list();
    if (all[1] == NULL)
        suite_skip("this machine has one backend only");
    weights first, other;
    train(all[0], cases[_i].yaml, true, &first);
    for (int b = 1; all[b]; b++) {
        train(all[b], cases[_i].yaml, true, &other);
        ck_assert_msg(memcmp(&first, &other, sizeof first) == 0, "%s differs between %s and %s",
                      cases[_i].yaml, all[0]->name, all[b]->name);
    }
}
END_TEST

/* Padding is made of weights 0 with gradients 0; it must stay that. */
START_TEST(what_has_no_gradient_stays) {
    weights got;
    train(backend_choose(NULL), cases[_i].yaml, false, &got);
    for (int i = 0; i < N; i += 9)
        ck_assert_msg(got.w[i] == (real)first_weight(i), "%s moves weight %d", cases[_i].yaml, i);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("optim");
    TCase *tcase = tcase_create("optim");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, weights_follow_the_formula, 0, CASES);
    tcase_add_loop_test(tcase, biases_do_not_decay, 0, CASES);
    tcase_add_loop_test(tcase, backends_agree, 0, CASES);
    tcase_add_loop_test(tcase, what_has_no_gradient_stays, 0, CASES);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
