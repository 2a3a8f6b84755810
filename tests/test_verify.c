/* test_verify.c - files held against their checksums: the official ones, and everything that is
 * not. */
#include "config.h"

#include "catalogue.h"
#include "small_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "official" and so on for the files of a verification, in order, each followed by a blank. */
static const char *verdicts(const lcnn_verification *v) {
    static const char *const word[] = {"official", "repacked", "differs", "missing", "unknown"};
    const char *all = "";
    for (int i = 0; i < v->count; i++)
        all = arena_format(memory, "%s%s ", all, word[v->file[i].verdict]);
    return all;
}

static void check(const char *name, const char *expected) {
    lcnn_verification *v = lcnn_data_verify(name, errors);
    ck_assert_msg(v != NULL, "%s", lcnn_errors_count(errors) ? lcnn_errors_text(errors, 0) : "");
    ck_assert_str_eq(verdicts(v), expected);
    lcnn_verification_free(v);
}

/* ---- A set of the user's own ----------------------------------------------------------------- */

/* Runs a command, with %s for the folder; it must succeed. */
static void sh(const char *command) {
    ck_assert_int_eq(system(arena_format(memory, command, folder)), 0);
}

/* A catalogue in which "tiny" is the small set, gzip-compressed, as `facts` (a shell text) tell of
 * its images. */
static void put_catalogue(const char *facts) {
    bytes images = some_images(), labels = some_labels(0);
    mkdir(arena_format(memory, "%s/tiny", folder), 0700);
    mkdir(arena_format(memory, "%s/lcnn", folder), 0700);
    put("tiny/images", &images);
    put("tiny/labels", &labels);
    char *absolute = realpath(folder, NULL);
    setenv("XDG_CONFIG_HOME", absolute, 1);
    free(absolute);
    setenv("LCNN_DATA", folder, 1);
    sh("cd %s/tiny && cp images plain && gzip -nf9 images labels");
    FILE *f =
        popen(arena_format(memory,
                           "cd %s/tiny && "
                           "sha() { sha256sum | cut -c1-64; }; md5() { md5sum | cut -c1-32; }; "
                           "size() { wc -c | tr -d ' '; }; cat > ../lcnn/catalogue.yaml <<END\n"
                           "sets:\n"
                           "  - name: tiny\n"
                           "    shape: [1, 3, 2]\n"
                           "    classes: [a, b, c, d, e]\n"
                           "    files:\n"
                           "      train: {images: {name: images.gz, %s}, labels: {name: labels.gz, "
                           "sha256: $(sha <labels.gz)}}\n"
                           "    find: {folder: tiny}\nEND\n",
                           folder, facts),
              "w");
    ck_assert_int_eq(pclose(f), 0);
}

#define ALL_FACTS                                                                                  \
    "size: $(size <images.gz), md5: $(md5 <images.gz), unpacked_size: $(size <plain), "            \
    "unpacked_sha256: $(sha <plain)"

START_TEST(the_very_files) {
    put_catalogue(ALL_FACTS);
    check("tiny", "official official ");
    put_catalogue("md5: $(md5 <images.gz)");
    check("tiny", "official official ");
    put_catalogue("sha256: $(sha <images.gz)");
    check("tiny", "official official ");
}
END_TEST

START_TEST(the_same_data_packed_otherwise) {
    put_catalogue(ALL_FACTS);
    sh("cd %s/tiny && gzip -c1 plain > images.gz");
    check("tiny", "repacked official ");
    sh("cd %s/tiny && mv plain images && rm images.gz");
    check("tiny", "repacked official ");
}
END_TEST

START_TEST(what_cannot_be_told) {
    put_catalogue("md5: $(md5 <images.gz)");
    sh("cd %s/tiny && gzip -c1 plain > images.gz"); /* its name is in it now: another size */
    check("tiny", "unknown official ");
    put_catalogue("size: 0");
    check("tiny", "unknown official ");
}
END_TEST

START_TEST(what_differs) {
    put_catalogue(ALL_FACTS);
    sh("cd %s/tiny && printf x >> plain && gzip -cn plain > images.gz");
    check("tiny", "differs official ");
    sh("cd %s/tiny && printf x >> images.gz");
    check("tiny", "differs official ");
    sh("cd %s/tiny && head -c 40 images.gz > cut && mv cut images.gz");
    check("tiny", "differs official ");
    sh("cd %s/tiny && cp labels.gz images.gz");
    lcnn_verification *v = lcnn_data_verify("tiny", errors);
    ck_assert_str_eq(v->file[0].note, "this is tiny's (train labels)");
    lcnn_verification_free(v);
    sh("rm %s/tiny/images.gz");
    check("tiny", "missing official ");
}
END_TEST

START_TEST(every_flipped_bit_is_seen) {
    put_catalogue(ALL_FACTS);
    const char *path = arena_format(memory, "%s/tiny/images.gz", folder);
    FILE *f = fopen(path, "r+b");
    ck_assert_ptr_nonnull(f);
    fseek(f, 0, SEEK_END);
    long size = ftell(f), differs = 0;
    for (long at = 0; at < size; at++) {
        fseek(f, at, SEEK_SET);
        int byte = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(byte ^ (1 << at % 8), f);
        fflush(f);
        lcnn_verification *v = lcnn_data_verify("tiny", errors);
        /* A few bits are of no meaning: gzip's time and system, the fill before its checksum. */
        differs += v->file[0].verdict == LCNN_FILE_DIFFERS;
        ck_assert_msg(v->file[0].verdict == LCNN_FILE_DIFFERS ||
                          v->file[0].verdict == LCNN_FILE_REPACKED,
                      "byte %ld: %s", at, verdicts(v));
        lcnn_verification_free(v);
        fseek(f, at, SEEK_SET);
        fputc(byte, f);
        fflush(f);
    }
    fclose(f);
    ck_assert_int_ge(differs, size - 7);
    check("tiny", "official official ");
}
END_TEST

START_TEST(a_folder_is_recognised_by_its_content) {
    put_catalogue(ALL_FACTS);
    sh("cd %s && mkdir found && cp tiny/images.gz found/b && cp tiny/plain found/c && echo x > "
       "found/a && "
       "mkdir found/d && touch found/.hidden");
    lcnn_verification *v = lcnn_data_verify(arena_format(memory, "%s/found", folder), errors);
    ck_assert_str_eq(verdicts(v), "unknown official repacked ");
    ck_assert_str_eq(v->file[1].set, "tiny");
    ck_assert_str_eq(v->file[1].role, "train images");
    ck_assert_str_eq(v->file[0].set, "");
    lcnn_verification_free(v);
}
END_TEST

START_TEST(a_folder_with_checksums_of_its_own) {
    put_catalogue("size: 0");
    sh("cd %s/tiny && sed -n '/shape/,/train/{s/^    //;p}' ../lcnn/catalogue.yaml > dataset.yaml "
       "&& echo 'name: x' >> dataset.yaml");
    check(arena_format(memory, "%s/tiny", folder), "unknown official unknown ");
}
END_TEST

START_TEST(what_cannot_be_verified) {
    ck_assert_ptr_null(lcnn_data_verify("glyphs", errors));
    ck_assert_ptr_null(lcnn_data_verify("kmnist", errors));
    ck_assert_ptr_null(lcnn_data_verify("./nowhere", errors));
    ck_assert_ptr_null(lcnn_data_verify("mnits", errors));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "drawn by lcnn itself"));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 1), "are not here"));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 2), "this folder cannot be read"));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 3), "did you mean 'mnist'?"));
}
END_TEST

/* ---- The catalogue --------------------------------------------------------------------------- */

/* Sizes of files and numbers of images are two ways to say the same. */
START_TEST(the_catalogue_agrees_with_itself) {
    const catalogue *c = catalogue_read(memory, errors);
    ck_assert_ptr_nonnull(c);
    for (int i = 0; i < c->count; i++) {
        const description *set = c->set[i];
        for (int k = 0; k < SET_FILES && !set->find.built_in; k++) {
            const file_facts *f = catalogue_file(set, k);
            ck_assert_msg(f->size > 0 && strlen(f->sha256) == 64 && f->unpacked_size > 0, "%s",
                          f->name);
            int count = catalogue_file(set, k | 1)->unpacked_size - 8;
            ck_assert_int_eq(f->unpacked_size, k % 2 ? 8 + count : 16 + 784 * count);
        }
        ck_assert(set->find.built_in || set->find.archive || *set->find.addresses);
        ck_assert(set->find.built_in || (*set->licence && *set->citation));
    }
}
END_TEST

/* ---- Real data ------------------------------------------------------------------------------- */

static bool real_data(void) {
    const char *given = getenv("LCNN_TEST_DATA"), *root = getenv("srcdir");
    const char *path = given ? given : arena_format(memory, "%s/../shared/data", root ? root : ".");
    setenv("LCNN_DATA", path, 1);
    return access(arena_format(memory, "%s/mnist", path), R_OK) == 0;
}

START_TEST(the_official_files_are_recognised) {
    if (!real_data())
        suite_skip("no real data; set LCNN_TEST_DATA to a folder with mnist and emnist in it");
    check("mnist", "official official official official ");
    check("emnist-byclass", "missing missing official official ");
    check("emnist-mnist", "missing missing official official ");
    check(arena_format(memory, "%s/mnist", getenv("LCNN_DATA")),
          "official official official official ");
}
END_TEST

START_TEST(mnist_under_another_name_is_mnist) {
    if (!real_data())
        suite_skip("no real data; set LCNN_TEST_DATA to a folder with mnist and emnist in it");
    sh("mkdir %s/kmnist");
    ck_assert_int_eq(
        system(arena_format(memory, "ln -s \"$(cd '%s/mnist' && pwd)\"/t10k* '%s/kmnist'",
                            getenv("LCNN_DATA"), folder)),
        0);
    setenv("LCNN_DATA", folder, 1);
    refused("kmnist", "/kmnist is mnist, although the names are the same");
    check(arena_format(memory, "%s/kmnist", folder), "official official ");
}
END_TEST

START_TEST(fashion_mnist_as_debian_packs_it) {
    if (access("/usr/share/datasets/fashion-mnist", R_OK) != 0)
        suite_skip("the package dataset-fashion-mnist is not installed");
    check("fashion-mnist", "repacked repacked repacked repacked ");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("verify");
    TCase *cases = tcase_create("verify");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, the_very_files);
    tcase_add_test(cases, the_same_data_packed_otherwise);
    tcase_add_test(cases, what_cannot_be_told);
    tcase_add_test(cases, what_differs);
    tcase_add_test(cases, every_flipped_bit_is_seen);
    tcase_add_test(cases, a_folder_is_recognised_by_its_content);
    tcase_add_test(cases, a_folder_with_checksums_of_its_own);
    tcase_add_test(cases, what_cannot_be_verified);
    tcase_add_test(cases, the_catalogue_agrees_with_itself);
    tcase_add_test(cases, the_official_files_are_recognised);
    tcase_add_test(cases, mnist_under_another_name_is_mnist);
    tcase_add_test(cases, fashion_mnist_as_debian_packs_it);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
