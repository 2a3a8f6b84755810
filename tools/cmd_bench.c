/* cmd_bench.c - `lcnn bench`: how fast a model trains and answers here, beside the processor's
 * limit. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "text.h"

enum { MOST_VALUES = 16 };

static const option options[] = {
    {"batch", "LIST", OPTION_TEXT, offsetof(arguments, batches), 0,
     "batch sizes, separated by commas (default: 1,32,128,1024)"},
    {"threads", "LIST", OPTION_TEXT, offsetof(arguments, thread_list), 0,
     "numbers of threads, separated by commas (default: 1, and all that the machine grants)"},
    {"mode", "NAME", OPTION_TEXT, offsetof(arguments, mode), 0,
     "training or inference alone (default: both)"},
    {"repeat", "N", OPTION_NUMBER, offsetof(arguments, repeat), 1,
     "repetitions of each measurement, whose median counts (default: 7)"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here)"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model, as in 'lcnn run'"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0, "print one JSON object instead"},
    {0},
};

/* What to measure. */
typedef struct series {
    const arguments *args;
    lcnn_model *model;
    int batch[MOST_VALUES], threads[MOST_VALUES];
    int batches, thread_counts;
    bool training[2]; /* [modes] */
    int modes;
    json_t *json; /* array of measurements, or NULL */
    table *rows;
    const char *isa;
    lcnn_bench *layers; /* of the last training with one thread, for the table of layers */
    int layers_batch;
} series;

/* "1,32,128" into numbers; the count, or 0 when it is no such list. */
static int parse_list(const char *text, int values[MOST_VALUES]) {
    int count = 0;
    while (count < MOST_VALUES) {
        char *end;
        long value = strtol(text, &end, 10);
        if (end == text || value < 1 || value > 1 << 20)
            return 0;
        values[count++] = (int)value;
        if (*end == '\0')
            return count;
        if (*end != ',')
            return 0;
        text = end + 1;
    }
    return 0;
}

static void add_json(const series *s, const lcnn_bench *b, bool training, int batch) {
    json_t *one =
        json_pack("{s:s, s:i, s:i, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "mode",
                  training ? "training" : "inference", "batch", batch, "threads", b->threads, "isa",
                  b->isa, "images_per_second", b->images_per_second, "slowest", b->slowest,
                  "fastest", b->fastest, "gflops", b->gflops, "peak_gflops", b->peak,
                  "share_of_peak", b->gflops / b->peak, "memory_bytes", (json_int_t)b->memory);
    json_t *layers = json_array();
    for (int i = 0; b->layers && i < lcnn_model_layer_count(s->model); i++) {
        const lcnn_bench_layer *l = &b->layers[i];
        json_array_append_new(layers,
                              json_pack("{s:s, s:s, s:f, s:f, s:I, s:I}", "name",
                                        lcnn_model_layer(s->model, i).name, "op",
                                        lcnn_model_layer(s->model, i).op, "forward_seconds",
                                        l->forward, "backward_seconds", l->backward,
                                        "forward_multiply_adds", (json_int_t)l->forward_macs,
                                        "backward_multiply_adds", (json_int_t)l->backward_macs));
    }
    if (!one || !layers || json_object_set_new(one, "layers", layers) != 0 ||
        json_array_append_new(s->json, one) != 0)
        no_memory();
}

static void add_row(const series *s, const lcnn_bench *b, bool training, int batch) {
    table_cell(s->rows, training ? "training" : "inference");
    table_cell(s->rows, text_count(batch));
    table_cell(s->rows, text_count(b->threads));
    table_cell(s->rows, text_count((int64_t)b->images_per_second));
    table_cell(s->rows, text_count((int64_t)b->slowest));
    table_cell(s->rows, text_count((int64_t)b->fastest));
    table_cell(s->rows, text_printf("%.1f", b->gflops));
    table_cell(s->rows, text_printf("%.1f", b->peak));
    table_cell(s->rows, text_printf("%.0f %%", 100 * b->gflops / b->peak));
}

/* One cell of the series; false after a message. */
static bool measure(series *s, bool training, int batch, int threads, lcnn_errors *errors) {
    const lcnn_bench_options how = {.training = training,
                                    .batch_size = batch,
                                    .threads = threads,
                                    .isa = s->args->isa,
                                    .repetitions =
                                        s->args->repeat.given ? s->args->repeat.value : 7};
    if (!s->json && terminal_is(stderr))
        fprintf(stderr, "\r%s, batch %d, threads %d ...\033[K", training ? "training" : "inference",
                batch, threads);
    lcnn_bench *b = lcnn_bench_run(s->model, &how, errors);
    if (!s->json && terminal_is(stderr))
        fputs("\r\033[K", stderr);
    if (!b)
        return false;
    s->isa = b->isa;
    if (s->json)
        add_json(s, b, training, batch);
    else
        add_row(s, b, training, batch);
    if (training && b->layers) {
        lcnn_bench_free(s->layers);
        s->layers = b;
        s->layers_batch = batch;
    } else {
        lcnn_bench_free(b);
    }
    return true;
}

static bool measure_all(series *s, lcnn_errors *errors) {
    for (int m = 0; m < s->modes; m++)
        for (int b = 0; b < s->batches; b++)
            for (int t = 0; t < s->thread_counts; t++)
                if (!measure(s, s->training[m], s->batch[b], s->threads[t], errors))
                    return false;
    return true;
}

static const char *speed(int64_t macs, double seconds) {
    return macs > 0 && seconds > 0 ? text_printf("%.1f", 2e-9 * (double)macs / seconds) : "";
}

static const char *share(int64_t macs, double seconds, double peak) {
    return macs > 0 && seconds > 0 ? text_printf("%.0f %%", 2e-7 * (double)macs / seconds / peak)
                                   : "";
}

static void print_layers(const series *s) {
    table *t = table_new("llrrrrrr");
    static const char *const heads[] = {"layer",   "operator",    "forward ns", "GFLOP/s",
                                        "of peak", "backward ns", "GFLOP/s",    "of peak"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        table_cell(t, heads[i]);
    table_rule(t);
    for (int i = 0; i < lcnn_model_layer_count(s->model); i++) {
        const lcnn_layer layer = lcnn_model_layer(s->model, i);
        const lcnn_bench_layer *l = &s->layers->layers[i];
        table_cell(t, text_plain(layer.name));
        table_cell(t, layer.op);
        table_cell(t, text_printf("%.0f", 1e9 * l->forward));
        table_cell(t, speed(l->forward_macs, l->forward));
        table_cell(t, share(l->forward_macs, l->forward, s->layers->peak));
        table_cell(t, text_printf("%.0f", 1e9 * l->backward));
        table_cell(t, speed(l->backward_macs, l->backward));
        table_cell(t, share(l->backward_macs, l->backward, s->layers->peak));
    }
    printf("\nlayers, per image, training with one thread at batch %d\n", s->layers_batch);
    table_print(t, stdout, 2);
    table_free(t);
}

static void print_all(const series *s) {
    model_print_title(s->model, stdout);
    printf("  computing   %s, on synthetic images; GFLOP/s counts convolutions and dense layers;\n"
           "              the peak is that of fused multiply-adds on as many threads\n\n",
           s->isa);
    table_print(s->rows, stdout, 2);
    if (s->layers)
        print_layers(s);
}

static void read_mode(series *s) {
    const arguments *args = s->args;
    const char *mode = args->mode;
    if (mode && strcmp(mode, "training") != 0 && strcmp(mode, "inference") != 0)
        usage_error(args->command, args->argc, args->argv, -1,
                    "--mode wants training or inference, not '%s'", text_plain(mode));
    if (!mode || strcmp(mode, "training") == 0)
        s->training[s->modes++] = true;
    if (!mode || strcmp(mode, "inference") == 0)
        s->training[s->modes++] = false;
}

static int read_lists(series *s) {
    const arguments *args = s->args;
    read_mode(s);
    s->batches = parse_list(args->batches ? args->batches : "1,32,128,1024", s->batch);
    s->thread_counts = args->thread_list ? parse_list(args->thread_list, s->threads) : 2;
    if (!args->thread_list) {
        s->threads[0] = 1;
        s->threads[1] = 0;
        s->thread_counts = lcnn_threads_available() > 1 ? 2 : 1;
    }
    if (!s->batches)
        usage_error(args->command, args->argc, args->argv, -1,
                    "--batch wants numbers from 1 separated by commas, not '%s'",
                    text_plain(args->batches));
    if (!s->thread_counts)
        usage_error(args->command, args->argc, args->argv, -1,
                    "--threads wants numbers from 1 separated by commas, not '%s'",
                    text_plain(args->thread_list));
    return LCNN_OK;
}

static int bench_main(const arguments *args) {
    static const char *const heads[] = {"mode",    "batch",   "threads", "images/s", "slowest",
                                        "fastest", "GFLOP/s", "peak",    "of peak"};
    series s = {
        .args = args, .rows = table_new("lrrrrrrrr"), .json = args->json ? json_array() : NULL};
    int status = read_lists(&s);
    s.model = job_model(args, args->operand[0], &status);
    if (!s.model)
        return status;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        table_cell(s.rows, heads[i]);
    table_rule(s.rows);
    lcnn_errors *errors = messages_begin();
    bool done = measure_all(&s, errors);
    if (done && args->json) {
        json_t *all = json_pack("{s:s, s:s, s:o}", "model", lcnn_model_name(s.model), "version",
                                lcnn_version(), "measurements", s.json);
        if (!all)
            no_memory();
        json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        json_decref(all);
    } else if (done) {
        print_all(&s);
    }
    lcnn_bench_free(s.layers);
    table_free(s.rows);
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
        "Times whole steps on synthetic images of the model's shape: data, forward, backward and "
        "update for training, forward alone for inference. The peak of the processor is measured "
        "in between, so that the share of it means something on a machine that others use, too.",
    .options = options,
    .examples = "lcnn bench lenet5\n"
                "lcnn bench lenet5 --batch 32 --threads 1 --isa avx2",
    .run = bench_main,
};
