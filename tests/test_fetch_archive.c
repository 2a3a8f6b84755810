/* test_fetch_archive.c - sets that come in an archive, with archives that were made to do harm:
 * only what is wanted comes out of them, and nothing outside the set's folder. */
#include "config.h"

#include "web_set.h"

#if !defined HAVE_ARCHIVE || !defined HAVE_CURL

START_TEST(without_the_libraries_it_says_so) {
    web_write_catalogue(arena_format(memory,
                                     "archives:\n  - {name: box, file: box.zip, size: 5, md5: %s, "
                                     "addresses: \"http://127.0.0.1:1/\"}\n",
                                     "00000000000000000000000000000000"),
                        "archive: box");
    web_refused(LCNN_BAD_DATA, "built without lib", NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fetch archive");
    TCase *cases = tcase_create("fetch archive");
    tcase_add_checked_fixture(cases, web_set_up, web_tear_down);
    tcase_add_test(cases, without_the_libraries_it_says_so);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}

#else

#include "digest.h"
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct archive *zip;

static void zip_begin(void) {
    zip = archive_write_new();
    archive_write_set_format_zip(zip);
    ck_assert_int_eq(archive_write_open_filename(zip, web_path("www/box.zip")), ARCHIVE_OK);
}

static void zip_add(const char *path, const char *content, size_t size) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    ck_assert_int_eq(archive_write_header(zip, entry), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(zip, content, size), (la_ssize_t)size);
    archive_entry_free(entry);
}

static void zip_add_link(const char *path, const char *target) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, target);
    archive_entry_set_perm(entry, 0777);
    ck_assert_int_eq(archive_write_header(zip, entry), ARCHIVE_OK);
    archive_entry_free(entry);
}

/* A file of the set, as `path` in the archive; with `more` zeros behind it, or so many bytes less.
 */
static void zip_add_file(const char *path, int index, long more) {
    long size = web_size(web_path("www/%s", web_file[index]));
    char *content = calloc(1, (size_t)size + 200000);
    FILE *f = fopen(web_path("www/%s", web_file[index]), "rb");
    ck_assert_uint_eq(fread(content, 1, (size_t)size, f), (size_t)size);
    fclose(f);
    zip_add(path, content, (size_t)(size + more));
    free(content);
}

static const char *member(int index) {
    return arena_format(memory, "inside/%s", web_file[index]);
}

static void zip_add_all_but(int left_out) {
    for (int i = 0; i < WEB_FILES; i++)
        if (i != left_out)
            zip_add_file(member(i), i, 0);
}

/* Ends the archive and tells the catalogue of it, with its right checksum. */
static void zip_end(const char *behaviour) {
    ck_assert_int_eq(archive_write_close(zip), ARCHIVE_OK);
    archive_write_free(zip);
    file_digest d;
    ck_assert(digest_file(web_path("www/box.zip"), &d, errors));
    web_write_catalogue(
        arena_format(memory,
                     "archives:\n  - name: box\n    file: box.zip\n    members: inside/\n"
                     "    size: %d\n    sha256: %s\n    addresses: http://127.0.0.1:%d/%s/\n",
                     (int)d.size, d.sha256, server.port, behaviour),
        "archive: box");
}

/* The archive is the one thing that may be there. */
static void refused_whole(const char *part) {
    web_refused(LCNN_BAD_DATA, part, "box.zip");
    ck_assert_int_eq(
        system(arena_format(memory, "test \"$(cd '%s' && echo *)\" = 'config data www'", folder)),
        0);
    ck_assert_int_eq(
        system(arena_format(memory, "test \"$(cd '%s' && echo *)\" = specks", web_path("data"))),
        0);
}

/* ---- What works ------------------------------------------------------------------------------ */

static void check_unpacked(void) {
    ck_assert(web_there(web_path("data/specks/box.zip"))); /* kept for other sets */
    ck_assert_int_eq(rename(web_path("data/specks/box.zip"), web_path("box.zip")), 0);
    web_check();
}

START_TEST(members_come_out_by_their_names) {
    zip_begin();
    zip_add("readme.txt", "hello", 5);
    zip_add_all_but(-1);
    zip_add("inside/other.gz", "hello", 5);
    zip_end("good");
    lcnn_fetch_plan *plan = lcnn_data_plan("specks", errors);
    ck_assert_str_eq(plan->archive, "box.zip");
    ck_assert_uint_eq(plan->bytes, (uint64_t)web_size(web_path("www/box.zip")));
    lcnn_fetch_plan_free(plan);
    ck_assert(web_fetch());
    check_unpacked();
    datasets_close(opened("specks"));
}
END_TEST

START_TEST(an_archive_that_is_here_needs_no_download) {
    zip_begin();
    zip_add_all_but(-1);
    zip_end("missing");
    mkdir(web_path("data/specks"), 0700);
    ck_assert_int_eq(rename(web_path("www/box.zip"), web_path("data/specks/box.zip")), 0);
    lcnn_fetch_plan *plan = lcnn_data_plan("specks", errors);
    ck_assert_uint_eq(plan->bytes, 0);
    lcnn_fetch_plan_free(plan);
    ck_assert(web_fetch());
    ck_assert_int_eq(web_requests(""), 0);
    check_unpacked();
}
END_TEST

START_TEST(an_archive_that_is_here_is_checked) {
    zip_begin();
    zip_add_all_but(-1);
    zip_end("good");
    mkdir(web_path("data/specks"), 0700);
    ck_assert_int_eq(
        system(arena_format(memory, "echo rubbish > '%s'", web_path("data/specks/box.zip"))), 0);
    refused_whole("this is not the archive that the catalogue knows");
}
END_TEST

/* ---- What was made to do harm ---------------------------------------------------------------- */

START_TEST(paths_that_lead_outside_are_no_members) {
    zip_begin();
    zip_add("../escaped", "x", 1);
    zip_add("../../escaped", "x", 1);
    zip_add("/tmp/lcnn-escaped", "x", 1);
    zip_add(arena_format(memory, "inside/../../%s", web_file[0]), "x", 1);
    zip_add(arena_format(memory, "/inside/%s", web_file[0]), "x", 1);
    zip_add_all_but(-1);
    zip_end("good");
    ck_assert(web_fetch());
    check_unpacked();
    ck_assert_int_eq(
        system(arena_format(memory, "test \"$(cd '%s' && echo *)\" = specks", web_path("data"))),
        0);
    ck_assert(!web_there("/tmp/lcnn-escaped"));
}
END_TEST

START_TEST(paths_that_lead_outside_are_not_taken_for_members) {
    zip_begin();
    zip_add_file(arena_format(memory, "../inside/%s", web_file[0]), 0, 0);
    zip_add_file(arena_format(memory, "/inside/%s", web_file[0]), 0, 0);
    zip_add_all_but(0);
    zip_end("good");
    refused_whole("is missing");
}
END_TEST

START_TEST(links_are_refused) {
    zip_begin();
    zip_add_link(member(0), web_path("victim"));
    zip_add_all_but(0);
    zip_end("good");
    refused_whole("is a link");
}
END_TEST

START_TEST(a_link_and_then_a_file_are_refused) {
    zip_begin();
    zip_add_link(member(0), web_path("victim"));
    zip_add_all_but(-1);
    zip_end("good");
    refused_whole("is a link");
}
END_TEST

START_TEST(members_that_are_there_twice_are_refused) {
    zip_begin();
    zip_add_all_but(-1);
    zip_add_file(member(1), 1, 0);
    zip_end("good");
    refused_whole("is there twice");
}
END_TEST

START_TEST(members_of_another_size_are_refused) {
    static const struct {
        long more;
        const char *message;
    } wrong[] = {{100000, "has more bytes"}, {1, "has more bytes"}, {-1, "has fewer bytes"}};
    for (int i = 0; i < 3; i++) {
        zip_begin();
        zip_add_all_but(2);
        zip_add_file(member(2), 2, wrong[i].more);
        zip_end("good");
        refused_whole(wrong[i].message);
        unlink(web_path("data/specks/box.zip"));
        lcnn_errors_free(errors);
        errors = lcnn_errors_new();
    }
}
END_TEST

START_TEST(members_with_another_checksum_are_refused) {
    zip_begin();
    zip_add_all_but(3);
    char *zeros = calloc(1, 1000);
    zip_add(member(3), zeros, (size_t)web_size(web_path("www/%s", web_file[3])));
    free(zeros);
    zip_end("good");
    refused_whole("has another checksum");
}
END_TEST

START_TEST(what_is_no_archive) {
    zip_begin();
    zip_add_all_but(-1);
    ck_assert_int_eq(archive_write_close(zip), ARCHIVE_OK);
    ck_assert_int_eq(truncate(web_path("www/box.zip"), 200000), 0);
    zip_end("good");
    web_refused(LCNN_BAD_DATA, "box.zip: error: ", "box.zip");
}
END_TEST

START_TEST(a_text_is_no_archive) {
    zip_begin();
    zip_add_all_but(-1);
    ck_assert_int_eq(archive_write_close(zip), ARCHIVE_OK);
    put_text("www/box.zip", "all that is here is this text\n");
    zip_end("good");
    refused_whole("box.zip: error: damaged archive: Unrecognized archive format");
}
END_TEST

static bool stop_unpacking(void *user, const lcnn_fetch_progress *now) {
    *(bool *)user |= now->step == LCNN_FETCH_UNPACKING;
    return now->step != LCNN_FETCH_UNPACKING;
}

START_TEST(stopping_leaves_no_half_a_set) {
    zip_begin();
    zip_add_all_but(-1);
    zip_end("good");
    bool began = false;
    lcnn_fetch_options options = {.user = &began, .progress = stop_unpacking};
    ck_assert(!lcnn_data_fetch("specks", &options, errors));
    ck_assert(began);
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    for (int i = 0; i < WEB_FILES; i++) {
        ck_assert(!web_there(web_path("data/specks/%s", web_file[i])));
        ck_assert(!web_there(web_path("data/specks/%s.part", web_file[i])));
    }
    ck_assert(web_fetch()); /* from the archive that is here now */
    ck_assert_int_eq(web_requests(""), 1);
    check_unpacked();
}
END_TEST

/* What somebody laid in the way under a name of ours is not written through. */
START_TEST(links_in_the_folder_are_not_followed) {
    zip_begin();
    zip_add_all_but(-1);
    zip_end("good");
    mkdir(web_path("data/specks"), 0700);
    for (int i = 0; i < WEB_FILES; i++) {
        const char *part = web_path("data/specks/%s.part", web_file[i]);
        ck_assert_int_eq(symlink(web_path("victim"), part), 0);
    }
    ck_assert(web_fetch());
    check_unpacked();
    ck_assert(!web_there(web_path("victim")));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fetch archive");
    TCase *cases = tcase_create("fetch archive");
    tcase_add_checked_fixture(cases, web_set_up, web_tear_down);
    tcase_add_test(cases, members_come_out_by_their_names);
    tcase_add_test(cases, an_archive_that_is_here_needs_no_download);
    tcase_add_test(cases, an_archive_that_is_here_is_checked);
    tcase_add_test(cases, paths_that_lead_outside_are_no_members);
    tcase_add_test(cases, paths_that_lead_outside_are_not_taken_for_members);
    tcase_add_test(cases, links_are_refused);
    tcase_add_test(cases, a_link_and_then_a_file_are_refused);
    tcase_add_test(cases, members_that_are_there_twice_are_refused);
    tcase_add_test(cases, members_of_another_size_are_refused);
    tcase_add_test(cases, members_with_another_checksum_are_refused);
    tcase_add_test(cases, what_is_no_archive);
    tcase_add_test(cases, a_text_is_no_archive);
    tcase_add_test(cases, stopping_leaves_no_half_a_set);
    tcase_add_test(cases, links_in_the_folder_are_not_followed);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}

#endif
