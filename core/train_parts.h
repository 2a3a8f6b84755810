/* train_parts.h - what the files of the trainer share: train_new.c makes one, train.c trains and
 * evaluates, train_state.c saves where training stands and goes back there. Nobody else includes
 * it. */
#ifndef TRAIN_PARTS_H
#define TRAIN_PARTS_H

#include "curvature.h"
#include "exec.h"
#include "select.h"
#include "train.h"

/* Images answered at a time: enough for many threads, few enough to stop soon. */
enum { EXAMINED_AT_ONCE = 512 };

/* Samples to evaluate, and what came of them the last time. */
typedef struct examination {
    feed feed;
    exec *exec;
    samples samples;
    real *loss; /* [samples.count], like the following */
    uint8_t *answer, *truth;
    float *probability;
} examination;

/* How far training has come. Whatever is random is drawn from seed, epoch and index alone (rng.h),
 * so together with the weights and the optimiser's memory this is all there is to go on with. */
typedef struct train_place {
    int epoch;     /* finished ones */
    uint32_t step; /* done in the next, like the following; may be all of them */
    double loss;   /* sum over the images done */
    uint32_t right, done;
    double learning_rate; /* of the last step */
    double seconds;       /* training only */
} train_place;

struct trainer {
    const model *model;
    const dataset *data;
    graph *graph; /* the model's, with the operators of the backend */
    arena *arena;
    network *network;
    attr_component method; /* the model's optimiser, as of the backend */

    feed feed; /* of the training part */
    exec *exec;
    curvature curvature; /* for optimisers that want it */
    selection chosen;
    real *class_weight; /* [classes]; NULL: all count 1 */
    uint32_t *order;    /* [chosen.training.count]: positions in it, shuffled as the model says */
    uint32_t *batch;    /* [batch_size]: samples of a step */
    real *weight;       /* [batch_size] */
    real *loss;         /* [batch_size] */
    uint8_t *answer, *truth;

    train_place place;
    lcnn_epoch *history; /* [place.epoch] */

    examination validation, test;
};

/* Whether there is something to train on; else a message. */
bool train_possible(const trainer *t, lcnn_errors *errors);

/* Steps of an epoch. */
uint32_t train_steps(const trainer *t);

void history_free(lcnn_epoch *history, int count);

#endif
