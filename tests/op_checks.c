/* op_checks.c - see op_checks.h; check_gradients is in op_gradients.c. */
#include "op_checks.h"

#include <math.h>
#include <string.h>

enum { PARTIAL = 5 }; /* samples of a partial tile */

/* ---- Results ---------------------------------------------------------------------------- */

static void take(results *r, const char *name, const void *bytes, size_t size) {
    r->part[r->count].name = name;
    r->part[r->count].bytes = bytes;
    r->part[r->count++].size = size;
}

/* The first lanes of a tile, without padding. */
static void take_tile(results *r, const char *name, const real *tile, const shape *s,
                      tile_form form, int lanes, arena *a) {
    size_t n = shape_size(s), width = (size_t)lanes;
    real *copy = arena_array(a, n * width, sizeof(real));
    for (size_t i = 0; i < n; i++) {
        size_t place = form == FORM_SINGLE ? trial_place_single(s, i) : trial_place(s, i);
        memcpy(copy + i * width, tile + place, width * sizeof(real));
    }
    take(r, name, copy, n * width * sizeof(real));
}

static void take_param(results *r, const char *what, const trial *t, int p, const real *numbers,
                       arena *a) {
    size_t size = t->param_numbers[p] * sizeof(real);
    take(r, arena_format(a, "%s %s", what, t->op->params[p].name),
         arena_copy(a, (const char *)numbers, size), size);
}

/* Numbers behind the last one of a parameter mean nothing and are left out, as are those without a
 * connection, which no call adds to. */
static void take_param_grad(results *r, const trial *t, int p, arena *a) {
    size_t size = shape_size(&t->shapes.param[p].shape), n = 0;
    real *copy = arena_array(a, size, sizeof(real));
    for (size_t i = 0; i < size; i++)
        if (!trial_is_absent(t, p, i))
            copy[n++] = t->param_grad[p][trial_param_place(t, p, i)];
    take(r, arena_format(a, "the gradient of %s", t->op->params[p].name), copy, n * sizeof(real));
}

results *results_take(const trial *t, int lanes, bool with_gradients, arena *a) {
    results *r = arena_alloc(a, sizeof *r);
    for (int i = 0; i < t->tiles; i++) {
        int count = lanes < t->tile[i].count ? lanes : t->tile[i].count;
        take_tile(r, "the output", t->tile[i].output, &t->shapes.output, t->form, count, a);
        for (int k = 0; k < t->shapes.inputs && with_gradients; k++)
            take_tile(r, arena_format(a, "the gradient of input %d", k), t->tile[i].input_grad[k],
                      &t->input_shape[k], t->form, count, a);
    }
    for (int p = 0; p < OP_MAX_PARAMS && lanes == LANES; p++) {
        if (t->state[p] != NULL)
            take_param(r, "state", t, p, t->state[p], a);
        if (t->param_grad[p] != NULL && with_gradients)
            take_param_grad(r, t, p, a);
    }
    return r;
}

const char *results_differ(const results *x, const results *y) {
    for (int i = 0; i < x->count; i++)
        if (x->part[i].size != y->part[i].size ||
            memcmp(x->part[i].bytes, y->part[i].bytes, x->part[i].size) != 0)
            return x->part[i].name;
    return NULL;
}

/* Forward and, when training, backward. */
static results *run_as_told(trial *t, arena *a) {
    trial_forward(t);
    if (!t->training)
        return results_take(t, LANES, false, a);
    /* Backward may overwrite what it did not ask to keep, so the outputs are taken first. */
    results *outputs = results_take(t, LANES, false, a);
    trial_backward(t);
    results *r = results_take(t, LANES, true, a);
    for (int i = 0, k = 0; i < r->count; i++)
        if (strcmp(r->part[i].name, "the output") == 0) {
            while (strcmp(outputs->part[k].name, "the output") != 0)
                k++;
            r->part[i].bytes = outputs->part[k++].bytes;
        }
    return r;
}

/* ---- Gradients that are added ----------------------------------------------------------- */

static const char *larger_by(const results *x, const results *y, double base, arena *a) {
    for (int i = 0; i < x->count; i++) {
        if (strncmp(x->part[i].name, "the gradient", 12) != 0)
            continue;
        const real *stored = x->part[i].bytes, *added = y->part[i].bytes;
        for (size_t e = 0; e < x->part[i].size / sizeof(real); e++)
            if (!(fabs((double)added[e] - (double)stored[e] - base) <=
                  1e-11 * (1 + fabs((double)stored[e]))))
                return arena_format(a, "%s: %.12g stored, but %.12g when added to %g",
                                    x->part[i].name, (double)stored[e], (double)added[e], base);
    }
    return NULL;
}

const char *check_adding(trial *t, arena *a) {
    const double base = 0.75;
    trial_fill(t, PARTIAL);
    results *stored = run_as_told(t, a);
    trial_fill(t, PARTIAL);
    t->add = true;
    trial_fill_gradients(t, (real)base);
    return larger_by(stored, run_as_told(t, a), base, a);
}

/* ---- Same bits whatever the circumstances ----------------------------------------------- */

static const char *same(const results *x, const results *y, const char *when, arena *a) {
    const char *name = results_differ(x, y);
    return name == NULL ? NULL : arena_format(a, "%s differs %s", name, when);
}

const char *check_items(trial *t, arena *a) {
    trial_fill(t, PARTIAL);
    results *together = run_as_told(t, a);
    trial_fill(t, PARTIAL);
    t->split = ITEMS_SINGLY_BACKWARDS;
    const char *fault =
        same(together, run_as_told(t, a), "when items are done one by one from the last", a);
    if (fault != NULL)
        return fault;
    trial_fill(t, PARTIAL);
    t->split = ITEMS_IN_TWO_PARTS;
    return same(together, run_as_told(t, a), "when items are done in two parts", a);
}

static results *run_twice(trial *t, tile_form form, trial_split split, arena *a) {
    trial_fill_sample(t, form);
    t->twice = true;
    t->split = split;
    trial_forward(t);
    trial_backward(t);
    return results_take(t, LANES, true, a);
}

const char *check_twice(trial *t, arena *a) {
    results *together = run_twice(t, FORM_LANES, ITEMS_TOGETHER, a);
    const char *fault = NULL;
    for (tile_form f = 0; f < FORMS && t->shapes.inputs > 1; f++)
        for (trial_split split = 0; split <= ITEMS_IN_TWO_PARTS && fault == NULL; split++)
            if (f == FORM_LANES || t->shapes.single_forward_items > 0)
                fault = same(together, run_twice(t, f, split, a), "where a value is read twice", a);
    return fault;
}

const char *check_saves(trial *t, arena *a) {
    trial_fill(t, PARTIAL);
    results *kept = run_as_told(t, a);
    trial_fill(t, PARTIAL);
    t->forget = true;
    return same(kept, run_as_told(t, a), "when what backward does not save is overwritten", a);
}

const char *check_in_place(trial *t, arena *a) {
    if (!t->op->in_place || t->shapes.not_in_place)
        return NULL;
    if (shape_tile(&t->shapes.output) != shape_tile(&t->input_shape[0]))
        return "input 0 and output take different memory, so they cannot share it";
    results *apart[2], *shared[2];
    for (int training = 0; training < 2; training++) {
        trial_fill(t, PARTIAL);
        t->training = training != 0;
        apart[training] = run_as_told(t, a);
        trial_fill(t, PARTIAL);
        t->training = training != 0;
        t->output_in_place = !training || !(t->op->saves & OP_SAVES_INPUT);
        t->grad_in_place = training != 0;
        shared[training] = run_as_told(t, a);
    }
    const char *fault = same(apart[0], shared[0], "in place at inference", a);
    return fault != NULL ? fault : same(apart[1], shared[1], "in place", a);
}

/* The first `lanes` samples among `count`. */
static results *in_company(trial *t, bool training, int count, int lanes, arena *a) {
    trial_fill(t, count);
    t->training = training;
    trial_forward(t);
    if (training)
        trial_backward(t);
    return results_take(t, lanes, training, a);
}

const char *check_company(trial *t, arena *a) {
    const struct {
        int count;
        const char *when;
    } cases[] = {{PARTIAL, "between a partial and a full tile"},
                 {1, "between one sample and a full tile"}};
    const char *fault = NULL;
    for (int training = 0; training < 2; training++)
        for (int i = 0; i < 2 && fault == NULL && !(training && t->op->forward_gather != NULL); i++)
            fault =
                same(in_company(t, training, LANES, cases[i].count, a),
                     in_company(t, training, cases[i].count, cases[i].count, a), cases[i].when, a);
    return fault;
}

const char *check_unwanted(trial *t, arena *a) {
    trial_fill(t, PARTIAL);
    results *all = run_as_told(t, a);
    for (int k = 0; k < t->shapes.inputs && t->shapes.inputs > 1; k++) {
        trial_fill(t, PARTIAL);
        t->unwanted = k;
        results *others = run_as_told(t, a);
        const char *own = arena_format(a, "the gradient of input %d", k);
        for (int i = 0; i < all->count; i++)
            if (strcmp(all->part[i].name, own) == 0)
                others->part[i].bytes = all->part[i].bytes;
        const char *fault =
            same(all, others, arena_format(a, "when input %d needs no gradient", k), a);
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

/* ---- What is written where -------------------------------------------------------------- */

static const char *check_tile(const char *name, const real *tile, const shape *s, arena *a) {
    size_t pixels = shape_pixels(s) * LANES, stride = shape_stride(s);
    for (size_t i = 0; i < shape_tile(s); i++) {
        if (i % stride < pixels && !isfinite(tile[i]))
            return arena_format(a, "%s is not finite in lane %zu of channel %zu", name, i % LANES,
                                i / stride);
        if (i % stride >= pixels && memcmp(&tile[i], &trial_poison, sizeof(real)) != 0)
            return arena_format(a, "%s: the padding line after channel %zu was written", name,
                                i / stride);
    }
    return NULL;
}

/* Sums over lanes rely on it. */
static const char *check_unused_lanes(const trial_tile *tile, int k, const shape *s, arena *a) {
    for (size_t i = 0; i < shape_size(s); i++)
        for (int lane = tile->count; lane < LANES; lane++)
            if (tile->input_grad[k][trial_place(s, i) + (size_t)lane] != 0)
                return arena_format(
                    a, "input %d has a gradient in lane %d, where there is no sample", k, lane);
    return NULL;
}

/* Zero gradients are what keeps the padding of transposed weights zero. */
static const char *check_param_padding(const trial *t, int p, arena *a) {
    size_t rows = (size_t)t->shapes.param[p].shape.dim[1],
           out = (size_t)t->shapes.param[p].shape.dim[0];
    size_t width = t->param_numbers[p] / rows;
    for (size_t i = 0; i < t->param_numbers[p]; i++)
        if (i % width >= out && t->param_grad[p][i] != 0)
            return arena_format(a, "padding of %s has a gradient", t->op->params[p].name);
    return NULL;
}

const char *check_places(trial *t, arena *a) {
    const char *fault = NULL;
    const int counts[] = {LANES, PARTIAL, 1};
    for (int n = 0; n < 3; n++) {
        trial_fill(t, counts[n]);
        trial_forward(t);
        trial_backward(t);
        for (int i = 0; i < t->tiles && fault == NULL; i++) {
            fault = check_tile("the output", t->tile[i].output, &t->shapes.output, a);
            for (int k = 0; k < t->shapes.inputs && fault == NULL; k++) {
                fault = check_tile("an input's gradient", t->tile[i].input_grad[k],
                                   &t->input_shape[k], a);
                if (fault == NULL)
                    fault = check_unused_lanes(&t->tile[i], k, &t->input_shape[k], a);
            }
        }
        for (int p = 0; p < OP_MAX_PARAMS && fault == NULL; p++)
            if (t->param_grad[p] != NULL && t->shapes.param[p].transposed)
                fault = check_param_padding(t, p, a);
    }
    return fault;
}

/* ---- One sample, in a form of its own ---------------------------------------------------- */

/* Ways of running an operator, all of which give a sample the bits that it has in FORM_LANES. */
typedef struct way {
    const char *when;
    bool training, add, forget, in_place;
    trial_split split;
} way;

static const way single_ways[] = {
    {.when = "at inference"},
    {.when = "in place at inference", .in_place = true},
    {.when = "", .training = true},
    {.when = "when gradients are added", .training = true, .add = true},
    {.when = "when items are done one by one from the last",
     .training = true,
     .split = ITEMS_SINGLY_BACKWARDS},
    {.when = "when items are done in two parts, and added",
     .training = true,
     .add = true,
     .split = ITEMS_IN_TWO_PARTS},
    {.when = "when items are done one by one at inference", .split = ITEMS_SINGLY_BACKWARDS},
    {.when = "when what backward does not save is overwritten", .training = true, .forget = true},
    {.when = "in place", .training = true, .in_place = true},
};

static results *run_sample(trial *t, tile_form form, const way *w, arena *a) {
    trial_fill_sample(t, form);
    t->training = w->training;
    t->add = w->add;
    if (w->add)
        trial_fill_gradients(t, (real)0.75);
    if (form == FORM_SINGLE) {
        t->split = w->split;
        t->forget = w->forget;
        t->output_in_place = w->in_place && !(w->training && t->op->saves & OP_SAVES_INPUT);
        t->grad_in_place = w->in_place && w->training;
    }
    return run_as_told(t, a);
}

/* What others compute with must be finite, and what nobody computes with is left alone. */
static const char *check_single_tile(const char *name, const real *tile, const shape *s, arena *a) {
    size_t width = shape_width(s), used = (size_t)single_vectors(s) * SINGLE_VECTOR;
    for (size_t i = 0; i < shape_tile(s); i++) {
        bool outside = i >= shape_pixels(s) * width || i % width >= used;
        if (!outside && !isfinite(tile[i]))
            return arena_format(a, "%s of one sample is not finite in channel %zu of pixel %zu",
                                name, i % width, i / width);
        if (outside && memcmp(&tile[i], &trial_poison, sizeof(real)) != 0)
            return arena_format(a, "%s of one sample was written behind the channels of pixel %zu",
                                name, i / width);
    }
    return NULL;
}

static const char *check_single_places(trial *t, arena *a) {
    const char *fault = NULL;
    trial_fill_sample(t, FORM_SINGLE);
    trial_forward(t);
    trial_backward(t);
    for (int i = 0; i < t->tiles && fault == NULL; i++) {
        fault = check_single_tile("the output", t->tile[i].output, &t->shapes.output, a);
        for (int k = 0; k < t->shapes.inputs && fault == NULL; k++)
            fault = check_single_tile("an input's gradient", t->tile[i].input_grad[k],
                                      &t->input_shape[k], a);
    }
    for (int p = 0; p < OP_MAX_PARAMS && fault == NULL; p++)
        if (t->param_grad[p] != NULL && t->shapes.param[p].transposed)
            fault = check_param_padding(t, p, a);
    return fault;
}

const char *check_single(trial *t, arena *a) {
    if ((t->shapes.single_forward_items > 0) != (t->shapes.single_backward_items > 0))
        return "it has items of a single sample in one direction only";
    if (t->shapes.single_forward_items == 0)
        return NULL;
    bool in_place = t->op->in_place && shape_equal(&t->shapes.output, &t->input_shape[0]);
    for (size_t i = 0; i < sizeof single_ways / sizeof *single_ways; i++) {
        const way *w = &single_ways[i];
        if (w->in_place && !in_place)
            continue;
        const char *name =
            results_differ(run_sample(t, FORM_LANES, w, a), run_sample(t, FORM_SINGLE, w, a));
        if (name != NULL)
            return arena_format(a, "%s of one sample differs between the forms %s", name, w->when);
    }
    return check_single_places(t, a);
}

/* ---- Losses ----------------------------------------------------------------------------- */

/* True when value i of input 0 would be the answer rather than value k. */
static bool is_preferred(const trial *t, int i, int k, int lane) {
    real x = t->tile[0].input[0][i * LANES + lane], y = t->tile[0].input[0][k * LANES + lane];
    return t->op->smallest_wins ? x < y : x > y;
}

const char *check_probabilities(trial *t, arena *a) {
    if (t->op->probabilities == NULL)
        return NULL;
    int classes = t->shapes.classes;
    real *p = arena_array(a, (size_t)(classes + 4) * LANES, sizeof(real));
    p += (64 - (uintptr_t)p % 64) % 64 / sizeof(real);
    trial_fill(t, LANES);
    t->training = false;
    trial_forward(t);
    const real *input = t->tile[0].input[0];
    t->op->probabilities(&(op_call){.attrs = t->attrs,
                                    .shapes = &t->shapes,
                                    .count = LANES,
                                    .input = &input,
                                    .output = t->tile[0].output,
                                    .labels = t->tile[0].labels,
                                    .saved = t->tile[0].saved,
                                    .end = 1},
                         p);
    for (int lane = 0; lane < LANES; lane++) {
        double sum = 0;
        int answer = 0, likeliest = 0;
        for (int k = 0; k < classes; k++) {
            sum += (double)p[k * LANES + lane];
            answer = is_preferred(t, k, answer, lane) ? k : answer;
            likeliest = p[k * LANES + lane] > p[likeliest * LANES + lane] ? k : likeliest;
            if (!(p[k * LANES + lane] >= 0))
                return arena_format(a, "probability %d is below 0", k);
        }
        if (!(fabs(sum - 1) <= 1e-12))
            return arena_format(a, "probabilities add up to %.15g", sum);
        if (answer != likeliest)
            return arena_format(a, "the answer is %d, but %d is likeliest", answer, likeliest);
    }
    return NULL;
}

/* ---- A check on a sample ------------------------------------------------------------------ */

const char *check_sample(op_check *check, const component_set *ops, const op_sample *sample,
                         arena *a) {
    lcnn_errors *errors = lcnn_errors_new();
    const char *fault;
    trial *t = trial_new(ops, sample, a, errors);
    if (t == NULL) {
        fault = arena_format(a, "%s on %s: %s", sample->yaml, sample->inputs,
                             lcnn_errors_text(errors, 0));
    } else {
        fault = check(t, a);
        if (fault != NULL)
            fault = arena_format(a, "%s on %s: %s", sample->yaml, sample->inputs, fault);
        trial_free(t);
    }
    lcnn_errors_free(errors);
    return fault;
}
