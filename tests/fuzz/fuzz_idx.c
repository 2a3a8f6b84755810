/* fuzz_idx.c - a file of IDX images, plain or gzip, beside ten labels that fit; and the same bytes
 * as the labels. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 10, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
    fuzz_put("train-labels-idx1-ubyte", labels, sizeof labels);
    fuzz_put("train-images-idx3-ubyte", data, size);
    fuzz_open("");
    fuzz_put("train-labels-idx1-ubyte", data, size);
    fuzz_open("");
    return 0;
}
