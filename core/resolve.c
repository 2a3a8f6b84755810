/* resolve.c - from a model file, the files it extends and the settings of the command line to one
 * merged tree.
 *
 * Owns which files are read and in what order things are merged; the rules of merging are in
 * resolve_tree.c. What a key means is the business of the attribute tables, so a path that names
 * nothing is merged in like any other and refused by the table that reads it, at the place where it
 * was written. "$names" are replaced in resolve_names.c. */
#include "config.h"

#include "resolve_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_EXTENDS = 8 };

/* The files being read, innermost first: what a file extends must not be one of them. */
typedef struct chain {
    const struct chain *above;
    const char *path;
    dev_t device;
    ino_t inode;
} chain;

/* ---- extends --------------------------------------------------------------------------------- */

static bool mentions(const doc *d, const char *name) {
    if (d->kind == DOC_SCALAR)
        return !d->quoted && d->text[0] == '$' && strcmp(d->text + 1, name) == 0;
    for (const doc *member = d->first; member != NULL; member = member->next)
        if (mentions(member, name))
            return true;
    return false;
}

/* A variant that replaces the nodes need not account for the params of the nodes it replaced. */
static void drop_inherited_params(doc *merged) {
    doc *params = doc_get(merged, "params");
    if (params == NULL || params->kind != DOC_MAP || params->count > RESOLVE_MAX_PARAMS)
        return; /* resolve_names refuses what is no map or too long */
    for (doc *d = params->first, *next; d != NULL; d = next) {
        next = d->next;
        if (d->key_at.source != merged->at.source && !mentions(merged, d->key))
            swap_member(params, d, NULL);
    }
}

const char *resolve_beside(arena *a, const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL || name[0] == '/')
        return name;
    return arena_format(a, "%.*s/%s", (int)(slash - path), path, name);
}

static bool enter_file(merger *m, chain *here, mark at) {
    struct stat info;
    if (stat(here->path, &info) != 0) {
        if (here->above == NULL)
            return true; /* document_read says what is wrong */
        error_add(m->errors, LCNN_BAD_MODEL, at, "cannot read '%s', which this model extends: %s",
                  here->path, strerror(errno));
        return false;
    }
    here->device = info.st_dev;
    here->inode = info.st_ino;
    int depth = 0;
    for (const chain *c = here->above; c != NULL; c = c->above, depth++)
        if (c->device == here->device && c->inode == here->inode) {
            error_add(m->errors, LCNN_BAD_MODEL, at, "circle: '%s' ends up extending itself",
                      c->path);
            return false;
        }
    if (depth > MAX_EXTENDS)
        error_add(m->errors, LCNN_BAD_MODEL, at, "models may extend each other at most %d deep",
                  MAX_EXTENDS);
    return depth <= MAX_EXTENDS;
}

static doc *read_model(merger *m, const char *path, mark at, const chain *above) {
    chain here = {.above = above, .path = path};
    if (!enter_file(m, &here, at))
        return NULL;
    doc *own = document_read(m->a, path, m->errors);
    const doc *claims = own == NULL || above == NULL ? NULL : doc_get(own, "published");
    if (claims != NULL)
        swap_member(own, claims, NULL); /* they are about that file alone */
    doc *extends = own == NULL ? NULL : doc_get(own, "extends");
    if (extends == NULL)
        return own;
    if (extends->kind != DOC_SCALAR || extends->text[0] == '\0') {
        error_add(m->errors, LCNN_BAD_MODEL, extends->at,
                  "extends: expected the path of a model file");
        return NULL;
    }
    const char *base = resolve_beside(m->a, path, extends->text);
    if (base == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    doc *merged = read_model(m, base, extends->at, &here);
    if (merged == NULL)
        return NULL;
    swap_member(own, extends, NULL);
    merged->at = own->at;
    m->model = merged;
    if (!merge_params(m, own) || !name_nodes(m) || !merge_rest(m, own))
        return NULL;
    drop_inherited_params(merged);
    return merged;
}

/* ---- Changes --------------------------------------------------------------------------------- */

static bool merge_changes(merger *m, const model_change *list, int count) {
    doc **over = arena_array(m->a, (size_t)count + 1, sizeof(doc *));
    if (over == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        over[i] = read_change(m, &list[i]);
        ok = over[i] != NULL && check_param(m, over[i]) && merge_params(m, over[i]) && ok;
    }
    ok = name_nodes(m) && ok;
    for (int i = 0; i < count; i++)
        ok = over[i] != NULL && merge_rest(m, over[i]) && ok;
    return ok;
}

doc *resolve_changes(arena *a, const char *path, const model_change *changes, int count,
                     lcnn_errors *errors) {
    merger m = {.a = a, .errors = errors};
    m.model = read_model(&m, path, (mark){0}, NULL);
    if (m.model == NULL || !merge_changes(&m, changes, count))
        return NULL;
    return m.model;
}

doc *resolve_merge(arena *a, const char *path, const char *const *settings, int count,
                   lcnn_errors *errors) {
    model_change *list = arena_array(a, (size_t)count + 1, sizeof *list);
    if (list == NULL) {
        error_no_memory(errors);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        list[i].setting = settings[i];
    return resolve_changes(a, path, list, count, errors);
}
