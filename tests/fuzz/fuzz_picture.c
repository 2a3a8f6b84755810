/* fuzz_picture.c - an image in memory: PNG, JPEG or PNM, as its bytes say; and the same as one of a
 * folder of images. */
#include "fuzz.h"

#include "picture.h"
#include <stdlib.h>

static void parse(const uint8_t *data, size_t size) {
    for (int channels = 0; channels <= 3; channels += 3) {
        picture p;
        lcnn_errors *errors = fuzz_errors();
        int fine = picture_parse("picture", data, size, channels, &p, errors);
        if (fine && (long)p.height * p.width < 10000)
            fine = picture_resize(&p, 7, 5, errors);
        if (lcnn_errors_count(errors) != !fine)
            abort();
        size_t pixels = fine ? (size_t)p.channels * (size_t)p.height * (size_t)p.width : 0;
        fuzz_outcome(fine, p.pixels, pixels);
        free(p.pixels);
        lcnn_errors_free(errors);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char other[] = "P2 2 2 255 1 2 3 4";
    parse(data, size);
    fuzz_put("a/1.png", data, size);
    fuzz_put("b/2.pgm", other, sizeof other - 1);
    fuzz_open("");
    return 0;
}
