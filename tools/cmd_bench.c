/* cmd_bench.c - `lcnn bench`: how fast a model trains and answers here, beside the processor's
 * limit. What is measured and in which order; how it is shown is in bench_report.c. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "bench_report.h"
#include "job.h"
#include "progress.h"
#include "text.h"

enum { MOST_VALUES = 16, REPETITIONS = 7 };

static const option options[] = {
    {"batch", "LIST", OPTION_TEXT, offsetof(arguments, batches), 0,
     "batch sizes, separated by commas (default: 1,8,32,128,1024)"},
    {"threads", "LIST", OPTION_TEXT, offsetof(arguments, thread_list), 0,
     "numbers of threads, separated by commas (default: 1, 2 and as many as the machine grants)"},
    {"mode", "NAME", OPTION_TEXT, offsetof(arguments, mode), 0,
     "training or inference alone (default: both)"},
    {"layers", "LIST", OPTION_TEXT, offsetof(arguments, layers), 0,
     "batch sizes at which to time each layer, with one thread; 0: none (default: those of "
     "--batch; without it the model's own)"},
    {"data", "NAME", OPTION_TEXT, offsetof(arguments, data), 0,
     "data set or folder to take images from, in turn (default: synthetic images)"},
    {"repeat", "N", OPTION_NUMBER, offsetof(arguments, repeat), 1,
     "repetitions of each measurement, whose median counts (default: 7)"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here)"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model, as in 'lcnn run'"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0, "print one JSON object instead"},
    {0},
};

/* Numbers of the command line. */
typedef struct list {
    int count;
    int value[MOST_VALUES];
} list;

/* What to measure. */
typedef struct series {
    const arguments *args;
    lcnn_model *model;
    lcnn_data *data;
    list batch, threads, layers;
    list training; /* 1: training, 0: inference */
    bench_report *report;
    int done, total; /* measurements */
    double began;
} series;

/* ---- The command line ------------------------------------------------------------------------ */

/* "1,32,128" into numbers, or a usage error. */
static list parse_list(const arguments *args, const char *name, const char *text) {
    list found = {0};
    const char *rest = text;
    for (;;) {
        char *end;
        long value = strtol(rest, &end, 10);
        if (end == rest || value < 1 || value > 1 << 20 || found.count == MOST_VALUES ||
            (*end != '\0' && *end != ','))
            break;
        found.value[found.count++] = (int)value;
        if (*end == '\0')
            return found;
        rest = end + 1;
    }
    usage_error(args->command, args->argc, args->argv, -1,
                "--%s wants up to %d numbers from 1 separated by commas, not '%s'", name,
                MOST_VALUES, text_plain(text));
}

static list default_threads(void) {
    list threads = {1, {1}};
    int granted = lcnn_threads_available();
    if (granted >= 2)
        threads.value[threads.count++] = 2;
    if (granted > 2)
        threads.value[threads.count++] = granted;
    return threads;
}

static void read_lists(series *s) {
    const arguments *args = s->args;
    s->batch = parse_list(args, "batch", args->batches ? args->batches : "1,8,32,128,1024");
    s->threads =
        args->thread_list ? parse_list(args, "threads", args->thread_list) : default_threads();
    if (args->layers && strcmp(args->layers, "0") != 0)
        s->layers = parse_list(args, "layers", args->layers);
    else if (!args->layers && args->batches)
        s->layers = s->batch;
    const char *mode = args->mode;
    if (!mode)
        s->training = (list){2, {1, 0}};
    else if (strcmp(mode, "training") == 0)
        s->training = (list){1, {1}};
    else if (strcmp(mode, "inference") == 0)
        s->training = (list){1, {0}};
    else
        usage_error(args->command, args->argc, args->argv, -1,
                    "--mode wants training or inference, not '%s'", text_plain(mode));
}

/* ---- Measuring ------------------------------------------------------------------------------- */

/* What is being done, where a terminal shows it; each measurement takes about as long as others. */
static void show_progress(const series *s, const char *what) {
    if (!terminal_is(stderr))
        return;
    const char *left = "";
    if (s->done > 0) {
        double each = (clock_seconds() - s->began) / s->done;
        left = text_printf(", %s left", text_duration(each * (s->total - s->done)));
    }
    const char *line = text_printf("  %d of %d: %s%s", s->done + 1, s->total, what, left);
    fprintf(stderr, "\r%.*s\033[K", terminal_width(stderr) - 1, line);
}

static void wipe_progress(void) {
    if (terminal_is(stderr))
        fputs("\r\033[K", stderr);
}

static lcnn_bench_options how(const series *s, bool training, int batch, int threads) {
    const arguments *args = s->args;
    return (lcnn_bench_options){.training = training,
                                .batch_size = batch,
                                .threads = threads,
                                .isa = args->isa,
                                .repetitions =
                                    args->repeat.given ? args->repeat.value : REPETITIONS,
                                .data = s->data};
}

static bool measure_steps(series *s, bool training, int batch, int threads, lcnn_errors *errors) {
    const char *mode = training ? "training" : "inference";
    lcnn_bench_options options_now = how(s, training, batch, threads);
    show_progress(s, text_printf("%s, batch %d, %s", mode, batch, text_plural(threads, "thread")));
    lcnn_bench *b = lcnn_bench_run(s->model, &options_now, errors);
    wipe_progress();
    s->done++;
    if (b)
        bench_report_steps(s->report, mode, batch, b);
    bool measured = b != NULL;
    lcnn_bench_free(b);
    return measured;
}

static bool measure_layers(series *s, int batch, lcnn_errors *errors) {
    bool training = s->training.value[0] == 1;
    const char *mode = training ? "training" : "inference";
    lcnn_bench_options options_now = how(s, training, batch, 1);
    show_progress(s, text_printf("layers, %s, batch %d", mode, batch));
    lcnn_bench_layers *layers = lcnn_bench_layers_run(s->model, &options_now, errors);
    wipe_progress();
    s->done++;
    if (layers)
        bench_report_layers(s->report, mode, batch, layers);
    bool measured = layers != NULL;
    lcnn_bench_layers_free(layers);
    return measured;
}

static bool measure_all(series *s, lcnn_errors *errors) {
    const list *batch = &s->batch, *threads = &s->threads, *training = &s->training;
    s->total = training->count * batch->count * threads->count + s->layers.count;
    s->began = clock_seconds();
    bench_report_peaks(s->report);
    for (int m = 0; m < training->count; m++)
        for (int b = 0; b < batch->count; b++)
            for (int t = 0; t < threads->count; t++)
                if (!measure_steps(s, training->value[m] == 1, batch->value[b], threads->value[t],
                                   errors))
                    return false;
    for (int l = 0; l < s->layers.count; l++)
        if (!measure_layers(s, s->layers.value[l], errors))
            return false;
    return true;
}

static int bench_main(const arguments *args) {
    series s = {.args = args};
    int status;
    read_lists(&s);
    s.model = job_model(args, args->operand[0], &status);
    if (!s.model)
        return status;
    if (!args->layers && !args->batches)
        s.layers = (list){1, {lcnn_model_batch_size(s.model)}};
    lcnn_errors *errors = messages_begin();
    if (args->data)
        s.data = lcnn_data_open(lcnn_model_data(s.model), errors);
    if (s.data || !args->data) {
        s.report = bench_report_begin(s.model, s.data, args->json);
        bool done = measure_all(&s, errors);
        bench_report_end(s.report, done);
    }
    lcnn_data_free(s.data);
    lcnn_model_free(s.model);
    return messages_end(errors);
}

const command cmd_bench = {
    .name = "bench",
    .summary = "Measure how fast a model trains and answers on this machine",
    .operands = "MODEL",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "Times whole steps: data, forward, backward and update for training, forward alone for "
        "inference; then each pass of each layer. GFLOP/s counts two operations per multiply-add "
        "of convolutions and dense layers, and nothing else. The peak is that of fused "
        "multiply-adds on as many threads, measured in between. Figures are medians, mostly of "
        "milliseconds, so that they mean something on a machine that others use, too.",
    .options = options,
    .examples = "lcnn bench lenet5\n"
                "lcnn bench lenet5 --batch 32 --threads 1 --isa avx2\n"
                "lcnn bench lenet5 --data mnist --mode training --layers 0",
    .run = bench_main,
};
