/* run_files.h - a run on its way, and the files that it leaves in its folder; `lcnn run` (cmd_run.c) trains it. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "checkpoints.h"
#include "progress.h"
#include "published.h"
#include "published_record.h"
#include "rundir.h"
#include "trace.h"

typedef struct run {
    const arguments *args;
    job job;
    char *folder;
    FILE *out; /* where people read; NULL with --quiet */
    progress shown;
    checkpoints saving;
    trace_columns columns;
    FILE *trace; /* NULL: none is kept */
    char started[32];
    double clock; /* when it began, had it not been interrupted */
    json_t *past; /* run.json as it was found, when a run is resumed; else NULL */
    const lcnn_epoch *epoch; /* [epochs]; the session's */
    int epochs;              /* finished */
    bool best_missing;       /* best.safetensors could not be written */
    int status;         /* of the first thing that went wrong */
    const char *sha256; /* of the weights; NULL until they are written */
    const lcnn_published *published; /* of the model; NULL: nothing */
    lcnn_published *recalled;        /* the same, from `past` */
    beside *beside;                  /* the same and ours */
} run;

/* Keeps a status, unless something went wrong before. */
void record(run *r, int status);

/* Each writes what its name says and records what comes of it. */
void write_model(run *r);
void begin_trace(run *r); /* trace.csv, with nothing in it */
void write_metrics(run *r);
void write_weights(run *r);

/* best.safetensors, when the last epoch is the best so far on the validation images. */
void write_best(run *r);

/* The epoch that answered most validation images rightly, of those the one of the lowest loss, of those the first; NULL
 * without validation images. */
const lcnn_epoch *best_epoch(const run *r);

/* hashes.csv: of the weights file and of each tensor after each epoch. */
void write_hashes(run *r);

/* run.json: everything that is needed to repeat the run. `state` is running, done, interrupted or failed; a run that was
 * killed stays at running. */
void write_record(run *r, const char *state);

/* result.json and what belongs to it; `e` is NULL where there is no test part. */
void write_result(run *r, const lcnn_evaluation *e);

/* What result.json holds: nothing in it depends on time, threads or folders. A new reference. */
json_t *run_json(const run *r, const lcnn_evaluation *e);

/* ---- run_resume.c ----------------------------------------------------------------------------- */

/* Opens what a run has left in the folder `--resume`, and goes to where it stood. True when training is to go on; else
 * r->status says why not, which is LCNN_OK when it was done already. */
bool resume_open(run *r);

#endif
