/* transfer.c - fetching data sets: the words, the question, the progress; see transfer.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "progress.h"
#include "text.h"
#include "transfer.h"

/* ---- Before ---------------------------------------------------------------------------------- */

void transfer_announce(const lcnn_fetch_plan *plan) {
    const char *files = text_plural(plan->files, "file");
    const char *what =
        plan->archive ? text_printf("%s in %s", files, text_plain(plan->archive)) : files;
    const char *how_much = plan->bytes == 0 && plan->kept == 0 ? "which is here already"
                           : plan->kept > 0
                               ? text_printf("%s to download (%s are here from before)",
                                             text_bytes(plan->bytes), text_bytes(plan->kept))
                               : text_printf("%s to download", text_bytes(plan->bytes));
    const char *kept =
        plan->archive ? text_printf(" %s stays there for the other sets in it, and may be removed.",
                                    text_plain(plan->archive))
                      : "";
    const char *head = text_printf("%s: ", text_plain(plan->name));
    fputs(head, stderr);
    text_wrap(stderr,
              text_printf("%s, %s from %s to %s.%s", what, how_much,
                          plan->from ? text_plain(plan->from) : "nowhere", text_plain(plan->folder),
                          kept),
              text_width(head), 2);
}

bool transfer_can_ask(void) {
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool transfer_agreed(void) {
    char line[16] = "";
    fputs("Fetch it now? [Y/n] ", stderr);
    fflush(stderr);
    if (!fgets(line, sizeof line, stdin)) {
        fputc('\n', stderr);
        return false;
    }
    return line[0] == '\n' || line[0] == 'y' || line[0] == 'Y';
}

/* ---- While it runs --------------------------------------------------------------------------- */

typedef struct transfer {
    progress_line line;
    char file[200]; /* that is being fetched */
    double began;   /* clock when its first bytes came */
    uint64_t first; /* bytes of it that were there then */
    bool waiting;   /* has been said */
} transfer;

static void begin_file(transfer *t, const lcnn_fetch_progress *now) {
    if (strncmp(t->file, now->file, sizeof t->file - 1) == 0)
        return;
    snprintf(t->file, sizeof t->file, "%s", now->file);
    t->began = clock_seconds();
    t->first = now->done;
}

static void show(transfer *t, const lcnn_fetch_progress *now) {
    double seconds = clock_seconds() - t->began;
    double rate =
        now->done > t->first && seconds > 0.5 ? (double)(now->done - t->first) / seconds : 0;
    double share = now->total > 0 ? (double)now->done / (double)now->total : 0;
    bool moving = now->step == LCNN_FETCH_DOWNLOADING && rate > 0;
    const char *pieces[] = {
        text_printf("%3.0f %%", 100 * share),
        text_printf("  %s of %s", text_bytes(now->done), text_bytes(now->total)),
        now->step == LCNN_FETCH_CHECKING    ? "  checking"
        : now->step == LCNN_FETCH_UNPACKING ? "  unpacking"
        : moving                            ? text_printf("  %s/s", text_bytes((size_t)rate))
                                            : "",
        moving ? text_printf("  %s left", text_duration((double)(now->total - now->done) / rate))
               : "",
    };
    progress_draw(&t->line, text_printf("  %s", text_plain(now->file)), share, pieces, 4,
                  now->step != LCNN_FETCH_DOWNLOADING);
}

static void print_row(transfer *t, const lcnn_fetch_progress *now) {
    progress_wipe(&t->line);
    fprintf(stderr, "  %-28s  %9s%s%s\n", text_plain(now->file), text_bytes(now->total),
            now->from ? " from " : "", now->from ? text_plain(now->from) : "");
}

static bool on_progress(void *user, const lcnn_fetch_progress *now) {
    transfer *t = user;
    if (now->step == LCNN_FETCH_WAITING) {
        if (!t->waiting)
            fputs("lcnn: another run is fetching it; waiting for that\n", stderr);
        t->waiting = true;
    } else {
        begin_file(t, now);
        if (now->step == LCNN_FETCH_READY)
            print_row(t, now);
        else
            show(t, now);
    }
    return interrupt_caught() == 0;
}

int transfer_run(const char *name, int timeout) {
    transfer t = {.line = progress_line_begin(stderr)};
    lcnn_fetch_options options = {timeout, &t, on_progress};
    lcnn_errors *errors = messages_begin();
    interrupt_hold();
    bool fetched = lcnn_data_fetch(name, &options, errors);
    progress_wipe(&t.line);
    if (interrupt_caught())
        fputs("lcnn: interrupted\n", stderr);
    int status = messages_end(errors);
    interrupt_release();
    return fetched ? LCNN_OK : status == LCNN_OK ? LCNN_BAD_DATA : status;
}

/* ---- Where data are needed ------------------------------------------------------------------- */

static int fetch_for(const arguments *args, const lcnn_fetch_plan *plan, bool trains) {
    bool nothing = !plan->train_here && !plan->test_here;
    fprintf(stderr, "lcnn: %sdata set '%s' is not here\n",
            nothing  ? ""
            : trains ? "the training part of "
                     : "the test part of ",
            text_plain(plan->name));
    transfer_announce(plan);
    if (args->yes || (transfer_can_ask() && transfer_agreed()))
        return transfer_run(plan->name, TRANSFER_TIMEOUT);
    return complain(LCNN_BAD_DATA, "lcnn",
                    "not fetched; 'lcnn data fetch %s' fetches it, or --yes here",
                    text_plain(plan->name));
}

int transfer_if_needed(const arguments *args, const char *name, bool trains) {
    if (args->offline)
        return LCNN_OK;
    lcnn_errors *errors = messages_begin();
    lcnn_fetch_plan *plan = lcnn_data_plan(name, errors);
    if (!plan)
        return messages_end(errors);
    lcnn_errors_free(errors); /* its notes come again when the set is opened */
    bool here = trains ? plan->train_here : plan->test_here;
    int status =
        here || plan->files == 0 || plan->why_not ? LCNN_OK : fetch_for(args, plan, trains);
    lcnn_fetch_plan_free(plan);
    return status;
}
