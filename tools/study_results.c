/* study_results.c - results.json and results.csv: everything that a study found, for the report and
 * for other programs. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "memory.h"
#include "progress.h"
#include "result.h"
#include "rundir.h"
#include "study.h"
#include "text.h"

static json_t *checked(json_t *value) {
    if (!value)
        no_memory();
    return value;
}

/* A label as a number where it is one. */
static json_t *value_json(const char *label) {
    char *end;
    double x = strtod(label, &end);
    bool number =
        *label && *end == '\0' && strspn(label, "+-.eE0123456789") == strlen(label) && isfinite(x);
    if (!number)
        return json_text(label);
    return x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *labels_json(const char *const *label, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, value_json(label[i]));
    return list;
}

json_t *settings_json(const lcnn_experiment *e, const lcnn_cell *cell) {
    json_t *map = json_object();
    for (int i = 0; i < e->axis_count; i++)
        json_object_set_new(map, e->axes[i].key, value_json(cell->values[i]));
    return map;
}

static json_t *axes_json(const lcnn_experiment *e) {
    json_t *list = json_array();
    for (int i = 0; i < e->axis_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "key", e->axes[i].key, "label",
                                              json_text(e->axes[i].label), "values",
                                              labels_json(e->axes[i].values, e->axes[i].count)));
    return list;
}

/* The data set of a cell as people know it. */
static json_t *data_json(const study_run *s, const lcnn_experiment *e, const lcnn_cell *cell) {
    const trial_run *r = &s->run[cell->trial];
    return json_text(*r->data_name ? r->data_name : e->data[cell->data]);
}

/* ---- Trials --------------------------------------------------------------------------------------- */

static json_t *probes_json(const lcnn_experiment *e, const trial_run *r) {
    json_t *list = json_array();
    for (int i = 0; i < e->probe_count; i++) {
        json_t *found = r->state == TRIAL_DONE ? probe_result(r, e->probe_settings[i]) : NULL;
        json_t *test = json_object_get(found, "test");
        if (test)
            json_array_append_new(list, json_pack("{s:o, s:O?, s:O?}", "value",
                                                  value_json(e->probe_values[i]), "accuracy",
                                                  json_object_get(test, "accuracy"), "loss",
                                                  json_object_get(test, "loss")));
        json_decref(found);
    }
    return list;
}

/* Error among the answers that are left when the least sure are rejected. */
static json_t *rejection_json(const trial_figures *f, double reject_to) {
    enum { POINTS = 31 };
    if (reject_to <= 0 || f->count == 0)
        return json_null();
    json_t *rejected = json_array(), *error = json_array();
    for (int i = 0; i < POINTS; i++) {
        double share = 0.005 * i;
        json_array_append_new(rejected, json_number(share));
        json_array_append_new(error, json_number(trial_error_after(f, share)));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "to", json_number(reject_to), "share",
                     json_number(trial_rejected(f, reject_to)), "rejected", rejected, "error",
                     error);
}

static json_t *trial_json(const study_run *s, const lcnn_experiment *e, const lcnn_cell *cell) {
    static const char *const states[] = {"waiting", "done", "failed", "absent"};
    const trial_run *r = &s->run[cell->trial];
    const trial_figures *f = &r->found;
    bool shown = group_is_shown(s, e, cell->group);
    char *folder = run_path("trials", r->trial->id);
    json_t *all = checked(json_pack(
        "{s:s, s:o, s:o, s:o, s:i, s:o, s:s, s:o}", "id", r->trial->id, "folder", json_text(folder),
        "model", json_text(e->models[cell->model]), "data", data_json(s, e, cell), "seed",
        r->trial->seed, "settings", settings_json(e, cell), "state", states[r->state], "message",
        r->message ? json_text(r->message) : json_null()));
    free(folder);
    json_t *figures = checked(json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "accuracy", json_number(shown ? f->accuracy : NAN),
        "loss", json_number(shown ? f->loss : NAN), "precision",
        json_number(shown ? f->precision : NAN), "recall", json_number(shown ? f->recall : NAN),
        "f1", json_number(shown ? f->f1 : NAN), "validation_accuracy",
        json_number(f->validation_accuracy)));
    json_object_update_missing(all, figures);
    json_decref(figures);
    figures =
        checked(json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "parameters",
                          (json_int_t)model_parameters(r->trial->model), "macs",
                          (json_int_t)model_total(r->trial->model).macs, "train_seconds",
                          json_number(f->train_seconds), "together",
                          r->together ? json_integer(r->together) : json_null(), "threads",
                          r->threads ? json_integer(r->threads) : json_null(), "weights_sha256",
                          *f->weights_sha256 ? json_string(f->weights_sha256) : json_null(),
                          "probes", shown ? probes_json(e, r) : json_array(), "rejection",
                          shown ? rejection_json(f, e->reject_to) : json_null()));
    json_object_update_missing(all, figures);
    json_decref(figures);
    return all;
}

/* ---- Summaries -------------------------------------------------------------------------------------- */

static json_t *estimate_json(const study_run *s, const lcnn_experiment *e, int group,
                             const char *metric, bool shown) {
    double *value = memory_new((size_t)group_size(e) + 1, sizeof *value);
    int done;
    group_values(s, e, group, metric, value, &done);
    estimate found = mean_estimate(value, done);
    free(value);
    if (!shown || done == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "mean", json_number(found.mean), "deviation",
                     json_number(found.deviation), "low", json_number(found.low), "high",
                     json_number(found.high));
}

static json_t *summary_json(const study_run *s, const lcnn_experiment *e, int group) {
    const lcnn_cell *cell = group_cell(e, group);
    bool shown = group_is_shown(s, e, group);
    int done = 0;
    for (int i = 0; i < group_size(e); i++)
        done += s->run[cell[i].trial].state == TRIAL_DONE;
    return checked(json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:b, s:o}", "model",
                             json_text(e->models[cell->model]), "data", data_json(s, e, cell),
                             "settings", settings_json(e, cell), "seeds", done, "accuracy",
                             estimate_json(s, e, group, "accuracy", shown), "loss",
                             estimate_json(s, e, group, "loss", shown), "validation_accuracy",
                             estimate_json(s, e, group, "validation_accuracy", true), "rejected",
                             estimate_json(s, e, group, "rejected", shown && e->reject_to > 0),
                             "best", (int)(best_group(s, e) == group), "published",
                             shown ? summary_published(s, e, group) : json_array()));
}

static json_t *experiment_json(const study_run *s, const lcnn_experiment *e) {
    json_t *trials = json_array(), *summaries = json_array();
    for (int i = 0; i < e->cell_count; i++)
        json_array_append_new(trials, trial_json(s, e, &e->cells[i]));
    for (int g = 0; g < e->group_count; g++)
        json_array_append_new(summaries, summary_json(s, e, g));
    json_t *probes = e->probe_count == 0
                         ? json_null()
                         : json_pack("{s:o, s:o, s:o}", "title", json_text(e->probe_title), "label",
                                     json_text(e->probe_label), "values",
                                     labels_json(e->probe_values, e->probe_count));
    return checked(json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                             e->name, "title", json_text(e->title), "about", json_text(e->about),
                             "best_by", e->best_by_validation ? "validation" : "nothing", "axes",
                             axes_json(e), "probes", probes, "reject_to",
                             e->reject_to > 0 ? json_number(e->reject_to) : json_null(), "trials",
                             trials, "summaries", summaries, "comparisons",
                             experiment_comparisons(s, e), "findings", experiment_findings(s, e)));
}

json_t *study_results(const study_run *s) {
    json_t *list = json_array();
    for (int i = 0; i < lcnn_study_experiment_count(s->study); i++)
        json_array_append_new(list, experiment_json(s, lcnn_study_experiment(s->study, i)));
    double trained = 0;
    int done = 0, kept = 0;
    for (int i = 0; i < s->count; i++) {
        done += s->run[i].state == TRIAL_DONE;
        kept += s->run[i].kept;
        trained += s->run[i].found.train_seconds > 0 ? s->run[i].found.train_seconds : 0;
    }
    return checked(json_pack(
        "{s:o, s:o, s:s, s:s, s:o, s:o, s:i, s:i, s:i, s:i, s:o}", "study",
        json_text(lcnn_study_name(s->study)), "about", json_text(lcnn_study_about(s->study)),
        "version", lcnn_version(), "started", s->started, "seconds",
        json_number(s->seconds_before + clock_seconds() - s->clock), "train_seconds",
        json_number(trained), "threads", s->processors, "trial_count", s->count, "done", done,
        "kept", kept, "experiments", list));
}

/* ---- Files --------------------------------------------------------------------------------------------- */

static void write_cell(const json_t *value, FILE *out) {
    if (json_is_string(value))
        result_write_field(json_string_value(value), out);
    else if (json_is_integer(value))
        fprintf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        fputs(text_number(json_real_value(value)), out);
}

static void write_settings(const json_t *settings, FILE *out) {
    char *text;
    size_t size;
    FILE *field = text_begin(&text, &size);
    const char *key, *before = "";
    json_t *value;
    json_object_foreach((json_t *)settings, key, value) {
        fprintf(field, "%s%s=", before, key);
        before = "; ";
        if (json_is_string(value))
            fputs(json_string_value(value), field);
        else
            write_cell(value, field);
    }
    fclose(field);
    result_write_field(text, out);
    free(text);
}

/* A row for each trial of each experiment. */
static int write_csv(const study_run *s, const json_t *results) {
    static const char *const columns[] = {"id",
                                          "model",
                                          "data",
                                          "seed",
                                          "state",
                                          "accuracy",
                                          "loss",
                                          "precision",
                                          "recall",
                                          "f1",
                                          "validation_accuracy",
                                          "parameters",
                                          "macs",
                                          "train_seconds",
                                          "together",
                                          "weights_sha256",
                                          "message"};
    run_file file;
    run_file_begin(&file, s->folder, "results.csv");
    fputs("experiment,settings", file.out);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        fprintf(file.out, ",%s", columns[i]);
    fputc('\n', file.out);
    size_t i, k;
    json_t *experiment, *trial;
    json_array_foreach(json_object_get(results, "experiments"), i, experiment)
        json_array_foreach(json_object_get(experiment, "trials"), k, trial) {
        write_cell(json_object_get(experiment, "name"), file.out);
        fputc(',', file.out);
        write_settings(json_object_get(trial, "settings"), file.out);
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            fputc(',', file.out);
            write_cell(json_object_get(trial, columns[c]), file.out);
        }
        fputc('\n', file.out);
    }
    return run_file_end(&file);
}

int study_write_results(const study_run *s, const json_t *results) {
    run_file file;
    run_file_begin(&file, s->folder, "results.json");
    json_dumpf(results, file.out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    fputc('\n', file.out);
    int status = run_file_end(&file), second = write_csv(s, results);
    return status ? status : second;
}
