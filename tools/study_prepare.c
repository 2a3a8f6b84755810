/* study_prepare.c - the data sets of a study, each opened once before anything runs: what is not
 * here, what its hash is, what its models measure in it, and so which trials are done. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "memory.h"
#include "rundir.h"
#include "study.h"
#include "text.h"
#include "transfer.h"

static void end_trial(trial_run *r, trial_state state, const char *message) {
    r->state = state;
    free(r->message);
    r->message = memory_text(message);
}

/* All messages of a list, a line each, and their status; frees it. */
static char *messages_text(lcnn_errors *errors, int *status) {
    char *text;
    size_t size;
    FILE *out = text_begin(&text, &size);
    for (int i = 0; i < lcnn_errors_count(errors); i++)
        fprintf(out, "%s%s", i > 0 ? "\n" : "", lcnn_errors_text(errors, i));
    fclose(out);
    *status = messages_drop(errors);
    return text;
}

/* Whether the catalogue has a set of which the training images are not here; `name` may be
 * anything. */
static bool is_absent(const char *name) {
    if (strchr(name, '/'))
        return false; /* what is wrong with a folder is said by opening it */
    lcnn_errors *errors = messages_begin();
    lcnn_fetch_plan *plan = lcnn_data_plan(name, errors);
    bool absent = plan && !(plan->train_here && plan->test_here);
    if (plan)
        lcnn_fetch_plan_free(plan);
    messages_forgive(errors);
    return absent;
}

static void read_hashes(trial_run *r, const lcnn_data *data) {
    lcnn_errors *errors = messages_begin();
    if (!lcnn_model_measure(r->trial->model, data, errors)) {
        char *text = messages_text(errors, &r->status);
        end_trial(r, TRIAL_FAILED, text);
        free(text);
        return;
    }
    lcnn_errors_free(errors);
    free(r->data_name);
    r->data_name = memory_text(lcnn_data_name(data));
    snprintf(r->data_sha256, sizeof r->data_sha256, "%s", lcnn_data_sha256(data));
    snprintf(r->model_sha256, sizeof r->model_sha256, "%s", lcnn_model_sha256(r->trial->model));
    r->images = lcnn_data_train_count(data);
    if (r->trial->limit > 0 && r->trial->limit < r->images)
        r->images = r->trial->limit;
    if (trial_is_done(r)) {
        r->state = TRIAL_DONE;
        r->kept = true;
        r->epochs_done = r->epochs;
    }
}

/* Every trial of a data set. */
static void prepare_data(study_run *s, const char *name) {
    if (s->args->yes)
        transfer_if_needed(s->args, name, true);
    bool absent = is_absent(name);
    lcnn_errors *errors = messages_begin();
    lcnn_data *data = absent ? NULL : lcnn_data_open(name, errors);
    int status;
    char *said = messages_text(errors, &status);
    if (data && lcnn_data_train_count(data) == 0)
        absent = true;
    for (int i = 0; i < s->count; i++) {
        trial_run *r = &s->run[i];
        if (strcmp(r->trial->data, name) != 0)
            continue;
        if (absent)
            end_trial(r, TRIAL_ABSENT,
                      text_printf("the data set %s is not here: 'lcnn data fetch %s', or another "
                                  "one in its place with --data %s=OTHER",
                                  name, name, name));
        else if (data)
            read_hashes(r, data);
        else {
            end_trial(r, TRIAL_FAILED, said);
            r->status = status;
        }
    }
    free(said);
    if (data)
        lcnn_data_free(data);
}

void study_prepare(study_run *s) {
    char *trials = run_path(s->folder, "trials");
    for (int i = 0; i < s->count; i++) {
        trial_run *r = &s->run[i];
        r->folder = run_path(trials, r->trial->id);
        r->log = run_path(trials, text_printf("%s.log", r->trial->id));
        r->epochs = lcnn_model_epochs(r->trial->model);
        r->data_name = memory_text("");
    }
    for (int i = 0; i < s->count; i++) {
        bool earlier = false;
        for (int k = 0; k < i; k++)
            earlier = earlier || strcmp(s->run[k].trial->data, s->run[i].trial->data) == 0;
        if (!earlier)
            prepare_data(s, s->run[i].trial->data);
    }
    free(trials);
}
