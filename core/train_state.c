/* train_state.c - where training stands, as a file, and back to it.
 *
 * The weights and the optimiser's memory are tensors; the place, the history and the model are one
 * JSON text beside them. That the file came whole is checkpoint.h's business; that it belongs to
 * this model and these data, and that its numbers can be, is checked here before anything is
 * changed. */
#include "config.h"

#include "train_parts.h"

#include "file.h"
#include "hash.h"
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CHECKPOINT_MEMORIES == (int)OPTIM_MAX_STATES, "as much as optimisers keep");

void history_free(lcnn_epoch *history, int count) {
    for (int i = 0; i < count; i++)
        free((void *)history[i].tensor);
    free(history);
}

/* ---- Tensors ---------------------------------------------------------------------------------- */

static int memories(const trainer *t) {
    int count = 0;
    while (count < OPTIM_MAX_STATES && exec_state(t->exec, count))
        count++;
    return count;
}

/* The network's tensors, and behind them those of each of the optimiser's memories. */
typedef struct tensor_list {
    arena *arena;
    checkpoint_tensor *tensor;
    int count;
} tensor_list;

static bool append(tensor_list *list, const trainer *t, const char *prefix, const real *values,
                   int count, lcnn_errors *errors) {
    const checkpoint_tensor *more =
        network_export(t->network, prefix, values, count, list->arena, errors);
    if (more)
        memcpy(list->tensor + list->count, more, (size_t)count * sizeof *more);
    list->count += count;
    return more != NULL;
}

static bool list_tensors(tensor_list *list, const trainer *t, lcnn_errors *errors) {
    const network *n = t->network;
    size_t most = (size_t)n->count * (1 + OPTIM_MAX_STATES) + 1;
    *list = (tensor_list){.arena = arena_new()};
    if (list->arena)
        list->tensor = arena_array(list->arena, most, sizeof *list->tensor);
    if (!list->tensor) {
        error_no_memory(errors);
        return false;
    }
    if (!append(list, t, "", n->values, n->count, errors))
        return false;
    for (int k = 0; k < memories(t); k++) {
        char prefix[32];
        text_format(prefix, sizeof prefix, CHECKPOINT_MEMORY "%d.", k);
        if (!append(list, t, prefix, exec_state(t->exec, k), n->trained_count, errors))
            return false;
    }
    return true;
}

static void take_tensors(const tensor_list *list, trainer *t) {
    const network *n = t->network;
    network_import(n, list->tensor, n->count, n->values);
    for (int k = 0; k < memories(t); k++)
        network_import(n, list->tensor + n->count + k * n->trained_count, n->trained_count,
                       exec_state(t->exec, k));
}

static bool all_finite(const tensor_list *list, lcnn_errors *errors) {
    for (int i = 0; i < list->count; i++)
        for (size_t k = 0; k < shape_size(&list->tensor[i].shape); k++)
            if (!isfinite(list->tensor[i].data[k])) {
                error_add(errors, LCNN_NOT_FINITE, (mark){0},
                          "tensor '%s' has become infinite or not a number, and is not saved",
                          list->tensor[i].name);
                return false;
            }
    return true;
}

/* ---- The text: writing ------------------------------------------------------------------------ */

/* The figures of an epoch, by their names in the text. */
static const struct figure {
    const char *name;
    size_t offset; /* of a double in lcnn_epoch */
} figures[] = {
    {"learning_rate", offsetof(lcnn_epoch, learning_rate)},
    {"train_loss", offsetof(lcnn_epoch, train_loss)},
    {"train_accuracy", offsetof(lcnn_epoch, train_accuracy)},
    {"validation_loss", offsetof(lcnn_epoch, validation_loss)},
    {"validation_accuracy", offsetof(lcnn_epoch, validation_accuracy)},
    {"test_loss", offsetof(lcnn_epoch, test_loss)},
    {"test_accuracy", offsetof(lcnn_epoch, test_accuracy)},
    {"seconds", offsetof(lcnn_epoch, seconds)},
    {"images_per_second", offsetof(lcnn_epoch, images_per_second)},
};
enum { FIGURES = sizeof figures / sizeof *figures };

/* What a set has no part for is no number, and null in JSON. */
static json_t *epoch_json(const trainer *t, const lcnn_epoch *e) {
    json_t *all = json_pack("{s:s, s:[]}", "weights_sha256", e->sha256, "tensors");
    bool ok = all != NULL;
    for (int i = 0; ok && i < FIGURES; i++) {
        double value = *(const double *)((const char *)e + figures[i].offset);
        ok = json_object_set_new(all, figures[i].name,
                                 isfinite(value) ? json_real(value) : json_null()) == 0;
    }
    json_t *tensors = json_object_get(all, "tensors");
    for (int i = 0; ok && i < t->network->count; i++)
        ok = json_array_append_new(tensors, json_string(e->tensor[i])) == 0;
    if (ok)
        return all;
    json_decref(all);
    return NULL;
}

/* NULL when memory is out. Seventeen digits give every double back. */
static char *state_text(const trainer *t) {
    const train_place *at = &t->place;
    json_watch_begin();
    json_t *all = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:f, s:f, s:f, s:[]}", "version", PACKAGE_VERSION,
        "model", t->model->yaml, "model_sha256", t->model->sha256, "data_sha256", t->data->sha256,
        "epoch", at->epoch, "step", (json_int_t)at->step, "right", (json_int_t)at->right, "loss",
        at->loss, "learning_rate", at->learning_rate, "seconds", at->seconds, "history");
    json_t *history = json_object_get(all, "history");
    bool ok = all != NULL;
    for (int i = 0; ok && i < at->epoch; i++)
        ok = json_array_append_new(history, epoch_json(t, &t->history[i])) == 0;
    char *text = ok ? json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(all);
    if (json_watch_end())
        return text;
    free(text);
    return NULL;
}

bool trainer_save(const trainer *t, const char *path, lcnn_errors *errors) {
    if (!train_possible(t, errors))
        return false;
    tensor_list list;
    size_t size;
    bool saved = false;
    if (list_tensors(&list, t, errors) && all_finite(&list, errors)) {
        char *text = state_text(t);
        char *bytes = text ? checkpoint_bytes(list.tensor, list.count, text, &size, errors) : NULL;
        if (!text)
            error_no_memory(errors);
        saved = bytes && file_write(path, bytes, size, errors);
        free(bytes);
        free(text);
    }
    arena_free(list.arena);
    return saved;
}

/* ---- The text: reading ------------------------------------------------------------------------ */

typedef struct reader {
    const trainer *trainer;
    mark at;
    lcnn_errors *errors;
    train_place place;
    lcnn_epoch *history; /* [place.epoch] */
} reader;

static bool wrong(const reader *r, const char *key) {
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
              "the state of the training: '%s' is not what it can be; the file was not written by "
              "lcnn, or has been changed",
              key);
    return false;
}

static bool get_count(const reader *r, const json_t *all, const char *key, uint32_t most,
                      uint32_t *out) {
    const json_t *value = json_object_get(all, key);
    json_int_t number = json_integer_value(value);
    *out = (uint32_t)number;
    return (json_is_integer(value) && number >= 0 && number <= (json_int_t)most) || wrong(r, key);
}

/* Null is no number, where that may be. */
static bool get_number(const reader *r, const json_t *all, const char *key, bool may_lack,
                       double *out) {
    const json_t *value = json_object_get(all, key);
    *out = json_is_null(value) ? NAN : json_number_value(value);
    return json_is_number(value) || (may_lack && json_is_null(value)) || wrong(r, key);
}

/* Exactly as many hexadecimal digits as there is room for. */
static bool get_digits(const reader *r, const json_t *value, const char *key, size_t room,
                       char *out) {
    const char *text = json_string_value(value);
    if (!text || strlen(text) != room - 1 || strspn(text, "0123456789abcdef") != room - 1)
        return wrong(r, key);
    memcpy(out, text, room);
    return true;
}

static bool read_epoch(reader *r, const json_t *all, lcnn_epoch *e) {
    const int tensors = r->trainer->network->count;
    const json_t *list = json_object_get(all, "tensors");
    lcnn_fingerprint *tensor = calloc((size_t)tensors + 1, sizeof *tensor);
    e->tensor = tensor;
    if (!tensor) {
        error_no_memory(r->errors);
        return false;
    }
    for (int i = 0; i < FIGURES; i++)
        if (!get_number(r, all, figures[i].name, true, (double *)((char *)e + figures[i].offset)))
            return false;
    if (json_array_size(list) != (size_t)tensors)
        return wrong(r, "tensors");
    for (int i = 0; i < tensors; i++)
        if (!get_digits(r, json_array_get(list, (size_t)i), "tensors", sizeof *tensor, tensor[i]))
            return false;
    return get_digits(r, json_object_get(all, "weights_sha256"), "weights_sha256", sizeof e->sha256,
                      e->sha256);
}

static bool read_history(reader *r, const json_t *all) {
    const json_t *list = json_object_get(all, "history");
    const size_t count = (size_t)r->place.epoch;
    if (json_array_size(list) != count)
        return wrong(r, "history");
    r->history = calloc(count + 1, sizeof *r->history);
    if (!r->history) {
        error_no_memory(r->errors);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        r->history[i].epoch = (int)i + 1;
        r->history[i].epochs = r->trainer->model->train.epochs;
        if (!read_epoch(r, json_array_get(list, i), &r->history[i]))
            return false;
    }
    return true;
}

static bool read_place(reader *r, const json_t *all) {
    const trainer *t = r->trainer;
    const uint32_t count = t->chosen.training.count, size = (uint32_t)t->model->train.batch_size;
    train_place *at = &r->place;
    uint32_t epoch;
    if (!get_count(r, all, "epoch", (uint32_t)t->model->train.epochs, &epoch))
        return false;
    at->epoch = (int)epoch;
    bool over = at->epoch == t->model->train.epochs;
    if (!get_count(r, all, "step", over ? 0 : train_steps(t), &at->step))
        return false;
    at->done = at->step == train_steps(t) ? count : at->step * size;
    return get_count(r, all, "right", at->done, &at->right) &&
           get_number(r, all, "loss", false, &at->loss) &&
           get_number(r, all, "learning_rate", false, &at->learning_rate) &&
           get_number(r, all, "seconds", false, &at->seconds);
}

/* The same thing then and now, by its hash. */
static bool same(const reader *r, const json_t *all, const char *key, const char *now,
                 const char *what) {
    const char *then = json_string_value(json_object_get(all, key));
    if (!then)
        return wrong(r, key);
    if (strcmp(then, now) == 0)
        return true;
    error_add(r->errors, LCNN_BAD_WEIGHTS, r->at,
              "this is the state of a training %s (sha256 %.16s... then, %.16s... now); it goes on "
              "with the same only",
              what, then, now);
    return false;
}

static bool read_state(reader *r, const char *text, arena *a) {
    const trainer *t = r->trainer;
    json_error_t error;
    bool no_memory;
    const json_t *all = json_read(a, text, strlen(text), &error, &no_memory);
    if (no_memory) {
        error_no_memory(r->errors);
        return false;
    }
    if (!json_is_object(all))
        return wrong(r, CHECKPOINT_STATE);
    const char *version = json_string_value(json_object_get(all, "version"));
    bool ok = version || wrong(r, "version");
    ok = ok && same(r, all, "model_sha256", t->model->sha256, "of another model") &&
         same(r, all, "data_sha256", t->data->sha256, "on other data") && read_place(r, all) &&
         read_history(r, all);
    if (ok && strcmp(version, PACKAGE_VERSION) != 0)
        error_note(r->errors,
                   "the training began with lcnn %.20s, this is %s: another version may come to "
                   "other bits",
                   version, PACKAGE_VERSION);
    return ok;
}

/* Whoever wrote a history left it to whoever goes on with it. */
static void go_there(trainer *t, reader *r, const tensor_list *list) {
    take_tensors(list, t);
    history_free(t->history, t->place.epoch);
    t->history = r->history;
    r->history = NULL;
    t->place = r->place;
    exec_set_updates(t->exec, train_updates(t));
}

bool trainer_resume(trainer *t, const char *path, lcnn_errors *errors) {
    if (!train_possible(t, errors))
        return false;
    tensor_list list;
    char *text = NULL;
    reader r = {.trainer = t, .at = error_file(errors, path), .errors = errors};
    bool ok = list_tensors(&list, t, errors) &&
              checkpoint_read(path, list.tensor, list.count, &text, errors) &&
              network_accepts(t->network, list.tensor, path, errors) &&
              read_state(&r, text, list.arena);
    if (ok)
        go_there(t, &r, &list);
    history_free(r.history, r.history ? r.place.epoch : 0);
    free(text);
    arena_free(list.arena);
    return ok;
}
