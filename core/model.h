/* model.h - a whole model file as C values: the graph, where the data come from, how it is trained. */
#ifndef MODEL_H
#define MODEL_H

#include "dataset.h"
#include "graph.h"
#include "resolve.h"

typedef struct model_data {
    const char *name;        /* of a set, or a folder; as written */
    int limit, limit_per_class; /* images of the training part used, in all or of each class; 0: all */
    double validation; /* images of these held out: a share, 0 to 0.9, or a number, 1 or more */
    const int *class_of; /* [info->classes]: class of the model, -1: not used; NULL: the same */
    int transform_count;
    attr_component *transform; /* [transform_count]; types are transform */
    const mark *transform_at;  /* [transform_count] */
    const shape *transform_shape; /* [transform_count + 1]: shape before each and after the last */
} model_data;

/* When the order of the training images is drawn. */
typedef enum model_shuffle { SHUFFLE_EACH_EPOCH, SHUFFLE_ONCE } model_shuffle;

typedef struct model_train {
    int epochs;
    int batch_size;
    int seed;
    int shuffle; /* a model_shuffle */
    attr_component optimizer;
    attr_component learning_rate; /* a schedule */
    attr_component class_weights; /* a class weighting */
} model_train;

/* The sets of components a model may name; handed down by lcnn.c. */
typedef struct model_parts {
    const component_set *ops, *optimizers, *transforms;
    /* Looks a data set up by name or folder, without reading its images; NULL with a message. */
    const dataset_info *(*data_info)(const char *name, mark at, arena *a, lcnn_errors *errors);
} model_parts;

typedef struct model {
    const char *path;
    const char *name;
    const char *about;
    const dataset_info *info; /* the data set as it is; classes of the model are chosen from it */
    const char *const *class_names; /* [graph->classes] */
    model_data data;
    model_train train;
    graph *graph;
    lcnn_published *published; /* NULL: nothing */
    doc *tree;         /* merged, with names replaced */
    const char *yaml;  /* resolved, everything spelt out; loading it gives the same model */
    char sha256[65];   /* of yaml */
} model;

/* NULL with messages. `data` replaces data.name when not NULL. Everything lives in `a`. */
model *model_load(const char *path, const char *data, const char *const *settings, int count, const model_parts *parts,
                  arena *a, lcnn_errors *errors);

/* The same with changes, which may come from another file; data.name is one like any other. */
model *model_load_changed(const char *path, const model_change *changes, int count, const model_parts *parts, arena *a,
                          lcnn_errors *errors);

/* Whether more was changed in the model than data, seed and name: what was published of the file is not about it then.
 * False where there is no memory to tell. */
bool model_is_changed(const model *m, const model_parts *parts, bool *changed);

/* The model was checked against what the catalogue says of its data; here are the data themselves. False with a message
 * when they differ. */
bool model_fits(const model *m, const dataset *d, lcnn_errors *errors);

/* Finds what transforms want to know of the training images that the model chooses from `d`, and writes it into the model:
 * yaml and sha256 change. Nothing to do for models whose transforms want nothing. What is made lies in `a`, the model's. */
bool model_measure(model *m, const dataset *d, const model_parts *parts, arena *a, lcnn_errors *errors);

/* False with a message when that is still to be done. */
bool model_is_measured(const model *m, lcnn_errors *errors);

/* Makes yaml and sha256 anew; false when memory is out. */
bool model_rewrite(model *m, const model_parts *parts, arena *a);

/* Tables of the sections, for the manual: components named "model", "data", "train", "published" and what that holds. */
extern const component_set model_sections;

#endif
