/* test_fetch.c - fetching from a real web server that behaves well or badly: what is in the folder
 * afterwards is right or is not there. */
#include "config.h"

#include "web_set.h"

#ifndef HAVE_CURL

START_TEST(without_libcurl_it_says_so) {
    web_catalogue("good");
    web_refused(LCNN_BAD_DATA, "built without libcurl", NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fetch");
    TCase *cases = tcase_create("fetch");
    tcase_add_checked_fixture(cases, web_set_up, web_tear_down);
    tcase_add_test(cases, without_libcurl_it_says_so);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}

#else

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- What works ------------------------------------------------------------------------------ */

START_TEST(a_set_is_fetched_and_opens) {
    web_catalogue("good");
    lcnn_fetch_plan *plan = lcnn_data_plan("specks", errors);
    ck_assert_int_eq(plan->files, WEB_FILES);
    ck_assert_str_eq(plan->folder, web_path("data/specks"));
    ck_assert_uint_gt(plan->bytes, 300000);
    ck_assert_ptr_null(plan->why_not);
    lcnn_fetch_plan_free(plan);

    ck_assert(web_fetch());
    web_check();
    dataset *d = opened("specks");
    ck_assert_uint_eq(d->train.count, WEB_TRAIN);
    ck_assert_uint_eq(d->test.count, WEB_TEST);
    datasets_close(d);

    plan = lcnn_data_plan("specks", errors);
    ck_assert_int_eq(plan->files, 0);
    lcnn_fetch_plan_free(plan);
    ck_assert(web_fetch()); /* nothing to do */
    ck_assert_int_eq(web_requests(""), WEB_FILES);
}
END_TEST

START_TEST(only_what_is_missing_is_fetched) {
    web_catalogue("good");
    ck_assert(web_fetch());
    unlink(web_path("data/specks/%s", web_file[2]));
    ck_assert(web_fetch());
    web_check();
    ck_assert_int_eq(web_requests(""), WEB_FILES + 1);
}
END_TEST

START_TEST(a_redirection_is_followed) {
    web_catalogue("moved");
    ck_assert(web_fetch());
    web_check();
}
END_TEST

/* Breaks off after half of the rest each time, so it takes a number of attempts. */
START_TEST(a_broken_download_is_gone_on_with) {
    web_catalogue("halves");
    ck_assert(web_fetch());
    web_check();
    ck_assert_int_gt(web_requests("halves"), WEB_FILES);
}
END_TEST

START_TEST(mirrors_are_tried_in_turn) {
    web_catalogue("missing broken silent page good");
    ck_assert(web_fetch());
    web_check();
    ck_assert_int_eq(web_requests("missing"), WEB_FILES);
    ck_assert_int_eq(web_requests("good"), WEB_FILES);
}
END_TEST

/* What came from one mirror is kept for the next. */
START_TEST(another_mirror_goes_on_where_one_broke_off) {
    web_catalogue("cut good");
    ck_assert(web_fetch());
    web_check();
    const char *rest = arena_format(memory, "good %s 1000\n", web_file[0]);
    ck_assert_int_eq(web_requests(rest), 1);
}
END_TEST

START_TEST(servers_without_ranges_start_again) {
    static const char *const behaviour[] = {"refusing", "unsatisfied"};
    for (int i = 0; i < 2; i++) {
        web_catalogue(arena_format(memory, "cut %s", behaviour[i]));
        ck_assert_msg(web_fetch(), "%s", behaviour[i]);
        web_check();
        ck_assert_int_eq(system(arena_format(memory, "rm -r '%s'", web_path("data/specks"))), 0);
    }
}
END_TEST

/* ---- What an earlier run left ---------------------------------------------------------------- */

static void put_part(const char *name, const char *content, size_t size) {
    mkdir(web_path("data/specks"), 0700);
    FILE *f = fopen(web_path("data/specks/%s.part", name), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(content, 1, size, f), size);
    fclose(f);
}

START_TEST(rubbish_from_before_is_thrown_away) {
    static char rubbish[1000000];
    web_catalogue("good");
    put_part(web_file[0], rubbish, 5000);    /* shorter than the file */
    put_part(web_file[1], rubbish, 1000000); /* longer */
    put_part(web_file[2], rubbish, (size_t)web_size(web_path("www/%s", web_file[2]))); /* as long */
    ck_assert(web_fetch());
    web_check();
    ck_assert_int_eq(web_requests(arena_format(memory, "good %s 5000\n", web_file[0])), 1);
    ck_assert_int_eq(web_requests(arena_format(memory, "good %s -1\n", web_file[0])), 1);
}
END_TEST

START_TEST(links_are_not_followed) {
    web_catalogue("good");
    mkdir(web_path("data/specks"), 0700);
    ck_assert_int_eq(symlink(web_path("victim"), web_path("data/specks/%s.part", web_file[0])), 0);
    ck_assert(!web_fetch());
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_IO);
    ck_assert(!web_there(web_path("victim")));
}
END_TEST

START_TEST(a_hard_link_is_not_written_through) {
    web_catalogue("good");
    mkdir(web_path("data/specks"), 0700);
    FILE *f = fopen(web_path("victim"), "w");
    fputs("mine", f);
    fclose(f);
    ck_assert_int_eq(link(web_path("victim"), web_path("data/specks/%s.part", web_file[0])), 0);
    ck_assert(!web_fetch());
    ck_assert_int_eq(web_size(web_path("victim")), 4);
}
END_TEST

/* ---- Servers that behave badly --------------------------------------------------------------- */

static const struct {
    const char *behaviour, *message;
    bool kept; /* what came is kept as NAME.part */
} bad[] = {
    {"page", "it sends a web page in place of the file", false},
    {"disguised", "it ended after", true},
    {"wrong", "what it sends has the wrong checksum", false},
    {"short", "its file has 100 bytes, not the", false},
    {"less", "it ended after", true},
    {"long", "bytes, not the", false},
    {"more", "it sends more bytes than the file has", true},
    {"loop", "redirects", false},
    {"local", "rotocol", false},
    {"missing", "404", false},
    {"broken", "500", false},
    {"silent", "mpty reply", false},
    {"cut", "it ended after 1000 of", true},
    {"stalls", "nothing came for 2 seconds", true},
};

START_TEST(bad_servers_leave_nothing_that_is_used) {
    const char *behaviour = bad[_i].behaviour;
    web_catalogue(behaviour);
    web_refused(LCNN_BAD_DATA, bad[_i].message,
                bad[_i].kept ? arena_format(memory, "%s.part", web_file[0]) : NULL);
    ck_assert(strstr(lcnn_errors_text(errors, 0), "127.0.0.1") != NULL);
    if (bad[_i].kept) {
        ck_assert_int_eq(lcnn_notes_count(errors), 1);
        ck_assert_ptr_nonnull(strstr(lcnn_notes_text(errors, 0), "goes on from there"));
    }
    web_catalogue("good"); /* and whatever that was, the next fetch puts it right */
    lcnn_errors_free(errors);
    errors = lcnn_errors_new();
    ck_assert_msg(web_fetch(), "%s", behaviour);
    web_check();
}
END_TEST

START_TEST(another_part_than_was_asked_for_is_refused) {
    static const char zeros[1000];
    web_catalogue("shifted");
    put_part(web_file[0], zeros, sizeof zeros);
    web_refused(LCNN_BAD_DATA, "another part of the file",
                arena_format(memory, "%s.part", web_file[0]));
}
END_TEST

START_TEST(nobody_there) {
    web_catalogue("good");
    http_server_stop(&server);
    web_refused(LCNN_BAD_DATA, "127.0.0.1", NULL);
    server = http_server_start(web_path("www"));
}
END_TEST

/* ---- Two runs, and runs that are killed ------------------------------------------------------ */

static pid_t fetch_apart(void) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(web_fetch() ? 0 : 1);
    return child;
}

START_TEST(two_runs_fetch_once) {
    web_catalogue("slow");
    pid_t child[2] = {fetch_apart(), fetch_apart()};
    for (int i = 0; i < 2; i++) {
        int status;
        ck_assert_int_eq(waitpid(child[i], &status, 0), child[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    web_check();
    ck_assert_int_eq(web_requests(""), WEB_FILES);
    ck_assert(!web_there(web_path("data/specks/.lcnn-fetch.lock")));
}
END_TEST

static bool stop_waiting(void *user, const lcnn_fetch_progress *now) {
    *(bool *)user |= now->step == LCNN_FETCH_WAITING;
    return now->step != LCNN_FETCH_WAITING;
}

START_TEST(the_second_says_that_it_waits) {
    web_catalogue("good");
    mkdir(web_path("data/specks"), 0700);
    int lock = open(web_path("data/specks/.lcnn-fetch.lock"), O_RDWR | O_CREAT, 0666);
    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    bool waited = false;
    lcnn_fetch_options options = {.user = &waited, .progress = stop_waiting};
    ck_assert(!lcnn_data_fetch("specks", &options, errors));
    ck_assert(waited);
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    close(lock); /* as when that run is killed: its lock is nobody's */
    ck_assert(web_fetch());
    web_check();
}
END_TEST

/* Whatever has its final name is whole; and when all are there it begins anew. */
static void check_finished_files(void) {
    int finished = 0;
    for (int i = 0; i < WEB_FILES; i++) {
        const char *here = web_path("data/specks/%s", web_file[i]);
        finished += web_there(here);
        if (web_there(here))
            ck_assert_int_eq(system(arena_format(memory, "cmp -s '%s' '%s'", here,
                                                 web_path("www/%s", web_file[i]))),
                             0);
    }
    if (finished == WEB_FILES)
        ck_assert_int_eq(system(arena_format(memory, "rm -r '%s'", web_path("data/specks"))), 0);
}

START_TEST(killed_at_any_time_it_is_gone_on_with) {
    enum { KILLS = 40 };
    web_catalogue("slow");
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fetch_apart();
        struct timespec t = {.tv_nsec = (i * 7919 % 60 + 1) * 1000000L}; /* 1 to 60 ms */
        nanosleep(&t, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        check_finished_files();
    }
    ck_assert(web_fetch());
    web_check();
    int whole = web_requests(arena_format(memory, "slow %s -1\n", web_file[0]));
    ck_assert_int_lt(whole, KILLS / 2); /* most went on from where the one before was killed */
}
END_TEST

static bool stop_half_way(void *user, const lcnn_fetch_progress *now) {
    (void)user;
    return now->done < now->total / 2;
}

START_TEST(stopping_keeps_what_there_is) {
    web_catalogue("slow");
    lcnn_fetch_options options = {.progress = stop_half_way};
    ck_assert(!lcnn_data_fetch("specks", &options, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    ck_assert_ptr_nonnull(strstr(lcnn_notes_text(errors, 0), "goes on from there"));
    lcnn_fetch_plan *plan = lcnn_data_plan("specks", errors);
    ck_assert_int_eq(plan->files, WEB_FILES);
    ck_assert_uint_gt(plan->kept, 100000);
    lcnn_fetch_plan_free(plan);
    ck_assert(web_fetch());
    web_check();
}
END_TEST

/* ---- No room --------------------------------------------------------------------------------- */

/* A file system of 64 kB of this process's own, which only root may have. */
START_TEST(a_full_disk_leaves_nothing) {
    web_catalogue("good");
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("lcnn", web_path("data"), "tmpfs", 0, "size=64k") != 0)
        suite_skip("this user may not mount a small file system");
    web_refused(LCNN_BAD_IO, "No space left on device; free some space", NULL);
    umount(web_path("data"));
}
END_TEST

START_TEST(a_limit_on_files_leaves_nothing) {
    signal(SIGXFSZ, SIG_IGN);
    web_catalogue("good");
    struct rlimit old, low;
    getrlimit(RLIMIT_FSIZE, &old);
    low = old;
    low.rlim_cur = 50000;
    setrlimit(RLIMIT_FSIZE, &low);
    web_refused(LCNN_BAD_IO, "File too large", NULL);
    setrlimit(RLIMIT_FSIZE, &old);
}
END_TEST

START_TEST(a_folder_that_cannot_be) {
    web_catalogue("good");
    setenv("LCNN_DATA", "/proc/nowhere", 1);
    ck_assert(!web_fetch());
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_IO);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "/proc/nowhere"));
    ck_assert_int_eq(web_requests(""), 0);
}
END_TEST

START_TEST(without_a_place) {
    web_catalogue("good");
    unsetenv("LCNN_DATA");
    unsetenv("HOME");
    web_refused(LCNN_BAD_DATA, "there is no place for it: neither LCNN_DATA nor HOME is set", NULL);
}
END_TEST

/* ---- The user's catalogue -------------------------------------------------------------------- */

START_TEST(a_name_that_is_taken) {
    web_catalogue("good");
    ck_assert_int_eq(system(arena_format(memory, "sed -i 's/name: specks$/name: fmnist/' '%s'",
                                         web_path("config/lcnn/catalogue.yaml"))),
                     0);
    ck_assert_ptr_null(lcnn_data_plan("mnist", errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
    const char *text = lcnn_errors_text(errors, 0);
    ck_assert_ptr_nonnull(
        strstr(text, "config/lcnn/catalogue.yaml:2:5: error: the name 'fmnist' is taken"));
    ck_assert_ptr_nonnull(strstr(text, "data set 'fashion-mnist'"));
}
END_TEST

START_TEST(what_cannot_be_fetched) {
    web_write_catalogue("", "get: ask a friend");
    web_refused(LCNN_BAD_DATA, "the catalogue has no address", NULL);
    ck_assert(!lcnn_data_fetch("spekcs", NULL, errors));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 1), "did you mean 'specks'?"));
    ck_assert(!lcnn_data_fetch("./specks", NULL, errors));
    ck_assert(lcnn_data_fetch("glyphs", NULL, errors)); /* has no files */
}
END_TEST

START_TEST(checksums_are_needed) {
    web_catalogue("good");
    ck_assert_int_eq(system(arena_format(memory, "sed -i 's/, sha256: [0-9a-f]*//' '%s'",
                                         web_path("config/lcnn/catalogue.yaml"))),
                     0);
    web_refused(LCNN_BAD_DATA, "lacks size or checksum", NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fetch");
    TCase *cases = tcase_create("fetch");
    tcase_add_checked_fixture(cases, web_set_up, web_tear_down);
    tcase_add_test(cases, a_set_is_fetched_and_opens);
    tcase_add_test(cases, only_what_is_missing_is_fetched);
    tcase_add_test(cases, a_redirection_is_followed);
    tcase_add_test(cases, a_broken_download_is_gone_on_with);
    tcase_add_test(cases, mirrors_are_tried_in_turn);
    tcase_add_test(cases, another_mirror_goes_on_where_one_broke_off);
    tcase_add_test(cases, servers_without_ranges_start_again);
    tcase_add_test(cases, rubbish_from_before_is_thrown_away);
    tcase_add_test(cases, links_are_not_followed);
    tcase_add_test(cases, a_hard_link_is_not_written_through);
    tcase_add_loop_test(cases, bad_servers_leave_nothing_that_is_used, 0, sizeof bad / sizeof *bad);
    tcase_add_test(cases, another_part_than_was_asked_for_is_refused);
    tcase_add_test(cases, nobody_there);
    tcase_add_test(cases, two_runs_fetch_once);
    tcase_add_test(cases, the_second_says_that_it_waits);
    tcase_add_test(cases, killed_at_any_time_it_is_gone_on_with);
    tcase_add_test(cases, stopping_keeps_what_there_is);
    tcase_add_test(cases, a_full_disk_leaves_nothing);
    tcase_add_test(cases, a_limit_on_files_leaves_nothing);
    tcase_add_test(cases, a_folder_that_cannot_be);
    tcase_add_test(cases, without_a_place);
    tcase_add_test(cases, a_name_that_is_taken);
    tcase_add_test(cases, what_cannot_be_fetched);
    tcase_add_test(cases, checksums_are_needed);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}

#endif
