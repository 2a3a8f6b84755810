/* curvature.h - second derivatives for the optimisers that go by them: which networks have them, and estimating them before
 * each epoch. How they are computed is the executor's business (exec_curvature.c). */
#ifndef CURVATURE_H
#define CURVATURE_H

#include "exec.h"

/* False, with a message at `at`, when the optimiser `method` goes by second derivatives and an operator has no rule for them:
 * not even one that none would pass, since a run that estimates them may change what such an operator keeps of its batches. */
bool curvature_check(const graph *g, const attr_component *method, mark at, lcnn_errors *errors);

/* What estimating takes; all zero for optimisers that do without. */
typedef struct curvature {
    exec *exec;
    const attr_component *method;
    uint32_t samples; /* as many as the optimiser wants, or all there are */
} curvature;

/* For an epoch of `count` samples. False with a message when memory is out. */
bool curvature_new(curvature *c, const backend *b, network *n, const feed *f, uint32_t count, int threads,
                   const attr_component *method, lcnn_errors *errors);
void curvature_free(curvature *c);

/* Estimates them on the samples of `batch`, which are c->samples in number, and gives them to the optimiser's memory in x. */
void curvature_estimate(const curvature *c, exec *x, const exec_batch *batch);

#endif
