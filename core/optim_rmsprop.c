/* optim_rmsprop.c - the optimiser rmsprop. The others are in optim.c. */
#include "optim.h"

typedef struct rmsprop {
    double rho, momentum, epsilon, weight_decay;
} rmsprop;

static const attr rmsprop_attrs[] = {
    {"rho", ATTR_REAL, offsetof(rmsprop, rho), .initial = "0.9", .min = 0, .max = 0.999999,
     .help = "how much of the mean of the squared gradients a step keeps"},
    {"momentum", ATTR_REAL, offsetof(rmsprop, momentum), .initial = "0", .min = 0, .max = 1,
     .help = "share of the last step that is taken again"},
    {"epsilon", ATTR_REAL, offsetof(rmsprop, epsilon), .initial = "1e-7", .min = 1e-30, .max = 1,
     .help = "added to the mean square, under the root"},
    {"weight_decay", ATTR_REAL, offsetof(rmsprop, weight_decay), .initial = "0", .min = 0, .max = 1,
     .help = "L2 penalty: this much of each weight is added to its gradient"},
    {0}};

static void rmsprop_update(const void *attrs, const optim_step *step, real *w, const real *g,
                           real *const state[], size_t n) {
    const rmsprop *r = attrs;
    const vec rate = vec_set1((real)-step->learning_rate);
    const vec decay = vec_set1((real)(step->decay ? r->weight_decay : 0));
    const vec added = vec_set1((real)(1 - r->rho));
    const vec momentum = vec_set1((real)r->momentum);
    const vec epsilon = vec_set1((real)r->epsilon);
    for (size_t i = 0; i < n; i += VW) {
        const vec weight = vec_load(w + i);
        const vec gradient = vec_fma(decay, weight, vec_load(g + i));
        vec square = vec_load(state[0] + i);
        square = vec_fma(added, gradient * gradient - square, square);
        const vec push = rate * gradient / vec_sqrt(square + epsilon);
        const vec move = vec_fma(momentum, vec_load(state[1] + i), push);
        vec_store(state[0] + i, square);
        vec_store(state[1] + i, move);
        vec_store(w + i, weight + move);
    }
}

LCNN_OPTIMIZER(rmsprop) = {
    .component =
        {.name = "rmsprop",
         .summary = "steps divided by the root of a running mean of squared gradients",
         .doc = "g' = g + weight_decay w\n"
                "s = rho s + (1 - rho) g'^2\n"
                "v = momentum v - rate g' / sqrt(s + epsilon)\n"
                "w = w + v\n"
                "s and v begin at 0. This is Keras's form; PyTorch keeps 0.99 of the mean\n"
                "if not told otherwise, and adds its epsilon to the root. Source: Tieleman\n"
                "and Hinton, \"Lecture 6.5: rmsprop\" (Neural networks for machine learning,\n"
                "Coursera, 2012).",
         .size = sizeof(rmsprop),
         .attrs = rmsprop_attrs},
    .states = 2,
    .update = rmsprop_update};
