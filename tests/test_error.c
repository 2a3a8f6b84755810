/* test_error.c - messages as they are printed, suggestions, and the small things everything stands
 * on: arenas, shapes. */
#include "config.h"

#include "arena.h"
#include "error.h"
#include "suite.h"
#include "tensor.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static lcnn_errors *errors;

static void set_up(void) {
    errors = lcnn_errors_new();
    ck_assert_ptr_nonnull(errors);
}

static void tear_down(void) {
    lcnn_errors_free(errors);
}

/* The message for a fault at a place in a text called m.yaml. */
static const char *message_at(const char *text, int line, int column) {
    const source *s = error_source(errors, "m.yaml", text, strlen(text));
    error_add(errors, LCNN_BAD_MODEL, (mark){s, line, column}, "wrong");
    return lcnn_errors_text(errors, lcnn_errors_count(errors) - 1);
}

/* ---- Where
 * ---------------------------------------------------------------------------------------------------------
 */

START_TEST(a_place_in_a_text_is_shown_with_a_caret) {
    ck_assert_str_eq(message_at("a: 1\nbee: 2\n", 2, 6), "m.yaml:2:6: error: wrong\n"
                                                         "    2 | bee: 2\n"
                                                         "      |      ^");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
}
END_TEST

START_TEST(a_file_or_nothing_has_no_source_line) {
    error_add(errors, LCNN_BAD_DATA, error_file(errors, "images.gz"), "%d bytes missing", 3);
    error_add(errors, LCNN_BAD_USAGE, (mark){0}, "no model given");
    ck_assert_str_eq(lcnn_errors_text(errors, 0), "images.gz: error: 3 bytes missing");
    ck_assert_str_eq(lcnn_errors_text(errors, 1), "error: no model given");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA); /* the first one's */
}
END_TEST

START_TEST(columns_count_characters_not_bytes) {
    ck_assert_str_eq(message_at("n\xC3\xA4me: x\r\n", 1, 7), "m.yaml:1:7: error: wrong\n"
                                                             "    1 | n\xC3\xA4me: x\n"
                                                             "      |       ^");
}
END_TEST

START_TEST(a_column_beyond_its_line_has_the_caret_at_the_end) {
    ck_assert_str_eq(message_at("\xC2\xB5: 1\nb: 2\n", 1, 50), "m.yaml:1:50: error: wrong\n"
                                                               "    1 | \xC2\xB5: 1\n"
                                                               "      |     ^");
}
END_TEST

START_TEST(tabs_controls_and_bad_bytes_are_shown_as_escapes) {
    ck_assert_str_eq(message_at("a\t\x1B[31m\xFF\xC2\x9Bz", 1, 9),
                     "m.yaml:1:9: error: wrong\n"
                     "    1 | a\\t\\x1B[31m\\xFF\\u009Bz\n"
                     "      |                ^");
}
END_TEST

START_TEST(a_place_beyond_the_text_has_no_source_line) {
    ck_assert_str_eq(message_at("a: [\n", 2, 1), "m.yaml:2:1: error: wrong");
    ck_assert_str_eq(message_at("a: [\n", 7, 1), "m.yaml:7:1: error: wrong");
    const source *s = error_source(errors, "table.csv", NULL, 0); /* too large to be kept */
    error_add(errors, LCNN_BAD_DATA, (mark){s, 3, 2}, "wrong");
    ck_assert_str_eq(lcnn_errors_text(errors, 2), "table.csv:3:2: error: wrong");
}
END_TEST

/* Wherever the fault is in a line of 5000 characters, the caret stands under it and the line stays
 * short. */
START_TEST(long_lines_are_cut_around_the_caret) {
    char text[5001] = {0};
    memset(text, '.', 5000);
    for (int column = 1; column <= 5000; column += 7) {
        text[column - 1] = 'X';
        const char *quoted = strchr(message_at(text, 1, column), '\n') + 1;
        const char *caret_line = strchr(quoted, '\n') + 1;
        size_t caret = strcspn(caret_line, "^");
        ck_assert_msg(caret < strcspn(quoted, "\n"), "column %d: caret beyond the line", column);
        ck_assert_msg(quoted[caret] == 'X', "column %d: caret under '%c'", column, quoted[caret]);
        ck_assert_uint_le(strcspn(quoted, "\n"), 120);
        text[column - 1] = '.';
        tear_down();
        set_up();
    }
}
END_TEST

/* ---- What
 * ----------------------------------------------------------------------------------------------------------
 */

START_TEST(echoed_names_are_escaped_and_cut) {
    error_add(errors, LCNN_BAD_USAGE, error_file(errors, "a\nb"), "no '%s'", "x\x1B]0;owned\a");
    ck_assert_str_eq(lcnn_errors_text(errors, 0), "a\\nb: error: no 'x\\x1B]0;owned\\x07'");

    char *name = malloc(100001);
    ck_assert_ptr_nonnull(name);
    memset(name, 'n', 100000);
    name[100000] = '\0';
    error_add(errors, LCNN_BAD_USAGE, error_file(errors, name), "%s", name);
    free(name);
    const char *text = lcnn_errors_text(errors, 1);
    ck_assert_uint_lt(strlen(text), 4000);
    ck_assert_str_eq(text + strlen(text) - 4, "n...");
}
END_TEST

START_TEST(many_messages_are_counted_not_kept) {
    for (int i = 0; i < 1000; i++)
        error_add(errors, LCNN_BAD_MODEL, (mark){0}, "number %d", i);
    ck_assert_int_eq(lcnn_errors_count(errors), 21);
    ck_assert_str_eq(lcnn_errors_text(errors, 19), "error: number 19");
    ck_assert_str_eq(lcnn_errors_text(errors, 20), "error: and 980 more");
}
END_TEST

START_TEST(out_of_memory_is_said_once) {
    error_no_memory(errors);
    error_no_memory(errors);
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_str_eq(lcnn_errors_text(errors, 0), "error: out of memory");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
}
END_TEST

START_TEST(notes_are_no_errors) {
    error_note(errors, "emnist means %s", "emnist-balanced");
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_OK);
    ck_assert_int_eq(lcnn_notes_count(errors), 1);
    ck_assert_str_eq(lcnn_notes_text(errors, 0), "emnist means emnist-balanced");
    error_note(errors, "emnist means %s", "emnist-balanceD");
    error_note(errors, "emnist means emnist"); /* the beginning of a note is another note */
    error_note(errors, "emnist means %s", "emnist-balanced");
    ck_assert_int_eq(lcnn_notes_count(errors), 3);
}
END_TEST

/* As a study takes what the models of its trials say. */
START_TEST(what_several_lists_say_is_taken_once) {
    lcnn_errors *other = lcnn_errors_new();
    error_add(other, LCNN_BAD_DATA, (mark){0}, "no images");
    error_note(other, "emnist means emnist-balanced");
    error_note(errors, "a note of its own");
    for (int i = 0; i < 3; i++)
        error_take(errors, other);
    error_add(other, LCNN_BAD_DATA, (mark){0}, "no labels");
    error_note(other, "a second note");
    error_take(errors, other);
    lcnn_errors_free(other); /* nothing of it is needed any more */

    ck_assert_int_eq(lcnn_errors_count(errors), 2);
    ck_assert_str_eq(lcnn_errors_text(errors, 0), "error: no images");
    ck_assert_str_eq(lcnn_errors_text(errors, 1), "error: no labels");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_DATA);
    ck_assert_int_eq(lcnn_notes_count(errors), 3);
    ck_assert_str_eq(lcnn_notes_text(errors, 1), "emnist means emnist-balanced");
    ck_assert_str_eq(lcnn_notes_text(errors, 2), "a second note");
}
END_TEST

START_TEST(what_was_only_counted_is_taken_over_once) {
    lcnn_errors *other = lcnn_errors_new();
    for (int i = 0; i < 25; i++)
        error_add(other, LCNN_BAD_MODEL, (mark){0}, "number %d", i);
    error_take(errors, other);
    error_take(errors, other);
    lcnn_errors_free(other);
    ck_assert_int_eq(lcnn_errors_count(errors), 21);
    ck_assert_str_eq(lcnn_errors_text(errors, 20), "error: and 5 more");
}
END_TEST

/* Those beyond the twentieth are dropped: nobody reads them, and they are no errors. */
START_TEST(notes_have_a_limit) {
    lcnn_errors *other = lcnn_errors_new();
    for (int i = 0; i < 1000; i++)
        error_note(errors, "number %d", i);
    error_note(other, "one more");
    error_take(errors, other);
    ck_assert_int_eq(lcnn_notes_count(errors), 20);
    ck_assert_str_eq(lcnn_notes_text(errors, 19), "number 19");
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    lcnn_errors_free(other);
}
END_TEST

START_TEST(numbers_in_messages_ignore_the_locale) {
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        suite_skip("no de_DE.UTF-8 locale on this machine");
    error_add(errors, LCNN_BAD_MODEL, (mark){0}, "%.1f", 0.5);
    ck_assert_str_eq(lcnn_errors_text(errors, 0), "error: 0.5");
    ck_assert_str_eq(localeconv()->decimal_point, ","); /* and the program keeps its own */
}
END_TEST

/* ---- Suggestions
 * ---------------------------------------------------------------------------------------------------
 */

START_TEST(the_nearest_name_is_suggested) {
    static const char *const names[] = {"conv2d", "dense",   "avg_pool2d",  "max_pool2d",
                                        "tanh",   "filters", "kernel_size", NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"kernal_size", "kernel_size"},
        {"Conv2D", "conv2d"},
        {"dnese", "dense"},
        {"MaxPooling2D", "max_pool2d"},
        {"avg-pool2d", "avg_pool2d"},
        {"kernel", "kernel_size"},
        {"filter", "filters"},
        {"tahn", "tanh"},
        {"zzz", NULL},
        {"", NULL},
        {"x", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_pstr_eq(error_nearest(cases[i].word, names), cases[i].nearest);
}
END_TEST

START_TEST(an_endless_word_has_no_nearest_name) {
    static const char *const names[] = {"dense", NULL};
    char word[2000];
    memset(word, 'd', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    ck_assert_ptr_null(error_nearest(word, names));
}
END_TEST

/* Names are compared up to 64 letters; a longer one is none that anybody meant. */
START_TEST(an_endless_name_is_not_suggested) {
    char name[66] = {0};
    const char *names[] = {name, NULL};
    memset(name, 'd', 64);
    ck_assert_pstr_eq(error_nearest("ddd", names), name);
    name[64] = 'd';
    ck_assert_ptr_null(error_nearest("ddd", names));
}
END_TEST

/* ---- UTF-8
 * ---------------------------------------------------------------------------------------------------------
 */

START_TEST(only_well_formed_utf8_has_a_length) {
    static const struct {
        const char *bytes;
        int length;
    } cases[] = {
        {"a", 1},
        {"\xC3\xA4", 2},
        {"\xE2\x82\xAC", 3},
        {"\xF0\x9F\x98\x80", 4},
        {"\x80", 0},
        {"\xC3", 0},
        {"\xC0\x80", 0},
        {"\xE0\x80\x80", 0},
        {"\xED\xA0\x80", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF0\x80\x80\x80", 0},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\xC3z", 0},
        {"\xFF", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *p = cases[i].bytes;
        ck_assert_msg(utf8_length(p, p + strlen(p)) == cases[i].length, "case %zu", i);
    }
    ck_assert_int_eq(utf8_length("", ""), 0);
}
END_TEST

/* ---- Arenas, buffers, shapes
 * --------------------------------------------------------------------------------------- */

START_TEST(arena_pieces_are_zero_aligned_and_apart) {
    arena *a = arena_new();
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * i; /* from nothing to many blocks */
        pieces[i] = arena_alloc(a, size);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            ck_assert_uint_eq(pieces[i][k], 0);
        memset(pieces[i], (int)i, size);
    }
    for (size_t i = 1; i < 300; i++)
        ck_assert(pieces[i][0] == (unsigned char)i && pieces[i][i * i - 1] == (unsigned char)i);
    ck_assert_str_eq(arena_copy(a, "lenet5", 5), "lenet");
    ck_assert_str_eq(arena_format(a, "%s-%d", "lenet", 5), "lenet-5");
    arena_free(a);
}
END_TEST

START_TEST(absurd_sizes_are_refused) {
    arena *a = arena_new();
    ck_assert_ptr_null(arena_alloc(a, SIZE_MAX));
    ck_assert_ptr_null(arena_array(a, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(aligned_array(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(aligned_array(SIZE_MAX, 1));
    arena_free(a);
}
END_TEST

START_TEST(number_buffers_begin_on_a_line) {
    for (size_t count = 0; count < 40; count++) {
        float *numbers = aligned_array(count, sizeof *numbers);
        ck_assert_ptr_nonnull(numbers);
        ck_assert_uint_eq((uintptr_t)numbers % 64, 0);
        for (size_t i = 0; i < count; i++)
            ck_assert(numbers[i] == 0);
        free(numbers);
    }
}
END_TEST

START_TEST(shapes_are_written_with_crosses) {
    char text[SHAPE_TEXT];
    ck_assert_str_eq(shape_text(&(shape){3, {6, 28, 28}}, text), "6x28x28");
    ck_assert_str_eq(shape_text(&(shape){1, {10}}, text), "10");
    ck_assert_str_eq(shape_text(&(shape){0}, text), "");
    int big = 2147483647;
    ck_assert_str_eq(shape_text(&(shape){4, {big, big, big, big}}, text),
                     "2147483647x2147483647x2147483647x2147483647");
}
END_TEST

int main(void) {
    TCase *messages = tcase_create("messages");
    tcase_add_checked_fixture(messages, set_up, tear_down);
    tcase_add_test(messages, a_place_in_a_text_is_shown_with_a_caret);
    tcase_add_test(messages, a_file_or_nothing_has_no_source_line);
    tcase_add_test(messages, columns_count_characters_not_bytes);
    tcase_add_test(messages, a_column_beyond_its_line_has_the_caret_at_the_end);
    tcase_add_test(messages, tabs_controls_and_bad_bytes_are_shown_as_escapes);
    tcase_add_test(messages, a_place_beyond_the_text_has_no_source_line);
    tcase_add_test(messages, long_lines_are_cut_around_the_caret);
    tcase_add_test(messages, echoed_names_are_escaped_and_cut);
    tcase_add_test(messages, many_messages_are_counted_not_kept);
    tcase_add_test(messages, out_of_memory_is_said_once);
    tcase_add_test(messages, what_was_only_counted_is_taken_over_once);
    tcase_add_test(messages, notes_are_no_errors);
    tcase_add_test(messages, what_several_lists_say_is_taken_once);
    tcase_add_test(messages, notes_have_a_limit);
    tcase_add_test(messages, numbers_in_messages_ignore_the_locale);

    TCase *words = tcase_create("words");
    tcase_add_test(words, the_nearest_name_is_suggested);
    tcase_add_test(words, an_endless_word_has_no_nearest_name);
    tcase_add_test(words, an_endless_name_is_not_suggested);
    tcase_add_test(words, only_well_formed_utf8_has_a_length);

    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, arena_pieces_are_zero_aligned_and_apart);
    tcase_add_test(memory, absurd_sizes_are_refused);
    tcase_add_test(memory, number_buffers_begin_on_a_line);
    tcase_add_test(memory, shapes_are_written_with_crosses);

    Suite *suite = suite_create("error");
    suite_add_tcase(suite, messages);
    suite_add_tcase(suite, words);
    suite_add_tcase(suite, memory);
    return suite_run(suite);
}
