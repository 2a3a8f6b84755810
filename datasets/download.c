/* download.c - HTTP through libcurl; see download.h.
 *
 * No ETag is kept between attempts: files are pinned by their checksums, so bytes of the right file
 * are the right bytes whichever server they come from, and wrong ones are found out at the end. */
#include "config.h"

#include "download.h"

#ifndef HAVE_CURL

bool download_possible(void) {
    return false;
}

download_end download_run(download *d) {
    d->why[0] = '\0';
    return DOWNLOAD_FAILED;
}

#else

#include "arena.h"
#include "file.h"
#include "store.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { REDIRECTS = 5, CONNECT_SECONDS = 20, SLOWEST = 100 /* bytes per second */ };

/* What goes through curl to the functions that it calls. */
typedef struct transfer {
    download *d;
    CURL *curl;
    bool begun;        /* the first bytes of the body have come */
    bool refused;      /* what the server sends is not wanted: d->why */
    bool stopped;      /* by the caller */
    int code;          /* errno of a failed write */
    bool web_page;     /* of the last answer's head, as are those below */
    int64_t range_at;  /* where the bytes begin, by its own account; -1: not said */
    int64_t announced; /* bytes of the whole file; -1: not said */
    char message[CURL_ERROR_SIZE];
} transfer;

bool download_possible(void) {
    return true;
}

/* ---- What the server says -------------------------------------------------------------------- */

/* The value of a header line, or NULL when it is another header; not terminated. */
static const char *value_of(const char *line, size_t length, const char *header) {
    size_t name = strlen(header);
    if (length <= name || strncasecmp(line, header, name) != 0)
        return NULL;
    line += name;
    while (*line == ' ')
        line++;
    return line;
}

static size_t on_header(char *line, size_t one, size_t length, void *user) {
    transfer *t = user;
    char text[200] = "";
    memcpy(text, line, length < sizeof text ? length : sizeof text - 1);
    if (strncmp(text, "HTTP/", 5) == 0) { /* another answer: there was a redirection */
        t->web_page = false;
        t->range_at = t->announced = -1;
    }
    const char *type = value_of(text, length, "content-type:");
    const char *range = value_of(text, length, "content-range: bytes");
    const char *size = value_of(text, length, "content-length:");
    if (type)
        t->web_page = strncasecmp(type, "text/html", 9) == 0;
    if (range && *range >= '0' && *range <= '9') {
        const char *whole = strchr(range, '/');
        t->range_at = strtoll(range, NULL, 10);
        if (whole && whole[1] >= '0' && whole[1] <= '9')
            t->announced = strtoll(whole + 1, NULL, 10);
    } else if (size && t->range_at < 0)
        t->announced = strtoll(size, NULL, 10);
    return one * length;
}

static bool refuse(transfer *t, const char *why) {
    text_format(t->d->why, sizeof t->d->why, "%s", why);
    t->refused = true;
    return false;
}

/* A server may not know ranges and send the file from its beginning. */
static bool start_again(transfer *t) {
    download *d = t->d;
    d->have = 0;
    if (ftruncate(d->descriptor, 0) == 0 && lseek(d->descriptor, 0, SEEK_SET) == 0)
        return true;
    t->code = errno;
    return false;
}

/* Before the first byte is written: is this what was asked for? */
static bool begin(transfer *t) {
    download *d = t->d;
    long answer = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (t->web_page)
        return refuse(t, "it sends a web page in place of the file");
    bool part = answer == 206;
    if (part && t->range_at >= 0 && (uint64_t)t->range_at != d->have)
        return refuse(t, "it sends another part of the file than was asked for");
    /* With a range, the length in the head is that of the rest, unless the range says more. */
    bool whole = !part || t->range_at >= 0;
    if (whole && t->announced >= 0 && (uint64_t)t->announced != d->size) {
        text_format(d->why, sizeof d->why, "its file has %lld bytes, not the %llu of the right one",
                    (long long)t->announced, (unsigned long long)d->size);
        t->refused = true;
        return false;
    }
    return part || d->have == 0 || start_again(t);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static bool save(transfer *t, const char *bytes, size_t size) {
    if (!file_write_all(t->d->descriptor, bytes, size)) {
        t->code = errno;
        return false;
    }
    t->d->have += size;
    return true;
}

static size_t on_bytes(char *bytes, size_t one, size_t count, void *user) {
    transfer *t = user;
    if (!t->begun && !begin(t))
        return 0;
    t->begun = true;
    if (count > t->d->size - t->d->have) {
        refuse(t, "it sends more bytes than the file has");
        return 0;
    }
    return save(t, bytes, count) ? one * count : 0;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up) {
    transfer *t = user;
    (void)total, (void)now, (void)up_total, (void)up;
    t->stopped = !t->d->progress(t->d->user, t->d->have);
    return t->stopped;
}

/* ---- One attempt ----------------------------------------------------------------------------- */

/* Web addresses only, not files or mail; and nothing that came by https goes on without it. */
static void allow_protocols(CURL *c, const char *address) {
    bool safe = strncmp(address, "https:", 6) == 0;
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, safe ? "https" : "http,https");
#else
    curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS,
                     (long)(safe ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_up(transfer *t, const char *url, const char *range) {
    CURL *c = t->curl;
    allow_protocols(c, url);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "lcnn/" PACKAGE_VERSION);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                     t->d->timeout < CONNECT_SECONDS ? (long)t->d->timeout : (long)CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)t->d->timeout);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->message);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    if (*range)
        curl_easy_setopt(c, CURLOPT_RANGE, range);
}

static download_end judge(transfer *t, CURLcode result, uint64_t had) {
    download *d = t->d;
    if (t->stopped)
        return DOWNLOAD_STOPPED;
    if (t->code) {
        d->code = t->code;
        return DOWNLOAD_UNSAVED;
    }
    if (t->refused)
        return DOWNLOAD_FAILED;
    if (result == CURLE_OK && d->have == d->size)
        return DOWNLOAD_DONE;
    long answer = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (result == CURLE_HTTP_RETURNED_ERROR && answer == 416 && had > 0 && start_again(t))
        return DOWNLOAD_CUT; /* it has no such range: once more, from the beginning */
    if (result == CURLE_OK || result == CURLE_PARTIAL_FILE)
        text_format(d->why, sizeof d->why, "it ended after %llu of %llu bytes",
                    (unsigned long long)d->have, (unsigned long long)d->size);
    else if (result == CURLE_OPERATION_TIMEDOUT && answer > 0)
        text_format(d->why, sizeof d->why, "nothing came for %d seconds", d->timeout);
    else
        text_format(d->why, sizeof d->why, "%s",
                    *t->message ? t->message : curl_easy_strerror(result));
    return t->begun && d->have > had ? DOWNLOAD_CUT : DOWNLOAD_FAILED;
}

/* The address with the name behind it; from malloc. */
static char *whole_address(CURL *c, const download *d) {
    char *name = curl_easy_escape(c, d->name, 0);
    size_t size = strlen(d->address) + (name ? strlen(name) : 0) + 1;
    char *url = name ? malloc(size) : NULL;
    if (url)
        text_format(url, size, "%s%s", d->address, name);
    curl_free(name);
    return url;
}

download_end download_run(download *d) {
    transfer t = {.d = d, .range_at = -1, .announced = -1};
    uint64_t had = d->have;
    char range[32] = "";
    d->why[0] = '\0';
    if (had > 0)
        text_format(range, sizeof range, "%llu-", (unsigned long long)had);
    t.curl = curl_easy_init();
    char *url = t.curl ? whole_address(t.curl, d) : NULL;
    download_end end = DOWNLOAD_FAILED;
    if (url) {
        set_up(&t, url, range);
        end = judge(&t, curl_easy_perform(t.curl), had);
    } else
        text_format(d->why, sizeof d->why, "out of memory");
    free(url);
    curl_easy_cleanup(t.curl);
    return end;
}

#endif
