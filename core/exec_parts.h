/* exec_parts.h - what the files of the executor share: exec_new.c makes one, exec.c runs it,
 * exec_step.c runs one step of one tile, exec_carry.c helps operators that know one form only,
 * exec_update.c moves the weights, exec_curvature.c knows about second derivatives. Nobody else
 * includes it. */
#ifndef EXEC_PARTS_H
#define EXEC_PARTS_H

#include "exec.h"
#include "threads.h"

enum { CHAINS_PER_THREAD = 4 };

/* What belongs to one thread. */
typedef struct worker {
    real *values;  /* [plan->thread_size]; a team works in its first member's */
    real *scratch; /* [plan->scratch_size] */
    float *feed_scratch;
    real *probability;  /* a tile of shape [classes] */
    const real **input; /* [plan->most_inputs]: room for a call's lists */
    real **input_grad;  /* [plan->most_inputs] */
    real *carried;      /* a node's values while they lie in lane 0, and the lists of the call */
    const real **carried_input;
    real **carried_grad;
    real *slopes; /* of a curving exec: first derivatives, placed as second ones are in `values` */
    real *squared; /* the same: squares of a node's inputs, and the list of them */
    const real **squared_input;
    bool behind; /* the leader of its team may have done something that it has not waited for */
} worker;

/* What is known of a tile while its batch runs. */
typedef struct tile_info {
    int32_t label[LANES];
    uint32_t sample[LANES];
} tile_info;

/* Where a node's parameters and their gradients lie. */
typedef struct node_params {
    const real *param[OP_MAX_PARAMS];
    real *state[OP_MAX_PARAMS];
    const real *squared[OP_MAX_PARAMS]; /* of a curving exec */
    size_t offset[OP_MAX_PARAMS]; /* of the gradient in a slot */
    bool trained[OP_MAX_PARAMS];
    bool decay[OP_MAX_PARAMS]; /* weight decay applies */
} node_params;

struct exec {
    const backend *backend;
    network *network;
    const feed *feed;
    arena *arena;
    plan *forms[FORMS];  /* one for batches of each form; NULL where no batch will have it */
    node_params *params; /* [graph->count] */
    int threads, most_tiles;
    bool curving; /* gradients are second derivatives */

    worker *worker;   /* [threads] */
    real *tiles;      /* [tiles][plan->tile_size], whichever form takes more */
    tile_info *info;  /* [most_tiles] */
    double *partials; /* per node [most_tiles][its partial], nodes one after another */
    real *shared;     /* [plan->shared_size] */
    real *slots;      /* [slots][network->trained] */
    real *squares;    /* [network->size] of the parameters; of a curving exec */
    real *states[OPTIM_MAX_STATES]; /* [network->trained] each */
    int64_t updates;                /* done so far */
    size_t memory;

    barrier all;
    barrier *team_barrier; /* [threads]: that of the team which the thread leads */

    exec_times *times; /* [graph->count], or NULL */

    /* The run in progress. */
    const plan *plan; /* that of the batch's form */
    const exec_batch *batch;
    const exec_update *update;
    const exec_answers *answers;
    int tile_count, slot_count;
    atomic_int *next_tile; /* [MOST_SLOTS + threads * CHAINS_PER_THREAD]: of each chain */
};

/* Threads that work on the same tiles, sharing the items of heavy steps. Usually one. */
typedef struct team {
    exec *exec;
    worker *leader; /* whose values the tile's lie in */
    worker *self;
    barrier *barrier;
    int member, size;
} team;

/* The plan for batches of so many samples. */
const plan *plan_for(const exec *x, int count);

/* Tiles of a batch of so many samples. */
int tiles_of(const plan *p, int count);

/* Reads the tile's samples into the network's input. */
void load_tile(const team *t, int tile);

/* For an operator that knows FORM_LANES only, while a tile is in FORM_SINGLE: carries the values that
 * a phase reads to lane 0 of this worker's memory, and brings back what the phase made. carry_in
 * gives the call to make in between. */
op_call carry_in(const node *n, phase now, const op_call *home, worker *w);
void carry_back(const node *n, phase now, const op_call *carried, const op_call *home);

/* Reals that the values of a node take while they are carried; 0: it knows the form. */
size_t carried_size(const node *n);

/* Whether an operator takes so long for a tile that doing it together gains more than it costs: two
 * barriers, and values that move from one core's cache to another's. */
bool worth_sharing(const op_shapes *s, tile_form form);

/* Whether a node moves its weights itself, in backward. */
bool applies_gradient(const exec *x, int i);

/* What op_call.apply does for it; `applier` is an applier. */
typedef struct applier {
    const exec *exec;
    int node;
} applier;

void apply_gradient(const op_call *call, int param, size_t begin, const real *x, int rows,
                    const real *dy, size_t n);

/* Moves this thread's share of the weights. */
void update_share(exec *x, int index, int threads);

/* Reals that the squares of a node's inputs take; 0: its rule wants none. */
size_t squared_size(const node *n);

/* Where the first derivatives lie that belong to second ones. */
static inline real *slope_of(const worker *w, const real *second) {
    return w->slopes + (second - w->values);
}

/* Squares the parameters, which no run changes. */
void square_params(exec *x);

/* What backward is in a curving exec: a node's second derivatives, all done by the team's leader.
 * `call` is made for backward_params and backward. */
void run_curvature(const team *t, const op_call *call, int i);

/* Slots for so many tiles: few where a tile is done before adding up its slot would be. */
int slots_of(const plan *p, int tiles, size_t trained);

/* Runs a step on a tile. Gradients of parameters go into `slot`, stored or, when `add`, added. */
void run_step(const team *t, int tile, const step *s, real *slot, bool add);

/* The partial sums of a coupled node, [tiles][its partial]. */
double *partials_of(const exec *x, int i);

#endif
