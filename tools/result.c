/* result.c - scores and confusions for people and for programs. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "rejection.h"
#include "result.h"
#include "text.h"

static const char *class_name(const lcnn_model *model, int index) {
    return text_plain(lcnn_model_class_name(model, index));
}

static uint32_t cell_of(const lcnn_evaluation *e, int truth, int answer) {
    return e->confusion[truth * e->classes + answer];
}

static uint32_t row_total(const lcnn_evaluation *e, int truth) {
    uint32_t total = 0;
    for (int k = 0; k < e->classes; k++)
        total += cell_of(e, truth, k);
    return total;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void print_scores(const lcnn_evaluation *e, FILE *out) {
    table *t = table_new("lrrr");
    table_cell(t, "");
    table_cell(t, "precision");
    table_cell(t, "recall");
    table_cell(t, "F1");
    for (int i = 0; i < 2; i++) {
        const lcnn_scores *s = i == 0 ? &e->micro : &e->macro;
        table_cell(t, i == 0 ? "micro average" : "macro average");
        table_cell(t, text_percent(s->precision));
        table_cell(t, text_percent(s->recall));
        table_cell(t, text_percent(s->f1));
    }
    table_print(t, out, 2);
    table_free(t);
}

/* Columns that the widest number of the matrix takes. */
static int matrix_cell_width(const lcnn_evaluation *e) {
    uint32_t largest = 0;
    for (int i = 0; i < e->classes * e->classes; i++)
        largest = e->confusion[i] > largest ? e->confusion[i] : largest;
    int width = text_width(text_printf("%u", largest));
    int index = text_width(text_printf("%d", e->classes - 1));
    return 1 + (width > index ? width : index);
}

static int widest_name(const lcnn_evaluation *e, const lcnn_model *model) {
    int widest = 0;
    for (int k = 0; k < e->classes; k++) {
        int width = text_width(class_name(model, k));
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Columns are headed by the class names if these are short, else by the class numbers, which then
 * stand in the rows too. */
static void print_matrix(const lcnn_evaluation *e, const lcnn_model *model, int width, bool names,
                         FILE *out) {
    int label = widest_name(e, model);
    fprintf(out, "confusion matrix (rows: truth, columns: answer)\n  %*s%s",
            label + (names ? 0 : 4), "", style_faint(out));
    for (int k = 0; k < e->classes; k++) {
        const char *head = names ? class_name(model, k) : text_printf("%d", k);
        fprintf(out, "%*s%s", width - text_width(head), "", head);
    }
    fprintf(out, "%s\n", style_end(out));
    for (int i = 0; i < e->classes; i++) {
        const char *name = class_name(model, i);
        const char *number = names ? "" : text_printf("%3d ", i);
        fprintf(out, "  %s%s%*s", number, name, label - text_width(name), "");
        for (int k = 0; k < e->classes; k++) {
            const char *count = cell_of(e, i, k) ? text_printf("%u", cell_of(e, i, k)) : ".";
            fprintf(out, "%*s%s%s%s", width - text_width(count), "", i == k ? style_bold(out) : "",
                    count, i == k ? style_end(out) : "");
        }
        fputc('\n', out);
    }
}

int compare_confusions(const void *left, const void *right) {
    const confusion *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->truth != b->truth ? a->truth - b->truth : a->answer - b->answer;
}

static void print_top_confusions(const lcnn_evaluation *e, const lcnn_model *model, FILE *out) {
    enum { SHOWN = 12 };
    size_t cells = (size_t)e->classes * (size_t)e->classes;
    confusion *all = memory_new(cells, sizeof *all);
    size_t count = 0;
    for (int i = 0; i < e->classes; i++)
        for (int k = 0; k < e->classes; k++)
            if (i != k && cell_of(e, i, k) > 0)
                all[count++] = (confusion){i, k, cell_of(e, i, k)};
    qsort(all, count, sizeof *all, compare_confusions);
    fprintf(out, "most frequent confusions, %s of %s\n",
            text_count(count < SHOWN ? (int64_t)count : SHOWN), text_count((int64_t)count));
    table *t = table_new("llrr");
    table_cell(t, "truth");
    table_cell(t, "answer");
    table_cell(t, "images");
    table_cell(t, "of the class");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        table_cell(t, class_name(model, all[i].truth));
        table_cell(t, class_name(model, all[i].answer));
        table_cell(t, text_count((int64_t)all[i].count));
        table_cell(t, text_percent((double)all[i].count / row_total(e, all[i].truth)));
    }
    table_print(t, out, 2);
    table_free(t);
    free(all);
}

void result_print(const lcnn_evaluation *e, const lcnn_model *model, const lcnn_data *data,
                  const char *matrix_file, FILE *out) {
    fprintf(out, "tested on %s images of %s\n", text_count(e->count),
            text_plain(lcnn_data_name(data)));
    fprintf(out, "  accuracy  %s%s%s\n  loss      %s\n\n", style_bold(out),
            text_percent(e->accuracy), style_end(out), text_decimal(e->loss));
    print_scores(e, out);
    fputc('\n', out);
    int width = matrix_cell_width(e), label = widest_name(e, model);
    bool names = label < width;
    int columns = 2 + label + (names ? 0 : 4) + e->classes * width;
    if (columns <= terminal_width(out)) {
        print_matrix(e, model, width, names, out);
        return;
    }
    print_top_confusions(e, model, out);
    if (matrix_file)
        fprintf(out, "  the whole matrix: %s\n", text_plain(matrix_file));
}

/* ---- JSON ------------------------------------------------------------------------------------ */

json_t *json_number(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *json_text(const char *text) {
    json_t *value = json_string(text);
    return value ? value : json_string(text_plain(text));
}

json_t *json_numbers(const double *x, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_number(x[i]));
    return list;
}

json_t *json_texts(const char *const *text, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_text(text[i]));
    return list;
}

static json_t *scores_json(const lcnn_scores *s) {
    return json_pack("{s:o, s:o, s:o}", "precision", json_number(s->precision), "recall",
                     json_number(s->recall), "f1", json_number(s->f1));
}

static json_t *classes_json(const lcnn_evaluation *e, const lcnn_model *model) {
    json_t *list = json_array();
    for (int i = 0; i < e->classes; i++) {
        const lcnn_scores *s = &e->per_class[i];
        json_array_append_new(list, json_pack("{s:o, s:I, s:o, s:o, s:o}", "name",
                                              json_text(lcnn_model_class_name(model, i)), "images",
                                              (json_int_t)row_total(e, i), "precision",
                                              json_number(s->precision), "recall",
                                              json_number(s->recall), "f1", json_number(s->f1)));
    }
    return list;
}

static json_t *confusion_json(const lcnn_evaluation *e) {
    json_t *matrix = json_array();
    for (int i = 0; i < e->classes; i++) {
        json_t *row = json_array();
        for (int k = 0; k < e->classes; k++)
            json_array_append_new(row, json_integer(cell_of(e, i, k)));
        json_array_append_new(matrix, row);
    }
    return matrix;
}

/* Shares of the images to reject for some errors among the others. */
static json_t *rejection_json(const lcnn_evaluation *e) {
    static const double errors[] = {0.02, 0.01, 0.005, 0.002, 0.001};
    json_t *error = json_array(), *rejected = json_array();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        json_array_append_new(error, json_number(errors[i]));
        json_array_append_new(rejected, json_number(rejected_share(e, errors[i])));
    }
    return json_pack("{s:o, s:o}", "error", error, "rejected", rejected);
}

json_t *result_json(const lcnn_evaluation *e, const lcnn_model *model) {
    json_t *all = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "images",
                            (json_int_t)e->count, "loss", json_number(e->loss), "accuracy",
                            json_number(e->accuracy), "micro", scores_json(&e->micro), "macro",
                            scores_json(&e->macro), "rejection", rejection_json(e), "classes",
                            classes_json(e, model), "confusion", confusion_json(e));
    if (!all)
        no_memory();
    return all;
}

/* Holds no list and no object. */
static bool is_flat(const json_t *value) {
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key,
                        member) if (json_is_object(member) || json_is_array(member)) return false;
    json_t *first = json_array_get(value, 0);
    return !json_is_array(first) && !json_is_object(first);
}

static void write_compact(const json_t *value, FILE *out) {
    json_dumpf(value, out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
}

static void write_value(const json_t *value, int indent, FILE *out) {
    if (is_flat(value) && indent > 0) {
        write_compact(value, out);
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            fprintf(out, "%s\n%*s", i == 0 ? "[" : ",", indent + 2, "");
            write_compact(json_array_get(value, i), out);
        }
        fprintf(out, "\n%*s]", indent, "");
    } else {
        const char *before = "{", *key;
        json_t *member;
        json_object_foreach((json_t *)value, key, member) {
            fprintf(out, "%s\n%*s\"%s\": ", before, indent + 2, "", key);
            write_value(member, indent + 2, out);
            before = ",";
        }
        fprintf(out, "\n%*s}", indent, "");
    }
}

void json_write(const json_t *value, FILE *out) {
    write_value(value, 0, out);
    fputc('\n', out);
}

json_t *json_of_file(const char *path, json_error_t *error) {
    errno = 0;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, error);
    if (!value && errno == ENOMEM)
        no_memory();
    return value;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

void result_write_field(const char *text, FILE *out) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void result_write_confusion(const lcnn_evaluation *e, const lcnn_model *model, FILE *out) {
    fputs("truth", out);
    for (int k = 0; k < e->classes; k++) {
        fputc(',', out);
        result_write_field(lcnn_model_class_name(model, k), out);
    }
    fputc('\n', out);
    for (int i = 0; i < e->classes; i++) {
        result_write_field(lcnn_model_class_name(model, i), out);
        for (int k = 0; k < e->classes; k++)
            fprintf(out, ",%u", cell_of(e, i, k));
        fputc('\n', out);
    }
}

void result_write_predictions(const lcnn_evaluation *e, const lcnn_model *model, FILE *out) {
    fputs("index,truth,answer,probability\n", out);
    for (uint32_t i = 0; i < e->count; i++) {
        fprintf(out, "%u,", e->sample[i]);
        result_write_field(lcnn_model_class_name(model, e->truth[i]), out);
        fputc(',', out);
        result_write_field(lcnn_model_class_name(model, e->answer[i]), out);
        fprintf(out, ",%.9g\n", (double)e->probability[i]);
    }
}
