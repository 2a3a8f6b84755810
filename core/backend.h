/* backend.h - everything that computes, as compiled for one instruction set.
 *
 * The operators, the optimisers and a few loops of the executor are compiled once per instruction set from the same
 * sources and give the same bits; one of the resulting backends is chosen when the program starts. */
#ifndef BACKEND_H
#define BACKEND_H

#include "op.h"
#include "optim.h"

enum { MOST_SLOTS = 8 };

typedef struct backend {
    const char *name;        /* "avx512", "avx2", "generic", ... */
    component_set ops;       /* members are op */
    const struct backend *single; /* whose operators take FORM_SINGLE, their vectors being at most SINGLE_VECTOR wide */
    component_set optimizers; /* members are optimizer */

    /* Adds up to MOST_SLOTS slots into the first; they lie `stride` reals apart, n a multiple of LANES. The order is a
     * tree: the sum of those with even numbers plus that of those with odd ones, and so on down. */
    void (*sum_slots)(real *slot, size_t stride, int slots, size_t n);

    /* Peak of the machine: `rounds` rounds of independent fused multiply-adds; returns how many were done. */
    int64_t (*peak)(int64_t rounds, real *sink);
} backend;

/* The widest backend this machine can run, or the one called `name` (NULL or "": the widest). NULL when there is no such
 * backend here. */
const backend *backend_choose(const char *name);

/* Backends compiled in that this machine can run, widest first, NULL-ended. */
const backend *const *backend_list(void);

#endif
