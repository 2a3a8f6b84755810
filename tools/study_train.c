/* study_train.c - the trials of a study as runs of this program, many at once: the longest first,
 * and how far they all are on one line. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "job.h"
#include "memory.h"
#include "progress.h"
#include "result.h"
#include "rundir.h"
#include "study.h"
#include "text.h"

/* Trials on their way, in the order in which they start. */
typedef struct training {
    study_run *study;
    int count;
    trial_run **run; /* [count] */
    progress_line line;
    double began, looked;
} training;

/* ---- What a trial takes ------------------------------------------------------------------------ */

/* Of one epoch. Small networks take some time an image whatever they multiply. */
static double epoch_cost(const trial_run *r) {
    return ((double)model_total(r->trial->model).macs + 2e4) * (double)r->images;
}

static int longest_first(const void *left, const void *right) {
    const trial_run *a = *(trial_run *const *)left, *b = *(trial_run *const *)right;
    double x = epoch_cost(a) * a->epochs, y = epoch_cost(b) * b->epochs;
    return x != y ? (x > y ? -1 : 1) : a < b ? -1 : 1;
}

/* ---- The line over the whole -------------------------------------------------------------------- */

/* Finished epochs: lines of metrics.csv below its head. */
static int count_epochs(const trial_run *r) {
    char *path = run_path(r->folder, "metrics.csv");
    FILE *in = memory_open(path, "r");
    free(path);
    int lines = 0;
    for (int c = in ? fgetc(in) : EOF; c != EOF; c = fgetc(in))
        lines += c == '\n';
    if (in)
        fclose(in);
    return lines > 0 ? lines - 1 : 0;
}

static void tick(void *user, const bool *running) {
    training *t = user;
    double now = clock_seconds(), done = 0, all = 0;
    if (!t->line.live || now - t->looked < 0.5)
        return;
    t->looked = now;
    int finished = 0, epochs = 0, total = 0;
    for (int i = 0; i < t->count; i++) {
        trial_run *r = t->run[i];
        if (running[i])
            r->epochs_done = count_epochs(r);
        finished += r->state != TRIAL_WAITING;
        epochs += r->epochs_done;
        total += r->epochs;
        double cost = epoch_cost(r);
        done += cost * (r->state == TRIAL_WAITING ? r->epochs_done : r->epochs);
        all += cost * r->epochs;
    }
    double left = done > 0 ? (now - t->began) * (all - done) / done : -1;
    const char *pieces[] = {
        text_printf("%3.0f %%", all > 0 ? 100 * done / all : 0),
        text_printf("  epochs %s/%s", text_count(epochs), text_count(total)),
        text_printf("  %s left", text_duration(left)),
    };
    progress_draw(&t->line, text_printf("%8s trials", text_printf("%d/%d", finished, t->count)),
                  all > 0 ? done / all : 0, pieces, 3, true);
}

static void print_trial(training *t, const trial_run *r) {
    FILE *out = t->study->out;
    if (!out)
        return;
    progress_wipe(&t->line);
    int finished = 0;
    for (int i = 0; i < t->count; i++)
        finished += t->run[i]->state != TRIAL_WAITING;
    fprintf(out, "  %*d/%d  %-44s", t->count > 99 ? 3 : 2, finished, t->count, r->trial->id);
    if (r->state == TRIAL_DONE)
        fprintf(out, "  %8.1f s\n", clock_seconds() - r->began);
    else
        fprintf(out, "  %sfailed%s: %s\n", style_red(out), style_end(out),
                text_plain(text_printf("%.*s", (int)strcspn(r->message, "\n"), r->message)));
    fflush(out);
}

/* ---- Children ------------------------------------------------------------------------------------ */

/* The command line of a trial, without the program; freed by the caller, the texts are the study's
 * or text.h's. */
static const char **words_of(const study_run *s, const trial_run *r, char *seed, char *threads) {
    const lcnn_trial *t = r->trial;
    const char **word = memory_new((size_t)(2 * t->setting_count + 24), sizeof *word);
    int n = 0;
    word[n++] = "run";
    if (trial_is_begun(r)) {
        word[n++] = "--resume";
        word[n++] = r->folder;
    } else {
        word[n++] = t->path;
        word[n++] = "--data";
        word[n++] = t->data;
        for (int i = 0; i < t->setting_count; i++) {
            word[n++] = "--set";
            word[n++] = t->settings[i];
        }
        word[n++] = "--seed";
        word[n++] = seed;
        word[n++] = "--out";
        word[n++] = r->folder;
    }
    word[n++] = "--threads";
    word[n++] = threads;
    if (s->args->isa) {
        word[n++] = "--isa";
        word[n++] = s->args->isa;
    }
    word[n++] = "--quiet";
    word[n++] = "--offline";
    word[n++] = "--no-report";
    return word;
}

/* Takes over the message. */
static void fail(trial_run *r, int status, char *message) {
    r->state = TRIAL_FAILED;
    r->status = status;
    free(r->message);
    r->message = message;
}

static pid_t start(void *user, int index, int threads) {
    training *t = user;
    trial_run *r = t->run[index];
    char seed[32], count[32];
    snprintf(seed, sizeof seed, "%d", r->trial->seed);
    snprintf(count, sizeof count, "%d", threads);
    if (!trial_is_begun(r) && !trial_clear(r)) {
        fail(r, LCNN_BAD_IO,
             memory_text("its folder holds what no run has written; remove it, or give another "
                         "folder with --out"));
        print_trial(t, r);
        return -1;
    }
    const char **word = words_of(t->study, r, seed, count);
    r->began = clock_seconds();
    r->threads = threads;
    pid_t pid = child_start(word, NULL, r->log);
    free(word);
    if (pid < 0)
        fail(r, LCNN_BAD_IO, memory_text("no process could be started for it"));
    return pid;
}

/* The messages of a trial, without "lcnn: note" lines; to be freed. */
static char *read_log(const trial_run *r, int status) {
    enum { MOST = 2000 };
    char text[MOST + 1] = "";
    FILE *in = memory_open(r->log, "r");
    size_t length = in ? fread(text, 1, MOST, in) : 0;
    if (in)
        fclose(in);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        length--;
    text[length] = '\0';
    if (length == 0)
        snprintf(text, sizeof text, status > 128 ? "ended by signal %d" : "ended with status %d",
                 status > 128 ? status - 128 : status);
    return memory_text(text);
}

/* How a trial was run, which its own record cannot know. */
static void write_trial(study_run *s, const trial_run *r) {
    run_file file;
    run_file_begin(&file, r->folder, "trial.json");
    json_t *all = json_pack("{s:s, s:s, s:i, s:i}", "study", lcnn_study_name(s->study), "id",
                            r->trial->id, "together", r->together, "threads", r->threads);
    if (!all)
        no_memory();
    json_write(all, file.out);
    json_decref(all);
    run_file_end(&file);
}

static void ended(void *user, int index, int status, int together) {
    training *t = user;
    trial_run *r = t->run[index];
    if (status == 128 + 15 || status == 128 + 2)
        return; /* told to: it is still to be done */
    r->together = together;
    if (status == LCNN_OK && trial_is_done(r)) {
        r->state = TRIAL_DONE;
        r->epochs_done = r->epochs;
        write_trial(t->study, r);
        remove(r->log);
    } else {
        fail(r, status == LCNN_OK ? LCNN_BAD_IO : status, read_log(r, status));
    }
    print_trial(t, r);
}

bool study_train(study_run *s) {
    training t = {.study = s, .run = memory_new((size_t)s->count, sizeof *t.run)};
    for (int i = 0; i < s->count; i++)
        if (s->run[i].state == TRIAL_WAITING)
            t.run[t.count++] = &s->run[i];
    qsort(t.run, (size_t)t.count, sizeof *t.run, longest_first);
    t.began = clock_seconds();
    if (s->out)
        t.line = progress_line_begin(s->out);
    pool p = {t.count, s->processors, &t, start, ended, tick};
    bool whole = pool_run(&p);
    if (s->out)
        progress_wipe(&t.line);
    free(t.run);
    return whole;
}
