/* trace.h - trace.csv, what every step of a run came to: a row for each step with 64 bits, in
 * hexadecimal, for what each layer gave and for each tensor after the step. */
#ifndef TRACE_H
#define TRACE_H

#include <stdio.h>

#include "lcnn.h"
#include "run_lines.h"

/* The session's layers and tensors, by which the columns are named. */
typedef struct trace_columns {
    const lcnn_model *model;
    const lcnn_session *session;
} trace_columns;

int trace_column_count(const trace_columns *c);
const char *trace_column_name(const trace_columns *c, int index);
/* "what conv2d 'c1' gave" or "tensor 'c1.weight' after it" */
const char *trace_column_about(const trace_columns *c, int index);
uint64_t trace_column_value(const trace_columns *c, int index, const lcnn_trace *row);

/* Begins a file, or goes on with one after the session's position: what stands there of later steps, which will be made
 * again, is cut off. NULL after printing what is wrong, with *status. */
FILE *trace_write(const trace_columns *c, const char *folder, int *status);
void trace_add(const trace_columns *c, FILE *out, const lcnn_trace *row);
/* What was added is on the disk from here on; false when some of it could not be written. */
bool trace_flush(FILE *out);

/* Opens a file to compare with, to be closed; false: there is none, or its columns are others. */
bool trace_read(const trace_columns *c, run_lines *lines, const char *folder);
/* The first column in which the file's row of this step differs; -1: none, or the file has no such row. Asked for step after
 * step. */
int trace_compare(const trace_columns *c, run_lines *lines, const lcnn_trace *row);

#endif
