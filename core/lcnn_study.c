/* lcnn_study.c - the public interface of studies: experiments spread out into trials, each with its
 * model, read and checked under all its settings. */
#include "config.h"

#include "hash.h"
#include "lcnn_parts.h"
#include "number.h"
#include "study.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lcnn_study {
    arena *arena;
    study *read;
    int trial_count, experiment_count;
    lcnn_trial *trial;
    lcnn_experiment *experiment;
};

/* A study on its way to trials. */
typedef struct maker {
    lcnn_study *made;
    const lcnn_study_options *options;
    arena *a;
    lcnn_errors *errors;
    const study_experiment *now;
    lcnn_experiment *out;
    lcnn_cell *cell; /* of `out` */
    int capacity;    /* of made->trial */
    bool ok;
} maker;

static bool no_room(maker *m) {
    error_no_memory(m->errors);
    m->ok = false;
    return false;
}

/* ---- What the caller changes --------------------------------------------------------------------- */

/* The other set of "NAME=OTHER", or the name itself. */
static const char *data_in_place(const maker *m, const char *name) {
    size_t length = strlen(name);
    for (int i = 0; i < m->options->data_count; i++) {
        const char *text = m->options->data[i];
        if (strncmp(text, name, length) == 0 && text[length] == '=')
            return text + length + 1;
    }
    return name;
}

static bool names_data(const study *s, const char *text, size_t length) {
    for (int i = 0; i < s->experiment_count; i++)
        for (int k = 0; k < s->experiment[i].data_count; k++) {
            const char *name = s->experiment[i].data[k]->text;
            if (strlen(name) == length && strncmp(name, text, length) == 0)
                return true;
        }
    return false;
}

static void refuse(maker *m, const char *option, const char *given, const char *why,
                   const char *const *names) {
    const char *nearest = error_nearest(given, names), *all = names[0] ? names[0] : "none";
    for (int i = 1; names[0] && names[i] && all; i++)
        all = arena_format(m->a, "%s, %s", all, names[i]);
    if (nearest)
        error_add(m->errors, LCNN_BAD_USAGE, (mark){0}, "%s %s: %s; did you mean '%s'?", option,
                  given, why, nearest);
    else
        error_add(m->errors, LCNN_BAD_USAGE, (mark){0}, "%s %s: %s; there is %.600s", option, given,
                  why, all ? all : "");
    m->ok = false;
}

static void check_data_option(maker *m, const char *text) {
    const study *s = m->made->read;
    size_t length = strcspn(text, "=");
    if (text[length] != '=' || text[length + 1] == '\0' || length == 0) {
        error_add(m->errors, LCNN_BAD_USAGE, (mark){0},
                  "--data %s: a study takes NAME=OTHER, such as mnist=./my-images", text);
        m->ok = false;
        return;
    }
    if (names_data(s, text, length))
        return;
    int count = 0;
    for (int i = 0; i < s->experiment_count; i++)
        count += s->experiment[i].data_count;
    const char **names = arena_array(m->a, (size_t)count + 1, sizeof *names);
    const char *given = arena_copy(m->a, text, length);
    if (!names || !given) {
        no_room(m);
        return;
    }
    count = 0;
    for (int i = 0; i < s->experiment_count; i++)
        for (int k = 0; k < s->experiment[i].data_count; k++) {
            const char *name = s->experiment[i].data[k]->text;
            bool known = false;
            for (int j = 0; j < count; j++)
                known = known || strcmp(names[j], name) == 0;
            if (!known)
                names[count++] = name;
        }
    refuse(m, "--data", given, "the study names no such data set", names);
}

static void check_options(maker *m) {
    const study *s = m->made->read;
    for (int i = 0; i < m->options->data_count; i++)
        check_data_option(m, m->options->data[i]);
    const char **names = arena_array(m->a, (size_t)s->experiment_count + 1, sizeof *names);
    if (!names) {
        no_room(m);
        return;
    }
    for (int i = 0; i < s->experiment_count; i++)
        names[i] = s->experiment[i].name;
    for (int i = 0; i < m->options->only_count; i++) {
        bool known = false;
        for (int k = 0; k < s->experiment_count; k++)
            known = known || strcmp(names[k], m->options->only[i]) == 0;
        if (!known)
            refuse(m, "--only", m->options->only[i], "the study has no such experiment", names);
    }
}

static bool is_wanted(const maker *m, const char *name) {
    for (int i = 0; i < m->options->only_count; i++)
        if (strcmp(m->options->only[i], name) == 0)
            return true;
    return m->options->only_count == 0;
}

/* ---- One trial ------------------------------------------------------------------------------------ */

/* What a trial is made of, by the numbers of the experiment's lists. */
typedef struct place {
    int model, data, seed; /* data: -1 where the model says */
    const int *value;      /* [axis_count] */
    int draw;              /* -1: none */
} place;

/* Letters that a folder's name may have; others become dashes, one for many. */
static const char *plain(arena *a, const char *text) {
    char *out = arena_copy(a, text, strlen(text));
    size_t used = 0;
    for (const char *s = text; out && *s; s++) {
        bool kept = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' ||
                    (*s >= '0' && *s <= '9') || *s == '.' || *s == '-';
        if (kept || (used > 0 && out[used - 1] != '-'))
            out[used++] = kept ? *s : '-';
    }
    if (out) {
        while (used > 0 && out[used - 1] == '-')
            used--;
        out[used] = '\0';
    }
    return out;
}

/* "factor-10": the last part of a key, and the value. */
static const char *value_name(arena *a, const char *key, const char *label) {
    const char *dot = strrchr(key, '.'), *word = plain(a, label);
    return word ? arena_format(a, "%.24s-%.24s", plain(a, dot ? dot + 1 : key), word) : NULL;
}

static const char *trial_id(const maker *m, const place *p, const lcnn_model *net, int seed) {
    const study_experiment *e = m->now;
    const char *text = arena_format(m->a, "%.40s-%.32s", plain(m->a, net->model->name),
                                    plain(m->a, net->model->info->name));
    if (p->draw >= 0 && text)
        text = arena_format(m->a, "%s-%.32s-%02d", text, e->name, p->draw + 1);
    for (int i = 0; p->draw < 0 && text && i < e->axis_count; i++) {
        const char *part = value_name(m->a, e->axis[i].key, e->axis[i].value[p->value[i]].label);
        text = part ? arena_format(m->a, "%.120s-%s", text, part) : NULL;
    }
    text = text ? arena_format(m->a, "%s-%d", text, seed) : NULL;
    for (int i = 0; text && i < m->made->trial_count; i++)
        if (strcmp(m->made->trial[i].id, text) == 0)
            return arena_format(m->a, "%s-%.6s", text, net->model->sha256);
    return text;
}

/* The changes to the model: settings, values, data set and seed; how many goes to *count. */
static model_change *changes_of(maker *m, const place *p, int seed, int *count) {
    const study_experiment *e = m->now;
    model_change *list =
        arena_array(m->a, (size_t)(e->setting_count + e->axis_count + 3), sizeof *list);
    if (!list)
        return NULL;
    int n = 0;
    for (int i = 0; i < e->setting_count; i++)
        list[n++] = (model_change){NULL, e->setting[i].key, e->setting[i].at, e->setting[i].value};
    for (int i = 0; i < e->axis_count; i++) {
        const study_axis *x = &e->axis[i];
        list[n++] = (model_change){NULL, x->key, x->at, x->value[p->value[i]].value};
    }
    *count = n; /* what is told apart from the rest of the command line ends here */
    char text[NUMBER_TEXT];
    doc *number = doc_scalar(m->a, e->seed_at, number_text(seed, text), false);
    if (!number)
        return NULL;
    list[n++] = (model_change){NULL, "train.seed", e->seed_at, number};
    if (p->data < 0)
        return list;
    const doc *at = e->data[p->data];
    const char *name = data_in_place(m, at->text);
    doc *data = doc_scalar(m->a, name == at->text ? at->at : (mark){0}, name, true);
    if (!data)
        return NULL;
    list[n++] = (model_change){NULL, "data.name", at->at, data};
    return list;
}

/* "key=value", as --set takes it. */
static const char *setting_text(arena *a, const char *key, const doc *value) {
    const char *line = document_line(a, value);
    return line ? arena_format(a, "%s=%s", key, line) : NULL;
}

static const char *model_path(const maker *m, const doc *file) {
    const char *path = resolve_beside(m->a, m->made->read->path, file->text);
    bool bare = strchr(file->text, '/') == NULL;
    return path && bare && access(path, F_OK) != 0 ? file->text : path;
}

/* Whether a trained model can be tested with a value of `probes`: it must be right as a model, too. */
static void check_probes(maker *m, const char *path, const model_change *list, int count) {
    const study_experiment *e = m->now;
    model_change *more = arena_array(m->a, (size_t)count + 1, sizeof *more);
    if (!more) {
        no_room(m);
        return;
    }
    memcpy(more, list, (size_t)count * sizeof *more);
    for (int i = 0; m->ok && i < e->probe_count; i++) {
        more[count] = (model_change){NULL, e->probe_key, e->probe_at, e->probe[i].value};
        lcnn_errors *said = lcnn_errors_new();
        lcnn_model *net = said ? load_changed(path, more, count + 1, said) : NULL;
        if (said)
            error_take(m->errors, said);
        m->ok = net != NULL && m->ok;
        lcnn_errors_free(said);
        lcnn_model_free(net);
    }
}

static int find_trial(const maker *m, const lcnn_model *net) {
    for (int i = 0; i < m->made->trial_count; i++)
        if (strcmp(m->made->trial[i].model->model->sha256, net->model->sha256) == 0)
            return i;
    return -1;
}

/* How many images the model trains on at most; 0: all. */
static int limit_of(const lcnn_model *net) {
    const model_data *d = &net->model->data;
    return d->limit > 0 ? d->limit : d->limit_per_class * net->model->graph->classes;
}

/* Puts a model among the trials; false when memory is out. */
static bool add_trial(maker *m, const place *p, lcnn_model *net, const char *path,
                      const model_change *list, int settings, int seed) {
    lcnn_study *s = m->made;
    if (s->trial_count == m->capacity) {
        int capacity = 2 * m->capacity + 64;
        lcnn_trial *grown = arena_array(m->a, (size_t)capacity, sizeof *grown);
        if (!grown)
            return false;
        if (s->trial_count > 0)
            memcpy(grown, s->trial, (size_t)s->trial_count * sizeof *grown);
        s->trial = grown;
        m->capacity = capacity;
    }
    const char **text = arena_array(m->a, (size_t)settings + 1, sizeof *text);
    lcnn_trial t = {.id = trial_id(m, p, net, seed),
                    .model = net,
                    .path = path,
                    .data = net->model->data.name,
                    .seed = seed,
                    .setting_count = settings,
                    .settings = text,
                    .limit = limit_of(net)};
    bool ok = text && t.id;
    for (int i = 0; ok && i < settings; i++)
        ok = (text[i] = setting_text(m->a, list[i].key, list[i].value)) != NULL;
    s->trial[s->trial_count] = t;
    s->trial_count += ok;
    return ok;
}

/* The trial at this place, made where it is new; -1 with messages. */
static int make_trial(maker *m, const place *p) {
    const study_experiment *e = m->now;
    int seed = m->options->seeds > 0 ? p->seed + 1 : e->seed[p->seed], settings = 0;
    const char *path = model_path(m, e->model[p->model]);
    model_change *list = path ? changes_of(m, p, seed, &settings) : NULL;
    if (!list) {
        no_room(m);
        return -1;
    }
    int count = settings + 1 + (p->data >= 0);
    lcnn_errors *said = lcnn_errors_new();
    lcnn_model *net = said ? load_changed(path, list, count, said) : NULL;
    if (said)
        error_take(m->errors, said);
    else
        no_room(m);
    lcnn_errors_free(said);
    m->ok = net != NULL && m->ok;
    if (!net)
        return -1;
    if (p->seed == 0)
        check_probes(m, path, list, count);
    int found = find_trial(m, net);
    if (found >= 0) {
        lcnn_model_free(net);
        return found;
    }
    if (m->made->trial_count >= STUDY_MAX_TRIALS) {
        error_add(m->errors, LCNN_NO_MEMORY, e->at, "more than %d trials", STUDY_MAX_TRIALS);
        m->ok = false;
    } else if (add_trial(m, p, net, path, list, settings, seed)) {
        return m->made->trial_count - 1;
    } else {
        no_room(m);
    }
    lcnn_model_free(net);
    return -1;
}

/* ---- One experiment ------------------------------------------------------------------------------- */

static int seeds_of(const maker *m) {
    return m->options->seeds > 0 ? m->options->seeds : m->now->seed_count;
}

/* Combinations of values: the product of a grid, the number of draws. */
static int64_t combinations(const study_experiment *e) {
    int64_t product = 1;
    for (int i = 0; e->draws == 0 && i < e->axis_count && product <= STUDY_MAX_TRIALS; i++)
        product *= e->axis[i].count;
    return e->draws > 0 ? e->draws : product;
}

/* The values of a combination; the last axis changes fastest. */
static void combination(const study_experiment *e, int index, int *value) {
    for (int i = e->axis_count - 1; i >= 0; i--) {
        value[i] = e->draws > 0 ? index : index % e->axis[i].count;
        index = e->draws > 0 ? index : index / e->axis[i].count;
    }
}

static void add_cell(maker *m, const place *p, int group) {
    const study_experiment *e = m->now;
    const char **values = arena_array(m->a, (size_t)e->axis_count + 1, sizeof *values);
    if (!values) {
        no_room(m);
        return;
    }
    for (int i = 0; i < e->axis_count; i++)
        values[i] = e->axis[i].value[p->value[i]].label;
    int trial = make_trial(m, p);
    m->cell[m->out->cell_count++] =
        (lcnn_cell){trial, p->model, p->data < 0 ? 0 : p->data, group, values};
}

static void spread(maker *m) {
    const study_experiment *e = m->now;
    int64_t many = combinations(e);
    int sets = e->data_count > 0 ? e->data_count : 1, seeds = seeds_of(m);
    int64_t all = many * e->model_count * sets * seeds;
    int *value = arena_array(m->a, (size_t)e->axis_count + 1, sizeof *value);
    if (all > STUDY_MAX_TRIALS) {
        error_add(m->errors, LCNN_NO_MEMORY, e->at, "experiment '%s': more than %d trials", e->name,
                  STUDY_MAX_TRIALS);
        m->ok = false;
        return;
    }
    m->cell = arena_array(m->a, (size_t)all + 1, sizeof *m->cell);
    if (!value || !m->cell) {
        no_room(m);
        return;
    }
    for (int file = 0; file < e->model_count; file++)
        for (int data = 0; data < sets; data++)
            for (int k = 0; k < many; k++) {
                combination(e, k, value);
                int group = m->out->group_count++;
                for (int seed = 0; seed < seeds; seed++)
                    add_cell(m,
                             &(place){file, e->data_count > 0 ? data : -1, seed, value,
                                      e->draws > 0 ? k : -1},
                             group);
            }
    m->out->cells = m->cell;
}

static const lcnn_axis *public_axes(const maker *m) {
    const study_experiment *e = m->now;
    lcnn_axis *axes = arena_array(m->a, (size_t)e->axis_count + 1, sizeof *axes);
    for (int i = 0; axes && i < e->axis_count; i++)
        axes[i] = (lcnn_axis){e->axis[i].key, e->axis[i].label, e->axis[i].shown, e->axis[i].names};
    return axes;
}

/* Names of the data sets: as the study has them, and what stands in their place. */
static bool public_data(maker *m) {
    const study_experiment *e = m->now;
    int count = e->data_count > 0 ? e->data_count : 1;
    const char **asked = arena_array(m->a, (size_t)count, sizeof *asked);
    const char **used = arena_array(m->a, (size_t)count, sizeof *used);
    if (!asked || !used)
        return no_room(m);
    asked[0] = used[0] = ""; /* known when the models are */
    for (int i = 0; i < e->data_count; i++) {
        asked[i] = e->data[i]->text;
        used[i] = data_in_place(m, asked[i]);
    }
    m->out->data = used;
    m->out->asked_data = asked;
    m->out->data_count = count;
    return true;
}

/* A figure of a data set that another stands in for is shown and never graded. */
static bool public_figures(maker *m) {
    const study_experiment *e = m->now;
    lcnn_figure *list = arena_array(m->a, (size_t)e->published_count + 1, sizeof *list);
    if (!list)
        return no_room(m);
    for (int i = 0; i < e->published_count; i++) {
        list[i] = e->published[i];
        int data = list[i].data;
        for (int k = 0; k < e->data_count; k++)
            if ((data < 0 || data == k) && data_in_place(m, e->data[k]->text) != e->data[k]->text)
                list[i].graded = false;
    }
    m->out->published = list;
    m->out->published_count = e->published_count;
    return true;
}

static bool public_probes(maker *m) {
    const study_experiment *e = m->now;
    const char **values = arena_array(m->a, (size_t)e->probe_count + 1, sizeof *values);
    const char **settings = arena_array(m->a, (size_t)e->probe_count + 1, sizeof *settings);
    for (int i = 0; values && settings && i < e->probe_count; i++) {
        values[i] = e->probe[i].label;
        settings[i] = setting_text(m->a, e->probe_key, e->probe[i].value);
        if (!settings[i])
            return no_room(m);
    }
    m->out->probe_count = e->probe_count;
    m->out->probe_title = e->probe_title ? e->probe_title : "";
    m->out->probe_label = e->probe_label ? e->probe_label : "";
    m->out->probe_values = values;
    m->out->probe_settings = settings;
    return (values && settings) || no_room(m);
}

static void make_experiment(maker *m) {
    const study_experiment *e = m->now;
    *m->out = (lcnn_experiment){.name = e->name,
                                .title = *e->title ? e->title : e->name,
                                .about = e->about,
                                .model_count = e->model_count,
                                .models = e->model_name,
                                .axis_count = e->axis_count,
                                .axes = public_axes(m),
                                .claim_count = e->claim_count,
                                .claims = e->claim,
                                .best_by_validation = e->best_by == STUDY_BEST_BY_VALIDATION,
                                .reject_to = e->reject_to};
    if (!m->out->axes || !public_data(m) || !public_figures(m) || !public_probes(m)) {
        m->ok = false;
        return;
    }
    spread(m);
    if (e->data_count == 0 && m->ok) {
        const char **names = arena_array(m->a, 1, sizeof *names);
        if (!names) {
            no_room(m);
            return;
        }
        names[0] = m->made->trial[m->out->cells[0].trial].data;
        m->out->data = m->out->asked_data = names;
    }
}

/* Held-out images are needed where they choose. */
static void check_validation(maker *m) {
    for (int i = 0; m->ok && m->out->best_by_validation && i < m->out->cell_count; i++)
        if (m->made->trial[m->out->cells[i].trial].model->model->data.validation == 0) {
            error_add(m->errors, LCNN_BAD_MODEL, m->now->at,
                      "experiment '%s': the best is chosen by validation, but no images are held "
                      "out; add settings: {data.validation: 10000}",
                      m->now->name);
            m->ok = false;
        }
}

static void make_all(maker *m) {
    const study *s = m->made->read;
    check_options(m);
    m->made->experiment = arena_array(m->a, (size_t)s->experiment_count + 1, sizeof *m->out);
    if (!m->made->experiment)
        no_room(m);
    for (int i = 0; m->made->experiment && i < s->experiment_count; i++) {
        if (!is_wanted(m, s->experiment[i].name))
            continue;
        m->now = &s->experiment[i];
        m->out = &m->made->experiment[m->made->experiment_count++];
        make_experiment(m);
        check_validation(m);
    }
}

/* ---- The interface -------------------------------------------------------------------------------- */

lcnn_study *lcnn_study_load(const char *path, const lcnn_study_options *options,
                            lcnn_errors *errors) {
    static const lcnn_study_options none;
    lcnn_study *s = calloc(1, sizeof *s);
    if (s)
        s->arena = arena_new();
    if (!s || !s->arena) {
        error_no_memory(errors);
        free(s);
        return NULL;
    }
    maker m = {.made = s,
               .options = options ? options : &none,
               .a = s->arena,
               .errors = errors,
               .ok = true};
    const char *found = find_installed(path, "study", s->arena, errors);
    s->read = found ? study_read(found, s->arena, errors) : NULL;
    if (s->read)
        make_all(&m);
    if (s->read && m.ok)
        return s;
    lcnn_study_free(s);
    return NULL;
}

void lcnn_study_free(lcnn_study *s) {
    if (!s)
        return;
    for (int i = 0; i < s->trial_count; i++)
        lcnn_model_free(s->trial[i].model);
    arena_free(s->arena);
    free(s);
}

bool lcnn_study_is(const char *path) {
    lcnn_errors *said = lcnn_errors_new();
    arena *a = arena_new();
    const char *found = said && a ? find_installed(path, "study", a, said) : NULL;
    const doc *tree = found ? document_read(a, found, said) : NULL;
    bool is = tree && doc_get(tree, "experiments");
    arena_free(a);
    lcnn_errors_free(said);
    return is;
}

const char *lcnn_study_path(const lcnn_study *s) {
    return s->read->path;
}

const char *lcnn_study_name(const lcnn_study *s) {
    return s->read->name;
}

const char *lcnn_study_about(const lcnn_study *s) {
    return s->read->about;
}

const char *lcnn_study_text(const lcnn_study *s) {
    return s->read->text;
}

int lcnn_study_trial_count(const lcnn_study *s) {
    return s->trial_count;
}

const lcnn_trial *lcnn_study_trial(const lcnn_study *s, int index) {
    return &s->trial[index];
}

int lcnn_study_experiment_count(const lcnn_study *s) {
    return s->experiment_count;
}

const lcnn_experiment *lcnn_study_experiment(const lcnn_study *s, int index) {
    return &s->experiment[index];
}
