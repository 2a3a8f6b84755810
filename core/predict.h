/* predict.h - a network with trained weights that looks at one picture at a time.
 *
 * Owns the network and an exec of one sample; the way through the transforms is the feed's, for pictures of any size that
 * the transforms make fit. */
#ifndef PREDICT_H
#define PREDICT_H

#include "backend.h"
#include "checkpoint.h"
#include "model.h"

typedef struct predictor predictor;

/* With the weights of a file. The model must outlive the predictor. NULL with messages. */
predictor *predictor_new(const model *m, const backend *b, int threads, const char *weights, lcnn_errors *errors);
void predictor_free(predictor *p);

/* A picture of the shape `image` and of as many channels as the model's data have. Fills probability [classes] and *answer.
 * False with a message that begins with `name`. */
bool predictor_run(predictor *p, const char *name, const uint8_t *pixels, const shape *image, float *probability, int *answer,
                   lcnn_errors *errors);

/* From now on runs keep what every node gives. False with a message when memory is out. */
bool predictor_keep(predictor *p, lcnn_errors *errors);

/* What a node gave in the last run, row-major in its output's shape; NULL where it was not kept. */
const float *predictor_value(const predictor *p, int index);

/* A node's parameter by name, in the order of files; NULL where it has none such, or, with a message, when memory is out. */
const checkpoint_tensor *predictor_parameter(predictor *p, int index, const char *name, lcnn_errors *errors);

/* The network's input in the last run, [channels][height][width]. */
const float *predictor_input(const predictor *p);

#endif
