/* store.h - the folder that data sets are fetched into: its lock, and files that are written aside
 * as NAME.part and get their names when they are whole and on the disk.
 *
 * Works on an open folder and plain names in it, follows no symbolic link there, and knows nothing of
 * what is fetched. */
#ifndef STORE_H
#define STORE_H

#include "error.h"

/* Makes a folder with all that is above it, and opens it. -1 with a message. */
int store_open(const char *path, lcnn_errors *errors);

/* Locks the folder against other runs: 1 when it is ours, 0 when somebody else has it, -1 with a message. The lock file is
 * removed by store_unlock, and a killed run's lock is nobody's. */
int store_lock(int folder, const char *path, int *lock, lcnn_errors *errors);
void store_unlock(int folder, int lock);

/* Opens NAME.part to go on with it; *size is how much of it there is. -1: errno. */
int store_resume(int folder, const char *name, uint64_t *size);
/* Opens a new NAME.part in place of an older one. -1: errno. */
int store_create(int folder, const char *name);
/* Bytes of NAME.part; 0 when there is none. */
uint64_t store_part_size(const char *path, const char *name);

/* NAME.part, flushed already, becomes NAME, and the folder is flushed. False with a message. */
bool store_rename(int folder, const char *path, const char *name, lcnn_errors *errors);
void store_remove(int folder, const char *name); /* NAME.part */

/* "path/name: error: cannot write: ..."; always false. */
bool store_failed(const char *path, const char *name, int code, lcnn_errors *errors);

#endif
