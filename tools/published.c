/* published.c - what holds of published figures once there are some of ours. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "published.h"
#include "rejection.h"
#include "result.h"
#include "text.h"

const char *published_verdict(lcnn_metric metric, double value, double uncertainty, double ours,
                              interval range) {
    if (isnan(ours))
        return NULL;
    double low = isnan(range.low) ? ours : range.low, high = isnan(range.high) ? ours : range.high;
    bool less_is_better = metric == LCNN_ERROR || metric == LCNN_LOSS ||
                          metric == LCNN_TRAIN_ERROR || metric == LCNN_REJECTED;
    if (high < value - uncertainty)
        return less_is_better ? "better" : "worse";
    if (low > value + uncertainty)
        return less_is_better ? "worse" : "better";
    return "within the uncertainty";
}

/* ---- Beside a run ---------------------------------------------------------------------------- */

typedef struct figure {
    const lcnn_claim *claim;
    double ours;
    interval range;
    const char *verdict; /* NULL: not graded */
} figure;

struct beside {
    const lcnn_published *published;
    const char *why_not; /* nothing is graded; NULL: what may be is */
    int count;
    figure *figure;
    const lcnn_published_curve *curve;   /* of these data, or NULL */
    const lcnn_published_errors *errors; /* the same */
    uint32_t wrong, both;                /* of our test images; those that the list has, too */
    char *misfit;                        /* why the list of errors is no list of our test images */
};

static interval share_range(double share, uint32_t count) {
    return isnan(share) ? (interval){NAN, NAN}
                        : binomial_interval((uint32_t)lround(share * count), count);
}

/* Ours of a metric, and its range. */
static void measure(const beside_run *run, lcnn_metric metric, figure *f) {
    double none = NAN, accuracy = run->test ? run->test->accuracy : none;
    uint32_t count = run->test ? run->test->count : 0;
    estimate loss;
    switch (metric) {
    case LCNN_LOSS:
        loss = mean_estimate(run->test ? run->test->loss_of : NULL, (int)count);
        f->ours = loss.mean;
        f->range = (interval){loss.low, loss.high};
        return;
    case LCNN_ERROR:
    case LCNN_TRAIN_ERROR:
        f->ours = 1 - (metric == LCNN_ERROR ? accuracy : run->train_accuracy);
        f->range = share_range(f->ours, metric == LCNN_ERROR ? count : run->train_count);
        return;
    case LCNN_REJECTED:
        f->ours = run->test ? rejected_share(run->test, 0.005) : none;
        f->range = (interval){none, none};
        return;
    default: /* micro averages equal the accuracy */
        f->ours = accuracy;
        f->range = share_range(accuracy, count);
    }
}

static int find_sample(const lcnn_evaluation *e, uint32_t index) {
    for (uint32_t i = 0; i < e->count; i++)
        if (e->sample[i] == index)
            return (int)i;
    return -1;
}

/* How many of our mistakes are on the list. */
static void count_common(beside *b, const beside_run *run) {
    const lcnn_evaluation *e = run->test;
    for (uint32_t i = 0; i < e->count; i++)
        b->wrong += e->truth[i] != e->answer[i];
    for (int k = 0; k < b->errors->count; k++) {
        int i = find_sample(e, b->errors->index[k]);
        const char *truth = i < 0 ? NULL : lcnn_model_class_name(run->model, e->truth[i]);
        if (truth && strcmp(truth, b->errors->truth[k]) == 0) {
            b->both += e->truth[i] != e->answer[i];
            continue;
        }
        const char *is =
            truth ? text_printf("is '%s'", text_plain(truth)) : "is not among those tested";
        b->misfit =
            memory_text(text_printf("the published errors are of other images: test image %u %s "
                                    "here and '%s' there",
                                    b->errors->index[k], is, text_plain(b->errors->truth[k])));
        return;
    }
}

static const char *why_not(const beside_run *run) {
    if (run->published->changed)
        return "settings changed the model, and what was published is about the file as it is";
    if (run->from_weights)
        return "training began with weights from a file";
    return NULL;
}

beside *beside_new(const beside_run *run) {
    const lcnn_published *all = run->published;
    const char *data = lcnn_data_name(run->data);
    if (!all)
        return NULL;
    beside *b = memory_new(1, sizeof *b);
    b->figure = memory_new((size_t)all->count, sizeof *b->figure);
    b->published = all;
    b->why_not = why_not(run);
    for (int i = 0; i < all->count; i++) {
        const lcnn_claim *c = &all->claim[i];
        if (strcmp(c->data, data) != 0)
            continue;
        figure *f = &b->figure[b->count++];
        f->claim = c;
        measure(run, c->metric, f);
        if (c->graded && !b->why_not)
            f->verdict = published_verdict(c->metric, c->value, c->uncertainty, f->ours, f->range);
    }
    b->curve = all->curve && strcmp(all->curve->data, data) == 0 ? all->curve : NULL;
    b->errors =
        run->test && all->errors && strcmp(all->errors->data, data) == 0 ? all->errors : NULL;
    if (b->errors)
        count_common(b, run);
    if (b->count > 0 || b->curve || b->errors)
        return b;
    beside_free(b);
    return NULL;
}

void beside_free(beside *b) {
    if (!b)
        return;
    free(b->figure);
    free(b->misfit);
    free(b);
}

/* ---- Text ------------------------------------------------------------------------------------ */

static const char *shown(lcnn_metric metric, double x) {
    return metric == LCNN_LOSS ? text_decimal(x) : text_percent(x);
}

/* "98.88 % +- 0.10" */
static const char *shown_claim(const lcnn_claim *c) {
    const char *value = shown(c->metric, c->value);
    if (c->uncertainty == 0)
        return value;
    return c->metric == LCNN_LOSS ? text_printf("%s +- %s", value, text_decimal(c->uncertainty))
                                  : text_printf("%s +- %.2f", value, 100 * c->uncertainty);
}

static void print_figures(const beside *b, FILE *out) {
    static const char *const heads[] = {"", "published", "ours", "95 %", ""};
    table *t = table_new("lrrrl");
    for (int i = 0; i < 5; i++)
        table_cell(t, heads[i]);
    for (int i = 0; i < b->count; i++) {
        const figure *f = &b->figure[i];
        lcnn_metric metric = f->claim->metric;
        table_cell(t, text_plain(lcnn_metric_name(metric)));
        table_cell(t, shown_claim(f->claim));
        table_cell(t, shown(metric, f->ours));
        table_cell(t, isnan(f->range.low) ? ""
                                          : text_printf("%s to %s", shown(metric, f->range.low),
                                                        shown(metric, f->range.high)));
        table_cell(t, f->verdict ? f->verdict : "not graded");
    }
    table_print(t, out, 2);
    table_free(t);
}

static void print_remark(const char *text, FILE *out) {
    fputs("  ", out);
    text_wrap(out, text, 2, 2);
}

/* What else is to be known of the figures, each thing once. */
static void print_remarks(const beside *b, FILE *out) {
    if (b->why_not)
        print_remark(text_printf("nothing is graded: %s", b->why_not), out);
    for (int i = 0; i < b->count; i++) {
        const lcnn_claim *c = b->figure[i].claim;
        const lcnn_claim *before = i > 0 ? b->figure[i - 1].claim : NULL;
        if (*c->note && (!before || strcmp(before->note, c->note) != 0))
            print_remark(text_plain(c->note), out);
        if (strcmp(c->source, b->published->source) != 0 &&
            (!before || strcmp(before->source, c->source) != 0))
            print_remark(text_printf("%s: %s", lcnn_metric_name(c->metric), text_plain(c->source)),
                         out);
    }
}

void beside_print(const beside *b, FILE *out) {
    text_wrap(out, text_printf("published: %s", text_plain(b->published->source)), 0, 2);
    if (b->count > 0)
        print_figures(b, out);
    print_remarks(b, out);
    if (b->curve)
        print_remark(text_printf("a learning curve of %s: published.json",
                                 text_plural(b->curve->count, "point")),
                     out);
    if (b->misfit)
        print_remark(b->misfit, out);
    else if (b->errors)
        print_remark(text_printf("%u of the %d published errors are among our %u", b->both,
                                 b->errors->count, b->wrong),
                     out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* To nine digits: the ends of intervals come from functions whose last digits differ from library
 * to library. */
static json_t *rounded(double x) {
    char text[32];
    snprintf(text, sizeof text, "%.9g", x);
    return json_number(isfinite(x) ? strtod(text, NULL) : x);
}

json_t *beside_results(const beside *b) {
    json_t *list = json_array();
    for (int i = 0; i < b->count; i++) {
        const figure *f = &b->figure[i];
        const lcnn_claim *c = f->claim;
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:s?}", "metric",
                            lcnn_metric_name(c->metric), "data", json_text(c->data), "value",
                            json_number(c->value), "uncertainty",
                            c->uncertainty > 0 ? rounded(c->uncertainty) : json_null(), "source",
                            json_text(c->source), "note", json_text(c->note), "graded",
                            f->verdict != NULL, "ours", json_number(f->ours), "low",
                            rounded(f->range.low), "high", rounded(f->range.high), "verdict",
                            f->verdict));
    }
    return list;
}

static const char *title_of(const beside *b, const char *title) {
    return *title ? title : b->published->source;
}

static json_t *curve_json(const beside *b) {
    const lcnn_published_curve *c = b->curve;
    return json_pack("{s:o, s:o, s:o, s:o}", "title", json_text(title_of(b, c->title)), "epoch",
                     json_numbers(c->epoch, c->count), "train_error",
                     json_numbers(c->train_error, c->count), "test_error",
                     json_numbers(c->test_error, c->count));
}

static json_t *errors_json(const beside *b) {
    const lcnn_published_errors *e = b->errors;
    json_t *index = json_array();
    for (int i = 0; i < e->count; i++)
        json_array_append_new(index, json_integer(e->index[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:I}", "title", json_text(title_of(b, e->title)),
                     "index", index, "truth", json_texts(e->truth, e->count), "answer",
                     json_texts(e->answer, e->count), "ours", (json_int_t)b->wrong, "both",
                     (json_int_t)b->both);
}

json_t *beside_json(const beside *b) {
    json_t *all =
        json_pack("{s:o, s:s?, s:o, s:o, s:o, s:o}", "source", json_text(b->published->source),
                  "why_not_graded", b->why_not, "results", beside_results(b), "curve",
                  b->curve ? curve_json(b) : json_null(), "errors",
                  b->errors && !b->misfit ? errors_json(b) : json_null(), "why_no_errors",
                  b->misfit ? json_text(b->misfit) : json_null());
    if (!all)
        no_memory();
    return all;
}
