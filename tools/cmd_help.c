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
    int taken;
    const command *cmd = command_find(args->operand_count, args->operand, &taken);
    if (cmd && taken < args->operand_count)
        usage_error(&cmd_help, args->argc, args->argv, 2 + taken, "there is no command '%s %s'",
                    cmd->name, text_plain(args->operand[taken]));
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
    .max_operands = 2,
    .about = "The same as 'lcnn COMMAND --help'.",
    .run = help_main,
};
