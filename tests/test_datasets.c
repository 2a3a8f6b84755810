/* test_datasets.c - data sets by name and by folder: what is found, and what is put right. The
 * files themselves are test_idx.c's. */
#include "config.h"

#include "small_set.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        {"about: x", "the folder is empty"},
        {"splitt: 0.1", "did you mean 'split'?"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_text("dataset.yaml", arena_format(memory, "name: x\n%s%s\n", rest, wrong[i].yaml));
        lcnn_errors *e = lcnn_errors_new();
        ck_assert_ptr_null(datasets_open(folder, e));
        ck_assert_msg(strstr(lcnn_errors_text(e, 0), wrong[i].message) != NULL, "'%s' not in '%s'",
                      wrong[i].message, lcnn_errors_text(e, 0));
        ck_assert_int_eq(lcnn_errors_status(e), LCNN_BAD_DATA);
        lcnn_errors_free(e);
    }
}
END_TEST

/* Without a list of files it only adds to what they say. */
START_TEST(dataset_yaml_must_agree_with_the_files) {
    put_train();
    put_text("dataset.yaml", "shape: [1, 3, 2]\n");
    datasets_close(opened(folder));
    put_text("dataset.yaml", "name: x\nshape: [1, 2, 3]\n");
    refused(folder, "dataset.yaml:2:8: error: the images in the files are 1x3x2 (only folders of");
    unlink(arena_format(memory, "%s/%s", folder, images_name));
    unlink(arena_format(memory, "%s/%s", folder, labels_name));
    const bytes images = some_images(), labels = some_labels(1);
    put("emnist-letters-train-images-idx3-ubyte", &images);
    put("emnist-letters-train-labels-idx1-ubyte", &labels);
    put_text("dataset.yaml", "classes: [a, b]\n");
    refused(folder, "dataset.yaml:1:10: error: 2 classes; the files have 26");
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

/* Labels 1 and 26 are the first and last class in either part; 0 and 27 are none. */
START_TEST(labels_of_emnist_letters_are_1_to_26) {
    static const char *const parts[] = {"train", "test"};
    for (int i = 0; i < 2; i++) {
        uint8_t pixels[16 + 2 * 784] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28};
        const bytes images = zipped(pixels, sizeof pixels);
        bytes labels = {.size = 10, .data = {0, 0, 8, 1, 0, 0, 0, 2, 1, 26}};
        const char *name = arena_format(memory, "emnist-letters-%s-labels-idx1-ubyte", parts[i]);
        put(arena_format(memory, "emnist-letters-%s-images-idx3-ubyte", parts[i]), &images);
        put(name, &labels);
        dataset *d = opened(folder);
        const split *part = i ? &d->test : &d->train;
        ck_assert_int_eq(part->labels[0], 0);
        ck_assert_int_eq(part->labels[1], 25);
        datasets_close(d);
        labels.data[9] = 27;
        put(name, &labels);
        refused(folder, "label 1 is 27; the labels of emnist-letters are 1 to 26");
        labels.data[9] = 0;
        put(name, &labels);
        refused(folder, "label 1 is 0; the labels of emnist-letters are 1 to 26");
        labels.data[9] = 26;
        put(name, &labels);
    }
}
END_TEST

START_TEST(a_folder_that_could_be_several_sets) {
    put_train();
    bytes labels = some_labels(0);
    put("other-test-labels-idx1-ubyte", &labels);
    refused(folder, "the files of several sets are in this folder");
    unlink(arena_format(memory, "%s/other-test-labels-idx1-ubyte", folder));
    put("test-labels-idx1-ubyte", &labels);
    put("t10k-labels-idx1-ubyte", &labels);
    refused(folder,
            "both 'test-...' and 't10k-...' are in this folder; a dataset.yaml in it can say");
}
END_TEST

START_TEST(folders_without_data) {
    refused(folder, "no data set of a form that is read: the folder is empty (read are CIFAR, CSV, "
                    "IDX, image folder, NumPy; 'lcnn data --help' tells what they look like)");
    refused("./no such folder", "./no such folder: error: this path cannot be read");
    put_train();
    unlink(arena_format(memory, "%s/%s", folder, labels_name));
    refused(folder, "train-labels-idx1-ubyte: error: No such file");
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
    } known[] = {{"mnist", 10},           {"fashion-mnist", 10},  {"kmnist", 10},
                 {"emnist-balanced", 47}, {"emnist-bymerge", 47}, {"emnist-byclass", 62},
                 {"emnist-letters", 26},  {"emnist-digits", 10},  {"emnist-mnist", 10},
                 {"glyphs", 10},          {"glyphs-47", 47},      {"glyphs-62", 62}};
    int count;
    const datasets_entry *entry = datasets_list(&count, memory, errors);
    ck_assert_int_eq(count, sizeof known / sizeof known[0]);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(entry[i].info->name, known[i].name);
        ck_assert_int_eq(entry[i].info->classes, known[i].classes);
    }
    ck_assert_ptr_null(entry[3].where);
    ck_assert_str_eq(entry[9].where, "built in");
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
    char *absolute = realpath(folder, NULL); /* relative ones do not count */
    setenv("XDG_DATA_HOME", absolute, 1);
    free(absolute);
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
    tcase_add_test(cases, dataset_yaml_must_agree_with_the_files);
    tcase_add_test(cases, a_folder_named_as_emnist_is_emnist);
    tcase_add_test(cases, labels_of_emnist_letters_are_1_to_26);
    tcase_add_test(cases, a_folder_that_could_be_several_sets);
    tcase_add_test(cases, folders_without_data);
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
