/* replay.c - a main for fuzz targets without libFuzzer: runs the target once over each file that is
 * named, and over each file of a folder that is named. With --faults first it does so again for
 * each allocation and each call for a file, and that one fails: once, and from then on. The same
 * must come of it then, or a refusal. */
#include "config.h"

#include "fuzz.h"

#include "../faulty.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int files;
static long points; /* calls that were made to fail */
static bool faults;

enum { POINTS = 25 }; /* in even steps */

static long run(faulty_kind kind, long at, int stays, const uint8_t *data, size_t size) {
    fuzz_outcome_count = 0;
    faulty_begin(kind, at, stays);
    LLVMFuzzerTestOneInput(data, size);
    return faulty_end();
}

static void fail_each(faulty_kind kind, const uint8_t *data, size_t size) {
    uint64_t wanted[FUZZ_OUTCOMES];
    const long all = run(kind, 0, 0, data, size);
    memcpy(wanted, fuzz_outcomes, sizeof wanted);
    for (long k = 0; (k = faulty_next(k, all, POINTS)) > 0;)
        for (int stays = 0; stays < 2; stays++) {
            run(kind, k, stays, data, size);
            for (int i = 0; i < fuzz_outcome_count; i++)
                if (fuzz_outcomes[i] && fuzz_outcomes[i] != wanted[i])
                    abort();
            points++;
        }
}

static void replay_file(const char *path) {
    enum { LIMIT = 1 << 24 };
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(LIMIT);
    if (!f || !data) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    size_t size = fread(data, 1, LIMIT, f);
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    if (faults) {
        fail_each(FAULTY_MEMORY, data, size);
        fail_each(FAULTY_FILES, data, size);
    }
    free(data);
    files++;
}

static void replay(const char *path) {
    struct stat info;
    DIR *folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (!folder) {
        replay_file(path);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            replay_file(inner);
    }
    closedir(folder);
}

int main(int argc, char **argv) {
    faults = argc > 1 && strcmp(argv[1], "--faults") == 0;
    for (int i = 1 + faults; i < argc; i++)
        replay(argv[i]);
    printf("%d inputs", files);
    if (faults)
        printf(", %ld calls that failed", points);
    putchar('\n');
    return files == 0;
}
