/* fuzz_model.c - a model file, from its text to the plan of a training; lines "#set KEY=VALUE" in
 * it are settings, as --set gives them. */
#include "config.h"

#include "fuzz.h"

#include "lcnn_parts.h"
#include "plan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SETTINGS = 4, MOST_TEXT = 256 };

/* Copies the settings out of the text; returns how many. */
static int find_settings(const uint8_t *data, size_t size, char setting[][MOST_TEXT]) {
    static const char key[] = "#set ";
    const size_t length = sizeof key - 1;
    int count = 0;
    for (size_t i = 0; i + length < size && count < MOST_SETTINGS; i++) {
        if (memcmp(data + i, key, length) != 0)
            continue;
        size_t n = 0;
        for (i += length; i < size && data[i] != '\n' && data[i] && n < MOST_TEXT - 1; i++)
            setting[count][n++] = (char)data[i];
        setting[count][n] = '\0';
        count += strchr(setting[count], '=') != NULL && *setting[count] != '=';
    }
    return count;
}

static void plan_all(const graph *g) {
    for (int training = 0; training < 2; training++) {
        arena *a = fuzz_arena();
        lcnn_errors *errors = fuzz_errors();
        if (!plan_new(g, training, FORM_LANES, a, errors) && lcnn_errors_count(errors) == 0)
            abort();
        lcnn_errors_free(errors);
        arena_free(a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[128], setting[MOST_SETTINGS][MOST_TEXT];
    const char *settings[MOST_SETTINGS] = {setting[0], setting[1], setting[2], setting[3]};
    fuzz_put("model.yaml", data, size);
    snprintf(path, sizeof path, "%s/model.yaml", fuzz_folder());
    lcnn_model_options options = {NULL, settings, find_settings(data, size, setting)};
    lcnn_errors *errors = fuzz_errors();
    lcnn_model *m = lcnn_model_load(path, &options, errors);
    if ((m != NULL) != (lcnn_errors_count(errors) == 0))
        abort();
    const char *text = m ? lcnn_model_yaml(m) : "";
    fuzz_outcome(m != NULL, text, strlen(text));
    if (m) {
        plan_all(m->model->graph);
        lcnn_model_free(m);
    }
    lcnn_errors_free(errors);
    return 0;
}
