/* idx.c - folders of IDX files, as MNIST and its kin have them.
 *
 * dataset.yaml says what is in them; without one, files of the usual names do:
 * PREFIXtrain-images-idx3-ubyte, ...-labels-idx1-ubyte, and t10k or test in place of train, with or
 * without .gz. When PREFIX is the name of a set of the catalogue ("emnist-letters-"), the folder is
 * read as that set, since its orientation and labels cannot be told from the files; otherwise the
 * classes are 0 up to the greatest label. */
#include "config.h"

#include "idx.h"
#include "reader.h"
#include <stdlib.h>
#include <string.h>

/* ---- dataset.yaml ---------------------------------------------------------------------------- */

/* What the file lists must be there, so that a part is never dropped in silence. */
static const description *described(const place *at, located *out, arena *a, lcnn_errors *errors) {
    const doc *map = at->yaml;
    error_blame(errors, LCNN_BAD_DATA);
    const description *set = describe(map, false, a, errors);
    error_blame(errors, LCNN_BAD_MODEL);
    if (!set)
        return NULL;
    if (places_look(at->path, set, out, a) < 0) {
        error_no_memory(errors);
        return NULL;
    }
    bool train = set->train.images && !out->train.images;
    bool test = set->test.images && !out->test.images;
    if (!train && !test)
        return set;
    const doc *missing = doc_get(doc_get(map, "files"), train ? "train" : "test");
    error_add(errors, LCNN_BAD_DATA, missing->at,
              "no file %s in this folder, nor with or without .gz",
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
 * not called so. *prefix becomes NULL when memory is out. */
static bool take_apart(const char *file, arena *a, const char **prefix, const char **which) {
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
        *which = parts[i / 2];
        *prefix = arena_copy(a, file, length - tail);
        return true;
    }
    return false;
}

static bool add_name(const char *path, const char *file, names *n, arena *a, lcnn_errors *errors) {
    const char *prefix, *which;
    if (!take_apart(file, a, &prefix, &which))
        return true;
    if (!prefix) {
        error_no_memory(errors);
        return false;
    }
    if (n->prefix && strcmp(n->prefix, prefix) != 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                  "the files of several sets are in this folder ('%strain...' and '%strain...'); "
                  "a dataset.yaml in it can say which files to read",
                  n->prefix, prefix);
        return false;
    }
    bool train = strcmp(which, "train") == 0;
    if (!train && n->test && strcmp(n->test, which) != 0) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                  "both '%stest-...' and '%st10k-...' are in this folder; a dataset.yaml in it can "
                  "say which files to read",
                  prefix, prefix);
        return false;
    }
    n->prefix = prefix;
    if (!train)
        n->test = which;
    return true;
}

static bool read_names(const place *at, names *n, arena *a, lcnn_errors *errors) {
    for (int i = 0; i < at->count; i++)
        if (!add_name(at->path, at->name[i], n, a, errors))
            return false;
    return true;
}

/* ---- Shape and classes from the files -------------------------------------------------------- */

static bool tally_labels(const char *path, label_tally *tally, lcnn_errors *errors) {
    idx labels;
    if (!idx_read(path, IDX_LABELS, &labels, errors))
        return false;
    for (uint32_t i = 0; i < labels.count; i++)
        tally->seen[labels.bytes[i]] = true;
    free(labels.bytes);
    return true;
}

/* Fills in what the files tell: the shape from a header, the classes from the labels. */
static bool look_inside(const place *at, description *set, const located *files, arena *a,
                        lcnn_errors *errors) {
    const part_files *both[] = {&files->train, &files->test};
    label_tally labels = {0};
    idx images = {0};
    for (int i = 0; i < 2; i++)
        if (both[i]->images) {
            if (images.count == 0 && !idx_header(both[i]->images, IDX_IMAGES, &images, errors))
                return false;
            if (!tally_labels(both[i]->labels, &labels, errors))
                return false;
        }
    set->info.image = (shape){.rank = 3, .dim = {images.channels, images.height, images.width}};
    return reader_classes(at, &labels, set, a, errors);
}

static bool usual_names(part_files *out, const names *n, const char *which, arena *a) {
    out->images = arena_format(a, "%s%s-images-idx3-ubyte", n->prefix, which);
    out->labels = arena_format(a, "%s%s-labels-idx1-ubyte", n->prefix, which);
    return out->images && out->labels;
}

static const description *undescribed(const place *at, located *out, arena *a,
                                      lcnn_errors *errors) {
    names n = {0};
    if (!read_names(at, &n, a, errors))
        return NULL;
    const description *known = reader_known(at, n.prefix, strlen(n.prefix));
    description *set = reader_describe(at, "IDX files", a, errors);
    if (!set)
        return NULL;
    if (!usual_names(&set->train, &n, "train", a) ||
        !usual_names(&set->test, &n, n.test ? n.test : "test", a) ||
        places_look(at->path, known ? known : set, out, a) < 0) {
        error_no_memory(errors);
        return NULL;
    }
    if (known)
        return known;
    return look_inside(at, set, out, a, errors) ? set : NULL;
}

/* ---- The format ------------------------------------------------------------------------------ */

static bool idx_matches(const place *at, arena *a) {
    const char *prefix, *which;
    for (int i = 0; i < at->count; i++)
        if (take_apart(at->name[i], a, &prefix, &which))
            return true;
    return false;
}

static bool idx_describe(const place *at, finding *out, arena *a, lcnn_errors *errors) {
    located *files = arena_alloc(a, sizeof *files);
    if (!files) {
        error_no_memory(errors);
        return false;
    }
    out->own = files;
    out->set = at->yaml && doc_get(at->yaml, "files") ? described(at, files, a, errors)
                                                      : undescribed(at, files, a, errors);
    return out->set != NULL;
}

static bool idx_load(const place *at, const finding *f, set_part which, part_bytes *out, arena *a,
                     lcnn_errors *errors) {
    const located *files = f->own;
    (void)at;
    (void)a;
    return load_part(f->set, which == PART_TRAIN ? &files->train : &files->test, out, errors);
}

const reader reader_idx = {
    .name = "IDX",
    .looks = "train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz, and the same with t10k or "
             "test, in one folder; or any IDX files, named in its dataset.yaml",
    .matches = idx_matches,
    .describe = idx_describe,
    .load = idx_load,
};
