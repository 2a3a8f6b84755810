/* bench_report.c - see bench_report.h. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bench_report.h"
#include "command.h"
#include "job.h"
#include "memory.h"
#include "text.h"

struct bench_report {
    const lcnn_model *model;
    const lcnn_data *data;
    json_t *json;  /* NULL: tables */
    bool has_rows; /* of the table of steps */
};

bench_report *bench_report_begin(const lcnn_model *model, const lcnn_data *data, bool json) {
    bench_report *r = memory_new(1, sizeof *r);
    *r = (bench_report){model, data, NULL, false};
    if (json) {
        r->json = json_pack("{s:s, s:s, s:s?, s:[], s:[], s:[]}", "model", lcnn_model_name(model),
                            "version", lcnn_version(), "data", data ? lcnn_data_name(data) : NULL,
                            "peaks", "steps", "layers");
        if (!r->json)
            no_memory();
        return r;
    }
    model_print_title(model, stdout);
    printf("  images      %s\n",
           data ? text_printf("of %s", text_plain(lcnn_data_name(data))) : "synthetic");
    fflush(stdout);
    return r;
}

/* Takes `row` into one of the object's arrays. */
static void append(const bench_report *r, const char *array, json_t *row) {
    if (!row || json_array_append_new(json_object_get(r->json, array), row) != 0)
        no_memory();
}

/* ---- Peaks ----------------------------------------------------------------------------------- */

void bench_report_peaks(bench_report *r) {
    table *t = r->json ? NULL : table_new("lr");
    if (t) {
        table_cell(t, "instruction set");
        table_cell(t, "peak of one thread, GFLOP/s");
        table_rule(t);
    }
    for (const char *const *isa = lcnn_isas(); *isa; isa++) {
        double peak = lcnn_isa_peak(*isa);
        if (t) {
            table_cell(t, *isa);
            table_cell(t, text_printf("%.1f", peak));
        } else {
            append(r, "peaks", json_pack("{s:s, s:f}", "isa", *isa, "gflops", peak));
        }
    }
    if (!t)
        return;
    putchar('\n');
    table_print(t, stdout, 2);
    table_free(t);
    fflush(stdout);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

/* A row of the table of steps, printed as soon as it is known: hence columns of fixed width. */
static void print_row(const char *const cells[], int count) {
    static const int width[] = {9, 9, 9, 11, 10, 10, 9, 9, 9};
    printf("  %-*s", width[0], cells[0]);
    for (int i = 1; i < count; i++)
        printf("%*s", width[i], cells[i]);
    putchar('\n');
    fflush(stdout);
}

static void print_step_heads(const char *isa) {
    static const char *const heads[] = {"mode",    "batch",   "threads", "images/s", "slowest",
                                        "fastest", "GFLOP/s", "peak",    "of peak"};
    printf("\nwhole steps, %s\n", isa);
    print_row(heads, 9);
    printf("  %.*s\n", 85,
           "--------------------------------------------------"
           "--------------------------------------------------");
}

void bench_report_steps(bench_report *r, const char *mode, int batch, const lcnn_bench *b) {
    if (r->json) {
        append(r, "steps",
               json_pack("{s:s, s:i, s:i, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "mode",
                         mode, "batch", batch, "threads", b->threads, "isa", b->isa,
                         "images_per_second", b->images_per_second, "slowest", b->slowest,
                         "fastest", b->fastest, "average", b->average, "gflops", b->gflops,
                         "peak_gflops", b->peak, "share_of_peak", b->gflops / b->peak,
                         "memory_bytes", (json_int_t)b->memory));
        return;
    }
    if (!r->has_rows)
        print_step_heads(b->isa);
    r->has_rows = true;
    const char *const cells[] = {mode,
                                 text_count(batch),
                                 text_count(b->threads),
                                 text_count((int64_t)b->images_per_second),
                                 text_count((int64_t)b->slowest),
                                 text_count((int64_t)b->fastest),
                                 text_printf("%.1f", b->gflops),
                                 text_printf("%.1f", b->peak),
                                 text_printf("%.0f %%", 100 * b->gflops / b->peak)};
    print_row(cells, 9);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static const char *const pass_name[LCNN_PASSES] = {"forward", "input grad.", "weight grad."};

/* "c1 conv2d", but not "relu_1 relu". */
static const char *layer_title(const lcnn_layer *layer) {
    const char *name = text_plain(layer->name);
    return strncmp(name, layer->op, strlen(layer->op)) == 0 ? name
                                                            : text_printf("%s %s", name, layer->op);
}

static void print_pass(table *t, const lcnn_layer_times *times, int pass,
                       const lcnn_bench_layers *all) {
    double seconds = times->seconds[pass];
    double gflops = 2e-9 * (double)times->macs[pass] / seconds;
    bool counted = times->macs[pass] > 0;
    table_cell(t, pass_name[pass]);
    table_cell(t, text_count((int64_t)(1e9 * seconds + 0.5)));
    table_cell(t, text_printf("%.1f %%", 100 * seconds / all->step));
    table_cell(t, counted ? text_printf("%.1f", gflops) : "");
    table_cell(t, counted ? text_printf("%.0f %%", 100 * gflops / all->peak) : "");
}

static void print_layers(const lcnn_model *model, const char *mode, int batch,
                         const lcnn_bench_layers *l) {
    static const char *const heads[] = {"layer",   "pass",    "ns/image",
                                        "of step", "GFLOP/s", "of peak"};
    table *t = table_new("llrrrr");
    for (int i = 0; i < 6; i++)
        table_cell(t, heads[i]);
    table_rule(t);
    for (int i = 0; i < lcnn_model_layer_count(model); i++) {
        const lcnn_layer layer = lcnn_model_layer(model, i);
        for (int pass = 0; pass < LCNN_PASSES; pass++) {
            if (pass > 0 && !(l->layer[i].seconds[pass] > 0))
                continue;
            table_cell(t, pass == 0 ? layer_title(&layer) : "");
            print_pass(t, &l->layer[i], pass, l);
        }
    }
    table_rule(t);
    const char *const foot[] = {"data, update, the rest",
                                "",
                                text_count((int64_t)(1e9 * l->rest + 0.5)),
                                text_printf("%.1f %%", 100 * l->rest / l->step),
                                "",
                                ""};
    for (int i = 0; i < 6; i++)
        table_cell(t, foot[i]);
    printf("\nlayers, %s at batch %s with one thread, peak %.1f GFLOP/s\n", mode, text_count(batch),
           l->peak);
    table_print(t, stdout, 2);
    table_free(t);
    fflush(stdout);
}

static json_t *layers_json(const lcnn_model *model, const lcnn_bench_layers *l) {
    json_t *rows = json_array();
    for (int i = 0; i < lcnn_model_layer_count(model); i++) {
        const lcnn_layer layer = lcnn_model_layer(model, i);
        json_t *row = json_pack("{s:s, s:s}", "name", layer.name, "op", layer.op);
        static const char *const keys[] = {"forward", "input_gradient", "weight_gradient"};
        for (int pass = 0; row && pass < LCNN_PASSES; pass++) {
            double seconds = l->layer[i].seconds[pass];
            int64_t macs = l->layer[i].macs[pass];
            if (!(seconds > 0))
                continue;
            double gflops = 2e-9 * (double)macs / seconds;
            json_object_set_new(row, keys[pass],
                                json_pack("{s:f, s:I, s:f, s:f}", "seconds", seconds,
                                          "multiply_adds", (json_int_t)macs, "gflops", gflops,
                                          "share_of_peak", gflops / l->peak));
        }
        if (!row || json_array_append_new(rows, row) != 0)
            no_memory();
    }
    return rows;
}

void bench_report_layers(bench_report *r, const char *mode, int batch, const lcnn_bench_layers *l) {
    if (r->json)
        append(r, "layers",
               json_pack("{s:s, s:i, s:s, s:f, s:f, s:f, s:o}", "mode", mode, "batch", batch, "isa",
                         l->isa, "peak_gflops", l->peak, "step_seconds", l->step, "rest_seconds",
                         l->rest, "layers", layers_json(r->model, l)));
    else
        print_layers(r->model, mode, batch, l);
}

void bench_report_end(bench_report *r, bool complete) {
    if (r->json && complete) {
        json_dumpf(r->json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
    }
    json_decref(r->json);
    free(r);
}
