/* test_op_checks.c - the checks of op_checks.h, turned on operators that are wrong on purpose. */
#include "config.h"

#include "op_checks.h"
#include "suite.h"

#include <math.h>
#include <string.h>

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

/* The same with a form for one sample, where a vector of channels is the item. */
static bool single_infer(const void *attrs, op_shapes *shapes, op_report *report) {
    shapes->single_forward_items = shapes->single_backward_items =
        single_vectors(&shapes->input[0]);
    return square_infer(attrs, shapes, report);
}

static void single_forward(const op_call *call) {
    const shape *s = &call->shapes->output;
    if (call->form != FORM_SINGLE) {
        square_forward(call);
        return;
    }
    for (size_t p = 0; p < shape_pixels(s); p++)
        for (int c = call->first * SINGLE_VECTOR; c < call->end * SINGLE_VECTOR; c++) {
            size_t at = p * shape_width(s) + (size_t)c;
            call->output[at] = call->input[0][at] * call->input[0][at];
        }
}

static void single_backward(const op_call *call) {
    const shape *s = &call->shapes->output;
    if (call->form != FORM_SINGLE) {
        square_backward(call);
        return;
    }
    for (size_t p = 0; p < shape_pixels(s); p++)
        for (int c = call->first * SINGLE_VECTOR; c < call->end * SINGLE_VECTOR; c++) {
            size_t at = p * shape_width(s) + (size_t)c;
            real dx = 2 * call->input[0][at] * call->output_grad[at];
            call->input_grad[0][at] = call->input_grad_add[0] ? call->input_grad[0][at] + dx : dx;
        }
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

static const bool store[] = {false};

static void storing_backward(const op_call *call) {
    op_call storing = *call;
    storing.input_grad_add = store;
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
    single_forward(call);
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

static void single_one_bit_forward(const op_call *call) {
    single_forward(call);
    if (call->form == FORM_SINGLE && call->first == 0)
        call->output[0] = (real)nextafter((double)call->output[0], 9);
}

static void single_mixing_forward(const op_call *call) {
    single_forward(call);
    if (call->form == FORM_SINGLE && call->first == 0)
        call->output[0] += call->input[0][call->shapes->output.dim[0]];
}

static void single_item_backward(const op_call *call) {
    single_backward(call);
    if (call->form == FORM_SINGLE)
        call->input_grad[0][call->first * SINGLE_VECTOR] += (real)call->end;
}

static void single_storing_backward(const op_call *call) {
    op_call storing = *call;
    if (call->form == FORM_SINGLE)
        storing.input_grad_add = store;
    single_backward(&storing);
}

/* Leaves the padding of the last vector as it was. */
static void single_exact_forward(const op_call *call) {
    const shape *s = &call->shapes->output;
    single_forward(call);
    for (size_t p = 0; p < shape_pixels(s) && call->form == FORM_SINGLE; p++)
        for (int c = s->dim[0]; c < call->end * SINGLE_VECTOR; c++)
            call->output[p * shape_width(s) + (size_t)c] = trial_poison;
}

static void single_overrunning_backward(const op_call *call) {
    single_backward(call);
    if (call->form == FORM_SINGLE)
        call->input_grad[0][single_vectors(&call->shapes->output) * SINGLE_VECTOR] = 0;
}

static bool single_forward_only_infer(const void *attrs, op_shapes *shapes, op_report *report) {
    single_infer(attrs, shapes, report);
    shapes->single_backward_items = 0;
    return true;
}

static const op_input square_inputs[] = {{.name = "x", .help = "any value"}, {0}};
static const op_sample square_sample = {.yaml = "{op: square}", .inputs = "3x2x2"};

/* Two vectors of channels; and so many that a pixel is followed by a vector nobody uses. */
static const op_sample two_vectors = {.yaml = "{op: square}", .inputs = "13x2x2"};
static const op_sample many_vectors = {.yaml = "{op: square}", .inputs = "61x1x2"};

static op square(void) {
    return (op){.component = {.name = "square"},
                .inputs = square_inputs,
                .saves = OP_SAVES_INPUT,
                .infer = square_infer,
                .forward = square_forward,
                .backward = square_backward};
}

/* What a check says of an operator called square. */
static const char *verdict(const op *o, op_check *check, const op_sample *sample, arena *a) {
    const component *members[] = {&o->component, NULL};
    const component_set set = {.kind = "operator", .members = members};
    return check_sample(check, &set, sample, a);
}

static void expect_fault_on(const op_sample *sample, const op *o, op_check *check,
                            const char *fragment) {
    arena *a = arena_new();
    const char *fault = verdict(o, check, sample, a);
    ck_assert_msg(fault != NULL && strstr(fault, fragment) != NULL, "expected \"%s\", but got: %s",
                  fragment, fault == NULL ? "nothing" : fault);
    arena_free(a);
}

static void expect_fault(const op *o, op_check *check, const char *fragment) {
    expect_fault_on(&square_sample, o, check, fragment);
}

START_TEST(test_right_operator_passes) {
    op_check *const checks[] = {check_gradients, check_adding,  check_items,    check_saves,
                                check_in_place,  check_company, check_unwanted, check_places};
    op right = square();
    arena *a = arena_new();
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *fault = verdict(&right, checks[i], &square_sample, a);
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

/* ---- One sample -------------------------------------------------------------------------- */

static op single_square(void) {
    op o = square();
    o.infer = single_infer;
    o.forward = single_forward;
    o.backward = single_backward;
    return o;
}

START_TEST(test_right_form_of_one_sample_passes) {
    const op_sample *const samples[] = {&square_sample, &two_vectors, &many_vectors};
    op right = single_square();
    arena *a = arena_new();
    for (int i = 0; i < 3; i++) {
        const char *fault = verdict(&right, check_single, samples[i], a);
        ck_assert_msg(fault == NULL, "%s", fault);
    }
    arena_free(a);
}
END_TEST

START_TEST(test_another_bit_of_one_sample_is_found) {
    op wrong = single_square();
    wrong.forward = single_one_bit_forward;
    expect_fault(&wrong, check_single, "the output of one sample differs between the forms");
}
END_TEST

START_TEST(test_padding_that_counts_is_found) {
    op wrong = single_square();
    wrong.forward = single_mixing_forward;
    expect_fault(&wrong, check_single, "the output of one sample differs between the forms");
}
END_TEST

START_TEST(test_items_of_one_sample_are_found) {
    op wrong = single_square();
    wrong.backward = single_item_backward;
    expect_fault_on(&two_vectors, &wrong, check_single, "the gradient of input 0 of one sample");
}
END_TEST

START_TEST(test_gradient_of_one_sample_that_is_never_added_is_found) {
    op wrong = single_square();
    wrong.backward = single_storing_backward;
    expect_fault(&wrong, check_single, "when gradients are added");
}
END_TEST

START_TEST(test_in_place_is_checked_of_one_sample) {
    op wrong = single_square();
    wrong.saves = OP_SAVES_OUTPUT;
    expect_fault(&wrong, check_single, "overwritten");
    wrong = single_square();
    wrong.in_place = true;
    wrong.forward = clearing_forward;
    expect_fault(&wrong, check_single, "in place at inference");
}
END_TEST

START_TEST(test_unwritten_padding_is_found) {
    op wrong = single_square();
    wrong.forward = single_exact_forward;
    expect_fault(&wrong, check_single, "not finite in channel 3");
}
END_TEST

START_TEST(test_overrun_of_one_sample_is_found) {
    op wrong = single_square();
    wrong.backward = single_overrunning_backward;
    expect_fault_on(&many_vectors, &wrong, check_single, "written behind the channels");
}
END_TEST

START_TEST(test_half_a_form_is_found) {
    op wrong = single_square();
    wrong.infer = single_forward_only_infer;
    expect_fault(&wrong, check_single, "in one direction only");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("op_checks");
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

    TCase *single = tcase_create("wrong in the form of one sample");
    tcase_add_test(single, test_right_form_of_one_sample_passes);
    tcase_add_test(single, test_another_bit_of_one_sample_is_found);
    tcase_add_test(single, test_padding_that_counts_is_found);
    tcase_add_test(single, test_items_of_one_sample_are_found);
    tcase_add_test(single, test_gradient_of_one_sample_that_is_never_added_is_found);
    tcase_add_test(single, test_in_place_is_checked_of_one_sample);
    tcase_add_test(single, test_unwritten_padding_is_found);
    tcase_add_test(single, test_overrun_of_one_sample_is_found);
    tcase_add_test(single, test_half_a_form_is_found);
    suite_add_tcase(suite, single);
    return suite_run(suite);
}
