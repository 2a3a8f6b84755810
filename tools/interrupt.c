/* interrupt.c - remembers the first signal, and lets a second one through. */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>

#include "interrupt.h"

static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { HELD = sizeof held / sizeof *held };

/* Two signals may find two threads at the same time. */
static atomic_int caught;

static void remember(int number) {
    int none = 0;
    if (atomic_compare_exchange_strong(&caught, &none, number))
        return;
    signal(number, SIG_DFL);
    raise(number); /* delivered when this handler returns */
}

void interrupt_hold(void) {
    for (int i = 0; i < HELD; i++) {
        struct sigaction old, action = {.sa_handler = remember, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        if (sigaction(held[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(held[i], &action, NULL);
    }
}

int interrupt_caught(void) {
    return caught;
}

void interrupt_release(void) {
    for (int i = 0; i < HELD; i++) {
        struct sigaction old;
        if (sigaction(held[i], NULL, &old) == 0 && old.sa_handler == remember)
            signal(held[i], SIG_DFL);
    }
    if (caught)
        raise(caught);
}
