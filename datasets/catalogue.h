/* catalogue.h - the data sets that are known by name: those of catalogue.yaml, and the user's own.
 *
 * The text of catalogue.yaml is part of the program (catalogue.inc is generated from it), so nothing
 * has to be installed for it. A user's own catalogue of the same form adds sets and archives:
 * $XDG_CONFIG_HOME/lcnn/catalogue.yaml. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "describe.h"

typedef struct catalogue {
    int count;
    description **set; /* [count], in the order of catalogue.yaml; the user's last */
    int archive_count;
    const archive_facts **archive;
} catalogue;

/* NULL with messages, of LCNN_BAD_DATA where the user's own catalogue is wrong. */
const catalogue *catalogue_read(arena *a, lcnn_errors *errors);

/* By name or by other name, the first `length` characters of `name`; NULL when there is none. */
const description *catalogue_find(const catalogue *c, const char *name, size_t length);

/* The known name nearest to a misspelt one, or NULL. */
const char *catalogue_nearest(const catalogue *c, const char *name, arena *a);

/* The four files of a set, in the order train images, train labels, test images, test labels; a name is NULL where there
 * is no such part. */
enum { SET_FILES = 4 };
const file_facts *catalogue_file(const description *set, int index);
/* "train images" */
const char *catalogue_file_role(int index);

#endif
