/* bench.c - see bench.h.
 *
 * Others may be using the machine. So everything is measured in samples of about a millisecond, of
 * which the median counts: one that nobody interrupted, as long as fewer than half are. The peak is
 * measured after every sample, so that it sees the same clock rate and neighbours. Of steps that
 * take far longer this makes nothing worse. */
#include "config.h"

#include "bench.h"

#include "clock.h"
#include "exec.h"
#include "rng.h"
#include "select.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_REPETITIONS = 1000, MOST_SAMPLES = 256 };

/* A repetition takes so long, or as long as a sample where that is longer. */
static const double REPETITION_SECONDS = 0.2, SAMPLE_SECONDS = 0.2 / MOST_SAMPLES;

/* A model ready to run on images that are there. */
typedef struct subject {
    arena *arena;
    network *network;
    attr_component method;
    split images;
    feed feed;
    exec *exec;
    uint32_t count;   /* of the images, those measured on */
    uint32_t *sample; /* [count + batch]: these in turn, and on from the first */
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
        labels[i] = (uint8_t)(i % m->graph->classes);
    s->images = (split){(uint32_t)s->batch, bytes, labels};
    return true;
}

/* The images that the model is trained on where there are any, else those that it is tested on. */
static bool choose_images(subject *s, const model *m, const dataset *d, samples *chosen,
                          lcnn_errors *errors) {
    selection all;
    if (!select_images(m, d, true, &all, s->arena, errors))
        return false;
    bool train = all.training.count > 0;
    s->images = train ? all.train : all.test;
    *chosen = train ? all.training : all.testing;
    if (chosen->count == 0)
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has no images for this model",
                  d->info.name);
    return chosen->count > 0;
}

static bool make_samples(subject *s, const model *m, const dataset *d, lcnn_errors *errors) {
    samples chosen = {0};
    if (d && !choose_images(s, m, d, &chosen, errors))
        return false;
    if (!d && !draw_images(s, m)) {
        error_no_memory(errors);
        return false;
    }
    s->count = d ? chosen.count : s->images.count;
    size_t count = (size_t)s->count + (size_t)s->batch;
    s->feed = (feed){&s->images, m->info->image, m->data.transform_count, m->data.transform,
                     m->data.transform_shape};
    s->sample = arena_array(s->arena, count, sizeof *s->sample);
    if (!s->sample)
        error_no_memory(errors);
    for (size_t i = 0; s->sample && i < count; i++)
        s->sample[i] = d ? chosen.index[i % s->count] : (uint32_t)(i % s->count);
    return s->sample != NULL;
}

static void subject_free(subject *s) {
    exec_free(s->exec);
    network_free(s->network);
    arena_free(s->arena);
}

static bool subject_new(subject *s, const model *m, const backend *b,
                        const lcnn_bench_options *options, const dataset *d, lcnn_errors *errors) {
    *s = (subject){.arena = arena_new(), .batch = options->batch_size};
    graph *g = s->arena ? graph_with_ops(m->graph, &b->ops, s->arena) : NULL;
    if (g) {
        s->loss = arena_array(s->arena, (size_t)s->batch, sizeof *s->loss);
        s->gflops = arena_array(s->arena, (size_t)options->threads, sizeof *s->gflops);
    }
    if (!g || !s->loss || !s->gflops) {
        error_no_memory(errors);
        return false;
    }
    if (!make_samples(s, m, d, errors))
        return false;
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
    s->next = (uint32_t)(((uint64_t)s->next + (uint64_t)s->batch) % s->count);
}

/* ---- Measuring ------------------------------------------------------------------------------- */

/* GFLOP/s of independent fused multiply-adds, over some microseconds. */
static double peak_now(const backend *b) {
    real sink;
    double began = clock_seconds();
    int64_t macs = b->peak(1 << 14, &sink);
    return 2e-9 * (double)macs / (clock_seconds() - began);
}

typedef struct peak_job {
    const backend *backend;
    double *gflops; /* [threads] */
} peak_job;

static void run_peak(void *argument, int index, int threads) {
    (void)threads;
    const peak_job *job = argument;
    job->gflops[index] = peak_now(job->backend);
}

/* The same summed over this many threads; `gflops` has room for one of each. */
static double peak_of_threads(const backend *b, int threads, double *gflops) {
    double sum = 0;
    threads_run(threads, run_peak, &(peak_job){b, gflops});
    for (int i = 0; i < threads; i++)
        sum += gflops[i];
    return sum;
}

/* Steps for SAMPLE_SECONDS, one at least. */
typedef struct sample {
    double seconds, images;
} sample;

static sample take_sample(subject *s, bool training) {
    sample found = {0};
    double began = clock_seconds();
    while (found.seconds < SAMPLE_SECONDS) {
        run_once(s, training);
        found.images += s->batch;
        found.seconds = clock_seconds() - began;
    }
    return found;
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
    double peak[MOST_SAMPLES], end = clock_seconds() + REPETITION_SECONDS;
    size_t count = 0;
    do
        peak[count++] = peak_now(b);
    while (count < MOST_SAMPLES && clock_seconds() < end);
    return median(peak, count);
}

/* ---- Whole steps ----------------------------------------------------------------------------- */

/* Measuring as threads_hold wants it, since training runs so. */
typedef struct measurement {
    subject *subject;
    const backend *backend;
    const lcnn_bench_options *options;
    lcnn_bench *result;
} measurement;

/* One repetition: images per second, the peak meanwhile, and what it adds to the sum of all. */
static double repeat(const measurement *m, double *peak, sample *all) {
    double speed[MOST_SAMPLES], peaks[MOST_SAMPLES], end = clock_seconds() + REPETITION_SECONDS;
    size_t count = 0;
    do {
        sample found = take_sample(m->subject, m->options->training);
        speed[count] = found.images / found.seconds;
        all->images += found.images;
        all->seconds += found.seconds;
        peaks[count++] = peak_of_threads(m->backend, m->options->threads, m->subject->gflops);
    } while (count < MOST_SAMPLES && clock_seconds() < end);
    *peak = median(peaks, count);
    return median(speed, count);
}

static void measure(void *argument) {
    const measurement *m = argument;
    lcnn_bench *result = m->result;
    double speed[MOST_REPETITIONS], peak[MOST_REPETITIONS];
    sample all = {0};
    size_t n = (size_t)m->options->repetitions;
    run_once(m->subject, m->options->training);
    for (size_t i = 0; i < n; i++)
        speed[i] = repeat(m, &peak[i], &all);
    result->average = all.images / all.seconds;
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
                      const dataset *d, lcnn_errors *errors) {
    subject s = {0};
    if (!options_fit(options, errors))
        return NULL;
    lcnn_bench *result = calloc(1, sizeof *result);
    if (!result) {
        error_no_memory(errors);
    } else if (subject_new(&s, m, b, options, d, errors)) {
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

/* A sample has a number for every pass of every layer, [layer][pass], and these at last. */
enum { WHOLE_STEP, REST, PEAK, EXTRA };

typedef struct layer_clock {
    subject *subject;
    const backend *backend;
    bool training;
    int layers;
    exec_times *times; /* [layers] */
    double *number;    /* [layers * LCNN_PASSES + EXTRA][room] */
    size_t room, taken;
} layer_clock;

static double *row_of(const layer_clock *c, int layer, int pass) {
    return c->number + (size_t)(layer * LCNN_PASSES + pass) * c->room;
}

static void time_layers(layer_clock *c) {
    size_t i = c->taken++;
    memset(c->times, 0, (size_t)c->layers * sizeof *c->times);
    exec_profile(c->subject->exec, c->times);
    sample found = take_sample(c->subject, c->training);
    exec_profile(c->subject->exec, NULL);
    double rest = found.seconds;
    for (int n = 0; n < c->layers; n++) {
        const double taken[LCNN_PASSES] = {c->times[n].forward, c->times[n].backward,
                                           c->times[n].backward_params};
        for (int pass = 0; pass < LCNN_PASSES; pass++) {
            row_of(c, n, pass)[i] = taken[pass] / found.images;
            rest -= taken[pass];
        }
    }
    row_of(c, c->layers, WHOLE_STEP)[i] = found.seconds / found.images;
    row_of(c, c->layers, REST)[i] = rest / found.images;
    row_of(c, c->layers, PEAK)[i] = peak_now(c->backend);
}

static bool measure_layers(layer_clock *c, const graph *g, int repetitions,
                           lcnn_bench_layers *result, lcnn_layer_times *layer) {
    arena *a = c->subject->arena;
    c->layers = g->count;
    c->room = (size_t)repetitions * MOST_SAMPLES;
    c->times = arena_array(a, (size_t)c->layers, sizeof *c->times);
    c->number =
        arena_array(a, (size_t)(c->layers * LCNN_PASSES + EXTRA), c->room * sizeof *c->number);
    if (!c->times || !c->number)
        return false;
    run_once(c->subject, c->training);
    double end = clock_seconds() + repetitions * REPETITION_SECONDS;
    do
        time_layers(c);
    while (c->taken < c->room && clock_seconds() < end);
    for (int n = 0; n < c->layers; n++)
        for (int pass = 0; pass < LCNN_PASSES; pass++) {
            layer[n].seconds[pass] = median(row_of(c, n, pass), c->taken);
            bool needed = layer[n].seconds[pass] > 0;
            layer[n].macs[pass] = needed ? g->node[n].shapes.macs : 0;
        }
    *result = (lcnn_bench_layers){.isa = c->backend->name,
                                  .peak = median(row_of(c, c->layers, PEAK), c->taken),
                                  .step = median(row_of(c, c->layers, WHOLE_STEP), c->taken),
                                  .rest = median(row_of(c, c->layers, REST), c->taken),
                                  .layer = layer};
    return true;
}

lcnn_bench_layers *bench_layers(const model *m, const backend *b, const lcnn_bench_options *options,
                                const dataset *d, lcnn_errors *errors) {
    subject s = {0};
    if (!options_fit(options, errors))
        return NULL;
    /* The layers lie behind the result in one piece of memory. */
    size_t count = (size_t)m->graph->count;
    lcnn_bench_layers *result = calloc(1, sizeof *result + count * sizeof *result->layer);
    bool ready = result && subject_new(&s, m, b, options, d, errors);
    layer_clock clock = {.subject = &s, .backend = b, .training = options->training};
    bool done = ready && measure_layers(&clock, m->graph, options->repetitions, result,
                                        (lcnn_layer_times *)(result + 1));
    if (!result || (ready && !done))
        error_no_memory(errors);
    subject_free(&s);
    if (done)
        return result;
    free(result);
    return NULL;
}
