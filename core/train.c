/* train.c - see train.h. */
#include "config.h"

#include "train.h"

#include "class_weights.h"
#include "clock.h"
#include "curvature.h"
#include "exec.h"
#include "metrics.h"
#include "rng.h"
#include "schedule.h"
#include "select.h"
#include "threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Images answered at a time: enough for many threads, few enough to stop soon. */
enum { EXAMINED_AT_ONCE = 512 };

/* Samples to evaluate, and what came of them the last time. */
typedef struct examination {
    feed feed;
    exec *exec;
    samples samples;
    real *loss; /* [samples.count], like the following */
    uint8_t *answer, *truth;
    float *probability;
} examination;

struct trainer {
    const model *model;
    graph *graph; /* the model's, with the operators of the backend */
    arena *arena;
    network *network;
    attr_component method; /* the model's optimiser, as of the backend */

    feed feed; /* of the training part */
    exec *exec;
    curvature curvature; /* for optimisers that want it */
    selection chosen;
    real *class_weight; /* [classes]; NULL: all count 1 */
    uint32_t *order;    /* [chosen.training.count]: positions in it, shuffled as the model says */
    uint32_t *batch;    /* [batch_size]: samples of a step */
    real *weight;       /* [batch_size] */
    real *loss;         /* [batch_size] */
    uint8_t *answer, *truth;

    examination validation, test;
};

/* ---- Making ---------------------------------------------------------------------------------- */

/* The model names the operators of some backend; those of the wanted one have the same names and
 * attributes. */
static bool bind_backend(trainer *t, const backend *b) {
    t->graph = graph_with_ops(t->model->graph, &b->ops, t->arena);
    t->method = t->model->train.optimizer;
    t->method.type = component_find(&b->optimizers, t->method.type->name);
    return t->graph != NULL;
}

static feed feed_of(const model *m, const dataset *d, const split *part) {
    return (feed){part, d->info.image, m->data.transform_count, m->data.transform,
                  m->data.transform_shape};
}

static bool weigh_classes(trainer *t) {
    const attr_component *weighting = &t->model->train.class_weights;
    real *weight = arena_array(t->arena, (size_t)t->graph->classes, sizeof *weight);
    if (!weight)
        return false;
    if (class_weights_fill(weighting, t->chosen.per_class, t->graph->classes, weight))
        t->class_weight = weight;
    return true;
}

static bool make_training(trainer *t, const backend *b, int threads, lcnn_errors *errors) {
    const uint32_t count = t->chosen.training.count;
    size_t most = (size_t)t->model->train.batch_size;
    if (count == 0)
        return true;
    if (most > count)
        most = count;
    if (!curvature_new(&t->curvature, b, t->network, &t->feed, count, threads, &t->method, errors))
        return false;
    size_t listed = most > t->curvature.samples ? most : t->curvature.samples;
    t->order = arena_array(t->arena, count, sizeof *t->order);
    t->batch = arena_array(t->arena, listed, sizeof *t->batch);
    t->weight = arena_array(t->arena, listed, sizeof *t->weight);
    t->loss = arena_array(t->arena, most, sizeof *t->loss);
    t->answer = arena_array(t->arena, most, 1);
    t->truth = arena_array(t->arena, most, 1);
    if (!t->order || !t->batch || !t->weight || !weigh_classes(t) || !t->loss || !t->answer ||
        !t->truth) {
        error_no_memory(errors);
        return false;
    }
    t->exec = exec_new(b, t->network, &t->feed, true, (int)most, threads, &t->method, errors);
    return t->exec != NULL;
}

static bool make_examination(trainer *t, examination *e, const backend *b, int threads,
                             lcnn_errors *errors) {
    const uint32_t count = e->samples.count;
    if (count == 0)
        return true;
    e->loss = arena_array(t->arena, count, sizeof *e->loss);
    e->answer = arena_array(t->arena, count, 1);
    e->truth = arena_array(t->arena, count, 1);
    e->probability = arena_array(t->arena, count, sizeof *e->probability);
    if (!e->loss || !e->answer || !e->truth || !e->probability) {
        error_no_memory(errors);
        return false;
    }
    int most = (int)(count < EXAMINED_AT_ONCE ? count : EXAMINED_AT_ONCE);
    e->exec = exec_new(b, t->network, &e->feed, false, most, threads, NULL, errors);
    return e->exec != NULL;
}

static bool make_parts(trainer *t, const dataset *d, bool trains, const backend *b, int threads,
                       const char *weights, lcnn_errors *errors) {
    if (!bind_backend(t, b)) {
        error_no_memory(errors);
        return false;
    }
    if (!select_images(t->model, d, trains, &t->chosen, t->arena, errors))
        return false;
    t->feed = t->validation.feed = feed_of(t->model, d, &t->chosen.train);
    t->test.feed = feed_of(t->model, d, &t->chosen.test);
    t->validation.samples = t->chosen.validation;
    t->test.samples = t->chosen.testing;
    t->network = network_new(t->graph, t->arena, errors);
    return t->network &&
           (weights ? network_load(t->network, weights, errors)
                    : network_initialize(t->network, (uint64_t)t->model->train.seed, errors)) &&
           make_training(t, b, threads, errors) &&
           make_examination(t, &t->validation, b, threads, errors) &&
           make_examination(t, &t->test, b, threads, errors);
}

trainer *trainer_new(const model *m, const dataset *d, bool trains, const backend *b, int threads,
                     const char *weights, lcnn_errors *errors) {
    if (!model_fits(m, d, errors))
        return NULL;
    trainer *t = calloc(1, sizeof *t);
    if (t)
        t->arena = arena_new();
    if (!t || !t->arena) {
        error_no_memory(errors);
        trainer_free(t);
        return NULL;
    }
    t->model = m;
    if (!make_parts(t, d, trains, b, threads, weights, errors)) {
        trainer_free(t);
        return NULL;
    }
    return t;
}

void trainer_free(trainer *t) {
    if (!t)
        return;
    exec_free(t->exec);
    curvature_free(&t->curvature);
    exec_free(t->validation.exec);
    exec_free(t->test.exec);
    network_free(t->network);
    arena_free(t->arena);
    free(t);
}

const network *trainer_network(const trainer *t) {
    return t->network;
}

uint32_t trainer_train_count(const trainer *t) {
    return t->chosen.training.count;
}

uint32_t trainer_validation_count(const trainer *t) {
    return t->chosen.validation.count;
}

uint32_t trainer_test_count(const trainer *t) {
    return t->chosen.testing.count;
}

size_t trainer_memory(const trainer *t) {
    size_t memory = t->network->size * sizeof(real);
    const exec *all[] = {t->exec, t->curvature.exec, t->validation.exec, t->test.exec};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        memory += all[i] ? exec_memory(all[i]) : 0;
    return memory;
}

/* ---- Training as it runs ---------------------------------------------------------------------- */

typedef struct training {
    trainer *trainer;
    const lcnn_callbacks *callbacks; /* NULL: nobody watches */
    lcnn_errors *errors;
    bool failed, stopped; /* by a loss that is not finite; by the caller */

    int epoch;   /* that runs; from 0 */
    double loss; /* sum over the images done */
    uint32_t right, done;
    double learning_rate;
    double began, seconds;
} training;

/* Tells the caller where the epoch stands; false when training is to stop. */
static bool tell_progress(training *run) {
    const lcnn_progress now = {
        .epoch = run->epoch + 1,
        .epochs = run->trainer->model->train.epochs,
        .done = run->done,
        .total = run->trainer->chosen.training.count,
        .loss = run->loss / run->done,
        .accuracy = (double)run->right / run->done,
        .learning_rate = run->learning_rate,
        .seconds = run->seconds,
    };
    const lcnn_callbacks *callbacks = run->callbacks;
    if (callbacks && callbacks->progress && !callbacks->progress(callbacks->user, &now))
        run->stopped = true;
    return !run->stopped;
}

/* ---- Evaluating ------------------------------------------------------------------------------ */

/* False when the caller of the training around it, if any, has stopped it. */
static bool examine(examination *e, bool probabilities, training *run) {
    for (uint32_t first = 0; first < e->samples.count; first += EXAMINED_AT_ONCE) {
        uint32_t left = e->samples.count - first;
        const exec_batch batch = {.sample = e->samples.index + first,
                                  .count =
                                      (int)(left < EXAMINED_AT_ONCE ? left : EXAMINED_AT_ONCE)};
        const exec_answers answers = {.loss = e->loss + first,
                                      .answer = e->answer + first,
                                      .truth = e->truth + first,
                                      .probability = probabilities ? e->probability + first : NULL};
        exec_run(e->exec, &batch, NULL, &answers);
        if (run && !tell_progress(run))
            return false;
    }
    return true;
}

lcnn_evaluation *trainer_evaluate(trainer *t, lcnn_errors *errors) {
    examination *e = &t->test;
    const uint32_t count = e->samples.count;
    if (count == 0) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no %s to evaluate on",
                  t->model->info->name,
                  t->chosen.test.count ? "test images of the classes that data.classes names"
                                       : "test part");
        return NULL;
    }
    lcnn_evaluation *result = metrics_new(count, t->graph->classes);
    if (!result) {
        error_no_memory(errors);
        return NULL;
    }
    examine(e, true, NULL);
    for (uint32_t i = 0; i < count; i++)
        metrics_set(result, i, e->samples.index[i], e->truth[i], e->answer[i], e->probability[i],
                    (double)e->loss[i]);
    metrics_finish(result);
    return result;
}

/* ---- Training -------------------------------------------------------------------------------- */

static void check_loss(training *run, double loss, const char *where) {
    if (isfinite(loss))
        return;
    run->failed = true;
    error_add(run->errors, LCNN_NOT_FINITE, (mark){0},
              "the loss became %s %s epoch %d; a smaller train.learning_rate may help",
              isnan(loss) ? "not a number" : "infinite", where, run->epoch + 1);
}

/* The samples [first, first + count) of the epoch's order. */
static exec_batch take_batch(const training *run, uint32_t first, int count) {
    trainer *t = run->trainer;
    for (int i = 0; i < count; i++) {
        t->batch[i] = t->chosen.training.index[t->order[first + (uint32_t)i]];
        t->weight[i] = t->class_weight ? t->class_weight[t->feed.split->labels[t->batch[i]]] : 1;
    }
    return (exec_batch){t->batch, count, (uint64_t)t->model->train.seed, (uint32_t)run->epoch,
                        t->weight};
}

/* One step; the sum of its losses, each times the weight of its class: what the step makes
 * smaller. */
static double run_training_step(training *run, uint32_t first, int count) {
    trainer *t = run->trainer;
    const exec_batch batch = take_batch(run, first, count);
    exec_update update = {&t->method, run->learning_rate};
    exec_run(t->exec, &batch, &update,
             &(exec_answers){.loss = t->loss, .answer = t->answer, .truth = t->truth});
    double loss = 0;
    for (int i = 0; i < count; i++) {
        loss += (double)t->weight[i] * (double)t->loss[i];
        run->right += t->answer[i] == t->truth[i];
    }
    run->loss += loss;
    run->done += (uint32_t)count;
    run->seconds = clock_seconds() - run->began;
    return loss;
}

static void run_steps(training *run) {
    trainer *t = run->trainer;
    const model_train *train = &t->model->train;
    const uint32_t count = t->chosen.training.count;
    uint32_t size = (uint32_t)train->batch_size, steps = (count + size - 1) / size;
    rng_key key = {.seed = (uint64_t)train->seed,
                   .purpose = RNG_SHUFFLE,
                   .epoch = train->shuffle == SHUFFLE_ONCE ? 0 : (uint32_t)run->epoch};
    rng_permutation(&key, count, t->order);
    if (t->curvature.exec) {
        const exec_batch batch = take_batch(run, 0, (int)t->curvature.samples);
        curvature_estimate(&t->curvature, t->exec, &batch);
    }
    for (uint32_t i = 0; i < steps && !run->failed && !run->stopped; i++) {
        uint32_t left = count - i * size;
        schedule_time now = {run->epoch, train->epochs, i, steps};
        run->learning_rate = schedule_rate(&train->learning_rate, &now);
        double loss = run_training_step(run, i * size, (int)(left < size ? left : size));
        if (!isfinite(loss)) { /* asked here, since a step may be shorter than finding the words */
            char where[32];
            snprintf(where, sizeof where, "in step %u of", i + 1);
            check_loss(run, loss, where);
        }
        if (!run->failed)
            tell_progress(run);
    }
}

/* Mean loss and share of right answers; NaN where there are no samples. */
static void measure(training *run, examination *e, double *loss, double *accuracy) {
    double sum = 0;
    uint32_t right = 0;
    *loss = *accuracy = NAN;
    const uint32_t count = e->samples.count;
    if (count == 0 || !examine(e, false, run))
        return;
    for (uint32_t i = 0; i < count; i++) {
        sum += (double)e->loss[i];
        right += e->answer[i] == e->truth[i];
    }
    *loss = sum / count;
    *accuracy = (double)right / count;
}

/* Figures of a finished epoch; the time for them is not counted as training. */
static void finish_epoch(training *run) {
    trainer *t = run->trainer;
    lcnn_epoch e = {
        .epoch = run->epoch + 1,
        .epochs = t->model->train.epochs,
        .learning_rate = run->learning_rate,
        .train_loss = run->loss / run->done,
        .train_accuracy = (double)run->right / run->done,
        .seconds = run->seconds,
        .images_per_second = run->done / run->seconds,
    };
    measure(run, &t->validation, &e.validation_loss, &e.validation_accuracy);
    if (!run->stopped)
        measure(run, &t->test, &e.test_loss, &e.test_accuracy);
    if (run->stopped)
        return;
    const lcnn_callbacks *callbacks = run->callbacks;
    if (callbacks && callbacks->epoch && !callbacks->epoch(callbacks->user, &e))
        run->stopped = true;
    /* The last step may have gone wrong without another one to show it. */
    if (t->chosen.validation.count > 0)
        check_loss(run, e.validation_loss, "on the validation images after");
    if (t->chosen.testing.count > 0 && !run->failed)
        check_loss(run, e.test_loss, "on the test images after");
}

static void run_epochs(void *argument) {
    training *run = argument;
    int epochs = run->trainer->model->train.epochs;
    for (int epoch = 0; epoch < epochs && !run->failed && !run->stopped; epoch++) {
        run->epoch = epoch;
        run->loss = 0;
        run->right = run->done = 0;
        run->began = clock_seconds();
        run_steps(run);
        if (!run->failed && !run->stopped)
            finish_epoch(run);
    }
}

bool trainer_run(trainer *t, const lcnn_callbacks *callbacks, lcnn_errors *errors) {
    if (t->chosen.training.count == 0) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no training part, or is only tested on",
                  t->model->info->name);
        return false;
    }
    training run = {.trainer = t, .callbacks = callbacks, .errors = errors};
    threads_hold(exec_threads(t->exec), run_epochs, &run);
    return !run.failed;
}
