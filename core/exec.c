/* exec.c - see exec.h. What a thread does in a run: stages, chains of tiles, and at last its share
 * of the update (exec_update.c). */
#include "exec_parts.h"

/* ---- Tiles, chains, stages ------------------------------------------------------------------- */

/* Tile t belongs to chain t % chains, whose tiles run one after another: where gradients are
 * summed, a chain is a slot. Else the order is free, and a few chains for each thread will do. */
static int chain_count(const exec *x, const stage *s) {
    int enough = x->threads * CHAINS_PER_THREAD;
    return s->backward ? x->slot_count : x->tile_count < enough ? x->tile_count : enough;
}

/* All tiles of a stage are there to be taken. */
static void deal(exec *x, const stage *s) {
    for (int chain = chain_count(x, s) - 1; chain >= 0; chain--)
        atomic_store_explicit(&x->next_tile[chain], chain, memory_order_relaxed);
}

/* The lowest tile below `end` whose turn it is, or -1: what is left is in other hands. Every thread
 * has chains of its own, whose gradients stay in its cache, and helps with those of others when it
 * is done with them: cores are seldom equally fast, since others use them, too. A chain that is
 * worked on holds ~tile. */
static int take_tile(exec *x, int chains, int end, int index, int threads) {
    for (;;) {
        int best = -1, lowest = 2 * end;
        for (int chain = 0; chain < chains; chain++) {
            int tile = atomic_load_explicit(&x->next_tile[chain], memory_order_relaxed);
            int rank = chain % threads == index ? tile : tile + end;
            if (tile >= 0 && tile < end && rank < lowest) {
                lowest = rank;
                best = chain;
            }
        }
        if (best < 0)
            return -1;
        int tile = lowest < end ? lowest : lowest - end;
        if (atomic_compare_exchange_strong_explicit(&x->next_tile[best], &tile, ~tile,
                                                    memory_order_acquire, memory_order_relaxed))
            return tile;
    }
}

static void finish_tile(exec *x, int chains, int tile) {
    atomic_store_explicit(&x->next_tile[tile % chains], tile + chains, memory_order_release);
}

static void run_tile(const team *t, const stage *s, int tile) {
    const exec *x = t->exec;
    int slots = x->slot_count;
    real *slot = s->backward ? x->slots + (size_t)(tile % slots) * x->network->trained : NULL;
    if (s->begin == 0)
        load_tile(t, tile);
    for (int i = s->begin; i < s->end; i++)
        run_step(t, tile, &x->plan->step[i], slot, tile >= slots);
}

/* The part of a stage that is done in teams: tiles from `first` on, one for each of `teams` teams
 * at a time. */
static void run_in_teams(exec *x, const stage *s, int first, int teams, int index, int threads) {
    int mine = (int)((int64_t)index * teams / threads);
    int leader = (int)(((int64_t)mine * threads + teams - 1) / teams);
    int next = (int)(((int64_t)(mine + 1) * threads + teams - 1) / teams);
    team t = {x,
              &x->worker[leader],
              &x->worker[index],
              &x->team_barrier[leader],
              index - leader,
              next - leader};
    t.self->behind = true;
    for (int tile = first + mine; tile < x->tile_count; tile += teams)
        run_tile(&t, s, tile);
}

/* Each thread takes whole tiles as long as there is one for each; the threads share what is left in
 * teams. */
static void run_stage(exec *x, const stage *s, int index, int threads) {
    int chains = chain_count(x, s), left = x->tile_count % threads;
    if (chains < threads) {
        run_in_teams(x, s, 0, chains, index, threads);
        return;
    }
    team alone = {x, &x->worker[index], &x->worker[index], &x->team_barrier[index], 0, 1};
    for (int tile; (tile = take_tile(x, chains, x->tile_count - left, index, threads)) >= 0;) {
        run_tile(&alone, s, tile);
        finish_tile(x, chains, tile);
    }
    if (left == 0)
        return;
    barrier_wait(&x->all, threads);
    run_in_teams(x, s, x->tile_count - left, left, index, threads);
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

/* ---- The run ---------------------------------------------------------------------------------- */

static void run_thread(void *argument, int index, int threads) {
    exec *x = argument;
    for (int i = 0; i < x->plan->stage_count; i++) {
        const stage *s = &x->plan->stage[i];
        run_stage(x, s, index, threads);
        barrier_wait(&x->all, threads);
        if (s->reduce) {
            if (index == 0) {
                reduce(x, &x->plan->step[s->end - 1]);
                deal(x, s + 1);
            }
            barrier_wait(&x->all, threads);
        }
    }
    if (x->plan->training)
        update_share(x, index, threads);
}

/* As many threads as find work: no more than there are tiles where none is worth sharing. */
static int threads_for(const exec *x) {
    const graph *g = x->plan->graph;
    if (x->tile_count >= x->threads)
        return x->threads;
    for (int i = 0; i < g->count; i++)
        if (worth_sharing(&g->node[i].shapes, x->plan->form))
            return x->threads;
    return x->tile_count;
}

void exec_run(exec *x, const exec_batch *batch, const exec_update *update,
              const exec_answers *answers) {
    x->batch = batch;
    x->update = update;
    x->answers = answers;
    x->plan = plan_for(x, batch->count);
    x->tile_count = tiles_of(x->plan, batch->count);
    x->slot_count = slots_of(x->plan, x->tile_count, x->network->trained);
    if (update)
        x->updates++;
    if (x->curving)
        square_params(x);
    deal(x, x->plan->stage);
    threads_run(threads_for(x), run_thread, x);
}
