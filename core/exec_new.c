/* exec_new.c - memory for an executor (see exec.h): how much of it, whose, and where parameters
 * lie. */
#include "exec_parts.h"

#include "memory.h"

#include <stdlib.h>

/* Batches of at most so many samples are worked on one by one: so few would leave most lanes idle.
 */
enum { SINGLE_MOST = 8 };

int exec_slots(int tiles, size_t trained) {
    /* Slots let threads sum gradients independently, at the price of memory for each and a pass
     * over all of them. */
    const size_t most_bytes = (size_t)256 << 20;
    size_t affordable = trained ? most_bytes / (trained * sizeof(real)) : MOST_SLOTS;
    int most = affordable < 1 ? 1 : affordable < MOST_SLOTS ? (int)affordable : MOST_SLOTS;
    return tiles < most ? tiles : most;
}

int slots_of(const plan *p, int tiles, size_t trained) {
    enum { SINGLE_SLOTS = 2 };
    bool few = p->form == FORM_SINGLE && tiles > SINGLE_SLOTS;
    return exec_slots(few ? SINGLE_SLOTS : tiles, trained);
}

static void *hold(exec *x, size_t count, size_t size) {
    void *memory = aligned_array(count ? count : 1, size);
    x->memory += count * size;
    return memory;
}

/* Whether a sample of its own is worth it: not where heavy operators know FORM_LANES only. */
static bool singles_pay(const graph *g) {
    for (int i = 0; i < g->count; i++)
        if (g->node[i].shapes.macs > 0 && g->node[i].shapes.single_forward_items == 0)
            return false;
    return true;
}

const plan *plan_for(const exec *x, int count) {
    return x->forms[FORM_SINGLE] && count <= SINGLE_MOST ? x->forms[FORM_SINGLE]
                                                         : x->forms[FORM_LANES];
}

int tiles_of(const plan *p, int count) {
    return p->form == FORM_SINGLE ? count : (count + LANES - 1) / LANES;
}

/* A plan for each form that batches of up to `most` samples will have. */
static bool make_plans(exec *x, const graph *g, bool training, int most, lcnn_errors *errors) {
    bool single = singles_pay(g) && !x->curving, lanes = !single || most > SINGLE_MOST;
    if (single) {
        const graph *same = graph_with_ops(g, &x->backend->single->ops, x->arena);
        if (!same)
            return false;
        x->forms[FORM_SINGLE] = plan_new(same, training, FORM_SINGLE, x->arena, errors);
    }
    if (lanes)
        x->forms[FORM_LANES] = plan_new(g, training, FORM_LANES, x->arena, errors);
    return (!single || x->forms[FORM_SINGLE]) && (!lanes || x->forms[FORM_LANES]);
}

/* The most that any of the plans needs. */
typedef struct needs {
    size_t tile_values; /* reals of all tiles of the largest batch */
    size_t partials;    /* doubles of all tiles of the largest batch */
    size_t thread_values, scratch, shared, carried, squared; /* reals */
    size_t inputs;
    int tiles, slots;
} needs;

static void need(size_t *most, size_t n) {
    *most = n > *most ? n : *most;
}

static needs find_needs(const exec *x, int most) {
    needs n = {0};
    for (tile_form f = 0; f < FORMS; f++) {
        const plan *p = x->forms[f];
        if (!p)
            continue;
        int largest = f == FORM_SINGLE && most > SINGLE_MOST ? SINGLE_MOST : most;
        int tiles = tiles_of(p, largest);
        int slots = slots_of(p, tiles, x->network->trained);
        n.tiles = tiles > n.tiles ? tiles : n.tiles;
        n.slots = slots > n.slots ? slots : n.slots;
        need(&n.tile_values, (size_t)tiles * p->tile_size);
        need(&n.thread_values, p->thread_size);
        need(&n.scratch, p->scratch_size);
        need(&n.shared, p->shared_size);
        need(&n.inputs, (size_t)p->most_inputs);
        need(&n.partials, p->partial_size);
        for (int i = 0; f == FORM_SINGLE && i < p->graph->count; i++)
            need(&n.carried, carried_size(&p->graph->node[i]));
        for (int i = 0; x->curving && i < p->graph->count; i++)
            need(&n.squared, squared_size(&p->graph->node[i]));
    }
    n.partials *= (size_t)n.tiles;
    return n;
}

static bool make_curving(exec *x, worker *w, const needs *n) {
    w->slopes = hold(x, n->thread_values, sizeof(real));
    w->squared = hold(x, n->squared, sizeof(real));
    w->squared_input = arena_array(x->arena, n->inputs, sizeof *w->squared_input);
    return w->slopes && w->squared && w->squared_input;
}

static bool make_workers(exec *x, const needs *n) {
    size_t classes = (size_t)x->network->graph->classes;
    x->worker = arena_array(x->arena, (size_t)x->threads, sizeof *x->worker);
    x->team_barrier = arena_array(x->arena, (size_t)x->threads, sizeof *x->team_barrier);
    x->next_tile = arena_array(x->arena, (size_t)x->threads * CHAINS_PER_THREAD + MOST_SLOTS,
                               sizeof *x->next_tile);
    if (!x->worker || !x->team_barrier || !x->next_tile)
        return false;
    for (int i = 0; i < x->threads; i++)
        barrier_init(&x->team_barrier[i]);
    for (int i = 0; i < x->threads; i++) {
        worker *w = &x->worker[i];
        w->values = hold(x, n->thread_values, sizeof(real));
        w->scratch = hold(x, n->scratch, sizeof(real));
        w->feed_scratch = hold(x, feed_scratch(x->feed), sizeof(float));
        w->probability = hold(x, classes * LANES, sizeof(real));
        w->carried = hold(x, n->carried, sizeof(real));
        w->input = arena_array(x->arena, 2 * n->inputs, sizeof *w->input);
        w->input_grad = arena_array(x->arena, 2 * n->inputs, sizeof *w->input_grad);
        w->carried_input = w->input ? w->input + n->inputs : NULL;
        w->carried_grad = w->input_grad ? w->input_grad + n->inputs : NULL;
        if (!w->values || !w->scratch || !w->feed_scratch || !w->probability || !w->carried ||
            !w->input || !w->input_grad || (x->curving && !make_curving(x, w, n)))
            return false;
    }
    return true;
}

static bool locate_params(exec *x) {
    x->params = arena_array(x->arena, (size_t)x->network->graph->count, sizeof *x->params);
    for (int i = 0; x->params && i < x->network->count; i++) {
        const network_tensor *t = &x->network->tensor[i];
        node_params *p = &x->params[t->node];
        real *values = x->network->values + t->offset;
        p->param[t->param] = values;
        p->squared[t->param] = x->squares ? x->squares + t->offset : NULL;
        p->offset[t->param] = t->offset;
        p->trained[t->param] = t->offset < x->network->trained;
        p->decay[t->param] = t->decay;
        p->state[t->param] = p->trained[t->param] ? NULL : values;
    }
    return x->params != NULL;
}

static bool make_gradients(exec *x, int slots, const attr_component *method) {
    size_t trained = x->network->trained;
    x->slots = hold(x, (size_t)slots * trained, sizeof(real));
    if (!x->slots)
        return false;
    int states = method ? ((const optimizer *)method->type)->states : 0;
    for (int i = 0; i < states; i++) {
        x->states[i] = hold(x, trained, sizeof(real));
        if (!x->states[i])
            return false;
    }
    return true;
}

/* Bytes that make_parts will hold. */
static double memory_needed(const exec *x, const needs *n, bool training,
                            const attr_component *method) {
    double per_thread = (double)(n->thread_values + n->scratch + n->carried +
                                 (size_t)x->network->graph->classes * LANES) *
                            sizeof(real) +
                        (double)feed_scratch(x->feed) * sizeof(float);
    double needed = (double)(n->tile_values + n->shared) * sizeof(real) +
                    (double)n->partials * sizeof(double) + n->tiles * (double)sizeof *x->info +
                    x->threads * per_thread;
    size_t trained = x->network->trained;
    int states = method ? ((const optimizer *)method->type)->states : 0;
    if (training)
        needed += (double)(n->slots + states) * (double)trained * sizeof(real);
    if (x->curving)
        needed +=
            (double)(x->network->size + (size_t)x->threads * (n->thread_values + n->squared)) *
            sizeof(real);
    return needed;
}

static bool make_parts(exec *x, bool training, int most, const attr_component *method,
                       lcnn_errors *errors) {
    x->arena = arena_new();
    if (!x->arena || !make_plans(x, x->network->graph, training, most, errors))
        return false;
    needs n = find_needs(x, most);
    if (!memory_there(memory_needed(x, &n, training, method), training ? "training" : "answering",
                      errors))
        return false;
    x->most_tiles = n.tiles;
    x->tiles = hold(x, n.tile_values, sizeof(real));
    x->info = hold(x, (size_t)n.tiles, sizeof *x->info);
    x->partials = hold(x, n.partials, sizeof(double));
    x->shared = hold(x, n.shared, sizeof(real));
    if (x->curving)
        x->squares = hold(x, x->network->size, sizeof(real));
    return x->tiles && x->info && x->partials && x->shared && (!x->curving || x->squares) &&
           make_workers(x, &n) && locate_params(x) &&
           (!training || make_gradients(x, n.slots, method));
}

static exec *new_exec(const backend *b, network *n, const feed *f, bool training, bool curving,
                      int most, int threads, const attr_component *method, lcnn_errors *errors) {
    exec *x = calloc(1, sizeof *x);
    if (x) {
        x->curving = curving;
        x->backend = b;
        x->network = n;
        x->feed = f;
        barrier_init(&x->all);
        x->threads = threads;
    }
    if (!x || !make_parts(x, training, most, method, errors)) {
        if (lcnn_errors_count(errors) == 0)
            error_no_memory(errors);
        exec_free(x);
        return NULL;
    }
    x->plan = plan_for(x, most);
    return x;
}

exec *exec_new(const backend *b, network *n, const feed *f, bool training, int most, int threads,
               const attr_component *method, lcnn_errors *errors) {
    return new_exec(b, n, f, training, false, most, threads, method, errors);
}

exec *exec_new_curvature(const backend *b, network *n, const feed *f, int most, int threads,
                         lcnn_errors *errors) {
    return new_exec(b, n, f, true, true, most, threads, NULL, errors);
}

void exec_free(exec *x) {
    if (!x)
        return;
    for (int i = 0; x->worker && x->team_barrier && i < x->threads; i++) {
        free(x->worker[i].values);
        free(x->worker[i].scratch);
        free(x->worker[i].probability);
        free(x->worker[i].feed_scratch);
        free(x->worker[i].carried);
        free(x->worker[i].slopes);
        free(x->worker[i].squared);
        barrier_destroy(&x->team_barrier[i]);
    }
    barrier_destroy(&x->all);
    free(x->tiles);
    free(x->info);
    free(x->partials);
    free(x->shared);
    free(x->slots);
    free(x->squares);
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
    const graph *g = x->plan->graph;
    for (int i = 0; i < g->count; i++) {
        const plan_node *n = &x->plan->node[i];
        int64_t macs = g->node[i].shapes.macs;
        bool any_input = false;
        for (int k = 0; k < g->node[i].shapes.inputs; k++)
            any_input = any_input || n->needs_grad[k];
        sum += macs;
        if (x->plan->training)
            sum += macs * (n->trained + any_input);
    }
    return sum;
}
