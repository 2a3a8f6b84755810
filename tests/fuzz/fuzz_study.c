/* fuzz_study.c - a study file. */
#include "config.h"

#include "fuzz.h"

#include "study.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[128];
    fuzz_put("study.yaml", data, size);
    snprintf(path, sizeof path, "%s/study.yaml", fuzz_folder());
    arena *a = arena_new();
    lcnn_errors *errors = lcnn_errors_new();
    if (!study_read(path, a, errors) && lcnn_errors_count(errors) == 0)
        abort();
    lcnn_errors_free(errors);
    arena_free(a);
    return 0;
}
