/* lcnn_study_parts.h - what the files of lcnn_study.c share: a study on its way to trials.
 *
 * lcnn_study_options.c knows what the caller changes, lcnn_study_trial.c makes one trial, lcnn_study.c spreads experiments out
 * into trials and is the public interface. What a file may say is study.h's business. */
#ifndef LCNN_STUDY_PARTS_H
#define LCNN_STUDY_PARTS_H

#include "lcnn_parts.h"
#include "study.h"

struct lcnn_study {
    arena *arena;
    study *read;
    int trial_count, experiment_count;
    lcnn_trial *trial;
    lcnn_experiment *experiment;
};

typedef struct study_maker {
    lcnn_study *made;
    const lcnn_study_options *options;
    arena *a;
    lcnn_errors *errors;
    const study_experiment *now;
    lcnn_experiment *out;
    lcnn_cell *cell; /* of `out` */
    int capacity;    /* of made->trial */
    bool ok;
} study_maker;

/* What a trial is made of, by the numbers of the experiment's lists. */
typedef struct trial_place {
    int model, data, seed; /* data: -1 where the model says */
    const int *value;      /* [axis_count] */
    int draw;              /* -1: none */
} trial_place;

/* Says that memory is out; false. */
bool study_no_room(study_maker *m);

/* Options that name what the study does not have are refused. */
void study_check_options(study_maker *m);

/* Whether --only lets an experiment be. */
bool study_wants(const study_maker *m, const char *name);

/* The other set of "NAME=OTHER", or the name itself. */
const char *study_data(const study_maker *m, const char *name);

/* "key=value", as --set takes it. */
const char *study_setting_text(arena *a, const char *key, const doc *value);

/* The trial at this place, made where it is new; -1 with messages. */
int study_make_trial(study_maker *m, const trial_place *p);

#endif
