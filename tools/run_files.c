/* run_files.c - the files of a run: its model, what is needed to repeat it, the figures of each
 * epoch, the weights and the result. Its page is made of them by report_run.c. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "memory.h"
#include "result.h"
#include "run_files.h"
#include "text.h"

void record(run *r, int status) {
    if (r->status == LCNN_OK)
        r->status = status;
}

/* One message tells that the disk is full; the others would say the same of other files. */
static void settle(run *r, lcnn_errors *errors) {
    record(r, r->status == LCNN_BAD_IO ? messages_drop(errors) : messages_end(errors));
}

static void begin_file(run *r, run_file *file, const char *name) {
    run_file_begin(file, r->folder, name);
    file->quiet = r->status == LCNN_BAD_IO;
}

void write_model(run *r) {
    run_file file;
    begin_file(r, &file, "model.yaml");
    fputs(lcnn_model_yaml(r->job.model), file.out);
    record(r, run_file_end(&file));
}

void begin_trace(run *r) {
    run_file file;
    begin_file(r, &file, "trace.csv");
    record(r, run_file_end(&file));
}

/* What the run said when it began, now and for ever; else `value`, which may be NULL. */
static json_t *from_past(const run *r, const char *key, const char *value) {
    json_t *said = json_object_get(r->past, key);
    return said ? json_incref(said) : value ? json_text(value) : json_null();
}

/* Of the file that the weights began with; null: they were drawn, or the file is gone. */
static json_t *weights_hash(const run *r) {
    char sha256[65];
    if (!r->args->weights)
        return from_past(r, "weights_from_sha256", NULL);
    lcnn_errors *errors = messages_begin();
    bool read = lcnn_file_sha256(r->args->weights, sha256, errors);
    messages_end(errors);
    return read ? json_string(sha256) : json_null();
}

static json_t *words_json(const run *r) {
    json_t *said = json_object_get(r->past, "command");
    if (said)
        return json_incref(said);
    json_t *words = json_array();
    for (int i = 0; i < r->args->argc; i++)
        json_array_append_new(words, i == 0 ? json_string("lcnn") : json_text(r->args->argv[i]));
    return words;
}

static json_t *hashes_json(const run *r) {
    json_t *all = json_array();
    for (int i = 0; i < r->epochs; i++)
        json_array_append_new(all, json_string(r->epoch[i].sha256));
    return all;
}

static json_t *best_json(const run *r) {
    const lcnn_epoch *best = best_epoch(r);
    return best ? json_pack("{s:i, s:s}", "epoch", best->epoch, "weights_sha256", best->sha256)
                : json_null();
}

static json_t *published_json(const run *r) {
    json_t *said = json_object_get(r->past, "published");
    return said ? json_incref(said) : published_record(r->published);
}

static json_t *resumed_json(const run *r) {
    json_t *said = json_object_get(r->past, "resumed");
    return said ? json_incref(said) : json_array();
}

void write_record(run *r, const char *state) {
    const job *j = &r->job;
    char now[32];
    clock_utc(now);
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:I, s:i, s:s, s:o, s:o, s:s?, s:i, "
        "s:o, s:o, "
        "s:s, s:s?, s:o, s:o, s:o, s:o}",
        "version", lcnn_version(), "commit", lcnn_commit(), "compiler", lcnn_compiler(), "state",
        state, "command", words_json(r), "model", json_text(lcnn_model_name(j->model)),
        "model_file", from_past(r, "model_file", lcnn_model_path(j->model)), "model_sha256",
        lcnn_model_sha256(j->model), "data", json_text(lcnn_data_name(j->data)), "data_sha256",
        lcnn_data_sha256(j->data), "seed", (json_int_t)lcnn_model_seed(j->model), "threads",
        lcnn_session_threads(j->session), "isa", lcnn_session_isa(j->session), "weights_from",
        from_past(r, "weights_from", r->args->weights), "weights_from_sha256", weights_hash(r),
        "weights_sha256", r->sha256, "epochs", r->epochs, "weights_after_epoch", hashes_json(r),
        "best", best_json(r), "started", r->started, "ended",
        strcmp(state, "running") == 0 ? NULL : now, "resumed", resumed_json(r), "seconds",
        json_number(clock_seconds() - r->clock), "machine", json_text(machine_text()), "published",
        published_json(r));
    if (!all)
        no_memory();
    run_file file;
    begin_file(r, &file, "run.json");
    json_write(all, file.out);
    json_decref(all);
    record(r, run_file_end(&file));
}

void write_metrics(run *r) {
    run_file file;
    begin_file(r, &file, "metrics.csv");
    fputs("epoch,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,test_"
          "loss,test_accuracy,"
          "images_per_second,seconds\n",
          file.out);
    for (int i = 0; i < r->epochs; i++) {
        const lcnn_epoch *e = &r->epoch[i];
        fprintf(file.out, "%d,%s,%s,%s,%s,%s,%s,%s,%.0f,%.3f\n", e->epoch,
                text_number(e->learning_rate), text_number(e->train_loss),
                text_number(e->train_accuracy), text_number(e->validation_loss),
                text_number(e->validation_accuracy), text_number(e->test_loss),
                text_number(e->test_accuracy), e->images_per_second, e->seconds);
    }
    record(r, run_file_end(&file));
}

void write_hashes(run *r) {
    run_file file;
    begin_file(r, &file, "hashes.csv");
    fputs("epoch,weights_sha256", file.out);
    const int tensors = lcnn_session_tensor_count(r->job.session);
    for (int k = 0; k < tensors; k++)
        fprintf(file.out, ",%s", lcnn_session_tensor_name(r->job.session, k));
    fputc('\n', file.out);
    for (int i = 0; i < r->epochs; i++) {
        fprintf(file.out, "%d,%s", r->epoch[i].epoch, r->epoch[i].sha256);
        for (int k = 0; k < tensors; k++)
            fprintf(file.out, ",%s", r->epoch[i].tensor[k]);
        fputc('\n', file.out);
    }
    record(r, run_file_end(&file));
}

void write_weights(run *r) {
    char *path = run_path(r->folder, "weights.safetensors");
    lcnn_errors *errors = messages_begin();
    if (lcnn_session_save(r->job.session, path, errors))
        r->sha256 = job_weights_sha256(&r->job);
    settle(r, errors);
    free(path);
}

const lcnn_epoch *best_epoch(const run *r) {
    const lcnn_epoch *best = NULL;
    for (int i = 0; i < r->epochs; i++) {
        const lcnn_epoch *e = &r->epoch[i];
        if (isfinite(e->validation_loss) &&
            (!best || e->validation_accuracy > best->validation_accuracy ||
             (e->validation_accuracy == best->validation_accuracy &&
              e->validation_loss < best->validation_loss)))
            best = e;
    }
    return best;
}

void write_best(run *r) {
    if (!best_epoch(r) || best_epoch(r)->epoch != r->epochs)
        return;
    char *path = run_path(r->folder, "best.safetensors");
    lcnn_errors *errors = messages_begin();
    r->best_missing = !lcnn_session_save(r->job.session, path, errors);
    settle(r, errors);
    free(path);
}

static json_t *part_json(uint32_t images, double loss, double accuracy) {
    return json_pack("{s:I, s:o, s:o}", "images", (json_int_t)images, "loss", json_number(loss),
                     "accuracy", json_number(accuracy));
}

json_t *run_json(const run *r, const lcnn_evaluation *e) {
    const job *j = &r->job;
    const lcnn_epoch *last = &r->epoch[r->epochs - 1];
    uint32_t held_out = lcnn_session_validation_count(j->session);
    json_t *all = json_pack(
        "{s:o, s:o, s:I, s:i, s:s, s:s, s:s?, s:o, s:o, s:o}", "model",
        json_text(lcnn_model_name(j->model)), "data", json_text(lcnn_data_name(j->data)), "seed",
        (json_int_t)lcnn_model_seed(j->model), "epochs", r->epochs, "model_sha256",
        lcnn_model_sha256(j->model), "data_sha256", lcnn_data_sha256(j->data), "weights_sha256",
        r->sha256, "train",
        part_json(lcnn_session_train_count(j->session), last->train_loss, last->train_accuracy),
        "validation",
        held_out ? part_json(held_out, last->validation_loss, last->validation_accuracy)
                 : json_null(),
        "test", e ? result_json(e, j->model) : json_null());
    if (!all)
        no_memory();
    if (r->beside)
        json_object_set_new(all, "published", beside_results(r->beside));
    return all;
}

/* Takes over the reference. */
static void write_json(run *r, const char *name, json_t *all) {
    run_file file;
    begin_file(r, &file, name);
    json_write(all, file.out);
    json_decref(all);
    record(r, run_file_end(&file));
}

void write_result(run *r, const lcnn_evaluation *e) {
    write_json(r, "result.json", run_json(r, e));
    if (r->beside)
        write_json(r, "published.json", beside_json(r->beside));
    if (!e)
        return;
    run_file file;
    begin_file(r, &file, "confusion.csv");
    result_write_confusion(e, r->job.model, file.out);
    record(r, run_file_end(&file));
    begin_file(r, &file, "predictions.csv");
    result_write_predictions(e, r->job.model, file.out);
    record(r, run_file_end(&file));
}
