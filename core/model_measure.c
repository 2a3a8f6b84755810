/* model_measure.c - what transforms want to know of the training images, found and written into the
 * model, so that its resolved text has the numbers and treats other images alike.
 *
 * One image after another and on one thread: sums have one order. Messages name the file only,
 * since the text that a model was read from may be gone. */
#include "feed.h"
#include "model.h"
#include "select.h"

#include <stdlib.h>

/* Mean and sum of squared differences from it, of one channel. */
typedef struct tally {
    double count, mean, squares;
} tally;

/* One channel of one image joins the others. Chan, Golub, LeVeque: "Updating formulae and a
 * pairwise algorithm for computing sample variances" (1979): no large sums are subtracted. */
static void add_channel(tally *t, const float *value, size_t pixels) {
    const double count = (double)pixels, all = t->count + count;
    double mean = 0, squares = 0;
    for (size_t i = 0; i < pixels; i++)
        mean += (double)value[i];
    mean /= count;
    for (size_t i = 0; i < pixels; i++) {
        const double off = (double)value[i] - mean;
        squares += off * off;
    }
    const double apart = mean - t->mean;
    t->mean += apart * (count / all);
    t->squares += squares + apart * apart * (t->count * (count / all));
    t->count = all;
}

/* Takes all samples through the feed. */
static bool take_tally(const feed *f, const samples *all, tally *channel, lcnn_errors *errors) {
    const shape *s = &f->transform_shape[f->transform_count];
    const size_t pixels = shape_pixels(s);
    float *scratch = aligned_array(feed_scratch(f), sizeof *scratch);
    float *image = aligned_array(shape_size(s), sizeof *image);
    const bool ready = scratch && image;
    for (uint32_t i = 0; ready && i < all->count; i++) {
        feed_image(f, NULL, all->index[i], scratch, image);
        for (int c = 0; c < s->dim[0]; c++)
            add_channel(&channel[c], image + (size_t)c * pixels, pixels);
    }
    if (!ready)
        error_no_memory(errors);
    free(scratch);
    free(image);
    return ready;
}

/* Tells transform `i`, of which those before it are told by now. */
static bool measure_transform(const model *m, int i, const dataset *d, const selection *chosen,
                              arena *a, lcnn_errors *errors) {
    const attr_component *wants = &m->data.transform[i];
    const feed before = {&chosen->train, d->info.image, i, m->data.transform,
                         m->data.transform_shape};
    const int channels = m->data.transform_shape[i].dim[0];
    tally *channel = arena_array(a, (size_t)channels, sizeof *channel);
    double *mean = arena_array(a, (size_t)channels, sizeof *mean);
    double *deviation = arena_array(a, (size_t)channels, sizeof *deviation);
    if (!channel || !mean || !deviation) {
        error_no_memory(errors);
        return false;
    }
    if (!take_tally(&before, &chosen->training, channel, errors))
        return false;
    for (int c = 0; c < channels; c++) {
        mean[c] = channel[c].mean;
        deviation[c] = __builtin_sqrt(channel[c].squares / channel[c].count);
        if (!(deviation[c] > 0)) {
            error_add(errors, LCNN_BAD_DATA, error_file(errors, m->path),
                      "%s: channel %d of the training images of '%s' is %g everywhere and has no "
                      "deviation to divide by",
                      wants->type->name, c + 1, m->info->name, mean[c]);
            return false;
        }
    }
    ((const transform *)wants->type)
        ->set_moments(wants->attrs, (attr_reals){channels, mean},
                      (attr_reals){channels, deviation});
    return true;
}

/* The first transform that still has to be told something; the count when there is none. */
static int first_wanting(const model *m) {
    int i = 0;
    for (; i < m->data.transform_count; i++) {
        const attr_component *t = &m->data.transform[i];
        const transform *type = (const transform *)t->type;
        if (type->wants_moments && type->wants_moments(t->attrs))
            break;
    }
    return i;
}

bool model_is_measured(const model *m, lcnn_errors *errors) {
    const int i = first_wanting(m);
    if (i == m->data.transform_count)
        return true;
    error_add(errors, LCNN_BAD_MODEL, error_file(errors, m->path),
              "%s: nothing is measured yet; training measures, and the model.yaml of a run has the "
              "numbers",
              m->data.transform[i].type->name);
    return false;
}

bool model_measure(model *m, const dataset *d, const model_parts *parts, arena *a,
                   lcnn_errors *errors) {
    int i = first_wanting(m);
    if (i == m->data.transform_count)
        return true;
    selection chosen;
    if (!model_fits(m, d, errors) || !select_images(m, d, true, &chosen, a, errors))
        return false;
    if (chosen.training.count == 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, m->path),
                  "%s: '%s' has no training images to measure", m->data.transform[i].type->name,
                  m->info->name);
        return false;
    }
    for (; i < m->data.transform_count; i = first_wanting(m))
        if (!measure_transform(m, i, d, &chosen, a, errors))
            return false;
    if (model_rewrite(m, parts, a))
        return true;
    error_no_memory(errors);
    return false;
}
