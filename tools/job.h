/* job.h - a model, its data and the session that binds them, as `run` and `test` open them and
 * print them. */
#ifndef JOB_H
#define JOB_H

#include <stdio.h>

#include "command.h"

typedef struct job {
    lcnn_model *model;
    lcnn_data *data;
    lcnn_session *session;
} job;

/* Reads the model alone, with the settings and the data set of the command line; NULL after
 * printing the messages, with *status theirs. */
lcnn_model *job_model(const arguments *args, const char *path, int *status);

/* Opens all three. `weights` may be NULL; `trains` asks for a training part. Prints messages and
 * returns their status; what was opened is there for job_close in any case. */
int job_open(job *j, const arguments *args, const char *model, const char *weights, bool trains);
void job_close(job *j);

/* Of the session's weights, as lcnn_session_sha256. */
const char *job_weights_sha256(const job *j);

/* What is about to be done, a line each; `weights` and `trains` as in job_open. */
void job_print(const job *j, const char *weights, bool trains, FILE *out);

/* The title of a model, and its layer table with totals. */
void model_print_title(const lcnn_model *model, FILE *out);
void model_print_layers(const lcnn_model *model, FILE *out);

/* The sums over all layers; named "total", without operator. */
lcnn_layer model_total(const lcnn_model *model);
int64_t model_parameters(const lcnn_model *model);

#endif
