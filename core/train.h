/* train.h - a model bound to data: training epoch by epoch, saving where it stands, and evaluating.
 *
 * Owns the weights, the execs and the order of samples. What is computed is the graph's business, how it is computed the
 * exec's; where results go is the caller's. */
#ifndef TRAIN_H
#define TRAIN_H

#include "backend.h"
#include "model.h"
#include "network.h"

typedef struct trainer trainer;

/* Weights begin as the model's initialisers say, or with those of the file `weights` (NULL: none). One that does not train
 * leaves the training part alone. The model and the data must outlive the trainer. NULL with messages. */
trainer *trainer_new(const model *m, const dataset *d, bool trains, const backend *b, int threads, const char *weights,
                     lcnn_errors *errors);
void trainer_free(trainer *t);

/* Trains for what is left of the model's epochs; see lcnn_session_train. */
bool trainer_run(trainer *t, const lcnn_callbacks *callbacks, lcnn_errors *errors);

/* See lcnn_session_checkpoint and lcnn_session_resume. */
bool trainer_save(const trainer *t, const char *path, lcnn_errors *errors);
bool trainer_resume(trainer *t, const char *path, lcnn_errors *errors);

lcnn_position trainer_position(const trainer *t);
const lcnn_epoch *trainer_history(const trainer *t, int *count);

/* Evaluates the test part; NULL with a message. */
lcnn_evaluation *trainer_evaluate(trainer *t, lcnn_errors *errors);

const network *trainer_network(const trainer *t);
uint32_t trainer_train_count(const trainer *t);
uint32_t trainer_validation_count(const trainer *t);
uint32_t trainer_test_count(const trainer *t);
size_t trainer_memory(const trainer *t); /* bytes of weights, gradients, optimiser states and activations */

#endif
