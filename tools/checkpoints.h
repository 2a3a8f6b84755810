/* checkpoints.h - saving where training stands while it runs: when, and into which of two files; and
 * finding the newest of them again. What is in them is lcnn_session_checkpoint's business.
 *
 * The two files take turns, so a whole older one lies beside the one that is being written. */
#ifndef CHECKPOINTS_H
#define CHECKPOINTS_H

#include "command.h"

typedef struct checkpoints {
    int epochs;     /* after every so many; 0: not by epochs */
    double seconds; /* after so long; 0: not by time */
    double saved;   /* clock when one was last tried */
    int next;       /* which file is to be written */
    bool failed;    /* and that was said */
} checkpoints;

/* As --checkpoint says ("5", "30s", "10m", "2h", "never"); NULL: the default. Usage errors end the program. */
void checkpoints_plan(checkpoints *c, const arguments *args);

/* Whether one is due; `epoch_ends`: an epoch has just ended. */
bool checkpoints_due(const checkpoints *c, lcnn_position at, bool epoch_ends);

/* Saves into the folder. A failure is printed the first time, and its status returned; the older file is there still. A
 * state that is not finite is no failure: training will say so itself. */
int checkpoints_save(checkpoints *c, const lcnn_session *session, const char *folder);

/* The name of the file that was saved last. */
const char *checkpoints_newest(const checkpoints *c);

bool checkpoints_exist(const char *folder);

/* Takes the session to the newest state that can be read, and notes what cannot; without any file it stays at the beginning.
 * Prints messages and returns their status when there are files and none can be read. */
int checkpoints_resume(checkpoints *c, lcnn_session *session, const char *folder);

/* When all is done, the weights are what is kept. */
void checkpoints_remove(const char *folder);

#endif
