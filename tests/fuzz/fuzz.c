/* fuzz.c - see fuzz.h. */
#include "config.h"

#include "fuzz.h"

#include "../faulty.h"
#include "readers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* There in replay.c's programs only. */
#pragma weak faulty_pause
#pragma weak faulty_go_on

void fuzz_own_begin(void) {
    if (faulty_pause)
        faulty_pause();
}

void fuzz_own_end(void) {
    if (faulty_go_on)
        faulty_go_on();
}

arena *fuzz_arena(void) {
    fuzz_own_begin();
    arena *a = arena_new();
    fuzz_own_end();
    if (!a)
        abort();
    return a;
}

lcnn_errors *fuzz_errors(void) {
    fuzz_own_begin();
    lcnn_errors *errors = lcnn_errors_new();
    fuzz_own_end();
    if (!errors)
        abort();
    return errors;
}

uint64_t fuzz_outcomes[FUZZ_OUTCOMES];
int fuzz_outcome_count;

/* FNV-1a, continued from `hash`. */
static uint64_t add_bytes(uint64_t hash, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void note_outcome(uint64_t hash) {
    if (fuzz_outcome_count < FUZZ_OUTCOMES)
        fuzz_outcomes[fuzz_outcome_count++] = hash;
}

void fuzz_outcome(int taken, const void *bytes, size_t size) {
    note_outcome(taken ? add_bytes(1, bytes, size) | 1 : 0);
}

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
    fuzz_own_begin();
    strcpy(folder,
           access("/dev/shm", W_OK) == 0 ? "/dev/shm/lcnn-fuzz.XXXXXX" : "/tmp/lcnn-fuzz.XXXXXX");
    if (!mkdtemp(folder))
        abort();
    /* Nothing of the machine's own is to be found. */
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("LCNN_DATA");
    atexit(remove_folder);
    fuzz_own_end();
    return folder;
}

void fuzz_put(const char *name, const void *data, size_t size) {
    char path[128];
    const char *slash = strchr(name, '/');
    fuzz_own_begin();
    if (slash) {
        snprintf(path, sizeof path, "%s/%.*s", fuzz_folder(), (int)(slash - name), name);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
    fuzz_own_end();
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
    known_memory = fuzz_arena();
    known_errors = fuzz_errors();
    fuzz_own_begin();
    known = catalogue_read(known_memory, known_errors);
    fuzz_own_end();
    if (!known)
        abort();
    atexit(forget_sets);
    return known;
}

static int load(const read_set *set, uint64_t *hash, arena *a, lcnn_errors *errors) {
    const shape *image = &set->found.set->info.image;
    int fine = 1;
    for (int which = PART_TRAIN; fine && which <= PART_TEST; which++) {
        part_bytes images;
        fine = readers_load(set, which, &images, a, errors);
        if (fine) {
            *hash = add_bytes(*hash, &images.count, sizeof images.count);
            *hash = add_bytes(*hash, images.labels, images.count);
            *hash = add_bytes(*hash, images.images, images.count * shape_size(image));
        }
        free(images.images);
        free(images.labels);
    }
    return fine;
}

int fuzz_open(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    const catalogue *known = known_sets();
    lcnn_errors *errors = fuzz_errors();
    arena *a = fuzz_arena();
    const read_set *set = readers_open(path, (mark){0}, known, a, errors);
    uint64_t hash = 1;
    int fine = set && load(set, &hash, a, errors);
    if (fine ? lcnn_errors_count(errors) != 0 : lcnn_errors_count(errors) == 0)
        abort();
    note_outcome(fine ? hash | 1 : 0);
    arena_free(a);
    lcnn_errors_free(errors);
    return fine;
}
