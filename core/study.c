/* study.c - the file of a study: its top level, and of each experiment the models, data sets and
 * seeds. Axes are study_axes.c's, figures and claims study_claims.c's. */
#include "config.h"

#include "study.h"

#include "number.h"

#include <stdarg.h>
#include <string.h>

static const attr study_rows[] = {
    {"name", ATTR_STRING, offsetof(study, name),
     .help = "what the study is called: letters, digits, _ - and .; the name of its folder"},
    {"about", ATTR_STRING, offsetof(study, about), .initial = "", .help = "a line on what it is"},
    {0},
};

static const char *const best_by[] = {"nothing", "validation", NULL};

static const attr experiment_rows[] = {
    {"name", ATTR_STRING, offsetof(study_experiment, name),
     .help = "what the experiment is called: letters, digits, _ - and ."},
    {"title", ATTR_STRING, offsetof(study_experiment, title), .initial = "",
     .help = "its heading in the report"},
    {"about", ATTR_STRING, offsetof(study_experiment, about), .initial = "",
     .help = "what is asked, and how"},
    {"best_by", ATTR_CHOICE, offsetof(study_experiment, best_by), .initial = "nothing",
     .choices = best_by,
     .help = "validation: the trial that does best on the images held out is the only one whose "
             "test figures are shown"},
    {"reject_to", ATTR_REAL, offsetof(study_experiment, reject_to), .initial = "0", .min = 0,
     .max = 0.5,
     .help = "how many answers must be rejected, the least sure first, until no more than this "
             "share of the others is wrong; 0: not asked"},
    {0},
};

/* ---- Words of the reader ----------------------------------------------------------------------- */

void study_fault(study_reader *r, mark at, const char *format, ...) {
    char message[1000];
    va_list list;
    va_start(list, format);
    text_vformat(message, sizeof message, format, list);
    va_end(list);
    error_add(r->errors, LCNN_BAD_MODEL, at, "%s", message);
    r->ok = false;
}

void *study_array(study_reader *r, int count, size_t size) {
    void *made = arena_array(r->a, (size_t)count + 1, size);
    if (made == NULL) {
        error_no_memory(r->errors);
        r->ok = false;
    }
    return made;
}

const doc *study_member(study_reader *r, const doc *map, const char *key, doc_kind kind,
                        const char *what) {
    const doc *d = doc_get(map, key);
    if (d == NULL || d->kind == kind)
        return d;
    study_fault(r, d->at, "%s: expected %s", key, what);
    return NULL;
}

int study_find(study_reader *r, mark at, const char *what, const char *name,
               const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    const char **ended = study_array(r, count, sizeof *ended);
    if (ended == NULL)
        return -1;
    memcpy(ended, names, (size_t)count * sizeof *ended);
    const char *nearest = error_nearest(name, ended);
    if (nearest != NULL) {
        study_fault(r, at, "no %s called '%.64s' in this experiment; did you mean '%s'?", what,
                    name, nearest);
        return -1;
    }
    const char *all = "none";
    for (int i = 0; all != NULL && i < count; i++)
        all = i == 0 ? ended[0] : arena_format(r->a, "%s, %s", all, ended[i]);
    study_fault(r, at, "no %s called '%.64s' in this experiment; it has %.600s", what, name,
                all == NULL ? "" : all);
    return -1;
}

/* Names that become part of folders. */
static void check_name(study_reader *r, const char *what, const doc *map, const char *name) {
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t length = name == NULL ? 0 : strspn(name, letters);
    if (name != NULL && (length == 0 || length > 64 || name[length] != '\0' || name[0] == '.'))
        study_fault(r, doc_get(map, "name")->at,
                    "%s: name: expected at most 64 letters, digits, _ - and ., not beginning with "
                    "a dot",
                    what);
}

/* ---- Lists ------------------------------------------------------------------------------------- */

/* The texts of a member: a list of them, or a single one. */
static const doc **read_texts(study_reader *r, const doc *map, const char *key, int *count) {
    const doc *d = doc_get(map, key);
    int most = d == NULL ? 0 : d->kind == DOC_LIST ? d->count : 1;
    const doc **list = study_array(r, most, sizeof *list);
    *count = 0;
    if (d == NULL || list == NULL)
        return list;
    if (d->kind == DOC_MAP || (d->kind == DOC_LIST && d->count == 0)) {
        study_fault(r, d->at, "%s: expected a list of names, such as [a, b]", key);
        return list;
    }
    for (const doc *m = d->kind == DOC_LIST ? d->first : d; m != NULL;
         m = d->kind == DOC_LIST ? m->next : NULL)
        if (m->kind == DOC_SCALAR && m->text[0] != '\0')
            list[(*count)++] = m;
        else
            study_fault(r, m->at, "%s: expected a name", key);
    return list;
}

static void refuse_twice(study_reader *r, const char *what, const doc *const *at,
                         const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0) {
                study_fault(r, at[i]->at, "%s: '%.64s' is in the list twice", what, names[i]);
                break;
            }
}

/* "lenet5" of "../lenet5.yaml". */
static const char *stem(arena *a, const char *path) {
    const char *slash = strrchr(path, '/'), *from = slash == NULL ? path : slash + 1;
    size_t length = strlen(from);
    if (length > 5 && strcmp(from + length - 5, ".yaml") == 0)
        length -= 5;
    return arena_copy(a, from, length);
}

static void read_models(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    if (doc_get(map, "models") == NULL)
        study_fault(r, map->at, "experiment: 'models' is missing: a list of model files");
    e->model = read_texts(r, map, "models", &e->model_count);
    e->model_name = study_array(r, e->model_count, sizeof *e->model_name);
    for (int i = 0; e->model_name != NULL && i < e->model_count; i++)
        if ((e->model_name[i] = stem(r->a, e->model[i]->text)) == NULL) {
            error_no_memory(r->errors);
            r->ok = false;
            e->model_name = NULL;
        }
    if (e->model_name != NULL)
        refuse_twice(r, "models", e->model, e->model_name, e->model_count);
}

static void read_data(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    e->data = read_texts(r, map, "data", &e->data_count);
    const char **names = study_array(r, e->data_count, sizeof *names);
    for (int i = 0; names != NULL && i < e->data_count; i++)
        names[i] = e->data[i]->text;
    if (names != NULL)
        refuse_twice(r, "data", e->data, names, e->data_count);
}

/* ---- Seeds ------------------------------------------------------------------------------------- */

static int read_integer(study_reader *r, const doc *d, int least, int most) {
    int64_t n = 0;
    const char *why;
    if (d->kind == DOC_SCALAR && !d->quoted && number_integer(d->text, &n, &why) && n >= least &&
        n <= most)
        return (int)n;
    study_fault(r, d->at, "seeds: expected how many (1 to %d: seeds 1, 2, ...), or a list of them",
                STUDY_MAX_SEEDS);
    return least;
}

/* Those of `map`, or what stood above. */
static void read_seeds(study_reader *r, const doc *map, const study_experiment *above,
                       study_experiment *out) {
    static const int one = 1;
    const doc *d = doc_get(map, "seeds");
    if (d == NULL) {
        out->seed = above == NULL ? &one : above->seed;
        out->seed_count = above == NULL ? 1 : above->seed_count;
        out->seed_at = above == NULL ? map->at : above->seed_at;
        return;
    }
    bool list = d->kind == DOC_LIST && d->count > 0 && d->count <= STUDY_MAX_SEEDS;
    int count = list ? d->count : read_integer(r, d, 1, STUDY_MAX_SEEDS);
    int *seed = study_array(r, count, sizeof *seed);
    const doc *m = list ? d->first : NULL;
    for (int i = 0; seed != NULL && i < count; i++, m = list ? m->next : NULL) {
        seed[i] = list ? read_integer(r, m, 0, INT32_MAX) : i + 1;
        for (int k = 0; list && k < i; k++)
            if (seed[k] == seed[i])
                study_fault(r, m->at, "seeds: %d is in the list twice", seed[i]);
    }
    out->seed = seed;
    out->seed_count = seed == NULL ? 0 : count;
    out->seed_at = d->at;
}

/* ---- The whole --------------------------------------------------------------------------------- */

static void read_experiment(study_reader *r, const doc *map, const study_experiment *above) {
    static const char *const others[] = {"models", "data",      "seeds",  "settings", "grid", "random",
                                         "labels", "published", "claims", "probes",   NULL};
    study_experiment *e = r->now;
    e->at = map->at;
    if (map->kind != DOC_MAP) {
        study_fault(r, map->at, "experiments: expected a map of keys and values for each");
        return;
    }
    if (!attr_parse(experiment_rows, map, others, "experiment", e, r->a, r->errors))
        r->ok = false;
    check_name(r, "experiment", map, e->name);
    for (int i = 0; e->name != NULL && &r->study->experiment[i] != e; i++)
        if (r->study->experiment[i].name != NULL &&
            strcmp(r->study->experiment[i].name, e->name) == 0)
            study_fault(r, doc_get(map, "name")->at, "an earlier experiment has this name");
    read_models(r, map);
    read_data(r, map);
    read_seeds(r, map, above, e);
    study_read_axes(r, map);
    study_read_claims(r, map);
}

static void read_top(study_reader *r, const doc *tree) {
    static const char *const others[] = {"seeds", "experiments", NULL};
    study *s = r->study;
    if (!attr_parse(study_rows, tree, others, "study", s, r->a, r->errors))
        r->ok = false;
    check_name(r, "study", tree, s->name);
    study_experiment above = {0};
    read_seeds(r, tree, NULL, &above);
    const doc *list = study_member(r, tree, "experiments", DOC_LIST, "a list of experiments");
    if (doc_get(tree, "experiments") == NULL)
        study_fault(r, tree->at, "study: 'experiments' is missing: a list of them");
    if (list == NULL)
        return;
    if (list->count == 0 || list->count > STUDY_MAX_EXPERIMENTS) {
        study_fault(r, list->at, "experiments: expected 1 to %d", STUDY_MAX_EXPERIMENTS);
        return;
    }
    s->experiment = study_array(r, list->count, sizeof *s->experiment);
    for (const doc *d = list->first; s->experiment != NULL && d != NULL; d = d->next) {
        r->now = &s->experiment[s->experiment_count];
        read_experiment(r, d, &above);
        s->experiment_count++;
    }
}

study *study_read(const char *path, arena *a, lcnn_errors *errors) {
    const doc *tree = document_read(a, path, errors);
    study_reader r = {.a = a, .errors = errors, .ok = true};
    r.study = tree == NULL ? NULL : study_array(&r, 1, sizeof *r.study);
    if (r.study == NULL)
        return NULL;
    r.study->path = path;
    read_top(&r, tree);
    r.study->text = arena_copy(a, tree->at.source->text, tree->at.source->length);
    if (r.study->text == NULL)
        error_no_memory(errors);
    return r.ok && r.study->text != NULL ? r.study : NULL;
}
