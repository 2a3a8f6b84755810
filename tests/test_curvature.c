/* test_curvature.c - each operator's curvature rule, as the executor follows it, against second
 * derivatives taken by differences of its forward pass. Runs in the double library, over the
 * registry: a new operator needs nothing here. */
#include "config.h"

#include "backend.h"
#include "exec_parts.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const component_set *operators(void) {
    return &backend_choose(NULL)->ops;
}

static const op *operator_at(int i) {
    return (const op *)operators()->members[i];
}

static bool is_loss(const op *o) {
    return o->probabilities != NULL;
}

/* ---- A rule as the executor follows it ------------------------------------------------------- */

/* A node on its own, with what an executor has for it. `values` holds the second derivatives of the
 * output, then those of the inputs, and `slopes` the first ones, which are all 0. */
typedef struct subject {
    trial *trial;
    node node;
    real *values, *slopes, *squared, *squares[OP_MAX_PARAMS];
    real *input_grad[TRIAL_INPUTS], *carried_grad[TRIAL_INPUTS];
    const real *squared_input[TRIAL_INPUTS];
    op_call call;
} subject;

static real *numbers(size_t n) {
    real *room = aligned_array(n ? n : 1, sizeof *room);
    ck_assert_ptr_nonnull(room);
    memset(room, 0, n * sizeof *room);
    return room;
}

static void subject_new(subject *s, trial *t) {
    const trial_tile *tile = &t->tile[0];
    size_t size = shape_tile(&t->shapes.output), at = size;
    *s = (subject){.trial = t, .node = {.op = t->op, .shapes = t->shapes}};
    for (int k = 0; k < t->shapes.inputs; k++)
        size += shape_tile(&t->input_shape[k]);
    s->values = numbers(size);
    s->slopes = numbers(size);
    s->squared = numbers(squared_size(&s->node));
    for (int k = 0; k < t->shapes.inputs; k++) {
        s->input_grad[k] = s->values + at;
        at += shape_tile(&t->input_shape[k]);
    }
    for (int p = 0; p < OP_MAX_PARAMS; p++) {
        s->squares[p] = t->param[p] ? numbers(t->param_numbers[p]) : NULL;
        for (size_t i = 0; i < t->param_numbers[p]; i++)
            s->squares[p][i] = t->param[p][i] * t->param[p][i];
    }
    static const bool stored[TRIAL_INPUTS];
    s->call = (op_call){.attrs = t->attrs,
                        .shapes = &t->shapes,
                        .training = true,
                        .count = tile->count,
                        .batch = tile->count,
                        .input = (const real *const *)tile->input,
                        .output = tile->output,
                        .labels = tile->labels,
                        .param = (const real *const *)t->param,
                        .saved = tile->saved,
                        .scratch = t->scratch,
                        .output_grad = s->values,
                        .input_grad = s->input_grad,
                        .input_grad_add = stored,
                        .param_grad = t->param_grad,
                        .seed = 3,
                        .stream = 4,
                        .epoch = 5,
                        .sample = tile->sample};
}

static void subject_free(subject *s) {
    free(s->values);
    free(s->slopes);
    free(s->squared);
    for (int p = 0; p < OP_MAX_PARAMS; p++)
        free(s->squares[p]);
}

/* Leaves the second derivatives in input_grad and the trial's param_grad. */
static void follow_rule(subject *s) {
    worker w = {.values = s->values,
                .slopes = s->slopes,
                .squared = s->squared,
                .squared_input = s->squared_input,
                .carried_grad = s->carried_grad};
    node_params params = {.squared = {NULL}};
    for (int p = 0; p < OP_MAX_PARAMS; p++)
        params.squared[p] = s->squares[p];
    graph g = {.count = 1, .node = &s->node};
    plan_node planned = {.trained = s->trial->op->backward_params != NULL};
    const plan made = {.graph = &g, .node = &planned};
    exec x = {.plan = &made, .params = &params, .curving = true};
    run_curvature(&(team){&x, &w, &w, NULL, 0, 1}, &s->call, 0);
}

/* ---- Differences ----------------------------------------------------------------------------- */

/* The second derivatives h of the outputs, as the trial's gradients without their signs. */
static double second_of(const trial *t, size_t at) {
    return fabs((double)t->tile[0].output_grad[at]);
}

/* All outputs, with what `x` points to changed by `step` in each of `lanes` lanes. */
static void outputs_at(trial *t, real *x, int lanes, double move, real *out) {
    real before[LANES];
    memcpy(before, x, (size_t)lanes * sizeof *x);
    for (int lane = 0; lane < lanes; lane++)
        x[lane] = (real)((double)x[lane] + move);
    trial_forward(t);
    memcpy(out, t->tile[0].output, shape_tile(&t->shapes.output) * sizeof *out);
    memcpy(x, before, (size_t)lanes * sizeof *x);
}

/* Of every lane's number at `x`: the sum over outputs of (dy/dx)^2 h, or, of a loss, d2L/dx2 h. */
static void input_second(trial *t, real *x, double second[LANES]) {
    const shape *out = &t->shapes.output;
    const bool loss = is_loss(t->op);
    const double move = loss ? 1e-4 : 1e-5;
    real *below = numbers(shape_tile(out)), *here = numbers(shape_tile(out)),
         *above = numbers(shape_tile(out));
    outputs_at(t, x, LANES, -move, below);
    outputs_at(t, x, LANES, 0, here);
    outputs_at(t, x, LANES, move, above);
    for (size_t lane = 0; lane < LANES; lane++) {
        second[lane] = 0;
        for (size_t e = 0; e < shape_size(out); e++) {
            size_t at = trial_place(out, e) + lane;
            double slope = (double)(above[at] - below[at]) / (2 * move);
            double bend = (double)(above[at] - 2 * here[at] + below[at]) / (move * move);
            second[lane] += second_of(t, at) * (loss ? bend : slope * slope);
        }
    }
    free(below);
    free(here);
    free(above);
}

/* How each output moves with a parameter, in which outputs are linear. */
static void param_slopes(trial *t, real *w, real *slope) {
    size_t size = shape_tile(&t->shapes.output);
    real *below = numbers(size);
    outputs_at(t, w, 1, -1, below);
    outputs_at(t, w, 1, 1, slope);
    for (size_t i = 0; i < size; i++)
        slope[i] = (slope[i] - below[i]) / 2;
    free(below);
}

/* Sets number i of input 0 to 0 in every lane, or all of them. */
static void clear_input(const trial *t, int i) {
    const shape *in = &t->input_shape[0];
    for (size_t e = 0; e < shape_size(in); e++)
        if (i < 0 || (size_t)i == e)
            memset(t->tile[0].input[0] + trial_place(in, e), 0, LANES * sizeof(real));
}

/* Of one parameter: the sum over outputs of h times the squares of the connections that share it.
 * A connection's part of the slope is what is missing where its input is 0; what is left where all
 * are is the connection of a bias. */
static double param_second(trial *t, real *w) {
    const shape *out = &t->shapes.output;
    const int inputs = (int)shape_size(&t->input_shape[0]);
    size_t size = shape_tile(out), kept_size = shape_tile(&t->input_shape[0]);
    real *whole = numbers(size), *without = numbers(size), *kept = numbers(kept_size);
    memcpy(kept, t->tile[0].input[0], kept_size * sizeof *kept);
    param_slopes(t, w, whole);
    double sum = 0;
    for (int i = -1; i < inputs; i++) {
        clear_input(t, i);
        param_slopes(t, w, without);
        memcpy(t->tile[0].input[0], kept, kept_size * sizeof *kept);
        for (size_t e = 0; e < shape_size(out); e++)
            for (size_t lane = 0; lane < (size_t)t->tile[0].count; lane++) {
                size_t at = trial_place(out, e) + lane;
                double part = (double)(i < 0 ? without[at] : whole[at] - without[at]);
                sum += second_of(t, at) * part * part;
            }
    }
    free(whole);
    free(without);
    free(kept);
    return sum;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static void compare(const trial *t, const char *what, size_t i, double rule, double found) {
    double scale = fmax(fabs(found), 1e-3);
    ck_assert_msg(fabs(rule - found) <= 1e-5 * scale, "%s: %s: number %zu is %.9g, not %.9g",
                  t->sample->yaml, what, i, rule, found);
}

static void compare_inputs(const subject *s) {
    trial *t = s->trial;
    for (int k = 0; k < t->shapes.inputs; k++)
        for (size_t i = 0; i < shape_size(&t->input_shape[k]); i++) {
            size_t at = trial_place(&t->input_shape[k], i);
            double second[LANES];
            input_second(t, t->tile[0].input[k] + at, second);
            for (int lane = 0; lane < t->tile[0].count; lane++)
                compare(t, "input", i, (double)s->input_grad[k][at + (size_t)lane],
                        second[lane]);
        }
}

static void compare_params(const subject *s) {
    trial *t = s->trial;
    for (int p = 0; p < OP_MAX_PARAMS; p++)
        for (size_t i = 0; t->param_grad[p] && i < shape_size(&t->shapes.param[p].shape); i++) {
            size_t at = trial_param_place(t, p, i);
            compare(t, t->op->params[p].name, i, (double)t->param_grad[p][at],
                    trial_is_absent(t, p, i) ? 0 : param_second(t, t->param[p] + at));
        }
}

static void check_rule(const op_sample *sample) {
    arena *a = arena_new();
    lcnn_errors *errors = lcnn_errors_new();
    trial *t = trial_new(operators(), sample, a, errors);
    ck_assert_msg(t != NULL, "%s", sample->yaml);
    trial_fill(t, 3);
    trial_forward(t);
    subject s;
    subject_new(&s, t);
    for (size_t i = 0; i < shape_tile(&t->shapes.output); i++)
        s.values[i] = (real)second_of(t, i);
    follow_rule(&s);
    compare_inputs(&s);
    compare_params(&s);
    subject_free(&s);
    trial_free(t);
    lcnn_errors_free(errors);
    arena_free(a);
}

START_TEST(rules_agree_with_differences) {
    const op *o = operator_at(_i);
    for (const op_sample *s = o->samples; o->curvature_rule != CURVATURE_NONE && s->yaml; s++)
        check_rule(s);
}
END_TEST

START_TEST(rules_are_such_as_can_be_followed) {
    const op *o = operator_at(_i);
    const char *name = o->component.name;
    ck_assert_msg((o->curvature_rule == CURVATURE_OWN) == (o->curvature != NULL),
                  "%s: a function of its own, and only with CURVATURE_OWN", name);
    ck_assert_msg(o->curvature_rule != CURVATURE_TWICE || (o->in_place && !o->params),
                  "%s: twice is done in place, and knows no parameters", name);
    ck_assert_msg(o->curvature_rule != CURVATURE_PLAIN || !o->params,
                  "%s: dy/dw of a parameter is no constant", name);
    ck_assert_msg(o->curvature_rule == CURVATURE_NONE || !o->forward_gather,
                  "%s: coupled samples have no rule", name);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("curvature");
    TCase *each = tcase_create("every operator");
    int count = 0;
    while (operators()->members[count] != NULL)
        count++;
    tcase_set_timeout(each, 120);
    tcase_add_loop_test(each, rules_are_such_as_can_be_followed, 0, count);
    tcase_add_loop_test(each, rules_agree_with_differences, 0, count);
    suite_add_tcase(suite, each);
    return suite_run(suite);
}
