/* report_run_origin.c - the end of the page of a run: the network layer by layer, the model file,
 * and where the run comes from: how to repeat it, on what it was made, its hashes. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "job.h"
#include "report_run_parts.h"
#include "rundir.h"
#include "text.h"

/* ---- The network ------------------------------------------------------------------------------ */

static void add_layer_row(page *out, const lcnn_layer *l, bool connections) {
    page_cell(out, l->name);
    page_cell(out, l->op);
    page_cell(out, l->output);
    page_cell(out, l->parameters ? text_count(l->parameters) : "");
    page_cell(out, l->macs ? text_count(l->macs) : "");
    if (connections)
        page_cell(out, l->connections ? text_count(l->connections) : "");
}

static void add_layer_table(page *out, const lcnn_model *m) {
    static const char *const heads[] = {"layer",      "operator",      "output",
                                        "parameters", "multiply-adds", "connections"};
    lcnn_layer total = model_total(m);
    bool connections = total.connections > 0;
    total.op = total.output = "";
    page_table_begin(out, connections ? "lllrrr" : "lllrr", NULL);
    for (int i = 0; i < (connections ? 6 : 5); i++)
        page_head(out, heads[i]);
    for (int i = 0; i < lcnn_model_layer_count(m); i++) {
        lcnn_layer l = lcnn_model_layer(m, i);
        add_layer_row(out, &l, connections);
    }
    add_layer_row(out, &total, connections);
    page_table_end(out);
}

void report_run_network(run_page *p) {
    const lcnn_model *m = p->run->model;
    if (!m)
        return;
    page_section(p->page, "Network");
    page_columns_begin(p->page);
    report_graph(p->page, m);
    add_layer_table(p->page, m);
    page_columns_end(p->page);
    page_heading(p->page, "Model file, with everything spelt out");
    page_code(p->page, lcnn_model_yaml(m));
}

/* ---- The origin ------------------------------------------------------------------------------- */

/* A word of a command line as a shell wants it. */
static void write_word(FILE *out, const char *word) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputc('\'', out);
}

static void add_command(run_page *p) {
    const json_t *words = json_member(p->run->record, "command", NULL);
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        fputs(i > 0 ? " " : "", out);
        write_word(out, word ? word : "");
    }
    fclose(out);
    page_paragraph(p->page, "The same command, or the model file above with lcnn run, gives the "
                            "same weights and the same figures, bit for bit, on any number of "
                            "threads. lcnn verify makes it again and compares it with its record.");
    page_code(p->page, text);
    free(text);
}

static void add_text(run_page *p, const char *label, const char *key, bool code) {
    const char *text = json_member_text(p->run->record, key, NULL);
    if (*text)
        (code ? page_list_row_code : page_list_row)(p->page, label, text);
}

static void add_machine(run_page *p) {
    const json_t *record = p->run->record;
    double threads = json_member_number(record, "threads", NULL);
    double seconds = json_member_number(record, "seconds", NULL);
    double training = 0;
    for (int i = 0; i < p->run->epochs; i++)
        training += isnan(p->run->column[RUN_SECONDS][i]) ? 0 : p->run->column[RUN_SECONDS][i];
    add_text(p, "Machine", "machine", false);
    if (threads >= 1 && threads < 1e6)
        page_list_row(p->page, "Computed with",
                      text_printf("%s, %s", text_plural((int64_t)threads, "thread"),
                                  text_plain(json_member_text(record, "isa", NULL))));
    add_text(p, "Started", "started", false);
    if (seconds >= 0)
        page_list_row(p->page, "Time",
                      text_printf("%.1f s, of which training took %.1f s", seconds, training));
}

/* Which, says the run, made no difference. */
static void add_resumed(run_page *p) {
    size_t times = json_array_size(json_member(p->run->record, "resumed", NULL));
    if (times > 0)
        page_list_row(p->page, "Resumed", text_plural((int64_t)times, "time"));
}

void report_run_origin(run_page *p) {
    const json_t *record = p->run->record;
    double seed = json_member_number(record, "seed", NULL);
    page_section(p->page, "How to repeat it");
    add_command(p);
    page_list_begin(p->page);
    add_text(p, "lcnn", "version", false);
    add_text(p, "Commit", "commit", true);
    add_text(p, "Compiler", "compiler", false);
    add_text(p, "Model file", "model_file", true);
    add_text(p, "Data set", "data", false);
    if (!isnan(seed))
        page_list_row(p->page, "Seed", text_printf("%.0f", seed));
    add_text(p, "Weights from", "weights_from", true);
    add_machine(p);
    add_resumed(p);
    add_text(p, "SHA-256 of the model", "model_sha256", true);
    add_text(p, "SHA-256 of the data", "data_sha256", true);
    add_text(p, "SHA-256 of the weights", "weights_sha256", true);
    page_list_end(p->page);
}
