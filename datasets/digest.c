/* digest.c - checksums of files; see digest.h. */
#include "config.h"

#include "digest.h"
#include "file.h"
#include "stream.h"
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 16 };

static bool add_pieces(file_input *in, unsigned char *buffer, file_digest *out,
                       lcnn_errors *errors) {
    hash sha256;
    hash_md5 md5;
    hash_begin(&sha256);
    hash_md5_begin(&md5);
    for (uint64_t done = 0; done < in->size;) {
        size_t size = in->size - done < PIECE ? (size_t)(in->size - done) : PIECE;
        if (!file_next(in, buffer, size, errors))
            return false;
        out->gzip |= done == 0 && size >= 2 && buffer[0] == 0x1f && buffer[1] == 0x8b;
        hash_add(&sha256, buffer, size);
        hash_md5_add(&md5, buffer, size);
        done += size;
    }
    hash_end(&sha256, out->sha256);
    hash_md5_end(&md5, out->md5);
    return true;
}

bool digest_file(const char *path, file_digest *out, lcnn_errors *errors) {
    file_input in;
    *out = (file_digest){0};
    if (!file_open(&in, path, LCNN_BAD_DATA, errors))
        return false;
    unsigned char *buffer = malloc(PIECE);
    bool fine = buffer && add_pieces(&in, buffer, out, errors);
    if (!buffer)
        error_no_memory(errors);
    free(buffer);
    file_close(&in);
    out->size = in.size;
    if (fine && !out->gzip) {
        out->unpacked = true;
        out->unpacked_size = out->size;
        memcpy(out->unpacked_sha256, out->sha256, sizeof out->sha256);
    }
    return fine;
}

static bool unpack(stream *s, unsigned char *buffer, file_digest *d) {
    hash h;
    size_t got;
    hash_begin(&h);
    do {
        if (!stream_read(s, buffer, PIECE, &got))
            return false;
        hash_add(&h, buffer, got);
        d->unpacked_size += got;
    } while (got == PIECE);
    hash_end(&h, d->unpacked_sha256);
    return stream_at_end(s);
}

bool digest_unpack(const char *path, file_digest *d, lcnn_errors *errors) {
    if (d->unpacked)
        return true;
    stream *s = stream_open(path, errors);
    unsigned char *buffer = s ? malloc(PIECE) : NULL;
    d->unpacked_size = 0;
    d->unpacked = buffer && unpack(s, buffer, d);
    if (s && !buffer)
        error_no_memory(errors);
    free(buffer);
    stream_close(s);
    return d->unpacked;
}

static bool is_gz(const char *name) {
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".gz") == 0;
}

digest_fit digest_compare(const file_digest *d, const file_facts *known) {
    bool packed = *known->sha256 || *known->md5;
    if (packed && strcmp(*known->sha256 ? known->sha256 : known->md5,
                         *known->sha256 ? d->sha256 : d->md5) == 0)
        return FIT_FILE;
    /* A file that is handed out plain is its own data. */
    bool plain = !is_gz(known->name);
    const char *data = plain && !*known->unpacked_sha256 ? known->sha256 : known->unpacked_sha256;
    int size = plain && known->unpacked_size == 0 ? known->size : known->unpacked_size;
    if (!d->unpacked)
        return packed && d->size == (uint64_t)known->size ? FIT_NOT : FIT_UNKNOWN;
    if (size > 0 && d->unpacked_size != (uint64_t)size)
        return FIT_NOT;
    if (*data)
        return strcmp(d->unpacked_sha256, data) == 0 ? FIT_DATA : FIT_NOT;
    bool same_form = d->gzip == !plain && known->size > 0 && d->size == (uint64_t)known->size;
    return packed && same_form ? FIT_NOT : FIT_UNKNOWN;
}
