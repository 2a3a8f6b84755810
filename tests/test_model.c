/* test_model.c - whole model files: those that come with the program, and what is wrong between
 * sections. */
#include "config.h"

#include "backend.h"
#include "datasets.h"
#include "model.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static arena *memory;
static lcnn_errors *errors;
static char file[] = "test_model.XXXXXX";

static void set_up(void) {
    int descriptor = mkstemp(file);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    unlink(file);
    lcnn_errors_free(errors);
    arena_free(memory);
}

/* ---- Loading --------------------------------------------------------------------------------- */

/* Those named after mnist have ten classes, "balanced" has 47. */
static const dataset_info *find_data(const char *name, mark at, arena *a, lcnn_errors *e) {
    dataset_info *info = arena_alloc(a, sizeof *info);
    info->name = name;
    info->image = (shape){3, {1, 28, 28}};
    info->classes = strcmp(name, "balanced") == 0 ? 47 : 10;
    if (info->classes == 47 || strstr(name, "mnist"))
        return info;
    error_add(e, LCNN_BAD_DATA, at, "no data set '%s'", name);
    return NULL;
}

static model *load(const char *path, const char *data, const char *setting) {
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, find_data};
    return model_load(path, data, &setting, setting != NULL, &parts, memory, errors);
}

static model *load_ours(const char *name, const char *data, const char *setting) {
    const char *root = getenv("srcdir");
    const char *path = arena_format(memory, "%s/models/%s.yaml", root == NULL ? "." : root, name);
    model *m = load(path, data, setting);
    ck_assert_msg(m != NULL, "%s", m == NULL ? lcnn_errors_text(errors, 0) : "");
    return m;
}

static model *load_text(const char *text, const char *data) {
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    return load(file, data, NULL);
}

/* The messages there are, and no others, begin so; those in the file without its name. */
static void assert_messages(const char *const *messages) {
    int i = 0;
    for (; messages[i] != NULL && i < lcnn_errors_count(errors); i++) {
        const char *got = lcnn_errors_text(errors, i);
        if (strncmp(got, file, strlen(file)) == 0)
            got += strlen(file) + 1;
        if (strncmp(got, messages[i], strlen(messages[i])) != 0)
            ck_abort_msg("expected: %s\nbut got:  %s", messages[i], got);
    }
    ck_assert_msg(messages[i] == NULL, "missing: %s", messages[i] == NULL ? "" : messages[i]);
    ck_assert_msg(lcnn_errors_count(errors) == i, "too much: %s",
                  lcnn_errors_count(errors) == i ? "" : lcnn_errors_text(errors, i));
}

#define ASSERT_MESSAGES(...) assert_messages((const char *const[]){__VA_ARGS__, NULL})

/* ---- The models of the folder ---------------------------------------------------------------- */

static const struct {
    const char *name;
    int parameters; /* with ten classes, counted by hand */
} ours[] = {
    {"lenet5", 61706},
    {"lenet5-distorted", 61706},
    {"lenet5-nearest", 61706},
    {"lenet5-k3", 81194},
    {"lenet5-k7", 33434},
    {"lenet5-k9", 27098},
    {"lenet5-relu", 61706},
    {"softmax-regression", 7850},
    {"perceptron-60", 62110},
    {"perceptron-300", 238510},
    {"perceptron-1000", 795010},
    {"perceptron-500-150", 469160},
    {"lenet1", 3246},
    {"lenet4", 15050},
    {"lenet5-batchnorm", 61932},
    {"lenet5-best", 61932},
    {"lenet5-best-fashion", 61932},
    {"lenet5-best-emnist", 61932},
    {"all-conv", 26074},
    {"resnet-mini", 19706},
    {"perceptron-300-100", 266610},
};
enum { OURS = sizeof ours / sizeof *ours };

START_TEST(our_models_have_the_sizes_they_should) {
    const model *m = load_ours(ours[_i].name, "mnist", NULL);
    ck_assert_str_eq(m->name, ours[_i].name);
    ck_assert_int_eq(m->graph->parameters, ours[_i].parameters);
    ck_assert_int_eq(m->graph->node[m->graph->output].shapes.output.dim[0], 10);
    m = load_ours(ours[_i].name, "balanced", NULL);
    ck_assert_str_eq(m->data.name, "balanced");
    ck_assert_int_eq(m->graph->node[m->graph->output].shapes.output.dim[0], 47);
}
END_TEST

START_TEST(a_resolved_model_loads_as_itself) {
    const model *m = load_ours(ours[_i].name, NULL, NULL);
    ck_assert_ptr_null(strchr(m->yaml, '$'));
    ck_assert_ptr_null(strstr(m->yaml, "extends"));
    ck_assert_ptr_null(strstr(m->yaml, "models/"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "epochs: "));
    const model *again = load_text(m->yaml, NULL);
    ck_assert_msg(again != NULL, "%s", again == NULL ? lcnn_errors_text(errors, 0) : "");
    ck_assert_str_eq(again->yaml, m->yaml);
    ck_assert_str_eq(again->sha256, m->sha256);
    ck_assert_uint_eq(strlen(m->sha256), 64);
    ck_assert_int_eq(again->graph->parameters, m->graph->parameters);
}
END_TEST

START_TEST(lenet5_is_the_study_s) {
    static const char *const layers[] = {"c1 conv2d 6x28x28",
                                         "scaled_tanh_1 scaled_tanh 6x28x28",
                                         "s2 avg_pool2d 6x14x14",
                                         "c3 conv2d 16x10x10",
                                         "scaled_tanh_2 scaled_tanh 16x10x10",
                                         "s4 avg_pool2d 16x5x5",
                                         "flatten_1 flatten 400",
                                         "c5 dense 120",
                                         "scaled_tanh_3 scaled_tanh 120",
                                         "f6 dense 84",
                                         "scaled_tanh_4 scaled_tanh 84",
                                         "output dense 10",
                                         "loss softmax_cross_entropy 1"};
    const model *m = load_ours("lenet5", NULL, NULL);
    const graph *g = m->graph;
    ck_assert_int_eq(g->count, sizeof layers / sizeof *layers);
    for (int i = 0; i < g->count; i++) {
        char text[SHAPE_TEXT];
        const node *n = &g->node[i];
        ck_assert_str_eq(arena_format(memory, "%s %s %s", n->name, n->op->component.name,
                                      shape_text(&n->shapes.output, text)),
                         layers[i]);
    }
    ck_assert_int_eq(m->train.epochs, 20);
    ck_assert_int_eq(m->train.batch_size, 32);
    ck_assert_int_eq(m->train.seed, 1);
    ck_assert_int_eq(m->data.transform_count, 2);
    ck_assert_int_eq(m->data.transform_shape[1].dim[1], 32);
    ck_assert_ptr_nonnull(strstr(m->yaml, "epsilon: 1e-07"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "kernel_initializer: glorot_uniform"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "bias_initializer: zeros"));
}
END_TEST

START_TEST(a_setting_is_as_good_as_a_variant) {
    const model *set = load_ours("lenet5", NULL, "kernel=9");
    ck_assert_int_eq(set->graph->parameters, 27098);
    ck_assert_int_eq(load_ours("lenet5", NULL, "train.epochs=3")->train.epochs, 3);
}
END_TEST

/* ---- Faults ---------------------------------------------------------------------------------- */

#define NETWORK                                                                                    \
    "nodes: [{op: flatten}, {op: dense, units: $classes}]\n"                                       \
    "loss: {op: softmax_cross_entropy}\n"

START_TEST(what_is_left_out_has_a_default_that_is_written_down) {
    const model *m =
        load_text("name: m\ninput: [1, 28, 28]\n" NETWORK "data: {name: mnist}\n", NULL);
    ck_assert_ptr_nonnull(m);
    ck_assert_str_eq(m->about, "");
    ck_assert_int_eq(m->train.epochs, 20);
    ck_assert_ptr_nonnull(strstr(m->yaml, "batch_size: 32"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "validation: 0"));
}
END_TEST

START_TEST(faults_in_every_section_come_at_once) {
    ck_assert_ptr_null(
        load_text("name: a/b\n"
                  "trian: {}\n"
                  "input: [1, 28, 28]\n"
                  "nodes: [{op: flaten}, {op: dense, units: 0}]\n"
                  "loss: {op: softmax_cross_entropy}\n"
                  "data: {name: mnist, validation: 0.95, transforms: [{op: resclae}]}\n"
                  "train: {optimizer: adma, learning_rate: -1, seeds: 3}\n",
                  NULL));
    ASSERT_MESSAGES(
        "2:1: error: model: unknown attribute 'trian'; did you mean 'train'?",
        "6:33: error: data: 'validation' is '0.95'; expected",
        "6:57: error: data: transforms: unknown transform 'resclae'; did you mean 'rescale'?",
        "7:45: error: train: unknown attribute 'seeds'; did you mean 'seed'?",
        "7:20: error: train: optimizer: unknown optimizer 'adma'; did you mean 'adam'?",
        "7:41: error: train: learning_rate: constant: 'value' is '-1'; expected",
        "4:14: error: unknown operator 'flaten'; did you mean 'flatten'?",
        "4:42: error: dense 'dense_1': 'units' is '0'; expected");
}
END_TEST

START_TEST(names_of_models_can_be_names_of_folders) {
    static const char *const bad[] = {"../m", ".m", "a b"};
    const char *text = arena_format(
        memory, "name: %s\ninput: [1, 28, 28]\n" NETWORK "data: {name: mnist}\n", bad[_i]);
    ck_assert_ptr_null(load_text(text, NULL));
    ASSERT_MESSAGES("1:7: error: name: expected at most 64 letters");
}
END_TEST

START_TEST(images_that_do_not_fit_get_advice) {
    ck_assert_ptr_null(
        load_text("name: m\ninput: [1, 32, 32]\n" NETWORK "data: {name: mnist}\n", NULL));
    ASSERT_MESSAGES("2:8: error: input: the images of 'mnist' arrive as 1x28x28, not as 1x32x32; "
                    "the transform {op: pad, by: 2} makes 1x28x28 into 1x32x32\n");
}
END_TEST

START_TEST(images_that_no_padding_fits_get_other_advice) {
    static const char *const inputs[] = {"3, 32, 32", "1, 31, 31", "1, 32, 30", "1, 26, 26"};
    const char *text =
        arena_format(memory, "name: m\ninput: [%s]\n" NETWORK "data: {name: mnist}\n", inputs[_i]);
    ck_assert_ptr_null(load_text(text, NULL));
    ASSERT_MESSAGES("2:8: error: input: the images of 'mnist' arrive as 1x28x28, not as ");
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "change `input` to [1, 28, 28], or `data.tr"));
}
END_TEST

START_TEST(softmax_twice_is_refused) {
    ck_assert_ptr_null(
        load_text("name: m\ninput: [1, 28, 28]\n"
                  "nodes: [{op: flatten}, {op: dense, units: $classes}, {op: softmax}]\n"
                  "loss: {op: softmax_cross_entropy}\n"
                  "data: {name: mnist}\n",
                  NULL));
    ASSERT_MESSAGES("4:7: error: softmax_cross_entropy 'loss': must not read softmax 'softmax_1': "
                    "it applies softmax itself");
}
END_TEST

START_TEST(a_data_set_that_nobody_knows) {
    ck_assert_ptr_null(
        load_text("name: m\ninput: [1, 28, 28]\n" NETWORK "data: {name: mnits}\n", NULL));
    ASSERT_MESSAGES("5:14: error: no data set 'mnits'");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
}
END_TEST

START_TEST(a_data_set_of_the_caller_s) {
    ck_assert_ptr_null(load_text("name: m\ninput: [1, 28, 28]\n" NETWORK, "mnits"));
    ASSERT_MESSAGES("--data mnits: error: no data set 'mnits'");
}
END_TEST

START_TEST(no_data_set_at_all) {
    ck_assert_ptr_null(load_text("name: m\ninput: [1, 28, 28]\n" NETWORK, NULL));
    ASSERT_MESSAGES("1:1: error: data: 'name' is missing");
}
END_TEST

START_TEST(a_param_can_name_the_data_set) {
    const model *m = load_text("name: m\nparams: {set: balanced}\ninput: [1, 28, 28]\n" NETWORK
                               "data: {name: $set}\n",
                               NULL);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->graph->classes, 47);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model");
    TCase *models = tcase_create("our models");
    tcase_add_checked_fixture(models, set_up, tear_down);
    tcase_add_loop_test(models, our_models_have_the_sizes_they_should, 0, OURS);
    tcase_add_loop_test(models, a_resolved_model_loads_as_itself, 0, OURS);
    tcase_add_test(models, lenet5_is_the_study_s);
    tcase_add_test(models, a_setting_is_as_good_as_a_variant);
    suite_add_tcase(suite, models);
    TCase *faults = tcase_create("faults");
    tcase_add_checked_fixture(faults, set_up, tear_down);
    tcase_add_test(faults, what_is_left_out_has_a_default_that_is_written_down);
    tcase_add_test(faults, faults_in_every_section_come_at_once);
    tcase_add_loop_test(faults, names_of_models_can_be_names_of_folders, 0, 3);
    tcase_add_test(faults, images_that_do_not_fit_get_advice);
    tcase_add_loop_test(faults, images_that_no_padding_fits_get_other_advice, 0, 4);
    tcase_add_test(faults, softmax_twice_is_refused);
    tcase_add_test(faults, a_data_set_that_nobody_knows);
    tcase_add_test(faults, a_data_set_of_the_caller_s);
    tcase_add_test(faults, no_data_set_at_all);
    tcase_add_test(faults, a_param_can_name_the_data_set);
    suite_add_tcase(suite, faults);
    return suite_run(suite);
}
