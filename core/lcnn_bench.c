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

/* The images to measure on; false with a message when they do not fit the model. */
static bool choose_images(const lcnn_model *m, const lcnn_data *data, const split **images,
                          lcnn_errors *errors) {
    *images = NULL;
    if (!data)
        return true;
    const dataset *set = data->set;
    *images = set->train.count > 0 ? &set->train : &set->test;
    return model_fits(m->model, set, errors);
}

lcnn_bench *lcnn_bench_run(const lcnn_model *m, const lcnn_bench_options *options,
                           lcnn_errors *errors) {
    lcnn_bench_options chosen = *options;
    const split *images;
    const backend *b = choose_backend(options->isa, errors);
    if (!b || !choose_threads(options->threads, &chosen.threads, errors) ||
        !choose_images(m, options->data, &images, errors))
        return NULL;
    return bench_run(m->model, b, &chosen, images, errors);
}

void lcnn_bench_free(lcnn_bench *bench) {
    free(bench);
}

lcnn_bench_layers *lcnn_bench_layers_run(const lcnn_model *m, const lcnn_bench_options *options,
                                         lcnn_errors *errors) {
    lcnn_bench_options chosen = *options;
    const split *images;
    const backend *b = choose_backend(options->isa, errors);
    if (!b || !choose_images(m, options->data, &images, errors))
        return NULL;
    chosen.threads = 1;
    return bench_layers(m->model, b, &chosen, images, errors);
}

void lcnn_bench_layers_free(lcnn_bench_layers *layers) {
    free(layers);
}
