/* bench.c - see bench.h. Speed and peak are measured in turn, so that both see the same machine:
 * others may be using it. */
#include "config.h"

#include "bench.h"

#include "clock.h"
#include "exec.h"
#include "rng.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_REPETITIONS = 1000 };

/* A repetition is this many pieces of so many seconds: peak and speed in turn, since others come
 * and go within less than a second. */
enum { PIECES = 4 };
static const double SPEED_SECONDS = 0.05, PEAK_SECONDS = 0.005;

/* A model ready to run on images that are there. */
typedef struct subject {
    arena *arena;
    network *network;
    attr_component method;
    split images;
    feed feed;
    exec *exec;
    uint32_t *sample; /* [images.count + batch]: all in turn, and on from the first */
    uint32_t next;    /* index in `sample` of the next step's first */
    real *loss;       /* [batch] */
    double *gflops;   /* [threads] */
    int batch;
} subject;

/* ---- The subject ----------------------------------------------------------------------------- */

/* Images of no meaning. */
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
    return true;
}

static bool make_samples(subject *s, const model *m, const split *images) {
    if (images)
        s->images = *images;
    else if (!draw_images(s, m))
        return false;
    size_t count = (size_t)s->images.count + (size_t)s->batch;
    s->feed = (feed){&s->images, m->info->image, m->data.transform_count, m->data.transform,
                     m->data.transform_shape};
    s->sample = arena_array(s->arena, count, sizeof *s->sample);
    for (size_t i = 0; s->sample && i < count; i++)
        s->sample[i] = (uint32_t)(i % s->images.count);
    return s->sample != NULL;
}

static void subject_free(subject *s) {
    exec_free(s->exec);
    network_free(s->network);
    arena_free(s->arena);
}

static bool subject_new(subject *s, const model *m, const backend *b,
                        const lcnn_bench_options *options, const split *images,
                        lcnn_errors *errors) {
    *s = (subject){.arena = arena_new(), .batch = options->batch_size};
    graph *g = s->arena ? graph_with_ops(m->graph, &b->ops, s->arena) : NULL;
    if (g) {
        s->loss = arena_array(s->arena, (size_t)s->batch, sizeof *s->loss);
        s->gflops = arena_array(s->arena, (size_t)options->threads, sizeof *s->gflops);
    }
    if (!g || !s->loss || !s->gflops || !make_samples(s, m, images)) {
        error_no_memory(errors);
        return false;
    }
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
static void run_once(subject *s, bool training) {
    const exec_batch batch = {.sample = s->sample + s->next, .count = s->batch, .seed = 1};
    const exec_update update = {&s->method, 1e-12};
    exec_run(s->exec, &batch, training ? &update : NULL, &(exec_answers){.loss = s->loss});
    s->next = (uint32_t)(((uint64_t)s->next + (uint64_t)s->batch) % s->images.count);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

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

/* What a repetition did, and the peak meanwhile. */
typedef struct repetition {
    double seconds, images, peak;
} repetition;

/* Steps for about SPEED_SECONDS. */
static void run_for_a_while(subject *s, bool training, repetition *r) {
    double began = clock_seconds(), passed = 0;
    while (passed < SPEED_SECONDS) {
        run_once(s, training);
        r->images += s->batch;
        passed = clock_seconds() - began;
    }
    r->seconds += passed;
}

static repetition repeat(subject *s, const backend *b, bool training, int threads) {
    repetition r = {0};
    for (int i = 0; i < PIECES; i++) {
        r.peak += measure_peak(b, threads, s->gflops) / PIECES;
        run_for_a_while(s, training, &r);
    }
    return r;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts them. */
static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return values[count / 2];
}

double bench_peak(const backend *b) {
    enum { REPETITIONS = 7 };
    double peak[REPETITIONS], gflops;
    for (int i = 0; i < REPETITIONS; i++)
        peak[i] = measure_peak(b, 1, &gflops);
    return median(peak, REPETITIONS);
}

/* ---- Whole steps ----------------------------------------------------------------------------- */

/* Measuring as threads_hold wants it, since training runs so. */
typedef struct measurement {
    subject *subject;
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
        repetition r = repeat(m->subject, m->backend, m->options->training, m->options->threads);
        speed[i] = r.images / r.seconds;
        peak[i] = r.peak;
    }
    result->images_per_second = median(speed, n);
    result->slowest = speed[0];
    result->fastest = speed[n - 1];
    result->peak = median(peak, n);
    result->gflops = 2e-9 * (double)exec_macs(m->subject->exec) * result->images_per_second;
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
                      const split *images, lcnn_errors *errors) {
    subject s = {0};
    if (!options_fit(options, errors))
        return NULL;
    lcnn_bench *result = calloc(1, sizeof *result);
    if (!result) {
        error_no_memory(errors);
    } else if (subject_new(&s, m, b, options, images, errors)) {
        measurement all = {&s, b, options, result};
        threads_hold(options->threads, measure, &all);
        result->isa = b->name;
        result->threads = options->threads;
        result->memory = exec_memory(s.exec) + s.network->size * sizeof(real);
    } else {
        free(result);
        result = NULL;
    }
    subject_free(&s);
    return result;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

/* Seconds per image of every repetition: [what][repetition], where what is a pass of a layer,
 * [layer][pass], then the whole step and what of it no layer takes. */
enum { WHOLE_STEP, REST, EXTRA };
typedef struct layer_samples {
    double *seconds;
    size_t repetitions;
} layer_samples;

static double *sample_row(const layer_samples *all, int layer, int pass) {
    return all->seconds + (size_t)(layer * LCNN_PASSES + pass) * all->repetitions;
}

/* One repetition; returns the peak. */
static double time_layers(subject *s, const backend *b, bool training, exec_times *times,
                          int layers, const layer_samples *all, size_t number) {
    memset(times, 0, (size_t)layers * sizeof *times);
    exec_profile(s->exec, times);
    repetition r = repeat(s, b, training, 1);
    exec_profile(s->exec, NULL);
    double rest = r.seconds;
    for (int i = 0; i < layers; i++) {
        const double seconds[LCNN_PASSES] = {times[i].forward, times[i].backward,
                                             times[i].backward_params};
        for (int pass = 0; pass < LCNN_PASSES; pass++) {
            sample_row(all, i, pass)[number] = seconds[pass] / r.images;
            rest -= seconds[pass];
        }
    }
    sample_row(all, layers, WHOLE_STEP)[number] = r.seconds / r.images;
    sample_row(all, layers, REST)[number] = rest / r.images;
    return r.peak;
}

static bool measure_layers(subject *s, const model *m, const backend *b, bool training,
                           size_t repetitions, lcnn_bench_layers *result, lcnn_layer_times *layer) {
    int count = m->graph->count;
    exec_times *times = arena_array(s->arena, (size_t)count, sizeof *times);
    double *peak = arena_array(s->arena, repetitions, sizeof *peak);
    layer_samples all = {arena_array(s->arena, (size_t)(count * LCNN_PASSES + EXTRA),
                                     repetitions * sizeof *all.seconds),
                         repetitions};
    if (!times || !peak || !all.seconds)
        return false;
    run_once(s, training);
    for (size_t r = 0; r < repetitions; r++)
        peak[r] = time_layers(s, b, training, times, count, &all, r);
    for (int i = 0; i < count; i++)
        for (int pass = 0; pass < LCNN_PASSES; pass++) {
            layer[i].seconds[pass] = median(sample_row(&all, i, pass), repetitions);
            bool needed = layer[i].seconds[pass] > 0;
            layer[i].macs[pass] = needed ? m->graph->node[i].shapes.macs : 0;
        }
    *result = (lcnn_bench_layers){.isa = b->name,
                                  .peak = median(peak, repetitions),
                                  .step = median(sample_row(&all, count, WHOLE_STEP), repetitions),
                                  .rest = median(sample_row(&all, count, REST), repetitions),
                                  .layer = layer};
    return true;
}

lcnn_bench_layers *bench_layers(const model *m, const backend *b, const lcnn_bench_options *options,
                                const split *images, lcnn_errors *errors) {
    subject s = {0};
    if (!options_fit(options, errors))
        return NULL;
    /* The layers lie behind the result in one piece of memory. */
    size_t count = (size_t)m->graph->count;
    lcnn_bench_layers *result = calloc(1, sizeof *result + count * sizeof *result->layer);
    bool ready = result && subject_new(&s, m, b, options, images, errors);
    bool done = ready && measure_layers(&s, m, b, options->training, (size_t)options->repetitions,
                                        result, (lcnn_layer_times *)(result + 1));
    if (!result || (ready && !done))
        error_no_memory(errors);
    subject_free(&s);
    if (done)
        return result;
    free(result);
    return NULL;
}
