/* exec_step.c - one step of one tile (see exec.h): making an operator's call, sharing its items
 * within a team, reading off the answers. */
#include "config.h"

#include "clock.h"
#include "exec_parts.h"

static void team_wait(const team *t) {
    barrier_wait(t->barrier, t->size);
}

/* Samples per tile, at most. */
static int tile_samples(const exec *x) {
    return x->plan->form == FORM_SINGLE ? 1 : LANES;
}

static int samples_of_tile(const exec *x, int tile) {
    int most = tile_samples(x), left = x->batch->count - tile * most;
    return left < most ? left : most;
}

static real *at(const team *t, int tile, place p) {
    const exec *x = t->exec;
    if (!p.present)
        return NULL;
    return (p.tile ? x->tiles + (size_t)tile * x->plan->tile_size : t->leader->values) + p.offset;
}

static const plan_node *planned(const exec *x, int i) {
    return &x->plan->node[i == GRAPH_INPUT ? x->plan->graph->count : i];
}

double *partials_of(const exec *x, int i) {
    return x->partials + x->plan->node[i].partial * (size_t)x->most_tiles;
}

/* Everything about a node's call but the range of items. */
static op_call make_call(const team *t, int tile, int i) {
    const exec *x = t->exec;
    const node *n = &x->plan->graph->node[i];
    const plan_node *p = planned(x, i);
    for (int k = 0; k < n->shapes.inputs; k++) {
        t->self->input[k] = at(t, tile, planned(x, n->input[k])->output);
        t->self->input_grad[k] =
            p->needs_grad[k] ? at(t, tile, planned(x, n->input[k])->output_grad) : NULL;
    }
    return (op_call){
        .attrs = n->attrs,
        .shapes = &n->shapes,
        .form = x->plan->form,
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

int64_t exec_worth_sharing = 1 << 23; /* some 200 microseconds */

bool worth_sharing(const op_shapes *s, tile_form form) {
    int64_t work = s->macs + 4 * (int64_t)shape_size(&s->output);
    return work * (form == FORM_LANES ? LANES : 1) >= exec_worth_sharing;
}

/* Members wait for what the leader did without them when they next have a part in something. */
static void team_catch_up(const team *t) {
    if (t->self->behind)
        team_wait(t);
    t->self->behind = false;
}

/* Runs a callback on this member's part of the items; on all of them, by the leader, where it is
 * not worth sharing. Its time goes to `clock`, where there is one. */
static void run_items(const team *t, op_call *call, void (*callback)(const op_call *), int items,
                      double *clock) {
    bool shared = t->size > 1 && worth_sharing(call->shapes, call->form);
    int all = items > 0 ? items : 1, parts = shared ? t->size : 1;
    if (shared)
        team_catch_up(t);
    else if (t->size > 1)
        t->self->behind = true;
    if (t->member >= parts)
        return;
    call->first = (int)((int64_t)all * t->member / parts);
    call->end = (int)((int64_t)all * (t->member + 1) / parts);
    double began = clock ? clock_seconds() : 0;
    if (call->first < call->end)
        callback(call);
    if (clock)
        *clock += clock_seconds() - began;
    if (shared)
        team_wait(t);
}

/* Reads off what became of a tile's samples, after the loss was computed. */
static void read_answers(const team *t, int tile, const op_call *call) {
    const exec *x = t->exec;
    const exec_answers *out = x->answers;
    const op *loss = x->plan->graph->node[x->plan->graph->count - 1].op;
    const real *value = call->input[0];
    size_t size = shape_size(&call->shapes->input[0]);
    size_t classes = (size_t)x->plan->graph->classes;
    if (out->probability || out->probabilities)
        loss->probabilities(call, t->self->probability);
    for (int lane = 0; lane < call->count; lane++) {
        size_t sample = (size_t)(tile * tile_samples(x) + lane), best = 0;
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
        for (size_t c = 0; out->probabilities && c < classes; c++)
            out->probabilities[sample * classes + c] =
                (float)t->self->probability[c * LANES + (size_t)lane];
        for (size_t c = 0; out->output && c < size; c++)
            out->output[sample * size + c] = value[c * LANES + (size_t)lane];
    }
}

/* Takes down what a node gives before anything is computed in its place. */
static void keep_values(const team *t, int tile, int i, const op_call *call) {
    const shape *s = &call->shapes->output;
    size_t pixels = shape_pixels(s), channels = (size_t)s->dim[0];
    bool single = call->form == FORM_SINGLE;
    size_t channel = single ? 1 : shape_stride(s), pixel = single ? shape_width(s) : LANES;
    for (int lane = 0; lane < call->count; lane++) {
        int sample = tile * tile_samples(t->exec) + lane;
        float *kept = t->exec->answers->values[i] + (size_t)sample * shape_size(s);
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                kept[c * pixels + p] = (float)call->output[c * channel + p * pixel + (size_t)lane];
    }
}

/* The gradient of the weighted mean loss with respect to each sample's loss. */
static void start_gradient(const exec *x, int tile, const op_call *call, real *grad) {
    const real *weight = x->batch->weight;
    for (int lane = 0; lane < LANES; lane++) {
        real share = weight && lane < call->count ? weight[tile * tile_samples(x) + lane] : 1;
        grad[lane] = lane < call->count ? share / (real)call->batch : 0;
    }
}

/* Items of a node's callbacks in the form that its call has. */
static int forward_items(const op_call *call) {
    return call->form == FORM_SINGLE ? call->shapes->single_forward_items
                                     : call->shapes->forward_items;
}

static int backward_items(const op_call *call) {
    return call->form == FORM_SINGLE ? call->shapes->single_backward_items
                                     : call->shapes->backward_items;
}

static void run_backward_apply(const team *t, op_call *call, int i) {
    const applier a = {t->exec, i};
    call->apply = apply_gradient;
    call->applier = &a;
    run_items(t, call, t->exec->plan->graph->node[i].op->backward_apply, backward_items(call),
              NULL);
    call->applier = NULL;
}

static void run_backward(const team *t, op_call *call, int i, real *slot, bool add) {
    const exec *x = t->exec;
    const node *n = &x->plan->graph->node[i];
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
    if (x->curving) {
        run_curvature(t, call, i);
        return;
    }
    if (n->op->backward_params && x->plan->node[i].trained)
        run_items(t, call, n->op->backward_params, n->shapes.param_items,
                  times ? &times->backward_params : NULL);
    if (n->op->backward && any_input)
        run_items(t, call, n->op->backward, backward_items(call), times ? &times->backward : NULL);
}

/* What a step does once its call is made. */
static void run_phase(const team *t, int tile, const step *s, op_call *call, real *slot, bool add) {
    const exec *x = t->exec;
    const node *n = &x->plan->graph->node[s->node];
    exec_times *times = x->times ? &x->times[s->node] : NULL;
    switch (s->phase) {
    case PHASE_GATHER:
        run_items(t, call, n->op->forward_gather, forward_items(call),
                  times ? &times->forward : NULL);
        break;
    case PHASE_FORWARD:
        run_items(t, call, n->op->forward, forward_items(call), times ? &times->forward : NULL);
        if (s->node == x->plan->graph->count - 1 && t->member == 0)
            read_answers(t, tile, call);
        break;
    case PHASE_BACKWARD_GATHER:
        run_items(t, call, n->op->backward_gather, backward_items(call),
                  times ? &times->backward : NULL);
        break;
    case PHASE_BACKWARD:
        if (applies_gradient(x, s->node))
            run_backward_apply(t, call, s->node);
        else
            run_backward(t, call, s->node, slot, add);
        break;
    }
}

/* A step of an operator that does not know the tile's form; the leader does it alone. */
static void run_carried(const team *t, int tile, const step *s, const op_call *home, real *slot,
                        bool add) {
    const node *n = &t->exec->plan->graph->node[s->node];
    if (t->member == 0) {
        team alone = {t->exec, t->leader, t->leader, NULL, 0, 1};
        op_call call = carry_in(n, s->phase, home, t->leader);
        run_phase(&alone, tile, s, &call, slot, add);
        carry_back(n, s->phase, &call, home);
    }
    t->self->behind = true;
}

void run_step(const team *t, int tile, const step *s, real *slot, bool add) {
    const exec *x = t->exec;
    op_call call = make_call(t, tile, s->node);
    if (s->phase == PHASE_BACKWARD && s->node == x->plan->graph->count - 1) {
        if (t->member == 0) {
            start_gradient(x, tile, &call, (real *)call.output_grad);
            if (x->curving)
                start_gradient(x, tile, &call, slope_of(t->leader, call.output_grad));
        }
        t->self->behind = true;
    }
    if (call.form == FORM_SINGLE && call.shapes->single_forward_items == 0)
        run_carried(t, tile, s, &call, slot, add);
    else
        run_phase(t, tile, s, &call, slot, add);
    if (s->phase == PHASE_FORWARD && x->answers->values) {
        if (t->member == 0)
            keep_values(t, tile, s->node, &call);
        t->self->behind = true;
    }
}

void load_tile(const team *t, int tile) {
    exec *x = t->exec;
    if (t->member == 0) {
        tile_info *info = &x->info[tile];
        int count = samples_of_tile(x, tile);
        const uint32_t *sample = x->batch->sample + tile * tile_samples(x);
        real *input = at(t, tile, planned(x, GRAPH_INPUT)->output);
        for (int lane = 0; lane < LANES; lane++)
            info->sample[lane] = lane < count ? sample[lane] : 0;
        const rng_key epoch = feed_key(x->batch->seed, x->batch->epoch);
        const rng_key *key = x->plan->training ? &epoch : NULL;
        float *scratch = t->leader->feed_scratch;
        if (x->plan->form == FORM_SINGLE)
            feed_single(x->feed, key, *sample, scratch, input, info->label);
        else
            feed_tile(x->feed, key, sample, count, scratch, input, info->label);
    }
    t->self->behind = true;
}
