/* checkpoint_read.c - reading safetensors files, trusting nothing in them.
 *
 * Of the format's dtypes only F32 is known, and U8 for the text of a checkpoint. */
#include "checkpoint.h"

#include "file.h"
#include "hash.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes as numbers, the lowest first, on any machine. */
static uint64_t get_length(const unsigned char *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < CHECKPOINT_PREFIX; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static uint32_t get_bits(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void get_floats(const unsigned char *bytes, size_t count, float *values) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = get_bits(bytes + CHECKPOINT_FLOAT * i);
        memcpy(&values[i], &bits, sizeof bits);
    }
}

/* An exponent of all ones is infinity or not a number. */
static bool bits_finite(uint32_t bits) {
    return (bits & 0x7F800000u) != 0x7F800000u;
}

/* ---- The header ------------------------------------------------------------------------------ */

/* A tensor as the header announces it. */
typedef struct entry {
    const char *name;
    const char *dtype;
    const json_t *dims;
    uint64_t begin, end;             /* in the data */
    const checkpoint_tensor *tensor; /* the one it belongs to; NULL: none of the wanted ones */
} entry;

typedef struct reading {
    file_input in;
    mark at;
    lcnn_errors *errors;
    uint64_t data; /* bytes of numbers that the file holds */
    arena *arena;  /* of the header */
    json_t *header;
    entry *entries; /* [count], by place in the data once check_places is through */
    size_t count;
    const char *digest; /* NULL: none in the file */
    const entry *state; /* the text; NULL: none in the file */
} reading;

static const char DAMAGED[] = "the file is damaged or no safetensors file; make it anew";

static bool broken(const reading *r, const char *what) {
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at, "%s; %s", what, DAMAGED);
    return false;
}

static bool broken_tensor(const reading *r, const char *name, const char *what) {
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at, "tensor '%s': %s; %s", name, what, DAMAGED);
    return false;
}

/* Every length is compared with the file's size before memory is asked for. */
static bool read_header(reading *r) {
    unsigned char prefix[CHECKPOINT_PREFIX];
    if (r->in.size < CHECKPOINT_PREFIX)
        return broken(r, "shorter than any weights file");
    if (!file_next(&r->in, prefix, sizeof prefix, r->errors))
        return false;
    uint64_t length = get_length(prefix);
    if (length > r->in.size - CHECKPOINT_PREFIX)
        return broken(r, "the header would reach beyond the end of the file");
    if (length > CHECKPOINT_MAX_HEADER)
        return broken(r, "the header is larger than 1 MiB");
    r->data = r->in.size - CHECKPOINT_PREFIX - length;
    char *text = malloc((size_t)length + 1);
    if (!text) {
        error_no_memory(r->errors);
        return false;
    }
    json_error_t error;
    bool no_memory = false, ok = file_next(&r->in, text, (size_t)length, r->errors);
    if (ok && (length == 0 || text[0] != '{'))
        ok = broken(r, "the header does not begin with '{'");
    else if (ok)
        r->header = json_read(r->arena, text, (size_t)length, &error, &no_memory);
    if (ok && no_memory) {
        error_no_memory(r->errors);
        ok = false;
    } else if (ok && !r->header) {
        error_add(r->errors, LCNN_BAD_WEIGHTS, r->at, "the header is no proper JSON (%s); %s",
                  error.text, DAMAGED);
        ok = false;
    }
    free(text);
    return ok;
}

/* What this program writes always has a checksum: a file with one but not the other has been
 * damaged just there. */
static bool check_metadata(reading *r) {
    json_t *metadata = json_object_get(r->header, CHECKPOINT_METADATA);
    if (!metadata)
        return true;
    if (!json_is_object(metadata))
        return broken(r, "__metadata__ is no map");
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value))
            return broken(r, "__metadata__ holds something that is no text");
    }
    const char *format = json_string_value(json_object_get(metadata, "format"));
    r->digest = json_string_value(json_object_get(metadata, "sha256"));
    bool ours = format && strcmp(format, CHECKPOINT_FORMAT) == 0;
    return ours == (r->digest != NULL) || broken(r, "__metadata__ has a format without its sha256");
}

/* A member that counts something, or -1. */
static json_int_t get_count(const json_t *value) {
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static bool read_entry(const reading *r, const char *name, const json_t *value, entry *e) {
    const json_t *places = json_object_get(value, "data_offsets");
    const json_int_t begin = get_count(json_array_get(places, 0));
    const json_int_t end = get_count(json_array_get(places, 1));
    *e = (entry){.name = name,
                 .dtype = json_string_value(json_object_get(value, "dtype")),
                 .dims = json_object_get(value, "shape"),
                 .begin = (uint64_t)begin,
                 .end = (uint64_t)end};
    if (json_object_size(value) != 3 || !e->dtype || !json_is_array(e->dims))
        return broken_tensor(r, name, "not described by dtype, shape and data_offsets");
    if (json_array_size(places) != 2 || begin < 0 || end < begin)
        return broken_tensor(r, name, "data_offsets are not a beginning and an end");
    const bool numbers = strcmp(e->dtype, "F32") == 0, text = strcmp(e->dtype, "U8") == 0;
    uint64_t bytes = numbers ? CHECKPOINT_FLOAT : 1;
    for (size_t i = 0; i < json_array_size(e->dims); i++) {
        json_int_t dim = get_count(json_array_get(e->dims, i));
        if (dim < 0 || __builtin_mul_overflow(bytes, (uint64_t)dim, &bytes))
            return broken_tensor(r, name, "a shape that cannot be");
    }
    if ((numbers || text) && bytes != e->end - e->begin)
        return broken_tensor(r, name, "data_offsets do not fit the shape");
    return true;
}

static bool read_entries(reading *r) {
    r->entries = calloc(json_object_size(r->header) + 1, sizeof *r->entries);
    if (!r->entries) {
        error_no_memory(r->errors);
        return false;
    }
    const char *name;
    json_t *value;
    json_object_foreach(r->header, name, value) {
        if (strcmp(name, CHECKPOINT_METADATA) == 0)
            continue;
        if (!read_entry(r, name, value, &r->entries[r->count]))
            return false;
        r->count++;
    }
    return true;
}

static int by_place(const void *left, const void *right) {
    const entry *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* The tensors lie side by side from the first byte to the last. */
static bool check_places(reading *r) {
    qsort(r->entries, r->count, sizeof *r->entries, by_place);
    uint64_t end = 0;
    for (size_t i = 0; i < r->count; i++) {
        const entry *e = &r->entries[i];
        if (e->begin != end)
            return broken_tensor(r, e->name,
                                 e->begin < end ? "overlaps another tensor"
                                                : "there is a hole before it");
        end = e->end;
    }
    if (end == r->data)
        return true;
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
              "the header announces %" PRIu64 " bytes of numbers, the file holds %" PRIu64 "; %s",
              end, r->data, DAMAGED);
    return false;
}

/* ---- What differs from what is wanted -------------------------------------------------------- */

enum { MAX_DIFFERENCES = 12, DIMS_TEXT = 128 };

/* "6x1x5x5", cut where the room ends. */
static const char *dims_text(const json_t *dims, char text[DIMS_TEXT]) {
    size_t used = 0;
    strcpy(text, "a single number"); /* unless there are dimensions */
    for (size_t i = 0; i < json_array_size(dims) && used < DIMS_TEXT; i++)
        used += (size_t)snprintf(text + used, DIMS_TEXT - used, "%s%" JSON_INTEGER_FORMAT,
                                 i ? "x" : "", json_integer_value(json_array_get(dims, i)));
    return text;
}

static bool dims_equal(const json_t *dims, const shape *wanted) {
    if (json_array_size(dims) != (size_t)wanted->rank)
        return false;
    for (int i = 0; i < wanted->rank; i++)
        if (json_integer_value(json_array_get(dims, (size_t)i)) != wanted->dim[i])
            return false;
    return true;
}

/* Counts differences and says the first ones. */
typedef struct differences {
    const reading *r;
    int count;
} differences;

static bool say_next(differences *d) {
    return ++d->count <= MAX_DIFFERENCES;
}

/* Whether an entry is there for who goes on with the training, not for who wants its weights. */
static bool is_of_training(const reading *r, const entry *e) {
    return r->state &&
           (e == r->state || (strcmp(e->dtype, "F32") == 0 &&
                              strncmp(e->name, CHECKPOINT_MEMORY, strlen(CHECKPOINT_MEMORY)) == 0));
}

static void compare(differences *d, const entry *e) {
    const reading *r = d->r;
    char there[DIMS_TEXT], here[SHAPE_TEXT];
    if (!e->tensor) {
        if (!is_of_training(r, e) && say_next(d))
            error_add(r->errors, LCNN_BAD_WEIGHTS, r->at, "tensor '%s' is not one of the model's",
                      e->name);
        return;
    }
    if (!dims_equal(e->dims, &e->tensor->shape) && say_next(d))
        error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
                  "tensor '%s' is %s in the file, %s in the model", e->name,
                  dims_text(e->dims, there), shape_text(&e->tensor->shape, here));
    if (strcmp(e->dtype, "F32") != 0 && say_next(d))
        error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
                  "tensor '%s' has dtype %s; only F32 can be read", e->name, e->dtype);
}

/* Points every entry at its tensor; false when memory is out. */
static bool match(reading *r, const checkpoint_tensor *tensors, int count) {
    json_t *index = json_object();
    bool ok = index != NULL;
    for (int t = 0; ok && t < count; t++)
        ok = json_object_set_new(index, tensors[t].name, json_integer(t)) == 0;
    for (size_t i = 0; ok && i < r->count; i++) {
        const json_t *found = json_object_get(index, r->entries[i].name);
        r->entries[i].tensor = found ? &tensors[json_integer_value(found)] : NULL;
        if (strcmp(r->entries[i].name, CHECKPOINT_STATE) == 0 &&
            strcmp(r->entries[i].dtype, "U8") == 0)
            r->state = &r->entries[i];
    }
    json_decref(index);
    if (!ok)
        error_no_memory(r->errors);
    return ok;
}

static bool check_differences(reading *r, const checkpoint_tensor *tensors, int count) {
    if (!match(r, tensors, count))
        return false;
    differences d = {.r = r};
    for (int t = 0; t < count; t++)
        if (!json_object_get(r->header, tensors[t].name) && say_next(&d))
            error_add(r->errors, LCNN_BAD_WEIGHTS, r->at, "tensor '%s' is missing",
                      tensors[t].name);
    for (size_t i = 0; i < r->count; i++)
        compare(&d, &r->entries[i]);
    if (d.count == 0)
        return true;
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
              "%d difference%s: these are weights of another model; take those saved from this one",
              d.count, d.count == 1 ? "" : "s");
    return false;
}

/* ---- The data -------------------------------------------------------------------------------- */

/* What is there besides the wanted tensors lies within what training writes, so that the memory it
 * takes is in proportion to theirs. */
static bool check_size(const reading *r, const checkpoint_tensor *tensors, int count,
                       bool training) {
    uint64_t wanted = 0;
    for (int t = 0; t < count; t++)
        wanted += shape_size(&tensors[t].shape) * CHECKPOINT_FLOAT;
    if (training && !r->state) {
        error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
                  "these are weights alone, without the state of a training to go on with");
        return false;
    }
    return r->data <= wanted * (1 + CHECKPOINT_MEMORIES) + CHECKPOINT_MAX_STATE ||
           broken(r, "more data than a checkpoint of this model can hold");
}

static bool check_data(const reading *r, const unsigned char *bytes) {
    char digest[HASH_TEXT];
    hash_sha256(bytes, (size_t)r->data, digest);
    if (r->digest && strcmp(r->digest, digest) != 0)
        return broken(r, "the data does not have the checksum that the file states");
    for (size_t i = 0; i < r->count; i++) {
        const entry *e = &r->entries[i];
        for (uint64_t at = e->begin; e->tensor && at < e->end; at += CHECKPOINT_FLOAT)
            if (!bits_finite(get_bits(bytes + at))) {
                error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
                          "tensor '%s': number %" PRIu64 " is infinite or not a number; training "
                          "had failed when it was saved, take an earlier file",
                          e->name, (at - e->begin) / CHECKPOINT_FLOAT);
                return false;
            }
    }
    return true;
}

static char *copy_state(const reading *r, const unsigned char *bytes) {
    size_t length = (size_t)(r->state->end - r->state->begin);
    char *text = malloc(length + 1);
    if (!text) {
        error_no_memory(r->errors);
        return NULL;
    }
    memcpy(text, bytes + r->state->begin, length);
    text[length] = '\0';
    return text;
}

static bool read_data(reading *r, char **state) {
    unsigned char *bytes = malloc((size_t)r->data + 1);
    if (!bytes) {
        error_no_memory(r->errors);
        return false;
    }
    bool ok = file_next(&r->in, bytes, (size_t)r->data, r->errors) && check_data(r, bytes) &&
              (!state || (*state = copy_state(r, bytes)));
    for (size_t i = 0; ok && i < r->count; i++) {
        const entry *e = &r->entries[i];
        if (e->tensor)
            get_floats(bytes + e->begin, shape_size(&e->tensor->shape), e->tensor->data);
    }
    free(bytes);
    return ok;
}

bool checkpoint_read(const char *path, const checkpoint_tensor *tensors, int count, char **state,
                     lcnn_errors *errors) {
    reading r = {.at = error_file(errors, path), .errors = errors, .arena = arena_new()};
    if (!r.arena)
        error_no_memory(errors);
    if (!r.arena || !file_open(&r.in, path, LCNN_BAD_WEIGHTS, errors)) {
        arena_free(r.arena);
        return false;
    }
    bool ok = read_header(&r) && check_metadata(&r) && read_entries(&r) && check_places(&r) &&
              check_differences(&r, tensors, count) &&
              check_size(&r, tensors, count, state != NULL) && read_data(&r, state);
    free(r.entries);
    arena_free(r.arena);
    file_close(&r.in);
    return ok;
}
