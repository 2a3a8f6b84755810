/* interrupt.h - Ctrl-C and its like while training: finish the step, write what there is, and die
 * of the same signal. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

/* From now on the first SIGINT, SIGTERM, SIGHUP or SIGPIPE (the reader of our output is gone) is
 * only remembered; a second one, of whichever kind, ends the program at once. Signals that were
 * ignored stay so (nohup). */
void interrupt_hold(void);

/* The signal that came, or 0. */
int interrupt_caught(void);

/* Puts signals back as they were and, if one came, dies of it. */
void interrupt_release(void);

#endif
