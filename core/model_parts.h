/* model_parts.h - what model.c and model_write.c share, and nobody else sees. */
#ifndef MODEL_PARTS_H
#define MODEL_PARTS_H

#include "model.h"

enum { MODEL_TRAIN_ROWS = 6 };

/* A model on its way in. */
typedef struct loader {
    arena *a;
    lcnn_errors *errors;
    const model_parts *parts;
    doc *tree;
    model *m;
    bool ok;
} loader;

/* The table of `train`, with the optimisers there are. */
void model_train_rows(const model_parts *parts, attr rows[MODEL_TRAIN_ROWS]);

/* Makes yaml and sha256; false when memory is out. */
bool model_write(loader *l, const attr *model_rows, const attr *data_rows);

#endif
