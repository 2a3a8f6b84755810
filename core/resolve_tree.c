/* resolve_tree.c - the rules by which one tree is merged into another: maps key by key, lists
 * replaced, nodes and transforms by their names. */
#include "resolve_parts.h"

#include <string.h>

enum { MAX_TRANSFORMS = 1000 };

/* ---- Names ----------------------------------------------------------------------------------- */

/* In a setting it is the command that is wrong, elsewhere the model. */
static lcnn_status name_status(mark at) {
    bool setting = at.source != NULL && strncmp(at.source->name, "--set ", 6) == 0;
    return setting ? LCNN_BAD_USAGE : LCNN_BAD_MODEL;
}

bool unknown_name(merger *m, mark at, const char *what, const char *name,
                  const char *const *known) {
    const char *nearest = error_nearest(name, known);
    lcnn_status status = name_status(at);
    if (nearest != NULL)
        error_add(m->errors, status, at, "no %s called '%s'; did you mean '%s'?", what, name,
                  nearest);
    else
        error_add(m->errors, status, at, "no %s called '%s'", what, name);
    return false;
}

/* ---- Changing trees -------------------------------------------------------------------------- */

void swap_member(doc *map, const doc *old, doc *new) {
    doc **link = &map->first;
    while (*link != old)
        link = &(*link)->next;
    if (new == NULL) {
        *link = old->next;
        map->count--;
    } else {
        new->next = old->next;
        *link = new;
    }
}

static bool merge_map(merger *m, doc *base, doc *over);

/* "adam" as {op: adam}, so that a variant can add attributes to it. */
static doc *as_component(merger *m, doc *scalar) {
    doc *map = doc_new(m->a, DOC_MAP, scalar->at);
    doc *op = doc_scalar(m->a, scalar->at, scalar->text, scalar->quoted);
    if (map == NULL || op == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    doc_append(map, "op", op);
    op->key_at = scalar->at;
    map->key = scalar->key;
    map->key_at = scalar->key_at;
    return map;
}

static bool names_component(const doc *d) {
    return d->kind == DOC_SCALAR && strpbrk(d->text, "+-.0123456789") != d->text;
}

/* Merges a change into a member of a list of components; false with a message. */
static bool change_component(merger *m, doc *list, doc *member, doc *change) {
    if (change->kind != DOC_MAP) {
        error_add(m->errors, LCNN_BAD_MODEL, change->at,
                  "transform '%s': expected a map of the attributes that change", change->key);
        return false;
    }
    doc *map = member->kind == DOC_MAP ? member : as_component(m, member);
    if (map == NULL)
        return false;
    if (map != member)
        swap_member(list, member, map);
    return merge_map(m, map, change);
}

/* "pad, rescale"; NULL when memory is out. */
static const char *listed(arena *a, const char *const *name) {
    const char *all = "";
    for (int i = 0; all != NULL && name[i] != NULL; i++)
        all = arena_format(a, "%s%s%s", all, i > 0 ? ", " : "", name[i]);
    return all;
}

/* What names no transform of the list, which has those of `known`. */
static bool unknown_transform(merger *m, const doc *change, const char *const *known) {
    if (error_nearest(change->key, known) != NULL)
        return unknown_name(m, change->key_at, "transform", change->key, known);
    const char *all = listed(m->a, known);
    if (all == NULL)
        error_no_memory(m->errors);
    else
        error_add(m->errors, name_status(change->key_at), change->key_at,
                  "no transform called '%s'; the model has %s (a list of others is written in "
                  "[ ]: [{op: pad, by: 2}])",
                  change->key, *all ? all : "none");
    return false;
}

/* One transform where a list, or a map of changes, was meant. */
static bool lone_transform(merger *m, const doc *changes, const char *const *known) {
    const char *all = listed(m->a, known);
    if (all == NULL)
        error_no_memory(m->errors);
    else
        error_add(m->errors, name_status(changes->at), changes->at,
                  "transforms: expected a list, in [ ] even if it has one transform: [{op: ...}]; "
                  "the model has %s",
                  *all ? all : "none");
    return false;
}

/* `transforms` as a map from their names to the attributes that change. */
static bool change_transforms(merger *m, doc *list, const doc *changes) {
    const char **name =
        list->count > MAX_TRANSFORMS ? NULL : resolve_component_names(m->a, m->model, list);
    if (name == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    if (doc_get(changes, "op") != NULL)
        return lone_transform(m, changes, name);
    bool ok = true;
    for (doc *d = changes->first, *next; d != NULL; d = next) {
        next = d->next;
        int i = 0;
        doc *member = list->first;
        for (; member != NULL && strcmp(name[i], d->key) != 0; i++)
            member = member->next;
        ok = (member == NULL ? unknown_transform(m, d, name)
                             : change_component(m, list, member, d)) &&
             ok;
    }
    return ok;
}

/* What the key "NAME+" holds goes to the end of list NAME. */
static bool append_to_list(merger *m, doc *base, doc *over) {
    const char *name = arena_copy(m->a, over->key, strlen(over->key) - 1);
    doc *list = name == NULL ? NULL : doc_get(base, name);
    if (name != NULL && list == NULL && (list = doc_new(m->a, DOC_LIST, over->at)) != NULL) {
        doc_append(base, name, list);
        list->key_at = over->key_at;
    }
    if (list == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    if (list->kind != DOC_LIST) {
        error_add(m->errors, LCNN_BAD_MODEL, over->key_at, "'%s' is no list, so + cannot add to it",
                  name);
        return false;
    }
    if (over->kind != DOC_LIST) {
        doc_append(list, NULL, over);
        return true;
    }
    for (doc *d = over->first, *next; d != NULL; d = next) {
        next = d->next;
        doc_append(list, NULL, d);
    }
    return true;
}

/* `over` leaves its own map and takes its place in `base`. */
static bool merge_member(merger *m, doc *base, doc *over) {
    size_t length = strlen(over->key);
    if (length > 1 && over->key[length - 1] == '+')
        return append_to_list(m, base, over);
    doc *old = doc_get(base, over->key);
    if (old == NULL) {
        mark key_at = over->key_at;
        doc_append(base, over->key, over);
        over->key_at = key_at;
        return true;
    }
    if (over->kind == DOC_MAP && names_component(old) && doc_get(over, "op") == NULL) {
        doc *map = as_component(m, old);
        if (map == NULL)
            return false;
        swap_member(base, old, map);
        old = map;
    }
    if (over->kind == DOC_MAP && old->kind == DOC_MAP)
        return merge_map(m, old, over);
    if (over->kind == DOC_MAP && old->kind == DOC_LIST && strcmp(over->key, "transforms") == 0)
        return change_transforms(m, old, over);
    swap_member(base, old, over);
    return true;
}

/* A changed `op` drops what belonged to the old one. */
static void drop_attributes(doc *map) {
    for (doc *d = map->first, *next; d != NULL; d = next) {
        next = d->next;
        if (strcmp(d->key, "name") != 0 && strcmp(d->key, "from") != 0)
            swap_member(map, d, NULL);
    }
}

static bool merge_map(merger *m, doc *base, doc *over) {
    const doc *old = doc_get(base, "op"), *new = doc_get(over, "op");
    if (old != NULL && new != NULL &&
        old->kind == DOC_SCALAR &&new->kind == DOC_SCALAR &&strcmp(old->text, new->text) != 0)
        drop_attributes(base);
    bool ok = true;
    for (doc *d = over->first, *next; d != NULL; d = next) {
        next = d->next;
        ok = merge_member(m, base, d) && ok;
    }
    return ok;
}

/* ---- One file or setting over another -------------------------------------------------------- */

static doc *find_node(const merger *m, const char *name) {
    int i = 0;
    for (doc *d = doc_get(m->model, "nodes")->first; d != NULL; d = d->next, i++)
        if (m->names[i] != NULL && strcmp(m->names[i], name) == 0)
            return d;
    return NULL;
}

/* The names that there are, without gaps and NULL-ended. */
static const char **known_nodes(const merger *m, int count) {
    const char **known = arena_array(m->a, (size_t)count + 1, sizeof *known);
    for (int i = 0, n = 0; known != NULL && i < count; i++)
        if (m->names[i] != NULL)
            known[n++] = m->names[i];
    return known;
}

/* `nodes` as a map from node names to the attributes that change. */
static bool change_nodes(merger *m, const doc *changes) {
    bool ok = true;
    for (doc *d = changes->first; d != NULL; d = d->next) {
        doc *found = find_node(m, d->key);
        if (found == NULL) {
            const char **known = known_nodes(m, doc_get(m->model, "nodes")->count);
            if (known == NULL) {
                error_no_memory(m->errors);
                return false;
            }
            ok = unknown_name(m, d->key_at, "node", d->key, known);
        } else if (d->kind != DOC_MAP) {
            error_add(m->errors, LCNN_BAD_MODEL, d->at,
                      "node '%s': expected a map of the attributes that change", d->key);
            ok = false;
        } else {
            ok = merge_map(m, found, d) && ok;
        }
    }
    return ok;
}

bool merge_params(merger *m, doc *over) {
    doc *params = doc_get(over, "params");
    if (params == NULL)
        return true;
    swap_member(over, params, NULL);
    return merge_member(m, m->model, params);
}

bool name_nodes(merger *m) {
    const doc *nodes = doc_get(m->model, "nodes");
    m->names = NULL;
    if (nodes == NULL || nodes->kind != DOC_LIST)
        return true;
    if (nodes->count > RESOLVE_MAX_NODES) {
        error_add(m->errors, LCNN_NO_MEMORY, nodes->at, "%d nodes; there may be at most %d",
                  nodes->count, RESOLVE_MAX_NODES);
        return false;
    }
    m->names = resolve_node_names(m->a, m->model, nodes);
    if (m->names == NULL)
        error_no_memory(m->errors);
    return m->names != NULL;
}

bool merge_rest(merger *m, doc *over) {
    doc *nodes = doc_get(over, "nodes");
    bool ok = true;
    if (nodes != NULL && nodes->kind == DOC_MAP && m->names != NULL) {
        swap_member(over, nodes, NULL);
        ok = change_nodes(m, nodes);
    }
    return merge_map(m, m->model, over) && ok;
}
