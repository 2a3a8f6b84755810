/* commands.c - which sub-commands there are. One is a file cmd_NAME.c and a line in the table
 * below. */
#include "config.h"

#include <string.h>

#include "command.h"

const command *const commands[] = {&cmd_run,     &cmd_study, &cmd_report, &cmd_test, &cmd_verify,
                                   &cmd_predict, &cmd_check, &cmd_show,   &cmd_ops,  &cmd_data,
                                   &cmd_bench,   &cmd_help,  NULL};

const command *command_find(int count, const char *const *word, int *taken) {
    const command *found = NULL;
    *taken = 0;
    for (int i = 0; !found && count > 0 && commands[i]; i++)
        if (strcmp(commands[i]->name, word[0]) == 0)
            found = commands[i];
    *taken = found != NULL;
    if (!found || !found->words || count < 2)
        return found;
    for (int i = 0; found->words[i]; i++)
        if (strcmp(strchr(found->words[i]->name, ' ') + 1, word[1]) == 0) {
            *taken = 2;
            return found->words[i];
        }
    return found;
}

const char *command_nearest(const char *word) {
    const char *names[sizeof commands / sizeof *commands];
    int count = 0;
    for (; commands[count]; count++)
        names[count] = commands[count]->name;
    names[count] = NULL;
    return lcnn_nearest(word, names);
}
