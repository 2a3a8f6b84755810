/* stream.h - the bytes of a plain or gzip-compressed file, one after the other, and nothing
 * taken on trust.
 *
 * A file is gzip when its first bytes say so, whatever its name. Members may be concatenated, as
 * gzip allows; anything else behind the data, a damaged or missing checksum, or an early end is a
 * located error. Files are read, never mapped into memory: one that shrinks meanwhile is an error,
 * not a signal. Knows nothing of what the bytes mean. */
#ifndef STREAM_H
#define STREAM_H

#include "error.h"
#include <zlib.h>

enum { STREAM_BUFFER = 1 << 16 };

typedef struct stream {
    const char *path;
    lcnn_errors *errors;
    int file;
    uint64_t file_size; /* bytes of the file when it was opened */
    uint64_t file_read; /* of these, handed to `buffer` so far */
    uint64_t position;  /* bytes given out so far, decompressed */
    bool gzip;
    bool member_open;  /* inside a gzip member: its end has not been seen */
    bool failed;       /* so do all further readings */
    z_stream inflater; /* next_in and avail_in are what is left in buffer, for plain files too */
    unsigned char buffer[STREAM_BUFFER];
} stream;

/* Opens a regular file. NULL with a message; the stream is closed by stream_close. `path` must
 * outlive it. */
stream *stream_open(const char *path, lcnn_errors *errors);
void stream_close(stream *s);

/* Reads up to `size` bytes; *got is smaller only where the data end. False with a message, and *got 0,
 * when they cannot be read, and from then on. */
bool stream_read(stream *s, void *bytes, size_t size, size_t *got);

/* True when nothing is left; else, or when the end is damaged, false with a message. */
bool stream_at_end(stream *s);

/* The most bytes this file can hold: of a gzip file, what deflate can make of that many. */
uint64_t stream_capacity(const stream *s);

/* "path:@0x10": a byte of a file, so that messages can point into binary data. Offsets are those of
 * the decompressed bytes, except where the compression itself is damaged. */
mark stream_mark(const char *path, uint64_t offset, lcnn_errors *errors);

#endif
