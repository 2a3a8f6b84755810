/* select.h - the images of a data set that a model is trained on, watched with and tested on, and
 * the classes they count as.
 *
 * What the model's `data` says of classes, limits and validation comes true here. An image keeps its
 * index in its part of the data set, by which everything random about it is keyed, so no choice
 * changes what happens to an image that is chosen. */
#ifndef SELECT_H
#define SELECT_H

#include "model.h"

/* Samples of a part, by their index in it, in rising order. */
typedef struct samples {
    uint32_t count;
    const uint32_t *index; /* [count] */
} samples;

typedef struct selection {
    split train, test; /* the parts of the data set, with the model's classes as labels; the labels
                          of images that are not chosen mean nothing */
    samples training, validation; /* of `train` */
    samples testing;              /* of `test` */
    uint32_t *per_class;          /* [the model's classes]: images of `training` */
} selection;

/* The training part is read only when the model `trains`; without, there are test images only. What
 * is made lies in `a`. False with a message. */
bool select_images(const model *m, const dataset *d, bool trains, selection *out, arena *a,
                   lcnn_errors *errors);

#endif
