/* describe.h - what a dataset.yaml, or an entry of the catalogue, says of a data set.
 *
 * Both have the same form and are read through the same attribute tables. Whether the files are
 * there, and what is in them, is not known here. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "dataset.h"

/* Names of the two files of a part; both NULL when the set has no such part. */
typedef struct part_files {
    const char *images, *labels;
} part_files;

/* How a set of the catalogue is found. */
typedef struct find_hints {
    const char *folder; /* sub-folder of the search places; "" for built-in sets */
    const char *also;   /* another name, or "" */
    const char *get;    /* where its files can be had: a sentence without a full stop */
    bool built_in;      /* drawn, not read */
} find_hints;

typedef struct description {
    dataset_info info;
    const char *about, *citation; /* "" when nothing is said */
    bool transposed;              /* images are stored with rows and columns exchanged */
    int first_label;              /* label of class 0 in the files */
    part_files train, test;
    find_hints find; /* catalogue only */
} description;

/* Labels are bytes. */
enum { MAX_CLASSES = 256 };

/* Reads a dataset.yaml, or an entry of the catalogue (which may hold `find`). NULL with messages.
 */
description *describe(const doc *map, bool catalogue, arena *a, lcnn_errors *errors);

#endif
