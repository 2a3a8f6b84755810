/* fuzz_catalogue.c - a catalogue of the user's own. */
#include "fuzz.h"

#include "catalogue.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_put("lcnn/catalogue.yaml", data, size);
    arena *a = arena_new();
    lcnn_errors *errors = lcnn_errors_new();
    if (!catalogue_read(a, errors) && lcnn_errors_count(errors) == 0)
        abort();
    lcnn_errors_free(errors);
    arena_free(a);
    return 0;
}
