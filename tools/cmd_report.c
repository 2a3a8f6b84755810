/* cmd_report.c - `lcnn report`: the page of a run, of several runs side by side, or of a study. */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "memory.h"
#include "report.h"
#include "rundir.h"
#include "text.h"

static const option options[] = {
    {"out", "DIR", OPTION_TEXT, offsetof(arguments, out), 0,
     "folder for the page of several runs (default: runs/comparison); a single run's or a study's "
     "page goes into its own folder"},
    {0},
};

static void print_written(const char *folder) {
    printf("written to %s/report.html\n", text_plain(folder));
}

/* "runs/first/" is the folder runs/first. */
static char *folder_of(const char *operand) {
    char *folder = memory_text(operand);
    for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
        folder[n - 1] = '\0';
    return folder;
}

static int report_one(const arguments *args) {
    char *folder = folder_of(args->operand[0]);
    struct stat info;
    int status;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        status = complain(LCNN_BAD_IO, folder,
                          "no such folder; 'lcnn report' wants what 'lcnn run' or 'lcnn study' has "
                          "written");
    else
        status = run_has(folder, "results.json") ? report_study(folder) : report_run(folder, NULL);
    if (status == LCNN_OK)
        print_written(folder);
    free(folder);
    return status;
}

/* The folder of a comparison may be there from an earlier one: its page is replaced. */
static int make_folder(const char *folder) {
    struct stat info;
    if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode)) {
        if (!run_has(folder, "run.json") && !run_has(folder, "results.json"))
            return LCNN_OK;
        return complain(
            LCNN_BAD_IO, folder,
            "this is the folder of a run or a study, whose own page would be lost; give "
            "another one with --out");
    }
    return run_make_folder(folder);
}

static int report_several(const arguments *args) {
    const char *out = args->out ? args->out : "runs/comparison";
    past_run **run = memory_new((size_t)args->operand_count, sizeof *run);
    int status = LCNN_OK;
    for (int i = 0; i < args->operand_count; i++) {
        char *folder = folder_of(args->operand[i]);
        if (run_has(folder, "results.json"))
            status = complain(LCNN_BAD_USAGE, folder,
                              "a study has a page of its own: 'lcnn report "
                              "%s' makes it",
                              text_plain(folder));
        else if (!(run[i] = past_run_read(folder)))
            status = LCNN_BAD_IO;
        free(folder);
    }
    if (status == LCNN_OK)
        status = make_folder(out);
    if (status == LCNN_OK)
        status = report_compare(out, args->operand_count, run);
    if (status == LCNN_OK)
        print_written(out);
    for (int i = 0; i < args->operand_count; i++)
        past_run_free(run[i]);
    free(run);
    return status;
}

static int report_main(const arguments *args) {
    if (args->operand_count > 1)
        return report_several(args);
    if (args->out)
        usage_error(args->command, args->argc, args->argv, -1,
                    "--out is for the page of several runs; a single one's goes into its own "
                    "folder");
    return report_one(args);
}

const command cmd_report = {
    .name = "report",
    .summary = "Make a page of a run, of several runs, or of a study",
    .operands = "RUN...|STUDY",
    .min_operands = 1,
    .max_operands = INT_MAX,
    .about = "Writes report.html, which holds all that it shows, and the charts as SVG and PNG in "
             "figures/. Every run ends with its own page; this makes it anew, as for runs of an "
             "older version or ones that were interrupted. Several runs come side by side on one "
             "page. STUDY is the folder that 'lcnn study' has written.\n\n"
             "Charts are drawn by gnuplot where it is installed; images of the data set are shown "
             "where it is here.",
    .options = options,
    .examples = "lcnn report runs/lenet5-mnist-1\n"
                "lcnn report runs/lenet5-mnist-1 runs/lenet5-mnist-2 --out runs/two-seeds\n"
                "lcnn report runs/lenet5-25-years-on",
    .run = report_main,
};
