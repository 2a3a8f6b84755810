/* power.c - remembers what a program does to files and folders until it flushes that, and can undo
 * it.
 *
 * The strictest of disks: bytes last from the flush of their file on; that a file or folder was
 * made, renamed or removed lasts from the flush of the folder it is in. What is removed or replaced
 * is kept under another name in the folder LCNN_FAULT_KEEP. */
#define _GNU_SOURCE
#include "power.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum change_kind { NOTHING, MADE_FILE, MADE_FOLDER, RENAMED, REMOVED, WRITTEN } change_kind;

typedef struct identity {
    dev_t device;
    ino_t number;
} identity;

typedef struct change {
    change_kind kind;
    identity subject; /* the folder in which it happened; of WRITTEN the file */
    char *path;       /* absolute; of RENAMED the old one */
    char *target;     /* RENAMED: the new path */
    char *kept;       /* what was removed or replaced; NULL: nothing */
    int file;         /* WRITTEN: open, wherever it is by now */
    off_t flushed;    /* WRITTEN: bytes that last */
} change;

enum { MOST = 20000 };
static change changes[MOST];
static int count;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* ---- Remembering ------------------------------------------------------------------------------------------------------ */

static identity identity_of(const struct stat *info) {
    return (identity){info->st_dev, info->st_ino};
}

static bool is_same(identity a, identity b) {
    return a.device == b.device && a.number == b.number;
}

/* With everything but the last part resolved, since the program may go elsewhere and folders be
 * renamed; *in becomes the folder. */
static char *absolute(int folder, const char *path, identity *in) {
    char text[PATH_MAX] = ".", base[PATH_MAX], link[64];
    const char *slash = strrchr(path, '/');
    if (folder == AT_FDCWD || path[0] == '/') {
        if (slash)
            snprintf(text, sizeof text, "%.*s/.", (int)(slash - path), path);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, text, sizeof text - 1);
        text[length > 0 ? length : 0] = '\0';
    }
    struct stat info = {0};
    stat(text, &info);
    *in = identity_of(&info);
    char *whole = malloc(2 * PATH_MAX);
    if (realpath(text, base) && whole)
        snprintf(whole, 2 * PATH_MAX, "%s/%s", base, slash ? slash + 1 : path);
    return whole;
}

static void add(change c) {
    if (count < MOST)
        changes[count++] = c;
}

static char *keep(const char *path) {
    char *name = NULL;
    const char *folder = getenv("LCNN_FAULT_KEEP");
    if (folder && asprintf(&name, "%s/%d-%d", folder, (int)getpid(), count) > 0 &&
        link(path, name) == 0)
        return name;
    free(name);
    return NULL;
}

void power_made(int folder, const char *path, bool is_folder) {
    change c = {.kind = is_folder ? MADE_FOLDER : MADE_FILE};
    pthread_mutex_lock(&one_at_a_time);
    c.path = absolute(folder, path, &c.subject);
    add(c);
    pthread_mutex_unlock(&one_at_a_time);
}

static change *find_written(identity file) {
    for (int i = 0; i < count; i++)
        if (changes[i].kind == WRITTEN && is_same(changes[i].subject, file))
            return &changes[i];
    return NULL;
}

void power_wrote(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return;
    pthread_mutex_lock(&one_at_a_time);
    if (!find_written(identity_of(&info)))
        add((change){.kind = WRITTEN,
                     .subject = identity_of(&info),
                     .file = fcntl(fd, F_DUPFD_CLOEXEC, 100),
                     .flushed = info.st_size});
    pthread_mutex_unlock(&one_at_a_time);
}

void power_flushed(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return;
    pthread_mutex_lock(&one_at_a_time);
    change *written = S_ISREG(info.st_mode) ? find_written(identity_of(&info)) : NULL;
    if (written)
        written->flushed = info.st_size;
    for (int i = 0; S_ISDIR(info.st_mode) && i < count; i++)
        if (changes[i].kind != WRITTEN && is_same(changes[i].subject, identity_of(&info)))
            changes[i].kind = NOTHING;
    pthread_mutex_unlock(&one_at_a_time);
}

void power_renames(int from_folder, const char *from, int to_folder, const char *to) {
    change c = {.kind = RENAMED};
    pthread_mutex_lock(&one_at_a_time);
    c.path = absolute(from_folder, from, &c.subject);
    c.target = absolute(to_folder, to, &c.subject);
    c.kept = keep(c.target);
    add(c);
    pthread_mutex_unlock(&one_at_a_time);
}

void power_removes(int folder, const char *path) {
    change c = {.kind = REMOVED};
    pthread_mutex_lock(&one_at_a_time);
    c.path = absolute(folder, path, &c.subject);
    c.kept = keep(c.path);
    if (c.kept)
        add(c);
    pthread_mutex_unlock(&one_at_a_time);
}

/* ---- Undoing ---------------------------------------------------------------------------------------------------------- */

static void undo(const change *c) {
    switch (c->kind) {
    case MADE_FILE:
        syscall(SYS_unlinkat, AT_FDCWD, c->path, 0);
        break;
    case MADE_FOLDER:
        syscall(SYS_unlinkat, AT_FDCWD, c->path, AT_REMOVEDIR);
        break;
    case RENAMED:
        syscall(SYS_renameat2, AT_FDCWD, c->target, AT_FDCWD, c->path, 0);
        if (c->kept)
            syscall(SYS_renameat2, AT_FDCWD, c->kept, AT_FDCWD, c->target, 0);
        break;
    case REMOVED:
        syscall(SYS_renameat2, AT_FDCWD, c->kept, AT_FDCWD, c->path, 0);
        break;
    case WRITTEN:
        if (syscall(SYS_ftruncate, c->file, c->flushed) != 0)
            perror("power.c");
        break;
    case NOTHING:
        break;
    }
}

void power_cut(void) {
    pthread_mutex_lock(&one_at_a_time); /* for ever */
    for (int i = count - 1; i >= 0; i--)
        undo(&changes[i]);
}
