/* error.h - located messages: where in which text something is wrong, what, and what to do.
 *
 * Owns the texts that marks point into (sources) and the list of messages. Knows nothing of what the texts mean. Every
 * function that can fail takes an lcnn_errors and adds to it; the caller looks at the function's result, not at the
 * list, to see whether it failed. */
#ifndef ERROR_H
#define ERROR_H

#include "lcnn.h"

/* A text that messages point into: a YAML file, or an argument of the command line. Kept by the errors object that
 * made it, so that marks stay valid as long as messages are printed. */
typedef struct source {
    const char *name; /* as printed: a path, or "--set train.epochs=x" */
    const char *text; /* the whole text, NUL-terminated; NULL when there is nothing to quote (binary files) */
    size_t length;
} source;

/* A place in a source. line and column count from 1, columns in characters; line 0 means the whole source; a NULL
 * source means nowhere in particular (the message then stands alone). */
typedef struct mark {
    const source *source;
    int line;
    int column;
} mark;

/* Keeps copies of name and text (text may be NULL). Returns NULL when memory is out, which is also recorded. */
const source *error_source(lcnn_errors *errors, const char *name, const char *text, size_t length);

/* The mark of a whole file known by name only ("path: error: ..."); nowhere in particular when memory is out. */
mark error_file(lcnn_errors *errors, const char *name);

/* Adds a message. Control bytes in the formatted text are escaped, and over-long texts cut with "...". */
void error_add(lcnn_errors *errors, lcnn_status status, mark where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds the messages and notes of another list, each once: many models made from one file say the same of it. */
void error_take(lcnn_errors *errors, const lcnn_errors *from);

/* The status that LCNN_BAD_MODEL stands for from now on: other files than models are read by the same code. */
void error_blame(lcnn_errors *errors, lcnn_status status);

/* Records that memory ran out; needs none itself. */
void error_no_memory(lcnn_errors *errors);

/* Adds a line worth saying that is no error; once, however often it is added. */
void error_note(lcnn_errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name among `names` (NULL-ended) that is nearest to `word` by edit distance, or NULL when none is near. */
const char *error_nearest(const char *word, const char *const *names);

/* Bytes of the well-formed UTF-8 character at `p` (1 to 4); 0 when there is none before `end`. */
int utf8_length(const char *p, const char *end);

#endif
