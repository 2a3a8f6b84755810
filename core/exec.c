/* exec.c - see exec.h. What a thread does in a run, from the outside in: stages, chains of tiles,
 * tiles, steps. */
#include "exec.h"

#include "threads.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SLOTS = 8 };

/* What belongs to one thread. */
typedef struct worker {
    real *values;  /* [plan->thread_size]; a team works in its first member's */
    real *scratch; /* [plan->scratch_size] */
    float *feed_scratch;
    real *probability;  /* a tile of shape [classes] */
    const real **input; /* [plan->most_inputs]: room for a call's lists */
    real **input_grad;  /* [plan->most_inputs] */
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
    size_t offset[OP_MAX_PARAMS]; /* of the gradient in a slot */
    bool trained[OP_MAX_PARAMS];
} node_params;

struct exec {
    const backend *backend;
    const graph *graph;
    network *network;
    const feed *feed;
    arena *arena;
    plan *plan;
    node_params *params; /* [graph->count] */
    int threads, most_tiles;

    worker *worker;   /* [threads] */
    real *tiles;      /* [most_tiles][plan->tile_size] */
    tile_info *info;  /* [most_tiles] */
    double *partials; /* per node [most_tiles][its partial], nodes one after another */
    real *shared;     /* [plan->shared_size] */
    real *slots;      /* [slots][network->trained] */
    real *states[OPTIM_MAX_STATES]; /* [network->trained] each */
    int64_t updates;                /* done so far */
    size_t memory;

    barrier all;
    barrier *team_barrier; /* [threads]: that of the team which the thread leads */

    /* The run in progress. */
    const exec_batch *batch;
    const exec_update *update;
    const exec_answers *answers;
    int tile_count, slot_count;
};

/* ---- Making
 * -------------------------------------------------------------------------------------------------------
 */

int exec_slots(int tiles, size_t trained) {
    /* Slots let threads sum gradients independently, at the price of memory for each and a pass
     * over all of them. */
    const size_t most_bytes = (size_t)256 << 20;
    size_t affordable = trained ? most_bytes / (trained * sizeof(real)) : MOST_SLOTS;
    int most = affordable < 1 ? 1 : affordable < MOST_SLOTS ? (int)affordable : MOST_SLOTS;
    return tiles < most ? tiles : most;
}

static void *hold(exec *x, size_t count, size_t size) {
    void *memory = aligned_array(count ? count : 1, size);
    x->memory += count * size;
    return memory;
}

static bool make_workers(exec *x) {
    const plan *p = x->plan;
    x->worker = arena_array(x->arena, (size_t)x->threads, sizeof *x->worker);
    x->team_barrier = arena_array(x->arena, (size_t)x->threads, sizeof *x->team_barrier);
    if (!x->worker || !x->team_barrier)
        return false;
    for (int i = 0; i < x->threads; i++)
        barrier_init(&x->team_barrier[i]);
    for (int i = 0; i < x->threads; i++) {
        worker *w = &x->worker[i];
        w->values = hold(x, p->thread_size, sizeof(real));
        w->scratch = hold(x, p->scratch_size, sizeof(real));
        w->feed_scratch = hold(x, feed_scratch(x->feed), sizeof(float));
        w->probability = hold(x, (size_t)x->graph->classes * LANES, sizeof(real));
        w->input = arena_array(x->arena, (size_t)p->most_inputs, sizeof *w->input);
        w->input_grad = arena_array(x->arena, (size_t)p->most_inputs, sizeof *w->input_grad);
        if (!w->values || !w->scratch || !w->feed_scratch || !w->probability || !w->input ||
            !w->input_grad)
            return false;
    }
    return true;
}

static bool locate_params(exec *x) {
    x->params = arena_array(x->arena, (size_t)x->graph->count, sizeof *x->params);
    for (int i = 0; x->params && i < x->network->count; i++) {
        const network_tensor *t = &x->network->tensor[i];
        node_params *p = &x->params[t->node];
        real *values = x->network->values + t->offset;
        p->param[t->param] = values;
        p->offset[t->param] = t->offset;
        p->trained[t->param] = t->offset < x->network->trained;
        p->state[t->param] = p->trained[t->param] ? NULL : values;
    }
    return x->params != NULL;
}

static bool make_gradients(exec *x, const attr_component *method) {
    size_t trained = x->network->trained;
    if (!x->plan->training)
        return true;
    x->slots = hold(x, (size_t)exec_slots(x->most_tiles, trained) * trained, sizeof(real));
    int states = method ? ((const optimizer *)method->type)->states : 0;
    for (int i = 0; i < states; i++) {
        x->states[i] = hold(x, trained, sizeof(real));
        if (!x->states[i])
            return false;
    }
    return x->slots != NULL;
}

static bool make_parts(exec *x, network *n, bool training, const attr_component *method,
                       lcnn_errors *errors) {
    x->arena = arena_new();
    x->plan = x->arena ? plan_new(n->graph, training, x->arena, errors) : NULL;
    if (!x->plan)
        return false;
    size_t tiles = (size_t)x->most_tiles;
    x->tiles = hold(x, tiles * x->plan->tile_size, sizeof(real));
    x->info = hold(x, tiles, sizeof *x->info);
    x->partials = hold(x, tiles * x->plan->partial_size, sizeof(double));
    x->shared = hold(x, x->plan->shared_size, sizeof(real));
    return x->tiles && x->info && x->partials && x->shared && make_workers(x) && locate_params(x) &&
           make_gradients(x, method);
}

exec *exec_new(const backend *b, network *n, const feed *f, bool training, int most, int threads,
               const attr_component *method, lcnn_errors *errors) {
    exec *x = calloc(1, sizeof *x);
    if (x) {
        x->backend = b;
        x->graph = n->graph;
        x->network = n;
        x->feed = f;
        barrier_init(&x->all);
        x->threads = threads;
        x->most_tiles = (most + LANES - 1) / LANES;
    }
    if (!x || !make_parts(x, n, training, method, errors)) {
        error_no_memory(errors);
        exec_free(x);
        return NULL;
    }
    return x;
}

void exec_free(exec *x) {
    if (!x)
        return;
    for (int i = 0; x->worker && x->team_barrier && i < x->threads; i++) {
        free(x->worker[i].values);
        free(x->worker[i].scratch);
        free(x->worker[i].probability);
        free(x->worker[i].feed_scratch);
        barrier_destroy(&x->team_barrier[i]);
    }
    barrier_destroy(&x->all);
    free(x->tiles);
    free(x->info);
    free(x->partials);
    free(x->shared);
    free(x->slots);
    for (int i = 0; i < OPTIM_MAX_STATES; i++)
        free(x->states[i]);
    arena_free(x->arena);
    free(x);
}

const real *exec_gradient(const exec *x) {
    return x->slots;
}

size_t exec_memory(const exec *x) {
    return x->memory;
}

int exec_threads(const exec *x) {
    return x->threads;
}

/* ---- One step of one tile
 * ----------------------------------------------------------------------------------------- */

/* Threads that work on the same tiles, sharing the items of every step. Usually one. */
typedef struct team {
    exec *exec;
    worker *leader; /* whose values the tile's lie in */
    worker *self;
    barrier *barrier;
    int member, size;
} team;

static void team_wait(const team *t) {
    barrier_wait(t->barrier, t->size);
}

static int samples_of_tile(const exec *x, int tile) {
    int left = x->batch->count - tile * LANES;
    return left < LANES ? left : LANES;
}

static real *at(const team *t, int tile, place p) {
    const exec *x = t->exec;
    if (!p.present)
        return NULL;
    return (p.tile ? x->tiles + (size_t)tile * x->plan->tile_size : t->leader->values) + p.offset;
}

static const plan_node *planned(const exec *x, int i) {
    return &x->plan->node[i == GRAPH_INPUT ? x->graph->count : i];
}

static double *partials_of(const exec *x, int i) {
    return x->partials + x->plan->node[i].partial * (size_t)x->most_tiles;
}

/* Everything about a node's call but the range of items. */
static op_call make_call(const team *t, int tile, int i) {
    const exec *x = t->exec;
    const node *n = &x->graph->node[i];
    const plan_node *p = planned(x, i);
    for (int k = 0; k < n->shapes.inputs; k++) {
        t->self->input[k] = at(t, tile, planned(x, n->input[k])->output);
        t->self->input_grad[k] =
            p->needs_grad[k] ? at(t, tile, planned(x, n->input[k])->output_grad) : NULL;
    }
    return (op_call){
        .attrs = n->attrs,
        .shapes = &n->shapes,
        .training = x->plan->training,
        .count = samples_of_tile(x, tile),
        .batch = x->batch->count,
        .input = t->self->input,
        .output = at(t, tile, p->output),
        .labels = x->info[tile].label,
        .param = x->params[i].param,
        .saved = at(t, tile, p->saved),
        .scratch = t->self->scratch,
        .output_grad = at(t, tile, p->output_grad),
        .input_grad = t->self->input_grad,
        .input_grad_add = p->grad_add,
        .partial = partials_of(x, i) + (size_t)tile * n->shapes.partial,
        .shared = x->shared + p->shared,
        .seed = x->batch->seed,
        .stream = p->stream,
        .epoch = x->batch->epoch,
        .sample = x->info[tile].sample,
    };
}

/* Runs a callback on this member's part of the items. */
static void run_items(const team *t, op_call *call, void (*callback)(const op_call *), int items) {
    int all = items > 0 ? items : 1;
    call->first = (int)((int64_t)all * t->member / t->size);
    call->end = (int)((int64_t)all * (t->member + 1) / t->size);
    if (call->first < call->end)
        callback(call);
    team_wait(t);
}

/* Reads off what became of a tile's samples, after the loss was computed. */
static void read_answers(const team *t, int tile, const op_call *call) {
    const exec *x = t->exec;
    const exec_answers *out = x->answers;
    const op *loss = x->graph->node[x->graph->count - 1].op;
    const real *value = call->input[0];
    size_t size = shape_size(&call->shapes->input[0]);
    if (out->probability)
        loss->probabilities(call, t->self->probability);
    for (int lane = 0; lane < call->count; lane++) {
        size_t sample = (size_t)tile * LANES + (size_t)lane, best = 0;
        for (size_t c = 1; c < size; c++) {
            real a = value[c * LANES + (size_t)lane], b = value[best * LANES + (size_t)lane];
            if (loss->smallest_wins ? a < b : a > b)
                best = c;
        }
        if (out->loss)
            out->loss[sample] = call->output[lane];
        if (out->answer)
            out->answer[sample] = (uint8_t)best;
        if (out->truth)
            out->truth[sample] = (uint8_t)call->labels[lane];
        if (out->probability)
            out->probability[sample] = (float)t->self->probability[best * LANES + (size_t)lane];
        for (size_t c = 0; out->output && c < size; c++)
            out->output[sample * size + c] = value[c * LANES + (size_t)lane];
    }
}

/* The gradient of the mean loss with respect to each sample's loss. */
static void start_gradient(const op_call *call) {
    real *grad = (real *)call->output_grad;
    for (int lane = 0; lane < LANES; lane++)
        grad[lane] = lane < call->count ? (real)1 / (real)call->batch : 0;
}

static void run_backward(const team *t, op_call *call, int i, real *slot, bool add) {
    const exec *x = t->exec;
    const node *n = &x->graph->node[i];
    real *param_grad[OP_MAX_PARAMS] = {NULL};
    bool any_input = false;
    for (int k = 0; k < OP_MAX_PARAMS; k++)
        if (x->params[i].trained[k])
            param_grad[k] = slot + x->params[i].offset[k];
    for (int k = 0; k < n->shapes.inputs; k++)
        any_input = any_input || call->input_grad[k];
    call->param_grad = param_grad;
    call->param_grad_add = add;
    if (n->op->backward_params && x->plan->node[i].trained)
        run_items(t, call, n->op->backward_params, n->shapes.param_items);
    if (n->op->backward && any_input)
        run_items(t, call, n->op->backward, n->shapes.backward_items);
}

static void run_step(const team *t, int tile, const step *s, real *slot, bool add) {
    const exec *x = t->exec;
    const node *n = &x->graph->node[s->node];
    bool loss = s->node == x->graph->count - 1;
    op_call call = make_call(t, tile, s->node);
    switch (s->phase) {
    case PHASE_GATHER:
        run_items(t, &call, n->op->forward_gather, n->shapes.forward_items);
        break;
    case PHASE_FORWARD:
        run_items(t, &call, n->op->forward, n->shapes.forward_items);
        if (loss && t->member == 0)
            read_answers(t, tile, &call);
        break;
    case PHASE_BACKWARD_GATHER:
        run_items(t, &call, n->op->backward_gather, n->shapes.backward_items);
        break;
    case PHASE_BACKWARD:
        if (loss) {
            if (t->member == 0)
                start_gradient(&call);
            team_wait(t);
        }
        run_backward(t, &call, s->node, slot, add);
        break;
    }
}

/* ---- Tiles, chains, stages
 * ---------------------------------------------------------------------------------------- */

static void load_tile(const team *t, int tile) {
    exec *x = t->exec;
    if (t->member == 0) {
        tile_info *info = &x->info[tile];
        int count = samples_of_tile(x, tile);
        for (int lane = 0; lane < LANES; lane++)
            info->sample[lane] = lane < count ? x->batch->sample[tile * LANES + lane] : 0;
        feed_tile(x->feed, info->sample, count, t->leader->feed_scratch,
                  at(t, tile, planned(x, GRAPH_INPUT)->output), info->label);
    }
    team_wait(t);
}

/* Tiles that must be done one after another: a slot's, where gradients are summed; else each tile
 * is its own chain. */
static int chain_count(const exec *x, const stage *s) {
    return s->backward ? x->slot_count : x->tile_count;
}

static void run_chain(const team *t, const stage *s, int chain) {
    const exec *x = t->exec;
    int chains = chain_count(x, s);
    int first = (int)((int64_t)x->tile_count * chain / chains);
    int end = (int)((int64_t)x->tile_count * (chain + 1) / chains);
    real *slot = s->backward ? x->slots + (size_t)chain * x->network->trained : NULL;
    team_wait(t); /* the leader's memory is free only when it has finished what it did alone */
    for (int tile = first; tile < end; tile++) {
        if (s->begin == 0)
            load_tile(t, tile);
        for (int i = s->begin; i < s->end; i++)
            run_step(t, tile, &x->plan->step[i], slot, tile > first);
    }
}

/* Chains are dealt out one to a thread as long as there is one for each; the threads share what is
 * left in teams. */
static void run_stage(exec *x, const stage *s, int index, int threads) {
    int chains = chain_count(x, s), rounds = chains / threads, left = chains % threads;
    team alone = {x, &x->worker[index], &x->worker[index], &x->team_barrier[index], 0, 1};
    for (int round = 0; round < rounds; round++)
        run_chain(&alone, s, round * threads + index);
    if (left == 0)
        return;
    int mine = (int)((int64_t)index * left / threads);
    int first = (int)(((int64_t)mine * threads + left - 1) / left);
    int next = (int)(((int64_t)(mine + 1) * threads + left - 1) / left);
    team shared = {
        x,           &x->worker[first], &x->worker[index], &x->team_barrier[first], index - first,
        next - first};
    run_chain(&shared, s, rounds * threads + mine);
}

static void reduce(exec *x, const step *last) {
    const node *n = &x->graph->node[last->node];
    op_call call = {
        .attrs = n->attrs,
        .shapes = &n->shapes,
        .training = true,
        .batch = x->batch->count,
        .param = x->params[last->node].param,
        .partials = partials_of(x, last->node),
        .tiles = x->tile_count,
        .shared = x->shared + x->plan->node[last->node].shared,
        .state = x->params[last->node].state,
    };
    if (last->phase == PHASE_GATHER)
        n->op->forward_reduce(&call);
    else
        n->op->backward_reduce(&call);
}

/* ---- The update
 * ---------------------------------------------------------------------------------------------------
 */

/* Sums the slots of [begin, end) into the first and moves those weights, a piece that stays in
 * cache at a time. */
static void update_range(exec *x, size_t begin, size_t end, bool decay) {
    enum { PIECE = 2048 };
    size_t trained = x->network->trained;
    for (size_t i = begin; i < end; i += PIECE) {
        size_t n = end - i < PIECE ? end - i : PIECE;
        x->backend->sum_slots(x->slots + i, x->slots + i, trained, x->slot_count, n);
        if (!x->update)
            continue;
        const attr_component *method = x->update->method;
        optim_step now = {x->update->learning_rate, x->updates, decay};
        real *state[OPTIM_MAX_STATES];
        for (int k = 0; k < OPTIM_MAX_STATES; k++)
            state[k] = x->states[k] ? x->states[k] + i : NULL;
        ((const optimizer *)method->type)
            ->update(method->attrs, &now, x->network->values + i, x->slots + i, state, n);
    }
}

/* This thread's share of the trained numbers, tensor by tensor. */
static void update_share(exec *x, int index, int threads) {
    size_t vectors = x->network->trained / LANES;
    size_t begin = vectors * (size_t)index / (size_t)threads * LANES;
    size_t end = vectors * ((size_t)index + 1) / (size_t)threads * LANES;
    for (int i = 0; i < x->network->count; i++) {
        const network_tensor *t = &x->network->tensor[i];
        size_t first = t->offset > begin ? t->offset : begin;
        size_t last = t->offset + t->size < end ? t->offset + t->size : end;
        if (first < last)
            update_range(x, first, last, t->decay);
    }
}

static void run_thread(void *argument, int index, int threads) {
    exec *x = argument;
    for (int i = 0; i < x->plan->stage_count; i++) {
        const stage *s = &x->plan->stage[i];
        run_stage(x, s, index, threads);
        barrier_wait(&x->all, threads);
        if (s->reduce) {
            if (index == 0)
                reduce(x, &x->plan->step[s->end - 1]);
            barrier_wait(&x->all, threads);
        }
    }
    if (x->plan->training) {
        update_share(x, index, threads);
        barrier_wait(&x->all,
                     threads); /* OpenMP's own at the end of the region may spin for long */
    }
}

void exec_run(exec *x, const exec_batch *batch, const exec_update *update,
              const exec_answers *answers) {
    x->batch = batch;
    x->update = update;
    x->answers = answers;
    x->tile_count = (batch->count + LANES - 1) / LANES;
    x->slot_count = exec_slots(x->tile_count, x->network->trained);
    if (update)
        x->updates++;
    threads_run(x->threads, run_thread, x);
}
