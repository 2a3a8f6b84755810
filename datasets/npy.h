/* npy.h - arrays in NumPy's file format: a file of one (.npy), or a zip archive of several (.npz).
 *
 * Versions 1 to 3; rows last (C order); numbers of any width and byte order. Described in NumPy's
 * numpy.lib.format. Archives are read through libarchive. Knows no data set. */
#ifndef NPY_H
#define NPY_H

#include "arena.h"
#include "error.h"

enum { NPY_MAX_RANK = 8 };

typedef struct npy {
    char kind;   /* 'u', 'i', 'f', or 'b' for truth values */
    int width;   /* bytes of an element: 1, 2, 4 or 8 */
    bool big;    /* most significant byte first */
    int rank;
    uint64_t dim[NPY_MAX_RANK];
    uint64_t count; /* product of dim; with width it fits 63 bits */
} npy;

/* Where an array is. */
typedef struct npy_place {
    const char *path;
    const char *member; /* name of the file in the archive; NULL: `path` is the array */
} npy_place;

/* Header alone, or header and elements as they are stored ([count][width], from malloc, freed by the
 * caller). False with a message. */
bool npy_header(npy_place at, npy *out, lcnn_errors *errors);
bool npy_read(npy_place at, npy *out, uint8_t **elements, lcnn_errors *errors);

/* Element i; integers beyond int64 and numbers that are not whole are false. */
bool npy_integer(const npy *array, const uint8_t *elements, uint64_t i, int64_t *out);

/* Element i of an array of kind 'f'. */
double npy_real(const npy *array, const uint8_t *elements, uint64_t i);

/* "uint8", "float32", "int64 (big-endian)". */
const char *npy_type(const npy *array, arena *a);

/* Names of the members of an archive, NULL-ended; NULL with a message. */
const char **npy_members(const char *path, arena *a, lcnn_errors *errors);

#endif
