/* faulty.h - calls of the library that go wrong one after the other, within a test program.
 *
 * A program that is linked with $(FAULTY_WRAPS) has its allocations, pieces of arenas included, and
 * its calls for files go through faulty.c. Of what other libraries call
 * only so much is reached as faulty.c lists: tests/faults.sh has whole programs fail. */
#ifndef FAULTY_H
#define FAULTY_H

#include <stdbool.h>

typedef enum faulty_kind { FAULTY_NONE, FAULTY_MEMORY, FAULTY_FILES } faulty_kind;

/* From now on calls of this kind are counted, and the one with number `at` (from 1; 0: none) fails:
 * there is no memory, or the disk is broken (EIO). With `stays` all later ones do, too. */
void faulty_begin(faulty_kind kind, long at, bool stays);

/* Nothing fails any more; returns the number of calls. */
long faulty_end(void);

/* After calls were counted: the number of the next that is to fail after number k (from 0), or 0. These are the first from
 * each place in the program that none came from before, and about `most` others in even steps; or all when the environment has
 * FULL. */
long faulty_next(long k, long all, long most);

/* Between the two nothing fails or is counted: what a test calls for itself. */
void faulty_pause(void);
void faulty_go_on(void);

#endif
