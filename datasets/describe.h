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

/* How the bytes of a file are told from others: of the file as it is handed out, and of what is in it when it is
 * unpacked. 0 and "" where nothing is known. */
typedef struct file_facts {
    const char *name;
    int size, unpacked_size;
    const char *md5, *sha256, *unpacked_sha256; /* lower-case hexadecimal */
} file_facts;

typedef struct part_facts {
    file_facts images, labels;
} part_facts;

/* An archive that holds the files of several sets. */
typedef struct archive_facts {
    const char *name;              /* as sets refer to it */
    file_facts file;
    const char *members;           /* what stands before the names of files in it: "gzip/" */
    const char *const *addresses;  /* folders on the web that have it, in the order to try them; NULL-ended */
} archive_facts;

/* How a set of the catalogue is found. */
typedef struct find_hints {
    const char *folder;           /* sub-folder of the search places; "" for built-in sets */
    const char *const *also;      /* other names; NULL-ended */
    const char *get;              /* another way to get its files, a sentence without a full stop; or "" */
    bool built_in;                /* drawn, not read */
    const char *const *addresses; /* folders on the web that have the files, in order; NULL-ended */
    const char *archive_name;     /* or the archive that they are in; "": none */
    const archive_facts *archive; /* filled in by the catalogue */
} find_hints;

typedef struct description {
    dataset_info info;
    mark at;                      /* where this is written */
    const char *about, *citation, *licence; /* "" when nothing is said */
    bool transposed;              /* images are stored with rows and columns exchanged */
    int first_label;              /* label of class 0 in the files */
    part_files train, test;
    part_facts train_facts, test_facts;
    find_hints find; /* catalogue only */
} description;

/* Labels are bytes. */
enum { MAX_CLASSES = 256 };

/* Reads a dataset.yaml, or an entry of the catalogue (which may hold `find`). NULL with messages.
 */
description *describe(const doc *map, bool catalogue, arena *a, lcnn_errors *errors);

/* Reads `classes`, the list of the names of the classes. False with messages. */
bool describe_classes(const doc *map, dataset_info *info, arena *a, lcnn_errors *errors);

/* Reads an entry of the catalogue's `archives`. NULL with messages. */
const archive_facts *describe_archive(const doc *map, arena *a, lcnn_errors *errors);

#endif
