/* train_new.c - what a trainer needs before it can train or evaluate (see train.h): the samples,
 * the network, memory for steps and answers. */
#include "config.h"

#include "train_parts.h"

#include "class_weights.h"

#include <stdlib.h>

/* The model names the operators of some backend; those of the wanted one have the same names and
 * attributes. */
static bool bind_backend(trainer *t, const backend *b) {
    t->graph = graph_with_ops(t->model->graph, &b->ops, t->arena);
    t->method = t->model->train.optimizer;
    t->method.type = component_find(&b->optimizers, t->method.type->name);
    return t->graph != NULL;
}

static feed feed_of(const model *m, const dataset *d, const split *part) {
    return (feed){part, d->info.image, m->data.transform_count, m->data.transform,
                  m->data.transform_shape};
}

static bool weigh_classes(trainer *t) {
    const attr_component *weighting = &t->model->train.class_weights;
    real *weight = arena_array(t->arena, (size_t)t->graph->classes, sizeof *weight);
    if (!weight)
        return false;
    if (class_weights_fill(weighting, t->chosen.per_class, t->graph->classes, weight))
        t->class_weight = weight;
    return true;
}

static bool make_training(trainer *t, const backend *b, int threads, lcnn_errors *errors) {
    const uint32_t count = t->chosen.training.count;
    size_t most = (size_t)t->model->train.batch_size;
    if (count == 0)
        return true;
    if (most > count)
        most = count;
    if (!curvature_new(&t->curvature, b, t->network, &t->feed, count, threads, &t->method, errors))
        return false;
    size_t listed = most > t->curvature.samples ? most : t->curvature.samples;
    t->order = arena_array(t->arena, count, sizeof *t->order);
    t->batch = arena_array(t->arena, listed, sizeof *t->batch);
    t->weight = arena_array(t->arena, listed, sizeof *t->weight);
    t->loss = arena_array(t->arena, most, sizeof *t->loss);
    t->answer = arena_array(t->arena, most, 1);
    t->truth = arena_array(t->arena, most, 1);
    if (!t->order || !t->batch || !t->weight || !weigh_classes(t) || !t->loss || !t->answer ||
        !t->truth) {
        error_no_memory(errors);
        return false;
    }
    t->exec = exec_new(b, t->network, &t->feed, true, (int)most, threads, &t->method, errors);
    if (!t->exec)
        return false;
    if (good_state_new(t))
        return true;
    error_no_memory(errors);
    return false;
}

static bool make_examination(trainer *t, examination *e, const backend *b, int threads,
                             lcnn_errors *errors) {
    const uint32_t count = e->samples.count;
    if (count == 0)
        return true;
    e->loss = arena_array(t->arena, count, sizeof *e->loss);
    e->answer = arena_array(t->arena, count, 1);
    e->truth = arena_array(t->arena, count, 1);
    e->probability = arena_array(t->arena, count, sizeof *e->probability);
    if (!e->loss || !e->answer || !e->truth || !e->probability) {
        error_no_memory(errors);
        return false;
    }
    int most = (int)(count < EXAMINED_AT_ONCE ? count : EXAMINED_AT_ONCE);
    e->exec = exec_new(b, t->network, &e->feed, false, most, threads, NULL, errors);
    return e->exec != NULL;
}

static bool make_parts(trainer *t, const dataset *d, bool trains, const backend *b, int threads,
                       const char *weights, lcnn_errors *errors) {
    if (!bind_backend(t, b)) {
        error_no_memory(errors);
        return false;
    }
    if (!select_images(t->model, d, trains, &t->chosen, t->arena, errors))
        return false;
    t->feed = t->validation.feed = feed_of(t->model, d, &t->chosen.train);
    t->test.feed = feed_of(t->model, d, &t->chosen.test);
    t->validation.samples = t->chosen.validation;
    t->test.samples = t->chosen.testing;
    t->network = network_new(t->graph, t->arena, errors);
    return t->network &&
           (weights ? network_load(t->network, weights, errors)
                    : network_initialize(t->network, (uint64_t)t->model->train.seed, errors)) &&
           make_training(t, b, threads, errors) &&
           make_examination(t, &t->validation, b, threads, errors) &&
           make_examination(t, &t->test, b, threads, errors);
}

trainer *trainer_new(const model *m, const dataset *d, bool trains, const backend *b, int threads,
                     const char *weights, lcnn_errors *errors) {
    if (!model_fits(m, d, errors))
        return NULL;
    trainer *t = calloc(1, sizeof *t);
    if (t)
        t->arena = arena_new();
    if (!t || !t->arena) {
        error_no_memory(errors);
        trainer_free(t);
        return NULL;
    }
    t->model = m;
    t->data = d;
    if (!make_parts(t, d, trains, b, threads, weights, errors)) {
        trainer_free(t);
        return NULL;
    }
    return t;
}

void trainer_free(trainer *t) {
    if (!t)
        return;
    exec_free(t->exec);
    curvature_free(&t->curvature);
    exec_free(t->validation.exec);
    exec_free(t->test.exec);
    network_free(t->network);
    history_free(t->history, t->place.epoch);
    arena_free(t->arena);
    free(t);
}
