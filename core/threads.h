/* threads.h - running one function on several threads, and making them wait for each other.
 *
 * Owns everything that touches OpenMP and the floating-point control word. A compiler without OpenMP gives one thread. */
#ifndef THREADS_H
#define THREADS_H

#include <stdatomic.h>

/* Threads that the machine grants: processors this process may use, less what OMP_THREAD_LIMIT forbids. At least 1. */
int threads_available(void);

/* Runs body(argument, index, count) for index 0 .. count - 1, all at once; `count` is at most `wanted` and the same for
 * all. The control word of every thread is set to round to nearest and keep subnormal numbers, and restored after. */
void threads_run(int wanted, void (*body)(void *argument, int index, int count), void *argument);

/* A meeting point for a group of threads; zero-initialised. Everything written before it by one is seen after it by all. */
typedef struct barrier {
    atomic_int arrived;
    atomic_uint round;
} barrier;

void barrier_wait(barrier *b, int threads);

#endif
