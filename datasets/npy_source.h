/* npy_source.h - the bytes of one array, from a file or out of an archive. For npy.c. */
#ifndef NPY_SOURCE_H
#define NPY_SOURCE_H

#include "npy.h"

typedef struct npy_source npy_source;

/* NULL with a message. `at` must outlive it. */
npy_source *npy_open(const npy_place *at, lcnn_errors *errors);
void npy_close(npy_source *s);

/* Up to `size` bytes; *got is smaller only at the end. */
bool npy_bytes(npy_source *s, void *bytes, size_t size, size_t *got);

/* The most bytes that can come, header included. */
uint64_t npy_capacity(const npy_source *s);

/* True when nothing is left, else false with a message. */
bool npy_at_end(npy_source *s);

#endif
