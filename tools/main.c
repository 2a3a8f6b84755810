/* main.c - the `lcnn` command: finds the sub-command, runs it, and makes sure that what it printed
 * arrived. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "memory.h"
#include "text.h"

/* A standard stream that was closed would be the next file opened, and messages would end up in it.
 * Each gets a stand-in on which reading or writing fails. */
static void hold_standard_streams(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
                _exit(LCNN_BAD_IO);
}

/* Jansson leaves out what it has no memory for, and what it then writes would be a part of the
 * truth. */
static void *malloc_or_end(size_t size) {
    void *memory = malloc(size);
    if (!memory && size > 0)
        no_memory();
    return memory;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2)
        usage_error(NULL, argc, argv, -1, "no command is given; 'lcnn help' lists them");
    bool help = strcmp(argv[1], "--help") == 0, version = strcmp(argv[1], "--version") == 0;
    if ((help || version) && argc > 2)
        usage_error(NULL, argc, argv, 2, "%s stands alone", argv[1]);
    if (help) {
        options_overview();
        return LCNN_OK;
    }
    if (version) {
        printf("lcnn %s (%s%s%s)\n", lcnn_version(), lcnn_commit(), *lcnn_commit() ? ", " : "",
               lcnn_compiler());
        return LCNN_OK;
    }
    int taken;
    const command *cmd = command_find(argc - 1, (const char *const *)argv + 1, &taken);
    if (!cmd) {
        static const char *const options[] = {"--help", "--version", NULL};
        bool dash = argv[1][0] == '-';
        const char *nearest = dash ? lcnn_nearest(argv[1], options) : command_nearest(argv[1]);
        const char *kind = dash ? "option" : "command", *given = text_plain(argv[1]);
        if (nearest)
            usage_error(NULL, argc, argv, 1, "unknown %s '%s'; did you mean '%s'?", kind, given,
                        nearest);
        usage_error(NULL, argc, argv, 1, "unknown %s '%s'", kind, given);
    }
    arguments args;
    options_parse(cmd, 1 + taken, argc, argv, &args);
    int status = cmd->run(&args);
    options_free(&args);
    return status;
}

int main(int argc, char **argv) {
    setlocale(LC_ALL,
              "C"); /* numbers keep their points even if a preloaded library chose another locale */
    unsetenv("OMP_NUM_THREADS"); /* --threads it is; LLVM's OpenMP aborts on what is no number */
    hold_standard_streams();
    json_set_alloc_funcs(malloc_or_end, free);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing like any other */
    signal(SIGPIPE, SIG_DFL); /* `lcnn ops | head` ends quietly, whatever we inherited */
    return close_output(dispatch(argc, argv));
}
