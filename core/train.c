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

int train_step_size(const trainer *t, uint32_t index) {
    uint32_t size = (uint32_t)t->model->train.batch_size;
    uint32_t left = t->chosen.training.count - index * size;
    return (int)(left < size ? left : size);
}

int64_t train_updates(const trainer *t) {
    return (int64_t)t->place.epoch * (int64_t)train_steps(t) + (int64_t)t->place.step;
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
    if (!isfinite(loss))
        train_failed(run, loss, where);
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

/* Each sample's loss counts times the weight of its class: the sum is what the step makes
 * smaller. */
double train_step(training *run) {
    trainer *t = run->trainer;
    train_place *at = &t->place;
    const model_train *train = &t->model->train;
    const int count = train_step_size(t, at->step);
    const exec_batch batch = take_batch(run, at->step * (uint32_t)train->batch_size, count);
    schedule_time now = {at->epoch, train->epochs, at->step, train_steps(t)};
    at->learning_rate = schedule_rate(&train->learning_rate, &now);
    exec_update update = {&t->method, at->learning_rate};
    exec_run(t->exec, &batch, &update,
             &(exec_answers){.loss = t->loss,
                             .answer = t->answer,
                             .truth = t->truth,
                             .values = run->watch ? run->watch->values : NULL});
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

void train_prepare_epoch(training *run) {
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

/* Hands the fingerprints of the step just made to whoever keeps a trace. */
static void tell_trace(training *run) {
    trainer *t = run->trainer;
    const lcnn_callbacks *callbacks = run->callbacks;
    if (!callbacks || !run->watch)
        return;
    watch_nodes(run->watch, train_step_size(t, t->place.step - 1), t->trace.node);
    watch_tensors(t->network, t->trace.tensor);
    const lcnn_trace now = {t->place.epoch + 1, t->place.step, t->trace.node, t->trace.tensor};
    if (!callbacks->trace(callbacks->user, &now))
        run->stopped = true;
}

/* Those that are left of the epoch. */
static void run_steps(training *run) {
    trainer *t = run->trainer;
    const uint32_t steps = train_steps(t);
    train_prepare_epoch(run);
    while (t->place.step < steps && !run->failed && !run->stopped) {
        double loss = train_step(run);
        if (!isfinite(loss)) { /* asked here, since a step may be shorter than finding the words */
            char where[32];
            snprintf(where, sizeof where, "in step %u of", t->place.step);
            train_failed(run, loss, where);
            return;
        }
        tell_trace(run);
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
        good_state_keep(run->trainer);
        run->began = clock_seconds() - at->seconds;
        run_steps(run);
        if (run->failed || run->stopped || !find_figures(run, &e) || !turn_page(run, &e))
            return;
        if (callbacks && callbacks->epoch && !callbacks->epoch(callbacks->user, &e))
            run->stopped = true;
    }
}

static bool trace_new(trainer *t, watch *w, lcnn_errors *errors) {
    t->trace.node = arena_array(t->arena, (size_t)t->graph->count, sizeof *t->trace.node);
    t->trace.tensor = arena_array(t->arena, (size_t)t->network->count + 1, sizeof *t->trace.tensor);
    if (t->trace.node && t->trace.tensor)
        return watch_begin(w, t->graph, train_step_size(t, 0), errors);
    error_no_memory(errors);
    return false;
}

bool trainer_run(trainer *t, const lcnn_callbacks *callbacks, lcnn_errors *errors) {
    if (!train_possible(t, errors))
        return false;
    training run = {.trainer = t, .callbacks = callbacks, .errors = errors};
    watch w = {0};
    if (callbacks && callbacks->trace) {
        if (!trace_new(t, &w, errors))
            return false;
        run.watch = &w;
    }
    threads_hold(exec_threads(t->exec), run_epochs, &run);
    watch_end(&w);
    return !run.failed;
}
