/* numpy.c - images and labels as NumPy arrays: a .npz archive (keras' mnist.npz), or .npy files in
 * a folder.
 *
 * Which array is what is told by its name: x_train and y_train, train_images and train_labels, and
 * so on. Images are [N, H, W], [N, H, W, C], [N, C, H, W] or, square and grey, [N, H * W]; their
 * values must be the bytes 0 to 255 whatever their type, so that nothing has to be guessed about
 * their scale. */
#include "config.h"

#include "idx.h"
#include "npy.h"
#include "reader.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct array_pair {
    npy_place images, labels; /* paths NULL: no such part */
} array_pair;

typedef struct numpy_set {
    array_pair part[2]; /* the same when undivided */
} numpy_set;

/* ---- Which arrays ---------------------------------------------------------------------------- */

enum { WHOLE = 2 };

static const struct {
    const char *images, *labels;
    int part;
} roles[] = {
    {"x_train", "y_train", PART_TRAIN},
    {"x_test", "y_test", PART_TEST},
    {"train_images", "train_labels", PART_TRAIN},
    {"test_images", "test_labels", PART_TEST},
    {"train_x", "train_y", PART_TRAIN},
    {"test_x", "test_y", PART_TEST},
    {"images", "labels", WHOLE},
    {"x", "y", WHOLE},
};

enum { ROLES = sizeof roles / sizeof roles[0] };

/* x_train.npy or X_train.npy for x_train. */
static bool is_called(const char *name, const char *wanted) {
    size_t length = strlen(wanted);
    bool same_letter = name[0] == wanted[0] || name[0] == wanted[0] - 'a' + 'A';
    return strlen(name) == length + 4 && same_letter && !memcmp(name + 1, wanted + 1, length - 1) &&
           !strcmp(name + length, ".npy");
}

/* Index of the array of this name in a list; -1 when there is none. */
static int find_array(const char *const *name, int count, const char *wanted) {
    for (int i = 0; i < count; i++)
        if (is_called(name[i], wanted))
            return i;
    return -1;
}

static bool is_archive(const char *path) {
    uint8_t b[4];
    return reader_peek(path, b, 4) == 4 && !memcmp(b, "PK\003\004", 4);
}

static bool is_array(const char *path) {
    uint8_t b[6];
    return reader_peek(path, b, 6) == 6 && !memcmp(b, "\x93NUMPY", 6);
}

static bool numpy_matches(const place *at, arena *a) {
    if (!at->folder)
        return is_archive(at->path) || is_array(at->path);
    for (int i = 0; i < at->count; i++) {
        const char *path = arena_format(a, "%s/%s", at->path, at->name[i]);
        if (path && ((reader_ends(path, ".npy") && is_array(path)) ||
                     (reader_ends(path, ".npz") && is_archive(path))))
            return true;
    }
    return false;
}

static bool refuse(lcnn_errors *errors, const char *path, const char *what) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "%s", what);
    return false;
}

static bool take_pair(npy_place images, npy_place labels, int which, numpy_set *out,
                      bool *undivided, const char *path, lcnn_errors *errors) {
    array_pair pair = {images, labels};
    int first = which == WHOLE ? 0 : which, last = which == WHOLE ? 1 : which;
    for (int i = first; i <= last; i++) {
        if (out->part[i].images.path)
            return refuse(errors, path,
                          "arrays of two names stand for the same part; keep one pair of them");
        out->part[i] = pair;
    }
    *undivided = which == WHOLE;
    return true;
}

/* Pairs among the arrays of an archive (`path`), or of a folder. */
static bool find_pairs(const place *at, const char *archive, const char *const *name, int count,
                       numpy_set *out, bool *undivided, arena *a, lcnn_errors *errors) {
    const char *others = "";
    bool used[1000] = {0};
    for (int r = 0; r < ROLES; r++) {
        int images = find_array(name, count, roles[r].images);
        int labels = find_array(name, count, roles[r].labels);
        if (images < 0 && labels < 0)
            continue;
        const char *there = images < 0 ? roles[r].labels : roles[r].images;
        if (images < 0 || labels < 0) {
            error_add(errors, LCNN_BAD_DATA, error_file(errors, archive ? archive : at->path),
                      "there is an array %s, but no %s", there,
                      images < 0 ? roles[r].images : roles[r].labels);
            return false;
        }
        used[images] = used[labels] = true;
        npy_place places[2] = {{archive, archive ? name[images] : NULL},
                               {archive, archive ? name[labels] : NULL}};
        if (!archive && (!(places[0].path = reader_path(at->path, name[images], a, errors)) ||
                         !(places[1].path = reader_path(at->path, name[labels], a, errors))))
            return false;
        if (!take_pair(places[0], places[1], roles[r].part, out, undivided, at->path, errors))
            return false;
    }
    for (int i = 0; others && i < count; i++)
        if (!used[i])
            others = arena_format(a, "%s%s%s", others, *others ? ", " : "", name[i]);
    if (!others) {
        error_no_memory(errors);
        return false;
    }
    if (!out->part[0].images.path && !out->part[1].images.path) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, archive ? archive : at->path),
                  "the arrays are called %s; expected x_train and y_train, train_images and "
                  "train_labels, the same with test, or images and labels",
                  others);
        return false;
    }
    if (*others)
        error_note(errors, "%s: not read: %s", at->path, others);
    return true;
}

static bool find_arrays(const place *at, numpy_set *out, bool *undivided, arena *a,
                        lcnn_errors *errors) {
    const char *archive = at->folder ? NULL : at->path;
    const char **name = arena_array(a, (size_t)at->count + 1, sizeof *name);
    int count = 0;
    if (!name) {
        error_no_memory(errors);
        return false;
    }
    if (archive && !is_archive(archive))
        return refuse(
            errors, archive,
            "this file is one array; name the folder that holds images.npy and labels.npy");
    for (int i = 0; i < at->count; i++) {
        if (reader_ends(at->name[i], ".npy") && count < 1000)
            name[count++] = at->name[i];
        if (!reader_ends(at->name[i], ".npz"))
            continue;
        if (archive)
            return refuse(errors, at->path, "several .npz files are in this folder; name one");
        archive = reader_path(at->path, at->name[i], a, errors);
        if (!archive)
            return false;
    }
    if (archive && count > 0)
        return refuse(errors, at->path,
                      "both .npy and .npz files are in this folder; name the "
                      ".npz file, or move it to another place");
    if (!archive)
        return find_pairs(at, NULL, name, count, out, undivided, a, errors);
    const char **member = npy_members(archive, a, errors);
    while (member && member[count])
        count++;
    return member && find_pairs(at, archive, member, count, out, undivided, a, errors);
}

/* ---- Shapes ---------------------------------------------------------------------------------- */

static const char *dims_text(const npy *array, arena *a) {
    const char *text = "";
    for (int i = 0; text && i < array->rank; i++)
        text = arena_format(a, "%s%s%" PRIu64, text, i ? ", " : "", array->dim[i]);
    return text ? text : "";
}

static bool bad_shape(npy_place at, const npy *array, const char *what, arena *a,
                      lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at.path), "%s%simages of shape [%s]: %s",
              at.member ? at.member : "", at.member ? ": " : "", dims_text(array, a), what);
    return false;
}

static bool is_channels(uint64_t n) {
    return n == 1 || n == 3;
}

/* Of four dimensions one is the channels: 1 or 3, or what dataset.yaml says. */
static bool find_channels(const place *at, npy_place where, const npy *array, bool *last, arena *a,
                          lcnn_errors *errors) {
    const shape *said = &at->said.image;
    const uint64_t *dim = array->dim;
    bool front = is_channels(dim[1]), back = is_channels(dim[3]);
    if (said->rank == 3) {
        front = dim[1] == (uint64_t)said->dim[0] && dim[2] == (uint64_t)said->dim[1];
        back = dim[3] == (uint64_t)said->dim[0] && dim[1] == (uint64_t)said->dim[1];
    }
    *last = back;
    if (front != back)
        return true;
    return bad_shape(where, array,
                     front ? "either dimension could be the channels; a dataset.yaml in a folder "
                             "with the arrays can say `shape: [channels, height, width]`"
                           : "neither the second nor the last dimension is 1 or 3, the channels",
                     a, errors);
}

static bool image_shape(const place *at, npy_place where, const npy *array, shape *out, bool *last,
                        arena *a, lcnn_errors *errors) {
    const uint64_t *d = array->dim;
    *last = false;
    for (int i = 0; i < array->rank; i++)
        if (d[i] < 1 || (i > 0 && array->rank > 2 && d[i] > IDX_MAX_SIDE))
            return bad_shape(where, array, "dimensions must be 1 to 4096", a, errors);
    if (array->rank == 2)
        return reader_flat_shape(at, d[1], error_file(errors, where.path), out, errors);
    if (array->rank != 3 && array->rank != 4)
        return bad_shape(where, array, "[N, H, W], [N, H, W, C] or [N, C, H, W] expected", a,
                         errors);
    if (array->rank == 4 && !find_channels(at, where, array, last, a, errors))
        return false;
    *out = (shape){3, {1, (int)d[1], (int)d[2]}};
    if (array->rank == 4)
        *out = *last ? (shape){3, {(int)d[3], (int)d[1], (int)d[2]}}
                     : (shape){3, {(int)d[1], (int)d[2], (int)d[3]}};
    return true; /* find_channels takes 1 and 3, or what dataset.yaml may say */
}

/* ---- Labels ---------------------------------------------------------------------------------- */

static bool read_labels(npy_place at, npy *out, uint8_t **elements, arena *a, lcnn_errors *errors) {
    if (!npy_read(at, out, elements, errors))
        return false;
    if (out->rank == 1 || (out->rank == 2 && out->dim[1] == 1))
        return true;
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at.path),
              "%s%slabels of shape [%s]: one number for each image expected%s",
              at.member ? at.member : "", at.member ? ": " : "", dims_text(out, a),
              out->rank == 2 ? " (labels.argmax(1) of one column for each class)" : "");
    return false;
}

static bool bad_label(npy_place at, const npy *array, uint64_t i, arena *a, lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at.path),
              "%s%slabel %" PRIu64 " (%s) is no whole number from 0 to 255",
              at.member ? at.member : "", at.member ? ": " : "", i, npy_type(array, a));
    return false;
}

static bool tally_labels(npy_place at, label_tally *labels, arena *a, lcnn_errors *errors) {
    npy array;
    uint8_t *elements = NULL;
    bool fine = read_labels(at, &array, &elements, a, errors);
    for (uint64_t i = 0; fine && i < array.count; i++) {
        int64_t label;
        fine = (npy_integer(&array, elements, i, &label) && label >= 0 && label < MAX_CLASSES) ||
               bad_label(at, &array, i, a, errors);
        if (fine)
            labels->seen[label] = true;
    }
    free(elements);
    return fine;
}

/* ---- Images ---------------------------------------------------------------------------------- */

static bool bad_value(npy_place at, const npy *array, uint64_t image, arena *a,
                      lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at.path),
              "%s%simage %" PRIu64 " (%s) has values other than the whole numbers 0 to 255; save "
              "the images as uint8, as in (255 * x).round().astype('uint8') for values from 0 to 1",
              at.member ? at.member : "", at.member ? ": " : "", image, npy_type(array, a));
    return false;
}

/* One image as planes; *greatest follows the greatest value of all. */
static bool take_image(const npy *array, const uint8_t *elements, uint64_t image, const shape *s,
                       bool last, uint8_t *out, int *greatest) {
    size_t channels = (size_t)s->dim[0], pixels = (size_t)s->dim[1] * (size_t)s->dim[2];
    uint64_t first = image * channels * pixels;
    for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < pixels; p++) {
            int64_t value;
            uint64_t i = first + (last ? p * channels + c : c * pixels + p);
            if (!npy_integer(array, elements, i, &value) || value < 0 || value > 255)
                return false;
            *out++ = (uint8_t)value;
            *greatest = value > *greatest ? (int)value : *greatest;
        }
    return true;
}

/* What both arrays of a part hold. */
typedef struct raw_part {
    npy images, labels;
    uint8_t *image, *label;
    shape image_shape;
    bool channels_last;
} raw_part;

static bool take_part(const place *at, const finding *f, set_part which, const raw_part *raw,
                      part_bytes *out, arena *a, lcnn_errors *errors) {
    const array_pair *pair = &((const numpy_set *)f->own)->part[which];
    size_t size = shape_size(&raw->image_shape);
    int greatest = 0;
    for (uint64_t i = 0; i < raw->labels.count; i++) {
        char key[24];
        int64_t label;
        text_format(key, sizeof key, "%" PRIu64, i);
        if (f->undivided && !reader_takes(at, which, key))
            continue;
        if (!npy_integer(&raw->labels, raw->label, i, &label))
            return bad_label(pair->labels, &raw->labels, i, a, errors);
        if (!load_label(f->set, label, &out->labels[out->count]))
            return load_bad_label(f->set, i, label, error_file(errors, pair->labels.path), errors);
        if (!take_image(&raw->images, raw->image, i, &raw->image_shape, raw->channels_last,
                        out->images + out->count * size, &greatest))
            return bad_value(pair->images, &raw->images, i, a, errors);
        out->count++;
    }
    /* Whole numbers, but 0 and 1 alone: bits, or bytes that were divided by 255. */
    if (raw->images.kind != 'u' && out->count > 0 && greatest <= 1)
        return bad_value(pair->images, &raw->images, 0, a, errors);
    return true;
}

static bool images_fit(const place *at, const finding *f, const array_pair *pair, raw_part *raw,
                       arena *a, lcnn_errors *errors) {
    if (!image_shape(at, pair->images, &raw->images, &raw->image_shape, &raw->channels_last, a,
                     errors))
        return false;
    shape stored = reader_stored(f->set);
    if (!shape_equal(&raw->image_shape, &stored))
        return bad_shape(pair->images, &raw->images, "the other part has images of another size", a,
                         errors);
    if (raw->images.dim[0] == raw->labels.count)
        return true;
    error_add(errors, LCNN_BAD_DATA, error_file(errors, pair->images.path),
              "%" PRIu64 " images, but %" PRIu64 " labels", raw->images.dim[0], raw->labels.count);
    return false;
}

/* The header of the images first: they may be far too large to be read for nothing. Whether they
 * fit is asked again behind it, since another file may stand there by now. */
static bool read_pair(const place *at, const finding *f, const array_pair *pair, raw_part *raw,
                      arena *a, lcnn_errors *errors) {
    return read_labels(pair->labels, &raw->labels, &raw->label, a, errors) &&
           npy_header(pair->images, &raw->images, errors) &&
           images_fit(at, f, pair, raw, a, errors) &&
           npy_read(pair->images, &raw->images, &raw->image, errors) &&
           images_fit(at, f, pair, raw, a, errors);
}

static bool numpy_load(const place *at, const finding *f, set_part which, part_bytes *out, arena *a,
                       lcnn_errors *errors) {
    const array_pair *pair = &((const numpy_set *)f->own)->part[which];
    raw_part raw = {0};
    if (!pair->images.path)
        return true;
    bool fine = read_pair(at, f, pair, &raw, a, errors) &&
                reader_reserve(out, raw.labels.count, shape_size(&raw.image_shape), errors) &&
                take_part(at, f, which, &raw, out, a, errors);
    free(raw.image);
    free(raw.label);
    return fine;
}

/* ---- The format ------------------------------------------------------------------------------ */

static bool numpy_describe(const place *at, finding *out, arena *a, lcnn_errors *errors) {
    numpy_set *arrays = arena_alloc(a, sizeof *arrays);
    description *set = reader_describe(at, "NumPy arrays", a, errors);
    label_tally labels = {0};
    if (!arrays || !set) {
        error_no_memory(errors);
        return false;
    }
    *out = (finding){.set = set, .own = arrays};
    if (!find_arrays(at, arrays, &out->undivided, a, errors))
        return false;
    const array_pair *pair = &arrays->part[arrays->part[0].images.path ? 0 : 1];
    npy images;
    bool last;
    if (!npy_header(pair->images, &images, errors) ||
        !image_shape(at, pair->images, &images, &set->info.image, &last, a, errors))
        return false;
    for (int i = 0; i < 2; i++)
        if (arrays->part[i].labels.path && !(i == 1 && out->undivided) && at->said.classes == 0 &&
            !tally_labels(arrays->part[i].labels, &labels, a, errors))
            return false;
    return reader_classes(at, &labels, set, a, errors);
}

const reader reader_numpy = {
    .name = "NumPy",
    .looks =
        "an .npz file, or a folder of .npy files, with arrays x_train, y_train, x_test, y_test, "
        "or train_images and so on, or images and labels",
    .matches = numpy_matches,
    .describe = numpy_describe,
    .load = numpy_load,
};
