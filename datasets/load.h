/* load.h - one part of a data set, from its two files into memory. */
#ifndef LOAD_H
#define LOAD_H

#include "places.h"

/* [count] images and labels from malloc, upright and from 0; both NULL when there is no such part.
 */
typedef struct part_bytes {
    uint32_t count;
    uint8_t *images, *labels;
} part_bytes;

/* Reads and checks images and labels against each other and the description. False with a message;
 * the caller frees what is in `out` either way. */
bool load_part(const description *set, const part_files *paths, part_bytes *out,
               lcnn_errors *errors);

#endif
