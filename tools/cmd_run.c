/* cmd_run.c - `lcnn run`: train a model, test it, and leave a folder with everything that was
 * found. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "memory.h"
#include "report.h"
#include "result.h"
#include "run_files.h"
#include "text.h"

static const option options[] = {
    {"data", "NAME", OPTION_TEXT, offsetof(arguments, data), 0,
     "data set in place of the model's: a name that 'lcnn data' lists, or a folder (anything with "
     "a '/')"},
    {"set", "KEY=VALUE", OPTION_LIST, offsetof(arguments, settings), 0,
     "change the model: one of its params (kernel=7) or a dotted path (train.epochs=3, "
     "nodes.c1.filters=8); may be "
     "repeated"},
    {"seed", "N", OPTION_NUMBER, offsetof(arguments, seed), 0, "the same as --set train.seed=N"},
    {"resume", "DIR", OPTION_TEXT, offsetof(arguments, resume), 0,
     "go on with the run in this folder, which was interrupted or killed: the result is the same "
     "to "
     "the last bit"},
    {"checkpoint", "EVERY", OPTION_TEXT, offsetof(arguments, checkpoint), 0,
     "how often to save what --resume goes on from: after so many epochs (5), after a time (30s, "
     "10m, 2h), or never (default: 30s); Ctrl-C always saves"},
    {"trace", NULL, OPTION_FLAG, offsetof(arguments, trace), 0,
     "keep trace.csv, a hash of what each layer gave in each step, by which 'lcnn verify' finds "
     "the "
     "first that differs (takes several times as long)"},
    {"weights", "FILE", OPTION_TEXT, offsetof(arguments, weights), 0,
     "start from the weights in this safetensors file"},
    {"threads", "N", OPTION_NUMBER, offsetof(arguments, threads), 1,
     "threads to compute with (default: all that the machine grants); the result does not depend "
     "on it"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here); the result does not "
     "depend on it"},
    {"out", "DIR", OPTION_TEXT, offsetof(arguments, out), 0,
     "folder to make and write into (default: runs/MODEL-DATA-SEED)"},
    {"yes", NULL, OPTION_FLAG, offsetof(arguments, yes), 0,
     "fetch the data set without asking when it is not here"},
    {"offline", NULL, OPTION_FLAG, offsetof(arguments, offline), 0, "never fetch anything"},
    {"no-report", NULL, OPTION_FLAG, offsetof(arguments, no_report), 0,
     "leave out report.html and its figures"},
    {"quiet", NULL, OPTION_FLAG, offsetof(arguments, quiet), 0, "print only the last line"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print the result as one JSON object; everything else goes to stderr"},
    {0},
};

/* ---- Training -------------------------------------------------------------------------------- */

/* What was written lasts from here on; else the trace ends here, and it is said. */
static void keep_trace(run *r) {
    if (!r->trace || trace_flush(r->trace))
        return;
    record(r, r->status == LCNN_BAD_IO
                  ? LCNN_BAD_IO
                  : complain(LCNN_BAD_IO, r->folder, "trace.csv could not be written to its end"));
    fclose(r->trace);
    r->trace = NULL;
}

/* Behind a best epoch whose weights could not be written no state is saved, so that --resume makes
 * them again. */
static void save_place(run *r) {
    if (r->best_missing && r->status != LCNN_NOT_FINITE)
        return;
    keep_trace(r);                                /* at least as far as the state that is saved */
    r->saving.failed |= r->status == LCNN_BAD_IO; /* what was said once need not be said again */
    record(r, checkpoints_save(&r->saving, r->job.session, r->folder));
}

static bool on_progress(void *user, const lcnn_progress *now) {
    run *r = user;
    if (r->out)
        progress_step(&r->shown, now);
    if (interrupt_caught())
        return false; /* saved when training has ended */
    if (checkpoints_due(&r->saving, lcnn_session_position(r->job.session), false))
        save_place(r);
    return true;
}

/* A file that cannot be written does not stop hours of training; it is said once, and tried again
 * at the end. */
static bool on_epoch(void *user, const lcnn_epoch *epoch) {
    run *r = user;
    r->epoch = lcnn_session_history(r->job.session, &r->epochs);
    progress_epoch(&r->shown, epoch);
    if (r->status == LCNN_OK)
        write_metrics(r);
    write_best(r);
    if (checkpoints_due(&r->saving, lcnn_session_position(r->job.session), true))
        save_place(r);
    return interrupt_caught() == 0;
}

static bool on_trace(void *user, const lcnn_trace *row) {
    run *r = user;
    if (r->trace)
        trace_add(&r->columns, r->trace, row);
    return true;
}

/* A trace that has begun goes on. False when it cannot be written. */
static bool open_trace(run *r) {
    r->columns = (trace_columns){r->job.model, r->job.session};
    if (run_has(r->folder, "trace.csv"))
        r->trace = trace_write(&r->columns, r->folder, &r->status);
    return r->status == LCNN_OK;
}

static void close_trace(run *r) {
    keep_trace(r);
    if (r->trace)
        fclose(r->trace);
    r->trace = NULL;
}

/* Epochs done, with the share of the one that training stands in. */
static double epochs_done(const lcnn_session *session) {
    lcnn_position at = lcnn_session_position(session);
    return at.epoch + (double)at.step / at.steps;
}

/* Returns the state for run.json. */
static const char *train(run *r) {
    const job *j = &r->job;
    progress_begin(&r->shown, r->out, lcnn_session_validation_count(j->session) > 0,
                   lcnn_session_test_count(j->session) > 0, epochs_done(j->session));
    for (int i = 0; i < r->epochs; i++)
        progress_epoch(&r->shown, &r->epoch[i]);
    lcnn_callbacks callbacks = {
        .user = r, .progress = on_progress, .epoch = on_epoch, .trace = r->trace ? on_trace : NULL};
    lcnn_errors *errors = messages_begin();
    bool trained = lcnn_session_train(j->session, &callbacks, errors);
    progress_end(&r->shown);
    record(r, messages_end(errors));
    close_trace(r);
    return interrupt_caught() && trained ? "interrupted" : trained ? "done" : "failed";
}

static void print_json(const run *r, const lcnn_evaluation *e) {
    json_t *all = run_json(r, e);
    json_object_set_new(all, "folder", json_text(r->folder));
    json_dumpf(all, stdout, JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(all);
}

/* The one line of --quiet. */
static void print_line(const run *r, const lcnn_evaluation *e) {
    const char *found =
        e ? text_printf("test accuracy %s, loss %s", text_percent(e->accuracy),
                        text_decimal(e->loss))
          : text_printf("train loss %s", text_decimal(r->epoch[r->epochs - 1].train_loss));
    printf("%s on %s: %s; %s\n", text_plain(lcnn_model_name(r->job.model)),
           text_plain(lcnn_data_name(r->job.data)), found, text_plain(r->folder));
}

/* The page of the run. That there is none is no fault of the run. */
static bool write_report(const run *r) {
    if (r->args->no_report || r->status != LCNN_OK)
        return false;
    if (report_run(r->folder, r->job.data) == LCNN_OK)
        return true;
    remark("the run has no report.html; 'lcnn report %s' makes it", text_plain(r->folder));
    return false;
}

static void print_written(const run *r, const lcnn_evaluation *e, bool report) {
    fprintf(r->out, "\nwritten to %s%s%s\n", style_bold(r->out), text_plain(r->folder),
            style_end(r->out));
    const char *sha256 = r->sha256 ? text_printf("sha256 %.16s...", r->sha256) : "";
    const struct {
        bool here;
        const char *name, *about;
    } rows[] = {
        {true, "model.yaml", "the model with everything spelt out"},
        {true, "metrics.csv", "loss and accuracy of each epoch"},
        {true, "weights.safetensors", sha256},
        {best_epoch(r) != NULL, "best.safetensors",
         best_epoch(r) ? text_printf("weights after epoch %d, the best on the validation images",
                                     best_epoch(r)->epoch)
                       : ""},
        {true, "run.json", "what is needed to repeat this run"},
        {true, "hashes.csv", "hashes of all weights after each epoch"},
        {run_has(r->folder, "trace.csv"), "trace.csv", "hashes of each step"},
        {true, "result.json", "all scores"},
        {r->beside != NULL, "published.json", "what others published, beside ours"},
        {e != NULL, "confusion.csv", "truth against answer"},
        {e != NULL, "predictions.csv", "truth, answer and probability of each test image"},
        {report, "report.html", "all of it to look at"},
        {report && run_has(r->folder, "figures"), "figures", "its charts, as SVG and PNG"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].here)
            fprintf(r->out, "  %-20s  %s\n", rows[i].name, rows[i].about);
}

static void look_beside(run *r, const lcnn_evaluation *e) {
    const job *j = &r->job;
    const beside_run all = {r->published,
                            j->model,
                            j->data,
                            e,
                            r->epoch[r->epochs - 1].train_accuracy,
                            lcnn_session_train_count(j->session),
                            r->args->weights || *json_member_text(r->past, "weights_from", NULL)};
    r->beside = beside_new(&all);
}

static void finish(run *r) {
    char *matrix = run_path(r->folder, "confusion.csv");
    lcnn_evaluation *e = NULL;
    if (lcnn_session_test_count(r->job.session) > 0) {
        lcnn_errors *errors = messages_begin();
        e = lcnn_session_evaluate(r->job.session, errors);
        record(r, messages_end(errors));
    }
    look_beside(r, e);
    write_result(r, e);
    write_record(r, r->status == LCNN_OK ? "done" : "failed");
    bool report = write_report(r);
    if (r->out) {
        fputc('\n', r->out);
        if (e)
            result_print(e, r->job.model, r->job.data, matrix, r->out);
        else
            fprintf(r->out, "%s has no test %s: nothing to test\n",
                    text_plain(lcnn_data_name(r->job.data)),
                    lcnn_data_test_count(r->job.data) > 0 ? "images of these classes" : "part");
        if (r->beside) {
            fputc('\n', r->out);
            beside_print(r->beside, r->out);
        }
        print_written(r, e, report);
    }
    if (r->args->json)
        print_json(r, e);
    else if (r->args->quiet)
        print_line(r, e);
    if (e)
        lcnn_evaluation_free(e);
    beside_free(r->beside);
    free(matrix);
}

/* Where training stands, and how it goes on. */
static void say_stopped(const run *r, const char *state) {
    lcnn_position at = lcnn_session_position(r->job.session);
    const char *folder = text_plain(r->folder);
    fprintf(stderr, "lcnn: %s after %s%s\n", state, text_plural(at.epoch, "epoch"),
            at.step ? text_printf(" and %s of the next",
                                  text_printf("%u of %u steps", at.step, at.steps))
                    : "");
    if (r->status == LCNN_NOT_FINITE)
        fprintf(stderr, "      the last good weights are in %s/%s; --weights takes them\n", folder,
                checkpoints_newest(&r->saving));
    else if (checkpoints_exist(r->folder))
        fprintf(stderr, "      'lcnn run --resume %s' goes on\n", folder);
    if (r->sha256 && lcnn_session_test_count(r->job.session) > 0)
        fprintf(stderr, "      'lcnn test %s' tests the weights as they are\n", folder);
}

/* Trains in a folder that is there and records how it ended. */
static void train_and_finish(run *r) {
    const char *state = train(r);
    if (strcmp(state, "interrupted") == 0 || r->status == LCNN_NOT_FINITE)
        save_place(r); /* which is, when numbers are not finite, the last good one */
    if (r->status == LCNN_BAD_IO)
        write_metrics(r);
    if (r->status != LCNN_NOT_FINITE)
        write_weights(r);
    write_hashes(r);
    if (strcmp(state, "done") == 0) {
        finish(r);
        if (r->status == LCNN_OK)
            checkpoints_remove(r->folder);
    } else {
        write_record(r, state);
        say_stopped(r, state);
    }
    fflush(stdout);
}

static void print_beginning(const run *r) {
    const lcnn_model *model = r->job.model;
    const char *weights = r->args->weights;
    lcnn_position at = lcnn_session_position(r->job.session);
    job_print(&r->job, weights, true, r->out);
    fputc('\n', r->out);
    model_print_layers(model, r->out);
    fprintf(r->out, "\ntraining: %s in batches of %d",
            text_plural(lcnn_model_epochs(model), "epoch"), lcnn_model_batch_size(model));
    if (at.epoch > 0 || at.step > 0)
        fprintf(r->out, "; going on after %s%s", text_plural(at.epoch, "epoch"),
                at.step ? text_printf(" and %u steps", at.step) : "");
    else if (r->past)
        fputs("; from the beginning, since nothing was saved", r->out);
    fputc('\n', r->out);
}

/* The folder appears with all that --resume needs. */
static void make_folder(run *r) {
    char *hidden = run_begin_folder(r->folder, &r->status);
    if (!hidden)
        return;
    char *folder = r->folder;
    r->folder = hidden;
    write_model(r);
    if (r->args->trace)
        begin_trace(r);
    write_record(r, "running");
    if (r->args->weights && r->status == LCNN_OK)
        save_place(r); /* the file may be another when the run is resumed */
    if (r->status == LCNN_OK)
        r->status = run_show_folder(hidden, folder);
    if (r->status != LCNN_OK)
        run_remove_folder(hidden);
    r->folder = folder;
    free(hidden);
}

static bool open_new(run *r) {
    const arguments *args = r->args;
    if (args->operand_count == 0)
        usage_error(args->command, args->argc, args->argv, args->argc, "'lcnn run' needs a MODEL");
    r->status = job_open(&r->job, args, args->operand[0], args->weights, true);
    if (r->status != LCNN_OK)
        return false;
    r->published = lcnn_model_published(r->job.model);
    r->folder = args->out ? memory_text(args->out) : run_default_folder(&r->job);
    interrupt_hold(); /* from here on there is something to leave in good order */
    make_folder(r);
    return r->status == LCNN_OK;
}

static bool open_past(run *r) {
    if (!resume_open(r))
        return false;
    interrupt_hold();
    write_metrics(r);
    write_record(r, "running");
    return r->status == LCNN_OK;
}

static int run_main(const arguments *args) {
    run r = {.args = args, .clock = clock_seconds()};
    clock_utc(r.started);
    r.out = args->quiet ? NULL : args->json ? stderr : stdout;
    checkpoints_plan(&r.saving, args);
    if (args->resume ? open_past(&r) : open_new(&r)) {
        if (r.out)
            print_beginning(&r);
        if (open_trace(&r))
            train_and_finish(&r);
    }
    job_close(&r.job);
    published_free(r.recalled);
    json_decref(r.past);
    free(r.folder);
    interrupt_release();
    return r.status;
}

const command cmd_run = {
    .name = "run",
    .summary = "Train a model on a data set and test it",
    .operands = "MODEL",
    .min_operands = 0,
    .max_operands = 1,
    .about = "MODEL is a YAML file, or the name of an installed model (lenet5).\n\n"
             "The run leaves a folder with the resolved model, the metrics of each epoch, the "
             "result with all scores, the "
             "confusion matrix, the answer to every test image, the weights, and report.html, a "
             "page that shows it all. An existing folder "
             "is never "
             "overwritten. Ctrl-C ends training after the current step and saves where it stands; "
             "--resume goes on there, or where a run that was killed was last saved.",
    .options = options,
    .examples = "lcnn run models/lenet5.yaml --data glyphs\n"
                "lcnn run lenet5 --data mnist --seed 7 --set train.epochs=3\n"
                "lcnn run my.yaml --data ./my-images --out runs/first\n"
                "lcnn run --resume runs/first",
    .run = run_main,
};
