/* exec_step.c - one step of one tile (see exec.h): making an operator's call, sharing its items
 * within a team, reading off the answers. */
#include "config.h"

#include "clock.h"
#include "exec_parts.h"

void team_wait(const team *t) {
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

double *partials_of(const exec *x, int i) {
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

/* Runs a callback on this member's part of the items. Its time goes to `clock`, where there is one.
 */
static void run_items(const team *t, op_call *call, void (*callback)(const op_call *), int items,
                      double *clock) {
    int all = items > 0 ? items : 1;
    call->first = (int)((int64_t)all * t->member / t->size);
    call->end = (int)((int64_t)all * (t->member + 1) / t->size);
    double began = clock ? clock_seconds() : 0;
    if (call->first < call->end)
        callback(call);
    if (clock)
        *clock += clock_seconds() - began;
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
    exec_times *times = x->times ? &x->times[i] : NULL;
    bool any_input = false;
    for (int k = 0; k < OP_MAX_PARAMS; k++)
        if (x->params[i].trained[k])
            param_grad[k] = slot + x->params[i].offset[k];
    for (int k = 0; k < n->shapes.inputs; k++)
        any_input = any_input || call->input_grad[k];
    call->param_grad = param_grad;
    call->param_grad_add = add;
    if (n->op->backward_params && x->plan->node[i].trained)
        run_items(t, call, n->op->backward_params, n->shapes.param_items,
                  times ? &times->backward_params : NULL);
    if (n->op->backward && any_input)
        run_items(t, call, n->op->backward, n->shapes.backward_items,
                  times ? &times->backward : NULL);
}

void run_step(const team *t, int tile, const step *s, real *slot, bool add) {
    const exec *x = t->exec;
    const node *n = &x->graph->node[s->node];
    exec_times *times = x->times ? &x->times[s->node] : NULL;
    bool loss = s->node == x->graph->count - 1;
    op_call call = make_call(t, tile, s->node);
    switch (s->phase) {
    case PHASE_GATHER:
        run_items(t, &call, n->op->forward_gather, n->shapes.forward_items,
                  times ? &times->forward : NULL);
        break;
    case PHASE_FORWARD:
        run_items(t, &call, n->op->forward, n->shapes.forward_items,
                  times ? &times->forward : NULL);
        if (loss && t->member == 0)
            read_answers(t, tile, &call);
        break;
    case PHASE_BACKWARD_GATHER:
        run_items(t, &call, n->op->backward_gather, n->shapes.backward_items,
                  times ? &times->backward : NULL);
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

void load_tile(const team *t, int tile) {
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
