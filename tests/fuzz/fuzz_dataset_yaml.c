/* fuzz_dataset_yaml.c - a folder's dataset.yaml, over IDX files and over a folder of images. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4};
    if (size > 4096) /* large shapes need large images, and time */
        return 0;
    fuzz_put("idx/train-labels-idx1-ubyte", labels, sizeof labels);
    fuzz_put("idx/train-images-idx3-ubyte", images, sizeof images);
    fuzz_put("idx/dataset.yaml", data, size);
    fuzz_open("idx");
    return 0;
}
