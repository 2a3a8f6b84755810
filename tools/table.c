/* table.c - columns as wide as their widest cell. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "text.h"

struct table {
    const char *columns;
    int width; /* number of columns */
    int count; /* cells so far */
    int capacity;
    int rules;
    int rule[2]; /* rows that a line stands before */
    char **cell;
};

table *table_new(const char *columns) {
    table *t = memory_new(1, sizeof *t);
    t->columns = columns;
    t->width = (int)strlen(columns);
    return t;
}

void table_free(table *t) {
    for (int i = 0; i < t->count; i++)
        free(t->cell[i]);
    free(t->cell);
    free(t);
}

void table_cell(table *t, const char *text) {
    if (t->count == t->capacity) {
        t->capacity = 2 * t->capacity + 64;
        t->cell = memory_grow(t->cell, (size_t)t->capacity, sizeof *t->cell);
    }
    t->cell[t->count++] = memory_text(text);
}

void table_rule(table *t) {
    if (t->rules < 2)
        t->rule[t->rules++] = t->count / t->width;
}

static int column_width(const table *t, int column) {
    int widest = 0;
    for (int i = column; i < t->count; i += t->width) {
        int width = text_width(t->cell[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

int table_width(const table *t) {
    int total = 2 * (t->width - 1);
    for (int c = 0; c < t->width; c++)
        total += column_width(t, c);
    return total;
}

static void print_rule(const table *t, FILE *out, int indent) {
    int total = table_width(t);
    fprintf(out, "%*s", indent, "");
    while (total-- > 0)
        fputc('-', out);
    fputc('\n', out);
}

void table_print(const table *t, FILE *out, int indent) {
    for (int row = 0; row * t->width < t->count; row++) {
        for (int i = 0; i < t->rules; i++)
            if (row == t->rule[i])
                print_rule(t, out, indent);
        fprintf(out, "%*s", indent, "");
        int owed =
            0; /* blanks, printed only when something follows, so that no line ends in them */
        for (int c = 0; c < t->width; c++) {
            const char *text = t->cell[row * t->width + c];
            int space = column_width(t, c) - text_width(text);
            bool right = t->columns[c] == 'r';
            if (*text)
                fprintf(out, "%*s%s", owed + (right ? space : 0), "", text);
            owed = *text ? (right ? 0 : space) + 2 : owed + space + 2;
        }
        fputc('\n', out);
    }
}
