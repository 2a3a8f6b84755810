/* readers.h - a path as a data set: which format it has, and its images.
 *
 * A folder's dataset.yaml goes first. With `files` it names IDX files; without, it says what the
 * files themselves do not: names of classes, their order, orientation, first label, the share for
 * testing, and for a folder of images the size to which they are brought. */
#ifndef READERS_H
#define READERS_H

#include "reader.h"

typedef struct read_set {
    const reader *format;
    place at;
    finding found;
    const description *set; /* found.set with what dataset.yaml says, and the upright shape */
} read_set;

/* Looks at a path, which was given at `named`, and describes it. NULL with messages. */
const read_set *readers_open(const char *path, mark named, const catalogue *known, arena *a,
                             lcnn_errors *errors);

/* Reads a part: upright, labels from 0. */
bool readers_load(const read_set *set, set_part which, part_bytes *out, arena *a, lcnn_errors *errors);

/* The formats, NULL-ended (readers/registry.c). */
extern const reader *const readers[];

#endif
