/* model_data.c - the section `data` of a model: the data set it names, what happens to each image
 * on its way in, and whether the images then fit the network's input.
 *
 * Reads no images: what is known of a data set comes from the catalogue, or from the headers of a
 * folder's files. */
#include "model_parts.h"

#include "number.h"
#include "resolve.h"

#include <string.h>

const attr model_data_rows[] = {
    {"name", ATTR_STRING, offsetof(model_data, name),
     .help = "a data set that `lcnn data` lists, or a folder (with a / in it)"},
    {"limit", ATTR_INT, offsetof(model_data, limit), .initial = "all", .word = "all", .min = 1,
     .max = INT32_MAX, .help = "how many images to train on: the first ones in file order"},
    {"limit_per_class", ATTR_INT, offsetof(model_data, limit_per_class), .initial = "all",
     .word = "all", .min = 1, .max = INT32_MAX,
     .help = "how many images of each class to train on: the first ones in file order"},
    {"validation", ATTR_REAL, offsetof(model_data, validation), .initial = "0", .min = 0,
     .max = INT32_MAX,
     .help = "training images held out to watch the training, of all classes alike: a share (0 to "
             "0.9) or how many (1 or more)"},
    {0},
};

const component model_data_section = {
    .name = "data",
    .summary = "where the images come from, and what happens to each on its way in",
    .doc =
        "Limits and validation concern the training part only; test images are all those of the\n"
        "classes. Held out are images among those that the limits leave, of each class in\n"
        "proportion, drawn by the seed. Beside these keys:\n"
        "classes     all, or a list of the classes to tell apart: names of the data set's "
        "classes,\n"
        "            [\"3\", \"8\"], and maps that make several one, {NAME: [CLASS, CLASS]}\n"
        "transforms  list of transforms, applied in this order; none unless given. After the last\n"
        "            one an image must have the shape that `input` says.",
    .size = sizeof(model_data),
    .attrs = model_data_rows,
};

/* ---- Which data set -------------------------------------------------------------------------- */

bool model_choose_data(loader *l, const char *name) {
    doc *map = model_section(l, "data");
    if (map == NULL)
        return false;
    const char *called = arena_format(l->a, "--data %s", name);
    doc *value =
        called == NULL ? NULL : doc_scalar(l->a, error_file(l->errors, called), name, true);
    if (value == NULL) {
        model_out_of_memory(l);
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

void model_find_data(loader *l) {
    const doc *map = doc_get(l->tree, "data");
    const doc *name = map != NULL && map->kind == DOC_MAP ? doc_get(map, "name") : NULL;
    if (name != NULL)
        name = resolve_peek(l->tree, name);
    if (name == NULL || name->kind != DOC_SCALAR || name->text[0] == '\0')
        return; /* read_data or resolve_names says so */
    l->m->info = l->parts->data_info(name->text, name->at, l->a, l->errors);
    l->ok = l->ok && l->m->info != NULL;
}

/* ---- Keys ------------------------------------------------------------------------------------- */

static void read_transforms(loader *l, const doc *list) {
    model_data *d = &l->m->data;
    if (list == NULL)
        return;
    if (list->kind != DOC_LIST) {
        model_fault(l, list->at, "data: transforms: expected a list, such as [{op: pad, by: 2}]");
        return;
    }
    mark *at = arena_array(l->a, (size_t)list->count + 1, sizeof *at);
    d->transform = arena_array(l->a, (size_t)list->count + 1, sizeof *d->transform);
    if (at == NULL || d->transform == NULL) {
        model_out_of_memory(l);
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

/* What a row cannot say. */
static void check_choice(loader *l, const doc *map) {
    const model_data *d = &l->m->data;
    const doc *validation = doc_get(map, "validation");
    int64_t count;
    const char *why;
    bool is_count = validation != NULL && number_integer(validation->text, &count, &why);
    if (validation && d->validation > 0.9 && !is_count) {
        error_add(l->errors, LCNN_BAD_MODEL, validation->at,
                  "data: 'validation' is '%s'; expected a share of the training images, 0 to 0.9, "
                  "or how many of them, a whole number",
                  validation->text);
        l->ok = false;
    }
    if (d->limit > 0 && d->limit_per_class > 0)
        model_fault(l, doc_get(map, "limit_per_class")->key_at,
                    "data: there is a 'limit', too; one of the two must be `all`");
}

void model_read_data(loader *l) {
    static const char *const others[] = {"classes", "transforms", NULL};
    doc *map = model_section(l, "data");
    if (map == NULL)
        return;
    if (!attr_parse(model_data_rows, map, others, "data", &l->m->data, l->a, l->errors))
        l->ok = false;
    else
        check_choice(l, map);
    model_read_classes(l, doc_get(map, "classes"));
    read_transforms(l, doc_get(map, "transforms"));
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
    if (from->rank == 3 && to->rank == 3 && from->dim[0] == to->dim[0])
        return arena_format(l->a,
                            "change `input` to [%d, %d, %d], or `data.transforms`: {op: resize, "
                            "size: [%d, %d]} makes them fit",
                            from->dim[0], from->dim[1], from->dim[2], to->dim[1], to->dim[2]);
    return arena_format(
        l->a, "change `input` to [%d, %d, %d], or `data.transforms`%s", from->dim[0], from->dim[1],
        from->dim[2],
        from->dim[0] == 3 && to->dim[0] == 1 ? ": grayscale makes one channel of three" : "");
}

/* Transforms may make an image larger than any network's input, but not without end. */
static bool check_size(loader *l, const shape *s, mark at) {
    char text[SHAPE_TEXT];
    if ((size_t)s->dim[0] * (size_t)s->dim[1] <= TRANSFORM_MAX_SIZE &&
        shape_size(s) <= TRANSFORM_MAX_SIZE)
        return true;
    error_add(l->errors, LCNN_BAD_MODEL, at,
              "data: transforms: an image of %s is too large; it may have %d numbers at most",
              shape_text(s, text), (int)TRANSFORM_MAX_SIZE);
    return false;
}

void model_follow_images(loader *l) {
    model_data *d = &l->m->data;
    shape *s = arena_array(l->a, (size_t)d->transform_count + 1, sizeof *s);
    if (s == NULL) {
        model_out_of_memory(l);
        return;
    }
    s[0] = l->m->info->image;
    for (int i = 0; i < d->transform_count; i++) {
        const transform *t = (const transform *)d->transform[i].type;
        if (!t->infer(d->transform[i].attrs, &s[i], &s[i + 1], d->transform_at[i], l->errors) ||
            !check_size(l, &s[i + 1], d->transform_at[i])) {
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
        model_out_of_memory(l);
        return;
    }
    error_add(l->errors, LCNN_BAD_MODEL, doc_get(l->tree, "input")->at,
              "input: the images of '%s' arrive as %s, not as %s; %s", l->m->info->name,
              shape_text(last, have), shape_text(input, want), advice);
    l->ok = false;
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
    if (d->info.classes != m->info->classes) {
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "%s has %d classes, and model %s expects %d",
                  d->info.name, d->info.classes, m->name, m->info->classes);
        return false;
    }
    for (int i = 0; m->data.class_of && i < d->info.classes; i++)
        if (m->data.class_of[i] >= 0 &&
            strcmp(d->info.class_names[i], m->info->class_names[i]) != 0) {
            error_add(errors, LCNN_BAD_DATA, (mark){0},
                      "class %d of %s is '%s', and model %s expects '%s'", i, d->info.name,
                      d->info.class_names[i], m->name, m->info->class_names[i]);
            return false;
        }
    return true;
}
