/* published_record.c - see published_record.h. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "past_run.h"
#include "published_record.h"
#include "result.h"

/* ---- Writing ---------------------------------------------------------------------------------- */

static json_t *claims_json(const lcnn_published *all) {
    json_t *list = json_array();
    for (int i = 0; i < all->count; i++) {
        const lcnn_claim *c = &all->claim[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:I, s:b, s:o, s:o}", "metric",
                                              lcnn_metric_name(c->metric), "data",
                                              json_text(c->data), "value", json_number(c->value),
                                              "uncertainty", json_number(c->uncertainty), "images",
                                              (json_int_t)c->images, "graded", c->graded, "source",
                                              json_text(c->source), "note", json_text(c->note)));
    }
    return list;
}

static json_t *curve_json(const lcnn_published_curve *c) {
    if (!c)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "data", json_text(c->data), "title",
                     json_text(c->title), "epoch", json_numbers(c->epoch, c->count), "train_error",
                     json_numbers(c->train_error, c->count), "test_error",
                     json_numbers(c->test_error, c->count));
}

static json_t *errors_json(const lcnn_published_errors *e) {
    if (!e)
        return json_null();
    json_t *index = json_array();
    for (int i = 0; i < e->count; i++)
        json_array_append_new(index, json_integer(e->index[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "data", json_text(e->data), "title",
                     json_text(e->title), "index", index, "truth", json_texts(e->truth, e->count),
                     "answer", json_texts(e->answer, e->count));
}

json_t *published_record(const lcnn_published *all) {
    if (!all)
        return json_null();
    return json_pack("{s:o, s:b, s:o, s:o, s:o}", "source", json_text(all->source), "changed",
                     all->changed, "claims", claims_json(all), "curve", curve_json(all->curve),
                     "errors", errors_json(all->errors));
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static bool metric_of(const char *name, lcnn_metric *metric) {
    for (int i = 0; i < LCNN_METRICS; i++)
        if (strcmp(lcnn_metric_name((lcnn_metric)i), name) == 0) {
            *metric = (lcnn_metric)i;
            return true;
        }
    return false;
}

static bool recall_claims(const json_t *list, lcnn_published *all) {
    lcnn_claim *claim = memory_new(json_array_size(list), sizeof *claim);
    all->claim = claim;
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one) {
        lcnn_claim *c = &claim[all->count++];
        *c = (lcnn_claim){.data = json_member_text(one, "data", NULL),
                          .value = json_member_number(one, "value", NULL),
                          .uncertainty = json_member_number(one, "uncertainty", NULL),
                          .images = (uint32_t)json_integer_value(json_object_get(one, "images")),
                          .graded = json_is_true(json_object_get(one, "graded")),
                          .source = json_member_text(one, "source", NULL),
                          .note = json_member_text(one, "note", NULL)};
        if (!metric_of(json_member_text(one, "metric", NULL), &c->metric))
            return false;
    }
    return true;
}

/* Numbers of a list that must be so long; null is NaN. */
static const double *recall_numbers(const json_t *list, int count) {
    double *x = memory_new((size_t)count, sizeof *x);
    for (int i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, (size_t)i);
        x[i] = json_is_number(one) ? json_number_value(one) : NAN;
    }
    return x;
}

static const char *const *recall_texts(const json_t *list, int count) {
    const char **text = memory_new((size_t)count, sizeof *text);
    for (int i = 0; i < count; i++) {
        const char *one = json_string_value(json_array_get(list, (size_t)i));
        text[i] = one ? one : "";
    }
    return text;
}

static lcnn_published_curve *recall_curve(const json_t *record) {
    if (!json_is_object(record))
        return NULL;
    const json_t *epoch = json_object_get(record, "epoch");
    const int count = (int)json_array_size(epoch);
    lcnn_published_curve *c = memory_new(1, sizeof *c);
    *c = (lcnn_published_curve){
        json_member_text(record, "data", NULL),
        json_member_text(record, "title", NULL),
        count,
        recall_numbers(epoch, count),
        recall_numbers(json_object_get(record, "train_error"), count),
        recall_numbers(json_object_get(record, "test_error"), count),
    };
    return c;
}

static lcnn_published_errors *recall_errors(const json_t *record) {
    if (!json_is_object(record))
        return NULL;
    const json_t *list = json_object_get(record, "index");
    const int count = (int)json_array_size(list);
    uint32_t *index = memory_new((size_t)count, sizeof *index);
    for (int i = 0; i < count; i++)
        index[i] = (uint32_t)json_integer_value(json_array_get(list, (size_t)i));
    lcnn_published_errors *e = memory_new(1, sizeof *e);
    *e = (lcnn_published_errors){
        json_member_text(record, "data", NULL),
        json_member_text(record, "title", NULL),
        count,
        index,
        recall_texts(json_object_get(record, "truth"), count),
        recall_texts(json_object_get(record, "answer"), count),
    };
    return e;
}

lcnn_published *published_recall(const json_t *record) {
    if (!json_is_object(record))
        return NULL;
    lcnn_published *all = memory_new(1, sizeof *all);
    all->source = json_member_text(record, "source", NULL);
    all->changed = json_is_true(json_object_get(record, "changed"));
    all->curve = recall_curve(json_object_get(record, "curve"));
    all->errors = recall_errors(json_object_get(record, "errors"));
    if (recall_claims(json_object_get(record, "claims"), all))
        return all;
    published_free(all);
    return NULL;
}

void published_free(lcnn_published *all) {
    if (!all)
        return;
    if (all->curve) {
        free((double *)all->curve->epoch);
        free((double *)all->curve->train_error);
        free((double *)all->curve->test_error);
    }
    if (all->errors) {
        free((uint32_t *)all->errors->index);
        free((const char **)all->errors->truth);
        free((const char **)all->errors->answer);
    }
    free((lcnn_published_curve *)all->curve);
    free((lcnn_published_errors *)all->errors);
    free((lcnn_claim *)all->claim);
    free(all);
}
