/* loops.c - the executor's own arithmetic, compiled once per instruction set. */
#include "backend.h"

void ISA_NAME(sum_slots)(real *slot, size_t stride, int slots, size_t n);
int64_t ISA_NAME(peak)(int64_t rounds, real *sink);

/* The sums of up to two, four and eight slots: those with even numbers and those with odd ones,
 * added. */
INLINE vec sum_2(const real *slot, size_t stride, int slots) {
    return slots > 1 ? vec_load(slot) + vec_load(slot + stride) : vec_load(slot);
}

INLINE vec sum_4(const real *slot, size_t stride, int slots) {
    vec even = sum_2(slot, 2 * stride, (slots + 1) / 2);
    return slots > 1 ? even + sum_2(slot + stride, 2 * stride, slots / 2) : even;
}

INLINE vec sum_8(const real *slot, size_t stride, int slots) {
    vec even = sum_4(slot, 2 * stride, (slots + 1) / 2);
    return slots > 1 ? even + sum_4(slot + stride, 2 * stride, slots / 2) : even;
}

void ISA_NAME(sum_slots)(real *slot, size_t stride, int slots, size_t n) {
    for (size_t i = 0; i < n; i += VW)
        vec_store(slot + i, sum_8(slot + i, stride, slots));
}

int64_t ISA_NAME(peak)(int64_t rounds, real *sink) {
    /* As many chains as hide the latency of an addition and still fit the registers of every
     * instruction set. */
    enum { CHAINS = 12 };
    vec sum[CHAINS];
    const vec factor = vec_set1((real)0.999), term = vec_set1((real)0.001);
    UNROLLED (i, CHAINS) /* not from 1, which stays 1 and takes no time once a compiler sees it */
        sum[i] = vec_set1((real)(i + 2));
    for (int64_t r = 0; r < rounds; r++) {
        UNROLLED (i, CHAINS)
            sum[i] = vec_fma(sum[i], factor, term);
    }
    vec total = vec_zero();
    for (int i = 0; i < CHAINS; i++)
        total += sum[i];
    *sink = total[0];
    return rounds * CHAINS * VW;
}
