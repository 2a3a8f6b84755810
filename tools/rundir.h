/* rundir.h - the folder that a run leaves: made before training begins, never overwritten, no half
 * file in it. */
#ifndef RUNDIR_H
#define RUNDIR_H

#include <stdio.h>

#include "job.h"

/* A file of a run, written in memory first. */
typedef struct run_file {
    const char *folder, *name;
    FILE *out; /* write to this */
    bool quiet; /* that it cannot be written is not said */
    char *bytes;
    size_t size;
} run_file;

/* "runs/MODEL-DATA-SEED"; the caller frees it. */
char *run_default_folder(const job *j);

/* Makes the folder and those above it. Prints what is wrong and returns the status; an existing one
 * is refused. */
int run_make_folder(const char *folder);

/* Makes what becomes the folder: hidden beside it, and held by this process alone, so that nobody ever sees a folder of a run
 * without what tells a run. One that a killed run has left is taken over. Its path, to be freed; NULL after printing what is
 * wrong, with *status. */
char *run_begin_folder(const char *folder, int *status);

/* Gives it its name. */
int run_show_folder(const char *hidden, const char *folder);

/* Keeps a folder to this process until it ends: prints that another 'lcnn WORD' is at work there, and returns the status. */
int run_hold_folder(const char *folder, const char *word);

/* Removes files that were on their way when a run was killed. */
void run_sweep_folder(const char *folder);

/* Removes what runs, reports and studies write into the folder of a run, and the folder if nothing else is in it; true when it
 * is gone. */
bool run_remove_folder(const char *folder);

/* A run is known by its model and its weights: prints what `lcnn WORD` lacks and returns the status. */
int run_check_folder(const char *folder, const char *word);

/* "FOLDER/NAME"; the caller frees it. */
char *run_path(const char *folder, const char *name);

bool run_has(const char *folder, const char *name);

/* Write to file->out in between. Ends by putting the file in its place; prints messages and returns
 * their status. */
void run_file_begin(run_file *file, const char *folder, const char *name);
int run_file_end(run_file *file);

/* ---- Names of files --------------------------------------------------------------------------- */

/* Names come from files and folders: in a path only plain characters are kept, and no dot first. */
void append_plain(FILE *out, const char *name);

/* Prints that the file is there already, unless `force`, and returns the status. */
int file_is_new(const char *path, bool force);

#endif
