/* npy.c - headers and elements of NumPy arrays; see npy.h. */
#include "config.h"

#include "npy.h"
#include "npy_source.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 1 << 16 };

static bool wrong(const npy_place *at, lcnn_errors *errors, const char *what) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, at->path), "%s%sNumPy array: %s",
              at->member ? at->member : "", at->member ? ": " : "", what);
    return false;
}

/* ---- The header: a dictionary as Python writes it -------------------------------------------- */

typedef struct header {
    const npy_place *at;
    lcnn_errors *errors;
    const char *p; /* NUL-terminated */
    bool has_type, has_order, has_shape;
} header;

static bool malformed(const header *h) {
    return wrong(h->at, h->errors, "the header is not of the form that NumPy writes");
}

static bool accept(header *h, const char *text) {
    h->p += strspn(h->p, " \n");
    size_t length = strlen(text);
    if (strncmp(h->p, text, length) != 0)
        return false;
    h->p += length;
    return true;
}

/* '<u1', '|b1', ... */
static bool read_type(header *h, npy *out) {
    char quote = *h->p == '"' ? '"' : '\'';
    if (*h->p == '[')
        return wrong(h->at, h->errors, "elements with fields; numbers are read");
    if (*h->p++ != quote)
        return malformed(h);
    const char *end = strchr(h->p, quote);
    if (!end)
        return malformed(h);
    const char *t = h->p;
    h->p = end + 1;
    if (end - t == 3 && strchr("<>|", t[0]) && strchr("uifb", t[1]) && strchr("1248", t[2])) {
        out->big = t[0] == '>';
        out->kind = t[1];
        out->width = t[2] - '0';
        if ((out->kind != 'b' || out->width == 1) && (out->kind != 'f' || out->width >= 4))
            return true;
    }
    error_add(h->errors, LCNN_BAD_DATA, error_file(h->errors, h->at->path),
              "%s%sNumPy array: elements of type '%.*s'; integers of 8 to 64 bits, float32 and "
              "float64 are read (array.astype)",
              h->at->member ? h->at->member : "", h->at->member ? ": " : "",
              end - t < 16 ? (int)(end - t) : 16, t);
    return false;
}

static bool read_shape(header *h, npy *out) {
    if (!accept(h, "("))
        return malformed(h);
    out->count = 1;
    while (!accept(h, ")")) {
        uint64_t n = 0;
        h->p += strspn(h->p, " ");
        if (*h->p < '0' || *h->p > '9')
            return malformed(h);
        for (; *h->p >= '0' && *h->p <= '9'; h->p++)
            if ((n = n * 10 + (uint64_t)(*h->p - '0')) > INT32_MAX)
                return wrong(h->at, h->errors, "a dimension above 2147483647");
        if (out->rank == NPY_MAX_RANK)
            return wrong(h->at, h->errors, "more than 8 dimensions");
        out->dim[out->rank++] = n;
        if (__builtin_mul_overflow(out->count, n, &out->count) || out->count > INT64_MAX / 8)
            return wrong(h->at, h->errors, "more elements than any memory holds");
        if (!accept(h, ",") && *(h->p + strspn(h->p, " ")) != ')')
            return malformed(h);
    }
    return true;
}

static bool read_entry(header *h, npy *out) {
    if (!h->has_type && accept(h, "'descr':")) {
        h->has_type = true;
        h->p += strspn(h->p, " ");
        return read_type(h, out);
    }
    if (!h->has_shape && accept(h, "'shape':")) {
        h->has_shape = true;
        return read_shape(h, out);
    }
    if (h->has_order || !accept(h, "'fortran_order':"))
        return malformed(h);
    h->has_order = true;
    if (accept(h, "True"))
        return wrong(h->at, h->errors,
                     "in Fortran's order; save it as numpy.ascontiguousarray(array)");
    return accept(h, "False") || malformed(h);
}

static bool parse_header(header *h, npy *out) {
    *out = (npy){0};
    if (!accept(h, "{"))
        return malformed(h);
    while (!accept(h, "}")) {
        if (!read_entry(h, out))
            return false;
        if (!accept(h, ",") && *(h->p + strspn(h->p, " ")) != '}')
            return malformed(h);
    }
    h->p += strspn(h->p, " \n");
    return (h->has_type && h->has_order && h->has_shape && *h->p == '\0') || malformed(h);
}

static bool read_header(npy_source *s, const npy_place *at, npy *out, uint64_t *data_at,
                        lcnn_errors *errors) {
    uint8_t start[12] = {0};
    size_t got, more;
    if (!npy_bytes(s, start, 10, &got))
        return false;
    if (got < 10 || memcmp(start, "\x93NUMPY", 6) != 0)
        return wrong(at, errors, got < 10 ? "the file ends early" : "it does not begin with NUMPY");
    if (start[6] < 1 || start[6] > 3)
        return wrong(at, errors, "a version of the format other than 1 to 3");
    uint32_t length = (uint32_t)start[8] | (uint32_t)start[9] << 8;
    if (start[6] >= 2) {
        if (!npy_bytes(s, start + 10, 2, &more))
            return false;
        length |= (uint32_t)start[10] << 16 | (uint32_t)start[11] << 24;
        got += more;
    }
    if (length > MAX_HEADER)
        return wrong(at, errors, "a header of more than 65536 bytes");
    char *text = calloc(1, (size_t)length + 1);
    if (!text) {
        error_no_memory(errors);
        return false;
    }
    header h = {.at = at, .errors = errors, .p = text};
    bool fine = npy_bytes(s, text, length, &more);
    if (fine && more < length)
        fine = wrong(at, errors, "the file ends early");
    fine = fine && (strlen(text) == length || malformed(&h)) && parse_header(&h, out);
    *data_at = (uint64_t)got + length;
    free(text);
    return fine;
}

/* ---- Elements -------------------------------------------------------------------------------- */

static bool read_elements(npy_source *s, const npy_place *at, const npy *array, uint64_t data_at,
                          uint8_t **elements, lcnn_errors *errors) {
    uint64_t size = array->count * (uint64_t)array->width;
    size_t got;
    if (size + data_at > npy_capacity(s) || size > SIZE_MAX) {
        error_add(errors, LCNN_BAD_DATA, error_file(errors, at->path),
                  "%s%sNumPy array: the header tells of %" PRIu64
                  " bytes, more than the file can hold",
                  at->member ? at->member : "", at->member ? ": " : "", size);
        return false;
    }
    *elements = malloc(size ? (size_t)size : 1);
    if (!*elements) {
        error_no_memory(errors);
        return false;
    }
    if (!npy_bytes(s, *elements, (size_t)size, &got))
        return false;
    return (got == size || wrong(at, errors, "the file ends early")) && npy_at_end(s);
}

bool npy_header(npy_place at, npy *out, lcnn_errors *errors) {
    uint64_t data_at;
    npy_source *s = npy_open(&at, errors);
    bool fine = s && read_header(s, &at, out, &data_at, errors);
    npy_close(s);
    return fine;
}

bool npy_read(npy_place at, npy *out, uint8_t **elements, lcnn_errors *errors) {
    uint64_t data_at;
    *elements = NULL;
    npy_source *s = npy_open(&at, errors);
    bool fine = s && read_header(s, &at, out, &data_at, errors) &&
                read_elements(s, &at, out, data_at, elements, errors);
    npy_close(s);
    if (!fine) {
        free(*elements);
        *elements = NULL;
    }
    return fine;
}

/* The bits of an element. */
static uint64_t bits(const npy *array, const uint8_t *elements, uint64_t i) {
    const uint8_t *e = elements + i * (uint64_t)array->width;
    uint64_t value = 0;
    for (int k = 0; k < array->width; k++)
        value = value << 8 | e[array->big ? k : array->width - 1 - k];
    return value;
}

double npy_real(const npy *array, const uint8_t *elements, uint64_t i) {
    uint64_t wide = bits(array, elements, i);
    uint32_t narrow = (uint32_t)wide;
    float single;
    double real;
    memcpy(&single, &narrow, sizeof single);
    memcpy(&real, &wide, sizeof real);
    return array->width == 4 ? (double)single : real;
}

bool npy_integer(const npy *array, const uint8_t *elements, uint64_t i, int64_t *out) {
    if (array->kind == 'f') {
        double real = npy_real(array, elements, i);
        bool small = real >= -1e15 && real <= 1e15; /* false of what is no number */
        *out = small ? (int64_t)real : 0;
        return small && (double)*out == real;
    }
    uint64_t value = bits(array, elements, i);
    int above = 64 - 8 * array->width;
    if (array->kind == 'i')
        *out = (int64_t)(value << above) >> above;
    else
        *out = (int64_t)value;
    return array->kind == 'i' || value <= INT64_MAX;
}

const char *npy_type(const npy *array, arena *a) {
    const char *kind = array->kind == 'u' ? "uint" : array->kind == 'i' ? "int" : "float";
    return array->kind == 'b' ? "bool"
                              : arena_format(a, "%s%d%s", kind, 8 * array->width,
                                             array->big ? " (big-endian)" : "");
}
