/* file.c - writing and reading whole files. */
#include "config.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Linux cuts single transfers near 2 GiB anyway; some systems refuse larger ones. */
enum { MAX_TRANSFER = 1 << 30 };

/* ---- Writing --------------------------------------------------------------------------------- */

enum { TEMP_NAME = 64, TEMP_ATTEMPTS = 100 };

/* What the user can do about a failed system call. */
static const char *remedy(int code) {
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return "free some space, or write to another place";
    case EFBIG:
        return "raise the limit on file sizes, or write to another place";
    case EACCES:
    case EPERM:
    case EROFS:
        return "choose a folder that you may write to";
    case ENOENT:
    case ENOTDIR:
        return "make the folder first, or correct the path";
    case EISDIR:
        return "name a file, not a folder";
    case ENAMETOOLONG:
        return "choose a shorter name";
    case EMFILE:
    case ENFILE:
        return "close some files, or raise the limit on open files";
    default:
        return "check the disk, or write to another place";
    }
}

static bool write_failed(const char *path, const char *what, int code, lcnn_errors *errors) {
    if (code == ENOMEM) {
        error_no_memory(errors);
        return false;
    }
    error_add(errors, LCNN_BAD_IO, error_file(errors, path), "%s: %s; %s", what, strerror(code),
              remedy(code));
    return false;
}

/* Opens the folder that `path` is in, and points *name at the part of the path behind it. */
static int open_folder(const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) {
        errno = EISDIR;
        return -1;
    }
    size_t length = slash ? (size_t)(*name - path) : 1;
    char *folder = malloc(length + 1);
    if (!folder)
        return -1;
    memcpy(folder, slash ? path : ".", length);
    folder[length] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = errno;
    free(folder);
    errno = code;
    return descriptor;
}

/* Makes a new file in the folder under a name that nobody else has. The name's length does not
 * depend on the final name, which may already be as long as names can be. O_EXCL makes sure; the
 * clock only keeps attempts few. */
static int open_temporary(int folder, char name[TEMP_NAME]) {
    for (int attempt = 0; attempt < TEMP_ATTEMPTS; attempt++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t key = ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec;
        key = (key ^ ((uint64_t)getpid() << 40) ^ (uint64_t)attempt) * UINT64_C(0x9E3779B97F4A7C15);
        snprintf(name, TEMP_NAME, ".lcnn-%016" PRIx64 ".tmp", key ^ (key >> 29));
        int descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

bool file_write_all(int descriptor, const void *bytes, size_t size) {
    for (const char *p = bytes; size > 0;) {
        ssize_t done = write(descriptor, p, size < MAX_TRANSFER ? size : MAX_TRANSFER);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            errno = done < 0 ? errno : ENOSPC;
            return false;
        }
        p += done;
        size -= (size_t)done;
    }
    return true;
}

/* Some file systems cannot flush a folder and say EINVAL or ENOTSUP; there is nothing more to be
 * done there. */
bool file_flush_folder(int folder) {
    return fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/* Writes, flushes and closes the temporary file. A failed flush is final: the system marks the lost
 * pages clean, so trying again would succeed and prove nothing. */
static bool fill_temporary(int descriptor, const void *bytes, size_t size) {
    bool ok = file_write_all(descriptor, bytes, size) && fsync(descriptor) == 0;
    int code = errno;
    bool closed = close(descriptor) == 0;
    if (!ok)
        errno = code;
    return ok && closed;
}

static bool write_in_folder(int folder, const char *name, const char *path, const void *bytes,
                            size_t size, lcnn_errors *errors) {
    struct stat old;
    if (fstatat(folder, name, &old, 0) == 0 && !S_ISREG(old.st_mode)) {
        error_add(errors, LCNN_BAD_IO, error_file(errors, path),
                  "cannot write: there is a %s of this name; choose another name",
                  S_ISDIR(old.st_mode) ? "folder" : "device or pipe");
        return false;
    }
    char temporary[TEMP_NAME];
    int descriptor = open_temporary(folder, temporary);
    if (descriptor < 0)
        return write_failed(path, "cannot write", errno, errors);
    if (!fill_temporary(descriptor, bytes, size) ||
        renameat(folder, temporary, folder, name) != 0) {
        int code = errno;
        unlinkat(folder, temporary, 0);
        return write_failed(path, "cannot write", code, errors);
    }
    if (!file_flush_folder(folder))
        return write_failed(path, "written, but a power cut may still undo it", errno, errors);
    return true;
}

bool file_write(const char *path, const void *bytes, size_t size, lcnn_errors *errors) {
    const char *name;
    int folder = open_folder(path, &name);
    if (folder < 0)
        return write_failed(path, "cannot write", errno, errors);
    bool ok = write_in_folder(folder, name, path, bytes, size, errors);
    close(folder);
    return ok;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool refuse(const file_input *in, const char *why, lcnn_errors *errors) {
    error_add(errors, in->status, error_file(errors, in->path), "cannot read: %s", why);
    return false;
}

static bool check_kind(file_input *in, lcnn_errors *errors) {
    struct stat about;
    if (fstat(in->descriptor, &about) != 0) {
        error_add(errors, LCNN_BAD_IO, error_file(errors, in->path), "cannot read: %s",
                  strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode))
        return refuse(in, "this is a folder; name a file", errors);
    if (!S_ISREG(about.st_mode))
        return refuse(in, "this is a device or pipe; name a regular file", errors);
    in->size = (uint64_t)about.st_size;
    return true;
}

bool file_open(file_input *in, const char *path, lcnn_status status, lcnn_errors *errors) {
    /* Without O_NONBLOCK, opening a FIFO would wait for a writer. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *in = (file_input){.descriptor = descriptor, .path = path, .status = status};
    if (descriptor < 0)
        return refuse(in, errno == ENOENT ? "there is no such file" : strerror(errno), errors);
    if (check_kind(in, errors))
        return true;
    file_close(in);
    return false;
}

bool file_next(file_input *in, void *bytes, size_t size, lcnn_errors *errors) {
    char *to = bytes;
    while (size > 0) {
        ssize_t done = read(in->descriptor, to, size < MAX_TRANSFER ? size : MAX_TRANSFER);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            error_add(errors, LCNN_BAD_IO, error_file(errors, in->path), "cannot read: %s",
                      strerror(errno));
            return false;
        }
        if (done == 0)
            return refuse(in, "it ends too early or is being changed", errors);
        to += done;
        size -= (size_t)done;
    }
    return true;
}

void file_close(file_input *in) {
    if (in->descriptor >= 0)
        close(in->descriptor);
    in->descriptor = -1;
}

/* A file that grew since it was opened would be read in part; some that have no size at all (in
 * /proc) look like that. */
static bool at_end(file_input *in, lcnn_errors *errors) {
    char more;
    ssize_t done;
    do
        done = read(in->descriptor, &more, 1);
    while (done < 0 && errno == EINTR);
    return done == 0 || refuse(in, "it does not end where it should; is it being changed?", errors);
}

char *file_read(const char *path, size_t limit, size_t *size, lcnn_status status,
                lcnn_errors *errors) {
    file_input in;
    if (!file_open(&in, path, status, errors))
        return NULL;
    char *bytes = NULL;
    if (in.size > limit || in.size >= SIZE_MAX) {
        error_add(errors, status, error_file(errors, path),
                  "it has %" PRIu64 " bytes; at most %zu are read", in.size, limit);
    } else if (!(bytes = malloc((size_t)in.size + 1))) {
        error_no_memory(errors);
    } else if (!file_next(&in, bytes, (size_t)in.size, errors) || !at_end(&in, errors)) {
        free(bytes);
        bytes = NULL;
    } else {
        *size = (size_t)in.size;
        bytes[*size] = '\0';
    }
    file_close(&in);
    return bytes;
}
