/* claims.h - published figures as files have them: lists of results in YAML, and tables beside it.
 *
 * A model's section `published` (model_published.c) and a study's lists are read by the same rows. What is graded, and how,
 * is not decided here. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "attr.h"
#include "dataset.h"

/* What reading needs to know. */
typedef struct claims_reader {
    arena *a;
    lcnn_errors *errors;
    const char *path;   /* of the file that is read: tables lie relative to it */
    const char *source; /* of results that name none */
    /* As in model_parts. */
    const dataset_info *(*data_info)(const char *name, mark at, arena *a, lcnn_errors *errors);
} claims_reader;

/* The rows of one result, of the table that belongs to a curve or to a list of errors, and these as the manual has them. */
extern const component claims_result, claims_curve, claims_errors;

/* A list of results; `what` begins messages. NULL with messages. */
const lcnn_claim *claims_read_results(const claims_reader *r, const doc *list, const char *what, int *count);

/* {data, file, title}; NULL with messages. */
const lcnn_published_curve *claims_read_curve(const claims_reader *r, const doc *map, const char *what);
const lcnn_published_errors *claims_read_errors(const claims_reader *r, const doc *map, const char *what);

/* ---- Tables ---------------------------------------------------------------------------------- */

/* A column that a table may have. */
typedef struct claims_column {
    const char *name; /* NULL ends the list */
    bool needed;
} claims_column;

typedef struct claims_cell {
    const char *text; /* "" where nothing stands */
    mark at;
} claims_cell;

/* Lines of values between commas below a line of names, in any order; empty lines and those that begin with # are skipped. */
typedef struct claims_table {
    int rows, columns;
    const claims_cell *cell; /* [rows][columns of the list]; text NULL in columns that the table does not have */
} claims_table;

/* `at` is where a file named the table. NULL with messages, which point into the table where it is there. */
const claims_table *claims_read_table(const claims_reader *r, const char *path, mark at, const claims_column *columns);

#endif
