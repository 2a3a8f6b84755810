/* plan.c - see plan.h. Three passes: the steps and their stages; lifetimes of values from what
 * operators say they read; places in memory. */
#include "plan.h"

#include "memory.h"
#include "rng.h"

/* A block of memory under construction. Values computed in place share the block of what they
 * overwrite. */
typedef struct block {
    memory_block memory; /* first > last: not used */
    int born, dies;      /* of this value itself, whatever it shares memory with */
    int shares;          /* index of the block whose memory it uses, or -1 */
    bool tile;           /* must be kept for every tile */
} block;

enum { OUTPUT, GRAD, SAVED, KINDS };

typedef struct planner {
    plan *plan;
    const graph *graph;
    block *block;   /* [KINDS * (nodes + 1)], see block_of */
    int *stage_of;  /* [steps] */
    bool *requires; /* [nodes]: whether a trained parameter lies at or before the node */
} planner;

static block *block_of(const planner *p, int kind, int i) {
    if (i == GRAPH_INPUT)
        i = p->graph->count;
    return &p->block[kind * (p->graph->count + 1) + i];
}

static bool coupled(const node *n) {
    return n->op->forward_gather != NULL;
}

/* ---- Steps and stages ------------------------------------------------------------------------ */

static void add_step(planner *p, int i, phase what) {
    plan *made = p->plan;
    p->stage_of[made->step_count] = made->stage_count;
    made->step[made->step_count++] = (step){i, what};
    made->stage[made->stage_count].end = made->step_count;
    if (what == PHASE_BACKWARD)
        made->stage[made->stage_count].backward = true;
}

static void end_stage(planner *p, bool reduce) {
    plan *made = p->plan;
    made->stage[made->stage_count++].reduce = reduce;
    made->stage[made->stage_count].begin = made->step_count;
}

static void list_steps(planner *p) {
    const graph *g = p->graph;
    for (int i = 0; i < g->count; i++) {
        if (p->plan->training && coupled(&g->node[i])) {
            add_step(p, i, PHASE_GATHER);
            end_stage(p, true);
        }
        add_step(p, i, PHASE_FORWARD);
    }
    for (int i = g->count - 1; p->plan->training && i >= 0; i--) {
        if (!p->requires[i])
            continue;
        if (coupled(&g->node[i])) {
            add_step(p, i, PHASE_BACKWARD_GATHER);
            end_stage(p, true);
        }
        add_step(p, i, PHASE_BACKWARD);
    }
    end_stage(p, false);
}

static bool has_trained_params(const node *n) {
    for (int k = 0; n->op->params && n->op->params[k].name; k++)
        if (!n->op->params[k].state && n->shapes.param[k].shape.rank > 0)
            return true;
    return false;
}

static void find_gradients(planner *p) {
    for (int i = 0; i < p->graph->count; i++) {
        const node *n = &p->graph->node[i];
        plan_node *planned = &p->plan->node[i];
        planned->trained = has_trained_params(n);
        p->requires[i] = planned->trained;
        for (int k = 0; k < n->shapes.inputs; k++) {
            planned->needs_grad[k] = n->input[k] != GRAPH_INPUT && p->requires[n->input[k]];
            p->requires[i] = p->requires[i] || planned->needs_grad[k];
        }
    }
}

/* ---- Lifetimes ------------------------------------------------------------------------------- */

static void touch(block *b, int s) {
    if (b->born < 0)
        b->born = s;
    b->dies = s;
}

static void touch_inputs(planner *p, const node *n, int s) {
    for (int k = 0; k < n->shapes.inputs; k++)
        touch(block_of(p, OUTPUT, n->input[k]), s);
}

/* What both backward phases read. */
static void touch_backward(planner *p, int i, int s) {
    const node *n = &p->graph->node[i];
    if (n->op->saves & OP_SAVES_INPUT)
        touch_inputs(p, n, s);
    if (n->op->saves & OP_SAVES_OUTPUT)
        touch(block_of(p, OUTPUT, i), s);
    touch(block_of(p, SAVED, i), s);
    touch(block_of(p, GRAD, i), s);
}

static void touch_input_grads(planner *p, int i, int s) {
    const node *n = &p->graph->node[i];
    plan_node *planned = &p->plan->node[i];
    for (int k = 0; k < n->shapes.inputs; k++) {
        if (!planned->needs_grad[k])
            continue;
        block *grad = block_of(p, GRAD, n->input[k]);
        planned->grad_add[k] = grad->born >= 0;
        touch(grad, s);
    }
}

static void find_lifetimes(planner *p) {
    const graph *g = p->graph;
    for (int b = 0; b < KINDS * (g->count + 1); b++)
        p->block[b] = (block){.born = -1, .dies = -1, .shares = -1};
    touch(block_of(p, OUTPUT, GRAPH_INPUT), 0); /* loaded before the first step */
    for (int s = 0; s < p->plan->step_count; s++) {
        int i = p->plan->step[s].node;
        const node *n = &g->node[i];
        switch (p->plan->step[s].phase) {
        case PHASE_GATHER:
            touch_inputs(p, n, s);
            break;
        case PHASE_FORWARD:
            touch_inputs(p, n, s);
            touch(block_of(p, OUTPUT, i), s);
            touch(block_of(p, SAVED, i), s);
            break;
        case PHASE_BACKWARD_GATHER:
            touch_backward(p, i, s);
            break;
        case PHASE_BACKWARD:
            touch_backward(p, i, s);
            touch_input_grads(p, i, s);
            break;
        }
    }
}

/* ---- Sharing: values computed in place ------------------------------------------------------- */

static bool reads_once(const node *n) {
    for (int k = 1; k < n->shapes.inputs; k++)
        if (n->input[k] == n->input[0])
            return false;
    return true;
}

/* Whether output and input 0 can lie in the same place: in FORM_SINGLE only where nothing is moved.
 */
static bool same_places(const planner *p, const node *n) {
    const shape *in = graph_input_shape(p->graph, n, 0), *out = &n->shapes.output;
    if (p->plan->form == FORM_SINGLE)
        return shape_equal(in, out);
    return !n->shapes.not_in_place && shape_tile(in) == shape_tile(out);
}

static bool may_work_in_place(const planner *p, const node *n) {
    return n->op->in_place && n->shapes.inputs > 0 && reads_once(n) && same_places(p, n);
}

static void find_sharing(planner *p) {
    const graph *g = p->graph;
    for (int s = 0; s < p->plan->step_count; s++) {
        int i = p->plan->step[s].node;
        const node *n = &g->node[i];
        if (!may_work_in_place(p, n))
            continue;
        int before = n->input[0];
        if (p->plan->step[s].phase == PHASE_FORWARD && block_of(p, OUTPUT, before)->dies == s)
            block_of(p, OUTPUT, i)->shares = (int)(block_of(p, OUTPUT, before) - p->block);
        if (p->plan->step[s].phase == PHASE_BACKWARD && p->plan->node[i].needs_grad[0] &&
            block_of(p, GRAD, before)->born == s)
            block_of(p, GRAD, before)->shares = (int)(block_of(p, GRAD, i) - p->block);
    }
}

static block *owner(const planner *p, block *b) {
    while (b->shares >= 0)
        b = &p->block[b->shares];
    return b;
}

/* ---- Places ---------------------------------------------------------------------------------- */

static size_t round_up(size_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

static size_t value_size(const planner *p, const shape *s) {
    return p->plan->form == FORM_SINGLE ? shape_single(s) : shape_tile(s);
}

static size_t block_size(const planner *p, int kind, int i) {
    const graph *g = p->graph;
    if (i == g->count)
        return kind == OUTPUT ? value_size(p, &g->input) : 0;
    const op_shapes *s = &g->node[i].shapes;
    if (kind == SAVED)
        return round_up(s->saved);
    return value_size(p, &s->output);
}

/* Lifetimes of the memory itself: from the birth of its first value to the death of its last. */
static void merge_lifetimes(planner *p) {
    int nodes = p->graph->count + 1;
    for (int i = 0; i < KINDS * nodes; i++)
        p->block[i].memory = (memory_block){.first = p->plan->step_count, .last = -1};
    for (int i = 0; i < KINDS * nodes; i++) {
        block *b = &p->block[i], *o = owner(p, b);
        size_t size = block_size(p, i / nodes, i % nodes);
        if (b->born < 0 || size == 0)
            continue;
        o->memory.size = size > o->memory.size ? size : o->memory.size;
        o->memory.first = b->born < o->memory.first ? b->born : o->memory.first;
        o->memory.last = b->dies > o->memory.last ? b->dies : o->memory.last;
        o->tile = p->stage_of[o->memory.first] != p->stage_of[o->memory.last];
    }
}

static size_t pack(planner *p, bool tile, memory_block **list) {
    int count = 0;
    for (int i = 0; i < KINDS * (p->graph->count + 1); i++)
        if (p->block[i].memory.size > 0 && p->block[i].tile == tile)
            list[count++] = &p->block[i].memory;
    return memory_pack(list, count);
}

static place place_of(const planner *p, int kind, int i) {
    block *b = block_of(p, kind, i), *o = owner(p, b);
    return (place){o->memory.offset, o->tile, b->born >= 0 && o->memory.size > 0};
}

static void fill_places(planner *p) {
    const graph *g = p->graph;
    plan *made = p->plan;
    for (int i = 0; i < g->count; i++) {
        plan_node *n = &made->node[i];
        n->output = place_of(p, OUTPUT, i);
        n->output_grad = place_of(p, GRAD, i);
        n->saved = place_of(p, SAVED, i);
        n->partial = made->partial_size;
        made->partial_size += g->node[i].shapes.partial;
        n->stream = rng_hash(g->node[i].name);
        n->shared = made->shared_size;
        made->shared_size += round_up(g->node[i].shapes.shared);
        if (g->node[i].shapes.scratch > made->scratch_size)
            made->scratch_size = round_up(g->node[i].shapes.scratch);
    }
    made->node[g->count].output = place_of(p, OUTPUT, GRAPH_INPUT);
}

static bool allocate(planner *p, arena *a) {
    const graph *g = p->graph;
    plan *made = p->plan;
    size_t nodes = (size_t)g->count + 1;
    made->step = arena_array(a, 4 * nodes, sizeof *made->step);
    made->stage = arena_array(a, 2 * nodes + 2, sizeof *made->stage);
    made->node = arena_array(a, nodes, sizeof *made->node);
    p->stage_of = arena_array(a, 4 * nodes, sizeof *p->stage_of);
    p->requires = arena_array(a, nodes, sizeof *p->requires);
    p->block = arena_array(a, KINDS * nodes, sizeof *p->block);
    if (!made->step || !made->stage || !made->node || !p->stage_of || !p->requires || !p->block)
        return false;
    for (int i = 0; i < g->count; i++) {
        int inputs = g->node[i].shapes.inputs;
        made->node[i].needs_grad = arena_array(a, (size_t)inputs + 1, sizeof(bool));
        made->node[i].grad_add = arena_array(a, (size_t)inputs + 1, sizeof(bool));
        if (!made->node[i].needs_grad || !made->node[i].grad_add)
            return false;
        made->most_inputs = inputs > made->most_inputs ? inputs : made->most_inputs;
    }
    return true;
}

plan *plan_new(const graph *g, bool training, tile_form f, arena *a, lcnn_errors *errors) {
    plan *made = arena_alloc(a, sizeof *made);
    planner p = {.plan = made, .graph = g};
    memory_block **list = arena_array(a, KINDS * ((size_t)g->count + 1), sizeof(memory_block *));
    if (!made || !list || !allocate(&p, a)) {
        error_no_memory(errors);
        return NULL;
    }
    made->graph = g;
    made->training = training;
    made->form = f;
    find_gradients(&p);
    list_steps(&p);
    find_lifetimes(&p);
    find_sharing(&p);
    merge_lifetimes(&p);
    made->thread_size = pack(&p, false, list);
    made->tile_size = pack(&p, true, list);
    fill_places(&p);
    return made;
}
