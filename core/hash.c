/* hash.c - SHA-256 through nettle. */
#include "hash.h"

void hash_begin(hash *h) {
    sha256_init(&h->state);
}

void hash_add(hash *h, const void *bytes, size_t size) {
    if (size > 0)
        sha256_update(&h->state, size, bytes);
}

void hash_end(hash *h, char hex[HASH_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&h->state, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[2 * sizeof digest] = '\0';
}

void hash_sha256(const void *bytes, size_t size, char hex[HASH_TEXT]) {
    hash h;
    hash_begin(&h);
    hash_add(&h, bytes, size);
    hash_end(&h, hex);
}
