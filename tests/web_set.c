/* web_set.c - the data set of web_set.h. */
#include "config.h"

#include "digest.h"
#include "web_set.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

http_server server;

const char *const web_file[WEB_FILES] = {
    "specks-train-images-idx3-ubyte.gz", "specks-train-labels-idx1-ubyte.gz",
    "specks-test-images-idx3-ubyte.gz", "specks-test-labels-idx1-ubyte.gz"};

const char *web_path(const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return arena_format(memory, "%s/%s", folder, text);
}

bool web_there(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

long web_size(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (long)info.st_size : -1;
}

/* Noise, which does not compress: the file is some 300 kB long. */
static void write_images(const char *path, int count) {
    uint8_t header[16] = {0, 0,  8, 3, 0, 0, (uint8_t)(count >> 8), (uint8_t)count, 0, 0,
                          0, 28, 0, 0, 0, 28};
    gzFile f = gzopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    gzwrite(f, header, sizeof header);
    uint32_t state = 1;
    for (int i = 0; i < count * 784; i++) {
        state = state * 1664525u + 1013904223u;
        uint8_t byte = (uint8_t)(state >> 24);
        gzwrite(f, &byte, 1);
    }
    gzclose(f);
}

static void write_labels(const char *path, int count) {
    uint8_t header[8] = {0, 0, 8, 1, 0, 0, (uint8_t)(count >> 8), (uint8_t)count};
    gzFile f = gzopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    gzwrite(f, header, sizeof header);
    for (int i = 0; i < count; i++) {
        uint8_t label = (uint8_t)(i % 10);
        gzwrite(f, &label, 1);
    }
    gzclose(f);
}

void web_set_up(void) {
    set_up();
    char *absolute = realpath(folder, NULL);
    ck_assert_ptr_nonnull(absolute);
    ck_assert_uint_lt(strlen(absolute), sizeof folder);
    strcpy(folder, absolute);
    free(absolute);
    static const char *const made[] = {"www", "data", "config", "config/lcnn"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mkdir(web_path("%s", made[i]), 0700), 0);
    setenv("HOME", folder, 1);
    setenv("LCNN_DATA", web_path("data"), 1);
    setenv("XDG_CONFIG_HOME", web_path("config"), 1);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    write_images(web_path("www/%s", web_file[0]), WEB_TRAIN);
    write_labels(web_path("www/%s", web_file[1]), WEB_TRAIN);
    write_images(web_path("www/%s", web_file[2]), WEB_TEST);
    write_labels(web_path("www/%s", web_file[3]), WEB_TEST);
    server = http_server_start(web_path("www"));
}

void web_tear_down(void) {
    http_server_stop(&server);
    tear_down();
}

/* ---- The catalogue --------------------------------------------------------------------------- */

static void write_file(FILE *out, const char *role, const char *name) {
    file_digest d;
    ck_assert(digest_file(web_path("www/%s", name), &d, errors));
    fprintf(out, "        %s: {name: %s, size: %d, sha256: %s}\n", role, name, (int)d.size,
            d.sha256);
}

void web_write_catalogue(const char *archives, const char *find) {
    FILE *out = fopen(web_path("config/lcnn/catalogue.yaml"), "w");
    ck_assert_ptr_nonnull(out);
    fprintf(out,
            "%ssets:\n  - name: specks\n    title: noise\n    shape: [1, 28, 28]\n"
            "    classes: [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]\n"
            "    files:\n      train:\n",
            archives);
    write_file(out, "images", web_file[0]);
    write_file(out, "labels", web_file[1]);
    fputs("      test:\n", out);
    write_file(out, "images", web_file[2]);
    write_file(out, "labels", web_file[3]);
    fprintf(out, "    find: {folder: specks, %s}\n", find);
    fclose(out);
}

void web_catalogue(const char *behaviours) {
    const char *list = "";
    for (const char *p = behaviours; *p;) {
        int length = (int)strcspn(p, " ");
        list = arena_format(memory, "%s%shttp://127.0.0.1:%d/%.*s/", list, *list ? ", " : "",
                            server.port, length, p);
        p += length;
        p += *p == ' ';
    }
    web_write_catalogue("", arena_format(memory, "addresses: [%s]", list));
}

/* ---- Fetching -------------------------------------------------------------------------------- */

bool web_fetch(void) {
    static const lcnn_fetch_options options = {.timeout = 2};
    return lcnn_data_fetch("specks", &options, errors);
}

/* Names in data/specks, in alphabetical order, each followed by a blank. The lock of a run that was
 * killed is nobody's, and does not count. */
static const char *names_there(void) {
    struct dirent **entry;
    const char *all = "";
    int n = scandir(web_path("data/specks"), &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (entry[i]->d_name[0] != '.')
            all = arena_format(memory, "%s%s ", all, entry[i]->d_name);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return all;
}

void web_refused(lcnn_status status, const char *part, const char *kept) {
    ck_assert(!web_fetch());
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    const char *text = lcnn_errors_text(errors, 0);
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in '%s'", part, text);
    ck_assert_int_eq(lcnn_errors_status(errors), status);
    ck_assert_str_eq(names_there(), kept ? arena_format(memory, "%s ", kept) : "");
}

void web_check(void) {
    for (int i = 0; i < WEB_FILES; i++) {
        file_digest here, there;
        ck_assert(digest_file(web_path("data/specks/%s", web_file[i]), &here, errors));
        ck_assert(digest_file(web_path("www/%s", web_file[i]), &there, errors));
        ck_assert_str_eq(here.sha256, there.sha256);
    }
    const char *names = names_there();
    int count = 0;
    for (const char *p = names; *p; p++)
        count += *p == ' ';
    ck_assert_msg(count == WEB_FILES, "in the folder are %s", names);
}

int web_requests(const char *head) {
    FILE *f = fopen(web_path("www/requests"), "r");
    char line[300];
    int count = 0;
    while (f && fgets(line, sizeof line, f))
        count += strncmp(line, head, strlen(head)) == 0;
    if (f)
        fclose(f);
    return count;
}
