/* datasets.h - the face of this folder: data sets by name or folder, and the list of transforms.
 *
 * A name is one of the catalogue (catalogue.yaml), short names included, or, with a '/' in it, a
 * folder of IDX files. The built-in sets take a number of training samples: "glyphs:20000". Used by
 * core/lcnn.c only; the rest of the core knows core/dataset.h. */
#ifndef DATASETS_H
#define DATASETS_H

#include "catalogue.h"

/* What is known of a set without its images: the files of catalogue sets need not even be there.
 * `at` is where the name was written, for messages; a short name is spelt out in a note. Lives in
 * `a`; NULL with messages. */
const dataset_info *datasets_info(const char *name, mark at, arena *a, lcnn_errors *errors);

/* Reads a whole set into memory: images upright, labels from 0. A set may lack one of its parts.
 * NULL with messages: LCNN_BAD_DATA when files are missing or wrong, LCNN_BAD_USAGE for a name
 * that nobody has heard of. datasets_close takes NULL, too. */
dataset *datasets_open(const char *name, lcnn_errors *errors);
void datasets_close(dataset *d);

/* The set of the catalogue with this name, the first `length` characters of `name`. A short name is spelt out in a note;
 * NULL with a message for one that nobody has heard of. */
const description *datasets_known(const catalogue *known, const char *name, size_t length, mark at, arena *a,
                                  lcnn_errors *errors);

/* A line of the catalogue. */
typedef struct datasets_entry {
    const description *set;
    const dataset_info *info;
    const char *where; /* the folder with its files, "built in", or NULL: not here */
} datasets_entry;

/* The whole catalogue, in `a`; NULL when memory is out. */
const datasets_entry *datasets_list(int *count, arena *a, lcnn_errors *errors);

/* What data.transforms may name; its members are transforms (core/dataset.h). */
extern const component_set transforms;

#endif
