/* run_files.h - a run on its way, and the files that it leaves in its folder; `lcnn run` (cmd_run.c) trains it. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "progress.h"
#include "published.h"
#include "rundir.h"

typedef struct run {
    const arguments *args;
    job job;
    char *folder;
    FILE *out; /* where people read; NULL with --quiet */
    progress shown;
    char started[32];
    double clock; /* when it began */
    lcnn_epoch *epoch;
    int epochs;         /* finished */
    int status;         /* of the first thing that went wrong */
    const char *sha256; /* of the weights; NULL until they are written */
    beside *beside;     /* what others published and ours; NULL: nothing */
} run;

/* Keeps a status, unless something went wrong before. */
void record(run *r, int status);

/* Each writes what its name says and records what comes of it. */
void write_model(run *r);
void write_metrics(run *r);
void write_weights(run *r);

/* run.json: everything that is needed to repeat the run. `state` is running, done, interrupted or failed; a run that was
 * killed stays at running. */
void write_record(run *r, const char *state);

/* result.json and what belongs to it; `e` is NULL where there is no test part. */
void write_result(run *r, const lcnn_evaluation *e);

/* What result.json holds: nothing in it depends on time, threads or folders. A new reference. */
json_t *run_json(const run *r, const lcnn_evaluation *e);

#endif
