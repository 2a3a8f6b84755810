/* verify.h - the files of a data set, held against what the catalogue knows of them. */
#ifndef VERIFY_H
#define VERIFY_H

#include "catalogue.h"

/* The files of a set where they are found. NULL with messages, when none is here for example. */
const lcnn_verification *verify_set(const catalogue *c, const description *set, arena *a, lcnn_errors *errors);

/* The files in a folder: those that its dataset.yaml lists against what is said of them there, others against everything
 * that the catalogue knows, whatever their names. */
const lcnn_verification *verify_folder(const catalogue *c, const char *path, arena *a, lcnn_errors *errors);

#endif
