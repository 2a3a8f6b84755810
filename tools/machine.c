/* machine.c - asking the system what machine this is; see machine.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lcnn.h"
#include "machine.h"
#include "memory.h"
#include "text.h"

/* The first "model name" of /proc/cpuinfo; "" where there is none. */
static void processor_name(char *name, size_t size) {
    FILE *in = memory_open("/proc/cpuinfo", "r");
    char line[256];
    name[0] = '\0';
    while (in && !*name && fgets(line, sizeof line, in)) {
        const char *value = strchr(line, ':');
        if (value && strncmp(line, "model name", 10) == 0)
            snprintf(name, size, "%.*s", (int)strcspn(value + 1 + strspn(value + 1, " "), "\n"),
                     value + 1 + strspn(value + 1, " "));
    }
    if (in)
        fclose(in);
}

const char *machine_text(void) {
    static char text[512];
    char processor[256];
    struct utsname system;
    bool known = uname(&system) == 0;
    processor_name(processor, sizeof processor);
    snprintf(text, sizeof text, "%.60s %.60s, %s%s%s", known ? system.sysname : "unknown",
             known ? system.machine : "machine", processor, *processor ? ", " : "",
             text_plural(lcnn_threads_available(), "processor"));
    return text;
}
