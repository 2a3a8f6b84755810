/* softmax.h - softmax over numbers that lie `stride` reals apart, one vector of lanes at a time. */
#ifndef SOFTMAX_H
#define SOFTMAX_H

#include "simd_math.h"

typedef struct softmax_parts {
    vec max; /* of x */
    vec sum; /* of exp(x - max), in ascending order */
} softmax_parts;

/* p[i] = exp(x[i] - max) / sum. The maximum is taken off so that nothing overflows. p may be x. */
INLINE softmax_parts softmax_lanes(const real *x, size_t x_stride, real *p, size_t p_stride,
                                   int n) {
    softmax_parts s = {vec_load(x), vec_zero()};
    for (int i = 1; i < n; i++)
        s.max = vec_max(s.max, vec_load(x + (size_t)i * x_stride));
    for (int i = 0; i < n; i++) {
        vec e = vec_exp(vec_load(x + (size_t)i * x_stride) - s.max);
        vec_store(p + (size_t)i * p_stride, e);
        s.sum += e;
    }
    for (int i = 0; i < n; i++) {
        real *q = p + (size_t)i * p_stride;
        vec_store(q, vec_load(q) / s.sum);
    }
    return s;
}

#endif
