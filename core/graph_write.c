/* graph_write.c - a checked graph back as YAML, with nothing left to defaults. */
#include "graph.h"

#include <stdio.h>

static bool append(doc *map, const char *key, doc *value) {
    if (value != NULL)
        doc_append(map, key, value);
    return value != NULL;
}

static const char *input_name(const graph *g, int index) {
    return index == GRAPH_INPUT ? "input" : g->node[index].name;
}

static bool write_from(const graph *g, const node *n, doc *map, arena *a) {
    if (n->shapes.inputs == 1)
        return append(map, "from", doc_scalar(a, (mark){0}, input_name(g, n->input[0]), false));
    doc *list = doc_new(a, DOC_LIST, (mark){0});
    for (int k = 0; list != NULL && k < n->shapes.inputs; k++)
        if (!append(list, NULL, doc_scalar(a, (mark){0}, input_name(g, n->input[k]), false)))
            return false;
    return append(map, "from", list);
}

static bool write_input(const graph *g, doc *map, arena *a) {
    doc *list = doc_new(a, DOC_LIST, (mark){0});
    for (int i = 0; list != NULL && i < g->input.rank; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", g->input.dim[i]);
        if (!append(list, NULL, doc_scalar(a, (mark){0}, text, false)))
            return false;
    }
    return append(map, "input", list);
}

/* A node as a map, or NULL when memory is out; the loss goes without a name. */
static doc *write_node(const graph *g, const node *n, bool named, arena *a) {
    doc *map = doc_new(a, DOC_MAP, (mark){0});
    if (map == NULL)
        return NULL;
    const component *type = &n->op->component;
    bool ok = !named || append(map, "name", doc_scalar(a, (mark){0}, n->name, false));
    ok = ok && append(map, "op", doc_scalar(a, (mark){0}, type->name, false));
    ok = ok && write_from(g, n, map, a);
    ok = ok && (type->attrs == NULL || attr_write(type->attrs, n->attrs, map, a));
    return ok ? map : NULL;
}

bool graph_write(const graph *g, doc *map, arena *a) {
    doc *nodes = doc_new(a, DOC_LIST, (mark){0});
    if (nodes == NULL || !write_input(g, map, a))
        return false;
    for (int i = 0; i < g->count - 1; i++)
        if (!append(nodes, NULL, write_node(g, &g->node[i], true, a)))
            return false;
    return append(map, "nodes", nodes) &&
           append(map, "loss", write_node(g, &g->node[g->count - 1], false, a));
}
