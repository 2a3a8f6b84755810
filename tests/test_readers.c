/* test_readers.c - formats of data sets other than IDX: folders of images, CSV and CIFAR. */
#include "config.h"

#include "image_files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *at(const char *name) {
    return arena_format(memory, "%s/%s", folder, name);
}

static void make_folder(const char *name) {
    ck_assert_int_eq(mkdir(at(name), 0700), 0);
}

static void put_bytes(const char *name, const void *data, size_t size) {
    put_image(name, (image_bytes){size, (uint8_t *)(uintptr_t)data});
}

/* Whether it opens; with one message if not. */
static bool opens(const char *name) {
    lcnn_errors *e = lcnn_errors_new();
    dataset *d = datasets_open(name, e);
    ck_assert_int_eq(lcnn_errors_count(e), d ? 0 : 1);
    ck_assert(d || lcnn_errors_status(e) == LCNN_BAD_DATA);
    bool fine = d != NULL;
    datasets_close(d);
    lcnn_errors_free(e);
    return fine;
}

/* ---- Folders of images ----------------------------------------------------------------------- */

/* 2x2 grey pixels of one value, as text. */
static void put_grey(const char *name, int value) {
    put_text(name, arena_format(memory, "P2 2 2 255 %d %d %d %d", value, value, value, value));
}

START_TEST(a_folder_for_each_class) {
    static const char *const classes[] = {"10", "9", "b", "a"};
    make_folder("train");
    make_folder("test");
    for (int i = 0; i < 4; i++) {
        make_folder(arena_format(memory, "train/%s", classes[i]));
        put_grey(arena_format(memory, "train/%s/y.pgm", classes[i]), 20 + i);
        put_grey(arena_format(memory, "train/%s/x.png", classes[i]), 10 + i);
        put_text(arena_format(memory, "train/%s/.hidden", classes[i]), "no image");
    }
    make_folder("test/b");
    put_grey("test/b/z", 99);
    dataset *d = opened(folder);
    ck_assert_int_eq(d->info.classes, 4);
    ck_assert_str_eq(d->info.class_names[0], "9"); /* numbers by value, then by bytes */
    ck_assert_str_eq(d->info.class_names[1], "10");
    ck_assert_str_eq(d->info.class_names[2], "a");
    ck_assert(shape_equal(&d->info.image, &(shape){3, {1, 2, 2}}));
    ck_assert_uint_eq(d->train.count, 8);
    ck_assert_uint_eq(d->test.count, 1);
    ck_assert_int_eq(d->test.labels[0], 3);
    ck_assert_int_eq(d->test.images[3], 99);
    static const uint8_t firsts[] = {11, 21, 10, 20, 13, 23, 12, 22};
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(d->train.labels[i], i / 2);
        ck_assert_int_eq(d->train.images[4 * i], firsts[i]);
    }
    datasets_close(d);
}
END_TEST

/* Which of the images 0 .. count - 1, that have these values, are for testing. */
static void put_heap(int first, int count) {
    for (int i = first; i < count; i++)
        put_grey(arena_format(memory, "%s/%d.pgm", i % 2 ? "odd" : "even", i), i);
}

START_TEST(an_undivided_folder_is_divided_by_names) {
    bool testing[200] = {0};
    make_folder("odd");
    make_folder("even");
    put_text("README.txt", "beside the classes this is no harm");
    put_heap(0, 100);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count + d->test.count, 100);
    ck_assert_msg(d->test.count > 8 && d->test.count < 32, "%u of 100", d->test.count);
    for (uint32_t i = 0; i < d->test.count; i++)
        testing[d->test.images[4 * i]] = true;
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(lcnn_notes_text(errors, 0), "a share of 0.2 of the images"));
    datasets_close(d);
    put_heap(100, 200); /* more images move none of the others */
    d = opened(folder);
    ck_assert_uint_eq(d->train.count + d->test.count, 200);
    for (uint32_t i = 0; i < d->train.count; i++)
        ck_assert(d->train.images[4 * i] >= 100 || !testing[d->train.images[4 * i]]);
    for (uint32_t i = 0; i < d->test.count; i++)
        ck_assert(d->test.images[4 * i] >= 100 || testing[d->test.images[4 * i]]);
    datasets_close(d);
    put_text("dataset.yaml", "split: 0\nclasses: [odd, even]\ntitle: numbers\n");
    d = opened(folder);
    ck_assert_uint_eq(d->test.count, 0);
    ck_assert_str_eq(d->info.class_names[0], "odd");
    ck_assert_str_eq(d->info.title, "numbers");
    ck_assert_int_eq(d->train.images[0] % 2, 1);
    datasets_close(d);
}
END_TEST

START_TEST(folders_of_images_that_are_wrong) {
    make_folder("a");
    make_folder("b");
    put_grey("a/1.pgm", 1);
    refused(folder, "/b: error: no image of this class is in its folder");
    put_grey("b/1.pgm", 1);
    put_grey("loose.pgm", 1);
    refused(folder, "/loose.pgm: error: a file beside the folders of the classes");
    unlink(at("loose.pgm"));
    put_text("b/Thumbs.db", "x");
    refused(folder, "/b/Thumbs.db: error: not an image that is read");
    unlink(at("b/Thumbs.db"));
    put_text("b/2.pgm", "P2 3 2 9 1 2 3 4 5 6");
    refused(folder, "/b/2.pgm: error: an image of 1 channel and 2x3 pixels, where the first of the "
                    "set has 1 and 2x2; with `shape: [1, 2, 2]` in ./small_set.");
    put_text("dataset.yaml", "classes: [a]\n");
    refused(folder, "the folder 'b' is not among the classes");
    put_text("dataset.yaml", "classes: [a, b, c]\n");
    refused(folder, "there is no folder for class 'c'");
    put_text("dataset.yaml", "shape: [2, 1, 1]\n");
    refused(folder, "images are read with 1 or 3 channels");
    put_text("dataset.yaml", "shape: [1, 2]\n");
    refused(folder, ":1:8: error: shape must be [channels, height, width]");
    put_text("dataset.yaml", "split: 0.5\nfirst_label: 1\n");
    refused(folder, "dataset.yaml:2:1: error: first_label: images in folders have no label");
    unlink(at("dataset.yaml"));
    unlink(at("b/2.pgm"));
    ck_assert_int_eq(symlink("/dev/zero", at("b/zero.pgm")), 0);
    refused(folder, "/b/zero.pgm: error: ");
    unlink(at("b/zero.pgm"));
    ck_assert(opens(folder));
    make_folder("train");
    make_folder("train/a");
    put_grey("train/a/1.pgm", 1);
    refused(folder, "a folder beside train and test that is not read");
}
END_TEST

START_TEST(class_folders_that_are_numbers_are_in_their_order) {
    static const char *const order[] = {"2", "03", "3", "5", "10", "1a"};
    for (int i = 0; i < 6; i++) {
        make_folder(order[5 - i]);
        put_grey(arena_format(memory, "%s/1", order[5 - i]), 1);
    }
    dataset *d = opened(folder);
    ck_assert_int_eq(d->info.classes, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(d->info.class_names[i], order[i]);
    datasets_close(d);
}
END_TEST

START_TEST(folders_of_images_that_are_too_much) {
    static uint8_t wide[523] = "P4 4097 1 ";
    make_folder("train");
    make_folder("train/a");
    put_bytes("train/a/1", wide, 10 + (4097 + 7) / 8);
    refused(folder,
            "/train/a/1: error: more than 4096 pixels a side; a dataset.yaml in the folder");
    put_text("dataset.yaml", "shape: [1, 1, 1]\n");
    datasets_close(opened(folder));
    unlink(at("dataset.yaml"));
    put_grey("train/a/1", 1);
    make_folder("training");
    make_folder("training/a");
    put_grey("training/a/1", 1);
    refused(folder, "/training: error: there are two folders for this part");
    unlink(at("training/a/1"));
    rmdir(at("training/a"));
    rmdir(at("training"));
    for (int i = 0; i < 256; i++) {
        make_folder(arena_format(memory, "train/%d", i));
        put_grey(arena_format(memory, "train/%d/1", i), 1);
    }
    refused(folder, "more than 256 folders of classes");
}
END_TEST

/* More than room is made for at first. */
START_TEST(a_class_of_many_images) {
    enum { MANY = 1500 };
    make_folder("train");
    make_folder("train/a");
    make_folder("train/b");
    for (int i = 0; i < MANY; i++)
        put_grey(arena_format(memory, "train/%s/%04d", i ? "b" : "a", i), i % 256);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count, MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(d->train.images[4 * i], i % 256);
        ck_assert_int_eq(d->train.labels[i], i > 0);
    }
    datasets_close(d);
}
END_TEST

START_TEST(dataset_yaml_brings_images_to_one_shape) {
    make_folder("a");
    put_text("a/1.ppm", "P3 4 2 255 0 0 0 255 255 255 4 4 4 4 4 4 "
                        "0 0 0 255 255 255 4 4 4 8 8 8");
    put_text("a/2.pgm", "P2 1 1 255 77");
    put_text("dataset.yaml", "shape: [1, 1, 2]\nsplit: 0\n");
    dataset *d = opened(folder);
    static const uint8_t wanted[] = {128, 5, 77, 77};
    ck_assert_uint_eq(d->train.count, 2);
    ck_assert_mem_eq(d->train.images, wanted, sizeof wanted);
    datasets_close(d);
    put_text("dataset.yaml", "shape: [3, 3, 1]\nsplit: 0\n");
    d = opened(folder); /* a third of two rows: all of one, or half of both */
    ck_assert(shape_equal(&d->info.image, &(shape){3, {3, 3, 1}}));
    ck_assert_int_eq(d->train.images[0], 66);
    ck_assert_int_eq(d->train.images[2], 67);
    datasets_close(d);
    put_text("dataset.yaml", "shape: [1, 2, 1]\nsplit: 0\ntransposed: true\n");
    d = opened(folder);
    ck_assert_mem_eq(d->train.images, wanted, sizeof wanted);
    datasets_close(d);
}
END_TEST

START_TEST(png_and_jpeg_in_one_folder) {
    uint8_t rows[8 * 8 * 3];
    memset(rows, 200, sizeof rows);
    image_bytes png = make_png((png_kind){2, 8, 0, 0, 0}, 8, 8, rows);
    image_bytes jpeg = make_jpeg((jpeg_kind){.channels = 3}, 8, 8, rows);
    if (png.size == 0 || jpeg.size == 0)
        suite_skip("built without libpng or libjpeg");
    make_folder("train");
    make_folder("train/c");
    put_image("train/c/1", png);
    put_image("train/c/2", jpeg);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count, 2);
    ck_assert_int_eq(d->train.images[191], 200);
    ck_assert_int_eq(d->train.images[192], 200);
    datasets_close(d);
}
END_TEST

/* ---- CSV ------------------------------------------------------------------------------------- */

START_TEST(csv_with_and_without_a_first_line) {
    static const char *const texts[] = {
        "0,1,2,3,4\n1,5,6,7,8\n2,9,10,11,255\n",
        "label,pixel0,pixel1,pixel2,pixel3\r\n0,1,2,3,4\r\n1,5,6,7,8\r\n2,9,10,11,255\r\n",
        "\xef\xbb\xbf\"label\",\"1x1\",\"1x2\",\"2x1\",\"2x2\"\n0, 1, 2,3,4\n1,5,6,7,8 \n"
        "2,9,10,11,255\n\n",
        "0,1,2,3,4\n1,5,6,7,8\n2,9,10,11,255",
    };
    static const uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}, labels[] = {0, 1, 2};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_text("my-train.csv", texts[i]);
        dataset *d = opened(i % 2 ? folder : at("my-train.csv"));
        ck_assert(shape_equal(&d->info.image, &(shape){3, {1, 2, 2}}));
        ck_assert_int_eq(d->info.classes, 3);
        ck_assert_uint_eq(d->train.count, 3);
        ck_assert_uint_eq(d->test.count, 0);
        ck_assert_mem_eq(d->train.images, pixels, sizeof pixels);
        ck_assert_mem_eq(d->train.labels, labels, sizeof labels);
        datasets_close(d);
    }
    bytes packed = zipped((const uint8_t *)"1,5,6,7,8", 9);
    put("my-test.csv.gz", &packed);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->test.count, 1);
    ck_assert_int_eq(d->test.images[3], 8);
    datasets_close(d);
    put_text("dataset.yaml", "shape: [4, 1, 1]\nclasses: [a, b, c, d]\n");
    d = opened(folder);
    ck_assert_int_eq(d->info.image.dim[0], 4);
    ck_assert_str_eq(d->info.class_names[3], "d");
    datasets_close(d);
    put_text("dataset.yaml", "name: x\nsplit: 0.5\n");
    refused(folder, "dataset.yaml:2:1: error: split: the names of files and folders say already");
}
END_TEST

/* As handed out: transposed, labels from 1. */
START_TEST(emnist_as_csv_is_emnist) {
    char *text = arena_alloc(memory, 8000), *p = text;
    for (int i = 0; i < 2; i++) {
        p += sprintf(p, "%d", i ? 26 : 1);
        for (int k = 0; k < 784; k++)
            p += sprintf(p, ",%d", k == 1 ? 255 : 0); /* row 0, column 1 as stored */
        p += sprintf(p, "\n");
    }
    put_text("emnist-letters-test.csv", text);
    dataset *d = opened(folder);
    ck_assert_str_eq(d->info.name, "emnist-letters");
    ck_assert_int_eq(d->info.classes, 26);
    ck_assert_int_eq(d->test.labels[1], 25);
    ck_assert_int_eq(d->test.images[28], 255);
    ck_assert_int_eq(d->test.images[1], 0);
    datasets_close(d);
    put_text("dataset.yaml", "transposed: false\n"); /* someone has turned them already */
    d = opened(folder);
    ck_assert_int_eq(d->test.images[1], 255);
    datasets_close(d);
}
END_TEST

START_TEST(csv_of_no_part_is_divided_by_number) {
    char *text = arena_alloc(memory, 1000), *p = text;
    for (int i = 0; i < 50; i++)
        p += sprintf(p, "%d,%d\n", i % 3, i);
    put_text("table.csv", text);
    dataset *d = opened(at("table.csv"));
    ck_assert_uint_eq(d->train.count + d->test.count, 50);
    ck_assert(d->test.count > 2 && d->test.count < 20);
    bool seen[50] = {0};
    for (uint32_t i = 0; i < d->train.count; i++)
        seen[d->train.images[i]] = true;
    for (uint32_t i = 0; i < d->test.count; i++)
        ck_assert(!seen[d->test.images[i]]);
    datasets_close(d);
}
END_TEST

START_TEST(csv_that_is_wrong) {
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"0,1,2,3,4\n1,5,6,7\n",
         "a.csv:2:1: error: 3 values behind the label; the first line has 4"},
        {"0,1,2,3,4\n1,5,6,7,8,9\n", "a.csv:2:1: error: more values than the 4 of the first line"},
        {"0,1,2,3,256\n", "a.csv:1:1: error: a number above 255"},
        {"0,1,2,3,-1\n", "a.csv:1:1: error: '-' where a whole number 0 to 255"},
        {"0,1,2,3,0.5\n", "'.' where a whole number"},
        {"0,1,2,3,\n", "a number is missing at the end of the line"},
        {"0,1,2,,3\n", "',' where a whole number"},
        {"0,1,2,3\n", "3 values an image are no square grey image"},
        {"300,1,2,3,4\n", "label 300; labels are 0 to 255"},
        {"0,1,2,3,4\n1,1,2,3,4\n255,5,6,7,8\n",
         "the greatest label is 255, but only 3 different labels occur"},
        {"pixel0,pixel1\n1,2\n", "the first column must be the label; here it is 'pixel0'"},
        {"label,pixel0\n", "there are no lines but the first"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_text("a.csv", wrong[i].text);
        refused(folder, wrong[i].message);
    }
    put_text("a.csv", "");
    refused(folder, "the folder holds an empty 'a.csv'");
    refused(at("a.csv"), "a.csv: error: the file is empty");
    put_text("a.csv", "0,1\n");
    put_text("b.csv", "0,1\n");
    refused(folder, "both 'a.csv' and 'b.csv' are in this folder");
    unlink(at("b.csv"));
    put_train();
    refused(folder, "this folder could be read as CSV and as IDX");
}
END_TEST

START_TEST(csv_files_that_do_not_fit) {
    put_text("readme.txt", "no table");
    put_text("a-train.csv", "0,1,2,3,4\n");
    put_text("a-test.csv", "");
    refused(folder, "a-test.csv:1:1: error: the file is empty");
    put_text("a-test.csv", "0,1\n");
    refused(folder, "a-test.csv: error: 1 values an image; the other file has 4");
    put_text("dataset.yaml", "classes: [a, b]\n");
    put_text("a-test.csv", "0,1,2,3,4\n2,1,2,3,4\n");
    refused(folder, "a-test.csv:2:1: error: label 1 is 2; the labels of ");
    put_text("b-train.csv", "0,1,2,3,4\n");
    refused(folder, "both 'a-train.csv' and 'b-train.csv' are in this folder");
    unlink(at("a-train.csv"));
    refused(folder, "both 'a-test.csv' and 'b-train.csv' are in this folder");
}
END_TEST

START_TEST(dataset_yaml_says_the_shape_of_a_line) {
    put_text("a-train.csv", "0,1,2,3,4,5,6\n");
    put_text("dataset.yaml", "shape: [1, 2, 3]\ntransposed: true\n");
    dataset *d = opened(folder); /* three rows of two as stored */
    ck_assert(shape_equal(&d->info.image, &(shape){3, {1, 2, 3}}));
    static const uint8_t upright[] = {1, 3, 5, 2, 4, 6};
    ck_assert_mem_eq(d->train.images, upright, sizeof upright);
    datasets_close(d);
    put_text("dataset.yaml", "shape: [1, 2, 2]\n");
    refused(folder, "a-train.csv: error: 6 values an image; the shape in dataset.yaml has 4");
}
END_TEST

/* ---- CIFAR ----------------------------------------------------------------------------------- */

enum { RECORD = 3073 };

/* Two images: label, then bytes that tell the planes. */
static void put_batch(const char *name, int first, int label) {
    uint8_t *records = arena_alloc(memory, 2 * RECORD);
    for (int i = 0; i < 2; i++) {
        uint8_t *r = records + i * RECORD;
        r[0] = (uint8_t)label;
        for (int k = 0; k < 3072; k++)
            r[1 + k] = (uint8_t)(first + i + 100 * (k / 1024));
    }
    put_bytes(name, records, 2 * RECORD);
}

static void put_cifar(void) {
    for (int i = 1; i <= 5; i++)
        put_batch(arena_format(memory, "data_batch_%d.bin", i), 10 * i, i);
    put_batch("test_batch.bin", 3, 9);
}

START_TEST(cifar_10) {
    put_cifar();
    put_text("readme.html", "<html>");
    put_text("batches.meta.txt",
             "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    dataset *d = opened(folder);
    ck_assert(shape_equal(&d->info.image, &(shape){3, {3, 32, 32}}));
    ck_assert_int_eq(d->info.classes, 10);
    ck_assert_str_eq(d->info.class_names[9], "truck");
    ck_assert_uint_eq(d->train.count, 10);
    ck_assert_uint_eq(d->test.count, 2);
    ck_assert_int_eq(d->train.labels[9], 5);
    ck_assert_int_eq(d->train.images[9 * 3072 + 1024], 151);
    ck_assert_int_eq(d->test.images[3072 + 2048], 204);
    datasets_close(d);
}
END_TEST

START_TEST(cifar_that_is_wrong) {
    static const uint8_t some[100];
    put_cifar();
    put_batch("data_batch_3.bin", 0, 10);
    refused(folder, "data_batch_3.bin:@0x0: error: label 4 is 10; the labels of ");
    put_bytes("data_batch_3.bin", some, sizeof some);
    refused(folder, "data_batch_3.bin:@0x0: error: the last record has 100 bytes of 3073");
    put_text("data_batch_3.bin", "");
    refused(folder, "data_batch_3.bin: error: the file is empty");
    unlink(at("data_batch_3.bin"));
    refused(folder, "data_batch_3.bin: error: No such file");
    put_cifar();
    put_text("batches.meta.txt", "airplane\n");
    refused(folder, "batches.meta.txt: error: 1 names of classes; 10 expected");
    put_text("batches.meta.txt", "a\n\x01\n");
    refused(folder, "bytes that are no text in the name of class 1");
}
END_TEST

START_TEST(cifar_100) {
    uint8_t *records = arena_alloc(memory, 3 * 3074);
    for (int i = 0; i < 3; i++) {
        records[i * 3074] = 19;
        records[i * 3074 + 1] = (uint8_t)(97 + i);
    }
    char *names = arena_alloc(memory, 1000), *p = names;
    for (int i = 0; i < 100; i++)
        p += sprintf(p, "name%d\r\n", i);
    put_text("fine_label_names.txt", names);
    put_bytes("test.bin", records, 3 * 3074);
    dataset *d = opened(folder);
    ck_assert_uint_eq(d->train.count, 0);
    ck_assert_uint_eq(d->test.count, 3);
    ck_assert_int_eq(d->test.labels[2], 99);
    ck_assert_str_eq(d->info.class_names[99], "name99");
    datasets_close(d);
}
END_TEST

/* One record of CIFAR-100, cut at every byte, and every bit of its two labels turned. */
START_TEST(cifar_that_is_damaged) {
    uint8_t record[3074] = {19, 99};
    char *names = arena_alloc(memory, 1000), *p = names;
    for (int i = 0; i < 100; i++)
        p += sprintf(p, "name%d\n", i);
    put_text("fine_label_names.txt", names);
    for (size_t size = 0; size <= sizeof record; size++) {
        put_bytes("test.bin", record, size);
        ck_assert_msg(opens(folder) == (size == sizeof record), "%zu bytes", size);
    }
    for (int bit = 0; bit < 16; bit++) {
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
        put_bytes("test.bin", record, sizeof record);
        ck_assert_msg(opens(folder) == (bit < 8 || record[1] < 100), "bit %d", bit);
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

/* ---- Damage ---------------------------------------------------------------------------------- */

/* Every truncation, and every change of one bit, ends in a set or in a message. */
START_TEST(damage_is_survived) {
    static const char text[] = "label,a,b,c,d\n0,1,20,3,4\n1,5,6,77,8\n";
    bytes packed = zipped((const uint8_t *)text, sizeof text - 1);
    for (size_t size = 0; size < packed.size; size++) {
        put_bytes("a.csv", packed.data, size);
        ck_assert_msg(!opens(folder), "%zu bytes", size);
    }
    for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        put_bytes("a.csv", copy, sizeof text - 1);
        opens(folder);
    }
    for (size_t size = 0; size < sizeof text - 1; size++) {
        put_bytes("a.csv", text, size);
        opens(folder);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("readers");
    TCase *cases = tcase_create("readers");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_folder_for_each_class);
    tcase_add_test(cases, an_undivided_folder_is_divided_by_names);
    tcase_add_test(cases, folders_of_images_that_are_wrong);
    tcase_add_test(cases, class_folders_that_are_numbers_are_in_their_order);
    tcase_add_test(cases, folders_of_images_that_are_too_much);
    tcase_add_test(cases, a_class_of_many_images);
    tcase_add_test(cases, dataset_yaml_brings_images_to_one_shape);
    tcase_add_test(cases, png_and_jpeg_in_one_folder);
    tcase_add_test(cases, csv_with_and_without_a_first_line);
    tcase_add_test(cases, emnist_as_csv_is_emnist);
    tcase_add_test(cases, csv_of_no_part_is_divided_by_number);
    tcase_add_test(cases, csv_that_is_wrong);
    tcase_add_test(cases, csv_files_that_do_not_fit);
    tcase_add_test(cases, dataset_yaml_says_the_shape_of_a_line);
    tcase_add_test(cases, cifar_10);
    tcase_add_test(cases, cifar_that_is_wrong);
    tcase_add_test(cases, cifar_100);
    tcase_add_test(cases, cifar_that_is_damaged);
    tcase_add_test(cases, damage_is_survived);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
