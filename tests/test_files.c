/* test_files.c - digests, and files that are written whole or not at all.
 *
 * The system calls that file.c makes are replaced here by ones that pass them on, and can be told
 * to be slow, interrupted or broken: what a full disk does is then tested without one. */
#include "config.h"

#include "file.h"
#include "hash.h"
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- System calls that fail on request ------------------------------------------------------- */

static struct {
    size_t most;        /* bytes that one write or read moves; 0: as many as asked */
    bool interrupt;     /* every other write or read is interrupted by a signal */
    int write_error;    /* errno of the second write */
    bool full;          /* the second write moves nothing */
    int fsync_error[2]; /* errno of the first flush (the file), of the second (the folder) */
    int rename_error, close_error;
    int taken;                  /* so many names for a new file are somebody else's */
    int writes, reads, flushes; /* so far */
} faults;

static bool fails(int code) {
    errno = code;
    return code != 0;
}

static size_t at_most(size_t size) {
    return faults.most && size > faults.most ? faults.most : size;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    faults.writes++;
    if (faults.interrupt && faults.writes % 2 && fails(EINTR))
        return -1;
    if (faults.writes == 2 && faults.full)
        return 0;
    if (faults.writes == 2 && fails(faults.write_error))
        return -1;
    return syscall(SYS_write, descriptor, bytes, at_most(size));
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    faults.reads++;
    if (faults.interrupt && faults.reads % 2 && fails(EINTR))
        return -1;
    return syscall(SYS_read, descriptor, bytes, at_most(size));
}

int fsync(int descriptor) {
    faults.flushes++;
    if (faults.flushes <= 2 && fails(faults.fsync_error[faults.flushes - 1]))
        return -1;
    return (int)syscall(SYS_fsync, descriptor);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    if (fails(faults.rename_error))
        return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int close(int descriptor) {
    int result = (int)syscall(SYS_close, descriptor);
    return fails(faults.close_error) ? -1 : result;
}

int openat(int in, const char *name, int flags, ...) {
    if (faults.taken > 0 && faults.taken-- && fails(EEXIST))
        return -1;
    return (int)syscall(SYS_openat, in, name, flags, 0666);
}

/* ---- A folder for each test ------------------------------------------------------------------ */

static char folder[] = "test_files.XXXXXX", path[64];
static lcnn_errors *errors;

static void set_up(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/weights", folder);
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    lcnn_errors_free(errors);
}

static int entries(void) {
    int count = 0;
    DIR *dir = opendir(folder);
    for (const struct dirent *e; (e = readdir(dir));)
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void expect_content(const char *expected) {
    size_t size;
    char *bytes = file_read(path, 1000, &size, LCNN_BAD_DATA, errors);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_str_eq(bytes, expected);
    ck_assert_uint_eq(size, strlen(expected));
    free(bytes);
}

static void expect_message(lcnn_status status, const char *fragment) {
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    const char *text = lcnn_errors_text(errors, 0);
    ck_assert_msg(strstr(text, fragment) != NULL, "no '%s' in: %s", fragment, text);
    ck_assert_int_eq(lcnn_errors_status(errors), status);
}

/* ---- Digests --------------------------------------------------------------------------------- */

/* The examples of FIPS 180-2, appendix B. */
START_TEST(digests_are_those_of_the_standard) {
    char hex[HASH_TEXT];
    hash_sha256("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    hash_sha256(text, strlen(text), hex);
    ck_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

START_TEST(pieces_have_the_digest_of_the_whole) {
    char whole[HASH_TEXT], pieces[HASH_TEXT];
    hash h;
    hash_sha256("one two three", 13, whole);
    hash_begin(&h);
    hash_add(&h, "one ", 4);
    hash_add(&h, NULL, 0);
    hash_add(&h, "two three", 9);
    hash_end(&h, pieces);
    ck_assert_str_eq(whole, pieces);
}
END_TEST

/* ---- Writing --------------------------------------------------------------------------------- */

START_TEST(a_written_file_is_there_and_nothing_else) {
    ck_assert(file_write(path, "old", 3, errors));
    expect_content("old");
    ck_assert(file_write(path, "new content", 11, errors));
    expect_content("new content");
    ck_assert(file_write(path, NULL, 0, errors));
    expect_content("");
    ck_assert_int_eq(entries(), 1);
    ck_assert_int_eq(faults.flushes, 6); /* file and folder, three times */
}
END_TEST

START_TEST(a_path_without_folder_is_in_the_current_one) {
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert(file_write("here", "x", 1, errors));
    ck_assert_int_eq(access("here", F_OK), 0);
    ck_assert_int_eq(chdir(".."), 0);
}
END_TEST

/* 255 bytes is what most file systems allow; the temporary name must not be longer. */
START_TEST(the_longest_name_can_be_written) {
    char longest[512];
    int length = snprintf(longest, sizeof longest, "%s/", folder);
    memset(longest + length, 'n', 255);
    longest[length + 255] = '\0';
    ck_assert(file_write(longest, "x", 1, errors));
    ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(short_and_interrupted_writes_go_on) {
    faults.most = 3;
    faults.interrupt = true;
    ck_assert(file_write(path, "0123456789", 10, errors));
    ck_assert_int_ge(faults.writes, 8);
    expect_content("0123456789");
}
END_TEST

static const struct {
    const char *what;
    int write_error, fsync_error, rename_error, close_error;
    bool full;
    const char *message;
} broken[] = {
    {"disk full", ENOSPC, 0, 0, 0, false, "cannot write: No space left on device; free some space"},
    {"disk broken", EIO, 0, 0, 0, false, "cannot write: Input/output error; check the disk"},
    {"lost while flushing", 0, EIO, 0, 0, false, "cannot write: Input/output error"},
    {"rename forbidden", 0, 0, EACCES, 0, false,
     "cannot write: Permission denied; choose a folder"},
    {"lost while closing", 0, 0, 0, EDQUOT, false,
     "cannot write: Disk quota exceeded; free some space"},
    {"nothing taken", 0, 0, 0, 0, true, "cannot write: No space left on device; free some space"},
};

START_TEST(a_failure_leaves_the_old_file_and_no_other) {
    ck_assert(file_write(path, "precious", 8, errors));
    memset(&faults, 0, sizeof faults);
    faults.most = 4;
    faults.write_error = broken[_i].write_error;
    faults.fsync_error[0] = broken[_i].fsync_error;
    faults.rename_error = broken[_i].rename_error;
    faults.close_error = broken[_i].close_error;
    faults.full = broken[_i].full;
    ck_assert(!file_write(path, "something new", 13, errors));
    ck_assert_int_le(faults.flushes, 1); /* trying a failed flush again would prove nothing */
    memset(&faults, 0, sizeof faults);
    expect_message(LCNN_BAD_IO, broken[_i].message);
    expect_content("precious");
    ck_assert_int_eq(entries(), 1);
}
END_TEST

/* What the system says is for programmers; what to do about it is for everybody. */
static const struct {
    int code;
    const char *advice;
} advised[] = {
    {EDQUOT, "; free some space, or write to another place"},
    {EFBIG, "; raise the limit on file sizes, or write to another place"},
    {EPERM, "; choose a folder that you may write to"},
    {EROFS, "; choose a folder that you may write to"},
    {ENOENT, "; make the folder first, or correct the path"},
    {ENOTDIR, "; make the folder first, or correct the path"},
    {EISDIR, "; name a file, not a folder"},
    {ENAMETOOLONG, "; choose a shorter name"},
    {EMFILE, "; close some files, or raise the limit on open files"},
    {ENFILE, "; close some files, or raise the limit on open files"},
    {ENODEV, "; check the disk, or write to another place"},
};

START_TEST(a_failure_is_told_with_what_to_do) {
    faults.rename_error = advised[_i].code;
    ck_assert(!file_write(path, "x", 1, errors));
    expect_message(LCNN_BAD_IO, advised[_i].advice);
    ck_assert_int_eq(entries(), 0);
}
END_TEST

START_TEST(memory_that_the_system_lacks_is_told_as_such) {
    faults.rename_error = ENOMEM;
    ck_assert(!file_write(path, "x", 1, errors));
    expect_message(LCNN_NO_MEMORY, "error: out of memory");
}
END_TEST

START_TEST(files_of_others_are_not_written_over) {
    faults.taken = 3;
    ck_assert(file_write(path, "x", 1, errors));
    expect_content("x");
    faults.taken = INT_MAX; /* and nobody tries for ever */
    ck_assert(!file_write(path, "y", 1, errors));
    faults.taken = 0;
    expect_message(LCNN_BAD_IO, "cannot write: File exists");
    expect_content("x");
}
END_TEST

START_TEST(a_path_must_end_in_the_name_of_a_file) {
    static const char *const ends[] = {"/", "/.", "/.."};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char whole[64];
        snprintf(whole, sizeof whole, "%s%s", folder, ends[i]);
        ck_assert(!file_write(whole, "x", 1, errors));
        ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, (int)i),
                                     "cannot write: Is a directory; name a file, not a folder"));
    }
    ck_assert_int_eq(entries(), 0);
}
END_TEST

START_TEST(a_folder_that_cannot_be_flushed_is_told) {
    faults.fsync_error[1] = EIO;
    ck_assert(!file_write(path, "x", 1, errors));
    expect_message(LCNN_BAD_IO, "written, but a power cut may still undo it");
    expect_content("x");
}
END_TEST

START_TEST(some_file_systems_know_no_flush_of_folders) {
    static const int codes[] = {EINVAL, ENOTSUP};
    for (int i = 0; i < 2; i++) {
        faults.flushes = 0;
        faults.fsync_error[1] = codes[i];
        ck_assert(file_write(path, "x", 1, errors));
    }
}
END_TEST

START_TEST(a_missing_folder_is_told) {
    ck_assert(!file_write("no/such/folder/file", "x", 1, errors));
    expect_message(LCNN_BAD_IO, "no/such/folder/file: error: cannot write: No such file");
}
END_TEST

START_TEST(a_folder_is_not_replaced) {
    ck_assert(!file_write(folder, "x", 1, errors));
    expect_message(LCNN_BAD_IO, "there is a folder of this name");
}
END_TEST

START_TEST(a_pipe_is_not_replaced) {
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!file_write(path, "x", 1, errors));
    expect_message(LCNN_BAD_IO, "there is a device or pipe of this name");
}
END_TEST

/* ---- Reading --------------------------------------------------------------------------------- */

START_TEST(short_and_interrupted_reads_go_on) {
    ck_assert(file_write(path, "0123456789", 10, errors));
    faults.most = 3;
    faults.interrupt = true;
    expect_content("0123456789");
}
END_TEST

START_TEST(a_missing_file_has_the_status_of_its_kind) {
    size_t size;
    ck_assert_ptr_null(file_read(path, 10, &size, LCNN_BAD_WEIGHTS, errors));
    expect_message(LCNN_BAD_WEIGHTS, "/weights: error: cannot read: there is no such file");
}
END_TEST

START_TEST(a_file_beyond_the_limit_is_refused) {
    size_t size;
    ck_assert(file_write(path, "12345", 5, errors));
    char *bytes = file_read(path, 5, &size, LCNN_BAD_MODEL, errors);
    ck_assert_ptr_nonnull(bytes);
    free(bytes);
    ck_assert_ptr_null(file_read(path, 4, &size, LCNN_BAD_MODEL, errors));
    expect_message(LCNN_BAD_MODEL, "it has 5 bytes; at most 4 are read");
}
END_TEST

START_TEST(folders_pipes_and_devices_are_no_files) {
    size_t size;
    ck_assert_ptr_null(file_read(folder, 10, &size, LCNN_BAD_MODEL, errors));
    expect_message(LCNN_BAD_MODEL, "this is a folder; name a file");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(file_read(path, 10, &size, LCNN_BAD_MODEL, errors)); /* and does not wait */
    ck_assert_ptr_null(file_read("/dev/zero", 10, &size, LCNN_BAD_MODEL, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 3);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 1), "this is a device or pipe"));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 2), "this is a device or pipe"));
}
END_TEST

START_TEST(a_file_that_shrinks_is_refused) {
    char bytes[10];
    file_input in;
    ck_assert(file_write(path, "12345", 5, errors));
    ck_assert(file_open(&in, path, LCNN_BAD_WEIGHTS, errors));
    ck_assert_uint_eq(in.size, 5);
    ck_assert_int_eq(truncate(path, 2), 0);
    ck_assert(!file_next(&in, bytes, 5, errors));
    file_close(&in);
    expect_message(LCNN_BAD_WEIGHTS, "it ends too early or is being changed");
}
END_TEST

/* As files in /proc are, and those that somebody is writing. */
START_TEST(a_file_longer_than_its_size_is_refused) {
    size_t size;
    if (access("/proc/self/status", R_OK) != 0)
        suite_skip("no /proc on this machine");
    ck_assert_ptr_null(file_read("/proc/self/status", 10000, &size, LCNN_BAD_MODEL, errors));
    expect_message(LCNN_BAD_MODEL, "it does not end where it should; is it being changed?");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("files");
    TCase *hashes = tcase_create("digests");
    tcase_add_test(hashes, digests_are_those_of_the_standard);
    tcase_add_test(hashes, pieces_have_the_digest_of_the_whole);
    suite_add_tcase(suite, hashes);

    TCase *writing = tcase_create("writing");
    tcase_add_checked_fixture(writing, set_up, tear_down);
    tcase_add_test(writing, a_written_file_is_there_and_nothing_else);
    tcase_add_test(writing, a_path_without_folder_is_in_the_current_one);
    tcase_add_test(writing, the_longest_name_can_be_written);
    tcase_add_test(writing, short_and_interrupted_writes_go_on);
    tcase_add_loop_test(writing, a_failure_leaves_the_old_file_and_no_other, 0,
                        (int)(sizeof broken / sizeof *broken));
    tcase_add_loop_test(writing, a_failure_is_told_with_what_to_do, 0,
                        (int)(sizeof advised / sizeof *advised));
    tcase_add_test(writing, memory_that_the_system_lacks_is_told_as_such);
    tcase_add_test(writing, files_of_others_are_not_written_over);
    tcase_add_test(writing, a_path_must_end_in_the_name_of_a_file);
    tcase_add_test(writing, a_folder_that_cannot_be_flushed_is_told);
    tcase_add_test(writing, some_file_systems_know_no_flush_of_folders);
    tcase_add_test(writing, a_missing_folder_is_told);
    tcase_add_test(writing, a_folder_is_not_replaced);
    tcase_add_test(writing, a_pipe_is_not_replaced);
    suite_add_tcase(suite, writing);

    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_test(reading, short_and_interrupted_reads_go_on);
    tcase_add_test(reading, a_missing_file_has_the_status_of_its_kind);
    tcase_add_test(reading, a_file_beyond_the_limit_is_refused);
    tcase_add_test(reading, folders_pipes_and_devices_are_no_files);
    tcase_add_test(reading, a_file_that_shrinks_is_refused);
    tcase_add_test(reading, a_file_longer_than_its_size_is_refused);
    suite_add_tcase(suite, reading);
    return suite_run(suite);
}
