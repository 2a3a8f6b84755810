/* lcnn.h - the one public header: what a program that uses lcnn may call.
 *
 * A model is loaded from YAML and checked (lcnn_model_*), bound to a data set (lcnn_data_*), and trained or evaluated
 * (lcnn_session_*). The library never prints, exits or aborts on bad input: a function that can fail returns false or
 * NULL and leaves located messages in an lcnn_errors. Strings that are returned belong to the object they came from
 * unless the function says otherwise. Nothing here is thread-safe between threads sharing one object; the library
 * makes its own threads. */
#ifndef LCNN_H
#define LCNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Status and messages ---------------------------------------------------------------------------------------- */

/* What kind of thing went wrong; also the exit status of the command. */
typedef enum lcnn_status {
    LCNN_OK = 0,
    LCNN_BAD_USAGE = 2,   /* the caller's or the command line's words */
    LCNN_BAD_MODEL = 3,   /* a YAML model */
    LCNN_BAD_DATA = 4,    /* a data set, or a missing one */
    LCNN_BAD_WEIGHTS = 5, /* a weights file or checkpoint */
    LCNN_BAD_IO = 6,      /* reading or writing failed */
    LCNN_NO_MEMORY = 7,   /* memory or a limit exceeded */
    LCNN_NOT_FINITE = 8,  /* the loss became infinite or not a number */
} lcnn_status;

/* A list of messages, in the order in which they were found. */
typedef struct lcnn_errors lcnn_errors;

lcnn_errors *lcnn_errors_new(void); /* NULL when memory is out */
void lcnn_errors_free(lcnn_errors *errors);

/* The status of the first message; LCNN_OK when there is none. */
lcnn_status lcnn_errors_status(const lcnn_errors *errors);
int lcnn_errors_count(const lcnn_errors *errors);

/* One message as printed: "file:line:col: error: what", and, where there is a source line, that line and a caret
 * below it. Without the final newline. */
const char *lcnn_errors_text(const lcnn_errors *errors, int index);

/* Things worth saying that are no errors ("emnist means emnist-balanced"); one line each, without newline. */
int lcnn_notes_count(const lcnn_errors *errors);
const char *lcnn_notes_text(const lcnn_errors *errors, int index);

#endif
