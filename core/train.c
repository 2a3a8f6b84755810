/* train.c - training epoch by epoch, and evaluating (see train.h). */
#include "config.h"

#include "train_parts.h"

#include "clock.h"
#include "metrics.h"
#include "rng.h"
#include "schedule.h"
#include "threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const network *trainer_network(const trainer *t) {
    return t->network;
}

bool train_possible(const trainer *t, lcnn_errors *errors) {
    if (t->chosen.training.count == 0)
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no training part, or is only tested on",
                  t->model->info->name);
    return t->chosen.training.count > 0;
}

uint32_t train_steps(const trainer *t) {
    uint32_t size = (uint32_t)t->model->train.batch_size;
    return t->chosen.training.count / size + (t->chosen.training.count % size > 0);
}

lcnn_position trainer_position(const trainer *t) {
    return (lcnn_position){t->place.epoch, t->place.step, train_steps(t)};
}

const lcnn_epoch *trainer_history(const trainer *t, int *count) {
    *count = t->place.epoch;
    return t->history;
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
    bool failed, stopped; /* by a loss that is not finite or for want of memory; by the caller */
    double began;         /* clock when the epoch had begun, had it not been interrupted */
} training;

/* Tells the caller where the epoch stands; false when training is to stop. */
static bool tell_progress(training *run) {
    const train_place *at = &run->trainer->place;
    const lcnn_progress now = {
        .epoch = at->epoch + 1,
        .epochs = run->trainer->model->train.epochs,
        .done = at->done,
        .total = run->trainer->chosen.training.count,
        .loss = at->loss / at->done,
        .accuracy = (double)at->right / at->done,
        .learning_rate = at->learning_rate,
        .seconds = at->seconds,
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
              isnan(loss) ? "not a number" : "infinite", where, run->trainer->place.epoch + 1);
}

/* The samples [first, first + count) of the epoch's order. */
static exec_batch take_batch(const training *run, uint32_t first, int count) {
    trainer *t = run->trainer;
    for (int i = 0; i < count; i++) {
        t->batch[i] = t->chosen.training.index[t->order[first + (uint32_t)i]];
        t->weight[i] = t->class_weight ? t->class_weight[t->feed.split->labels[t->batch[i]]] : 1;
    }
    return (exec_batch){t->batch, count, (uint64_t)t->model->train.seed, (uint32_t)t->place.epoch,
                        t->weight};
}

/* One step; the sum of its losses, each times the weight of its class: what the step makes
 * smaller. */
static double run_training_step(training *run, uint32_t first, int count) {
    trainer *t = run->trainer;
    train_place *at = &t->place;
    const exec_batch batch = take_batch(run, first, count);
    exec_update update = {&t->method, at->learning_rate};
    exec_run(t->exec, &batch, &update,
             &(exec_answers){.loss = t->loss, .answer = t->answer, .truth = t->truth});
    double loss = 0;
    for (int i = 0; i < count; i++) {
        loss += (double)t->weight[i] * (double)t->loss[i];
        at->right += t->answer[i] == t->truth[i];
    }
    at->loss += loss;
    at->done += (uint32_t)count;
    at->step++;
    at->seconds = clock_seconds() - run->began;
    return loss;
}

/* The order of the epoch's images; and at its beginning, what the optimiser wants to know of it. */
static void prepare_epoch(training *run) {
    trainer *t = run->trainer;
    const model_train *train = &t->model->train;
    rng_key key = {.seed = (uint64_t)train->seed,
                   .purpose = RNG_SHUFFLE,
                   .epoch = train->shuffle == SHUFFLE_ONCE ? 0 : (uint32_t)t->place.epoch};
    rng_permutation(&key, t->chosen.training.count, t->order);
    if (t->curvature.exec && t->place.step == 0) {
        const exec_batch batch = take_batch(run, 0, (int)t->curvature.samples);
        curvature_estimate(&t->curvature, t->exec, &batch);
    }
}

/* Those that are left of the epoch. */
static void run_steps(training *run) {
    trainer *t = run->trainer;
    const model_train *train = &t->model->train;
    const uint32_t count = t->chosen.training.count, steps = train_steps(t);
    uint32_t size = (uint32_t)train->batch_size;
    prepare_epoch(run);
    while (t->place.step < steps && !run->failed && !run->stopped) {
        uint32_t i = t->place.step, left = count - i * size;
        schedule_time now = {t->place.epoch, train->epochs, i, steps};
        t->place.learning_rate = schedule_rate(&train->learning_rate, &now);
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

/* Figures of a finished epoch; the time for them is not counted as training. False when the caller
 * has stopped them, or a loss is not finite: the last step may have gone wrong without another one
 * to show it. */
static bool find_figures(training *run, lcnn_epoch *e) {
    trainer *t = run->trainer;
    const train_place *at = &t->place;
    *e = (lcnn_epoch){
        .epoch = at->epoch + 1,
        .epochs = t->model->train.epochs,
        .learning_rate = at->learning_rate,
        .train_loss = at->loss / at->done,
        .train_accuracy = (double)at->right / at->done,
        .seconds = at->seconds,
        .images_per_second = at->done / at->seconds,
    };
    measure(run, &t->validation, &e->validation_loss, &e->validation_accuracy);
    if (!run->stopped)
        measure(run, &t->test, &e->test_loss, &e->test_accuracy);
    if (run->stopped)
        return false;
    if (t->chosen.validation.count > 0)
        check_loss(run, e->validation_loss, "on the validation images after");
    if (t->chosen.testing.count > 0 && !run->failed)
        check_loss(run, e->test_loss, "on the test images after");
    return !run->failed;
}

/* Enters the epoch into the history; what comes next is the first step of another. */
static bool turn_page(training *run, lcnn_epoch *e) {
    trainer *t = run->trainer;
    lcnn_fingerprint *tensor = calloc((size_t)t->network->count + 1, sizeof *tensor);
    lcnn_epoch *grown = realloc(t->history, ((size_t)t->place.epoch + 1) * sizeof *grown);
    t->history = grown ? grown : t->history;
    if (!tensor || !grown) {
        error_no_memory(run->errors);
        run->failed = true;
    } else {
        run->failed = !network_hash(t->network, e->sha256, tensor, run->errors);
    }
    if (run->failed) {
        free(tensor);
        return false;
    }
    e->tensor = tensor;
    t->history[t->place.epoch] = *e;
    t->place = (train_place){.epoch = t->place.epoch + 1};
    return true;
}

static void run_epochs(void *argument) {
    training *run = argument;
    train_place *at = &run->trainer->place;
    const lcnn_callbacks *callbacks = run->callbacks;
    while (at->epoch < run->trainer->model->train.epochs && !run->failed && !run->stopped) {
        lcnn_epoch e;
        run->began = clock_seconds() - at->seconds;
        run_steps(run);
        if (run->failed || run->stopped || !find_figures(run, &e) || !turn_page(run, &e))
            return;
        if (callbacks && callbacks->epoch && !callbacks->epoch(callbacks->user, &e))
            run->stopped = true;
    }
}

bool trainer_run(trainer *t, const lcnn_callbacks *callbacks, lcnn_errors *errors) {
    if (!train_possible(t, errors))
        return false;
    training run = {.trainer = t, .callbacks = callbacks, .errors = errors};
    threads_hold(exec_threads(t->exec), run_epochs, &run);
    return !run.failed;
}
