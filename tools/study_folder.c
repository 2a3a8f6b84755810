/* study_folder.c - the folder of a study: entered by one process at a time, never shared by two
 * studies; and the folders of its trials, of which only those that runs have written are removed.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
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
    json_t *all = json_of_file(path, NULL);
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
        status = run_hold_folder(s->folder, "study");
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
    if (status == LCNN_OK && (stat(trials, &info) != 0 || !S_ISDIR(info.st_mode)))
        status = complain(LCNN_BAD_IO, trials, "this is no folder; give another one with --out");
    free(trials);
    s->seconds_before = seconds_before(s->folder);
    return status == LCNN_OK ? write_identity(s) : status;
}

/* ---- A trial's ----------------------------------------------------------------------------------- */

static bool says(const json_t *all, const char *key, const char *text) {
    const char *there = json_string_value(json_object_get(all, key));
    return there && strcmp(there, text) == 0;
}

/* Whether the folder is of this trial, and its run ended as asked for. */
static bool trial_stands(const trial_run *r, bool done) {
    char *record = run_path(r->folder, "run.json");
    json_t *run = json_of_file(record, NULL);
    bool stands =
        run && says(run, "state", "done") == done && says(run, "version", lcnn_version()) &&
        says(run, "model_sha256", r->model_sha256) && says(run, "data_sha256", r->data_sha256);
    json_decref(run);
    free(record);
    return stands;
}

bool trial_is_done(const trial_run *r) {
    char *result = run_path(r->folder, "result.json");
    json_t *found = json_of_file(result, NULL);
    bool done = found && trial_stands(r, true);
    json_decref(found);
    free(result);
    return done;
}

bool trial_is_begun(const trial_run *r) {
    return trial_stands(r, false);
}

bool trial_clear(trial_run *r) {
    unlink(r->log);
    if (run_remove_folder(r->folder))
        return true;
    return false;
}
