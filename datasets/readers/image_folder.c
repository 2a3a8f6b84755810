/* image_folder.c - folders of images, a sub-folder for each class.
 *
 * The class folders lie below train/ and test/, or directly in the folder; then a share of the
 * images is for testing, chosen by a hash of CLASS/FILE, so that adding images moves no others.
 * Classes are in order: names that are numbers by their value, then the others by their bytes.
 * Nothing is passed over in silence but hidden files. */
#include "config.h"

#include "idx.h"
#include "picture.h"
#include "reader.h"
#include <stdlib.h>
#include <string.h>

/* Where the class folders of each part are; the same when undivided. NULL: no such part. */
typedef struct image_tree {
    const char *root[2];
} image_tree;

/* The images of a part. */
typedef struct image_list {
    uint64_t count, room;
    const char **path;
    uint8_t *label;
} image_list;

/* ---- Looking --------------------------------------------------------------------------------- */

/* Whether an image is among the first files of a folder. */
static bool holds_images(const char *path, arena *a) {
    enum { LOOKED_AT = 8 };
    int count = 0;
    lcnn_errors *unheard = lcnn_errors_new();
    const char **name = unheard ? reader_list(path, &count, a, unheard) : NULL;
    bool found = false;
    for (int i = 0; name && !found && i < count && i < LOOKED_AT; i++) {
        uint8_t first[8];
        const char *file = reader_path(path, name[i], a, unheard);
        found = file && picture_format(first, reader_peek(file, first, sizeof first));
    }
    lcnn_errors_free(unheard);
    return found;
}

static bool holds_classes(const char *path, arena *a) {
    int count = 0;
    lcnn_errors *unheard = lcnn_errors_new();
    const char **name = unheard ? reader_list(path, &count, a, unheard) : NULL;
    bool found = false;
    for (int i = 0; name && !found && i < count; i++) {
        const char *inner = reader_path(path, name[i], a, unheard);
        bool folder = false;
        found =
            inner && reader_is_folder(inner, &folder, unheard) && folder && holds_images(inner, a);
    }
    lcnn_errors_free(unheard);
    return found;
}

/* 0 for a name that stands for the training part, 1 for testing, else -1. */
static int role(const char *name) {
    static const char *const names[] = {"train", "test", "training", "testing"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return i % 2;
    return -1;
}

static bool image_folder_matches(const place *at, arena *a) {
    if (!at->folder)
        return false;
    for (int i = 0; i < at->count; i++) {
        const char *inner = arena_format(a, "%s/%s", at->path, at->name[i]);
        if (inner && role(at->name[i]) >= 0 && holds_classes(inner, a))
            return true;
    }
    return holds_classes(at->path, a);
}

static bool refuse(lcnn_errors *errors, const char *path, const char *what) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "%s", what);
    return false;
}

static bool find_roots(const place *at, image_tree *out, bool *undivided, arena *a,
                       lcnn_errors *errors) {
    const char *other = NULL;
    for (int i = 0; i < at->count; i++) {
        const char *inner = reader_path(at->path, at->name[i], a, errors);
        int which = role(at->name[i]);
        bool folder;
        if (!inner || !reader_is_folder(inner, &folder, errors))
            return false;
        if (!folder)
            continue;
        if (which < 0 || !holds_classes(inner, a))
            other = inner;
        else if (out->root[which])
            return refuse(errors, inner, "there are two folders for this part");
        else
            out->root[which] = inner;
    }
    *undivided = !out->root[0] && !out->root[1];
    if (*undivided)
        out->root[0] = out->root[1] = at->path;
    return *undivided || !other ||
           refuse(errors, other,
                  "a folder beside train and test that is not read; move it to another place "
                  "(the model's data.validation holds out a share of train)");
}

/* ---- Classes --------------------------------------------------------------------------------- */

static bool is_number(const char *text) {
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static int by_value(const void *x, const void *y) {
    const char *a = *(const char *const *)x, *b = *(const char *const *)y;
    bool number = is_number(a);
    if (number != is_number(b))
        return number ? -1 : 1;
    if (number) {
        const char *p = a + strspn(a, "0"), *q = b + strspn(b, "0");
        if (strlen(p) != strlen(q))
            return strlen(p) < strlen(q) ? -1 : 1;
        if (strcmp(p, q) != 0)
            return strcmp(p, q);
    }
    return strcmp(a, b);
}

static int find_class(const description *set, const char *name) {
    for (int i = 0; i < set->info.classes; i++)
        if (strcmp(set->info.class_names[i], name) == 0)
            return i;
    return -1;
}

/* The class folders of one part, added to the classes. */
static bool add_classes(const place *at, const char *root, const char **names, int *count, arena *a,
                        lcnn_errors *errors) {
    int entries = 0;
    const char **entry = reader_list(root, &entries, a, errors);
    for (int i = 0; entry && i < entries; i++) {
        const char *path = reader_path(root, entry[i], a, errors);
        bool folder;
        if (!path || !reader_is_folder(path, &folder, errors))
            return false;
        if (!folder) {
            uint8_t first[8];
            if (root != at->path || picture_format(first, reader_peek(path, first, sizeof first)))
                return refuse(errors, path,
                              "a file beside the folders of the classes: an image "
                              "must be in the folder of its class");
            continue;
        }
        bool known = false;
        for (int j = 0; j < *count; j++)
            known |= strcmp(names[j], entry[i]) == 0;
        if (!known && *count == MAX_CLASSES)
            return refuse(errors, at->path, "more than 256 folders of classes");
        if (!known)
            names[(*count)++] = entry[i];
    }
    return entry != NULL;
}

/* Those of dataset.yaml, in its order, or else those of the folders. */
static bool take_classes(const place *at, const char **names, int count, description *set,
                         lcnn_errors *errors) {
    qsort(names, (size_t)count, sizeof *names, by_value);
    set->info.class_names = names;
    set->info.classes = count;
    if (at->said.classes == 0)
        return true;
    for (int i = 0; i < at->said.classes; i++)
        if (find_class(set, at->said.class_names[i]) < 0) {
            error_add(errors, LCNN_BAD_DATA, at->said.classes_at->at,
                      "there is no folder for class '%s'", at->said.class_names[i]);
            return false;
        }
    set->info.class_names = at->said.class_names;
    set->info.classes = at->said.classes;
    for (int i = 0; i < count; i++)
        if (find_class(set, names[i]) < 0) {
            error_add(errors, LCNN_BAD_DATA, at->said.classes_at->at,
                      "the folder '%s' is not among the classes", names[i]);
            return false;
        }
    return true;
}

/* ---- Images ---------------------------------------------------------------------------------- */

static bool add_image(image_list *list, const char *path, int label, arena *a) {
    if (list->count == list->room) {
        uint64_t room = 2 * list->room + 1024;
        const char **paths = arena_array(a, room, sizeof *paths);
        uint8_t *labels = arena_array(a, room, 1);
        if (!paths || !labels)
            return false;
        if (list->count) {
            memcpy(paths, list->path, list->count * sizeof *paths);
            memcpy(labels, list->label, list->count);
        }
        *list = (image_list){list->count, room, paths, labels};
    }
    list->path[list->count] = path;
    list->label[list->count++] = (uint8_t)label;
    return true;
}

static bool add_class(const place *at, const finding *f, set_part which, int label,
                      image_list *list, arena *a, lcnn_errors *errors) {
    const image_tree *tree = f->own;
    const char *class = f->set->info.class_names[label];
    const char *folder = reader_path(tree->root[which], class, a, errors);
    int count = 0;
    bool here;
    if (!folder || !reader_is_folder(folder, &here, errors))
        return false;
    if (!here) /* a class of the other part alone */
        return true;
    const char **name = reader_list(folder, &count, a, errors);
    for (int i = 0; name && i < count; i++) {
        const char *path = reader_path(folder, name[i], a, errors);
        const char *key = arena_format(a, "%s/%s", class, name[i]);
        if (!path)
            return false;
        if (!key) {
            error_no_memory(errors);
            return false;
        }
        if (f->undivided && !reader_takes(at, which, key))
            continue;
        if (!add_image(list, path, label, a)) {
            error_no_memory(errors);
            return false;
        }
    }
    return name && (count > 0 || refuse(errors, folder, "no image of this class is in its folder"));
}

static bool same_size(const place *at, const image_list *list, uint64_t i, const picture *p,
                      const shape *wanted, lcnn_errors *errors) {
    const int *dim = wanted->dim;
    if (p->channels == dim[0] && p->height == dim[1] && p->width == dim[2])
        return true;
    error_add(errors, LCNN_BAD_DATA, error_file(errors, list->path[i]),
              "an image of %d channel%s and %dx%d pixels, where the first of the set has %d and "
              "%dx%d; with `shape: [%d, %d, %d]` in %s/dataset.yaml all are brought to that form",
              p->channels, p->channels == 1 ? "" : "s", p->height, p->width, dim[0], dim[1], dim[2],
              dim[0], dim[1], dim[2], at->path);
    return false;
}

static bool read_image(const place *at, const image_list *list, uint64_t i, const shape *stored,
                       uint8_t *to, lcnn_errors *errors) {
    picture p;
    const int *dim = stored->dim;
    bool resize = at->said.image.rank == 3;
    bool fine = picture_read(list->path[i], resize ? dim[0] : 0, &p, errors) &&
                (resize ? picture_resize(&p, dim[1], dim[2], errors)
                        : same_size(at, list, i, &p, stored, errors));
    if (fine)
        memcpy(to, p.pixels, shape_size(stored));
    free(p.pixels);
    return fine;
}

/* ---- The format ------------------------------------------------------------------------------ */

/* The form of the first image that can be found. */
static bool first_shape(const place *at, const finding *f, description *set, arena *a,
                        lcnn_errors *errors) {
    const image_tree *tree = f->own;
    image_list list = {0};
    finding every = {.set = set, .own = f->own};
    picture p;
    set_part which = tree->root[PART_TRAIN] ? PART_TRAIN : PART_TEST;
    for (int c = 0; list.count == 0 && c < set->info.classes; c++)
        if (!add_class(at, &every, which, c, &list, a, errors))
            return false;
    /* All may be gone since they were looked for: then the whole folder is refused, as no image. */
    if (!picture_header(list.count ? list.path[0] : at->path, &p, errors))
        return false;
    if (p.height > IDX_MAX_SIDE || p.width > IDX_MAX_SIDE)
        return refuse(
            errors, list.path[0],
            "more than 4096 pixels a side; a dataset.yaml in the folder can say a smaller "
            "shape, to which all images are brought");
    set->info.image = (shape){3, {p.channels, p.height, p.width}};
    return true;
}

static bool image_folder_describe(const place *at, finding *out, arena *a, lcnn_errors *errors) {
    image_tree *tree = arena_alloc(a, sizeof *tree);
    description *set = reader_describe(at, "Images", a, errors);
    const char **names = arena_array(a, MAX_CLASSES, sizeof *names);
    int count = 0;
    if (!tree || !set || !names) {
        error_no_memory(errors);
        return false;
    }
    *out = (finding){.set = set, .own = tree};
    if (at->said.first_label_said) {
        error_add(errors, LCNN_BAD_DATA, doc_get(at->yaml, "first_label")->key_at,
                  "first_label: images in folders have no label numbers; `classes` says the order "
                  "of the folders");
        return false;
    }
    if (!find_roots(at, tree, &out->undivided, a, errors))
        return false;
    for (int i = 0; i < 2; i++)
        if (tree->root[i] && !(i == 1 && out->undivided) &&
            !add_classes(at, tree->root[i], names, &count, a, errors))
            return false;
    if (!take_classes(at, names, count, set, errors))
        return false;
    const shape *wanted = &at->said.image;
    if (wanted->rank == 0)
        return first_shape(at, out, set, a, errors);
    if (wanted->dim[0] != 1 && wanted->dim[0] != 3)
        return refuse(errors, at->path,
                      "images are read with 1 or 3 channels; see `shape` in its "
                      "dataset.yaml");
    set->info.image = *wanted;
    if (at->said.transposed) /* as the files are to have it */
        set->info.image = (shape){3, {wanted->dim[0], wanted->dim[2], wanted->dim[1]}};
    return true;
}

static bool image_folder_load(const place *at, const finding *f, set_part which, part_bytes *out,
                              arena *a, lcnn_errors *errors) {
    const image_tree *tree = f->own;
    image_list list = {0};
    shape stored = reader_stored(f->set);
    size_t size = shape_size(&stored);
    for (int c = 0; tree->root[which] && c < f->set->info.classes; c++)
        if (!add_class(at, f, which, c, &list, a, errors))
            return false;
    if (list.count == 0)
        return true;
    if (!reader_reserve(out, list.count, size, errors))
        return false;
    out->count = (uint32_t)list.count;
    memcpy(out->labels, list.label, list.count);
    for (uint64_t i = 0; i < list.count; i++)
        if (!read_image(at, &list, i, &stored, out->images + i * size, errors))
            return false;
    return true;
}

const reader reader_image_folder = {
    .name = "image folder",
    .looks = "PNG, JPEG or PNM images in a folder for each class, below train and test or not",
    .matches = image_folder_matches,
    .describe = image_folder_describe,
    .load = image_folder_load,
};
