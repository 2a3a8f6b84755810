/* faults.c - a library that, loaded before all others (LD_PRELOAD), makes one call of the program
 * go wrong: the k-th allocation, write, fsync, ... fails, is cut short, kills the process, or is
 * where the power is cut.
 *
 * - LCNN_FAULT: the kind of call: alloc, open, read, write, fsync, close, rename, mkdir, truncate,
 *   unlink, fopen, fclose; end: when the program has ended
 * - LCNN_FAULT_AT: which of them, from 1; 0: none, they are only counted
 * - LCNN_FAULT_HOW: an errno by name (ENOSPC, EIO, EINTR, ENOMEM), short, kill or power
 * - LCNN_FAULT_STAYS: set: all later ones fail, too
 * - LCNN_FAULT_COUNT: a file to write the number of calls into at the end
 * - LCNN_FAULT_PLACES: a file to write the number of the first call from each place in the program
 *   into at the end, with a name for the place
 * - LCNN_FAULT_KEEP: a folder for power, on the same file system as what is written (power.c)
 *
 * Allocations count from the first that the program itself makes, whoever makes them but libgomp,
 * which gives up on its own; of the others those that the program makes, not its libraries. */
#define _GNU_SOURCE
#include "power.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- What is asked for ------------------------------------------------------------------------ */

typedef struct range {
    uintptr_t begin, end;
} range;

static range program, openmp; /* where their code lies */
static const char *kind, *how;
static long at;
static bool stays, ready, power;
static atomic_long count;
static atomic_bool begun;

static bool within(const range *r, const void *address) {
    return (uintptr_t)address >= r->begin && (uintptr_t)address < r->end;
}

static void widen(range *r, uintptr_t begin, uintptr_t end) {
    r->begin = r->begin == 0 || begin < r->begin ? begin : r->begin;
    r->end = end > r->end ? end : r->end;
}

static void find_ranges(void) {
    char exe[4096], line[4352];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[length > 0 ? length : 0] = '\0';
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx", &begin, &end) != 2)
            continue;
        line[strcspn(line, "\n")] = '\0';
        const char *path = strchr(line, '/');
        if (path && strcmp(path, exe) == 0)
            widen(&program, begin, end);
        if (path && (strstr(path, "libgomp") || strstr(path, "libomp")))
            widen(&openmp, begin, end);
    }
    if (maps)
        fclose(maps);
}

/* ---- Places ----------------------------------------------------------------------------------- */

/* Most calls come from few places, again and again: a place is the nearest two functions of the
 * program that a call came through, and where in them. */
enum { PLACES = 1 << 13, FRAMES = 16 };
static uint64_t places[PLACES]; /* a table by hash; 0: free */
static long first_call[PLACES];
static int place_count;
static bool noting;

static uint64_t place_now(void) {
    void *frames[FRAMES];
    int n = backtrace(frames, FRAMES), found = 0;
    uint64_t hash = 1;
    for (int i = 0; i < n && found < 2; i++)
        if (within(&program, frames[i])) {
            hash = (hash ^ ((uintptr_t)frames[i] - program.begin)) * UINT64_C(0x9E3779B97F4A7C15);
            found++;
        }
    return hash;
}

static void note_place(long number) {
    static _Thread_local bool within_itself; /* looking at the stack may allocate */
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    if (within_itself)
        return;
    within_itself = true;
    while (atomic_flag_test_and_set(&busy))
        ;
    uint64_t place = place_now();
    size_t slot = place % PLACES;
    while (places[slot] != 0 && places[slot] != place)
        slot = (slot + 1) % PLACES;
    if (places[slot] == 0 && place_count < PLACES / 2) {
        places[slot] = place;
        first_call[slot] = number;
        place_count++;
    }
    atomic_flag_clear(&busy);
    within_itself = false;
}

static void write_places(const char *path) {
    FILE *file = fopen(path, "w");
    for (int i = 0; file && i < PLACES; i++)
        if (places[i])
            fprintf(file, "%ld %016llx\n", first_call[i], (unsigned long long)places[i]);
    if (file)
        fclose(file);
}

/* ---- What goes wrong -------------------------------------------------------------------------- */

__attribute__((constructor)) static void prepare(void) {
    kind = getenv("LCNN_FAULT");
    how = getenv("LCNN_FAULT_HOW");
    at = getenv("LCNN_FAULT_AT") ? atol(getenv("LCNN_FAULT_AT")) : 0;
    stays = getenv("LCNN_FAULT_STAYS") != NULL;
    power = how && strcmp(how, "power") == 0;
    noting = getenv("LCNN_FAULT_PLACES") != NULL;
    find_ranges();
    if (noting)
        place_now(); /* once in time, since it loads a library */
    ready = kind != NULL;
    unsetenv("LD_PRELOAD"); /* what the program starts is left alone */
}

static int error_number(void) {
    static const struct {
        const char *name;
        int number;
    } all[] = {
        {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"ENOMEM", ENOMEM}, {"EACCES", EACCES}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (how && strcmp(how, all[i].name) == 0)
            return all[i].number;
    return EIO;
}

/* Counts a call; whether it is to go wrong. */
static bool goes_wrong(const char *call) {
    if (strcmp(kind, call) != 0)
        return false;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (noting)
        note_place(number);
    bool wrong = at > 0 && (number == at || (stays && number > at));
    if (wrong && power)
        power_cut();
    if (wrong && how && (power || strcmp(how, "kill") == 0))
        syscall(SYS_kill, getpid(), SIGKILL);
    return wrong;
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("LCNN_FAULT_COUNT");
    char text[32];
    if (ready && strcmp(kind, "end") == 0)
        goes_wrong("end");
    ready = false;
    if (noting)
        write_places(getenv("LCNN_FAULT_PLACES"));
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&count));
    int fd =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd >= 0 && syscall(SYS_write, fd, text, (size_t)length) == length)
        syscall(SYS_close, fd);
}

static bool fails(const char *call, const void *caller) {
    if (!ready || !within(&program, caller) || !goes_wrong(call))
        return false;
    errno = error_number();
    return true;
}

static bool is_short(void) {
    return how && strcmp(how, "short") == 0;
}

#define CALLER __builtin_return_address(0)

/* ---- Allocations ------------------------------------------------------------------------------ */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static bool alloc_fails(const void *caller) {
    if (!ready)
        return false;
    if (within(&program, caller))
        atomic_store(&begun, true);
    if (!atomic_load(&begun) || within(&openmp, caller) || !goes_wrong("alloc"))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return alloc_fails(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    return alloc_fails(CALLER) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size) {
    return alloc_fails(CALLER) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return alloc_fails(CALLER) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alloc_fails(CALLER))
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* With counts of coverage being written the program has ended. */
static void notice_end(const char *path) {
    const char *end = strrchr(path, '.');
    if (end && strcmp(end, ".gcda") == 0)
        ready = false;
}

/* The function of this name that comes after ours. */
#define NEXT(type, name, ...)                                                                      \
    static type (*next)(__VA_ARGS__);                                                              \
    if (!next)                                                                                     \
    *(void **)&next = dlsym(RTLD_NEXT, name)

static int open_in(int folder, const char *path, int flags, mode_t mode, const void *caller) {
    notice_end(path);
    if (fails("open", caller))
        return -1;
    bool made = power && flags & O_CREAT && faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (made && fd >= 0)
        power_made(folder, path, false);
    return fd;
}

int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    return open_in(AT_FDCWD, path, flags, mode, CALLER);
}

int openat(int folder, const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    return open_in(folder, path, flags, mode, CALLER);
}

ssize_t read(int fd, void *bytes, size_t size) {
    bool wrong = fails("read", CALLER);
    if (wrong && !is_short())
        return -1;
    return syscall(SYS_read, fd, bytes, wrong && size > 1 ? size / 2 : size);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    bool wrong = fd > 2 && fails("write", CALLER);
    if (wrong && !is_short())
        return -1;
    if (power)
        power_wrote(fd);
    return syscall(SYS_write, fd, bytes, wrong && size > 1 ? size / 2 : size);
}

int fsync(int fd) {
    if (fails("fsync", CALLER))
        return -1;
    int result = (int)syscall(SYS_fsync, fd);
    if (power && result == 0)
        power_flushed(fd);
    return result;
}

int close(int fd) {
    bool wrong = fails("close", CALLER);
    int code = errno, result = (int)syscall(SYS_close, fd);
    if (wrong)
        errno = code;
    return wrong ? -1 : result;
}

static int rename_in(int from_folder, const char *from, int to_folder, const char *to,
                     const void *caller) {
    if (fails("rename", caller))
        return -1;
    if (power)
        power_renames(from_folder, from, to_folder, to);
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to) {
    return rename_in(AT_FDCWD, from, AT_FDCWD, to, CALLER);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return rename_in(from_folder, from, to_folder, to, CALLER);
}

int mkdir(const char *path, mode_t mode) {
    if (fails("mkdir", CALLER))
        return -1;
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (power && result == 0)
        power_made(AT_FDCWD, path, true);
    return result;
}

static int unlink_in(int folder, const char *path, int flags, const void *caller) {
    if (fails("unlink", caller))
        return -1;
    if (power && !(flags & AT_REMOVEDIR))
        power_removes(folder, path);
    return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int unlink(const char *path) {
    return unlink_in(AT_FDCWD, path, 0, CALLER);
}

int unlinkat(int folder, const char *path, int flags) {
    return unlink_in(folder, path, flags, CALLER);
}

int ftruncate(int fd, off_t length) {
    return fails("truncate", CALLER) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

FILE *fopen(const char *path, const char *mode) {
    NEXT(FILE *, "fopen", const char *, const char *);
    if (fails("fopen", CALLER))
        return NULL;
    bool made = power && *mode != 'r' && access(path, F_OK) != 0;
    FILE *file = next(path, mode);
    if (file && made)
        power_made(AT_FDCWD, path, false);
    if (file && power && strpbrk(mode, "wa+"))
        power_wrote(fileno(file));
    return file;
}

FILE *fdopen(int fd, const char *mode) {
    NEXT(FILE *, "fdopen", int, const char *);
    if (fails("fopen", CALLER))
        return NULL;
    if (power)
        power_wrote(fd);
    return next(fd, mode);
}

int fclose(FILE *file) {
    NEXT(int, "fclose", FILE *);
    bool wrong = fileno(file) >= 0 && fails("fclose", CALLER); /* others are memory */
    int code = errno, result = next(file);
    if (wrong)
        errno = code;
    return wrong ? EOF : result;
}
