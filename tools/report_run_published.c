/* report_run_published.c - what others published beside what came out here, on the page of a run:
 * figures with their verdicts, what must be known of them, and mistakes in common. `lcnn run`
 * prints the same (published.c), which also wrote the file that this reads. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "command.h"
#include "report_parts.h"
#include "report_run_parts.h"
#include "text.h"

static void add_claim(page *out, const json_t *claim) {
    const char *metric = json_member_text(claim, "metric", NULL);
    const char *verdict = json_member_text(claim, "verdict", NULL);
    page_tone tone = strcmp(verdict, "worse") == 0 ? PAGE_BAD : *verdict ? PAGE_GOOD : PAGE_FAINT;
    page_cell(out, metric);
    page_cell(out, claim_text(metric, json_member_number(claim, "value", NULL),
                              json_member_number(claim, "uncertainty", NULL)));
    page_cell(out, metric_text(metric, json_member_number(claim, "ours", NULL)));
    page_cell_tone(out, PAGE_FAINT,
                   range_text(metric, json_member_number(claim, "low", NULL),
                              json_member_number(claim, "high", NULL)));
    page_cell_tone(out, tone, *verdict ? verdict : "not graded");
}

static void add_claims(page *out, const json_t *results) {
    static const char *const heads[] = {"figure", "published", "here", "95 % interval", "verdict"};
    page_table_begin(out, "lrrrl", NULL);
    for (int i = 0; i < 5; i++)
        page_head(out, heads[i]);
    for (size_t i = 0; i < json_array_size(results); i++)
        add_claim(out, json_array_get(results, i));
    page_table_end(out);
}

/* Whether a claim is the first to say this under `key`. */
static bool is_news(const json_t *results, size_t at, const char *key, const char *text) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(json_member_text(json_array_get(results, i), key, NULL), text) == 0)
            return false;
    return *text != '\0';
}

/* What else is to be known of the figures, each thing once. */
static void add_remarks(page *out, const json_t *published, const json_t *results) {
    const char *common = json_member_text(published, "source", NULL);
    const char *why_not = json_member_text(published, "why_not_graded", NULL);
    if (*why_not)
        page_note(out, "Nothing is graded: %s.", why_not);
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *claim = json_array_get(results, i);
        const char *note = json_member_text(claim, "note", NULL);
        const char *source = json_member_text(claim, "source", NULL);
        if (is_news(results, i, "note", note))
            page_note(out, "%s", note);
        if (strcmp(source, common) != 0 && is_news(results, i, "source", source))
            page_note(out, "%s: %s", json_member_text(claim, "metric", NULL), source);
    }
}

/* How many of the published mistakes are also ours. */
static void add_common_errors(page *out, const json_t *published) {
    const json_t *errors = json_member(published, "errors", NULL);
    double both = json_member_number(errors, "both", NULL);
    double ours = json_member_number(errors, "ours", NULL);
    const char *misfit = json_member_text(published, "why_no_errors", NULL);
    if (*misfit)
        page_note(out, "Mistakes are not compared: %s.", misfit);
    if (!(both >= 0 && both < 1e9 && ours >= 0 && ours < 1e9))
        return;
    int64_t count = (int64_t)json_array_size(json_member(errors, "index", NULL));
    page_paragraph(out, "Of %s published, %s %s among the %s made here.",
                   text_plural(count, "mistake"), text_count((int64_t)both),
                   both == 1 ? "is" : "are", text_count((int64_t)ours));
}

void report_run_published(run_page *p) {
    const json_t *published = p->run->published;
    const json_t *results = json_member(published, "results", NULL);
    if (!published)
        return;
    page_section(p->page, "Published figures");
    page_paragraph(p->page, "%s", json_member_text(published, "source", NULL));
    if (json_array_size(results) > 0)
        add_claims(p->page, results);
    add_remarks(p->page, published, results);
    if (!p->no_charts && p->run->epochs > 0 &&
        json_array_size(json_member(published, "curve", "epoch", NULL)) > 0)
        page_paragraph(p->page, "The published learning curve lies over ours below.");
    add_common_errors(p->page, published);
}
