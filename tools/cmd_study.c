/* cmd_study.c - `lcnn study`: all trials of a study, each a run of its own, and what they say
 * together. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "memory.h"
#include "progress.h"
#include "report.h"
#include "result.h"
#include "rundir.h"
#include "study.h"
#include "text.h"

static const option options[] = {
    {"data", "NAME=OTHER", OPTION_LIST, offsetof(arguments, replaced), 0,
     "another data set or folder in place of one that the study names; may be repeated"},
    {"only", "EXPERIMENT", OPTION_LIST, offsetof(arguments, only), 0,
     "run this experiment alone; may be repeated"},
    {"seeds", "N", OPTION_NUMBER, offsetof(arguments, seeds), 1,
     "seeds 1 to N in place of the study's"},
    {"threads", "N", OPTION_NUMBER, offsetof(arguments, threads), 1,
     "threads in all (default: all that the machine grants): as many trials run at once, and the "
     "last ones get what is left; no result depends on it"},
    {"isa", "NAME", OPTION_TEXT, offsetof(arguments, isa), 0,
     "instruction set: avx512, avx2 or generic (default: the widest here); no result depends on "
     "it"},
    {"out", "DIR", OPTION_TEXT, offsetof(arguments, out), 0,
     "folder to write into, or to go on in (default: runs/STUDY)"},
    {"yes", NULL, OPTION_FLAG, offsetof(arguments, yes), 0,
     "fetch data sets that are not here; without it their trials are left out"},
    {"dry-run", NULL, OPTION_FLAG, offsetof(arguments, dry_run), 0,
     "list the trials and about how long they take, and run none"},
    {"quiet", NULL, OPTION_FLAG, offsetof(arguments, quiet), 0, "print only the last line"},
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0,
     "print the results as JSON; everything else goes to stderr"},
    {0},
};

static lcnn_study *load(const arguments *args, int *status) {
    lcnn_study_options wanted = {.data = args->replaced.value,
                                 .data_count = args->replaced.count,
                                 .only = args->only.value,
                                 .only_count = args->only.count,
                                 .seeds = args->seeds.value};
    lcnn_errors *errors = messages_begin();
    lcnn_study *study = lcnn_study_load(args->operand[0], &wanted, errors);
    *status = messages_end(errors);
    return study;
}

static int count_state(const study_run *s, trial_state state) {
    int count = 0;
    for (int i = 0; i < s->count; i++)
        count += s->run[i].state == state;
    return count;
}

static void print_head(const study_run *s) {
    FILE *out = s->out;
    const char *about = lcnn_study_about(s->study), *name = lcnn_study_name(s->study);
    fprintf(out, "%s%s%s%s", style_bold(out), name, style_end(out), *about ? ": " : "\n");
    if (*about)
        text_wrap(out, text_plain(about), text_width(name) + 2, 2);
    int kept = count_state(s, TRIAL_DONE), absent = count_state(s, TRIAL_ABSENT);
    fprintf(out, "  %s on %s", text_plural(s->count, "trial"),
            text_plural(s->processors, "thread"));
    if (kept > 0)
        fprintf(out, ", %d done before", kept);
    if (absent > 0)
        fprintf(out, ", %d without data", absent);
    fprintf(out, "; %s\n", text_plain(s->folder));
    const char *said = "";
    for (int i = 0; i < s->count; i++) {
        const char *message = s->run[i].state == TRIAL_ABSENT ? s->run[i].message : "";
        if (*message && strcmp(message, said) != 0) {
            fputs("  absent: ", out);
            text_wrap(out, text_plain(message), 10, 10);
            said = message;
        }
    }
    fputc('\n', out);
    fflush(out);
}

/* One line of how it ended. */
static void print_end(const study_run *s, FILE *out) {
    int failed = count_state(s, TRIAL_FAILED), absent = count_state(s, TRIAL_ABSENT);
    fprintf(out, "%s: %d of %s done", lcnn_study_name(s->study), count_state(s, TRIAL_DONE),
            text_plural(s->count, "trial"));
    if (failed > 0)
        fprintf(out, ", %d failed", failed);
    if (absent > 0)
        fprintf(out, ", %d without data", absent);
    fprintf(out, " in %s; %s\n", text_duration(clock_seconds() - s->clock), text_plain(s->folder));
}

/* The status of the whole: a failing trial's, or of data when nothing could be run. */
static void judge(study_run *s) {
    for (int i = 0; i < s->count && s->status == LCNN_OK; i++) {
        const trial_run *r = &s->run[i];
        if (r->state != TRIAL_FAILED)
            continue;
        s->status = r->status > 0 && r->status < 128 ? r->status : LCNN_BAD_IO;
        if (!s->out) /* else it stands among the results */
            complain((lcnn_status)s->status, r->trial->id, "this trial failed: %s",
                     r->message ? r->message : "");
    }
    if (s->status == LCNN_OK && count_state(s, TRIAL_ABSENT) == s->count)
        s->status = complain(LCNN_BAD_DATA, lcnn_study_path(s->study),
                             "none of the data sets of this study is here");
}

static void finish(study_run *s, bool whole) {
    study_read_figures(s);
    json_t *results = study_results(s);
    int status = study_write_results(s, results);
    if (s->status == LCNN_OK)
        s->status = status;
    if (whole)
        judge(s);
    if (s->out && whole)
        study_print_results(results, s->out);
    if (whole && status == LCNN_OK)
        report_study(s->folder);
    if (!whole)
        fputs("lcnn: interrupted; the same command goes on where it was\n", stderr);
    else if (s->out)
        fputc('\n', s->out);
    print_end(s, !whole || s->args->json ? stderr : stdout);
    if (s->args->json)
        json_dumpf(results, stdout, JSON_REAL_PRECISION(15));
    if (s->args->json)
        putchar('\n');
    json_decref(results);
}

/* Trials, then what is tested on changed data, then what it all says. */
static void work(study_run *s) {
    interrupt_hold();
    if (s->out)
        print_head(s);
    bool whole = study_train(s) && study_probe(s);
    finish(s, whole);
}

static void open_run(study_run *s) {
    clock_utc(s->started);
    s->clock = clock_seconds();
    s->processors = s->args->threads.given ? s->args->threads.value : lcnn_threads_available();
    s->out = s->args->quiet ? NULL : s->args->json ? stderr : stdout;
    s->folder =
        s->args->out ? memory_text(s->args->out) : run_path("runs", lcnn_study_name(s->study));
    s->count = lcnn_study_trial_count(s->study);
    s->run = memory_new((size_t)s->count, sizeof *s->run);
    for (int i = 0; i < s->count; i++)
        s->run[i].trial = lcnn_study_trial(s->study, i);
}

static void close_run(study_run *s) {
    for (int i = 0; i < s->count; i++) {
        trial_run *r = &s->run[i];
        free(r->message);
        free(r->folder);
        free(r->log);
        free(r->data_name);
        free(r->found.wrong);
        free(r->found.probability);
    }
    free(s->run);
    free(s->folder);
    lcnn_study_free(s->study);
}

static int study_main(const arguments *args) {
    study_run s = {.args = args};
    s.study = load(args, &s.status);
    if (!s.study)
        return s.status;
    open_run(&s);
    if (!args->dry_run)
        s.status = study_folder_enter(&s);
    if (s.status == LCNN_OK) {
        study_prepare(&s);
        if (args->dry_run)
            study_print_plan(&s, stdout);
        else
            work(&s);
    }
    int status = s.status;
    close_run(&s);
    interrupt_release();
    return status;
}

const command cmd_study = {
    .name = "study",
    .summary = "Run the experiments of a study and sum them up",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .about =
        "FILE is a YAML file that names models, data sets, seeds and values of any key, or the "
        "name of an installed study (lenet5-25-years-on).\n\n"
        "Each trial is an ordinary run in the folder of the study, several at once. What is done "
        "and unchanged is kept: after Ctrl-C, a crash or a change the same command does what is "
        "missing. A trial that fails or has no data does not end the study. At the end there are "
        "results.csv, results.json and report.html: every figure, means and intervals over the "
        "seeds, published figures beside ours, and what becomes of the claims.",
    .options = options,
    .examples = "lcnn study lenet5-25-years-on\n"
                "lcnn study models/studies/lenet5-25-years-on.yaml --only learning-rate --seeds 5\n"
                "lcnn study mine.yaml --data mnist=./my-images --dry-run",
    .run = study_main,
};
