/* exec_curvature.c - second derivatives on their way backwards, in place of gradients (see exec.h).
 *
 * What an operator's rule means is said in op.h. Beside the second derivatives the first ones are
 * carried along, for operators whose own second derivative is more than nothing: wherever a tile's
 * memory holds the one, `slopes` holds the other. Tiles are in FORM_LANES, however small a step is.
 */
#include "exec_parts.h"

size_t squared_size(const node *n) {
    size_t size = 0;
    for (int k = 0; n->op->curvature_rule == CURVATURE_SQUARES && k < n->shapes.inputs; k++)
        size += shape_tile(&n->shapes.input[k]);
    return size;
}

static void square(const real *from, real *to, size_t n) {
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] * from[i];
}

void square_params(exec *x) {
    square(x->network->values, x->squares, x->network->size);
}

/* A callback on all of its items. */
static void run_all(op_call call, void (*callback)(const op_call *), int items) {
    call.first = 0;
    call.end = items > 0 ? items : 1;
    callback(&call);
}

static void run_backward(const node *n, const op_call *call, bool trained, bool wanted) {
    if (trained)
        run_all(*call, n->op->backward_params, n->shapes.param_items);
    if (wanted)
        run_all(*call, n->op->backward, n->shapes.backward_items);
}

/* The first derivatives of the inputs. */
static void carry_slopes(const worker *w, const node *n, const op_call *call, real **input_slope) {
    op_call slopes = *call;
    for (int k = 0; k < n->shapes.inputs; k++)
        input_slope[k] = call->input_grad[k] ? slope_of(w, call->input_grad[k]) : NULL;
    slopes.output_grad = slope_of(w, call->output_grad);
    slopes.input_grad = input_slope;
    run_backward(n, &slopes, false, true);
}

static void run_squared(const worker *w, const node *n, const node_params *p, const op_call *call,
                        bool trained, bool wanted) {
    op_call squared = *call;
    real *room = w->squared;
    for (int k = 0; k < n->shapes.inputs; k++) {
        size_t size = shape_tile(&n->shapes.input[k]);
        square(call->input[k], room, size);
        w->squared_input[k] = room;
        room += size;
    }
    squared.input = w->squared_input;
    squared.param = p->squared;
    run_backward(n, &squared, trained, wanted);
}

/* Nobody reads the second derivatives of the output again, so the first time is done in place. */
static void run_twice(const node *n, const op_call *call) {
    real *again = (real *)call->output_grad;
    op_call first = *call;
    first.input_grad = &again;
    first.input_grad_add = &(const bool){false};
    run_backward(n, &first, false, true);
    run_backward(n, call, false, true);
}

static void run_own(const worker *w, const node *n, const op_call *call) {
    op_call own = *call;
    own.output_slope = slope_of(w, call->output_grad);
    run_all(own, n->op->curvature, n->shapes.backward_items);
}

void run_curvature(const team *t, const op_call *call, int i) {
    const exec *x = t->exec;
    const node *n = &x->plan->graph->node[i];
    const worker *w = t->leader;
    bool trained = x->plan->node[i].trained, wanted = false;
    for (int k = 0; k < n->shapes.inputs; k++)
        wanted = wanted || call->input_grad[k];
    t->self->behind = true;
    if (t->member > 0)
        return;
    if (wanted)
        carry_slopes(w, n, call, w->carried_grad);
    switch (n->op->curvature_rule) {
    case CURVATURE_NONE: /* models are refused before */
        break;
    case CURVATURE_PLAIN:
        run_backward(n, call, false, wanted);
        break;
    case CURVATURE_SQUARES:
        run_squared(w, n, &x->params[i], call, trained, wanted);
        break;
    case CURVATURE_TWICE:
        if (wanted)
            run_twice(n, call);
        break;
    case CURVATURE_OWN:
        run_own(w, n, call);
        break;
    }
}
