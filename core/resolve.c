/* resolve.c - from a model file, the files it extends and the settings of the command line to one
 * merged tree.
 *
 * Owns the rules of merging. What a key means is the business of the attribute tables, so a path
 * that names nothing is merged in like any other and refused by the table that reads it, at the
 * place where it was written. "$names" are replaced in resolve_names.c. */
#include "config.h"

#include "resolve.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_EXTENDS = 8, MAX_TRANSFORMS = 1000 };

/* What a setting without a dot may name beside params. */
static const char *const top_keys[] = {"name", "about", "input", "nodes",
                                       "loss", "data",  "train", NULL};

typedef struct merger {
    arena *a;
    lcnn_errors *errors;
    doc *model;         /* what is merged into */
    const char **names; /* of its nodes, as they were when this file or the settings began */
} merger;

/* The files being read, innermost first: what a file extends must not be one of them. */
typedef struct chain {
    const struct chain *above;
    const char *path;
    dev_t device;
    ino_t inode;
} chain;

/* ---- Changing trees -------------------------------------------------------------------------- */

/* Takes `old` out of `map` and puts `new` in its place, or nothing when `new` is NULL. */
static void swap_member(doc *map, const doc *old, doc *new) {
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

static bool unknown_name(merger *m, mark at, const char *what, const char *name,
                         const char *const *known);

/* In a setting it is the command that is wrong, elsewhere the model. */
static lcnn_status name_status(mark at) {
    bool setting = at.source != NULL && strncmp(at.source->name, "--set ", 6) == 0;
    return setting ? LCNN_BAD_USAGE : LCNN_BAD_MODEL;
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

static bool unknown_name(merger *m, mark at, const char *what, const char *name,
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

static bool merge_params(merger *m, doc *over) {
    doc *params = doc_get(over, "params");
    if (params == NULL)
        return true;
    swap_member(over, params, NULL);
    return merge_member(m, m->model, params);
}

static bool name_nodes(merger *m) {
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

/* All but the params, which are in by now. */
static bool merge_rest(merger *m, doc *over) {
    doc *nodes = doc_get(over, "nodes");
    bool ok = true;
    if (nodes != NULL && nodes->kind == DOC_MAP && m->names != NULL) {
        swap_member(over, nodes, NULL);
        ok = change_nodes(m, nodes);
    }
    return merge_map(m, m->model, over) && ok;
}

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

/* ---- Settings -------------------------------------------------------------------------------- */

/* A tree's marks, moved to the same columns of another text. */
static void move_marks(doc *d, const source *to) {
    d->at.source = to;
    d->key_at.source = to;
    for (doc *member = d->first; member != NULL; member = member->next)
        move_marks(member, to);
}

/* The value of "key=value". The key is parsed as so many blanks, which makes the columns right. */
static doc *setting_value(merger *m, const source *whole, size_t key_length) {
    mark at = {whole, 1, (int)key_length + 2};
    if (whole->text[key_length + 1 + strspn(whole->text + key_length + 1, " \t")] == '\0') {
        error_add(m->errors, LCNN_BAD_USAGE, at, "no value; an empty text is written ''");
        return NULL;
    }
    char *padded = arena_copy(m->a, whole->text, whole->length);
    if (padded == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    memset(padded, ' ', key_length + 1);
    doc *value = document_parse(m->a, whole->name, padded, whole->length, m->errors);
    if (value != NULL)
        move_marks(value, whole);
    return value;
}

static bool wrap(merger *m, doc **value, const char *key, size_t length, mark key_at) {
    doc *map = doc_new(m->a, DOC_MAP, key_at);
    const char *copy = arena_copy(m->a, key, length);
    if (map == NULL || copy == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    doc_append(map, copy, *value);
    (*value)->key_at = key_at;
    *value = map;
    return true;
}

/* A key without dots that names no param, but what stands beside the params. */
static bool is_top_key(const merger *m, const char *key, size_t length) {
    const doc *params = doc_get(m->model, "params");
    for (const doc *d = params != NULL && params->kind == DOC_MAP ? params->first : NULL; d != NULL;
         d = d->next)
        if (strlen(d->key) == length && strncmp(d->key, key, length) == 0)
            return false;
    for (const char *const *top = top_keys; *top != NULL; top++)
        if (strlen(*top) == length && strncmp(*top, key, length) == 0)
            return true;
    return false;
}

/* What the key a.b.c gets as {a: {b: {c: value}}}, what a gets as {params: {a: value}} or {a: value}. `at` is where the key
 * stands. NULL with a message. */
static doc *nest(merger *m, doc *value, const char *key, size_t length, mark at) {
    bool bare = memchr(key, '.', length) == NULL && !is_top_key(m, key, length);
    for (const char *end = key + length, *begin; end > key; end = begin - 1) {
        for (begin = end; begin > key && begin[-1] != '.';)
            begin--;
        mark part = {at.source, at.line, at.column + (int)(begin - key)};
        if (!wrap(m, &value, begin, (size_t)(end - begin), part))
            return NULL;
        if (begin == key)
            break;
    }
    return bare && !wrap(m, &value, "params", 6, at) ? NULL : value;
}

/* "a.b.c=x" as such a map; NULL with a message. */
static doc *read_setting(merger *m, const char *setting) {
    const char *name = arena_format(m->a, "--set %s", setting);
    const source *whole =
        name == NULL ? NULL : error_source(m->errors, name, setting, strlen(setting));
    if (whole == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    const char *text = whole->text, *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[-1] == '.' || text[0] == '.' ||
        (strstr(text, "..") != NULL && strstr(text, "..") < equals)) {
        error_add(m->errors, LCNN_BAD_USAGE, (mark){whole, 1, 1},
                  "expected key=value, such as kernel=7 or train.epochs=3");
        return NULL;
    }
    size_t length = (size_t)(equals - text);
    doc *value = setting_value(m, whole, length);
    return value == NULL ? NULL : nest(m, value, text, length, (mark){whole, 1, 1});
}

/* The same of a key and a value that stand in a file. */
static doc *read_change(merger *m, const model_change *c) {
    if (c->setting != NULL)
        return read_setting(m, c->setting);
    size_t length = strlen(c->key);
    if (length == 0 || c->key[0] == '.' || c->key[length - 1] == '.' || strstr(c->key, "..")) {
        error_add(m->errors, LCNN_BAD_MODEL, c->key_at,
                  "'%s': expected a key of a model, such as kernel or train.epochs", c->key);
        return NULL;
    }
    doc *value = doc_copy(m->a, c->value);
    if (value != NULL)
        return nest(m, value, c->key, length, c->key_at);
    error_no_memory(m->errors);
    return NULL;
}

/* A setting may change a param but not make one: nothing in the file would use it. */
static bool check_param(merger *m, const doc *setting) {
    const doc *given = doc_get(setting, "params");
    if (given == NULL || given->kind != DOC_MAP)
        return true;
    const doc *params = doc_get(m->model, "params");
    if (params != NULL && params->kind == DOC_MAP && doc_get(params, given->first->key) != NULL)
        return true;
    int count = params == NULL || params->kind != DOC_MAP ? 0 : params->count, n = 0;
    const char **known =
        arena_array(m->a, (size_t)count + sizeof top_keys / sizeof *top_keys, sizeof *known);
    if (known == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    for (const doc *d = count == 0 ? NULL : params->first; d != NULL; d = d->next)
        known[n++] = d->key;
    memcpy(known + n, top_keys, sizeof top_keys);
    return unknown_name(m, given->first->key_at, "param", given->first->key, known);
}

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
