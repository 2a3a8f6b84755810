/* report_study_trials.c - the trials that stand for their model and data set, one by one: curves,
 * confusion matrix, mistakes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "report_gallery.h"
#include "report_parts.h"
#include "report_study.h"
#include "rundir.h"
#include "text.h"

enum { MOST_TRIALS = 6, SHOWN = 12 };

/* The surest mistakes of a run. */
static void put_mistakes(page *p, const past_run *r, const lcnn_data *data) {
    uint32_t count;
    const run_prediction **wrong = run_mistakes(r, &count);
    lcnn_images images = lcnn_data_images(data, LCNN_TEST);
    if (count > 0) {
        page_paragraph(p, "The mistakes it was surest of:");
        page_gallery_begin(p, 88);
        for (uint32_t i = 0; i < count && i < SHOWN; i++)
            gallery_image(
                p, &images, wrong[i]->index, text_printf("#%u", wrong[i]->index), PAGE_BAD,
                text_printf("%.40s, not %.40s", text_plain(r->class_name[wrong[i]->answer]),
                            text_plain(r->class_name[wrong[i]->truth])),
                text_percent(wrong[i]->probability));
        page_gallery_end(p);
    }
    free(wrong);
}

static void put_run(study_page *s, const json_t *trial, const past_run *r, const lcnn_data *data) {
    bool has_page =
        report_run(r->folder, data) == LCNN_OK; /* with the charts that are shown here */
    page_heading(s->p, text_printf("%.100s on %.100s, seed %.20s: %s",
                                   json_member_text(trial, "model", NULL),
                                   json_member_text(trial, "data", NULL),
                                   value_text(json_member(trial, "seed", NULL)),
                                   text_percent(json_member_number(trial, "accuracy", NULL))));
    if (has_page) {
        page_table_begin(s->p, "l", NULL);
        page_cell_link(s->p,
                       text_printf("%.400s/report.html", json_member_text(trial, "folder", NULL)),
                       "its own page");
        page_table_end(s->p);
    }
    page_columns_begin(s->p);
    page_figure(s->p, r->folder, "error", "Error by epoch");
    page_figure(s->p, r->folder, "loss", "Loss by epoch");
    page_figure(s->p, r->folder, "confusion", "Confusion matrix");
    page_figure(s->p, r->folder, "classes", "Error of each class");
    page_columns_end(s->p);
    if (data && page_has_pictures())
        put_mistakes(s->p, r, data);
}

/* Folders of trials lie in the folder of the study; anything else is not followed. */
static past_run *read_trial(const study_page *s, const json_t *trial) {
    const char *inside = json_member_text(trial, "folder", NULL);
    if (strncmp(inside, "trials/", 7) != 0 || strstr(inside, ".."))
        return NULL;
    char *folder = run_path(s->folder, inside), *record = run_path(folder, "run.json");
    past_run *r = access(record, R_OK) == 0 ? past_run_read(folder) : NULL;
    free(record);
    free(folder);
    return r;
}

/* The first experiment without axes names the main ones: of each model and data set, the first seed
 * that is done. */
static const json_t *main_experiment(const study_page *s) {
    size_t i;
    json_t *one;
    json_array_foreach(json_member(s->results, "experiments", NULL), i,
                       one) if (json_array_size(json_member(one, "axes", NULL)) == 0) return one;
    return NULL;
}

static bool stands_for_more(const json_t *trials, size_t before, const json_t *trial) {
    for (size_t i = 0; i < before; i++) {
        const json_t *other = json_array_get(trials, i);
        if (strcmp(json_member_text(other, "state", NULL), "done") == 0 &&
            strcmp(json_member_text(other, "model", NULL),
                   json_member_text(trial, "model", NULL)) == 0 &&
            strcmp(json_member_text(other, "data", NULL), json_member_text(trial, "data", NULL)) ==
                0)
            return false;
    }
    return strcmp(json_member_text(trial, "state", NULL), "done") == 0 &&
           json_is_number(
               json_member(trial, "accuracy", NULL)); /* null: not chosen, so not shown */
}

void study_trials_put(study_page *s) {
    const json_t *trials = json_member(main_experiment(s), "trials", NULL);
    int shown = 0, left = 0;
    size_t i;
    json_t *one;
    json_array_foreach(trials, i, one) {
        if (!stands_for_more(trials, i, one))
            continue;
        past_run *r = shown < MOST_TRIALS ? read_trial(s, one) : NULL;
        if (!r) {
            left++;
            continue;
        }
        if (shown++ == 0) {
            page_section(s->p, "Runs in detail");
            page_paragraph(s->p, "'lcnn report' makes a page of any other trial from its folder.");
        }
        lcnn_data *data = run_data(r, NULL);
        put_run(s, one, r, data);
        if (data)
            lcnn_data_free(data);
        past_run_free(r);
    }
    if (shown > 0 && left > 0)
        page_note(s->p, "%s more: see trials/ in the folder of the study.",
                  text_plural(left, "trial"));
}
