/* text.h - pieces of terminal output: escaped names, numbers as people read them, wrapping, tables,
 * the terminal itself.
 *
 * The functions that return text use one of sixteen buffers in turn, so up to sixteen results live
 * at the same time: enough for any one printf. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A name from a file or the command line, safe to print: control characters and bytes that are no
 * UTF-8 as \xNN, cut with
 * "..." when very long. */
const char *text_plain(const char *name);

/* The same in `most` columns, cut with "…" where it is longer. */
const char *text_short(const char *name, int most);

/* Bytes of the UTF-8 character that `text` begins with; 0 where it is none, or not fit to print. */
int text_character(const char *text);

const char *text_count(int64_t n); /* "61,706" */
/* "1 epoch", "2,000 epochs" */
const char *text_plural(int64_t n, const char *noun);
const char *text_percent(double share);    /* 0.9852 as "98.52 %"; NaN as "-" */
const char *text_decimal(double x);        /* "0.0479"; NaN as "-" */
const char *text_duration(double seconds); /* "0:42", "1:02:03" */
const char *text_bytes(size_t bytes);      /* "12.3 MB" */
const char *text_number(double x);         /* for files: all 15 sure digits; NaN as "" */
const char *text_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A stream into memory, which there is or the program ends. Once it is closed, *text holds all that was written, *size bytes and a NUL; the caller frees it. */
FILE *text_begin(char **text, size_t *size);

/* Columns that a valid UTF-8 text takes, at one column a character. */
int text_width(const char *text);

/* Prints `text`, breaking lines at blanks before the 80th column; all lines but the first begin
 * with `indent` blanks. `column` is where the first line stands already. */
void text_wrap(FILE *out, const char *text, int column, int indent);

/* Each line of `text` after `indent` blanks. */
void text_indent(FILE *out, const char *text, int indent);

/* ---- Terminal -------------------------------------------------------------------------------- */

bool terminal_is(FILE *out);   /* a terminal that can redraw a line */
int terminal_width(FILE *out); /* its columns; 80 where it is no terminal */

/* Escape sequences, empty unless `out` is a terminal and NO_COLOR is unset. */
const char *style_bold(FILE *out);
const char *style_faint(FILE *out);
const char *style_red(FILE *out);
const char *style_end(FILE *out);

/* ---- Tables ---------------------------------------------------------------------------------- */

/* Cells in rows, printed in columns as wide as their widest cell, two blanks apart. */
typedef struct table table;

/* `columns` has a letter a column: l for left, r for right alignment. */
table *table_new(const char *columns);
void table_cell(table *t, const char *text); /* copies; row by row */
void table_rule(table *t);                   /* a line before the next row; two at most */
int table_width(const table *t);             /* columns that it takes, without indentation */
void table_print(const table *t, FILE *out, int indent);
void table_free(table *t);

#endif
