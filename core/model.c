/* model.c - a whole model file: resolved, its sections read, its graph built, its data's images led
 * up to the input.
 *
 * The rules of merging are resolve.c's and those of networks graph.c's; this file owns the top
 * level, `data` and `train`, and what must fit between the sections. The text of the resolved model
 * is made in model_write.c. */
#include "model_parts.h"

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

static const attr data_rows[] = {
    {"name", ATTR_STRING, offsetof(model_data, name),
     .help = "a data set that `lcnn data` lists, or a folder (with a / in it)"},
    {"validation", ATTR_REAL, offsetof(model_data, validation), .initial = "0", .min = 0,
     .max = 0.9, .help = "share of the training images held out to watch the training"},
    {0},
};

/* The optimisers are compiled per instruction set, so the row gets its choice when it is used;
 * until then it is described by the kind alone. */
static const component_set no_optimizers = {.kind = "optimizer",
                                            .members = (const component *const[]){NULL}};

enum { OPTIMIZER_ROW = 3 };

static const attr train_rows[] = {
    {"epochs", ATTR_INT, offsetof(model_train, epochs), .initial = "20", .min = 1, .max = 1000000,
     .help = "how often each training image is seen"},
    {"batch_size", ATTR_INT, offsetof(model_train, batch_size), .initial = "32", .min = 1,
     .max = 1 << 20, .help = "images between two steps of the optimizer"},
    {"seed", ATTR_INT, offsetof(model_train, seed), .initial = "1", .min = 0, .max = INT32_MAX,
     .help = "where every random number comes from"},
    [OPTIMIZER_ROW] = {"optimizer", ATTR_COMPONENT, offsetof(model_train, optimizer),
                       .initial = "adam", .components = &no_optimizers,
                       .help = "how weights follow their gradients"},
    {"learning_rate", ATTR_COMPONENT, offsetof(model_train, learning_rate), .initial = "0.001",
     .components = &schedules, .help = "a number, or a schedule over the epochs"},
    {0},
};

enum { TRAIN_ROWS = sizeof train_rows / sizeof *train_rows };

static const component model_section = {
    .name = "model",
    .summary = "the top level of a model file",
    .doc =
        "Beside these keys:\n"
        "params   named values; a value that is just $name stands for the param's, and $classes\n"
        "         for the number of classes of the data set\n"
        "extends  path of a model that this one varies; maps are merged key by key, lists\n"
        "         replaced, and `nodes` may be a map from node names to what changes\n"
        "input    shape of an image on its way in: [channels, height, width]\n"
        "nodes    list of nodes: `op`, its attributes, `name` (default OP_1, OP_2, ...) and "
        "`from`\n"
        "         (a name or a list of names; default the node before, first of all `input`)\n"
        "loss     an operator that takes the labels, its attributes, and `from` (default the last\n"
        "         node)\n"
        "data     where the images come from\n"
        "train    how the weights are found",
    .size = sizeof(model),
    .attrs = model_rows,
};

static const component data_section = {
    .name = "data",
    .summary = "where the images come from, and what happens to each on its way in",
    .doc =
        "Beside these keys:\n"
        "transforms  list of transforms, applied in this order; none unless given. After the last\n"
        "            one an image must have the shape that `input` says.",
    .size = sizeof(model_data),
    .attrs = data_rows,
};

static const component train_section = {
    .name = "train",
    .summary = "how the weights are found",
    .doc =
        "Every key may be left out. The optimizer and the learning rate are a name, or a map with\n"
        "`op` and attributes; a number as learning rate stays the same throughout.",
    .size = sizeof(model_train),
    .attrs = train_rows,
};

const component_set model_sections = {
    .kind = "section",
    .members = (const component *const[]){&model_section, &data_section, &train_section, NULL},
};

void model_train_rows(const model_parts *parts, attr rows[MODEL_TRAIN_ROWS]) {
    _Static_assert((int)MODEL_TRAIN_ROWS == (int)TRAIN_ROWS, "as many as there are");
    memcpy(rows, train_rows, sizeof train_rows);
    rows[OPTIMIZER_ROW].components = parts->optimizers;
}

/* ---- Sections -------------------------------------------------------------------------------- */

static void fault(loader *l, mark at, const char *text) {
    error_add(l->errors, LCNN_BAD_MODEL, at, "%s", text);
    l->ok = false;
}

static void out_of_memory(loader *l) {
    error_no_memory(l->errors);
    l->ok = false;
}

/* The section's map; an empty one when it is left out, NULL when it is something else. */
static doc *section(loader *l, const char *key) {
    doc *map = doc_get(l->tree, key);
    if (map == NULL) {
        map = doc_new(l->a, DOC_MAP, l->tree->at);
        if (map == NULL)
            out_of_memory(l);
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
    static const char *const others[] = {"params", "extends", "input", "nodes",
                                         "loss",   "data",    "train", NULL};
    if (!attr_parse(model_rows, l->tree, others, "model", l->m, l->a, l->errors)) {
        l->ok = false;
        return;
    }
    /* Merging has taken out what a file says of these two. */
    const doc *extends = doc_get(l->tree, "extends");
    if (extends != NULL)
        fault(l, extends->key_at, "extends: only a file can extend another");
    const char *name = l->m->name;
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    if (length == 0 || length > NAME_LENGTH || name[length] != '\0' || name[0] == '.')
        fault(l, doc_get(l->tree, "name")->at,
              "name: expected at most 64 letters, digits, _ - and ., not beginning with a dot");
}

static void read_transforms(loader *l, const doc *list) {
    model_data *d = &l->m->data;
    if (list == NULL)
        return;
    if (list->kind != DOC_LIST) {
        fault(l, list->at, "data: transforms: expected a list, such as [{op: pad, by: 2}]");
        return;
    }
    mark *at = arena_array(l->a, (size_t)list->count + 1, sizeof *at);
    d->transform = arena_array(l->a, (size_t)list->count + 1, sizeof *d->transform);
    if (at == NULL || d->transform == NULL) {
        out_of_memory(l);
        return;
    }
    for (const doc *item = list->first; item != NULL; item = item->next) {
        at[d->transform_count] = item->at;
        if (!component_parse(l->parts->transforms, item, "data: transforms",
                             &d->transform[d->transform_count++], l->a, l->errors))
            l->ok = false;
    }
    d->transform_at = at;
}

static void read_data(loader *l) {
    static const char *const others[] = {"transforms", NULL};
    doc *map = section(l, "data");
    if (map == NULL)
        return;
    if (!attr_parse(data_rows, map, others, "data", &l->m->data, l->a, l->errors))
        l->ok = false;
    read_transforms(l, doc_get(map, "transforms"));
}

static void read_train(loader *l) {
    doc *map = section(l, "train");
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

/* ---- Images ---------------------------------------------------------------------------------- */

/* What to do when the images do not arrive in the shape of the input. */
static const char *shape_advice(loader *l, const shape *from, const shape *to) {
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    int rows = to->dim[1] - from->dim[1], columns = to->dim[2] - from->dim[2];
    if (from->rank == 3 && to->rank == 3 && from->dim[0] == to->dim[0] && rows == columns &&
        rows > 0 && rows % 2 == 0 && component_find(l->parts->transforms, "pad") != NULL)
        return arena_format(l->a, "the transform {op: pad, by: %d} makes %s into %s", rows / 2,
                            shape_text(from, have), shape_text(to, want));
    return arena_format(l->a, "change `input` to [%d, %d, %d], or `data.transforms`", from->dim[0],
                        from->dim[1], from->dim[2]);
}

/* Leads the shape of the data set's images through the transforms to the network's input. */
static void follow_images(loader *l) {
    model_data *d = &l->m->data;
    shape *s = arena_array(l->a, (size_t)d->transform_count + 1, sizeof *s);
    if (s == NULL) {
        out_of_memory(l);
        return;
    }
    s[0] = l->m->info->image;
    for (int i = 0; i < d->transform_count; i++) {
        const transform *t = (const transform *)d->transform[i].type;
        if (!t->infer(d->transform[i].attrs, &s[i], &s[i + 1], d->transform_at[i], l->errors)) {
            l->ok = false;
            return;
        }
    }
    d->transform_shape = s;
    const shape *last = &s[d->transform_count], *input = &l->m->graph->input;
    if (shape_equal(last, input))
        return;
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    const char *advice = shape_advice(l, last, input);
    if (advice == NULL) {
        out_of_memory(l);
        return;
    }
    error_add(l->errors, LCNN_BAD_MODEL, doc_get(l->tree, "input")->at,
              "input: the images of '%s' arrive as %s, not as %s; %s", l->m->info->name,
              shape_text(last, have), shape_text(input, want), advice);
    l->ok = false;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* Puts the caller's choice of data set in place of the model's. */
static bool choose_data(loader *l, const char *name) {
    doc *map = section(l, "data");
    if (map == NULL)
        return false;
    const char *called = arena_format(l->a, "--data %s", name);
    doc *value =
        called == NULL ? NULL : doc_scalar(l->a, error_file(l->errors, called), name, true);
    if (value == NULL) {
        out_of_memory(l);
        return false;
    }
    doc *old = doc_get(map, "name");
    if (old == NULL) {
        doc_append(map, "name", value);
    } else {
        old->kind = DOC_SCALAR;
        old->at = value->at;
        old->text = value->text;
        old->quoted = true;
        old->count = 0;
        old->first = NULL;
    }
    return true;
}

/* What is known of the data set: `$classes` is needed before anything else can be read. */
static void find_data(loader *l) {
    const doc *map = doc_get(l->tree, "data");
    const doc *name = map != NULL && map->kind == DOC_MAP ? doc_get(map, "name") : NULL;
    if (name != NULL)
        name = resolve_peek(l->tree, name);
    if (name == NULL || name->kind != DOC_SCALAR || name->text[0] == '\0')
        return; /* read_data or resolve_names says so */
    l->m->info = l->parts->data_info(name->text, name->at, l->a, l->errors);
    l->ok = l->ok && l->m->info != NULL;
}

static void read_model(loader *l) {
    find_data(l);
    int classes = l->m->info == NULL ? 1 : l->m->info->classes;
    if (!resolve_names(l->a, l->tree, classes, l->errors)) {
        l->ok = false;
        read_top(l); /* it may be `params` that is misspelt */
        return;      /* what a name without a value should have been is anyone's guess */
    }
    read_top(l);
    read_data(l);
    read_train(l);
    if (l->m->info == NULL)
        return;
    l->m->graph = graph_build(l->tree, classes, l->parts->ops, l->a, l->errors);
    l->ok = l->ok && l->m->graph != NULL;
    if (l->ok)
        follow_images(l);
}

model *model_load(const char *path, const char *data, const char *const *settings, int count,
                  const model_parts *parts, arena *a, lcnn_errors *errors) {
    loader l = {.a = a, .errors = errors, .parts = parts, .ok = true};
    l.tree = resolve_merge(a, path, settings, count, errors);
    l.m = l.tree == NULL ? NULL : arena_alloc(a, sizeof *l.m);
    if (l.tree == NULL)
        return NULL;
    if (l.m == NULL || (l.m->path = arena_copy(a, path, strlen(path))) == NULL) {
        error_no_memory(errors);
        return NULL;
    }
    if (data != NULL && !choose_data(&l, data))
        return NULL;
    read_model(&l);
    if (!l.ok || l.m->info == NULL)
        return NULL;
    if (!model_write(&l, model_rows, data_rows)) {
        error_no_memory(errors);
        return NULL;
    }
    return l.m;
}

bool model_fits(const model *m, const dataset *d, lcnn_errors *errors) {
    char has[SHAPE_TEXT], wants[SHAPE_TEXT];
    const shape *image = &m->data.transform_shape[0];
    if (!shape_equal(&d->info.image, image)) {
        error_add(errors, LCNN_BAD_DATA, (mark){0},
                  "the images of %s are %s, and model %s expects %s", d->info.name,
                  shape_text(&d->info.image, has), m->name, shape_text(image, wants));
        return false;
    }
    if (d->info.classes != m->graph->classes) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has %d classes, and model %s expects %d",
                  d->info.name, d->info.classes, m->name, m->graph->classes);
        return false;
    }
    return true;
}
