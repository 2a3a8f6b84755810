/* graph.h - a network as a checked graph of operators in an order in which they can be computed.
 *
 * Built from the `input`, `nodes` and `loss` of a resolved model: names become references, attributes are parsed, shapes
 * inferred. After graph_build succeeds nothing about the network can be wrong any more. Knows no operator by name. */
#ifndef GRAPH_H
#define GRAPH_H

#include "op.h"

/* In place of a node's index: the network's input. */
enum { GRAPH_INPUT = -1 };

typedef struct node {
    const char *name;
    const op *op;
    void *attrs;
    const doc *doc;  /* where it stands in the YAML */
    int *input;      /* [shapes.inputs]: index of the node read, or GRAPH_INPUT */
    op_shapes shapes;
} node;

typedef struct graph {
    shape input;
    int classes;
    int count;
    node *node; /* [count] in topological order; stable, so that nodes stay in file order where they can; loss last */
    int output; /* index of the node that the loss reads first: the network's answer */
    int64_t parameters; /* trained numbers */
    int64_t macs;       /* multiply-adds of one image, forward */
} graph;

/* Limits on what a model may ask for. */
enum { GRAPH_MAX_NODES = 4096, GRAPH_MAX_DIM = 1 << 20 };
#define GRAPH_MAX_ELEMENTS ((int64_t)INT32_MAX) /* of one value or one parameter: a flattened one is still an int */

/* `model` is a resolved map; `ops` the operators there are. NULL with messages. */
graph *graph_build(const doc *model, int classes, const component_set *ops, arena *a, lcnn_errors *errors);

/* What one node makes of its inputs: the operator's infer, and the limits above. `shapes` comes with inputs and classes
 * set and all else zero; `map` is the node's YAML, for the marks of messages. */
bool graph_infer(const op *type, const char *name, const doc *map, const void *attrs, op_shapes *shapes,
                 lcnn_errors *errors);

/* The same graph with the operators of another backend, found by name. NULL when memory is out. */
graph *graph_with_ops(const graph *g, const component_set *ops, arena *a);

/* Appends `input`, `nodes` and `loss` with every attribute spelt out. */
bool graph_write(const graph *g, doc *map, arena *a);

/* The shape of what a node's input k is. */
static inline const shape *graph_input_shape(const graph *g, const node *n, int k) {
    return n->input[k] == GRAPH_INPUT ? &g->input : &g->node[n->input[k]].shapes.output;
}

#endif
