/* fuzz_checkpoint.c - weights files and the states of trainings. Whoever mutates an input repairs
 * its checksum, so that what lies behind it is reached. */
#include "config.h"

#include "fuzz.h"

#include "checkpoint.h"
#include "hash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Mutating --------------------------------------------------------------------------------- */

/* libFuzzer's own mutations; not there where inputs are replayed. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* Puts the SHA-256 of what comes after the header where the header states it. */
static void repair(uint8_t *data, size_t size) {
    static const char key[] = "\"sha256\":\"";
    uint64_t length = 0;
    for (int i = 0; i < 8 && size >= 8; i++)
        length |= (uint64_t)data[i] << 8 * i;
    if (size < 8 || length > size - 8)
        return;
    char digest[HASH_TEXT];
    hash_sha256(data + 8 + length, size - 8 - (size_t)length, digest);
    for (size_t i = 8; i + sizeof key - 1 + 64 <= 8 + length; i++)
        if (memcmp(data + i, key, sizeof key - 1) == 0)
            memcpy(data + i + sizeof key - 1, digest, 64);
}

/* Cuts or fills the header so that its length is right again. */
static void fit_header(uint8_t *data, size_t size) {
    size_t end = size;
    for (size_t i = 8; i + 1 < size; i++)
        if (data[i] == '}' && data[i + 1] == '}')
            end = i + 2;
    for (int i = 0; i < 8 && end > 8 && end < size; i++)
        data[i] = (uint8_t)((uint64_t)(end - 8) >> 8 * i);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    size = LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, most) : size;
    if (seed % 4 == 1)
        fit_header(data, size);
    if (seed % 8 != 0)
        repair(data, size);
    return size;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

enum { WEIGHTS = 6, BIASES = 2 };
static const float UNTOUCHED = 77;

static void read_once(const char *path, bool training) {
    float weights[WEIGHTS], biases[BIASES], memory[BIASES];
    const checkpoint_tensor tensors[] = {{"a.weight", {2, {2, 3}}, weights},
                                         {"a.bias", {1, {2}}, biases},
                                         {"optimizer.0.a.bias", {1, {2}}, memory}};
    for (int i = 0; i < WEIGHTS; i++)
        weights[i] = UNTOUCHED;
    char *state = NULL;
    lcnn_errors *errors = fuzz_errors();
    bool read = checkpoint_read(path, tensors, training ? 3 : 2, training ? &state : NULL, errors);
    if (read == (lcnn_errors_count(errors) > 0) || (state != NULL) != (read && training))
        abort();
    for (int i = 0; i < WEIGHTS && !read; i++)
        if (weights[i] != UNTOUCHED)
            abort();
    fuzz_outcome(read, weights, sizeof weights);
    fuzz_outcome(state != NULL, state, state ? strlen(state) : 0);
    free(state);
    lcnn_errors_free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[128];
    fuzz_put("file.safetensors", data, size);
    snprintf(path, sizeof path, "%s/file.safetensors", fuzz_folder());
    read_once(path, false);
    read_once(path, true);
    return 0;
}
