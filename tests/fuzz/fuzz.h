/* fuzz.h - what the fuzz targets share. A target is LLVMFuzzerTestOneInput in fuzz_NAME.c; replay.c
 * runs one over the files of a corpus where there is no libFuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include "arena.h"
#include "error.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a target calls for itself, between these two, does not fail when replay.c makes calls fail. */
void fuzz_own_begin(void);
void fuzz_own_end(void);

/* Never NULL. */
arena *fuzz_arena(void);
lcnn_errors *fuzz_errors(void);

/* What came of reading something, which a target tells once or more often: whether it was taken, and the
 * bytes that it was understood as. With a call failing the same must come of it, or a refusal. */
void fuzz_outcome(int taken, const void *bytes, size_t size);
enum { FUZZ_OUTCOMES = 8 };
extern uint64_t fuzz_outcomes[FUZZ_OUTCOMES]; /* 0: refused */
extern int fuzz_outcome_count;                /* set to 0 by replay.c for each run */

/* A folder of this process's own, in memory where the system has such a place; with its files it is
 * removed at exit. */
const char *fuzz_folder(void);

/* Writes a file into it, under a name that may hold one '/'. */
void fuzz_put(const char *name, const void *data, size_t size);

/* Reads the folder, or a file in it, as a data set; whether it was one. A refusal
 * must have at least one message. */
int fuzz_open(const char *name);

#endif
