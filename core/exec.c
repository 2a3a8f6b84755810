/* exec.c - see exec.h. What a thread does in a run: stages, chains of tiles, and at last its share
 * of the update. */
#include "exec_parts.h"

/* ---- Tiles, chains, stages ------------------------------------------------------------------- */

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
    const node *n = &x->plan->graph->node[last->node];
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

/* ---- The update ------------------------------------------------------------------------------ */

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
    if (x->plan->training)
        update_share(x, index, threads);
}

void exec_run(exec *x, const exec_batch *batch, const exec_update *update,
              const exec_answers *answers) {
    x->batch = batch;
    x->update = update;
    x->answers = answers;
    x->plan = plan_for(x, batch->count);
    x->tile_count = tiles_of(x->plan, batch->count);
    x->slot_count = exec_slots(x->tile_count, x->network->trained);
    if (update)
        x->updates++;
    threads_run(x->threads, run_thread, x);
}
