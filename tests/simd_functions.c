#include "simd_functions.h"

#define OVER_ARRAY(name)                                                                           \
    static void name##_array(const float *in, float *out, size_t n) {                              \
        for (size_t i = 0; i < n; i += VW)                                                         \
            vec_store(out + i, vec_##name(vec_load(in + i)));                                      \
    }

OVER_ARRAY(exp)
OVER_ARRAY(log)
OVER_ARRAY(tanh)

static void fma_array(const float *a, const float *b, const float *c, float *out, size_t n) {
    for (size_t i = 0; i < n; i += VW)
        vec_store(out + i, vec_fma(vec_load(a + i), vec_load(b + i), vec_load(c + i)));
}

static float fold_lanes(const float *lanes) {
    vec lane[LANES / VW];
    for (int i = 0; i < LANES / VW; i++)
        lane[i] = vec_load(lanes + i * VW);
    return vec_fold(lane);
}

#define TEXT_(isa) #isa
#define TEXT(isa) TEXT_(isa)

const simd_functions ISA_NAME(simd_functions) = {TEXT(LCNN_ISA), exp_array, log_array,
                                                 tanh_array,     fma_array, fold_lanes};
