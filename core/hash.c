/* hash.c - SHA-256 and MD5 through nettle. */
#include "hash.h"

static void write_hex(const uint8_t *digest, size_t size, char *hex) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * size] = '\0';
}

void hash_begin(hash *h) {
    sha256_init(&h->state);
}

void hash_add(hash *h, const void *bytes, size_t size) {
    if (size > 0)
        sha256_update(&h->state, size, bytes);
}

void hash_end(hash *h, char hex[HASH_TEXT]) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&h->state, sizeof digest, digest);
    write_hex(digest, sizeof digest, hex);
}

void hash_sha256(const void *bytes, size_t size, char hex[HASH_TEXT]) {
    hash h;
    hash_begin(&h);
    hash_add(&h, bytes, size);
    hash_end(&h, hex);
}

void hash_md5_begin(hash_md5 *h) {
    md5_init(&h->state);
}

void hash_md5_add(hash_md5 *h, const void *bytes, size_t size) {
    if (size > 0)
        md5_update(&h->state, size, bytes);
}

void hash_md5_end(hash_md5 *h, char hex[HASH_MD5_TEXT]) {
    uint8_t digest[MD5_DIGEST_SIZE];
    md5_digest(&h->state, sizeof digest, digest);
    write_hex(digest, sizeof digest, hex);
}
