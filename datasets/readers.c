/* readers.c - choosing the format of a path; see readers.h.
 *
 * Owns dataset.yaml's sayings, the message when nothing matches, and putting images upright. */
#include "config.h"

#include "idx.h"
#include "places.h"
#include "readers.h"
#include "stream.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- dataset.yaml without files -------------------------------------------------------------- */

typedef struct words {
    const char *name, *title, *about, *citation, *licence;
    attr_ints shape;
    bool transposed;
    int first_label;
    double split;
} words;

/* The rows that describe.c has, too, but nothing need be given. */
static const attr words_table[] = {
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(words, name),
     .initial = "",
     .help = "what the set is called; that of the folder unless given"},
    {.name = "title",
     .type = ATTR_STRING,
     .offset = offsetof(words, title),
     .initial = "",
     .help = "one line that says what is in it"},
    {.name = "about",
     .type = ATTR_STRING,
     .offset = offsetof(words, about),
     .initial = "",
     .help = "more about it"},
    {.name = "citation",
     .type = ATTR_STRING,
     .offset = offsetof(words, citation),
     .initial = "",
     .help = "where it was published"},
    {.name = "licence",
     .type = ATTR_STRING,
     .offset = offsetof(words, licence),
     .initial = "",
     .help = "who may do what with it"},
    {.name = "shape",
     .type = ATTR_INTS,
     .offset = offsetof(words, shape),
     .initial = "[0, 0, 0]",
     .min = 0,
     .max = IDX_MAX_SIDE,
     .help = "channels, height and width of an image, upright; that of the files unless given"},
    {.name = "transposed",
     .type = ATTR_BOOL,
     .offset = offsetof(words, transposed),
     .initial = "false",
     .help = "whether images are stored with rows and columns exchanged"},
    {.name = "first_label",
     .type = ATTR_INT,
     .offset = offsetof(words, first_label),
     .initial = "0",
     .min = 0,
     .max = MAX_CLASSES - 1,
     .help = "label in the files that means the first class"},
    {.name = "split",
     .type = ATTR_REAL,
     .offset = offsetof(words, split),
     .initial = "0.2",
     .min = 0,
     .max = 1,
     .help = "share of the images for testing, where the files are not divided"},
    {.name = NULL},
};

static bool take_shape(const words *w, const doc *at, shape *out, lcnn_errors *errors) {
    const int *dim = w->shape.value;
    if (!at)
        return true;
    *out = (shape){.rank = 3};
    for (int i = 0; i < 3 && w->shape.count == 3; i++)
        out->dim[i] = dim[i];
    if (out->dim[0] >= 1 && out->dim[0] <= IDX_MAX_CHANNELS && out->dim[1] >= 1 && out->dim[2] >= 1)
        return true;
    error_add(errors, LCNN_BAD_DATA, at->at,
              "shape must be [channels, height, width]: 1 to %d channels, 1 to %d a side",
              IDX_MAX_CHANNELS, IDX_MAX_SIDE);
    return false;
}

static bool take_sayings(const doc *map, sayings *out, arena *a, lcnn_errors *errors) {
    static const char *const lists[] = {"classes", NULL};
    words w = {0};
    dataset_info info = {0};
    if (!attr_parse(words_table, map, lists, "dataset.yaml", &w, a, errors) ||
        !take_shape(&w, doc_get(map, "shape"), &out->image, errors))
        return false;
    out->classes_at = doc_get(map, "classes");
    if (out->classes_at && !describe_classes(map, &info, a, errors))
        return false;
    out->classes = info.classes;
    out->class_names = info.class_names;
    out->name = w.name;
    out->title = w.title;
    out->transposed_said = doc_get(map, "transposed") != NULL;
    out->transposed = w.transposed;
    out->first_label = w.first_label;
    out->first_label_said = doc_get(map, "first_label") != NULL;
    out->split = w.split;
    return true;
}

static bool read_yaml(place *at, arena *a, lcnn_errors *errors) {
    const char *path = reader_path(at->path, "dataset.yaml", a, errors);
    if (!path)
        return false;
    if (!places_there(path))
        return true;
    error_blame(errors, LCNN_BAD_DATA);
    at->yaml = document_read(a, path, errors);
    bool fine =
        at->yaml && (doc_get(at->yaml, "files") || take_sayings(at->yaml, &at->said, a, errors));
    error_blame(errors, LCNN_BAD_MODEL);
    return fine;
}

/* ---- Which format ---------------------------------------------------------------------------- */

static void wrong_path(const place *at, lcnn_errors *errors, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What is wrong with the path as a whole: said where a model names it, if one does. */
static void wrong_path(const place *at, lcnn_errors *errors, const char *format, ...) {
    char what[2048];
    va_list arguments;
    va_start(arguments, format);
    text_vformat(what, sizeof what, format, arguments);
    va_end(arguments);
    if (at->named.source && at->named.source->text)
        error_add(errors, LCNN_BAD_DATA, at->named, "'%s': %s", at->path, what);
    else
        error_add(errors, LCNN_BAD_DATA, error_file(errors, at->path), "%s", what);
}

static bool look_at(place *out, arena *a, lcnn_errors *errors) {
    struct stat info;
    if (stat(out->path, &info) != 0) {
        wrong_path(out, errors, "this path cannot be read: %s", strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
        wrong_path(out, errors, "this is a device or pipe, not a folder or file");
        return false;
    }
    out->folder = S_ISDIR(info.st_mode);
    if (!out->folder)
        return true;
    out->name = reader_list(out->path, &out->count, a, errors);
    return out->name && read_yaml(out, a, errors);
}

static bool is_empty_file(const char *path) {
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

/* "an empty 'a.csv', 'b'": the first names in a folder; NULL when memory is out. */
static const char *first_names(const place *at, int most, arena *a) {
    const char *seen = "";
    for (int i = 0; seen && i < at->count && i < most; i++)
        seen = arena_format(
            a, "%s%s%s'%s'", seen, i ? ", " : "",
            is_empty_file(arena_format(a, "%s/%s", at->path, at->name[i])) ? "an empty " : "",
            at->name[i]);
    return seen;
}

static void nothing_matches(const place *at, arena *a, lcnn_errors *errors) {
    enum { NAMED = 5 };
    if (!at->folder && is_empty_file(at->path)) {
        wrong_path(at, errors, "the file is empty");
        return;
    }
    const char *seen = first_names(at, at->folder ? NAMED : 0, a), *formats = "";
    for (int i = 0; formats && readers[i]; i++)
        formats = arena_format(a, "%s%s%s", formats, i ? ", " : "", readers[i]->name);
    if (!seen || !formats) {
        error_no_memory(errors);
        return;
    }
    wrong_path(at, errors,
               "no data set of a form that is read: %s%s%s (read are %s; 'lcnn data --help' "
               "tells what they look like)",
               !at->folder      ? "this file is none"
               : at->count == 0 ? "the folder is empty"
                                : "the folder holds ",
               seen, at->folder && at->count > NAMED ? " and others" : "", formats);
}

static const reader *choose(const place *at, arena *a, lcnn_errors *errors) {
    const reader *chosen = NULL;
    /* Only IDX files are named in dataset.yaml. */
    bool named = at->yaml && doc_get(at->yaml, "files");
    for (int i = 0; readers[i]; i++) {
        if (named ? strcmp(readers[i]->name, "IDX") != 0 : !readers[i]->matches(at, a))
            continue;
        if (chosen) {
            wrong_path(at, errors,
                       "this folder could be read as %s and as %s; keep one of them in it, or name "
                       "the file",
                       chosen->name, readers[i]->name);
            return NULL;
        }
        chosen = readers[i];
    }
    if (!chosen)
        nothing_matches(at, a, errors);
    return chosen;
}

/* ---- The description ------------------------------------------------------------------------- */

/* Exchanges rows and columns in the files, where dataset.yaml and the description disagree. */
static void put_orientation(const sayings *s, description *set) {
    if (!s->transposed_said || s->transposed == set->transposed)
        return;
    shape before = set->info.image;
    set->transposed = s->transposed;
    set->info.image = (shape){3, {before.dim[0], before.dim[2], before.dim[1]}};
}

static bool put_sayings(const place *at, finding *f, arena *a, lcnn_errors *errors) {
    description *set = arena_alloc(a, sizeof *set);
    if (!set) {
        error_no_memory(errors);
        return false;
    }
    *set = *f->set;
    f->set = set;
    if (!at->yaml || doc_get(at->yaml, "files"))
        return true;
    const sayings *s = &at->said;
    set->info.name = *s->name ? s->name : set->info.name;
    set->info.title = *s->title ? s->title : set->info.title;
    set->first_label = s->first_label_said ? s->first_label : set->first_label;
    put_orientation(s, set);
    const doc *share = doc_get(at->yaml, "split");
    if (share && !f->undivided) {
        error_add(errors, LCNN_BAD_DATA, share->key_at,
                  "split: the names of files and folders say already which images are for "
                  "training and which for testing");
        return false;
    }
    if (s->classes > 0 && s->classes != set->info.classes) {
        error_add(errors, LCNN_BAD_DATA, s->classes_at->at, "%d classes; the files have %d",
                  s->classes, set->info.classes);
        return false;
    }
    if (s->classes > 0)
        set->info.class_names = s->class_names;
    if (s->image.rank == 0 || shape_equal(&s->image, &set->info.image))
        return true;
    char have[SHAPE_TEXT];
    error_add(errors, LCNN_BAD_DATA, doc_get(at->yaml, "shape")->at,
              "the images in the files are %s (only folders of images are brought to another size; "
              "else the model's data.transforms can)",
              shape_text(&set->info.image, have));
    return false;
}

const read_set *readers_open(const char *path, mark named, const catalogue *known, arena *a,
                             lcnn_errors *errors) {
    read_set *set = arena_alloc(a, sizeof *set);
    if (!set) {
        error_no_memory(errors);
        return NULL;
    }
    set->at = (place){.path = path,
                      .named = named,
                      .known = known,
                      .said = {.name = "", .title = "", .split = 0.2}};
    if (!look_at(&set->at, a, errors) || !(set->format = choose(&set->at, a, errors)) ||
        !set->format->describe(&set->at, &set->found, a, errors) ||
        !put_sayings(&set->at, &set->found, a, errors))
        return NULL;
    if (set->found.undivided)
        error_note(errors,
                   "%s: a share of %g of the images, chosen by their %s, is for testing (split in "
                   "a dataset.yaml)",
                   path, set->at.said.split, set->at.folder ? "names or numbers" : "numbers");
    return set;
}

bool readers_load(const read_set *set, set_part which, part_bytes *out, arena *a,
                  lcnn_errors *errors) {
    *out = (part_bytes){0};
    return set->format->load(&set->at, &set->found, which, out, a, errors) &&
           load_upright(set->found.set, out, errors);
}
