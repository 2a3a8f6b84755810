/* op_checks.h - what every operator must do, each as a check of one trial.
 *
 * A check fills the trial as it needs, runs it, and returns NULL or, in the arena's memory, what is
 * wrong. They are functions rather than assertions so that they can be checked themselves, on
 * operators that are wrong on purpose. */
#ifndef OP_CHECKS_H
#define OP_CHECKS_H

#include "op_harness.h"

typedef const char *op_check(trial *t, arena *a);

/* Gradients of inputs and parameters agree with central differences, with a full and with a partial
 * last tile. Needs the double library. */
op_check check_gradients;

/* Gradients that are added to something are that much larger. */
op_check check_adding;

/* However items are shared out, all results have the same bits. */
op_check check_items;

/* The same where a value is read by two inputs, both of which add to its gradient. */
op_check check_twice;

/* Backward gives the same bits when all that it did not ask to keep is overwritten. */
op_check check_saves;

/* In place, where the operator says so, all results have the same bits. */
op_check check_in_place;

/* A sample's results have the same bits alone, in a partial and in a full tile; when training only
 * where samples are not coupled. */
op_check check_company;

/* Leaving one input's gradient out changes no bit of the others. */
op_check check_unwanted;

/* All results are finite in all lanes, lanes without a sample and padding of parameters have no
 * gradient, and padding lines are left alone. */
op_check check_places;

/* One sample has the same bits in FORM_SINGLE as in FORM_LANES, however it is run; padding of its last
 * vector is finite, and nothing is written beyond. Passes where an operator knows FORM_LANES only. */
op_check check_single;

/* Losses only: probabilities are none below 0, add up to 1, and are largest for the answer. */
op_check check_probabilities;

/* Runs a check on one sample of an operator of `ops`; the sample's text stands before what is wrong. */
const char *check_sample(op_check *check, const component_set *ops, const op_sample *sample,
                         arena *a);

/* All results of a trial that has run, for comparing: outputs, gradients, state. */
typedef struct results {
    int count;
    struct {
        const char *name;
        size_t size; /* in bytes */
        const void *bytes;
    } part[32];
} results;

/* A copy of the first `lanes` samples of every tile, and, when all are asked for, of what they sum
 * up to. */
results *results_take(const trial *t, int lanes, bool with_gradients, arena *a);

/* The name of the first part that differs, or NULL. */
const char *results_differ(const results *x, const results *y);

#endif
