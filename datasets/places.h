/* places.h - where the files of a data set are.
 *
 * Owns the search path and the rules for names of files; opens none of them. A file may be there
 * with or without .gz, whatever the description says. */
#ifndef PLACES_H
#define PLACES_H

#include "catalogue.h"

/* Paths of a set's files. In a part that is not there both are NULL; where only one of the two
 * was found, the other is the path at which it was expected. */
typedef struct located {
    const char *folder;
    part_files train, test;
} located;

/* Looks for a set's files in one folder: the number of files found, -1 when memory is out. */
int places_look(const char *folder, const description *set, located *out, arena *a);

/* Looks for a set of the catalogue in $LCNN_DATA, $XDG_DATA_HOME/lcnn, $XDG_CACHE_HOME/lcnn and
 * /usr/share/datasets; in each in the sub-folder of its name, then in itself. The first folder
 * that holds every file is taken, else the first that holds any. False when there is none;
 * errors may be NULL, else it gets a message with the places and what to do. */
bool places_search(const catalogue *c, const description *set, located *out, arena *a,
                   lcnn_errors *errors);

/* The last component of a path, without slashes at its end. */
const char *places_base_name(const char *path, arena *a);

#endif
