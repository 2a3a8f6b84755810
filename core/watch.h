/* watch.h - what every node gives in a run of an exec, to be looked at afterwards: fingerprints for
 * traces, and where numbers ceased to be finite. */
#ifndef WATCH_H
#define WATCH_H

#include "exec.h"

typedef struct watch {
    const graph *graph;
    arena *arena;
    float **values; /* [graph->count], for exec_answers.values */
} watch;

/* For runs of up to `most` samples. False with a message. */
bool watch_begin(watch *w, const graph *g, int most, lcnn_errors *errors);
void watch_end(watch *w);

/* The first node that gave a number that is not finite for any of `count` samples; -1: none. */
int watch_unfinite(const watch *w, int count);

/* 64 bits of what each node gave [graph->count]. Any one number that differs changes them. */
void watch_nodes(const watch *w, int count, uint64_t *hash);

/* The same of the network's tensors [n->count]. */
void watch_tensors(const network *n, uint64_t *hash);

/* A tensor that is not finite, of the node nearest to the loss, where backward comes first; -1: none. */
int watch_unfinite_tensor(const network *n);

#endif
