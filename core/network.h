/* network.h - the numbers of a network: trained weights and running state, in one block of memory.
 *
 * Owns where each tensor lies and how its order in memory relates to its order in files. Trained tensors come first, so
 * that gradients and the optimiser see one array. */
#ifndef NETWORK_H
#define NETWORK_H

#include "checkpoint.h"
#include "graph.h"

typedef struct network_tensor {
    const char *name; /* "c1.weight" */
    int node, param;
    op_param_shape shape;
    size_t offset; /* in values, in reals */
    size_t size;   /* in reals, padding included; a multiple of LANES */
    bool decay;
} network_tensor;

typedef struct network {
    const graph *graph;
    int count;
    network_tensor *tensor; /* [count]: trained ones first, each kind in graph order */
    int trained_count; /* tensors that are trained */
    size_t trained; /* their reals */
    size_t size;    /* reals of all */
    real *values;   /* [size]; padding is zero and stays so */
} network;

/* A network of zeros. Lives in `a`, but for the values, which network_free gives back. NULL with a message. */
network *network_new(const graph *g, arena *a, lcnn_errors *errors);
void network_free(network *n);

/* Every tensor by its initialiser. */
bool network_initialize(network *n, uint64_t seed, lcnn_errors *errors);

/* The first `count` tensors in file order, as checkpoint.h wants them, their names behind `prefix`, with the values, laid out
 * as the network's, copied out; in memory of `a`. NULL with a message. */
checkpoint_tensor *network_export(const network *n, const char *prefix, const real *values, int count, arena *a,
                                  lcnn_errors *errors);

/* The other way: from a list of `count` tensors into values. */
void network_import(const network *n, const checkpoint_tensor *list, int count, real *values);

/* Whether the list, read from `path`, is zero where the model has no connection; false with a message. */
bool network_accepts(const network *n, const checkpoint_tensor *list, const char *path, lcnn_errors *errors);

/* Reads a weights file into the network; untouched on failure. */
bool network_load(network *n, const char *path, lcnn_errors *errors);

/* The weights file as bytes of malloc; NULL with a message. */
char *network_bytes(const network *n, size_t *size, lcnn_errors *errors);

/* SHA-256 of the weights file, and the fingerprints of its tensors [count]; false with a message. */
bool network_hash(const network *n, char sha256[65], lcnn_fingerprint *tensor, lcnn_errors *errors);

#endif
