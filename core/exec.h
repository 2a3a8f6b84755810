/* exec.h - running a plan: the same bits however many threads there are.
 *
 * One thread carries a tile through all steps of a stage, so that its values stay in cache. Gradients are summed tile by
 * tile within a slot and then over the slots by a tree; how many slots there are, and which tiles are whose, depends on the
 * batch and the weights only. Threads take tiles as they become free, each in slots of its own first. Where there are fewer
 * slots (or tiles) left than threads, the threads form teams that share the items of each step.
 * Knows no operator by name. */
#ifndef EXEC_H
#define EXEC_H

#include "backend.h"
#include "feed.h"
#include "network.h"
#include "plan.h"

typedef struct exec exec;

/* The samples of one run, and the key of everything random in it. */
typedef struct exec_batch {
    const uint32_t *sample; /* [count]: indices into the feed's split */
    int count;              /* 1 to the most that the exec was made for */
    uint64_t seed;
    uint32_t epoch;
    const real *weight; /* [count]: what each sample's loss is multiplied by for the gradient; NULL: 1 */
} exec_batch;

/* How the weights move after backward. */
typedef struct exec_update {
    const attr_component *method; /* an optimizer */
    double learning_rate;
} exec_update;

/* What became of each sample; members that are NULL are not computed. */
typedef struct exec_answers {
    real *loss;         /* [count] */
    uint8_t *answer;    /* [count]: the predicted class */
    uint8_t *truth;     /* [count]: the label */
    float *probability; /* [count]: of the predicted class */
    float *probabilities; /* [count][classes]: of every class */
    real *output;       /* [count][size of the output node]: what the loss reads */
    float *const *values; /* [graph->count], each [count][size of its output]: what every node gives, row-major */
} exec_answers;

/* Runs up to `most` samples of a feed at a time on up to `threads` threads. Training execs have memory for gradients and
 * for the states of the optimizer `method` (NULL: no updates). Everything given must outlive the exec. NULL with a message
 * when memory is out. */
exec *exec_new(const backend *b, network *n, const feed *f, bool training, int most, int threads,
               const attr_component *method, lcnn_errors *errors);
void exec_free(exec *x);

/* An exec whose runs, which have no update, carry second derivatives backwards in place of gradients, by the operators'
 * curvature rules (core/op.h): exec_gradient then gives those of the mean loss with respect to each weight. All operators
 * that a gradient passes must have a rule. */
exec *exec_new_curvature(const backend *b, network *n, const feed *f, int most, int threads, lcnn_errors *errors);

/* Forward, and for a training exec backward: the gradient of the mean loss, each sample's times its weight. With `update`
 * (training only; else NULL) the weights move. */
void exec_run(exec *x, const exec_batch *batch, const exec_update *update, const exec_answers *answers);

/* The gradient of the last run of a training exec, which had no update, laid out as network.values; [network.trained]. */
const real *exec_gradient(const exec *x);

/* Gives second derivatives, laid out like exec_gradient, to the states of an optimizer that wants them; x is the training
 * exec made for it. */
void exec_adapt(exec *x, const attr_component *method, const real *curvature);

/* Seconds that one node took so far. */
typedef struct exec_times {
    double forward, backward, backward_params;
} exec_times;

/* What the optimizer keeps of each weight, laid out as network.values [network.trained]; NULL from the first that it does
 * without. Together with the number of updates so far it is all that a training exec remembers from run to run. */
real *exec_state(const exec *x, int index);
void exec_set_updates(exec *x, int64_t updates);

/* From now on adds up the time of every node in times [graph->count], for execs of one thread; NULL ends it. Meanwhile
 * every pass is made by itself, also where an operator can make several at once. */
void exec_profile(exec *x, exec_times *times);

/* Multiply-adds of one sample: forward, and for a training exec both gradients, as far as they are needed. */
int64_t exec_macs(const exec *x);

/* Bytes this exec holds. */
size_t exec_memory(const exec *x);

/* Threads it was made for. */
int exec_threads(const exec *x);

/* Threads share an operator's work on a tile where it takes at least so many multiply-adds. For tests, which want even
 * small ones shared. */
extern int64_t exec_worth_sharing;

/* Number of slots in which the gradients of a batch of so many tiles are summed. */
int exec_slots(int tiles, size_t trained);

#endif
