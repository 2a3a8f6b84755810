/* fuzz_picture.c - an image in memory: PNG, JPEG or PNM, as its bytes say. */
#include "fuzz.h"

#include "picture.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int channels = 0; channels <= 3; channels += 3) {
        picture p;
        lcnn_errors *errors = lcnn_errors_new();
        if (picture_parse("picture", data, size, channels, &p, errors)) {
            volatile uint8_t last = p.pixels[p.channels * p.height * p.width - 1];
            (void)last;
            if ((long)p.height * p.width < 10000)
                picture_resize(&p, 7, 5, errors);
        } else if (lcnn_errors_count(errors) != 1)
            abort();
        free(p.pixels);
        lcnn_errors_free(errors);
    }
    return 0;
}
