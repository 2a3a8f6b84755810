/* fuzz_numpy.c - an .npz archive; or an array of images beside four labels that fit. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char labels[] = "\x93NUMPY\x01\0\x38\0{'descr': '|u1', 'fortran_order': False, "
                                 "'shape': (4,)}\n\0\1\2\1";
    fuzz_put("set.npz", data, size);
    fuzz_open("set.npz");
    fuzz_put("arrays/y_train.npy", labels, sizeof labels - 1);
    fuzz_put("arrays/x_train.npy", data, size);
    fuzz_open("arrays");
    fuzz_put("arrays/y_train.npy", data, size);
    fuzz_open("arrays");
    return 0;
}
