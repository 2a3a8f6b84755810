/* fuzz.h - what the fuzz targets share. A target is LLVMFuzzerTestOneInput in fuzz_NAME.c; replay.c
 * runs one over the files of a corpus where there is no libFuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder of this process's own, in memory where the system has such a place; with its files it is
 * removed at exit. */
const char *fuzz_folder(void);

/* Writes a file into it, under a name that may hold one '/'. */
void fuzz_put(const char *name, const void *data, size_t size);

/* Reads the folder, or a file in it, as a data set; whether it was one. A refusal
 * must have at least one message. */
int fuzz_open(const char *name);

#endif
