/* fuzz_csv.c - a table of labels and pixels. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_put("a-train.csv", data, size);
    fuzz_open("a-train.csv");
    return 0;
}
