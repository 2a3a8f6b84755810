/* test_lenet1998.c - the operators of LeNet-5 as published, against numbers from the paper and from
 * an independent computation (numpy, in double), and what holds of connections that are not there.
 * That gradients fit outputs and both forms agree is tested for all operators alike in test_ops.c.
 */
#include "config.h"

#include "datasets.h"
#include "exec.h"
#include "file.h"
#include "model.h"
#include "op_harness.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- Operators alone ------------------------------------------------------------------------- */

static trial *start(const char *yaml, const char *inputs, tile_form form) {
    const op_sample *sample = memcpy(arena_alloc(memory, sizeof *sample),
                                     &(op_sample){.yaml = yaml, .inputs = inputs}, sizeof *sample);
    trial *t = trial_new(&backend_choose("generic")->ops, sample, memory, errors);
    if (t == NULL)
        ck_abort_msg("%s: %s", yaml, lcnn_errors_text(errors, 0));
    trial_fill_sample(t, form);
    return t;
}

static size_t place_of(const trial *t, const shape *s, size_t i) {
    return t->form == FORM_SINGLE ? trial_place_single(s, i) : trial_place(s, i);
}

/* Numbers that any program can make: ((i a) mod m) / m - 1/2, times a factor. */
static double made(size_t i, size_t a, size_t m, double factor) {
    return factor * ((double)(i * a % m) / (double)m - 0.5);
}

static void put_input(trial *t, size_t a, size_t m, double factor) {
    const shape *s = &t->input_shape[0];
    for (size_t i = 0; i < shape_size(s); i++)
        t->tile[0].input[0][place_of(t, s, i)] = (real)made(i, a, m, factor);
}

static double output_at(const trial *t, size_t i) {
    return (double)t->tile[0].output[place_of(t, &t->shapes.output, i)];
}

#define EXPECT(found, wanted) ck_assert_double_eq_tol(found, wanted, 2e-6 * (1 + fabs(wanted)))

static const char *const three_filters =
    "{op: conv2d, filters: 3, kernel_size: 2, connections: [[0, 2], [1], [0, 2, 3]]}";

START_TEST(filters_read_the_channels_of_their_list) {
    trial *t = start(three_filters, "4x5x6", (tile_form)_i);
    put_input(t, 37, 101, 1);
    for (size_t i = 0; i < 3 * 4 * 4; i++)
        if (!trial_is_absent(t, 0, i))
            t->param[0][i] = (real)made(i, 29, 53, 1);
    t->param[1][0] = (real)0.1;
    t->param[1][1] = (real)-0.2;
    t->param[1][2] = (real)0.3;
    trial_forward(t);
    EXPECT(output_at(t, 0), 0.3389314403138427);
    EXPECT(output_at(t, 3 * 5 + 4), 0.4066504763683916);
    EXPECT(output_at(t, 20 + 2 * 5 + 3), -0.3328227162338876);
    EXPECT(output_at(t, 40 + 1 * 5 + 2), 0.2681487016626191);
    trial_free(t);
}
END_TEST

START_TEST(absent_weights_have_no_gradient) {
    trial *t = start(three_filters, "4x5x6", (tile_form)_i);
    put_input(t, 37, 101, 1);
    const shape *s = &t->shapes.output;
    for (size_t i = 0; i < shape_size(s); i++)
        t->tile[0].output_grad[place_of(t, s, i)] = (real)made(i, 11, 31, 1);
    trial_forward(t);
    trial_backward(t);
    double squares = 0;
    for (size_t i = 0; i < 3 * 4 * 4; i++) {
        const double g = (double)t->param_grad[0][i];
        squares += g * g;
        ck_assert((g == 0) == trial_is_absent(t, 0, i));
    }
    EXPECT(squares, 1.2074333982681709);
    EXPECT((double)t->param_grad[0][47], -0.13973171510699453);
    trial_free(t);
}
END_TEST

START_TEST(subsampling_scales_the_sum_of_a_window) {
    trial *t = start("{op: subsample2d}", "2x2x4", (tile_form)_i);
    const shape *in = &t->input_shape[0];
    for (size_t i = 0; i < 16; i++)
        t->tile[0].input[0][place_of(t, in, i)] = (real)i;
    t->param[0][0] = (real)0.5;
    t->param[0][1] = -2;
    t->param[1][0] = 10;
    t->param[1][1] = (real)0.25;
    for (size_t i = 0; i < 4; i++)
        t->tile[0].output_grad[place_of(t, &t->shapes.output, i)] = (real)(1 + i);
    trial_forward(t);
    EXPECT(output_at(t, 0), 0.5 * (0 + 1 + 4 + 5) + 10);
    EXPECT(output_at(t, 1), 0.5 * (2 + 3 + 6 + 7) + 10);
    EXPECT(output_at(t, 3), -2.0 * (10 + 11 + 14 + 15) + 0.25);
    trial_backward(t);
    EXPECT((double)t->tile[0].input_grad[0][place_of(t, in, 5)], 0.5 * 1);
    EXPECT((double)t->tile[0].input_grad[0][place_of(t, in, 8)], -2.0 * 3);
    EXPECT((double)t->param_grad[0][0], 1.0 * 10 + 2 * 18);
    EXPECT((double)t->param_grad[1][1], 3.0 + 4);
    trial_free(t);
}
END_TEST

/* Pixels in which the digits' codes differ, and numbers of their ink, counted in the figure. */
START_TEST(codes_are_those_of_figure_3) {
    static const int differ_from_8[] = {26, 50, 34, 21, 20, 28, 12, 40, 0, 18};
    static const int ink[] = {35, 27, 33, 32, 41, 35, 39, 25, 43, 39};
    trial *t = start("{op: rbf}", "84", (tile_form)_i);
    const shape *in = &t->input_shape[0];
    trial_fill_gradients(t, 0);
    real *x = t->tile[0].input[0];
    for (size_t j = 0; j < 84; j++)
        x[place_of(t, in, j)] = 0;
    for (size_t i = 0; i < 10; i++)
        t->tile[0].output_grad[place_of(t, &t->shapes.output, i)] = i == 8;
    trial_forward(t);
    trial_backward(t);
    for (size_t i = 0; i < 10; i++)
        ck_assert(output_at(t, i) == 84);
    for (size_t j = 0; j < 84; j++) { /* at 0 the gradient is -2 w */
        const real w = -t->tile[0].input_grad[0][place_of(t, in, j)] / 2;
        ck_assert(w == 1 || w == -1);
        x[place_of(t, in, j)] = w;
    }
    trial_forward(t);
    for (size_t i = 0; i < 10; i++)
        ck_assert(output_at(t, i) == 4 * differ_from_8[i]);
    for (size_t j = 0; j < 84; j++)
        x[place_of(t, in, j)] = 1;
    trial_forward(t);
    for (size_t i = 0; i < 10; i++)
        ck_assert(output_at(t, i) == 4 * (84 - ink[i]));
    trial_free(t);
}
END_TEST

START_TEST(distances_are_those_to_any_character) {
    static const double distance[] = {7.179046171943928, 7.294887756102344, 6.94142240956769,
                                      6.552313498676601, 7.101818449171652, 7.820630330359768,
                                      6.335481815508284, 7.119640231349869, 6.112709538280562,
                                      7.476075874914226};
    trial *t = start("{op: rbf, codes: 'aB3~ {}!?.', distance_scale: 0.05}", "84", (tile_form)_i);
    put_input(t, 37, 101, 3);
    trial_forward(t);
    for (size_t i = 0; i < 10; i++)
        EXPECT(output_at(t, i), distance[i]);
    trial_free(t);
}
END_TEST

/* ---- Losses ---------------------------------------------------------------------------------- */

static const double penalties[10] = {3, 0.5, 7, 2, 9, 4, 6, 1.5, 8, 5};

static trial *start_loss(const char *yaml, int label, double more) {
    trial *t = start(yaml, "10", FORM_LANES);
    for (size_t i = 0; i < 10; i++)
        t->tile[0].input[0][i * LANES] = (real)(penalties[i] + more);
    t->tile[0].labels[0] = label;
    t->tile[0].output_grad[0] = 1;
    trial_forward(t);
    trial_backward(t);
    return t;
}

START_TEST(losses_are_equations_8_and_9) {
    trial *t = start_loss("{op: rbf_mse}", 4, 0);
    ck_assert(t->tile[0].output[0] == 9);
    trial_free(t);
    t = start_loss("{op: rbf_map, j: 1}", 4, 0);
    EXPECT((double)t->tile[0].output[0], 9.344699517467891);
    trial_free(t);
    t = start_loss("{op: rbf_map, j: 0.25}", 1, 0);
    EXPECT((double)t->tile[0].output[0], 1.1002020776046235);
    trial_free(t);
    t = start_loss("{op: rbf_map, j: 1}", 1, 0);
    EXPECT((double)t->tile[0].output[0], 0.8446995174678917);
    EXPECT((double)t->tile[0].input_grad[0][LANES], 0.5703135479123238);
    trial_free(t);
}
END_TEST

/* e^-y of both is nothing in float. The class of rubbish then is all that counts. */
START_TEST(distant_outputs_overflow_nothing) {
    trial *t = start_loss("{op: rbf_map, j: 1}", 1, 1e6);
    EXPECT((double)t->tile[0].output[0], 1e6 + 0.5 - 1);
    ck_assert(t->tile[0].input_grad[0][LANES] == 1);
    trial_free(t);
    t = start_loss("{op: rbf_map, j: 1000}", 1, 500);
    EXPECT((double)t->tile[0].output[0], 0.5427589308178834); /* as if there were no rubbish */
    trial_free(t);
}
END_TEST

START_TEST(the_nearest_class_is_the_most_probable) {
    for (int i = 0; i < 2; i++) {
        trial *t = start_loss(i == 0 ? "{op: rbf_mse}" : "{op: rbf_map}", 1, 0);
        const real *input[] = {t->tile[0].input[0]};
        const op_call call = {.attrs = t->attrs, .shapes = &t->shapes, .input = input};
        _Alignas(64) real p[10 * LANES];
        ck_assert(t->op->smallest_wins);
        t->op->probabilities(&call, p);
        EXPECT((double)p[1 * LANES], 0.5811427060754398);
        EXPECT((double)p[3 * LANES], 0.1296704650757048);
        EXPECT((double)p[7 * LANES], 0.21379045395189256);
        trial_free(t);
    }
}
END_TEST

/* ---- The network ----------------------------------------------------------------------------- */

static model *load(const char *const *settings, int count) {
    const char *srcdir = getenv("srcdir");
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, datasets_info};
    char path[512];
    snprintf(path, sizeof path, "%s/models/lenet5-1998.yaml", srcdir ? srcdir : ".");
    model *m = model_load(path, "glyphs:100", settings, count, &parts, memory, errors);
    ck_assert_msg(m != NULL, "%s", lcnn_errors_text(errors, 0));
    return m;
}

/* Sizes of the layers as the paper prints them. */
START_TEST(sizes_are_those_of_the_paper) {
    static const struct {
        const char *name;
        int64_t parameters, connections;
    } paper[] = {{"c1", 156, 122304},  {"s2", 12, 5880},     {"c3", 1516, 151600}, {"s4", 32, 2000},
                 {"c5", 48120, 48120}, {"f6", 10164, 10164}, {"output", 0, 840}};
    const graph *g = load(NULL, 0)->graph;
    int64_t connections = 0;
    size_t found = 0;
    for (int i = 0; i < g->count; i++) {
        const node *n = &g->node[i];
        const int64_t own = n->shapes.connections ? n->shapes.connections : n->shapes.macs;
        int64_t parameters = 0;
        for (int k = 0; k < OP_MAX_PARAMS; k++)
            if (n->shapes.param[k].shape.rank > 0)
                parameters +=
                    (int64_t)shape_size(&n->shapes.param[k].shape) - n->shapes.param[k].absent;
        if (found < sizeof paper / sizeof *paper && strcmp(n->name, paper[found].name) == 0) {
            ck_assert_int_eq(parameters, paper[found].parameters);
            ck_assert_int_eq(own, paper[found++].connections);
        }
        connections += own;
    }
    ck_assert_uint_eq(found, sizeof paper / sizeof *paper);
    ck_assert_int_eq(g->parameters, 60000);
    ck_assert_int_eq(connections, 340908);
}
END_TEST

/* The largest weight of c3 among those that are there, in filter o. */
static double largest(const network *n, const network_tensor *t, int filter) {
    const node *owner = &n->graph->node[t->node];
    double most = 0;
    for (size_t i = 0; i < 150; i++) {
        const size_t at = 150 * (size_t)filter + i;
        const double w = fabs((double)n->values[t->offset + at]);
        if (owner->op->fan(owner->attrs, &owner->shapes, t->param, at).in == 0)
            ck_assert(w == 0);
        most = fmax(most, w);
    }
    return most;
}

static network_tensor *find(const network *n, const char *name) {
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->tensor[i].name, name) == 0)
            return &n->tensor[i];
    ck_abort_msg("no %s", name);
    return NULL;
}

START_TEST(weights_begin_within_their_units_fan_in) {
    network *n = network_new(load(NULL, 0)->graph, memory, errors);
    ck_assert(n && network_initialize(n, 1, errors));
    const network_tensor *c3 = find(n, "c3.weight");
    for (int filter = 0; filter < 16; filter++) {
        const double limit = 2.4 / (filter < 6 ? 75 : filter < 15 ? 100 : 150);
        const double most = largest(n, c3, filter);
        ck_assert_msg(most <= limit && most > 0.9 * limit, "filter %d: %g of %g", filter, most,
                      limit);
    }
    for (int k = 0; k < 6; k++) {
        const double w = (double)n->values[find(n, "s2.weight")->offset + (size_t)k];
        ck_assert(w != 0 && fabs(w) <= 2.4 / 4);
    }
    network_free(n);
}
END_TEST

static const char *const methods[] = {
    "train.optimizer=adam", "train.optimizer={op: adamw, weight_decay: 0.1}",
    "train.optimizer={op: sgd, momentum: 0.9, weight_decay: 0.01}", "train.optimizer=sdlm"};
enum { METHODS = sizeof methods / sizeof *methods };

/* Steps of one image, and of a tile of them. */
START_TEST(absent_weights_stay_zero) {
    model *m = load(&methods[_i], 1);
    dataset *data = datasets_open("glyphs:100", errors);
    const feed f = {&data->train, data->info.image, m->data.transform_count, m->data.transform,
                    m->data.transform_shape};
    for (int size = 1; size <= 16; size += 15) {
        network *n = network_new(m->graph, memory, errors);
        ck_assert(n && network_initialize(n, 1, errors));
        const network_tensor *c3 = find(n, "c3.weight");
        const real before = n->values[c3->offset];
        exec *x = exec_new(backend_choose(NULL), n, &f, true, size, 1, &m->train.optimizer, errors);
        ck_assert_ptr_nonnull(x);
        const uint32_t sample[16] = {3, 1, 4, 15, 9, 2, 6, 5, 35, 8, 97, 93, 23, 84, 62, 64};
        const exec_update update = {&m->train.optimizer, 0.001};
        for (int k = 0; k < 3; k++)
            exec_run(x, &(exec_batch){.sample = sample + k % 2, .count = size == 1 ? 1 : 15},
                     &update, &(exec_answers){0});
        for (int filter = 0; filter < 16; filter++)
            largest(n, c3, filter);
        ck_assert(_i == METHODS - 1 || n->values[c3->offset] != before);
        exec_free(x);
        network_free(n);
    }
    datasets_close(data);
}
END_TEST

static void write_tensors(const char *path, const checkpoint_tensor *list, int count) {
    size_t size = 0;
    char *bytes = checkpoint_bytes(list, count, NULL, &size, errors);
    ck_assert(bytes && file_write(path, bytes, size, errors));
    free(bytes);
}

/* A file with a weight where there is no connection comes from another network. */
START_TEST(a_file_of_other_connections_is_refused) {
    char path[] = "/tmp/lcnn-connections-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    network *n = network_new(load(NULL, 0)->graph, memory, errors);
    ck_assert(n && network_initialize(n, 1, errors));
    checkpoint_tensor *list = network_export(n, "", n->values, n->count, memory, errors);
    ck_assert_ptr_nonnull(list);
    write_tensors(path, list, n->count);
    ck_assert(network_load(n, path, errors));
    for (int i = 0; i < n->count; i++)
        if (strcmp(list[i].name, "c3.weight") == 0)
            list[i].data[3 * 25 + 7] = 0.5f; /* filter 0 reads the maps 0 to 2 */
    write_tensors(path, list, n->count);
    ck_assert(!network_load(n, path, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_WEIGHTS);
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "'c3.weight': number 82 is not zero"));
    remove(path);
    network_free(n);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lenet1998");
    TCase *ops = tcase_create("operators"), *whole = tcase_create("network");
    tcase_add_checked_fixture(ops, set_up, tear_down);
    tcase_add_checked_fixture(whole, set_up, tear_down);
    tcase_add_loop_test(ops, filters_read_the_channels_of_their_list, 0, FORMS);
    tcase_add_loop_test(ops, absent_weights_have_no_gradient, 0, FORMS);
    tcase_add_loop_test(ops, subsampling_scales_the_sum_of_a_window, 0, FORMS);
    tcase_add_loop_test(ops, codes_are_those_of_figure_3, 0, FORMS);
    tcase_add_loop_test(ops, distances_are_those_to_any_character, 0, FORMS);
    tcase_add_test(ops, losses_are_equations_8_and_9);
    tcase_add_test(ops, distant_outputs_overflow_nothing);
    tcase_add_test(ops, the_nearest_class_is_the_most_probable);
    tcase_add_test(whole, sizes_are_those_of_the_paper);
    tcase_add_test(whole, weights_begin_within_their_units_fan_in);
    tcase_add_loop_test(whole, absent_weights_stay_zero, 0, METHODS);
    tcase_add_test(whole, a_file_of_other_connections_is_refused);
    suite_add_tcase(suite, ops);
    suite_add_tcase(suite, whole);
    return suite_run(suite);
}
