/* data_fetch.c - `lcnn data fetch`: get the files of data sets from the web. */
#include "config.h"

#include <stdio.h>

#include "text.h"
#include "transfer.h"

static const option options[] = {
    {"yes", NULL, OPTION_FLAG, offsetof(arguments, yes), 0, "do not ask before"},
    {"timeout", "SECONDS", OPTION_NUMBER, offsetof(arguments, timeout), 1,
     "give an address up after so many seconds without data, and try the next (default: 30)"},
    {0},
};

static void say_here(const lcnn_fetch_plan *plan) {
    fprintf(stderr, "%s is here%s%s\n", text_plain(plan->name), plan->folder ? ": " : "",
            plan->folder ? text_plain(plan->folder) : "");
}

static int fetch_one(const arguments *args, const char *name) {
    lcnn_errors *errors = messages_begin();
    lcnn_fetch_plan *plan = lcnn_data_plan(name, errors);
    int status = messages_end(errors);
    if (!plan)
        return status;
    if (plan->files == 0 && !plan->why_not) {
        say_here(plan);
    } else if (!plan->why_not) {
        transfer_announce(plan);
        if (!args->yes && transfer_can_ask() && !transfer_agreed()) {
            lcnn_fetch_plan_free(plan);
            return complain(LCNN_BAD_DATA, "lcnn", "not fetched");
        }
    }
    if (plan->files > 0 || plan->why_not) {
        status =
            transfer_run(plan->name, args->timeout.given ? args->timeout.value : TRANSFER_TIMEOUT);
        if (status == LCNN_OK)
            say_here(plan);
    }
    lcnn_fetch_plan_free(plan);
    return status;
}

static int fetch_main(const arguments *args) {
    int status = LCNN_OK;
    for (int i = 0; i < args->operand_count && status == LCNN_OK; i++)
        status = fetch_one(args, args->operand[i]);
    return status;
}

const command data_fetch = {
    .name = "data fetch",
    .summary = "Get data sets from the web",
    .operands = "NAME...",
    .min_operands = 1,
    .max_operands = 100,
    .about = "The files that are missing come into $LCNN_DATA, or else $XDG_DATA_HOME/lcnn "
             "(~/.local/share/lcnn), in a folder of the set. They are used only when their "
             "checksums are those of the official ones. What was interrupted is gone on with by "
             "the same command. On a terminal it asks first.\n\n"
             "The sets of EMNIST come in one archive of 562 MB, which stays in their folder so "
             "that the next of them need no download; one that you got yourself and put there "
             "serves as well.",
    .options = options,
    .examples = "lcnn data fetch mnist\nlcnn data fetch emnist --yes",
    .run = fetch_main,
};
