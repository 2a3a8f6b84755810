/* model_classes.c - `data.classes`: which classes of the data set a model tells apart, and which of
 * them it takes for one.
 *
 * What this means for the images is select.c's business. */
#include "model_parts.h"

#include "resolve.h"

#include <string.h>

enum { FEWEST_CLASSES = 2 };

/* The list, or NULL where there is none: all classes, or something that is refused. */
static const doc *chosen_list(const loader *l) {
    const doc *data = doc_get(l->tree, "data");
    const doc *value = data != NULL && data->kind == DOC_MAP ? doc_get(data, "classes") : NULL;
    if (value != NULL)
        value = resolve_peek(l->tree, value);
    return value != NULL && value->kind == DOC_LIST ? value : NULL;
}

int model_count_classes(const loader *l) {
    const doc *list = chosen_list(l);
    if (list != NULL && list->count >= FEWEST_CLASSES)
        return list->count;
    return l->m->info == NULL ? 1 : l->m->info->classes;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* data.classes on its way in. */
typedef struct reading {
    loader *l;
    int *class_of;     /* [info->classes] */
    const char **name; /* [count] */
    int count;         /* classes of the model so far */
} reading;

static void refuse_class(reading *r, const doc *d) {
    const dataset_info *info = r->l->m->info;
    arena *a = r->l->a;
    const char **known = arena_array(a, (size_t)info->classes + 1, sizeof *known);
    const char *list = "";
    for (int i = 0; known != NULL && list != NULL && i < info->classes; i++) {
        known[i] = info->class_names[i];
        list = arena_format(a, "%s%s %s", list, i > 0 ? "," : "", known[i]);
    }
    if (known == NULL || list == NULL) {
        model_out_of_memory(r->l);
        return;
    }
    const char *nearest = error_nearest(d->text, known);
    if (nearest != NULL)
        error_add(r->l->errors, LCNN_BAD_MODEL, d->at,
                  "data: classes: %s has no class '%s'; did you mean '%s'?", info->name, d->text,
                  nearest);
    else
        error_add(r->l->errors, LCNN_BAD_MODEL, d->at,
                  "data: classes: %s has no class '%s'; it has%s", info->name, d->text, list);
    r->l->ok = false;
}

/* A class of the data set becomes, or joins, the model's newest. */
static bool take_class(reading *r, const doc *d) {
    const dataset_info *info = r->l->m->info;
    if (d->kind != DOC_SCALAR) {
        model_fault(r->l, d->at, "data: classes: expected the name of a class");
        return false;
    }
    int i = 0;
    while (i < info->classes && strcmp(info->class_names[i], d->text) != 0)
        i++;
    if (i == info->classes) {
        refuse_class(r, d);
        return false;
    }
    if (r->class_of[i] >= 0) {
        error_add(r->l->errors, LCNN_BAD_MODEL, d->at,
                  "data: classes: class '%s' is named a second time", d->text);
        r->l->ok = false;
        return false;
    }
    r->class_of[i] = r->count - 1;
    return true;
}

/* The model's newest class must not be called like another. */
static void check_name(reading *r, mark at) {
    const char *name = r->name[r->count - 1];
    for (int i = 0; i < r->count - 1; i++)
        if (strcmp(r->name[i], name) == 0) {
            error_add(r->l->errors, LCNN_BAD_MODEL, at,
                      "data: classes: another class is called '%s', too", name);
            r->l->ok = false;
        }
}

/* A member of the list makes one class of the model. */
static void read_class(reading *r, const doc *d) {
    const doc *members = d->kind == DOC_MAP && d->count == 1 ? d->first : NULL;
    bool several = members != NULL && members->kind == DOC_LIST && members->count > 0 &&
                   members->key[0] != '\0';
    if (d->kind != DOC_SCALAR && !several) {
        model_fault(r->l, d->at,
                    "data: classes: expected the name of a class, or a map that makes several one, "
                    "{NAME: [CLASS, CLASS]}");
        return;
    }
    r->name[r->count++] = several ? members->key : d->text;
    if (several)
        check_name(r, members->key_at);
    for (const doc *m = several ? members->first : NULL; m != NULL; m = m->next)
        take_class(r, m);
    if (!several && take_class(r, d))
        check_name(r, d->at);
}

void model_read_classes(loader *l, const doc *value) {
    const dataset_info *info = l->m->info;
    if (info == NULL)
        return; /* without the data set, no class is known */
    l->m->class_names = info->class_names;
    if (value == NULL ||
        (value->kind == DOC_SCALAR && !value->quoted && strcmp(value->text, "all") == 0))
        return;
    if (value->kind != DOC_LIST || value->count < FEWEST_CLASSES) {
        model_fault(l, value->at,
                    "data: classes: expected all, or a list of at least two classes, such as "
                    "[\"3\", \"8\"] or [{even: [\"0\", \"2\"]}, {odd: [\"1\", \"3\"]}]");
        return;
    }
    reading r = {.l = l};
    r.class_of = arena_array(l->a, (size_t)info->classes, sizeof *r.class_of);
    r.name = arena_array(l->a, (size_t)value->count, sizeof *r.name);
    if (r.class_of == NULL || r.name == NULL) {
        model_out_of_memory(l);
        return;
    }
    for (int i = 0; i < info->classes; i++)
        r.class_of[i] = -1;
    for (const doc *d = value->first; d != NULL; d = d->next)
        read_class(&r, d);
    l->m->data.class_of = r.class_of;
    l->m->class_names = r.name;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Names are texts, even where they look like numbers. */
static void quote(doc *d) {
    d->quoted = d->kind == DOC_SCALAR;
    for (doc *member = d->first; member != NULL; member = member->next)
        quote(member);
}

doc *model_write_classes(const loader *l) {
    const doc *list = chosen_list(l);
    if (list == NULL)
        return doc_scalar(l->a, (mark){0}, "all", false);
    doc *copy = doc_copy(l->a, list);
    if (copy != NULL)
        quote(copy);
    return copy;
}
