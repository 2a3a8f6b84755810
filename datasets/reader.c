/* reader.c - what the formats have in common; see reader.h. */
#include "config.h"

#include "idx.h"
#include "reader.h"
#include "stream.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Folders and files ----------------------------------------------------------------------- */

const char *reader_path(const char *folder, const char *name, arena *a, lcnn_errors *errors) {
    const char *path = arena_format(a, "%s/%s", folder, name);
    if (!path)
        error_no_memory(errors);
    return path;
}

bool reader_is_folder(const char *path, bool *folder, lcnn_errors *errors) {
    struct stat info;
    bool known = stat(path, &info) == 0;
    *folder = known && S_ISDIR(info.st_mode);
    if (known || errno == ENOENT)
        return true;
    error_add(errors, LCNN_BAD_IO, error_file(errors, path), "cannot be looked at: %s",
              strerror(errno));
    return false;
}

static int small_letter(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool reader_ends(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    for (size_t i = 0; i < tail && length >= tail; i++)
        if (small_letter(name[length - tail + i]) != small_letter(end[i]))
            return false;
    return length >= tail;
}

static int by_bytes(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static const char **grow(const char **names, size_t count, arena *a) {
    if (count & (count + 1)) /* full at 1, 3, 7, ... */
        return names;
    const char **more = arena_array(a, 2 * count + 1, sizeof *more);
    if (more && count)
        memcpy(more, names, count * sizeof *more);
    return more;
}

const char **reader_list(const char *path, int *count, arena *a, lcnn_errors *errors) {
    DIR *folder = opendir(path);
    if (!folder) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "this folder cannot be read: %s",
                  strerror(errno));
        return NULL;
    }
    size_t n = 0;
    const char **names = grow(NULL, 0, a);
    errno = 0; /* what readdir sets, unless the folder is at its end */
    for (const struct dirent *entry; names && (entry = readdir(folder)); errno = 0) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "dataset.yaml") == 0)
            continue;
        names = n < INT32_MAX / 4 ? grow(names, n, a) : NULL;
        if (names && !(names[n++] = arena_copy(a, entry->d_name, strlen(entry->d_name))))
            names = NULL;
    }
    int code = names ? errno : ENOMEM;
    closedir(folder);
    if (code == ENOMEM)
        error_no_memory(errors);
    else if (code)
        error_add(errors, LCNN_BAD_IO, error_file(errors, path), "this folder cannot be read: %s",
                  strerror(code));
    if (code)
        return NULL;
    qsort(names, n, sizeof *names, by_bytes);
    *count = (int)n;
    return names;
}

size_t reader_peek(const char *path, uint8_t *bytes, size_t size) {
    size_t got = 0;
    lcnn_errors *unheard = lcnn_errors_new();
    stream *s = unheard ? stream_open(path, unheard) : NULL;
    if (s && !stream_read(s, bytes, size, &got))
        got = 0;
    stream_close(s);
    lcnn_errors_free(unheard);
    return got;
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

description *reader_describe(const place *at, const char *title, arena *a, lcnn_errors *errors) {
    description *set = arena_alloc(a, sizeof *set);
    const char *name = places_base_name(at->path, a);
    const char *line = arena_format(a, "%s in %s", title, at->path);
    if (!set || !name || !line) {
        error_no_memory(errors);
        return NULL;
    }
    static const char *const none[] = {NULL};
    set->info.name = name;
    set->info.title = line;
    set->about = set->citation = set->licence = "";
    set->find =
        (find_hints){.folder = "", .get = "", .archive_name = "", .also = none, .addresses = none};
    return set;
}

const description *reader_known(const place *at, const char *prefix, size_t length) {
    return length > 1 && prefix[length - 1] == '-' ? catalogue_find(at->known, prefix, length - 1)
                                                   : NULL;
}

bool reader_flat_shape(const place *at, uint64_t values, mark where, shape *out,
                       lcnn_errors *errors) {
    const shape *wanted_shape = &at->said.image;
    if (wanted_shape->rank == 3) {
        uint64_t wanted = (uint64_t)wanted_shape->dim[0] * (uint64_t)wanted_shape->dim[1] *
                          (uint64_t)wanted_shape->dim[2];
        *out = *wanted_shape;
        if (at->said.transposed) {
            out->dim[1] = wanted_shape->dim[2];
            out->dim[2] = wanted_shape->dim[1];
        }
        if (values == wanted)
            return true;
        error_add(errors, LCNN_BAD_DATA, where,
                  "%" PRIu64 " values an image; the shape in dataset.yaml has %" PRIu64, values,
                  wanted);
        return false;
    }
    int side = 1;
    while ((uint64_t)side * (uint64_t)side < values && side < IDX_MAX_SIDE)
        side++;
    *out = (shape){.rank = 3, .dim = {1, side, side}};
    if ((uint64_t)side * (uint64_t)side == values)
        return true;
    error_add(errors, LCNN_BAD_DATA, where,
              "%" PRIu64 " values an image are no square grey image; a dataset.yaml in the folder "
              "can say the shape: [channels, height, width]",
              values);
    return false;
}

/* ---- Classes --------------------------------------------------------------------------------- */

static bool number_classes(description *set, int classes, arena *a, lcnn_errors *errors) {
    const char **name = arena_array(a, (size_t)classes, sizeof *name);
    for (int i = 0; name && i < classes; i++)
        if (!(name[i] = arena_format(a, "%d", i)))
            name = NULL;
    if (!name)
        error_no_memory(errors);
    set->info.class_names = name;
    set->info.classes = classes;
    return name != NULL;
}

bool reader_classes(const place *at, const label_tally *labels, description *set, arena *a,
                    lcnn_errors *errors) {
    if (at->said.classes > 0) {
        set->info.class_names = at->said.class_names;
        set->info.classes = at->said.classes;
        return true;
    }
    int greatest = 0, kinds = 0, absent = -1;
    for (int i = 0; i < MAX_CLASSES; i++)
        if (labels->seen[i]) {
            greatest = i;
            kinds++;
        }
    for (int i = greatest; i >= 0; i--)
        if (!labels->seen[i])
            absent = i;
    int first = at->said.first_label;
    if (2 * kinds < greatest + 1 - first) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, at->path),
                  "the greatest label is %d, but only %d different labels occur; if that is right, "
                  "list all classes in a dataset.yaml",
                  greatest, kinds);
        return false;
    }
    if (absent >= first)
        error_note(errors, "%s: no image has label %d, though labels go up to %d%s", at->path,
                   absent, greatest,
                   absent == 0 ? " (first_label: 1 in a dataset.yaml says that they begin at 1)"
                               : "");
    return number_classes(set, greatest + 1 - first > 0 ? greatest + 1 - first : 1, a, errors);
}

shape reader_stored(const description *set) {
    shape stored = set->info.image;
    if (set->transposed) {
        stored.dim[1] = set->info.image.dim[2];
        stored.dim[2] = set->info.image.dim[1];
    }
    return stored;
}

/* ---- Parts ----------------------------------------------------------------------------------- */

bool reader_takes(const place *at, set_part which, const char *key) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, strlen(key), (const uint8_t *)key);
    sha256_digest(&state, sizeof digest, digest);
    /* 32 bits are a number between 0 and 1 that any double holds. */
    uint32_t n = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
                 digest[3];
    return (n / 4294967296.0 < at->said.split) == (which == PART_TEST);
}

bool reader_reserve(part_bytes *out, uint64_t count, size_t image_size, lcnn_errors *errors) {
    uint8_t *images = NULL, *labels = NULL;
    if (count <= INT32_MAX && count <= SIZE_MAX / image_size) {
        images = realloc(out->images, (size_t)count * image_size);
        out->images = images ? images : out->images;
        labels = realloc(out->labels, (size_t)count);
        out->labels = labels ? labels : out->labels;
    }
    if (!images || !labels)
        error_no_memory(errors);
    return images && labels;
}
