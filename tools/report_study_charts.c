/* report_study_charts.c - the charts of an experiment, by what was tried in it: one key after
 * another, models against their size, a search, a probe, rejecting. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "past_run.h"
#include "report_bundle.h"
#include "report_parts.h"
#include "report_study.h"
#include "statistics.h"
#include "text.h"

enum { MOST_CHARTS = 12 /* of an experiment */, MOST_SEEDS = 64 };

/* ---- What results.json says ------------------------------------------------------------------- */

const char *value_text(const json_t *value) {
    return json_is_string(value)    ? json_string_value(value)
           : json_is_integer(value) ? text_printf("%lld", (long long)json_integer_value(value))
           : json_is_real(value)    ? text_printf("%.6g", json_real_value(value))
                                    : "";
}

static const char *axis_label(const json_t *one) {
    const char *label = json_member_text(one, "label", NULL),
               *key = json_member_text(one, "key", NULL);
    const char *dot = strrchr(key, '.');
    return strcmp(label, key) == 0 && dot ? dot + 1 : label;
}

const char *settings_text(const json_t *experiment, const json_t *settings) {
    const char *text = "";
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "axes", NULL), i, one) {
        const json_t *value = json_object_get(settings, json_member_text(one, "key", NULL));
        if (value)
            text = text_printf("%.300s%s%.80s %.80s", text, *text ? ", " : "", axis_label(one),
                               value_text(value));
    }
    return text;
}

/* An estimate of a summary; shares stay shares. */
static estimate estimate_of(const json_t *summary, const char *metric) {
    estimate e = {.mean = json_member_number(summary, metric, "mean", NULL),
                  .low = json_member_number(summary, metric, "low", NULL),
                  .high = json_member_number(summary, metric, "high", NULL)};
    bool share = strcmp(metric, "loss") != 0;
    e.low = fmax(e.low, 0);
    e.high = share ? fmin(e.high, 1) : e.high;
    if (isnan(json_member_number(summary, metric, "low", NULL)))
        e.low = e.high = NAN;
    return e;
}

/* The data sets of an experiment, each once. */
static int data_sets(const json_t *experiment, const char *name[MOST_CHARTS]) {
    int count = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "summaries", NULL), i, one) {
        const char *data = json_member_text(one, "data", NULL);
        bool seen = isnan(json_member_number(one, "seeds", NULL)) ||
                    json_member_number(one, "seeds", NULL) < 1;
        for (int k = 0; k < count; k++)
            seen |= strcmp(name[k], data) == 0;
        if (!seen && count < MOST_CHARTS)
            name[count++] = data;
    }
    return count;
}

static bool one_model(const json_t *experiment) {
    const json_t *summaries = json_member(experiment, "summaries", NULL);
    const char *first = json_member_text(json_array_get(summaries, 0), "model", NULL);
    size_t i;
    json_t *one;
    json_array_foreach(summaries, i, one) if (strcmp(json_member_text(one, "model", NULL), first) !=
                                              0) return false;
    return true;
}

static bool is_of(const json_t *thing, const char *data) {
    return strcmp(json_member_text(thing, "data", NULL), data) == 0;
}

/* ---- Axes ------------------------------------------------------------------------------------- */

/* An axis of the experiment as one of a chart: numbers, or names at 0, 1, ... */
typedef struct tried {
    const json_t *axis;
    axis shown;
    int names;
    char *name[64];
} tried;

static void tried_end(tried *t) {
    for (int i = 0; i < t->names; i++)
        free(t->name[i]);
}

static void tried_begin(tried *t, const json_t *axis_of, const json_t *summaries) {
    const char *key = json_member_text(axis_of, "key", NULL);
    double low = INFINITY, high = -INFINITY;
    size_t i;
    json_t *one;
    *t = (tried){.axis = axis_of};
    json_array_foreach(summaries, i, one) {
        const json_t *value = json_object_get(json_member(one, "settings", NULL), key);
        if (json_is_number(value)) {
            low = fmin(low, json_number_value(value));
            high = fmax(high, json_number_value(value));
        } else if (value && t->names == 0) {
            t->names = -1; /* a text: all are names */
        }
    }
    t->shown = (axis){.label = axis_label(axis_of), .log = low > 0 && high >= 10 * low};
    if (t->names == 0)
        return;
    t->names = 0;
    json_array_foreach(json_member(axis_of, "values", NULL), i, one) {
        if (t->names < 64)
            t->name[t->names++] = memory_text(value_text(one));
    }
    t->shown = (axis){.label = axis_label(axis_of),
                      .name_count = t->names,
                      .names = (const char *const *)t->name};
}

static double tried_place(const tried *t, const json_t *settings) {
    const json_t *value = json_object_get(settings, json_member_text(t->axis, "key", NULL));
    if (t->names == 0)
        return json_is_number(value) ? json_number_value(value) : NAN;
    for (int i = 0; i < t->names; i++)
        if (value && strcmp(t->name[i], value_text(value)) == 0)
            return i;
    return NAN;
}

/* What tells a series from the others: the model, where there are several, and the axes but the
 * first. */
static const char *series_label(const json_t *experiment, const json_t *summary) {
    const char *text = one_model(experiment) ? "" : json_member_text(summary, "model", NULL);
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "axes", NULL), i, one) if (i > 0) {
        const json_t *value = json_object_get(json_member(summary, "settings", NULL),
                                              json_member_text(one, "key", NULL));
        text = text_printf("%.100s%s%.40s %.40s", text, *text ? ", " : "", axis_label(one),
                           value_text(value));
    }
    return *text ? text : "ours";
}

static void put_published(bundle *b, const json_t *summary, const char *metric, double x) {
    size_t i;
    json_t *one;
    json_array_foreach(json_member(summary, "published", NULL), i, one) {
        double value = json_member_number(one, "value", NULL),
               range = json_member_number(one, "uncertainty", NULL);
        const char *theirs = json_member_text(one, "metric", NULL);
        bool as_accuracy = strcmp(metric, "accuracy") == 0 && strcmp(theirs, "error") == 0;
        value = as_accuracy ? 1 - value : value;
        if (as_accuracy || strcmp(theirs, metric) == 0)
            bundle_put(b, bundle_series(b, "published", SERIES_REFERENCE), x,
                       (estimate){.mean = value, .low = value - range, .high = value + range},
                       NULL);
    }
}

/* One metric of one data set against the first axis. */
static void add_axis_chart(figures *f, const char *name, const json_t *experiment, const char *data,
                           const char *metric) {
    const json_t *summaries = json_member(experiment, "summaries", NULL);
    bundle b = {.room = (int)json_array_size(summaries)};
    bool share = strcmp(metric, "loss") != 0;
    tried t;
    size_t i;
    json_t *one;
    tried_begin(&t, json_array_get(json_member(experiment, "axes", NULL), 0), summaries);
    for (int pass = 0; pass < 2; pass++) /* published ones come last, so that they lie on top */
        json_array_foreach(summaries, i, one) {
            estimate at = estimate_of(one, metric);
            double x = tried_place(&t, json_member(one, "settings", NULL));
            if (!is_of(one, data))
                continue;
            if (pass == 0 && isfinite(at.mean))
                bundle_put(&b,
                           bundle_series(&b, series_label(experiment, one),
                                         t.names ? SERIES_POINTS : SERIES_LINE_POINTS),
                           x, at, NULL);
            if (pass == 1)
                put_published(&b, one, metric, x);
        }
    if (b.count == 1 && strcmp(b.s[0].label, "ours") == 0)
        bundle_drop_label(&b);
    char *title =
        memory_text(text_printf("%s on %.60s", share ? "Test accuracy" : "Test loss", data));
    if (b.count > 0)
        figures_chart(f, &(chart){.name = name,
                                  .title = title,
                                  .x = t.shown,
                                  .y = {.label = share ? "mean over seeds, with 95 % intervals"
                                                       : "mean loss of an image",
                                        .percent = share},
                                  .series_count = b.count,
                                  .series = b.s});
    free(title);
    tried_end(&t);
    bundle_free(&b);
}

/* ---- Models against their size ---------------------------------------------------------------- */

static double mean_over_trials(const json_t *experiment, const json_t *summary,
                               const char *member) {
    double sum = 0;
    int count = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "trials", NULL), i, one) {
        double x = json_member_number(one, member, NULL);
        if (isfinite(x) && is_of(one, json_member_text(summary, "data", NULL)) &&
            strcmp(json_member_text(one, "model", NULL),
                   json_member_text(summary, "model", NULL)) == 0) {
            sum += x;
            count++;
        }
    }
    return count > 0 ? sum / count : NAN;
}

static const char *const sizes[][3] = {
    {"parameters", "parameters", "Accuracy against parameters"},
    {"macs", "multiply-adds of an image", "Accuracy against multiply-adds"},
    {"train_seconds", "seconds of training", "Accuracy against training time"},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void add_size_chart(figures *f, const char *name, const json_t *experiment, const char *data,
                           int size) {
    const json_t *summaries = json_member(experiment, "summaries", NULL);
    bundle b = {.room = (int)json_array_size(summaries)};
    int points = bundle_series(&b, "", SERIES_POINTS);
    size_t i;
    json_t *one;
    json_array_foreach(summaries, i, one) {
        estimate at = estimate_of(one, "accuracy");
        if (is_of(one, data) && isfinite(at.mean))
            bundle_put(&b, points, mean_over_trials(experiment, one, sizes[size][0]), at,
                       json_member_text(one, "model", NULL));
    }
    bundle_drop_label(&b);
    figures_chart(f, &(chart){.name = name,
                              .title = text_printf("%s, %.60s", sizes[size][2], data),
                              .x = {.label = sizes[size][1], .log = true},
                              .y = {.label = "test accuracy", .percent = true},
                              .series_count = 1,
                              .series = b.s});
    bundle_free(&b);
}

/* ---- A search --------------------------------------------------------------------------------- */

static void add_search_chart(figures *f, const char *name, const json_t *experiment, size_t which) {
    const json_t *summaries = json_member(experiment, "summaries", NULL);
    bundle b = {.room = (int)json_array_size(summaries)};
    tried t;
    size_t i;
    json_t *one;
    tried_begin(&t, json_array_get(json_member(experiment, "axes", NULL), which), summaries);
    json_array_foreach(summaries, i, one) {
        estimate at = estimate_of(one, "validation_accuracy");
        bool best = json_is_true(json_member(one, "best", NULL));
        if (isfinite(at.mean))
            bundle_put(&b, bundle_series(&b, best ? "chosen" : "drawn", SERIES_POINTS),
                       tried_place(&t, json_member(one, "settings", NULL)),
                       (estimate){at.mean, NAN, NAN, NAN}, NULL);
    }
    for (int k = 0; k < b.count; k++) {
        b.s[k].colour = strcmp(b.s[k].label, "chosen") == 0 ? 2 : 1;
    }
    if (b.count > 0)
        figures_chart(f, &(chart){.name = name,
                                  .title = text_printf("By %.80s", axis_label(t.axis)),
                                  .x = t.shown,
                                  .y = {.label = "validation accuracy", .percent = true},
                                  .series_count = b.count,
                                  .series = b.s});
    tried_end(&t);
    bundle_free(&b);
}

/* ---- Probes and rejection: curves of trials, over their seeds --------------------------------- */

/* The k-th value of a curve of a trial, or NaN; *x where it lies. */
typedef double (*curve_value)(const json_t *trial, size_t k, double *x);

static double probe_value(const json_t *trial, size_t k, double *x) {
    const json_t *one = json_array_get(json_member(trial, "probes", NULL), k);
    *x = json_member_number(one, "value", NULL);
    return json_member_number(one, "accuracy", NULL);
}

static double rejection_value(const json_t *trial, size_t k, double *x) {
    const json_t *share = json_array_get(json_member(trial, "rejection", "rejected", NULL), k);
    const json_t *error = json_array_get(json_member(trial, "rejection", "error", NULL), k);
    *x = json_is_number(share) ? json_number_value(share) : NAN;
    return json_is_number(error) ? json_number_value(error) : NAN;
}

static bool same_group(const json_t *trial, const json_t *summary) {
    return is_of(trial, json_member_text(summary, "data", NULL)) &&
           strcmp(json_member_text(trial, "model", NULL),
                  json_member_text(summary, "model", NULL)) == 0 &&
           json_equal(json_member(trial, "settings", NULL), json_member(summary, "settings", NULL));
}

/* A point of the curve of a summary: over the seeds of its trials. False where there is none. */
static bool put_point(bundle *b, const json_t *experiment, const json_t *summary, const char *label,
                      size_t k, curve_value value_of) {
    double value[MOST_SEEDS], x = NAN;
    int seeds = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "trials", NULL), i, one) {
        double at = NAN, value_at = same_group(one, summary) ? value_of(one, k, &at) : NAN;
        if (isfinite(value_at) && seeds < MOST_SEEDS) {
            value[seeds++] = value_at;
            x = at;
        }
    }
    if (seeds == 0)
        return false;
    estimate e = mean_estimate(value, seeds);
    if (seeds > 1) {
        e.low = fmax(e.low, 0);
        e.high = fmin(e.high, 1);
    }
    bundle_put(b,
               bundle_series(b, label, value_of == probe_value ? SERIES_LINE_POINTS : SERIES_LINE),
               x, e, NULL);
    return true;
}

static void add_curve_chart(figures *f, const json_t *experiment, const char *data, const chart *c,
                            curve_value value_of) {
    enum { MOST_POINTS = 256 };
    bundle b = {.room = MOST_POINTS};
    size_t i;
    json_t *one;
    json_array_foreach(json_member(experiment, "summaries", NULL), i, one) {
        const char *settings = settings_text(experiment, json_member(one, "settings", NULL));
        char *label =
            memory_text(text_printf("%.100s%s%.100s", json_member_text(one, "model", NULL),
                                    *settings ? ", " : "", settings));
        for (size_t k = 0; is_of(one, data) && k < MOST_POINTS &&
                           put_point(&b, experiment, one, label, k, value_of);
             k++)
            continue;
        free(label);
    }
    for (int k = 0; k < b.count; k++) {
        if (value_of == rejection_value) { /* neighbours are the same images: intervals of each
                                              would say little */
            free((double *)b.s[k].low);
            b.s[k].low = NULL;
        }
    }
    chart whole = *c;
    whole.series_count = b.count;
    whole.series = b.s;
    if (b.count > 0)
        figures_chart(f, &whole);
    bundle_free(&b);
}

/* ---- All of an experiment --------------------------------------------------------------------- */

/* Calls for every chart of the experiment: to add it to `f`, or to put it onto `p`. */
static void each_chart(figures *f, page *p, const char *folder, int index,
                       const json_t *experiment) {
    const char *data[MOST_CHARTS], *title = json_member_text(experiment, "title", NULL);
    int sets = data_sets(experiment, data);
    size_t axes = json_array_size(json_member(experiment, "axes", NULL));
    bool search = strcmp(json_member_text(experiment, "best_by", NULL), "validation") == 0;
    const json_t *probes = json_member(experiment, "probes", NULL);
    bool rejects = json_member_number(experiment, "reject_to", NULL) > 0;
    char name[64];
    for (size_t i = 0; search && i < axes && i < MOST_CHARTS; i++) {
        snprintf(name, sizeof name, "e%d-search-%zu", index, i + 1);
        if (f)
            add_search_chart(f, name, experiment, i);
        else
            page_figure(p, folder, name, title);
    }
    for (int d = 0; d < sets; d++) {
        for (int k = 0; k < 2 && !search && axes > 0; k++) {
            snprintf(name, sizeof name, "e%d-%s-%d", index, k == 0 ? "accuracy" : "loss", d + 1);
            if (f)
                add_axis_chart(f, name, experiment, data[d], k == 0 ? "accuracy" : "loss");
            else
                page_figure(p, folder, name, title);
        }
        for (int k = 0; k < SIZES && axes == 0 && !json_is_object(probes) && !one_model(experiment);
             k++) {
            snprintf(name, sizeof name, "e%d-%s-%d", index, sizes[k][0], d + 1);
            if (f)
                add_size_chart(f, name, experiment, data[d], k);
            else
                page_figure(p, folder, name, title);
        }
        snprintf(name, sizeof name, "e%d-probe-%d", index, d + 1);
        if (json_is_object(probes) && f)
            add_curve_chart(
                f, experiment, data[d],
                &(chart){.name = name,
                         .title = text_printf("%.80s, %.60s",
                                              *json_member_text(probes, "title", NULL)
                                                  ? json_member_text(probes, "title", NULL)
                                                  : "Accuracy on changed data",
                                              data[d]),
                         .x = {.label = json_member_text(probes, "label", NULL)},
                         .y = {.label = "test accuracy, mean over seeds with 95 % intervals",
                               .percent = true}},
                probe_value);
        else if (json_is_object(probes))
            page_figure(p, folder, name, title);
        snprintf(name, sizeof name, "e%d-rejection-%d", index, d + 1);
        if (rejects && f)
            add_curve_chart(
                f, experiment, data[d],
                &(chart){.name = name,
                         .title = text_printf("Rejecting the doubtful, %.60s", data[d]),
                         .x = {.label = "rejected share of the test images", .percent = true},
                         .y = {.label = "error of the others, mean over seeds", .percent = true}},
                rejection_value);
        else if (rejects)
            page_figure(p, folder, name, title);
    }
}

void study_charts_add(figures *f, int index, const json_t *experiment) {
    each_chart(f, NULL, NULL, index, experiment);
}

void study_charts_put(page *p, const char *folder, int index, const json_t *experiment) {
    page_columns_begin(p);
    each_chart(NULL, p, folder, index, experiment);
    page_columns_end(p);
}
