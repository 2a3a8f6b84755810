/* idx.h - files in the IDX format of MNIST: a big-endian header, then unsigned bytes.
 *
 * Bytes 0 and 1 are zero, byte 2 is the type of the elements (0x08: unsigned byte, the only one
 * read here), byte 3 the number of dimensions; then each dimension as four bytes, then the elements
 * in row-major order. Labels have the one dimension [count]; images have [count][height][width], or
 * [count][channels][height][width] for colour. Described by LeCun, Cortes and Burges at
 * yann.lecun.com/exdb/mnist. Knows no data set. */
#ifndef IDX_H
#define IDX_H

#include "error.h"

typedef struct idx {
    uint32_t count;
    int channels, height, width; /* as stored; all 1 for labels */
    uint64_t data_at;            /* offset of the first element in the decompressed file */
    uint8_t *bytes; /* [count][channels][height][width], from malloc; NULL when only the header was
                       read */
} idx;

typedef enum idx_kind { IDX_LABELS, IDX_IMAGES } idx_kind;

/* Largest height, width and number of channels that is believed. */
enum { IDX_MAX_SIDE = 4096, IDX_MAX_CHANNELS = 64 };

/* Reads a whole file, plain or gzip, or (idx_header) its header only. Anything but an exact file of
 * that kind is refused with a message. The caller frees out->bytes. */
bool idx_read(const char *path, idx_kind kind, idx *out, lcnn_errors *errors);
bool idx_header(const char *path, idx_kind kind, idx *out, lcnn_errors *errors);

#endif
