/* optim_sdlm.c - the optimiser sdlm, which gives every weight a learning rate of its own. The
 * others are in optim.c; where second derivatives come from is the executor's and the operators'
 * business. */
#include "optim.h"

typedef struct sdlm {
    double mu;
    int samples;
} sdlm;

static const attr sdlm_attrs[] = {
    {"mu", ATTR_REAL, offsetof(sdlm, mu), .initial = "0.02", .min = 1e-30, .max = 1e6,
     .help = "added to every second derivative: no weight's rate exceeds learning_rate / mu"},
    {"samples", ATTR_INT, offsetof(sdlm, samples), .initial = "500", .min = 1, .max = 1 << 20,
     .help =
         "images on which second derivatives are estimated before each epoch, or all there are"},
    {0}};

static int sdlm_samples(const void *attrs) {
    return ((const sdlm *)attrs)->samples;
}

/* The state of a weight is its part of the rate, 1 / (mu + h). */
static void sdlm_adapt(const void *attrs, const real *curvature, real *const state[], size_t n) {
    const vec mu = vec_set1((real)((const sdlm *)attrs)->mu), one = vec_set1(1);
    for (size_t i = 0; i < n; i += VW)
        vec_store(state[0] + i, one / (mu + vec_load(curvature + i)));
}

/* `rows` rows of n weights, whose gradients are those in g, times x[row] where x is given. */
INLINE void sdlm_move(const optim_step *step, real *w, const real *x, int rows, const real *g,
                      const real *part, size_t n) {
    const vec rate = vec_set1((real)-step->learning_rate);
    for (int r = 0; r < rows; r++, w += n, part += n) {
        const vec factor = vec_set1(x ? x[r] : 1);
        for (size_t i = 0; i < n; i += LANES)
            UNROLLED (k, LANES / VW) {
                real *at = w + i + k * VW;
                vec gradient = vec_load(g + i + k * VW);
                if (x)
                    gradient = vec_fma(factor, gradient, vec_zero());
                vec own = rate * vec_load(part + i + k * VW);
                vec_store(at, vec_fma(own, gradient, vec_load(at)));
            }
    }
}

static void sdlm_update(const void *attrs, const optim_step *step, real *w, const real *g,
                        real *const state[], size_t n) {
    (void)attrs;
    sdlm_move(step, w, NULL, 1, g, state[0], n);
}

static void sdlm_update_product(const void *attrs, const optim_step *step, real *w, const real *x,
                                int rows, const real *dy, real *const state[], size_t n) {
    (void)attrs;
    sdlm_move(step, w, x, rows, dy, state[0], n);
}

LCNN_OPTIMIZER(sdlm) = {
    .component =
        {.name = "sdlm",
         .summary = "stochastic diagonal Levenberg-Marquardt, how LeNet-5 was trained in 1998",
         .doc = "w = w - rate / (mu + h) g\n"
                "h is the weight's second derivative of the mean loss, in the Gauss-Newton\n"
                "approximation: summed over the connections that share the weight, averaged\n"
                "over the first `samples` images of the epoch's order, before each epoch, and\n"
                "held through it. Every operator that the gradient passes must have a rule for\n"
                "it. Made for a batch_size of 1. Source: LeCun, Bottou, Bengio, Haffner,\n"
                "\"Gradient-based learning applied to document recognition\" (Proc. IEEE 86(11),\n"
                "1998), appendix C.",
         .size = sizeof(sdlm),
         .attrs = sdlm_attrs},
    .states = 1,
    .update = sdlm_update,
    .update_product = sdlm_update_product,
    .curvature_samples = sdlm_samples,
    .adapt = sdlm_adapt};
