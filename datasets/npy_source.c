/* npy_source.c - reading .npy files and members of .npz archives; see npy_source.h.
 *
 * No name from an archive ever becomes a path: members are read into memory by their names. */
#include "config.h"

#include "npy_source.h"
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

struct npy_source {
    const npy_place *at;
    lcnn_errors *errors;
    stream *file; /* a file; else: */
    int descriptor;
    uint64_t size; /* of the archive */
    struct archive *archive;
};

enum { MAX_MEMBERS = 1000, BLOCK = 1 << 16 };

static bool refuse(const npy_source *s, const char *what) {
    const char *member = s->at->member;
    error_add(s->errors, LCNN_BAD_DATA, error_file(s->errors, s->at->path), "%s%s%s",
              member ? member : "", member ? ": " : "", what);
    return false;
}

#ifdef HAVE_ARCHIVE

static bool open_archive(npy_source *s) {
    struct stat info;
    s->descriptor = open(s->at->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (s->descriptor < 0 || fstat(s->descriptor, &info) != 0)
        return refuse(s, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return refuse(s, "not a regular file");
    s->size = (uint64_t)info.st_size;
    s->archive = archive_read_new();
    if (!s->archive || archive_read_support_format_zip_seekable(s->archive) != ARCHIVE_OK) {
        error_no_memory(s->errors);
        return false;
    }
    return archive_read_open_fd(s->archive, s->descriptor, BLOCK) == ARCHIVE_OK ||
           refuse(s, archive_error_string(s->archive) ? archive_error_string(s->archive)
                                                      : "not a zip archive");
}

/* The next member: its name, NULL at the end. */
static bool next_member(npy_source *s, const char **name) {
    struct archive_entry *entry;
    int result = archive_read_next_header(s->archive, &entry);
    *name = NULL;
    if (result == ARCHIVE_EOF)
        return true;
    if (result != ARCHIVE_OK) {
        const char *why = archive_error_string(s->archive);
        return refuse(s, why ? why : "damaged zip archive");
    }
    *name = archive_entry_pathname(entry);
    return *name || refuse(s, "a member of the archive has a name that is no text");
}

static bool find_member(npy_source *s) {
    const char *name;
    do
        if (!next_member(s, &name))
            return false;
    while (name && strcmp(name, s->at->member) != 0);
    return name || refuse(s, "no such member in the archive");
}

static bool archive_bytes(npy_source *s, uint8_t *bytes, size_t size, size_t *got) {
    while (*got < size) {
        la_ssize_t n = archive_read_data(s->archive, bytes + *got, size - *got);
        if (n < 0) {
            const char *why = archive_error_string(s->archive);
            return refuse(s, why ? why : "damaged zip archive");
        }
        if (n == 0)
            return true;
        *got += (size_t)n;
    }
    return true;
}

static void close_archive(npy_source *s) {
    archive_read_free(s->archive);
    if (s->descriptor >= 0)
        close(s->descriptor);
}

#else

static bool open_archive(npy_source *s) {
    return refuse(s, "this is a zip archive, and this lcnn was built without libarchive; build it "
                     "with libarchive, or unpack the archive: a folder of its .npy files is read");
}

static bool next_member(npy_source *s, const char **name) {
    (void)s;
    *name = NULL;
    return true;
}

static bool find_member(npy_source *s) {
    (void)s;
    return false;
}

static bool archive_bytes(npy_source *s, uint8_t *bytes, size_t size, size_t *got) {
    (void)s, (void)bytes, (void)size, (void)got;
    return false;
}

static void close_archive(npy_source *s) {
    (void)s;
}

#endif

npy_source *npy_open(const npy_place *at, lcnn_errors *errors) {
    npy_source *s = calloc(1, sizeof *s);
    if (!s) {
        error_no_memory(errors);
        return NULL;
    }
    s->at = at;
    s->errors = errors;
    s->descriptor = -1;
    bool fine;
    if (at->member)
        fine = open_archive(s) && find_member(s);
    else
        fine = (s->file = stream_open(at->path, errors)) != NULL;
    if (fine)
        return s;
    npy_close(s);
    return NULL;
}

void npy_close(npy_source *s) {
    if (!s)
        return;
    stream_close(s->file);
    if (!s->file)
        close_archive(s);
    free(s);
}

bool npy_bytes(npy_source *s, void *bytes, size_t size, size_t *got) {
    *got = 0;
    return s->file ? stream_read(s->file, bytes, size, got) : archive_bytes(s, bytes, size, got);
}

uint64_t npy_capacity(const npy_source *s) {
    return s->file ? stream_capacity(s->file) : s->size * 1032; /* as gzip, at most */
}

bool npy_at_end(npy_source *s) {
    uint8_t extra;
    size_t got;
    if (s->file)
        return stream_at_end(s->file);
    return npy_bytes(s, &extra, 1, &got) &&
           (got == 0 || refuse(s, "more bytes than the header tells of"));
}

const char **npy_members(const char *path, arena *a, lcnn_errors *errors) {
    const npy_place at = {.path = path};
    npy_source s = {.at = &at, .errors = errors, .descriptor = -1};
    const char **names = arena_array(a, MAX_MEMBERS + 1, sizeof *names), *name = NULL;
    int count = 0;
    bool fine = names && open_archive(&s);
    if (!names)
        error_no_memory(errors);
    while (fine && (fine = next_member(&s, &name)) && name) {
        for (int i = 0; i < count; i++)
            if (strcmp(names[i], name) == 0)
                fine = refuse(&s, "a name is in the archive twice");
        if (fine && count == MAX_MEMBERS)
            fine = refuse(&s, "more than 1000 members");
        else if (fine && !(names[count++] = arena_copy(a, name, strlen(name)))) {
            error_no_memory(errors);
            fine = false;
        }
    }
    close_archive(&s);
    return fine ? names : NULL;
}
