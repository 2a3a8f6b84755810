/* study_print.c - a study for people: the plan before it runs, the tables and findings after it. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "study.h"
#include "text.h"

/* ---- The plan ---------------------------------------------------------------------------------------- */

/* Seconds that a trial would take on one thread, by timing a few of its steps; what differs in
 * nothing that costs time is timed once. */
static double measure(const study_run *s, const trial_run *r, double *known) {
    const lcnn_model *m = r->trial->model;
    for (const trial_run *q = s->run; q < r; q++) {
        const lcnn_model *n = q->trial->model;
        if (known[q - s->run] > 0 && lcnn_model_batch_size(m) == lcnn_model_batch_size(n) &&
            strcmp(lcnn_model_name(m), lcnn_model_name(n)) == 0 &&
            q->trial->setting_count == r->trial->setting_count)
            return known[r - s->run] = known[q - s->run];
    }
    lcnn_errors *errors = messages_begin();
    lcnn_bench_options options = {.training = true,
                                  .batch_size = lcnn_model_batch_size(m),
                                  .threads = 1,
                                  .isa = s->args->isa,
                                  .repetitions = 1};
    lcnn_bench *b = lcnn_bench_run(m, &options, errors);
    known[r - s->run] = b ? b->images_per_second : 0;
    if (b)
        lcnn_bench_free(b);
    messages_forgive(errors);
    return known[r - s->run];
}

void study_print_plan(const study_run *s, FILE *out) {
    static const char *const states[] = {"to run", "done", "failed", "absent"};
    double *speed = memory_new((size_t)s->count, sizeof *speed), total = 0;
    table *t = table_new("lrrl");
    table_cell(t, "trial");
    table_cell(t, "epochs");
    table_cell(t, "about");
    table_cell(t, "state");
    table_rule(t);
    for (int i = 0; i < s->count; i++) {
        const trial_run *r = &s->run[i];
        double rate = r->state == TRIAL_WAITING ? measure(s, r, speed) : 0;
        double seconds = rate > 0 ? (double)r->images * r->epochs / rate : 0;
        total += seconds;
        table_cell(t, r->trial->id);
        table_cell(t, text_count(r->epochs));
        table_cell(t, seconds > 0 ? text_duration(seconds) : "");
        table_cell(t, states[r->state]);
    }
    table_print(t, out, 2);
    table_free(t);
    free(speed);
    fprintf(out, "\n%s, about %s on %s\n", text_plural(s->count, "trial"),
            text_duration(total / s->processors), text_plural(s->processors, "thread"));
}

/* ---- Results ------------------------------------------------------------------------------------------- */

static double number_at(const json_t *map, const char *key) {
    const json_t *x = json_object_get(map, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static const char *text_at(const json_t *map, const char *key) {
    const char *text = json_string_value(json_object_get(map, key));
    return text ? text_plain(text) : "";
}

static const char *value_text(const json_t *value) {
    if (json_is_string(value))
        return text_plain(json_string_value(value));
    return json_is_integer(value) ? text_printf("%lld", (long long)json_integer_value(value))
                                  : text_printf("%g", json_number_value(value));
}

/* "98.72 % +-0.11": the mean, and half of its interval where there is one. */
static const char *share_text(const json_t *e) {
    double mean = number_at(e, "mean"), high = number_at(e, "high");
    if (isnan(mean))
        return "-";
    return isnan(high) ? text_percent(mean)
                       : text_printf("%.2f %% +-%.2f", 100 * mean, 100 * (high - mean));
}

static const char *loss_text(const json_t *e) {
    double mean = number_at(e, "mean"), high = number_at(e, "high");
    return isnan(high) ? text_decimal(mean) : text_printf("%.4f +-%.4f", mean, high - mean);
}

/* "accuracy 98.88 %: worse; loss 0.0354: worse" */
static const char *published_text(const json_t *list) {
    const char *text = "";
    size_t i;
    json_t *f;
    json_array_foreach((json_t *)list, i, f) {
        const char *metric = text_at(f, "metric"), *verdict = text_at(f, "verdict");
        double value = number_at(f, "value");
        const char *shown = strcmp(metric, "loss") == 0 ? text_decimal(value) : text_percent(value);
        text = text_printf("%s%s%s %s%s%s", text, i > 0 ? "; " : "", metric, shown,
                           *verdict ? ": " : "",
                           *verdict                                     ? verdict
                           : json_is_true(json_object_get(f, "graded")) ? ""
                                                                        : " (not graded)");
    }
    return text;
}

static void add_row(table *t, const json_t *summary, const json_t *axes, bool validation,
                    bool published) {
    table_cell(t, text_at(summary, "model"));
    table_cell(t, text_at(summary, "data"));
    size_t i;
    json_t *axis;
    json_array_foreach((json_t *)axes, i, axis) {
        const char *key = json_string_value(json_object_get(axis, "key"));
        table_cell(t, value_text(json_object_get(json_object_get(summary, "settings"), key)));
    }
    table_cell(t, text_count((int64_t)number_at(summary, "seeds")));
    if (validation)
        table_cell(t, share_text(json_object_get(summary, "validation_accuracy")));
    table_cell(t, share_text(json_object_get(summary, "accuracy")));
    table_cell(t, loss_text(json_object_get(summary, "loss")));
    if (published)
        table_cell(t, published_text(json_object_get(summary, "published")));
}

/* The last part of a key heads its column. */
static const char *short_key(const json_t *axis) {
    const char *key = text_at(axis, "key"), *dot = strrchr(key, '.');
    return dot ? dot + 1 : key;
}

static void print_summaries(const json_t *experiment, FILE *out) {
    const json_t *axes = json_object_get(experiment, "axes");
    const json_t *summaries = json_object_get(experiment, "summaries");
    bool validation = strcmp(text_at(experiment, "best_by"), "validation") == 0, published = false;
    size_t i;
    json_t *each;
    json_array_foreach((json_t *)summaries, i, each) published =
        published || json_array_size(json_object_get(each, "published")) > 0;
    size_t axis_count = json_array_size(axes);
    char *columns = memory_new(axis_count + 8, 1);
    memcpy(columns, "ll", 2);
    memset(columns + 2, 'r', axis_count + 3 + validation);
    strcat(columns, published ? "l" : "");
    table *t = table_new(columns);
    table_cell(t, "model");
    table_cell(t, "data");
    json_array_foreach((json_t *)axes, i, each) table_cell(t, short_key(each));
    table_cell(t, "seeds");
    if (validation)
        table_cell(t, "validation");
    table_cell(t, "accuracy");
    table_cell(t, "loss");
    if (published)
        table_cell(t, "published");
    table_rule(t);
    json_array_foreach((json_t *)summaries, i, each) add_row(t, each, axes, validation, published);
    table_print(t, out, 2);
    table_free(t);
    free(columns);
}

static void print_findings(const json_t *experiment, FILE *out) {
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(experiment, "findings"), i, f) {
        fprintf(out, "\n  claim: \"%s\" on %s: ", text_at(f, "claim"), text_at(f, "data"));
        fprintf(out, "%s%s%s\n    ", style_bold(out), text_at(f, "verdict"), style_end(out));
        text_wrap(out, json_string_value(json_object_get(f, "evidence")), 4, 4);
    }
}

/* What is missing, once for each message. */
static void print_missing(const json_t *experiment, FILE *out) {
    size_t i;
    json_t *t;
    const char *said = "";
    json_array_foreach(json_object_get(experiment, "trials"), i, t) {
        const char *message = json_string_value(json_object_get(t, "message"));
        if (!message || strcmp(message, said) == 0)
            continue;
        fprintf(out, "  %s, %s: ", text_at(t, "id"), text_at(t, "state"));
        text_wrap(out, text_plain(message), 4, 4);
        said = message;
    }
}

void study_print_results(const json_t *results, FILE *out) {
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(results, "experiments"), i, e) {
        fprintf(out, "\n%s%s%s\n", style_bold(out), text_at(e, "title"), style_end(out));
        print_summaries(e, out);
        print_missing(e, out);
        print_findings(e, out);
    }
}
