/* fetch.h - getting the files of a set of the catalogue from the web: what it takes, and doing it.
 *
 * Nothing is used before its checksum is right: files are written aside and renamed. An interrupted
 * download leaves NAME.part, and the next one goes on from there. Two runs do not fetch the same
 * twice: the second waits. An archive that holds several sets is kept, so that the next of them need
 * no second download. */
#ifndef FETCH_H
#define FETCH_H

#include "catalogue.h"

/* What it takes to have a whole set. */
typedef struct fetch_plan {
    const description *set;
    const char *folder;         /* that the files are fetched into; or, when nothing is missing, that has them */
    bool train_here, test_here; /* the parts that are found already, there or elsewhere */
    int files;                  /* to fetch, 0 to SET_FILES */
    const file_facts *file[SET_FILES];
    const archive_facts *archive; /* that they come from, or NULL */
    bool archive_here;            /* in the folder, so nothing has to be downloaded */
    const char *const *addresses; /* folders on the web, in order */
    uint64_t bytes;               /* to download */
    uint64_t kept;                /* of an interrupted download, not counted in `bytes` */
    const char *why_not;          /* it cannot be fetched; NULL: it can, or need not be */
} fetch_plan;

/* False when memory is out. */
bool fetch_make_plan(const catalogue *c, const description *set, fetch_plan *out, arena *a, lcnn_errors *errors);

/* Fetches what is missing now, whatever an earlier plan said. False with a message; or without one when it was stopped by
 * options->progress. */
bool fetch_set(const catalogue *c, const description *set, const lcnn_fetch_options *options, arena *a,
               lcnn_errors *errors);

#endif
