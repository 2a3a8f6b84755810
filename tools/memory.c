/* memory.c - see memory.h. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

void no_memory(void) {
    fputs("lcnn: error: out of memory\n", stderr);
    exit(LCNN_NO_MEMORY);
}

void *memory_new(size_t count, size_t size) {
    void *memory = calloc(count > 0 ? count : 1, size);
    if (!memory)
        no_memory();
    return memory;
}

void *memory_grow(void *memory, size_t count, size_t size) {
    void *grown = count <= SIZE_MAX / size ? realloc(memory, count * size) : NULL;
    if (!grown)
        no_memory();
    return grown;
}

char *memory_text(const char *text) {
    char *copy = strdup(text);
    if (!copy)
        no_memory();
    return copy;
}

lcnn_picture *memory_picture(int channels, int height, int width) {
    lcnn_picture *picture = lcnn_picture_new(channels, height, width);
    if (!picture)
        no_memory();
    return picture;
}

FILE *memory_open(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (!file && errno == ENOMEM)
        no_memory();
    return file;
}
