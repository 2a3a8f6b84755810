/* unpack.c - zip archives through libarchive; see unpack.h. */
#include "config.h"

#include "unpack.h"

#ifndef HAVE_ARCHIVE

bool unpack_possible(void) {
    return false;
}

bool unpack(unpack_order *order, lcnn_errors *errors) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, order->archive),
              "this lcnn was built without libarchive and cannot unpack");
    return false;
}

#else

#include "digest.h"
#include "file.h"
#include "store.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool unpack_possible(void) {
    return true;
}

enum { BLOCK = 1 << 16, MEMBERS_MAX = 16 };

typedef struct work {
    unpack_order *order;
    lcnn_errors *errors;
    struct archive *zip;
    bool written[MEMBERS_MAX]; /* by file */
    unsigned char block[BLOCK];
} work;

static bool wrong(const work *w, const char *member, const char *what) {
    error_add(w->errors, LCNN_BAD_DATA, error_file(w->errors, w->order->archive),
              "this archive is not to be trusted: member '%s' %s", member, what);
    return false;
}

/* What libarchive found wrong. */
static bool damaged(const work *w) {
    const char *what = archive_error_string(w->zip);
    error_add(w->errors, LCNN_BAD_DATA, error_file(w->errors, w->order->archive),
              "damaged archive: %s", what ? what : "it cannot be read");
    return false;
}

/* Index of the wanted file that a member's path is, or -1. */
static int wanted(const work *w, const char *path) {
    const unpack_order *o = w->order;
    size_t length = strlen(o->members);
    if (!path || strncmp(path, o->members, length) != 0)
        return -1;
    for (int i = 0; i < o->count; i++)
        if (strcmp(path + length, o->file[i]->name) == 0)
            return i;
    return -1;
}

/* The bytes of the current member into a file, and their checksums. */
static bool copy(work *w, int descriptor, const file_facts *file, file_digest *digest) {
    hash sha256;
    hash_md5 md5;
    hash_begin(&sha256);
    hash_md5_begin(&md5);
    for (;;) {
        la_ssize_t got = archive_read_data(w->zip, w->block, BLOCK);
        if (got < 0)
            return damaged(w);
        if (got == 0)
            break;
        digest->size += (uint64_t)got;
        if (digest->size > (uint64_t)file->size)
            return wrong(w, file->name, "has more bytes than the catalogue says");
        if (!file_write_all(descriptor, w->block, (size_t)got))
            return store_failed(w->order->folder_name, file->name, errno, w->errors);
        hash_add(&sha256, w->block, (size_t)got);
        hash_md5_add(&md5, w->block, (size_t)got);
        if (!w->order->progress(w->order->user, file, digest->size)) {
            w->order->stopped = true;
            return false;
        }
    }
    hash_end(&sha256, digest->sha256);
    hash_md5_end(&md5, digest->md5);
    return true;
}

static bool check(const work *w, const file_facts *file, const file_digest *digest) {
    if (digest->size != (uint64_t)file->size)
        return wrong(w, file->name, "has fewer bytes than the catalogue says");
    bool known = *file->sha256 || *file->md5;
    if (known && digest_compare(digest, file) != FIT_FILE)
        return wrong(w, file->name, "has another checksum than the catalogue says");
    return true;
}

static bool write_member(work *w, int index, struct archive_entry *entry) {
    const file_facts *file = w->order->file[index];
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_symlink(entry) ||
        archive_entry_hardlink(entry))
        return wrong(w, file->name, "is a link or something else that is no regular file");
    if (w->written[index])
        return wrong(w, file->name, "is there twice");
    w->written[index] = true;
    int descriptor = store_create(w->order->folder, file->name);
    if (descriptor < 0)
        return store_failed(w->order->folder_name, file->name, errno, w->errors);
    file_digest digest = {0};
    bool fine = copy(w, descriptor, file, &digest) && check(w, file, &digest);
    if (fine && fsync(descriptor) != 0)
        fine = store_failed(w->order->folder_name, file->name, errno, w->errors);
    close(descriptor);
    return fine;
}

static bool write_all(work *w) {
    struct archive_entry *entry;
    int result;
    while ((result = archive_read_next_header(w->zip, &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
        int index = wanted(w, archive_entry_pathname(entry));
        if (index >= 0 && !write_member(w, index, entry))
            return false;
    }
    if (result != ARCHIVE_EOF)
        return damaged(w);
    for (int i = 0; i < w->order->count; i++)
        if (!w->written[i])
            return wrong(w, w->order->file[i]->name, "is missing");
    return true;
}

bool unpack(unpack_order *order, lcnn_errors *errors) {
    work *w = order->count <= MEMBERS_MAX ? calloc(1, sizeof *w) : NULL;
    struct archive *zip = w ? archive_read_new() : NULL;
    if (!zip) {
        free(w);
        error_no_memory(errors);
        return false;
    }
    w->order = order;
    w->errors = errors;
    w->zip = zip;
    archive_read_support_format_zip(zip);
    bool fine = archive_read_open_filename(zip, order->archive, BLOCK) == ARCHIVE_OK ? write_all(w)
                                                                                     : damaged(w);
    archive_read_free(zip);
    for (int i = 0; i < order->count && fine; i++)
        fine = store_rename(order->folder, order->folder_name, order->file[i]->name, errors);
    for (int i = 0; i < order->count && !fine; i++)
        store_remove(order->folder, order->file[i]->name);
    free(w);
    return fine;
}

#endif
