/* fuzz.c - see fuzz.h. */
#include "config.h"

#include "fuzz.h"

#include "readers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void remove_folder(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

const char *fuzz_folder(void) {
    if (*folder)
        return folder;
    strcpy(folder,
           access("/dev/shm", W_OK) == 0 ? "/dev/shm/lcnn-fuzz.XXXXXX" : "/tmp/lcnn-fuzz.XXXXXX");
    if (!mkdtemp(folder))
        abort();
    /* Nothing of the machine's own is to be found. */
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("LCNN_DATA");
    atexit(remove_folder);
    return folder;
}

void fuzz_put(const char *name, const void *data, size_t size) {
    char path[128];
    const char *slash = strchr(name, '/');
    if (slash) {
        snprintf(path, sizeof path, "%s/%.*s", fuzz_folder(), (int)(slash - name), name);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
}

static arena *known_memory;
static lcnn_errors *known_errors;

static void forget_sets(void) {
    arena_free(known_memory);
    lcnn_errors_free(known_errors);
}

/* Read once: it takes far longer than a small set. */
static const catalogue *known_sets(void) {
    static const catalogue *known;
    if (known)
        return known;
    known_memory = arena_new();
    known_errors = lcnn_errors_new();
    known = catalogue_read(known_memory, known_errors);
    if (!known)
        abort();
    atexit(forget_sets);
    return known;
}

static int load(const read_set *set, arena *a, lcnn_errors *errors) {
    int fine = 1;
    for (int which = PART_TRAIN; fine && which <= PART_TEST; which++) {
        part_bytes images;
        fine = readers_load(set, which, &images, a, errors);
        free(images.images);
        free(images.labels);
    }
    return fine;
}

int fuzz_open(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    const catalogue *known = known_sets();
    lcnn_errors *errors = lcnn_errors_new();
    arena *a = arena_new();
    const read_set *set = readers_open(path, (mark){0}, known, a, errors);
    int fine = set && load(set, a, errors);
    if (fine ? lcnn_errors_count(errors) != 0 : lcnn_errors_count(errors) == 0)
        abort();
    arena_free(a);
    lcnn_errors_free(errors);
    return fine;
}
