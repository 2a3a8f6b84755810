/* folder.c - what is in a folder of images; see folder.h. */
#include "config.h"

#include "folder.h"
#include "idx.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- dataset.yaml ---------------------------------------------------------------------------- */

/* What the file lists must be there, so that a part is never dropped in silence. */
static const description *described(const char *path, const char *yaml, located *out, arena *a,
                                    lcnn_errors *errors) {
    error_blame(errors, LCNN_BAD_DATA);
    const doc *map = document_read(a, yaml, errors);
    const description *set = map ? describe(map, false, a, errors) : NULL;
    error_blame(errors, LCNN_BAD_MODEL);
    if (!set)
        return NULL;
    if (places_look(path, set, out, a) < 0) {
        error_no_memory(errors);
        return NULL;
    }
    bool train = set->train.images && !out->train.images;
    bool test = set->test.images && !out->test.images;
    if (!train && !test)
        return set;
    const doc *part = doc_get(doc_get(map, "files"), train ? "train" : "test");
    error_add(errors, LCNN_BAD_DATA, part->at, "no file %s in this folder, nor with or without .gz",
              train ? set->train.images : set->test.images);
    return NULL;
}

/* ---- Usual names ----------------------------------------------------------------------------- */

/* What the names in a folder have in common. */
typedef struct names {
    const char *prefix; /* before "train-" and "test-"; NULL: no such file yet */
    const char *test;   /* "test" or "t10k"; NULL: none yet */
} names;

/* The parts of PREFIX{train,test,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]; false when `file` is
 * not called so. */
static bool take_apart(const char *file, arena *a, const char **prefix, const char **part) {
    static const char *const parts[] = {"train", "test", "t10k"};
    static const char *const ends[] = {"-images-idx3-ubyte", "-labels-idx1-ubyte"};
    size_t length = strlen(file);
    if (length > 3 && strcmp(file + length - 3, ".gz") == 0)
        length -= 3;
    for (int i = 0; i < 6; i++) {
        const char *end = ends[i % 2];
        size_t tail = strlen(parts[i / 2]) + strlen(end);
        if (length < tail || memcmp(file + length - strlen(end), end, strlen(end)) != 0 ||
            memcmp(file + length - tail, parts[i / 2], strlen(parts[i / 2])) != 0)
            continue;
        *part = parts[i / 2];
        *prefix = arena_copy(a, file, length - tail);
        return *prefix != NULL;
    }
    return false;
}

static bool add_name(const char *path, const char *file, names *n, arena *a, lcnn_errors *errors) {
    const char *prefix, *part;
    if (!take_apart(file, a, &prefix, &part))
        return true;
    if (n->prefix && strcmp(n->prefix, prefix) != 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                  "the files of several sets are in this folder ('%strain...' and '%strain...'); "
                  "a dataset.yaml in it can say which files to read",
                  n->prefix, prefix);
        return false;
    }
    bool train = strcmp(part, "train") == 0;
    if (!train && n->test && strcmp(n->test, part) != 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                  "both '%stest-...' and '%st10k-...' are in this folder; a dataset.yaml in it can "
                  "say which files to read",
                  prefix, prefix);
        return false;
    }
    n->prefix = prefix;
    if (!train)
        n->test = part;
    return true;
}

static bool read_names(const char *path, names *n, arena *a, lcnn_errors *errors) {
    DIR *folder = opendir(path);
    if (!folder) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "this folder cannot be read: %s",
                  strerror(errno));
        return false;
    }
    bool fine = true;
    for (const struct dirent *entry; fine && (entry = readdir(folder));)
        fine = add_name(path, entry->d_name, n, a, errors);
    closedir(folder);
    if (fine && !n->prefix) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                  "neither a dataset.yaml nor IDX files of the usual names "
                  "(train-images-idx3-ubyte.gz and so on) are in this folder");
        fine = false;
    }
    return fine;
}

/* ---- Shape and classes from the files -------------------------------------------------------- */

static bool greatest_label(const char *path, int *greatest, lcnn_errors *errors) {
    idx labels;
    if (!idx_read(path, IDX_LABELS, &labels, errors))
        return false;
    for (uint32_t i = 0; i < labels.count; i++)
        if (labels.bytes[i] > *greatest)
            *greatest = labels.bytes[i];
    free(labels.bytes);
    return true;
}

static bool name_classes(dataset_info *info, int classes, arena *a) {
    const char **name = arena_array(a, (size_t)classes, sizeof *name);
    for (int i = 0; name && i < classes; i++) {
        name[i] = arena_format(a, "%d", i);
        if (!name[i])
            return false;
    }
    info->class_names = name;
    info->classes = classes;
    return name != NULL;
}

/* Fills in what the files tell: the shape from a header, the classes from the labels. */
static bool look_inside(description *set, const located *at, arena *a, lcnn_errors *errors) {
    const part_files *part[] = {&at->train, &at->test};
    int greatest = 0;
    idx images = {0};
    for (int i = 0; i < 2; i++)
        if (part[i]->images) {
            if (images.count == 0 && !idx_header(part[i]->images, IDX_IMAGES, &images, errors))
                return false;
            if (!greatest_label(part[i]->labels, &greatest, errors))
                return false;
        }
    set->info.image = (shape){.rank = 3, .dim = {images.channels, images.height, images.width}};
    if (name_classes(&set->info, greatest + 1, a))
        return true;
    error_no_memory(errors);
    return false;
}

static bool usual_names(part_files *out, const names *n, const char *part, arena *a) {
    out->images = arena_format(a, "%s%s-images-idx3-ubyte", n->prefix, part);
    out->labels = arena_format(a, "%s%s-labels-idx1-ubyte", n->prefix, part);
    return out->images && out->labels;
}

static const description *undescribed(const char *path, const catalogue *c, located *out, arena *a,
                                      lcnn_errors *errors) {
    names n = {0};
    if (!read_names(path, &n, a, errors))
        return NULL;
    size_t length = strlen(n.prefix);
    const description *known =
        length > 1 && n.prefix[length - 1] == '-' ? catalogue_find(c, n.prefix, length - 1) : NULL;
    description *set = arena_alloc(a, sizeof *set);
    if (!set || !usual_names(&set->train, &n, "train", a) ||
        !usual_names(&set->test, &n, n.test ? n.test : "test", a) ||
        places_look(path, known ? known : set, out, a) < 0) {
        error_no_memory(errors);
        return NULL;
    }
    if (known)
        return known;
    set->info.name = places_base_name(path, a);
    set->info.title = arena_format(a, "IDX files in %s", path);
    set->about = set->citation = "";
    if (!set->info.name || !set->info.title) {
        error_no_memory(errors);
        return NULL;
    }
    return look_inside(set, out, a, errors) ? set : NULL;
}

const description *folder_describe(const char *path, const catalogue *c, located *out, arena *a,
                                   lcnn_errors *errors) {
    struct stat info;
    const char *yaml = arena_format(a, "%s/dataset.yaml", path);
    if (!yaml) {
        error_no_memory(errors);
        return NULL;
    }
    return stat(yaml, &info) == 0 ? described(path, yaml, out, a, errors)
                                  : undescribed(path, c, out, a, errors);
}
