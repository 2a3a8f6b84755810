/* plan.h - what to compute in which order, and where every value lies: all decided before the first number is computed.
 *
 * A plan is a list of steps over one tile, cut into stages where operators couple samples. Values that live within a stage
 * share the memory of a thread; those that cross one are kept for every tile. Memory is reused as soon as the operators'
 * declared `saves` allow it. Knows no operator by name and computes nothing. */
#ifndef PLAN_H
#define PLAN_H

#include "graph.h"

typedef enum phase {
    PHASE_GATHER,          /* forward_gather */
    PHASE_FORWARD,
    PHASE_BACKWARD_GATHER,
    PHASE_BACKWARD,        /* backward_params, then backward */
} phase;

typedef struct step {
    int node;
    phase phase;
} step;

/* Steps [begin, end) run over every tile; then, when `reduce` says so, the last step's node reduces once. */
typedef struct stage {
    int begin, end;
    bool reduce;
    bool backward; /* holds backward steps: tiles go slot by slot, since gradients are summed along the way */
} stage;

/* A piece of memory: of the thread, or, when it crosses a stage, of the tile. */
typedef struct place {
    size_t offset; /* in reals */
    bool tile;
    bool present;
} place;

/* Where one node's values lie. The network's input is the last entry, after the nodes. */
typedef struct plan_node {
    place output, output_grad, saved;
    size_t partial;     /* offset in the partial sums of a tile, in doubles; coupled operators only */
    size_t shared;      /* offset in the step's shared block, in reals; coupled operators only */
    uint32_t stream;    /* for random operators */
    bool trained;       /* has trained parameters itself */
    bool *needs_grad;   /* [inputs]: whether input_grad[k] is to be computed */
    bool *grad_add;     /* [inputs]: whether it is added to what others have contributed */
} plan_node;

typedef struct plan {
    const graph *graph;
    bool training;
    tile_form form;           /* how values lie in a tile */
    int step_count, stage_count;
    step *step;
    stage *stage;
    plan_node *node;     /* [graph->count + 1] */
    size_t thread_size;  /* reals each thread needs for values */
    size_t tile_size;    /* reals each tile of the batch needs */
    size_t partial_size; /* doubles each tile of the batch needs for partial sums */
    size_t shared_size;  /* reals needed once */
    size_t scratch_size; /* reals each thread needs for scratch */
    int most_inputs;
} plan;

/* For training: forward and backward. For inference: forward only. NULL with a message when memory is out. */
plan *plan_new(const graph *g, bool training, tile_form f, arena *a, lcnn_errors *errors);

#endif
