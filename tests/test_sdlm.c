/* test_sdlm.c - the optimiser sdlm: its formula, the second derivatives of a whole network, the
 * same bits however they are computed, and the networks it refuses. What each operator does with
 * second derivatives is in test_curvature.c. */
#include "config.h"

#include "curvature.h"
#include "datasets.h"
#include "model.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lcnn_errors *errors;
static arena *memory;

static void set_up(void) {
    exec_worth_sharing = 1 << 16; /* so that small networks have both kinds of operators */
    errors = lcnn_errors_new();
    memory = arena_new();
}

static void tear_down(void) {
    arena_free(memory);
    lcnn_errors_free(errors);
}

static const char *in_source(const char *file) {
    const char *srcdir = getenv("srcdir");
    return arena_format(memory, "%s/%s", srcdir ? srcdir : ".", file);
}

/* ---- The formula ------------------------------------------------------------------------------ */

enum { ROWS = 3, COLUMNS = 32, N = ROWS * COLUMNS };

static const optimizer *find_sdlm(const backend *b, const char *yaml, const void **attrs) {
    attr_component chosen;
    doc *value = document_parse(memory, "test", yaml, strlen(yaml), errors);
    bool good = value && component_parse(&b->optimizers, value, "test", &chosen, memory, errors);
    ck_assert_msg(good, "%s", lcnn_errors_text(errors, 0));
    *attrs = chosen.attrs;
    return (const optimizer *)chosen.type;
}

START_TEST(each_weight_has_its_own_rate) {
    _Alignas(64) real w[N], again[N], g[N], h[N], part[N], x[ROWS], dy[COLUMNS];
    real *const state[] = {part, NULL};
    const optim_step now = {.learning_rate = 0.5, .step = 1};
    for (const backend *const *b = backend_list(); *b; b++) {
        const void *attrs;
        const optimizer *o = find_sdlm(*b, "{op: sdlm, mu: 0.25}", &attrs);
        for (int i = 0; i < N; i++) {
            x[i / COLUMNS] = (real)sin(i / COLUMNS + 1);
            dy[i % COLUMNS] = (real)cos(i % COLUMNS);
            g[i] = x[i / COLUMNS] * dy[i % COLUMNS];
            h[i] = (real)(i % 7) / 2;
            w[i] = again[i] = (real)sin(i);
        }
        o->adapt(attrs, h, state, N);
        o->update(attrs, &now, w, g, state, N);
        o->update_product(attrs, &now, again, x, ROWS, dy, state, COLUMNS);
        for (int i = 0; i < N; i++) {
            double expected = sin(i) - 0.5 / (0.25 + (double)h[i]) * (double)g[i];
            ck_assert_double_eq_tol((double)w[i], expected, 1e-6);
            ck_assert_mem_eq(&again[i], &w[i], sizeof(real));
        }
    }
}
END_TEST

/* ---- A whole network -------------------------------------------------------------------------- */

enum { IMAGES = 37, CLASSES = 10 };

/* A network with one trained layer, and the second derivatives of its loss on some images. */
typedef struct curved {
    const backend *backend;
    dataset *data;
    feed feed;
    network *network;
    exec *curving;
    uint32_t sample[IMAGES];
    exec_batch batch;
} curved;

static void curved_new(curved *c, const char *const *settings, int count) {
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, datasets_info};
    model *m = model_load(in_source("models/softmax-regression.yaml"), "glyphs:100", settings,
                          count, &parts, memory, errors);
    c->backend = b;
    c->data = datasets_open("glyphs:100", errors);
    ck_assert_msg(m && c->data, "%s", lcnn_errors_text(errors, 0));
    c->feed = (feed){&c->data->train, c->data->info.image, m->data.transform_count,
                     m->data.transform, m->data.transform_shape};
    c->network = network_new(m->graph, memory, errors);
    ck_assert(c->network && network_initialize(c->network, 1, errors));
    for (uint32_t i = 0; i < IMAGES; i++)
        c->sample[i] = i * 2;
    c->batch = (exec_batch){.sample = c->sample, .count = IMAGES, .seed = 1};
    c->curving = exec_new_curvature(b, c->network, &c->feed, IMAGES, 1, errors);
    ck_assert_ptr_nonnull(c->curving);
    exec_run(c->curving, &c->batch, NULL, &(exec_answers){0});
}

static void curved_free(curved *c) {
    exec_free(c->curving);
    network_free(c->network);
    datasets_close(c->data);
}

/* Pixel i of image s, as the network sees it. */
static double pixel(const curved *c, size_t s, size_t i) {
    size_t pixels = shape_size(&c->feed.image);
    return c->data->train.images[c->sample[s] * pixels + i] / 255.0;
}

/* The second derivative of the weight from pixel i to unit k of `units`. */
static double second(const curved *c, size_t i, size_t k, int units) {
    size_t first = c->network->tensor[0].offset;
    return (double)exec_gradient(c->curving)[first + i * param_columns(units) + k];
}

/* Of a layer with softmax and cross-entropy the second derivative of weight (k, i) is the mean over
 * the images of p_k (1 - p_k) x_i^2. */
START_TEST(those_of_softmax_regression_are_known) {
    curved c;
    curved_new(&c, NULL, 0);
    exec *answering = exec_new(c.backend, c.network, &c.feed, false, IMAGES, 1, NULL, errors);
    float p[IMAGES * CLASSES];
    exec_run(answering, &c.batch, NULL, &(exec_answers){.probabilities = p});
    for (size_t i = 0; i < shape_size(&c.feed.image); i += 5)
        for (size_t k = 0; k < CLASSES; k++) {
            double sum = 0;
            for (size_t s = 0; s < IMAGES; s++) {
                double of_class = (double)p[s * CLASSES + k], x = pixel(&c, s, i);
                sum += of_class * (1 - of_class) * x * x;
            }
            ck_assert_double_eq_tol(second(&c, i, k, CLASSES), sum / IMAGES, 1e-6);
        }
    exec_free(answering);
    curved_free(&c);
}
END_TEST

/* The loss rbf_mse has none of its own; what there is comes from the distances, which bend: the
 * mean of 2 distance_scale x_i^2 for every weight from pixel i. */
START_TEST(those_of_a_squared_distance_are_known) {
    static const char *const distance[] = {"nodes=[{op: flatten}, {op: dense, units: 84}, {name: "
                                           "output, op: rbf, distance_scale: 0.05}]",
                                           "loss={op: rbf_mse}"};
    curved c;
    curved_new(&c, distance, 2);
    for (size_t i = 0; i < shape_size(&c.feed.image); i += 5) {
        double sum = 0;
        for (size_t s = 0; s < IMAGES; s++)
            sum += 2 * 0.05 * pixel(&c, s, i) * pixel(&c, s, i);
        for (size_t k = 0; k < 84; k++)
            ck_assert_double_eq_tol(second(&c, i, k, 84), sum / IMAGES, 1e-6);
    }
    curved_free(&c);
}
END_TEST

/* ---- Bits ------------------------------------------------------------------------------------- */

static const char *const settings[] = {"train.optimizer={op: sdlm, samples: 40}",
                                       "train.learning_rate=0.001", "train.epochs=2"};

/* SHA-256 of the weights after two epochs, the second with other second derivatives. */
static const char *train(const char *file, const char *batch_size, int threads, const char *isa) {
    const char *all[] = {settings[0], settings[1], settings[2], batch_size};
    const char *data_name = "glyphs:60";
    lcnn_model *m =
        lcnn_model_load(in_source(file), &(lcnn_model_options){data_name, all, 4}, errors);
    lcnn_data *data = lcnn_data_open(data_name, errors);
    lcnn_session *session = NULL;
    if (m && data)
        session = lcnn_session_new(m, data, &(lcnn_session_options){.threads = threads, .isa = isa},
                                   errors);
    ck_assert_msg(session != NULL, "%s", lcnn_errors_text(errors, 0));
    ck_assert(lcnn_session_train(session, NULL, errors));
    const char *digest = arena_format(memory, "%s", lcnn_session_sha256(session));
    lcnn_session_free(session);
    lcnn_data_free(data);
    lcnn_model_free(m);
    return digest;
}

static const struct {
    const char *model, *batch_size;
} recipes[] = {{"models/lenet5.yaml", "train.batch_size=1"},
               {"models/lenet5.yaml", "train.batch_size=25"},
               {"models/lenet5-relu.yaml", "train.batch_size=2"}};
enum { RECIPES = sizeof recipes / sizeof *recipes };

START_TEST(threads_and_instruction_sets_change_no_bit) {
    const char *file = recipes[_i].model, *batch_size = recipes[_i].batch_size;
    const char *expected = train(file, batch_size, 1, NULL);
    for (const backend *const *b = backend_list(); *b; b++)
        for (int threads = 1; threads <= 4; threads++)
            ck_assert_msg(strcmp(train(file, batch_size, threads, (*b)->name), expected) == 0,
                          "%s, %s: other weights with %d threads on %s", file, batch_size, threads,
                          (*b)->name);
}
END_TEST

/* ---- What is refused -------------------------------------------------------------------------- */

START_TEST(an_operator_without_a_rule_is_named) {
    const char *setting = "train.optimizer=sdlm";
    lcnn_model *m = lcnn_model_load(in_source("models/resnet-mini.yaml"),
                                    &(lcnn_model_options){"glyphs:60", &setting, 1}, errors);
    ck_assert_ptr_null(m);
    const char *text = lcnn_errors_text(errors, 0);
    ck_assert_msg(strstr(text, "--set train.optimizer=sdlm:1:17: error") &&
                      strstr(text, "sdlm needs second derivatives") &&
                      strstr(text, "batch_norm '") && strstr(text, "has no curvature rule"),
                  "%s", text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sdlm");
    TCase *tests = tcase_create("sdlm");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_weight_has_its_own_rate);
    tcase_add_test(tests, those_of_softmax_regression_are_known);
    tcase_add_test(tests, those_of_a_squared_distance_are_known);
    tcase_add_loop_test(tests, threads_and_instruction_sets_change_no_bit, 0, RECIPES);
    tcase_add_test(tests, an_operator_without_a_rule_is_named);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
