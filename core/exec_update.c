/* exec_update.c - sums of gradients over slots, and the weights that move by them (see exec.h). */
#include "exec_parts.h"

/* Whether each thread can sum the slots that it filled itself, which are still in its own cache,
 * before the sums of all are added: the tree of sum_slots falls into as many parts as there are
 * threads. */
static bool sums_apart(const exec *x, int threads) {
    return threads > 1 && (threads & (threads - 1)) == 0 && x->slot_count >= 2 * threads;
}

/* Sums the slots of this thread's chains into the first of them. */
static void sum_own_slots(exec *x, int index, int threads) {
    size_t trained = x->network->trained;
    int own = (x->slot_count - index + threads - 1) / threads;
    x->backend->sum_slots(x->slots + (size_t)index * trained, (size_t)threads * trained, own,
                          trained);
}

/* Makes the lines of an array this core's own. Another core has read them since they were last
 * written here, so each store has to wait for its answer; one store a line, and nothing in between,
 * and many wait at a time. It may be on the far side of the chip, where that is a tenth of a step
 * of LeNet-5. */
static void own_lines(real *array, size_t n) {
    for (volatile real *line = array, *end = array + n; line < end; line += LANES)
        *line = *line;
}

/* The optimizer's memory of the weights from `begin` on. */
static void states_at(const exec *x, size_t begin, real *state[OPTIM_MAX_STATES]) {
    for (int k = 0; k < OPTIM_MAX_STATES; k++)
        state[k] = x->states[k] ? x->states[k] + begin : NULL;
}

/* A profile wants the passes one by one. */
bool applies_gradient(const exec *x, int i) {
    return x->update && ((const optimizer *)x->update->method->type)->update_product &&
           x->plan->form == FORM_SINGLE && x->tile_count == 1 && !x->times &&
           x->plan->node[i].trained && x->plan->graph->node[i].op->backward_apply;
}

void apply_gradient(const op_call *call, int param, size_t begin, const real *x, int rows,
                    const real *dy, size_t n) {
    const applier *a = call->applier;
    const node_params *p = &a->exec->params[a->node];
    if (!p->trained[param])
        return;
    const attr_component *method = a->exec->update->method;
    const optim_step now = {a->exec->update->learning_rate, a->exec->updates, p->decay[param]};
    real *state[OPTIM_MAX_STATES], *values = a->exec->network->values;
    states_at(a->exec, p->offset[param] + begin, state);
    ((const optimizer *)method->type)
        ->update_product(method->attrs, &now, values + p->offset[param] + begin, x, rows, dy, state,
                         n);
}

/* Adds the `sums` first slots of [begin, begin + n), a part of one tensor, into the first and moves
 * those weights. */
static void update_piece(exec *x, int sums, size_t begin, size_t n, bool decay) {
    size_t trained = x->network->trained;
    real *gradient = x->slots + begin, *values = x->network->values + begin;
    if (sums > 1)
        x->backend->sum_slots(gradient, trained, sums, n);
    if (!x->update)
        return;
    const attr_component *method = x->update->method;
    const optim_step now = {x->update->learning_rate, x->updates, decay};
    real *state[OPTIM_MAX_STATES];
    states_at(x, begin, state);
    ((const optimizer *)method->type)->update(method->attrs, &now, values, gradient, state, n);
}

/* This thread's share of the trained numbers, which is always the same: it has the optimizer's
 * memory of them in its cache. Done a piece at a time, that stays in the first cache. */
static void update_all(exec *x, int sums, int index, int threads) {
    enum { PIECE = 1024 };
    size_t trained = x->network->trained, vectors = trained / LANES;
    size_t begin = vectors * (size_t)index / (size_t)threads * LANES;
    size_t end = vectors * ((size_t)index + 1) / (size_t)threads * LANES;
    for (int i = 0; i < x->network->count; i++) {
        const network_tensor *t = &x->network->tensor[i];
        if (applies_gradient(x, t->node))
            continue;
        size_t first = t->offset > begin ? t->offset : begin;
        size_t last = t->offset + t->size < end ? t->offset + t->size : end;
        for (size_t n; first < last; first += n) {
            n = last - first < PIECE ? last - first : PIECE;
            if (threads > 1) {
                own_lines(x->network->values + first, n);
                for (int slot = 1; slot < sums; slot++)
                    own_lines(x->slots + (size_t)slot * trained + first, n);
            }
            update_piece(x, sums, first, n, t->decay);
        }
    }
}

void exec_adapt(exec *x, const attr_component *method, const real *curvature) {
    const optimizer *type = (const optimizer *)method->type;
    for (int i = 0; i < x->network->count; i++) {
        const network_tensor *t = &x->network->tensor[i];
        real *state[OPTIM_MAX_STATES];
        if (t->offset >= x->network->trained)
            continue;
        states_at(x, t->offset, state);
        type->adapt(method->attrs, curvature + t->offset, state, t->size);
    }
}

real *exec_state(const exec *x, int index) {
    return x->states[index];
}

void exec_set_updates(exec *x, int64_t updates) {
    x->updates = updates;
}

void update_share(exec *x, int index, int threads) {
    bool apart = sums_apart(x, threads);
    if (apart) {
        sum_own_slots(x, index, threads);
        barrier_wait(&x->all, threads);
    }
    update_all(x, apart ? threads : x->slot_count, index, threads);
}
