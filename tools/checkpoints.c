/* checkpoints.c - see checkpoints.h. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkpoints.h"
#include "progress.h"
#include "rundir.h"
#include "text.h"

enum { FILES = 2 };
static const char *const names[FILES] = {"checkpoint-1.safetensors", "checkpoint-2.safetensors"};

/* ---- When ------------------------------------------------------------------------------------- */

static const double DEFAULT_SECONDS = 30;

void checkpoints_plan(checkpoints *c, const arguments *args) {
    *c = (checkpoints){.saved = clock_seconds()};
    const char *every = args->checkpoint;
    if (!every) {
        c->seconds = DEFAULT_SECONDS;
        return;
    }
    if (strcmp(every, "never") == 0)
        return;
    char *unit;
    long count = strtol(every, &unit, 10);
    bool digits = *every >= '1' && *every <= '9' && count < INT_MAX / 3600;
    if (digits && *unit == '\0')
        c->epochs = (int)count;
    else if (digits && strcmp(unit, "s") == 0)
        c->seconds = (double)count;
    else if (digits && strcmp(unit, "m") == 0)
        c->seconds = 60.0 * (double)count;
    else if (digits && strcmp(unit, "h") == 0)
        c->seconds = 3600.0 * (double)count;
    else
        usage_error(args->command, args->argc, args->argv, -1,
                    "--checkpoint takes a number of epochs (5), a time (30s, 10m, 2h) or 'never', "
                    "not '%s'",
                    text_plain(every));
}

bool checkpoints_due(const checkpoints *c, lcnn_position at, bool epoch_ends) {
    if (c->seconds > 0 && clock_seconds() - c->saved >= c->seconds)
        return true;
    return c->epochs > 0 && epoch_ends && at.epoch % c->epochs == 0;
}

/* ---- Saving ----------------------------------------------------------------------------------- */

int checkpoints_save(checkpoints *c, const lcnn_session *session, const char *folder) {
    char *path = run_path(folder, names[c->next]);
    lcnn_errors *errors = messages_begin();
    int status = LCNN_OK;
    if (lcnn_session_checkpoint(session, path, errors)) {
        c->next = 1 - c->next;
        lcnn_errors_free(errors);
    } else if (c->failed || lcnn_errors_status(errors) == LCNN_NOT_FINITE) {
        lcnn_errors_free(errors);
    } else {
        c->failed = true;
        status = messages_end(errors);
    }
    c->saved = clock_seconds();
    free(path);
    return status;
}

const char *checkpoints_newest(const checkpoints *c) {
    return names[1 - c->next];
}

void checkpoints_remove(const char *folder) {
    for (int i = 0; i < FILES; i++) {
        char *path = run_path(folder, names[i]);
        unlink(path);
        free(path);
    }
}

/* ---- Going on --------------------------------------------------------------------------------- */

bool checkpoints_exist(const char *folder) {
    return run_has(folder, names[0]) || run_has(folder, names[1]);
}

static bool later(lcnn_position a, lcnn_position b) {
    return a.epoch != b.epoch ? a.epoch > b.epoch : a.step > b.step;
}

/* What came of reading one of the files. */
typedef struct attempt {
    bool good;
    lcnn_position at;
    lcnn_errors *errors; /* NULL: there is no such file */
} attempt;

static attempt try(lcnn_session *session, const char *folder, int which) {
    attempt f = {0};
    if (!run_has(folder, names[which]))
        return f;
    char *path = run_path(folder, names[which]);
    f.errors = messages_begin();
    f.good = lcnn_session_resume(session, path, f.errors);
    f.at = lcnn_session_position(session);
    free(path);
    return f;
}

int checkpoints_resume(checkpoints *c, lcnn_session *session, const char *folder) {
    attempt file[FILES];
    int status = LCNN_OK;
    for (int i = 0; i < FILES; i++)
        file[i] = try(session, folder, i);
    const bool any = file[0].good || file[1].good;
    int newest = file[1].good && (!file[0].good || later(file[1].at, file[0].at));
    for (int i = 0; i < FILES; i++) {
        if (file[i].errors && !file[i].good && any) {
            remark("%s; going on from the other file", messages_first(file[i].errors));
            lcnn_errors_free(file[i].errors);
        } else if (file[i].errors) {
            int fault = messages_end(file[i].errors);
            status = status ? status : fault;
        }
    }
    if (any && newest == 0 && file[1].good) { /* the second was read last */
        attempt again = try(session, folder, 0);
        status = messages_end(again.errors);
    }
    if (any)
        c->next = 1 - newest;
    return status;
}
