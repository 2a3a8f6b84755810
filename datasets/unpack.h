/* unpack.h - files out of a zip archive, by the names that are expected in it.
 *
 * The only module that takes data sets out of archives, with libarchive. No path from the archive is
 * ever used: a member is compared with the names that are wanted, and written under a name of ours. */
#ifndef UNPACK_H
#define UNPACK_H

#include "describe.h"

typedef struct unpack_order {
    const char *archive; /* path */
    const char *members; /* what stands before the names in it */
    int count;
    const file_facts *const *file; /* [count] that are wanted */
    int folder;                    /* open: where they go */
    const char *folder_name;       /* for messages */
    bool (*progress)(void *user, const file_facts *file, uint64_t done); /* false stops */
    void *user;
    bool stopped; /* by progress */
} unpack_order;

/* Writes all of the files or none, each flushed and checked before any gets its name. False with a message, or when it
 * was stopped. */
bool unpack(unpack_order *order, lcnn_errors *errors);

/* Whether this program can unpack at all. */
bool unpack_possible(void);

#endif
