/* cmd_help.c - `lcnn help`: the same as --help. */
#include "config.h"

#include "command.h"
#include "text.h"

static int help_main(const arguments *args) {
    if (args->operand_count == 0) {
        options_overview();
        return LCNN_OK;
    }
    const char *word = args->operand[0];
    const command *cmd = command_find(word);
    if (cmd) {
        options_help(cmd);
        return LCNN_OK;
    }
    const char *nearest = command_nearest(word);
    if (nearest)
        usage_error(NULL, args->argc, args->argv, 2, "there is no command '%s'; did you mean '%s'?",
                    text_plain(word), nearest);
    usage_error(NULL, args->argc, args->argv, 2, "there is no command '%s'", text_plain(word));
}

const command cmd_help = {
    .name = "help",
    .summary = "Explain a command",
    .operands = "[COMMAND]",
    .min_operands = 0,
    .max_operands = 1,
    .about = "The same as 'lcnn COMMAND --help'.",
    .run = help_main,
};
