/* claims.c - published figures, curves and lists of errors, checked as they are read. */
#include "claims.h"

#include "number.h"
#include "resolve.h"

#include <math.h>
#include <string.h>

/* ---- Rows ------------------------------------------------------------------------------------ */

static const char *const metric_names[LCNN_METRICS + 1] = {
    [LCNN_ACCURACY] = "accuracy",       [LCNN_ERROR] = "error",       [LCNN_LOSS] = "loss",
    [LCNN_PRECISION] = "precision",     [LCNN_RECALL] = "recall",     [LCNN_F1] = "f1",
    [LCNN_TRAIN_ERROR] = "train_error", [LCNN_REJECTED] = "rejected",
};

const char *lcnn_metric_name(lcnn_metric metric) {
    return metric_names[metric];
}

typedef struct result {
    int metric;
    const char *data;
    double value, uncertainty;
    int images;
    bool graded;
    const char *source, *note;
} result;

static const attr result_rows[] = {
    {"metric", ATTR_CHOICE, offsetof(result, metric), .choices = metric_names,
     .help = "what was measured; precision, recall and f1 are micro averages, train_error is that "
             "of the last epoch, rejected the share of the test images to reject, the least sure "
             "first, so that of the others 0.5 % are wrong"},
    {"data", ATTR_STRING, offsetof(result, data), .help = "the set whose test images it is of"},
    {"value", ATTR_REAL, offsetof(result, value), .min = 0, .max = -1,
     .help = "the figure; a share between 0 and 1, but for the loss"},
    {"uncertainty", ATTR_REAL, offsetof(result, uncertainty), .initial = "0", .min = 0, .max = -1,
     .help = "what was published as its uncertainty, to both sides"},
    {"images", ATTR_INT, offsetof(result, images), .initial = "unknown", .word = "unknown",
     .min = 1, .max = INT32_MAX,
     .help = "where no uncertainty was published: of how many test images the share is, which "
             "gives the binomial deviation in its place"},
    {"graded", ATTR_BOOL, offsetof(result, graded), .initial = "true",
     .help = "false: to be shown beside ours, and no more"},
    {"source", ATTR_STRING, offsetof(result, source), .initial = "",
     .help = "where it was published, if not where all are"},
    {"note", ATTR_STRING, offsetof(result, note), .initial = "", .help = "what else to know of it"},
    {0},
};

const component claims_result = {
    .name = "published.results",
    .summary = "a list of published figures, each a map of these",
    .doc =
        "A figure is graded on the data it is of: within the uncertainty, where the range of ours\n"
        "(95 %: Wilson's interval of a share of test images, Student's of a loss) and the value\n"
        "with its uncertainty to both sides overlap; else better or worse.",
    .size = sizeof(result),
    .attrs = result_rows,
};

typedef struct table_of {
    const char *data, *file, *title;
} table_of;

static const attr table_rows[] = {
    {"data", ATTR_STRING, offsetof(table_of, data), .help = "the set that it is of"},
    {"file", ATTR_STRING, offsetof(table_of, file),
     .help = "a CSV file, relative to this one; lines that begin with # say where it is from"},
    {"title", ATTR_STRING, offsetof(table_of, title), .initial = "",
     .help = "what to call it beside ours"},
    {0},
};

const component claims_curve = {
    .name = "published.curve",
    .summary = "a published learning curve, to lay over ours",
    .doc =
        "The file has the columns epoch, train_error and test_error (one of the two may be left\n"
        "out, or out of a line): shares between 0 and 1, epochs in order.",
    .size = sizeof(table_of),
    .attrs = table_rows,
};

const component claims_errors = {
    .name = "published.errors",
    .summary = "the test images that a published network got wrong",
    .doc = "The file has the columns index (in the order of the test part, from 0), truth and\n"
           "answer (names of classes), indices in order.",
    .size = sizeof(table_of),
    .attrs = table_rows,
};

/* ---- Results --------------------------------------------------------------------------------- */

/* The name as the catalogue has it, and what is known of the set, NULL of folders; false with a
 * message. */
static bool find_data(const claims_reader *r, const doc *map, const char **name,
                      const dataset_info **info) {
    *info = NULL;
    if (strchr(*name, '/'))
        return true; /* its files need not be here */
    *info = r->data_info(*name, doc_get(map, "data")->at, r->a, r->errors);
    if (*info)
        *name = (*info)->name;
    return *info != NULL;
}

/* A share is not written in percent; false with a message. */
static bool check_share(const claims_reader *r, double x, const doc *map, const char *key,
                        const char *what) {
    const doc *value = doc_get(map, key);
    if (x <= 1)
        return true;
    error_add(r->errors, LCNN_BAD_MODEL, value->at,
              "%s: '%s' is '%s'; a share lies between 0 and 1: %s %% is %.10g", what, key,
              value->text, value->text, x / 100);
    return false;
}

/* What a row cannot say. */
static bool check_result(const claims_reader *r, const result *in, const doc *map,
                         const char *what) {
    const doc *images = doc_get(map, "images");
    if (in->metric != LCNN_LOSS && (!check_share(r, in->value, map, "value", what) ||
                                    !check_share(r, in->uncertainty, map, "uncertainty", what)))
        return false;
    if (in->images == 0 || (in->metric != LCNN_LOSS && in->uncertainty == 0))
        return true;
    error_add(r->errors, LCNN_BAD_MODEL, images->key_at,
              in->metric == LCNN_LOSS ? "%s: 'images' gives a share its uncertainty, not a loss"
                                      : "%s: there is an 'uncertainty', which 'images' would make",
              what);
    return false;
}

static bool read_result(const claims_reader *r, const doc *map, const char *what, lcnn_claim *out) {
    result in;
    const dataset_info *info;
    if (!attr_parse(result_rows, map, NULL, what, &in, r->a, r->errors))
        return false;
    if (!check_result(r, &in, map, what) || !find_data(r, map, &in.data, &info))
        return false;
    *out = (lcnn_claim){
        .metric = (lcnn_metric)in.metric,
        .data = in.data,
        .value = in.value,
        .uncertainty = in.images > 0 ? sqrt(in.value * (1 - in.value) / in.images) : in.uncertainty,
        .images = (uint32_t)in.images,
        .graded = in.graded,
        .source = *in.source ? in.source : r->source,
        .note = in.note,
    };
    return true;
}

const lcnn_claim *claims_read_results(const claims_reader *r, const doc *list, const char *what,
                                      int *count) {
    if (list->kind != DOC_LIST || list->count == 0) {
        error_add(
            r->errors, LCNN_BAD_MODEL, list->at,
            "%s: expected a list of figures, such as [{metric: error, data: mnist, value: 0.0095}]",
            what);
        return NULL;
    }
    lcnn_claim *claims = arena_array(r->a, (size_t)list->count + 1, sizeof *claims);
    if (!claims)
        error_no_memory(r->errors);
    bool ok = claims != NULL;
    *count = 0;
    for (const doc *d = list->first; d && claims; d = d->next)
        ok = read_result(r, d, what, &claims[(*count)++]) && ok;
    return ok ? claims : NULL;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

/* The table that a map names, and what is known of its data; NULL with messages. */
static const claims_table *open_table(const claims_reader *r, const doc *map, const char *what,
                                      const claims_column *columns, table_of *out,
                                      const dataset_info **info) {
    if (!attr_parse(table_rows, map, NULL, what, out, r->a, r->errors) ||
        !find_data(r, map, &out->data, info))
        return NULL;
    const char *path = resolve_beside(r->a, r->path, out->file);
    if (!path) {
        error_no_memory(r->errors);
        return NULL;
    }
    return claims_read_table(r, path, doc_get(map, "file")->at, columns);
}

/* A share; NaN where nothing stands. */
static bool read_share(const claims_reader *r, const claims_cell *cell, double *out) {
    const char *why;
    *out = NAN;
    if (!cell->text || !*cell->text)
        return true;
    if (number_real(cell->text, out, &why) && *out >= 0 && *out <= 1)
        return true;
    error_add(r->errors, LCNN_BAD_MODEL, cell->at, "'%.40s' is no share between 0 and 1",
              cell->text);
    return false;
}

/* A whole number, at least `first`, which is above the one before: that orders the rows. */
static bool read_ordered(const claims_reader *r, const claims_cell *cell, int64_t first,
                         int64_t *last) {
    const char *why;
    int64_t number;
    if (!number_integer(cell->text, &number, &why) || number < first || number > INT32_MAX) {
        error_add(r->errors, LCNN_BAD_MODEL, cell->at,
                  "'%.40s' is no whole number between %lld and %d", cell->text, (long long)first,
                  INT32_MAX);
        return false;
    }
    if (number <= *last) {
        error_add(r->errors, LCNN_BAD_MODEL, cell->at,
                  "%lld does not follow %lld: the numbers of this column must grow",
                  (long long)number, (long long)*last);
        return false;
    }
    *last = number;
    return true;
}

static const claims_column curve_columns[] = {
    {"epoch", true}, {"train_error", false}, {"test_error", false}, {NULL, false}};

/* One point of a curve, of one error or both. */
static bool read_point(const claims_reader *r, const claims_cell *row, int64_t *epoch,
                       double *train, double *test) {
    if (!read_ordered(r, &row[0], 1, epoch) || !read_share(r, &row[1], train) ||
        !read_share(r, &row[2], test))
        return false;
    if (!isnan(*train) || !isnan(*test))
        return true;
    error_add(r->errors, LCNN_BAD_MODEL, row[0].at,
              "epoch %lld has neither a train_error nor a test_error", (long long)*epoch);
    return false;
}

const lcnn_published_curve *claims_read_curve(const claims_reader *r, const doc *map,
                                              const char *what) {
    table_of in;
    const dataset_info *info;
    const claims_table *t = open_table(r, map, what, curve_columns, &in, &info);
    if (!t)
        return NULL;
    lcnn_published_curve *curve = arena_alloc(r->a, sizeof *curve);
    double *number = arena_array(r->a, (size_t)t->rows * 3, sizeof *number);
    if (!curve || !number) {
        error_no_memory(r->errors);
        return NULL;
    }
    double *epoch = number, *train = epoch + t->rows, *test = train + t->rows;
    int64_t last = 0;
    bool ok = true;
    for (int i = 0; i < t->rows && ok; i++) {
        ok = read_point(r, t->cell + (size_t)i * (size_t)t->columns, &last, &train[i], &test[i]);
        epoch[i] = (double)last;
    }
    *curve = (lcnn_published_curve){in.data, in.title, t->rows, epoch, train, test};
    return ok ? curve : NULL;
}

/* The name of a class; of folders nothing is known that could be held against it. */
static bool read_class(const claims_reader *r, const claims_cell *cell, const dataset_info *info,
                       const char **out) {
    *out = cell->text;
    for (int k = 0; info && k < info->classes; k++)
        if (strcmp(info->class_names[k], cell->text) == 0)
            return true;
    if (info)
        error_add(r->errors, LCNN_BAD_MODEL, cell->at, "'%.64s' is no class of %s", cell->text,
                  info->name);
    return !info;
}

static const claims_column errors_columns[] = {
    {"index", true}, {"truth", true}, {"answer", true}, {NULL, false}};

static bool read_error(const claims_reader *r, const claims_cell *row, const dataset_info *info,
                       int64_t *index, const char **truth, const char **answer) {
    if (!read_ordered(r, &row[0], 0, index) || !read_class(r, &row[1], info, truth) ||
        !read_class(r, &row[2], info, answer))
        return false;
    if (strcmp(*truth, *answer) != 0)
        return true;
    error_add(r->errors, LCNN_BAD_MODEL, row[2].at, "'%.64s' is the truth, too: that is no error",
              *answer);
    return false;
}

const lcnn_published_errors *claims_read_errors(const claims_reader *r, const doc *map,
                                                const char *what) {
    table_of in;
    const dataset_info *info;
    const claims_table *t = open_table(r, map, what, errors_columns, &in, &info);
    if (!t)
        return NULL;
    lcnn_published_errors *list = arena_alloc(r->a, sizeof *list);
    uint32_t *index = arena_array(r->a, (size_t)t->rows, sizeof *index);
    const char **name = arena_array(r->a, (size_t)t->rows * 2, sizeof *name);
    if (!list || !index || !name) {
        error_no_memory(r->errors);
        return NULL;
    }
    const char **truth = name, **answer = name + t->rows;
    int64_t last = -1;
    bool ok = true;
    for (int i = 0; i < t->rows && ok; i++) {
        ok = read_error(r, t->cell + (size_t)i * (size_t)t->columns, info, &last, &truth[i],
                        &answer[i]);
        index[i] = (uint32_t)last;
    }
    *list = (lcnn_published_errors){in.data, in.title, t->rows, index, truth, answer};
    return ok ? list : NULL;
}
