/* run_lines.h - files that a run has left, read line by line. Not what the lines mean.
 *
 * A file that is not there is an answer. One that cannot be read is none, and neither is want of memory: both end the program
 * with a message and their status, since what is made of half a file would look like the whole. */
#ifndef RUN_LINES_H
#define RUN_LINES_H

#include <stdbool.h>
#include <stdio.h>

typedef struct run_lines {
    FILE *in; /* NULL: there is no such file */
    char *path;
    char *line; /* the last one, with its end */
    size_t room;
} run_lines;

/* False when FOLDER/NAME is not there. Either way run_lines_close ends it. */
bool run_lines_open(run_lines *lines, const char *folder, const char *name);
/* The next line, until the one after it is asked for; NULL behind the last. */
char *run_lines_next(run_lines *lines);
void run_lines_close(run_lines *lines);

#endif
