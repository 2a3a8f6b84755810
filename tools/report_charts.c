/* report_charts.c - the charts of one run: its curves by epoch, its confusion matrix, its classes,
 * and what rejecting the doubtful answers would bring. Where they are shown is the pages' business.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "report.h"
#include "statistics.h"

enum { MOST_SERIES = 8, MARKED = 30 /* epochs, up to which each one has a point */ };

/* Ranges over more than a factor of eight are shown by logarithms; nothing else could be told apart
 * at their low end. */
static bool wants_log(int count, const series *s) {
    double low = INFINITY, high = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < s[i].count; k++)
            if (s[i].y[k] > 0) {
                low = fmin(low, s[i].y[k]);
                high = fmax(high, s[i].y[k]);
            }
    return high > 8 * low;
}

static bool has_numbers(const double *x, int count) {
    for (int i = 0; i < count; i++)
        if (isfinite(x[i]))
            return true;
    return false;
}

/* ---- Curves by epoch -------------------------------------------------------------------------- */

typedef struct curves {
    int count;
    series series[MOST_SERIES];
    double *made[MOST_SERIES]; /* to be freed */
    int makes;
} curves;

static double *curves_keep(curves *c, double *x) {
    c->made[c->makes++] = x;
    return x;
}

static void curves_free(curves *c) {
    for (int i = 0; i < c->makes; i++)
        free(c->made[i]);
}

static void curves_add(curves *c, const past_run *r, const char *label, const double *y,
                       int colour) {
    if (r->epochs > 0 && has_numbers(y, r->epochs))
        c->series[c->count++] =
            (series){.label = label,
                     .style = r->epochs <= MARKED ? SERIES_LINE_POINTS : SERIES_LINE,
                     .count = r->epochs,
                     .x = r->column[RUN_EPOCH],
                     .y = y,
                     .colour = colour};
}

static double *errors_of(curves *c, const past_run *r, run_column accuracy) {
    double *error = curves_keep(c, memory_new((size_t)r->epochs, sizeof(double)));
    for (int i = 0; i < r->epochs; i++)
        error[i] = 1 - r->column[accuracy][i];
    return error;
}

/* A list of JSON; NaN where it holds no number. */
static double *json_numbers(curves *c, const json_t *list) {
    double *x = curves_keep(c, memory_new(json_array_size(list), sizeof(double)));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        x[i] = json_is_number(one) ? json_number_value(one) : NAN;
    }
    return x;
}

static void add_published(curves *c, const json_t *curve, const char *member, const char *label,
                          int colour) {
    const json_t *epoch = json_member(curve, "epoch", NULL),
                 *error = json_member(curve, member, NULL);
    size_t count = json_array_size(epoch);
    if (count == 0 || json_array_size(error) != count)
        return;
    double *y = json_numbers(c, error);
    if (has_numbers(y, (int)count))
        c->series[c->count++] = (series){.label = label,
                                         .style = SERIES_REFERENCE,
                                         .count = (int)count,
                                         .x = json_numbers(c, epoch),
                                         .y = y,
                                         .colour = colour};
}

/* Where others ended up, as a point over the last epoch: those of a loss, or shares of errors. */
static void add_published_end(curves *c, const past_run *r, bool loss) {
    const json_t *results = json_member(r->published, "results", NULL);
    double *y = curves_keep(c, memory_new(1, sizeof(double)));
    *y = NAN;
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *one = json_array_get(results, i);
        const char *metric = json_member_text(one, "metric", NULL);
        double value = json_member_number(one, "value", NULL);
        if (loss ? strcmp(metric, "loss") == 0 : strcmp(metric, "error") == 0)
            *y = value;
        else if (!loss && strcmp(metric, "accuracy") == 0)
            *y = 1 - value;
    }
    if (isfinite(*y))
        c->series[c->count++] = (series){.label = "test, published",
                                         .style = SERIES_REFERENCE,
                                         .count = 1,
                                         .x = &r->column[RUN_EPOCH][r->epochs - 1],
                                         .y = y,
                                         .colour = 2};
}

static void draw_error(figures *f, const past_run *r) {
    curves c = {0};
    const json_t *published = json_member(r->published, "curve", NULL);
    if (r->epochs == 0)
        return;
    curves_add(&c, r, "training", errors_of(&c, r, RUN_TRAIN_ACCURACY), 1);
    curves_add(&c, r, "validation", errors_of(&c, r, RUN_VALIDATION_ACCURACY), 3);
    curves_add(&c, r, "test", errors_of(&c, r, RUN_TEST_ACCURACY), 2);
    add_published(&c, published, "train_error", "training, published", 1);
    if (json_is_object(published))
        add_published(&c, published, "test_error", "test, published", 2);
    else
        add_published_end(&c, r, false);
    if (c.count > 0)
        figures_chart(f, &(chart){.name = "error",
                                  .title = "Error",
                                  .x = {.label = "epoch", .whole = true},
                                  .y = {.label = "share of wrong answers",
                                        .percent = true,
                                        .log = wants_log(c.count, c.series)},
                                  .series_count = c.count,
                                  .series = c.series});
    curves_free(&c);
}

static void draw_loss(figures *f, const past_run *r) {
    curves c = {0};
    if (r->epochs == 0)
        return;
    curves_add(&c, r, "training", r->column[RUN_TRAIN_LOSS], 1);
    curves_add(&c, r, "validation", r->column[RUN_VALIDATION_LOSS], 3);
    curves_add(&c, r, "test", r->column[RUN_TEST_LOSS], 2);
    add_published_end(&c, r, true);
    if (c.count > 0)
        figures_chart(f, &(chart){.name = "loss",
                                  .title = "Loss",
                                  .x = {.label = "epoch", .whole = true},
                                  .y = {.label = "mean loss of an image",
                                        .log = wants_log(c.count, c.series)},
                                  .series_count = c.count,
                                  .series = c.series});
    curves_free(&c);
}

/* A rate that never changes needs no chart. */
static void draw_learning_rate(figures *f, const past_run *r) {
    curves c = {0};
    const double *rate = r->column[RUN_LEARNING_RATE];
    bool changes = false;
    for (int i = 1; i < r->epochs; i++)
        changes |= rate[i] != rate[0];
    curves_add(&c, r, NULL, rate, 1);
    if (changes && c.count > 0)
        figures_chart(f, &(chart){.name = "learning-rate",
                                  .title = "Learning rate",
                                  .x = {.label = "epoch", .whole = true},
                                  .y = {.label = "of the last step of the epoch",
                                        .log = wants_log(1, c.series)},
                                  .series_count = 1,
                                  .series = c.series});
}

/* ---- Classes ---------------------------------------------------------------------------------- */

static void draw_confusion(figures *f, const past_run *r) {
    if (r->classes > 0 && r->confusion)
        figures_heat_map(f, &(heat_map){.name = "confusion",
                                        .title = "Confusion matrix",
                                        .row_label = "truth",
                                        .column_label = "answer",
                                        .size = r->classes,
                                        .names = (const char *const *)r->class_name,
                                        .value = r->confusion});
}

/* Error of each class with its interval, in the order of the classes. */
static void draw_classes(figures *f, const past_run *r) {
    size_t n = (size_t)r->classes;
    if (r->classes < 2 || !r->confusion)
        return;
    double *all = memory_new(4 * n, sizeof(double)), *error = all, *row = all + n,
           *low = all + 2 * n, *high = all + 3 * n;
    for (int i = 0; i < r->classes; i++) {
        double images = 0, hits = r->confusion[(size_t)i * n + (size_t)i];
        for (size_t k = 0; k < n; k++)
            images += r->confusion[(size_t)i * n + k];
        interval range = binomial_interval((uint32_t)(images - hits), (uint32_t)images);
        row[i] = i;
        error[i] = images > 0 ? 1 - hits / images : NAN;
        low[i] = range.low;
        high[i] = range.high;
    }
    const series s = {.style = SERIES_POINTS,
                      .count = r->classes,
                      .x = error,
                      .y = row,
                      .low = low,
                      .high = high};
    figures_chart(
        f, &(chart){.name = "classes",
                    .title = "Test error of each class, with 95 % intervals",
                    .x = {.percent = true, .from_zero = true},
                    .y = {.name_count = r->classes, .names = (const char *const *)r->class_name},
                    .series_count = 1,
                    .series = &s});
    free(all);
}

/* ---- Rejecting -------------------------------------------------------------------------------- */

static int by_probability(const void *left, const void *right) {
    const run_prediction *a = left, *b = right;
    if (a->probability != b->probability)
        return a->probability < b->probability ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Error of the answers that remain when the least probable ones are left out. As many points as a
 * chart can show, up to where no error or a fifth of the images is left. */
static void draw_rejection(figures *f, const past_run *r) {
    enum { POINTS = 120 };
    uint32_t count = r->prediction_count, wrong = 0;
    if (count < 2 || !(r->prediction[0].probability >= 0))
        return;
    run_prediction *sorted = memory_new(count, sizeof *sorted);
    double share[POINTS], error[POINTS];
    int points = 0;
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = r->prediction[i];
        wrong += sorted[i].truth != sorted[i].answer;
    }
    qsort(sorted, count, sizeof *sorted, by_probability);
    uint32_t enough = wrong / 5, most = count / 5 + 1, every = most / POINTS + 1;
    for (uint32_t i = 0; i < most && wrong > enough && points < POINTS; i++) {
        if (i % every == 0) {
            share[points] = (double)i / count;
            error[points++] = (double)wrong / (count - i);
        }
        wrong -= sorted[i].truth != sorted[i].answer;
    }
    free(sorted);
    const series s = {.style = SERIES_LINE, .count = points, .x = share, .y = error};
    if (points > 2)
        figures_chart(
            f, &(chart){.name = "rejection",
                        .title = "Error of the others when doubtful images are rejected",
                        .x = {.label = "rejected share of the test images",
                              .percent = true,
                              .from_zero = true},
                        .y = {.label = "error of the others", .percent = true, .from_zero = true},
                        .series_count = 1,
                        .series = &s});
}

void report_charts(figures *f, const past_run *r) {
    draw_error(f, r);
    draw_loss(f, r);
    draw_learning_rate(f, r);
    draw_confusion(f, r);
    draw_classes(f, r);
    draw_rejection(f, r);
}
