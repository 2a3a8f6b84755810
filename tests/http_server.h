/* http_server.h - a web server on the loopback interface that behaves as well, or as badly, as the address asks for.
 *
 * /BEHAVIOUR/FILE serves a file of the server's folder. It runs in a process of its own, ends with the process that started
 * it, and writes a line for each request to the file "requests" in that folder. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <sys/types.h>

/* What the first part of an address may be:
 *   good          with ranges
 *   refusing      without ranges: always the whole file
 *   slow          with ranges, 4 kB every 2 ms
 *   halves        breaks off after half of what it was asked for
 *   cut           breaks off after 1,000 bytes, whatever was asked for; nothing beyond
 *   stalls        sends 1,000 bytes and then nothing more, without breaking off
 *   short         says that the file has 100 bytes, and sends them
 *   less          says nothing of its length, and sends half of it
 *   long          says that the file has 1,000 bytes more than it has
 *   more          says nothing of its length, and sends 100,000 bytes more
 *   page          a web page, as text/html
 *   disguised     a web page that says it is the file
 *   wrong         the last byte is another
 *   shifted       answers a range with the file's beginning
 *   unsatisfied   answers every range with 416
 *   moved         redirects to good
 *   loop          redirects to itself
 *   local         redirects to a file of this machine
 *   missing       404
 *   broken        500
 *   silent        closes the connection without a word */

typedef struct http_server {
    pid_t process;
    int port;
} http_server;

/* Serves `folder`; ends the test when it cannot. */
http_server http_server_start(const char *folder);
void http_server_stop(http_server *server);

#endif
