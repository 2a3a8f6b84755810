/* progress.c - rows of epochs and the live line. */
#include "config.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "progress.h"
#include "text.h"

double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void clock_utc(char text[32]) {
    time_t now = time(NULL);
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&now, &parts))
        strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* One column of the rows: its head and the width of its cells. */
static void cell(FILE *out, const char *text, int width) {
    fprintf(out, "%*s%s", width - text_width(text), "", text);
}

static void print_head(const progress *p) {
    fputs(style_faint(p->out), p->out);
    cell(p->out, "epoch", 8);
    cell(p->out, "loss", 9);
    cell(p->out, "accuracy", 11);
    if (p->validation) {
        cell(p->out, "val. loss", 11);
        cell(p->out, "accuracy", 11);
    }
    if (p->test) {
        cell(p->out, "test loss", 11);
        cell(p->out, "accuracy", 11);
    }
    cell(p->out, "images/s", 11);
    cell(p->out, "seconds", 9);
    fprintf(p->out, "%s\n", style_end(p->out));
}

void progress_begin(progress *p, FILE *out, bool validation, bool test, double before) {
    *p = (progress){.out = out,
                    .validation = validation,
                    .test = test,
                    .started = clock_seconds(),
                    .before = before};
    if (!out)
        return;
    p->line = progress_line_begin(out);
    print_head(p);
    fflush(out);
}

void progress_end(progress *p) {
    if (p->out) {
        progress_wipe(&p->line);
        fflush(p->out);
    }
}

/* ---- The live line --------------------------------------------------------------------------- */

progress_line progress_line_begin(FILE *out) {
    return (progress_line){.out = out, .live = terminal_is(out)};
}

void progress_wipe(progress_line *line) {
    if (line->stands)
        fputs("\r\033[K", line->out);
    line->stands = false;
}

/* Appends `piece` when it still fits into `width` columns; all of this is ASCII. */
static void append(char *line, size_t width, const char *piece) {
    if (strlen(line) + strlen(piece) <= width)
        strcat(line, piece);
}

/* The bar takes what the rest of the line leaves, within limits, or is left out. */
static const char *bar(double share, size_t room) {
    char text[40];
    enum { LONGEST = 30, SHORTEST = 8, FRAME = 5 };
    size_t length = room >= LONGEST + FRAME ? LONGEST : room >= SHORTEST + FRAME ? room - FRAME : 0;
    if (length == 0)
        return " ";
    size_t full = (size_t)(share * (double)length);
    memset(text, '=', full);
    if (full < length)
        text[full] = '>';
    if (full + 1 < length)
        memset(text + full + 1, ' ', length - full - 1);
    return text_printf("  [%.*s] ", (int)length, text);
}

void progress_draw(progress_line *line, const char *head, double share, const char *const *piece,
                   int count, bool now) {
    enum { LONGEST = 160 };
    double clock = clock_seconds();
    if (!line->live || (line->stands && clock - line->drawn < 0.1 && !now))
        return;
    size_t width =
        (size_t)terminal_width(line->out) - 1; /* the last column would wrap on some terminals */
    width = width < LONGEST ? width : LONGEST;
    size_t used = strlen(head);
    for (int i = 0; i < count; i++)
        used += strlen(piece[i]);
    char text[LONGEST + 1] = "";
    append(text, width, head);
    append(text, width, bar(share, width > used ? width - used : 0));
    for (int i = 0; i < count; i++)
        append(text, width, piece[i]);
    fprintf(line->out, "\r%s\033[K", text);
    fflush(line->out);
    line->stands = true;
    line->drawn = clock;
}

/* ---- Training -------------------------------------------------------------------------------- */

void progress_step(progress *p, const lcnn_progress *now) {
    double clock = clock_seconds();
    double share = now->total > 0 ? (double)now->done / now->total : 0;
    double work = now->epoch - 1 + share, work_done = work - p->before;
    double left = work_done > 0 ? (clock - p->started) * (now->epochs - work) / work_done : NAN;
    double rate = now->seconds > 0 ? now->done / now->seconds : 0;
    const char *pieces[] = {
        text_printf("%3.0f %%", 100 * share),
        text_printf("  loss %s", text_decimal(now->loss)),
        text_printf("  accuracy %s", text_percent(now->accuracy)),
        text_printf("  %s images/s", text_count((int64_t)rate)),
        text_printf("  %s left", text_duration(left)),
    };
    enum { PIECES = sizeof pieces / sizeof *pieces };
    const char *head = text_printf("%8s", text_printf("%d/%d", now->epoch, now->epochs));
    progress_draw(&p->line, head, share, pieces, PIECES, now->done >= now->total);
}

void progress_epoch(progress *p, const lcnn_epoch *epoch) {
    FILE *out = p->out;
    if (!out)
        return;
    progress_wipe(&p->line);
    cell(out, text_printf("%d/%d", epoch->epoch, epoch->epochs), 8);
    cell(out, text_decimal(epoch->train_loss), 9);
    cell(out, text_percent(epoch->train_accuracy), 11);
    if (p->validation) {
        cell(out, text_decimal(epoch->validation_loss), 11);
        cell(out, text_percent(epoch->validation_accuracy), 11);
    }
    if (p->test) {
        cell(out, text_decimal(epoch->test_loss), 11);
        cell(out, text_percent(epoch->test_accuracy), 11);
    }
    cell(out, text_count((int64_t)epoch->images_per_second), 11);
    cell(out, text_printf("%.1f", epoch->seconds), 9);
    fputc('\n', out);
    fflush(out);
}
