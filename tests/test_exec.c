/* test_exec.c - the same files, seed and version give the same bits: for every number of threads,
 * every instruction set, and an image alone or in a batch. */
#include "config.h"

#include "datasets.h"
#include "exec.h"
#include "model.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

static lcnn_errors *errors;

static void set_up(void) {
    exec_worth_sharing = 1 << 16; /* so that small networks have both kinds of operators */
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    lcnn_errors_free(errors);
}

static const char *in_source(const char *file) {
    static char path[512];
    const char *srcdir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/%s", srcdir ? srcdir : ".", file);
    return path;
}

/* ---- Training --------------------------------------------------------------------------------- */

typedef struct recipe {
    const char *model, *data, *batch_size;
    int threads;
    const char *isa;
} recipe;

/* SHA-256 of the weights after an epoch. */
static const char *train(const recipe *r) {
    static char digest[65];
    const char *settings[] = {r->batch_size, "train.epochs=1"};
    lcnn_model *m =
        lcnn_model_load(in_source(r->model), &(lcnn_model_options){r->data, settings, 2}, errors);
    lcnn_data *data = lcnn_data_open(r->data, errors);
    lcnn_session *session = NULL;
    if (m && data)
        session = lcnn_session_new(
            m, data, &(lcnn_session_options){.threads = r->threads, .isa = r->isa}, errors);
    ck_assert_msg(session != NULL, "%s", lcnn_errors_text(errors, 0));
    ck_assert(lcnn_session_train(session, NULL, errors));
    snprintf(digest, sizeof digest, "%s", lcnn_session_sha256(session));
    lcnn_session_free(session);
    lcnn_data_free(data);
    lcnn_model_free(m);
    return digest;
}

/* Compares every way of running a recipe with one thread on the widest instruction set. */
static void expect_one_digest(recipe r) {
    static const int threads[] = {1, 2, 3, 4, 7};
    char expected[65];
    r.threads = 1;
    r.isa = NULL;
    strcpy(expected, train(&r));
    for (const backend *const *b = backend_list(); *b; b++)
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            r.isa = (*b)->name;
            r.threads = threads[i];
            ck_assert_msg(strcmp(train(&r), expected) == 0,
                          "%s, %s: other weights with %d threads on %s", r.model, r.batch_size,
                          r.threads, r.isa);
        }
}

START_TEST(threads_and_instruction_sets_change_no_bit_of_lenet5) {
    /* Three tiles, the last one partial: shared between threads in every way there is. */
    expect_one_digest((recipe){
        .model = "models/lenet5.yaml", .data = "glyphs:96", .batch_size = "train.batch_size=42"});
}
END_TEST

START_TEST(threads_and_instruction_sets_change_no_bit_of_staged_networks) {
    expect_one_digest((recipe){.model = "tests/models/every-part.yaml",
                               .data = "glyphs:150",
                               .batch_size = "train.batch_size=40"});
}
END_TEST

START_TEST(more_tiles_than_slots_are_summed_the_same) {
    expect_one_digest((recipe){.model = "models/softmax-regression.yaml",
                               .data = "glyphs:300",
                               .batch_size = "train.batch_size=300"});
}
END_TEST

START_TEST(more_tiles_than_slots_are_summed_the_same_in_stages) {
    expect_one_digest((recipe){.model = "tests/models/every-part.yaml",
                               .data = "glyphs:200",
                               .batch_size = "train.batch_size=170"});
}
END_TEST

/* Up to 8 samples are worked on one by one, each in a form of its own; more are tiles of 16 lanes.
 * In the last model some operators know lanes only. */
static const char *const batch_sizes[] = {
    "train.batch_size=1", "train.batch_size=2", "train.batch_size=5",
    "train.batch_size=8", "train.batch_size=9", "train.batch_size=17",
};
enum { BATCH_SIZES = sizeof batch_sizes / sizeof *batch_sizes };

START_TEST(small_batches_of_lenet5_change_no_bit) {
    expect_one_digest((recipe){
        .model = "models/lenet5.yaml", .data = "glyphs:24", .batch_size = batch_sizes[_i]});
}
END_TEST

START_TEST(small_batches_of_staged_networks_change_no_bit) {
    expect_one_digest((recipe){.model = "tests/models/every-part.yaml",
                               .data = "glyphs:40",
                               .batch_size = batch_sizes[_i]});
}
END_TEST

START_TEST(small_batches_with_carried_samples_change_no_bit) {
    expect_one_digest((recipe){
        .model = "tests/models/carried.yaml", .data = "glyphs:40", .batch_size = batch_sizes[_i]});
}
END_TEST

#ifdef __x86_64__
/* As a library made with -ffast-math does when it is loaded, and worse. */
START_TEST(the_arithmetic_of_the_caller_changes_no_bit) {
    recipe r = {.model = "tests/models/every-part.yaml",
                .data = "glyphs:100",
                .batch_size = "train.batch_size=40",
                .threads = 2};
    char expected[65];
    strcpy(expected, train(&r));
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040 | 0x4000); /* subnormals to zero, round upwards */
    const char *digest = train(&r);
    ck_assert_uint_eq(_mm_getcsr() & 0xC040, 0xC040); /* the caller's is left as it was */
    _mm_setcsr(before);
    ck_assert_str_eq(digest, expected);
}
END_TEST
#endif

START_TEST(another_seed_gives_other_weights) {
    recipe r = {.model = "tests/models/every-part.yaml",
                .data = "glyphs:100",
                .batch_size = "train.seed=4",
                .threads = 1};
    char first[65];
    strcpy(first, train(&r));
    r.batch_size = "train.seed=5";
    ck_assert_str_ne(first, train(&r));
}
END_TEST

START_TEST(slots_depend_on_batch_and_weights_alone) {
    ck_assert_int_eq(exec_slots(1, 61706), 1);
    ck_assert_int_eq(exec_slots(3, 61706), 3);
    ck_assert_int_eq(exec_slots(64, 61706), 8);
    ck_assert_int_eq(exec_slots(64, (size_t)1 << 25),
                     2); /* 128 MiB of weights: two slots take 256 MiB */
    ck_assert_int_eq(exec_slots(64, (size_t)1 << 30), 1);
    ck_assert_int_eq(exec_slots(64, 0), 8);
}
END_TEST

/* ---- Inference -------------------------------------------------------------------------------- */

enum { IMAGES = 40, FEW = 3, CLASSES = 10 };

/* `most`: what the executor is made for. */
static void infer(network *n, const feed *f, int first, int count, int most, real *logits) {
    uint32_t sample[IMAGES];
    for (int i = 0; i < count; i++)
        sample[i] = (uint32_t)(first + i);
    exec *x = exec_new(backend_choose(NULL), n, f, false, most, 2, NULL, errors);
    ck_assert_ptr_nonnull(x);
    exec_run(x, &(exec_batch){.sample = sample, .count = count}, NULL,
             &(exec_answers){.output = logits});
    exec_free(x);
}

static void expect_same_answers(network *n, const feed *f) {
    real all[IMAGES * CLASSES], some[FEW * CLASSES];
    infer(n, f, 0, IMAGES, IMAGES, all);
    for (int i = 0; i < IMAGES; i++)
        for (int most = 1; most <= IMAGES; most += IMAGES - 1) {
            infer(n, f, i, 1, most, some);
            ck_assert_mem_eq(some, all + i * CLASSES, CLASSES * sizeof(real));
        }
    for (int i = 0; i + FEW <= IMAGES; i += FEW) {
        infer(n, f, i, FEW, FEW, some);
        ck_assert_mem_eq(some, all + i * CLASSES, sizeof some);
    }
}

START_TEST(an_image_has_the_same_answer_alone_and_in_any_batch) {
    static const char *const files[] = {"models/lenet5.yaml", "models/resnet-mini.yaml",
                                        "tests/models/every-part.yaml",
                                        "tests/models/carried.yaml"};
    const char *const glyphs[] = {"data.name=glyphs:100"};
    const backend *b = backend_choose(NULL);
    const model_parts parts = {&b->ops, &b->optimizers, &transforms, datasets_info};
    arena *a = arena_new();
    model *m = model_load(in_source(files[_i]), NULL, glyphs, 1, &parts, a, errors);
    dataset *d = datasets_open("glyphs:100", errors);
    ck_assert_msg(m && d, "%s", lcnn_errors_text(errors, 0));
    network *n = network_new(m->graph, a, errors);
    ck_assert(n && network_initialize(n, 1, errors));
    const feed f = {&d->train, d->info.image, m->data.transform_count, m->data.transform,
                    m->data.transform_shape};
    expect_same_answers(n, &f);
    network_free(n);
    datasets_close(d);
    arena_free(a);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec");
    TCase *tests = tcase_create("exec");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, threads_and_instruction_sets_change_no_bit_of_lenet5);
    tcase_add_test(tests, threads_and_instruction_sets_change_no_bit_of_staged_networks);
    tcase_add_test(tests, more_tiles_than_slots_are_summed_the_same);
    tcase_add_test(tests, more_tiles_than_slots_are_summed_the_same_in_stages);
#ifdef __x86_64__
    tcase_add_test(tests, the_arithmetic_of_the_caller_changes_no_bit);
#endif
    tcase_add_test(tests, another_seed_gives_other_weights);
    tcase_add_test(tests, slots_depend_on_batch_and_weights_alone);
    tcase_add_loop_test(tests, small_batches_of_lenet5_change_no_bit, 0, BATCH_SIZES);
    tcase_add_loop_test(tests, small_batches_of_staged_networks_change_no_bit, 0, BATCH_SIZES);
    tcase_add_loop_test(tests, small_batches_with_carried_samples_change_no_bit, 0, BATCH_SIZES);
    tcase_add_loop_test(tests, an_image_has_the_same_answer_alone_and_in_any_batch, 0, 4);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
