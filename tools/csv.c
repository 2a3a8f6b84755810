/* csv.c - reading comma-separated values; see csv.h. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "csv.h"
#include "memory.h"

enum { MOST_BYTES = 256 << 20 };

struct csv {
    char *text; /* the file; fields are cut out of it in place */
    char **field;
    int count, room, columns;
};

/* The file with a NUL behind it. */
static char *read_text(const char *path, const char **why) {
    FILE *in = memory_open(path, "rb");
    char *text = NULL;
    size_t size = 0, room = 0;
    if (!in) {
        *why = errno == ENOENT ? NULL : strerror(errno);
        return NULL;
    }
    do {
        room = room ? 2 * room : 1 << 16;
        text = memory_grow(text, room + 1, 1);
        size += fread(text + size, 1, room - size, in);
    } while (size == room && room < MOST_BYTES);
    text[size] = '\0';
    *why = ferror(in)             ? strerror(errno)
           : size == room         ? "it is too large"
           : strlen(text) != size ? "there are NUL bytes in it"
                                  : NULL;
    fclose(in);
    if (!*why)
        return text;
    free(text);
    return NULL;
}

/* Moves what stands in quotes to `to`. Returns its end there, and leaves *at behind the quotes. */
static char *cut_quoted(char **at, char *to, const char **why) {
    char *from = *at + 1;
    bool closed = false;
    for (; *from && !closed; from++) {
        closed = *from == '"' && from[1] != '"';
        from += *from == '"' && !closed; /* a doubled one is one */
        if (!closed)
            *to++ = *from;
    }
    if (!closed)
        *why = "a field in quotes does not end";
    else if (*from && !strchr(",\r\n", *from))
        *why = "a field in quotes goes on behind them";
    *at = from;
    return to;
}

/* Cuts out the field at *at, and moves *at behind its end. Returns what ended it: ',', '\n' or
 * '\0'; or says what is wrong. */
static char cut(char **at, char **field, const char **why) {
    char *from = *at, *to = from;
    *field = from;
    if (*from == '"')
        to = cut_quoted(&from, to, why);
    else
        to = from += strcspn(from, ",\r\n");
    if (*from == '\r' && *++from && *from != '\n')
        *why = "a line ends in a carriage return alone";
    char end = *from;
    *to = '\0';
    *at = from + (end != '\0');
    return end;
}

static void add(csv *c, char *field) {
    if (c->count == c->room) {
        c->room = 2 * c->room + 256;
        c->field = memory_grow(c->field, (size_t)c->room, sizeof *c->field);
    }
    c->field[c->count++] = field;
}

/* What is wrong, or NULL. */
static const char *split(csv *c) {
    const char *why = NULL;
    for (char *at = c->text; *at;) {
        int begin = c->count;
        for (char end = ','; end == ',';) {
            char *field;
            end = cut(&at, &field, &why);
            if (why)
                return why;
            add(c, field);
        }
        if (c->columns == 0)
            c->columns = c->count;
        if (c->count - begin != c->columns)
            return "its rows are not of one length";
    }
    return c->count == 0 ? "it is empty" : NULL;
}

csv *csv_read(const char *path, int columns, const char **why) {
    csv *c = memory_new(1, sizeof *c);
    c->columns = columns;
    c->text = read_text(path, why);
    if (c->text && !(*why = split(c)))
        return c;
    csv_free(c);
    return NULL;
}

void csv_free(csv *c) {
    if (!c)
        return;
    free(c->text);
    free(c->field);
    free(c);
}

int csv_rows(const csv *c) {
    return c->count / c->columns;
}

int csv_columns(const csv *c) {
    return c->columns;
}

const char *csv_text(const csv *c, int row, int column) {
    return c->field[row * c->columns + column];
}

int csv_column(const csv *c, const char *name) {
    for (int i = 0; i < c->columns; i++)
        if (strcmp(c->field[i], name) == 0)
            return i;
    return -1;
}

double csv_number(const csv *c, int row, int column) {
    const char *text = csv_text(c, row, column);
    char *end;
    double value = strtod(text, &end);
    return end == text || *end ? NAN : value;
}
