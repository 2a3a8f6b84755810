/* trace.c - see trace.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "memory.h"
#include "rundir.h"
#include "text.h"
#include "trace.h"

/* ---- Columns ---------------------------------------------------------------------------------- */

int trace_column_count(const trace_columns *c) {
    return lcnn_model_layer_count(c->model) + lcnn_session_tensor_count(c->session);
}

const char *trace_column_name(const trace_columns *c, int index) {
    int layers = lcnn_model_layer_count(c->model);
    return index < layers ? lcnn_model_layer(c->model, index).name
                          : lcnn_session_tensor_name(c->session, index - layers);
}

const char *trace_column_about(const trace_columns *c, int index) {
    const char *name = text_plain(trace_column_name(c, index));
    if (index >= lcnn_model_layer_count(c->model))
        return text_printf("tensor '%s' after it", name);
    return text_printf("what %s '%s' gave", lcnn_model_layer(c->model, index).op, name);
}

uint64_t trace_column_value(const trace_columns *c, int index, const lcnn_trace *row) {
    int layers = lcnn_model_layer_count(c->model);
    return index < layers ? row->layer[index] : row->tensor[index - layers];
}

/* ---- Writing ---------------------------------------------------------------------------------- */

static void write_head(const trace_columns *c, FILE *out) {
    fputs("epoch,step", out);
    for (int i = 0; i < trace_column_count(c); i++)
        fprintf(out, ",%s", trace_column_name(c, i));
    fputc('\n', out);
}

/* The step that a row is of, and where the rest of it begins; NULL: it is no row. */
static char *row_step(char *row, int *epoch, uint32_t *step) {
    char *end;
    *epoch = (int)strtol(row, &end, 10);
    if (end == row || *end != ',')
        return NULL;
    char *second = end + 1;
    *step = (uint32_t)strtoul(second, &end, 10);
    return end > second ? end : NULL;
}

/* Whether the step of a row comes after where training stands; what is no row counts as such. */
static bool is_later(char *row, lcnn_position at) {
    int epoch;
    uint32_t step;
    if (!row_step(row, &epoch, &step))
        return true;
    return epoch > at.epoch + 1 || (epoch == at.epoch + 1 && step > at.step);
}

/* Bytes of the head and of the whole rows of steps that are done; 0: there is no head, -1: errno.
 */
static off_t bytes_to_keep(FILE *file, lcnn_position at) {
    char *line = NULL;
    size_t room = 0;
    off_t end = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] != '\n' || (end > 0 && is_later(line, at)))
            break;
        end += length;
    }
    bool failed = length < 0 && !feof(file);
    int code = errno;
    free(line);
    errno = code;
    return failed ? -1 : end;
}

/* Leaves what is to be kept, and stands behind it. False: errno. */
static bool cut(const trace_columns *c, FILE *file) {
    off_t end = bytes_to_keep(file, lcnn_session_position(c->session));
    if (end < 0 || fseeko(file, end, SEEK_SET) != 0 || ftruncate(fileno(file), end) != 0)
        return false;
    if (end == 0)
        write_head(c, file);
    return true;
}

FILE *trace_write(const trace_columns *c, const char *folder, int *status) {
    char *path = run_path(folder, "trace.csv");
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "r+") : NULL;
    bool fine = file && cut(c, file);
    if (!fine && errno == ENOMEM)
        no_memory();
    if (!fine)
        *status = complain(LCNN_BAD_IO, path, "cannot write: %s", strerror(errno));
    if (!fine && file)
        fclose(file);
    else if (!file && descriptor >= 0)
        close(descriptor);
    free(path);
    return fine ? file : NULL;
}

void trace_add(const trace_columns *c, FILE *out, const lcnn_trace *row) {
    fprintf(out, "%d,%u", row->epoch, row->step);
    for (int i = 0; i < trace_column_count(c); i++)
        fprintf(out, ",%016" PRIx64, trace_column_value(c, i, row));
    fputc('\n', out);
}

bool trace_flush(FILE *out) {
    return fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
}

/* ---- Reading ---------------------------------------------------------------------------------- */

static bool has_head(const trace_columns *c, run_lines *lines) {
    char *head = NULL;
    size_t size;
    FILE *out = text_begin(&head, &size);
    write_head(c, out);
    fclose(out);
    const char *line = run_lines_next(lines);
    bool same = line && strcmp(line, head) == 0;
    free(head);
    return same;
}

bool trace_read(const trace_columns *c, run_lines *lines, const char *folder) {
    return run_lines_open(lines, folder, "trace.csv") && has_head(c, lines);
}

/* The file's row when it is of this step, without what tells that; else NULL, and it is read again
 * next time unless it is of an earlier one. */
static char *next_row(run_lines *lines, const lcnn_trace *row) {
    for (;;) {
        off_t begin = ftello(lines->in);
        int epoch;
        uint32_t step;
        char *line = run_lines_next(lines), *rest = line ? row_step(line, &epoch, &step) : NULL;
        if (!rest || (epoch == row->epoch && step == row->step))
            return rest;
        if (epoch > row->epoch || (epoch == row->epoch && step > row->step)) {
            fseeko(lines->in, begin, SEEK_SET);
            return NULL;
        }
    }
}

int trace_compare(const trace_columns *c, run_lines *lines, const lcnn_trace *row) {
    int differs = -1;
    const char *cell = next_row(lines, row);
    for (int i = 0; cell && differs < 0 && i < trace_column_count(c); i++) {
        char *end = NULL;
        if (*cell != ',' || strtoull(cell + 1, &end, 16) != trace_column_value(c, i, row))
            differs = i;
        cell = end;
    }
    return differs;
}
