/* store.c - the folder that data sets are fetched into; see store.h. */
#include "config.h"

#include "arena.h"
#include "file.h"
#include "store.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char lock_name[] = ".lcnn-fetch.lock";

bool store_failed(const char *path, const char *name, int code, lcnn_errors *errors) {
    char whole[PATH_MAX];
    text_format(whole, sizeof whole, "%s%s%s", path, *name ? "/" : "", name);
    bool full = code == ENOSPC || code == EDQUOT;
    error_add(errors, LCNN_BAD_IO, error_file(errors, whole), "cannot write: %s%s", strerror(code),
              full ? "; free some space, or choose another place with LCNN_DATA"
                   : "; LCNN_DATA=FOLDER chooses another place");
    return false;
}

/* ---- The folder ------------------------------------------------------------------------------ */

static bool make_all(char *path) {
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = '\0';
            bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
            *p = '/';
            if (!made)
                return false;
        }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

int store_open(const char *path, lcnn_errors *errors) {
    char *copy = strdup(path);
    if (!copy) {
        error_no_memory(errors);
        return -1;
    }
    int folder = make_all(copy) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0)
        store_failed(path, "", errno, errors);
    free(copy);
    return folder;
}

/* ---- The lock -------------------------------------------------------------------------------- */

/* Whoever removed the file while we waited for it left us a lock that nobody sees. */
static bool still_there(int folder, int lock) {
    struct stat mine, now;
    return fstat(lock, &mine) == 0 && fstatat(folder, lock_name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_ino == now.st_ino && mine.st_dev == now.st_dev;
}

int store_lock(int folder, const char *path, int *lock, lcnn_errors *errors) {
    *lock = openat(folder, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*lock < 0) {
        store_failed(path, lock_name, errno, errors);
        return -1;
    }
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0 && still_there(folder, *lock))
        return 1;
    int code = errno;
    bool taken = code == EWOULDBLOCK || code == EINTR || !still_there(folder, *lock);
    close(*lock);
    *lock = -1;
    if (taken)
        return 0;
    store_failed(path, lock_name, code, errors);
    return -1;
}

void store_unlock(int folder, int lock) {
    unlinkat(folder, lock_name, 0);
    close(lock);
}

/* ---- Files ----------------------------------------------------------------------------------- */

typedef struct part_name {
    char text[NAME_MAX + 1];
} part_name;

static bool name_part(const char *name, part_name *out) {
    errno = ENAMETOOLONG;
    return (size_t)text_format(out->text, sizeof out->text, "%s.part", name) < sizeof out->text;
}

/* A regular file that nothing else points to: else a link would be written through. */
static bool is_ours(int descriptor, struct stat *info) {
    if (fstat(descriptor, info) != 0)
        return false;
    errno = EEXIST;
    return S_ISREG(info->st_mode) && info->st_nlink == 1;
}

int store_resume(int folder, const char *name, uint64_t *size) {
    part_name part;
    struct stat info;
    if (!name_part(name, &part))
        return -1;
    int descriptor =
        openat(folder, part.text, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return -1;
    if (is_ours(descriptor, &info) && lseek(descriptor, 0, SEEK_END) >= 0) {
        *size = (uint64_t)info.st_size;
        return descriptor;
    }
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int store_create(int folder, const char *name) {
    part_name part;
    if (!name_part(name, &part))
        return -1;
    unlinkat(folder, part.text, 0);
    return openat(folder, part.text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

uint64_t store_part_size(const char *path, const char *name) {
    char whole[PATH_MAX];
    struct stat info;
    text_format(whole, sizeof whole, "%s/%s.part", path, name);
    return lstat(whole, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
}

bool store_rename(int folder, const char *path, const char *name, lcnn_errors *errors) {
    part_name part;
    if (!name_part(name, &part) || renameat(folder, part.text, folder, name) != 0 ||
        !file_flush_folder(folder))
        return store_failed(path, name, errno, errors);
    return true;
}

void store_remove(int folder, const char *name) {
    part_name part;
    if (name_part(name, &part))
        unlinkat(folder, part.text, 0);
}
