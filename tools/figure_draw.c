/* figure_draw.c - runs gnuplot over all figures of a set and puts what it made into files.
 *
 * Two of them at the same time, one for SVGs and one for PNGs. Commands go in by a file without a
 * name and figures come out by another, one behind the other, so nothing is left anywhere when
 * something fails, and the figures before the fault are had. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "figure_parts.h"
#include "memory.h"
#include "progress.h"
#include "rundir.h"
#include "text.h"

extern char **environ;

enum { SECONDS = 20 };
#define OLDEST 5.0
#define PNG_SCALE 1.8 /* pixels of a PNG for one of the SVG */

typedef enum form { FORM_SVG, FORM_PNG, FORMS } form;

/* One gnuplot. */
typedef struct plotter {
    FILE *in, *out, *said;
    pid_t child; /* 0: there is none */
    int status;  /* as from waitpid */
    bool late;
    char *bytes; /* that it made */
    size_t size;
} plotter;

/* ---- Sets ------------------------------------------------------------------------------------- */

figures *figures_begin(const char *folder) {
    figures *f = memory_new(1, sizeof *f);
    f->folder = memory_text(folder);
    return f;
}

drawing *drawing_begin(figures *f, const char *name) {
    f->drawing = memory_grow(f->drawing, (size_t)(f->count + 1), sizeof *f->drawing);
    drawing *d = &f->drawing[f->count++];
    *d = (drawing){.name = memory_text(name)};
    d->out = text_begin(&d->commands, &d->size);
    return d;
}

void drawing_end(drawing *d, int width, int height) {
    d->width = width;
    d->height = height;
    fclose(d->out);
    d->out = NULL;
}

static void free_set(figures *f) {
    for (int i = 0; i < f->count; i++) {
        free(f->drawing[i].name);
        free(f->drawing[i].commands);
    }
    free(f->drawing);
    free(f->folder);
    free(f);
}

static char *file_path(const char *folder, const char *name, form kind) {
    return run_path(folder, text_printf("figures/%s.%s", name, kind == FORM_SVG ? "svg" : "png"));
}

char *figure_path(const char *folder, const char *name) {
    return file_path(folder, name, FORM_SVG);
}

/* ---- gnuplot ---------------------------------------------------------------------------------- */

/* Its version comes first, for the case that it is too old for the rest. */
static void write_script(const figures *f, form kind, FILE *out) {
    fprintf(out, "print GPVAL_VERSION\nif (GPVAL_VERSION < %.1f) exit\nset encoding utf8\n",
            OLDEST);
    for (int i = 0; i < f->count; i++) {
        const drawing *d = &f->drawing[i];
        fputs("reset\n", out);
        if (kind == FORM_SVG)
            fprintf(out, "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,13'\n",
                    d->width, d->height);
        else
            fprintf(
                out,
                "set terminal pngcairo size %d,%d noenhanced font 'sans-serif,9.75' fontscale %.3f "
                "linewidth %.2f pointscale %.2f\n",
                (int)(d->width * PNG_SCALE), (int)(d->height * PNG_SCALE), PNG_SCALE, PNG_SCALE,
                PNG_SCALE);
        fputs("unset key\n", out);
        fwrite(d->commands, 1, d->size, out);
    }
}

/* 0, or the errno of what failed. */
static int start(plotter *p, const figures *f, form kind) {
    p->in = tmpfile();
    p->out = tmpfile();
    p->said = tmpfile();
    if (!p->in || !p->out || !p->said)
        return errno;
    write_script(f, kind, p->in);
    if (fflush(p->in) != 0)
        return errno;
    rewind(p->in);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    FILE *const file[] = {p->in, p->out, p->said};
    int failed = 0;
    for (int i = 0; i < 3 && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(&actions, fileno(file[i]), i);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP); /* so that all it starts can be ended */
    static char *command_line[] = {"gnuplot", "--default-settings", NULL};
    if (!failed)
        failed =
            posix_spawnp(&p->child, command_line[0], &actions, &attributes, command_line, environ);
    if (failed)
        p->child = 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* Waits for its end, which comes at `deadline` at the latest. */
static void wait_for(plotter *p, double deadline) {
    while (p->child && waitpid(p->child, &p->status, WNOHANG) == 0) {
        if (clock_seconds() > deadline && !p->late) {
            p->late = true;
            kill(-p->child, SIGKILL);
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

/* All bytes of a file, NUL-ended. */
static char *whole(FILE *file, size_t *size) {
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    char *bytes = memory_new((size_t)(length > 0 ? length : 0) + 1, 1);
    rewind(file);
    *size = length > 0 ? fread(bytes, 1, (size_t)length, file) : 0;
    return bytes;
}

/* ---- What it said ----------------------------------------------------------------------------- */

/* The last line with something in it, without "line 12:". */
static const char *complaint(char *said) {
    const char *last = "";
    for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n")) {
        line += strspn(line, " \t");
        if (strncmp(line, "line ", 5) == 0 && strchr(line, ':'))
            line = strchr(line, ':') + 1;
        line += strspn(line, " \t^");
        if (*line)
            last = line;
    }
    return text_printf("%.200s", text_plain(last));
}

/* NULL when it made all. */
static char *explain(const plotter *p, int made, int wanted, double limit) {
    if (made == wanted)
        return NULL;
    size_t size;
    char *said = whole(p->said, &size), *end;
    double version = strtod(said, &end);
    const char *text;
    if (p->late)
        text = text_printf("gnuplot did not end within %.3g seconds and was stopped", limit);
    else if (end > said && version < OLDEST)
        text = text_printf("gnuplot %.1f is too old to draw the figures: version %.1f or newer can",
                           version, OLDEST);
    else if (WIFSIGNALED(p->status))
        text = text_printf("gnuplot was ended by signal %d (%s)", WTERMSIG(p->status),
                           strsignal(WTERMSIG(p->status)));
    else
        text = text_printf(
            "gnuplot failed: %s",
            size > 0 ? complaint(said)
                     : text_printf("exit status %d, and it said nothing", WEXITSTATUS(p->status)));
    free(said);
    return memory_text(text);
}

/* ---- Files ------------------------------------------------------------------------------------ */

/* Length of the SVG or PNG that begins at `at`; 0 where there is no whole one. */
static size_t svg_length(const char *at, size_t left) {
    static const char last[] = "</svg>";
    const char *end = left > 0 ? strstr(at, last) : NULL;
    return end ? (size_t)(end - at) + sizeof last - 1 : 0;
}

static size_t png_length(const char *at, size_t left) {
    const unsigned char *b = (const unsigned char *)at;
    if (left < 8 || memcmp(b, "\211PNG\r\n\032\n", 8) != 0)
        return 0;
    for (size_t used = 8; left - used >= 12;) {
        size_t length = (size_t)b[used] << 24 | (size_t)b[used + 1] << 16 |
                        (size_t)b[used + 2] << 8 | b[used + 3];
        bool last = memcmp(b + used + 4, "IEND", 4) == 0;
        if (length > left - used - 12)
            return 0;
        used += length + 12;
        if (last)
            return used;
    }
    return 0;
}

static bool write_one(const figures *f, int index, form kind, const char *bytes, size_t size,
                      lcnn_errors *errors) {
    char *path = file_path(f->folder, f->drawing[index].name, kind), *svg = NULL;
    if (kind == FORM_SVG)
        bytes = svg = figure_svg(bytes, size, &size);
    bool written = lcnn_write_file(path, bytes, size, errors);
    free(svg);
    free(path);
    return written;
}

/* The files that an earlier run of gnuplot left for the figures from `first` on. */
static void remove_files(const figures *f, int first, form kind) {
    for (int i = first; i < f->count; i++) {
        char *path = file_path(f->folder, f->drawing[i].name, kind);
        unlink(path);
        free(path);
    }
}

/* Returns how many whole figures there were. */
static int write_all(const figures *f, const plotter *p, form kind, lcnn_errors *errors) {
    size_t used = 0;
    for (int made = 0; made < f->count; made++) {
        const char *at = p->bytes + used;
        size_t left = p->size - used;
        size_t length = kind == FORM_SVG ? svg_length(at, left) : png_length(at, left);
        if (length == 0 || !write_one(f, made, kind, at, length, errors))
            return made;
        used += length;
    }
    return f->count;
}

/* ---- All of it -------------------------------------------------------------------------------- */

static char *make_folder(const figures *f) {
    char *path = run_path(f->folder, "figures"), *said = NULL;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        said = memory_text(
            text_printf("%s: cannot make this folder: %s", text_plain(path), strerror(errno)));
    free(path);
    return said;
}

static char *start_failure(int error) {
    if (error == ENOMEM)
        no_memory();
    if (error == ENOENT)
        return memory_text("gnuplot is not installed, or not in PATH");
    return memory_text(text_printf("gnuplot cannot be started: %s", strerror(error)));
}

/* Files of what it made; NULL, or a sentence. */
static char *finish(const figures *f, plotter *p, form kind, double limit) {
    char *said;
    lcnn_errors *errors = messages_begin();
    p->bytes = whole(p->out, &p->size);
    int made = write_all(f, p, kind, errors);
    if (lcnn_errors_count(errors) > 0)
        said = memory_text(lcnn_errors_text(errors, 0));
    else
        said = explain(p, made, f->count, limit);
    remove_files(f, made, kind);
    messages_forgive(errors);
    free(p->bytes);
    return said;
}

static void plotter_close(plotter *p) {
    FILE *const file[] = {p->in, p->out, p->said};
    for (int i = 0; i < 3; i++)
        if (file[i])
            fclose(file[i]);
}

/* SVGs are what a page is made of; a complaint about PNGs counts where there is no other. */
static char *draw_all(const figures *f, double limit) {
    plotter p[FORMS] = {0};
    double deadline = clock_seconds() + limit;
    char *said = make_folder(f);
    int failed = 0;
    for (int i = 0; i < FORMS && !said && !failed; i++)
        failed = start(&p[i], f, (form)i);
    if (failed)
        said = start_failure(failed);
    for (int i = 0; i < FORMS; i++)
        wait_for(&p[i], deadline);
    for (int i = 0; i < FORMS; i++) {
        if (p[i].child) {
            char *also = finish(f, &p[i], (form)i, limit);
            if (said)
                free(also);
            else
                said = also;
        } else {
            remove_files(f, 0, (form)i);
        }
        plotter_close(&p[i]);
    }
    return said;
}

char *figures_draw(figures *f, double limit) {
    char *said = f->count > 0 ? draw_all(f, limit) : NULL;
    free_set(f);
    return said;
}

char *figures_end(figures *f) {
    return figures_draw(f, SECONDS);
}
