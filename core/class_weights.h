/* class_weights.h - how much the images of each class count while training, as components that a
 * model names.
 *
 * A weight multiplies the loss of each image of its class, and so its part of every gradient; the
 * mean over a batch is still taken over the number of its images. Evaluation knows no weights. */
#ifndef CLASS_WEIGHTS_H
#define CLASS_WEIGHTS_H

#include "attr.h"
#include "tensor.h"

/* Members are none, balanced, and given, which a bare list means. */
extern const component_set class_weightings;

/* To be called once when the number of classes is known: another number of weights gets a message
 * at `at` that begins with `what`. */
bool class_weights_check(const attr_component *weighting, int classes, mark at, const char *what,
                         lcnn_errors *errors);

/* Fills weight [classes] from images [classes], the numbers of images to train on; false where
 * every image counts 1, and then nothing is filled in. */
bool class_weights_fill(const attr_component *weighting, const uint32_t *images, int classes,
                        real *weight);

#endif
