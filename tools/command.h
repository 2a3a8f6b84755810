/* command.h - what a sub-command is: its name, its options as rows of a table, and its function.
 *
 * Parsing and `--help` both come from the rows (options.c), so an option cannot be missing from
 * either. Commands are listed once, in commands.c. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lcnn.h"

typedef struct command command;

typedef enum option_type {
    OPTION_FLAG,   /* bool; takes no argument */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* option_number: an integer of at least `min` */
    OPTION_LIST,   /* option_list: may be given several times */
} option_type;

typedef struct option_list {
    int count;
    const char **value;
    int *at; /* index in argv, for messages */
} option_list;

typedef struct option_number {
    bool given;
    int value;
    int at; /* index in argv */
} option_number;

/* Everything that a command line can say; a command looks at the fields that its table fills. */
typedef struct arguments {
    const command *command;
    int argc;
    char **argv;
    int operand_count;
    const char **operand;
    option_list settings;
    option_list replaced, only; /* of a study */
    option_number seeds;
    bool dry_run;
    option_number seed, threads, repeat, timeout;
    const char *data, *isa, *weights, *out;
    const char *resume, *checkpoint;
    const char *batches, *thread_list, *mode, *layers;
    bool quiet, json, yaml;
    bool yes, offline; /* data sets that are not here: fetch without asking, or never try */
    const char *class_name, *part, *model, *save_input;
    option_number count, top;
    bool augmented, automatic, show, force;
    bool no_report, trace;
} arguments;

/* A table of these ends with a row without name. */
typedef struct option {
    const char *name;     /* without the dashes */
    const char *argument; /* "NAME" in the help; NULL for flags */
    option_type type;
    size_t offset; /* of the field in arguments */
    int min;       /* OPTION_NUMBER: the smallest allowed */
    const char *help;
} option;

struct command {
    const char *name;
    const char *summary;  /* one line, no full stop */
    const char *operands; /* "MODEL", as in the usage line */
    int min_operands, max_operands;
    const char *about; /* paragraphs of `--help` */
    void (*about_more)(void); /* prints what only the library knows, below them; NULL: nothing */
    const option *options;
    const char *examples;              /* lines of `--help`; NULL: none */
    int (*run)(const arguments *args); /* returns the exit status */
    /* Commands of two words ("data fetch"), told apart by the second; NULL-ended. NULL: none. */
    const command *const *words;
};

extern const command cmd_run, cmd_study, cmd_test, cmd_predict, cmd_report, cmd_verify, cmd_check, cmd_show, cmd_ops, cmd_data, cmd_bench, cmd_help;
/* Commands of two words, listed in cmd_data.c. */
extern const command data_fetch, data_show, data_stats, data_verify;

/* Every command, NULL-ended; commands.c. */
extern const command *const commands[];

/* The command that the words begin with, and how many of them are its name: two where the second tells apart what
 * `words` lists, else one. NULL when there is none. */
const command *command_find(int count, const char *const *word, int *taken);

/* ---- options.c ------------------------------------------------------------------------------- */

/* Reads argv[first..] by the table of `cmd` into `out`; prints a usage error and exits when it does not
 * fit, prints the help and exits when it was asked for. */
void options_parse(const command *cmd, int first, int argc, char **argv, arguments *out);

void options_free(arguments *args);

void options_help(const command *cmd);
void options_overview(void);

/* The word in a message's "did you mean": among command names, for `lcnn WORD` and `lcnn help
 * WORD`. */
const char *command_nearest(const char *word);

/* The model's settings: --set in order, then --seed. Refuses a setting without '=' and one given
 * twice. `text` keeps the seed's setting. */
enum { SEED_TEXT = 32 };
option_list options_settings(const arguments *args, char text[SEED_TEXT]);

/* ---- messages.c ------------------------------------------------------------------------------ */

/* Prints "lcnn: error: ...", the command line with argv[at] marked (at == argc: its end; at < 0: no
 * mark) and where to look; exits with the status for usage. `cmd` may be NULL. */
_Noreturn void usage_error(const command *cmd, int argc, char **argv, int at, const char *format,
                           ...) __attribute__((format(printf, 5, 6)));

/* Prints "WHERE: error: ..." to stderr and returns `status`. */
int complain(lcnn_status status, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints "lcnn: note: ..." to stderr. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is printed must have arrived: `status`, or the one of a failed write in place of success. */
int close_output(int status);

/* Prints notes and messages to stderr, frees the list and returns its status. */
int messages_end(lcnn_errors *errors);

/* The same without printing. */
int messages_drop(lcnn_errors *errors);

/* For what may fail: frees the list. What failed for want of memory ends the program, since it might have come out otherwise. */
void messages_forgive(lcnn_errors *errors);

/* A new list; exits when memory is out, as everything here does that cannot get any. */
lcnn_errors *messages_begin(void);

/* The first message as one line for a page, without the source that it quotes; "" where there is none. */
const char *messages_first(const lcnn_errors *errors);

#endif
