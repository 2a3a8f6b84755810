/* threads.c - see threads.h. */
#include "config.h"

#include "threads.h"

#include <sched.h>
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

static void rest(int spins) {
    /* Where there are more threads than processors, spinning would keep the others from arriving.
     */
    enum { SPINS = 2000 };
    if (spins >= SPINS)
        sched_yield();
#ifdef __x86_64__
    else
        _mm_pause();
#endif
}

void barrier_wait(barrier *b, int threads) {
    if (threads == 1)
        return;
    unsigned round = atomic_load_explicit(&b->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&b->arrived, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&b->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&b->round, round + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&b->round, memory_order_acquire) == round; spins++)
        rest(spins);
}
