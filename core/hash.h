/* hash.h - SHA-256 as hexadecimal text, of bytes in one piece or in many; and MD5, which some publish.
 *
 * A thin layer over nettle, so that no other file knows where the digest comes from. */
#ifndef HASH_H
#define HASH_H

#include <nettle/md5.h>
#include <nettle/sha2.h>
#include <stddef.h>

/* 64 lower-case hexadecimal digits and a NUL. */
enum { HASH_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

/* A digest in the making. Lives where the caller puts it and holds no memory of its own. */
typedef struct hash {
    struct sha256_ctx state;
} hash;

void hash_begin(hash *h);
void hash_add(hash *h, const void *bytes, size_t size); /* bytes may be NULL when size is 0 */
void hash_end(hash *h, char hex[HASH_TEXT]);            /* h is spent until the next hash_begin */

/* The digest of one piece. */
void hash_sha256(const void *bytes, size_t size, char hex[HASH_TEXT]);

/* The same with MD5: it tells accidents, not forgeries, and is there for files of which nothing better is published. */
enum { HASH_MD5_TEXT = 2 * MD5_DIGEST_SIZE + 1 };

typedef struct hash_md5 {
    struct md5_ctx state;
} hash_md5;

void hash_md5_begin(hash_md5 *h);
void hash_md5_add(hash_md5 *h, const void *bytes, size_t size);
void hash_md5_end(hash_md5 *h, char hex[HASH_MD5_TEXT]);

#endif
