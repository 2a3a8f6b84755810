/* metrics.h - how good a set of answers is: loss, accuracy, confusion, precision, recall, F1.
 *
 * Made of one truth, answer, probability and loss per image, gathered in any order and by any thread; the sums are then
 * taken in the order of the images, so that they do not depend on who computed what. The result is the public
 * lcnn_evaluation, one piece of memory that lcnn_evaluation_free gives back. */
#ifndef METRICS_H
#define METRICS_H

#include "lcnn.h"

/* Room for `count` images of `classes` (1 to 256) classes; NULL when memory is out. */
lcnn_evaluation *metrics_new(uint32_t count, int classes);

/* What became of image `index`, which is `sample` in its data set: labels below `classes`, the probability of the answer, the image's loss. To be called
 * once for each image; different images may be set by different threads at once. */
void metrics_set(lcnn_evaluation *evaluation, uint32_t index, uint32_t sample, int truth, int answer, float probability,
                 double loss);

/* Computes everything else. Precision of a class is its right answers among all its answers, recall its right answers
 * among all its images, F1 their harmonic mean, 2 right / (answers + images); a class with no answers has precision 0, one
 * with no images recall 0. Macro averages are plain means over all the classes. Micro averages count all classes together,
 * and with one answer per image all three equal the accuracy. Without images, loss and accuracy are NaN. */
void metrics_finish(lcnn_evaluation *evaluation);

#endif
