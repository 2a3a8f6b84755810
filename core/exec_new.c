/* exec_new.c - memory for an executor (see exec.h): how much of it, whose, and where parameters
 * lie. */
#include "exec_parts.h"

#include "memory.h"

#include <stdlib.h>

enum { MOST_SLOTS = 8 };

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

/* Bytes that make_parts will hold. */
static double memory_needed(const exec *x, const attr_component *method) {
    const plan *p = x->plan;
    double per_tile = (double)p->tile_size * sizeof(real) + sizeof *x->info +
                      (double)p->partial_size * sizeof(double);
    double per_thread =
        (double)(p->thread_size + p->scratch_size + (size_t)x->graph->classes * LANES) *
            sizeof(real) +
        (double)feed_scratch(x->feed) * sizeof(float);
    double needed =
        x->most_tiles * per_tile + x->threads * per_thread + (double)p->shared_size * sizeof(real);
    size_t trained = x->network->trained;
    int states = method ? ((const optimizer *)method->type)->states : 0;
    if (p->training)
        needed +=
            (double)(exec_slots(x->most_tiles, trained) + states) * (double)trained * sizeof(real);
    return needed;
}

static bool make_parts(exec *x, network *n, bool training, const attr_component *method,
                       lcnn_errors *errors) {
    x->arena = arena_new();
    x->plan = x->arena ? plan_new(n->graph, training, x->arena, errors) : NULL;
    if (!x->plan ||
        !memory_there(memory_needed(x, method), training ? "training" : "answering", errors))
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
        if (lcnn_errors_count(errors) == 0)
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

void exec_profile(exec *x, exec_times *times) {
    x->times = times;
}

int64_t exec_macs(const exec *x) {
    int64_t sum = 0;
    for (int i = 0; i < x->graph->count; i++) {
        const plan_node *n = &x->plan->node[i];
        int64_t macs = x->graph->node[i].shapes.macs;
        bool any_input = false;
        for (int k = 0; k < x->graph->node[i].shapes.inputs; k++)
            any_input = any_input || n->needs_grad[k];
        sum += macs;
        if (x->plan->training)
            sum += macs * (n->trained + any_input);
    }
    return sum;
}
