/* lcnn.c - the public interface, and the place where the parts meet: it hands the operators,
 * optimisers, transforms and data sets down to the core, which knows none of them by name. */
#include "config.h"

#include "datasets.h"
#include "file.h"
#include "hash.h"
#include "lcnn_parts.h"
#include "threads.h"
#include "train.h"

#include "core/commit.inc"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lcnn_version(void) {
    return PACKAGE_VERSION;
}

const char *lcnn_commit(void) {
    return LCNN_COMMIT;
}

const char *lcnn_compiler(void) {
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

const char *lcnn_nearest(const char *word, const char *const *names) {
    return error_nearest(word, names);
}

bool lcnn_write_file(const char *path, const void *bytes, size_t size, lcnn_errors *errors) {
    return file_write(path, bytes, size, errors);
}

bool lcnn_file_sha256(const char *path, char sha256[65], lcnn_errors *errors) {
    size_t size;
    char *bytes = file_read(path, SIZE_MAX - 1, &size, LCNN_BAD_IO, errors);
    if (bytes)
        hash_sha256(bytes, size, sha256);
    free(bytes);
    return bytes != NULL;
}

/* ---- Models ---------------------------------------------------------------------------------- */

static const char *shape_copy(arena *a, const shape *s) {
    char text[SHAPE_TEXT];
    shape_text(s, text);
    return arena_copy(a, text, strlen(text));
}

static int64_t trained_parameters(const node *n) {
    int64_t sum = 0;
    for (int k = 0; n->op->params && n->op->params[k].name; k++)
        if (!n->op->params[k].state && n->shapes.param[k].shape.rank > 0)
            sum += (int64_t)shape_size(&n->shapes.param[k].shape) - n->shapes.param[k].absent;
    return sum;
}

static const char *input_names(arena *a, const graph *g, const node *n) {
    const char *text = "";
    for (int k = 0; k < n->shapes.inputs && text; k++) {
        const char *name = n->input[k] == GRAPH_INPUT ? "input" : g->node[n->input[k]].name;
        text = arena_format(a, "%s%s%s", text, k > 0 ? ", " : "", name);
    }
    return text;
}

static bool describe_layers(lcnn_model *m) {
    const graph *g = m->model->graph;
    m->input = shape_copy(m->arena, &g->input);
    m->layers = arena_array(m->arena, (size_t)g->count, sizeof *m->layers);
    for (int i = 0; m->layers && i < g->count; i++) {
        const node *n = &g->node[i];
        m->layers[i] = (lcnn_layer){
            .name = n->name,
            .op = n->op->component.name,
            .output = shape_copy(m->arena, &n->shapes.output),
            .inputs = input_names(m->arena, g, n),
            .parameters = trained_parameters(n),
            .macs = n->shapes.macs,
            .connections = n->shapes.connections ? n->shapes.connections : n->shapes.macs,
        };
        if (!m->layers[i].output || !m->layers[i].inputs)
            return false;
    }
    return m->input && m->layers;
}

/* A bare name that is no file here means what is installed. */
const char *find_installed(const char *path, const char *kind, arena *a, lcnn_errors *errors) {
    const char *below = strcmp(kind, "study") == 0 ? "models/studies" : "models";
    if (strchr(path, '/') || access(path, F_OK) == 0)
        return path;
    size_t length = strlen(path);
    const char *ending = length > 5 && strcmp(path + length - 5, ".yaml") == 0 ? "" : ".yaml";
    const char *folder = arena_format(a, "%s/%s", PKGDATADIR, below);
    const char *installed = arena_format(a, "%s/%s/%s%s", PKGDATADIR, below, path, ending);
    const char *here = arena_format(a, "%s/%s%s", below, path, ending);
    if (!folder || !installed || !here)
        error_no_memory(errors);
    else if (access(installed, F_OK) == 0)
        return installed;
    else if (access(here, F_OK) == 0)
        error_add(errors, LCNN_BAD_USAGE, (mark){0},
                  "%s is no file here and no %s installed in %s; did you mean %s?", path, kind,
                  folder, here);
    else
        error_add(errors, LCNN_BAD_USAGE, (mark){0}, "%s is no file here and no %s installed in %s",
                  path, kind, folder);
    return NULL;
}

static const model_parts *parts(void) {
    static model_parts made;
    const backend *b = backend_choose(NULL);
    made = (model_parts){&b->ops, &b->optimizers, &transforms, datasets_info};
    return &made;
}

static lcnn_model *new_model(lcnn_errors *errors) {
    lcnn_model *m = calloc(1, sizeof *m);
    if (m)
        m->arena = arena_new();
    if (m && m->arena)
        return m;
    error_no_memory(errors);
    free(m);
    return NULL;
}

/* What was published is of the file as it is. False when memory is out. */
static bool mark_published(lcnn_model *m) {
    lcnn_published *published = m->model->published;
    return !published || model_is_changed(m->model, parts(), &published->changed);
}

/* The model when it was read without fault; else NULL. `changed`: it may not be that of its file. */
static lcnn_model *keep_model(lcnn_model *m, bool changed, lcnn_errors *errors) {
    if (m->model && !(describe_layers(m) && (!changed || mark_published(m)))) {
        error_no_memory(errors);
        m->model = NULL;
    }
    if (m->model)
        return m;
    lcnn_model_free(m);
    return NULL;
}

lcnn_model *lcnn_model_load(const char *path, const lcnn_model_options *options,
                            lcnn_errors *errors) {
    static const lcnn_model_options none;
    if (!options)
        options = &none;
    lcnn_model *m = new_model(errors);
    if (!m)
        return NULL;
    const char *found = find_installed(path, "model", m->arena, errors);
    arithmetic before = arithmetic_standard();
    if (found)
        m->model = model_load(found, options->data, options->settings, options->setting_count,
                              parts(), m->arena, errors);
    m = keep_model(m, options->setting_count > 0, errors);
    arithmetic_restore(before);
    return m;
}

lcnn_model *load_changed(const char *path, const model_change *changes, int count,
                         lcnn_errors *errors) {
    lcnn_model *m = new_model(errors);
    if (!m)
        return NULL;
    const char *found = find_installed(path, "model", m->arena, errors);
    arithmetic before = arithmetic_standard();
    if (found)
        m->model = model_load_changed(found, changes, count, parts(), m->arena, errors);
    m = keep_model(m, true, errors);
    arithmetic_restore(before);
    return m;
}

bool lcnn_model_measure(lcnn_model *m, const lcnn_data *data, lcnn_errors *errors) {
    arithmetic before = arithmetic_standard();
    bool done = model_measure(m->model, data->set, parts(), m->arena, errors);
    arithmetic_restore(before);
    return done;
}

void lcnn_model_free(lcnn_model *m) {
    if (m)
        arena_free(m->arena);
    free(m);
}

const char *lcnn_model_path(const lcnn_model *m) {
    return m->model->path;
}

const char *lcnn_model_name(const lcnn_model *m) {
    return m->model->name;
}

const char *lcnn_model_about(const lcnn_model *m) {
    return m->model->about;
}

const char *lcnn_model_data(const lcnn_model *m) {
    return m->model->data.name;
}

const char *lcnn_model_input(const lcnn_model *m) {
    return m->input;
}

int lcnn_model_classes(const lcnn_model *m) {
    return m->model->graph->classes;
}

const char *lcnn_model_class_name(const lcnn_model *m, int index) {
    return m->model->class_names[index];
}

int lcnn_model_epochs(const lcnn_model *m) {
    return m->model->train.epochs;
}

int lcnn_model_batch_size(const lcnn_model *m) {
    return m->model->train.batch_size;
}

uint64_t lcnn_model_seed(const lcnn_model *m) {
    return (uint64_t)m->model->train.seed;
}

int lcnn_model_layer_count(const lcnn_model *m) {
    return m->model->graph->count;
}

lcnn_layer lcnn_model_layer(const lcnn_model *m, int index) {
    return m->layers[index];
}

const char *lcnn_model_yaml(const lcnn_model *m) {
    return m->model->yaml;
}

const lcnn_published *lcnn_model_published(const lcnn_model *m) {
    return m->model->published;
}

const char *lcnn_model_sha256(const lcnn_model *m) {
    return m->model->sha256;
}

/* ---- Sessions -------------------------------------------------------------------------------- */

struct lcnn_session {
    trainer *trainer;
    const backend *backend;
    int threads;
    char sha256[65];
};

const backend *choose_backend(const char *isa, lcnn_errors *errors) {
    const backend *chosen = backend_choose(isa);
    if (chosen)
        return chosen;
    char list[64] = "";
    for (const backend *const *b = backend_list(); *b; b++) {
        strncat(list, *list ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, (*b)->name, sizeof list - strlen(list) - 1);
    }
    error_add(errors, LCNN_BAD_USAGE, (mark){0},
              "no instruction set '%s' on this machine; there is %s", isa, list);
    return NULL;
}

bool choose_threads(int wanted, int *threads, lcnn_errors *errors) {
    int available = threads_available();
    if (wanted < 0 || wanted > MOST_THREADS) {
        error_add(errors, LCNN_BAD_USAGE, (mark){0}, "threads must be 1 to %d, not %d",
                  MOST_THREADS, wanted);
        return false;
    }
    *threads = wanted == 0 ? available : wanted;
    if (*threads > 1 && !threads_possible()) {
        error_note(errors, "built without OpenMP: one thread, not %d, with the same results",
                   *threads);
        *threads = 1;
    } else if (*threads > available)
        error_note(errors,
                   "%d threads share %d processor%s here: slower than %d, with the same results",
                   *threads, available, available == 1 ? "" : "s", available);
    if (threads_start(*threads))
        return true;
    error_add(errors, LCNN_NO_MEMORY, (mark){0},
              "the system does not start %d threads; ask for fewer, or raise its limits", *threads);
    return false;
}

lcnn_session *lcnn_session_new(const lcnn_model *m, const lcnn_data *data,
                               const lcnn_session_options *options, lcnn_errors *errors) {
    static const lcnn_session_options none;
    if (!options)
        options = &none;
    lcnn_session *session = calloc(1, sizeof *session);
    if (!session) {
        error_no_memory(errors);
        return NULL;
    }
    arithmetic before = arithmetic_standard();
    session->backend =
        model_is_measured(m->model, errors) ? choose_backend(options->isa, errors) : NULL;
    if (session->backend && choose_threads(options->threads, &session->threads, errors))
        session->trainer = trainer_new(m->model, data->set, !options->test_only, session->backend,
                                       session->threads, options->weights, errors);
    arithmetic_restore(before);
    if (!session->trainer) {
        free(session);
        return NULL;
    }
    return session;
}

void lcnn_session_free(lcnn_session *session) {
    if (session)
        trainer_free(session->trainer);
    free(session);
}

int lcnn_session_threads(const lcnn_session *session) {
    return session->threads;
}

const char *lcnn_session_isa(const lcnn_session *session) {
    return session->backend->name;
}

uint32_t lcnn_session_train_count(const lcnn_session *session) {
    return trainer_train_count(session->trainer);
}

uint32_t lcnn_session_validation_count(const lcnn_session *session) {
    return trainer_validation_count(session->trainer);
}

uint32_t lcnn_session_test_count(const lcnn_session *session) {
    return trainer_test_count(session->trainer);
}

size_t lcnn_session_memory(const lcnn_session *session) {
    return trainer_memory(session->trainer);
}

bool lcnn_session_train(lcnn_session *session, const lcnn_callbacks *callbacks,
                        lcnn_errors *errors) {
    arithmetic before = arithmetic_standard();
    bool done = trainer_run(session->trainer, callbacks, errors);
    arithmetic_restore(before);
    return done;
}

lcnn_position lcnn_session_position(const lcnn_session *session) {
    return trainer_position(session->trainer);
}

const lcnn_epoch *lcnn_session_history(const lcnn_session *session, int *count) {
    return trainer_history(session->trainer, count);
}

bool lcnn_session_checkpoint(const lcnn_session *session, const char *path, lcnn_errors *errors) {
    return trainer_save(session->trainer, path, errors);
}

bool lcnn_session_resume(lcnn_session *session, const char *path, lcnn_errors *errors) {
    return trainer_resume(session->trainer, path, errors);
}

int lcnn_session_tensor_count(const lcnn_session *session) {
    return trainer_network(session->trainer)->count;
}

const char *lcnn_session_tensor_name(const lcnn_session *session, int index) {
    return trainer_network(session->trainer)->tensor[index].name;
}

lcnn_evaluation *lcnn_session_evaluate(lcnn_session *session, lcnn_errors *errors) {
    arithmetic before = arithmetic_standard();
    lcnn_evaluation *found = trainer_evaluate(session->trainer, errors);
    arithmetic_restore(before);
    return found;
}

bool lcnn_session_save(lcnn_session *session, const char *path, lcnn_errors *errors) {
    size_t size;
    char *bytes = network_bytes(trainer_network(session->trainer), &size, errors);
    bool saved = bytes && file_write(path, bytes, size, errors);
    free(bytes);
    return saved;
}

const char *lcnn_session_sha256(lcnn_session *session) {
    lcnn_errors *errors = lcnn_errors_new();
    size_t size;
    char *bytes = errors ? network_bytes(trainer_network(session->trainer), &size, errors) : NULL;
    if (bytes)
        hash_sha256(bytes, size, session->sha256);
    lcnn_errors_free(errors);
    bool made = bytes != NULL;
    free(bytes);
    return made ? session->sha256 : NULL;
}

int lcnn_threads_available(void) {
    return threads_available();
}
