/* model.c - a whole model file: resolved, its sections read, its graph built.
 *
 * The rules of merging are resolve.c's, those of networks graph.c's and those of `data`
 * model_data.c's; this file owns the top level and `train`. The text of the resolved model is made
 * in model_write.c. */
#include "model_parts.h"

#include "claims.h"
#include "class_weights.h"
#include "curvature.h"
#include "resolve.h"
#include "schedule.h"

#include <string.h>

enum { NAME_LENGTH = 64 };

static const attr model_rows[] = {
    {"name", ATTR_STRING, offsetof(model, name),
     .help = "what the model is called: letters, digits, _ - and .; part of the names of folders"},
    {"about", ATTR_STRING, offsetof(model, about), .initial = "", .help = "a line on what it is"},
    {0},
};

/* The optimisers are compiled per instruction set, so the row gets its choice when it is used;
 * until then it is described by the kind alone. */
static const component_set no_optimizers = {.kind = "optimizer",
                                            .members = (const component *const[]){NULL}};

enum { OPTIMIZER_ROW = 4 };

static const char *const shuffles[] = {
    [SHUFFLE_EACH_EPOCH] = "each_epoch", [SHUFFLE_ONCE] = "once", NULL};

static const attr train_rows[] = {
    {"epochs", ATTR_INT, offsetof(model_train, epochs), .initial = "20", .min = 1, .max = 1000000,
     .help = "how often each training image is seen"},
    {"batch_size", ATTR_INT, offsetof(model_train, batch_size), .initial = "32", .min = 1,
     .max = 1 << 20, .help = "images between two steps of the optimizer"},
    {"seed", ATTR_INT, offsetof(model_train, seed), .initial = "1", .min = 0, .max = INT32_MAX,
     .help = "where every random number comes from"},
    {"shuffle", ATTR_CHOICE, offsetof(model_train, shuffle), .initial = "each_epoch",
     .choices = shuffles,
     .help = "when a random order of the training images is drawn: anew each epoch, or once"},
    [OPTIMIZER_ROW] = {"optimizer", ATTR_COMPONENT, offsetof(model_train, optimizer),
                       .initial = "adam", .components = &no_optimizers,
                       .help = "how weights follow their gradients"},
    {"learning_rate", ATTR_COMPONENT, offsetof(model_train, learning_rate), .initial = "0.001",
     .components = &schedules, .help = "a number, or a schedule over the epochs"},
    {"class_weights", ATTR_COMPONENT, offsetof(model_train, class_weights), .initial = "none",
     .components = &class_weightings,
     .help = "how much an image counts in training: none (all alike), balanced, or a number for "
             "each class"},
    {0},
};

enum { TRAIN_ROWS = sizeof train_rows / sizeof *train_rows };

static const component top_section = {
    .name = "model",
    .summary = "the top level of a model file",
    .doc =
        "Beside these keys:\n"
        "params     named values; a value that is just $name stands for the param's, and $classes\n"
        "           for the number of classes of the data set\n"
        "extends    path of a model that this one varies; maps are merged key by key, lists\n"
        "           replaced, and `nodes` may be a map from node names to what changes\n"
        "input      shape of an image on its way in: [channels, height, width]\n"
        "nodes      list of nodes: `op`, its attributes, `name` (default OP_1, OP_2, ...) and\n"
        "           `from` (a name or a list of names; default the node before, first of all\n"
        "           `input`)\n"
        "loss       an operator that takes the labels, its attributes, and `from` (default the\n"
        "           last node)\n"
        "data       where the images come from\n"
        "train      how the weights are found\n"
        "published  what others reported of this network; may be left out",
    .size = sizeof(model),
    .attrs = model_rows,
};

static const component train_section = {
    .name = "train",
    .summary = "how the weights are found",
    .doc =
        "Every key may be left out. The optimizer and the learning rate are a name, or a map with\n"
        "`op` and attributes; a number as learning rate stays the same throughout.\n"
        "Class weights multiply the loss of each image, and so its part of every gradient; the\n"
        "mean is still over the images of the batch, as with Keras's class_weight. balanced: the\n"
        "weight of a class is n / (classes n_c), where n_c of the n images to train on are of it,\n"
        "as scikit-learn has it. The loss shown for the training is the weighted one; validation\n"
        "and test know no weights.",
    .size = sizeof(model_train),
    .attrs = train_rows,
};

const component_set model_sections = {
    .kind = "section",
    .members = (const component *const[]){&top_section, &model_data_section, &train_section,
                                          &model_published_section, &claims_result, &claims_curve,
                                          &claims_errors, NULL},
};

void model_train_rows(const model_parts *parts, attr rows[MODEL_TRAIN_ROWS]) {
    _Static_assert((int)MODEL_TRAIN_ROWS == (int)TRAIN_ROWS, "as many as there are");
    memcpy(rows, train_rows, sizeof train_rows);
    rows[OPTIMIZER_ROW].components = parts->optimizers;
}

/* ---- Sections -------------------------------------------------------------------------------- */

void model_fault(loader *l, mark at, const char *text) {
    error_add(l->errors, LCNN_BAD_MODEL, at, "%s", text);
    l->ok = false;
}

void model_out_of_memory(loader *l) {
    error_no_memory(l->errors);
    l->ok = false;
}

doc *model_section(loader *l, const char *key) {
    doc *map = doc_get(l->tree, key);
    if (map == NULL) {
        map = doc_new(l->a, DOC_MAP, l->tree->at);
        if (map == NULL)
            model_out_of_memory(l);
        else
            doc_append(l->tree, key, map);
        return map;
    }
    if (map->kind == DOC_MAP)
        return map;
    error_add(l->errors, LCNN_BAD_MODEL, map->at, "%s: expected a map of keys and values", key);
    l->ok = false;
    return NULL;
}

static void read_top(loader *l) {
    static const char *const others[] = {"params", "extends", "input",     "nodes", "loss",
                                         "data",   "train",   "published", NULL};
    if (!attr_parse(model_rows, l->tree, others, "model", l->m, l->a, l->errors)) {
        l->ok = false;
        return;
    }
    /* Merging has taken out what a file says of these two. */
    const doc *extends = doc_get(l->tree, "extends");
    if (extends != NULL)
        model_fault(l, extends->key_at, "extends: only a file can extend another");
    const char *name = l->m->name;
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    if (length == 0 || length > NAME_LENGTH || name[length] != '\0' || name[0] == '.')
        model_fault(
            l, doc_get(l->tree, "name")->at,
            "name: expected at most 64 letters, digits, _ - and ., not beginning with a dot");
}

static void read_train(loader *l) {
    doc *map = model_section(l, "train");
    if (map == NULL)
        return;
    attr rows[MODEL_TRAIN_ROWS];
    model_train_rows(l->parts, rows);
    if (!attr_parse(rows, map, NULL, "train", &l->m->train, l->a, l->errors)) {
        l->ok = false;
        return;
    }
    const doc *rate = doc_get(map, "learning_rate");
    if (!schedule_check(&l->m->train.learning_rate, rate == NULL ? map->at : rate->at,
                        "train: learning_rate", l->errors))
        l->ok = false;
}

/* As many weights as classes: not known before the data are. */
static void check_weights(loader *l) {
    const doc *train = doc_get(l->tree, "train"), *weights = doc_get(train, "class_weights");
    mark at = weights == NULL ? train->at : weights->at;
    l->ok = class_weights_check(&l->m->train.class_weights, l->m->graph->classes, at,
                                "train: class_weights", l->errors);
}

static void check_curvature(loader *l) {
    const doc *train = doc_get(l->tree, "train"), *method = doc_get(train, "optimizer");
    l->ok = curvature_check(l->m->graph, &l->m->train.optimizer,
                            method == NULL ? train->at : method->at, l->errors) &&
            l->ok;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static void read_model(loader *l) {
    model_find_data(l);
    int classes = model_count_classes(l);
    if (!resolve_names(l->a, l->tree, classes, l->errors)) {
        l->ok = false;
        read_top(l); /* it may be `params` that is misspelt */
        return;      /* what a name without a value should have been is anyone's guess */
    }
    read_top(l);
    model_read_data(l);
    read_train(l);
    model_read_published(l);
    if (l->m->info == NULL)
        return;
    l->m->graph = graph_build(l->tree, classes, l->parts->ops, l->a, l->errors);
    l->ok = l->ok && l->m->graph != NULL;
    if (l->ok)
        model_follow_images(l);
    if (l->ok)
        check_weights(l);
    if (l->ok)
        check_curvature(l);
}

/* Goes on where the files are merged. */
static model *read_whole(loader *l, const char *path, const char *data) {
    l->m = l->tree == NULL ? NULL : arena_alloc(l->a, sizeof *l->m);
    if (l->tree == NULL)
        return NULL;
    if (l->m == NULL || (l->m->path = arena_copy(l->a, path, strlen(path))) == NULL) {
        error_no_memory(l->errors);
        return NULL;
    }
    if (data != NULL && !model_choose_data(l, data))
        return NULL;
    read_model(l);
    if (!l->ok || l->m->info == NULL)
        return NULL;
    l->m->tree = l->tree;
    if (!model_rewrite(l->m, l->parts, l->a)) {
        error_no_memory(l->errors);
        return NULL;
    }
    return l->m;
}

model *model_load(const char *path, const char *data, const char *const *settings, int count,
                  const model_parts *parts, arena *a, lcnn_errors *errors) {
    loader l = {.a = a, .errors = errors, .parts = parts, .ok = true};
    l.tree = resolve_merge(a, path, settings, count, errors);
    return read_whole(&l, path, data);
}

model *model_load_changed(const char *path, const model_change *changes, int count,
                          const model_parts *parts, arena *a, lcnn_errors *errors) {
    loader l = {.a = a, .errors = errors, .parts = parts, .ok = true};
    l.tree = resolve_changes(a, path, changes, count, errors);
    return read_whole(&l, path, NULL);
}

bool model_rewrite(model *m, const model_parts *parts, arena *a) {
    return model_write(&(loader){.a = a, .parts = parts, .tree = m->tree, .m = m}, model_rows);
}
