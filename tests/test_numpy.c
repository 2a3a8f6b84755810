/* test_numpy.c - data sets of NumPy arrays, as .npy files in a folder and in .npz archives. */
#include "config.h"

#include "npy.h"
#include "small_set.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

/* How this machine lays numbers out. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define HOST_ORDER ">"
#else
#define HOST_ORDER "<"
#endif

/* ---- Writing arrays -------------------------------------------------------------------------- */

typedef struct array {
    size_t size;
    uint8_t bytes[2048];
} array;

/* As numpy.save writes it: version 1, header padded to a multiple of 64. */
static array npy_of_header(const char *header, const void *data, size_t size) {
    array a = {.bytes = "\x93NUMPY\x01"};
    size_t length = strlen(header), whole = (10 + length + 1 + 63) / 64 * 64;
    memset(a.bytes + 10, ' ', whole - 10);
    memcpy(a.bytes + 10, header, length);
    a.bytes[whole - 1] = '\n';
    a.bytes[8] = (uint8_t)(whole - 10);
    a.bytes[9] = (uint8_t)((whole - 10) >> 8);
    memcpy(a.bytes + whole, data, size);
    a.size = whole + size;
    return a;
}

static array npy_of(const char *type, const char *dims, const void *data, size_t size) {
    return npy_of_header(arena_format(memory,
                                      "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                                      type, dims),
                         data, size);
}

static const char *put_array(const char *name, array a) {
    const char *path = arena_format(memory, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(a.bytes, 1, a.size, f), a.size);
    fclose(f);
    return path;
}

/* Four images of 2x3, bytes 0 to 23, and their labels. */
static array four_images(void) {
    uint8_t data[24];
    for (int i = 0; i < 24; i++)
        data[i] = (uint8_t)i;
    return npy_of("|u1", "4, 2, 3", data, sizeof data);
}

static array four_labels(void) {
    return npy_of("|u1", "4,", "\0\1\2\1", 4);
}

static void put_pair(array images, array labels) {
    put_array("x_train.npy", images);
    put_array("y_train.npy", labels);
}

static void check_four(const char *name) {
    dataset *d = opened(name);
    ck_assert(shape_equal(&d->info.image, &(shape){3, {1, 2, 3}}));
    ck_assert_int_eq(d->info.classes, 3);
    ck_assert_uint_eq(d->train.count, 4);
    for (int i = 0; i < 24; i++)
        ck_assert_int_eq(d->train.images[i], i);
    ck_assert_mem_eq(d->train.labels, "\0\1\2\1", 4);
    datasets_close(d);
}

/* ---- Files ----------------------------------------------------------------------------------- */

START_TEST(arrays_in_a_folder) {
    put_pair(four_images(), four_labels());
    check_four(folder);
    put_array("x_test.npy", four_images());
    refused(folder, "there is an array x_test, but no y_test");
    put_array("y_test.npy", four_labels());
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->test.count, 4);
    ck_assert_int_eq(d->test.images[23], 23);
    datasets_close(d);
    put_array("val_images.npy", four_images());
    d = opened(folder);
    ck_assert_ptr_nonnull(strstr(lcnn_notes_text(errors, 0), "not read: val_images.npy"));
    datasets_close(d);
    refused(arena_format(memory, "%s/x_test.npy", folder), "this file is one array");
}
END_TEST

START_TEST(images_and_labels_are_divided) {
    put_array("images.npy", four_images());
    put_array("labels.npy", four_labels());
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count + d->test.count, 4);
    datasets_close(d);
    put_text("dataset.yaml", "split: 1\nclasses: [a, b, c, d]\n");
    d = opened(folder);
    ck_assert_uint_eq(d->test.count, 4);
    ck_assert_str_eq(d->info.class_names[2], "c");
    datasets_close(d);
}
END_TEST

START_TEST(arrays_that_do_not_fit) {
    put_pair(four_images(), four_labels());
    put_array("train_images.npy", four_images());
    put_array("train_labels.npy", four_labels());
    refused(folder, "arrays of two names stand for the same part; keep one pair of them");
    unlink(arena_format(memory, "%s/train_images.npy", folder));
    unlink(arena_format(memory, "%s/train_labels.npy", folder));
    put_array("x_test.npy", npy_of("|u1", "4, 3, 2", four_images().bytes, 24));
    put_array("y_test.npy", four_labels());
    refused(folder, "x_test.npy: error: images of shape [4, 3, 2]: the other part has images of "
                    "another size");
    put_array("x_test.npy", four_images());
    put_text("dataset.yaml", "classes: [a, b]\n");
    refused(folder, "y_train.npy: error: label 2 is 2; the labels of ");
}
END_TEST

START_TEST(labels_of_every_type) {
    static const struct {
        const char *type;
        size_t size;
        uint8_t data[32];
    } known[] = {
        {"|i1", 4, {0, 1, 2, 1}},
        {"<u2", 8, {0, 0, 1, 0, 2, 0, 1, 0}},
        {">i2", 8, {0, 0, 0, 1, 0, 2, 0, 1}},
        {"<i4", 16, {0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1}},
        {">u4", 16, {0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1}},
        {"<i8", 32, {[8] = 1, [16] = 2, [24] = 1}},
        {">i8", 32, {[15] = 1, [23] = 2, [31] = 1}},
        {"<u8", 32, {[8] = 1, [16] = 2, [24] = 1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        put_pair(four_images(),
                 npy_of(known[i].type, i % 2 ? "4," : "4, 1", known[i].data, known[i].size));
        check_four(folder);
    }
}
END_TEST

/* Whatever the type, the values must be bytes. */
START_TEST(images_of_other_types) {
    float reals[24];
    int16_t shorts[24];
    for (int i = 0; i < 24; i++)
        shorts[i] = (int16_t)(reals[i] = (float)i);
    put_pair(npy_of(HOST_ORDER "f4", "4, 2, 3", reals, sizeof reals), four_labels());
    check_four(folder);
    put_pair(npy_of(HOST_ORDER "i2", "4, 2, 3", shorts, sizeof shorts), four_labels());
    check_four(folder);
    reals[7] = 0.5f;
    put_pair(npy_of(HOST_ORDER "f4", "4, 2, 3", reals, sizeof reals), four_labels());
    refused(folder, "image 1 (float32) has values other than the whole numbers 0 to 255; save the "
                    "images as uint8");
    shorts[23] = 256;
    put_pair(npy_of(HOST_ORDER "i2", "4, 2, 3", shorts, sizeof shorts), four_labels());
    refused(folder, "image 3 (int16) has values other");
    for (int i = 0; i < 24; i++)
        reals[i] = (float)(i % 2);
    put_pair(npy_of(HOST_ORDER "f4", "4, 2, 3", reals, sizeof reals), four_labels());
    refused(folder, "image 0 (float32) has values other");
    memset(reals, 0xff, sizeof reals); /* no numbers */
    put_pair(npy_of(HOST_ORDER "f4", "4, 2, 3", reals, sizeof reals), four_labels());
    refused(folder, "image 0 (float32) has values other");
}
END_TEST

START_TEST(channels_first_and_last) {
    static const uint8_t planes[] = {0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11};
    array labels = npy_of("|u1", "1,", "\0", 1), images = four_images();
    uint8_t *data = images.bytes + images.size - 24;
    put_pair(npy_of("|u1", "1, 2, 2, 3", data, 12), labels);
    dataset *d = opened(folder);
    ck_assert(shape_equal(&d->info.image, &(shape){3, {3, 2, 2}}));
    ck_assert_mem_eq(d->train.images, planes, 12);
    datasets_close(d);
    put_pair(npy_of("|u1", "1, 3, 2, 2", data, 12), labels);
    d = opened(folder);
    ck_assert(shape_equal(&d->info.image, &(shape){3, {3, 2, 2}}));
    ck_assert_int_eq(d->train.images[11], 11);
    datasets_close(d);
    put_pair(npy_of("|u1", "1, 3, 2, 3", data, 18), labels);
    refused(folder, "images of shape [1, 3, 2, 3]: either dimension could be the channels");
    put_text("dataset.yaml", "shape: [3, 2, 3]\n");
    datasets_close(opened(folder));
    put_text("dataset.yaml", "shape: [3, 3, 2]\n");
    d = opened(folder);
    ck_assert_int_eq(d->train.images[1], 3);
    datasets_close(d);
    unlink(arena_format(memory, "%s/dataset.yaml", folder));
    put_pair(npy_of("|u1", "1, 2, 2, 2", data, 8), labels);
    refused(folder, "neither the second nor the last dimension is 1 or 3");
    put_pair(npy_of("|u1", "1, 9", data, 9), labels);
    d = opened(folder);
    ck_assert_int_eq(d->info.image.dim[2], 3);
    datasets_close(d);
}
END_TEST

START_TEST(headers) {
    static const struct {
        const char *header, *message;
    } wrong[] = {
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (4, 2, 3), }", "in Fortran's order"},
        {"{'descr': '|u1', 'fortran_order': False, }", "not of the form that NumPy writes"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (4, 2, 3), }",
         "elements of type '<c8'; integers of 8 to 64 bits"},
        {"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (4,), }", "with fields"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4, 200, 300), }",
         "the header tells of 240000 bytes, more than the file can hold"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2, 2), }",
         "more bytes than the header tells of"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), "
         "}",
         "more elements than any memory holds"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2147483648,), }",
         "a dimension above 2147483647"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 24), }",
         "more than 8 dimensions"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (4, 0, 3), }",
         "dimensions must be 1 to 4096"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (24,), }",
         "[N, H, W], [N, H, W, C] or [N, C, H, W] expected"},
    };
    uint8_t data[40] = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_pair(npy_of_header(wrong[i].header, data, 24), four_labels());
        refused(folder, wrong[i].message);
    }
    put_pair(four_images(), npy_of("|u1", "4, 10", data, 40));
    refused(folder,
            "labels of shape [4, 10]: one number for each image expected (labels.argmax(1)");
    put_pair(four_images(), npy_of("|u1", "3,", data, 3));
    refused(folder, "4 images, but 3 labels");
    put_pair(four_images(), npy_of("|i1", "4,", "\0\1\2\xff", 4));
    refused(folder, "label 3 (int8) is no whole number from 0 to 255");
}
END_TEST

/* Versions 2 and 3 have a longer length. */
START_TEST(later_versions) {
    array one = four_images();
    for (uint8_t version = 2; version <= 4; version++) {
        array later = one;
        memmove(later.bytes + 12, later.bytes + 10, one.size - 10);
        later.bytes[6] = version;
        later.bytes[10] = later.bytes[11] = 0;
        later.size += 2;
        put_pair(later, four_labels());
        if (version < 4)
            check_four(folder);
        else
            refused(folder, "a version of the format other than 1 to 3");
    }
}
END_TEST

/* ---- Archives -------------------------------------------------------------------------------- */

#ifdef HAVE_ARCHIVE

typedef struct member {
    const char *name;
    array content;
} member;

static const char *put_archive(const char *name, bool stored, const member *m, int count) {
    const char *path = arena_format(memory, "%s/%s", folder, name);
    struct archive *z = archive_write_new();
    ck_assert_int_eq(archive_write_set_format_zip(z), ARCHIVE_OK);
    if (stored)
        archive_write_zip_set_compression_store(z);
    ck_assert_int_eq(archive_write_open_filename(z, path), ARCHIVE_OK);
    for (int i = 0; i < count; i++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, m[i].name);
        archive_entry_set_size(e, (int64_t)m[i].content.size);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0600);
        ck_assert_int_eq(archive_write_header(z, e), ARCHIVE_OK);
        ck_assert_int_eq(archive_write_data(z, m[i].content.bytes, m[i].content.size),
                         (int)m[i].content.size);
        archive_entry_free(e);
    }
    ck_assert_int_eq(archive_write_close(z), ARCHIVE_OK);
    archive_write_free(z);
    return path;
}

static const char *put_four(bool stored) {
    const member both[] = {{"y_train.npy", four_labels()}, {"x_train.npy", four_images()}};
    return put_archive("set.npz", stored, both, 2);
}

START_TEST(archives_stored_and_deflated) {
    check_four(put_four(true));
    check_four(folder);
    check_four(put_four(false));
    put_array("x_train.npy", four_images());
    refused(folder, "both .npy and .npz files are in this folder");
}
END_TEST

START_TEST(archives_that_are_wrong) {
    const member twice[] = {{"x_train.npy", four_images()}, {"x_train.npy", four_images()}};
    refused(put_archive("set.npz", true, twice, 2), "a name is in the archive twice");
    const member other[] = {{"arr_0.npy", four_images()}, {"../y_train.npy", four_labels()}};
    refused(put_archive("set.npz", true, other, 2),
            "the arrays are called arr_0.npy, ../y_train.npy; expected x_train and y_train");
    put_archive("other.npz", true, other, 2);
    refused(folder, "several .npz files are in this folder; name one");
}
END_TEST

/* A thousand are read, and nothing is said but that they are no images; one more is too many, even
 * under a name that was there already. */
START_TEST(archives_of_many_members) {
    enum { MOST = 1000 };
    member *many = arena_array(memory, MOST + 1, sizeof *many);
    for (int i = 0; i <= MOST; i++)
        many[i] = (member){arena_format(memory, "%d", i), {.size = 1}};
    refused(put_archive("set.npz", true, many, MOST), "the arrays are called 0, 1, 2, 3");
    refused(put_archive("set.npz", true, many, MOST + 1), "more than 1000 members");
    many[MOST].name = "7";
    refused(put_archive("set.npz", true, many, MOST + 1), "a name is in the archive twice");
}
END_TEST

/* What was an archive a moment ago may be a pipe by now. */
START_TEST(an_archive_that_is_no_file_is_not_waited_for) {
    const char *path = arena_format(memory, "%s/set.npz", folder);
    npy header;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!npy_header((npy_place){path, "x_train.npy"}, &header, errors));
    ck_assert_ptr_null(npy_members(path, memory, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 2);
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "set.npz: error: x_train.npy: not a regular file"));
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 1), "set.npz: error: not a regular file"));
}
END_TEST

static bool opens(const char *path) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(path, e);
    bool fine = d != NULL;
    ck_assert(fine || lcnn_errors_count(e) == 1);
    datasets_close(d);
    lcnn_errors_free(e);
    return fine;
}

START_TEST(damaged_archives) {
    array whole = {0};
    FILE *f = fopen(put_four(false), "rb");
    whole.size = fread(whole.bytes, 1, sizeof whole.bytes, f);
    fclose(f);
    for (size_t size = 0; size < whole.size; size++) {
        array cut = whole;
        cut.size = size;
        ck_assert_msg(!opens(put_array("set.npz", cut)), "%zu bytes", size);
    }
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        array flipped = whole;
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        opens(put_array("set.npz", flipped));
    }
}
END_TEST

#endif

START_TEST(damaged_arrays) {
    array whole = four_images(), labels = four_labels();
    for (size_t size = 0; size < whole.size; size++) {
        array cut = whole;
        cut.size = size;
        put_pair(cut, labels);
        lcnn_errors *e = lcnn_errors_new();
        ck_assert_msg(datasets_open(folder, e) == NULL, "%zu bytes", size);
        ck_assert_int_eq(lcnn_errors_count(e), 1);
        lcnn_errors_free(e);
    }
    for (size_t bit = 0; bit < 8 * 100; bit++) {
        array flipped = whole;
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        put_pair(flipped, labels);
        lcnn_errors *e = lcnn_errors_new();
        datasets_close(datasets_open(folder, e));
        lcnn_errors_free(e);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("numpy");
    TCase *cases = tcase_create("numpy");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, arrays_in_a_folder);
    tcase_add_test(cases, images_and_labels_are_divided);
    tcase_add_test(cases, arrays_that_do_not_fit);
    tcase_add_test(cases, labels_of_every_type);
    tcase_add_test(cases, images_of_other_types);
    tcase_add_test(cases, channels_first_and_last);
    tcase_add_test(cases, headers);
    tcase_add_test(cases, later_versions);
#ifdef HAVE_ARCHIVE
    tcase_add_test(cases, archives_stored_and_deflated);
    tcase_add_test(cases, archives_that_are_wrong);
    tcase_add_test(cases, archives_of_many_members);
    tcase_add_test(cases, an_archive_that_is_no_file_is_not_waited_for);
    tcase_add_test(cases, damaged_archives);
#endif
    tcase_add_test(cases, damaged_arrays);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
