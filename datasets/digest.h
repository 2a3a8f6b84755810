/* digest.h - which file is it? The checksums of a file, and whether they are those that are known of one.
 *
 * A .gz may have been packed anew without any change to what is in it, so there are two answers to
 * that: the very file, or the same data. */
#ifndef DIGEST_H
#define DIGEST_H

#include "describe.h"
#include "hash.h"

typedef struct file_digest {
    uint64_t size;
    char md5[HASH_MD5_TEXT], sha256[HASH_TEXT];
    bool gzip;
    bool unpacked; /* the rest is known; never of a damaged gzip file */
    uint64_t unpacked_size;
    char unpacked_sha256[HASH_TEXT];
} file_digest;

/* Reads a file as it is; what is in a gzip file is not looked at. False with a message. */
bool digest_file(const char *path, file_digest *out, lcnn_errors *errors);

/* Reads what is in a gzip file, too. False with a message, when it is damaged for example. */
bool digest_unpack(const char *path, file_digest *d, lcnn_errors *errors);

typedef enum digest_fit {
    FIT_FILE,    /* the very file */
    FIT_DATA,    /* packed otherwise, with the same data in it */
    FIT_NOT,     /* another file */
    FIT_UNKNOWN, /* cannot be told from what is known */
} digest_fit;

digest_fit digest_compare(const file_digest *d, const file_facts *known);

#endif
