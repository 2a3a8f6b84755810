/* study_claims.c - what stands beside the trials of an experiment: figures that others published,
 * and claims to be judged. Both name models, data sets and values that the experiment has. */
#include "config.h"

#include "study.h"

#include <string.h>

static const char *const metrics[] = {"accuracy", "error", "loss",     "precision",
                                      "recall",   "f1",    "rejected", NULL};

typedef struct figure_row {
    int metric;
    double value, uncertainty;
    const char *source, *note;
    bool graded;
} figure_row;

static const attr figure_rows[] = {
    {"metric", ATTR_CHOICE, offsetof(figure_row, metric), .initial = "accuracy", .choices = metrics,
     .help = "which figure of the test part"},
    {"value", ATTR_REAL, offsetof(figure_row, value), .min = 0, .help = "shares as 0 to 1"},
    {"uncertainty", ATTR_REAL, offsetof(figure_row, uncertainty), .initial = "0", .min = 0,
     .help = "plus or minus; 0: nothing is said of it"},
    {"source", ATTR_STRING, offsetof(figure_row, source), .initial = "",
     .help = "where it was published"},
    {"note", ATTR_STRING, offsetof(figure_row, note), .initial = "",
     .help = "what a reader must know of it"},
    {"graded", ATTR_BOOL, offsetof(figure_row, graded), .initial = "true",
     .help = "whether ours may be held against it: false where it is not of the same data"},
    {0},
};

typedef struct claim_row {
    const char *says;
    int metric;
} claim_row;

static const attr claim_rows[] = {
    {"says", ATTR_STRING, offsetof(claim_row, says), .help = "the claim in a sentence"},
    {"metric", ATTR_CHOICE, offsetof(claim_row, metric), .initial = "accuracy", .choices = metrics,
     .help = "what is compared; less is better of error, loss and rejected"},
    {0},
};

/* What must be rejected depends on the share of errors that is allowed. */
static void check_metric(study_reader *r, const doc *d, const char *metric) {
    if (strcmp(metric, "rejected") == 0 && !(r->now->reject_to > 0))
        study_fault(r, doc_get(d, "metric")->at,
                    "metric: 'rejected' needs 'reject_to' in this experiment");
}

static const char **axis_keys(study_reader *r) {
    study_experiment *e = r->now;
    const char **keys = study_array(r, e->axis_count + 1, sizeof *keys);
    for (int i = 0; keys != NULL && i < e->axis_count; i++)
        keys[i] = e->axis[i].key;
    return keys;
}

/* A value of an axis as somebody wrote it. */
static const char *find_value(study_reader *r, const study_axis *x, const doc *d) {
    const char *text = d->kind == DOC_SCALAR ? d->text : document_line(r->a, d);
    if (text == NULL) {
        error_no_memory(r->errors);
        r->ok = false;
        return NULL;
    }
    const char *what = arena_format(r->a, "value of %.64s", x->key);
    int i = what == NULL ? -1 : study_find(r, d->at, what, text, x->names, x->shown);
    return i < 0 ? NULL : x->names[i];
}

/* A map from keys of the experiment to values; `model`, where it may stand there, goes to *model.
 * The result has an entry for each axis, NULL for any value. */
static const char *const *read_choice(study_reader *r, const doc *map, int *model) {
    study_experiment *e = r->now;
    const char **choice = study_array(r, e->axis_count, sizeof *choice);
    const char **keys = axis_keys(r);
    for (const doc *d = map == NULL ? NULL : map->first; choice && keys && d; d = d->next) {
        if (model != NULL && strcmp(d->key, "model") == 0) {
            if (d->kind != DOC_SCALAR)
                study_fault(r, d->at, "model: expected the name of a model");
            else
                *model = study_find(r, d->at, "model", d->text, e->model_name, e->model_count);
            continue;
        }
        keys[e->axis_count] = model == NULL ? NULL : "model"; /* for the nearest name */
        int i = study_find(r, d->key_at, "key", d->key, keys, e->axis_count + (model != NULL));
        if (i >= 0 && i < e->axis_count)
            choice[i] = find_value(r, &e->axis[i], d);
    }
    return choice;
}

/* The index that a member names; -1 where it is absent. */
static int read_index(study_reader *r, const doc *map, const char *key, const char *const *names,
                      int count) {
    const doc *d = doc_get(map, key);
    if (d == NULL)
        return -1;
    if (d->kind == DOC_SCALAR)
        return study_find(r, d->at, strcmp(key, "data") == 0 ? "data set" : key, d->text, names,
                          count);
    study_fault(r, d->at, "%s: expected a name", key);
    return -1;
}

static const char **data_names(study_reader *r) {
    study_experiment *e = r->now;
    const char **names = study_array(r, e->data_count, sizeof *names);
    for (int i = 0; names != NULL && i < e->data_count; i++)
        names[i] = e->data[i]->text;
    return names;
}

static void read_figure(study_reader *r, const doc *d) {
    static const char *const others[] = {"model", "data", "settings", NULL};
    study_experiment *e = r->now;
    figure_row row = {0};
    if (d->kind != DOC_MAP ||
        !attr_parse(figure_rows, d, others, "published", &row, r->a, r->errors)) {
        if (d->kind != DOC_MAP)
            study_fault(r, d->at, "published: expected a map for each figure");
        r->ok = false;
        return;
    }
    check_metric(r, d, metrics[row.metric]);
    const char **data = data_names(r);
    const doc *settings = study_member(r, d, "settings", DOC_MAP, "a map from keys to values");
    if (data == NULL)
        return;
    e->published[e->published_count++] = (lcnn_figure){
        .model = read_index(r, d, "model", e->model_name, e->model_count),
        .data = read_index(r, d, "data", data, e->data_count),
        .values = read_choice(r, settings, NULL),
        .metric = metrics[row.metric],
        .value = row.value,
        .uncertainty = row.uncertainty,
        .source = row.source,
        .note = row.note,
        .graded = row.graded,
    };
}

static void read_claim(study_reader *r, const doc *d) {
    static const char *const others[] = {"better", "than", NULL};
    study_experiment *e = r->now;
    claim_row row = {0};
    if (d->kind != DOC_MAP || !attr_parse(claim_rows, d, others, "claims", &row, r->a, r->errors)) {
        if (d->kind != DOC_MAP)
            study_fault(r, d->at, "claims: expected a map for each claim");
        r->ok = false;
        return;
    }
    const doc *better = study_member(r, d, "better", DOC_MAP, "a map from keys to values");
    const doc *than = study_member(r, d, "than", DOC_MAP, "a map from keys to values");
    if (better == NULL || better->count == 0) {
        study_fault(r, d->at,
                    "claims: 'better' is missing: what is better, as a map from keys of "
                    "the experiment to values, or {model: NAME}");
        return;
    }
    check_metric(r, d, metrics[row.metric]);
    lcnn_study_claim *c = &e->claim[e->claim_count++];
    *c = (lcnn_study_claim){
        .says = row.says, .metric = metrics[row.metric], .better_model = -1, .than_model = -1};
    c->better = read_choice(r, better, &c->better_model);
    c->than = read_choice(r, than, &c->than_model);
    for (const doc *b = better->first; than != NULL && b != NULL; b = b->next)
        if (doc_get(than, b->key) == NULL)
            study_fault(r, than->at, "claims: 'than' says nothing of %.64s, which 'better' names",
                        b->key);
    for (const doc *t = than == NULL ? NULL : than->first; t != NULL; t = t->next)
        if (doc_get(better, t->key) == NULL)
            study_fault(r, t->key_at, "claims: 'better' says nothing of %.64s", t->key);
}

void study_read_claims(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    const doc *published = study_member(r, map, "published", DOC_LIST, "a list of figures");
    const doc *claims = study_member(r, map, "claims", DOC_LIST, "a list of claims");
    e->published = study_array(r, published == NULL ? 0 : published->count, sizeof *e->published);
    e->claim = study_array(r, claims == NULL ? 0 : claims->count, sizeof *e->claim);
    if (e->published == NULL || e->claim == NULL || e->model_name == NULL || e->data == NULL)
        return;
    for (const doc *d = published == NULL ? NULL : published->first; d != NULL; d = d->next)
        read_figure(r, d);
    if (claims == NULL)
        return;
    if (e->draws > 0)
        study_fault(r, claims->at,
                    "claims: what is drawn at random comes in no pairs to compare; "
                    "use a 'grid'");
    else if (e->best_by == STUDY_BEST_BY_VALIDATION)
        study_fault(r, claims->at,
                    "claims: with 'best_by: validation' only the best one is tested, so "
                    "there is nothing to compare");
    else
        for (const doc *d = claims->first; d != NULL; d = d->next)
            read_claim(r, d);
}
