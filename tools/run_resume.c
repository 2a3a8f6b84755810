/* run_resume.c - `lcnn run --resume`: a run that was interrupted or killed, opened again. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "past_run.h"
#include "result.h"
#include "run_files.h"
#include "text.h"

/* What is repeated as it was cannot be asked for otherwise. */
static void check_words(const arguments *args) {
    const char *other = args->operand_count > 0 ? args->operand[0]
                        : args->data            ? "--data"
                        : args->settings.count  ? "--set"
                        : args->seed.given      ? "--seed"
                        : args->weights         ? "--weights"
                        : args->out             ? "--out"
                                                : NULL;
    if (other)
        usage_error(
            args->command, args->argc, args->argv, -1,
            "--resume goes on with the model, the data and the folder of the run; leave out "
            "'%s'",
            text_plain(other));
}

/* run.json; NULL after printing what is wrong. */
static json_t *read_record(const char *folder, int *status) {
    char *path = run_path(folder, "run.json");
    json_error_t error;
    json_t *all = json_of_file(path, &error);
    if (!json_is_object(all)) {
        *status = complain(LCNN_BAD_IO, path, "cannot be read: %s; it was changed since the run",
                           all ? "it is no object" : text_plain(error.text));
        json_decref(all);
        all = NULL;
    }
    free(path);
    return all;
}

static int check_folder(const char *folder) {
    if (run_has(folder, "run.json") && run_has(folder, "model.yaml"))
        return LCNN_OK;
    return complain(LCNN_BAD_IO, folder,
                    "there is no run in this folder; 'lcnn run --resume' wants what 'lcnn run' has "
                    "left, and without it the run begins with 'lcnn run MODEL'");
}

/* There is nothing to do; the result is shown as the run itself has shown it, in a line. */
static void say_done(const run *r) {
    char *path = run_path(r->folder, "result.json");
    json_t *result = r->args->json ? json_of_file(path, NULL) : NULL;
    if (result) {
        json_object_set_new(result, "folder", json_text(r->folder));
        json_dumpf(result, stdout, JSON_REAL_PRECISION(15));
        putchar('\n');
    } else {
        fprintf(r->args->json ? stderr : stdout,
                "%s is done: %.0f epochs, weights sha256 %.16s...; nothing is left to do\n",
                text_plain(r->folder), json_member_number(r->past, "epochs", NULL),
                text_plain(json_member_text(r->past, "weights_sha256", NULL)));
    }
    json_decref(result);
    free(path);
}

/* Enters into the record when and where the run went on. */
static void note_resumed(run *r) {
    json_t *list = json_object_get(r->past, "resumed");
    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(r->past, "resumed", list);
    }
    lcnn_position at = lcnn_session_position(r->job.session);
    char now[32];
    clock_utc(now);
    json_array_append_new(list, json_pack("{s:s, s:i, s:I}", "at", now, "epoch", at.epoch, "step",
                                          (json_int_t)at.step));
}

static void take_clock(run *r) {
    double seconds = json_member_number(r->past, "seconds", NULL);
    if (seconds > 0 && seconds < 1e9)
        r->clock -= seconds;
    snprintf(r->started, sizeof r->started, "%.31s", json_member_text(r->past, "started", NULL));
}

bool resume_open(run *r) {
    const char *folder = r->args->resume;
    check_words(r->args);
    r->folder = memory_text(folder);
    r->status = check_folder(folder);
    if (r->status == LCNN_OK)
        r->status = run_hold_folder(folder, "run");
    if (r->status == LCNN_OK)
        r->past = read_record(folder, &r->status);
    if (!r->past)
        return false;
    if (strcmp(json_member_text(r->past, "state", NULL), "done") == 0) {
        say_done(r);
        return false;
    }
    run_sweep_folder(folder);
    const char *weights = json_member_text(r->past, "weights_from", NULL);
    bool anew = !checkpoints_exist(folder) && *weights;
    char *model = run_path(folder, "model.yaml");
    r->status = job_open(&r->job, r->args, model, anew ? weights : NULL, true);
    free(model);
    if (r->status == LCNN_OK)
        r->status = checkpoints_resume(&r->saving, r->job.session, folder);
    if (r->status != LCNN_OK)
        return false;
    r->published = r->recalled = published_recall(json_object_get(r->past, "published"));
    r->epoch = lcnn_session_history(r->job.session, &r->epochs);
    take_clock(r);
    note_resumed(r);
    return true;
}
