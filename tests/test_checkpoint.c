/* test_checkpoint.c - weights files: what is written is read back, and nothing that is damaged,
 * forged or meant for another model gets in. */
#include "config.h"

#include "checkpoint.h"
#include "file.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- A small model's tensors, and a file ----------------------------------------------------- */

enum { FILTERS = 6 * 1 * 5 * 5, BIASES = 6, UNITS = 3 * 84 };

static float filters[FILTERS], biases[BIASES], units[UNITS];
static const checkpoint_tensor model[] = {
    {"c1.weight", {4, {6, 1, 5, 5}}, filters},
    {"c1.bias", {1, {6}}, biases},
    {"output.weight", {2, {3, 84}}, units},
};
enum { TENSORS = sizeof model / sizeof *model };

static char path[] = "test_checkpoint.XXXXXX";
static lcnn_errors *errors;

static void fill(float *values, int count, float first) {
    for (int i = 0; i < count; i++)
        values[i] = first + (float)i / 7;
}

static void set_up(void) {
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
    errors = lcnn_errors_new();
    fill(filters, FILTERS, -3);
    fill(biases, BIASES, 0.1f);
    fill(units, UNITS, 1e-40f);
}

static void tear_down(void) {
    unlink(path);
    lcnn_errors_free(errors);
}

/* Plain writing: the tests below make thousands of files, and flushing each would take minutes. */
static void put(const void *bytes, size_t size) {
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

static char *image(size_t *size) {
    char *bytes = checkpoint_bytes(model, TENSORS, NULL, size, errors);
    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

/* A file of this header, which is given its length and followed by `data` zero bytes. */
static void put_header(const char *header, size_t data) {
    static char bytes[4096];
    size_t length = strlen(header);
    memset(bytes, 0, sizeof bytes);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length);
    put(bytes, 8 + length + data);
}

static const float UNTOUCHED = 77;

/* Reading into buffers of a mark: they hold it still when reading was refused. */
static bool read_back(void) {
    fill(filters, FILTERS, UNTOUCHED);
    fill(biases, BIASES, UNTOUCHED);
    fill(units, UNITS, UNTOUCHED);
    return checkpoint_read(path, model, TENSORS, NULL, errors);
}

static void expect_refusal(const char *what, size_t at) {
    ck_assert_msg(!read_back(), "accepted: %s %zu", what, at);
    ck_assert_msg(filters[0] == UNTOUCHED && biases[0] == UNTOUCHED && units[0] == UNTOUCHED,
                  "numbers were read: %s %zu", what, at);
    ck_assert_int_gt(lcnn_errors_count(errors), 0);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_WEIGHTS);
    lcnn_errors_free(errors);
    errors = lcnn_errors_new();
}

static void expect_message(int index, const char *fragment) {
    ck_assert_int_lt(index, lcnn_errors_count(errors));
    const char *text = lcnn_errors_text(errors, index);
    ck_assert_msg(strstr(text, fragment) != NULL, "no '%s' in: %s", fragment, text);
}

/* ---- What is written ------------------------------------------------------------------------- */

START_TEST(a_written_file_is_read_back) {
    size_t size;
    char *bytes = image(&size);
    put(bytes, size);
    free(bytes);
    ck_assert(read_back());
    ck_assert(filters[0] == -3 && filters[FILTERS - 1] == -3 + (float)(FILTERS - 1) / 7);
    ck_assert(biases[0] == 0.1f && biases[5] == 0.1f + (float)5 / 7);
    ck_assert(units[0] == 1e-40f && units[UNITS - 1] == 1e-40f + (float)(UNITS - 1) / 7);
}
END_TEST

START_TEST(the_order_in_the_file_does_not_matter) {
    const checkpoint_tensor other[] = {model[2], model[0], model[1]};
    size_t size;
    char *bytes = checkpoint_bytes(other, TENSORS, NULL, &size, errors);
    put(bytes, size);
    free(bytes);
    ck_assert(read_back());
    ck_assert(filters[0] == -3 && biases[0] == 0.1f && units[0] == 1e-40f);
}
END_TEST

/* 1 is 0x3F800000 and -2 is 0xC0000000; the lowest byte comes first on every machine. The digest is
 * that of the eight bytes, as the sha256sum program says. */
START_TEST(the_bytes_of_a_file_are_these) {
    static const char expected[] =
        "\xA8\0\0\0\0\0\0\0"
        "{\"__metadata__\":{\"format\":\"lcnn\",\"sha256\":"
        "\"ee4ac73c2bd27756ab82780f27c73a7bc4d3f0bb6acb37e008bc27eccd7e588b\"},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}   "
        "\0\0\x80\x3F\0\0\0\xC0";
    float values[] = {1, -2};
    const checkpoint_tensor w = {"w", {2, {1, 2}}, values};
    size_t size;
    char *bytes = checkpoint_bytes(&w, 1, NULL, &size, errors);
    ck_assert_uint_eq(size, sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, size);
    free(bytes);
}
END_TEST

START_TEST(a_header_too_large_is_not_written) {
    static char name[CHECKPOINT_MAX_HEADER];
    memset(name, 'n', sizeof name - 1);
    const checkpoint_tensor one = {name, {1, {6}}, biases};
    size_t size;
    ck_assert_ptr_null(checkpoint_bytes(&one, 1, NULL, &size, errors));
    expect_message(0, "too many for one weights file");
}
END_TEST

/* ---- Damage ---------------------------------------------------------------------------------- */

START_TEST(every_truncation_is_refused) {
    size_t size;
    char *bytes = image(&size);
    for (size_t length = 0; length < size; length++) {
        put(bytes, length);
        expect_refusal("length", length);
    }
    free(bytes);
}
END_TEST

START_TEST(an_extended_file_is_refused) {
    size_t size;
    char *bytes = image(&size);
    bytes = realloc(bytes, size + 4);
    memset(bytes + size, 0, 4);
    for (size_t more = 1; more <= 4; more++) {
        put(bytes, size + more);
        expect_refusal("more", more);
    }
    free(bytes);
}
END_TEST

START_TEST(every_flipped_bit_is_refused) {
    size_t size;
    char *bytes = image(&size);
    ck_assert_uint_gt(size, 1900);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        put(bytes, size);
        expect_refusal("bit", bit);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    put(bytes, size);
    ck_assert(read_back());
    free(bytes);
}
END_TEST

START_TEST(numbers_that_are_not_finite_are_refused) {
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        size_t size;
        fill(filters, FILTERS, 0);
        fill(biases, BIASES, 0);
        fill(units, UNITS, 0);
        units[100] = bad[i];
        char *bytes = image(&size);
        put(bytes, size);
        free(bytes);
        expect_refusal("not finite", i);
    }
    ck_assert(!read_back());
    expect_message(0, "tensor 'output.weight': number 100 is infinite or not a number");
}
END_TEST

#define TENSOR(shape, offsets)                                                                     \
    "{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}"

/* ---- The state of a training ----------------------------------------------------------------- */

static float memory[BIASES];
static const checkpoint_tensor training[] = {
    {"c1.bias", {1, {6}}, biases},
    {"optimizer.0.c1.bias", {1, {6}}, memory},
};
static const char state_text[] = "{\"epoch\": 3}";

static char *training_image(size_t *size) {
    fill(biases, BIASES, 1);
    fill(memory, BIASES, 2);
    char *bytes = checkpoint_bytes(training, 2, state_text, size, errors);
    ck_assert_ptr_nonnull(bytes);
    return bytes;
}

START_TEST(the_state_of_a_training_is_read_back) {
    size_t size;
    char *bytes = training_image(&size), *state = NULL;
    put(bytes, size);
    free(bytes);
    fill(memory, BIASES, UNTOUCHED);
    ck_assert(checkpoint_read(path, training, 2, &state, errors));
    ck_assert_str_eq(state, state_text);
    ck_assert(memory[0] == 2);
    free(state);
}
END_TEST

START_TEST(weights_are_found_in_the_state_of_a_training) {
    size_t size;
    char *bytes = training_image(&size);
    put(bytes, size);
    free(bytes);
    fill(biases, BIASES, UNTOUCHED);
    ck_assert(checkpoint_read(path, training, 1, NULL, errors));
    ck_assert(biases[0] == 1);
}
END_TEST

START_TEST(weights_alone_are_no_state_of_a_training) {
    size_t size;
    char *bytes = checkpoint_bytes(training, 2, NULL, &size, errors), *state = NULL;
    put(bytes, size);
    free(bytes);
    ck_assert(!checkpoint_read(path, training, 2, &state, errors));
    ck_assert_ptr_null(state);
    expect_message(0, "these are weights alone, without the state of a training");
}
END_TEST

START_TEST(every_flipped_bit_of_a_state_is_refused) {
    size_t size;
    char *bytes = training_image(&size), *state = NULL;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        put(bytes, size);
        ck_assert_msg(!checkpoint_read(path, training, 2, &state, errors), "bit %zu", bit);
        ck_assert_ptr_null(state);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    free(bytes);
}
END_TEST

START_TEST(more_than_a_training_leaves_is_refused) {
    const uint64_t large = (uint64_t)CHECKPOINT_MAX_STATE + 4096;
    char header[256];
    snprintf(
        header, sizeof header,
        "{\"c1.bias\":" TENSOR(
            "6",
            "0,24") ",\"state\":{\"dtype\":\"U8\",\"shape\":[%llu],\"data_offsets\":[24,%llu]}}",
        (unsigned long long)large, (unsigned long long)large + 24);
    put_header(header, 0);
    ck_assert_int_eq(truncate(path, (off_t)(8 + strlen(header) + large + 24)), 0);
    ck_assert(!checkpoint_read(path, training, 1, NULL, errors));
    expect_message(0, "more data than a checkpoint of this model can hold");
}
END_TEST

/* The limit is that of reading: what is written can be read. */
START_TEST(a_state_beyond_the_limit_is_not_written) {
    size_t size;
    char *longest = malloc((size_t)CHECKPOINT_MAX_STATE + 2), *state = NULL;
    ck_assert_ptr_nonnull(longest);
    memset(longest, ' ', (size_t)CHECKPOINT_MAX_STATE + 1);
    longest[CHECKPOINT_MAX_STATE + 1] = '\0';
    ck_assert_ptr_null(checkpoint_bytes(training, 2, longest, &size, errors));
    expect_message(0, "history of this training takes 67108865 bytes; checkpoints hold 67108864");

    longest[CHECKPOINT_MAX_STATE] = '\0';
    char *bytes = checkpoint_bytes(training, 2, longest, &size, errors);
    ck_assert_ptr_nonnull(bytes);
    put(bytes, size);
    free(bytes);
    ck_assert(checkpoint_read(path, training, 2, &state, errors));
    ck_assert_uint_eq(strlen(state), CHECKPOINT_MAX_STATE);
    free(state);
    free(longest);
}
END_TEST

/* ---- Forged headers -------------------------------------------------------------------------- */

static const struct {
    const char *header;
    size_t data;
    const char *message;
} forged[] = {
    {"", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"{", 0, "no proper JSON"},
    {"{}x", 0, "no proper JSON"},
    {"{\"a\":" TENSOR("1", "0,4") ",\"a\":" TENSOR("1", "0,4") "}", 4, "no proper JSON"},
    {"{\"a\":1}", 0, "tensor 'a': not described by dtype, shape and data_offsets"},
    {"{\"a\":{}}", 0, "tensor 'a': not described"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4,
     "not described"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "not described"},
    {"{\"a\":" TENSOR("1", "0") "}", 4, "not a beginning and an end"},
    {"{\"a\":" TENSOR("1", "0,4,8") "}", 4, "not a beginning and an end"},
    {"{\"a\":" TENSOR("1", "4,0") "}", 4, "not a beginning and an end"},
    {"{\"a\":" TENSOR("1", "-4,0") "}", 4, "not a beginning and an end"},
    {"{\"a\":" TENSOR("1", "0.0,4.0") "}", 4, "not a beginning and an end"},
    {"{\"a\":" TENSOR("1", "0,99999999999999999999") "}", 4, "no proper JSON"},
    {"{\"a\":" TENSOR("1", "0,9223372036854775807") "}", 4, "do not fit the shape"},
    {"{\"a\":" TENSOR("-1", "0,4") "}", 4, "a shape that cannot be"},
    {"{\"a\":" TENSOR("\"1\"", "0,4") "}", 4, "a shape that cannot be"},
    {"{\"a\":" TENSOR("4294967296,4294967296,4", "0,0") "}", 0, "a shape that cannot be"},
    {"{\"a\":" TENSOR("2", "0,4") "}", 4, "do not fit the shape"},
    {"{\"a\":" TENSOR("1", "4,8") "}", 8, "a hole before it"},
    {"{\"a\":" TENSOR("2", "0,8") ",\"b\":" TENSOR("1", "4,8") "}", 8, "overlaps another"},
    {"{\"a\":" TENSOR("1", "0,4") ",\"b\":" TENSOR("1", "0,4") "}", 8, "overlaps another"},
    {"{\"a\":" TENSOR("1", "0,4") "}", 5, "announces 4 bytes of numbers, the file holds 5"},
    {"{\"a\":" TENSOR("2", "0,8") "}", 4, "announces 8 bytes of numbers, the file holds 4"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is no map"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "something that is no text"},
    {"{\"__metadata__\":{\"format\":\"lcnn\"}}", 0, "a format without its sha256"},
    {"{\"__metadata__\":{\"format\":\"pt\",\"sha256\":\"\"}}", 0, "a format without its sha256"},
};

START_TEST(forged_headers_are_refused) {
    put_header(forged[_i].header, forged[_i].data);
    ck_assert(!read_back());
    ck_assert(filters[0] == UNTOUCHED);
    expect_message(0, forged[_i].message);
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_WEIGHTS);
}
END_TEST

/* Nothing is allocated by what these lengths say; under a memory limit the test would show it. */
START_TEST(hostile_lengths_are_refused) {
    const char huge[16] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}";
    put(huge, sizeof huge);
    ck_assert(!read_back());
    expect_message(0, "the header would reach beyond the end of the file");

    static char large[CHECKPOINT_MAX_HEADER + 100];
    large[0] = 1;
    large[2] = 0x10; /* 1 MiB and one byte */
    put(large, sizeof large);
    ck_assert(!read_back());
    expect_message(1, "the header is larger than 1 MiB");
}
END_TEST

/* ---- Other programs and other models --------------------------------------------------------- */

static void one_tensor(float *value, const char *header) {
    put_header(header, 4);
    const checkpoint_tensor a = {"a", {1, {1}}, value};
    ck_assert(checkpoint_read(path, &a, 1, NULL, errors));
}

START_TEST(files_of_other_programs_need_no_checksum) {
    float value = UNTOUCHED;
    one_tensor(&value, "{\"a\":" TENSOR("1", "0,4") "}");
    ck_assert(value == 0);
    one_tensor(&value, "{\"__metadata__\":{\"format\":\"pt\"},\"a\":" TENSOR("1", "0,4") "}   ");
    ck_assert(value == 0);
}
END_TEST

START_TEST(all_differences_are_told) {
    put_header(
        "{\"c1.weight\":" TENSOR(
            "6,1,3,3",
            "0,216") ","
                     "\"c1.bias\":{\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[216,228]},"
                     "\"c2.weight\":" TENSOR("", "228,232") "}",
        232);
    ck_assert(!read_back());
    ck_assert(filters[0] == UNTOUCHED);
    expect_message(0, "tensor 'output.weight' is missing");
    expect_message(1, "tensor 'c1.weight' is 6x1x3x3 in the file, 6x1x5x5 in the model");
    expect_message(2, "tensor 'c1.bias' has dtype F16; only F32 can be read");
    expect_message(3, "tensor 'c2.weight' is not one of the model's");
    expect_message(4, "4 differences: these are weights of another model");
    ck_assert_int_eq(lcnn_errors_count(errors), 5);
}
END_TEST

START_TEST(the_first_differences_are_told_and_all_counted) {
    char header[2000] = "{";
    for (int i = 0; i < 20; i++)
        snprintf(header + strlen(header), sizeof header - strlen(header),
                 "%s\"t%d\":" TENSOR("0", "0,0"), i ? "," : "", i);
    put_header(strcat(header, "}"), 0);
    ck_assert(!read_back());
    ck_assert_int_eq(lcnn_errors_count(errors), 13);
    expect_message(2, "tensor 'output.weight' is missing");
    expect_message(11, "tensor 't8' is not one of the model's");
    expect_message(12, "23 differences: these are weights of another model");
}
END_TEST

/* A shape is shown as far as a line has room for it. */
START_TEST(shapes_of_other_ranks_are_told) {
    float value;
    const checkpoint_tensor a = {"a", {1, {1}}, &value};
    put_header("{\"a\":" TENSOR("1,1", "0,4") "}", 4);
    ck_assert(!checkpoint_read(path, &a, 1, NULL, errors));
    expect_message(0, "tensor 'a' is 1x1 in the file, 1 in the model");
#define TEN_OF_THEM "1,1,1,1,1,1,1,1,1,1"
#define FIFTY_OF_THEM TEN_OF_THEM "," TEN_OF_THEM "," TEN_OF_THEM "," TEN_OF_THEM "," TEN_OF_THEM
    put_header("{\"a\":" TENSOR(FIFTY_OF_THEM "," FIFTY_OF_THEM, "0,4") "}", 4);
    ck_assert(!checkpoint_read(path, &a, 1, NULL, errors));
    expect_message(2, "x1x1x1 in the file, 1 in the model");
}
END_TEST

START_TEST(a_missing_file_is_told) {
    unlink(path);
    ck_assert(!read_back());
    expect_message(0, "there is no such file");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_WEIGHTS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_written_file_is_read_back);
    tcase_add_test(tests, the_order_in_the_file_does_not_matter);
    tcase_add_test(tests, the_bytes_of_a_file_are_these);
    tcase_add_test(tests, a_header_too_large_is_not_written);
    tcase_add_test(tests, every_truncation_is_refused);
    tcase_add_test(tests, an_extended_file_is_refused);
    tcase_add_test(tests, every_flipped_bit_is_refused);
    tcase_add_test(tests, numbers_that_are_not_finite_are_refused);
    tcase_add_test(tests, the_state_of_a_training_is_read_back);
    tcase_add_test(tests, weights_are_found_in_the_state_of_a_training);
    tcase_add_test(tests, weights_alone_are_no_state_of_a_training);
    tcase_add_test(tests, every_flipped_bit_of_a_state_is_refused);
    tcase_add_test(tests, more_than_a_training_leaves_is_refused);
    tcase_add_test(tests, a_state_beyond_the_limit_is_not_written);
    tcase_add_loop_test(tests, forged_headers_are_refused, 0,
                        (int)(sizeof forged / sizeof *forged));
    tcase_add_test(tests, hostile_lengths_are_refused);
    tcase_add_test(tests, files_of_other_programs_need_no_checksum);
    tcase_add_test(tests, all_differences_are_told);
    tcase_add_test(tests, the_first_differences_are_told_and_all_counted);
    tcase_add_test(tests, shapes_of_other_ranks_are_told);
    tcase_add_test(tests, a_missing_file_is_told);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
