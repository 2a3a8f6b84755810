/* graph_draft.h - a graph while it is being read; shared by graph_read.c and graph.c and nobody
 * else. */
#ifndef GRAPH_DRAFT_H
#define GRAPH_DRAFT_H

#include "graph.h"

typedef enum visit_state { NEW, ACTIVE, DONE } visit_state;

/* A node on its way into the graph. Drafts stand in file order, the loss last; `made.input` counts
 * them. */
typedef struct draft {
    node made;
    bool parsed;   /* operator and attributes are known */
    bool linked;   /* inputs are known, and as many as the operator takes */
    bool inferred; /* shapes are known */
    bool is_read;
    visit_state state;
} draft;

typedef struct builder {
    arena *a;
    lcnn_errors *errors;
    const component_set *ops;
    int classes;
    shape input;
    bool input_known;
    int count; /* of drafts */
    draft *draft;
    const char *
        *names; /* what `from` may say, NULL-ended: those of the drafts but the loss, and "input" */
    bool names_clear; /* no name is missing or given twice */
    int *order;       /* [count]: drafts, inputs first */
    int ordered;
    int *path; /* [count]: the drafts being visited */
    int depth;
    bool ok;
} builder;

static inline void out_of_memory(builder *b) {
    error_no_memory(b->errors);
    b->ok = false;
}

#define FAULT(b, at, ...) (error_add((b)->errors, LCNN_BAD_MODEL, at, __VA_ARGS__), (b)->ok = false)

/* The steps of reading. What is wrong is reported and leaves its mark in `ok`; false only where
 * nothing can follow. */
void graph_read_input(builder *b, const doc *model_map);
bool graph_read_names(builder *b, const doc *model_map, const doc *nodes);
void graph_read_operator(builder *b, draft *d, bool as_loss);
void graph_link_nodes(builder *b);

#endif
