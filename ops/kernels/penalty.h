/* penalty.h - probabilities from penalties, of which the smallest wins: softmax of their negatives,
 * one vector of lanes at a time. */
#ifndef PENALTY_H
#define PENALTY_H

#include "op.h"
#include "simd_math.h"

typedef struct penalty_parts {
    vec least; /* of y, and of j where that counts */
    vec sum;   /* of exp(least - y), in ascending order, and of exp(least - j) before them */
} penalty_parts;

/* p[k] = exp(-y[k]) / sum_i exp(-y[i]), where the sum includes exp(-j) when `rubbish`. The least is
 * taken off so that nothing overflows. Numbers of a class lie LANES reals apart. */
INLINE penalty_parts penalty_softmax(const real *y, real *p, int n, const bool rubbish, vec j) {
    penalty_parts s = {rubbish ? j : vec_load(y), vec_zero()};
    for (int i = 0; i < n; i++)
        s.least = vec_min(vec_load(y + i * LANES), s.least);
    if (rubbish)
        s.sum = vec_exp(s.least - j);
    for (int i = 0; i < n; i++) {
        vec e = vec_exp(s.least - vec_load(y + i * LANES));
        vec_store(p + i * LANES, e);
        s.sum += e;
    }
    for (int i = 0; i < n; i++)
        vec_store(p + i * LANES, vec_load(p + i * LANES) / s.sum);
    return s;
}

/* `probabilities` of a loss. An image is known to be of one of the classes, so rubbish has no
 * share.
 */
static inline void penalty_probabilities(const op_call *call, real *probability) {
    for (int v = 0; v < LANES; v += VW)
        penalty_softmax(call->input[0] + v, probability + v, call->shapes->classes, false,
                        vec_zero());
}

#endif
