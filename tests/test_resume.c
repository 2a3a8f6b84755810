/* test_resume.c - the state of a training: who goes on with it comes to the same bits, wherever it
 * was saved; and a state that does not belong here gets nowhere. */
#include "config.h"

#include "arena.h"
#include "file.h"
#include "hash.h"
#include "lcnn.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "test_resume.XXXXXX";
static lcnn_errors *errors;
static arena *memory;

static void set_up(void) {
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    errors = lcnn_errors_new();
    memory = arena_new();
}

static void tear_down(void) {
    unlink(path);
    lcnn_errors_free(errors);
    arena_free(memory);
}

static void expect_message(int index, const char *part) {
    ck_assert_int_gt(lcnn_errors_count(errors), index);
    const char *text = lcnn_errors_text(errors, index);
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in: %s", part, text);
}

/* ---- Trainings --------------------------------------------------------------------------------- */

typedef struct job {
    lcnn_model *model;
    lcnn_data *data;
    lcnn_session *session;
    const char *save_at; /* "epoch.step" where the state goes to `path`; NULL: nowhere */
} job;

typedef struct recipe {
    const char *model;
    const char *settings[4];
} recipe;

/* Of three steps each. */
enum { EPOCHS = 2 };

/* Whatever a training remembers: momentum, two moments, second derivatives, running means. */
static const recipe recipes[] = {
    {"models/lenet5.yaml", {"train.optimizer={op: sgd, momentum: 0.9}", "train.shuffle=once"}},
    {"models/lenet5.yaml", {"train.optimizer=sgd", "train.class_weights=balanced"}},
    {"models/lenet5.yaml", {"train.optimizer={op: sdlm, samples: 40}"}},
    {"models/lenet5-batchnorm.yaml", {"train.optimizer=adam", "data.validation=0.1"}},
    {"models/lenet5-relu.yaml", {"train.optimizer=rmsprop"}},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

static job begin(const recipe *r, int threads) {
    static const char data[] = "glyphs:90";
    const char *settings[8] = {"train.epochs=2", "train.batch_size=30"};
    int count = 2;
    while (count < 6 && r->settings[count - 2]) {
        settings[count] = r->settings[count - 2];
        count++;
    }
    const char *root = getenv("srcdir");
    const char *file = arena_format(memory, "%s/%s", root ? root : ".", r->model);
    job j = {0};
    j.model = lcnn_model_load(file, &(lcnn_model_options){data, settings, count}, errors);
    j.data = j.model ? lcnn_data_open(data, errors) : NULL;
    if (j.data)
        j.session =
            lcnn_session_new(j.model, j.data, &(lcnn_session_options){.threads = threads}, errors);
    ck_assert_msg(j.session != NULL, "%s", j.session ? "" : lcnn_errors_text(errors, 0));
    return j;
}

static void end(job *j) {
    lcnn_session_free(j->session);
    lcnn_data_free(j->data);
    lcnn_model_free(j->model);
}

static void save_here(const job *j) {
    lcnn_position at = lcnn_session_position(j->session);
    char here[32];
    snprintf(here, sizeof here, "%d.%u", at.epoch, at.step);
    if (j->save_at && strcmp(here, j->save_at) == 0)
        ck_assert(lcnn_session_checkpoint(j->session, path, errors));
}

static bool on_step(void *user, const lcnn_progress *now) {
    (void)now;
    save_here(user);
    return true;
}

static bool on_epoch(void *user, const lcnn_epoch *now) {
    (void)now;
    save_here(user);
    return true;
}

/* Trains to the end. */
static void train(job *j, const char *save_at) {
    j->save_at = save_at;
    lcnn_callbacks callbacks = {.user = j, .progress = on_step, .epoch = on_epoch};
    ck_assert(lcnn_session_train(j->session, &callbacks, errors));
    ck_assert_int_eq(lcnn_session_position(j->session).epoch, EPOCHS);
}

/* ---- The same bits ----------------------------------------------------------------------------- */

static const char *const places[] = {"0.1", "0.3", "1.0", "1.2", "1.3", "2.0"};
enum { PLACES = sizeof places / sizeof *places };

START_TEST(a_training_that_goes_on_comes_to_the_same_bits) {
    const recipe *r = &recipes[_i / PLACES];
    job whole = begin(r, 1), part = begin(r, 2);
    train(&whole, places[_i % PLACES]);
    ck_assert_msg(lcnn_session_resume(part.session, path, errors), "%s",
                  lcnn_errors_text(errors, 0));
    train(&part, NULL);
    ck_assert_str_eq(lcnn_session_sha256(whole.session), lcnn_session_sha256(part.session));
    int count;
    const lcnn_epoch *then = lcnn_session_history(whole.session, &count);
    const lcnn_epoch *now = lcnn_session_history(part.session, &count);
    ck_assert_int_eq(count, EPOCHS);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(then[i].sha256, now[i].sha256);
        ck_assert_str_eq(then[i].tensor[0], now[i].tensor[0]);
        ck_assert(then[i].train_loss == now[i].train_loss);
        ck_assert(then[i].train_accuracy == now[i].train_accuracy);
        ck_assert(then[i].test_loss == now[i].test_loss);
        ck_assert(then[i].learning_rate == now[i].learning_rate);
    }
    end(&whole);
    end(&part);
}
END_TEST

START_TEST(the_hash_of_an_epoch_is_that_of_its_weights_file) {
    job j = begin(&recipes[0], 1);
    train(&j, NULL);
    int count;
    const lcnn_epoch *history = lcnn_session_history(j.session, &count);
    ck_assert_str_eq(history[count - 1].sha256, lcnn_session_sha256(j.session));
    ck_assert_str_ne(history[0].sha256, history[1].sha256);
    ck_assert_str_eq(lcnn_session_tensor_name(j.session, 0), "c1.weight");
    ck_assert_str_ne(history[0].tensor[0], history[1].tensor[0]);
    end(&j);
}
END_TEST

/* ---- What does not belong here ----------------------------------------------------------------- */

/* The file anew, with `from` in its text replaced by `to`, which is as long, and a checksum that
 * says nothing is wrong. */
static void forge(const char *from, const char *to) {
    size_t size, length = strlen(from);
    char *bytes = file_read(path, (size_t)1 << 24, &size, LCNN_BAD_WEIGHTS, errors);
    ck_assert_uint_eq(length, strlen(to));
    size_t data = 8 + (size_t)(unsigned char)bytes[0] + 256 * (size_t)(unsigned char)bytes[1];
    size_t at = data;
    while (at + length <= size && memcmp(bytes + at, from, length) != 0)
        at++;
    ck_assert_msg(at + length <= size, "no %s", from);
    memcpy(bytes + at, to, length);
    char digest[HASH_TEXT], *stated = strstr(bytes + 8, "\"sha256\":\"");
    hash_sha256(bytes + data, size - data, digest);
    memcpy(stated + 10, digest, 64);
    ck_assert(file_write(path, bytes, size, errors));
    free(bytes);
}

static const struct {
    const char *from, *to, *message;
} forgeries[] = {
    {"{\"version\"", "[\"version\"", "'state' is not what it can be"},
    {"\"version\":", "\"vErsion\":", "'version' is not"},
    {"\"model_sha256\":", "\"model_shA256\":", "'model_sha256' is not"},
    {"\"data_sha256\":", "\"data_shA256\":", "'data_sha256' is not"},
    {"\"epoch\":1,", "\"epoch\":3,", "'epoch' is not"},
    {"\"epoch\":1,", "\"epoch\":0,", "'history' is not"},
    {"\"step\":2,", "\"step\":4,", "'step' is not"},
    {"\"step\":2,", "\"step\":-,", "'state' is not"},
    {"\"step\":2,\"right\"", "\"step\":-2,\"righ\"", "'step' is not"},
    {"\"step\":2,\"right\"", "\"step\":2.5,\"rig\"", "'step' is not"},
    {"\"right\":", "\"rIght\":", "'right' is not"},
    {"\"loss\":", "\"lOss\":", "'loss' is not"},
    {"\"learning_rate\":", "\"lEarning_rate\":", "'learning_rate' is not"},
    {"\"seconds\":", "\"sEconds\":", "'seconds' is not"},
    {"\"history\":", "\"hIstory\":", "'history' is not"},
    {"\"test_loss\":", "\"tEst_loss\":", "'test_loss' is not"},
    {"\"tensors\":", "\"tEnsors\":", "'tensors' is not"},
    {"\"weights_sha256\":\"", "\"weights_shA256\":\"", "'weights_sha256' is not"},
};

START_TEST(a_forged_state_is_refused) {
    job writer = begin(&recipes[0], 1), reader = begin(&recipes[0], 1);
    train(&writer, "1.2");
    const char *before = arena_format(memory, "%s", lcnn_session_sha256(reader.session));
    forge(forgeries[_i].from, forgeries[_i].to);
    ck_assert(!lcnn_session_resume(reader.session, path, errors));
    expect_message(0, forgeries[_i].message);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_WEIGHTS);
    ck_assert_str_eq(lcnn_session_sha256(reader.session), before);
    ck_assert_int_eq(lcnn_session_position(reader.session).epoch, 0);
    end(&writer);
    end(&reader);
}
END_TEST

START_TEST(digests_in_a_state_are_hexadecimal) {
    job writer = begin(&recipes[0], 1), reader = begin(&recipes[0], 1);
    train(&writer, "1.0");
    int count;
    const lcnn_epoch *first = lcnn_session_history(writer.session, &count);
    forge(first->tensor[1], arena_format(memory, "x%s", first->tensor[1] + 1));
    ck_assert(!lcnn_session_resume(reader.session, path, errors));
    expect_message(0, "'tensors' is not what it can be");
    end(&writer);
    end(&reader);
}
END_TEST

START_TEST(the_state_of_another_model_is_refused) {
    static const recipe other = {"models/lenet5.yaml", {"train.seed=2"}};
    static const recipe smaller = {"models/lenet5.yaml", {"nodes.c1.filters=5"}};
    static const recipe rest = {"models/lenet5.yaml", {NULL}};
    job writer = begin(&rest, 1), reader = begin(&other, 1), third = begin(&smaller, 1);
    train(&writer, "1.0");
    ck_assert(!lcnn_session_resume(reader.session, path, errors));
    expect_message(0, "the state of a training of another model (sha256 ");
    ck_assert(!lcnn_session_resume(third.session, path, errors));
    expect_message(1, "tensor 'c1.weight' is 6x1x5x5 in the file, 5x1x5x5 in the model");
    end(&writer);
    end(&reader);
    end(&third);
}
END_TEST

START_TEST(the_state_of_a_training_on_other_data_is_refused) {
    job writer = begin(&recipes[0], 1), reader = begin(&recipes[0], 1);
    train(&writer, "1.0");
    const char *key = "\"data_sha256\":\"", *digest = lcnn_data_sha256(writer.data);
    forge(arena_format(memory, "%s%c", key, digest[0]),
          arena_format(memory, "%s%c", key, digest[0] == '0' ? '1' : '0'));
    ck_assert(!lcnn_session_resume(reader.session, path, errors));
    expect_message(0, "the state of a training on other data (sha256 ");
    end(&writer);
    end(&reader);
}
END_TEST

static bool save_each_step(void *user, const lcnn_progress *now) {
    (void)now;
    return lcnn_session_checkpoint(((job *)user)->session, path, errors);
}

/* Decay so strong that weights grow a millionfold with each step. The state before the one that
 * cannot be gone on from stays. */
START_TEST(a_state_that_is_not_finite_is_not_saved) {
    static const recipe wild = {"models/lenet5.yaml",
                                {"train.optimizer={op: sgd, weight_decay: 1}",
                                 "train.learning_rate=1000000", "train.batch_size=10"}};
    job j = begin(&wild, 1);
    lcnn_callbacks callbacks = {.user = &j, .progress = save_each_step};
    lcnn_session_train(j.session, &callbacks, errors);
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    expect_message(0, "weight' has become infinite or not a number, and is not saved");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NOT_FINITE);
    const lcnn_position at = lcnn_session_position(j.session);
    ck_assert(lcnn_session_resume(j.session, path, errors));
    ck_assert_uint_eq(lcnn_session_position(j.session).step, at.step - 1);
    end(&j);
}
END_TEST

START_TEST(another_version_is_noted) {
    job writer = begin(&recipes[0], 1), reader = begin(&recipes[0], 1);
    train(&writer, "1.0");
    forge("\"version\":\"" PACKAGE_VERSION, "\"version\":\"9.9.9");
    ck_assert(lcnn_session_resume(reader.session, path, errors));
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(lcnn_notes_text(errors, 0), "began with lcnn 9.9.9"));
    end(&writer);
    end(&reader);
}
END_TEST

START_TEST(a_session_that_does_not_train_has_no_state) {
    job j = begin(&recipes[0], 1);
    lcnn_session *test = lcnn_session_new(
        j.model, j.data, &(lcnn_session_options){.threads = 1, .test_only = true}, errors);
    ck_assert_ptr_nonnull(test);
    ck_assert(!lcnn_session_checkpoint(test, path, errors));
    ck_assert(!lcnn_session_resume(test, path, errors));
    expect_message(0, "no training part, or is only tested on");
    lcnn_session_free(test);
    end(&j);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_training_that_goes_on_comes_to_the_same_bits, 0, RECIPES * PLACES);
    tcase_add_test(tests, the_hash_of_an_epoch_is_that_of_its_weights_file);
    tcase_add_loop_test(tests, a_forged_state_is_refused, 0,
                        (int)(sizeof forgeries / sizeof *forgeries));
    tcase_add_test(tests, digests_in_a_state_are_hexadecimal);
    tcase_add_test(tests, the_state_of_another_model_is_refused);
    tcase_add_test(tests, the_state_of_a_training_on_other_data_is_refused);
    tcase_add_test(tests, a_state_that_is_not_finite_is_not_saved);
    tcase_add_test(tests, another_version_is_noted);
    tcase_add_test(tests, a_session_that_does_not_train_has_no_state);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
