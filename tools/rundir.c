/* rundir.c - making run folders and putting files into them. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "rundir.h"
#include "text.h"

void append_plain(FILE *out, const char *name) {
    for (const char *s = name; *s; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= '0' && *s <= '9') || *s == '_' || (*s == '.' && s > name) || *s == '-';
        fputc(plain ? *s : '-', out);
    }
}

char *run_default_folder(const job *j) {
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    fputs("runs/", out);
    append_plain(out, lcnn_model_name(j->model));
    fputc('-', out);
    append_plain(out, lcnn_data_name(j->data));
    fprintf(out, "-%llu", (unsigned long long)lcnn_model_seed(j->model));
    fclose(out);
    return text;
}

/* Makes what is missing above the last part of `folder`. */
static int make_parents(const char *folder) {
    char *path = memory_text(folder);
    int status = LCNN_OK;
    for (char *slash = strchr(path + 1, '/'); slash && status == LCNN_OK;
         slash = strchr(slash + 1, '/')) {
        if (slash[strspn(slash, "/")] == '\0')
            break; /* only slashes follow: this is the last part */
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            status = complain(LCNN_BAD_IO, path,
                              "cannot make this folder: %s; give another one with --out",
                              strerror(errno));
        *slash = '/';
    }
    free(path);
    return status;
}

static int cannot_make(const char *folder, int code) {
    if (code == EEXIST || code == ENOTEMPTY)
        return complain(
            LCNN_BAD_IO, folder,
            "this exists already, and a run is never overwritten; give another folder with --out, "
            "another seed with --seed, or remove it");
    return complain(LCNN_BAD_IO, folder, "cannot make this folder: %s; give another one with --out",
                    strerror(code));
}

int run_make_folder(const char *folder) {
    int status = make_parents(folder);
    if (status != LCNN_OK || mkdir(folder, 0777) == 0)
        return status;
    return cannot_make(folder, errno);
}

/* ---- A folder in the making ------------------------------------------------------------------- */

/* 1: this process holds the folder until it ends (children do not inherit that); 0: another one
 * does; -1: there is no such folder. A file system without locks holds nobody back. */
static int hold(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 1;
    close(fd);
    return 0;
}

int run_hold_folder(const char *folder, const char *word) {
    int held = hold(folder);
    if (held < 0)
        return complain(LCNN_BAD_IO, folder, "cannot enter this folder: %s", strerror(errno));
    if (held)
        return LCNN_OK;
    return complain(LCNN_BAD_IO, folder,
                    "another 'lcnn %s' is at work in this folder; wait until it has ended", word);
}

/* "runs/.NAME.new" for "runs/NAME"; to be freed. */
static char *hidden_path(const char *folder) {
    size_t end = strlen(folder);
    while (end > 1 && folder[end - 1] == '/')
        end--;
    size_t name = end;
    while (name > 0 && folder[name - 1] != '/')
        name--;
    char *path = memory_text(
        text_printf("%.*s.%.*s.new", (int)name, folder, (int)(end - name), folder + name));
    return path;
}

/* Without the path. */
static bool is_unfinished(const char *name) {
    size_t length = strlen(name);
    return strncmp(name, ".lcnn-", 6) == 0 && length > 4 && strcmp(name + length - 4, ".tmp") == 0;
}

char *run_begin_folder(const char *folder, int *status) {
    struct stat info;
    *status = make_parents(folder);
    if (*status == LCNN_OK && lstat(folder, &info) == 0)
        *status = cannot_make(folder, EEXIST);
    if (*status != LCNN_OK)
        return NULL;
    char *hidden = hidden_path(folder);
    int held = hold(hidden);
    if (held > 0)
        run_remove_folder(hidden);
    if (held != 0 && mkdir(hidden, 0777) != 0)
        *status = cannot_make(errno == EEXIST ? hidden : folder, errno);
    else if (held == 0 || hold(hidden) != 1)
        *status = complain(LCNN_BAD_IO, folder, "another 'lcnn run' is making this folder");
    if (*status == LCNN_OK)
        return hidden;
    if (held != 0)
        rmdir(hidden);
    free(hidden);
    return NULL;
}

/* What was renamed stays so after a power cut once its folder is flushed. */
static void flush_above(const char *folder) {
    const char *slash = strrchr(folder, '/');
    int length = slash ? (int)(slash - folder) + 1 : 1;
    int fd =
        open(text_printf("%.*s", length, slash ? folder : "."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int run_show_folder(const char *hidden, const char *folder) {
    if (rename(hidden, folder) != 0)
        return cannot_make(folder, errno);
    flush_above(hidden);
    return LCNN_OK;
}

/* ---- What is in a folder ---------------------------------------------------------------------- */

static bool is_of_run(const char *name) {
    static const char *const begin[] = {"model.yaml",
                                        "run.json",
                                        "metrics.csv",
                                        "result.json",
                                        "confusion.csv",
                                        "predictions.csv",
                                        "weights.safet",
                                        "report.html",
                                        "published.json",
                                        "trial.json",
                                        "probe-",
                                        ".lcnn-",
                                        "checkpoint-",
                                        "best.safet",
                                        "hashes.csv",
                                        "trace.csv",
                                        NULL};
    for (int i = 0; begin[i]; i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

static bool is_figure(const char *name) {
    size_t length = strlen(name);
    return length > 4 &&
           (strcmp(name + length - 4, ".svg") == 0 || strcmp(name + length - 4, ".png") == 0);
}

/* Removes the files that `wanted` knows. */
static void remove_files(const char *folder, bool (*wanted)(const char *name)) {
    DIR *d = opendir(folder);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char *path = run_path(folder, e->d_name);
        if (wanted(e->d_name))
            unlink(path);
        free(path);
    }
    if (d)
        closedir(d);
}

void run_sweep_folder(const char *folder) {
    remove_files(folder, is_unfinished);
}

bool run_remove_folder(const char *folder) {
    struct stat info;
    if (lstat(folder, &info) != 0)
        return true;
    if (!S_ISDIR(info.st_mode))
        return false;
    char *figures = run_path(folder, "figures");
    remove_files(figures, is_figure);
    bool gone = rmdir(figures) == 0 || errno == ENOENT;
    free(figures);
    if (gone)
        remove_files(folder, is_of_run);
    return gone && rmdir(folder) == 0;
}

int run_check_folder(const char *folder, const char *word) {
    static const char *const needed[] = {"model.yaml", "weights.safetensors"};
    struct stat info;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return complain(LCNN_BAD_IO, folder,
                        "no such folder; 'lcnn %s' wants what 'lcnn run' has written", word);
    for (int i = 0; i < 2; i++)
        if (!run_has(folder, needed[i]))
            return complain(LCNN_BAD_IO, folder,
                            "no %s in it; 'lcnn %s' wants what 'lcnn run' has written", needed[i],
                            word);
    return LCNN_OK;
}

int file_is_new(const char *path, bool force) {
    struct stat info;
    if (force || lstat(path, &info) != 0)
        return LCNN_OK;
    return complain(LCNN_BAD_IO, path,
                    "this exists already; --force replaces it, or give another name");
}

char *run_path(const char *folder, const char *name) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = memory_new(size, 1);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

bool run_has(const char *folder, const char *name) {
    struct stat info;
    char *path = run_path(folder, name);
    bool here = stat(path, &info) == 0;
    free(path);
    return here;
}

void run_file_begin(run_file *file, const char *folder, const char *name) {
    *file = (run_file){.folder = folder, .name = name};
    file->out = text_begin(&file->bytes, &file->size);
}

int run_file_end(run_file *file) {
    fclose(file->out);
    char *path = run_path(file->folder, file->name);
    lcnn_errors *errors = messages_begin();
    lcnn_write_file(path, file->bytes, file->size, errors);
    free(path);
    free(file->bytes);
    return file->quiet ? messages_drop(errors) : messages_end(errors);
}
