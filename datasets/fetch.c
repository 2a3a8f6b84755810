/* fetch.c - mirrors, checksums and locks around downloads; see fetch.h. */
#include "config.h"

#include "digest.h"
#include "download.h"
#include "fetch.h"
#include "places.h"
#include "store.h"
#include "unpack.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STALL_SECONDS = 30, IDLE_ATTEMPTS = 2, ATTEMPTS = 100 };

/* ---- The plan -------------------------------------------------------------------------------- */

/* Adds what a download of this file would take. */
static void count_bytes(fetch_plan *p, const file_facts *file) {
    uint64_t size = (uint64_t)file->size, part = store_part_size(p->folder, file->name);
    p->kept += part < size ? part : 0;
    p->bytes += size - (part < size ? part : 0);
}

/* Why this cannot be fetched, or NULL; "" when memory is out. */
static const char *obstacle(const fetch_plan *p, arena *a) {
    const char *why = NULL;
    if (p->files == 0)
        return NULL;
    if (p->archive && !unpack_possible())
        why = "this lcnn was built without libarchive and cannot unpack";
    else if (!*p->addresses)
        why = "the catalogue has no address for it";
    else if (!p->archive_here && !download_possible())
        why = "this lcnn was built without libcurl and cannot download";
    for (int i = 0; !why && i < p->files; i++) {
        const file_facts *f = p->file[i];
        if (f->size == 0 || !(p->archive || *f->md5 || *f->sha256)) {
            why = arena_format(a, "the catalogue lacks size or checksum of %s", f->name);
            return why ? why : "";
        }
    }
    return why;
}

/* What is missing in the folder that things are fetched into. */
static bool list_missing(fetch_plan *p, arena *a) {
    bool found;
    for (int i = 0; i < SET_FILES; i++) {
        const file_facts *file = catalogue_file(p->set, i);
        if (!file->name)
            continue;
        if (!places_file(p->folder, file->name, &found, a))
            return false;
        if (!found)
            p->file[p->files++] = file;
    }
    if (p->files == 0)
        p->why_not = arena_format(
            a, "files of its names are in %s, but are not its files; move them away", p->folder);
    return p->files > 0 || p->why_not;
}

static bool weigh(fetch_plan *p, arena *a) {
    p->archive = p->set->find.archive;
    p->addresses = p->archive ? p->archive->addresses : p->set->find.addresses;
    if (p->archive) {
        struct stat info;
        const char *path = arena_format(a, "%s/%s", p->folder, p->archive->file.name);
        if (!path)
            return false;
        p->archive_here = stat(path, &info) == 0;
        if (!p->archive_here)
            count_bytes(p, &p->archive->file);
    } else
        for (int i = 0; i < p->files; i++)
            count_bytes(p, p->file[i]);
    if (!p->why_not)
        p->why_not = obstacle(p, a);
    return !p->why_not || *p->why_not;
}

/* Whether both files of a part are in a folder, or the set has no such part. */
static bool part_here(const char *folder, const description *set, int part, arena *a) {
    for (int i = 2 * part; i < 2 * part + 2; i++) {
        bool found = true;
        const char *name = catalogue_file(set, i)->name;
        if (name && (!places_file(folder, name, &found, a) || !found))
            return false;
    }
    return true;
}

bool fetch_make_plan(const catalogue *c, const description *set, fetch_plan *out, arena *a,
                     lcnn_errors *errors) {
    *out = (fetch_plan){.set = set};
    if (set->find.built_in) {
        out->train_here = out->test_here = true;
        return true;
    }
    located at;
    bool any = places_search(c, set, &at, a, NULL);
    out->train_here = any && part_here(at.folder, set, 0, a);
    out->test_here = any && part_here(at.folder, set, 1, a);
    bool whole = out->train_here && out->test_here;
    out->folder = whole ? at.folder : places_own(set, a);
    if (whole)
        return true;
    if (!out->folder) {
        out->why_not = "there is no place for it: neither LCNN_DATA nor HOME is set";
        return true;
    }
    if (list_missing(out, a) && weigh(out, a))
        return true;
    error_no_memory(errors);
    return false;
}

/* ---- One file from its mirrors --------------------------------------------------------------- */

typedef struct fetch {
    const fetch_plan *plan;
    const lcnn_fetch_options *options;
    int folder; /* open */
    arena *a;
    lcnn_errors *errors;
    bool stopped;
    lcnn_fetch_progress now; /* what the progress function is told */
    const char *reasons;     /* why each mirror failed, so far */
} fetch;

static bool tell(fetch *f, lcnn_fetch_step step, uint64_t done) {
    f->now.step = step;
    f->now.done = done;
    if (f->options->progress && !f->options->progress(f->options->user, &f->now))
        f->stopped = true;
    return !f->stopped;
}

static bool on_download(void *user, uint64_t have) {
    return tell(user, LCNN_FETCH_DOWNLOADING, have);
}

static const char *host_of(const char *address, arena *a) {
    const char *host = strstr(address, "//");
    host = host ? host + 2 : address;
    const char *copy = arena_copy(a, host, strcspn(host, "/"));
    return copy ? copy : "";
}

static void add_reason(fetch *f, const char *why) {
    const char *more =
        arena_format(f->a, "%s%s%s: %s", f->reasons, *f->reasons ? "; " : "", f->now.from, why);
    f->reasons = more ? more : f->reasons;
}

/* From one mirror, as long as something comes. */
static download_end download_all(download *d) {
    int idle = 0;
    download_end end = DOWNLOAD_CUT;
    for (int i = 0; end == DOWNLOAD_CUT && idle < IDLE_ATTEMPTS && i < ATTEMPTS; i++) {
        uint64_t had = d->have;
        end = download_run(d);
        idle = d->have > had ? 0 : idle + 1;
    }
    return end;
}

static bool empty(int descriptor) {
    return ftruncate(descriptor, 0) == 0 && lseek(descriptor, 0, SEEK_SET) == 0;
}

/* A mirror's outcome: the file, nothing, or nothing with no sense in going on. */
typedef enum outcome { GOT_IT, NOT_HERE, GIVE_UP } outcome;

static outcome unsaved(fetch *f, const file_facts *file, int code) {
    store_remove(f->folder, file->name);
    store_failed(f->plan->folder, file->name, code, f->errors);
    return GIVE_UP;
}

/* Whether NAME.part is the file that is wanted. */
static bool is_right(fetch *f, const file_facts *file) {
    file_digest digest;
    const char *path = arena_format(f->a, "%s/%s.part", f->plan->folder, file->name);
    tell(f, LCNN_FETCH_CHECKING, (uint64_t)file->size);
    return path && digest_file(path, &digest, f->errors) &&
           digest_compare(&digest, file) == FIT_FILE;
}

/* What an earlier run left may be spoilt: with a wrong checksum it is fetched once more, from its
 * beginning. */
static outcome try_mirror(fetch *f, const file_facts *file, const char *address, int descriptor) {
    f->now.from = host_of(address, f->a);
    for (;;) {
        off_t there = lseek(descriptor, 0, SEEK_END);
        uint64_t began = there > 0 ? (uint64_t)there : 0, size = (uint64_t)file->size;
        if (began > size && !empty(descriptor))
            return unsaved(f, file, errno);
        began = began > size ? 0 : began;
        download d = {.address = address,
                      .name = file->name,
                      .descriptor = descriptor,
                      .have = began,
                      .size = size,
                      .timeout = f->options->timeout > 0 ? f->options->timeout : STALL_SECONDS,
                      .progress = on_download,
                      .user = f};
        download_end end = began == size ? DOWNLOAD_DONE : download_all(&d);
        if (end == DOWNLOAD_UNSAVED)
            return unsaved(f, file, d.code);
        if (end == DOWNLOAD_STOPPED)
            return GIVE_UP;
        if (end != DOWNLOAD_DONE) {
            add_reason(f, d.why);
            return NOT_HERE;
        }
        if (is_right(f, file))
            return GOT_IT;
        if (!empty(descriptor))
            return unsaved(f, file, errno);
        if (began == 0) {
            add_reason(f, "what it sends has the wrong checksum");
            return NOT_HERE;
        }
    }
}

/* The download is kept when it was stopped or broke off, and the user should know. */
static void note_kept(fetch *f, const file_facts *file) {
    uint64_t size = store_part_size(f->plan->folder, file->name);
    if (size == 0)
        store_remove(f->folder, file->name);
    else
        error_note(f->errors,
                   "%s/%s.part keeps %" PRIu64 " of %d bytes; the same command goes on from there",
                   f->plan->folder, file->name, size, file->size);
}

static bool settle(fetch *f, const file_facts *file, int descriptor) {
    if (fsync(descriptor) != 0) {
        unsaved(f, file, errno);
        return false;
    }
    if (!store_rename(f->folder, f->plan->folder, file->name, f->errors))
        return false;
    tell(f, LCNN_FETCH_READY, (uint64_t)file->size);
    return true;
}

static bool fetch_file(fetch *f, const file_facts *file) {
    uint64_t size;
    int descriptor = store_resume(f->folder, file->name, &size);
    if (descriptor < 0)
        return store_failed(f->plan->folder, file->name, errno, f->errors);
    f->now.file = file->name;
    f->now.total = (uint64_t)file->size;
    f->reasons = "";
    outcome end = NOT_HERE;
    for (const char *const *address = f->plan->addresses; *address && end == NOT_HERE; address++)
        end = try_mirror(f, file, *address, descriptor);
    bool fine = end == GOT_IT && settle(f, file, descriptor);
    close(descriptor);
    if (end == NOT_HERE)
        error_add(f->errors, LCNN_BAD_DATA, (mark){0}, "cannot fetch %s: %s", file->name,
                  f->reasons);
    if (end == NOT_HERE || f->stopped)
        note_kept(f, file);
    return fine;
}

/* ---- Archives -------------------------------------------------------------------------------- */

static bool on_unpack(void *user, const file_facts *file, uint64_t done) {
    fetch *f = user;
    f->now.file = file->name;
    f->now.total = (uint64_t)file->size;
    return tell(f, LCNN_FETCH_UNPACKING, done);
}

/* An archive that is here may have been put there by hand. */
static bool check_archive(fetch *f, const char *path, const file_facts *file) {
    file_digest digest;
    f->now = (lcnn_fetch_progress){.file = file->name, .total = (uint64_t)file->size};
    tell(f, LCNN_FETCH_CHECKING, (uint64_t)file->size);
    if (!digest_file(path, &digest, f->errors))
        return false;
    if (digest_compare(&digest, file) == FIT_FILE)
        return true;
    error_add(f->errors, LCNN_BAD_DATA, error_file(f->errors, path),
              "this is not the archive that the catalogue knows (its checksum differs); remove it, "
              "and it will be fetched");
    return false;
}

static bool fetch_archive(fetch *f) {
    const fetch_plan *p = f->plan;
    const file_facts *file = &p->archive->file;
    const char *path = arena_format(f->a, "%s/%s", p->folder, file->name);
    if (!path) {
        error_no_memory(f->errors);
        return false;
    }
    if (!(p->archive_here ? check_archive(f, path, file) : fetch_file(f, file)))
        return false;
    unpack_order order = {.archive = path,
                          .members = p->archive->members,
                          .count = p->files,
                          .file = p->file,
                          .folder = f->folder,
                          .folder_name = p->folder,
                          .progress = on_unpack,
                          .user = f};
    f->now.from = NULL;
    if (!unpack(&order, f->errors))
        return false;
    for (int i = 0; i < p->files; i++) {
        f->now.file = p->file[i]->name;
        f->now.total = (uint64_t)p->file[i]->size;
        tell(f, LCNN_FETCH_READY, f->now.total);
    }
    return true;
}

/* ---- A set ----------------------------------------------------------------------------------- */

/* What cannot be done here can be done with a browser. */
static bool refuse(const fetch_plan *p, lcnn_errors *errors) {
    if (p->addresses && *p->addresses && p->folder)
        error_add(errors, LCNN_BAD_DATA, (mark){0},
                  "cannot fetch data set '%s': %s; by hand: %s%s%s into %s", p->set->info.name,
                  p->why_not, *p->addresses, p->archive ? p->archive->file.name : "",
                  p->archive ? ", unpacked," : "", p->folder);
    else
        error_add(errors, LCNN_BAD_DATA, (mark){0}, "cannot fetch data set '%s': %s",
                  p->set->info.name, p->why_not);
    return false;
}

/* Waits for whoever else is at it. */
static bool take_lock(fetch *f, int *lock) {
    static const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (;;) {
        int taken = store_lock(f->folder, f->plan->folder, lock, f->errors);
        if (taken != 0)
            return taken > 0;
        f->now = (lcnn_fetch_progress){0};
        if (!tell(f, LCNN_FETCH_WAITING, 0))
            return false;
        nanosleep(&pause, NULL);
    }
}

static bool fetch_missing(fetch *f) {
    const fetch_plan *p = f->plan;
    if (p->why_not)
        return refuse(p, f->errors);
    if (p->archive && p->files > 0)
        return fetch_archive(f);
    for (int i = 0; i < p->files; i++)
        if (!fetch_file(f, p->file[i]))
            return false;
    return true;
}

bool fetch_set(const catalogue *c, const description *set, const lcnn_fetch_options *options,
               arena *a, lcnn_errors *errors) {
    fetch_plan plan;
    fetch f = {.plan = &plan, .options = options, .a = a, .errors = errors, .reasons = ""};
    if (!fetch_make_plan(c, set, &plan, a, errors))
        return false;
    if (plan.why_not)
        return refuse(&plan, errors);
    if (plan.files == 0)
        return true;
    f.folder = store_open(plan.folder, errors);
    if (f.folder < 0)
        return false;
    int lock;
    bool fine = take_lock(&f, &lock);
    if (fine) { /* another run may have fetched it meanwhile */
        fine = fetch_make_plan(c, set, &plan, a, errors) && fetch_missing(&f);
        store_unlock(f.folder, lock);
    }
    close(f.folder);
    return fine;
}
