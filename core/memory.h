/* memory.h - how much memory: packing blocks with known lifetimes into one piece, and whether the machine has as much. */
#ifndef MEMORY_H
#define MEMORY_H

#include "error.h"

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

/* Whether the machine has so many bytes to give; if not, a message that `what` begins. Linux promises more than there is,
 * and ends some program when the promise is called in. A double, since absurd numbers may be beyond 64 bits. */
bool memory_there(double bytes, const char *what, lcnn_errors *errors);

#endif
