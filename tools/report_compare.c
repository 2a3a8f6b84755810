/* report_compare.c - the page of several runs side by side: figures, curves laid over one another,
 * what differs between the models, and on which test images they disagree. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "job.h"
#include "memory.h"
#include "report.h"
#include "report_gallery.h"
#include "report_parts.h"
#include "statistics.h"
#include "text.h"

enum { MOST_CURVES = 8, MOST_PAIRS = 45, SHOWN = 10 /* images of a gallery: a row */ };

typedef struct comparison {
    page *p;
    const char *out;
    int count;
    past_run *const *run;
    char **name; /* [count]: short, and no two the same */
} comparison;

/* ---- Names ------------------------------------------------------------------------------------ */

static const char *last_part(const char *folder) {
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && folder[begin - 1] != '/')
        begin--;
    return text_printf("%.*s", (int)(length - begin), folder + begin);
}

/* The last part of the folder tells runs apart, but where it does not, the whole folder does. */
static void name_runs(comparison *c) {
    c->name = memory_new((size_t)c->count, sizeof *c->name);
    for (int i = 0; i < c->count; i++) {
        bool twice = false;
        for (int k = 0; k < c->count; k++)
            twice |=
                k != i && strcmp(last_part(c->run[i]->folder), last_part(c->run[k]->folder)) == 0;
        c->name[i] = memory_text(twice ? c->run[i]->folder : last_part(c->run[i]->folder));
    }
}

/* ---- Figures ---------------------------------------------------------------------------------- */

static uint32_t wrong_answers(const past_run *r) {
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < r->prediction_count; i++)
        wrong += r->prediction[i].truth != r->prediction[i].answer;
    return wrong;
}

static const char *percent_range(interval range) {
    return isnan(range.low) ? ""
                            : text_printf("%.2f to %.2f %%", 100 * range.low, 100 * range.high);
}

static void put_row(const comparison *c, int i) {
    const past_run *r = c->run[i];
    page *p = c->p;
    char *folder = relative_path(c->out, r->folder),
         *link = memory_text(text_printf("%.400s/report.html", folder));
    page_cell_link(p, link, c->name[i]);
    page_cell(p, json_member_text(r->record, "model", NULL));
    page_cell(p, json_member_text(r->record, "data", NULL));
    page_cell(p, text_number(json_member_number(r->record, "seed", NULL)));
    page_cell(p, text_percent(1 - json_member_number(r->result, "test", "accuracy", NULL)));
    page_cell(p, percent_range(binomial_interval(wrong_answers(r), r->prediction_count)));
    page_cell(p, text_decimal(json_member_number(r->result, "test", "loss", NULL)));
    page_cell(p, text_percent(json_member_number(r->result, "test", "macro", "f1", NULL)));
    page_cell(p, r->model ? text_count(model_total(r->model).parameters) : "-");
    page_cell(p, r->model ? text_count(model_total(r->model).macs) : "-");
    page_cell(p, text_count(r->epochs));
    page_cell(p, text_duration(json_member_number(r->record, "seconds", NULL)));
    free(link);
    free(folder);
}

static void put_figures(const comparison *c) {
    static const char *const heads[] = {"run",        "model",         "data",   "seed",
                                        "test error", "95 % interval", "loss",   "macro F1",
                                        "parameters", "multiply-adds", "epochs", "time"};
    page_section(c->p, "Figures");
    page_table_begin(c->p, "lllrrrrrrrrr", NULL);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        page_head(c->p, heads[i]);
    for (int i = 0; i < c->count; i++)
        put_row(c, i);
    page_table_end(c->p);
}

/* ---- Curves ----------------------------------------------------------------------------------- */

/* Of each run, or of the first eight, which the colours tell apart. */
static void add_curves(const comparison *c, figures *f, run_column column, bool of_accuracy,
                       chart *what) {
    series lines[MOST_CURVES];
    double *made[MOST_CURVES], low = INFINITY, high = 0;
    int count = 0;
    for (int i = 0; i < c->count && count < MOST_CURVES; i++) {
        const past_run *r = c->run[i];
        double *y = memory_new((size_t)r->epochs + 1, sizeof *y);
        for (int k = 0; k < r->epochs; k++) {
            y[k] = of_accuracy ? 1 - r->column[column][k] : r->column[column][k];
            low = y[k] > 0 ? fmin(low, y[k]) : low;
            high = fmax(high, y[k]);
        }
        made[count] = y;
        lines[count++] = (series){.label = c->name[i],
                                  .style = r->epochs > 30 ? SERIES_LINE : SERIES_LINE_POINTS,
                                  .count = r->epochs,
                                  .x = r->epochs > 0 ? r->column[RUN_EPOCH] : y,
                                  .y = y};
    }
    what->x = (axis){.label = "epoch", .whole = true};
    what->y.percent = of_accuracy;
    what->y.log = high > 8 * low;
    what->series_count = count;
    what->series = lines;
    figures_chart(f, what);
    for (int i = 0; i < count; i++)
        free(made[i]);
}

static void put_curves(const comparison *c) {
    figures *f = figures_begin(c->out);
    add_curves(c, f, RUN_TEST_ACCURACY, true,
               &(chart){.name = "test-error",
                        .title = "Test error",
                        .y = {.label = "share of wrong answers"}});
    add_curves(c, f, RUN_TRAIN_ACCURACY, true,
               &(chart){.name = "train-error",
                        .title = "Training error",
                        .y = {.label = "share of wrong answers"}});
    add_curves(c, f, RUN_TEST_LOSS, false,
               &(chart){.name = "test-loss",
                        .title = "Test loss",
                        .y = {.label = "mean loss of an image"}});
    char *said = figures_end(f);
    page_section(c->p, "Curves");
    if (said)
        page_note(c->p, "Charts are missing: %s.", said);
    page_columns_begin(c->p);
    page_figure(c->p, c->out, "test-error", "Test error of each run by epoch");
    page_figure(c->p, c->out, "train-error", "Training error of each run by epoch");
    page_figure(c->p, c->out, "test-loss", "Test loss of each run by epoch");
    page_columns_end(c->p);
    if (c->count > MOST_CURVES)
        page_note(c->p, "The curves are those of the first %d runs.", MOST_CURVES);
    free(said);
}

/* ---- The same images -------------------------------------------------------------------------- */

/* Whether two runs answered the same test images, in the same order. */
static bool same_images(const past_run *a, const past_run *b) {
    if (a->prediction_count == 0 || a->prediction_count != b->prediction_count ||
        strcmp(json_member_text(a->record, "data_sha256", NULL),
               json_member_text(b->record, "data_sha256", NULL)) != 0)
        return false;
    for (uint32_t i = 0; i < a->prediction_count; i++)
        if (a->prediction[i].index != b->prediction[i].index ||
            a->prediction[i].truth != b->prediction[i].truth)
            return false;
    return true;
}

static bool right_at(const past_run *r, uint32_t i) {
    return r->prediction[i].truth == r->prediction[i].answer;
}

/* Images that `right` alone got right. */
static uint32_t only_right(const past_run *right, const past_run *wrong) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < right->prediction_count; i++)
        count += right_at(right, i) && !right_at(wrong, i);
    return count;
}

static void put_pair(const comparison *c, int i, int k) {
    const past_run *a = c->run[i], *b = c->run[k];
    uint32_t first = only_right(b, a), second = only_right(a, b);
    double chance = mcnemar(first, second);
    page_cell(c->p, c->name[i]);
    page_cell(c->p, c->name[k]);
    page_cell(c->p, text_count(first));
    page_cell(c->p, text_count(second));
    page_cell(c->p, text_count(wrong_answers(a) - first));
    page_cell(c->p, chance < 1e-4 ? text_printf("%.1e", chance) : text_printf("%.4f", chance));
    page_cell_tone(c->p, chance < 0.05 ? PAGE_GOOD : PAGE_FAINT,
                   chance >= 0.05   ? "no difference shown"
                   : first < second ? text_printf("%.200s is better", c->name[i])
                                    : text_printf("%.200s is better", c->name[k]));
}

static void put_pairs(const comparison *c) {
    static const char *const heads[] = {"A",          "B", "only A wrong",  "only B wrong",
                                        "both wrong", "p", "verdict at 5 %"};
    int pairs = 0, all = 0;
    page_section(c->p, "On the same images");
    page_paragraph(c->p, "McNemar's exact test looks at the test images that one of two runs alone "
                         "gets wrong: p is the "
                         "probability that they fall this unevenly on two equally good ones.");
    page_table_begin(c->p, "llrrrrl", NULL);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        page_head(c->p, heads[i]);
    for (int i = 0; i < c->count; i++)
        for (int k = i + 1; k < c->count; k++)
            if (same_images(c->run[i], c->run[k]) && all++ < MOST_PAIRS) {
                put_pair(c, i, k);
                pairs++;
            }
    page_table_end(c->p);
    if (all == 0)
        page_note(c->p, "No two of the runs were tested on the same images.");
    else if (all > pairs)
        page_note(c->p, "The first %d of %d pairs.", pairs, all);
}

/* ---- What differs ----------------------------------------------------------------------------- */

static bool key_seen(const setting_list *list, int before, const char *key) {
    for (int i = 0; i < before; i++)
        if (settings_value(&list[i], key))
            return true;
    return false;
}

/* Whether the runs differ in a key; where one lacks it, they do. */
static bool key_differs(const setting_list *list, int count, const char *key) {
    const char *first = settings_value(&list[0], key);
    for (int i = 1; i < count; i++) {
        const char *other = settings_value(&list[i], key);
        if (!first != !other || (first && strcmp(first, other) != 0))
            return true;
    }
    return false;
}

/* Of nodes that not every run has, the operator says enough, and a text about a model is none of
 * its settings. */
static bool is_detail(const setting_list *list, int count, const char *key) {
    const char *last = strrchr(key, '.');
    if (strcmp(key, "about") == 0)
        return true;
    if (strncmp(key, "nodes.", 6) != 0 || strcmp(last, ".op") == 0)
        return false;
    const char *node = strchr(key + 6, '.');
    for (int i = 0; node && i < count; i++)
        if (!settings_value(&list[i], text_printf("%.*s.op", (int)(node - key), key)))
            return true;
    return false;
}

static void put_settings(const comparison *c, const setting_list *list) {
    char *columns = memory_new((size_t)c->count + 2, 1);
    int rows = 0;
    memset(columns, 'l', (size_t)c->count + 1);
    page_table_begin(c->p, columns, NULL);
    page_head(c->p, "key");
    for (int i = 0; i < c->count; i++)
        page_head(c->p, c->name[i]);
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < list[i].count; k++) {
            const char *key = list[i].row[k].key;
            if (key_seen(list, i, key) || !key_differs(list, c->count, key) ||
                is_detail(list, c->count, key))
                continue;
            page_cell(c->p, key);
            for (int j = 0; j < c->count; j++) {
                const char *value = settings_value(&list[j], key);
                page_cell_tone(c->p, value ? PAGE_PLAIN : PAGE_FAINT, value ? value : "–");
            }
            rows++;
        }
    page_table_end(c->p);
    if (rows == 0)
        page_paragraph(c->p, "The settings of the models are the same, key by key.");
    free(columns);
}

static void put_models(const comparison *c) {
    setting_list *list = memory_new((size_t)c->count, sizeof *list);
    page_section(c->p, "What differs");
    for (int i = 0; i < c->count; i++)
        if (c->run[i]->model)
            settings_read(&list[i], lcnn_model_yaml(c->run[i]->model));
        else
            page_note(c->p, "The model of %s cannot be read here.", c->name[i]);
    put_settings(c, list);
    for (int i = 0; i < c->count; i++)
        settings_free(&list[i]);
    free(list);
}

/* ---- Images ----------------------------------------------------------------------------------- */

static const char *answer_of(const past_run *r, uint32_t i) {
    return text_plain(r->class_name[r->prediction[i].answer]);
}

/* The images that `right` alone gets right, those of which `wrong` is surest first. */
static void put_gallery(const comparison *c, int right, int wrong, const lcnn_images *images) {
    const past_run *a = c->run[right], *b = c->run[wrong];
    uint32_t count = only_right(a, b);
    double last = INFINITY;
    if (count == 0)
        return;
    page_heading(c->p, text_printf("Right: %.150s, wrong: %.150s (%s of %s)", c->name[right],
                                   c->name[wrong], text_count(count < SHOWN ? count : SHOWN),
                                   text_plural(count, "image")));
    page_gallery_begin(c->p, 88);
    uint32_t at = 0;
    for (int n = 0; n < SHOWN && (uint32_t)n < count; n++) {
        uint32_t best =
            UINT32_MAX; /* the next in the order of falling probability, then of rising place */
        for (uint32_t i = 0; i < b->prediction_count; i++) {
            double sure = isnan(b->prediction[i].probability) ? 0 : b->prediction[i].probability;
            if (right_at(a, i) && !right_at(b, i) && (sure < last || (sure == last && i > at)) &&
                (best == UINT32_MAX || sure > b->prediction[best].probability))
                best = i;
        }
        if (best == UINT32_MAX)
            break;
        at = best;
        double sure = b->prediction[best].probability;
        last = isnan(sure) ? 0 : sure;
        gallery_image(c->p, images, b->prediction[best].index,
                      text_printf("#%u", b->prediction[best].index), PAGE_BAD,
                      text_printf("%.40s, not %.40s", answer_of(b, best), answer_of(a, best)),
                      text_percent(sure));
    }
    page_gallery_end(c->p);
}

/* Each run against the first, one way and the other; a few of them. */
static void put_images(const comparison *c) {
    enum { MOST = 3 };
    int shown = 0;
    lcnn_data *data = NULL;
    char *why = NULL;
    for (int i = 1; i < c->count && shown < MOST; i++) {
        if (!same_images(c->run[0], c->run[i]) || c->run[0]->classes == 0)
            continue;
        if (shown++ == 0) {
            page_section(c->p, "Images they disagree on");
            data = run_data(c->run[0], &why);
        }
        if (!data || !page_has_pictures())
            continue;
        lcnn_images images = lcnn_data_images(data, LCNN_TEST);
        put_gallery(c, 0, i, &images);
        put_gallery(c, i, 0, &images);
    }
    if (why)
        page_note(c->p, "%s", why);
    else if (shown > 0 && !page_has_pictures())
        page_note(c->p, "This lcnn was built without libpng, so images cannot be shown.");
    if (data)
        lcnn_data_free(data);
    free(why);
}

/* ---- The page --------------------------------------------------------------------------------- */

int report_compare(const char *out, int count, past_run *const *run) {
    comparison c = {.p = page_begin(text_printf("%d runs side by side", count)),
                    .out = out,
                    .count = count,
                    .run = run};
    name_runs(&c);
    page_lead(c.p, "From %s to %s", c.name[0], c.name[count - 1]);
    put_figures(&c);
    put_curves(&c);
    put_pairs(&c);
    put_models(&c);
    put_images(&c);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < run[i]->missing_count; k++)
            page_note(c.p, "%s: %s", c.name[i], run[i]->missing[k]);
    for (int i = 0; i < count; i++)
        free(c.name[i]);
    free(c.name);
    return page_save(c.p, out);
}
