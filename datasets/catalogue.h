/* catalogue.h - the data sets that are known by name, as catalogue.yaml lists them.
 *
 * The text is part of the program (catalogue.inc is generated from it), so nothing has to be
 * installed for it. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "describe.h"

typedef struct catalogue {
    int count;
    const description **set; /* [count], in the order of catalogue.yaml */
} catalogue;

/* NULL when memory is out. */
const catalogue *catalogue_read(arena *a, lcnn_errors *errors);

/* By name or by other name, the first `length` characters of `name`; NULL when there is none. */
const description *catalogue_find(const catalogue *c, const char *name, size_t length);

/* The known name nearest to a misspelt one, or NULL. */
const char *catalogue_nearest(const catalogue *c, const char *name, arena *a);

#endif
