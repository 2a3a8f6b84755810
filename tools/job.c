/* job.c - opening a model with its data, and saying what is about to be done with them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "memory.h"
#include "text.h"
#include "transfer.h"

lcnn_model *job_model(const arguments *args, const char *path, int *status) {
    char seed[SEED_TEXT];
    option_list settings = options_settings(args, seed);
    lcnn_model_options options = {args->data, settings.value, settings.count};
    lcnn_errors *errors = messages_begin();
    lcnn_model *model = lcnn_model_load(path, &options, errors);
    *status = messages_end(errors);
    free(settings.value);
    free(settings.at);
    return model;
}

int job_open(job *j, const arguments *args, const char *model, const char *weights, bool trains) {
    int status;
    *j = (job){0};
    j->model = job_model(args, model, &status);
    if (!j->model)
        return status;
    status = transfer_if_needed(args, lcnn_model_data(j->model), trains);
    if (status != LCNN_OK)
        return status;
    lcnn_errors *errors = messages_begin();
    j->data = lcnn_data_open(lcnn_model_data(j->model), errors);
    if (!j->data)
        return messages_end(errors);
    if (trains && lcnn_data_train_count(j->data) == 0) {
        messages_end(errors);
        return complain(LCNN_BAD_DATA, lcnn_data_name(j->data),
                        "this data set has no training part; to evaluate saved weights on it use "
                        "'lcnn test RUN --data %s'",
                        text_plain(lcnn_model_data(j->model)));
    }
    if (!trains && lcnn_data_test_count(j->data) == 0) {
        messages_end(errors);
        return complain(LCNN_BAD_DATA, lcnn_data_name(j->data),
                        "this data set has no test part; name one that has with --data");
    }
    if (trains && !lcnn_model_measure(j->model, j->data, errors))
        return messages_end(errors);
    lcnn_session_options options = {args->threads.value, args->isa, weights, !trains};
    j->session = lcnn_session_new(j->model, j->data, &options, errors);
    return messages_end(errors);
}

void job_close(job *j) {
    if (j->session)
        lcnn_session_free(j->session);
    if (j->data)
        lcnn_data_free(j->data);
    if (j->model)
        lcnn_model_free(j->model);
}

const char *job_weights_sha256(const job *j) {
    const char *sha256 = lcnn_session_sha256(j->session);
    if (!sha256)
        no_memory();
    return sha256;
}

int64_t model_parameters(const lcnn_model *model) {
    int64_t sum = 0;
    for (int i = 0; i < lcnn_model_layer_count(model); i++)
        sum += lcnn_model_layer(model, i).parameters;
    return sum;
}

static void print_row(FILE *out, const char *label, const char *text) {
    fprintf(out, "  %-10s  ", label);
    text_wrap(out, text, 14, 14);
}

void model_print_title(const lcnn_model *model, FILE *out) {
    const char *about = lcnn_model_about(model);
    const char *name = text_plain(lcnn_model_name(model));
    fprintf(out, "%s%s%s", style_bold(out), name, style_end(out));
    if (*about) {
        fputs(": ", out);
        text_wrap(out, text_plain(about), text_width(name) + 2, 2);
    } else {
        fputc('\n', out);
    }
    print_row(out, "model", text_plain(lcnn_model_path(model)));
}

static void print_training_images(const job *j, FILE *out) {
    uint32_t held_out = lcnn_session_validation_count(j->session);
    const char *validation =
        held_out ? text_printf(", %s for validation", text_count(held_out)) : "";
    print_row(out, "images",
              text_printf("%s for training%s, %s for testing",
                          text_count(lcnn_session_train_count(j->session)), validation,
                          text_count(lcnn_session_test_count(j->session))));
}

static const char *classes_text(const job *j) {
    int all = lcnn_data_classes(j->data), chosen = lcnn_model_classes(j->model);
    return chosen == all ? text_printf("%d classes", all)
                         : text_printf("%d classes made of its %d", chosen, all);
}

void job_print(const job *j, const char *weights, bool trains, FILE *out) {
    const lcnn_model *m = j->model;
    const lcnn_session *s = j->session;
    model_print_title(m, out);
    print_row(out, "data",
              text_printf("%s: %s; %s", text_plain(lcnn_data_name(j->data)),
                          text_plain(lcnn_data_title(j->data)), classes_text(j)));
    if (trains)
        print_training_images(j, out);
    else
        print_row(out, "images", text_count(lcnn_session_test_count(j->session)));
    const char *origin =
        weights ? text_printf("from %s", text_plain(weights))
                : text_printf("drawn from seed %llu", (unsigned long long)lcnn_model_seed(m));
    print_row(out, "weights", text_printf("%s, %s", text_count(model_parameters(m)), origin));
    print_row(out, "computing",
              text_printf("%s, %s, %s of memory", text_plural(lcnn_session_threads(s), "thread"),
                          lcnn_session_isa(s), text_bytes(lcnn_session_memory(s))));
}

/* A chain needs no column that says what each layer reads. */
static bool is_chain(const lcnn_model *model) {
    for (int i = 1; i < lcnn_model_layer_count(model); i++)
        if (strcmp(lcnn_model_layer(model, i).inputs, lcnn_model_layer(model, i - 1).name) != 0)
            return false;
    return true;
}

/* Which columns the table of layers has besides those it always has. */
typedef struct layer_columns {
    bool reads, connections;
} layer_columns;

static void add_row(table *t, layer_columns c, const lcnn_layer *row) {
    const bool total = row->op == NULL;
    table_cell(t, text_plain(row->name));
    table_cell(t, total ? "" : row->op);
    if (c.reads)
        table_cell(t, total ? "" : text_plain(row->inputs));
    table_cell(t, total ? "" : row->output);
    table_cell(t, row->parameters || total ? text_count(row->parameters) : "");
    table_cell(t, row->macs || total ? text_count(row->macs) : "");
    if (c.connections)
        table_cell(t, row->connections || total ? text_count(row->connections) : "");
}

static table *layers_table(const lcnn_model *model, layer_columns c) {
    table *t = table_new(c.reads ? (c.connections ? "llllrrr" : "llllrr")
                                 : (c.connections ? "lllrrr" : "lllrr"));
    const char *const heads[] = {"layer",      "operator",      "reads",      "output",
                                 "parameters", "multiply-adds", "connections"};
    for (int i = 0; i < 7; i++)
        if ((i != 2 || c.reads) && (i != 6 || c.connections))
            table_cell(t, heads[i]);
    table_rule(t);
    add_row(t, c, &(lcnn_layer){"input", "", lcnn_model_input(model), "", 0, 0, 0});
    lcnn_layer total = model_total(model);
    for (int i = 0; i < lcnn_model_layer_count(model); i++) {
        lcnn_layer layer = lcnn_model_layer(model, i);
        add_row(t, c, &layer);
    }
    table_rule(t);
    add_row(t, c, &total);
    return t;
}

lcnn_layer model_total(const lcnn_model *model) {
    lcnn_layer total = {.name = "total"};
    for (int i = 0; i < lcnn_model_layer_count(model); i++) {
        lcnn_layer layer = lcnn_model_layer(model, i);
        total.parameters += layer.parameters;
        total.macs += layer.macs;
        total.connections += layer.connections;
    }
    return total;
}

void model_print_layers(const lcnn_model *model, FILE *out) {
    enum { COLUMNS = 80, INDENT = 2 };
    layer_columns c = {.reads = !is_chain(model), .connections = true};
    table *t = layers_table(model, c);
    if (INDENT + table_width(t) > COLUMNS) {
        table_free(t);
        c.connections = false;
        t = layers_table(model, c);
    }
    table_print(t, out, INDENT);
    table_free(t);
}
