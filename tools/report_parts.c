/* report_parts.c - see report_parts.h. */
#include "config.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "figure.h"
#include "memory.h"
#include "report_parts.h"
#include "rundir.h"
#include "text.h"

/* ---- Settings --------------------------------------------------------------------------------- */

/* The resolved text is ours (core/document_write.c): block maps two blanks deeper each, lists below
 * their key, short ones and short maps in braces on one line. That is all that is read here. */
enum { MOST_DEPTH = 40 };

typedef struct reader {
    setting_list *list;
    char *part[MOST_DEPTH]; /* of the key, outermost first */
    int indent[MOST_DEPTH]; /* in which its members stand */
    int depth;
} reader;

static char *piece(const char *text, size_t length) {
    return memcpy(memory_new(length + 1, 1), text, length);
}

/* Parts without a name, as of maps in a list, are left out; what stands in a list for the second
 * time, as a transform may, is counted, since a key has one value. */
static char *key_path(const reader *r, const char *key, size_t key_length, int time) {
    char *path;
    size_t size;
    FILE *out = text_begin(&path, &size);
    for (int i = 0; i < r->depth; i++)
        if (*r->part[i])
            fprintf(out, "%s.", r->part[i]);
    fwrite(key, 1, key_length, out);
    if (time > 1)
        fprintf(out, " (%d)", time);
    fclose(out);
    return path;
}

static void add_setting(reader *r, const char *key, size_t key_length, const char *value,
                        size_t length) {
    int time = 1;
    char *path = key_path(r, key, key_length, time);
    while (settings_value(r->list, path)) {
        free(path);
        path = key_path(r, key, key_length, ++time);
    }
    r->list->row = memory_grow(r->list->row, (size_t)(r->list->count + 1), sizeof *r->list->row);
    r->list->row[r->list->count++] = (setting){path, piece(value, length)};
}

static void enter(reader *r, const char *name, size_t length, int indent) {
    if (r->depth == MOST_DEPTH)
        return;
    r->part[r->depth] = piece(name, length);
    r->indent[r->depth++] = indent;
}

static void leave(reader *r, int indent) {
    while (r->depth > 0 && r->indent[r->depth - 1] > indent)
        free(r->part[--r->depth]);
}

/* Length of a value up to `stop` or the end, brackets and quotes being whole. */
static size_t value_length(const char *s, char stop) {
    int open = 0;
    size_t i = 0;
    for (; s[i] && !(open == 0 && s[i] == stop); i++) {
        if (s[i] == '\'' || s[i] == '"') {
            const char *close = strchr(s + i + 1, s[i]);
            if (!close)
                break;
            i = (size_t)(close - s);
        }
        open += (s[i] == '[' || s[i] == '{') - (s[i] == ']' || s[i] == '}');
    }
    return i;
}

/* The value of a key within "a: 1, b: 2", or NULL. */
static const char *member_of(const char *text, const char *key, size_t *length) {
    size_t key_length = strlen(key);
    while (*text) {
        size_t all = value_length(text, ',');
        if (all > key_length + 1 && strncmp(text, key, key_length) == 0 &&
            text[key_length] == ':') {
            *length = all - key_length - 2;
            return text + key_length + 2;
        }
        text += all + (text[all] == ',');
        text += strspn(text, " ");
    }
    return NULL;
}

/* "{name: c1, op: conv2d}": the members below the name, or else the operator. */
static void read_members(reader *r, const char *line, int indent) {
    size_t size = strlen(line), length;
    char *text = piece(line + 1, size >= 2 ? size - 2 : 0);
    const char *name = member_of(text, "name", &length);
    if (!name)
        name = member_of(text, "op", &length);
    enter(r, name ? name : "", name ? length : 0, indent + 1);
    for (const char *s = text; *s;) {
        size_t all = value_length(s, ','), key = strcspn(s, ":");
        if (key < all)
            add_setting(r, s, key, s + key + 1 + strspn(s + key + 1, " "),
                        all - key - 1 - strspn(s + key + 1, " "));
        s += all + (s[all] == ',');
        s += strspn(s, " ");
    }
    leave(r, indent);
    free(text);
}

static void read_line(reader *r, char *line) {
    int indent = (int)strspn(line, " ");
    char *s = line + indent;
    leave(r, indent);
    if (strncmp(s, "- ", 2) == 0) {
        s += 2;
        indent += 2;
        if (*s == '{') {
            read_members(r, s, indent - 1);
            return;
        }
        if (strncmp(s, "name: ", 6) == 0 || strncmp(s, "op: ", 4) == 0) {
            const char *name = strchr(s, ' ') + 1;
            enter(r, name, strlen(name), indent);
        }
    }
    size_t key = strcspn(s, ":");
    if (s[key] == ':' && s[key + 1] == '\0')
        enter(r, s, key, indent + 1);
    else if (s[key] == ':')
        add_setting(r, s, key, s + key + 2, strlen(s + key + 2));
}

void settings_read(setting_list *list, const char *yaml) {
    reader r = {.list = list};
    *list = (setting_list){0};
    while (*yaml) {
        size_t length = strcspn(yaml, "\n");
        char *line = piece(yaml, length);
        read_line(&r, line);
        free(line);
        yaml += length + (yaml[length] == '\n');
    }
    leave(&r, -1);
}

void settings_free(setting_list *list) {
    for (int i = 0; i < list->count; i++) {
        free(list->row[i].key);
        free(list->row[i].value);
    }
    free(list->row);
}

const char *settings_value(const setting_list *list, const char *key) {
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->row[i].key, key) == 0)
            return list->row[i].value;
    return NULL;
}

/* ---- Figures ---------------------------------------------------------------------------------- */

const char *metric_text(const char *metric, double value) {
    if (isnan(value))
        return "-";
    return strcmp(metric, "loss") == 0 ? text_decimal(value) : text_percent(value);
}

const char *range_text(const char *metric, double low, double high) {
    if (isnan(low) || isnan(high))
        return "";
    return strcmp(metric, "loss") == 0 ? text_printf("%.4f to %.4f", low, high)
                                       : text_printf("%.2f to %.2f %%", 100 * low, 100 * high);
}

const char *claim_text(const char *metric, double value, double uncertainty) {
    const char *text = metric_text(metric, value);
    if (!(uncertainty > 0))
        return text;
    return strcmp(metric, "loss") == 0 ? text_printf("%s ± %.4f", text, uncertainty)
                                       : text_printf("%s ± %.2f", text, 100 * uncertainty);
}

/* ---- Paths ------------------------------------------------------------------------------------ */

char *relative_path(const char *from, const char *to) {
    char a[PATH_MAX], b[PATH_MAX], *text;
    size_t size, same = 0;
    if (!realpath(from, a) || !realpath(to, b))
        return memory_text(to);
    for (size_t i = 0;; i++) {
        bool ends = (a[i] == '/' || !a[i]) && (b[i] == '/' || !b[i]);
        if (ends)
            same = i;
        if (a[i] != b[i] || !a[i])
            break;
    }
    FILE *out = text_begin(&text, &size);
    for (const char *s = a + same; *s; s++)
        if (*s == '/' && s[1])
            fputs("../", out);
    fputs(b[same] == '/' ? b + same + 1 : b[same] ? b + same : ".", out);
    fclose(out);
    return text;
}

bool page_figure(page *p, const char *folder, const char *name, const char *alt) {
    char *path = figure_path(folder, name);
    bool shown = page_chart(p, path, alt, NULL);
    free(path);
    return shown;
}

int page_save(page *p, const char *folder) {
    run_file file;
    run_file_begin(&file, folder, "report.html");
    page_end(p, file.out);
    return run_file_end(&file);
}
