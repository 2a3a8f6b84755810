/* study_findings.c - what the trials of an experiment say together: the best on validation,
 * published figures beside ours, McNemar's test between models, and claims judged over the seeds.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "published.h"
#include "result.h"
#include "study.h"
#include "text.h"

/* ---- Groups: trials that differ in the seed alone ------------------------------------------------- */

int group_size(const lcnn_experiment *e) {
    return e->group_count > 0 ? e->cell_count / e->group_count : 0;
}

const lcnn_cell *group_cell(const lcnn_experiment *e, int group) {
    return &e->cells[group * group_size(e)];
}

const trial_run *group_values(const study_run *s, const lcnn_experiment *e, int group,
                              const char *metric, double *value, int *done) {
    const lcnn_cell *cell = group_cell(e, group);
    const trial_run *first = NULL;
    *done = 0;
    for (int i = 0; i < group_size(e); i++) {
        const trial_run *r = &s->run[cell[i].trial];
        if (r->state != TRIAL_DONE)
            continue;
        first = first ? first : r;
        value[(*done)++] = trial_metric(r, metric, e->reject_to);
    }
    return first;
}

static double *values_new(const lcnn_experiment *e) {
    double *value = memory_new((size_t)group_size(e) + 1, sizeof *value);
    return value;
}

int best_group(const study_run *s, const lcnn_experiment *e) {
    double *value = values_new(e), highest = -1;
    int best = -1, done;
    for (int g = 0; e->best_by_validation && g < e->group_count; g++) {
        group_values(s, e, g, "validation_accuracy", value, &done);
        estimate found = mean_estimate(value, done);
        if (done > 0 && found.mean > highest) {
            highest = found.mean;
            best = g;
        }
    }
    free(value);
    return best;
}

bool group_is_shown(const study_run *s, const lcnn_experiment *e, int group) {
    return !e->best_by_validation || best_group(s, e) == group;
}

/* ---- Published figures ------------------------------------------------------------------------------ */

static bool figure_fits(const lcnn_experiment *e, const lcnn_figure *f, const lcnn_cell *cell) {
    bool fits = (f->model < 0 || f->model == cell->model) && (f->data < 0 || f->data == cell->data);
    for (int i = 0; i < e->axis_count; i++)
        fits = fits && (!f->values[i] || strcmp(f->values[i], cell->values[i]) == 0);
    return fits;
}

/* What is less the better; a verdict knows no "rejected". */
static lcnn_metric verdict_metric(const char *metric) {
    for (int i = 0; i < LCNN_METRICS; i++)
        if (strcmp(lcnn_metric_name((lcnn_metric)i), metric) == 0)
            return (lcnn_metric)i;
    return LCNN_ERROR;
}

/* The 95 % interval of ours: over seeds where there are several, else of the share of test images.
 */
static interval range_of(const trial_run *first, const char *metric, const estimate *found,
                         int done) {
    if (done > 1)
        return (interval){found->low, found->high};
    if (!metric_is_share(metric) || !first || first->found.count == 0)
        return (interval){NAN, NAN};
    uint32_t count = first->found.count;
    return binomial_interval((uint32_t)(found->mean * count + 0.5), count);
}

static json_t *figure_json(const study_run *s, const lcnn_experiment *e, const lcnn_figure *f,
                           int group) {
    double *value = values_new(e);
    int done;
    const trial_run *first = group_values(s, e, group, f->metric, value, &done);
    estimate found = mean_estimate(value, done);
    interval range = range_of(first, f->metric, &found, done);
    const char *verdict = f->graded && done > 0
                              ? published_verdict(verdict_metric(f->metric), f->value,
                                                  f->uncertainty, found.mean, range)
                              : NULL;
    json_t *all =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s?}", "metric", f->metric,
                  "value", json_number(f->value), "uncertainty", json_number(f->uncertainty),
                  "source", json_text(f->source), "note", json_text(f->note), "graded",
                  (int)f->graded, "ours", json_number(done > 0 ? found.mean : NAN), "low",
                  json_number(range.low), "high", json_number(range.high), "verdict", verdict);
    if (!all)
        no_memory();
    free(value);
    return all;
}

/* Those of the study that fit a group. */
static void add_figures(const study_run *s, const lcnn_experiment *e, int group, json_t *list) {
    for (int i = 0; i < e->published_count; i++)
        if (figure_fits(e, &e->published[i], group_cell(e, group)))
            json_array_append_new(list, figure_json(s, e, &e->published[i], group));
}

/* Those of the model's own file, of the data set that the group has, unless the model was changed.
 */
static void add_claims(const study_run *s, const lcnn_experiment *e, int group, json_t *list) {
    const trial_run *r = &s->run[group_cell(e, group)->trial];
    const lcnn_published *all = lcnn_model_published(r->trial->model);
    const char *data = *r->data_name ? r->data_name : r->trial->data;
    for (int i = 0; all && !all->changed && i < all->count; i++) {
        const lcnn_claim *c = &all->claim[i];
        lcnn_figure f = {.metric = lcnn_metric_name(c->metric),
                         .value = c->value,
                         .uncertainty = c->uncertainty,
                         .source = c->source ? c->source : all->source,
                         .note = c->note ? c->note : "",
                         .graded = c->graded};
        if (strcmp(c->data, data) == 0 && c->metric != LCNN_TRAIN_ERROR)
            json_array_append_new(list, figure_json(s, e, &f, group));
    }
}

json_t *summary_published(const study_run *s, const lcnn_experiment *e, int group) {
    json_t *list = json_array();
    add_figures(s, e, group, list);
    if (json_array_size(list) == 0)
        add_claims(s, e, group, list);
    return list;
}

/* ---- Two models on the same images ------------------------------------------------------------------ */

typedef struct contest {
    uint32_t only_a, only_b;
    double p;
} contest;

static contest compare(const trial_run *a, const trial_run *b) {
    contest c = {0};
    for (uint32_t i = 0; i < a->found.count && i < b->found.count; i++) {
        c.only_a += a->found.wrong[i] && !b->found.wrong[i];
        c.only_b += b->found.wrong[i] && !a->found.wrong[i];
    }
    c.p = mcnemar(c.only_a, c.only_b);
    return c;
}

/* The trial of a group's first seed that both groups have; images must be the same. */
static bool can_compare(const trial_run *a, const trial_run *b) {
    return a->state == TRIAL_DONE && b->state == TRIAL_DONE && a->found.count > 0 &&
           a->found.count == b->found.count && strcmp(a->data_sha256, b->data_sha256) == 0;
}

static bool same_values(const lcnn_experiment *e, const lcnn_cell *a, const lcnn_cell *b) {
    for (int i = 0; i < e->axis_count; i++)
        if (strcmp(a->values[i], b->values[i]) != 0)
            return false;
    return true;
}

json_t *experiment_comparisons(const study_run *s, const lcnn_experiment *e) {
    json_t *list = json_array();
    for (int g = 0; !e->best_by_validation && g < e->group_count; g++)
        for (int h = g + 1; h < e->group_count; h++) {
            const lcnn_cell *a = group_cell(e, g), *b = group_cell(e, h);
            const trial_run *x = &s->run[a->trial], *y = &s->run[b->trial];
            if (a->model == b->model || a->data != b->data || !same_values(e, a, b) ||
                !can_compare(x, y))
                continue;
            contest c = compare(x, y);
            json_array_append_new(
                list, json_pack("{s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:o}", "a",
                                json_text(e->models[a->model]), "b", json_text(e->models[b->model]),
                                "data", json_text(x->data_name), "settings", settings_json(e, a),
                                "seed", x->trial->seed, "only_a_wrong", (json_int_t)c.only_a,
                                "only_b_wrong", (json_int_t)c.only_b, "p", json_number(c.p)));
        }
    return list;
}

/* ---- Claims -------------------------------------------------------------------------------------------- */

typedef enum verdict { CONTRADICTED, UNDECIDED, HELD } verdict;

/* Whether a cell is on the better side of a claim. */
static bool is_better_side(const lcnn_experiment *e, const lcnn_study_claim *c,
                           const lcnn_cell *cell) {
    bool fits = c->better_model < 0 || c->better_model == cell->model;
    for (int i = 0; i < e->axis_count; i++)
        fits = fits && (!c->better[i] || strcmp(c->better[i], cell->values[i]) == 0);
    return fits;
}

/* Whether a cell is what the claim sets against `cell`: other where it speaks, the same elsewhere.
 */
static bool is_other_side(const lcnn_experiment *e, const lcnn_study_claim *c,
                          const lcnn_cell *cell, const lcnn_cell *other) {
    if (other->data != cell->data || is_better_side(e, c, other))
        return false;
    if (c->than_model >= 0 ? other->model != c->than_model
                           : c->better_model < 0 && other->model != cell->model)
        return false;
    for (int i = 0; i < e->axis_count; i++) {
        const char *wanted = c->than[i] ? c->than[i] : c->better[i] ? NULL : cell->values[i];
        if (wanted && strcmp(wanted, other->values[i]) != 0)
            return false;
    }
    return true;
}

/* What the other side is called: what of it the claim speaks of. */
static const char *side_name(const lcnn_experiment *e, const lcnn_study_claim *c,
                             const lcnn_cell *other) {
    const char *name = c->better_model >= 0 || e->model_count > 1 ? e->models[other->model] : "";
    for (int i = 0; i < e->axis_count; i++)
        if (c->better[i])
            name = text_printf("%s%s%s", name, *name ? ", " : "", text_plain(other->values[i]));
    for (int i = 0; i < e->axis_count; i++)
        if (!c->better[i] && e->axes[i].count > 1)
            name = text_printf("%s at %s %s", name, text_plain(e->axes[i].label),
                               text_plain(other->values[i]));
    return name;
}

/* A difference in words: points of a share, or as it is. */
static const char *difference_text(const char *metric, double d) {
    return metric_is_share(metric) ? text_printf("%+.2f points", 100 * d) : text_printf("%+.4f", d);
}

/* Both sides over the seeds that both have; the evidence goes to `out`. */
static verdict judge_pair(const study_run *s, const lcnn_experiment *e, const lcnn_study_claim *c,
                          int g, int h, FILE *out) {
    const lcnn_cell *a = group_cell(e, g), *b = group_cell(e, h);
    double *x = values_new(e), *y = values_new(e);
    int n = 0;
    const trial_run *first = NULL, *second = NULL;
    for (int i = 0; i < group_size(e); i++) {
        const trial_run *r = &s->run[a[i].trial], *q = &s->run[b[i].trial];
        if (r->state != TRIAL_DONE || q->state != TRIAL_DONE)
            continue;
        first = first ? first : r;
        second = second ? second : q;
        x[n] = trial_metric(r, c->metric, e->reject_to);
        y[n++] = trial_metric(q, c->metric, e->reject_to);
    }
    estimate d = paired_difference(x, y, n);
    free(x);
    free(y);
    fprintf(out, "against %s ", side_name(e, c, b));
    if (n == 0) {
        fputs("nothing: trials are missing", out);
        return UNDECIDED;
    }
    fputs(difference_text(c->metric, d.mean), out);
    if (n == 1) {
        fputs(" with one seed", out);
        if (can_compare(first, second)) {
            contest test = compare(first, second);
            fprintf(out,
                    " (McNemar: %u and %u images that it alone and the other alone gets wrong, p = "
                    "%.2g)",
                    test.only_a, test.only_b, test.p);
        }
        return UNDECIDED;
    }
    fprintf(out, " (95 %%: %s to %s, %d seeds)", difference_text(c->metric, d.low),
            difference_text(c->metric, d.high), n);
    double sign = metric_less_is_better(c->metric) ? -1 : 1;
    double low = sign > 0 ? d.low : -d.high, high = sign > 0 ? d.high : -d.low;
    return low > 0 ? HELD : high < 0 ? CONTRADICTED : UNDECIDED;
}

/* One claim on one data set: held when every pair says so, contradicted when any does. */
static json_t *judge(const study_run *s, const lcnn_experiment *e, const lcnn_study_claim *c,
                     int data) {
    static const char *const words[] = {"contradicted", "not decided", "held"};
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    verdict all = HELD;
    int pairs = 0;
    const trial_run *any = NULL;
    for (int g = 0; g < e->group_count; g++)
        for (int h = 0; h < e->group_count; h++) {
            const lcnn_cell *a = group_cell(e, g);
            if (a->data != data || !is_better_side(e, c, a) ||
                !is_other_side(e, c, a, group_cell(e, h)))
                continue;
            any = &s->run[a->trial];
            fputs(pairs++ > 0 ? "; " : "", out);
            verdict one = judge_pair(s, e, c, g, h, out);
            all = one < all ? one : all;
        }
    fclose(out);
    json_t *found =
        pairs == 0
            ? NULL
            : json_pack("{s:o, s:o, s:s, s:s, s:o}", "claim", json_text(c->says), "data",
                        json_text(*any->data_name ? any->data_name : e->data[data]), "metric",
                        c->metric, "verdict", words[all], "evidence", json_text(text));
    free(text);
    return found;
}

json_t *experiment_findings(const study_run *s, const lcnn_experiment *e) {
    json_t *list = json_array();
    for (int i = 0; i < e->claim_count; i++)
        for (int data = 0; data < e->data_count; data++) {
            json_t *found = judge(s, e, &e->claims[i], data);
            if (found)
                json_array_append_new(list, found);
        }
    return list;
}
