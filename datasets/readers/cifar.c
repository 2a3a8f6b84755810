/* cifar.c - the binary form of CIFAR-10 and CIFAR-100, as cs.toronto.edu/~kriz/cifar.html tells of
 * it.
 *
 * A record is one label (CIFAR-100: a coarse and a fine one, of which the fine one is read), then
 * 32x32 bytes of red, of green and of blue. CIFAR-10 has data_batch_1.bin to data_batch_5.bin,
 * test_batch.bin and the names in batches.meta.txt; CIFAR-100 train.bin, test.bin and
 * fine_label_names.txt. Files may be gzip. */
#include "config.h"

#include "file.h"
#include "reader.h"
#include "stream.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, BATCHES = 5, NAMES_SIZE = 1 << 16 };

/* One of the two. */
typedef struct cifar_form {
    const char *title, *names;
    const char *train[BATCHES + 1]; /* NULL-ended */
    const char *test;
    int labels, classes;
} cifar_form;

static const cifar_form forms[] = {
    {"CIFAR-10 batches",
     "batches.meta.txt",
     {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
      "data_batch_5.bin"},
     "test_batch.bin",
     1,
     10},
    {"CIFAR-100 records", "fine_label_names.txt", {"train.bin"}, "test.bin", 2, 100},
};

static bool holds(const place *at, const char *name) {
    for (int i = 0; i < at->count; i++)
        if (strcmp(at->name[i], name) == 0)
            return true;
    return false;
}

static const cifar_form *find_form(const place *at) {
    if (holds(at, forms[0].train[0]) || holds(at, forms[0].test))
        return &forms[0];
    bool hundred =
        (holds(at, forms[1].train[0]) || holds(at, forms[1].test)) && holds(at, forms[1].names);
    return hundred ? &forms[1] : NULL;
}

static bool cifar_matches(const place *at, arena *a) {
    (void)a;
    return find_form(at) != NULL;
}

/* ---- Names of classes ------------------------------------------------------------------------ */

/* A name on each line; empty lines do not count. */
static bool read_names(const cifar_form *form, const char *path, char *text, const char **name,
                       lcnn_errors *errors) {
    int count = 0;
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        size_t length = strcspn(line, "\r");
        line[length] = '\0';
        for (const char *p = line; *p; p += utf8_length(p, line + length))
            if ((unsigned char)*p < ' ' || utf8_length(p, line + length) == 0) {
                error_add(errors, LCNN_BAD_DATA, error_file(errors, path),
                          "bytes that are no text in the name of class %d", count);
                return false;
            }
        if (length > 0 && count < form->classes)
            name[count] = line;
        count += length > 0;
    }
    if (count == form->classes)
        return true;
    error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "%d names of classes; %d expected",
              count, form->classes);
    return false;
}

static bool name_classes(const place *at, const cifar_form *form, description *set, arena *a,
                         lcnn_errors *errors) {
    const char **name = arena_array(a, (size_t)form->classes, sizeof *name);
    const char *path = reader_path(at->path, form->names, a, errors);
    if (!name || !path) {
        error_no_memory(errors);
        return false;
    }
    set->info.classes = form->classes;
    set->info.class_names = name;
    for (int i = 0; i < form->classes; i++)
        if (!(name[i] = arena_format(a, "%d", i))) {
            error_no_memory(errors);
            return false;
        }
    if (!holds(at, form->names))
        return true;
    size_t size;
    char *text = file_read(path, NAMES_SIZE, &size, LCNN_BAD_DATA, errors);
    char *kept = text ? arena_copy(a, text, size) : NULL;
    if (text && !kept)
        error_no_memory(errors);
    free(text);
    return kept && read_names(form, path, kept, name, errors);
}

static bool cifar_describe(const place *at, finding *out, arena *a, lcnn_errors *errors) {
    const cifar_form *form = find_form(at);
    description *set = reader_describe(at, form->title, a, errors);
    if (!set || !name_classes(at, form, set, a, errors))
        return false;
    set->info.image = (shape){3, {3, SIDE, SIDE}};
    *out = (finding){.set = set};
    return true;
}

/* ---- Records --------------------------------------------------------------------------------- */

static bool read_record(stream *s, const cifar_form *form, const description *set, part_bytes *out,
                        bool *ended) {
    uint8_t record[2 + PIXELS];
    uint64_t from = s->position;
    size_t size = (size_t)form->labels + PIXELS, got;
    if (!stream_read(s, record, size, &got))
        return false;
    *ended = got == 0;
    if (got > 0 && got < size) {
        error_add(s->errors, LCNN_BAD_DATA, stream_mark(s->path, from, s->errors),
                  "the last record has %zu bytes of %zu", got, size);
        return false;
    }
    if (got == 0)
        return true;
    int label = record[form->labels - 1];
    if (!load_label(set, label, &out->labels[out->count]))
        return load_bad_label(set, out->count, label,
                              stream_mark(s->path, from + (uint64_t)form->labels - 1, s->errors),
                              s->errors);
    memcpy(out->images + (size_t)out->count * PIXELS, record + form->labels, PIXELS);
    out->count++;
    return true;
}

static bool read_batch(const cifar_form *form, const description *set, const char *path,
                       part_bytes *out, lcnn_errors *errors) {
    stream *s = stream_open(path, errors);
    bool fine = s != NULL, ended = false;
    uint32_t before = out->count;
    uint64_t room = before;
    while (fine && !ended) {
        if (out->count == room) {
            room = room + room / 2 + 64;
            fine = reader_reserve(out, room, PIXELS, errors);
        }
        fine = fine && read_record(s, form, set, out, &ended);
    }
    if (fine && out->count == before) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, path), "the file is empty");
        fine = false;
    }
    stream_close(s);
    return fine;
}

static bool cifar_load(const place *at, const finding *f, set_part which, part_bytes *out, arena *a,
                       lcnn_errors *errors) {
    const cifar_form *form = find_form(at);
    const char *const test[] = {form->test, NULL};
    const char *const *name = which == PART_TEST ? test : form->train;
    if (!holds(at, name[0]) && !(name[1] && holds(at, name[1]))) /* a set of one part */
        return true;
    for (; *name; name++) {
        const char *path = reader_path(at->path, *name, a, errors);
        if (!path || !read_batch(form, f->set, path, out, errors))
            return false;
    }
    return true;
}

const reader reader_cifar = {
    .name = "CIFAR",
    .looks = "the binary form of CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin) "
             "or CIFAR-100 (train.bin, test.bin, fine_label_names.txt)",
    .matches = cifar_matches,
    .describe = cifar_describe,
    .load = cifar_load,
};
