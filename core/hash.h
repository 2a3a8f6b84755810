/* hash.h - SHA-256 as hexadecimal text, of bytes in one piece or in many.
 *
 * A thin layer over nettle, so that no other file knows where the digest comes from. */
#ifndef HASH_H
#define HASH_H

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

#endif
