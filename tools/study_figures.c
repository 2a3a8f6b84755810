/* study_figures.c - what a trial found, read from the folder that its run has left. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "result.h"
#include "run_lines.h"
#include "rundir.h"
#include "study.h"

static double number_at(const json_t *map, const char *key) {
    const json_t *x = json_object_get(map, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

/* Seconds of all epochs: the last column of metrics.csv. */
static double read_seconds(const trial_run *r) {
    run_lines lines;
    bool there = run_lines_open(&lines, r->folder, "metrics.csv");
    run_lines_next(&lines); /* the head */
    double sum = 0;
    for (const char *line; (line = run_lines_next(&lines));) {
        const char *comma = strrchr(line, ',');
        sum += comma ? strtod(comma + 1, NULL) : 0;
    }
    run_lines_close(&lines);
    return there ? sum : NAN;
}

/* ---- predictions.csv ----------------------------------------------------------------------------- */

/* The end of the field that begins at `p`: its comma, or the end of the line. */
static const char *field_end(const char *p) {
    bool quoted = false;
    for (; *p && *p != '\n' && (quoted || *p != ','); p++)
        quoted = quoted != (*p == '"');
    return p;
}

/* "index,truth,answer,probability" */
static bool read_line(const char *p, uint8_t *wrong, double *probability) {
    const char *end[4];
    for (int i = 0; i < 4; i++) {
        end[i] = field_end(p);
        p = end[i] + (*end[i] == ',');
        if (i < 3 && *end[i] != ',')
            return false;
    }
    const char *truth = end[0] + 1, *answer = end[1] + 1;
    size_t length = (size_t)(end[1] - truth);
    *wrong = length != (size_t)(end[2] - answer) || memcmp(truth, answer, length) != 0;
    *probability = strtod(end[2] + 1, NULL);
    return true;
}

static void read_predictions(const trial_run *r, trial_figures *f) {
    size_t capacity = 0;
    run_lines lines;
    run_lines_open(&lines, r->folder, "predictions.csv");
    run_lines_next(&lines); /* the head */
    for (const char *line; (line = run_lines_next(&lines));) {
        if (f->count == capacity) {
            capacity = 2 * capacity + 1024;
            f->wrong = memory_grow(f->wrong, capacity, sizeof *f->wrong);
            f->probability = memory_grow(f->probability, capacity, sizeof *f->probability);
        }
        if (read_line(line, &f->wrong[f->count], &f->probability[f->count]))
            f->count++;
    }
    run_lines_close(&lines);
}

/* ---- One trial ------------------------------------------------------------------------------------ */

static void read_trial(trial_run *r) {
    trial_figures *f = &r->found;
    char *path = run_path(r->folder, "result.json");
    json_t *all = json_of_file(path, NULL);
    free(path);
    const json_t *test = json_object_get(all, "test"), *micro = json_object_get(test, "micro");
    const char *weights = json_string_value(json_object_get(all, "weights_sha256"));
    f->accuracy = number_at(test, "accuracy");
    f->loss = number_at(test, "loss");
    f->precision = number_at(micro, "precision");
    f->recall = number_at(micro, "recall");
    f->f1 = number_at(micro, "f1");
    f->validation_accuracy = number_at(json_object_get(all, "validation"), "accuracy");
    snprintf(f->weights_sha256, sizeof f->weights_sha256, "%s", weights ? weights : "");
    json_decref(all);
    f->train_seconds = read_seconds(r);
    read_predictions(r, f);
    path = run_path(r->folder, "trial.json");
    all = json_of_file(path, NULL);
    free(path);
    r->together = (int)json_integer_value(json_object_get(all, "together"));
    r->threads = (int)json_integer_value(json_object_get(all, "threads"));
    json_decref(all);
}

void study_read_figures(study_run *s) {
    for (int i = 0; i < s->count; i++) {
        trial_figures none = {.accuracy = NAN,
                              .loss = NAN,
                              .precision = NAN,
                              .recall = NAN,
                              .f1 = NAN,
                              .validation_accuracy = NAN,
                              .train_seconds = NAN};
        s->run[i].found = none;
        if (s->run[i].state == TRIAL_DONE)
            read_trial(&s->run[i]);
    }
}

/* ---- Figures by name ------------------------------------------------------------------------------ */

double trial_metric(const trial_run *r, const char *metric, double reject_to) {
    const trial_figures *f = &r->found;
    if (strcmp(metric, "accuracy") == 0)
        return f->accuracy;
    if (strcmp(metric, "error") == 0)
        return 1 - f->accuracy;
    if (strcmp(metric, "loss") == 0)
        return f->loss;
    if (strcmp(metric, "precision") == 0)
        return f->precision;
    if (strcmp(metric, "recall") == 0)
        return f->recall;
    if (strcmp(metric, "f1") == 0)
        return f->f1;
    if (strcmp(metric, "validation_accuracy") == 0)
        return f->validation_accuracy;
    return reject_to > 0 ? trial_rejected(f, reject_to) : NAN;
}

bool metric_less_is_better(const char *metric) {
    return strcmp(metric, "error") == 0 || strcmp(metric, "loss") == 0 ||
           strcmp(metric, "rejected") == 0;
}

bool metric_is_share(const char *metric) {
    return strcmp(metric, "loss") != 0;
}

/* ---- Rejecting ------------------------------------------------------------------------------------- */

typedef struct answer {
    double probability;
    uint32_t index;
    uint8_t wrong;
} answer;

/* The surest first; of equals, as they stand. */
static int surest_first(const void *left, const void *right) {
    const answer *a = left, *b = right;
    if (a->probability != b->probability)
        return a->probability > b->probability ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static answer *sorted(const trial_figures *f) {
    answer *list = memory_new((size_t)f->count + 1, sizeof *list);
    for (uint32_t i = 0; i < f->count; i++)
        list[i] = (answer){f->probability[i], i, f->wrong[i]};
    qsort(list, f->count, sizeof *list, surest_first);
    return list;
}

double trial_rejected(const trial_figures *f, double error) {
    if (f->count == 0)
        return NAN;
    answer *list = sorted(f);
    uint32_t wrong = 0, kept = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        wrong += list[i].wrong;
        if (wrong <= error * (i + 1))
            kept = i + 1;
    }
    free(list);
    return (double)(f->count - kept) / f->count;
}

double trial_error_after(const trial_figures *f, double rejected) {
    uint32_t kept = f->count - (uint32_t)(rejected * f->count + 0.5), wrong = 0;
    if (f->count == 0 || kept == 0)
        return NAN;
    answer *list = sorted(f);
    for (uint32_t i = 0; i < kept; i++)
        wrong += list[i].wrong;
    free(list);
    return (double)wrong / kept;
}
