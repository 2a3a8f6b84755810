/* test_update.c - a step of a single sample, which moves the weights of dense layers while it
 * computes their gradients, gives the bits of a step that moves all of them afterwards. */
#include "config.h"

#include "datasets.h"
#include "exec.h"
#include "model.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 3, RATE = 2 /* large, so that no weight stays as it is */ };

static const char *const optimizers_given[] = {
    "train.optimizer=sgd",
    "train.optimizer={op: sgd, weight_decay: 0.01}",
    "train.optimizer={op: sgd, momentum: 0.9}",
    "train.optimizer={op: sgd, momentum: 0.9, nesterov: true, weight_decay: 0.01}",
    "train.optimizer={op: sdlm, mu: 1}",
    "train.optimizer=adam", /* moves all weights afterwards */
};
enum { OPTIMIZERS = sizeof optimizers_given / sizeof *optimizers_given };

typedef struct bench {
    const backend *backend;
    arena *arena;
    model *model;
    dataset *data;
    feed feed;
    attr_component method;
} bench;

static lcnn_errors *errors;
static bench b;

static void set_up_backend(const backend *chosen, const char *setting) {
    const char *srcdir = getenv("srcdir");
    char path[512];
    snprintf(path, sizeof path, "%s/models/lenet5.yaml", srcdir ? srcdir : ".");
    const char *settings[] = {"data.name=glyphs:100", setting};
    const model_parts parts = {&chosen->ops, &chosen->optimizers, &transforms, datasets_info};
    b.backend = chosen;
    b.arena = arena_new();
    b.model = model_load(path, NULL, settings, 2, &parts, b.arena, errors);
    b.data = datasets_open("glyphs:100", errors);
    ck_assert_msg(b.model && b.data, "%s", lcnn_errors_text(errors, 0));
    b.feed = (feed){&b.data->train, b.data->info.image, b.model->data.transform_count,
                    b.model->data.transform, b.model->data.transform_shape};
    b.method = b.model->train.optimizer;
}

static network *new_network(void) {
    network *n = network_new(b.model->graph, b.arena, errors);
    ck_assert(n && network_initialize(n, 1, errors));
    return n;
}

static exec *new_exec(network *n, int threads) {
    exec *x = exec_new(b.backend, n, &b.feed, true, 1, threads, &b.method, errors);
    ck_assert_ptr_nonnull(x);
    return x;
}

static void one_step(exec *x, uint32_t sample, const exec_update *update) {
    exec_run(x, &(exec_batch){.sample = &sample, .count = 1, .seed = 1}, update,
             &(exec_answers){0});
}

/* Computes gradients first, then moves the weights. */
static void step_apart(exec *x, network *n, uint32_t sample, real *const state[]) {
    one_step(x, sample, NULL);
    for (int i = 0; i < n->count; i++) {
        const network_tensor *t = &n->tensor[i];
        real *own[] = {state[0] + t->offset, state[1] + t->offset};
        const optim_step now = {RATE, sample + 1, t->decay};
        ((const optimizer *)b.method.type)
            ->update(b.method.attrs, &now, n->values + t->offset, exec_gradient(x) + t->offset, own,
                     t->size);
    }
}

/* Second derivatives of no meaning, for optimisers that go by them. */
static void give_curvature(exec *x, const network *n, real *const state[]) {
    const optimizer *type = (const optimizer *)b.method.type;
    real *curvature = aligned_array(n->size, sizeof(real));
    ck_assert_ptr_nonnull(curvature);
    for (size_t i = 0; i < n->size; i++)
        curvature[i] = (real)(i % 5) / 4;
    if (type->adapt) {
        exec_adapt(x, &b.method, curvature);
        type->adapt(b.method.attrs, curvature, state, n->trained);
    }
    free(curvature);
}

static void compare_steps(int threads) {
    network *together = new_network(), *apart = new_network();
    exec *x = new_exec(together, threads), *y = new_exec(apart, 1);
    real *state[] = {aligned_array(apart->size, sizeof(real)),
                     aligned_array(apart->size, sizeof(real))};
    ck_assert(state[0] && state[1]);
    give_curvature(x, apart, state);
    for (uint32_t sample = 0; sample < STEPS; sample++) {
        one_step(x, sample, &(exec_update){&b.method, RATE});
        step_apart(y, apart, sample, state);
        for (size_t i = 0; i < apart->size; i++)
            ck_assert_msg(memcmp(&together->values[i], &apart->values[i], sizeof(real)) == 0,
                          "%s, %d threads, step %u: weight %zu is %a, not %a", b.backend->name,
                          threads, (unsigned)sample, i, (double)together->values[i],
                          (double)apart->values[i]);
    }
    exec_free(x);
    exec_free(y);
    network_free(together);
    network_free(apart);
    free(state[0]);
    free(state[1]);
}

START_TEST(weights_move_the_same_during_a_step_and_after_it) {
    exec_worth_sharing = 1 << 10;
    errors = lcnn_errors_new();
    for (const backend *const *chosen = backend_list(); *chosen; chosen++) {
        set_up_backend(*chosen, optimizers_given[_i]);
        compare_steps(1);
        compare_steps(2);
        datasets_close(b.data);
        arena_free(b.arena);
    }
    lcnn_errors_free(errors);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("update");
    TCase *tests = tcase_create("update");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, weights_move_the_same_during_a_step_and_after_it, 0, OPTIMIZERS);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
