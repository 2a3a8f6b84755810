/* threads.c - see threads.h. */
#include "config.h"

#include "threads.h"

#include <stdint.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef __x86_64__
#include <immintrin.h>
#endif

int threads_available(void) {
#ifdef _OPENMP
    int processors = omp_get_num_procs(), limit = omp_get_thread_limit();
    int available = processors < limit ? processors : limit;
    return available > 0 ? available : 1;
#else
    return 1;
#endif
}

/* A library loaded into the process may have switched the flushing of subnormal numbers on
 * (-ffast-math does); the same bits everywhere need the standard arithmetic. */
#ifdef __x86_64__
typedef unsigned control_word;

static control_word control_standard(void) {
    control_word before = _mm_getcsr();
    _mm_setcsr(0x1f80); /* all exceptions masked, round to nearest, no flushing */
    return before;
}

static void control_restore(control_word word) {
    _mm_setcsr(word);
}
#elif defined(__aarch64__)
typedef uint64_t control_word;

static control_word control_standard(void) {
    control_word before, standard = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(standard));
    return before;
}

static void control_restore(control_word word) {
    __asm__ volatile("msr fpcr, %0" : : "r"(word));
}
#else
typedef int control_word;

static control_word control_standard(void) {
    return 0;
}

static void control_restore(control_word word) {
    (void)word;
}
#endif

void threads_run(int wanted, void (*body)(void *argument, int index, int count), void *argument) {
#ifdef _OPENMP
#pragma omp parallel num_threads(wanted)
    {
        control_word before = control_standard();
        body(argument, omp_get_thread_num(), omp_get_num_threads());
        control_restore(before);
    }
#else
    (void)wanted;
    control_word before = control_standard();
    body(argument, 0, 1);
    control_restore(before);
#endif
}

static void pause_briefly(void) {
#ifdef __x86_64__
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void barrier_init(barrier *b) {
    atomic_init(&b->arrived, 0);
    atomic_init(&b->round, 0);
    pthread_mutex_init(&b->mutex, NULL);
    pthread_cond_init(&b->opened, NULL);
}

void barrier_destroy(barrier *b) {
    pthread_mutex_destroy(&b->mutex);
    pthread_cond_destroy(&b->opened);
}

void barrier_wait(barrier *b, int threads) {
    enum { SPINS = 1000 }; /* some 20 microseconds */
    if (threads == 1)
        return;
    unsigned round = atomic_load_explicit(&b->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
        pthread_mutex_lock(&b->mutex);
        atomic_store_explicit(&b->round, round + 1, memory_order_release);
        pthread_cond_broadcast(&b->opened);
        pthread_mutex_unlock(&b->mutex);
        return;
    }
    for (int spins = 0; spins < SPINS; spins++) {
        if (atomic_load_explicit(&b->round, memory_order_acquire) != round)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&b->mutex);
    while (atomic_load_explicit(&b->round, memory_order_acquire) == round)
        pthread_cond_wait(&b->opened, &b->mutex);
    pthread_mutex_unlock(&b->mutex);
}
