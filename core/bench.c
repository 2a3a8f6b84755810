/* bench.c - see bench.h. Speed and peak are measured in turn, so that both see the same machine:
 * others may be using it. */
#include "config.h"

#include "bench.h"

#include "clock.h"
#include "exec.h"
#include "rng.h"
#include "threads.h"

#include <stdlib.h>

enum { MOST_REPETITIONS = 1000 };

/* Seconds to measure for at a time. */
static const double SPEED_SECONDS = 0.2, PEAK_SECONDS = 0.02;

/* A model ready to run on images of no meaning. */
typedef struct subject {
    arena *arena;
    network *network;
    attr_component method;
    split images;
    feed feed;
    exec *exec;
    uint32_t *sample; /* [batch] */
    real *loss;       /* [batch] */
    double *gflops;   /* [threads] */
    int batch;
} subject;

/* ---- The subject ----------------------------------------------------------------------------- */

static bool draw_images(subject *s, const model *m) {
    size_t size = shape_size(&m->info->image) * (size_t)s->batch;
    uint8_t *bytes = arena_array(s->arena, size + 4, 1),
            *labels = arena_array(s->arena, (size_t)s->batch, 1);
    const rng_key key = {.seed = 1, .purpose = RNG_BENCH};
    if (!bytes || !labels)
        return false;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word[4];
        rng_words(&key, (uint32_t)(i >> 32), (uint32_t)i, word);
        for (size_t k = 0; k < 4; k++)
            bytes[i + k] = (uint8_t)word[k];
    }
    for (int i = 0; i < s->batch; i++)
        labels[i] = (uint8_t)(i % m->info->classes);
    s->images = (split){(uint32_t)s->batch, bytes, labels};
    s->feed = (feed){&s->images, m->info->image, m->data.transform_count, m->data.transform,
                     m->data.transform_shape};
    return true;
}

static void subject_free(subject *s) {
    exec_free(s->exec);
    network_free(s->network);
    arena_free(s->arena);
}

static bool subject_new(subject *s, const model *m, const backend *b,
                        const lcnn_bench_options *options, lcnn_errors *errors) {
    *s = (subject){.arena = arena_new(), .batch = options->batch_size};
    graph *g = s->arena ? graph_with_ops(m->graph, &b->ops, s->arena) : NULL;
    if (g) {
        s->sample = arena_array(s->arena, (size_t)s->batch, sizeof *s->sample);
        s->loss = arena_array(s->arena, (size_t)s->batch, sizeof *s->loss);
        s->gflops = arena_array(s->arena, (size_t)options->threads, sizeof *s->gflops);
    }
    if (!g || !s->sample || !s->loss || !s->gflops || !draw_images(s, m)) {
        error_no_memory(errors);
        return false;
    }
    for (int i = 0; i < s->batch; i++)
        s->sample[i] = (uint32_t)i;
    s->method = m->train.optimizer;
    s->method.type = component_find(&b->optimizers, s->method.type->name);
    s->network = network_new(g, s->arena, errors);
    if (!s->network || !network_initialize(s->network, (uint64_t)m->train.seed, errors))
        return false;
    s->exec = exec_new(b, s->network, &s->feed, options->training, s->batch, options->threads,
                       options->training ? &s->method : NULL, errors);
    return s->exec != NULL;
}

/* One step. The rate is too small to lead the weights anywhere, but the update is computed all the
 * same. */
static void run_once(const subject *s, bool training) {
    const exec_batch batch = {.sample = s->sample, .count = s->batch, .seed = 1};
    const exec_update update = {&s->method, 1e-12};
    exec_run(s->exec, &batch, training ? &update : NULL, &(exec_answers){.loss = s->loss});
}

/* ---- Measuring ------------------------------------------------------------------------------- */

/* Images per second over about SPEED_SECONDS. */
static double measure_speed(const subject *s, bool training) {
    double began = clock_seconds(), seconds = 0;
    int64_t steps = 0;
    while (seconds < SPEED_SECONDS) {
        run_once(s, training);
        steps++;
        seconds = clock_seconds() - began;
    }
    return (double)steps * s->batch / seconds;
}

typedef struct peak_job {
    const backend *backend;
    double *gflops; /* [threads] */
} peak_job;

static void run_peak(void *argument, int index, int threads) {
    (void)threads;
    const peak_job *job = argument;
    double began = clock_seconds(), seconds = 0;
    int64_t macs = 0;
    while (seconds < PEAK_SECONDS) {
        real sink;
        macs += job->backend->peak(1 << 14, &sink);
        seconds = clock_seconds() - began;
    }
    job->gflops[index] = 2e-9 * (double)macs / seconds;
}

/* GFLOP/s of independent fused multiply-adds, summed over this many threads; `gflops` has room for
 * one of each. */
static double measure_peak(const backend *b, int threads, double *gflops) {
    double sum = 0;
    threads_run(threads, run_peak, &(peak_job){b, gflops});
    for (int i = 0; i < threads; i++)
        sum += gflops[i];
    return sum;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Measuring as threads_hold wants it, since training runs so. */
typedef struct measurement {
    const subject *subject;
    const backend *backend;
    const lcnn_bench_options *options;
    lcnn_bench *result;
} measurement;

static void measure(void *argument) {
    const measurement *m = argument;
    lcnn_bench *result = m->result;
    double speed[MOST_REPETITIONS], peak[MOST_REPETITIONS];
    size_t n = (size_t)m->options->repetitions;
    run_once(m->subject, m->options->training);
    for (size_t i = 0; i < n; i++) {
        peak[i] = measure_peak(m->backend, m->options->threads, m->subject->gflops);
        speed[i] = measure_speed(m->subject, m->options->training);
    }
    qsort(speed, n, sizeof *speed, ascending);
    qsort(peak, n, sizeof *peak, ascending);
    result->images_per_second = speed[n / 2];
    result->slowest = speed[0];
    result->fastest = speed[n - 1];
    result->peak = peak[n / 2];
    result->gflops = 2e-9 * (double)exec_macs(m->subject->exec) * result->images_per_second;
}

/* The time of each layer, in steps apart from those that were timed as a whole. */
static bool measure_layers(const subject *s, const model *m, bool training,
                           lcnn_bench_layer *layers) {
    exec_times *times = arena_array(s->arena, (size_t)m->graph->count, sizeof *times);
    if (!times)
        return false;
    double began = clock_seconds(), images = 0;
    exec_profile(s->exec, times);
    while (clock_seconds() - began < SPEED_SECONDS) {
        run_once(s, training);
        images += s->batch;
    }
    exec_profile(s->exec, NULL);
    for (int i = 0; i < m->graph->count; i++)
        layers[i] = (lcnn_bench_layer){
            .forward = times[i].forward / images,
            .backward = (times[i].backward + times[i].backward_params) / images,
            .forward_macs = m->graph->node[i].shapes.macs,
            .backward_macs = m->graph->node[i].shapes.macs *
                             ((times[i].backward > 0) + (times[i].backward_params > 0)),
        };
    return true;
}

static bool options_fit(const lcnn_bench_options *o, lcnn_errors *errors) {
    if (o->batch_size >= 1 && o->batch_size <= 1 << 20 && o->repetitions >= 1 &&
        o->repetitions <= MOST_REPETITIONS)
        return true;
    error_add(errors, LCNN_BAD_USAGE, (mark){0},
              "a benchmark takes batches of 1 to %d and 1 to %d repetitions, not %d and %d",
              1 << 20, MOST_REPETITIONS, o->batch_size, o->repetitions);
    return false;
}

lcnn_bench *bench_run(const model *m, const backend *b, const lcnn_bench_options *options,
                      lcnn_errors *errors) {
    subject s = {0};
    if (!options_fit(options, errors))
        return NULL;
    /* The layers lie behind the result in one piece of memory. */
    lcnn_bench *result =
        calloc(1, sizeof *result + (size_t)m->graph->count * sizeof *result->layers);
    lcnn_bench_layer *layers = (lcnn_bench_layer *)(result + 1);
    bool ready = result && subject_new(&s, m, b, options, errors);
    if (!result)
        error_no_memory(errors);
    if (ready) {
        measurement all = {&s, b, options, result};
        threads_hold(options->threads, measure, &all);
        result->isa = b->name;
        result->threads = options->threads;
        result->memory = exec_memory(s.exec) + s.network->size * sizeof(real);
        if (options->threads == 1 && measure_layers(&s, m, options->training, layers))
            result->layers = layers;
    }
    subject_free(&s);
    if (!ready) {
        free(result);
        return NULL;
    }
    return result;
}

void lcnn_bench_free(lcnn_bench *bench) {
    free(bench);
}
