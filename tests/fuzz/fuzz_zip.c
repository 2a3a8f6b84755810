/* fuzz_zip.c - an archive that files of data sets are unpacked from: whatever it holds, nothing is
 * written but under the names that are asked for, and those only with the published checksum. */
#include "config.h"

#include "fuzz.h"

#include "unpack.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "hello\n" and four zero bytes, packed and not. */
static const file_facts wanted[] = {
    {"hello", 6, 6, "", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
     "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
    {"zeros", 4, 4, "", "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119",
     "df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"},
};

/* Whether a file is one of those that are wanted, and whole. */
static bool is_wanted(int folder, const char *name) {
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
        return false;
    return (strcmp(name, "hello") == 0 && info.st_size == 6) ||
           (strcmp(name, "zeros") == 0 && info.st_size == 4);
}

/* Files in the folder, which are removed. */
static int empty(const char *path) {
    fuzz_own_begin();
    DIR *d = opendir(path);
    int count = 0;
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!is_wanted(dirfd(d), e->d_name))
            abort();
        unlinkat(dirfd(d), e->d_name, 0);
        count++;
    }
    if (d)
        closedir(d);
    fuzz_own_end();
    return count;
}

static bool go_on(void *user, const file_facts *file, uint64_t done) {
    (void)user, (void)file, (void)done;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[128], target[128];
    const file_facts *const files[] = {&wanted[0], &wanted[1]};
    if (!unpack_possible())
        return 0;
    fuzz_put("archive.zip", data, size);
    snprintf(path, sizeof path, "%s/archive.zip", fuzz_folder());
    snprintf(target, sizeof target, "%s/out", fuzz_folder());
    fuzz_own_begin();
    mkdir(target, 0700);
    int folder = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_own_end();
    lcnn_errors *errors = fuzz_errors();
    unpack_order order = {path, "in/", 2, files, folder, target, go_on, NULL, false};
    bool unpacked = unpack(&order, errors);
    if (!unpacked && lcnn_errors_count(errors) == 0)
        abort();
    if (empty(target) != 2 && unpacked)
        abort();
    fuzz_outcome(unpacked, "", 0);
    lcnn_errors_free(errors);
    close(folder);
    return 0;
}
