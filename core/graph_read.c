/* graph_read.c - the names, operators, attributes and references of a network, as its YAML gives
 * them.
 *
 * Each step goes over all nodes and leaves out those that an earlier one found wrong, so that one
 * fault gives one message and does not hide another. */
#include "graph_draft.h"

#include "resolve.h"

#include <string.h>

enum {
    NAME_LENGTH = 64, /* of a node's name, at most */
    MAX_INPUTS = 256, /* of one node */
};

static mark place(const doc *map, const char *key) {
    const doc *member = doc_get(map, key);
    return member == NULL ? map->at : member->at;
}

/* ---- input ----------------------------------------------------------------------------------- */

static const attr input_rows[] = {
    {.name = "input",
     .type = ATTR_INTS,
     .offset = 0,
     .min = 1,
     .max = GRAPH_MAX_DIM,
     .help = "shape of an image: [channels, height, width]"},
    {0},
};

void graph_read_input(builder *b, const doc *model_map) {
    const doc *given = doc_get(model_map, "input");
    if (given == NULL) {
        FAULT(b, model_map->at,
              "no `input`: give the shape of an image, such as input: [1, 32, 32]");
        return;
    }
    doc only = *given, map = {.kind = DOC_MAP, .at = model_map->at, .count = 1, .first = &only};
    only.next = NULL;
    attr_ints sizes = {0};
    if (!attr_parse(input_rows, &map, NULL, "network", &sizes, b->a, b->errors)) {
        b->ok = false;
        return;
    }
    if (sizes.count != 1 && sizes.count != 3) {
        FAULT(b, given->at, "input: expected [channels, height, width] or [units], not %d numbers",
              sizes.count);
        return;
    }
    int64_t elements = 1;
    b->input.rank = sizes.count;
    for (int i = 0; i < sizes.count; i++) {
        b->input.dim[i] = sizes.value[i];
        if (__builtin_mul_overflow(elements, (int64_t)sizes.value[i], &elements))
            elements = INT64_MAX;
    }
    b->input_known = elements <= GRAPH_MAX_ELEMENTS;
    if (!b->input_known) {
        error_add(b->errors, LCNN_NO_MEMORY, given->at, "input: more than %lld numbers",
                  (long long)GRAPH_MAX_ELEMENTS);
        b->ok = false;
    }
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Names go into the names of tensors and the paths of settings, hence no dots and nothing to quote.
 */
static bool name_allowed(const char *name) {
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return length > 0 && length <= NAME_LENGTH && name[length] == '\0';
}

static void check_name(builder *b, int i) {
    const node *n = &b->draft[i].made;
    const doc *own = doc_get(n->doc, "name");
    mark at = own == NULL ? n->doc->at : own->at;
    if (n->name == NULL) {
        b->names_clear = false;
        if (own != NULL)
            FAULT(b, at, "name: expected a text");
        return; /* without a name and an operator: graph_read_operator says so */
    }
    if (own != NULL && !name_allowed(n->name))
        FAULT(b, at, "name: '%s' should be at most %d letters, digits, _ and -", n->name,
              NAME_LENGTH);
    if (strcmp(n->name, "input") == 0 || strcmp(n->name, "loss") == 0)
        FAULT(b, at, "a node must not be called '%s', which means the network's %s", n->name,
              n->name);
    for (int k = 0; k < i; k++) {
        const node *other = &b->draft[k].made;
        if (other->name == NULL || strcmp(other->name, n->name) != 0)
            continue;
        b->names_clear = false;
        FAULT(b, at, "two nodes called '%s'; the other is in line %d%s", n->name,
              other->doc->at.line,
              own == NULL || doc_get(other->doc, "name") == NULL
                  ? " (nodes without a name are called after their operator)"
                  : "");
        return;
    }
}

bool graph_read_names(builder *b, const doc *model_map, const doc *nodes) {
    const char **name = resolve_node_names(b->a, model_map, nodes);
    b->names = arena_array(b->a, (size_t)b->count + 1, sizeof *b->names);
    if (name == NULL || b->names == NULL) {
        out_of_memory(b);
        return false;
    }
    int i = 0, known = 0;
    for (const doc *d = nodes->first; d != NULL; d = d->next, i++) {
        b->draft[i].made.doc = d;
        b->draft[i].made.name = name[i];
        if (d->kind == DOC_MAP)
            check_name(b, i);
        if (name[i] == NULL)
            b->names_clear = false;
        else
            b->names[known++] = name[i];
    }
    b->names[known] = "input";
    return true;
}

/* ---- Operators ------------------------------------------------------------------------------- */

static bool is_loss(const op *type) {
    for (const op_input *row = type->inputs; row->name != NULL; row++)
        if (row->labels)
            return true;
    return false;
}

/* The names of all operators, or of the losses only, NULL-ended. */
static const char **operator_names(builder *b, bool losses) {
    int count = 0, n = 0;
    while (b->ops->members[count] != NULL)
        count++;
    const char **name = arena_array(b->a, (size_t)count + 1, sizeof *name);
    if (name == NULL)
        out_of_memory(b);
    for (int i = 0; name != NULL && i < count; i++)
        if (!losses || is_loss((const op *)b->ops->members[i]))
            name[n++] = b->ops->members[i]->name;
    return name;
}

static void unknown_operator(builder *b, const doc *type) {
    const char **known = operator_names(b, false);
    if (known == NULL)
        return;
    const char *nearest = error_nearest(type->text, known);
    if (nearest != NULL)
        FAULT(b, type->at, "unknown operator '%s'; did you mean '%s'?", type->text, nearest);
    else
        FAULT(b, type->at, "unknown operator '%s'; `lcnn ops` lists those there are", type->text);
}

/* A loss among the nodes, or something else as the loss. */
static bool check_place(builder *b, const doc *type, const op *found, bool as_loss) {
    if (is_loss(found) == as_loss)
        return true;
    if (!as_loss) {
        FAULT(b, type->at, "'%s' is a loss: it belongs under `loss`, not among the nodes",
              type->text);
        return false;
    }
    const char **losses = operator_names(b, true), *list = "";
    for (int i = 0; losses != NULL && list != NULL && losses[i] != NULL; i++)
        list = arena_format(b->a, "%s%s%s", list, i == 0 ? "" : ", ", losses[i]);
    if (list == NULL)
        out_of_memory(b);
    else
        FAULT(b, type->at, "'%s' is no loss; the losses are: %s", type->text, list);
    return false;
}

void graph_read_operator(builder *b, draft *d, bool as_loss) {
    static const char *const node_keys[] = {"name", "op", "from", NULL};
    static const char *const loss_keys[] = {"op", "from", NULL};
    static const attr no_rows[] = {{0}};
    const doc *map = d->made.doc;
    if (map->kind != DOC_MAP) {
        FAULT(b, map->at, "expected a map with `op`, such as {op: dense, units: 10}");
        return;
    }
    const doc *type = doc_get(map, "op");
    if (type == NULL || type->kind != DOC_SCALAR) {
        FAULT(b, type == NULL ? map->at : type->at, "expected `op`, the name of an operator");
        return;
    }
    const op *found = (const op *)component_find(b->ops, type->text);
    if (found == NULL) {
        unknown_operator(b, type);
        return;
    }
    d->made.op = found;
    if (!check_place(b, type, found, as_loss))
        return;
    const char *what =
        arena_format(b->a, "%s '%s'", type->text, d->made.name == NULL ? "?" : d->made.name);
    const component *c = &found->component;
    d->made.attrs = arena_alloc(b->a, c->size == 0 ? 1 : c->size);
    if (what == NULL || d->made.attrs == NULL) {
        out_of_memory(b);
        return;
    }
    d->parsed = attr_parse(c->attrs == NULL ? no_rows : c->attrs, map,
                           as_loss ? loss_keys : node_keys, what, d->made.attrs, b->a, b->errors);
    b->ok = b->ok && d->parsed;
}

/* ---- References ------------------------------------------------------------------------------ */

static bool find_input(builder *b, const doc *name, int *index) {
    if (name->kind != DOC_SCALAR) {
        FAULT(b, name->at, "from: expected the name of a node, or a list of names");
        return false;
    }
    *index = GRAPH_INPUT;
    if (strcmp(name->text, "input") == 0)
        return true;
    for (int i = 0; i < b->count - 1; i++)
        if (b->draft[i].made.name != NULL && strcmp(b->draft[i].made.name, name->text) == 0) {
            *index = i;
            return true;
        }
    const char *nearest = error_nearest(name->text, b->names);
    if (nearest != NULL)
        FAULT(b, name->at, "from: no node called '%s'; did you mean '%s'?", name->text, nearest);
    else
        FAULT(b, name->at, "from: no node called '%s'", name->text);
    return false;
}

static bool read_from(builder *b, int i) {
    node *n = &b->draft[i].made;
    const doc *from = doc_get(n->doc, "from");
    bool several = from != NULL && from->kind == DOC_LIST;
    n->shapes.inputs = several ? from->count : 1;
    if (n->shapes.inputs < 1 || n->shapes.inputs > MAX_INPUTS) {
        FAULT(b, from->at, "from: expected 1 to %d names", MAX_INPUTS);
        return false;
    }
    n->input = arena_array(b->a, (size_t)n->shapes.inputs, sizeof *n->input);
    if (n->input == NULL) {
        out_of_memory(b);
        return false;
    }
    if (from == NULL) {
        n->input[0] = i == 0 ? GRAPH_INPUT : i - 1;
        return true;
    }
    bool ok = true;
    int k = 0;
    for (const doc *d = several ? from->first : from; d != NULL; d = several ? d->next : NULL)
        ok = find_input(b, d, &n->input[k++]) && ok;
    return ok;
}

/* As many inputs as the operator takes? */
static bool check_inputs(builder *b, const node *n) {
    int takes = 0;
    bool more = false;
    for (const op_input *row = n->op->inputs; row->name != NULL; row++)
        if (!row->labels) {
            takes++;
            more = row->variadic;
        }
    int given = n->shapes.inputs;
    if (given == takes || (more && given > takes))
        return true;
    FAULT(b, place(n->doc, "from"), "%s '%s': takes %s%d input%s, but `from` %s %d%s",
          n->op->component.name, n->name == NULL ? "?" : n->name, more ? "at least " : "", takes,
          takes == 1 ? "" : "s",
          doc_get(n->doc, "from") == NULL ? "is left out, which gives" : "gives", given,
          takes > 1 ? "; write from: [a, b]" : "");
    return false;
}

/* The node whose numbers a node reads first; NULL where that is not known, or no node's. */
static const node *source_of(const builder *b, const node *n) {
    for (int steps = 0; steps < b->count && n->input[0] != GRAPH_INPUT; steps++) {
        const draft *d = &b->draft[n->input[0]];
        if (d->made.op == NULL || !d->made.op->passes_on)
            return d->made.op == NULL ? NULL : &d->made;
        if (!d->linked)
            return NULL;
        n = &d->made;
    }
    return NULL;
}

/* Reading what an operator asks not to be fed with. */
static void check_conflicts(builder *b, const node *n) {
    const node *feeder = source_of(b, n);
    if (feeder == NULL || n->op->conflicts == NULL)
        return;
    const node *first = &b->draft[n->input[0]].made;
    for (const op_conflict *row = n->op->conflicts; row->op != NULL; row++)
        if (strcmp(row->op, feeder->op->component.name) == 0)
            FAULT(b, place(n->doc, "from"), "%s '%s': must not read %s '%s'%s%s%s: %s",
                  n->op->component.name, n->name, row->op, feeder->name,
                  feeder == first ? "" : " through '", feeder == first ? "" : first->name,
                  feeder == first ? "" : "'", row->why);
}

void graph_link_nodes(builder *b) {
    bool all = b->names_clear;
    for (int i = 0; i < b->count; i++) {
        draft *d = &b->draft[i];
        bool found = d->made.doc->kind == DOC_MAP && read_from(b, i);
        for (int k = 0; found && k < d->made.shapes.inputs; k++)
            if (d->made.input[k] != GRAPH_INPUT)
                b->draft[d->made.input[k]].is_read = true;
        all = all && found;
        d->linked = found && (d->made.op == NULL || check_inputs(b, &d->made));
        if (!found)
            d->made.shapes.inputs = 0;
    }
    for (int i = 0; i < b->count; i++)
        if (b->draft[i].linked && b->draft[i].made.op != NULL)
            check_conflicts(b, &b->draft[i].made);
    if (!all)
        return; /* whom an unknown name should have read is anyone's guess */
    for (int i = 0; i < b->count - 1; i++)
        if (!b->draft[i].is_read)
            FAULT(b, b->draft[i].made.doc->at,
                  "node '%s' is not used: neither a node nor the loss reads it",
                  b->draft[i].made.name);
}
