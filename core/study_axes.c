/* study_axes.c - what an experiment sets: for all its trials, in turn, drawn at random, and in
 * testing alone.
 *
 * Draws are made here, from the seed of `random`, the key and the number of the draw, so that they
 * depend on nothing else; drawn numbers have three digits, as a person would write them. */
#include "config.h"

#include "study.h"

#include "number.h"
#include "rng.h"
#include "scalar_math.h"

#include <string.h>

typedef struct random_choice {
    int draws, seed;
} random_choice;

static const attr random_rows[] = {
    {"draws", ATTR_INT, offsetof(random_choice, draws), .min = 1, .max = STUDY_MAX_VALUES,
     .help = "how many combinations are tried"},
    {"seed", ATTR_INT, offsetof(random_choice, seed), .initial = "1", .min = 0, .max = INT32_MAX,
     .help = "where the draws come from"},
    {0},
};

static const char *const scales[] = {"linear", "log", NULL};

typedef struct range {
    double from, to;
    int scale;
    bool whole;
} range;

static const attr range_rows[] = {
    {"from", ATTR_REAL, offsetof(range, from), .help = "the smallest number"},
    {"to", ATTR_REAL, offsetof(range, to), .help = "the largest number"},
    {"scale", ATTR_CHOICE, offsetof(range, scale), .initial = "linear", .choices = scales,
     .help = "what is drawn evenly: the number, or its logarithm"},
    {"whole", ATTR_BOOL, offsetof(range, whole), .initial = "false",
     .help = "draw whole numbers only"},
    {0},
};

/* ---- Keys -------------------------------------------------------------------------------------- */

/* What a study says in another place may not be set, nor anything twice. */
static void check_key(study_reader *r, const char *key, mark at) {
    const study_experiment *e = r->now;
    if (strcmp(key, "train.seed") == 0)
        study_fault(r, at, "%s: seeds are given by 'seeds'", key);
    else if (strcmp(key, "data.name") == 0)
        study_fault(r, at, "%s: data sets are given by 'data'", key);
    bool adds =
        key[0] != '\0' && key[strlen(key) - 1] == '+'; /* to a list, as often as one likes */
    bool twice = false;
    for (int i = 0; i < e->setting_count; i++)
        twice = twice || strcmp(e->setting[i].key, key) == 0;
    for (int i = 0; i < e->axis_count; i++)
        twice = twice || strcmp(e->axis[i].key, key) == 0;
    if (twice && !adds)
        study_fault(r, at, "'%.64s' is set twice in this experiment", key);
}

static void read_settings(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    const doc *settings = study_member(r, map, "settings", DOC_MAP,
                                       "a map from keys to values, such as {train.epochs: 5}");
    e->setting = study_array(r, settings == NULL ? 0 : settings->count, sizeof *e->setting);
    for (const doc *d = settings == NULL ? NULL : settings->first; e->setting && d; d = d->next) {
        check_key(r, d->key, d->key_at);
        e->setting[e->setting_count++] = (study_setting){d->key, d->key_at, d};
    }
}

/* ---- Values ------------------------------------------------------------------------------------ */

static const char *label_of(study_reader *r, const doc *d) {
    const char *text = d->kind == DOC_SCALAR ? d->text : document_line(r->a, d);
    if (text == NULL) {
        error_no_memory(r->errors);
        r->ok = false;
    }
    return text == NULL ? "" : text;
}

/* A list of values, or a map from labels to values; NULL with a message. */
static const study_value *read_values(study_reader *r, const char *key, const doc *d, int *count) {
    if (d->kind == DOC_SCALAR || d->count == 0 || d->count > STUDY_MAX_VALUES) {
        study_fault(r, d->at,
                    "%.64s: expected 1 to %d values: a list, or a map from labels to values", key,
                    STUDY_MAX_VALUES);
        return NULL;
    }
    study_value *list = study_array(r, d->count, sizeof *list);
    *count = 0;
    for (const doc *m = d->first; list != NULL && m != NULL; m = m->next) {
        const char *label = d->kind == DOC_MAP ? m->key : label_of(r, m);
        for (int i = 0; i < *count; i++)
            if (strcmp(list[i].label, label) == 0)
                study_fault(r, m->at, "%.64s: '%.64s' is in the list twice", key, label);
        list[(*count)++] = (study_value){label, m};
    }
    return list;
}

static const char *const *names_of(study_reader *r, const study_value *value, int count) {
    const char **names = study_array(r, count, sizeof *names);
    for (int i = 0; names != NULL && i < count; i++)
        names[i] = value[i].label;
    return names;
}

static void read_grid(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    const doc *grid = study_member(r, map, "grid", DOC_MAP, "a map from keys to lists of values");
    e->axis = study_array(r, grid == NULL ? 0 : grid->count, sizeof *e->axis);
    for (const doc *d = grid == NULL ? NULL : grid->first; e->axis && d; d = d->next) {
        check_key(r, d->key, d->key_at);
        study_axis *x = &e->axis[e->axis_count];
        *x = (study_axis){.key = d->key, .label = d->key, .at = d->key_at};
        x->value = read_values(r, d->key, d, &x->count);
        x->names = x->value == NULL ? NULL : names_of(r, x->value, x->count);
        x->shown = x->count;
        e->axis_count += x->names != NULL;
    }
}

/* ---- Draws ------------------------------------------------------------------------------------- */

static bool read_range(study_reader *r, const doc *d, range *out) {
    const char *what = arena_format(r->a, "choose: %.64s", d->key);
    if (!attr_parse(range_rows, d, NULL, what == NULL ? "choose" : what, out, r->a, r->errors)) {
        r->ok = false;
        return false;
    }
    if (!(out->from < out->to))
        study_fault(r, d->at, "%.64s: 'from' must be below 'to'", d->key);
    else if (out->scale == 1 && !(out->from >= 1e-300))
        study_fault(r, d->at, "%.64s: on a log scale 'from' must be above 0", d->key);
    else
        return true;
    return false;
}

static const char *draw_number(arena *a, const range *x, double u) {
    double low = x->from, high = x->to;
    double value = low + (high - low) * u;
    if (x->scale == 1)
        value = scalar_exp(scalar_log(low) + (scalar_log(high) - scalar_log(low)) * u);
    if (x->whole)
        return arena_format(a, "%lld", (long long)(value + 0.5));
    return arena_format(a, "%.3g", value);
}

/* The values of one key for all draws. */
static void draw_axis(study_reader *r, const doc *d, const random_choice *how, study_axis *x) {
    range numbers = {0};
    int count = 0;
    const study_value *from = NULL;
    if (d->kind == DOC_MAP && (doc_get(d, "from") != NULL || doc_get(d, "to") != NULL)) {
        if (!read_range(r, d, &numbers))
            return;
    } else if ((from = read_values(r, d->key, d, &count)) == NULL) {
        return;
    }
    study_value *drawn = study_array(r, how->draws, sizeof *drawn);
    rng_key key = {(uint64_t)how->seed, RNG_STUDY, rng_hash(d->key), 0};
    for (int i = 0; drawn != NULL && i < how->draws; i++) {
        uint32_t word[4];
        rng_words(&key, (uint32_t)i, 0, word);
        if (from != NULL) {
            drawn[i] = from[rng_below(word[0], (uint32_t)count)];
            continue;
        }
        const char *text = draw_number(r->a, &numbers, rng_open_unit(word[0], word[1]));
        drawn[i].label = text;
        drawn[i].value = text == NULL ? NULL : doc_scalar(r->a, d->at, text, false);
        if (drawn[i].value == NULL) {
            error_no_memory(r->errors);
            r->ok = false;
            return;
        }
    }
    x->names = from == NULL ? NULL : names_of(r, from, count);
    x->shown = x->names == NULL ? 0 : count;
    x->value = drawn;
    x->count = drawn == NULL ? 0 : how->draws;
}

static void read_random(study_reader *r, const doc *map) {
    static const char *const others[] = {"choose", NULL};
    study_experiment *e = r->now;
    const doc *d = study_member(r, map, "random", DOC_MAP, "a map with 'draws' and 'choose'");
    random_choice how = {0};
    if (d == NULL)
        return;
    if (doc_get(map, "grid") != NULL)
        study_fault(r, d->key_at,
                    "random: this experiment has a 'grid', too; there may be one of the two");
    if (!attr_parse(random_rows, d, others, "random", &how, r->a, r->errors)) {
        r->ok = false;
        return;
    }
    const doc *choose =
        study_member(r, d, "choose", DOC_MAP, "a map from keys to what is chosen from");
    if (choose == NULL || choose->count == 0) {
        study_fault(r, d->at,
                    "random: 'choose' is missing: a map from keys to lists, or to ranges "
                    "such as {from: 1e-4, to: 1e-2, scale: log}");
        return;
    }
    e->axis = study_array(r, choose->count, sizeof *e->axis);
    e->axis_count = 0;
    e->draws = how.draws;
    for (const doc *c = choose->first; e->axis != NULL && c != NULL; c = c->next) {
        check_key(r, c->key, c->key_at);
        study_axis *x = &e->axis[e->axis_count];
        *x = (study_axis){.key = c->key, .label = c->key, .at = c->key_at};
        draw_axis(r, c, &how, x);
        e->axis_count += x->value != NULL;
    }
}

/* ---- Labels and probes -------------------------------------------------------------------------- */

static void read_labels(study_reader *r, const doc *map) {
    study_experiment *e = r->now;
    const doc *labels =
        study_member(r, map, "labels", DOC_MAP, "a map from keys to words for people");
    const char **keys = study_array(r, e->axis_count, sizeof *keys);
    for (int i = 0; keys != NULL && i < e->axis_count; i++)
        keys[i] = e->axis[i].key;
    for (const doc *d = labels == NULL ? NULL : labels->first; keys && d; d = d->next) {
        int i = study_find(r, d->key_at, "key", d->key, keys, e->axis_count);
        if (d->kind != DOC_SCALAR || d->text[0] == '\0')
            study_fault(r, d->at, "labels: expected a text");
        else if (i >= 0)
            e->axis[i].label = d->text;
    }
}

static const attr probe_rows[] = {
    {"title", ATTR_STRING, offsetof(study_experiment, probe_title), .initial = "",
     .help = "heading of the figure"},
    {"label", ATTR_STRING, offsetof(study_experiment, probe_label), .initial = "",
     .help = "what the values are, for people"},
    {"key", ATTR_STRING, offsetof(study_experiment, probe_key),
     .help = "what is changed in testing, as with --set; it begins with data."},
    {0},
};

static void read_probes(study_reader *r, const doc *map) {
    static const char *const others[] = {"values", NULL};
    study_experiment *e = r->now;
    const doc *d = study_member(r, map, "probes", DOC_MAP, "a map with 'key' and 'values'");
    if (d == NULL)
        return;
    if (!attr_parse(probe_rows, d, others, "probes", e, r->a, r->errors)) {
        r->ok = false;
        return;
    }
    e->probe_at = doc_get(d, "key")->at;
    if (strncmp(e->probe_key, "data.", 5) != 0 || strcmp(e->probe_key, "data.name") == 0)
        study_fault(r, e->probe_at,
                    "probes: a trained model is tested on changed data; expected a "
                    "key such as data.transforms+");
    const doc *values = doc_get(d, "values");
    if (values == NULL)
        study_fault(r, d->at,
                    "probes: 'values' is missing: a list, or a map from labels to values");
    else
        e->probe = read_values(r, "probes: values", values, &e->probe_count);
    if (e->probe_label[0] == '\0')
        e->probe_label = e->probe_key;
}

void study_read_axes(study_reader *r, const doc *map) {
    read_settings(r, map);
    read_grid(r, map);
    read_random(r, map);
    if (r->now->axis != NULL)
        read_labels(r, map);
    read_probes(r, map);
}
