/* fuzz_catalogue.c - a catalogue of the user's own. */
#include "fuzz.h"

#include "catalogue.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_put("lcnn/catalogue.yaml", data, size);
    arena *a = fuzz_arena();
    lcnn_errors *errors = fuzz_errors();
    const catalogue *sets = catalogue_read(a, errors);
    if ((sets != NULL) != (lcnn_errors_count(errors) == 0))
        abort();
    fuzz_outcome(sets != NULL, "", 0);
    lcnn_errors_free(errors);
    arena_free(a);
    return 0;
}
