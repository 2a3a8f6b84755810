/* describe.c - the attribute tables of dataset.yaml and of the catalogue; see describe.h. */
#include "config.h"

#include "describe.h"
#include "idx.h"
#include <string.h>

/* The keys with plain values. `classes` and `files` hold lists of texts and maps of maps, which
 * attributes do not, and are read by hand. */
typedef struct plain {
    const char *name, *title, *about, *citation;
    attr_ints shape;
    bool transposed;
    int first_label;
} plain;

static const attr plain_table[] = {
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(plain, name),
     .help = "what the set is called in reports and in the names of runs"},
    {.name = "title",
     .type = ATTR_STRING,
     .offset = offsetof(plain, title),
     .initial = "",
     .help = "one line that says what is in it"},
    {.name = "about",
     .type = ATTR_STRING,
     .offset = offsetof(plain, about),
     .initial = "",
     .help = "more about it"},
    {.name = "citation",
     .type = ATTR_STRING,
     .offset = offsetof(plain, citation),
     .initial = "",
     .help = "where it was published"},
    {.name = "shape",
     .type = ATTR_INTS,
     .offset = offsetof(plain, shape),
     .min = 1,
     .max = IDX_MAX_SIDE,
     .help = "channels, height and width of an image, upright"},
    {.name = "transposed",
     .type = ATTR_BOOL,
     .offset = offsetof(plain, transposed),
     .initial = "false",
     .help = "whether images are stored with rows and columns exchanged, as EMNIST's are"},
    {.name = "first_label",
     .type = ATTR_INT,
     .offset = offsetof(plain, first_label),
     .initial = "0",
     .min = 0,
     .max = MAX_CLASSES - 1,
     .help = "label in the files that means the first class"},
    {.name = NULL},
};

static const attr part_table[] = {
    {.name = "images",
     .type = ATTR_STRING,
     .offset = offsetof(part_files, images),
     .help = "IDX file of the images, plain or gzip"},
    {.name = "labels",
     .type = ATTR_STRING,
     .offset = offsetof(part_files, labels),
     .help = "IDX file of the labels, plain or gzip"},
    {.name = NULL},
};

static const attr find_table[] = {
    {.name = "folder",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, folder),
     .initial = "",
     .help = "sub-folder of the search places"},
    {.name = "also",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, also),
     .initial = "",
     .help = "another name of the set"},
    {.name = "get",
     .type = ATTR_STRING,
     .offset = offsetof(find_hints, get),
     .initial = "",
     .help = "where the files can be had"},
    {.name = "built_in",
     .type = ATTR_BOOL,
     .offset = offsetof(find_hints, built_in),
     .initial = "false",
     .help = "whether the set is drawn by lcnn itself"},
    {.name = NULL},
};

static bool wrong(const doc *d, lcnn_errors *errors, const char *what) {
    error_add(errors, LCNN_BAD_DATA, d->at, "%s", what);
    return false;
}

static bool read_shape(const plain *p, const doc *map, shape *out, lcnn_errors *errors) {
    const doc *where = doc_get(map, "shape");
    if (p->shape.count != 3)
        return wrong(where, errors, "shape must be [channels, height, width]");
    if (p->shape.value[0] > IDX_MAX_CHANNELS) {
        error_add(errors, LCNN_BAD_DATA, where->at, "%d channels; at most %d are read",
                  p->shape.value[0], IDX_MAX_CHANNELS);
        return false;
    }
    out->rank = 3;
    for (int i = 0; i < 3; i++)
        out->dim[i] = p->shape.value[i];
    return true;
}

static bool read_classes(const doc *map, dataset_info *info, arena *a, lcnn_errors *errors) {
    const doc *list = doc_get(map, "classes");
    if (!list)
        return wrong(map, errors, "classes is missing: the list of the names of the classes");
    if (list->kind != DOC_LIST || list->count < 1 || list->count > MAX_CLASSES)
        return wrong(list, errors, "classes must be a list of 1 to 256 names");
    const char **name = arena_array(a, (size_t)list->count + 1, sizeof *name);
    if (!name) {
        error_no_memory(errors);
        return false;
    }
    int count = 0;
    for (const doc *d = list->first; d; d = d->next) {
        if (d->kind != DOC_SCALAR || !*d->text)
            return wrong(d, errors, "the name of a class must be a text");
        for (int i = 0; i < count; i++)
            if (strcmp(name[i], d->text) == 0) {
                error_add(errors, LCNN_BAD_DATA, d->at, "class '%s' is there twice", d->text);
                return false;
            }
        name[count++] = d->text;
    }
    info->class_names = name;
    info->classes = count;
    return true;
}

static bool read_files(const doc *map, description *out, arena *a, lcnn_errors *errors) {
    static const char *const parts[] = {"train", "test", NULL};
    const doc *files = doc_get(map, "files");
    if (!files)
        return wrong(map, errors, "files is missing: a map of train and test");
    if (files->kind != DOC_MAP || files->count == 0)
        return wrong(files, errors, "files must be a map of train, test or both");
    bool fine = true;
    for (const doc *d = files->first; d; d = d->next) {
        bool train = strcmp(d->key, "train") == 0;
        if (!train && strcmp(d->key, "test") != 0) {
            const char *near = error_nearest(d->key, parts);
            error_add(errors, LCNN_BAD_DATA, d->key_at,
                      "unknown part '%s'; a set has the parts train and test%s%s%s", d->key,
                      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
            fine = false;
        } else if (d->kind != DOC_MAP)
            fine = wrong(d, errors, "a part must be a map {images: FILE, labels: FILE}");
        else
            fine &= attr_parse(part_table, d, NULL, train ? "files: train" : "files: test",
                               train ? &out->train : &out->test, a, errors);
    }
    return fine;
}

static bool read_find(const doc *map, description *out, arena *a, lcnn_errors *errors) {
    const doc *find = doc_get(map, "find");
    if (find && find->kind != DOC_MAP)
        return wrong(find, errors, "find must be a map");
    return attr_parse(find_table, find, NULL, "find", &out->find, a, errors);
}

description *describe(const doc *map, bool catalogue, arena *a, lcnn_errors *errors) {
    static const char *const folder_keys[] = {"classes", "files", NULL};
    static const char *const catalogue_keys[] = {"classes", "files", "find", NULL};
    plain p = {0};
    description *out = arena_alloc(a, sizeof *out);
    if (!out) {
        error_no_memory(errors);
        return NULL;
    }
    bool fine = attr_parse(plain_table, map, catalogue ? catalogue_keys : folder_keys, "data set",
                           &p, a, errors);
    fine &= read_classes(map, &out->info, a, errors);
    if (catalogue)
        fine &= read_find(map, out, a, errors);
    if (!out->find.built_in)
        fine &= read_files(map, out, a, errors);
    if (!fine || !read_shape(&p, map, &out->info.image, errors))
        return NULL;
    out->info.name = p.name;
    out->info.title = p.title;
    out->about = p.about;
    out->citation = p.citation;
    out->transposed = p.transposed;
    out->first_label = p.first_label;
    return out;
}
