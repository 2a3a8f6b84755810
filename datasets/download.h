/* download.h - one file from one address on the web, as far as it comes.
 *
 * The only module that knows libcurl. Appends to what an earlier attempt left, never writes more
 * bytes than the file is known to have, and knows neither checksums nor mirrors. */
#ifndef DOWNLOAD_H
#define DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

typedef enum download_end {
    DOWNLOAD_DONE,    /* all bytes are there; whether they are the right ones is not known here */
    DOWNLOAD_CUT,     /* the connection broke or stalled, but some bytes came: worth another try */
    DOWNLOAD_FAILED,  /* nothing that could be used: `why` */
    DOWNLOAD_STOPPED, /* by the caller's progress function */
    DOWNLOAD_UNSAVED, /* writing failed: `code` is the errno */
} download_end;

typedef struct download {
    const char *address; /* the folder, with a '/' at its end */
    const char *name;    /* the file in it */
    int descriptor;      /* open for writing */
    uint64_t have;       /* bytes in it: at the beginning, and then at the end */
    uint64_t size;       /* that the whole file has */
    int timeout;         /* seconds without data after which it is given up */
    bool (*progress)(void *user, uint64_t have); /* false stops */
    void *user;
    char why[200]; /* in case of failure: what happened, without a full stop */
    int code;
} download;

download_end download_run(download *d);

/* Whether this program can download at all. */
bool download_possible(void);

#endif
