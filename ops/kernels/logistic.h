/* logistic.h - the logistic function, which sigmoid and silu share. */
#ifndef LOGISTIC_H
#define LOGISTIC_H

#include "simd_math.h"

/* 1 / (1 + exp(-x)). Computed with exp(-|x|), which cannot overflow, so that small results keep
 * their digits. */
INLINE vec vec_logistic(vec x) {
    vec e = vec_exp(vec_min(x, -x));
    return vec_select((ivec)(x < vec_zero()), e, vec_set1(1)) / (vec_set1(1) + e);
}

#endif
