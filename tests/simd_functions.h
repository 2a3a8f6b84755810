/* simd_functions.h - core/simd.h as plain functions, compiled once per instruction set, so that
 * test_simd can compare them. */
#ifndef SIMD_FUNCTIONS_H
#define SIMD_FUNCTIONS_H

#include "simd_math.h"

/* Arrays of n floats, 64-byte aligned, n a multiple of LANES. */
typedef struct simd_functions {
    const char *name;
    void (*exp)(const float *in, float *out, size_t n);
    void (*log)(const float *in, float *out, size_t n);
    void (*tanh)(const float *in, float *out, size_t n);
    void (*fma)(const float *a, const float *b, const float *c, float *out, size_t n);
    float (*fold)(const float *lanes);
} simd_functions;

extern const simd_functions simd_functions_generic, simd_functions_avx2, simd_functions_avx512;

#endif
