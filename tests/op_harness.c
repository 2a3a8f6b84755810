/* op_harness.c - see op_harness.h. */
#include "config.h"

#include "op_harness.h"

#include "graph.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

const real trial_poison = (real)__builtin_nan("0x5eed");

/* ---- Building --------------------------------------------------------------------------- */

/* "2x7x7 3" as shapes; returns how many. */
static int read_shapes(const char *text, shape *shapes) {
    int count = 0;
    while (*text != '\0' && count < TRIAL_INPUTS) {
        shape s = {0};
        char *end;
        do {
            s.dim[s.rank++] = (int)strtol(text, &end, 10);
            text = end + 1;
        } while (*end == 'x' && s.rank < MAX_RANK);
        shapes[count++] = s;
        if (*end == '\0')
            break;
    }
    return count;
}

bool trial_infer(trial *t, const component_set *ops, const char *yaml, const char *inputs, arena *a,
                 lcnn_errors *errors) {
    doc *map = document_parse(a, "sample", yaml, strlen(yaml), errors);
    attr_component found;
    if (map == NULL || !component_parse(ops, map, "sample", &found, a, errors))
        return false;
    t->op = (const op *)found.type;
    t->attrs = found.attrs;
    t->shapes.input = t->input_shape;
    t->shapes.inputs = read_shapes(inputs, t->input_shape);
    t->shapes.classes = OP_SAMPLE_CLASSES;
    return graph_infer(t->op, "sample", map, t->attrs, &t->shapes, errors);
}

static void *take(trial *t, size_t count, size_t size) {
    void *block = count == 0 ? NULL : aligned_array(count, size);
    if (block != NULL)
        t->block[t->blocks++] = block;
    return block;
}

static real *take_tile(trial *t, const shape *s) {
    return take(t, shape_tile(s), sizeof(real));
}

static size_t param_numbers(const op_param_shape *p) {
    if (p->shape.rank == 0)
        return 0;
    size_t numbers = p->transposed ? (size_t)p->shape.dim[1] * param_columns(p->shape.dim[0])
                                   : shape_size(&p->shape);
    return (numbers + LANES - 1) / LANES * LANES;
}

static void take_buffers(trial *t) {
    t->tiles = t->op->forward_gather != NULL ? TRIAL_TILES : 1;
    for (int i = 0; i < t->tiles; i++) {
        trial_tile *tile = &t->tile[i];
        for (int k = 0; k < t->shapes.inputs; k++) {
            tile->input[k] = take_tile(t, &t->input_shape[k]);
            tile->input_grad[k] = take_tile(t, &t->input_shape[k]);
        }
        tile->output = take_tile(t, &t->shapes.output);
        tile->output_grad = take_tile(t, &t->shapes.output);
        tile->saved = take(t, t->shapes.saved, sizeof(real));
    }
    for (int p = 0; p < OP_MAX_PARAMS; p++) {
        t->param_numbers[p] = param_numbers(&t->shapes.param[p]);
        t->param[p] = take(t, t->param_numbers[p], sizeof(real));
        if (t->param[p] != NULL && t->op->params[p].state)
            t->state[p] = t->param[p];
        else if (t->param[p] != NULL)
            t->param_grad[p] = take(t, t->param_numbers[p], sizeof(real));
    }
    t->scratch = take(t, t->shapes.scratch, sizeof(real));
    t->shared = take(t, t->shapes.shared, sizeof(real));
    t->partials = take(t, (size_t)t->tiles * t->shapes.partial, sizeof(double));
}

trial *trial_new(const component_set *ops, const op_sample *sample, arena *a, lcnn_errors *errors) {
    trial *t = arena_alloc(a, sizeof *t);
    t->sample = sample;
    if (!trial_infer(t, ops, sample->yaml, sample->inputs, a, errors))
        return NULL;
    take_buffers(t);
    return t;
}

void trial_free(trial *t) {
    for (int i = 0; i < t->blocks; i++)
        free(t->block[i]);
}

/* ---- Places ----------------------------------------------------------------------------- */

size_t trial_place(const shape *s, size_t i) {
    size_t pixels = shape_pixels(s);
    return i / pixels * shape_stride(s) + i % pixels * LANES;
}

size_t trial_place_single(const shape *s, size_t i) {
    size_t pixels = shape_pixels(s);
    return i % pixels * shape_width(s) + i / pixels;
}

size_t trial_param_place(const trial *t, int param, size_t i) {
    const op_param_shape *p = &t->shapes.param[param];
    if (!p->transposed)
        return i;
    size_t in = (size_t)p->shape.dim[1];
    return i % in * param_columns(p->shape.dim[0]) + i / in;
}

bool trial_is_absent(const trial *t, int param, size_t i) {
    return t->shapes.param[param].absent > 0 && t->op->fan(t->attrs, &t->shapes, param, i).in == 0;
}

/* ---- Filling ---------------------------------------------------------------------------- */

static void poison(real *numbers, size_t n) {
    for (size_t i = 0; i < n; i++)
        numbers[i] = trial_poison;
}

/* Gives the places after a pixel's last channel numbers that nobody may use. */
static void fill_padding(real *numbers, const shape *s) {
    size_t vectors = (size_t)single_vectors(s) * SINGLE_VECTOR;
    for (size_t p = 0; p < shape_pixels(s); p++)
        for (size_t c = (size_t)s->dim[0]; c < vectors; c++)
            numbers[p * shape_width(s) + c] = (real)(0.3 + 0.1 * (double)(c % 3 + p % 5));
}

/* Leaves a tile's first sample alone, in FORM_SINGLE. */
static void keep_first_sample(real *numbers, const shape *s) {
    size_t n = shape_size(s);
    real *sample = malloc(n * sizeof *sample);
    for (size_t i = 0; i < n; i++)
        sample[i] = numbers[trial_place(s, i)];
    poison(numbers, shape_tile(s));
    fill_padding(numbers, s);
    for (size_t i = 0; i < n; i++)
        numbers[trial_place_single(s, i)] = sample[i];
    free(sample);
}

static double unit(uint32_t stream, uint32_t index, uint32_t position) {
    const rng_key key = {.seed = 1, .purpose = RNG_SPLIT, .stream = stream};
    uint32_t word[4];
    rng_words(&key, index, position, word);
    return (double)rng_unit(word[0]);
}

/* Each sample's numbers, between -1.5 and 1.5, keep their distance from each other, since maxima
 * have kinks where two are equal, and from the sample's kink. */
static void fill_input(const trial *t, real *x, const shape *s, uint32_t stream) {
    uint32_t n = (uint32_t)shape_size(s);
    uint32_t *order = malloc(n * sizeof *order);
    poison(x, shape_tile(s));
    for (uint32_t lane = 0; lane < LANES; lane++) {
        const rng_key key = {.seed = 2, .purpose = RNG_SHUFFLE, .stream = stream, .epoch = lane};
        rng_permutation(&key, n, order);
        for (uint32_t i = 0; i < n; i++) {
            double value = -1.5 + 3 * (order[i] + 0.25 + 0.5 * unit(stream, i, lane)) / n;
            if (t->sample->kinked && value > t->sample->kink - 0.02 &&
                value < t->sample->kink + 0.02)
                value += value < t->sample->kink ? -0.02 : 0.02;
            x[trial_place(s, i) + lane] = (real)value;
        }
    }
    free(order);
}

/* As a network's loss leaves it: zeros for samples that are not there. */
static void fill_output_grad(real *dy, const shape *s, int count, uint32_t stream) {
    poison(dy, shape_tile(s));
    for (uint32_t i = 0; i < shape_size(s); i++)
        for (uint32_t lane = 0; lane < LANES; lane++)
            dy[trial_place(s, i) + lane] =
                (int)lane < count ? (real)(2 * unit(stream, i, lane) - 1) : (real)0;
}

/* State is positive, since it may be a variance. */
static void fill_params(trial *t) {
    for (int p = 0; p < OP_MAX_PARAMS; p++) {
        if (t->param[p] == NULL)
            continue;
        memset(t->param[p], 0, t->param_numbers[p] * sizeof(real));
        double low = t->op->params[p].state ? 0.5 : -0.7;
        for (size_t i = 0; i < shape_size(&t->shapes.param[p].shape); i++)
            if (!trial_is_absent(t, p, i))
                t->param[p][trial_param_place(t, p, i)] =
                    (real)(low + 1.4 * unit(200 + (uint32_t)p, (uint32_t)i, 0));
    }
}

void trial_fill_gradients(trial *t, real number) {
    for (int i = 0; i < t->tiles; i++)
        for (int k = 0; k < t->shapes.inputs; k++) {
            const shape *s = &t->input_shape[k];
            real *dx = t->tile[i].input_grad[k];
            poison(dx, shape_tile(s));
            for (size_t e = 0; e < shape_size(s); e++)
                for (size_t lane = 0; lane < LANES; lane++)
                    dx[trial_place(s, e) + lane] = number;
            if (t->form == FORM_SINGLE)
                keep_first_sample(dx, s);
        }
    for (int p = 0; p < OP_MAX_PARAMS; p++)
        for (size_t i = 0; t->param_grad[p] != NULL && i < t->param_numbers[p]; i++)
            t->param_grad[p][i] = number;
}

static void fill_tiles(trial *t, int count_before, int count_last) {
    t->form = FORM_LANES;
    t->training = true;
    t->split = ITEMS_TOGETHER;
    t->add = t->output_in_place = t->grad_in_place = t->forget = t->twice = false;
    t->unwanted = -1;
    for (int i = 0; i < t->tiles; i++) {
        trial_tile *tile = &t->tile[i];
        uint32_t stream = 100 * (uint32_t)i;
        tile->count = i == t->tiles - 1 ? count_last : count_before;
        for (int k = 0; k < t->shapes.inputs; k++)
            fill_input(t, tile->input[k], &t->input_shape[k], stream + (uint32_t)k);
        poison(tile->output, shape_tile(&t->shapes.output));
        fill_output_grad(tile->output_grad, &t->shapes.output, tile->count, stream + 50);
        poison(tile->saved, t->shapes.saved);
        for (uint32_t lane = 0; lane < LANES; lane++) {
            tile->labels[lane] =
                (int)lane < tile->count ? (int)(lane * 7 + 3) % OP_SAMPLE_CLASSES : 0;
            tile->sample[lane] = lane * 31 + stream;
        }
    }
    fill_params(t);
    trial_fill_gradients(t, trial_poison);
}

void trial_fill(trial *t, int count) {
    fill_tiles(t, LANES, count);
}

void trial_fill_sample(trial *t, tile_form form) {
    fill_tiles(t, 1, 1);
    t->form = form;
    for (int i = 0; i < t->tiles && form == FORM_SINGLE; i++) {
        for (int k = 0; k < t->shapes.inputs; k++)
            keep_first_sample(t->tile[i].input[k], &t->input_shape[k]);
        keep_first_sample(t->tile[i].output_grad, &t->shapes.output);
    }
}

/* ---- Running ---------------------------------------------------------------------------- */

/* A call and the arrays it points into. */
typedef struct calling {
    op_call call;
    real *input_grad[TRIAL_INPUTS];
    const real *input[TRIAL_INPUTS];
    bool input_grad_add[TRIAL_INPUTS];
} calling;

static int samples(const trial *t) {
    int sum = 0;
    for (int i = 0; i < t->tiles; i++)
        sum += t->tile[i].count;
    return sum;
}

static void prepare(const trial *t, int i, calling *c) {
    const trial_tile *tile = &t->tile[i];
    for (int k = 0; k < t->shapes.inputs; k++) {
        c->input[k] = k == 0 && t->output_in_place ? tile->output : tile->input[k];
        c->input_grad[k] = k == t->unwanted ? NULL : tile->input_grad[k];
        c->input_grad_add[k] = t->add && !(k == 0 && t->grad_in_place);
        if (k > 0 && t->twice && shape_equal(&t->input_shape[0], &t->input_shape[k])) {
            c->input[k] = c->input[0];
            c->input_grad[k] = c->input_grad[0];
            c->input_grad_add[k] = true;
        }
    }
    c->call = (op_call){.attrs = t->attrs,
                        .shapes = &t->shapes,
                        .form = t->form,
                        .training = t->training,
                        .count = tile->count,
                        .batch = samples(t),
                        .input = c->input,
                        .output = tile->output,
                        .labels = tile->labels,
                        .param = (const real *const *)t->param,
                        .saved = tile->saved,
                        .scratch = t->scratch,
                        .output_grad = t->grad_in_place ? tile->input_grad[0] : tile->output_grad,
                        .input_grad = c->input_grad,
                        .input_grad_add = c->input_grad_add,
                        .param_grad = t->param_grad,
                        .param_grad_add = t->add || i > 0,
                        .partial = t->partials ? t->partials + (size_t)i * t->shapes.partial : NULL,
                        .shared = t->shared,
                        .seed = 3,
                        .stream = 4,
                        .epoch = 5,
                        .sample = tile->sample};
}

static void run_items(const trial *t, void (*callback)(const op_call *), op_call call, int first,
                      int end) {
    poison(t->scratch, t->shapes.scratch);
    call.first = first;
    call.end = end;
    if (first < end)
        callback(&call);
}

/* One callback over its items, which are at least one. */
static void run(const trial *t, int tile, void (*callback)(const op_call *), int items) {
    calling c;
    prepare(t, tile, &c);
    items = items > 0 ? items : 1;
    switch (t->split) {
    case ITEMS_TOGETHER:
        run_items(t, callback, c.call, 0, items);
        break;
    case ITEMS_SINGLY_BACKWARDS:
        for (int i = items - 1; i >= 0; i--)
            run_items(t, callback, c.call, i, i + 1);
        break;
    case ITEMS_IN_TWO_PARTS:
        run_items(t, callback, c.call, items / 3, items);
        run_items(t, callback, c.call, 0, items / 3);
        break;
    }
}

static void run_coupling(const trial *t, void (*gather)(const op_call *),
                         void (*reduce)(const op_call *), int items) {
    for (int i = 0; i < t->tiles; i++)
        run(t, i, gather, items);
    op_call call = {.attrs = t->attrs,
                    .shapes = &t->shapes,
                    .training = true,
                    .batch = samples(t),
                    .param = (const real *const *)t->param,
                    .partials = t->partials,
                    .tiles = t->tiles,
                    .shared = t->shared,
                    .state = t->state};
    reduce(&call);
}

static void copy_tile(real *to, const real *from, const shape *s) {
    memcpy(to, from, shape_tile(s) * sizeof(real));
}

static int forward_items(const trial *t) {
    return t->form == FORM_SINGLE ? t->shapes.single_forward_items : t->shapes.forward_items;
}

static int backward_items(const trial *t) {
    return t->form == FORM_SINGLE ? t->shapes.single_backward_items : t->shapes.backward_items;
}

void trial_forward(trial *t) {
    const op *o = t->op;
    for (int i = 0; i < t->tiles && t->output_in_place; i++)
        copy_tile(t->tile[i].output, t->tile[i].input[0], &t->shapes.output);
    if (o->forward_gather != NULL && t->training)
        run_coupling(t, o->forward_gather, o->forward_reduce, forward_items(t));
    for (int i = 0; i < t->tiles; i++)
        run(t, i, o->forward, forward_items(t));
}

static void forget(const trial *t) {
    for (int i = 0; i < t->tiles; i++) {
        for (int k = 0; k < t->shapes.inputs && !(t->op->saves & OP_SAVES_INPUT); k++)
            poison(t->tile[i].input[k], shape_tile(&t->input_shape[k]));
        if (!(t->op->saves & OP_SAVES_OUTPUT))
            poison(t->tile[i].output, shape_tile(&t->shapes.output));
    }
}

void trial_backward(trial *t) {
    const op *o = t->op;
    if (t->forget)
        forget(t);
    for (int i = 0; i < t->tiles && t->grad_in_place; i++)
        copy_tile(t->tile[i].input_grad[0], t->tile[i].output_grad, &t->shapes.output);
    if (o->backward_gather != NULL)
        run_coupling(t, o->backward_gather, o->backward_reduce, backward_items(t));
    for (int i = 0; i < t->tiles; i++) {
        if (o->backward_params != NULL)
            run(t, i, o->backward_params, t->shapes.param_items);
        run(t, i, o->backward, backward_items(t));
    }
}
