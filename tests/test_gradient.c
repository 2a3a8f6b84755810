/* test_gradient.c - gradients of whole networks against central differences, in double: what the
 * operators' own tests cannot see is whether graph, plan and executor bring the pieces together
 * rightly. */
#include "config.h"

#include "datasets.h"
#include "exec.h"
#include "model.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 19 };

typedef struct bench {
    lcnn_errors *errors;
    arena *arena;
    model *model;
    dataset *data;
    network *network;
    feed feed;
    exec *exec;
    uint32_t sample[IMAGES];
} bench;

static bench bench_new(const char *file) {
    static char path[512];
    const char *srcdir = getenv("srcdir");
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, datasets_info};
    bench t = {.errors = lcnn_errors_new(), .arena = arena_new()};
    snprintf(path, sizeof path, "%s/%s", srcdir ? srcdir : ".", file);
    t.data = datasets_open("glyphs:60", t.errors);
    t.model = model_load(path, "glyphs:60", NULL, 0, &parts, t.arena, t.errors);
    ck_assert_msg(t.model && t.data, "%s", lcnn_errors_text(t.errors, 0));
    t.network = network_new(t.model->graph, t.arena, t.errors);
    ck_assert(t.network && network_initialize(t.network, 1, t.errors));
    for (uint32_t i = 0; i < IMAGES; i++)
        t.sample[i] = 2 * i;
    return t;
}

/* The executor keeps a pointer to the feed, so this comes after the bench has its final place. */
static void bench_start(bench *t) {
    const model_data *m = &t->model->data;
    t->feed = (feed){&t->data->train, t->data->info.image, m->transform_count, m->transform,
                     m->transform_shape};
    t->exec =
        exec_new(backend_choose(NULL), t->network, &t->feed, true, IMAGES, 1, NULL, t->errors);
    ck_assert_ptr_nonnull(t->exec);
}

static void bench_free(bench *t) {
    exec_free(t->exec);
    network_free(t->network);
    datasets_close(t->data);
    arena_free(t->arena);
    lcnn_errors_free(t->errors);
}

/* Forward and backward over all images; the mean loss. */
static double mean_loss(bench *t) {
    real loss[IMAGES];
    double sum = 0;
    const exec_batch batch = {.sample = t->sample, .count = IMAGES, .seed = 1};
    exec_run(t->exec, &batch, NULL, &(exec_answers){.loss = loss});
    for (int i = 0; i < IMAGES; i++)
        sum += (double)loss[i];
    return sum / IMAGES;
}

/* The slope of the loss along one weight, by a fourth-order central difference. */
static double slope(bench *t, size_t at, double distance) {
    real *w = &t->network->values[at];
    const real before = *w;
    double value[4];
    static const double offset[4] = {-2, -1, 1, 2};
    for (int i = 0; i < 4; i++) {
        *w = (real)((double)before + offset[i] * distance);
        value[i] = mean_loss(t);
    }
    *w = before;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * distance);
}

/* Some weights of every tensor; relative to the tensor's largest gradient, so that vanishing ones
 * do not count alone. */
static void check_network(const char *file, int per_tensor, double tolerance) {
    bench t = bench_new(file);
    bench_start(&t);
    mean_loss(&t);
    double *gradient = malloc(t.network->trained * sizeof *gradient);
    for (size_t i = 0; i < t.network->trained; i++)
        gradient[i] = (double)exec_gradient(t.exec)[i];
    for (int k = 0; k < t.network->count; k++) {
        const network_tensor *w = &t.network->tensor[k];
        if (w->offset >= t.network->trained)
            continue;
        double largest = 0;
        for (size_t i = 0; i < w->size; i++)
            largest = fmax(largest, fabs(gradient[w->offset + i]));
        for (int i = 0; i < per_tensor; i++) {
            size_t at = w->offset + (size_t)(i * 7919) % w->size;
            if (gradient[at] == 0) /* padding has none */
                continue;
            double numeric = slope(&t, at, 1e-4),
                   error = fabs(numeric - gradient[at]) / fmax(fabs(numeric), 1e-3 * largest);
            ck_assert_msg(
                error <= tolerance,
                "%s [%zu]: gradient %.12g, difference quotient %.12g, relative error %.2g", w->name,
                at - w->offset, gradient[at], numeric, error);
        }
    }
    free(gradient);
    bench_free(&t);
}

START_TEST(lenet5_has_the_gradients_of_its_loss) {
    check_network("models/lenet5.yaml", 12, 1e-6);
}
END_TEST

START_TEST(staged_networks_have_the_gradients_of_their_loss) {
    check_network("tests/models/smooth-parts.yaml", 12, 1e-6);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("gradient");
    TCase *tests = tcase_create("gradient");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, lenet5_has_the_gradients_of_its_loss);
    tcase_add_test(tests, staged_networks_have_the_gradients_of_their_loss);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
