/* checkpoint.h - named tensors of float in a safetensors file, and back; and beside them, in the checkpoints of training,
 * a text that says where training stood.
 *
 * The format (github.com/huggingface/safetensors): eight bytes of header length, little-endian; a JSON header that gives
 * every tensor's dtype, shape and place; the numbers, little-endian, without gaps. Knows nothing of models: which
 * tensors there should be, and in which order, is the caller's list; what the text says, train_state.c knows. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "error.h"
#include "tensor.h"

typedef struct checkpoint_tensor {
    const char *name;
    shape shape;
    float *data; /* [shape_size(shape)], row-major */
} checkpoint_tensor;

enum {
    CHECKPOINT_PREFIX = 8,           /* bytes of the header's length; the header is padded to a multiple of as many */
    CHECKPOINT_MAX_HEADER = 1 << 20, /* larger ones are neither written nor read; holds some ten thousand tensors */
    CHECKPOINT_FLOAT = 4,            /* bytes of a number */
    CHECKPOINT_MAX_STATE = 64 << 20, /* bytes of the text */
};

/* The header's member that is no tensor. Files of this program say "format": CHECKPOINT_FORMAT in it, and "sha256". */
#define CHECKPOINT_METADATA "__metadata__"
#define CHECKPOINT_FORMAT "lcnn"

/* The text is the last tensor, of bytes (dtype U8), under this name, which no tensor of a model has. Tensors of this prefix
 * belong to it: who wants weights alone passes over both. */
#define CHECKPOINT_STATE "state"
#define CHECKPOINT_MEMORY "optimizer."
enum { CHECKPOINT_MEMORIES = 2 }; /* at most so many tensors of the prefix for each of the weights */

/* The file image of these tensors in this order, in memory of malloc. The bytes depend on names, shapes and numbers only:
 * not on the machine, its byte order, the time. The SHA-256 of the data is in the header's __metadata__. `state` is the text;
 * NULL: none. NULL with a message when memory is out or the header too large. Numbers that are not finite are written as they
 * are, though checkpoint_read will refuse them. */
char *checkpoint_bytes(const checkpoint_tensor *tensors, int count, const char *state, size_t *size, lcnn_errors *errors);

/* Fills the data of exactly these tensors from a file, whatever their order there. False with messages of
 * LCNN_BAD_WEIGHTS: a damaged file, or all the differences (missing, unexpected, other shape or dtype); reads nothing into
 * the tensors then. A checksum is verified where there is one: files of other programs have none. *state becomes the text,
 * in memory of malloc, and there must be one; `state` NULL: a file of weights and a checkpoint of training will do alike. */
bool checkpoint_read(const char *path, const checkpoint_tensor *tensors, int count, char **state, lcnn_errors *errors);

#endif
