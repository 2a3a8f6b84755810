/* test_select.c - which images a model is trained, watched and tested on, and what they count. */
#include "config.h"

#include "class_weights.h"
#include "datasets.h"
#include "exec.h"
#include "rng.h"
#include "select.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static arena *memory;
static lcnn_errors *errors;
static char file[] = "test_select.XXXXXX";

static void set_up(void) {
    int descriptor = mkstemp(file);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    unlink(file);
    lcnn_errors_free(errors);
    arena_free(memory);
}

/* ---- A data set of four letters -------------------------------------------------------------- */

enum { LETTERS = 4, TRAIN = 1000, TEST = 40 };

static const char *const letters[] = {"A", "B", "a", "b"};
static const dataset_info letter_info = {
    "letters", "four letters", {3, {1, 2, 2}}, LETTERS, letters};
static uint8_t images[TRAIN * 4], train_labels[TRAIN], test_labels[TEST];

/* Training images: 500 A, 300 B, 140 a, 60 b, well mixed; test images take turns. */
static const dataset *letters_set(void) {
    static const int end[LETTERS] = {500, 800, 940, TRAIN};
    static dataset set;
    for (int i = 0; i < TRAIN; i++) {
        int turn = i * 7 % TRAIN, class = 0; /* 7 and 1000 have no common factor */
        while (turn >= end[class])
            class ++;
        train_labels[i] = (uint8_t) class;
        for (int k = 0; k < 4; k++)
            images[4 * i + k] = (uint8_t)(i * (k + 3) % 251);
    }
    for (int i = 0; i < TEST; i++)
        test_labels[i] = (uint8_t)(i % LETTERS);
    set.info = letter_info;
    set.train = (split){TRAIN, images, train_labels};
    set.test = (split){TEST, images, test_labels};
    return &set;
}

static const dataset_info *find_data(const char *name, mark at, arena *a, lcnn_errors *e) {
    (void)name, (void)at, (void)a, (void)e;
    return &letter_info;
}

/* A softmax regression whose sections `data` and `train` hold what is given. */
static const model *model_of(const char *data, const char *train) {
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, find_data};
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "name: m\ninput: [1, 2, 2]\n"
            "nodes: [{op: flatten}, {op: dense, units: $classes}]\n"
            "loss: {op: softmax_cross_entropy}\n"
            "data: {name: letters%s%s}\ntrain: {%s}\n",
            *data ? ", " : "", data, train);
    ck_assert_int_eq(fclose(f), 0);
    const model *m = model_load(file, NULL, NULL, 0, &parts, memory, errors);
    ck_assert_msg(m != NULL, "%s", m ? "" : lcnn_errors_text(errors, 0));
    return m;
}

static selection select_with(const char *data, const char *train) {
    selection s;
    bool done = select_images(model_of(data, train), letters_set(), true, &s, memory, errors);
    ck_assert_msg(done, "%s", done ? "" : lcnn_errors_text(errors, 0));
    return s;
}

static void assert_note(const char *text) {
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
    ck_assert_str_eq(lcnn_notes_text(errors, 0), text);
}

static void assert_refused(const char *data, bool trains, const char *message) {
    selection s;
    ck_assert(!select_images(model_of(data, ""), letters_set(), trains, &s, memory, errors));
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
    ck_assert_str_eq(lcnn_errors_text(errors, 0), message);
}

/* How many of the samples the data set has of one of its classes. */
static uint32_t count_of(const samples *s, const uint8_t *labels, int class) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        count += labels[s->index[i]] == class;
    return count;
}

static bool contains(const samples *s, uint32_t index) {
    for (uint32_t i = 0; i < s->count; i++)
        if (s->index[i] == index)
            return true;
    return false;
}

/* ---- Classes --------------------------------------------------------------------------------- */

START_TEST(all_images_in_file_order_unless_something_is_chosen) {
    selection s = select_with("", "");
    ck_assert_uint_eq(s.training.count, TRAIN);
    ck_assert_uint_eq(s.testing.count, TEST);
    ck_assert_uint_eq(s.validation.count, 0);
    for (uint32_t i = 0; i < TRAIN; i++)
        ck_assert_uint_eq(s.training.index[i], i);
    ck_assert_ptr_eq(s.train.labels, train_labels);
    ck_assert_int_eq(lcnn_notes_count(errors), 0);
}
END_TEST

START_TEST(some_classes_in_the_order_of_the_list) {
    const model *m = model_of("classes: [b, A]", "");
    selection s = select_with("classes: [b, A]", "");
    ck_assert_int_eq(m->graph->classes, 2);
    ck_assert_str_eq(m->class_names[0], "b");
    ck_assert_str_eq(m->class_names[1], "A");
    ck_assert_uint_eq(s.training.count, 560);
    ck_assert_uint_eq(s.per_class[0], 60);
    ck_assert_uint_eq(s.per_class[1], 500);
    ck_assert_uint_eq(s.testing.count, TEST / 2);
    for (uint32_t i = 0; i < s.testing.count; i++)
        ck_assert_int_eq(test_labels[s.testing.index[i]],
                         s.test.labels[s.testing.index[i]] == 0 ? 3 : 0);
}
END_TEST

START_TEST(several_classes_become_one) {
    static const char classes[] = "classes: [{letter-a: [A, a]}, {letter-b: [b, B]}]";
    const model *m = model_of(classes, "");
    selection s = select_with(classes, "");
    ck_assert_str_eq(m->class_names[0], "letter-a");
    ck_assert_str_eq(m->class_names[1], "letter-b");
    ck_assert_uint_eq(s.per_class[0], 640);
    ck_assert_uint_eq(s.per_class[1], 360);
    for (uint32_t i = 0; i < TRAIN; i++)
        ck_assert_int_eq(s.train.labels[i], train_labels[i] % 2);
}
END_TEST

START_TEST(a_choice_is_written_down_and_loads_as_itself) {
    const model *m = model_of("classes: [{'$x': [A, a]}, b], limit: 7, validation: 3",
                              "class_weights: [1, 2.5]");
    ck_assert_ptr_nonnull(strstr(m->yaml, "  limit: 7\n"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "  limit_per_class: all\n"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "  validation: 3\n"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "  classes:\n    - {$x: ['A', 'a']}\n    - 'b'\n"));
    ck_assert_ptr_nonnull(strstr(m->yaml, "op: given\n    weights: [1, 2.5]\n"));
    FILE *f = fopen(file, "w");
    fputs(m->yaml, f);
    fclose(f);
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, find_data};
    const model *again = model_load(file, NULL, NULL, 0, &parts, memory, errors);
    ck_assert_msg(again != NULL, "%s", again ? "" : lcnn_errors_text(errors, 0));
    ck_assert_str_eq(again->yaml, m->yaml);
    ck_assert_str_eq(again->class_names[0], "$x");
}
END_TEST

START_TEST(classes_without_images_are_noted) {
    select_with("limit: 1", "");
    assert_note("3 of 4 classes have no images to train on, such as 'B'");
}
END_TEST

START_TEST(data_with_other_names_do_not_fit_the_choice) {
    static const char *const others[] = {"A", "B", "c", "b"};
    dataset set = *letters_set();
    set.info.class_names = others;
    ck_assert(model_fits(model_of("classes: [A, b]", ""), &set, errors));
    ck_assert(!model_fits(model_of("classes: [A, a]", ""), &set, errors));
    ck_assert_str_eq(lcnn_errors_text(errors, 0),
                     "error: class 2 of letters is 'c', and model m expects 'a'");
}
END_TEST

/* ---- Limits ---------------------------------------------------------------------------------- */

START_TEST(a_limit_takes_the_first_images_of_the_classes) {
    selection all = select_with("classes: [B, b]", ""),
              some = select_with("classes: [B, b], limit: 100", "");
    ck_assert_uint_eq(some.training.count, 100);
    ck_assert_mem_eq(some.training.index, all.training.index, 100 * sizeof(uint32_t));
    ck_assert_uint_eq(some.testing.count, TEST / 2);
}
END_TEST

START_TEST(a_limit_per_class_takes_the_first_images_of_each) {
    selection s = select_with("limit_per_class: 60", "");
    uint32_t taken[LETTERS] = {0}, at = 0;
    for (uint32_t i = 0; i < TRAIN; i++)
        if (taken[train_labels[i]]++ < 60)
            ck_assert_uint_eq(s.training.index[at++], i);
    ck_assert_uint_eq(s.training.count, 4 * 60);
    ck_assert_int_eq(lcnn_notes_count(errors), 0);
}
END_TEST

START_TEST(limits_beyond_what_there_is_are_noted) {
    ck_assert_uint_eq(select_with("limit: 1000", "").training.count, TRAIN);
    ck_assert_int_eq(lcnn_notes_count(errors), 0);
    ck_assert_uint_eq(select_with("limit: 1001", "").training.count, TRAIN);
    assert_note("data.limit is 1001, and there are only 1000 images to train on: all are taken");
}
END_TEST

START_TEST(limits_per_class_beyond_what_there_is_are_noted) {
    ck_assert_uint_eq(select_with("limit_per_class: 200", "").training.count, 400 + 140 + 60);
    assert_note("data.limit_per_class is 200, and 2 of 4 classes have fewer images, such as 'a' "
                "with 140: all of theirs are taken");
}
END_TEST

/* ---- Validation ------------------------------------------------------------------------------ */

/* Each image is in one of the two lists, and both rise. */
static void assert_divided(const selection *s, uint32_t held) {
    uint32_t t = 0, v = 0;
    ck_assert_uint_eq(s->validation.count, held);
    ck_assert_uint_eq(s->training.count, TRAIN - held);
    for (uint32_t i = 0; i < TRAIN; i++)
        if (v < held && s->validation.index[v] == i)
            v++;
        else
            ck_assert_uint_eq(s->training.index[t++], i);
}

START_TEST(every_class_gives_its_share_to_within_one_image) {
    static const struct {
        const char *validation;
        uint32_t held;
    } cases[] = {{"0.1", 100}, {"0.123", 123}, {"0.9", 900}, {"0.0006", 1},
                 {"1", 1},     {"17", 17},     {"333", 333}, {"999", 999}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        selection s = select_with(arena_format(memory, "validation: %s", cases[k].validation), "");
        assert_divided(&s, cases[k].held);
        for (int c = 0; c < LETTERS; c++) {
            static const double size[LETTERS] = {500, 300, 140, 60};
            double exact = size[c] * cases[k].held / TRAIN;
            double got = count_of(&s.validation, train_labels, c);
            ck_assert_msg(got == floor(exact) || got == ceil(exact), "%s: %g of class %d, not %g",
                          cases[k].validation, got, c, exact);
        }
    }
}
END_TEST

/* 7 of 500, 300, 140, 60: shares 3.5, 2.1, 0.98, 0.42; what is left goes to a, then to A. */
START_TEST(largest_remainders_go_first) {
    selection s = select_with("validation: 7", "");
    static const uint32_t expected[LETTERS] = {4, 2, 1, 0};
    for (int c = 0; c < LETTERS; c++)
        ck_assert_uint_eq(count_of(&s.validation, train_labels, c), expected[c]);
}
END_TEST

START_TEST(the_seed_decides_which_images_are_held_out) {
    selection one = select_with("validation: 0.1", "seed: 1"),
              same = select_with("validation: 100", "seed: 1"),
              two = select_with("validation: 0.1", "seed: 2");
    ck_assert_mem_eq(one.validation.index, same.validation.index, 100 * sizeof(uint32_t));
    uint32_t both = 0;
    for (uint32_t i = 0; i < 100; i++)
        both += contains(&two.validation, one.validation.index[i]);
    ck_assert_uint_lt(both, 30); /* ten by chance */
}
END_TEST

START_TEST(a_larger_share_holds_out_the_same_images_and_more) {
    selection small = select_with("validation: 0.1", ""),
              large = select_with("validation: 0.2", "");
    for (uint32_t i = 0; i < small.validation.count; i++)
        ck_assert(contains(&large.validation, small.validation.index[i]));
}
END_TEST

START_TEST(a_choice_of_classes_turns_over_nobody) {
    selection all = select_with("validation: 0.1", ""),
              some = select_with("classes: [b, B], validation: 0.1", "");
    ck_assert_uint_eq(some.validation.count, 36);
    for (uint32_t i = 0; i < some.validation.count; i++)
        ck_assert(contains(&all.validation, some.validation.index[i]));
}
END_TEST

START_TEST(limits_come_before_validation) {
    selection s = select_with("limit_per_class: 50, validation: 0.1", "");
    ck_assert_uint_eq(s.training.count, 180);
    for (int c = 0; c < LETTERS; c++)
        ck_assert_uint_eq(count_of(&s.validation, train_labels, c), 5);
}
END_TEST

START_TEST(a_share_of_less_than_one_image_is_noted) {
    ck_assert_uint_eq(select_with("validation: 0.0004", "").validation.count, 0);
    assert_note("data.validation is less than one of 1000 images: none is held out");
}
END_TEST

START_TEST(a_share_leaves_at_least_one_image_to_train_on) {
    selection s = select_with("limit: 1, validation: 0.9", "");
    ck_assert_uint_eq(s.training.count, 1);
}
END_TEST

START_TEST(somebody_must_be_left_to_train_on) {
    assert_refused("validation: 1000", true,
                   "error: data.validation is to hold out 1000 images, but there are 1000 to train "
                   "on; at least one must be left");
}
END_TEST

START_TEST(who_only_tests_is_not_asked_about_training) {
    selection s;
    ck_assert(select_images(model_of("limit: 5000, validation: 5000", ""), letters_set(), false, &s,
                            memory, errors));
    ck_assert_uint_eq(s.training.count, 0);
    ck_assert_uint_eq(s.testing.count, TEST);
    ck_assert_int_eq(lcnn_notes_count(errors), 0);
}
END_TEST

START_TEST(none_of_the_classes_is_there) {
    dataset set = *letters_set();
    selection s;
    uint8_t only_a[3] = {0, 0, 0};
    set.train = (split){3, images, only_a};
    ck_assert(!select_images(model_of("classes: [B, b]", ""), &set, true, &s, memory, errors));
    ck_assert_str_eq(lcnn_errors_text(errors, 0),
                     "error: none of the 3 training images of letters is of the classes that "
                     "data.classes names");
}
END_TEST

/* ---- Class weights --------------------------------------------------------------------------- */

START_TEST(balanced_weights_are_what_their_formula_says) {
    const model *m = model_of("", "class_weights: balanced");
    static const uint32_t count[LETTERS] = {500, 300, 140, 60};
    real weight[LETTERS];
    ck_assert(class_weights_fill(&m->train.class_weights, count, LETTERS, weight));
    for (int c = 0; c < LETTERS; c++)
        ck_assert(weight[c] == (real)(1000.0 / (4.0 * count[c])));
    static const uint32_t gap[LETTERS] = {30, 0, 10, 0};
    ck_assert(class_weights_fill(&m->train.class_weights, gap, LETTERS, weight));
    ck_assert(weight[0] == (real)(40.0 / (2 * 30.0)) && weight[2] == 2);
}
END_TEST

START_TEST(no_weights_are_no_work) {
    real weight[LETTERS];
    static const uint32_t count[LETTERS] = {1, 2, 3, 4};
    ck_assert(!class_weights_fill(&model_of("", "")->train.class_weights, count, LETTERS, weight));
}
END_TEST

/* A model ready to give the gradient of a batch. */
typedef struct bench {
    network *network;
    feed feed;
    exec *exec;
} bench;

static void bench_start(bench *t, int most, const char *data) {
    const model *m = model_of(data, "");
    t->network = network_new(m->graph, memory, errors);
    ck_assert(t->network && network_initialize(t->network, 1, errors));
    const dataset *d = letters_set();
    t->feed = (feed){&d->train, d->info.image, m->data.transform_count, m->data.transform,
                     m->data.transform_shape};
    t->exec = exec_new(backend_choose(NULL), t->network, &t->feed, true, most, 1, NULL, errors);
    ck_assert_ptr_nonnull(t->exec);
}

static void bench_end(bench *t) {
    exec_free(t->exec);
    network_free(t->network);
}

static const real *gradient(bench *t, const uint32_t *sample, int count, const real *weight) {
    real loss[64];
    const exec_batch batch = {.sample = sample, .count = count, .seed = 1, .weight = weight};
    exec_run(t->exec, &batch, NULL, &(exec_answers){.loss = loss});
    return exec_gradient(t->exec);
}

static const char rescaled[] = "transforms: [{op: rescale, to: [0, 1]}]";

/* Where the gradient of unit k's bias lies. */
static size_t bias_at(const bench *t) {
    for (int i = 0; i < t->network->count; i++)
        if (t->network->tensor[i].param == 1)
            return t->network->tensor[i].offset;
    ck_abort_msg("no bias");
    return 0;
}

/* The bias gets the mean of w (p - [k = label]): from the outputs, in double, by hand. */
static void check_by_hand(int count) {
    bench t;
    uint32_t sample[40];
    real weight[40], loss[40], output[40 * LETTERS];
    double expected[LETTERS] = {0};
    bench_start(&t, count, rescaled);
    for (int i = 0; i < count; i++) {
        sample[i] = (uint32_t)(i * 11 + 3);
        weight[i] = (real)0.25 * (real)(i % 5);
    }
    const exec_batch batch = {.sample = sample, .count = count, .seed = 1, .weight = weight};
    exec_run(t.exec, &batch, NULL, &(exec_answers){.loss = loss, .output = output});
    for (int i = 0; i < count; i++) {
        double sum = 0;
        for (int k = 0; k < LETTERS; k++)
            sum += exp((double)output[i * LETTERS + k]);
        for (int k = 0; k < LETTERS; k++)
            expected[k] +=
                (double)weight[i] / count *
                (exp((double)output[i * LETTERS + k]) / sum - (train_labels[sample[i]] == k));
    }
    const real *bias = exec_gradient(t.exec) + bias_at(&t);
    for (int k = 0; k < LETTERS; k++)
        ck_assert_double_eq_tol((double)bias[k], expected[k], 1e-6);
    bench_end(&t);
}

START_TEST(weighted_gradients_are_what_they_are_by_hand) {
    check_by_hand(_i);
}
END_TEST

START_TEST(a_weight_of_two_is_the_image_twice) {
    static const uint32_t once[] = {5, 71, 140}, twice[] = {5, 71, 71, 140};
    static const real weight[] = {1, 2, 1};
    bench t;
    bench_start(&t, 4, rescaled);
    size_t size = t.network->trained;
    double *weighted = malloc(size * sizeof *weighted);
    const real *g = gradient(&t, once, 3, weight);
    for (size_t i = 0; i < size; i++)
        weighted[i] = 3 * (double)g[i];
    g = gradient(&t, twice, 4, NULL);
    for (size_t i = 0; i < size; i++)
        ck_assert_double_eq_tol(weighted[i], 4 * (double)g[i], 1e-6);
    free(weighted);
    bench_end(&t);
}
END_TEST

START_TEST(weights_of_one_change_no_bit) {
    static const uint32_t sample[] = {5, 71, 140, 9, 13, 17, 200, 201, 202, 203};
    static const real one[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    bench t;
    bench_start(&t, 10, rescaled);
    size_t size = t.network->trained * sizeof(real);
    real *with = malloc(size);
    memcpy(with, gradient(&t, sample, 10, one), size);
    ck_assert_mem_eq(with, gradient(&t, sample, 10, NULL), size);
    free(with);
    bench_end(&t);
}
END_TEST

/* ---- Whole trainings ------------------------------------------------------------------------- */

/* What an epoch of a softmax regression came to. */
typedef struct outcome {
    char weights[65];
    double recall; /* of the last class */
    double train_loss;
} outcome;

static bool keep_epoch(void *user, const lcnn_epoch *e) {
    ((outcome *)user)->train_loss = e->train_loss;
    return true;
}

static outcome train(const char *data_set, const char *const *settings, int count, int threads) {
    outcome o = {0};
    const char *root = getenv("srcdir");
    const char *path = arena_format(memory, "%s/models/softmax-regression.yaml", root ? root : ".");
    lcnn_model *m = lcnn_model_load(path, &(lcnn_model_options){data_set, settings, count}, errors);
    lcnn_data *d = m ? lcnn_data_open(data_set, errors) : NULL;
    lcnn_session *s =
        d ? lcnn_session_new(m, d, &(lcnn_session_options){.threads = threads}, errors) : NULL;
    ck_assert_msg(s != NULL, "%s", s ? "" : lcnn_errors_text(errors, 0));
    lcnn_callbacks callbacks = {.user = &o, .epoch = keep_epoch};
    ck_assert(lcnn_session_train(s, &callbacks, errors));
    strcpy(o.weights, lcnn_session_sha256(s));
    lcnn_evaluation *e = lcnn_session_evaluate(s, errors);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->classes, lcnn_model_classes(m));
    o.recall = e->per_class[e->classes - 1].recall;
    lcnn_evaluation_free(e);
    lcnn_session_free(s);
    lcnn_data_free(d);
    lcnn_model_free(m);
    return o;
}

START_TEST(threads_change_no_bit_of_a_choice) {
    static const char *const settings[] = {
        "train.epochs=1", "data.classes=[{low: [0, 1, 2]}, '7', '9']", "data.limit=300",
        "data.validation=0.2", "train.class_weights=balanced"};
    outcome one = train("glyphs:1000", settings, 5, 1), two = train("glyphs:1000", settings, 5, 2);
    ck_assert_str_eq(one.weights, two.weights);
    ck_assert(one.train_loss == two.train_loss);
}
END_TEST

START_TEST(classes_of_one_size_are_balanced_already) {
    static const char *const settings[] = {"train.epochs=1", "data.limit_per_class=20",
                                           "train.class_weights=balanced"};
    outcome balanced = train("glyphs:1000", settings, 3, 1);
    ck_assert_str_eq(balanced.weights, train("glyphs:1000", settings, 2, 1).weights);
}
END_TEST

/* A single step, so that the loss is of weights that are the same in both. */
START_TEST(the_loss_shown_for_the_training_is_weighted) {
    static const char *const settings[] = {"train.epochs=1", "data.limit=200",
                                           "train.batch_size=200",
                                           "train.class_weights=[2,2,2,2,2,2,2,2,2,2]"};
    outcome plain = train("glyphs:1000", settings, 3, 1);
    outcome doubled = train("glyphs:1000", settings, 4, 1);
    ck_assert(doubled.train_loss == 2 * plain.train_loss);
    ck_assert_str_ne(doubled.weights, plain.weights);
}
END_TEST

/* One digit against nine times as many images of the others: few are found without weights. */
START_TEST(balance_finds_more_of_a_rare_class) {
    const char *folder = getenv("LCNN_TEST_DATA");
    const char *mnist = folder ? arena_format(memory, "%s/mnist/", folder) : NULL;
    if (!mnist || access(mnist, R_OK) != 0)
        suite_skip("no real data; set LCNN_TEST_DATA to a folder with mnist in it");
    static const char *const settings[] = {
        "train.epochs=1", "data.limit=3000",
        "data.classes=[{other: [0, 1, 2, 3, 4, 5, 6, 7, 9]}, '8']", "train.class_weights=balanced"};
    outcome plain = train(mnist, settings, 3, 2), balanced = train(mnist, settings, 4, 2);
    ck_assert_msg(balanced.recall > plain.recall + 0.1, "recall %.3f with, %.3f without",
                  balanced.recall, plain.recall);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("select");
    TCase *choice = tcase_create("choice");
    tcase_add_checked_fixture(choice, set_up, tear_down);
    tcase_add_test(choice, all_images_in_file_order_unless_something_is_chosen);
    tcase_add_test(choice, some_classes_in_the_order_of_the_list);
    tcase_add_test(choice, several_classes_become_one);
    tcase_add_test(choice, a_choice_is_written_down_and_loads_as_itself);
    tcase_add_test(choice, classes_without_images_are_noted);
    tcase_add_test(choice, data_with_other_names_do_not_fit_the_choice);
    tcase_add_test(choice, a_limit_takes_the_first_images_of_the_classes);
    tcase_add_test(choice, a_limit_per_class_takes_the_first_images_of_each);
    tcase_add_test(choice, limits_beyond_what_there_is_are_noted);
    tcase_add_test(choice, limits_per_class_beyond_what_there_is_are_noted);
    tcase_add_test(choice, none_of_the_classes_is_there);
    suite_add_tcase(suite, choice);
    TCase *validation = tcase_create("validation");
    tcase_add_checked_fixture(validation, set_up, tear_down);
    tcase_add_test(validation, every_class_gives_its_share_to_within_one_image);
    tcase_add_test(validation, largest_remainders_go_first);
    tcase_add_test(validation, the_seed_decides_which_images_are_held_out);
    tcase_add_test(validation, a_larger_share_holds_out_the_same_images_and_more);
    tcase_add_test(validation, a_choice_of_classes_turns_over_nobody);
    tcase_add_test(validation, limits_come_before_validation);
    tcase_add_test(validation, a_share_of_less_than_one_image_is_noted);
    tcase_add_test(validation, a_share_leaves_at_least_one_image_to_train_on);
    tcase_add_test(validation, somebody_must_be_left_to_train_on);
    tcase_add_test(validation, who_only_tests_is_not_asked_about_training);
    suite_add_tcase(suite, validation);
    TCase *weights = tcase_create("class weights");
    tcase_add_checked_fixture(weights, set_up, tear_down);
    tcase_set_timeout(weights, 120);
    tcase_add_test(weights, balanced_weights_are_what_their_formula_says);
    tcase_add_test(weights, no_weights_are_no_work);
    tcase_add_loop_test(weights, weighted_gradients_are_what_they_are_by_hand, 1, 3);
    tcase_add_loop_test(weights, weighted_gradients_are_what_they_are_by_hand, 37, 40);
    tcase_add_test(weights, a_weight_of_two_is_the_image_twice);
    tcase_add_test(weights, weights_of_one_change_no_bit);
    tcase_add_test(weights, threads_change_no_bit_of_a_choice);
    tcase_add_test(weights, classes_of_one_size_are_balanced_already);
    tcase_add_test(weights, the_loss_shown_for_the_training_is_weighted);
    tcase_add_test(weights, balance_finds_more_of_a_rare_class);
    suite_add_tcase(suite, weights);
    return suite_run(suite);
}
