/* text.c - escaping, numbers and wrapping for what the command prints, and what is known of the
 * terminal. */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "memory.h"
#include "text.h"

enum { BUFFERS = 16, BUFFER_SIZE = 512, WRAP_COLUMN = 80 };

static char *next_buffer(void) {
    static char buffers[BUFFERS][BUFFER_SIZE];
    static int turn;
    turn = (turn + 1) % BUFFERS;
    return buffers[turn];
}

/* Bytes of the UTF-8 character at s, or 0 when it is none or not fit to print (control characters,
 * surrogates). */
static int character_length(const unsigned char *s) {
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    int length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    static const unsigned smallest[] = {0, 0, 0xa0, 0x800,
                                        0x10000}; /* U+0080 to U+009F are controls */
    unsigned code = s[0] & (0xffu >> (length + 1));
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (int i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    bool direction = code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069); /* would reorder the line */
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < smallest[length] || code > 0x10ffff || surrogate || direction ? 0 : length;
}

int text_character(const char *text) {
    return character_length((const unsigned char *)text);
}

const char *text_plain(const char *name) {
    char *out = next_buffer();
    size_t used = 0;
    for (const unsigned char *s = (const unsigned char *)name; *s;) {
        if (used + 12 > BUFFER_SIZE) {
            memcpy(out + used, "...", 3);
            used += 3;
            break;
        }
        int length = character_length(s);
        if (length == 0) {
            snprintf(out + used, 5, "\\x%02x", *s++);
            used += 4;
        }
        for (; length > 0; length--)
            out[used++] = (char)*s++;
    }
    out[used] = '\0';
    return out;
}

const char *text_printf(const char *format, ...) {
    char *out = next_buffer();
    va_list list;
    va_start(list, format);
    vsnprintf(out, BUFFER_SIZE, format, list);
    va_end(list);
    return out;
}

const char *text_short(const char *text, int most) {
    text = text_plain(text);
    if (text_width(text) <= most)
        return text;
    const char *end = text;
    for (int left = most - 1; left > 0 || ((unsigned char)*end & 0xc0) == 0x80; end++)
        left -= ((unsigned char)end[1] & 0xc0) != 0x80;
    return text_printf("%.*s…", (int)(end - text), text);
}

const char *text_count(int64_t n) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)n);
    char *out = next_buffer();
    int used = 0;
    for (int i = 0; i < length; i++) {
        int left = length - i;
        if (i > 0 && left % 3 == 0 && digits[i - 1] != '-')
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

const char *text_plural(int64_t n, const char *noun) {
    return text_printf("%s %s%s", text_count(n), noun, n == 1 ? "" : "s");
}

const char *text_percent(double share) {
    return isnan(share) ? "-" : text_printf("%.2f %%", 100 * share);
}

const char *text_decimal(double x) {
    return isnan(x) ? "-" : text_printf(fabs(x) < 1e6 ? "%.4f" : "%.3g", x);
}

const char *text_number(double x) {
    return isnan(x) ? "" : text_printf("%.15g", x);
}

const char *text_duration(double seconds) {
    if (!(seconds >= 0 && seconds < 3.6e8))
        return "-";
    long s = (long)(seconds + 0.5);
    if (s < 3600)
        return text_printf("%ld:%02ld", s / 60, s % 60);
    return text_printf("%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
}

const char *text_bytes(size_t bytes) {
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double amount = (double)bytes;
    int unit = 0;
    while (amount >= 1000 && unit < 4) {
        amount /= 1000;
        unit++;
    }
    return text_printf(unit == 0 ? "%.0f %s" : "%.1f %s", amount, units[unit]);
}

/* Not open_memstream: glibc's leaves out what finds no room, and says nothing. */
typedef struct text_stream {
    char **text;
    size_t *size, room;
} text_stream;

static ssize_t text_put(void *cookie, const char *bytes, size_t size) {
    text_stream *s = cookie;
    if (s->room - *s->size <= size) {
        s->room = 2 * s->room + size + 1;
        *s->text = memory_grow(*s->text, s->room, 1);
    }
    memcpy(*s->text + *s->size, bytes, size);
    *s->size += size;
    (*s->text)[*s->size] = '\0';
    return (ssize_t)size;
}

static int text_close(void *cookie) {
    free(cookie);
    return 0;
}

FILE *text_begin(char **text, size_t *size) {
    text_stream *s = memory_new(1, sizeof *s);
    *s = (text_stream){.text = text, .size = size, .room = 256};
    *text = memory_new(s->room, 1);
    *size = 0;
    FILE *out =
        fopencookie(s, "w", (cookie_io_functions_t){.write = text_put, .close = text_close});
    if (!out)
        no_memory();
    return out;
}

int text_width(const char *text) {
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void text_wrap(FILE *out, const char *text, int column, int indent) {
    bool first = true;
    while (*text) {
        size_t length = strcspn(text, " \n");
        const char *word = text_printf("%.*s", (int)length, text);
        int width = text_width(word);
        if (!first && column + 1 + width >= WRAP_COLUMN) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            first = true;
        }
        fprintf(out, first ? "%s" : " %s", word);
        column += width + !first;
        first = false;
        text += length;
        text += strspn(text, " ");
        if (*text == '\n') {
            text++;
            if (*text == '\n') /* an empty line parts paragraphs */
                fputc('\n', out);
            text += strspn(text, "\n");
            fprintf(out, "\n%*s", *text ? indent : 0, "");
            column = indent;
            first = true;
        }
    }
    if (column > indent || !first)
        fputc('\n', out);
}

void text_indent(FILE *out, const char *text, int indent) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        fprintf(out, "%*s%.*s\n", length > 0 ? indent : 0, "", (int)length, text);
        text += length;
        text += *text == '\n';
    }
}

bool terminal_is(FILE *out) {
    const char *term = getenv("TERM");
    return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

int terminal_width(FILE *out) {
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WRAP_COLUMN;
    return size.ws_col;
}

static const char *style(FILE *out, const char *sequence) {
    const char *no_color = getenv("NO_COLOR");
    return terminal_is(out) && !(no_color && *no_color) ? sequence : "";
}

const char *style_bold(FILE *out) {
    return style(out, "\033[1m");
}

const char *style_faint(FILE *out) {
    return style(out, "\033[2m");
}

const char *style_red(FILE *out) {
    return style(out, "\033[31m");
}

const char *style_end(FILE *out) {
    return style(out, "\033[0m");
}
