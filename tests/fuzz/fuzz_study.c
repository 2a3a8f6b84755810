/* fuzz_study.c - a study file. */
#include "config.h"

#include "fuzz.h"

#include "study.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[128];
    fuzz_put("study.yaml", data, size);
    snprintf(path, sizeof path, "%s/study.yaml", fuzz_folder());
    arena *a = fuzz_arena();
    lcnn_errors *errors = fuzz_errors();
    const study *s = study_read(path, a, errors);
    if ((s != NULL) != (lcnn_errors_count(errors) == 0))
        abort();
    fuzz_outcome(s != NULL, s ? s->text : "", s ? strlen(s->text) : 0);
    lcnn_errors_free(errors);
    arena_free(a);
    return 0;
}
