/* threads.c - see threads.h. */
#include "config.h"

#include "threads.h"

#include <sched.h>
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

bool threads_possible(void) {
#ifdef _OPENMP
    return true;
#else
    return false;
#endif
}

#ifdef __x86_64__
arithmetic arithmetic_standard(void) {
    arithmetic before = _mm_getcsr();
    _mm_setcsr(0x1f80); /* all exceptions masked, round to nearest, no flushing */
    return before;
}

void arithmetic_restore(arithmetic before) {
    _mm_setcsr((unsigned)before);
}
#elif defined(__aarch64__)
arithmetic arithmetic_standard(void) {
    arithmetic before, standard = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(standard));
    return before;
}

void arithmetic_restore(arithmetic before) {
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}
#else
arithmetic arithmetic_standard(void) {
    return 0;
}

void arithmetic_restore(arithmetic before) {
    (void)before;
}
#endif

/* ---- Waiting -------------------------------------------------------------------------------- */

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

static bool opened(const barrier *b, unsigned round) {
    return atomic_load_explicit(&b->round, memory_order_acquire) != round;
}

/* Being woken up takes longer than most waits, so waiting begins awake: at first for those that
 * arrive together, then letting others have the processor whenever they want it. */
static bool opens_soon(const barrier *b, unsigned round) {
    enum { SPINS = 1000, YIELDS = 500 }; /* some 30 microseconds, and 300 */
    for (int i = 0; i < SPINS; i++) {
        if (opened(b, round))
            return true;
        pause_briefly();
    }
    for (int i = 0; i < YIELDS; i++) {
        if (opened(b, round))
            return true;
        sched_yield();
    }
    return false;
}

void barrier_wait(barrier *b, int threads) {
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
    if (opens_soon(b, round))
        return;
    pthread_mutex_lock(&b->mutex);
    while (!opened(b, round))
        pthread_cond_wait(&b->opened, &b->mutex);
    pthread_mutex_unlock(&b->mutex);
}

/* ---- Running -------------------------------------------------------------------------------- */

typedef void thread_body(void *argument, int index, int count);

/* All threads of an OpenMP region, or the one there is without OpenMP. */
static void run_region(int wanted, thread_body *body, void *argument) {
#ifdef _OPENMP
#pragma omp parallel num_threads(wanted)
    {
        arithmetic before = arithmetic_standard();
        body(argument, omp_get_thread_num(), omp_get_num_threads());
        arithmetic_restore(before);
    }
#else
    (void)wanted;
    arithmetic before = arithmetic_standard();
    body(argument, 0, 1);
    arithmetic_restore(before);
#endif
}

/* Threads that are kept together, and what they are to do next. */
typedef struct crew {
    barrier start, finish;
    int count; /* threads in it */
    void (*lead)(void *argument);
    void *lead_argument;
    thread_body *body; /* NULL: go home */
    void *argument;
    int wanted;
} crew;

/* The crew that this thread leads. */
static _Thread_local crew *held;

static void do_share(const crew *c, int index) {
    int count = c->wanted < c->count ? c->wanted : c->count;
    if (index < count)
        c->body(c->argument, index, count);
}

static void follow(crew *c, int index) {
    for (;;) {
        barrier_wait(&c->start, c->count);
        if (!c->body)
            return;
        do_share(c, index);
        barrier_wait(&c->finish, c->count);
    }
}

static void join_crew(void *argument, int index, int count) {
    crew *c = argument;
    if (index > 0) {
        /* The leader has entered when the first barrier opens, and `count` with it. */
        barrier_wait(&c->finish, count);
        follow(c, index);
        return;
    }
    c->count = count;
    barrier_wait(&c->finish, count);
    held = c;
    c->lead(c->lead_argument);
    held = NULL;
    c->body = NULL;
    barrier_wait(&c->start, count);
}

void threads_hold(int wanted, void (*lead)(void *argument), void *argument) {
    crew c = {.lead = lead, .lead_argument = argument};
    barrier_init(&c.start);
    barrier_init(&c.finish);
    run_region(wanted, join_crew, &c);
    barrier_destroy(&c.start);
    barrier_destroy(&c.finish);
}

void threads_run(int wanted, void (*body)(void *argument, int index, int count), void *argument) {
    crew *c = held;
    if (!c) {
        run_region(wanted, body, argument);
        return;
    }
    c->body = body;
    c->argument = argument;
    c->wanted = wanted;
    barrier_wait(&c->start, c->count);
    do_share(c, 0);
    barrier_wait(&c->finish, c->count);
}

/* ---- Starting ------------------------------------------------------------------------------- */

#ifdef _OPENMP
static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

static void do_nothing(void *argument, int index, int count) {
    (void)argument;
    (void)index;
    (void)count;
}
#endif

bool threads_start(int wanted) {
#ifdef _OPENMP
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread[MOST_THREADS];
    int started = 1;           /* this one */
    pthread_mutex_lock(&gate); /* until all are there */
    while (started < wanted && pthread_create(&thread[started], NULL, wait_for_gate, &gate) == 0)
        started++;
    pthread_mutex_unlock(&gate);
    for (int i = 1; i < started; i++)
        pthread_join(thread[i], NULL);
    if (started < wanted)
        return false;
    run_region(wanted, do_nothing, NULL);
#else
    (void)wanted;
#endif
    return true;
}
