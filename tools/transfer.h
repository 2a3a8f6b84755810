/* transfer.h - fetching a data set as people see it: what it takes, a question, rows and a live line. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "command.h"

/* Seconds without data after which an address is given up, where nothing else is said. */
enum { TRANSFER_TIMEOUT = 30 };

/* From where, how much and to where, as a paragraph on stderr. */
void transfer_announce(const lcnn_fetch_plan *plan);

/* Asks on the terminal whether to go on; false also where there is none to ask on. */
bool transfer_agreed(void);
bool transfer_can_ask(void);

/* Fetches with a row for each file on stderr, and returns the status. Ctrl-C keeps what there is, says so, and ends the
 * program. */
int transfer_run(const char *name, int timeout);

/* Makes sure that the part of a data set that is needed is here, if it can be fetched: asks, or takes --yes for the
 * answer. The status is that of data where it was needed and not fetched. `trains`: the training part, else the one to test
 * on. What is missing and cannot be fetched is left to whoever opens it. */
int transfer_if_needed(const arguments *args, const char *name, bool trains);

#endif
