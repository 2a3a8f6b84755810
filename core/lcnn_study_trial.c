/* lcnn_study_trial.c - one trial of a study: its model, read and checked under all its settings,
 * and its name. Trials that are the same model are one. Knows no experiment but the one it is for.
 */
#include "config.h"

#include "lcnn_study_parts.h"
#include "number.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    const char *dot = strrchr(key, '.');
    const char *last = plain(a, dot ? dot + 1 : key), *word = plain(a, label);
    return last && word ? arena_format(a, "%.24s-%.24s", last, word) : NULL;
}

static const char *trial_id(const study_maker *m, const trial_place *p, const lcnn_model *net,
                            int seed) {
    const study_experiment *e = m->now;
    const char *net_name = plain(m->a, net->model->name);
    const char *data = plain(m->a, net->model->info->name);
    const char *text = net_name && data ? arena_format(m->a, "%.40s-%.32s", net_name, data) : NULL;
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
static model_change *changes_of(study_maker *m, const trial_place *p, int seed, int *count) {
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
    const char *name = study_data(m, at->text);
    doc *data = doc_scalar(m->a, name == at->text ? at->at : (mark){0}, name, true);
    if (!data)
        return NULL;
    list[n++] = (model_change){NULL, "data.name", at->at, data};
    return list;
}

const char *study_setting_text(arena *a, const char *key, const doc *value) {
    const char *line = document_line(a, value);
    return line ? arena_format(a, "%s=%s", key, line) : NULL;
}

static const char *model_path(const study_maker *m, const doc *file) {
    const char *path = resolve_beside(m->a, m->made->read->path, file->text);
    bool bare = strchr(file->text, '/') == NULL;
    return path && bare && access(path, F_OK) != 0 ? file->text : path;
}

/* Whether a trained model can be tested with a value of `probes`: it must be right as a model, too.
 */
static void check_probes(study_maker *m, const char *path, const model_change *list, int count) {
    const study_experiment *e = m->now;
    model_change *more = arena_array(m->a, (size_t)count + 1, sizeof *more);
    if (!more) {
        study_no_room(m);
        return;
    }
    memcpy(more, list, (size_t)count * sizeof *more);
    for (int i = 0; m->ok && i < e->probe_count; i++) {
        more[count] = (model_change){NULL, e->probe_key, e->probe_at, e->probe[i].value};
        lcnn_errors *said = lcnn_errors_new();
        if (!said) {
            study_no_room(m);
            return;
        }
        lcnn_model *net = load_changed(path, more, count + 1, said);
        error_take(m->errors, said);
        m->ok = net != NULL && m->ok;
        lcnn_errors_free(said);
        lcnn_model_free(net);
    }
}

static int find_trial(const study_maker *m, const lcnn_model *net) {
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
static bool add_trial(study_maker *m, const trial_place *p, lcnn_model *net, const char *path,
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
        ok = (text[i] = study_setting_text(m->a, list[i].key, list[i].value)) != NULL;
    s->trial[s->trial_count] = t;
    s->trial_count += ok;
    return ok;
}

int study_make_trial(study_maker *m, const trial_place *p) {
    const study_experiment *e = m->now;
    int seed = m->options->seeds > 0 ? p->seed + 1 : e->seed[p->seed], settings = 0;
    const char *path = model_path(m, e->model[p->model]);
    model_change *list = path ? changes_of(m, p, seed, &settings) : NULL;
    if (!list) {
        study_no_room(m);
        return -1;
    }
    int count = settings + 1 + (p->data >= 0);
    lcnn_errors *said = lcnn_errors_new();
    lcnn_model *net = said ? load_changed(path, list, count, said) : NULL;
    if (said)
        error_take(m->errors, said);
    else
        study_no_room(m);
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
        study_no_room(m);
    }
    lcnn_model_free(net);
    return -1;
}
