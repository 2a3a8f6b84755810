/* result.h - what an evaluation found, as text, JSON and CSV. */
#ifndef RESULT_H
#define RESULT_H

#include <jansson.h>
#include <stdio.h>

#include "lcnn.h"

/* Scores and the confusion matrix; the most frequent confusions instead where the matrix is wider
 * than the terminal, and then `matrix_file`, which may be NULL, is named. */
void result_print(const lcnn_evaluation *e, const lcnn_model *model, const lcnn_data *data,
                  const char *matrix_file, FILE *out);

/* Everything but the single images; a new reference. */
json_t *result_json(const lcnn_evaluation *e, const lcnn_model *model);

/* confusion.csv: a row per truth, a column per answer. */
void result_write_confusion(const lcnn_evaluation *e, const lcnn_model *model, FILE *out);

/* predictions.csv: index, truth, answer, probability of the answer. */
void result_write_predictions(const lcnn_evaluation *e, const lcnn_model *model, FILE *out);

/* An error of a kind: images of class `truth` taken for class `answer`. */
typedef struct confusion {
    int truth, answer;
    double count;
} confusion;

/* For qsort(): most frequent first; equals in the order of the matrix. */
int compare_confusions(const void *left, const void *right);

/* A field of CSV, in quotes when it needs them (RFC 4180). */
void result_write_field(const char *text, FILE *out);

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A number, or null where it is none. */
json_t *json_number(double x);

json_t *json_numbers(const double *x, int count);

/* Any text; bytes that JSON cannot hold are escaped as in messages. */
json_t *json_text(const char *text);
json_t *json_texts(const char *const *text, int count);

/* What a file holds, without duplicate keys; NULL when it is not there or wrong, as *error (which may be NULL) says. */
json_t *json_of_file(const char *path, json_error_t *error);

/* The document with a line for each member; what holds no further list or object stays on one line.
 */
void json_write(const json_t *value, FILE *out);

#endif
