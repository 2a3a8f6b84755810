/* test_figure.c - charts by gnuplot: what SVGs promise, texts that mean something to gnuplot, and
 * every way in which gnuplot can be missing or fail. Where gnuplot is not installed, the tests that
 * draw are skipped. */
#include "config.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"
#include "../tools/figure_parts.h"

static char folder[64], path[256];

static void setup(void) {
    strcpy(folder, "/tmp/lcnn-figure-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void) { /* in the forked test too, so PATH may be any */
    char line[128];
    snprintf(line, sizeof line, "/bin/rm -rf '%s'", folder);
    ck_assert_int_eq(system(line), 0);
}

static bool has_gnuplot(void) {
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static const char *inside(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A program called gnuplot, the only thing in PATH but for the shell's own. */
static void replace_gnuplot(const char *script) {
    mkdir(inside("bin"), 0777);
    FILE *out = fopen(inside("bin/gnuplot"), "w");
    ck_assert_ptr_nonnull(out);
    fprintf(out, "#!/bin/sh\n%s\n", script);
    fclose(out);
    chmod(inside("bin/gnuplot"), 0755);
    setenv("PATH", inside("bin"), 1);
}

static void add_chart(figures *f, const char *name, const char *title, const char *label) {
    static const double x[] = {1, 2, 3}, y[] = {0.1, 0, 0.4};
    const char *const names[] = {label, NULL, label};
    const series s[] = {
        {.label = label, .style = SERIES_LINE_POINTS, .count = 3, .x = x, .y = y, .names = names},
        {.label = label,
         .style = SERIES_REFERENCE,
         .count = 3,
         .x = x,
         .y = y,
         .low = y,
         .high = y}};
    figures_chart(f, &(chart){.name = name,
                              .title = title,
                              .x = {.label = label},
                              .y = {.label = label, .log = true, .percent = true},
                              .series_count = 2,
                              .series = s});
}

/* What figures_draw says of one chart. */
static char *draw_one(double limit) {
    figures *f = figures_begin(folder);
    add_chart(f, "one", "One", "series");
    return figures_draw(f, limit);
}

static char *read_file(const char *name) {
    FILE *in = fopen(inside(name), "rb");
    char *text = calloc(1, 1 << 20);
    ck_assert_msg(in != NULL, "no %s", name);
    ck_assert(fread(text, 1, (1 << 20) - 1, in) > 0);
    fclose(in);
    return text;
}

static bool is_there(const char *name) {
    return access(inside(name), F_OK) == 0;
}

/* ---- Drawing ---------------------------------------------------------------------------------- */

START_TEST(svg_fits_any_page) {
    if (!has_gnuplot())
        suite_skip("gnuplot is not installed");
    figures *f = figures_begin(folder);
    const double matrix[] = {5, 1, 0, 7};
    const char *const names[] = {"a", "b"};
    add_chart(f, "chart", "Title", "label");
    figures_heat_map(f, &(heat_map){"map", "Map", "truth", "answer", 2, names, matrix});
    char *said = figures_end(f);
    ck_assert_msg(said == NULL, "%s", said);
    const char *const files[] = {"figures/chart.svg", "figures/map.svg"};
    for (int i = 0; i < 2; i++) {
        char *svg = read_file(files[i]);
        ck_assert_msg(strncmp(svg, "<svg ", 5) == 0, "a head of XML cannot stand in a page");
        ck_assert_msg(!strstr(svg, " id="), "ids meet those of other figures");
        ck_assert_msg(!strstr(svg, "href"), "references need ids");
        ck_assert_ptr_nonnull(strstr(svg, "viewBox="));
        ck_assert_ptr_null(strstr(svg, " width="));
        ck_assert_ptr_nonnull(strstr(svg, "prefers-color-scheme:dark"));
        ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
        free(svg);
    }
    char *map = read_file("figures/map.svg");
    ck_assert_ptr_nonnull(strstr(map, "<text>7</text>"));
    ck_assert_ptr_nonnull(strstr(map, heat_hit[HEAT_STEPS - 1]));
    ck_assert_msg(strstr(map, heat_miss[HEAT_STEPS - 1]) != NULL, "one in six is a deep miss");
    free(map);
    char *png = read_file("figures/chart.png");
    ck_assert(memcmp(png, "\211PNG", 4) == 0);
    free(png);
}
END_TEST

START_TEST(texts_mean_nothing_to_gnuplot) {
    static const char *const texts[] = {
        "it's", "a \"b\"", "back\\", "x_1^2", "{open", "close}",     "@name",    "`touch gotcha`",
        "5 %d", "50%",     "$d0",    "# no",  "a;b",   "two\nlines", "\x01\xff", "ä€"};
    if (!has_gnuplot())
        suite_skip("gnuplot is not installed");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const double at[] = {0, 1}, y[] = {1, 2};
        const char *const names[] = {texts[i], "b"};
        const series s = {.style = SERIES_POINTS, .count = 2, .x = at, .y = y};
        figures *f = figures_begin(folder);
        add_chart(f, "text", texts[i], texts[i]);
        figures_chart(f, &(chart){.name = "ticks",
                                  .x = {.name_count = 2, .names = names},
                                  .series_count = 1,
                                  .series = &s});
        char *said = figures_end(f);
        ck_assert_msg(said == NULL, "'%s': %s", texts[i], said);
    }
    char *svg = read_file("figures/ticks.svg");
    ck_assert_msg(strstr(svg, "<text>ä€</text>") != NULL, "the name of a tick is not as given");
    free(svg);
    ck_assert_msg(!is_there("gotcha") && access("gotcha", F_OK) != 0,
                  "gnuplot ran a command of a text");
}
END_TEST

START_TEST(texts_arrive_as_they_are) {
    if (!has_gnuplot())
        suite_skip("gnuplot is not installed");
    figures *f = figures_begin(folder);
    add_chart(f, "text", "a_b {c} 'd' \"e\" \\ @f <g> & 5%d", "l");
    char *said = figures_end(f);
    ck_assert_msg(said == NULL, "%s", said);
    char *svg = read_file("figures/text.svg");
    ck_assert_msg(strstr(svg, "<text>a_b {c} 'd' \"e\" \\ @f &lt;g> &amp; 5%d</text>") != NULL,
                  "not as given");
    free(svg);
}
END_TEST

START_TEST(nothing_to_draw_is_no_failure) {
    const double nan = NAN;
    const series s = {.style = SERIES_LINE, .count = 1, .x = &nan, .y = &nan};
    ck_assert_ptr_null(figures_end(figures_begin(folder)));
    ck_assert(!is_there("figures"));
    if (!has_gnuplot())
        suite_skip("gnuplot is not installed");
    figures *f = figures_begin(folder);
    figures_chart(f, &(chart){.name = "empty", .series_count = 1, .series = &s});
    char *said = figures_end(f);
    ck_assert_msg(said == NULL, "%s", said);
    ck_assert(is_there("figures/empty.svg"));
}
END_TEST

/* ---- gnuplot in trouble ----------------------------------------------------------------------- */

static void says(char *said, const char *word) {
    ck_assert_msg(said != NULL, "nothing was said");
    ck_assert_msg(strstr(said, word) != NULL, "'%s' is not in: %s", word, said);
    free(said);
}

START_TEST(missing_gnuplot_is_said_and_old_figures_go) {
    mkdir(inside("figures"), 0777);
    fclose(fopen(inside("figures/one.svg"), "w"));
    setenv("PATH", inside("nothing"), 1);
    says(draw_one(10), "gnuplot is not installed");
    ck_assert_msg(!is_there("figures/one.svg"), "a figure of an earlier run stayed");
}
END_TEST

START_TEST(failing_gnuplot_is_quoted) {
    replace_gnuplot("echo 5.4 >&2; echo 'line 7: no such terminal' >&2; exit 1");
    says(draw_one(10), "gnuplot failed: no such terminal");
}
END_TEST

START_TEST(silent_gnuplot_is_said) {
    replace_gnuplot("exit 3");
    says(draw_one(10), "exit status 3");
}
END_TEST

START_TEST(old_gnuplot_is_said) {
    replace_gnuplot("echo 4.6 >&2");
    says(draw_one(10), "gnuplot 4.6 is too old");
}
END_TEST

START_TEST(crashing_gnuplot_is_said) {
    replace_gnuplot("kill -SEGV $$");
    says(draw_one(10), "signal 11");
}
END_TEST

START_TEST(hanging_gnuplot_is_stopped) {
    replace_gnuplot("while :; do :; done");
    says(draw_one(0.2), "did not end within 0.2 seconds");
}
END_TEST

START_TEST(half_a_figure_is_none) {
    replace_gnuplot("echo '<svg viewBox=\"0 0 9 9\"><g>'");
    says(draw_one(10), "gnuplot failed");
    ck_assert(!is_there("figures/one.svg"));
}
END_TEST

START_TEST(folder_that_cannot_be_made_is_said) {
    fclose(fopen(inside("figures"), "w"));
    char *said = draw_one(10);
    if (has_gnuplot())
        ck_assert_ptr_nonnull(said);
    free(said);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("figure");
    TCase *cases = tcase_create("figure");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, svg_fits_any_page);
    tcase_add_test(cases, texts_mean_nothing_to_gnuplot);
    tcase_add_test(cases, texts_arrive_as_they_are);
    tcase_add_test(cases, nothing_to_draw_is_no_failure);
    tcase_add_test(cases, missing_gnuplot_is_said_and_old_figures_go);
    tcase_add_test(cases, failing_gnuplot_is_quoted);
    tcase_add_test(cases, silent_gnuplot_is_said);
    tcase_add_test(cases, old_gnuplot_is_said);
    tcase_add_test(cases, crashing_gnuplot_is_said);
    tcase_add_test(cases, hanging_gnuplot_is_stopped);
    tcase_add_test(cases, half_a_figure_is_none);
    tcase_add_test(cases, folder_that_cannot_be_made_is_said);
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
