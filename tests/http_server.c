/* http_server.c - the web server of the tests; see http_server.h. One process a connection, one
 * request each. */
#include "config.h"

#include "http_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char page[] =
    "<!DOCTYPE html><html><body>Please log in to the network.</body></html>\n";

typedef struct request {
    int socket;
    char behaviour[32], name[128];
    long from; /* of the range; -1: none was asked for */
    char *bytes;
    long size;
} request;

static bool is(const request *r, const char *behaviour) {
    return strcmp(r->behaviour, behaviour) == 0;
}

static void send_bytes(int socket, const char *bytes, long size) {
    while (size > 0) {
        ssize_t n = send(socket, bytes, (size_t)size, MSG_NOSIGNAL);
        if (n <= 0)
            _exit(0);
        bytes += n;
        size -= n;
    }
}

static void pause_ms(long ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* The head of an answer; length below 0: not said. `from` below 0: the whole file. */
static void send_head(const request *r, int status, const char *type, long length, long from) {
    char head[512];
    int n =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d Whatever\r\nConnection: close\r\nContent-Type: %s\r\n", status, type);
    if (length >= 0)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %ld\r\n", length);
    if (from >= 0)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Range: bytes %ld-%ld/%ld\r\n",
                      from, r->size - 1, r->size);
    n += snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    send_bytes(r->socket, head, n);
}

static void redirect(const request *r, const char *where) {
    char head[512];
    int n = snprintf(
        head, sizeof head,
        "HTTP/1.1 302 Elsewhere\r\nConnection: close\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n",
        where);
    send_bytes(r->socket, head, n);
}

/* The file, or the rest of it that was asked for: `announced` and `sent` bytes of that. */
static void send_file(const request *r, bool ranges, long announced, long sent) {
    long from = ranges && r->from >= 0 ? r->from : 0;
    bool part = ranges && r->from >= 0;
    send_head(r, part ? 206 : 200, "application/octet-stream",
              announced < 0 ? -1 : announced - from, part ? from : -1);
    if (!is(r, "slow"))
        send_bytes(r->socket, r->bytes + from, sent > from ? sent - from : 0);
    for (long at = from; is(r, "slow") && at < sent; at += 4096) {
        send_bytes(r->socket, r->bytes + at, sent - at < 4096 ? sent - at : 4096);
        pause_ms(2);
    }
}

static void send_more(const request *r) {
    static const char extra[100000];
    send_head(r, 200, "application/octet-stream", -1, -1);
    send_bytes(r->socket, r->bytes, r->size);
    send_bytes(r->socket, extra, sizeof extra);
}

static void answer(request *r) {
    long from = r->from > 0 ? r->from : 0, size = r->size;
    char where[256];
    if (is(r, "good") || is(r, "slow"))
        send_file(r, true, size, size);
    else if (is(r, "refusing"))
        send_file(r, false, size, size);
    else if (is(r, "halves"))
        send_file(r, true, size, from + (size - from + 1) / 2);
    else if (is(r, "cut"))
        send_file(r, true, size, size < 1000 ? size : 1000);
    else if (is(r, "stalls")) {
        send_file(r, true, size, size < 1000 ? size : 1000);
        for (pid_t server = getppid(); getppid() == server;)
            pause_ms(200);
    } else if (is(r, "short"))
        send_file(r, false, 100, 100);
    else if (is(r, "less"))
        send_file(r, false, -1, size / 2);
    else if (is(r, "long"))
        send_file(r, false, size + 1000, size);
    else if (is(r, "more"))
        send_more(r);
    else if (is(r, "page") || is(r, "disguised")) {
        send_head(r, 200, is(r, "page") ? "text/html; charset=utf-8" : "application/gzip", -1, -1);
        send_bytes(r->socket, page, sizeof page - 1);
    } else if (is(r, "wrong")) {
        r->bytes[size - 1] ^= 1;
        send_file(r, true, size, size);
    } else if (is(r, "shifted")) {
        send_head(r, 206, "application/octet-stream", size, 0);
        send_bytes(r->socket, r->bytes, size);
    } else if (is(r, "unsatisfied") && r->from >= 0)
        send_head(r, 416, "text/plain", 0, -1);
    else if (is(r, "unsatisfied"))
        send_file(r, false, size, size);
    else if (is(r, "moved") || is(r, "loop")) {
        snprintf(where, sizeof where, "/%s/%s", is(r, "moved") ? "good" : "loop", r->name);
        redirect(r, where);
    } else if (is(r, "local"))
        redirect(r, "file:///etc/passwd");
    else if (!is(r, "silent"))
        send_head(r, is(r, "broken") ? 500 : 404, "text/plain", 0, -1);
}

static void read_file(request *r, const char *folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, r->name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        strcpy(r->behaviour, "missing");
        return;
    }
    fseek(f, 0, SEEK_END);
    r->size = ftell(f);
    rewind(f);
    r->bytes = malloc((size_t)r->size + 1);
    if (!r->bytes || fread(r->bytes, 1, (size_t)r->size, f) != (size_t)r->size)
        _exit(1);
    fclose(f);
}

static void note_request(const request *r, const char *folder) {
    char path[512], line[256];
    snprintf(path, sizeof path, "%s/requests", folder);
    int n = snprintf(line, sizeof line, "%s %s %ld\n", r->behaviour, r->name, r->from);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0 || write(file, line, (size_t)n) != n)
        _exit(1);
    close(file);
}

static void serve(int socket, const char *folder) {
    char text[4096] = "";
    size_t used = 0;
    request r = {.socket = socket, .from = -1};
    while (!strstr(text, "\r\n\r\n") && used < sizeof text - 1) {
        ssize_t n = recv(socket, text + used, sizeof text - 1 - used, 0);
        if (n <= 0)
            _exit(0);
        used += (size_t)n;
        text[used] = '\0';
    }
    if (sscanf(text, "GET /%31[^/ ]/%127[^ ] ", r.behaviour, r.name) != 2 || strchr(r.name, '/'))
        _exit(1);
    const char *range = strstr(text, "Range: bytes=");
    if (range)
        r.from = strtol(range + 13, NULL, 10);
    note_request(&r, folder);
    read_file(&r, folder);
    answer(&r);
    shutdown(socket, SHUT_WR);
    close(socket);
    _exit(0);
}

/* Ends when the process that started it is gone. */
static void serve_all(int listener, const char *folder, pid_t parent) {
    signal(SIGCHLD, SIG_IGN);
    while (getppid() == parent) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        if (poll(&ready, 1, 500) <= 0)
            continue;
        int socket = accept(listener, NULL, NULL);
        if (socket < 0)
            continue;
        if (fork() == 0) {
            close(listener);
            serve(socket, folder);
        }
        close(socket);
    }
    _exit(0);
}

http_server http_server_start(const char *folder) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    pid_t parent = getpid();
    http_server server = {.process = fork(), .port = ntohs(at.sin_port)};
    ck_assert_int_ge(server.process, 0);
    if (server.process == 0) {
        setpgid(0, 0); /* so that a stalling connection's process ends with the server */
        serve_all(listener, folder, parent);
    }
    setpgid(server.process, server.process);
    close(listener);
    return server;
}

void http_server_stop(http_server *server) {
    kill(-server->process, SIGKILL);
    waitpid(server->process, NULL, 0);
}
