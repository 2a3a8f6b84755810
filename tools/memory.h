/* memory.h - memory that is there, or the program ends with the status for it: a command can do nothing better without. (The
 * library says so and returns.) */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdio.h>

#include "lcnn.h"

_Noreturn void no_memory(void);

/* All are freed by the caller. */
void *memory_new(size_t count, size_t size); /* zeros */
void *memory_grow(void *memory, size_t count, size_t size);
char *memory_text(const char *text); /* a copy */
lcnn_picture *memory_picture(int channels, int height, int width);

/* fopen, which fails for other reasons alone. */
FILE *memory_open(const char *path, const char *mode);

#endif
