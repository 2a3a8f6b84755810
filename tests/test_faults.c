/* test_faults.c - one call after the other goes wrong: an allocation, a call for a file; once, or
 * all from then on. The library refuses with a message of the right status, leaves nothing half
 * done, or comes to the same end as ever. Readers of files have the same done to them by
 * tests/fuzz/replay.c, whole programs by tests/faults.sh. */
#include "config.h"

#include "faulty.h"
#include "file.h"
#include "lcnn.h"
#include "suite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- A folder of the test's own ---------------------------------------------------------------- */

static char folder[] = "./test_faults.XXXXXX";

static void put(const char *name, const char *text) {
    lcnn_errors *errors = lcnn_errors_new();
    ck_assert(lcnn_write_file(name, text, strlen(text), errors));
    lcnn_errors_free(errors);
}

static const char network[] = "name: tiny\n"
                              "input: [1, 28, 28]\n"
                              "nodes:\n"
                              "  - {name: c1, op: conv2d, filters: 2, kernel_size: 5, strides: 3,\n"
                              "     connections: [[0], [0]]}\n"
                              "  - {op: relu}\n"
                              "  - {op: flatten}\n"
                              "  - {name: output, op: dense, units: $classes}\n"
                              "loss: {op: softmax_cross_entropy, from: output}\n";

static void make_files(void);
static void make_photo(void);
static void make_weights(void);

static void set_up(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    put("network.yaml", network);
    put("momentum.yaml", "extends: network.yaml\n"
                         "data: {name: \"glyphs:40\", validation: 0.2,\n"
                         "  transforms: [{op: normalize, moments: measured}]}\n"
                         "train: {epochs: 2, batch_size: 17, class_weights: balanced,\n"
                         "  optimizer: {op: sgd, momentum: 0.9}, learning_rate: 0.01}\n");
    put("curvature.yaml",
        "extends: network.yaml\n"
        "data: {name: \"glyphs:40\", classes: [0, 1, 7], limit: 9,\n"
        "  transforms: [{op: random_affine, rotate: 10}, {op: rescale, to: [0, 1]}]}\n"
        "train: {epochs: 2, batch_size: 5, optimizer: {op: sdlm, samples: 5}}\n");
    put("study.yaml", "name: small\n"
                      "experiments:\n"
                      "  - {name: grid, models: [momentum.yaml], data: [\"glyphs:40\"], seeds: 2,\n"
                      "     grid: {train.batch_size: [5, 10]},\n"
                      "     claims: [{says: more is more, better: {train.batch_size: 5},\n"
                      "       than: {train.batch_size: 10}}]}\n"
                      "  - {name: draws, models: [momentum.yaml], data: [\"glyphs:40\"],\n"
                      "     random: {draws: 3, choose: {train.batch_size: [5, 10],\n"
                      "       train.learning_rate: {from: 0.001, to: 1, scale: log}}}}\n"
                      "  - {name: probes, models: [scaled.yaml], data: [\"glyphs:40\"],\n"
                      "     published: [{model: scaled, value: 0.01, uncertainty: 0.001,\n"
                      "       source: nobody}],\n"
                      "     probes: {title: Contrast, label: to, key: data.transforms.rescale.to,\n"
                      "       values: {0: [0, 0.001], 1: [0, 1]}}}\n");
    put("scaled.yaml",
        "extends: network.yaml\n"
        "data: {name: \"glyphs:40\", transforms: [{op: rescale, to: [0, 1]}]}\n"
        "train: {epochs: 1, batch_size: 17, optimizer: adam, learning_rate: 0.01}\n");
    put("wrong.yaml", "extends: momentum.yaml\n"
                      "train: {optimizer: {op: nadam}}\n");
    make_weights();
    make_photo();
    make_files();
}

static void tear_down(void) {
    ck_assert_int_eq(chdir(".."), 0);
    char command[64];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* ---- One call after the other ------------------------------------------------------------------ */

/* Does something; false with a message. What came of it goes to `outcome`: no_memory where the
 * library says it without a message. */
typedef bool scene(char outcome[65], lcnn_errors *errors);
static const char no_memory[] = "NULL";

/* How many calls fail besides the first from each place. */
enum { POINTS = 30, ALL = 1 << 20 };

static void expect_refusal(const lcnn_errors *errors, faulty_kind kind, long at) {
    ck_assert_msg(lcnn_errors_count(errors) > 0, "call %ld failed: no message", at);
    ck_assert_msg(kind != FAULTY_MEMORY || lcnn_errors_status(errors) == LCNN_NO_MEMORY,
                  "call %ld failed: status %d, not that of memory: %s", at,
                  (int)lcnn_errors_status(errors), lcnn_errors_text(errors, 0));
}

static void fail_once(scene *play, faulty_kind kind, long at, bool stays, const char *wanted) {
    char outcome[65] = "";
    lcnn_errors *errors = lcnn_errors_new();
    faulty_begin(kind, at, stays);
    bool done = play(outcome, errors);
    faulty_end();
    if (!done)
        expect_refusal(errors, kind, at);
    else if (strcmp(outcome, wanted) != 0 &&
             !(kind == FAULTY_MEMORY && strcmp(outcome, no_memory) == 0))
        ck_abort_msg("call %ld failed: %s came of it, not %s", at, outcome, wanted);
    lcnn_errors_free(errors);
}

static void fail_each(scene *play, faulty_kind kind, long most) {
    char wanted[65] = "";
    lcnn_errors *errors = lcnn_errors_new();
    faulty_begin(kind, 0, false);
    bool done = play(wanted, errors);
    const long all = faulty_end();
    ck_assert_msg(done, "%s", done ? "" : lcnn_errors_text(errors, 0));
    lcnn_errors_free(errors);
    for (long k = 0; (k = faulty_next(k, all, most)) > 0;) {
        fail_once(play, kind, k, false, wanted);
        fail_once(play, kind, k, true, wanted);
    }
}

/* ---- Training ---------------------------------------------------------------------------------- */

typedef struct job {
    lcnn_model *model;
    lcnn_data *data;
    lcnn_session *session;
    lcnn_errors *errors;
    bool saved;
} job;

static bool begin(job *j, const char *file) {
    j->model = lcnn_model_load(file, NULL, j->errors);
    j->data = j->model ? lcnn_data_open("glyphs:40", j->errors) : NULL;
    if (j->data && lcnn_model_measure(j->model, j->data, j->errors))
        j->session =
            lcnn_session_new(j->model, j->data, &(lcnn_session_options){.threads = 2}, j->errors);
    return j->session != NULL;
}

static void end(job *j) {
    lcnn_session_free(j->session);
    lcnn_data_free(j->data);
    lcnn_model_free(j->model);
}

static bool save(void *user, const lcnn_epoch *e) {
    job *j = user;
    j->saved = e->epoch == e->epochs ||
               lcnn_session_checkpoint(j->session, "state.safetensors", j->errors);
    return j->saved;
}

static bool train(job *j) {
    lcnn_callbacks callbacks = {.user = j, .epoch = save};
    return lcnn_session_train(j->session, &callbacks, j->errors) && j->saved;
}

/* Trains; goes on from the first epoch in another session, which must come to the same; tests. */
static bool train_and_test(const char *file, char outcome[65], lcnn_errors *errors) {
    job whole = {.errors = errors}, rest = {.errors = errors};
    lcnn_evaluation *result = NULL;
    bool done = begin(&whole, file) && train(&whole) &&
                lcnn_session_save(whole.session, "weights.safetensors", errors) &&
                begin(&rest, file) &&
                lcnn_session_resume(rest.session, "state.safetensors", errors) && train(&rest) &&
                (result = lcnn_session_evaluate(rest.session, errors));
    if (done) {
        const char *sha256 = lcnn_session_sha256(rest.session);
        snprintf(outcome, 65, "%s", sha256 ? sha256 : no_memory);
    }
    lcnn_evaluation_free(result);
    end(&whole);
    end(&rest);
    return done;
}

static bool train_momentum(char outcome[65], lcnn_errors *errors) {
    return train_and_test("momentum.yaml", outcome, errors);
}
static bool train_curvature(char outcome[65], lcnn_errors *errors) {
    return train_and_test("curvature.yaml", outcome, errors);
}

/* A training that is over, whose state is saved and gone on from, again and again. */
static job over;

static bool keep(char outcome[65], lcnn_errors *errors) {
    bool done = lcnn_session_checkpoint(over.session, "kept.safetensors", errors) &&
                lcnn_session_resume(over.session, "kept.safetensors", errors);
    faulty_pause();
    snprintf(outcome, 65, "%s", lcnn_session_sha256(over.session));
    faulty_go_on();
    return done;
}

/* ---- Everything else --------------------------------------------------------------------------- */

/* Dark on light, as on paper. */
static void make_photo(void) {
    enum { SIDE = 40 };
    char text[16 + SIDE * SIDE];
    int head = snprintf(text, sizeof text, "P5 %d %d 255\n", SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        text[head + i] = i / SIDE > 5 && i / SIDE < 35 && i % SIDE > 17 && i % SIDE < 23 ? 10 : 120;
    lcnn_errors *errors = lcnn_errors_new();
    ck_assert(lcnn_write_file("photo.pgm", text, (size_t)(head + SIDE * SIDE), errors));
    lcnn_errors_free(errors);
}

static void make_weights(void) {
    job j = {.errors = lcnn_errors_new()};
    ck_assert(begin(&j, "curvature.yaml"));
    ck_assert(lcnn_session_save(j.session, "weights.safetensors", j.errors));
    end(&j);
    lcnn_errors_free(j.errors);
}

static bool look_inside(lcnn_predictor *p, char outcome[65], lcnn_errors *errors) {
    float probability[3];
    int answer = -1;
    if (!lcnn_predictor_keep(p, errors))
        return false;
    lcnn_picture *photo = lcnn_picture_read("photo.pgm", 1, errors);
    lcnn_picture *cut = NULL;
    if (photo)
        cut = lcnn_picture_character("photo.pgm", photo, (lcnn_shape){1, 28, 28}, errors);
    bool done = cut && lcnn_predictor_run(p, "photo.pgm", cut, probability, &answer, errors) &&
                lcnn_predictor_parameter(p, 0, "weight", errors).values &&
                lcnn_picture_write(cut, "cut.pgm", errors);
    if (done)
        snprintf(outcome, 65, "%d %a", answer, (double)probability[0]);
    lcnn_picture_free(cut);
    lcnn_picture_free(photo);
    return done;
}

static bool predict(char outcome[65], lcnn_errors *errors) {
    lcnn_model *model = lcnn_model_load("curvature.yaml", NULL, errors);
    const lcnn_session_options options = {.threads = 1, .weights = "weights.safetensors"};
    lcnn_predictor *p = model ? lcnn_predictor_new(model, &options, errors) : NULL;
    bool done = p && look_inside(p, outcome, errors);
    lcnn_predictor_free(p);
    lcnn_model_free(model);
    return done;
}

static bool read_study(char outcome[65], lcnn_errors *errors) {
    lcnn_study *s = lcnn_study_load("study.yaml", NULL, errors);
    if (s)
        snprintf(outcome, 65, "%d %s", lcnn_study_trial_count(s), lcnn_study_trial(s, 0)->id);
    lcnn_study_free(s);
    return s != NULL;
}

static bool time_steps(char outcome[65], lcnn_errors *errors) {
    lcnn_model *model = lcnn_model_load("momentum.yaml", NULL, errors);
    lcnn_data *data = model ? lcnn_data_open("glyphs:40", errors) : NULL;
    const lcnn_bench_options options = {
        .training = true, .batch_size = 4, .threads = 1, .repetitions = 1, .data = data};
    bool ready = data && lcnn_model_measure(model, data, errors);
    lcnn_bench *whole = ready ? lcnn_bench_run(model, &options, errors) : NULL;
    lcnn_bench_layers *layers = whole ? lcnn_bench_layers_run(model, &options, errors) : NULL;
    if (layers)
        snprintf(outcome, 65, "%s %zu", whole->isa, whole->memory);
    bool done = layers != NULL;
    lcnn_bench_layers_free(layers);
    lcnn_bench_free(whole);
    lcnn_data_free(data);
    lcnn_model_free(model);
    return done;
}

static bool read_folders(char outcome[65], lcnn_errors *errors) {
    lcnn_data *tables = lcnn_data_open("./tables", errors);
    lcnn_data *arrays = tables ? lcnn_data_open("./arrays", errors) : NULL;
    bool done = arrays != NULL;
    if (done)
        snprintf(outcome, 65, "%.30s %.30s", lcnn_data_sha256(tables), lcnn_data_sha256(arrays));
    lcnn_data_free(arrays);
    lcnn_data_free(tables);
    return done;
}

static bool view(char outcome[65], lcnn_errors *errors) {
    lcnn_data *data = lcnn_data_open("glyphs:40", errors);
    lcnn_view *v = data ? lcnn_view_new(data, NULL, 1, errors) : NULL;
    if (v)
        snprintf(outcome, 65, "%a", (double)lcnn_view_image(v, LCNN_TRAIN, 3, 0)[400]);
    lcnn_view_free(v);
    lcnn_data_free(data);
    return v != NULL;
}

static bool write_pictures(char outcome[65], lcnn_errors *errors) {
    static const char *const form[] = {
        "form.ppm",
#ifdef HAVE_PNG
        "form.png",
#endif
    };
    lcnn_picture *photo = lcnn_picture_read("photo.pgm", 3, errors);
    bool done = photo != NULL;
    for (size_t i = 0; done && i < sizeof form / sizeof *form; i++) {
        done = lcnn_picture_write(photo, form[i], errors);
        lcnn_picture *again = done ? lcnn_picture_read(form[i], 1, errors) : NULL;
        done = again && memcmp(again->pixels, photo->pixels, 40 * 40) == 0;
        lcnn_picture_free(again);
    }
    lcnn_picture_free(photo);
    snprintf(outcome, 65, "the same in every form");
    return done;
}

/* An array of bytes. */
static void put_npy(const char *name, const char *shape, const char *bytes, size_t size) {
    char text[256] = "\x93NUMPY\x01";
    int length = snprintf(text + 10, 118,
                          "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }\n", shape);
    text[8] = (char)length;
    memcpy(text + 10 + length, bytes, size);
    lcnn_errors *errors = lcnn_errors_new();
    ck_assert(lcnn_write_file(name, text, 10 + (size_t)length + size, errors));
    lcnn_errors_free(errors);
}

/* Folders of tables and of arrays, and files that a dataset.yaml tells of, another, and a damaged
 * one. */
static void make_files(void) {
    ck_assert(mkdir("tables", 0700) == 0 && mkdir("arrays", 0700) == 0);
    put("tables/d-train.csv", "0,1,2,3,4\n1,4,5,6,7\n");
    put("tables/d-test.csv", "1,1,2,3,4\n");
    put_npy("arrays/images.npy", "(2, 2, 2)", "abcdefgh", 8);
    put_npy("arrays/labels.npy", "(2,)", "\0\1", 2);
    ck_assert_int_eq(mkdir("files", 0700), 0);
    put("files/photo", "P2 1 1 255 7");
    put("files/labels", "abc");
    put("files/other", "other");
    put("files/damaged", "\x1f\x8b damaged");
    put("files/dataset.yaml",
        "name: x\nshape: [1, 1, 1]\nclasses: [a, b]\n"
        "files: {train: {images: {name: photo, size: 12}, labels: {name: labels, sha256: "
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad}}}\n");
}

/* That memory was out says nothing of a file. */
static bool verify(char outcome[65], lcnn_errors *errors) {
    lcnn_verification *v = lcnn_data_verify("./files", errors);
    for (int i = 0; v && i < v->count; i++)
        snprintf(outcome + strlen(outcome), 65 - strlen(outcome), "%d ", (int)v->file[i].verdict);
    lcnn_verification_free(v);
    return v != NULL;
}

/* What is wrong is said, or that memory is out; never nothing. */
static bool refuse(char outcome[65], lcnn_errors *errors) {
    lcnn_model *model = lcnn_model_load("wrong.yaml", NULL, errors);
    snprintf(outcome, 65, model ? "accepted" : "refused");
    lcnn_model_free(model);
    return model || (lcnn_errors_count(errors) > 0 &&
                     strstr(lcnn_errors_text(errors, 0), "unknown optimizer 'nadam'"));
}

/* ---- Cases ------------------------------------------------------------------------------------- */

static scene *const scenes[] = {train_momentum, train_curvature, predict,
                                read_study,     read_folders,    view,
                                time_steps,     write_pictures};
enum { SCENES = sizeof scenes / sizeof *scenes };

START_TEST(any_allocation_may_fail) {
    fail_each(scenes[_i], FAULTY_MEMORY, POINTS);
}
END_TEST

START_TEST(any_call_for_a_file_may_fail) {
    fail_each(scenes[_i], FAULTY_FILES, POINTS);
}
END_TEST

/* Every call of the two, since they are what stands between a power cut and days of work. */
START_TEST(a_state_is_saved_and_gone_on_from_or_refused) {
    over.errors = lcnn_errors_new();
    ck_assert(begin(&over, "momentum.yaml") && train(&over));
    char before[65];
    snprintf(before, sizeof before, "%s", lcnn_session_sha256(over.session));
    fail_each(keep, FAULTY_MEMORY, ALL);
    fail_each(keep, FAULTY_FILES, ALL);
    ck_assert_str_eq(lcnn_session_sha256(over.session), before);
    end(&over);
    lcnn_errors_free(over.errors);
}
END_TEST

START_TEST(a_wrong_model_is_refused_whatever_fails) {
    fail_each(refuse, FAULTY_MEMORY, ALL);
    fail_each(refuse, FAULTY_FILES, ALL);
}
END_TEST

START_TEST(without_memory_there_is_no_list_of_messages) {
    for (long at = 1; at <= 2; at++) {
        faulty_begin(FAULTY_MEMORY, at, false);
        lcnn_errors *errors = lcnn_errors_new();
        faulty_end();
        ck_assert_ptr_null(errors);
    }
    lcnn_errors_free(NULL);
}
END_TEST

/* A file that cannot be read is one that differs, so only memory is asked for here. */
START_TEST(any_allocation_of_verifying_may_fail) {
    fail_each(verify, FAULTY_MEMORY, ALL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("faults");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    if (getenv("FULL"))
        tcase_set_timeout(tests, 7200);
    tcase_add_loop_test(tests, any_allocation_may_fail, 0, SCENES);
    tcase_add_loop_test(tests, any_call_for_a_file_may_fail, 0, SCENES);
    tcase_add_test(tests, any_allocation_of_verifying_may_fail);
    tcase_add_test(tests, a_state_is_saved_and_gone_on_from_or_refused);
    tcase_add_test(tests, a_wrong_model_is_refused_whatever_fails);
    tcase_add_test(tests, without_memory_there_is_no_list_of_messages);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
