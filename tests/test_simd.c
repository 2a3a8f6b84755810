/* test_simd.c - exp, log and tanh against libm's doubles, fused multiply-adds against fmaf, and the
 * same bits from every instruction set this machine has.
 *
 * Functions are tried at floats spread over all bit patterns, and at every float near the places
 * where something changes. */
#include "config.h"

#include "simd_functions.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096 };

typedef struct chunk {
    float number[CHUNK];
} __attribute__((aligned(64))) chunk;

static chunk in, out, other;

/* ck_assert_msg writes a line to a pipe each time, and there are millions of floats. */
#define require(right, ...)                                                                        \
    do {                                                                                           \
        if (!(right))                                                                              \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- Instruction sets ------------------------------------------------------------------------ */

static int instruction_sets(const simd_functions *sets[3]) {
    int count = 0;
    sets[count++] = &simd_functions_generic;
#ifdef LCNN_X86_64
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        sets[count++] = &simd_functions_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        sets[count++] = &simd_functions_avx512;
#endif
    return count;
}

static const simd_functions *widest(void) {
    const simd_functions *sets[3];
    return sets[instruction_sets(sets) - 1];
}

/* ---- Where to look --------------------------------------------------------------------------- */

/* The three functions under test. Near the edges, every float is tried. */
static const struct {
    const char *name;
    size_t member; /* of simd_functions */
    double (*exact)(double);
    double most; /* error allowed, in units in the last place */
    float edge[8];
} functions[] = {
    {"exp",
     offsetof(simd_functions, exp),
     exp,
     1.03,
     {0, -0.0f, 0.34657359f, 1, 88.722839f, -87.336545f, -103.27893f, -103.97208f}},
    {"log",
     offsetof(simd_functions, log),
     log,
     0.82,
     {0, 0x1p-126f, 0x1p-127f, 0.70710678f, 1, 1.41421356f, 2, 0x1.fffffep127f}},
    {"tanh",
     offsetof(simd_functions, tanh),
     tanh,
     4.81,
     {0, -0.0f, 0x1p-12f, 0.5f, 4, 7.95f, 9.0109129f, -7.95f}},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, EDGES = 8 };

typedef void array_function(const float *x, float *y, size_t n);

static array_function *member(const simd_functions *set, int function) {
    array_function *f;
    memcpy(&f, (const char *)set + functions[function].member, sizeof f);
    return f;
}

static void fill(uint32_t first, uint32_t stride) {
    for (uint32_t i = 0; i < CHUNK; i++)
        in.number[i] = float_of(first + i * stride);
}

/* Calls `check` with `in` filled, for all places where this function is to be looked at. */
static void everywhere(int function, void (*check)(int function)) {
    enum { STRIDE = 1021 };
    for (uint64_t first = 0; first < UINT64_C(1) << 32; first += (uint64_t)CHUNK * STRIDE) {
        fill((uint32_t)first, STRIDE);
        check(function);
    }
    for (int i = 0; i < EDGES; i++)
        for (int part = -4; part < 4; part++) {
            fill(bits_of(functions[function].edge[i]) + (uint32_t)(part * CHUNK), 1);
            check(function);
        }
}

/* ---- exp, log, tanh -------------------------------------------------------------------------- */

/* The distance of y from the exact value, in units in the last place of a float of its size. */
static double error_in_ulp(float y, double exact) {
    int exponent;
    frexp(exact, &exponent);
    exponent = exponent - 24 < -149 ? -149 : exponent - 24;
    return fabs(y - exact) / ldexp(1, exponent);
}

static void check_accuracy(int function) {
    member(widest(), function)(in.number, out.number, CHUNK);
    for (int i = 0; i < CHUNK; i++) {
        double exact = functions[function].exact((double)in.number[i]);
        bool right;
        if (isnan(exact))
            right = isnan(out.number[i]);
        else if (isinf((float)exact))
            right = out.number[i] == (float)exact;
        else
            right = error_in_ulp(out.number[i], exact) <= functions[function].most;
        require(right, "%s(%a) = %a, not %a", functions[function].name, in.number[i], out.number[i],
                exact);
    }
}

START_TEST(functions_are_accurate) {
    everywhere(_i, check_accuracy);
}
END_TEST

static void check_widths(int function) {
    const simd_functions *sets[3];
    int count = instruction_sets(sets);
    member(sets[0], function)(in.number, out.number, CHUNK);
    for (int s = 1; s < count; s++) {
        member(sets[s], function)(in.number, other.number, CHUNK);
        for (int i = 0; i < CHUNK; i++)
            require(bits_of(out.number[i]) == bits_of(other.number[i]) ||
                        (isnan(out.number[i]) && isnan(other.number[i])),
                    "%s(%a) = %a with %s and %a with %s", functions[function].name, in.number[i],
                    out.number[i], sets[0]->name, other.number[i], sets[s]->name);
    }
}

START_TEST(instruction_sets_agree) {
    const simd_functions *sets[3];
    if (instruction_sets(sets) == 1)
        suite_skip("this machine has one instruction set only");
    everywhere(_i, check_widths);
}
END_TEST

static void check_tanh(int function) {
    member(widest(), function)(in.number, out.number, CHUNK);
    for (int i = 0; i < CHUNK; i++)
        other.number[i] = -in.number[i];
    member(widest(), function)(other.number, other.number, CHUNK);
    for (int i = 0; i < CHUNK; i++) {
        float x = in.number[i], y = out.number[i];
        if (isnan(x))
            continue;
        require(bits_of(-y) == bits_of(other.number[i]), "tanh is not odd at %a", x);
        require(fabsf(y) <= 1, "tanh(%a) = %a", x, y);
        if (fabsf(x) < 0x1p-13f)
            require(bits_of(x) == bits_of(y), "tanh(%a) = %a, not itself", x, y);
    }
}

START_TEST(tanh_is_odd_bounded_and_small_numbers_are_their_own) {
    everywhere(_i, check_tanh);
}
END_TEST

/* ---- Fused multiply-add ---------------------------------------------------------------------- */

static uint32_t next_random(void) {
    static uint64_t state = 1; /* Knuth's linear congruences; the upper half is random enough */
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 32);
}

/* A float between 2^-e and 2^e, or subnormal when e is 0. */
static float random_float(int e) {
    uint32_t bits = next_random();
    if (e == 0)
        return float_of(bits & 0x807fffff);
    return ldexpf(float_of((bits & 0x807fffff) | 0x3f800000),
                  (int)(next_random() % (2 * (uint32_t)e)) - e);
}

/* Sums that cancel, that overlap a little or not at all, that are subnormal, that overflow. */
static float addend(float a, float b, int kind) {
    float product = a * b;
    switch (kind) {
    case 0:
        return -product;
    case 1:
        return ldexpf(product, 24) + 1;
    case 2:
        return 0x1p25f * ldexpf(1, ilogbf(product)) + ldexpf(random_float(1), -140);
    case 3:
        return random_float(0);
    case 4:
        return -ldexpf(product, -24);
    case 5:
        return copysignf(0x1.fffffep127f, b);
    default:
        return random_float(100);
    }
}

static chunk factor_a, factor_b;

/* factor_a * factor_b + in, by every instruction set, against libm. */
static void check_fma(void) {
    const simd_functions *sets[3];
    int count = instruction_sets(sets);
    for (int s = 0; s < count; s++) {
        sets[s]->fma(factor_a.number, factor_b.number, in.number, out.number, CHUNK);
        for (int i = 0; i < CHUNK; i++) {
            float a = factor_a.number[i], b = factor_b.number[i], c = in.number[i];
            float exact = fmaf(a, b, c), got = out.number[i];
            require(bits_of(exact) == bits_of(got) || (isnan(exact) && isnan(got)),
                    "%s: %a * %a + %a = %a, not %a", sets[s]->name, a, b, c, got, exact);
        }
    }
}

START_TEST(fused_multiply_adds_round_once) {
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < CHUNK; i++) {
            int size = (int[]){1, 12, 63, 75}[i % 4];
            factor_a.number[i] = random_float(size);
            factor_b.number[i] = random_float(i % 5 ? size : 0);
            in.number[i] = addend(factor_a.number[i], factor_b.number[i], round % 7);
        }
        check_fma();
    }
}
END_TEST

/* (1 + e)(1 - e) is a hair less than 1. Scaled to half a unit in the last place of the addend, it
 * puts the sum a hair beside the middle between two floats: more bits than a double holds, so that
 * a double's sum is the middle itself and a second rounding goes wrong half the time. */
START_TEST(middles_between_floats_are_told_from_their_neighbours) {
    for (int j = 0; j < 300; j++) {
        for (int i = 0; i < CHUNK; i++) {
            bool subnormal = i % 4 == 0;
            float e = (float)j * 0x1p-23f, sign = i % 2 ? 1 : -1;
            factor_a.number[i] = (1 + e) * (subnormal ? 0x1p-75f : 0x1p-12f);
            factor_b.number[i] = sign * (1 - e) * (subnormal ? 0x1p-75f : 0x1p-12f);
            in.number[i] = subnormal ? random_float(0) : float_of(next_random() >> 9 | 0x3f800000);
        }
        check_fma();
    }
}
END_TEST

START_TEST(infinities_stay_infinite) {
    const simd_functions *sets[3];
    int count = instruction_sets(sets);
    const chunk a = {{INFINITY, -INFINITY, 2, 2, 0x1p127f}}, b = {{2, 2, 3, 3, -4}},
                c = {{1, 1, INFINITY, -INFINITY, 0}};
    for (int s = 0; s < count; s++) {
        sets[s]->fma(a.number, b.number, c.number, out.number, LANES);
        for (int i = 0; i < 5; i++)
            require(out.number[i] == (i % 2 || i == 4 ? -INFINITY : INFINITY),
                    "%s: %g * %g + %g = %g", sets[s]->name, a.number[i], b.number[i], c.number[i],
                    out.number[i]);
    }
}
END_TEST

START_TEST(lanes_are_summed_by_one_tree) {
    const simd_functions *sets[3];
    int count = instruction_sets(sets);
    float sum[LANES];
    for (int i = 0; i < LANES; i++)
        sum[i] = in.number[i] = random_float(20);
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int i = 0; i < n; i++)
            sum[i] = sum[i] + sum[i + n];
    for (int s = 0; s < count; s++)
        require(sets[s]->fold(in.number) == sum[0], "%s", sets[s]->name);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("simd");
    TCase *tcase = tcase_create("simd");
    tcase_add_loop_test(tcase, functions_are_accurate, 0, FUNCTIONS);
    tcase_add_loop_test(tcase, instruction_sets_agree, 0, FUNCTIONS);
    tcase_add_loop_test(tcase, tanh_is_odd_bounded_and_small_numbers_are_their_own, 2, 3);
    tcase_add_test(tcase, fused_multiply_adds_round_once);
    tcase_add_test(tcase, middles_between_floats_are_told_from_their_neighbours);
    tcase_add_test(tcase, infinities_stay_infinite);
    tcase_add_test(tcase, lanes_are_summed_by_one_tree);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
