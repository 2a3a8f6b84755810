/* test_datasets.c - data sets by name and by folder: what is read, what is put right, and what is
 * refused, byte by byte. Small sets are written to a folder of the test's own. */
#include "config.h"

#include "datasets.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static lcnn_errors *errors;
static arena *memory;
static char folder[64];

static void set_up(void) {
    errors = lcnn_errors_new();
    memory = arena_new();
    strcpy(folder, "./test_datasets.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    /* Nothing of the machine that the tests run on may be found by accident. */
    setenv("HOME", folder, 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("LCNN_DATA");
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    lcnn_errors_free(errors);
    arena_free(memory);
}

/* ---- Writing small sets -------------------------------------------------------------------- */

enum { COUNT = 10, HEIGHT = 3, WIDTH = 2, PIXELS = HEIGHT * WIDTH };

typedef struct bytes {
    size_t size;
    uint8_t data[1024];
} bytes;

/* Ten images of 3x2 pixels; pixel p of image i is 10 i + p. */
static bytes some_images(void) {
    static const uint8_t header[] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, HEIGHT, 0, 0, 0, WIDTH};
    bytes b = {.size = sizeof header + COUNT * PIXELS};
    memcpy(b.data, header, sizeof header);
    for (int i = 0; i < COUNT * PIXELS; i++)
        b.data[sizeof header + (size_t)i] = (uint8_t)(i / PIXELS * 10 + i % PIXELS);
    return b;
}

/* Label i % 5 + first for image i. */
static bytes some_labels(int first) {
    static const uint8_t header[] = {0, 0, 8, 1, 0, 0, 0, COUNT};
    bytes b = {.size = sizeof header + COUNT};
    memcpy(b.data, header, sizeof header);
    for (int i = 0; i < COUNT; i++)
        b.data[sizeof header + (size_t)i] = (uint8_t)(i % 5 + first);
    return b;
}

static bytes zipped(const uint8_t *data, size_t size) {
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

static bytes joined(bytes a, const bytes *b) {
    memcpy(a.data + a.size, b->data, b->size);
    a.size += b->size;
    return a;
}

static void put_text(const char *name, const char *text) {
    FILE *f = fopen(arena_format(memory, "%s/%s", folder, name), "wb");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void put(const char *name, const bytes *b) {
    FILE *f = fopen(arena_format(memory, "%s/%s", folder, name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b->data, 1, b->size, f), b->size);
    fclose(f);
}

static const char images_name[] = "train-images-idx3-ubyte",
                  labels_name[] = "train-labels-idx1-ubyte";

static void put_train(void) {
    bytes images = some_images(), labels = some_labels(0);
    put(images_name, &images);
    put(labels_name, &labels);
}

/* ---- What is expected ---------------------------------------------------------------------- */

static dataset *opened(const char *name) {
    dataset *d = datasets_open(name, errors);
    ck_assert_msg(d != NULL, "%s: %s", name, d ? "" : lcnn_errors_text(errors, 0));
    return d;
}

/* Opening must fail with one message that holds `part`. */
static void refused(const char *name, const char *part) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(name, e);
    ck_assert_msg(d == NULL, "accepted; expected: %s", part);
    ck_assert_int_eq(lcnn_errors_count(e), 1);
    ck_assert_int_eq(lcnn_errors_status(e), LCNN_BAD_DATA);
    ck_assert_msg(strstr(lcnn_errors_text(e, 0), part) != NULL, "'%s' not in '%s'", part,
                  lcnn_errors_text(e, 0));
    lcnn_errors_free(e);
}

static bool accepted(void) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(folder, e);
    bool fine = d != NULL;
    ck_assert_int_eq(lcnn_errors_count(e), fine ? 0 : 1);
    datasets_close(d);
    lcnn_errors_free(e);
    return fine;
}

static void check_train(const dataset *d) {
    ck_assert_uint_eq(d->train.count, COUNT);
    ck_assert_int_eq(d->train.labels[7], 2);
    ck_assert_int_eq(d->train.images[9 * PIXELS + 5], 95);
}

/* ---- Folders ------------------------------------------------------------------------------- */

START_TEST(a_folder_of_usual_names) {
    put_train();
    dataset *d = opened(folder);
    check_train(d);
    ck_assert_uint_eq(d->test.count, 0);
    ck_assert_int_eq(d->info.classes, 5);
    ck_assert_str_eq(d->info.class_names[4], "4");
    ck_assert(shape_equal(&d->info.image, &(shape){3, {1, HEIGHT, WIDTH}}));
    /* sha256sum of the images and labels without their headers */
    ck_assert_str_eq(d->sha256, "190ebde090fca834769ee9acf1fba2c826d514b394dececc31eebe330ed5a96e");
    datasets_close(d);
}
END_TEST

START_TEST(a_folder_may_hold_a_test_part_only) {
    bytes images = some_images(), labels = some_labels(0);
    put("t10k-images-idx3-ubyte", &images);
    put("t10k-labels-idx1-ubyte", &labels);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count, 0);
    ck_assert_uint_eq(d->test.count, COUNT);
    datasets_close(d);
}
END_TEST

START_TEST(dataset_yaml_puts_right_what_is_transposed_and_counted_from_one) {
    bytes images = some_images(), labels = some_labels(1);
    put("a.gz", &images); /* the name says gzip, the bytes do not: the bytes count */
    put("b", &labels);
    put_text("dataset.yaml", "name: tiny\nshape: [1, 2, 3]\ntransposed: true\nfirst_label: 1\n"
                             "classes: [a, b, c, d, e]\nfiles:\n  test: {images: a, labels: b}\n");
    dataset *d = opened(folder);
    ck_assert_str_eq(d->info.name, "tiny");
    ck_assert_str_eq(d->info.class_names[4], "e");
    ck_assert_int_eq(d->test.labels[9], 4);
    static const uint8_t upright[] = {10, 12, 14, 11, 13, 15};
    ck_assert_mem_eq(d->test.images + PIXELS, upright, PIXELS);
    datasets_close(d);
}
END_TEST

START_TEST(dataset_yaml_is_checked) {
    static const char rest[] = "shape: [1, 3, 2]\nclasses: [a, b, c, d, e]\n";
    static const struct {
        const char *yaml, *message;
    } wrong[] = {
        {"files: {trian: {images: a, labels: b}}", ":4:9: error: unknown part 'trian'"},
        {"files: {train: {images: a}}", "labels"},
        {"files: {train: {images: a, labels: b}}", ":4:16: error: no file a "},
        {"files: {}", "must be a map of train, test or both"},
        {"about: x", "files is missing"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_text("dataset.yaml", arena_format(memory, "name: x\n%s%s\n", rest, wrong[i].yaml));
        lcnn_errors *e = lcnn_errors_new();
        ck_assert_ptr_null(datasets_open(folder, e));
        ck_assert_msg(strstr(lcnn_errors_text(e, 0), wrong[i].message) != NULL, "'%s' not in '%s'",
                      wrong[i].message, lcnn_errors_text(e, 0));
        lcnn_errors_free(e);
    }
}
END_TEST

START_TEST(a_folder_named_as_emnist_is_emnist) {
    bytes labels = some_labels(1);
    FILE *f = fopen(arena_format(memory, "%s/emnist-letters-test-images-idx3-ubyte", folder), "wb");
    static const uint8_t header[] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, 28, 0, 0, 0, 28};
    fwrite(header, 1, sizeof header, f);
    for (int i = 0; i < COUNT * 784; i++)
        fputc(i % 784 == 1 ? 255 : 0, f); /* row 0, column 1 as stored */
    fclose(f);
    put("emnist-letters-test-labels-idx1-ubyte", &labels);
    dataset *d = opened(folder);
    ck_assert_str_eq(d->info.name, "emnist-letters");
    ck_assert_int_eq(d->test.labels[4], 4);
    ck_assert_int_eq(d->test.images[28], 255);
    datasets_close(d);
}
END_TEST

START_TEST(a_folder_that_could_be_several_sets) {
    put_train();
    bytes labels = some_labels(0);
    put("other-test-labels-idx1-ubyte", &labels);
    refused(folder, "the files of several sets are in this folder");
}
END_TEST

START_TEST(folders_without_data) {
    refused(folder, "neither a dataset.yaml nor IDX files");
    refused("./no such folder", "./no such folder: error: this folder cannot be read");
    put_train();
    unlink(arena_format(memory, "%s/%s", folder, labels_name));
    refused(folder, "train-labels-idx1-ubyte: error: No such file");
}
END_TEST

/* ---- IDX ----------------------------------------------------------------------------------- */

START_TEST(idx_headers) {
    static const struct {
        size_t at;
        uint8_t value;
        const char *message;
    } wrong[] = {
        {0, 'B', "ubyte:@0x0: error: not an IDX file: it begins with 42 00 08 03"},
        {0, '<', "this is a web page"},
        {2, 0x0d, "elements of IDX type 0x0d; only unsigned bytes, 0x08, are read"},
        {3, 1, "images (3 or 4 dimensions) expected, but the data have 1 dimension; are the files"},
        {3, 2, "images (3 or 4 dimensions) expected, but the data have 2 dimensions"},
        {4, 0xff, "ubyte:@0x4: error: a number of samples of 4278190090"},
        {4, 0x7f, "a plain file of 76 bytes cannot hold them"},
        {7, 0, "a number of samples of 0"},
        {7, 9, "more bytes than the header tells of"},
        {7, 11, "a plain file of 76 bytes cannot hold them"},
        {11, 0, "ubyte:@0x8: error: a height of 0"},
        {14, 0x20, "ubyte:@0xc: error: a width of 8194"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_train();
        bytes images = some_images();
        images.data[wrong[i].at] = wrong[i].value;
        put(images_name, &images);
        refused(folder, wrong[i].message);
    }
}
END_TEST

START_TEST(every_bit_of_a_header_counts) {
    put_train();
    for (int bit = 0; bit < 8 * 16; bit++) {
        bytes images = some_images();
        images.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        put(images_name, &images);
        ck_assert_msg(!accepted(), "bit %d", bit);
    }
}
END_TEST

START_TEST(every_truncation_is_found) {
    put_train();
    bytes images = some_images(), packed = zipped(images.data, images.size);
    for (size_t size = 0; size < images.size; size++) {
        bytes cut = images;
        cut.size = size;
        put(images_name, &cut);
        ck_assert_msg(!accepted(), "plain, %zu bytes", size);
    }
    for (size_t size = 0; size < packed.size; size++) {
        bytes cut = packed;
        cut.size = size;
        put(images_name, &cut);
        ck_assert_msg(!accepted(), "gzip, %zu bytes", size);
    }
    put(images_name, &packed);
    ck_assert(accepted());
}
END_TEST

START_TEST(gzip_members_may_be_joined_anywhere) {
    put_train();
    bytes images = some_images();
    for (size_t at = 0; at <= images.size; at++) {
        bytes second = zipped(images.data + at, images.size - at);
        bytes both = joined(zipped(images.data, at), &second);
        put(images_name, &both);
        dataset *d = opened(folder);
        check_train(d);
        datasets_close(d);
    }
}
END_TEST

START_TEST(what_follows_gzip_data_is_refused) {
    put_train();
    bytes images = some_images(), packed = zipped(images.data, images.size);
    bytes junk = {.size = 4, .data = "junk"}, zeros = {.size = 3};
    bytes more = zipped(junk.data, junk.size);
    bytes with_junk = joined(packed, &junk), with_zeros = joined(packed, &zeros);
    bytes with_member = joined(packed, &more);
    put(images_name, &with_junk);
    refused(folder, arena_format(memory, "@0x%zx: error: bytes follow the end of the gzip data",
                                 packed.size));
    put(images_name, &with_zeros);
    refused(folder, "bytes follow the end of the gzip data");
    put(images_name, &with_member);
    refused(folder, "@0x4c: error: more bytes than the header tells of");
}
END_TEST

START_TEST(a_wrong_checksum_is_found) {
    put_train();
    bytes images = some_images(), packed = zipped(images.data, images.size);
    packed.data[packed.size - 8] ^= 1;
    put(images_name, &packed);
    refused(folder, "damaged gzip file: incorrect data check");
}
END_TEST

START_TEST(a_gzip_bomb_is_not_unpacked) {
    put_train();
    bytes images = some_images();
    images.data[4] = 0x40; /* 2^30 images and ten */
    bytes packed = zipped(images.data, images.size);
    put(images_name, &packed);
    refused(folder, "a gzip file of");
}
END_TEST

START_TEST(images_and_labels_must_fit) {
    put_train();
    bytes labels = some_labels(0), images = some_images();
    labels.data[7] = 9;
    labels.size--;
    put(labels_name, &labels);
    refused(folder, "10 images, but 9 labels in");

    labels = some_labels(0);
    put(images_name, &labels);
    put(labels_name, &images);
    refused(folder, "are the files of images and labels swapped?");

    put_train();
    put_text(
        "dataset.yaml",
        "name: x\nshape: [1, 3, 2]\nclasses: [a, b, c, d]\n"
        "files: {train: {images: train-images-idx3-ubyte, labels: train-labels-idx1-ubyte}}\n");
    refused(folder, "ubyte:@0xc: error: label 4 is 4; the labels of x are 0 to 3");
    put_text(
        "dataset.yaml",
        "name: x\nshape: [1, 2, 3]\nclasses: [a, b, c, d, e]\n"
        "files: {train: {images: train-images-idx3-ubyte, labels: train-labels-idx1-ubyte}}\n");
    refused(folder, "images of 1x3x2; x has images of 1x2x3");
}
END_TEST

START_TEST(what_is_no_file_is_not_waited_for) {
    put_train();
    const char *path = arena_format(memory, "%s/%s", folder, images_name);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refused(folder, "ubyte: error: not a regular file");
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    refused(folder, "ubyte: error: not a regular file");
    rmdir(path);
}
END_TEST

/* ---- Names --------------------------------------------------------------------------------- */

START_TEST(known_sets_need_no_files_to_be_known) {
    const dataset_info *info = datasets_info("emnist", (mark){0}, memory, errors);
    ck_assert_ptr_nonnull(info);
    ck_assert_str_eq(info->name, "emnist-balanced");
    ck_assert_int_eq(info->classes, 47);
    ck_assert_str_eq(info->class_names[36], "a");
    ck_assert_str_eq(info->class_names[46], "t");
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
    ck_assert_str_eq(lcnn_notes_text(errors, 0), "emnist means emnist-balanced");
    datasets_info("emnist", (mark){0}, memory, errors);
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
}
END_TEST

START_TEST(the_catalogue) {
    static const struct {
        const char *name;
        int classes;
    } known[] = {{"mnist", 10},          {"fashion-mnist", 10},  {"emnist-balanced", 47},
                 {"emnist-bymerge", 47}, {"emnist-byclass", 62}, {"emnist-letters", 26},
                 {"emnist-digits", 10},  {"emnist-mnist", 10},   {"glyphs", 10},
                 {"glyphs-47", 47},      {"glyphs-62", 62}};
    int count;
    const datasets_entry *entry = datasets_list(&count, memory, errors);
    ck_assert_int_eq(count, sizeof known / sizeof known[0]);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(entry[i].info->name, known[i].name);
        ck_assert_int_eq(entry[i].info->classes, known[i].classes);
    }
    ck_assert_ptr_null(entry[2].where);
    ck_assert_str_eq(entry[8].where, "built in");
}
END_TEST

START_TEST(unknown_names) {
    ck_assert_ptr_null(datasets_open("mnsit", errors));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "did you mean 'mnist'?"));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
    ck_assert_ptr_null(datasets_open("", errors));
    ck_assert_ptr_null(datasets_open("mnist:100", errors));
    ck_assert_ptr_null(datasets_open("glyphs:", errors));
    ck_assert_ptr_null(datasets_open("glyphs:0", errors));
    ck_assert_ptr_null(datasets_open("glyphs:99999999999999999999", errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 6);
}
END_TEST

START_TEST(a_missing_set_says_what_to_do) {
    setenv("LCNN_DATA", "/nowhere", 1);
    setenv("XDG_DATA_HOME", "/data", 1);
    setenv("XDG_CACHE_HOME", "relative/paths/do/not/count", 1);
    setenv("HOME", "/home/me", 1);
    refused("emnist",
            "looked in /nowhere, /data/lcnn, /home/me/.cache/lcnn, /usr/share/datasets, and "
            "in the folder emnist in each.");
    refused("emnist", "--data glyphs");
}
END_TEST

/* An MNIST of nothing but its form: two images of 28x28. */
static void put_mnist(const char *path) {
    const char *full = arena_format(memory, "%s/%s", folder, path);
    mkdir(full, 0700);
    bytes labels = {.size = 10, .data = {0, 0, 8, 1, 0, 0, 0, 2, 3, 9}};
    uint8_t images[16 + 2 * 784] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28};
    bytes packed = zipped(images, sizeof images);
    put(arena_format(memory, "%s/t10k-labels-idx1-ubyte", path), &labels);
    put(arena_format(memory, "%s/t10k-images-idx3-ubyte.gz", path), &packed);
}

START_TEST(sets_are_found_in_their_places) {
    setenv("LCNN_DATA", folder, 1);
    put_mnist("mnist");
    dataset *d = opened("mnist");
    ck_assert_uint_eq(d->train.count, 0);
    ck_assert_uint_eq(d->test.count, 2);
    ck_assert_int_eq(d->test.labels[1], 9);
    datasets_close(d);

    put_mnist("."); /* in the place itself, too */
    ck_assert_int_eq(system(arena_format(memory, "rm -r '%s/mnist'", folder)), 0);
    datasets_close(opened("mnist"));

    put_mnist("lcnn");
    setenv("LCNN_DATA", "/nowhere", 1);
    ck_assert_int_eq(setenv("XDG_DATA_HOME", realpath(folder, NULL), 1), 0);
    datasets_close(opened("mnist"));
}
END_TEST

START_TEST(mnist_is_never_taken_for_fashion_mnist) {
    put_mnist("mnist");
    setenv("LCNN_DATA", arena_format(memory, "%s/mnist", folder), 1);
    datasets_close(opened("mnist"));
    dataset *d = datasets_open("fmnist", errors); /* may be installed on this machine */
    ck_assert(d == NULL || d->train.count == 60000);
    datasets_close(d);
}
END_TEST

/* ---- Real data ----------------------------------------------------------------------------- */

static const char *real_data(void) {
    const char *given = getenv("LCNN_TEST_DATA"), *root = getenv("srcdir");
    const char *path = given ? given : arena_format(memory, "%s/../shared/data", root ? root : ".");
    return access(path, R_OK) == 0 ? path : NULL;
}

/* The sum of the images of a class. */
static void add_up(const split *s, int label, double sum[784]) {
    memset(sum, 0, 784 * sizeof *sum);
    for (uint32_t i = 0; i < s->count; i++)
        for (size_t p = 0; p < 784 && s->labels[i] == label; p++)
            sum[p] += s->images[(size_t)i * 784 + p];
}

/* How alike the means of a class are in two sets, b as it is or with rows and columns exchanged. */
static double likeness(const split *a, const split *b, int label, bool exchanged) {
    double x[784], y[784], xx = 0, yy = 0, xy = 0;
    add_up(a, label, x);
    add_up(b, label, y);
    for (int p = 0; p < 784; p++) {
        double q = y[exchanged ? p % 28 * 28 + p / 28 : p];
        xx += x[p] * x[p];
        yy += q * q;
        xy += x[p] * q;
    }
    return xy * xy / (xx * yy);
}

START_TEST(real_mnist_and_emnist_stand_the_same_way_up) {
    const char *path = real_data();
    if (!path)
        suite_skip("no real data; set LCNN_TEST_DATA to a folder with mnist and emnist in it");
    setenv("LCNN_DATA", path, 1);
    dataset *mnist = opened("mnist"), *emnist = opened("emnist-mnist");
    ck_assert_uint_eq(mnist->train.count, 60000);
    ck_assert_uint_eq(mnist->test.count, 10000);
    ck_assert_int_eq(mnist->test.labels[0], 7);
    ck_assert_uint_eq(emnist->train.count, 0);
    ck_assert_uint_eq(emnist->test.count, 10000);
    for (int label = 0; label < 10; label++) {
        double upright = likeness(&mnist->test, &emnist->test, label, false);
        ck_assert_msg(upright > likeness(&mnist->test, &emnist->test, label, true), "%d", label);
    }
    datasets_close(mnist);
    datasets_close(emnist);
}
END_TEST

START_TEST(real_emnist47_reads_as_its_yaml_says) {
    const char *path = real_data();
    if (!path)
        suite_skip("no real data; set LCNN_TEST_DATA to a folder with emnist47 in it");
    dataset *d = opened(arena_format(memory, "%s/emnist47", path));
    ck_assert_uint_eq(d->train.count, 94545);
    ck_assert_uint_eq(d->test.count, 9400);
    ck_assert_int_eq(d->info.classes, 47);
    ck_assert_str_eq(d->info.class_names[21], "L");
    datasets_close(d);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("datasets");
    TCase *cases = tcase_create("datasets");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_folder_of_usual_names);
    tcase_add_test(cases, a_folder_may_hold_a_test_part_only);
    tcase_add_test(cases, dataset_yaml_puts_right_what_is_transposed_and_counted_from_one);
    tcase_add_test(cases, dataset_yaml_is_checked);
    tcase_add_test(cases, a_folder_named_as_emnist_is_emnist);
    tcase_add_test(cases, a_folder_that_could_be_several_sets);
    tcase_add_test(cases, folders_without_data);
    tcase_add_test(cases, idx_headers);
    tcase_add_test(cases, every_bit_of_a_header_counts);
    tcase_add_test(cases, every_truncation_is_found);
    tcase_add_test(cases, gzip_members_may_be_joined_anywhere);
    tcase_add_test(cases, what_follows_gzip_data_is_refused);
    tcase_add_test(cases, a_wrong_checksum_is_found);
    tcase_add_test(cases, a_gzip_bomb_is_not_unpacked);
    tcase_add_test(cases, images_and_labels_must_fit);
    tcase_add_test(cases, what_is_no_file_is_not_waited_for);
    tcase_add_test(cases, known_sets_need_no_files_to_be_known);
    tcase_add_test(cases, the_catalogue);
    tcase_add_test(cases, unknown_names);
    tcase_add_test(cases, a_missing_set_says_what_to_do);
    tcase_add_test(cases, sets_are_found_in_their_places);
    tcase_add_test(cases, mnist_is_never_taken_for_fashion_mnist);
    tcase_add_test(cases, real_mnist_and_emnist_stand_the_same_way_up);
    tcase_add_test(cases, real_emnist47_reads_as_its_yaml_says);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
