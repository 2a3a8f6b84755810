/* small_set.c - the small data set of small_set.h, written and checked. */
#include "config.h"

#include "small_set.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

lcnn_errors *errors;
arena *memory;
char folder[512];

void set_up(void) {
    errors = lcnn_errors_new();
    memory = arena_new();
    strcpy(folder, "./small_set.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    /* Nothing of the machine that the tests run on may be found by accident. */
    setenv("HOME", folder, 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("LCNN_DATA");
}

void tear_down(void) {
    char command[600];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    lcnn_errors_free(errors);
    arena_free(memory);
}

/* ---- Writing small sets -------------------------------------------------------------------- */

bytes some_images(void) {
    static const uint8_t header[] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, HEIGHT, 0, 0, 0, WIDTH};
    bytes b = {.size = sizeof header + COUNT * PIXELS};
    memcpy(b.data, header, sizeof header);
    for (int i = 0; i < COUNT * PIXELS; i++)
        b.data[sizeof header + (size_t)i] = (uint8_t)(i / PIXELS * 10 + i % PIXELS);
    return b;
}

bytes some_labels(int first) {
    static const uint8_t header[] = {0, 0, 8, 1, 0, 0, 0, COUNT};
    bytes b = {.size = sizeof header + COUNT};
    memcpy(b.data, header, sizeof header);
    for (int i = 0; i < COUNT; i++)
        b.data[sizeof header + (size_t)i] = (uint8_t)(i % 5 + first);
    return b;
}

bytes zipped(const uint8_t *data, size_t size) {
    bytes b = {0};
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (unsigned)size,
                  .next_out = b.data,
                  .avail_out = sizeof b.data};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.size = z.total_out;
    deflateEnd(&z);
    return b;
}

bytes joined(bytes a, const bytes *b) {
    memcpy(a.data + a.size, b->data, b->size);
    a.size += b->size;
    return a;
}

void put_text(const char *name, const char *text) {
    FILE *f = fopen(arena_format(memory, "%s/%s", folder, name), "wb");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

void put(const char *name, const bytes *b) {
    FILE *f = fopen(arena_format(memory, "%s/%s", folder, name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b->data, 1, b->size, f), b->size);
    fclose(f);
}

const char images_name[] = "train-images-idx3-ubyte", labels_name[] = "train-labels-idx1-ubyte";

void put_train(void) {
    bytes images = some_images(), labels = some_labels(0);
    put(images_name, &images);
    put(labels_name, &labels);
}

/* ---- What is expected ---------------------------------------------------------------------- */

dataset *opened(const char *name) {
    dataset *d = datasets_open(name, errors);
    ck_assert_msg(d != NULL, "%s: %s", name, d ? "" : lcnn_errors_text(errors, 0));
    return d;
}

void refused(const char *name, const char *part) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(name, e);
    ck_assert_msg(d == NULL, "accepted; expected: %s", part);
    ck_assert_int_eq(lcnn_errors_count(e), 1);
    ck_assert_int_eq(lcnn_errors_status(e), LCNN_BAD_DATA);
    ck_assert_msg(strstr(lcnn_errors_text(e, 0), part) != NULL, "'%s' not in '%s'", part,
                  lcnn_errors_text(e, 0));
    lcnn_errors_free(e);
}

void check_train(const dataset *d) {
    ck_assert_uint_eq(d->train.count, COUNT);
    ck_assert_int_eq(d->train.labels[7], 2);
    ck_assert_int_eq(d->train.images[9 * PIXELS + 5], 95);
}
