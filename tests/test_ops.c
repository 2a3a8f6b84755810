/* test_ops.c - every operator of the registry, held to the contract of op.h by its own samples.
 *
 * Runs in the double library. A new operator needs nothing here: its samples are its tests. */
#include "config.h"

#include "backend.h"
#include "graph.h"
#include "op_checks.h"
#include "suite.h"

#include <string.h>

static const component_set *operators(void) {
    return &backend_choose(NULL)->ops;
}

static const op *operator_at(int i) {
    return (const op *)operators()->members[i];
}

static const char *first_message(lcnn_errors *errors) {
    return lcnn_errors_count(errors) > 0 ? lcnn_errors_text(errors, 0) : "no message";
}

/* Runs a check on all samples of operator number i. */
static void check_operator(op_check *check, int i) {
    for (const op_sample *sample = operator_at(i)->samples; sample->yaml != NULL; sample++) {
        arena *a = arena_new();
        const char *fault = check_sample(check, operators(), sample, a);
        ck_assert_msg(fault == NULL, "%s", fault);
        arena_free(a);
    }
}

/* ---- The descriptor --------------------------------------------------------------------- */

static bool is_line(const char *text) {
    return text != NULL && *text != '\0' && strchr(text, '\n') == NULL &&
           text[strlen(text) - 1] != '.';
}

static bool can_infer_fail(const op *o, const void *attrs) {
    const shape some[] = {{1, {1}},       {1, {7}},          {3, {1, 1, 1}},
                          {3, {2, 3, 4}}, {4, {1, 1, 1, 1}}, {4, {2, 3, 2, 3}}};
    lcnn_errors *errors = lcnn_errors_new();
    doc map = {.kind = DOC_MAP};
    bool failed = false;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        op_shapes shapes = {.inputs = 1, .input = &some[i], .classes = OP_SAMPLE_CLASSES};
        failed = failed || !graph_infer(o, "sample", &map, attrs, &shapes, errors);
    }
    lcnn_errors_free(errors);
    return failed;
}

START_TEST(test_is_described) {
    const op *o = operator_at(_i);
    const char *name = o->component.name;
    ck_assert_msg(is_line(name), "an operator without a name");
    ck_assert_msg(is_line(o->component.summary), "%s: summary: one line, no full stop", name);
    ck_assert_msg(o->component.doc != NULL && (strstr(o->component.doc, "Gradient") != NULL ||
                                               strstr(o->component.doc, "dx") != NULL),
                  "%s: doc: formula, shapes and gradient", name);
    ck_assert_msg(o->infer != NULL && o->forward != NULL && o->backward != NULL,
                  "%s: a callback is missing", name);
    ck_assert_msg(o->inputs != NULL && o->inputs[0].name != NULL, "%s: no inputs", name);
    for (const op_input *in = o->inputs; in->name != NULL; in++) {
        ck_assert_msg(is_line(in->help), "%s: input %s: help: one line, no full stop", name,
                      in->name);
        ck_assert_msg(!in->variadic || in[1].name == NULL, "%s: only the last input can be several",
                      name);
    }
    ck_assert_msg(o->samples != NULL && o->samples[0].yaml != NULL, "%s: no samples", name);
    int stages = (o->forward_gather != NULL) + (o->forward_reduce != NULL) +
                 (o->backward_gather != NULL) + (o->backward_reduce != NULL);
    ck_assert_msg(stages == 0 || stages == 4, "%s: gather and reduce: all four or none", name);
    bool is_loss = false;
    for (const op_input *in = o->inputs; in->name != NULL; in++)
        is_loss = is_loss || in->labels;
    ck_assert_msg(is_loss == (o->probabilities != NULL),
                  "%s: losses, and only they, have probabilities", name);
}
END_TEST

START_TEST(test_parameters_are_described) {
    const op *o = operator_at(_i);
    const char *name = o->component.name;
    ck_assert_msg(o->params == NULL || o->component.attrs != NULL,
                  "%s: no attributes for initialisers", name);
    for (const op_param *p = o->params; p != NULL && p->name != NULL; p++) {
        bool initialized = false;
        for (const attr *row = o->component.attrs; row->name != NULL; row++)
            initialized =
                initialized || (row->type == ATTR_COMPONENT && row->offset == p->initializer);
        ck_assert_msg(initialized, "%s: no attribute initialises %s", name, p->name);
        ck_assert_msg(is_line(p->help), "%s: %s: help: one line, no full stop", name, p->name);
        ck_assert_msg(p - o->params < OP_MAX_PARAMS, "%s: too many parameters", name);
    }
}
END_TEST

/* The default, given as if it were written in a model. */
static bool default_is_accepted(const attr *row, size_t size, arena *a, lcnn_errors *errors) {
    const attr table[] = {*row, {0}};
    const char *yaml = arena_format(a, "{%s: %s}", row->name, row->initial);
    doc *map = document_parse(a, "default", yaml, strlen(yaml), errors);
    return map != NULL && attr_parse(table, map, NULL, "default", arena_alloc(a, size), a, errors);
}

START_TEST(test_attributes_are_described) {
    const op *o = operator_at(_i);
    for (const attr *row = o->component.attrs; row != NULL && row->name != NULL; row++) {
        arena *a = arena_new();
        lcnn_errors *errors = lcnn_errors_new();
        ck_assert_msg(is_line(row->help), "%s: %s: help: one line, no full stop", o->component.name,
                      row->name);
        ck_assert_msg(row->offset < o->component.size, "%s: %s: outside the struct",
                      o->component.name, row->name);
        if (row->initial != NULL && *row->initial != '\0')
            ck_assert_msg(default_is_accepted(row, o->component.size, a, errors),
                          "%s: %s: default %s: %s", o->component.name, row->name, row->initial,
                          first_message(errors));
        lcnn_errors_free(errors);
        arena_free(a);
    }
}
END_TEST

/* ---- Samples and refusals --------------------------------------------------------------- */

START_TEST(test_samples_are_inferred) {
    const op *o = operator_at(_i);
    for (const op_sample *s = o->samples; s->yaml != NULL; s++) {
        arena *a = arena_new();
        lcnn_errors *errors = lcnn_errors_new();
        trial *t = arena_alloc(a, sizeof *t);
        bool accepted = trial_infer(t, operators(), s->yaml, s->inputs, a, errors);
        ck_assert_msg(accepted, "%s on %s: %s", s->yaml, s->inputs, first_message(errors));
        ck_assert_msg(t->op == o, "%s: a sample of another operator: %s", o->component.name,
                      s->yaml);
        ck_assert_msg(!can_infer_fail(o, t->attrs) ||
                          (o->refusals != NULL && o->refusals[0].yaml != NULL),
                      "%s: it refuses some shapes, but has no refusals", o->component.name);
        lcnn_errors_free(errors);
        arena_free(a);
    }
}
END_TEST

START_TEST(test_refusals_are_refused) {
    const op *o = operator_at(_i);
    for (const op_refusal *r = o->refusals; r != NULL && r->yaml != NULL; r++) {
        arena *a = arena_new();
        lcnn_errors *errors = lcnn_errors_new();
        trial *t = arena_alloc(a, sizeof *t);
        ck_assert_msg(!trial_infer(t, operators(), r->yaml, r->inputs, a, errors),
                      "accepted: %s on %s", r->yaml, r->inputs);
        ck_assert_msg(strstr(first_message(errors), r->message) != NULL,
                      "%s on %s: expected \"%s\", but got: %s", r->yaml, r->inputs, r->message,
                      first_message(errors));
        lcnn_errors_free(errors);
        arena_free(a);
    }
}
END_TEST

/* An uneven parameter has a fan-in and a fan-out for each number, and as many absent ones as infer
 * says. */
START_TEST(test_fans) {
    const op *o = operator_at(_i);
    for (const op_sample *s = o->samples; s->yaml != NULL; s++) {
        arena *a = arena_new();
        lcnn_errors *errors = lcnn_errors_new();
        trial *t = arena_alloc(a, sizeof *t);
        ck_assert(trial_infer(t, operators(), s->yaml, s->inputs, a, errors));
        for (int p = 0; p < OP_MAX_PARAMS; p++) {
            const op_param_shape *param = &t->shapes.param[p];
            int64_t absent = 0;
            ck_assert_msg(param->uneven || param->absent == 0, "%s: absent, but not uneven",
                          s->yaml);
            for (size_t i = 0; param->uneven && i < shape_size(&param->shape); i++) {
                op_fan fan = o->fan(t->attrs, &t->shapes, p, i);
                absent += fan.in == 0;
                ck_assert_msg(fan.in == 0 || fan.out > 0, "%s: no fan-out", s->yaml);
            }
            ck_assert_int_eq(absent, param->absent);
        }
        lcnn_errors_free(errors);
        arena_free(a);
    }
}
END_TEST

/* ---- Computing -------------------------------------------------------------------------- */

START_TEST(test_gradients) {
    check_operator(check_gradients, _i);
}
END_TEST

START_TEST(test_adding) {
    check_operator(check_adding, _i);
}
END_TEST

START_TEST(test_items) {
    check_operator(check_items, _i);
}
END_TEST

START_TEST(test_twice) {
    check_operator(check_twice, _i);
}
END_TEST

START_TEST(test_saves) {
    check_operator(check_saves, _i);
}
END_TEST

START_TEST(test_in_place) {
    check_operator(check_in_place, _i);
}
END_TEST

START_TEST(test_company) {
    check_operator(check_company, _i);
}
END_TEST

START_TEST(test_unwanted) {
    check_operator(check_unwanted, _i);
}
END_TEST

START_TEST(test_places) {
    check_operator(check_places, _i);
}
END_TEST

START_TEST(test_single) {
    check_operator(check_single, _i);
}
END_TEST

START_TEST(test_probabilities) {
    check_operator(check_probabilities, _i);
}
END_TEST

static Suite *ops_suite(void) {
    Suite *suite = suite_create("ops");
    TCase *each = tcase_create("every operator");
    int count = 0;
    while (operators()->members[count] != NULL)
        count++;
    tcase_add_loop_test(each, test_is_described, 0, count);
    tcase_add_loop_test(each, test_parameters_are_described, 0, count);
    tcase_add_loop_test(each, test_attributes_are_described, 0, count);
    tcase_add_loop_test(each, test_samples_are_inferred, 0, count);
    tcase_add_loop_test(each, test_refusals_are_refused, 0, count);
    tcase_add_loop_test(each, test_fans, 0, count);
    tcase_add_loop_test(each, test_gradients, 0, count);
    tcase_add_loop_test(each, test_adding, 0, count);
    tcase_add_loop_test(each, test_items, 0, count);
    tcase_add_loop_test(each, test_twice, 0, count);
    tcase_add_loop_test(each, test_saves, 0, count);
    tcase_add_loop_test(each, test_in_place, 0, count);
    tcase_add_loop_test(each, test_company, 0, count);
    tcase_add_loop_test(each, test_unwanted, 0, count);
    tcase_add_loop_test(each, test_places, 0, count);
    tcase_add_loop_test(each, test_single, 0, count);
    tcase_add_loop_test(each, test_probabilities, 0, count);
    suite_add_tcase(suite, each);
    return suite;
}

int main(void) {
    return suite_run(ops_suite());
}
