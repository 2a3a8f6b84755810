/* replay.c - a main for fuzz targets without libFuzzer: runs the target once over each file that is
 * named, and over each file of a folder that is named. */
#include "config.h"

#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int files;

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
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%d inputs\n", files);
    return files == 0;
}
