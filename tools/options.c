/* options.c - command lines read by tables, and the help printed from the same tables. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "text.h"

/* Every command has this one, and it stands last in each help. */
static const option help_row = {"help", NULL, OPTION_FLAG, 0, 0, "show this text"};

static int row_count(const option *rows) {
    int count = 0;
    while (rows && rows[count].name)
        count++;
    return count;
}

/* Row of the option called by the first `length` letters of `name`, or -1. */
static int find_row(const option *rows, const char *name, size_t length) {
    for (int i = 0; i < row_count(rows); i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return i;
    return -1;
}

/* Rows that have a letter, too. */
static const struct {
    char letter;
    const char *name;
} letters[] = {{'o', "out"}};

/* The letter of a row; '\0': none. */
static char letter_of(const option *row) {
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strcmp(letters[i].name, row->name) == 0)
            return letters[i].letter;
    return '\0';
}

static int find_letter(const option *rows, const char *name, size_t length) {
    for (int i = 0; i < row_count(rows); i++)
        if (length == 1 && letter_of(&rows[i]) == *name)
            return i;
    return -1;
}

/* ---- Parsing --------------------------------------------------------------------------------- */

typedef struct parser {
    arguments *out;
    bool *seen; /* by row: given already */
} parser;

static _Noreturn void unknown_option(const arguments *args, int at, const char *name,
                                     size_t length) {
    const option *rows = args->command->options;
    const char *names[64] = {help_row.name};
    for (int i = 0; i < row_count(rows) && i < 62; i++)
        names[i + 1] = rows[i].name;
    const char *word = text_printf("%.*s", (int)length, name);
    const char *nearest = lcnn_nearest(word, names);
    for (int i = 0; !nearest && length > 0 && names[i]; i++) /* -q, --thr */
        if (strncmp(names[i], word, length) == 0)
            nearest = names[i];
    const char *given = text_plain(args->argv[at]);
    if (nearest)
        usage_error(args->command, args->argc, args->argv, at,
                    "unknown option '%s'; did you mean '--%s'?", given, nearest);
    usage_error(args->command, args->argc, args->argv, at, "unknown option '%s'", given);
}

static int parse_number(const arguments *args, int at, const option *row, const char *value) {
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    bool digits = *value >= '0' && *value <= '9'; /* no blanks, no sign */
    if (!digits || *end || errno || number > INT_MAX || number < row->min)
        usage_error(args->command, args->argc, args->argv, at,
                    "--%s takes an integer of at least %d, not '%s'", row->name, row->min,
                    text_plain(value));
    return (int)number;
}

static void list_add(option_list *list, const char *value, int at) {
    size_t count = (size_t)list->count + 1;
    list->value = memory_grow(list->value, count, sizeof *list->value);
    list->at = memory_grow(list->at, count, sizeof *list->at);
    list->value[list->count] = value;
    list->at[list->count++] = at;
}

static void store(arguments *args, int at, const option *row, const char *value) {
    char *field = (char *)args + row->offset;
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)field = true;
        break;
    case OPTION_TEXT:
        *(const char **)field = value;
        break;
    case OPTION_NUMBER:
        *(option_number *)field = (option_number){true, parse_number(args, at, row, value), at};
        break;
    case OPTION_LIST:
        list_add((option_list *)field, value, at);
        break;
    }
}

/* Takes the option at argv[at] and, where it stands apart, its argument; returns the index after
 * both. */
static int parse_option(parser *p, int at) {
    arguments *args = p->out;
    const command *cmd = args->command;
    const char *name = args->argv[at] + 1 + (args->argv[at][1] == '-');
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    bool dashes = args->argv[at][1] == '-';
    if (dashes && !value && strcmp(name, help_row.name) == 0) {
        options_help(cmd);
        exit(close_output(LCNN_OK));
    }
    int index =
        dashes ? find_row(cmd->options, name, length) : find_letter(cmd->options, name, length);
    if (index < 0)
        unknown_option(args, at, name, length);
    const option *row = &cmd->options[index];
    if (p->seen[index] && row->type != OPTION_LIST)
        usage_error(cmd, args->argc, args->argv, at, "--%s is given twice", row->name);
    p->seen[index] = true;
    if (row->type == OPTION_FLAG) {
        if (value)
            usage_error(cmd, args->argc, args->argv, at, "--%s takes no argument", row->name);
        store(args, at, row, NULL);
        return at + 1;
    }
    int value_at = value ? at : at + 1;
    if (!value) {
        if (value_at >= args->argc || strncmp(args->argv[value_at], "--", 2) == 0)
            usage_error(cmd, args->argc, args->argv, value_at, "--%s: %s is missing", row->name,
                        row->argument);
        value = args->argv[value_at];
    }
    if (!*value)
        usage_error(cmd, args->argc, args->argv, value_at, "--%s: the %s is empty", row->name,
                    row->argument);
    store(args, value_at, row, value);
    return value_at + 1;
}

static void parse_operand(arguments *args, int at) {
    const command *cmd = args->command;
    if (args->operand_count == cmd->max_operands)
        usage_error(cmd, args->argc, args->argv, at,
                    cmd->max_operands == 0
                        ? "'lcnn %s' takes no '%s'"
                        : "'lcnn %s' takes one thing at a time: '%s' is one too many",
                    cmd->name, text_plain(args->argv[at]));
    if (!*args->argv[at])
        usage_error(cmd, args->argc, args->argv, at, "an empty name");
    args->operand[args->operand_count++] = args->argv[at];
}

void options_parse(const command *cmd, int first, int argc, char **argv, arguments *out) {
    *out = (arguments){.command = cmd, .argc = argc, .argv = argv};
    out->operand = memory_new((size_t)argc, sizeof *out->operand);
    parser p = {out, memory_new((size_t)row_count(cmd->options), sizeof *p.seen)};
    bool options_over = false;
    for (int at = first; at < argc;) {
        if (!options_over && strcmp(argv[at], "--") == 0) {
            options_over = true;
            at++;
        } else if (!options_over && argv[at][0] == '-' && argv[at][1]) {
            at = parse_option(&p, at);
        } else {
            parse_operand(out, at++);
        }
    }
    free(p.seen);
    if (out->operand_count < cmd->min_operands)
        usage_error(cmd, argc, argv, argc, "'lcnn %s' needs a %.*s", cmd->name,
                    (int)strcspn(cmd->operands, "."), cmd->operands);
}

static void list_free(option_list *list) {
    free(list->value);
    free(list->at);
}

void options_free(arguments *args) {
    free(args->operand);
    list_free(&args->settings);
    list_free(&args->replaced);
    list_free(&args->only);
}

/* ---- Settings -------------------------------------------------------------------------------- */

/* The key of a setting without what may be left out. */
static const char *short_key(const char *setting) {
    static const char params[] = "params.";
    size_t length = strlen(params);
    bool inside = strncmp(setting, params, length) == 0;
    bool deeper = inside && memchr(setting + length, '.', strcspn(setting + length, "="));
    return inside && !deeper ? setting + length : setting;
}

option_list options_settings(const arguments *args, char text[SEED_TEXT]) {
    option_list all = {0};
    for (int i = 0; i < args->settings.count; i++)
        list_add(&all, args->settings.value[i], args->settings.at[i]);
    if (args->seed.given) {
        snprintf(text, SEED_TEXT, "train.seed=%d", args->seed.value);
        list_add(&all, text, args->seed.at);
    }
    for (int i = 0; i < all.count; i++) {
        if (args->data && strncmp(all.value[i], "data.name=", 10) == 0)
            usage_error(args->command, args->argc, args->argv, all.at[i],
                        "the data set is named twice");
        size_t length = strcspn(all.value[i], "=");
        if (all.value[i][length] != '=' || length == 0)
            usage_error(args->command, args->argc, args->argv, all.at[i],
                        "--set takes KEY=VALUE, not '%s'", text_plain(all.value[i]));
        const char *key = short_key(all.value[i]);
        length = strcspn(key, "=");
        bool adds = length > 0 && key[length - 1] == '+'; /* to a list, as often as one likes */
        for (int k = 0; k < i && !adds; k++)
            if (strncmp(short_key(all.value[k]), key, length + 1) == 0)
                usage_error(args->command, args->argc, args->argv, all.at[i], "'%.*s' is set twice",
                            (int)length, text_plain(key));
    }
    return all;
}

/* ---- Help ------------------------------------------------------------------------------------ */

static const char *option_label(const option *row) {
    char letter = letter_of(row);
    return text_printf("%s--%s%s%s", letter ? text_printf("-%c, ", letter) : "", row->name,
                       row->argument ? " " : "", row->argument ? row->argument : "");
}

static void print_row(const option *row, int width) {
    const char *label = option_label(row);
    printf("  %s%*s", label, width - text_width(label), "");
    text_wrap(stdout, row->help, width + 2, width + 2);
}

void options_help(const command *cmd) {
    int rows = row_count(cmd->options);
    int width = text_width(option_label(&help_row));
    for (int i = 0; i < rows; i++) {
        int length = text_width(option_label(&cmd->options[i]));
        width = length > width ? length : width;
    }
    printf("usage: lcnn %s%s%s%s\n\n%s.\n\n", cmd->name, *cmd->operands ? " " : "", cmd->operands,
           rows > 0 ? " [OPTION]..." : "", cmd->summary);
    text_wrap(stdout, cmd->about, 0, 0);
    if (cmd->about_more)
        cmd->about_more();
    if (cmd->words)
        puts("\ncommands:");
    for (int i = 0; cmd->words && cmd->words[i]; i++)
        printf("  lcnn %-11s  %s\n", cmd->words[i]->name, cmd->words[i]->summary);
    puts("\noptions:");
    for (int i = 0; i < rows; i++)
        print_row(&cmd->options[i], width + 2);
    print_row(&help_row, width + 2);
    if (cmd->examples) {
        puts("\nexamples:");
        text_indent(stdout, cmd->examples, 2);
    }
}

void options_overview(void) {
    puts("usage: lcnn COMMAND [ARGUMENT]...\n");
    text_wrap(stdout,
              "Convolutional networks from YAML files: the same file, seed and version give the "
              "same weights, bit for "
              "bit, on any number of threads and any processor.",
              0, 0);
    puts("\ncommands:");
    for (int i = 0; commands[i]; i++)
        printf("  %-7s  %s\n", commands[i]->name, commands[i]->summary);
    puts("\noptions:\n  --help     show this text; 'lcnn COMMAND --help' tells more\n  --version  "
         "show the version");
    puts("\nexit status:");
    puts("  0  done                     5  weights cannot be used\n"
         "  2  wrong command line       6  reading or writing failed\n"
         "  3  error in a model file    7  memory or a limit exceeded\n"
         "  4  data missing or faulty   8  the loss became infinite");
    puts("\nexample:\n  lcnn run lenet5 --data glyphs");
}
