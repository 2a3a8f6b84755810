/* simd.h - vectors of the machine's own width, and the only place that knows instruction sets.
 *
 * Kernels are written once against this header and compiled per instruction set with LCNN_ISA
 * naming it. Memory always holds LANES samples side by side; a kernel steps through them VW at a
 * time. Every function here gives the same bits for every width: fused multiply-adds are explicit
 * (and exact where the hardware has none), sums of lanes follow one tree. vec_exp, vec_log and
 * vec_tanh are in simd_math.h. */
#ifndef SIMD_H
#define SIMD_H

#include "tensor.h"

#ifndef LCNN_ISA
#define LCNN_ISA generic
#endif
#define ISA_PASTE_(name, isa) name##_##isa
#define ISA_PASTE(name, isa) ISA_PASTE_(name, isa)
/* A symbol of the backend that is being compiled: ISA_NAME(conv_forward) is conv_forward_avx2. */
#define ISA_NAME(name) ISA_PASTE(name, LCNN_ISA)

#define INLINE static inline __attribute__((always_inline, unused))

/* A loop with a constant number of rounds that must vanish, so that its arrays of vectors become
 * registers. */
#ifdef __clang__
#define UNROLLED(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)
#else
#define UNROLLED(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)
#endif

#if defined(LCNN_DOUBLE)
#define VW 4
#elif defined(__AVX512F__)
#include <immintrin.h>
#define VW 16
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define VW 8
#else
#define VW 4
#if defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif
#endif

#ifdef LCNN_DOUBLE
typedef int64_t vec_int;
typedef uint64_t vec_unsigned;
#else
typedef int32_t vec_int;
typedef uint32_t vec_unsigned;
#endif

/* VW numbers; + - * / and comparisons work on it elementwise. A comparison gives an ivec of 0 and
 * -1; arithmetic on the bits of numbers, which may overflow, is done in uvec. */
typedef real vec __attribute__((vector_size(VW * sizeof(real))));
typedef vec_int ivec __attribute__((vector_size(VW * sizeof(real))));
typedef vec_unsigned uvec __attribute__((vector_size(VW * sizeof(real))));

INLINE vec vec_load(const real *p) {
    return *(const vec *)__builtin_assume_aligned(p, VW * sizeof(real));
}

INLINE void vec_store(real *p, vec v) {
    *(vec *)__builtin_assume_aligned(p, VW * sizeof(real)) = v;
}

INLINE vec vec_set1(real x) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (vec)_mm512_set1_ps(x);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (vec)_mm256_set1_ps(x);
#else
    return (vec){x, x, x, x};
#endif
}

INLINE vec vec_zero(void) {
    return (vec){0};
}

/* mask ? a : b, for a mask made by a comparison. */
INLINE vec vec_select(ivec mask, vec a, vec b) {
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

#if !defined(LCNN_DOUBLE) && VW == 4 && !defined(__aarch64__) && !defined(__FP_FAST_FMAF)
/* a * b + c rounded once, on hardware without it. The product is exact in double; the sum is
 * rounded to odd, that is, an inexact result gets an odd last bit, after which the rounding to
 * float cannot go wrong twice (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums",
 * IEEE Trans. Computers 57(4), 2008). */
INLINE float fma_exact(float a, float b, float c) {
    double product = (double)a * (double)b;
    double sum = product + (double)c;
    double high = sum - product;
    double error = (product - (sum - high)) + ((double)c - high);
    union {
        double number;
        uint64_t bits;
    } odd = {.number = sum};
    if ((error < 0 || error > 0) && (odd.bits & 1) == 0) /* not where infinities made it NaN */
        odd.bits += (error > 0) == (sum > 0) ? 1 : (uint64_t)-1;
    return (float)odd.number;
}
#endif

/* a * b + c, rounded once. */
INLINE vec vec_fma(vec a, vec b, vec c) {
#if defined(LCNN_DOUBLE)
    return a * b + c;
#elif VW == 16
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif VW == 8
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(__FP_FAST_FMAF)
    return (vec){__builtin_fmaf(a[0], b[0], c[0]), __builtin_fmaf(a[1], b[1], c[1]),
                 __builtin_fmaf(a[2], b[2], c[2]), __builtin_fmaf(a[3], b[3], c[3])};
#else
    return (vec){fma_exact(a[0], b[0], c[0]), fma_exact(a[1], b[1], c[1]),
                 fma_exact(a[2], b[2], c[2]), fma_exact(a[3], b[3], c[3])};
#endif
}

/* a > b ? a : b */
INLINE vec vec_max(vec a, vec b) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return vec_select((ivec)(a > b), a, b);
#endif
}

/* a < b ? a : b */
INLINE vec vec_min(vec a, vec b) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return vec_select((ivec)(a < b), a, b);
#endif
}

INLINE vec vec_sqrt(vec v) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (vec)_mm512_sqrt_ps((__m512)v);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (vec)_mm256_sqrt_ps((__m256)v);
#elif defined(LCNN_DOUBLE)
    return (vec){__builtin_sqrt(v[0]), __builtin_sqrt(v[1]), __builtin_sqrt(v[2]),
                 __builtin_sqrt(v[3])};
#else
    return (vec){__builtin_sqrtf(v[0]), __builtin_sqrtf(v[1]), __builtin_sqrtf(v[2]),
                 __builtin_sqrtf(v[3])};
#endif
}

/* As many doubles as fill a register: for long sums. */
enum { DVW = VW * sizeof(real) / sizeof(double) };
typedef double dvec __attribute__((vector_size(VW * sizeof(real))));

INLINE dvec dvec_set1(double x) {
    return (dvec){0} + x;
}

/* DVW numbers from memory. */
INLINE dvec dvec_load(const real *p) {
#if defined(LCNN_DOUBLE)
    return (dvec)vec_load(p);
#elif VW == 16
    return (dvec)_mm512_cvtps_pd(_mm256_load_ps(p));
#elif VW == 8
    return (dvec)_mm256_cvtps_pd(_mm_load_ps(p));
#else
    return (dvec){(double)p[0], (double)p[1]};
#endif
}

/* sum + x * x. The square of a float is exact in double, so fused or not, the bits are the same. */
INLINE dvec dvec_add_square(dvec sum, dvec x) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (dvec)_mm512_fmadd_pd((__m512d)x, (__m512d)x, (__m512d)sum);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (dvec)_mm256_fmadd_pd((__m256d)x, (__m256d)x, (__m256d)sum);
#else
    return sum + x * x;
#endif
}

/* As many 64-bit integers as fill a register. */
typedef uint64_t lvec __attribute__((vector_size(VW * sizeof(real))));

INLINE lvec lvec_set1(uint64_t x) {
    return (lvec){0} + x;
}

/* DVW words of 32 bits into the low halves, and the low halves back. */
INLINE lvec lvec_load(const uint32_t *p) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (lvec)_mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)p));
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (lvec)_mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)p));
#else
    lvec v = {0};
    for (int i = 0; i < DVW; i++)
        v[i] = p[i];
    return v;
#endif
}

INLINE void lvec_store(uint32_t *p, lvec v) {
#if !defined(LCNN_DOUBLE) && VW == 16
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi64_epi32((__m512i)v));
#elif !defined(LCNN_DOUBLE) && VW == 8
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(
                                       _mm256_permutevar8x32_epi32((__m256i)v, even)));
#else
    for (int i = 0; i < DVW; i++)
        p[i] = (uint32_t)v[i];
#endif
}

/* The products of the low halves. */
INLINE lvec lvec_multiply_low(lvec a, lvec b) {
#if !defined(LCNN_DOUBLE) && VW == 16
    return (lvec)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif !defined(LCNN_DOUBLE) && VW == 8
    return (lvec)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif !defined(LCNN_DOUBLE) && defined(__SSE2__)
    return (lvec)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

/* Four numbers: the narrowest vector there is. */
typedef real quad __attribute__((vector_size(4 * sizeof(real))));

/* The first four numbers of VW rows, `step` reals apart and 16-byte aligned: column[c] holds number
 * c of each row. */
INLINE void vec_load_columns(const real *p, size_t step, vec column[4]) {
#if VW >= 8
    __m256 row[4 * (VW / 8)];
    UNROLLED (r, 4 * (VW / 8)) {
        const real *q = p + (size_t)(r % 4 + r / 4 * 8) * step;
        row[r] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(q)),
                                      _mm_load_ps(q + 4 * step), 1);
    }
#endif
#if VW == 16
    __m512 a = _mm512_insertf32x8(_mm512_castps256_ps512(row[0]), row[4], 1);
    __m512 b = _mm512_insertf32x8(_mm512_castps256_ps512(row[1]), row[5], 1);
    __m512 c = _mm512_insertf32x8(_mm512_castps256_ps512(row[2]), row[6], 1);
    __m512 d = _mm512_insertf32x8(_mm512_castps256_ps512(row[3]), row[7], 1);
    __m512 ab = _mm512_unpacklo_ps(a, b), cd = _mm512_unpacklo_ps(c, d);
    column[0] = (vec)_mm512_shuffle_ps(ab, cd, 0x44);
    column[1] = (vec)_mm512_shuffle_ps(ab, cd, 0xee);
    ab = _mm512_unpackhi_ps(a, b), cd = _mm512_unpackhi_ps(c, d);
    column[2] = (vec)_mm512_shuffle_ps(ab, cd, 0x44);
    column[3] = (vec)_mm512_shuffle_ps(ab, cd, 0xee);
#elif VW == 8
    __m256 ab = _mm256_unpacklo_ps(row[0], row[1]), cd = _mm256_unpacklo_ps(row[2], row[3]);
    column[0] = (vec)_mm256_shuffle_ps(ab, cd, 0x44);
    column[1] = (vec)_mm256_shuffle_ps(ab, cd, 0xee);
    ab = _mm256_unpackhi_ps(row[0], row[1]), cd = _mm256_unpackhi_ps(row[2], row[3]);
    column[2] = (vec)_mm256_shuffle_ps(ab, cd, 0x44);
    column[3] = (vec)_mm256_shuffle_ps(ab, cd, 0xee);
#else
    UNROLLED (c, 4)
        column[c] = (vec){p[c], p[step + (size_t)c], p[2 * step + (size_t)c], p[3 * step + (size_t)c]};
#endif
}

/* The sum of 16 lanes by one fixed tree: i with i + 8, then + 4, + 2, + 1. `lane` holds LANES reals
 * as vectors. */
INLINE real vec_fold(const vec lane[LANES / VW]) {
#if VW == 16
    __m512 all = (__m512)lane[0];
    __m256 eight = _mm512_castps512_ps256(all) + _mm512_extractf32x8_ps(all, 1);
    quad sum = (quad)_mm256_castps256_ps128(eight) + (quad)_mm256_extractf128_ps(eight, 1);
#elif VW == 8
    __m256 eight = (__m256)lane[0] + (__m256)lane[1];
    quad sum = (quad)_mm256_castps256_ps128(eight) + (quad)_mm256_extractf128_ps(eight, 1);
#else
    quad sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
#endif
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Eight columns of the first `rows` (at most 8) rows, `row` reals apart, become eight rows `width` apart, each with zeros
 * after its `rows` numbers. Written in ascending order, eight reals each, so that rows may overlap (width < 8). */
INLINE void octet_transpose(const real *in, int rows, size_t row, real *out, size_t width) {
#if !defined(LCNN_DOUBLE) && VW >= 8
    __m256 a[8], b[8];
    UNROLLED (r, 8)
        a[r] = r < rows ? _mm256_loadu_ps(in + (size_t)r * row) : _mm256_setzero_ps();
    UNROLLED (r, 4) {
        b[2 * r] = _mm256_unpacklo_ps(a[2 * r], a[2 * r + 1]);
        b[2 * r + 1] = _mm256_unpackhi_ps(a[2 * r], a[2 * r + 1]);
    }
    UNROLLED (r, 2) {
        UNROLLED (i, 2) {
            a[4 * r + 2 * i] = _mm256_shuffle_ps(b[4 * r + i], b[4 * r + 2 + i], 0x44);
            a[4 * r + 2 * i + 1] = _mm256_shuffle_ps(b[4 * r + i], b[4 * r + 2 + i], 0xee);
        }
    }
    UNROLLED (c, 4)
        _mm256_storeu_ps(out + (size_t)c * width, _mm256_permute2f128_ps(a[c], a[c + 4], 0x20));
    UNROLLED (c, 4)
        _mm256_storeu_ps(out + (size_t)(c + 4) * width, _mm256_permute2f128_ps(a[c], a[c + 4], 0x31));
#else
    for (int c = 0; c < 8; c++)
        for (int r = 0; r < 8; r++)
            out[(size_t)c * width + (size_t)r] = r < rows ? in[(size_t)r * row + (size_t)c] : 0;
#endif
}

#endif
