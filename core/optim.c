/* optim.c - the optimisers: sgd, adam and adamw. Others have files of their own.
 *
 * Names and formulas are Keras's. Constants are worked out in double and rounded once; each weight
 * is updated on its own, so it does not matter who updates which. */
#include "optim.h"

#include "scalar_math.h"

static const char decay_help[] = "L2 penalty: this much of each weight is added to its gradient";

/* ---- sgd ------------------------------------------------------------------------------------- */

typedef struct sgd {
    double momentum, weight_decay;
    bool nesterov;
} sgd;

static const attr sgd_attrs[] = {
    {"momentum", ATTR_REAL, offsetof(sgd, momentum), .initial = "0", .min = 0, .max = 1,
     .help = "share of the last step that is taken again"},
    {"nesterov", ATTR_BOOL, offsetof(sgd, nesterov), .initial = "false",
     .help = "look one step of momentum ahead; needs momentum to differ"},
    {"weight_decay", ATTR_REAL, offsetof(sgd, weight_decay), .initial = "0", .min = 0, .max = 1,
     .help = decay_help},
    {0}};

/* Without momentum, and so without its memory: half the traffic of a step on a single sample.
 * Without decay, a gradient that is -0 keeps its sign, which changes no weight. */
INLINE void sgd_plain(vec rate, vec decay, const bool decays, real *w, vec factor,
                      const bool product, const real *g, size_t n) {
    for (size_t i = 0; i < n; i += LANES)
        UNROLLED (k, LANES / VW) {
            real *at = w + i + k * VW;
            vec weight = vec_load(at), grad = vec_load(g + i + k * VW);
            if (product)
                grad = vec_fma(factor, grad, vec_zero());
            if (decays)
                grad = vec_fma(decay, weight, grad);
            vec_store(at, weight + rate * grad);
        }
}

INLINE void sgd_momentum(const sgd *s, vec rate, vec decay, real *w, vec factor, const bool product,
                         const real *g, real *velocity, size_t n) {
    vec momentum = vec_set1((real)s->momentum);
    for (size_t i = 0; i < n; i += VW) {
        vec weight = vec_load(w + i), grad = vec_load(g + i);
        if (product)
            grad = vec_fma(factor, grad, vec_zero());
        vec push = rate * vec_fma(decay, weight, grad);
        vec v = vec_fma(momentum, vec_load(velocity + i), push);
        vec_store(velocity + i, v);
        vec_store(w + i, weight + (s->nesterov ? vec_fma(momentum, v, push) : v));
    }
}

/* `rows` rows of n weights, whose gradients are those in g, times x[row] where x is given. */
INLINE void sgd_move(const sgd *s, const optim_step *step, real *w, const real *x, int rows,
                     const real *g, real *velocity, size_t n) {
    const vec rate = vec_set1((real)-step->learning_rate);
    const vec decay = vec_set1((real)(step->decay ? s->weight_decay : 0));
    for (int r = 0; r < rows; r++, w += n) {
        const vec factor = vec_set1(x ? x[r] : 1);
        if (s->momentum != 0)
            sgd_momentum(s, rate, decay, w, factor, x != NULL, g, velocity + (size_t)r * n, n);
        else if (step->decay && s->weight_decay != 0)
            sgd_plain(rate, decay, true, w, factor, x != NULL, g, n);
        else
            sgd_plain(rate, decay, false, w, factor, x != NULL, g, n);
    }
}

static void sgd_update(const void *attrs, const optim_step *step, real *w, const real *g,
                       real *const state[], size_t n) {
    sgd_move(attrs, step, w, NULL, 1, g, state[0], n);
}

static void sgd_update_product(const void *attrs, const optim_step *step, real *w, const real *x,
                               int rows, const real *dy, real *const state[], size_t n) {
    sgd_move(attrs, step, w, x, rows, dy, state[0], n);
}

LCNN_OPTIMIZER(sgd) = {
    .component = {.name = "sgd",
                  .summary = "gradient descent, with momentum if wanted",
                  .doc =
                      "g' = g + weight_decay w\n"
                      "v = momentum v - rate g'\n"
                      "w = w + v, or with nesterov w + momentum v - rate g'\n"
                      "v begins at 0. Source: Sutskever, Martens, Dahl, Hinton, \"On the\n"
                      "importance of initialization and momentum in deep learning\" (ICML 2013).",
                  .size = sizeof(sgd),
                  .attrs = sgd_attrs},
    .states = 1,
    .update = sgd_update,
    .update_product = sgd_update_product};

/* ---- adam and adamw -------------------------------------------------------------------------- */

typedef struct adam {
    double beta_1, beta_2, epsilon, weight_decay;
} adam;

/* clang-format off */
#define ADAM_ROWS \
    {"beta_1", ATTR_REAL, offsetof(adam, beta_1), .initial = "0.9", .min = 0, .max = 0.999999, \
     .help = "how much of the mean of the gradients a step keeps"}, \
    {"beta_2", ATTR_REAL, offsetof(adam, beta_2), .initial = "0.999", .min = 0, .max = 0.999999, \
     .help = "how much of the mean of their squares a step keeps"}, \
    {"epsilon", ATTR_REAL, offsetof(adam, epsilon), .initial = "1e-7", .min = 1e-30, .max = 1, \
     .help = "added to the root of the mean square, before its bias is corrected"}
/* clang-format on */

static const attr adam_attrs[] = {ADAM_ROWS,
                                  {"weight_decay", ATTR_REAL, offsetof(adam, weight_decay),
                                   .initial = "0", .min = 0, .max = 1, .help = decay_help},
                                  {0}};

static const attr adamw_attrs[] = {
    ADAM_ROWS,
    {"weight_decay", ATTR_REAL, offsetof(adam, weight_decay), .initial = "0.004", .min = 0,
     .max = 1, .help = "share of each weight, times the learning rate, that a step takes off"},
    {0}};

/* penalty: added to the gradient, per weight; shrink: share of the weight taken off beforehand. */
static void adam_step(const adam *a, const optim_step *step, double penalty, double shrink, real *w,
                      const real *g, real *const state[], size_t n) {
    double correct_1 = 1 - scalar_power(a->beta_1, step->step);
    double correct_2 = 1 - scalar_power(a->beta_2, step->step);
    vec rate = vec_set1((real)(step->learning_rate * __builtin_sqrt(correct_2) / correct_1));
    vec keep = vec_set1((real)-shrink);
    vec decay = vec_set1((real)penalty);
    vec new_1 = vec_set1((real)(1 - a->beta_1));
    vec new_2 = vec_set1((real)(1 - a->beta_2));
    vec epsilon = vec_set1((real)a->epsilon);
    for (size_t i = 0; i < n; i += VW) {
        vec weight = vec_load(w + i);
        weight = vec_fma(keep, weight, weight);
        vec gradient = vec_fma(decay, weight, vec_load(g + i));
        vec m = vec_load(state[0] + i);
        vec v = vec_load(state[1] + i);
        m = vec_fma(new_1, gradient - m, m);
        v = vec_fma(new_2, gradient * gradient - v, v);
        vec_store(state[0] + i, m);
        vec_store(state[1] + i, v);
        vec_store(w + i, weight - rate * m / (vec_sqrt(v) + epsilon));
    }
}

static void adam_update(const void *attrs, const optim_step *step, real *w, const real *g,
                        real *const state[], size_t n) {
    const adam *a = attrs;
    adam_step(a, step, step->decay ? a->weight_decay : 0, 0, w, g, state, n);
}

static void adamw_update(const void *attrs, const optim_step *step, real *w, const real *g,
                         real *const state[], size_t n) {
    const adam *a = attrs;
    double shrink = step->decay ? step->learning_rate * a->weight_decay : 0;
    adam_step(a, step, 0, shrink, w, g, state, n);
}

LCNN_OPTIMIZER(adam) = {
    .component = {.name = "adam",
                  .summary = "steps scaled by running means of the gradients and their squares",
                  .doc =
                      "g' = g + weight_decay w\n"
                      "m = beta_1 m + (1 - beta_1) g'\n"
                      "v = beta_2 v + (1 - beta_2) g'^2\n"
                      "w = w - rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)\n"
                      "m and v begin at 0, t counts steps from 1. This is Keras's form; PyTorch\n"
                      "adds its epsilon to sqrt(v / (1 - beta_2^t)), so the same number means\n"
                      "less there in early steps. Source: Kingma and Ba, \"Adam: a method for\n"
                      "stochastic optimization\" (ICLR 2015), end of section 2.",
                  .size = sizeof(adam),
                  .attrs = adam_attrs},
    .states = 2,
    .update = adam_update};

LCNN_OPTIMIZER(adamw) = {
    .component = {.name = "adamw",
                  .summary = "adam whose weight decay is no part of the gradient",
                  .doc =
                      "w = w - rate weight_decay w, then a step of adam on g itself.\n"
                      "Source: Loshchilov and Hutter, \"Decoupled weight decay regularization\"\n"
                      "(ICLR 2019).",
                  .size = sizeof(adam),
                  .attrs = adamw_attrs},
    .states = 2,
    .update = adamw_update};
