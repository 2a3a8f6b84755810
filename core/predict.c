/* predict.c - see predict.h. */
#include "config.h"

#include "predict.h"

#include "exec.h"

#include <stdlib.h>
#include <string.h>

struct predictor {
    const model *model;
    graph *graph; /* the model's, with the operators of the backend */
    arena *arena;
    network *network;
    const backend *backend;
    int threads;
    float *input;  /* of the network, in the last run */
    float **value; /* [graph->count]: what each node gave in the last run; NULL: nothing is kept */
    bool has_run;  /* since values are kept */
    const checkpoint_tensor *exported; /* every parameter, once one was wanted */

    /* For pictures of one size; made anew for one of another. */
    exec *exec;
    feed feed;
    split part;    /* of one picture */
    shape *shapes; /* before each transform and after the last */
};

static bool make(predictor *p, const char *weights, lcnn_errors *errors) {
    const size_t input = shape_size(&p->model->graph->input);
    p->graph = graph_with_ops(p->model->graph, &p->backend->ops, p->arena);
    p->shapes =
        arena_array(p->arena, (size_t)p->model->data.transform_count + 1, sizeof *p->shapes);
    p->input = aligned_array((input + 15) & ~(size_t)15, sizeof *p->input);
    if (!p->graph || !p->shapes || !p->input) {
        error_no_memory(errors);
        return false;
    }
    p->network = network_new(p->graph, p->arena, errors);
    return p->network && network_load(p->network, weights, errors);
}

predictor *predictor_new(const model *m, const backend *b, int threads, const char *weights,
                         lcnn_errors *errors) {
    predictor *p = calloc(1, sizeof *p);
    if (p)
        p->arena = arena_new();
    if (!p || !p->arena) {
        error_no_memory(errors);
        predictor_free(p);
        return NULL;
    }
    p->model = m;
    p->backend = b;
    p->threads = threads;
    if (make(p, weights, errors))
        return p;
    predictor_free(p);
    return NULL;
}

void predictor_free(predictor *p) {
    if (!p)
        return;
    exec_free(p->exec);
    network_free(p->network);
    free(p->input);
    arena_free(p->arena);
    free(p);
}

/* ---- Pictures of any size -------------------------------------------------------------------- */

static bool misfit(const predictor *p, const char *name, lcnn_errors *errors) {
    const model_data *d = &p->model->data;
    char picture[SHAPE_TEXT], stored[SHAPE_TEXT], last[SHAPE_TEXT], input[SHAPE_TEXT];
    const shape *made = &p->shapes[d->transform_count];
    shape_text(&p->shapes[0], picture);
    shape_text(&p->model->info->image, stored);
    shape_text(made, last);
    shape_text(&p->graph->input, input);
    error_add(errors, LCNN_BAD_DATA, error_file(errors, name),
              "this picture is %s, the model's data are %s: its transforms make %s of it, and the "
              "network takes %s; --auto cuts the character out and fits it, or begin "
              "data.transforms with {op: resize, to: [%d, %d]}",
              picture, stored, last, input, p->model->info->image.dim[1],
              p->model->info->image.dim[2]);
    return false;
}

/* Leads the shape of a picture through the transforms. */
static bool follow(predictor *p, const char *name, const shape *image, lcnn_errors *errors) {
    const model_data *d = &p->model->data;
    const mark at = error_file(errors, name);
    p->shapes[0] = *image;
    for (int i = 0; i <= d->transform_count; i++) {
        if (shape_size(&p->shapes[i]) > TRANSFORM_MAX_SIZE) {
            char text[SHAPE_TEXT];
            error_add(errors, LCNN_BAD_DATA, at,
                      "%s is too large for the model's transforms; make it smaller, or let --auto "
                      "cut the character out",
                      shape_text(&p->shapes[i], text));
            return false;
        }
        const transform *t = (const transform *)d->transform[i].type;
        if (i < d->transform_count &&
            !t->infer(d->transform[i].attrs, &p->shapes[i], &p->shapes[i + 1], at, errors))
            return false;
    }
    return shape_equal(&p->shapes[d->transform_count], &p->graph->input) || misfit(p, name, errors);
}

static bool prepare(predictor *p, const char *name, const shape *image, lcnn_errors *errors) {
    const model_data *d = &p->model->data;
    if (p->exec && shape_equal(image, &p->feed.image))
        return true;
    exec_free(p->exec);
    p->exec = NULL;
    if (!follow(p, name, image, errors))
        return false;
    p->feed = (feed){&p->part, *image, d->transform_count, d->transform, p->shapes};
    p->exec = exec_new(p->backend, p->network, &p->feed, false, 1, p->threads, NULL, errors);
    return p->exec != NULL;
}

/* ---- Answers --------------------------------------------------------------------------------- */

static bool keep_input(predictor *p, lcnn_errors *errors) {
    float *scratch = aligned_array(feed_scratch(&p->feed), sizeof *scratch);
    if (!scratch) {
        error_no_memory(errors);
        return false;
    }
    feed_image(&p->feed, NULL, 0, scratch, p->input);
    free(scratch);
    return true;
}

bool predictor_run(predictor *p, const char *name, const uint8_t *pixels, const shape *image,
                   float *probability, int *answer, lcnn_errors *errors) {
    static const uint8_t no_label;
    static const uint32_t first;
    uint8_t best;
    if (!prepare(p, name, image, errors))
        return false;
    p->part = (split){.count = 1, .images = pixels, .labels = &no_label};
    if (!keep_input(p, errors))
        return false;
    exec_run(p->exec, &(exec_batch){.sample = &first, .count = 1}, NULL,
             &(exec_answers){.answer = &best, .probabilities = probability, .values = p->value});
    p->has_run = p->value != NULL;
    *answer = best;
    return true;
}

/* ---- Looking inside -------------------------------------------------------------------------- */

bool predictor_keep(predictor *p, lcnn_errors *errors) {
    const graph *g = p->graph;
    if (p->value)
        return true;
    float **value = arena_array(p->arena, (size_t)g->count, sizeof *value);
    for (int i = 0; value && i < g->count; i++) {
        value[i] = arena_array(p->arena, shape_size(&g->node[i].shapes.output), sizeof **value);
        if (!value[i])
            value = NULL;
    }
    p->value = value;
    if (!value)
        error_no_memory(errors);
    return value != NULL;
}

const float *predictor_value(const predictor *p, int index) {
    return p->has_run ? p->value[index] : NULL;
}

const checkpoint_tensor *predictor_parameter(predictor *p, int index, const char *name,
                                             lcnn_errors *errors) {
    const network *n = p->network;
    if (!p->exported)
        p->exported = network_export(n, "", n->values, n->count, p->arena, errors);
    for (int i = 0; p->exported && i < n->count; i++) {
        const network_tensor *t = &n->tensor[i];
        if (t->node == index && strcmp(n->graph->node[index].op->params[t->param].name, name) == 0)
            return &p->exported[i];
    }
    return NULL;
}

const float *predictor_input(const predictor *p) {
    return p->input;
}
