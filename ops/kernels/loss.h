/* loss.h - what losses over classes share: their shapes, the comparison with the label, and the
 * second derivatives of those with a logarithm of a sum. */
#ifndef LOSS_H
#define LOSS_H

#include "elementwise.h"

/* One number per class in, one number out; the tile is a single item. */
static inline bool loss_infer(op_shapes *shapes, op_report *report) {
    const shape *in = &shapes->input[0];
    char text[SHAPE_TEXT];
    if (in->rank != 1)
        return op_reject(report, "from",
                         "the input must be a vector with a number for each of the %d classes, not "
                         "%s; end the network with {op: dense, units: $classes}",
                         shapes->classes, shape_text(in, text));
    if (in->dim[0] != shapes->classes)
        return op_reject(report, "from",
                         "the data set has %d classes, so the input must be a vector of %d "
                         "numbers, not %d; end the network with {op: dense, units: $classes}, or "
                         "take a data set of %d classes",
                         shapes->classes, shapes->classes, in->dim[0], in->dim[0]);
    shapes->output = (shape){1, {1}};
    return true;
}

/* The labels of VW lanes. */
INLINE ivec loss_labels(const int32_t *labels) {
    ivec v;
    for (int i = 0; i < VW; i++)
        v[i] = labels[i];
    return v;
}

/* The lanes that belong to this class. */
INLINE ivec loss_is_class(ivec labels, int class) {
    return (ivec)(labels == (vec_int) class);
}

/* Of one number per class those of the right classes, for VW lanes. */
INLINE vec loss_right(const real *y, ivec labels, int classes) {
    vec right = vec_zero();
    for (int k = 0; k < classes; k++)
        right = vec_select(loss_is_class(labels, k), vec_load(y + k * LANES), right);
    return right;
}

/* `curvature` of a loss with the logarithm of a sum of exponentials, whose shares p are in `saved`:
 * d2L/dx_k^2 = p_k (1 - p_k). */
static inline void loss_curvature_of_shares(const op_call *call) {
    if (call->input_grad[0] == NULL)
        return;
    for (int v = 0; v < LANES; v += VW) {
        const vec h = vec_load(call->output_grad + v);
        for (int k = 0; k < call->shapes->classes; k++) {
            const vec p = vec_load(call->saved + k * LANES + v);
            grad_put(call->input_grad[0] + k * LANES + v, p * (vec_set1(1) - p) * h,
                     call->input_grad_add[0]);
        }
    }
}

#endif
