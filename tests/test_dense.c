/* test_dense.c - the products of fully connected layers against plain loops, bit for bit: both
 * forms of a tile, sizes that fill blocks and sizes that do not, every backend. */
#include "config.h"

#include "backend.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Around the sizes of blocks, vectors and cache lines; more inputs than forward takes at a time,
 * and so many units that rows are further apart than they are long. */
static const struct {
    int inputs, units;
} sizes[] = {
    {1, 1},   {2, 3},   {5, 4},   {6, 7},    {7, 8},    {8, 9},   {9, 11},  {11, 12},
    {12, 13}, {13, 17}, {16, 16}, {17, 23},  {29, 25},  {31, 64}, {49, 35}, {84, 10},
    {95, 19}, {97, 6},  {57, 89}, {193, 33}, {10, 241}, {7, 256}, {200, 2}, {48, 100},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

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

static trial *new_trial(const component_set *ops, int inputs, int units) {
    op_sample *sample = arena_alloc(memory, sizeof *sample);
    sample->yaml = arena_format(memory, "{op: dense, units: %d}", units);
    sample->inputs = arena_format(memory, "%d", inputs);
    trial *t = trial_new(ops, sample, memory, errors);
    ck_assert_msg(t != NULL, "%s", lcnn_errors_text(errors, 0));
    return t;
}

/* ---- Plain loops ----------------------------------------------------------------------------- */

/* What gradients are added to. */
static const real before = (real)0.37;

static real weight(const trial *t, int i, int o) {
    return t->param[0][trial_param_place(t, 0,
                                         (size_t)o * (size_t)t->input_shape[0].dim[0] + (size_t)i)];
}

/* Number `unit` of a sample. */
static real number(const trial *t, const real *values, const shape *s, int unit, int lane) {
    return t->form == FORM_SINGLE ? values[trial_place_single(s, (size_t)unit)]
                                  : values[trial_place(s, (size_t)unit) + (size_t)lane];
}

static real output(const trial *t, int o, int lane) {
    real sum = t->param[1][o];
    for (int i = 0; i < t->input_shape[0].dim[0]; i++)
        sum =
            fmaf(weight(t, i, o), number(t, t->tile[0].input[0], &t->input_shape[0], i, lane), sum);
    return sum;
}

static real output_grad(const trial *t, int o, int lane) {
    return number(t, t->tile[0].output_grad, &t->shapes.output, o, lane);
}

static real input_grad(const trial *t, int i, int lane) {
    real sum = t->add ? before : 0;
    for (int o = 0; o < t->shapes.output.dim[0]; o++)
        sum = fmaf(weight(t, i, o), output_grad(t, o, lane), sum);
    return sum;
}

static real weight_grad(const trial *t, int i, int o) {
    real sum = t->add ? before : 0;
    for (int lane = 0; lane < t->tile[0].count; lane++)
        sum = fmaf(number(t, t->tile[0].input[0], &t->input_shape[0], i, lane),
                   output_grad(t, o, lane), sum);
    return sum;
}

static real bias_grad(const trial *t, int o) {
    real sum = t->add ? before : 0;
    for (int lane = 0; lane < t->tile[0].count; lane++)
        sum += output_grad(t, o, lane);
    return sum;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

/* The trial's description for messages. */
static const char *described;

static void same(const char *what, int i, int j, real got, real expected) {
    if (memcmp(&got, &expected, sizeof got) != 0)
        ck_abort_msg("%s: %s %d,%d is %a, not %a", described, what, i, j, (double)got,
                     (double)expected);
}

static void compare(const trial *t) {
    int inputs = t->input_shape[0].dim[0], units = t->shapes.output.dim[0];
    const trial_tile *tile = &t->tile[0];
    int lanes = t->form == FORM_SINGLE ? 1 : LANES;
    for (int lane = 0; lane < lanes; lane++) {
        for (int o = 0; o < units; o++)
            same("output", o, lane, number(t, tile->output, &t->shapes.output, o, lane),
                 output(t, o, lane));
        for (int i = 0; i < inputs; i++)
            same("input gradient", i, lane,
                 number(t, tile->input_grad[0], &t->input_shape[0], i, lane),
                 input_grad(t, i, lane));
    }
    for (int o = 0; o < units; o++) {
        for (int i = 0; i < inputs; i++)
            same("weight gradient", i, o,
                 t->param_grad[0][trial_param_place(t, 0, (size_t)(o * inputs + i))],
                 weight_grad(t, i, o));
        same("bias gradient", o, 0, t->param_grad[1][o], bias_grad(t, o));
    }
}

/* A tile of `count` samples, or in FORM_SINGLE one. */
static void run(trial *t, tile_form form, int count, bool add, trial_split split) {
    if (form == FORM_SINGLE)
        trial_fill_sample(t, FORM_SINGLE);
    else
        trial_fill(t, count);
    t->add = add;
    t->split = split;
    if (add)
        trial_fill_gradients(t, before);
    trial_forward(t);
    trial_backward(t);
    compare(t);
}

START_TEST(products_are_plain_chains) {
    int inputs = sizes[_i].inputs, units = sizes[_i].units;
    for (const backend *const *b = backend_list(); *b != NULL; b++) {
        trial *tile = new_trial(&(*b)->ops, inputs, units);
        trial *single = new_trial(&(*b)->single->ops, inputs, units);
        for (int way = 0; way < 6; way++) {
            bool add = way % 2 != 0;
            described = arena_format(memory, "%s, %d inputs, %d units, way %d", (*b)->name, inputs,
                                     units, way);
            run(tile, FORM_LANES, LANES - 3 * way, add, (trial_split)(way % 3));
            run(single, FORM_SINGLE, 1, add, (trial_split)(way % 3));
        }
        trial_free(tile);
        trial_free(single);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("dense");
    TCase *tcase = tcase_create("dense");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, products_are_plain_chains, 0, SIZES);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
