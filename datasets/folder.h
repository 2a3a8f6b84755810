/* folder.h - a folder named on the command line or in a model as a data set.
 *
 * Its dataset.yaml says what is in it; without one, IDX files of the usual names do:
 * PREFIXtrain-images-idx3-ubyte, ...-labels-idx1-ubyte, and t10k or test in place of train, with
 * or without .gz. When PREFIX is the name of a set of the catalogue ("emnist-letters-"), the
 * folder is read as that set, since its orientation and labels cannot be told from the files;
 * otherwise the classes are 0 up to the greatest label. */
#ifndef FOLDER_H
#define FOLDER_H

#include "places.h"

/* Describes a folder and finds its files. Headers and labels are read only where nothing else
 * tells the shape and the classes. NULL with messages. */
const description *folder_describe(const char *path, const catalogue *c, located *out, arena *a,
                                   lcnn_errors *errors);

#endif
