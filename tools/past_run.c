/* past_run.c - reading the folder of a run; see past_run.h. Files of comma-separated values are
 * read in csv.c. */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "csv.h"
#include "memory.h"
#include "past_run.h"
#include "result.h"
#include "rundir.h"
#include "text.h"

static void miss(past_run *r, const char *sentence) {
    r->missing = memory_grow(r->missing, (size_t)(r->missing_count + 1), sizeof *r->missing);
    r->missing[r->missing_count++] = memory_text(sentence);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static const json_t *walk(const json_t *value, va_list keys) {
    for (const char *key; value && (key = va_arg(keys, const char *));)
        value = json_object_get(value, key);
    return value;
}

const json_t *json_member(const json_t *object, ...) {
    va_list keys;
    va_start(keys, object);
    const json_t *found = walk(object, keys);
    va_end(keys);
    return found;
}

double json_member_number(const json_t *object, ...) {
    va_list keys;
    va_start(keys, object);
    const json_t *found = walk(object, keys);
    va_end(keys);
    return json_is_number(found) ? json_number_value(found) : NAN;
}

const char *json_member_text(const json_t *object, ...) {
    va_list keys;
    va_start(keys, object);
    const json_t *found = walk(object, keys);
    va_end(keys);
    return json_is_string(found) ? json_string_value(found) : "";
}

char *json_file_text(const char *folder, const char *file, const char *key) {
    char *path = run_path(folder, file);
    json_t *all = json_of_file(path, NULL);
    const char *text = json_string_value(json_object_get(all, key));
    char *copy = text ? memory_text(text) : NULL;
    json_decref(all);
    free(path);
    return copy;
}

/* An object from a file of the folder, or NULL; a damaged one is missed. */
static json_t *read_json(past_run *r, const char *name) {
    struct stat info;
    json_error_t error;
    char *path = run_path(r->folder, name);
    bool here = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    json_t *value = here ? json_of_file(path, &error) : NULL;
    if (here && !value)
        miss(r, text_printf("%s cannot be read: line %d: %.200s", name, error.line,
                            text_plain(error.text)));
    free(path);
    if (json_is_object(value))
        return value;
    json_decref(value);
    return NULL;
}

/* ---- Files ------------------------------------------------------------------------------------ */

static csv *read_csv(past_run *r, const char *name, int columns) {
    char *path = run_path(r->folder, name);
    const char *why = NULL;
    csv *file = csv_read(path, columns, &why);
    if (!file && why)
        miss(r, text_printf("%s cannot be read: %s", name, why));
    free(path);
    return file;
}

static void read_metrics(past_run *r) {
    static const char *const names[RUN_COLUMNS] = {
        "epoch",          "learning_rate",   "train_loss",
        "train_accuracy", "validation_loss", "validation_accuracy",
        "test_loss",      "test_accuracy",   "images_per_second",
        "seconds"};
    csv *file = read_csv(r, "metrics.csv", 0);
    r->epochs = file ? csv_rows(file) - 1 : 0;
    for (int c = 0; c < RUN_COLUMNS; c++) {
        int from = file ? csv_column(file, names[c]) : -1;
        r->column[c] = memory_new((size_t)r->epochs, sizeof(double));
        for (int i = 0; i < r->epochs; i++)
            r->column[c][i] = from < 0 ? NAN : csv_number(file, i + 1, from);
    }
    csv_free(file);
}

/* Names of classes are those of the heads, byte for byte as in the predictions. */
static void read_confusion(past_run *r) {
    csv *file = read_csv(r, "confusion.csv", 0);
    int classes = file ? csv_rows(file) - 1 : 0;
    if (file && (classes < 1 || csv_columns(file) != classes + 1)) {
        miss(r, "confusion.csv is no square table");
        classes = 0;
    }
    r->classes = classes;
    r->class_name = memory_new((size_t)classes, sizeof *r->class_name);
    r->confusion = memory_new((size_t)classes * (size_t)classes, sizeof *r->confusion);
    for (int i = 0; i < classes; i++) {
        r->class_name[i] = memory_text(csv_text(file, 0, i + 1));
        for (int k = 0; k < classes; k++) {
            double n = csv_number(file, i + 1, k + 1);
            r->confusion[i * classes + k] = n >= 0 && n < 1e9 ? n : 0;
        }
    }
    csv_free(file);
}

/* The class called so, looked for from `near` on, where the last one was; -1: none. */
static int class_number(const past_run *r, const char *name, int near) {
    for (int i = 0; i < r->classes; i++) {
        int k = (near + i) % r->classes;
        if (strcmp(r->class_name[k], name) == 0)
            return k;
    }
    return -1;
}

static void read_predictions(past_run *r) {
    csv *file = r->classes > 0 ? read_csv(r, "predictions.csv", 4) : NULL;
    uint32_t rows = file ? (uint32_t)csv_rows(file) - 1 : 0, unknown = 0;
    r->prediction = memory_new(rows, sizeof *r->prediction);
    for (uint32_t i = 0; i < rows; i++) {
        int row = (int)i + 1;
        double index = csv_number(file, row, 0);
        int truth = class_number(r, csv_text(file, row, 1), 0);
        int answer = class_number(r, csv_text(file, row, 2), truth < 0 ? 0 : truth);
        if (truth >= 0 && answer >= 0 && index >= 0 && index < 4e9)
            r->prediction[r->prediction_count++] =
                (run_prediction){(uint32_t)index, truth, answer, csv_number(file, row, 3)};
        else
            unknown++;
    }
    if (unknown > 0)
        miss(r, text_printf("predictions.csv: %s not of this run", text_plural(unknown, "row")));
    csv_free(file);
}

static void read_model(past_run *r) {
    lcnn_errors *errors = messages_begin();
    char *path = run_path(r->folder, "model.yaml");
    r->model = lcnn_model_load(path, NULL, errors);
    if (!r->model)
        miss(r, text_printf("The model cannot be read here: %.300s", messages_first(errors)));
    free(path);
    messages_forgive(errors);
}

past_run *past_run_read(const char *folder) {
    past_run *r = memory_new(1, sizeof *r);
    r->folder = memory_text(folder);
    r->record = read_json(r, "run.json");
    if (!r->record) {
        complain(LCNN_BAD_IO, folder,
                 r->missing_count ? "%s"
                                  : "no run.json in it; this wants what 'lcnn run' has written",
                 r->missing_count ? r->missing[0] : "");
        past_run_free(r);
        return NULL;
    }
    r->result = read_json(r, "result.json");
    r->published = read_json(r, "published.json");
    read_model(r);
    read_metrics(r);
    read_confusion(r);
    read_predictions(r);
    return r;
}

void past_run_free(past_run *r) {
    if (!r)
        return;
    for (int c = 0; c < RUN_COLUMNS; c++)
        free(r->column[c]);
    for (int i = 0; i < r->classes; i++)
        free(r->class_name[i]);
    for (int i = 0; i < r->missing_count; i++)
        free(r->missing[i]);
    free(r->missing);
    free(r->class_name);
    free(r->confusion);
    free(r->prediction);
    json_decref(r->record);
    json_decref(r->result);
    json_decref(r->published);
    if (r->model)
        lcnn_model_free(r->model);
    free(r->folder);
    free(r);
}
