/* resolve_names.c - "$name" replaced by what it stands for, and the names of nodes that have none.
 *
 * A param's value may hold other params; it is worked out once, when it is first needed, so a param
 * that is never worked out is one that nothing uses. */
#include "resolve.h"

#include <string.h>

/* How far the value of a param is worked out. */
typedef enum param_state { PARAM_UNUSED, PARAM_ACTIVE, PARAM_DONE, PARAM_FAILED } param_state;

typedef struct names {
    arena *a;
    lcnn_errors *errors;
    int classes;
    int count;
    doc **param;        /* [count] */
    param_state *state; /* [count] */
    int *active;        /* [RESOLVE_MAX_DEPTH]: the params being worked out, outermost first */
    int active_count;
    int values; /* scalars, lists and maps copied so far */
} names;

static bool is_reference(const doc *d) {
    return d->kind == DOC_SCALAR && !d->quoted && d->text[0] == '$';
}

const doc *resolve_peek(const doc *model, const doc *value) {
    const doc *params = doc_get(model, "params");
    for (int i = 0; i < RESOLVE_MAX_DEPTH && value != NULL && is_reference(value); i++)
        value = params != NULL && params->kind == DOC_MAP ? doc_get(params, value->text + 1) : NULL;
    return value != NULL && is_reference(value) ? NULL : value;
}

const char **resolve_node_names(arena *a, const doc *model, const doc *nodes) {
    const char **name = arena_array(a, (size_t)nodes->count + 1, sizeof *name);
    const char **op = arena_array(a, (size_t)nodes->count + 1, sizeof *op);
    if (name == NULL || op == NULL)
        return NULL;
    int i = 0;
    for (const doc *d = nodes->first; d != NULL; d = d->next, i++) {
        if (d->kind != DOC_MAP)
            continue;
        const doc *own = doc_get(d, "name"), *type = doc_get(d, "op");
        own = own == NULL ? NULL : resolve_peek(model, own);
        type = type == NULL ? NULL : resolve_peek(model, type);
        if (doc_get(d, "name") != NULL) {
            name[i] = own != NULL && own->kind == DOC_SCALAR ? own->text : NULL;
        } else if (type != NULL && type->kind == DOC_SCALAR) {
            op[i] = type->text;
            int number = 1;
            for (int k = 0; k < i; k++)
                number += op[k] != NULL && strcmp(op[k], op[i]) == 0;
            name[i] = arena_format(a, "%s_%d", op[i], number);
            if (name[i] == NULL)
                return NULL;
        }
    }
    return name;
}

static const char *op_of(const doc *model, const doc *member) {
    const doc *op = member->kind == DOC_MAP ? doc_get(member, "op") : member;
    op = op == NULL ? NULL : resolve_peek(model, op);
    return op != NULL && op->kind == DOC_SCALAR ? op->text : "";
}

const char **resolve_component_names(arena *a, const doc *model, const doc *list) {
    const char **name = arena_array(a, (size_t)list->count + 1, sizeof *name);
    int i = 0;
    for (const doc *d = list->first; name != NULL && d != NULL; d = d->next, i++) {
        int number = 1, all = 0;
        const doc *other = list->first;
        for (int k = 0; other != NULL; other = other->next, k++)
            if (strcmp(op_of(model, other), op_of(model, d)) == 0) {
                all++;
                number += k < i;
            }
        name[i] = all == 1 ? op_of(model, d) : arena_format(a, "%s_%d", op_of(model, d), number);
        if (name[i] == NULL)
            return NULL;
    }
    return name;
}

/* ---- References ------------------------------------------------------------------------------ */

static bool expand(names *n, doc *d, int depth);

static bool undefined_name(names *n, const doc *d) {
    const char **known = arena_array(n->a, (size_t)n->count + 2, sizeof *known);
    if (known == NULL) {
        error_no_memory(n->errors);
        return false;
    }
    for (int i = 0; i < n->count; i++)
        known[i] = n->param[i]->key;
    known[n->count] = "classes";
    const char *nearest = error_nearest(d->text + 1, known);
    if (nearest != NULL)
        error_add(n->errors, LCNN_BAD_MODEL, d->at, "no param called '%s'; did you mean '$%s'?",
                  d->text + 1, nearest);
    else
        error_add(n->errors, LCNN_BAD_MODEL, d->at,
                  "no param called '%s'; a text that begins with $ needs quotes", d->text + 1);
    return false;
}

/* The params from the first sight of `which` on, as "a -> b -> a". */
static bool report_circle(names *n, const doc *d, int which) {
    const char *path = "";
    int k = 0;
    while (n->active[k] != which)
        k++;
    for (; k < n->active_count && path != NULL; k++)
        path = arena_format(n->a, "%s%s -> ", path, n->param[n->active[k]]->key);
    if (path == NULL)
        error_no_memory(n->errors);
    else
        error_add(n->errors, LCNN_BAD_MODEL, d->at, "params in a circle: %s%s", path,
                  n->param[which]->key);
    return false;
}

/* Works out param `which`, which `d` refers to. */
static bool param_ready(names *n, const doc *d, int which) {
    if (n->state[which] == PARAM_DONE || n->state[which] == PARAM_FAILED)
        return n->state[which] == PARAM_DONE;
    if (n->state[which] == PARAM_ACTIVE)
        return report_circle(n, d, which);
    if (n->active_count == RESOLVE_MAX_DEPTH) {
        error_add(n->errors, LCNN_NO_MEMORY, d->at, "params refer to each other more than %d deep",
                  RESOLVE_MAX_DEPTH);
        return false;
    }
    n->state[which] = PARAM_ACTIVE;
    n->active[n->active_count++] = which;
    bool ok = expand(n, n->param[which], 1);
    n->active_count--;
    n->state[which] = ok ? PARAM_DONE : PARAM_FAILED;
    return ok;
}

/* Counts the values of a tree and gives its depth. */
static int measure(const doc *d, int *values) {
    int deepest = 0;
    *values += 1;
    for (const doc *member = d->first; member != NULL; member = member->next) {
        int depth = measure(member, values);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* Makes `d` a copy of `value`; only its key and its place in its parent stay. */
static bool become(names *n, doc *d, const doc *value, int depth) {
    if (depth + measure(value, &n->values) - 1 > RESOLVE_MAX_DEPTH ||
        n->values > RESOLVE_MAX_VALUES) {
        error_add(n->errors, LCNN_NO_MEMORY, d->at,
                  "params make this model deeper than %d or longer than %d values",
                  RESOLVE_MAX_DEPTH, RESOLVE_MAX_VALUES);
        return false;
    }
    const doc *copy = doc_copy(n->a, value);
    if (copy == NULL) {
        error_no_memory(n->errors);
        return false;
    }
    doc whole = *copy;
    whole.key = d->key;
    whole.key_at = d->key_at;
    whole.next = d->next;
    *d = whole;
    return true;
}

static bool replace_reference(names *n, doc *d, int depth) {
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->param[i]->key, d->text + 1) == 0)
            return param_ready(n, d, i) && become(n, d, n->param[i], depth);
    if (strcmp(d->text, "$classes") != 0)
        return undefined_name(n, d);
    d->text = arena_format(n->a, "%d", n->classes);
    if (d->text == NULL)
        error_no_memory(n->errors);
    return d->text != NULL;
}

static bool expand(names *n, doc *d, int depth) {
    if (is_reference(d))
        return replace_reference(n, d, depth);
    bool ok = true;
    for (doc *member = d->first; member != NULL; member = member->next)
        ok = expand(n, member, depth + 1) && ok;
    return ok;
}

/* ---- params ---------------------------------------------------------------------------------- */

static bool read_params(names *n, const doc *params) {
    if (params->kind != DOC_MAP) {
        error_add(n->errors, LCNN_BAD_MODEL, params->at,
                  "params: expected a map of names and values");
        return false;
    }
    if (params->count > RESOLVE_MAX_PARAMS) {
        error_add(n->errors, LCNN_NO_MEMORY, params->at, "%d params; there may be at most %d",
                  params->count, RESOLVE_MAX_PARAMS);
        return false;
    }
    for (doc *d = params->first; d != NULL; d = d->next) {
        if (strcmp(d->key, "classes") == 0) {
            error_add(n->errors, LCNN_BAD_MODEL, d->key_at,
                      "params: $classes is given by the data set; call this param something else");
            return false;
        }
        n->param[n->count++] = d;
    }
    return true;
}

bool resolve_names(arena *a, doc *model, int classes, lcnn_errors *errors) {
    names n = {.a = a, .errors = errors, .classes = classes};
    n.param = arena_array(a, RESOLVE_MAX_PARAMS, sizeof(doc *));
    n.state = arena_array(a, RESOLVE_MAX_PARAMS, sizeof *n.state);
    n.active = arena_array(a, RESOLVE_MAX_DEPTH, sizeof *n.active);
    if (n.param == NULL || n.state == NULL || n.active == NULL) {
        error_no_memory(errors);
        return false;
    }
    doc **link = &model->first;
    while (*link != NULL && strcmp((*link)->key, "params") != 0)
        link = &(*link)->next;
    if (*link != NULL) {
        if (!read_params(&n, *link))
            return false;
        *link = (*link)->next;
        model->count--;
    }
    bool ok = expand(&n, model, 1);
    for (int i = 0; i < n.count; i++)
        if (n.state[i] == PARAM_UNUSED) {
            error_add(errors, LCNN_BAD_MODEL, n.param[i]->key_at, "params: nothing uses '$%s'",
                      n.param[i]->key);
            ok = false;
        }
    return ok;
}
