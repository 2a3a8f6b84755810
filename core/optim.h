/* optim.h - optimisers: how weights move along their gradients. Compiled once per instruction set, like operators. */
#ifndef OPTIM_H
#define OPTIM_H

#include "attr.h"
#include "simd.h"
#include "tensor.h"

enum { OPTIM_MAX_STATES = 2 };

typedef struct optim_step {
    double learning_rate;
    int64_t step; /* 1 for the first update */
    bool decay;   /* weight decay applies to these weights */
} optim_step;

typedef struct optimizer {
    component component;
    int states; /* numbers kept per weight besides the weight itself; zero at the start */
    /* Updates n weights w by their gradients g; n is a multiple of LANES and everything 64-byte aligned. */
    void (*update)(const void *attrs, const optim_step *step, real *w, const real *g, real *const state[], size_t n);
    /* Optional: the same for weights [rows][n] whose gradients are the products x[row] * dy[n], which need not be stored
     * then. */
    void (*update_product)(const void *attrs, const optim_step *step, real *w, const real *x, int rows, const real *dy,
                           real *const state[], size_t n);
    /* Optional, both or none: an optimiser that goes by second derivatives. Before each epoch they are estimated on so many
     * images of it, and given to the states of n weights, whose they are; laid out as for update. Networks need an operator's
     * curvature rule for each node. */
    int (*curvature_samples)(const void *attrs);
    void (*adapt)(const void *attrs, const real *curvature, real *const state[], size_t n);
} optimizer;

#define LCNN_OPTIMIZER(name) const optimizer ISA_NAME(optimizer_##name)

#endif
