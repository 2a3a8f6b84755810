/* report_study.c - the page of a study, from its results.json: what was found beside what was
 * published, every experiment with its charts and tables, what is missing, and on what machine it
 * ran. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "report_parts.h"
#include "report_study.h"
#include "result.h"
#include "rundir.h"
#include "text.h"

enum { LONG_TABLE = 30 /* rows, from which on a table is folded away */ };

static const json_t *experiments(const study_page *s) {
    return json_member(s->results, "experiments", NULL);
}

static void heads(page *p, const char *const *head, int count) {
    for (int i = 0; i < count; i++)
        page_head(p, head[i]);
}

static page_tone tone_of(const char *verdict) {
    static const char *const good[] = {"held", "better", "within the uncertainty"};
    static const char *const bad[] = {"contradicted", "worse"};
    for (int i = 0; i < 3; i++)
        if (strcmp(verdict, good[i]) == 0)
            return PAGE_GOOD;
    for (int i = 0; i < 2; i++)
        if (strcmp(verdict, bad[i]) == 0)
            return PAGE_BAD;
    return PAGE_FAINT;
}

/* ---- Overview --------------------------------------------------------------------------------- */

/* Different trials of a state; several experiments may share one. */
static int count_trials(const study_page *s, const char *state) {
    json_t *seen = json_object(), *one, *trial;
    size_t i, k;
    json_array_foreach(experiments(s), i, one)
        json_array_foreach(json_member(one, "trials", NULL), k,
                           trial) if (strcmp(json_member_text(trial, "state", NULL), state) == 0)
            json_object_set_new(seen, json_member_text(trial, "id", NULL), json_true());
    int count = (int)json_object_size(seen);
    json_decref(seen);
    return count;
}

static void put_facts(const study_page *s) {
    double all = json_member_number(s->results, "trial_count", NULL);
    int done = count_trials(s, "done"), failed = count_trials(s, "failed"),
        absent = count_trials(s, "absent");
    page_facts_begin(s->p);
    page_fact(s->p, PAGE_ACCENT, "trials done", text_count(done),
              isnan(all) ? NULL : text_printf("of %.0f", all));
    if (failed > 0)
        page_fact(s->p, PAGE_BAD, "failed", text_count(failed), NULL);
    if (absent > 0)
        page_fact(s->p, PAGE_FAINT, "without their data set", text_count(absent), NULL);
    page_fact(s->p, PAGE_PLAIN, "wall time",
              text_duration(json_member_number(s->results, "seconds", NULL)), "over all calls");
    page_fact(s->p, PAGE_PLAIN, "training in all",
              text_duration(json_member_number(s->results, "train_seconds", NULL)),
              "over all trials");
    page_facts_end(s->p);
}

static void put_findings(const study_page *s) {
    static const char *const head[] = {"finding", "data", "verdict", "evidence"};
    size_t i, k;
    json_t *one, *finding;
    int rows = 0;
    json_array_foreach(experiments(s), i, one)
        json_array_foreach(json_member(one, "findings", NULL), k, finding) {
        if (rows++ == 0) {
            page_section(s->p, "Findings");
            page_table_begin(s->p, "wllw", NULL);
            heads(s->p, head, 4);
        }
        const char *verdict = json_member_text(finding, "verdict", NULL);
        page_cell(s->p, json_member_text(finding, "claim", NULL));
        page_cell(s->p, json_member_text(finding, "data", NULL));
        page_cell_tone(s->p, tone_of(verdict), verdict);
        page_cell(s->p, json_member_text(finding, "evidence", NULL));
    }
    if (rows > 0)
        page_table_end(s->p);
}

static void put_claim(const study_page *s, const json_t *experiment, const json_t *summary,
                      const json_t *claim, int source) {
    const char *metric = json_member_text(claim, "metric", NULL);
    const char *verdict = json_member_text(claim, "verdict", NULL);
    page_cell(s->p, text_printf("%.100s on %.100s", json_member_text(summary, "model", NULL),
                                json_member_text(summary, "data", NULL)));
    page_cell(s->p, settings_text(experiment, json_member(summary, "settings", NULL)));
    page_cell(s->p, metric);
    page_cell(s->p, text_printf("%s [%d]",
                                claim_text(metric, json_member_number(claim, "value", NULL),
                                           json_member_number(claim, "uncertainty", NULL)),
                                source));
    page_cell(s->p, metric_text(metric, json_member_number(claim, "ours", NULL)));
    page_cell(s->p, range_text(metric, json_member_number(claim, "low", NULL),
                               json_member_number(claim, "high", NULL)));
    page_cell_tone(s->p, tone_of(verdict), *verdict ? verdict : "not graded");
}

/* Sources and notes stand below the table, each once; its rows have their numbers. */
static int source_number(json_t *sources, const json_t *claim) {
    const char *note = json_member_text(claim, "note", NULL);
    const char *text = text_printf("%.250s%s%.200s", json_member_text(claim, "source", NULL),
                                   *note ? "; " : "", note);
    size_t i;
    json_t *one;
    json_array_foreach(sources, i,
                       one) if (strcmp(json_string_value(one), text) == 0) return (int)i +
        1;
    json_array_append_new(sources, json_text(text));
    return (int)json_array_size(sources);
}

static void put_sources(page *p, const json_t *sources) {
    size_t i;
    json_t *one;
    page_list_begin(p);
    json_array_foreach(sources, i, one)
        page_list_row(p, text_printf("[%zu]", i + 1), json_string_value(one));
    page_list_end(p);
}

static void put_published(const study_page *s) {
    static const char *const head[] = {"model and data", "settings",      "metric", "published",
                                       "ours",           "95 % interval", "verdict"};
    size_t i, k, n;
    json_t *one, *summary, *claim;
    json_t *sources = json_array();
    int rows = 0;
    json_array_foreach(experiments(s), i, one)
        json_array_foreach(json_member(one, "summaries", NULL), k, summary)
            json_array_foreach(json_member(summary, "published", NULL), n, claim) {
        if (rows++ == 0) {
            page_section(s->p, "Beside what was published");
            page_table_begin(s->p, "lllrrll", NULL);
            heads(s->p, head, 7);
        }
        put_claim(s, one, summary, claim, source_number(sources, claim));
    }
    if (rows > 0) {
        page_table_end(s->p);
        put_sources(s->p, sources);
    }
    json_decref(sources);
}

/* ---- Experiments ------------------------------------------------------------------------------ */

static const char *estimate_text(const json_t *summary, const char *metric) {
    double mean = json_member_number(summary, metric, "mean", NULL);
    double deviation = json_member_number(summary, metric, "deviation", NULL);
    return claim_text(metric, mean, deviation);
}

static void put_summary_row(page *p, const json_t *experiment, const json_t *summary,
                            bool searched) {
    size_t i;
    json_t *one;
    bool best = json_is_true(json_member(summary, "best", NULL));
    page_tone tone = best ? PAGE_GOOD : PAGE_PLAIN;
    page_cell_tone(
        p, tone,
        text_printf("%.200s%s", json_member_text(summary, "model", NULL), best ? " (chosen)" : ""));
    page_cell(p, json_member_text(summary, "data", NULL));
    json_array_foreach(json_member(experiment, "axes", NULL), i, one)
        page_cell(p, value_text(json_object_get(json_member(summary, "settings", NULL),
                                                json_member_text(one, "key", NULL))));
    page_cell(p, value_text(json_member(summary, "seeds", NULL)));
    if (searched)
        page_cell_tone(p, tone, estimate_text(summary, "validation_accuracy"));
    page_cell_tone(p, tone, estimate_text(summary, "accuracy"));
    page_cell(p, range_text("accuracy", json_member_number(summary, "accuracy", "low", NULL),
                            json_member_number(summary, "accuracy", "high", NULL)));
    page_cell(p, estimate_text(summary, "loss"));
    if (json_member_number(experiment, "reject_to", NULL) > 0)
        page_cell(p, estimate_text(summary, "rejected"));
}

static void put_summaries(page *p, const json_t *experiment) {
    const json_t *summaries = json_member(experiment, "summaries", NULL),
                 *axes = json_member(experiment, "axes", NULL);
    bool searched = strcmp(json_member_text(experiment, "best_by", NULL), "validation") == 0;
    double reject = json_member_number(experiment, "reject_to", NULL);
    size_t i;
    json_t *one;
    char columns[64] = "ll";
    for (i = 0; i < json_array_size(axes) && i < 32; i++)
        strcat(columns, "r");
    strcat(columns, searched ? "rrrlr" : "rrlr");
    strcat(columns, reject > 0 ? "r" : "");
    if (json_array_size(axes) > 32)
        return; /* no study has that many keys */
    bool fold = json_array_size(summaries) > LONG_TABLE;
    if (fold)
        page_fold_begin(p, text_printf("All figures (%zu rows)", json_array_size(summaries)));
    page_table_begin(p, columns, NULL);
    page_head(p, "model");
    page_head(p, "data");
    json_array_foreach(axes, i, one) page_head(p, json_member_text(one, "label", NULL));
    page_head(p, "seeds");
    if (searched)
        page_head(p, "validation accuracy");
    page_head(p, "test accuracy");
    page_head(p, "95 % interval of the mean");
    page_head(p, "test loss");
    if (reject > 0)
        page_head(p, text_printf("rejected to reach %s", text_percent(reject)));
    json_array_foreach(summaries, i, one) put_summary_row(p, experiment, one, searched);
    page_table_end(p);
    if (fold)
        page_fold_end(p);
}

static void put_comparisons(page *p, const json_t *experiment) {
    static const char *const head[] = {
        "A", "B", "data", "settings", "only A wrong", "only B wrong", "p", "verdict at 5 %"};
    const json_t *list = json_member(experiment, "comparisons", NULL);
    size_t i;
    json_t *one;
    if (json_array_size(list) == 0)
        return;
    page_fold_begin(p, text_printf("McNemar's test between models on the same images (%zu)",
                                   json_array_size(list)));
    page_table_begin(p, "llllrrrl", NULL);
    heads(p, head, 8);
    json_array_foreach(list, i, one) {
        double first = json_member_number(one, "only_a_wrong", NULL),
               second = json_member_number(one, "only_b_wrong", NULL);
        double chance = json_member_number(one, "p", NULL);
        const char *better = json_member_text(one, first < second ? "a" : "b", NULL);
        page_cell(p, json_member_text(one, "a", NULL));
        page_cell(p, json_member_text(one, "b", NULL));
        page_cell(p, json_member_text(one, "data", NULL));
        page_cell(p, settings_text(experiment, json_member(one, "settings", NULL)));
        page_cell(p, text_printf("%.0f", first));
        page_cell(p, text_printf("%.0f", second));
        page_cell(p, text_printf(chance < 1e-4 ? "%.1e" : "%.4f", chance));
        page_cell_tone(p, chance < 0.05 ? PAGE_GOOD : PAGE_FAINT,
                       chance < 0.05 ? text_printf("%.200s is better", better)
                                     : "no difference shown");
    }
    page_table_end(p);
    page_fold_end(p);
}

/* Each trial with its own page, folded away. */
static void put_trials(const study_page *s, const json_t *experiment) {
    static const char *const head[] = {"trial",    "seed",    "test accuracy", "test loss",
                                       "training", "at once", "weights"};
    const json_t *trials = json_member(experiment, "trials", NULL);
    size_t i;
    json_t *one;
    page_fold_begin(s->p, text_printf("All trials (%zu)", json_array_size(trials)));
    page_table_begin(s->p, "lrrrrrl", NULL);
    heads(s->p, head, 7);
    json_array_foreach(trials, i, one) {
        const char *folder = json_member_text(one, "folder", NULL),
                   *id = json_member_text(one, "id", NULL);
        double seconds = json_member_number(one, "train_seconds", NULL);
        if (strcmp(json_member_text(one, "state", NULL), "done") == 0)
            page_cell_link(s->p, text_printf("%.400s/", folder), id);
        else
            page_cell_tone(s->p, PAGE_BAD,
                           text_printf("%.300s (%.20s)", id, json_member_text(one, "state", NULL)));
        page_cell(s->p, value_text(json_member(one, "seed", NULL)));
        page_cell(s->p, text_percent(json_member_number(one, "accuracy", NULL)));
        page_cell(s->p, text_decimal(json_member_number(one, "loss", NULL)));
        page_cell(s->p, seconds < 60 ? text_printf("%.1f s", seconds) : text_duration(seconds));
        page_cell(s->p, value_text(json_member(one, "together", NULL)));
        page_cell(s->p, text_printf("%.12s", json_member_text(one, "weights_sha256", NULL)));
    }
    page_table_end(s->p);
    page_fold_end(s->p);
}

static void put_experiments(study_page *s) {
    size_t i;
    json_t *one;
    json_array_foreach(experiments(s), i, one) {
        const char *title = json_member_text(one, "title", NULL),
                   *about = json_member_text(one, "about", NULL);
        page_section(s->p, *title ? title : json_member_text(one, "name", NULL));
        if (*about)
            page_paragraph(s->p, "%s", about);
        study_charts_put(s->p, s->folder, (int)i + 1, one);
        put_summaries(s->p, one);
        put_comparisons(s->p, one);
        put_trials(s, one);
    }
}

/* ---- What is missing, and the machine --------------------------------------------------------- */

static void put_missing(const study_page *s) {
    static const char *const head[] = {"trial", "state", "why"};
    json_t *seen = json_object(), *one, *trial;
    size_t i, k;
    json_array_foreach(experiments(s), i, one)
        json_array_foreach(json_member(one, "trials", NULL), k, trial) {
        const char *state = json_member_text(trial, "state", NULL),
                   *id = json_member_text(trial, "id", NULL);
        if (strcmp(state, "done") == 0 || json_object_get(seen, id))
            continue;
        if (json_object_size(seen) == 0) {
            page_section(s->p, "What is missing");
            page_table_begin(s->p, "llw", NULL);
            heads(s->p, head, 3);
        }
        json_object_set_new(seen, id, json_true());
        page_cell(s->p, id);
        page_cell_tone(s->p, strcmp(state, "failed") == 0 ? PAGE_BAD : PAGE_FAINT, state);
        page_cell(s->p, json_member_text(trial, "message", NULL));
    }
    if (json_object_size(seen) > 0)
        page_table_end(s->p);
    json_decref(seen);
}

static void put_machine(const study_page *s) {
    page_section(s->p, "How it was made");
    page_list_begin(s->p);
    page_list_row(s->p, "lcnn", json_member_text(s->results, "version", NULL));
    page_list_row(s->p, "begun", json_member_text(s->results, "started", NULL));
    page_list_row(s->p, "wall time",
                  text_duration(json_member_number(s->results, "seconds", NULL)));
    page_list_row(s->p, "processors", value_text(json_member(s->results, "threads", NULL)));
    page_list_row_code(s->p, "tables", "results.csv, results.json");
    page_list_row_code(s->p, "the study, resolved", "study.yaml");
    page_list_end(s->p);
    page_paragraph(s->p, "Times are those of trials that ran side by side: how many did stands in "
                         "the tables. No other "
                         "figure depends on the machine.");
}

/* ---- The page --------------------------------------------------------------------------------- */

static char *draw_charts(const study_page *s) {
    figures *f = figures_begin(s->folder);
    size_t i;
    json_t *one;
    json_array_foreach(experiments(s), i, one) study_charts_add(f, (int)i + 1, one);
    return figures_end(f);
}

int report_study(const char *folder) {
    char *path = run_path(folder, "results.json");
    json_error_t error;
    study_page s = {.folder = folder, .results = json_of_file(path, &error)};
    int status = LCNN_OK;
    if (!json_is_object(s.results))
        status = complain(LCNN_BAD_IO, path, "no results of a study: %s",
                          s.results ? "not an object" : error.text);
    free(path);
    if (status != LCNN_OK) {
        json_decref(s.results);
        return status;
    }
    char *said = draw_charts(&s);
    s.p = page_begin(json_member_text(s.results, "study", NULL));
    page_lead(s.p, "%s", json_member_text(s.results, "about", NULL));
    put_facts(&s);
    if (said)
        page_note(s.p, "Charts are missing: %s.", said);
    put_findings(&s);
    put_published(&s);
    put_experiments(&s);
    study_trials_put(&s);
    put_missing(&s);
    put_machine(&s);
    free(said);
    json_decref(s.results);
    return page_save(s.p, folder);
}
