/* fuzz_arguments.c - command lines: words that end with NUL bytes or newlines, read by the tables
 * of the command that they name. None is run. */
#include "config.h"

#include "fuzz.h"

#include "command.h"
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* A usage error ends the program; here (by the linker's --wrap) it ends the reading of one line. */
static jmp_buf back;
static bool reading;

_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);

void __wrap_exit(int status) {
    if (reading)
        longjmp(back, 1);
    __real_exit(status);
}

/* What a usage error leaves goes with the process: the leak sanitizer need not look. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
    return 1;
}

enum { MOST_WORDS = 24, MOST_SIZE = 2048 };

static int split(char *text, size_t size, char *word[]) {
    int count = 0;
    word[count++] = (char *)"lcnn";
    for (size_t i = 0; i < size && count < MOST_WORDS; i += strlen(text + i) + 1)
        word[count++] = text + i;
    word[count] = NULL;
    return count;
}

static void read_line(int count, char **word) {
    int taken;
    const command *cmd = command_find(count - 1, (const char *const *)word + 1, &taken);
    if (!cmd)
        return;
    static arguments args;
    reading = true;
    if (setjmp(back) == 0) {
        char seed[SEED_TEXT];
        options_parse(cmd, 1 + taken, count, word, &args);
        option_list settings = options_settings(&args, seed);
        free(settings.value);
        free(settings.at);
    }
    reading = false;
    options_free(&args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[MOST_SIZE + 1];
    char *word[MOST_WORDS + 1];
    if (size > MOST_SIZE)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < size; i++)
        text[i] = text[i] == '\n' ? '\0' : text[i];
    read_line(split(text, size, word), word);
    return 0;
}
