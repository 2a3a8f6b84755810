/* catalogue.c - reading the catalogue that is built into the program; see catalogue.h. */
#include "config.h"

#include "catalogue.h"
#include <string.h>

/* catalogue.yaml as one string literal, made by local.mk. */
static const char catalogue_text[] =
#include "catalogue.inc"
    ;

const catalogue *catalogue_read(arena *a, lcnn_errors *errors) {
    const doc *list = document_parse(a, "datasets/catalogue.yaml", catalogue_text,
                                     sizeof catalogue_text - 1, errors);
    if (!list)
        return NULL;
    catalogue *c = arena_alloc(a, sizeof *c);
    if (c)
        c->set = arena_array(a, (size_t)list->count, sizeof *c->set);
    if (!c || !c->set) {
        error_no_memory(errors);
        return NULL;
    }
    for (const doc *d = list->first; d; d = d->next) {
        const description *set = describe(d, true, a, errors);
        if (!set)
            return NULL;
        c->set[c->count++] = set;
    }
    return c;
}

static bool is(const char *name, size_t length, const char *known) {
    return strlen(known) == length && memcmp(name, known, length) == 0;
}

const description *catalogue_find(const catalogue *c, const char *name, size_t length) {
    if (length == 0)
        return NULL;
    for (int i = 0; i < c->count; i++)
        if (is(name, length, c->set[i]->info.name) || is(name, length, c->set[i]->find.also))
            return c->set[i];
    return NULL;
}

const char *catalogue_nearest(const catalogue *c, const char *name, arena *a) {
    const char **names = arena_array(a, 2 * (size_t)c->count + 1, sizeof *names);
    if (!names)
        return NULL;
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        names[count++] = c->set[i]->info.name;
        if (*c->set[i]->find.also)
            names[count++] = c->set[i]->find.also;
    }
    return error_nearest(name, names);
}
