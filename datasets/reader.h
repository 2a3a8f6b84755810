/* reader.h - what a data format is: a path is looked at, described, and read a part at a time.
 *
 * A format is one file in readers/ and one line in local.mk. It is told by what is in the files;
 * which file has which role is told by names. What dataset.yaml says is put over the description by
 * readers.c, and images are turned upright there, so that no format has to know of either. */
#ifndef READER_H
#define READER_H

#include "load.h"

/* What a dataset.yaml says of files that describe themselves; "" and 0 where it says nothing. */
typedef struct sayings {
    const char *name, *title;
    int classes; /* 0: not said */
    const char *const *class_names;
    const doc *classes_at;
    shape image; /* rank 0: not said */
    bool transposed_said, transposed;
    bool first_label_said;
    int first_label;
    double split; /* share of the images for testing where files do not say */
} sayings;

/* A path that is to be read. */
typedef struct place {
    const char *path;
    mark named; /* where the path was given; without a text when on the command line */
    bool folder;
    int count;               /* of a folder: */
    const char *const *name; /* what is in it, sorted by bytes, without dataset.yaml and hidden files */
    const catalogue *known;
    const doc *yaml; /* its dataset.yaml, or NULL */
    sayings said;
} place;

/* What a format says of a place: of describe, with the shape as the files have it; of load, with what
 * dataset.yaml says, and the shape upright. */
typedef struct finding {
    const description *set;
    bool undivided; /* all images are in one heap: reader_takes says which are for testing */
    void *own;      /* the format's */
} finding;

typedef enum set_part { PART_TRAIN, PART_TEST } set_part;

typedef struct reader {
    const char *name;  /* "image folder" */
    const char *looks; /* one line on what it looks like, for `lcnn data --help`; no full stop */
    /* Whether the place has this form: no messages, and no more than a look at some first bytes. */
    bool (*matches)(const place *at, arena *a);
    /* Shape and classes; reads no images where labels or names will do. */
    bool (*describe)(const place *at, finding *out, arena *a, lcnn_errors *errors);
    /* A part into memory, labels from 0; all of it NULL when there is none. The caller frees what is
     * in `out` either way. */
    bool (*load)(const place *at, const finding *f, set_part which, part_bytes *out, arena *a,
                 lcnn_errors *errors);
} reader;

/* ---- Helpers of the formats ------------------------------------------------------------------ */

/* A description with the name of the place and no classes yet; NULL when memory is out. */
description *reader_describe(const place *at, const char *title, arena *a, lcnn_errors *errors);

/* Which labels occur. */
typedef struct label_tally {
    bool seen[MAX_CLASSES];
} label_tally;

/* Classes from the labels, 0 up to the greatest; refuses labels with wide gaps, which are no classes
 * but mistakes. With names in dataset.yaml, those are the classes. */
bool reader_classes(const place *at, const label_tally *labels, description *set, arena *a,
                    lcnn_errors *errors);

/* In an undivided set: whether the image of this key belongs to the part. A share of all keys is for
 * testing, whatever other keys there are. */
bool reader_takes(const place *at, set_part which, const char *key);

/* The side of square grey images of so many values, or the shape that dataset.yaml says; false with
 * a message. */
bool reader_flat_shape(const place *at, uint64_t values, mark where, shape *out,
                       lcnn_errors *errors);

/* The shape in the files. */
shape reader_stored(const description *set);

/* Room for more: grows both arrays to hold `count` images. False with a message. */
bool reader_reserve(part_bytes *out, uint64_t count, size_t image_size, lcnn_errors *errors);

/* Path of a name in the place; NULL when memory is out, with a message. */
const char *reader_path(const char *folder, const char *name, arena *a, lcnn_errors *errors);

/* What is in a folder, in the order of `place`; NULL with a message. */
const char **reader_list(const char *path, int *count, arena *a, lcnn_errors *errors);

/* *folder: whether there is a folder of this name. False with a message when that cannot be found out. */
bool reader_is_folder(const char *path, bool *folder, lcnn_errors *errors);

/* The first bytes of a regular file, unpacked when it is gzip; 0 when it cannot be read. */
size_t reader_peek(const char *path, uint8_t *bytes, size_t size);

/* "emnist-letters-" of emnist-letters-train.csv names a set of the catalogue, or NULL. */
const description *reader_known(const place *at, const char *prefix, size_t length);

/* Whether `name` ends in `end`, whatever the case of either. */
bool reader_ends(const char *name, const char *end);

#endif
