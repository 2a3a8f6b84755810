/* idx.c - reading IDX files; see idx.h. What the bytes stand for (classes, orientation) is the
 * caller's business. */
#include "config.h"

#include "idx.h"
#include "stream.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file that is no IDX file may be instead, from how it begins. */
static const char *looks_like(const uint8_t b[4]) {
    if (memcmp(b, "BZh", 3) == 0)
        return " (this is bzip2: unpack it first)";
    if (memcmp(b, "PK\003\004", 4) == 0)
        return " (this is a zip archive: unpack it first)";
    if (memcmp(b,
               "\375"
               "7zX",
               4) == 0)
        return " (this is xz: unpack it first)";
    if (b[0] == '<')
        return " (this is a web page, not the data: download it again)";
    if (b[0] == 0x1f && b[1] == 0x8b)
        return " (compressed twice: unpack it once)";
    return "";
}

static const char *kind_name(idx_kind kind) {
    return kind == IDX_IMAGES ? "images" : "labels";
}

static bool ended(const stream *s, uint64_t needed) {
    error_add(s->errors, LCNN_BAD_DATA, error_file(s->errors, s->path),
              "the data end after %" PRIu64 " bytes; %" PRIu64 " expected", s->position, needed);
    return false;
}

/* The first four bytes: type and rank. */
static bool read_magic(stream *s, idx_kind kind, int *rank) {
    uint8_t magic[4] = {0};
    size_t got;
    if (!stream_read(s, magic, 4, &got))
        return false;
    if (got < 4)
        return ended(s, 4);
    mark at = stream_mark(s->path, 0, s->errors);
    if (magic[0] != 0 || magic[1] != 0) {
        error_add(s->errors, LCNN_BAD_DATA, at,
                  "not an IDX file: it begins with %02x %02x %02x %02x, an IDX file with 00 00%s",
                  magic[0], magic[1], magic[2], magic[3], looks_like(magic));
        return false;
    }
    if (magic[2] != 0x08) {
        error_add(s->errors, LCNN_BAD_DATA, at,
                  "elements of IDX type 0x%02x; only unsigned bytes, 0x08, are read", magic[2]);
        return false;
    }
    *rank = magic[3];
    if (kind == IDX_IMAGES ? *rank == 3 || *rank == 4 : *rank == 1)
        return true;
    bool swapped = kind == IDX_IMAGES ? *rank == 1 : *rank == 3 || *rank == 4;
    error_add(s->errors, LCNN_BAD_DATA, at, "%s expected, but the data have %d dimension%s%s",
              kind == IDX_IMAGES ? "images (3 or 4 dimensions)" : "labels (1 dimension)", *rank,
              *rank == 1 ? "" : "s",
              swapped ? "; are the files of images and labels swapped?" : "");
    return false;
}

static bool in_range(const stream *s, const char *what, uint32_t value, uint32_t max, int index) {
    if (value >= 1 && value <= max)
        return true;
    error_add(s->errors, LCNN_BAD_DATA, stream_mark(s->path, 4 + 4 * (uint64_t)index, s->errors),
              "%s of %" PRIu32 "; it must be 1 to %" PRIu32, what, value, max);
    return false;
}

static bool read_dims(stream *s, idx_kind kind, int rank, idx *out) {
    uint8_t raw[16] = {0};
    uint32_t dim[4];
    size_t got;
    if (!stream_read(s, raw, 4 * (size_t)rank, &got))
        return false;
    if (got < 4 * (size_t)rank)
        return ended(s, 4 + 4 * (uint64_t)rank);
    for (int i = 0; i < rank; i++)
        dim[i] = (uint32_t)raw[4 * i] << 24 | (uint32_t)raw[4 * i + 1] << 16 |
                 (uint32_t)raw[4 * i + 2] << 8 | raw[4 * i + 3];
    if (!in_range(s, "a number of samples", dim[0], INT32_MAX, 0))
        return false;
    *out = (idx){.count = dim[0], .channels = 1, .height = 1, .width = 1, .data_at = s->position};
    if (kind == IDX_LABELS)
        return true;
    if (rank == 4 && !in_range(s, "a number of channels", dim[1], IDX_MAX_CHANNELS, 1))
        return false;
    if (!in_range(s, "a height", dim[rank - 2], IDX_MAX_SIDE, rank - 2) ||
        !in_range(s, "a width", dim[rank - 1], IDX_MAX_SIDE, rank - 1))
        return false;
    out->channels = rank == 4 ? (int)dim[1] : 1;
    out->height = (int)dim[rank - 2];
    out->width = (int)dim[rank - 1];
    return true;
}

static bool read_header(stream *s, idx_kind kind, idx *out) {
    int rank = 0;
    return read_magic(s, kind, &rank) && read_dims(s, kind, rank, out);
}

/* Bytes of all elements: below 2^31 * 64 * 2^24, so 64 bits hold them. */
static uint64_t data_size(const idx *d) {
    return (uint64_t)d->count * (uint64_t)d->channels * (uint64_t)d->height * (uint64_t)d->width;
}

static bool read_data(stream *s, idx_kind kind, idx *out) {
    uint64_t size = data_size(out);
    /* Before memory is taken: can the file hold what its header promises? */
    if (size + out->data_at > stream_capacity(s)) {
        error_add(s->errors, LCNN_BAD_DATA, error_file(s->errors, s->path),
                  "the header tells of %" PRIu32 " %s, %" PRIu64 " bytes; a %s file of %" PRIu64
                  " bytes cannot hold them",
                  out->count, kind_name(kind), size, s->gzip ? "gzip" : "plain", s->file_size);
        return false;
    }
    out->bytes = size <= SIZE_MAX ? malloc((size_t)size) : NULL;
    if (!out->bytes) {
        error_no_memory(s->errors);
        return false;
    }
    size_t got;
    if (!stream_read(s, out->bytes, (size_t)size, &got))
        return false;
    if (got < size)
        return ended(s, out->data_at + size);
    return stream_at_end(s);
}

bool idx_header(const char *path, idx_kind kind, idx *out, lcnn_errors *errors) {
    stream *s = stream_open(path, errors);
    bool done = s && read_header(s, kind, out);
    stream_close(s);
    return done;
}

bool idx_read(const char *path, idx_kind kind, idx *out, lcnn_errors *errors) {
    *out = (idx){0};
    stream *s = stream_open(path, errors);
    bool done = s && read_header(s, kind, out) && read_data(s, kind, out);
    stream_close(s);
    if (!done) {
        free(out->bytes);
        out->bytes = NULL;
    }
    return done;
}
