/* memory.c - see memory.h. */
#include "memory.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b) {
    const memory_block *x = *(memory_block *const *)a, *y = *(memory_block *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

static bool in_use_together(const memory_block *a, const memory_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset at which `block` fits between the blocks placed before it. */
static size_t lowest_gap(memory_block *const *placed, int count, const memory_block *block) {
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++) {
            const memory_block *other = placed[i];
            if (in_use_together(block, other) && offset < other->offset + other->size &&
                other->offset < offset + block->size) {
                offset = other->offset + other->size;
                moved = true;
            }
        }
    }
    return offset;
}

size_t memory_pack(memory_block **blocks, int count) {
    size_t total = 0;
    qsort(blocks, (size_t)count, sizeof *blocks, by_size);
    for (int i = 0; i < count; i++) {
        memory_block *b = blocks[i];
        b->offset = lowest_gap(blocks, i, b);
        if (b->offset + b->size > total)
            total = b->offset + b->size;
    }
    return total;
}

/* Bytes that nobody needs now; more than anyone asks for where the system does not tell. */
static double memory_available(void) {
    char line[128];
    double available = DBL_MAX;
    FILE *f = fopen("/proc/meminfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        long long kilobytes;
        if (sscanf(line, "MemAvailable: %lld kB", &kilobytes) == 1)
            available = 1024.0 * (double)kilobytes;
    }
    if (f)
        fclose(f);
    return available;
}

bool memory_there(double bytes, const char *what, lcnn_errors *errors) {
    const double small = 1 << 26; /* not worth asking */
    double available = bytes < small ? bytes : memory_available();
    if (bytes <= available)
        return true;
    error_add(errors, LCNN_NO_MEMORY, (mark){0},
              "%s takes %.1f GB of memory, and %.1f GB are free; a smaller network, a smaller "
              "train.batch_size or fewer threads take less",
              what, 1e-9 * bytes, 1e-9 * available);
    return false;
}
