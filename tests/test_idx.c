/* test_idx.c - IDX files, plain and gzip: exact ones are read, all others refused, byte by byte. */
#include "config.h"

#include "idx.h"
#include "small_set.h"
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static bool accepted(void) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(folder, e);
    bool fine = d != NULL;
    ck_assert_int_eq(lcnn_errors_count(e), fine ? 0 : 1);
    datasets_close(d);
    lcnn_errors_free(e);
    return fine;
}

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
        {4, 0x7f, "@0x4: error: 2130706442 images, but 10 labels in"},
        {7, 0, "a number of samples of 0"},
        {7, 9, "9 images, but 10 labels in"},
        {7, 11, "11 images, but 10 labels in"},
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

START_TEST(what_else_a_file_may_be_is_said) {
    static const struct {
        const char *begins, *message;
    } known[] = {
        {"BZh9", "(this is bzip2: unpack it first)"},
        {"PK\003\004", "(this is a zip archive: unpack it first)"},
        {"\xfd"
         "7zX",
         "(this is xz: unpack it first)"},
        {"<htm", "(this is a web page, not the data: download it again)"},
    };
    put_train();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        put_text(images_name, known[i].begins);
        refused(folder, known[i].message);
    }
    bytes images = some_images(), once = zipped(images.data, images.size);
    bytes twice = zipped(once.data, once.size);
    put(images_name, &twice);
    refused(folder, "begins with 1f 8b 08 00, an IDX file with 00 00 (compressed twice: unpack it "
                    "once)");
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

/* Images are held against the labels by their header alone. */
START_TEST(a_gzip_bomb_is_not_unpacked) {
    put_train();
    bytes labels = some_labels(0);
    labels.data[4] = 0x40; /* 2^30 labels and ten */
    put(labels_name, &labels);
    refused(folder, "a plain file of 18 bytes cannot hold them");
    bytes packed = zipped(labels.data, labels.size);
    put(labels_name, &packed);
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
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    refused(folder, "ubyte: error: not a regular file");
}
END_TEST

/* A sparse file of 64 MiB: what it holds is never mapped, so that a writer who cuts
 * it short while it is read costs a message and no SIGBUS. */
START_TEST(a_file_that_shrinks_while_it_is_read) {
    const char *path = arena_format(memory, "%s/%s", folder, labels_name);
    const bytes header = {.size = 8, .data = {0, 0, 8, 1, 0x04, 0, 0, 0}};
    put(labels_name, &header);
    ck_assert_int_eq(truncate(path, 8 + 0x04000000), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        usleep(5000); /* while 64 MiB are read: whenever it comes, the file is whole or too short */
        _exit(truncate(path, 100) != 0);
    }
    idx labels = {0};
    bool whole = idx_read(path, IDX_LABELS, &labels, errors);
    free(labels.bytes);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(whole || strstr(lcnn_errors_text(errors, 0), "; 67108872 expected") != NULL);
    ck_assert(!idx_read(path, IDX_LABELS, &labels, errors));
}
END_TEST

/* A gzip file that unpacks to 256 MiB behind an honest header of ten images. */
static void put_bomb(void) {
    static uint8_t zeros[1 << 16];
    const bytes images = some_images();
    gzFile f = gzopen(arena_format(memory, "%s/%s", folder, images_name), "wb1");
    ck_assert_ptr_nonnull(f);
    gzwrite(f, images.data, (unsigned)images.size);
    for (int i = 0; i < 1 << 12; i++)
        gzwrite(f, zeros, sizeof zeros);
    ck_assert_int_eq(gzclose(f), Z_OK);
}

static long peak_kib(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

START_TEST(a_gzip_bomb_takes_no_memory) {
    put_train();
    put_bomb();
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        long before = peak_kib();
        bool fine = datasets_open(folder, errors) != NULL;
        _exit(fine ? 1 : peak_kib() - before > 64 * 1024 ? 2 : 0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    refused(folder, "@0x4c: error: more bytes than the header tells of");
}
END_TEST

/* Two images of three channels, 2x1: each byte says image, channel and row. */
START_TEST(colour_is_read_channel_by_channel) {
    bytes images = {.size = 20 + 12,
                    .data = {0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1}};
    const bytes labels = {.size = 10, .data = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0}};
    for (int i = 0; i < 12; i++)
        images.data[20 + i] = (uint8_t)(100 * (i / 6) + 10 * (i / 2 % 3) + i % 2);
    put(images_name, &images);
    put(labels_name, &labels);
    dataset *d = opened(folder);
    ck_assert(shape_equal(&d->info.image, &(shape){3, {3, 2, 1}}));
    static const uint8_t pixels[] = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
    ck_assert_mem_eq(d->train.images, pixels, sizeof pixels);
    datasets_close(d);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("idx");
    TCase *cases = tcase_create("idx");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, idx_headers);
    tcase_add_test(cases, what_else_a_file_may_be_is_said);
    tcase_add_test(cases, every_bit_of_a_header_counts);
    tcase_add_test(cases, every_truncation_is_found);
    tcase_add_test(cases, gzip_members_may_be_joined_anywhere);
    tcase_add_test(cases, what_follows_gzip_data_is_refused);
    tcase_add_test(cases, a_wrong_checksum_is_found);
    tcase_add_test(cases, a_gzip_bomb_is_not_unpacked);
    tcase_add_test(cases, images_and_labels_must_fit);
    tcase_add_test(cases, what_is_no_file_is_not_waited_for);
    tcase_add_test(cases, a_file_that_shrinks_while_it_is_read);
    tcase_add_test(cases, a_gzip_bomb_takes_no_memory);
    tcase_add_test(cases, colour_is_read_channel_by_channel);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
