/* model_parts.h - what the files of a model share: model.c, model_classes.c, model_data.c and
 * model_write.c, and nobody else sees. */
#ifndef MODEL_PARTS_H
#define MODEL_PARTS_H

#include "model.h"

enum { MODEL_TRAIN_ROWS = 8 };

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
bool model_write(loader *l, const attr *model_rows);

void model_fault(loader *l, mark at, const char *text);
void model_out_of_memory(loader *l);

/* The section's map; an empty one when it is left out, NULL when it is something else. */
doc *model_section(loader *l, const char *key);

/* ---- Published ------------------------------------------------------------------------------- */

extern const component model_published_section;

void model_read_published(loader *l);

/* ---- Data ------------------------------------------------------------------------------------ */

extern const attr model_data_rows[];
extern const component model_data_section;

/* Puts the caller's choice of data set in place of the model's; false with a message. */
bool model_choose_data(loader *l, const char *name);

/* What is known of the data set: `$classes` is needed before anything else can be read. */
void model_find_data(loader *l);

void model_read_data(loader *l);

/* How many classes the model will tell apart: asked before `data` is read and names replaced. */
int model_count_classes(const loader *l);

/* Reads data.classes, NULL where it is left out: class_of and class_names. */
void model_read_classes(loader *l, const doc *value);

/* data.classes as the resolved model spells it; NULL when memory is out. */
doc *model_write_classes(const loader *l);

/* Leads the shape of the data set's images through the transforms to the network's input. */
void model_follow_images(loader *l);

#endif
