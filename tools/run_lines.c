/* run_lines.c - see run_lines.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "run_lines.h"
#include "rundir.h"

static _Noreturn void cannot_read(const char *path, int code) {
    if (code == ENOMEM)
        no_memory();
    exit(complain(LCNN_BAD_IO, path, "cannot read: %s", strerror(code)));
}

bool run_lines_open(run_lines *lines, const char *folder, const char *name) {
    *lines = (run_lines){.path = run_path(folder, name)};
    lines->in = memory_open(lines->path, "r");
    if (!lines->in && errno != ENOENT && errno != ENOTDIR)
        cannot_read(lines->path, errno);
    return lines->in != NULL;
}

char *run_lines_next(run_lines *lines) {
    if (lines->in && getline(&lines->line, &lines->room, lines->in) > 0)
        return lines->line;
    if (lines->in && !feof(lines->in))
        cannot_read(lines->path, errno);
    return NULL;
}

void run_lines_close(run_lines *lines) {
    if (lines->in)
        fclose(lines->in);
    free(lines->path);
    free(lines->line);
}
