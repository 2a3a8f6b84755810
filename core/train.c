/* train.c - see train.h. */
#include "config.h"

#include "train.h"

#include "clock.h"
#include "exec.h"
#include "metrics.h"
#include "rng.h"
#include "schedule.h"
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
    uint32_t count;
    const uint32_t *sample; /* [count] */
    real *loss;             /* [count] */
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
    uint32_t train_count;
    uint32_t *subset; /* [count of the training part]: samples to train on, then those held out */
    uint32_t *order;  /* [train_count]: positions in subset, shuffled anew each epoch */
    uint32_t *batch;  /* [batch_size]: samples of a step */
    real *loss;       /* [batch_size] */
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

/* Splits the training part into samples to train on and a share held out, which depends on the seed
 * only. */
static bool split_training(trainer *t, const dataset *d) {
    uint32_t all = d->train.count, held_out = (uint32_t)((double)all * t->model->data.validation);
    rng_key key = {.seed = (uint64_t)t->model->train.seed, .purpose = RNG_SPLIT};
    t->train_count = all - held_out;
    t->subset = arena_array(t->arena, (size_t)all + 1, sizeof *t->subset);
    t->order = arena_array(t->arena, (size_t)t->train_count + 1, sizeof *t->order);
    if (!t->subset || !t->order)
        return false;
    for (uint32_t i = 0; i < all; i++)
        t->subset[i] = i;
    if (held_out > 0)
        rng_permutation(&key, all, t->subset);
    t->validation.count = held_out;
    t->validation.sample = t->subset + t->train_count;
    return true;
}

static bool make_training(trainer *t, const backend *b, int threads, lcnn_errors *errors) {
    size_t most = (size_t)t->model->train.batch_size;
    if (t->train_count == 0)
        return true;
    if (most > t->train_count)
        most = t->train_count;
    t->batch = arena_array(t->arena, most, sizeof *t->batch);
    t->loss = arena_array(t->arena, most, sizeof *t->loss);
    t->answer = arena_array(t->arena, most, 1);
    t->truth = arena_array(t->arena, most, 1);
    if (!t->batch || !t->loss || !t->answer || !t->truth) {
        error_no_memory(errors);
        return false;
    }
    t->exec = exec_new(b, t->network, &t->feed, true, (int)most, threads, &t->method, errors);
    return t->exec != NULL;
}

static bool make_examination(trainer *t, examination *e, const backend *b, int threads,
                             lcnn_errors *errors) {
    if (e->count == 0)
        return true;
    e->loss = arena_array(t->arena, e->count, sizeof *e->loss);
    e->answer = arena_array(t->arena, e->count, 1);
    e->truth = arena_array(t->arena, e->count, 1);
    e->probability = arena_array(t->arena, e->count, sizeof *e->probability);
    if (!e->loss || !e->answer || !e->truth || !e->probability) {
        error_no_memory(errors);
        return false;
    }
    int most = (int)(e->count < EXAMINED_AT_ONCE ? e->count : EXAMINED_AT_ONCE);
    e->exec = exec_new(b, t->network, &e->feed, false, most, threads, NULL, errors);
    return e->exec != NULL;
}

/* The test part in its own order. */
static bool list_test(trainer *t, const dataset *d) {
    uint32_t *sample = arena_array(t->arena, (size_t)d->test.count + 1, sizeof *sample);
    for (uint32_t i = 0; sample && i < d->test.count; i++)
        sample[i] = i;
    t->test.sample = sample;
    t->test.count = d->test.count;
    return sample != NULL;
}

static bool make_parts(trainer *t, const dataset *d, const backend *b, int threads,
                       const char *weights, lcnn_errors *errors) {
    t->feed = t->validation.feed = feed_of(t->model, d, &d->train);
    t->test.feed = feed_of(t->model, d, &d->test);
    if (!bind_backend(t, b) || !split_training(t, d) || !list_test(t, d)) {
        error_no_memory(errors);
        return false;
    }
    if (t->model->data.validation > 0 && t->validation.count == 0 && d->train.count > 0)
        error_note(errors, "data.validation is less than one of %u images: none is held out",
                   (unsigned)d->train.count);
    t->network = network_new(t->graph, t->arena, errors);
    return t->network &&
           (weights ? network_load(t->network, weights, errors)
                    : network_initialize(t->network, (uint64_t)t->model->train.seed, errors)) &&
           make_training(t, b, threads, errors) &&
           make_examination(t, &t->validation, b, threads, errors) &&
           make_examination(t, &t->test, b, threads, errors);
}

trainer *trainer_new(const model *m, const dataset *d, const backend *b, int threads,
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
    if (!make_parts(t, d, b, threads, weights, errors)) {
        trainer_free(t);
        return NULL;
    }
    return t;
}

void trainer_free(trainer *t) {
    if (!t)
        return;
    exec_free(t->exec);
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
    return t->train_count;
}

uint32_t trainer_validation_count(const trainer *t) {
    return t->validation.count;
}

size_t trainer_memory(const trainer *t) {
    size_t memory = t->network->size * sizeof(real);
    const exec *all[] = {t->exec, t->validation.exec, t->test.exec};
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
        .total = run->trainer->train_count,
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
    for (uint32_t first = 0; first < e->count; first += EXAMINED_AT_ONCE) {
        uint32_t left = e->count - first;
        const exec_batch batch = {.sample = e->sample + first,
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
    if (e->count == 0) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no test part to evaluate on",
                  t->model->info->name);
        return NULL;
    }
    lcnn_evaluation *result = metrics_new(e->count, t->graph->classes);
    if (!result) {
        error_no_memory(errors);
        return NULL;
    }
    examine(e, true, NULL);
    for (uint32_t i = 0; i < e->count; i++)
        metrics_set(result, i, e->truth[i], e->answer[i], e->probability[i], (double)e->loss[i]);
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

/* One step on the samples [first, first + count) of the epoch's order; the sum of its losses. */
static double run_training_step(training *run, uint32_t first, int count) {
    trainer *t = run->trainer;
    for (int i = 0; i < count; i++)
        t->batch[i] = t->subset[t->order[first + (uint32_t)i]];
    exec_batch batch = {t->batch, count, (uint64_t)t->model->train.seed, (uint32_t)run->epoch};
    exec_update update = {&t->method, run->learning_rate};
    exec_run(t->exec, &batch, &update,
             &(exec_answers){.loss = t->loss, .answer = t->answer, .truth = t->truth});
    double loss = 0;
    for (int i = 0; i < count; i++) {
        loss += (double)t->loss[i];
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
    uint32_t size = (uint32_t)train->batch_size, steps = (t->train_count + size - 1) / size;
    rng_key key = {
        .seed = (uint64_t)train->seed, .purpose = RNG_SHUFFLE, .epoch = (uint32_t)run->epoch};
    rng_permutation(&key, t->train_count, t->order);
    for (uint32_t i = 0; i < steps && !run->failed && !run->stopped; i++) {
        uint32_t left = t->train_count - i * size;
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
    if (e->count == 0 || !examine(e, false, run))
        return;
    for (uint32_t i = 0; i < e->count; i++) {
        sum += (double)e->loss[i];
        right += e->answer[i] == e->truth[i];
    }
    *loss = sum / e->count;
    *accuracy = (double)right / e->count;
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
    if (t->validation.count > 0)
        check_loss(run, e.validation_loss, "on the validation images after");
    if (t->test.count > 0 && !run->failed)
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
    if (t->train_count == 0) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no training part",
                  t->model->info->name);
        return false;
    }
    training run = {.trainer = t, .callbacks = callbacks, .errors = errors};
    threads_hold(exec_threads(t->exec), run_epochs, &run);
    return !run.failed;
}
