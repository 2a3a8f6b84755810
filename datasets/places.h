/* places.h - where the files of a data set are.
 *
 * Owns the search path and the rules for names of files. A file may be there with or without .gz,
 * whatever the description says. MNIST, Fashion-MNIST and KMNIST have files of the same names: of
 * such sets the labels are read, since their checksum tells which set it is. */
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

/* Whether there is a file or folder of this name. In a folder that this user may not enter there is none: with sudo or cron a
 * home is often somebody else's. What cannot be looked at for other reasons counts as there, so that who opens it is told. */
bool places_there(const char *path);

/* The path of one file of a set in a folder, with or without .gz as it is there; as described, and *found false, where it
 * is not. NULL when memory is out. */
const char *places_file(const char *folder, const char *name, bool *found, arena *a);

/* The folder that the files of a set are fetched into: in $LCNN_DATA, else $XDG_DATA_HOME/lcnn, the set's sub-folder. NULL
 * when there is no such place, or no memory. */
const char *places_own(const description *set, arena *a);

/* $VARIABLE/lcnn, or $HOME/INITIAL/lcnn: of the XDG base directories. "" when there is no home, NULL when memory is out. */
const char *places_xdg(const char *variable, const char *initial, arena *a);

/* The last component of a path, without slashes at its end. */
const char *places_base_name(const char *path, arena *a);

#endif
