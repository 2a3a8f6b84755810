/* report_run_scores.c - the figures on the page of a run: those that stand out, curves by epoch,
 * confusions, scores of classes. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "job.h"
#include "memory.h"
#include "report_run_parts.h"
#include "result.h"
#include "statistics.h"
#include "text.h"

/* ---- The head --------------------------------------------------------------------------------- */

static void add_test_facts(run_page *p, const json_t *test) {
    double accuracy = json_member_number(test, "accuracy", NULL);
    double images = json_member_number(test, "images", NULL);
    double wrong = round(images * (1 - accuracy));
    const char *detail = NULL;
    if (images >= 1 && images < 4e9 && accuracy >= 0 && accuracy <= 1) {
        interval range = binomial_interval((uint32_t)(images - wrong), (uint32_t)images);
        detail = text_printf("95 %% interval %.2f to %.2f", 100 * range.low, 100 * range.high);
    }
    page_fact(p->page, PAGE_ACCENT, "Test accuracy", text_percent(accuracy), detail);
    if (detail)
        page_fact(p->page, PAGE_PLAIN, "Mistakes", text_count((int64_t)wrong),
                  text_printf("of %s test images", text_count((int64_t)images)));
    page_fact(p->page, PAGE_PLAIN, "Test loss",
              text_decimal(json_member_number(test, "loss", NULL)), NULL);
    page_fact(p->page, PAGE_PLAIN, "F1",
              text_percent(json_member_number(test, "macro", "f1", NULL)), "mean over the classes");
}

static void add_training_facts(run_page *p) {
    const past_run *r = p->run;
    double seconds = 0;
    for (int i = 0; i < r->epochs; i++)
        seconds += isnan(r->column[RUN_SECONDS][i]) ? 0 : r->column[RUN_SECONDS][i];
    if (r->epochs > 0)
        page_fact(p->page, PAGE_PLAIN, "Training accuracy",
                  text_percent(r->column[RUN_TRAIN_ACCURACY][r->epochs - 1]), "in the last epoch");
    double validation = r->epochs > 0 ? r->column[RUN_VALIDATION_ACCURACY][r->epochs - 1] : NAN;
    if (!isnan(validation))
        page_fact(p->page, PAGE_PLAIN, "Validation accuracy", text_percent(validation), NULL);
    if (r->epochs > 0)
        page_fact(p->page, PAGE_PLAIN, "Training", text_duration(seconds),
                  text_plural(r->epochs, "epoch"));
    if (!r->model)
        return;
    lcnn_layer total = model_total(r->model);
    page_fact(p->page, PAGE_PLAIN, "Parameters", text_count(total.parameters),
              text_printf("%s multiply-adds an image", text_count(total.macs)));
}

static void add_state(run_page *p) {
    const char *state = json_member_text(p->run->record, "state", NULL);
    if (strcmp(state, "interrupted") == 0)
        page_note(p->page, "This run was interrupted after %s; it was not tested.",
                  text_plural(p->run->epochs, "epoch"));
    else if (strcmp(state, "failed") == 0)
        page_note(p->page, "This run failed after %s.", text_plural(p->run->epochs, "epoch"));
    else if (strcmp(state, "running") == 0)
        page_note(p->page, "This run had not ended when this page was made, or it was killed.");
    else if (!json_is_object(json_member(p->run->result, "test", NULL)))
        page_note(p->page, "There were no test images: these are figures of training alone.");
    for (int i = 0; i < p->run->missing_count; i++)
        page_note(p->page, "%s", p->run->missing[i]);
}

void report_run_head(run_page *p) {
    const past_run *r = p->run;
    const char *about = r->model ? lcnn_model_about(r->model) : "";
    if (*about)
        page_lead(p->page, "%s", about);
    add_state(p);
    page_facts_begin(p->page);
    const json_t *test = json_member(r->result, "test", NULL);
    if (json_is_object(test))
        add_test_facts(p, test);
    add_training_facts(p);
    page_facts_end(p->page);
}

/* ---- Curves ----------------------------------------------------------------------------------- */

static bool has_values(const past_run *r, run_column column) {
    for (int i = 0; i < r->epochs; i++)
        if (!isnan(r->column[column][i]))
            return true;
    return false;
}

/* The columns of metrics.csv that are worth a column here. */
static const struct {
    run_column column;
    const char *head;
    enum { SHARE, LOSS, RATE, TIME } kind;
} epoch_columns[] = {
    {RUN_LEARNING_RATE, "learning rate", RATE},
    {RUN_TRAIN_LOSS, "training loss", LOSS},
    {RUN_TRAIN_ACCURACY, "training accuracy", SHARE},
    {RUN_VALIDATION_LOSS, "validation loss", LOSS},
    {RUN_VALIDATION_ACCURACY, "validation accuracy", SHARE},
    {RUN_TEST_LOSS, "test loss", LOSS},
    {RUN_TEST_ACCURACY, "test accuracy", SHARE},
    {RUN_SECONDS, "seconds", TIME},
};
enum { EPOCH_COLUMNS = sizeof epoch_columns / sizeof *epoch_columns };

static const char *epoch_text(int column, double value) {
    if (isnan(value))
        return "-";
    switch (epoch_columns[column].kind) {
    case SHARE:
        return text_percent(value);
    case LOSS:
        return text_decimal(value);
    case RATE:
        return text_printf("%.4g", value);
    default:
        return text_printf("%.1f", value);
    }
}

static void add_epoch_table(run_page *p) {
    const past_run *r = p->run;
    char columns[EPOCH_COLUMNS + 2] = "r";
    int used = 1;
    for (int c = 0; c < EPOCH_COLUMNS; c++)
        if (has_values(r, epoch_columns[c].column))
            columns[used++] = 'r';
    page_table_begin(p->page, columns, NULL);
    page_head(p->page, "epoch");
    for (int c = 0; c < EPOCH_COLUMNS; c++)
        if (has_values(r, epoch_columns[c].column))
            page_head(p->page, epoch_columns[c].head);
    for (int i = 0; i < r->epochs; i++) {
        page_cell(p->page, text_printf("%.0f", r->column[RUN_EPOCH][i]));
        for (int c = 0; c < EPOCH_COLUMNS; c++)
            if (has_values(r, epoch_columns[c].column))
                page_cell(p->page, epoch_text(c, r->column[epoch_columns[c].column][i]));
    }
    page_table_end(p->page);
}

void report_run_curves(run_page *p) {
    if (p->run->epochs == 0)
        return;
    page_section(p->page, "Learning");
    page_columns_begin(p->page);
    bool shown = report_chart(p, "error", "Error by epoch");
    shown = report_chart(p, "loss", "Loss by epoch") || shown;
    shown = report_chart(p, "learning-rate", "Learning rate by epoch") || shown;
    page_columns_end(p->page);
    if (p->no_charts)
        page_note(p->page, "%s", p->no_charts);
    if (shown)
        page_fold_begin(p->page, "Figures of every epoch");
    add_epoch_table(p);
    if (shown)
        page_fold_end(p->page);
}

/* ---- Confusions ------------------------------------------------------------------------------- */

static double row_total(const past_run *r, int truth) {
    double total = 0;
    for (int k = 0; k < r->classes; k++)
        total += r->confusion[truth * r->classes + k];
    return total;
}

static void add_frequent_confusions(run_page *p) {
    enum { SHOWN = 10 };
    const past_run *r = p->run;
    size_t count = 0;
    confusion *all = memory_new((size_t)r->classes * (size_t)r->classes, sizeof *all);
    for (int i = 0; i < r->classes; i++)
        for (int k = 0; k < r->classes; k++)
            if (i != k && r->confusion[i * r->classes + k] > 0)
                all[count++] = (confusion){i, k, r->confusion[i * r->classes + k]};
    qsort(all, count, sizeof *all, compare_confusions);
    page_table_begin(p->page, "llrr", "The most frequent confusions");
    page_head(p->page, "truth");
    page_head(p->page, "answer");
    page_head(p->page, "images");
    page_head(p->page, "of the class");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        page_cell(p->page, r->class_name[all[i].truth]);
        page_cell(p->page, r->class_name[all[i].answer]);
        page_cell(p->page, text_count((int64_t)all[i].count));
        page_cell(p->page, text_percent(all[i].count / row_total(r, all[i].truth)));
    }
    page_table_end(p->page);
    free(all);
}

/* Hits in one colour and confusions in another, the darker the larger their share of the class; the
 * root makes small shares visible. */
static void add_matrix(run_page *p) {
    const past_run *r = p->run;
    char *columns = memory_new((size_t)r->classes + 2, 1);
    memset(columns, 'r', (size_t)r->classes + 1);
    columns[0] = 'l';
    page_table_begin(p->page, columns, "Rows: truth. Columns: answer. Numbers of test images.");
    page_head(p->page, "");
    for (int k = 0; k < r->classes; k++)
        page_head(p->page, r->class_name[k]);
    for (int i = 0; i < r->classes; i++) {
        double total = row_total(r, i);
        page_cell_tone(p->page, PAGE_FAINT, r->class_name[i]);
        for (int k = 0; k < r->classes; k++) {
            double n = r->confusion[i * r->classes + k], share = total > 0 ? n / total : 0;
            page_cell_shade(p->page, i == k ? PAGE_ACCENT : PAGE_BAD,
                            i == k ? .5 * share : sqrt(share),
                            n > 0 ? text_printf("%.0f", n) : "·");
        }
    }
    page_table_end(p->page);
    free(columns);
}

void report_run_confusions(run_page *p) {
    if (p->run->classes == 0)
        return;
    bool many = p->run->classes > 20;
    page_section(p->page, "Confusions");
    (many ? page_wide_begin : page_columns_begin)(p->page);
    bool shown = report_chart(p, "confusion", "Confusion matrix");
    add_frequent_confusions(p);
    if (!many)
        page_columns_end(p->page);
    if (shown || many)
        page_fold_begin(p->page, "The whole matrix in numbers");
    add_matrix(p);
    if (shown || many)
        page_fold_end(p->page);
    if (many)
        page_wide_end(p->page);
}

/* ---- Classes ---------------------------------------------------------------------------------- */

static void add_scores(page *out, const char *name, double images, const json_t *scores) {
    page_cell(out, name);
    page_cell(out, isnan(images) || fabs(images) > 1e15 ? "" : text_count((int64_t)images));
    page_cell(out, text_percent(json_member_number(scores, "precision", NULL)));
    page_cell(out, text_percent(json_member_number(scores, "recall", NULL)));
    page_cell(out, text_percent(json_member_number(scores, "f1", NULL)));
}

void report_run_classes(run_page *p) {
    const json_t *test = json_member(p->run->result, "test", NULL);
    const json_t *classes = json_member(test, "classes", NULL);
    if (json_array_size(classes) == 0)
        return;
    static const char *const heads[] = {"class", "images", "precision", "recall", "F1"};
    page_section(p->page, "Classes");
    page_columns_begin(p->page);
    report_chart(p, "classes", "Error of each class");
    page_table_begin(p->page, "lrrrr", NULL);
    for (int i = 0; i < 5; i++)
        page_head(p->page, heads[i]);
    for (size_t i = 0; i < json_array_size(classes); i++) {
        const json_t *one = json_array_get(classes, i);
        add_scores(p->page, json_member_text(one, "name", NULL),
                   json_member_number(one, "images", NULL), one);
    }
    double images = json_member_number(test, "images", NULL);
    add_scores(p->page, "mean over classes", NAN, json_member(test, "macro", NULL));
    add_scores(p->page, "over all images", images, json_member(test, "micro", NULL));
    page_table_end(p->page);
    page_columns_end(p->page);
}
