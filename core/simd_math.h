/* simd_math.h - exp, log and tanh of vectors, with the same bits at every width and on every
 * machine.
 *
 * Fixed polynomials over exactly rounded operations: multiply, add, divide, fused multiply-add and
 * shifts of bits, never libm, whose last bits differ between machines. All coefficients come from
 * tests/golden/fit_simd_math.py, a minimax fit of our own; the errors stated are the largest over
 * all floats, measured in units in the last place against the exact value.
 *
 * In the double library, which only checks gradients, they are libm's. */
#ifndef SIMD_MATH_H
#define SIMD_MATH_H

#include "simd.h"

#ifdef LCNN_DOUBLE

#include <math.h>

INLINE vec vec_exp(vec x) {
    return (vec){exp(x[0]), exp(x[1]), exp(x[2]), exp(x[3])};
}

INLINE vec vec_log(vec x) {
    return (vec){log(x[0]), log(x[1]), log(x[2]), log(x[3])};
}

INLINE vec vec_tanh(vec x) {
    return (vec){tanh(x[0]), tanh(x[1]), tanh(x[2]), tanh(x[3])};
}

#else

/* ln(2) in two parts; 15 bits in the first make n * LN2_HIGH exact for every exponent n. */
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f

/* 2^n for -126 <= n <= 127. */
INLINE vec vec_power_of_two(ivec n) {
    return (vec)((uvec)(n + 127) << 23);
}

/* c[0] + c[1] x + ... + c[count - 1] x^(count - 1), by Horner's rule. */
INLINE vec vec_polynomial(vec x, const float *c, int count) {
    vec sum = vec_set1(c[count - 1]);
    for (int i = count - 2; i >= 0; i--)
        sum = vec_fma(sum, x, vec_set1(c[i]));
    return sum;
}

/* e^x: 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2, e^r = 1 + r + r^2 q(r). Overflows to
 * infinity, underflows gradually. Error at most 1.03. */
INLINE vec vec_exp(vec x) {
    static const float q[] = {0x1.p-1f, 0x1.555466p-3f, 0x1.5552fep-5f, 0x1.1257d4p-7f,
                              0x1.6ff256p-10f};
    /* Results beyond these are infinite and zero; clamped, n stays in reach of the two factors
     * below. NaN passes through min and max in this order of arguments. */
    x = vec_max(vec_set1(-104), vec_min(vec_set1(89), x));
    /* Adding 1.5 * 2^23 leaves round(x / ln 2) in the low bits. */
    const vec magic = vec_set1(0x1.8p23f);
    vec shifted = vec_fma(x, vec_set1(0x1.715476p0f), magic);
    vec n = shifted - magic;
    ivec exponent = (ivec)shifted - (ivec)magic;
    vec r = vec_fma(n, vec_set1(-LN2_HIGH), x);
    r = vec_fma(n, vec_set1(-LN2_LOW), r);
    vec y = vec_fma(r * r, vec_polynomial(r, q, 5), r) + vec_set1(1);
    /* 2^n in two factors, as n may lie beyond a float's exponents; only the last one can round. */
    ivec half = exponent >> 1;
    return y * vec_power_of_two(half) * vec_power_of_two(exponent - half);
}

/* ln x: x = 2^n (1 + f), 1 + f from sqrt(1/2) to sqrt(2), ln(1 + f) = f - f^2 / 2 + f^3 q(f).
 * log(0) is -infinity, that of a negative number NaN; subnormals count in full. Error at most 0.82.
 */
INLINE vec vec_log(vec x) {
    static const float q[] = {0x1.555548p-2f,  -0x1.00007p-2f,  0x1.99a54p-3f,
                              -0x1.552f18p-3f, 0x1.23036ep-3f,  -0x1.0103e2p-3f,
                              0x1.eff086p-4f,  -0x1.bf2a04p-4f, 0x1.b5ac5p-5f};
    const vec infinity = vec_set1(__builtin_inff());
    ivec subnormal = (ivec)(x < vec_set1(0x1p-126f));
    uvec bits = (uvec)vec_select(subnormal, x * vec_set1(0x1p23f), x);
    ivec exponent = (ivec)(bits - 0x3f3504f3) >> 23; /* the bits of sqrt(1/2) */
    vec f = (vec)(bits - ((uvec)exponent << 23)) - vec_set1(1);
    vec n = __builtin_convertvector(exponent - (subnormal & 23), vec);
    vec square = f * f;
    vec y = vec_fma(n, vec_set1(LN2_LOW), f * square * vec_polynomial(f, q, 9));
    y = vec_fma(square, vec_set1(-0.5f), y);
    y = vec_fma(n, vec_set1(LN2_HIGH), f + y);
    y = vec_select((ivec)(x > vec_zero()), y, vec_set1(__builtin_nanf("")));
    y = vec_select((ivec)(x == vec_zero()), -infinity, y);
    return vec_select((ivec)(x == infinity), infinity, y);
}

/* tanh x: x P(x^2) / Q(x^2), P(0) = Q(0) = 1, so that a small x is its own tanh. Odd, never beyond
 * 1. Error at most 4.81, which leaves room to end where tanh is still 4.17 short of 1: that saves
 * coefficients against 9.01, where it rounds to 1, and no result needs to be cut down to 1. A formula
 * by way of e^x would have half the error and take longer. */
INLINE vec vec_tanh(vec x) {
    static const float p[] = {0x1.p0f, 0x1.1373dcp-3f, 0x1.d4ff1ap-9f, 0x1.7159c4p-16f,
                              0x1.091394p-26f};
    static const float q[] = {0x1.p0f, 0x1.df0f4p-2f, 0x1.ad13bap-6f, 0x1.66e046p-12f,
                              0x1.cd8588p-21f};
    const vec edge = vec_set1(7.95f);
    vec inside = vec_max(-edge, vec_min(edge, x));
    vec z = inside * inside;
    return inside * vec_polynomial(z, p, 5) / vec_polynomial(z, q, 5);
}

#endif
#endif
