/* child.h - this program run by itself: children that end when it ends, and many of them at once on the processors there
 * are. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts this program with these words (word[0] is the command, NULL-ended). Its output and its messages go to files, which
 * are replaced; NULL: nowhere. It reads nothing, Ctrl-C on the terminal does not reach it, and it is killed when this process
 * ends, however that comes about. -1 with a message printed. */
pid_t child_start(const char *const *word, const char *out, const char *err);

/* A pool of children. */
typedef struct pool {
    int count;
    int processors;
    void *user;
    /* Starts number `index` on so many threads; -1 when that fails, which the function remembers. */
    pid_t (*start)(void *user, int index, int threads);
    /* It has ended: its exit status, or 128 and the signal. `together`: how many ran at the same time at most. */
    void (*ended)(void *user, int index, int status, int together);
    /* Several times a second, and with *running* [count] telling which run. */
    void (*tick)(void *user, const bool *running);
} pool;

/* Runs all in order, each on one thread as long as there are as many as processors, then on more. False when a signal ended
 * it (interrupt.h): no more are started then, and those that run are told to end and waited for. */
bool pool_run(const pool *p);

#endif
