/* web_set.h - a data set "specks" that a web server on loopback hands out, and a user's catalogue that knows it: for tests of
 * fetching. */
#ifndef WEB_SET_H
#define WEB_SET_H

#include "http_server.h"
#include "small_set.h"

/* In `folder` (small_set.h, absolute here): www, which the server serves; config with the catalogue; data, which LCNN_DATA
 * names. */
extern http_server server;

void web_set_up(void);
void web_tear_down(void);

enum { WEB_FILES = 4, WEB_TRAIN = 400, WEB_TEST = 40 };
extern const char *const web_file[WEB_FILES]; /* names: train images, train labels, test images, test labels */

/* Writes the catalogue: addresses of the server with these behaviours (http_server.h), separated by blanks. */
void web_catalogue(const char *behaviours);
/* The same with a text of the test's own between the files and the end. */
void web_write_catalogue(const char *archives, const char *find);

/* Paths in `folder`, from `memory`. */
const char *web_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool web_there(const char *path); /* anything at all, dangling links too */
long web_size(const char *path);  /* -1: not there */

/* Fetches "specks" with a timeout of two seconds. */
bool web_fetch(void);
/* It must fail with this status and a message that holds `part`; nothing is in data/specks then but what `kept` says: a
 * NAME.part, or NULL. */
void web_refused(lcnn_status status, const char *part, const char *kept);
/* Every file is in data/specks and is what the server has; nothing else is there. */
void web_check(void);
/* Requests that the server got: lines that begin with `head`. */
int web_requests(const char *head);

#endif
