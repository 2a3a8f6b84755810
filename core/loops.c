/* loops.c - the executor's own arithmetic, compiled once per instruction set. */
#include "backend.h"

void ISA_NAME(sum_slots)(real *out, const real *slot, size_t stride, int slots, size_t n);
int64_t ISA_NAME(peak)(int64_t rounds, real *sink);

void ISA_NAME(sum_slots)(real *out, const real *slot, size_t stride, int slots, size_t n) {
    for (size_t i = 0; i < n; i += VW) {
        vec sum = vec_load(slot + i);
        for (int s = 1; s < slots; s++)
            sum += vec_load(slot + (size_t)s * stride + i);
        vec_store(out + i, sum);
    }
}

int64_t ISA_NAME(peak)(int64_t rounds, real *sink) {
    /* As many chains as hide the latency of an addition and still fit the registers of every
     * instruction set. */
    enum { CHAINS = 12 };
    vec sum[CHAINS];
    const vec factor = vec_set1((real)0.999), term = vec_set1((real)0.001);
    UNROLLED (i, CHAINS)
        sum[i] = vec_set1((real)i);
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
