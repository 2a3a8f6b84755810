/* threads.h - running one function on several threads, and making them wait for each other.
 *
 * Owns everything that touches OpenMP and the floating-point control word. A compiler without OpenMP gives one thread. */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Threads that the machine grants: processors this process may use, less what OMP_THREAD_LIMIT forbids. At least 1. */
int threads_available(void);

/* Whether there can be several at all: false without OpenMP. */
bool threads_possible(void);

enum { MOST_THREADS = 1024 };

/* Whether the system starts `wanted` threads, at most MOST_THREADS, at once; they then stay for threads_run. OpenMP itself would end the
 * program where a thread cannot be started, so ask before anything is worth losing. */
bool threads_start(int wanted);

/* Runs body(argument, index, count) for index 0 .. count - 1, all at once; `count` is at most `wanted` and the same for
 * all. The control word of every thread is set to round to nearest and keep subnormal numbers, and restored after. */
void threads_run(int wanted, void (*body)(void *argument, int index, int count), void *argument);

/* Calls lead(argument) on this thread with up to `wanted` threads kept together, so that every threads_run inside it finds
 * them waiting. Between many short runs OpenMP's own threads would spin, and on a busy machine slow each other down
 * several times over. */
void threads_hold(int wanted, void (*lead)(void *argument), void *argument);

/* How a thread rounds and whether it keeps subnormal numbers: as the machine stores it. */
typedef uint64_t arithmetic;

/* Rounds to nearest and keeps subnormal numbers from now on, in this thread; returns how it was before. A library loaded
 * into the process may have changed it (-ffast-math does), and the same bits everywhere need the standard. */
arithmetic arithmetic_standard(void);
void arithmetic_restore(arithmetic before);

/* A meeting point for a group of threads. Everything written before it by one is seen after it by all. Waiting threads spin
 * for a moment, since steps are short, then let others go first, and then sleep, so that on a busy machine the one they wait
 * for gets a processor. */
typedef struct barrier {
    atomic_int arrived;
    atomic_uint round;
    pthread_mutex_t mutex;
    pthread_cond_t opened;
} barrier;

void barrier_init(barrier *b);
void barrier_wait(barrier *b, int threads);
void barrier_destroy(barrier *b);

#endif
