/* claims_table.c - reading the tables that stand beside a published figure: values between commas,
 * below the names of the columns. What they mean is read in claims.c. */
#include "claims.h"

#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_BYTES = 1 << 18, MAX_COLUMNS = 8 };

/* A table on its way in. */
typedef struct reading {
    const claims_reader *r;
    const source *text;
    const claims_column *column;
    int known;              /* columns of the list */
    int place[MAX_COLUMNS]; /* of the table's columns: which of the list they are */
    int columns;            /* of the table; 0: their names are still to come */
    int rows;
    claims_cell *cell; /* [rows][known] */
    bool ok;
} reading;

static void fault(reading *in, mark at, const char *text) {
    error_add(in->r->errors, LCNN_BAD_MODEL, at, "%s", text);
    in->ok = false;
}

/* The characters before a byte of a line make its column. */
static mark mark_at(const reading *in, int line, const char *begin, const char *at) {
    int column = 1;
    for (const char *p = begin; p < at; column++) {
        int length = utf8_length(p, at);
        p += length > 0 ? length : 1;
    }
    return (mark){in->text, line, column};
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The values of a line: at most `room` go to `cell`; the result is how many there are. 0 when
 * memory is out. */
static int split_line(const reading *in, int line, const char *begin, const char *end,
                      claims_cell *cell, int room) {
    int count = 0;
    for (const char *p = begin;; p++) {
        const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
        while (p < stop && (*p == ' ' || *p == '\t'))
            p++;
        const char *last = stop;
        while (last > p && (last[-1] == ' ' || last[-1] == '\t'))
            last--;
        if (count < room) {
            cell[count].at = mark_at(in, line, begin, p);
            cell[count].text = arena_copy(in->r->a, p, (size_t)(last - p));
            if (!cell[count].text)
                return 0;
        }
        count++;
        if (!comma)
            return count;
        p = comma;
    }
}

static int find_column(const reading *in, const char *name) {
    for (int i = 0; i < in->known; i++)
        if (strcmp(in->column[i].name, name) == 0)
            return i;
    return -1;
}

/* "epoch,train_error,test_error" */
static const char *column_names(const reading *in) {
    const char *all = "";
    for (int i = 0; i < in->known && all; i++)
        all = arena_format(in->r->a, "%s%s%s", all, i > 0 ? "," : "", in->column[i].name);
    return all ? all : "";
}

static void unknown_column(reading *in, const claims_cell *cell) {
    const char *names[MAX_COLUMNS + 1] = {NULL};
    for (int i = 0; i < in->known; i++)
        names[i] = in->column[i].name;
    const char *nearest = error_nearest(cell->text, names);
    if (nearest)
        error_add(in->r->errors, LCNN_BAD_MODEL, cell->at,
                  "unknown column '%.64s'; did you mean '%s'?", cell->text, nearest);
    else
        error_add(in->r->errors, LCNN_BAD_MODEL, cell->at,
                  "unknown column '%.64s'; the first line names the columns: %s", cell->text,
                  column_names(in));
    in->ok = false;
}

static void read_names(reading *in, const claims_cell *cell, int count, mark line) {
    bool seen[MAX_COLUMNS] = {false};
    for (int i = 0; i < count && i < MAX_COLUMNS; i++) {
        in->place[i] = find_column(in, cell[i].text);
        if (in->place[i] < 0)
            unknown_column(in, &cell[i]);
        else if (seen[in->place[i]])
            fault(in, cell[i].at, "this column is named twice");
        else
            seen[in->place[i]] = true;
    }
    if (count > MAX_COLUMNS)
        fault(in, line, "more columns than any table has");
    for (int i = 0; i < in->known && in->ok; i++)
        if (in->column[i].needed && !seen[i]) {
            error_add(in->r->errors, LCNN_BAD_MODEL, line, "there is no column '%s'",
                      in->column[i].name);
            in->ok = false;
        }
    in->columns = count;
}

/* ---- The whole ------------------------------------------------------------------------------- */

/* A line that says something: the first names the columns. */
static void read_line(reading *in, int line, const char *begin, const char *end) {
    mark here = {in->text, line, 1};
    claims_cell cell[MAX_COLUMNS];
    int count = split_line(in, line, begin, end, cell, MAX_COLUMNS);
    if (count == 0) {
        error_no_memory(in->r->errors);
        in->ok = false;
    } else if (in->columns == 0) {
        read_names(in, cell, count, here);
    } else if (count != in->columns) {
        error_add(in->r->errors, LCNN_BAD_MODEL, here, "this line has %d, not %d values", count,
                  in->columns);
        in->ok = false;
    } else {
        claims_cell *row = in->cell + (size_t)in->rows++ * (size_t)in->known;
        for (int i = 0; i < count; i++)
            row[in->place[i]] = cell[i];
    }
}

/* Room for a row in every line of the text. */
static bool make_room(reading *in) {
    size_t lines = 1;
    for (const char *p = in->text->text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    while (in->column[in->known].name)
        in->known++;
    in->cell = arena_array(in->r->a, lines * (size_t)in->known, sizeof *in->cell);
    if (!in->cell)
        error_no_memory(in->r->errors);
    return in->cell != NULL;
}

static const claims_table *read_text(reading *in) {
    const char *end = in->text->text + in->text->length;
    in->ok = make_room(in);
    int line = 1;
    for (const char *p = in->text->text, *next; p < end && in->ok; p = next + 1, line++) {
        next = memchr(p, '\n', (size_t)(end - p));
        next = next ? next : end;
        const char *last = next > p && next[-1] == '\r' ? next - 1 : next;
        const char *first = p + strspn(p, " \t");
        if (first < last && *first != '#')
            read_line(in, line, p, last);
    }
    if (in->ok && in->rows == 0) {
        error_add(in->r->errors, LCNN_BAD_MODEL, (mark){in->text, 0, 0},
                  "there are no values in it; the first line names the columns: %s",
                  column_names(in));
        in->ok = false;
    }
    claims_table *table = in->ok ? arena_alloc(in->r->a, sizeof *table) : NULL;
    if (table)
        *table = (claims_table){in->rows, in->known, in->cell};
    else if (in->ok)
        error_no_memory(in->r->errors);
    return table;
}

/* Whether a file can be a table; said where it was named. */
static bool check_file(const claims_reader *r, const char *path, mark at) {
    struct stat info;
    if (stat(path, &info) != 0)
        error_add(r->errors, LCNN_BAD_MODEL, at, "cannot read '%s': %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        error_add(r->errors, LCNN_BAD_MODEL, at, "'%s' is %s; name a CSV file", path,
                  S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
    else
        return true;
    return false;
}

const claims_table *claims_read_table(const claims_reader *r, const char *path, mark at,
                                      const claims_column *columns) {
    size_t size;
    char *bytes = check_file(r, path, at)
                      ? file_read(path, MAX_BYTES, &size, LCNN_BAD_MODEL, r->errors)
                      : NULL;
    if (!bytes)
        return NULL;
    /* Spreadsheets begin with a byte order mark. */
    const size_t skipped = strncmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    const bool is_text = strlen(bytes) == size;
    reading in = {.r = r, .column = columns, .ok = true};
    in.text = is_text ? error_source(r->errors, path, bytes + skipped, size - skipped) : NULL;
    if (!is_text)
        error_add(r->errors, LCNN_BAD_MODEL, error_file(r->errors, path),
                  "this is no text: there is a zero byte in it");
    else if (!in.text)
        error_no_memory(r->errors);
    free(bytes);
    return in.text ? read_text(&in) : NULL;
}
