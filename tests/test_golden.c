/* test_golden.c - one LeNet-5 step against PyTorch: logits, loss, gradients, three Adam steps.
 *
 * golden/lenet5_step.safetensors holds what golden/lenet5_step.py computed in float64. Images,
 * labels and first weights are made here by the same integer formula. The model is the file that
 * users train, run through the public interface wherever that tells enough, on a batch of one whole
 * tile and a part of one, with every instruction set this machine has. */
#include "config.h"

#include "checkpoint.h"
#include "datasets.h"
#include "exec.h"
#include "file.h"
#include "model.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGES = 20, PIXELS = 28 * 28, CLASSES = 10, WEIGHTS = 61706, PARAMS = 10 };

/* How far results may be off, as a share of the largest number of their tensor; and, in itself, a
 * weight after three steps of 0.001: Adam divides gradients by their own size, so that the rounding
 * of the smallest ones shows. A float32 run of PyTorch is off by up to 4e-6 and 1.5e-6. In float64
 * what remains is the rounding of the images and of what is stored. */
#ifdef LCNN_DOUBLE
static const double TOLERANCE = 3e-7, ADAM_TOLERANCE = 1e-7;
#else
static const double TOLERANCE = 2e-5, ADAM_TOLERANCE = 5e-6;
#endif

/* ---- What the script's formulas give --------------------------------------------------------- */

static const struct {
    const char *name;
    shape shape;
    int range; /* of the first values, in 64ths */
} params[PARAMS] = {
    {"c1.weight", {4, {6, 1, 5, 5}}, 12}, {"c1.bias", {1, {6}}, 4},
    {"c3.weight", {4, {16, 6, 5, 5}}, 7}, {"c3.bias", {1, {16}}, 4},
    {"c5.weight", {2, {120, 400}}, 7},    {"c5.bias", {1, {120}}, 4},
    {"f6.weight", {2, {84, 120}}, 11},    {"f6.bias", {1, {84}}, 4},
    {"output.weight", {2, {10, 84}}, 16}, {"output.bias", {1, {10}}, 4},
};

/* `mixed` of the script. */
static uint32_t mixed(uint32_t stream, uint32_t index) {
    uint32_t x = index + stream * 1000003u;
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    return x ^ x >> 16;
}

static void fill_initial(int param, float *values) {
    const uint32_t count = (uint32_t)shape_size(&params[param].shape);
    for (uint32_t i = 0; i < count; i++) {
        const int fraction = (int)(mixed((uint32_t)param + 1, i) >> 16) - 32768;
        values[i] = (float)fraction / 32768 * (float)params[param].range / 64;
    }
}

static uint8_t pixel(uint32_t index) {
    const uint32_t level = mixed(0, index) >> 24;
    return (uint8_t)(level * level / 255);
}

static uint8_t label(int image) {
    return (uint8_t)((7 * image + 3) % CLASSES);
}

/* ---- Weights files --------------------------------------------------------------------------- */

/* Ten tensors called PREFIX.NAME, with their numbers in `values`. */
typedef struct weights {
    float values[WEIGHTS];
    char name[PARAMS][32];
    checkpoint_tensor tensor[PARAMS];
} weights;

static void weights_name(weights *w, const char *prefix) {
    float *values = w->values;
    for (int p = 0; p < PARAMS; p++) {
        snprintf(w->name[p], sizeof w->name[p], "%s%s", prefix, params[p].name);
        w->tensor[p] = (checkpoint_tensor){w->name[p], params[p].shape, values};
        values += shape_size(&params[p].shape);
    }
}

static lcnn_errors *errors;
static weights initial, trained, golden_grad, golden_adam;
static float golden_logits[IMAGES * CLASSES], golden_loss[1];

static void read_golden(void) {
    const char *srcdir = getenv("srcdir");
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/lenet5_step.safetensors", srcdir ? srcdir : ".");
    checkpoint_tensor all[2 + 2 * PARAMS] = {
        {"logits", {2, {IMAGES, CLASSES}}, golden_logits},
        {"loss", {1, {1}}, golden_loss},
    };
    weights_name(&golden_grad, "grad.");
    weights_name(&golden_adam, "adam.");
    memcpy(all + 2, golden_grad.tensor, sizeof golden_grad.tensor);
    memcpy(all + 2 + PARAMS, golden_adam.tensor, sizeof golden_adam.tensor);
    ck_assert_msg(checkpoint_read(path, all, 2 + 2 * PARAMS, NULL, errors), "%s",
                  lcnn_errors_text(errors, 0));
}

/* ---- A folder with the images and the first weights ------------------------------------------ */

static char folder[] = "./test_golden.XXXXXX", weights_path[64], saved_path[64];

static void put(const char *name, const void *bytes, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert(file_write(path, bytes, size, errors));
}

enum { IMAGES_HEADER = 16, LABELS_HEADER = 8 };

/* IDX: two zero bytes, the type (8: bytes), the rank, then big-endian dimensions. */
static uint8_t images[IMAGES_HEADER + IMAGES * PIXELS] = {0, 0, 8, 3,  0, 0, 0, IMAGES,
                                                          0, 0, 0, 28, 0, 0, 0, 28};
static uint8_t labels[LABELS_HEADER + IMAGES] = {0, 0, 8, 1, 0, 0, 0, IMAGES};

static void put_images(void) {
    for (uint32_t i = 0; i < IMAGES * PIXELS; i++)
        images[IMAGES_HEADER + i] = pixel(i);
    for (int i = 0; i < IMAGES; i++)
        labels[LABELS_HEADER + i] = label(i);
    put("train-images-idx3-ubyte", images, sizeof images);
    put("train-labels-idx1-ubyte", labels, sizeof labels);
    put("test-images-idx3-ubyte", images, sizeof images);
    put("test-labels-idx1-ubyte", labels, sizeof labels);
}

static void set_up(void) {
    errors = lcnn_errors_new();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(weights_path, sizeof weights_path, "%s/initial.safetensors", folder);
    snprintf(saved_path, sizeof saved_path, "%s/trained.safetensors", folder);
    put_images();
    weights_name(&initial, "");
    weights_name(&trained, "");
    for (int p = 0; p < PARAMS; p++)
        fill_initial(p, initial.tensor[p].data);
    size_t size;
    char *bytes = checkpoint_bytes(initial.tensor, PARAMS, NULL, &size, errors);
    ck_assert(bytes && file_write(weights_path, bytes, size, errors));
    free(bytes);
    read_golden();
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    lcnn_errors_free(errors);
}

/* ---- Running the model ----------------------------------------------------------------------- */

typedef struct running {
    lcnn_data *data;
    lcnn_model *model;
    lcnn_session *session;
    double first_loss; /* of the first epoch, which is the first step */
} running;

static const char *model_path(void) {
    static char path[512];
    const char *srcdir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/models/lenet5.yaml", srcdir ? srcdir : ".");
    return path;
}

/* LeNet-5 on the folder, one step an epoch, starting from the first weights. */
static running start(const char *isa, const char *epochs, const char *method, const char *rate) {
    const char *settings[] = {"train.batch_size=20", epochs, method, rate};
    const lcnn_model_options of_model = {.data = folder, .settings = settings, .setting_count = 4};
    const lcnn_session_options of_session = {.threads = 2, .isa = isa, .weights = weights_path};
    running r = {.first_loss = NAN};
    if ((r.model = lcnn_model_load(model_path(), &of_model, errors)) != NULL &&
        (r.data = lcnn_data_open(lcnn_model_data(r.model), errors)) != NULL)
        r.session = lcnn_session_new(r.model, r.data, &of_session, errors);
    ck_assert_msg(r.session != NULL, "%s", lcnn_errors_text(errors, 0));
    return r;
}

static void stop(running *r) {
    lcnn_session_free(r->session);
    lcnn_model_free(r->model);
    lcnn_data_free(r->data);
}

static bool keep_first_loss(void *user, const lcnn_epoch *epoch) {
    running *r = user;
    if (epoch->epoch == 1)
        r->first_loss = epoch->train_loss;
    return true;
}

/* Trains and leaves the weights in `trained`. */
static void train(running *r) {
    const lcnn_callbacks callbacks = {.user = r, .epoch = keep_first_loss};
    ck_assert(lcnn_session_train(r->session, &callbacks, errors));
    ck_assert(lcnn_session_save(r->session, saved_path, errors));
    ck_assert(checkpoint_read(saved_path, trained.tensor, PARAMS, NULL, errors));
}

static double largest(const float *values, size_t count) {
    double result = 0;
    for (size_t i = 0; i < count; i++)
        result = fmax(result, fabs((double)values[i]));
    return result;
}

static void expect_near(const char *isa, const char *what, size_t at, double value, double golden,
                        double tolerance) {
    ck_assert_msg(fabs(value - golden) <= tolerance, "%s: %s [%zu] is %.9g, PyTorch's %.9g", isa,
                  what, at, value, golden);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* The executor by itself, since the public interface gives probabilities only. */
static void check_logits(const backend *b) {
    arena *a = arena_new();
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, datasets_info};
    const model *m = model_load(model_path(), folder, NULL, 0, &parts, a, errors);
    ck_assert_msg(m != NULL, "%s", lcnn_errors_text(errors, 0));
    network *n = network_new(m->graph, a, errors);
    ck_assert(network_load(n, weights_path, errors));
    const split part = {IMAGES, images + IMAGES_HEADER, labels + LABELS_HEADER};
    const feed f = {.split = &part,
                    .image = m->info->image,
                    .transform_count = m->data.transform_count,
                    .transform = m->data.transform,
                    .transform_shape = m->data.transform_shape};
    exec *x = exec_new(b, n, &f, false, IMAGES, 2, NULL, errors);
    ck_assert_ptr_nonnull(x);

    uint32_t sample[IMAGES];
    real logits[IMAGES * CLASSES];
    for (uint32_t i = 0; i < IMAGES; i++)
        sample[i] = i;
    exec_run(x, &(exec_batch){.sample = sample, .count = IMAGES}, NULL,
             &(exec_answers){.output = logits});
    const double tolerance = TOLERANCE * largest(golden_logits, IMAGES * CLASSES);
    for (size_t i = 0; i < IMAGES * CLASSES; i++)
        expect_near(b->name, "logit", i, (double)logits[i], (double)golden_logits[i], tolerance);
    exec_free(x);
    network_free(n);
    arena_free(a);
}

START_TEST(logits_are_those_of_pytorch) {
    for (const backend *const *b = backend_list(); *b; b++)
        check_logits(*b);
}
END_TEST

static void check_evaluation(const char *isa) {
    running r = start(isa, "train.epochs=1", "train.optimizer=sgd", "train.learning_rate=1");
    lcnn_evaluation *e = lcnn_session_evaluate(r.session, errors);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(e->count, IMAGES);
    for (size_t i = 0; i < IMAGES; i++) {
        const float *logit = golden_logits + i * CLASSES;
        int best = 0;
        double sum = 0;
        for (int c = 1; c < CLASSES; c++)
            best = logit[c] > logit[best] ? c : best;
        for (int c = 0; c < CLASSES; c++)
            sum += exp((double)logit[c] - (double)logit[best]);
        ck_assert_int_eq(e->truth[i], label((int)i));
        ck_assert_int_eq(e->answer[i], best);
        expect_near(isa, "probability", i, (double)e->probability[i], 1 / sum, TOLERANCE);
    }
    expect_near(isa, "test loss", 0, e->loss, (double)golden_loss[0], TOLERANCE);
    lcnn_evaluation_free(e);
    stop(&r);
}

START_TEST(probabilities_and_loss_are_those_of_pytorch) {
    for (const backend *const *b = backend_list(); *b; b++)
        check_evaluation((*b)->name);
}
END_TEST

/* Plain gradient descent moves a weight by rate times gradient; a large rate keeps the rounding of
 * the weight small beside that. */
static void check_gradients(const char *isa) {
    running r = start(isa, "train.epochs=1", "train.optimizer=sgd", "train.learning_rate=16");
    train(&r);
    expect_near(isa, "training loss", 0, r.first_loss, (double)golden_loss[0], TOLERANCE);
    for (int p = 0; p < PARAMS; p++) {
        const size_t count = shape_size(&params[p].shape);
        const float *golden = golden_grad.tensor[p].data;
        const double tolerance = TOLERANCE * largest(golden, count);
        for (size_t i = 0; i < count; i++) {
            const double moved =
                (double)initial.tensor[p].data[i] - (double)trained.tensor[p].data[i];
            expect_near(isa, golden_grad.name[p], i, moved / 16, (double)golden[i], tolerance);
        }
    }
    stop(&r);
}

START_TEST(every_gradient_is_that_of_pytorch) {
    for (const backend *const *b = backend_list(); *b; b++)
        check_gradients((*b)->name);
}
END_TEST

static void check_adam(const char *isa) {
    running r = start(isa, "train.epochs=3", "train.optimizer=adam", "train.learning_rate=0.001");
    train(&r);
    for (int p = 0; p < PARAMS; p++)
        for (size_t i = 0; i < shape_size(&params[p].shape); i++)
            expect_near(isa, golden_adam.name[p], i, (double)trained.tensor[p].data[i],
                        (double)golden_adam.tensor[p].data[i], ADAM_TOLERANCE);
    stop(&r);
}

START_TEST(weights_after_three_adam_steps_are_those_of_the_script) {
    for (const backend *const *b = backend_list(); *b; b++)
        check_adam((*b)->name);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("golden");
    TCase *tests = tcase_create("golden");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, logits_are_those_of_pytorch);
    tcase_add_test(tests, probabilities_and_loss_are_those_of_pytorch);
    tcase_add_test(tests, every_gradient_is_that_of_pytorch);
    tcase_add_test(tests, weights_after_three_adam_steps_are_those_of_the_script);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
