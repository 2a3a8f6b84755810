/* csv.c - tables of text: a label, then the values of one image, on each line.
 *
 * EMNIST is handed out in this form (emnist-letters-train.csv, transposed, and read as the set of
 * that name), and MNIST by others, with a first line "label,pixel0,...". Values are whole numbers 0
 * to 255; the text may be gzip. A name that ends in train or test says which part it is. */
#include "config.h"

#include "idx.h"
#include "reader.h"
#include "stream.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ------------------------------------------------------------------------------------ */

typedef struct csv {
    stream *in;
    uint64_t line;
    size_t at, got;
    uint8_t buffer[1 << 14];
} csv;

/* Not those of ctype.h, which ask the locale. */
static bool is_letter(int b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '"';
}

enum { END = -1, FAILED = -2, MAX_LABEL = 1000000 };

/* The next byte, left where it is. */
static int peek(csv *c) {
    if (c->at == c->got) {
        c->at = 0;
        if (!stream_read(c->in, c->buffer, sizeof c->buffer, &c->got))
            return FAILED;
        if (c->got == 0)
            return END;
    }
    return c->buffer[c->at];
}

static bool wrong(const csv *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(const csv *c, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    text_vformat(text, sizeof text, format, arguments);
    va_end(arguments);
    mark at = error_file(c->in->errors, c->in->path);
    at.line = c->line <= INT32_MAX ? (int)c->line : 0;
    at.column = 1;
    error_add(c->in->errors, LCNN_BAD_DATA, at, "%s", text);
    return false;
}

static csv *open_csv(const char *path, lcnn_errors *errors) {
    csv *c = calloc(1, sizeof *c);
    if (!c) {
        error_no_memory(errors);
        return NULL;
    }
    c->in = stream_open(path, errors);
    c->line = 1;
    if (c->in)
        return c;
    free(c);
    return NULL;
}

static void close_csv(csv *c) {
    if (c)
        stream_close(c->in);
    free(c);
}

static void skip_blanks(csv *c) {
    for (int b = peek(c); b == ' ' || b == '\t' || b == '\r'; b = peek(c))
        c->at++;
}

/* A whole number of at most `max`, with what may stand around it but the comma. */
static bool number(csv *c, int max, int *out) {
    skip_blanks(c);
    int b = peek(c), digits = 0;
    for (*out = 0; b >= '0' && b <= '9'; b = peek(c), digits++) {
        *out = *out * 10 + (b - '0');
        if (*out > max)
            return wrong(c, "a number above %d; %s", max,
                         max == 255 ? "pixels are whole numbers 0 to 255"
                                    : "labels are small numbers");
        c->at++;
    }
    skip_blanks(c);
    b = peek(c);
    if (b == FAILED)
        return false;
    if (digits > 0 && (b == ',' || b == '\n' || b == END))
        return true;
    if (b == END || b == '\n')
        return wrong(c, "a number is missing at the end of the line");
    if (b > ' ' && b <= '~')
        return wrong(c, "'%c' where a whole number 0 to %d, or a comma, was expected", b, max);
    return wrong(c, "byte 0x%02x where a whole number was expected", (unsigned)b);
}

/* To the next line; false at the end of the text, or when it cannot be read. */
static bool next_line(csv *c, bool *failed) {
    int b = peek(c);
    while (b >= 0 && b != '\n') {
        c->at++;
        b = peek(c);
    }
    while (b == '\n' || b == '\r' || b == ' ') {
        c->line += b == '\n';
        c->at++;
        b = peek(c);
    }
    *failed = b == FAILED;
    return b >= 0;
}

/* A first line of names, which begins with label or class, is passed over. */
static bool skip_names(csv *c) {
    bool failed;
    char word[8] = {0};
    if (peek(c) == 0xef) /* the mark that some programs put before UTF-8 */
        for (int i = 0; i < 3 && peek(c) >= 0x80; i++)
            c->at++;
    int b = peek(c);
    if (b == FAILED)
        return false;
    if (b == END)
        return wrong(c, "the file is empty");
    if (!is_letter(b))
        return true;
    for (size_t i = 0; i < sizeof word - 1 && b >= 0 && b != ',' && b != '\n'; b = peek(c)) {
        if (b != '"')
            word[i++] = (char)(b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
        c->at++;
    }
    if (strcmp(word, "label") != 0 && strcmp(word, "class") != 0)
        return wrong(c,
                     "the first column must be the label; here it is '%s' (Kaggle's test.csv has "
                     "no labels)",
                     word);
    return next_line(c, &failed) || failed || wrong(c, "there are no lines but the first");
}

/* Values of an image on the line at which `c` stands. */
static bool count_values(csv *c, uint64_t *count) {
    enum { LIMIT = IDX_MAX_SIDE * IDX_MAX_SIDE };
    int b = peek(c);
    for (*count = 0; b >= 0 && b != '\n' && *count <= LIMIT; b = peek(c)) {
        *count += b == ',';
        c->at++;
    }
    return b != FAILED && ((*count >= 1 && *count <= LIMIT) ||
                           wrong(c, "%" PRIu64 " values behind the label", *count));
}

/* ---- Which files ----------------------------------------------------------------------------- */

/* Files of the parts; the same when undivided. NULL: no such part. */
typedef struct csv_files {
    const char *path[2];
} csv_files;

/* Bytes before ".csv" or ".csv.gz"; 0 when the name has no such end. */
static size_t stem(const char *name) {
    size_t length = strlen(name);
    return reader_ends(name, ".csv.gz") ? length - 7 : reader_ends(name, ".csv") ? length - 4 : 0;
}

/* 0 for training, 1 for testing, -1: not said. *prefix: bytes before that. */
static int role(const char *name, size_t *prefix) {
    size_t length = stem(name) ? stem(name) : strlen(name);
    *prefix = length;
    for (int i = 0; i < 2; i++) {
        const char *end = i ? "test" : "train";
        size_t tail = strlen(end);
        if (length >= tail && !strncmp(name + length - tail, end, tail)) {
            *prefix = length - tail;
            return i;
        }
    }
    return -1;
}

/* A line of numbers and commas, or of names of which the first is label. */
static bool begins_like_csv(const char *path) {
    uint8_t text[256];
    size_t got = reader_peek(path, text, sizeof text), i = 0, commas = 0;
    if (got >= 3 && text[0] == 0xef)
        i = 3;
    bool words = i < got && is_letter(text[i]);
    for (; i < got && text[i] != '\n'; i++) {
        commas += text[i] == ',';
        if (words ? text[i] < ' ' && text[i] != '\r'
                  : !text[i] || !strchr("0123456789, \t\r.-", text[i]))
            return false;
    }
    return commas >= 1;
}

static bool csv_matches(const place *at, arena *a) {
    if (!at->folder)
        return begins_like_csv(at->path);
    for (int i = 0; i < at->count; i++) {
        const char *path = arena_format(a, "%s/%s", at->path, at->name[i]);
        if (stem(at->name[i]) && path && begins_like_csv(path))
            return true;
    }
    return false;
}

static bool several(const place *at, const char *one, const char *other, lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at->path),
              "both '%s' and '%s' are in this folder; name the file that is meant", one, other);
    return false;
}

/* Finds the files of a folder, and a name that says which set they are. */
static bool find_files(const place *at, csv_files *out, bool *undivided, const char **name,
                       arena *a, lcnn_errors *errors) {
    const char *taken[3] = {NULL};
    size_t prefix, first = 0;
    *name = NULL;
    for (int i = 0; i < at->count; i++) {
        if (!stem(at->name[i]))
            continue;
        int which = role(at->name[i], &prefix);
        const char **slot = &taken[which < 0 ? 2 : which];
        if (*slot)
            return several(at, *slot, at->name[i], errors);
        if (*name &&
            (which < 0 || taken[2] || prefix != first || strncmp(*name, at->name[i], first) != 0))
            return several(at, *name, at->name[i], errors);
        *slot = *name = at->name[i];
        first = prefix;
    }
    *undivided = taken[2] != NULL;
    for (int i = 0; i < 2; i++) {
        const char *file = *undivided ? taken[2] : taken[i];
        if (file && !(out->path[i] = reader_path(at->path, file, a, errors)))
            return false;
    }
    return true;
}

/* ---- Shape and classes ----------------------------------------------------------------------- */

static bool measure(const place *at, const char *path, shape *out, lcnn_errors *errors) {
    uint64_t values;
    csv *c = open_csv(path, errors);
    bool fine = c && skip_names(c) && count_values(c, &values) &&
                reader_flat_shape(at, values, error_file(errors, path), out, errors);
    close_csv(c);
    return fine;
}

static bool tally_labels(const char *path, label_tally *labels, lcnn_errors *errors) {
    csv *c = open_csv(path, errors);
    bool fine = c && skip_names(c), failed = false;
    if (fine)
        do {
            int label;
            fine = number(c, MAX_LABEL, &label) &&
                   (label < MAX_CLASSES || wrong(c, "label %d; labels are 0 to 255", label));
            if (fine)
                labels->seen[label] = true;
        } while (fine && next_line(c, &failed));
    close_csv(c);
    return fine && !failed;
}

static bool csv_describe(const place *at, finding *out, arena *a, lcnn_errors *errors) {
    csv_files *files = arena_alloc(a, sizeof *files);
    description *set = reader_describe(at, "A table", a, errors);
    const char *name = places_base_name(at->path, a);
    size_t prefix;
    label_tally labels = {0};
    if (!files || !set || !name) {
        error_no_memory(errors);
        return false;
    }
    *out = (finding){.set = set, .own = files};
    if (at->folder) {
        if (!find_files(at, files, &out->undivided, &name, a, errors))
            return false;
    } else {
        int which = role(name, &prefix);
        out->undivided = which < 0;
        if (which != PART_TEST)
            files->path[PART_TRAIN] = at->path;
        if (which != PART_TRAIN)
            files->path[PART_TEST] = at->path;
    }
    const char *first = files->path[PART_TRAIN] ? files->path[PART_TRAIN] : files->path[PART_TEST];
    if (!measure(at, first, &set->info.image, errors))
        return false;
    role(name, &prefix);
    const description *known = reader_known(at, name, prefix);
    if (known && shape_size(&known->info.image) == shape_size(&set->info.image)) {
        out->set = known;
        return true;
    }
    for (int i = 0; i < 2; i++)
        if (files->path[i] && !(i == 1 && out->undivided) && at->said.classes == 0 &&
            !tally_labels(files->path[i], &labels, errors))
            return false;
    return reader_classes(at, &labels, set, a, errors);
}

/* ---- Images ---------------------------------------------------------------------------------- */

static bool read_line(csv *c, const description *set, uint64_t sample, size_t size, uint8_t *image,
                      uint8_t *class) {
    int value;
    if (!number(c, MAX_LABEL, &value))
        return false;
    if (!load_label(set, value, class)) {
        mark at = error_file(c->in->errors, c->in->path);
        at.line = c->line <= INT32_MAX ? (int)c->line : 0;
        at.column = 1;
        return load_bad_label(set, sample, value, at, c->in->errors);
    }
    for (size_t i = 0; i < size; i++) {
        if (peek(c) != ',')
            return wrong(c, "%zu values behind the label; the first line has %zu", i, size);
        c->at++;
        if (!number(c, 255, &value))
            return false;
        image[i] = (uint8_t)value;
    }
    return peek(c) != ',' || wrong(c, "more values than the %zu of the first line", size);
}

static bool read_lines(csv *c, const place *at, const finding *f, set_part which, part_bytes *out) {
    size_t size = shape_size(&f->set->info.image);
    uint64_t room = 0, sample = 0;
    bool failed = false;
    do {
        char key[24];
        text_format(key, sizeof key, "%" PRIu64, sample);
        if (out->count == room) {
            room = 2 * room + 256;
            if (!reader_reserve(out, room, size, c->in->errors))
                return false;
        }
        if (!read_line(c, f->set, sample++, size, out->images + out->count * size,
                       &out->labels[out->count]))
            return false;
        out->count += !f->undivided || reader_takes(at, which, key);
    } while (next_line(c, &failed));
    return !failed;
}

static bool csv_load(const place *at, const finding *f, set_part which, part_bytes *out, arena *a,
                     lcnn_errors *errors) {
    const csv_files *files = f->own;
    shape now, stored = reader_stored(f->set);
    (void)a;
    if (!files->path[which])
        return true;
    if (!measure(at, files->path[which], &now, errors))
        return false;
    if (shape_size(&now) != shape_size(&stored)) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, files->path[which]),
                  "%zu values an image; the other file has %zu", shape_size(&now),
                  shape_size(&stored));
        return false;
    }
    csv *c = open_csv(files->path[which], errors);
    bool fine = c && skip_names(c) && read_lines(c, at, f, which, out);
    close_csv(c);
    return fine;
}

const reader reader_csv = {
    .name = "CSV",
    .looks = "a file of lines LABEL,VALUE,VALUE,..., or a folder with NAME-train.csv and "
             "NAME-test.csv, plain or gzip",
    .matches = csv_matches,
    .describe = csv_describe,
    .load = csv_load,
};
