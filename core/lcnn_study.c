/* lcnn_study.c - the public interface of studies, and experiments spread out into trials. How one
 * trial is made is lcnn_study_trial.c's business. */
#include "config.h"

#include "lcnn_study_parts.h"

#include <stdlib.h>
#include <string.h>

bool study_no_room(study_maker *m) {
    error_no_memory(m->errors);
    m->ok = false;
    return false;
}

/* ---- One experiment ------------------------------------------------------------------------------- */

static int seeds_of(const study_maker *m) {
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

static void add_cell(study_maker *m, const trial_place *p, int group) {
    const study_experiment *e = m->now;
    const char **values = arena_array(m->a, (size_t)e->axis_count + 1, sizeof *values);
    if (!values) {
        study_no_room(m);
        return;
    }
    for (int i = 0; i < e->axis_count; i++)
        values[i] = e->axis[i].value[p->value[i]].label;
    int trial = study_make_trial(m, p);
    m->cell[m->out->cell_count++] =
        (lcnn_cell){trial, p->model, p->data < 0 ? 0 : p->data, group, values};
}

static void spread(study_maker *m) {
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
        study_no_room(m);
        return;
    }
    for (int file = 0; file < e->model_count; file++)
        for (int data = 0; data < sets; data++)
            for (int k = 0; k < many; k++) {
                combination(e, k, value);
                int group = m->out->group_count++;
                for (int seed = 0; seed < seeds; seed++)
                    add_cell(m,
                             &(trial_place){file, e->data_count > 0 ? data : -1, seed, value,
                                            e->draws > 0 ? k : -1},
                             group);
            }
    m->out->cells = m->cell;
}

static const lcnn_axis *public_axes(const study_maker *m) {
    const study_experiment *e = m->now;
    lcnn_axis *axes = arena_array(m->a, (size_t)e->axis_count + 1, sizeof *axes);
    for (int i = 0; axes && i < e->axis_count; i++)
        axes[i] = (lcnn_axis){e->axis[i].key, e->axis[i].label, e->axis[i].shown, e->axis[i].names};
    return axes;
}

/* Names of the data sets: as the study has them, and what stands in their place. */
static bool public_data(study_maker *m) {
    const study_experiment *e = m->now;
    int count = e->data_count > 0 ? e->data_count : 1;
    const char **asked = arena_array(m->a, (size_t)count, sizeof *asked);
    const char **used = arena_array(m->a, (size_t)count, sizeof *used);
    if (!asked || !used)
        return study_no_room(m);
    asked[0] = used[0] = ""; /* known when the models are */
    for (int i = 0; i < e->data_count; i++) {
        asked[i] = e->data[i]->text;
        used[i] = study_data(m, asked[i]);
    }
    m->out->data = used;
    m->out->asked_data = asked;
    m->out->data_count = count;
    return true;
}

/* A figure of a data set that another stands in for is shown and never graded. */
static bool public_figures(study_maker *m) {
    const study_experiment *e = m->now;
    lcnn_figure *list = arena_array(m->a, (size_t)e->published_count + 1, sizeof *list);
    if (!list)
        return study_no_room(m);
    for (int i = 0; i < e->published_count; i++) {
        list[i] = e->published[i];
        int data = list[i].data;
        for (int k = 0; k < e->data_count; k++)
            if ((data < 0 || data == k) && study_data(m, e->data[k]->text) != e->data[k]->text)
                list[i].graded = false;
    }
    m->out->published = list;
    m->out->published_count = e->published_count;
    return true;
}

static bool public_probes(study_maker *m) {
    const study_experiment *e = m->now;
    const char **values = arena_array(m->a, (size_t)e->probe_count + 1, sizeof *values);
    const char **settings = arena_array(m->a, (size_t)e->probe_count + 1, sizeof *settings);
    for (int i = 0; values && settings && i < e->probe_count; i++) {
        values[i] = e->probe[i].label;
        settings[i] = study_setting_text(m->a, e->probe_key, e->probe[i].value);
        if (!settings[i])
            return study_no_room(m);
    }
    m->out->probe_count = e->probe_count;
    m->out->probe_title = e->probe_title ? e->probe_title : "";
    m->out->probe_label = e->probe_label ? e->probe_label : "";
    m->out->probe_values = values;
    m->out->probe_settings = settings;
    return (values && settings) || study_no_room(m);
}

static void make_experiment(study_maker *m) {
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
    if (!m->out->axes) {
        study_no_room(m);
        return;
    }
    if (!public_data(m) || !public_figures(m) || !public_probes(m))
        return;
    spread(m);
    if (e->data_count == 0 && m->ok) {
        const char **names = arena_array(m->a, 1, sizeof *names);
        if (!names) {
            study_no_room(m);
            return;
        }
        names[0] = m->made->trial[m->out->cells[0].trial].data;
        m->out->data = m->out->asked_data = names;
    }
}

/* Held-out images are needed where they choose. */
static void check_validation(study_maker *m) {
    for (int i = 0; m->ok && m->out->best_by_validation && i < m->out->cell_count; i++)
        if (m->made->trial[m->out->cells[i].trial].model->model->data.validation == 0) {
            error_add(m->errors, LCNN_BAD_MODEL, m->now->at,
                      "experiment '%s': the best is chosen by validation, but no images are held "
                      "out; add settings: {data.validation: 10000}",
                      m->now->name);
            m->ok = false;
        }
}

static void make_all(study_maker *m) {
    const study *s = m->made->read;
    study_check_options(m);
    if (!m->ok)
        return;
    m->made->experiment = arena_array(m->a, (size_t)s->experiment_count + 1, sizeof *m->out);
    if (!m->made->experiment)
        study_no_room(m);
    for (int i = 0; m->made->experiment && i < s->experiment_count; i++) {
        if (!study_wants(m, s->experiment[i].name))
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
    study_maker m = {.made = s,
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

bool lcnn_study_is(const char *path, lcnn_errors *errors) {
    lcnn_errors *said = lcnn_errors_new();
    arena *a = arena_new();
    const char *found = said && a ? find_installed(path, "study", a, said) : NULL;
    const doc *tree = found ? document_read(a, found, said) : NULL;
    bool is = tree && doc_get(tree, "experiments");
    if (!said || !a || lcnn_errors_status(said) == LCNN_NO_MEMORY)
        error_no_memory(errors);
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
