/* cmd_verify.c - `lcnn verify`: make a recorded run again and hold it against the record, epoch by
 * epoch and, where there is a trace, step by step. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "past_run.h"
#include "progress.h"
#include "result.h"
#include "rundir.h"
#include "text.h"
#include "trace.h"

static const option options[] = {
    {"epochs", "N", OPTION_NUMBER, offsetof(arguments, count), 1,
     "only the first N epochs (default: all that the run finished)"},
    {"threads", "N", OPTION_NUMBER, offsetof(arguments, threads), 1,
     "threads to compute with (default: all that the machine grants)"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here)"},
    {"yes", NULL, OPTION_FLAG, offsetof(arguments, yes), 0,
     "fetch the data set without asking when it is not here"},
    {"offline", NULL, OPTION_FLAG, offsetof(arguments, offline), 0, "never fetch anything"},
    {"quiet", NULL, OPTION_FLAG, offsetof(arguments, quiet), 0, "print only the verdict"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print the verdict as one JSON object"},
    {0},
};

/* A run being made again. */
typedef struct repetition {
    const arguments *args;
    const char *folder;
    json_t *record;       /* run.json */
    const json_t *hashes; /* of the weights after each epoch */
    job job;
    trace_columns columns;
    run_lines trace;
    progress shown;
    char weights_sha256[65]; /* of the file that it began with; empty: none */
    int epochs;              /* to be made */

    bool differs;
    int epoch;     /* done alike; the next differs if any does */
    uint32_t step; /* of it, from 1, and the column of the trace that differs; 0: not known */
    int column;
    json_t *tensors; /* names of those that differ after the epoch */
} repetition;

/* ---- Comparing -------------------------------------------------------------------------------- */

/* Which tensors are not those of the record: hashes.csv has a line for each epoch, with their
 * fingerprints behind the first two cells. */
static void compare_tensors(repetition *r, const lcnn_epoch *e) {
    run_lines lines;
    run_lines_open(&lines, r->folder, "hashes.csv");
    const char *at = run_lines_next(&lines);
    for (int i = 0; at && i < e->epoch; i++)
        at = run_lines_next(&lines);
    at = at ? strchr(at, ',') : NULL;
    for (int i = 0; at && i < lcnn_session_tensor_count(r->job.session); i++) {
        at = strchr(at + 1, ',');
        if (!at || strncmp(at + 1, e->tensor[i], strlen(e->tensor[i])) != 0)
            json_array_append_new(r->tensors,
                                  json_text(lcnn_session_tensor_name(r->job.session, i)));
    }
    run_lines_close(&lines);
}

static bool on_progress(void *user, const lcnn_progress *now) {
    repetition *r = user;
    if (r->shown.out)
        progress_step(&r->shown, now);
    return true;
}

static bool on_trace(void *user, const lcnn_trace *row) {
    repetition *r = user;
    int column = trace_compare(&r->columns, &r->trace, row);
    if (column >= 0 && r->step == 0) {
        r->step = row->step;
        r->column = column;
    }
    return true;
}

static bool on_epoch(void *user, const lcnn_epoch *e) {
    repetition *r = user;
    const char *then = json_string_value(json_array_get(r->hashes, (size_t)r->epoch));
    r->differs = strcmp(then, e->sha256) != 0;
    if (r->differs) {
        compare_tensors(r, e);
        return false;
    }
    progress_epoch(&r->shown, e);
    r->epoch++;
    r->step = 0; /* what differed without a trace in the weights is no difference of the run */
    return r->epoch < r->epochs;
}

/* ---- What may be behind it -------------------------------------------------------------------- */

static void add_reason(json_t *list, const char *reason) {
    json_array_append_new(list, json_text(reason));
}

/* A sentence when the record has another value than now. */
static void compare_word(const repetition *r, json_t *list, const char *key, const char *what,
                         const char *now) {
    const char *then = json_member_text(r->record, key, NULL);
    if (*then && strcmp(then, now) != 0)
        add_reason(list, text_printf("%s: %s then, %s now", what, text_short(then, 40),
                                     text_short(now, 40)));
}

static int hash_file(const char *path, char sha256[65]) {
    lcnn_errors *errors = messages_begin();
    lcnn_file_sha256(path, sha256, errors);
    return messages_end(errors);
}

/* Whether the file of weights is the one of the record; says so when it is not. */
static int check_file(const repetition *r) {
    char *path = run_path(r->folder, "weights.safetensors"), sha256[65];
    int status = hash_file(path, sha256);
    free(path);
    if (status != LCNN_OK ||
        strcmp(json_member_text(r->record, "weights_sha256", NULL), sha256) == 0)
        return status;
    return complain(LCNN_BAD_WEIGHTS, r->folder,
                    "weights.safetensors is not the file that the run has recorded; the "
                    "record and the run made again agree");
}

/* What is not as it was, the likeliest cause first; a new reference. */
static json_t *reasons(const repetition *r) {
    json_t *list = json_array();
    compare_word(r, list, "model_sha256", "another model (sha256)",
                 lcnn_model_sha256(r->job.model));
    compare_word(r, list, "data_sha256", "other data (sha256)", lcnn_data_sha256(r->job.data));
    compare_word(r, list, "weights_from_sha256", "other weights to begin with (sha256)",
                 r->weights_sha256);
    compare_word(r, list, "version", "another version of lcnn", lcnn_version());
    compare_word(r, list, "commit", "another commit of lcnn", lcnn_commit());
    if (json_array_size(list) == 0) {
        compare_word(r, list, "compiler", "another compiler", lcnn_compiler());
        compare_word(r, list, "isa", "another instruction set", lcnn_session_isa(r->job.session));
        if (json_array_size(list) > 0)
            add_reason(list, "which must not matter: this is a fault of lcnn, please report it");
    }
    if (json_array_size(list) == 0)
        add_reason(list, "model, data and version are the same: the record was changed, or a "
                         "computer made a mistake");
    return list;
}

/* ---- The verdict ------------------------------------------------------------------------------ */

static const char *last_hash(const repetition *r) {
    return json_string_value(json_array_get(r->hashes, (size_t)r->epoch - 1));
}

static void print_identical(const repetition *r) {
    printf("identical: the weights after %s of %s are those of the record, to the last bit\n",
           r->epochs == 1 ? "the epoch" : text_printf("each of %d epochs", r->epochs),
           text_plain(r->folder));
    printf("  weights  sha256 %s\n", last_hash(r));
}

static void print_different(const repetition *r, const json_t *why) {
    printf("different: epoch %d of %s comes to other weights%s\n", r->epoch + 1,
           text_plain(r->folder), r->epoch > 0 ? ", those before it are identical" : "");
    if (r->step > 0)
        printf("  first    in step %u: %s\n", r->step, trace_column_about(&r->columns, r->column));
    if (json_array_size(r->tensors) > 0) {
        fputs("  tensors  ", stdout);
        size_t all = json_array_size(r->tensors);
        const char *text = "";
        for (size_t i = 0; i < all && i < 12; i++)
            text = text_printf("%s%s%s", text, i ? ", " : "",
                               json_string_value(json_array_get(r->tensors, i)));
        text_wrap(stdout,
                  text_printf("%s%s (%zu of %d)", text, all > 12 ? ", ..." : "", all,
                              lcnn_session_tensor_count(r->job.session)),
                  11, 11);
    }
    for (size_t i = 0; i < json_array_size(why); i++) {
        fputs(i ? "           " : "  because  ", stdout);
        text_wrap(stdout, json_string_value(json_array_get(why, i)), 11, 11);
    }
}

static void print_json(const repetition *r, const json_t *why) {
    json_t *all = json_pack("{s:o, s:b, s:i}", "folder", json_text(r->folder), "identical",
                            !r->differs, "epochs", r->epoch);
    if (!r->differs)
        json_object_set_new(all, "weights_sha256", json_string(last_hash(r)));
    if (r->differs) {
        json_object_set(all, "tensors", r->tensors);
        json_object_set_new(all, "reasons", json_deep_copy(why));
    }
    if (r->differs && r->step > 0) {
        json_object_set_new(all, "step", json_integer(r->step));
        json_object_set_new(all, "first", json_text(trace_column_name(&r->columns, r->column)));
    }
    json_dumpf(all, stdout, 0);
    putchar('\n');
    json_decref(all);
}

static int give_verdict(const repetition *r) {
    json_t *why = r->differs ? reasons(r) : NULL;
    if (r->args->json)
        print_json(r, why);
    else if (r->differs)
        print_different(r, why);
    else
        print_identical(r);
    json_decref(why);
    if (r->differs)
        return LCNN_BAD_WEIGHTS;
    return r->epochs == (int)json_array_size(r->hashes) ? check_file(r) : LCNN_OK;
}

/* ---- Opening ---------------------------------------------------------------------------------- */

/* run.json with hashes to compare with; prints what is wrong. */
static int read_record(repetition *r) {
    int status = run_check_folder(r->folder, "verify");
    if (status != LCNN_OK)
        return status;
    char *path = run_path(r->folder, "run.json");
    r->record = json_of_file(path, NULL);
    free(path);
    r->hashes = json_object_get(r->record, "weights_after_epoch");
    size_t count = json_array_size(r->hashes);
    for (size_t i = 0; i < count; i++)
        if (!json_is_string(json_array_get(r->hashes, i)))
            count = 0;
    if (count == 0)
        return complain(LCNN_BAD_WEIGHTS, r->folder,
                        "its run.json has no hashes of weights after epochs: it was changed, or "
                        "none was finished");
    r->epochs = r->args->count.given ? r->args->count.value : (int)count;
    if ((size_t)r->epochs > count)
        return complain(LCNN_BAD_USAGE, "--epochs", "the run has finished %s",
                        text_plural((int64_t)count, "epoch"));
    return LCNN_OK;
}

static void print_beginning(const repetition *r) {
    FILE *out = r->shown.out;
    const char *commit = json_member_text(r->record, "commit", NULL);
    if (!out)
        return;
    fprintf(out, "%s%s%s: %s of %s on %s\n", style_bold(out), text_plain(r->folder), style_end(out),
            text_plural(r->epochs, "epoch"), text_plain(lcnn_model_name(r->job.model)),
            text_plain(lcnn_data_name(r->job.data)));
    fprintf(out, "  recorded by lcnn %s%s%s, %s, %.0f threads, %s\n",
            text_plain(json_member_text(r->record, "version", NULL)), *commit ? " " : "",
            text_plain(commit), text_plain(json_member_text(r->record, "compiler", NULL)),
            json_member_number(r->record, "threads", NULL),
            text_plain(json_member_text(r->record, "isa", NULL)));
    fprintf(out, "  now by      lcnn %s%s%s, %s, %d threads, %s\n\n", lcnn_version(),
            *lcnn_commit() ? " " : "", lcnn_commit(), lcnn_compiler(),
            lcnn_session_threads(r->job.session), lcnn_session_isa(r->job.session));
}

static int repeat(repetition *r) {
    const job *j = &r->job;
    FILE *out = r->args->quiet ? NULL : r->args->json ? stderr : stdout;
    r->columns = (trace_columns){j->model, j->session};
    bool traced = trace_read(&r->columns, &r->trace, r->folder);
    r->shown.out = out;
    print_beginning(r);
    progress_begin(&r->shown, out, lcnn_session_validation_count(j->session) > 0,
                   lcnn_session_test_count(j->session) > 0, 0);
    lcnn_callbacks callbacks = {
        .user = r, .progress = on_progress, .epoch = on_epoch, .trace = traced ? on_trace : NULL};
    lcnn_errors *errors = messages_begin();
    lcnn_session_train(j->session, &callbacks, errors);
    progress_end(&r->shown);
    run_lines_close(&r->trace);
    int status = messages_end(errors);
    return status != LCNN_OK ? status : give_verdict(r);
}

static int verify_main(const arguments *args) {
    repetition r = {.args = args, .folder = args->operand[0], .tensors = json_array()};
    int status = read_record(&r);
    if (status == LCNN_OK) {
        const char *weights = json_member_text(r.record, "weights_from", NULL);
        char *model = run_path(r.folder, "model.yaml");
        status = job_open(&r.job, args, model, *weights ? weights : NULL, true);
        free(model);
        if (status == LCNN_OK && *weights)
            status = hash_file(weights, r.weights_sha256);
    }
    if (status == LCNN_OK)
        status = repeat(&r);
    job_close(&r.job);
    json_decref(r.record);
    json_decref(r.tensors);
    return status;
}

const command cmd_verify = {
    .name = "verify",
    .summary = "Make a run again and compare it with its record, bit by bit",
    .operands = "RUN",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "RUN is a folder that 'lcnn run' has written. Its model is trained again, on any machine "
        "and any number of threads, and the weights after each epoch are held against the hashes "
        "that the run has recorded. Says that they are identical, or names the first epoch and the "
        "tensors that differ, and what is not as it was: the data, the model, the version. Where "
        "the run has kept a trace (lcnn run --trace), the step and the layer, too. Nothing is "
        "written; the exit status is 5 when something differs.",
    .options = options,
    .examples = "lcnn verify runs/lenet5-mnist-1\n"
                "lcnn verify runs/lenet5-mnist-1 --epochs 2 --threads 1",
    .run = verify_main,
};
