/* memory.h - packing blocks with known lifetimes into one piece of memory. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* In use from time `first` to time `last`, both included. */
typedef struct memory_block {
    size_t size;
    int first, last;
    size_t offset; /* filled in */
} memory_block;

/* Gives every block an offset such that blocks in use at the same time do not overlap; returns the size needed. Largest
 * first, each into the lowest gap that is large enough. */
size_t memory_pack(memory_block **blocks, int count);

#endif
