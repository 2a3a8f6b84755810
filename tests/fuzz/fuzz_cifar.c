/* fuzz_cifar.c - the names of CIFAR-10's classes, and behind a zero byte a batch. */
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t names = end ? (size_t)(end - data) : size;
    fuzz_put("batches.meta.txt", data, names);
    fuzz_put("test_batch.bin", end ? end + 1 : data, end ? size - names - 1 : 0);
    fuzz_open("");
    return 0;
}
