/* lcnn_images.c - the public interface of single images: those of data sets, before and after a
 * model's transforms, and pictures in files. */
#include "config.h"

#include "datasets.h"
#include "feed.h"
#include "file.h"
#include "lcnn_parts.h"
#include "mnist_form.h"
#include "picture_write.h"
#include "predict.h"
#include "threads.h"

#include <stdlib.h>

/* ---- Images of data sets --------------------------------------------------------------------- */

lcnn_images lcnn_data_images(const lcnn_data *data, lcnn_part part) {
    const shape *s = &data->set->info.image;
    const split *images = part == LCNN_TRAIN ? &data->set->train : &data->set->test;
    return (lcnn_images){images->count, s->dim[0],      s->dim[1],
                         s->dim[2],     images->images, images->labels};
}

static lcnn_shape public_shape(const shape *s) {
    return (lcnn_shape){s->dim[0], s->dim[1], s->dim[2]};
}

lcnn_shape lcnn_model_image_shape(const lcnn_model *m) {
    return public_shape(&m->model->info->image);
}

lcnn_shape lcnn_model_input_shape(const lcnn_model *m) {
    return public_shape(&m->model->graph->input);
}

/* ---- Images after transforms ----------------------------------------------------------------- */

struct lcnn_view {
    arena *arena;
    feed feed; /* of no part yet */
    const dataset *set;
    uint64_t seed;
    float *image, *scratch;
};

/* The paper's distortions. */
static bool read_random_affine(lcnn_view *v, lcnn_errors *errors) {
    static const char text[] =
        "{op: random_affine, translate: 2, scale: [0.9, 1.1], squeeze: 1.1, shear: 0.15}";
    attr_component *t = arena_alloc(v->arena, sizeof *t);
    shape *shapes = arena_array(v->arena, 2, sizeof *shapes);
    const doc *d = document_parse(v->arena, text, text, sizeof text - 1, errors);
    if (!t || !shapes || !d) {
        if (d)
            error_no_memory(errors);
        return false;
    }
    shapes[0] = v->set->info.image;
    v->feed = (feed){.image = shapes[0], 1, t, shapes};
    return component_parse(&transforms, d, "transforms", t, v->arena, errors) &&
           ((const transform *)t->type)->infer(t->attrs, &shapes[0], &shapes[1], (mark){0}, errors);
}

static bool make_view(lcnn_view *v, const model *m, lcnn_errors *errors) {
    if (m) {
        v->seed = (uint64_t)m->train.seed;
        v->feed = (feed){.image = m->info->image,
                         m->data.transform_count,
                         m->data.transform,
                         m->data.transform_shape};
    }
    if (m ? !model_fits(m, v->set, errors) : !read_random_affine(v, errors))
        return false;
    const size_t size = shape_size(&v->feed.transform_shape[v->feed.transform_count]);
    v->image = aligned_array(size, sizeof *v->image);
    v->scratch = aligned_array(feed_scratch(&v->feed), sizeof *v->scratch);
    if (!v->image || !v->scratch)
        error_no_memory(errors);
    return v->image && v->scratch;
}

lcnn_view *lcnn_view_new(const lcnn_data *data, const lcnn_model *m, uint64_t seed,
                         lcnn_errors *errors) {
    lcnn_view *v = calloc(1, sizeof *v);
    if (v)
        *v = (lcnn_view){.arena = arena_new(), .set = data->set, .seed = seed};
    if (!v || !v->arena)
        error_no_memory(errors);
    else if (make_view(v, m ? m->model : NULL, errors))
        return v;
    lcnn_view_free(v);
    return NULL;
}

void lcnn_view_free(lcnn_view *v) {
    if (!v)
        return;
    free(v->image);
    free(v->scratch);
    arena_free(v->arena);
    free(v);
}

lcnn_shape lcnn_view_shape(const lcnn_view *v) {
    return public_shape(&v->feed.transform_shape[v->feed.transform_count]);
}

const float *lcnn_view_image(lcnn_view *v, lcnn_part part, uint32_t index, int epoch) {
    const rng_key key = feed_key(v->seed, (uint32_t)epoch);
    v->feed.split = part == LCNN_TRAIN ? &v->set->train : &v->set->test;
    arithmetic before = arithmetic_standard();
    feed_image(&v->feed, epoch < 0 ? NULL : &key, index, v->scratch, v->image);
    arithmetic_restore(before);
    return v->image;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

lcnn_picture *lcnn_picture_new(int channels, int height, int width) {
    lcnn_picture *p = malloc(sizeof *p);
    uint8_t *pixels = calloc((size_t)channels * (size_t)height, (size_t)width);
    if (!p || !pixels) {
        free(p);
        free(pixels);
        return NULL;
    }
    *p = (lcnn_picture){channels, height, width, pixels};
    return p;
}

void lcnn_picture_free(lcnn_picture *p) {
    if (p)
        free(p->pixels);
    free(p);
}

static picture inner(const lcnn_picture *p) {
    return (picture){p->channels, p->height, p->width, p->pixels};
}

lcnn_picture *lcnn_picture_read(const char *path, int channels, lcnn_errors *errors) {
    lcnn_picture *p = malloc(sizeof *p);
    picture read;
    if (!p) {
        error_no_memory(errors);
        return NULL;
    }
    if (!picture_read(path, channels, &read, errors)) {
        free(p);
        return NULL;
    }
    *p = (lcnn_picture){read.channels, read.height, read.width, read.pixels};
    return p;
}

bool lcnn_picture_path_fits(const char *path, lcnn_errors *errors) {
    return picture_path_fits(path, errors);
}

uint8_t *lcnn_picture_bytes(const lcnn_picture *p, const char *path, size_t *size,
                            lcnn_errors *errors) {
    const picture written = inner(p);
    return picture_encode(path, &written, size, errors);
}

bool lcnn_picture_write(const lcnn_picture *p, const char *path, lcnn_errors *errors) {
    size_t size;
    uint8_t *bytes = lcnn_picture_bytes(p, path, &size, errors);
    bool done = bytes && file_write(path, bytes, size, errors);
    free(bytes);
    return done;
}

lcnn_picture *lcnn_picture_character(const char *name, const lcnn_picture *p, lcnn_shape wanted,
                                     lcnn_errors *errors) {
    const picture from = inner(p);
    lcnn_picture *out = lcnn_picture_new(wanted.channels, wanted.height, wanted.width);
    if (!out) {
        error_no_memory(errors);
        return NULL;
    }
    picture to = inner(out);
    arithmetic before = arithmetic_standard();
    bool made = mnist_form(name, &from, &to, errors);
    arithmetic_restore(before);
    if (made)
        return out;
    lcnn_picture_free(out);
    return NULL;
}

/* ---- Predicting ------------------------------------------------------------------------------ */

struct lcnn_predictor {
    predictor *inner;
    const model *model;
};

lcnn_predictor *lcnn_predictor_new(const lcnn_model *m, const lcnn_session_options *options,
                                   lcnn_errors *errors) {
    int threads;
    lcnn_predictor *p = calloc(1, sizeof *p);
    if (!p) {
        error_no_memory(errors);
        return NULL;
    }
    p->model = m->model;
    arithmetic before = arithmetic_standard();
    const backend *b =
        model_is_measured(m->model, errors) ? choose_backend(options->isa, errors) : NULL;
    if (b && choose_threads(options->threads, &threads, errors))
        p->inner = predictor_new(m->model, b, threads, options->weights, errors);
    arithmetic_restore(before);
    if (p->inner)
        return p;
    free(p);
    return NULL;
}

void lcnn_predictor_free(lcnn_predictor *p) {
    if (p)
        predictor_free(p->inner);
    free(p);
}

bool lcnn_predictor_run(lcnn_predictor *p, const char *name, const lcnn_picture *seen,
                        float *probability, int *answer, lcnn_errors *errors) {
    const int channels = p->model->info->image.dim[0];
    const shape image = {3, {seen->channels, seen->height, seen->width}};
    if (seen->channels != channels) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, name),
                  "a picture of %d channels, and the model's data have %d", seen->channels,
                  channels);
        return false;
    }
    arithmetic before = arithmetic_standard();
    bool done = predictor_run(p->inner, name, seen->pixels, &image, probability, answer, errors);
    arithmetic_restore(before);
    return done;
}

const float *lcnn_predictor_input(const lcnn_predictor *p) {
    return predictor_input(p->inner);
}

static lcnn_tensor public_tensor(const shape *s, const float *values) {
    lcnn_tensor t = {.rank = s->rank, .values = values};
    for (int i = 0; i < s->rank; i++)
        t.size[i] = s->dim[i];
    return t;
}

bool lcnn_predictor_keep(lcnn_predictor *p, lcnn_errors *errors) {
    return predictor_keep(p->inner, errors);
}

lcnn_tensor lcnn_predictor_activation(const lcnn_predictor *p, int layer) {
    return public_tensor(&p->model->graph->node[layer].shapes.output,
                         predictor_value(p->inner, layer));
}

lcnn_tensor lcnn_predictor_parameter(lcnn_predictor *p, int layer, const char *name,
                                     lcnn_errors *errors) {
    const checkpoint_tensor *t = predictor_parameter(p->inner, layer, name, errors);
    return t ? public_tensor(&t->shape, t->data) : (lcnn_tensor){0};
}
