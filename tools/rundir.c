/* rundir.c - making run folders and putting files into them. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    FILE *out = open_memstream(&text, &size);
    if (!out)
        no_memory();
    fputs("runs/", out);
    append_plain(out, lcnn_model_name(j->model));
    fputc('-', out);
    append_plain(out, lcnn_data_name(j->data));
    fprintf(out, "-%llu", (unsigned long long)lcnn_model_seed(j->model));
    if (fclose(out) != 0)
        no_memory();
    return text;
}

/* Makes what is missing above the last part of `folder`. */
static int make_parents(const char *folder) {
    char *path = strdup(folder);
    if (!path)
        no_memory();
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

int run_make_folder(const char *folder) {
    int status = make_parents(folder);
    if (status != LCNN_OK || mkdir(folder, 0777) == 0)
        return status;
    if (errno == EEXIST)
        return complain(
            LCNN_BAD_IO, folder,
            "this exists already, and a run is never overwritten; give another folder with --out, "
            "another seed with --seed, or remove it");
    return complain(LCNN_BAD_IO, folder, "cannot make this folder: %s; give another one with --out",
                    strerror(errno));
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
    char *path = malloc(size);
    if (!path)
        no_memory();
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
    file->out = open_memstream(&file->bytes, &file->size);
    if (!file->out)
        no_memory();
}

int run_file_end(run_file *file) {
    bool failed = ferror(file->out) != 0;
    if (fclose(file->out) != 0 || failed)
        no_memory();
    char *path = run_path(file->folder, file->name);
    lcnn_errors *errors = messages_begin();
    lcnn_write_file(path, file->bytes, file->size, errors);
    free(path);
    free(file->bytes);
    return messages_end(errors);
}
