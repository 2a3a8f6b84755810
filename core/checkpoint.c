/* checkpoint.c - making the bytes of safetensors files. */
#include "checkpoint.h"

#include "hash.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* Numbers as bytes, the lowest first, on any machine. */
static void put_length(uint64_t value, unsigned char *bytes) {
    for (int i = 0; i < CHECKPOINT_PREFIX; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
}

static void put_floats(const float *values, size_t count, unsigned char *bytes) {
    for (size_t i = 0; i < count; i++, bytes += CHECKPOINT_FLOAT) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int k = 0; k < CHECKPOINT_FLOAT; k++)
            bytes[k] = (unsigned char)(bits >> 8 * k);
    }
}

static void hash_data(const checkpoint_tensor *tensors, int count, const char *state,
                      char hex[HASH_TEXT]) {
    enum { CHUNK = 1024 };
    unsigned char bytes[CHUNK * CHECKPOINT_FLOAT];
    hash h;
    hash_begin(&h);
    for (int t = 0; t < count; t++) {
        size_t left = shape_size(&tensors[t].shape);
        const float *values = tensors[t].data;
        while (left > 0) {
            size_t n = left < CHUNK ? left : CHUNK;
            put_floats(values, n, bytes);
            hash_add(&h, bytes, n * CHECKPOINT_FLOAT);
            values += n;
            left -= n;
        }
    }
    hash_add(&h, state, state ? strlen(state) : 0);
    hash_end(&h, hex);
}

/* Appends {"dtype":"F32","shape":[6,1,5,5],"data_offsets":[0,600]} at the end of the data, `size`
 * bytes of it. False when memory is out. */
static bool add_entry(json_t *header, const char *name, const char *dtype, const shape *s,
                      uint64_t size, uint64_t *data) {
    json_t *dims = json_array();
    for (int i = 0; dims && i < s->rank; i++)
        if (json_array_append_new(dims, json_integer(s->dim[i])) != 0) {
            json_decref(dims);
            dims = NULL;
        }
    uint64_t begin = *data;
    *data += size;
    return json_object_set_new(header, name,
                               json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype, "shape", dims,
                                         "data_offsets", (json_int_t)begin, (json_int_t)*data)) ==
           0;
}

/* The header as compact JSON in memory of malloc; *data becomes the size of the data. NULL when
 * memory is out. */
static char *header_text(const checkpoint_tensor *tensors, int count, const char *state,
                         uint64_t *data) {
    char digest[HASH_TEXT];
    hash_data(tensors, count, state, digest);
    json_watch_begin();
    json_t *header = json_object();
    bool ok = header && json_object_set_new(header, CHECKPOINT_METADATA,
                                            json_pack("{s:s, s:s}", "format", CHECKPOINT_FORMAT,
                                                      "sha256", digest)) == 0;
    *data = 0;
    for (int t = 0; ok && t < count; t++)
        ok = add_entry(header, tensors[t].name, "F32", &tensors[t].shape,
                       shape_size(&tensors[t].shape) * CHECKPOINT_FLOAT, data);
    if (ok && state) {
        shape length = {1, {(int)strlen(state)}};
        ok = add_entry(header, CHECKPOINT_STATE, "U8", &length, strlen(state), data);
    }
    char *text = ok ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    if (json_watch_end())
        return text;
    free(text);
    return NULL;
}

char *checkpoint_bytes(const checkpoint_tensor *tensors, int count, const char *state, size_t *size,
                       lcnn_errors *errors) {
    uint64_t data;
    if (state && strlen(state) > CHECKPOINT_MAX_STATE) {
        error_add(errors, LCNN_NO_MEMORY, (mark){0},
                  "the history of this training takes %zu bytes; checkpoints hold %d at most",
                  strlen(state), CHECKPOINT_MAX_STATE);
        return NULL;
    }
    char *header = header_text(tensors, count, state, &data);
    if (!header) {
        error_no_memory(errors);
        return NULL;
    }
    size_t length = strlen(header);
    size_t padded = (length + CHECKPOINT_PREFIX - 1) / CHECKPOINT_PREFIX * CHECKPOINT_PREFIX;
    if (padded > CHECKPOINT_MAX_HEADER) {
        error_add(errors, LCNN_NO_MEMORY, (mark){0},
                  "%d tensors are too many for one weights file; use fewer nodes or shorter names",
                  count);
        free(header);
        return NULL;
    }
    size_t total = CHECKPOINT_PREFIX + padded + (size_t)data;
    unsigned char *bytes = data < SIZE_MAX - CHECKPOINT_MAX_HEADER ? malloc(total) : NULL;
    if (bytes) {
        put_length(padded, bytes);
        memcpy(bytes + CHECKPOINT_PREFIX, header, length);
        memset(bytes + CHECKPOINT_PREFIX + length, ' ', padded - length);
        unsigned char *to = bytes + CHECKPOINT_PREFIX + padded;
        for (int t = 0; t < count; t++) {
            put_floats(tensors[t].data, shape_size(&tensors[t].shape), to);
            to += shape_size(&tensors[t].shape) * CHECKPOINT_FLOAT;
        }
        if (state)
            memcpy(to, state, strlen(state));
        *size = total;
    } else {
        error_no_memory(errors);
    }
    free(header);
    return (char *)bytes;
}
