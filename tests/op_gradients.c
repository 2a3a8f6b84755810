/* op_gradients.c - the check of op_checks.h that compares gradients with central differences. */
#include "op_checks.h"

#include <math.h>
#include <string.h>

/* What a gradient is of: the sum of all outputs, weighted by their gradients. Differences are taken
 * output by output, so that those which do not change add no rounding. */
typedef struct slope {
    real *before[TRIAL_TILES]; /* the outputs on one side */
    double of_lane[LANES];
} slope;

/* The slope along the number at x in each of `lanes` lanes, all moved at once; a single one is the
 * slope of the whole. */
static void measure(trial *t, real *x, int lanes, slope *s) {
    const double step = 1e-5;
    double from[LANES], width[LANES];
    for (int lane = 0; lane < lanes; lane++) {
        from[lane] = (double)x[lane];
        x[lane] = (real)(from[lane] - step);
        width[lane] = (double)x[lane];
    }
    trial_forward(t);
    size_t size = shape_tile(&t->shapes.output) * sizeof(real);
    for (int i = 0; i < t->tiles; i++)
        memcpy(s->before[i], t->tile[i].output, size);
    for (int lane = 0; lane < lanes; lane++) {
        x[lane] = (real)(from[lane] + step);
        width[lane] = (double)x[lane] - width[lane];
        s->of_lane[lane] = 0;
    }
    trial_forward(t);
    for (int i = 0; i < t->tiles; i++)
        for (size_t e = 0; e < shape_size(&t->shapes.output); e++)
            for (int lane = 0; lane < t->tile[i].count; lane++) {
                size_t at = trial_place(&t->shapes.output, e) + (size_t)lane;
                s->of_lane[lanes == 1 ? 0 : lane] +=
                    (double)t->tile[i].output_grad[at] *
                    (double)(t->tile[i].output[at] - s->before[i][at]);
            }
    for (int lane = 0; lane < lanes; lane++) {
        x[lane] = (real)from[lane];
        s->of_lane[lane] /= width[lane];
    }
}

/* Compares n gradients with the slopes found. The error is relative to the number itself, but for
 * numbers that all but vanish beside the largest. */
static const char *compare(const char *name, const double *gradient, const double *found, size_t n,
                           double tolerance, arena *a) {
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(found[i]));
    for (size_t i = 0; i < n; i++) {
        double scale = fmax(fmax(fabs(gradient[i]), fabs(found[i])), 1e-3 * largest);
        if (!(fabs(gradient[i] - found[i]) <= tolerance * scale + 1e-12))
            return arena_format(a, "%s: number %zu of %zu is %.12g, but differences give %.12g",
                                name, i, n, gradient[i], found[i]);
    }
    return NULL;
}

/* Coupled samples change each other's outputs, so they are moved one by one. */
static const char *check_input(trial *t, int tile, int k, slope *s, double tolerance, arena *a) {
    const shape *in = &t->input_shape[k];
    int count = t->tile[tile].count;
    bool coupled = t->op->forward_gather != NULL;
    size_t n = shape_size(in) * (size_t)count;
    double *found = arena_array(a, n, sizeof(double)),
           *gradient = arena_array(a, n, sizeof(double));
    for (size_t i = 0, at = 0; i < shape_size(in); i++) {
        size_t place = trial_place(in, i);
        if (!coupled)
            measure(t, t->tile[tile].input[k] + place, LANES, s);
        for (int lane = 0; lane < count; lane++, at++) {
            if (coupled)
                measure(t, t->tile[tile].input[k] + place + lane, 1, s);
            found[at] = s->of_lane[coupled ? 0 : lane];
            gradient[at] = (double)t->tile[tile].input_grad[k][place + (size_t)lane];
        }
    }
    return compare(arena_format(a, "gradient of input %d", k), gradient, found, n, tolerance, a);
}

static const char *check_param(trial *t, int p, slope *s, double tolerance, arena *a) {
    size_t n = shape_size(&t->shapes.param[p].shape);
    double *found = arena_array(a, n, sizeof(double)),
           *gradient = arena_array(a, n, sizeof(double));
    for (size_t i = 0; i < n; i++) {
        size_t place = trial_param_place(t, p, i);
        measure(t, t->param[p] + place, 1, s);
        found[i] = trial_is_absent(t, p, i) ? 0 : s->of_lane[0];
        gradient[i] = (double)t->param_grad[p][place];
    }
    return compare(arena_format(a, "gradient of %s", t->op->params[p].name), gradient, found, n,
                   tolerance, a);
}

static const char *check_gradients_of(trial *t, int count, arena *a) {
    double tolerance = t->sample->tolerance > 0 ? t->sample->tolerance : 1e-6;
    slope s;
    const char *fault = NULL;
    trial_fill(t, count);
    trial_forward(t);
    trial_backward(t);
    for (int i = 0; i < t->tiles; i++)
        s.before[i] = arena_array(a, shape_tile(&t->shapes.output), sizeof(real));
    for (int i = 0; i < t->tiles && fault == NULL; i++)
        for (int k = 0; k < t->shapes.inputs && fault == NULL; k++)
            fault = check_input(t, i, k, &s, tolerance, a);
    for (int p = 0; p < OP_MAX_PARAMS && fault == NULL; p++)
        if (t->param_grad[p] != NULL)
            fault = check_param(t, p, &s, tolerance, a);
    return fault;
}

const char *check_gradients(trial *t, arena *a) {
    static const int counts[] = {LANES, 5, 1};
    const char *fault = NULL;
    for (int i = 0; i < 3 && fault == NULL; i++)
        fault = check_gradients_of(t, counts[i], a);
    return fault;
}
