/* test_ops.c - every operator of the registry, held to the contract of op.h by its own samples.
 *
 * Runs in the double library. A new operator needs nothing here: its samples are its tests. The
 * last part turns the checks on operators that are wrong on purpose. */
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

/* Runs a check on one sample; the name of the operator and the sample stand before what is wrong.
 */
static const char *check_sample(op_check *check, const component_set *ops, const op_sample *sample,
                                arena *a) {
    lcnn_errors *errors = lcnn_errors_new();
    const char *fault;
    trial *t = trial_new(ops, sample, a, errors);
    if (t == NULL) {
        fault =
            arena_format(a, "%s on %s: %s", sample->yaml, sample->inputs, first_message(errors));
    } else {
        fault = check(t, a);
        if (fault != NULL)
            fault = arena_format(a, "%s on %s: %s", sample->yaml, sample->inputs, fault);
        trial_free(t);
    }
    lcnn_errors_free(errors);
    return fault;
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

START_TEST(test_probabilities) {
    check_operator(check_probabilities, _i);
}
END_TEST

/* ---- Operators that are wrong on purpose ------------------------------------------------ */

/* y = x^2, right in all respects. The channel is the item. */
static bool square_infer(const void *attrs, op_shapes *shapes, op_report *report) {
    (void)attrs, (void)report;
    shapes->output = shapes->input[0];
    shapes->forward_items = shapes->backward_items = shapes->output.dim[0];
    return true;
}

/* dx = factor * value * dy for the items of a call. */
static void scale_items(const op_call *call, const real *value, double factor) {
    const shape *s = &call->shapes->output;
    for (int c = call->first; c < call->end; c++)
        for (size_t i = 0; i < shape_pixels(s) * LANES; i++) {
            size_t at = (size_t)c * shape_stride(s) + i;
            real dx = (real)factor * value[at] * call->output_grad[at];
            call->input_grad[0][at] = call->input_grad_add[0] ? call->input_grad[0][at] + dx : dx;
        }
}

static void square_forward(const op_call *call) {
    const shape *s = &call->shapes->output;
    for (int c = call->first; c < call->end; c++)
        for (size_t i = 0; i < shape_pixels(s) * LANES; i++) {
            size_t at = (size_t)c * shape_stride(s) + i;
            call->output[at] = call->input[0][at] * call->input[0][at];
        }
}

static void square_backward(const op_call *call) {
    scale_items(call, call->input[0], 2);
}

static void slightly_wrong_backward(const op_call *call) {
    scale_items(call, call->input[0], 2 + 1e-5);
}

static void overrunning_backward(const op_call *call) {
    const shape *s = &call->shapes->output;
    square_backward(call);
    for (int c = call->first; c < call->end; c++)
        call->input_grad[0][(size_t)c * shape_stride(s) + shape_pixels(s) * LANES] = 0;
}

static void storing_backward(const op_call *call) {
    op_call storing = *call;
    storing.input_grad_add = (const bool[]){false};
    square_backward(&storing);
}

/* Gives lanes without a sample a gradient too. */
static void shifting_backward(const op_call *call) {
    const shape *s = &call->shapes->output;
    square_backward(call);
    for (int c = call->first; c < call->end; c++)
        for (size_t i = 0; i < shape_pixels(s) * LANES; i++)
            call->input_grad[0][(size_t)c * shape_stride(s) + i] += 1;
}

static void clearing_forward(const op_call *call) {
    memset(call->output, 0, shape_tile(&call->shapes->output) * sizeof(real));
    square_forward(call);
}

static void clearing_backward(const op_call *call) {
    memset(call->input_grad[0], 0, shape_tile(&call->shapes->output) * sizeof(real));
    square_backward(call);
}

static void item_counting_forward(const op_call *call) {
    square_forward(call);
    call->output[(size_t)call->first * shape_stride(&call->shapes->output)] +=
        call->end - call->first;
}

static void lane_counting_forward(const op_call *call) {
    square_forward(call);
    for (int c = call->first; c < call->end; c++)
        call->output[(size_t)c * shape_stride(&call->shapes->output)] += call->count;
}

static void scratch_reading_forward(const op_call *call) {
    square_forward(call);
    call->output[(size_t)call->first * shape_stride(&call->shapes->output)] += call->scratch[0];
}

static bool scratching_infer(const void *attrs, op_shapes *shapes, op_report *report) {
    shapes->scratch = LANES;
    return square_infer(attrs, shapes, report);
}

static const op_input square_inputs[] = {{.name = "x", .help = "any value"}, {0}};
static const op_sample square_sample = {.yaml = "{op: square}", .inputs = "3x2x2"};

static op square(void) {
    return (op){.component = {.name = "square"},
                .inputs = square_inputs,
                .saves = OP_SAVES_INPUT,
                .infer = square_infer,
                .forward = square_forward,
                .backward = square_backward};
}

/* What a check says of an operator called square. */
static const char *verdict(const op *o, op_check *check, arena *a) {
    const component *members[] = {&o->component, NULL};
    const component_set set = {.kind = "operator", .members = members};
    return check_sample(check, &set, &square_sample, a);
}

static void expect_fault(const op *o, op_check *check, const char *fragment) {
    arena *a = arena_new();
    const char *fault = verdict(o, check, a);
    ck_assert_msg(fault != NULL && strstr(fault, fragment) != NULL, "expected \"%s\", but got: %s",
                  fragment, fault == NULL ? "nothing" : fault);
    arena_free(a);
}

START_TEST(test_right_operator_passes) {
    op_check *const checks[] = {check_gradients, check_adding,  check_items,    check_saves,
                                check_in_place,  check_company, check_unwanted, check_places};
    op right = square();
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *fault = verdict(&right, checks[i], a);
        ck_assert_msg(fault == NULL, "%s", fault);
    }
    arena_free(a);
}
END_TEST

START_TEST(test_wrong_gradient_is_found) {
    op wrong = square();
    wrong.backward = slightly_wrong_backward;
    expect_fault(&wrong, check_gradients, "gradient of input 0");
}
END_TEST

START_TEST(test_gradient_that_is_never_added_is_found) {
    op wrong = square();
    wrong.backward = storing_backward;
    expect_fault(&wrong, check_adding, "when added to");
}
END_TEST

START_TEST(test_reading_what_was_not_saved_is_found) {
    op wrong = square();
    wrong.saves = OP_SAVES_OUTPUT;
    expect_fault(&wrong, check_saves, "overwritten");
}
END_TEST

START_TEST(test_wrong_in_place_is_found) {
    op wrong = square();
    wrong.in_place = true;
    wrong.forward = clearing_forward;
    expect_fault(&wrong, check_in_place, "the output differs in place");
    wrong.forward = square_forward;
    wrong.backward = clearing_backward;
    expect_fault(&wrong, check_in_place, "the gradient of input 0 differs in place");
}
END_TEST

START_TEST(test_dependence_on_items_is_found) {
    op wrong = square();
    wrong.forward = item_counting_forward;
    expect_fault(&wrong, check_items, "the output differs when items");
}
END_TEST

START_TEST(test_dependence_on_company_is_found) {
    op wrong = square();
    wrong.forward = lane_counting_forward;
    expect_fault(&wrong, check_company, "the output differs between");
}
END_TEST

START_TEST(test_reading_scratch_is_found) {
    op wrong = square();
    wrong.infer = scratching_infer;
    wrong.forward = scratch_reading_forward;
    expect_fault(&wrong, check_places, "the output is not finite");
}
END_TEST

START_TEST(test_gradient_of_no_sample_is_found) {
    op wrong = square();
    wrong.backward = shifting_backward;
    expect_fault(&wrong, check_places, "where there is no sample");
}
END_TEST

START_TEST(test_overrun_is_found) {
    op wrong = square();
    wrong.backward = overrunning_backward;
    expect_fault(&wrong, check_places, "padding line");
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
    tcase_add_loop_test(each, test_gradients, 0, count);
    tcase_add_loop_test(each, test_adding, 0, count);
    tcase_add_loop_test(each, test_items, 0, count);
    tcase_add_loop_test(each, test_saves, 0, count);
    tcase_add_loop_test(each, test_in_place, 0, count);
    tcase_add_loop_test(each, test_company, 0, count);
    tcase_add_loop_test(each, test_unwanted, 0, count);
    tcase_add_loop_test(each, test_places, 0, count);
    tcase_add_loop_test(each, test_probabilities, 0, count);
    suite_add_tcase(suite, each);

    TCase *wrong = tcase_create("wrong on purpose");
    tcase_add_test(wrong, test_right_operator_passes);
    tcase_add_test(wrong, test_wrong_gradient_is_found);
    tcase_add_test(wrong, test_gradient_that_is_never_added_is_found);
    tcase_add_test(wrong, test_reading_what_was_not_saved_is_found);
    tcase_add_test(wrong, test_wrong_in_place_is_found);
    tcase_add_test(wrong, test_dependence_on_items_is_found);
    tcase_add_test(wrong, test_dependence_on_company_is_found);
    tcase_add_test(wrong, test_reading_scratch_is_found);
    tcase_add_test(wrong, test_gradient_of_no_sample_is_found);
    tcase_add_test(wrong, test_overrun_is_found);
    suite_add_tcase(suite, wrong);
    return suite;
}

int main(void) {
    return suite_run(ops_suite());
}
