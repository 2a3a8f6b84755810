/* graph.c - from what graph_read.c read to a checked graph: the order of computing, and the shapes.
 */
#include "graph_draft.h"

#include "resolve.h"

_Static_assert((int)GRAPH_MAX_NODES == (int)RESOLVE_MAX_NODES, "one limit for the number of nodes");

enum { PATH_SHOWN = 12 }; /* names of a circle that a message shows */

/* ---- Order ----------------------------------------------------------------------------------- */

/* The drafts from `closing` to the top of the path read one another in a circle. Told the way the
 * numbers would flow, from the node that stands first in the file: its `from` is the one that looks
 * ahead. */
static void report_circle(builder *b, int closing) {
    int first = b->depth - 1, length = 1;
    for (int k = first; b->path[k] != closing; length++) {
        k--;
        if (b->path[k] < b->path[first])
            first = k;
    }
    int bottom = b->depth - length;
    const char *text = b->draft[b->path[first]].made.name;
    for (int step = 1; step <= length && text != NULL; step++) {
        int k = bottom + (first - bottom - step % length + length) % length;
        if (step == length || step < PATH_SHOWN)
            text = arena_format(b->a, "%s -> %s", text, b->draft[b->path[k]].made.name);
        else if (step == PATH_SHOWN)
            text = arena_format(b->a, "%s -> ...", text);
    }
    const doc *map = b->draft[b->path[first]].made.doc, *from = doc_get(map, "from");
    if (text == NULL)
        out_of_memory(b);
    else
        FAULT(b, from == NULL ? map->at : from->at, "nodes in a circle: %s", text);
}

/* Puts draft i behind its inputs. The depth of the recursion is at most the number of nodes. */
static void visit(builder *b, int i) {
    draft *d = &b->draft[i];
    if (d->state == ACTIVE)
        report_circle(b, i);
    if (d->state != NEW)
        return;
    d->state = ACTIVE;
    b->path[b->depth++] = i;
    for (int k = 0; k < d->made.shapes.inputs; k++)
        if (d->made.input[k] != GRAPH_INPUT)
            visit(b, d->made.input[k]);
    b->depth--;
    d->state = DONE;
    b->order[b->ordered++] = i;
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* Infers one node whose inputs are all known; others are passed over, since the fault lies
 * elsewhere. */
static void infer(builder *b, draft *d) {
    node *n = &d->made;
    if (!d->parsed || !d->linked)
        return;
    shape *input = arena_array(b->a, (size_t)n->shapes.inputs, sizeof *input);
    if (input == NULL) {
        out_of_memory(b);
        return;
    }
    for (int k = 0; k < n->shapes.inputs; k++) {
        const draft *feeder = n->input[k] == GRAPH_INPUT ? NULL : &b->draft[n->input[k]];
        if (feeder == NULL ? !b->input_known : !feeder->inferred)
            return;
        input[k] = feeder == NULL ? b->input : feeder->made.shapes.output;
    }
    n->shapes.input = input;
    n->shapes.classes = b->classes;
    d->inferred = graph_infer(n->op, n->name, n->doc, n->attrs, &n->shapes, b->errors);
    b->ok = b->ok && d->inferred;
}

/* ---- The graph ------------------------------------------------------------------------------- */

static void add_up(graph *g, const node *n) {
    if (__builtin_add_overflow(g->macs, n->shapes.macs, &g->macs))
        g->macs = INT64_MAX;
    for (int i = 0; n->op->params != NULL && n->op->params[i].name != NULL; i++)
        if (!n->op->params[i].state && n->shapes.param[i].shape.rank > 0)
            g->parameters +=
                (int64_t)shape_size(&n->shapes.param[i].shape) - n->shapes.param[i].absent;
}

/* The drafts in the order of computing, with references to places in that order. */
static graph *finish(builder *b) {
    graph *g = arena_alloc(b->a, sizeof *g);
    int *place = arena_array(b->a, (size_t)b->count, sizeof *place);
    node *made = arena_array(b->a, (size_t)b->count, sizeof *made);
    if (g == NULL || place == NULL || made == NULL) {
        out_of_memory(b);
        return NULL;
    }
    *g = (graph){.input = b->input, .classes = b->classes, .count = b->count, .node = made};
    for (int i = 0; i < b->count; i++)
        place[b->order[i]] = i;
    for (int i = 0; i < b->count; i++) {
        made[i] = b->draft[b->order[i]].made;
        for (int k = 0; k < made[i].shapes.inputs; k++)
            if (made[i].input[k] != GRAPH_INPUT)
                made[i].input[k] = place[made[i].input[k]];
        add_up(g, &made[i]);
    }
    g->output = made[b->count - 1].input[0];
    return g;
}

static const doc *find_nodes(builder *b, const doc *model_map) {
    const doc *nodes = doc_get(model_map, "nodes");
    if (nodes == NULL)
        FAULT(b, model_map->at, "no `nodes`: list the network's nodes");
    else if (nodes->kind == DOC_MAP)
        FAULT(b, nodes->at,
              "nodes: expected a list; a map of changes is for a model that extends another");
    else if (nodes->kind != DOC_LIST || nodes->count == 0)
        FAULT(b, nodes->at, "nodes: expected a list with at least one node");
    else if (nodes->count > GRAPH_MAX_NODES)
        error_add(b->errors, LCNN_NO_MEMORY, nodes->at, "%d nodes; there may be at most %d",
                  nodes->count, GRAPH_MAX_NODES);
    else
        return nodes;
    return NULL;
}

static bool read_all(builder *b, const doc *model_map, const doc *nodes) {
    static const doc no_loss = {.kind = DOC_SCALAR, .text = ""};
    const doc *loss = doc_get(model_map, "loss");
    b->count = nodes->count + 1;
    b->draft = arena_array(b->a, (size_t)b->count, sizeof *b->draft);
    b->order = arena_array(b->a, (size_t)b->count, sizeof *b->order);
    b->path = arena_array(b->a, (size_t)b->count, sizeof *b->path);
    if (b->draft == NULL || b->order == NULL || b->path == NULL) {
        out_of_memory(b);
        return false;
    }
    if (!graph_read_names(b, model_map, nodes))
        return false;
    draft *last = &b->draft[b->count - 1];
    last->made.name = "loss";
    last->made.doc = loss == NULL ? &no_loss : loss;
    for (int i = 0; i < b->count - 1; i++)
        graph_read_operator(b, &b->draft[i], false);
    if (loss == NULL)
        FAULT(b, model_map->at, "no `loss`: say what training makes small");
    else
        graph_read_operator(b, last, true);
    graph_link_nodes(b);
    return true;
}

graph *graph_build(const doc *model, int classes, const component_set *ops, arena *a,
                   lcnn_errors *errors) {
    builder b = {
        .a = a, .errors = errors, .ops = ops, .classes = classes, .names_clear = true, .ok = true};
    graph_read_input(&b, model);
    const doc *nodes = find_nodes(&b, model);
    if (nodes == NULL || !read_all(&b, model, nodes))
        return NULL;
    for (int i = 0; i < b.count; i++)
        visit(&b, i);
    for (int i = 0; i < b.count; i++)
        infer(&b, &b.draft[b.order[i]]);
    return b.ok ? finish(&b) : NULL;
}

graph *graph_with_ops(const graph *g, const component_set *ops, arena *a) {
    graph *copy = arena_alloc(a, sizeof *copy);
    node *nodes = arena_array(a, (size_t)g->count, sizeof *nodes);
    if (!copy || !nodes)
        return NULL;
    *copy = *g;
    copy->node = nodes;
    for (int i = 0; i < g->count; i++) {
        nodes[i] = g->node[i];
        nodes[i].op = (const op *)component_find(ops, g->node[i].op->component.name);
    }
    return copy;
}
