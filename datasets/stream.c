/* stream.c - reading plain and gzip files strictly; see stream.h.
 *
 * zlib's own gzread is too kind for this: it hands out the raw bytes of files that are not gzip,
 * ignores what follows the data, and tells of a truncated file only when it is closed. */
#include "config.h"

#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mark stream_mark(const char *path, uint64_t offset, lcnn_errors *errors) {
    size_t size = strlen(path) + 24;
    char *name = malloc(size);
    if (!name)
        return error_file(errors, path);
    snprintf(name, size, "%s:@0x%" PRIx64, path, offset);
    mark at = error_file(errors, name);
    free(name);
    return at;
}

static void say(const stream *s, lcnn_status status, const char *what) {
    error_add(s->errors, status, error_file(s->errors, s->path), "%s", what);
}

/* Fills the buffer again once it is used up. An end of file leaves avail_in at 0. */
static bool refill(stream *s) {
    if (s->inflater.avail_in > 0)
        return true;
    ssize_t n;
    do
        n = read(s->file, s->buffer, STREAM_BUFFER);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        say(s, LCNN_BAD_IO, strerror(errno));
        return false;
    }
    s->inflater.next_in = s->buffer;
    s->inflater.avail_in = (unsigned)n;
    s->file_read += (uint64_t)n;
    return true;
}

/* Opens a descriptor on a regular file; O_NONBLOCK, since opening a FIFO would wait for a writer.
 */
static int open_regular(const char *path, uint64_t *size, lcnn_errors *errors) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        error_add(errors, errno == ENOENT ? LCNN_BAD_DATA : LCNN_BAD_IO, error_file(errors, path),
                  "%s", strerror(errno));
        return -1;
    }
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "not a regular file");
        close(file);
        return -1;
    }
    *size = (uint64_t)info.st_size;
    return file;
}

stream *stream_open(const char *path, lcnn_errors *errors) {
    uint64_t size;
    int file = open_regular(path, &size, errors);
    if (file < 0)
        return NULL;
    stream *s = calloc(1, sizeof *s);
    if (!s) {
        error_no_memory(errors);
        close(file);
        return NULL;
    }
    s->path = path;
    s->errors = errors;
    s->file = file;
    s->file_size = size;
    if (!refill(s)) {
        stream_close(s);
        return NULL;
    }
    s->gzip = s->inflater.avail_in >= 2 && s->buffer[0] == 0x1f && s->buffer[1] == 0x8b;
    /* 15 + 16: the largest window, and gzip members only. */
    if (s->gzip && inflateInit2(&s->inflater, 15 + 16) != Z_OK) {
        error_no_memory(errors);
        s->gzip = false;
        stream_close(s);
        return NULL;
    }
    s->member_open = s->gzip;
    return s;
}

void stream_close(stream *s) {
    if (!s)
        return;
    if (s->gzip)
        inflateEnd(&s->inflater);
    close(s->file);
    free(s);
}

/* Where the reading of the file itself stands. */
static mark compressed_mark(const stream *s) {
    return stream_mark(s->path, s->file_read - s->inflater.avail_in, s->errors);
}

static bool bad_gzip(const stream *s, const char *why) {
    error_add(s->errors, LCNN_BAD_DATA, compressed_mark(s), "damaged gzip file: %s", why);
    return false;
}

/* At the end of a member: another one, or the end of the file. *more says which. */
static bool next_member(stream *s, bool *more) {
    if (!refill(s))
        return false;
    *more = s->inflater.avail_in > 0;
    if (!*more)
        return true;
    if (s->inflater.next_in[0] != 0x1f) {
        error_add(s->errors, LCNN_BAD_DATA, compressed_mark(s),
                  "bytes follow the end of the gzip data");
        return false;
    }
    inflateReset(&s->inflater);
    s->member_open = true;
    return true;
}

static bool read_gzip(stream *s, unsigned char *bytes, size_t size, size_t *got) {
    while (*got < size) {
        bool more = true;
        if (!s->member_open && !next_member(s, &more))
            return false;
        if (!more)
            return true;
        if (!refill(s))
            return false;
        if (s->inflater.avail_in == 0) {
            error_add(s->errors, LCNN_BAD_DATA, error_file(s->errors, s->path),
                      "the gzip data end early, after %" PRIu64 " bytes of file", s->file_read);
            return false;
        }
        size_t piece = size - *got < 1u << 30 ? size - *got : 1u << 30;
        s->inflater.next_out = bytes + *got;
        s->inflater.avail_out = (unsigned)piece;
        int result = inflate(&s->inflater, Z_NO_FLUSH);
        *got += piece - s->inflater.avail_out;
        if (result == Z_STREAM_END)
            s->member_open = false;
        else if (result == Z_MEM_ERROR) {
            error_no_memory(s->errors);
            return false;
        } else if (result != Z_OK && result != Z_BUF_ERROR)
            return bad_gzip(s, s->inflater.msg ? s->inflater.msg : "needs a preset dictionary");
    }
    return true;
}

static bool read_plain(stream *s, unsigned char *bytes, size_t size, size_t *got) {
    while (*got < size) {
        if (!refill(s))
            return false;
        if (s->inflater.avail_in == 0)
            return true;
        size_t n = size - *got < s->inflater.avail_in ? size - *got : s->inflater.avail_in;
        memcpy(bytes + *got, s->inflater.next_in, n);
        s->inflater.next_in += n;
        s->inflater.avail_in -= (unsigned)n;
        *got += n;
    }
    return true;
}

/* What failed once stays so: who asks again after a fault must not get what comes behind it. */
bool stream_read(stream *s, void *bytes, size_t size, size_t *got) {
    *got = 0;
    if (s->failed)
        return false;
    bool done = s->gzip ? read_gzip(s, bytes, size, got) : read_plain(s, bytes, size, got);
    s->failed = !done;
    if (s->failed)
        *got = 0;
    s->position += *got;
    return done;
}

bool stream_at_end(stream *s) {
    unsigned char extra;
    size_t got;
    uint64_t end = s->position;
    /* Asking for one byte more makes inflate read and check the trailer, too. */
    if (!stream_read(s, &extra, 1, &got))
        return false;
    if (got == 0)
        return true;
    error_add(s->errors, LCNN_BAD_DATA, stream_mark(s->path, end, s->errors),
              "more bytes than the header tells of: the data should end here");
    return false;
}

uint64_t stream_capacity(const stream *s) {
    /* Deflate makes at most 258 bytes of 2 bits: 1032 to 1 (zlib's technical notes). */
    return s->gzip ? s->file_size * 1032 : s->file_size;
}
