/* exec_carry.c - for operators that know FORM_LANES only: carries a single sample to lane 0 and
 * back.
 *
 * Right for every operator and slow, so that an operator's author may leave the second form out. */
#include "exec_parts.h"

#include <string.h>

/* Every number of a sample: where it lies in a lane, and where on its own. */
static inline size_t in_lane(const shape *s, size_t channel, size_t pixel) {
    return channel * shape_stride(s) + pixel * LANES;
}

static inline size_t alone(const shape *s, size_t channel, size_t pixel) {
    return pixel * shape_width(s) + channel;
}

/* Gives the other lanes zeros, as they have in a tile of one sample. */
static void to_lane(const shape *s, const real *from, real *to) {
    memset(to, 0, shape_tile(s) * sizeof *to);
    for (size_t c = 0; c < (size_t)s->dim[0]; c++)
        for (size_t p = 0; p < shape_pixels(s); p++)
            to[in_lane(s, c, p)] = from[alone(s, c, p)];
}

static void from_lane(const shape *s, const real *from, real *to) {
    memset(to, 0, shape_single(s) * sizeof *to);
    for (size_t c = 0; c < (size_t)s->dim[0]; c++)
        for (size_t p = 0; p < shape_pixels(s); p++)
            to[alone(s, c, p)] = from[in_lane(s, c, p)];
}

size_t carried_size(const node *n) {
    if (n->shapes.single_forward_items > 0)
        return 0;
    size_t size = 2 * shape_tile(&n->shapes.output);
    for (int k = 0; k < n->shapes.inputs; k++)
        size += 2 * shape_tile(&n->shapes.input[k]);
    return size;
}

static bool is_backward(phase now) {
    return now == PHASE_BACKWARD_GATHER || now == PHASE_BACKWARD;
}

/* Where the gradient of input k is carried. A value that is read twice has one gradient, to which
 * both readings add. */
static real *carried_grad(const op_call *home, worker *w, int k, real *room) {
    if (home->input_grad[k] == NULL)
        return NULL;
    for (int j = 0; j < k; j++)
        if (home->input_grad[j] == home->input_grad[k])
            return w->carried_grad[j];
    return room;
}

op_call carry_in(const node *n, phase now, const op_call *home, worker *w) {
    const op_shapes *s = &n->shapes;
    real *room = w->carried;
    op_call call = *home;
    call.form = FORM_LANES;
    call.output = room;
    room += shape_tile(&s->output);
    if (is_backward(now)) {
        if (n->op->saves & OP_SAVES_OUTPUT)
            to_lane(&s->output, home->output, call.output);
        to_lane(&s->output, home->output_grad, room);
        call.output_grad = room;
        room += shape_tile(&s->output);
    }
    for (int k = 0; k < s->inputs; k++, room += 2 * shape_tile(&s->input[k - 1])) {
        real *grad = room + shape_tile(&s->input[k]);
        w->carried_input[k] = room;
        w->carried_grad[k] = carried_grad(home, w, k, grad);
        if (!is_backward(now) || n->op->saves & OP_SAVES_INPUT)
            to_lane(&s->input[k], home->input[k], room);
        if (now == PHASE_BACKWARD && w->carried_grad[k] == grad && home->input_grad_add[k])
            to_lane(&s->input[k], home->input_grad[k], grad);
    }
    call.input = w->carried_input;
    call.input_grad = w->carried_grad;
    return call;
}

void carry_back(const node *n, phase now, const op_call *carried, const op_call *home) {
    const op_shapes *s = &n->shapes;
    if (now == PHASE_FORWARD)
        from_lane(&s->output, carried->output, home->output);
    for (int k = 0; now == PHASE_BACKWARD && k < s->inputs; k++)
        if (home->input_grad[k])
            from_lane(&s->input[k], carried->input_grad[k], home->input_grad[k]);
}
