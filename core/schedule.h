/* schedule.h - schedules: the learning rate of each step, as components that a model names.
 *
 * Every schedule has `warmup` (epochs, in which the rate grows linearly from 0; fractions count) and `factor` (multiplies
 * the whole). A rate comes about by + - * / in double alone, so it has the same bits on every machine. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "attr.h"

/* Where training stands before an update. */
typedef struct schedule_time {
    int epoch;     /* from 0 */
    int epochs;    /* in all */
    int64_t step;  /* within the epoch, from 0 */
    int64_t steps; /* of an epoch, at least 1 */
} schedule_time;

typedef struct schedule {
    component component;
    /* Without warm-up and factor; schedule_rate is the one to call. */
    double (*rate)(const void *attrs, const schedule_time *now);
    /* What ranges of single attributes cannot say, such as lists that must fit each other; NULL: nothing. */
    bool (*check)(const void *attrs, mark at, const char *what, lcnn_errors *errors);
} schedule;

/* Members are schedule. A bare number means `constant`. */
extern const component_set schedules;

/* To be called once after a schedule was parsed: attributes that contradict each other get a message at `at`, which begins
 * with `what` ("train.learning_rate"). */
bool schedule_check(const attr_component *schedule, mark at, const char *what, lcnn_errors *errors);

/* The learning rate of this step, factor and warm-up included. */
double schedule_rate(const attr_component *schedule, const schedule_time *now);

#endif
