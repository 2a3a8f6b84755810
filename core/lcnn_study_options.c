/* lcnn_study_options.c - what the caller of a study changes: the experiments that are wanted, and
 * data sets that stand in for others. */
#include "config.h"

#include "lcnn_study_parts.h"

#include <string.h>

const char *study_data(const study_maker *m, const char *name) {
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

static void refuse(study_maker *m, const char *option, const char *given, const char *why,
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

static void check_data_option(study_maker *m, const char *text) {
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
        study_no_room(m);
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

void study_check_options(study_maker *m) {
    const study *s = m->made->read;
    for (int i = 0; i < m->options->data_count; i++)
        check_data_option(m, m->options->data[i]);
    const char **names = arena_array(m->a, (size_t)s->experiment_count + 1, sizeof *names);
    if (!names) {
        study_no_room(m);
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

bool study_wants(const study_maker *m, const char *name) {
    for (int i = 0; i < m->options->only_count; i++)
        if (strcmp(m->options->only[i], name) == 0)
            return true;
    return m->options->only_count == 0;
}
