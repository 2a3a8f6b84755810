/* test_exec_carry.c - a single sample on its way to lane 0 and back, for an operator that knows no
 * other form: what arrives there, what comes back, and what is left alone. */
#include "config.h"

#include "exec_parts.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* Two inputs of one shape with 11 channels, so that a vector has padding, of two pixels. */
enum { CHANNELS = 11, PIXELS = 2, WIDTH = 16, INPUTS = 2 };

static const shape SHAPE = {3, {CHANNELS, 1, PIXELS}};

typedef struct carrying {
    op op;
    shape input_shape[INPUTS];
    node node;
    worker worker;
    const real *worker_input[INPUTS];
    real *worker_grad[INPUTS];
    real x[INPUTS][PIXELS * WIDTH], dx[INPUTS][PIXELS * WIDTH];
    real y[PIXELS * WIDTH], dy[PIXELS * WIDTH];
    const real *input[INPUTS];
    real *input_grad[INPUTS];
    bool add[INPUTS];
    op_call home;
} carrying;

static carrying *c;

static void fill(real *numbers, real base) {
    for (int p = 0; p < PIXELS; p++)
        for (int i = 0; i < WIDTH; i++)
            numbers[p * WIDTH + i] = base + (real)(i < CHANNELS ? 100 * p + i : -5);
}

static void set_up(void) {
    c = calloc(1, sizeof *c);
    for (int k = 0; k < INPUTS; k++) {
        c->input_shape[k] = SHAPE;
        fill(c->x[k], (real)(1000 * (k + 1)));
        fill(c->dx[k], (real)(10000 * (k + 1)));
        c->input[k] = c->x[k];
        c->input_grad[k] = c->dx[k];
    }
    fill(c->y, 5000);
    fill(c->dy, 7000);
    c->node.op = &c->op;
    c->node.shapes = (op_shapes){.inputs = INPUTS, .input = c->input_shape, .output = SHAPE};
    c->worker.carried = malloc(carried_size(&c->node) * sizeof(real));
    memset(c->worker.carried, 0xff, carried_size(&c->node) * sizeof(real)); /* NaN */
    c->worker.carried_input = c->worker_input;
    c->worker.carried_grad = c->worker_grad;
    c->home = (op_call){.shapes = &c->node.shapes,
                        .form = FORM_SINGLE,
                        .count = 1,
                        .input = c->input,
                        .output = c->y,
                        .output_grad = c->dy,
                        .input_grad = c->input_grad,
                        .input_grad_add = c->add};
}

static void tear_down(void) {
    free(c->worker.carried);
    free(c);
}

/* Expects in lane 0 what `home` has, and zeros in the other lanes. */
static void expect_carried(const real *carried, const real *home) {
    for (int i = 0; i < CHANNELS; i++)
        for (int p = 0; p < PIXELS; p++)
            for (int l = 0; l < LANES; l++) {
                real found = carried[(size_t)i * shape_stride(&SHAPE) + (size_t)(p * LANES + l)];
                real expected = l == 0 ? home[p * WIDTH + i] : 0;
                ck_assert_msg(found == expected, "channel %d, pixel %d, lane %d: %g, not %g", i, p,
                              l, (double)found, (double)expected);
            }
}

/* Doubles the numbers in lane 0, as an operator might, and leaves rubbish in the others. */
static void compute(real *carried) {
    for (int i = 0; i < CHANNELS; i++)
        for (int p = 0; p < PIXELS; p++)
            for (int l = 0; l < LANES; l++)
                carried[(size_t)i * shape_stride(&SHAPE) + (size_t)(p * LANES + l)] =
                    (real)(l == 0 ? 3 * i + 50 * p : -1);
}

static void expect_back(const real *home) {
    for (int p = 0; p < PIXELS; p++)
        for (int i = 0; i < WIDTH; i++)
            ck_assert(home[p * WIDTH + i] == (real)(i < CHANNELS ? 3 * i + 50 * p : 0));
}

START_TEST(forward_takes_inputs_and_brings_the_output) {
    op_call call = carry_in(&c->node, PHASE_FORWARD, &c->home, &c->worker);
    ck_assert_int_eq(call.form, FORM_LANES);
    for (int k = 0; k < INPUTS; k++)
        expect_carried(call.input[k], c->x[k]);
    compute(call.output);
    carry_back(&c->node, PHASE_FORWARD, &call, &c->home);
    expect_back(c->y);
    ck_assert(c->x[1][3] == 2003);
}
END_TEST

START_TEST(gather_takes_inputs_and_brings_nothing) {
    real before[PIXELS * WIDTH];
    memcpy(before, c->y, sizeof before);
    op_call call = carry_in(&c->node, PHASE_GATHER, &c->home, &c->worker);
    expect_carried(call.input[0], c->x[0]);
    carry_back(&c->node, PHASE_GATHER, &call, &c->home);
    ck_assert_mem_eq(before, c->y, sizeof before);
}
END_TEST

START_TEST(backward_takes_what_is_saved) {
    c->op.saves = OP_SAVES_INPUT | OP_SAVES_OUTPUT;
    const phase phases[] = {PHASE_BACKWARD_GATHER, PHASE_BACKWARD};
    for (int i = 0; i < 2; i++) {
        op_call call = carry_in(&c->node, phases[i], &c->home, &c->worker);
        expect_carried(call.output_grad, c->dy);
        expect_carried(call.output, c->y);
        for (int k = 0; k < INPUTS; k++)
            expect_carried(call.input[k], c->x[k]);
    }
}
END_TEST

/* What was not saved may be anybody's memory by then, or none. */
START_TEST(backward_leaves_what_is_not_saved) {
    c->home.output = NULL;
    c->input[0] = c->input[1] = NULL;
    op_call call = carry_in(&c->node, PHASE_BACKWARD, &c->home, &c->worker);
    expect_carried(call.output_grad, c->dy);
}
END_TEST

START_TEST(gradients_come_back_where_they_are_wanted) {
    c->input_grad[0] = NULL;
    op_call call = carry_in(&c->node, PHASE_BACKWARD, &c->home, &c->worker);
    ck_assert_ptr_null(call.input_grad[0]);
    compute(call.input_grad[1]);
    carry_back(&c->node, PHASE_BACKWARD, &call, &c->home);
    expect_back(c->dx[1]);
    ck_assert(c->dx[0][3] == 10003);
}
END_TEST

START_TEST(gradients_are_added_to_what_is_there) {
    c->add[1] = true;
    op_call call = carry_in(&c->node, PHASE_BACKWARD, &c->home, &c->worker);
    expect_carried(call.input_grad[1], c->dx[1]);
}
END_TEST

/* The output's gradient may lie where the first input's will. */
START_TEST(a_gradient_takes_the_place_of_another) {
    c->home.output_grad = c->dx[0];
    op_call call = carry_in(&c->node, PHASE_BACKWARD, &c->home, &c->worker);
    expect_carried(call.output_grad, c->dx[0]);
    compute(call.input_grad[0]);
    compute(call.input_grad[1]);
    carry_back(&c->node, PHASE_BACKWARD, &call, &c->home);
    expect_back(c->dx[0]);
    expect_back(c->dx[1]);
}
END_TEST

START_TEST(a_value_that_is_read_twice_has_one_gradient) {
    c->input_grad[1] = c->dx[0];
    c->add[1] = true;
    op_call call = carry_in(&c->node, PHASE_BACKWARD, &c->home, &c->worker);
    ck_assert_ptr_eq(call.input_grad[1], call.input_grad[0]);
    compute(call.input_grad[0]);
    carry_back(&c->node, PHASE_BACKWARD, &call, &c->home);
    expect_back(c->dx[0]);
}
END_TEST

START_TEST(operators_that_know_the_form_need_no_room) {
    c->node.shapes.single_forward_items = 1;
    ck_assert_uint_eq(carried_size(&c->node), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec_carry");
    TCase *tests = tcase_create("exec_carry");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, forward_takes_inputs_and_brings_the_output);
    tcase_add_test(tests, gather_takes_inputs_and_brings_nothing);
    tcase_add_test(tests, backward_takes_what_is_saved);
    tcase_add_test(tests, backward_leaves_what_is_not_saved);
    tcase_add_test(tests, gradients_come_back_where_they_are_wanted);
    tcase_add_test(tests, gradients_are_added_to_what_is_there);
    tcase_add_test(tests, a_gradient_takes_the_place_of_another);
    tcase_add_test(tests, a_value_that_is_read_twice_has_one_gradient);
    tcase_add_test(tests, operators_that_know_the_form_need_no_room);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
