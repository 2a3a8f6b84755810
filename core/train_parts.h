/* train_parts.h - what the files of the trainer share: train_new.c makes one, train.c trains and
 * evaluates, train_state.c saves where training stands and goes back there, train_origin.c finds out
 * where numbers ceased to be finite. Nobody else includes it. */
#ifndef TRAIN_PARTS_H
#define TRAIN_PARTS_H

#include "curvature.h"
#include "exec.h"
#include "select.h"
#include "train.h"
#include "watch.h"

enum {
    EXAMINED_AT_ONCE = 512, /* images answered at a time: for many threads, and to stop soon */
    ORIGIN_AT_ONCE = 32,    /* the same where all that every node gives is kept */
};

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

/* Weights and memory as they were when an epoch began, or when training went on. */
typedef struct good_state {
    real *values;                   /* [network->size] */
    real *memory[OPTIM_MAX_STATES]; /* [network->trained] each; NULL: the optimiser does without */
    train_place place;
} good_state;

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
    good_state good;
    struct {
        uint64_t *node, *tensor; /* [graph->count], [network->count]; of the last step */
    } trace;                     /* when one is kept */

    examination validation, test;
};

/* Whether there is something to train on; else a message. */
bool train_possible(const trainer *t, lcnn_errors *errors);

/* Steps of an epoch, the samples in one, and all updates so far. */
uint32_t train_steps(const trainer *t);
int train_step_size(const trainer *t, uint32_t index);
int64_t train_updates(const trainer *t);

/* ---- Training as it runs ---------------------------------------------------------------------- */

typedef struct training {
    trainer *trainer;
    const lcnn_callbacks *callbacks; /* NULL: nobody watches */
    lcnn_errors *errors;
    bool failed, stopped; /* by a loss that is not finite or for want of memory; by the caller */
    double began;         /* clock when the epoch had begun, had it not been interrupted */
    watch *watch;         /* of steps; NULL: nobody looks at nodes */
} training;

/* The order of the epoch's images; and at its beginning, what the optimiser wants to know of it. */
void train_prepare_epoch(training *run);

/* The next step of the epoch; its loss, as far as it tells whether all is finite. */
double train_step(training *run);

/* Ends training: the loss is not finite `where` ("in step 3 of"). Says so, and where it began, and goes back to the last good
 * state. */
void train_failed(training *run, double loss, const char *where);

bool good_state_new(trainer *t); /* false: memory is out */
void good_state_keep(trainer *t);

void history_free(lcnn_epoch *history, int count);

#endif
