/* error.c - located messages: kept, escaped, and shown with the source line and a caret.
 *
 * Messages are made whole when they are added, so that they can be printed at any time. Texts that
 * come from outside are escaped here, once, and nowhere else. */
#include "config.h"

#include "error.h"

#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 20,          /* more messages than anyone reads; the rest is counted */
    MESSAGE_MAX = 2000, /* bytes of the text, before "..." */
    NAME_MAX_SHOWN = 1000,
    WINDOW = 100,     /* characters of a source line that are shown */
    WINDOW_LEFT = 60, /* of these, left of the caret in a line too long to show from its start */
    SHOWN_MAX = 12,
};

struct lcnn_errors {
    arena *memory; /* sources, messages and notes */
    lcnn_status status;
    lcnn_status model_status; /* in place of LCNN_BAD_MODEL */
    int count;                /* kept */
    int more;                 /* counted only */
    const char *message[KEPT];
    char more_text[48];
    bool no_memory;
    int note_count;
    const char *note[KEPT];
};

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

int utf8_length(const char *p, const char *end) {
    const unsigned char *u = (const unsigned char *)p;
    ptrdiff_t left = end - p;
    if (left < 1)
        return 0;
    if (u[0] < 0x80)
        return 1;
    int length = u[0] < 0xC2 ? 0 : u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : u[0] < 0xF5 ? 4 : 0;
    if (length == 0 || left < length)
        return 0;
    for (int i = 1; i < length; i++)
        if ((u[i] & 0xC0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, and what is beyond U+10FFFF (RFC 3629, section 4). */
    if ((u[0] == 0xE0 && u[1] < 0xA0) || (u[0] == 0xED && u[1] > 0x9F) ||
        (u[0] == 0xF0 && u[1] < 0x90) || (u[0] == 0xF4 && u[1] > 0x8F))
        return 0;
    return length;
}

/* The code point of a character of three bytes that would reorder the line or end it (marks of
 * direction, line and paragraph separators), or 0. */
static unsigned turning_code(const char *p, int length) {
    const unsigned char *u = (const unsigned char *)p;
    if (length != 3)
        return 0;
    unsigned code = (u[0] & 0x0Fu) << 12 | (u[1] & 0x3Fu) << 6 | (u[2] & 0x3Fu);
    bool turning = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                   (code >= 0x2066 && code <= 0x2069);
    return turning ? code : 0;
}

/* Writes one character as it may be printed, controls and malformed bytes as escapes. Returns the
 * bytes it takes in the text; *width is the number of columns shown. */
static int show(const char *p, const char *end, char shown[SHOWN_MAX], int *width) {
    unsigned char byte = (unsigned char)*p;
    int length = utf8_length(p, end);
    if (length == 1 && byte >= 0x20 && byte != 0x7F) {
        shown[0] = *p;
        shown[1] = '\0';
        *width = 1;
        return 1;
    }
    if (length == 1 && (byte == '\n' || byte == '\t' || byte == '\r'))
        *width = snprintf(shown, SHOWN_MAX, "\\%c", byte == '\n' ? 'n' : byte == '\t' ? 't' : 'r');
    else if (length <= 1)
        *width = snprintf(shown, SHOWN_MAX, "\\x%02X", byte);
    else if (byte == 0xC2 && (unsigned char)p[1] < 0xA0) /* C1 controls */
        *width = snprintf(shown, SHOWN_MAX, "\\u%04X", (unsigned char)p[1]);
    else if (turning_code(p, length))
        *width = snprintf(shown, SHOWN_MAX, "\\u%04X", turning_code(p, length));
    else {
        memcpy(shown, p, (size_t)length);
        shown[length] = '\0';
        *width = 1;
    }
    return length ? length : 1;
}

/* ---- Composing ------------------------------------------------------------------------------- */

typedef struct text {
    size_t used;
    char bytes[8192]; /* room for the longest name, text and two lines of source */
} text;

static void add(text *t, const char *more) {
    size_t length = strlen(more), room = sizeof t->bytes - 1 - t->used;
    if (length > room)
        length = room;
    memcpy(t->bytes + t->used, more, length);
    t->used += length;
    t->bytes[t->used] = '\0';
}

static void add_escaped(text *t, const char *more, size_t most) {
    char shown[SHOWN_MAX];
    int width;
    size_t limit = t->used + most;
    for (const char *p = more, *end = more + strlen(more); p < end;) {
        if (t->used >= limit) {
            add(t, "...");
            return;
        }
        p += show(p, end, shown, &width);
        add(t, shown);
    }
}

/* Finds a line, counted from 1, without its end; false when the text has no such line or it is
 * empty. */
static bool find_line(const source *s, int line, const char **first, const char **end) {
    const char *p = s->text, *stop = s->text + s->length;
    for (int i = 1; i < line; i++) {
        p = memchr(p, '\n', (size_t)(stop - p));
        if (!p)
            return false;
        p++;
    }
    const char *line_end = memchr(p, '\n', (size_t)(stop - p));
    if (!line_end)
        line_end = stop;
    if (line_end > p && line_end[-1] == '\r')
        line_end--;
    *first = p;
    *end = line_end;
    return line_end > p;
}

/* The source line, or the part of it around the caret, and the caret. */
static void add_source_line(text *t, mark where) {
    const char *first, *end;
    if (!where.source->text || !find_line(where.source, where.line, &first, &end))
        return;

    char shown[SHOWN_MAX], gutter[WINDOW + 32];
    int width, caret = 0;
    const char *p = first;
    for (int column = 1; column < where.column && p < end; column++) {
        p += show(p, end, shown, &width);
        caret += width;
    }

    int start = caret < WINDOW - 10 ? 0 : caret - WINDOW_LEFT, at = 0, pad = caret;
    snprintf(gutter, sizeof gutter, "\n%5d | ", where.line);
    add(t, gutter);
    if (start > 0)
        add(t, "...");
    for (p = first; p < end && at < start + WINDOW; at += width) {
        p += show(p, end, shown, &width);
        if (at >= start)
            add(t, shown);
        else
            pad = caret - (at + width) + 3; /* what is left out, less the "..." in its place */
    }
    if (p < end)
        add(t, "...");
    snprintf(gutter, sizeof gutter, "\n      | %*s^", pad, "");
    add(t, gutter);
}

/* ---- Adding ---------------------------------------------------------------------------------- */

static void count_more(lcnn_errors *errors, int more) {
    errors->more += more;
    snprintf(errors->more_text, sizeof errors->more_text, "error: and %d more", errors->more);
}

static void keep(lcnn_errors *errors, lcnn_status status, const char *message) {
    if (errors->count == 0)
        errors->status = status == LCNN_BAD_MODEL ? errors->model_status : status;
    if (errors->count < KEPT) {
        errors->message[errors->count++] = message;
        return;
    }
    count_more(errors, 1);
}

void error_add(lcnn_errors *errors, lcnn_status status, mark where, const char *format, ...) {
    if (errors->count == KEPT) {
        keep(errors, status, NULL);
        return;
    }
    char message[MESSAGE_MAX + 8];
    va_list arguments;
    va_start(arguments, format);
    text_vformat(message, sizeof message, format, arguments);
    va_end(arguments);

    text t = {0};
    if (where.source) {
        char position[40] = ": ";
        add_escaped(&t, where.source->name, NAME_MAX_SHOWN);
        if (where.line > 0)
            snprintf(position, sizeof position, ":%d:%d: ", where.line, where.column);
        add(&t, position);
    }
    add(&t, "error: ");
    add_escaped(&t, message, MESSAGE_MAX);
    if (where.source && where.line > 0)
        add_source_line(&t, where);

    const char *kept = arena_copy(errors->memory, t.bytes, t.used);
    if (kept)
        keep(errors, status, kept);
    else
        error_no_memory(errors);
}

/* Whether the list holds this text. */
static bool has_text(const char *const *list, int count, const char *what) {
    for (int i = 0; i < count; i++)
        if (strcmp(list[i], what) == 0)
            return true;
    return false;
}

void error_take(lcnn_errors *errors, const lcnn_errors *from) {
    for (int i = 0; i < from->count; i++) {
        const char *said = from->message[i];
        if (has_text(errors->message, errors->count, said))
            continue;
        const char *kept = arena_copy(errors->memory, said, strlen(said));
        if (kept)
            keep(errors, from->status, kept);
        else
            error_no_memory(errors);
    }
    if (from->more > errors->more) /* which may be the same ones, from another trial of a study */
        count_more(errors, from->more - errors->more);
    for (int i = 0; i < from->note_count; i++)
        if (!has_text(errors->note, errors->note_count, from->note[i]) &&
            errors->note_count < KEPT) {
            const char *kept = arena_copy(errors->memory, from->note[i], strlen(from->note[i]));
            if (kept)
                errors->note[errors->note_count++] = kept;
        }
}

void error_blame(lcnn_errors *errors, lcnn_status status) {
    errors->model_status = status;
}

void error_no_memory(lcnn_errors *errors) {
    if (errors->no_memory) /* said once: every caller on the way up may call this */
        return;
    errors->no_memory = true;
    keep(errors, LCNN_NO_MEMORY, "error: out of memory");
}

void error_note(lcnn_errors *errors, const char *format, ...) {
    char note[MESSAGE_MAX + 8];
    va_list arguments;
    va_start(arguments, format);
    text_vformat(note, sizeof note, format, arguments);
    va_end(arguments);

    text t = {0};
    add_escaped(&t, note, MESSAGE_MAX);
    for (int i = 0; i < errors->note_count; i++)
        if (strlen(errors->note[i]) == t.used && memcmp(errors->note[i], t.bytes, t.used) == 0)
            return;
    const char *kept = arena_copy(errors->memory, t.bytes, t.used);
    if (kept && errors->note_count < KEPT) /* no note is worth an error */
        errors->note[errors->note_count++] = kept;
}

static const source *new_source(lcnn_errors *errors, const char *name, const char *bytes,
                                size_t length) {
    source *s = arena_alloc(errors->memory, sizeof *s);
    if (!s)
        return NULL;
    s->name = arena_copy(errors->memory, name, strlen(name));
    s->text = bytes ? arena_copy(errors->memory, bytes, length) : NULL;
    s->length = bytes ? length : 0;
    return s->name && (s->text || !bytes) ? s : NULL;
}

const source *error_source(lcnn_errors *errors, const char *name, const char *bytes,
                           size_t length) {
    const source *s = new_source(errors, name, bytes, length);
    if (!s)
        error_no_memory(errors);
    return s;
}

mark error_file(lcnn_errors *errors, const char *name) {
    return (mark){.source = new_source(errors, name, NULL, 0)};
}

/* ---- Reading --------------------------------------------------------------------------------- */

lcnn_errors *lcnn_errors_new(void) {
    lcnn_errors *errors = calloc(1, sizeof *errors);
    arena *memory = arena_new();
    if (!errors || !memory) {
        free(errors);
        arena_free(memory);
        return NULL;
    }
    errors->memory = memory;
    errors->model_status = LCNN_BAD_MODEL;
    return errors;
}

void lcnn_errors_free(lcnn_errors *errors) {
    if (!errors)
        return;
    arena_free(errors->memory);
    free(errors);
}

lcnn_status lcnn_errors_status(const lcnn_errors *errors) {
    return errors->status;
}

int lcnn_errors_count(const lcnn_errors *errors) {
    return errors->count + (errors->more > 0);
}

const char *lcnn_errors_text(const lcnn_errors *errors, int index) {
    return index < errors->count ? errors->message[index] : errors->more_text;
}

int lcnn_notes_count(const lcnn_errors *errors) {
    return errors->note_count;
}

const char *lcnn_notes_text(const lcnn_errors *errors, int index) {
    return errors->note[index];
}

/* ---- Suggestions ----------------------------------------------------------------------------- */

enum { WORD_MAX = 64 };

/* Spelling habits that are no mistakes of the finger: capitals, and a hyphen for an underscore. */
static char folded(char c) {
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other
 * (optimal string alignment distance). Both at most WORD_MAX long. */
static int distance(const char *a, const char *b) {
    int rows[3][WORD_MAX + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    int width = (int)strlen(b);
    for (int j = 0; j <= width; j++)
        above[j] = before[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            char x = folded(a[i - 1]), y = folded(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && y == folded(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        int *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[width];
}

const char *error_nearest(const char *word, const char *const *names) {
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    const char *nearest = NULL, *longer = NULL;
    int smallest = 0;
    for (; *names; names++) {
        size_t name_length = strlen(*names);
        if (name_length > WORD_MAX)
            continue;
        /* "kernel" for "kernel_size" is far in letters, near in mind. */
        if (length >= 3 && !longer && strncmp(*names, word, length) == 0)
            longer = *names;
        int d = distance(word, *names);
        int allowed = (int)(length > name_length ? length : name_length) / 3;
        if (d <= allowed && (!nearest || d < smallest)) {
            nearest = *names;
            smallest = d;
        }
    }
    return nearest ? nearest : longer;
}
