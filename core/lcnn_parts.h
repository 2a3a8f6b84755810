/* lcnn_parts.h - what the files behind lcnn.h share: lcnn.c and lcnn_bench.c. */
#ifndef LCNN_PARTS_H
#define LCNN_PARTS_H

#include "backend.h"
#include "model.h"

struct lcnn_data {
    dataset *set;
};

struct lcnn_model {
    arena *arena;
    model *model;
    const char *input;
    lcnn_layer *layers; /* [graph->count] */
};

/* A path, or the name of something installed in the folder models (`kind` "model") or models/studies ("study"). NULL with a
 * message. */
const char *find_installed(const char *path, const char *kind, arena *a, lcnn_errors *errors);

/* As lcnn_model_load, with changes from another file in place of settings. */
lcnn_model *load_changed(const char *path, const model_change *changes, int count, lcnn_errors *errors);

/* The backend called `isa` (NULL: the widest); NULL with a message that lists what there is. */
const backend *choose_backend(const char *isa, lcnn_errors *errors);

/* How many threads to use when `wanted` were asked for (0: as many as the machine grants), all of them started. False with a
 * message. */
bool choose_threads(int wanted, int *threads, lcnn_errors *errors);

#endif
