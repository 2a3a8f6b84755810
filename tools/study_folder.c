/* study_folder.c - the folder of a study: entered by one process at a time, never shared by two
 * studies; and the folders of its trials, of which only those that runs have written are removed.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "past_run.h"
#include "result.h"
#include "rundir.h"
#include "study.h"
#include "text.h"

/* ---- The study's ------------------------------------------------------------------------------- */

static bool is_empty(const char *folder) {
    DIR *d = opendir(folder);
    int count = 0;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (d)
        closedir(d);
    return d && count == 0;
}

/* Held until this process ends; children do not inherit it. */
static int hold(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return complain(LCNN_BAD_IO, folder, "cannot enter this folder: %s", strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return LCNN_OK;
    if (errno == EWOULDBLOCK)
        return complain(LCNN_BAD_IO, folder,
                        "another 'lcnn study' is at work in this folder; wait for it, or give "
                        "another folder with --out");
    return LCNN_OK; /* a file system without locks */
}

/* What tells a study's folder from others: its name, where it came from, and its text. */
static int write_identity(const study_run *s) {
    run_file file;
    run_file_begin(&file, s->folder, "study.json");
    json_t *all =
        json_pack("{s:o, s:o, s:s}", "study", json_text(lcnn_study_name(s->study)), "file",
                  json_text(lcnn_study_path(s->study)), "version", lcnn_version());
    if (!all)
        no_memory();
    json_write(all, file.out);
    json_decref(all);
    int status = run_file_end(&file);
    run_file_begin(&file, s->folder, "study.yaml");
    fputs(lcnn_study_text(s->study), file.out);
    int second = run_file_end(&file);
    return status ? status : second;
}

static double seconds_before(const char *folder) {
    char *path = run_path(folder, "results.json");
    json_t *all = json_load_file(path, 0, NULL);
    double seconds = json_number_value(json_object_get(all, "seconds"));
    json_decref(all);
    free(path);
    return seconds > 0 && seconds < 1e9 ? seconds : 0;
}

int study_folder_enter(study_run *s) {
    struct stat info;
    bool there = stat(s->folder, &info) == 0;
    if (there && !S_ISDIR(info.st_mode))
        return complain(LCNN_BAD_IO, s->folder, "this is no folder; give another name with --out");
    int status = there ? LCNN_OK : run_make_folder(s->folder);
    if (status == LCNN_OK)
        status = hold(s->folder);
    if (status != LCNN_OK)
        return status;
    char *name = json_file_text(s->folder, "study.json", "study");
    if (name && strcmp(name, lcnn_study_name(s->study)) != 0)
        status = complain(LCNN_BAD_IO, s->folder,
                          "this folder belongs to the study '%s'; give another one with --out",
                          text_plain(name));
    else if (!name && there && !is_empty(s->folder))
        status = complain(LCNN_BAD_IO, s->folder,
                          "this folder holds something else than a study; give another one with "
                          "--out");
    free(name);
    char *trials = run_path(s->folder, "trials");
    if (status == LCNN_OK && mkdir(trials, 0777) != 0 && errno != EEXIST)
        status = complain(LCNN_BAD_IO, trials, "cannot make this folder: %s", strerror(errno));
    free(trials);
    s->seconds_before = seconds_before(s->folder);
    return status == LCNN_OK ? write_identity(s) : status;
}

/* ---- A trial's ----------------------------------------------------------------------------------- */

static bool says(const json_t *all, const char *key, const char *text) {
    const char *there = json_string_value(json_object_get(all, key));
    return there && strcmp(there, text) == 0;
}

bool trial_is_done(const trial_run *r) {
    char *record = run_path(r->folder, "run.json"), *result = run_path(r->folder, "result.json");
    json_t *run = json_load_file(record, 0, NULL), *found = json_load_file(result, 0, NULL);
    bool done = found && says(run, "state", "done") && says(run, "version", lcnn_version()) &&
                says(run, "model_sha256", r->model_sha256) &&
                says(run, "data_sha256", r->data_sha256);
    json_decref(run);
    json_decref(found);
    free(record);
    free(result);
    return done;
}

/* What `run`, its report and this command put into a folder, and files on their way, which a killed
 * run leaves. */
static bool is_ours(const char *name) {
    static const char *const begin[] = {
        "model.yaml",      "run.json",      "metrics.csv", "result.json",    "confusion.csv",
        "predictions.csv", "weights.safet", "report.html", "published.json", "trial.json",
        "probe-",          ".lcnn-",        NULL};
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

/* Removes the files that `wanted` knows, then the folder if nothing else is in it. */
static bool empty_folder(const char *folder, bool (*wanted)(const char *name)) {
    DIR *d = opendir(folder);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char *path = run_path(folder, e->d_name);
        if (wanted(e->d_name))
            unlink(path);
        free(path);
    }
    if (d)
        closedir(d);
    return rmdir(folder) == 0;
}

bool trial_clear(trial_run *r) {
    struct stat info;
    unlink(r->log);
    if (lstat(r->folder, &info) != 0)
        return true;
    char *figures = run_path(r->folder, "figures");
    bool gone = S_ISDIR(info.st_mode);
    if (gone && stat(figures, &info) == 0)
        gone = empty_folder(figures, is_figure);
    gone = gone && empty_folder(r->folder, is_ours);
    free(figures);
    if (gone)
        return true;
    free(r->message);
    r->message = strdup("its folder holds what no run has written; remove it, or give another "
                        "folder with --out");
    return false;
}
