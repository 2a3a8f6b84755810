/* lcnn_bench.c - the part of lcnn.h that measures: finds the backend, the threads and the images
 * for bench.c. */
#include "config.h"

#include "bench.h"
#include "lcnn_parts.h"

#include <stdlib.h>

const char *const *lcnn_isas(void) {
    enum { MOST = 8 };
    static const char *names[MOST];
    const backend *const *list = backend_list();
    for (int i = 0; i < MOST - 1 && list[i]; i++)
        names[i] = list[i]->name;
    return names;
}

double lcnn_isa_peak(const char *isa) {
    const backend *b = backend_choose(isa);
    return b ? bench_peak(b) : 0;
}

/* The data set to measure on, if any; false with a message when it does not fit the model. */
static bool choose_data(const lcnn_model *m, const lcnn_data *data, const dataset **d,
                        lcnn_errors *errors) {
    *d = data ? data->set : NULL;
    return !data || model_fits(m->model, data->set, errors);
}

lcnn_bench *lcnn_bench_run(const lcnn_model *m, const lcnn_bench_options *options,
                           lcnn_errors *errors) {
    lcnn_bench_options chosen = *options;
    const dataset *d;
    const backend *b = choose_backend(options->isa, errors);
    if (!b || !choose_threads(options->threads, &chosen.threads, errors) ||
        !choose_data(m, options->data, &d, errors))
        return NULL;
    return bench_run(m->model, b, &chosen, d, errors);
}

void lcnn_bench_free(lcnn_bench *bench) {
    free(bench);
}

lcnn_bench_layers *lcnn_bench_layers_run(const lcnn_model *m, const lcnn_bench_options *options,
                                         lcnn_errors *errors) {
    lcnn_bench_options chosen = *options;
    const dataset *d;
    const backend *b = choose_backend(options->isa, errors);
    if (!b || !choose_data(m, options->data, &d, errors))
        return NULL;
    chosen.threads = 1;
    return bench_layers(m->model, b, &chosen, d, errors);
}

void lcnn_bench_layers_free(lcnn_bench_layers *layers) {
    free(layers);
}
