/* messages.c - everything the command says on stderr: errors, notes, and usage errors with the
 * command line quoted. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "text.h"

/* The command line on one line and below it a mark under argv[at], or after the last word. */
static void quote_command_line(int argc, char **argv, int at) {
    int column = 0, width = 1;
    fputs("  lcnn", stderr);
    int end = 6;
    for (int i = 1; i < argc; i++) {
        const char *word = text_plain(argv[i]);
        if (i == at) {
            column = end + 1;
            width = text_width(word);
        }
        end += 1 + text_width(word);
        fprintf(stderr, " %s", word);
    }
    if (at >= argc)
        column = end + 1;
    fprintf(stderr, "\n%*s^", column, "");
    for (int i = 1; i < width; i++)
        fputc('~', stderr);
    fputc('\n', stderr);
}

void usage_error(const command *cmd, int argc, char **argv, int at, const char *format, ...) {
    va_list list;
    fputs("lcnn: error: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    if (at >= 0)
        quote_command_line(argc, argv, at);
    if (cmd)
        fprintf(stderr, "try 'lcnn %s --help'\n", cmd->name);
    else
        fputs("try 'lcnn --help'\n", stderr);
    exit(LCNN_BAD_USAGE);
}

int complain(lcnn_status status, const char *where, const char *format, ...) {
    va_list list;
    fprintf(stderr, "%s: error: ", text_plain(where));
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    return (int)status;
}

void remark(const char *format, ...) {
    va_list list;
    fputs("lcnn: note: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

lcnn_errors *messages_begin(void) {
    lcnn_errors *errors = lcnn_errors_new();
    if (!errors)
        no_memory();
    return errors;
}

const char *messages_first(const lcnn_errors *errors) {
    const char *text = lcnn_errors_count(errors) > 0 ? lcnn_errors_text(errors, 0) : "";
    return text_plain(text_printf("%.*s", (int)strcspn(text, "\n"), text));
}

/* Whether this is the first time. A path is looked at for the model and again for the data, each
 * with messages of its own, and its note is worth one line. */
static bool is_new(const char *note) {
    static char **said;
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(said[i], note) == 0)
            return false;
    said = memory_grow(said, count + 1, sizeof *said);
    said[count++] = memory_text(note);
    return true;
}

int messages_end(lcnn_errors *errors) {
    int status = (int)lcnn_errors_status(errors);
    for (int i = 0; i < lcnn_notes_count(errors); i++)
        if (is_new(lcnn_notes_text(errors, i)))
            fprintf(stderr, "lcnn: note: %s\n", lcnn_notes_text(errors, i));
    for (int i = 0; i < lcnn_errors_count(errors); i++) {
        const char *text = lcnn_errors_text(errors, i);
        bool nowhere = strncmp(text, "error: ", 7) == 0; /* no file is to blame: say who speaks */
        fprintf(stderr, "%s%s\n", nowhere ? "lcnn: " : "", text);
    }
    lcnn_errors_free(errors);
    return status;
}

int messages_drop(lcnn_errors *errors) {
    int status = (int)lcnn_errors_status(errors);
    lcnn_errors_free(errors);
    return status;
}

void messages_forgive(lcnn_errors *errors) {
    for (int i = 0; i < lcnn_errors_count(errors); i++)
        if (strcmp(lcnn_errors_text(errors, i), "error: out of memory") == 0)
            no_memory();
    lcnn_errors_free(errors);
}

int close_output(int status) {
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0 || failed) {
        fprintf(stderr, "lcnn: error: writing to standard output failed: %s\n", strerror(errno));
        return status == LCNN_OK ? LCNN_BAD_IO : status;
    }
    return status;
}
