/* machine.h - the machine that the command runs on, in words. */
#ifndef MACHINE_H
#define MACHINE_H

/* "Linux x86_64, AMD EPYC 7B13, 2 processors", as far as the system tells; in a buffer of its own. */
const char *machine_text(void);

#endif
