/* loss.h - what losses over classes share: their shapes and the comparison with the label. */
#ifndef LOSS_H
#define LOSS_H

#include "op.h"

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

#endif
