/* test_catalogue.c - a catalogue of the user's own: what is wrong with it is said, and where. The
 * same words are said of a folder's dataset.yaml. */
#include "config.h"

#include "catalogue.h"
#include "small_set.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void put_catalogue(const char *text) {
    mkdir(arena_format(memory, "%s/lcnn", folder), 0700);
    char *absolute = realpath(folder, NULL);
    setenv("XDG_CONFIG_HOME", absolute, 1);
    free(absolute);
    put_text("lcnn/catalogue.yaml", text);
}

/* A set in which one key is another; an empty `line` leaves it out. */
static const char *set_with(const char *key, const char *line) {
    static const char *const known[][2] = {
        {"name", "name: tiny"},
        {"shape", "shape: [1, 3, 2]"},
        {"classes", "classes: [a, b]"},
        {"files", "files: {train: {images: i, labels: l}}"},
        {"find", "find: {folder: tiny, addresses: \"http://localhost/\"}"},
    };
    const char *text = "sets:\n  -\n";
    for (int i = 0; i < 5; i++)
        text = arena_format(memory, "%s    %s\n", text,
                            strcmp(known[i][0], key) == 0 ? line : known[i][1]);
    return text;
}

static void refused_catalogue(const char *text, const char *part) {
    lcnn_errors *e = lcnn_errors_new();
    put_catalogue(text);
    ck_assert_msg(catalogue_read(memory, e) == NULL, "accepted; expected: %s", part);
    ck_assert_int_eq(lcnn_errors_count(e), 1);
    ck_assert_int_eq(lcnn_errors_status(e), LCNN_BAD_DATA);
    ck_assert_msg(strstr(lcnn_errors_text(e, 0), part) != NULL, "'%s' not in '%s'", part,
                  lcnn_errors_text(e, 0));
    lcnn_errors_free(e);
}

START_TEST(sets_that_are_wrong) {
    static const struct {
        const char *key, *line, *message;
    } wrong[] = {
        {"name", "name: \"a b\"", "data set 'a b': a name may not hold '/', ':' or blanks"},
        {"name", "name: mnist", "the name 'mnist' is taken: datasets/catalogue.yaml, line "},
        {"shape", "shape: [3, 2]", ":4:12: error: shape must be [channels, height, width]"},
        {"shape", "shape: [65, 3, 2]", "65 channels; at most 64 are read"},
        {"classes", "", "classes is missing: the list of the names of the classes"},
        {"classes", "classes: a", "classes must be a list of 1 to 256 names"},
        {"classes", "classes: [a, [b]]", ":5:18: error: the name of a class must be a text"},
        {"classes", "classes: [a, b, a]", ":5:21: error: class 'a' is there twice"},
        {"files", "", "files is missing: a map of train and test"},
        {"files", "files: {train: i}", "a part must be a map {images: FILE, labels: FILE}"},
        {"files", "files: {train: {image: i, labels: l}}",
         "files: train: unknown key 'image'; did you mean 'images'?"},
        {"files", "files: {train: {images: [i], labels: l}}",
         "a file must be a name, or a map with its name and checksums"},
        {"files", "files: {train: {images: ../i, labels: l}}",
         "images '../i' must be a plain name: without '/', and not beginning with '.'"},
        {"files", "files: {train: {images: {name: i, md5: A}, labels: l}}",
         "md5 must have 32 hexadecimal digits, in lower case"},
        {"find", "", "find: folder is missing: the sub-folder that holds the files"},
        {"find", "find: tiny", "find must be a map"},
        {"find", "find: {folder: a/b}", "folder 'a/b' must be a plain name"},
        {"find", "find: {folder: a, also: [[x]]}", "also must be a text or a list of texts"},
        {"find", "find: {folder: a, also: kmnist}", "the name 'kmnist' is taken"},
        {"find", "find: {folder: a, addresses: \"ftp://x/\"}",
         "address 'ftp://x/' must begin with https:// or http://"},
        {"find", "find: {folder: a, addresses: \"http://x\"}", "and end with a '/'"},
        {"find", "find: {folder: a, archive: emnits}",
         "data set 'tiny': no archive is called 'emnits'; did you mean 'emnist'?"},
        {"find", "find: {built_in: true}", "data set 'tiny': lcnn draws its own sets only"},
    };
    put_catalogue(set_with("", ""));
    const catalogue *c = catalogue_read(memory, errors);
    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_nonnull(catalogue_find(c, "tiny", 4));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused_catalogue(set_with(wrong[i].key, wrong[i].line), wrong[i].message);
}
END_TEST

#define ZEROS "00000000000000000000000000000000"

START_TEST(archives_that_are_wrong) {
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"{name: a, file: a.zip, size: 1}", "archive: a checksum is missing: sha256 or md5"},
        {"{name: a, file: a/b.zip, size: 1, md5: " ZEROS "}",
         "file 'a/b.zip' must be a plain name"},
        {"{name: a, file: a.zip, size: 1, md5: " ZEROS ", addresses: x}", "address 'x' must begin"},
        {"{name: emnist, file: a.zip, size: 1, md5: " ZEROS "}",
         ":1:12: error: there is an archive 'emnist' already"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused_catalogue(arena_format(memory, "archives: [%s]\n", wrong[i].text),
                          wrong[i].message);
}
END_TEST

START_TEST(what_is_no_catalogue) {
    refused_catalogue("sets: 3\n", ":1:7: error: sets must be a list");
    refused_catalogue("archives: {}\n", ":1:11: error: archives must be a list");
    refused_catalogue("stes: []\n", ":1:1: error: unknown key 'stes'; a catalogue has archives and "
                                    "sets; did you mean sets?");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("catalogue");
    TCase *cases = tcase_create("catalogue");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, sets_that_are_wrong);
    tcase_add_test(cases, archives_that_are_wrong);
    tcase_add_test(cases, what_is_no_catalogue);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
