/* study.h - a study at work: where each of its trials stands, and what they found. Shared by cmd_study.c and study_*.c. */
#ifndef TOOLS_STUDY_H
#define TOOLS_STUDY_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "command.h"
#include "statistics.h"

typedef enum trial_state {
    TRIAL_WAITING,
    TRIAL_DONE,
    TRIAL_FAILED,
    TRIAL_ABSENT, /* its data set is not here */
} trial_state;

/* What a trial found; NaN where there is nothing. */
typedef struct trial_figures {
    double accuracy, loss, precision, recall, f1, validation_accuracy, train_seconds;
    uint32_t count;     /* test images; 0: none */
    uint8_t *wrong;     /* [count] */
    double *probability; /* [count]: of the answer */
    char weights_sha256[65];
} trial_figures;

typedef struct trial_run {
    const lcnn_trial *trial;
    trial_state state;
    bool kept;     /* done before this call */
    int status;    /* of the child that failed */
    char *message; /* NULL: none */
    char *folder, *log;
    char *data_name; /* of its data set; empty until that was opened */
    char data_sha256[65], model_sha256[65];
    int64_t images; /* to train on */
    int epochs, epochs_done;
    double began;
    int together, threads; /* trials that ran at the same time; 0: not known */
    trial_figures found;
} trial_run;

typedef struct study_run {
    const arguments *args;
    lcnn_study *study;
    char *folder;
    FILE *out; /* where people read; NULL with --quiet */
    int processors;
    int count;
    trial_run *run; /* [count], as the trials of the study */
    double clock, seconds_before; /* before: what earlier calls took for this folder */
    char started[32];
    int status;
} study_run;

/* ---- study_folder.c: the folder of a study and of its trials ------------------------------------ */

/* Makes or enters the folder, holds it for this process alone, and puts study.yaml into it; status. */
int study_folder_enter(study_run *s);

/* Whether the folder of the trial holds the run it would make. */
bool trial_is_done(const trial_run *r);
/* Whether there is a run of this trial, in this version, that has begun and not ended: it can be resumed. */
bool trial_is_begun(const trial_run *r);

/* Removes what an earlier run has left there; false with r->message when it is none of ours. */
bool trial_clear(trial_run *r);

/* ---- study_prepare.c: what must be known before anything runs ----------------------------------- */

/* Opens every data set once: which trials have none, what the hashes are, which are done. */
void study_prepare(study_run *s);

/* ---- study_train.c, study_probes.c: children ----------------------------------------------------- */

/* Both: false when a signal ended it. */
bool study_train(study_run *s);
bool study_probe(study_run *s);

/* What a probe of a trial found, or NULL. A new reference. */
json_t *probe_result(const trial_run *r, const char *setting);

/* ---- study_figures.c: what trials found ----------------------------------------------------------- */

void study_read_figures(study_run *s);
double trial_metric(const trial_run *r, const char *metric, double reject_to);
bool metric_less_is_better(const char *metric);
bool metric_is_share(const char *metric);

/* Share of the answers to reject, the least sure first, until `error` of the rest is wrong at most. NaN without any. */
double trial_rejected(const trial_figures *f, double error);
/* Error among the rest when so many shares are rejected. */
double trial_error_after(const trial_figures *f, double rejected);

/* ---- study_findings.c: what follows from them ------------------------------------------------------ */

/* The trial of the first seed of a group, or NULL when none of it is done; how many are done goes to *done, their metric to
 * value [cells of the group]. */
const trial_run *group_values(const study_run *s, const lcnn_experiment *e, int group, const char *metric, double *value,
                              int *done);
const lcnn_cell *group_cell(const lcnn_experiment *e, int group);
int group_size(const lcnn_experiment *e);

/* The group that is best on validation, where that chooses; else -1. */
int best_group(const study_run *s, const lcnn_experiment *e);
/* The values of a cell by their keys, numbers as numbers; a new reference. */
json_t *settings_json(const lcnn_experiment *e, const lcnn_cell *cell);

/* Whether test figures of the group may be shown. */
bool group_is_shown(const study_run *s, const lcnn_experiment *e, int group);

json_t *summary_published(const study_run *s, const lcnn_experiment *e, int group);
json_t *experiment_comparisons(const study_run *s, const lcnn_experiment *e);
json_t *experiment_findings(const study_run *s, const lcnn_experiment *e);

/* ---- study_results.c: results.json and results.csv -------------------------------------------------- */

json_t *study_results(const study_run *s);
int study_write_results(const study_run *s, const json_t *results);

/* ---- study_print.c ------------------------------------------------------------------------------------ */

/* Tables and findings, for people. */
void study_print_results(const json_t *results, FILE *out);
/* The trials and what they would take. */
void study_print_plan(const study_run *s, FILE *out);

#endif
