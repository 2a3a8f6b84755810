/* faulty.c - see faulty.h. */
#include "config.h"

#include "faulty.h"

#include "arena.h"
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>
#ifdef HAVE_PNG
#include <png.h>
#endif
#ifdef HAVE_JPEG
#include <jerror.h>
#include <jpeglib.h>
#endif
#ifdef HAVE_ARCHIVE
#include <archive.h>
#endif

static faulty_kind kind;
static long at;
static bool stays;
static int paused; /* pauses that have begun and not ended: one may lie in another */
static atomic_long count;

/* ---- Places ----------------------------------------------------------------------------------- */

/* Where calls come from, while they are only counted: most come from few places, again and again.
 */
enum { PLACES = 1 << 14, DEPTH = 2 };
static uintptr_t places[PLACES];   /* a table by hash; 0: free */
static long new_places[PLACES];    /* numbers of the calls that came first from theirs */
static int place_count, new_count; /* all there were, and since the last beginning */

/* The functions that a call came through, of which the nearest two are in this file. */
static uintptr_t place_now(void) {
    void *frames[2 + DEPTH];
    const int n = backtrace(frames, 2 + DEPTH);
    uintptr_t hash = 1;
    for (int i = 2; i < n; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * (uintptr_t)0x9E3779B97F4A7C15;
    return hash ? hash : 1;
}

static void note_place(long number) {
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&busy))
        ;
    const uintptr_t place = place_now();
    size_t slot = place % PLACES;
    while (places[slot] != 0 && places[slot] != place)
        slot = (slot + 1) % PLACES;
    if (places[slot] == 0 && place_count < PLACES / 2) {
        places[slot] = place;
        place_count++;
        new_places[new_count++] = number;
    }
    atomic_flag_clear(&busy);
}

static bool fails(faulty_kind call) {
    if (call != kind || paused > 0)
        return false;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (at == 0)
        note_place(number);
    if (at == 0 || number < at || (number > at && !stays))
        return false;
    errno = kind == FAULTY_MEMORY ? ENOMEM : EIO;
    return true;
}

/* What the linker puts in the place of a function: it fails in its turn, or calls the real one. */
#define WRAP(call, result, name, failure, parameters, arguments)                                   \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters {                                                              \
        return fails(call) ? (failure) : __real_##name arguments;                                  \
    }
#define WRAP_MEMORY(result, name, parameters, arguments)                                           \
    WRAP(FAULTY_MEMORY, result, name, NULL, parameters, arguments)
#define WRAP_FILES(result, name, failure, parameters, arguments)                                   \
    WRAP(FAULTY_FILES, result, name, failure, parameters, arguments)

/* ---- Memory ----------------------------------------------------------------------------------- */

WRAP_MEMORY(void *, malloc, (size_t size), (size))
WRAP_MEMORY(void *, calloc, (size_t n, size_t size), (n, size))
WRAP_MEMORY(void *, realloc, (void *memory, size_t size), (memory, size))
WRAP_MEMORY(char *, strdup, (const char *text), (text))
WRAP_MEMORY(void *, aligned_array, (size_t n, size_t size), (n, size))
WRAP_MEMORY(arena *, arena_new, (void), ())
WRAP_MEMORY(void *, arena_alloc, (arena * a, size_t size), (a, size))
WRAP_MEMORY(void *, arena_array, (arena * a, size_t n, size_t size), (a, n, size))
WRAP_MEMORY(char *, arena_copy, (arena * a, const char *text, size_t n), (a, text, n))

char *__wrap_arena_format(arena *a, const char *format, ...);
char *__wrap_arena_format(arena *a, const char *format, ...) {
    if (fails(FAULTY_MEMORY))
        return NULL;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = text_vformat(NULL, 0, format, arguments);
    char *text = __real_arena_alloc(a, (size_t)length + 1);
    if (text)
        text_vformat(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

/* ---- Memory of other libraries, as far as they ask for it in a call that can say so -------------- */

WRAP_MEMORY(char *, realpath, (const char *path, char *whole), (path, whole))
WRAP(FAULTY_MEMORY, int, yaml_parser_initialize, 0, (yaml_parser_t * parser), (parser))
WRAP(FAULTY_MEMORY, int, inflateInit2_, Z_MEM_ERROR,
     (z_stream * s, int window, const char *version, int size), (s, window, version, size))
WRAP(FAULTY_MEMORY, int, inflate, Z_MEM_ERROR, (z_stream * s, int flush), (s, flush))

int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event) {
    if (!fails(FAULTY_MEMORY))
        return __real_yaml_parser_parse(parser, event);
    parser->error = YAML_MEMORY_ERROR;
    return 0;
}

#ifdef HAVE_PNG
typedef void (*png_said)(png_structp, const char *);
WRAP_MEMORY(png_structp, png_create_read_struct,
            (const char *version, void *user, png_said error, png_said warning),
            (version, user, error, warning))
WRAP_MEMORY(png_structp, png_create_write_struct,
            (const char *version, void *user, png_said error, png_said warning),
            (version, user, error, warning))
WRAP_MEMORY(png_infop, png_create_info_struct, (png_const_structrp png), (png))

void __real_png_read_update_info(png_structrp png, png_inforp info);
void __wrap_png_read_update_info(png_structrp png, png_inforp info);
void __wrap_png_read_update_info(png_structrp png, png_inforp info) {
    if (fails(FAULTY_MEMORY))
        png_error(png, "Out of memory");
    __real_png_read_update_info(png, info);
}
#endif

#ifdef HAVE_JPEG
boolean __real_jpeg_start_decompress(j_decompress_ptr jpeg);
boolean __wrap_jpeg_start_decompress(j_decompress_ptr jpeg);
boolean __wrap_jpeg_start_decompress(j_decompress_ptr jpeg) {
    if (fails(FAULTY_MEMORY))
        ERREXIT(jpeg, JERR_OUT_OF_MEMORY);
    return __real_jpeg_start_decompress(jpeg);
}
#endif

#ifdef HAVE_ARCHIVE
WRAP_MEMORY(struct archive *, archive_read_new, (void), ())
#endif

/* ---- Files ------------------------------------------------------------------------------------ */

WRAP_FILES(ssize_t, read, -1, (int fd, void *bytes, size_t size), (fd, bytes, size))
WRAP_FILES(ssize_t, write, -1, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRAP_FILES(int, fsync, -1, (int fd), (fd))
WRAP_FILES(int, fstat, -1, (int fd, struct stat *info), (fd, info))
WRAP_FILES(int, stat, -1, (const char *path, struct stat *info), (path, info))
WRAP_FILES(int, ftruncate, -1, (int fd, off_t length), (fd, length))
WRAP_FILES(off_t, lseek, -1, (int fd, off_t offset, int whence), (fd, offset, whence))
WRAP_FILES(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
WRAP_FILES(int, renameat, -1, (int f, const char *from, int t, const char *to), (f, from, t, to))
WRAP_FILES(DIR *, opendir, NULL, (const char *path), (path))
WRAP_FILES(struct dirent *, readdir, NULL, (DIR * folder), (folder))
WRAP_FILES(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))

static mode_t mode_of(int flags, va_list list) {
    return flags & O_CREAT ? va_arg(list, mode_t) : 0;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return fails(FAULTY_FILES) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return fails(FAULTY_FILES) ? -1 : __real_openat(folder, path, flags, mode);
}

/* ---- Beginning and end ------------------------------------------------------------------------ */

void faulty_begin(faulty_kind what, long number, bool persistent) {
    json_set_alloc_funcs(__wrap_malloc, free);
    at = number;
    stays = persistent;
    atomic_store(&count, 0);
    if (at == 0)
        new_count = 0;
    kind = what;
}

long faulty_end(void) {
    kind = FAULTY_NONE;
    return atomic_load(&count);
}

long faulty_next(long k, long all, long most) {
    if (getenv("FULL"))
        return k < all ? k + 1 : 0;
    const long step = all / (most + 1) + 1, even = k > 0 ? ((k - 1) / step + 1) * step + 1 : 1;
    long next = even <= all ? even : 0;
    for (int i = 0; i < new_count; i++)
        if (new_places[i] > k && (next == 0 || new_places[i] < next))
            next = new_places[i];
    return next;
}

void faulty_pause(void) {
    paused++;
}

void faulty_go_on(void) {
    paused--;
}
