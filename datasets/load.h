/* load.h - one part of a data set, from its two IDX files into memory. */
#ifndef LOAD_H
#define LOAD_H

#include "places.h"

/* [count] images, and labels from 0, from malloc; both NULL when there is no such part. */
typedef struct part_bytes {
    uint32_t count;
    uint8_t *images, *labels;
} part_bytes;

/* Reads and checks images and labels against each other and the description. Images are left as
 * stored. False with a message; the caller frees what is in `out` either way. */
bool load_part(const description *set, const part_files *paths, part_bytes *out,
               lcnn_errors *errors);

/* A label of the files as a class from 0; false when it is none. */
bool load_label(const description *set, int64_t label, uint8_t *out);
/* The message about it; false. */
bool load_bad_label(const description *set, uint64_t sample, int64_t label, mark at,
                    lcnn_errors *errors);

/* Turns images that the description calls transposed. */
bool load_upright(const description *set, part_bytes *part, lcnn_errors *errors);

#endif
