/* past_run.h - what a run has left in its folder, read again for a report.
 *
 * Whatever is missing or cannot be read is simply absent here, with a line in `missing`: an interrupted run has no result, a
 * run without a test part no predictions. Nothing is trusted from the files: numbers lie within their bounds. */
#ifndef PAST_RUN_H
#define PAST_RUN_H

#include <jansson.h>
#include <stdint.h>

#include "lcnn.h"

/* The columns of metrics.csv. */
typedef enum run_column {
    RUN_EPOCH,
    RUN_LEARNING_RATE,
    RUN_TRAIN_LOSS,
    RUN_TRAIN_ACCURACY,
    RUN_VALIDATION_LOSS,
    RUN_VALIDATION_ACCURACY,
    RUN_TEST_LOSS,
    RUN_TEST_ACCURACY,
    RUN_IMAGES_PER_SECOND,
    RUN_SECONDS,
    RUN_COLUMNS,
} run_column;

/* The answer to one test image. */
typedef struct run_prediction {
    uint32_t index; /* of the image in the test part */
    int truth, answer;
    double probability; /* of the answer; NaN where the file has none */
} run_prediction;

typedef struct past_run {
    char *folder;
    json_t *record;    /* run.json, an object; NULL: none */
    json_t *result;    /* result.json, an object; NULL: none */
    json_t *published; /* published.json, an object; NULL: none */
    lcnn_model *model; /* model.yaml, as far as it can be read here; NULL: not */
    int epochs;
    double *column[RUN_COLUMNS]; /* [epochs]; NaN where the file says nothing */
    int classes;                 /* that were told apart; 0: no test */
    char **class_name;           /* [classes] */
    double *confusion;           /* [classes][classes]: truth, answer */
    uint32_t prediction_count;
    run_prediction *prediction; /* in the order of the file */
    int missing_count;
    char **missing; /* sentences */
} past_run;

/* A folder without run.json is none of a run: prints that and returns NULL. */
past_run *past_run_read(const char *folder);
void past_run_free(past_run *r);

/* Members of JSON objects, wherever they are: "test", "micro", "f1". NULL, NaN or "" where there is none. The list of keys ends
 * with NULL. */
const json_t *json_member(const json_t *object, ...) __attribute__((sentinel));
double json_member_number(const json_t *object, ...) __attribute__((sentinel));
const char *json_member_text(const json_t *object, ...) __attribute__((sentinel));

/* The text of a member of a JSON file in a folder, to be freed; NULL where there is none. */
char *json_file_text(const char *folder, const char *file, const char *key);

#endif
