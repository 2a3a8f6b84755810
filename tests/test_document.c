/* test_document.c - YAML texts: what is read, what is refused and where, and that writing reads
 * back. */
#include "config.h"

#include "document.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static lcnn_errors *errors;
static arena *a;

static void set_up(void) {
    errors = lcnn_errors_new();
    a = arena_new();
    ck_assert(errors && a);
}

static void tear_down(void) {
    arena_free(a);
    lcnn_errors_free(errors);
}

static doc *parse(const char *text) {
    return document_parse(a, "m.yaml", text, strlen(text), errors);
}

/* The messages for a text that must be refused, one after the other. */
static const char *refusal(const char *text, size_t length) {
    ck_assert_ptr_null(document_parse(a, "m.yaml", text, length, errors));
    ck_assert_int_gt(lcnn_errors_count(errors), 0);
    const char *all = lcnn_errors_text(errors, 0);
    for (int i = 1; i < lcnn_errors_count(errors); i++)
        all = arena_format(a, "%s\n%s", all, lcnn_errors_text(errors, i));
    return all;
}

/* ---- Reading
 * -------------------------------------------------------------------------------------------------------
 */

START_TEST(a_model_becomes_a_tree_of_marked_nodes) {
    doc *root = parse("# a comment\n"
                      "name: lenet5\n"
                      "nodes:\n"
                      "  - {name: c1, filters: 6}\n"
                      "  - {op: \"tanh\"}\n");
    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(root->kind, DOC_MAP);
    ck_assert_int_eq(root->count, 2);

    const doc *name = doc_get(root, "name");
    ck_assert_str_eq(name->text, "lenet5");
    ck_assert_int_eq(name->key_at.line, 2);
    ck_assert_int_eq(name->key_at.column, 1);
    ck_assert_int_eq(name->at.column, 7);

    const doc *nodes = doc_get(root, "nodes");
    ck_assert_int_eq(nodes->kind, DOC_LIST);
    ck_assert_int_eq(nodes->count, 2);
    const doc *filters = doc_get(nodes->first, "filters");
    ck_assert_str_eq(filters->text, "6");
    ck_assert(!filters->quoted);
    ck_assert_int_eq(filters->at.line, 4);
    ck_assert_int_eq(filters->at.column, 25);
    ck_assert(doc_get(nodes->first->next, "op")->quoted);
    ck_assert_ptr_null(doc_get(root, "loss"));
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
}
END_TEST

START_TEST(windows_line_ends_and_a_byte_order_mark_are_accepted) {
    doc *root = parse("\xEF\xBB\xBF"
                      "a: 1\r\nb: {c: 2}\r\n");
    ck_assert_ptr_nonnull(root);
    ck_assert_str_eq(doc_get(root, "a")->text, "1");
    ck_assert_int_eq(doc_get(root, "a")->key_at.column, 1);
    ck_assert_int_eq(doc_get(root, "b")->key_at.line, 2);
}
END_TEST

START_TEST(a_text_may_be_a_list_or_a_scalar) {
    ck_assert_int_eq(parse("[1, 2]")->kind, DOC_LIST);
    ck_assert_int_eq(parse("3")->kind, DOC_SCALAR);
}
END_TEST

/* ---- Refusing
 * ------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *text, *messages;
} refused[] = {
    {"a: &x 1\nb: *x\n",
     "m.yaml:1:4: error: an anchor (&); name the value in 'params' and write $name instead\n"
     "    1 | a: &x 1\n"
     "      |    ^\n"
     "m.yaml:2:4: error: an alias (*); name the value in 'params' and write $name instead\n"
     "    2 | b: *x\n"
     "      |    ^"},
    {"a: &a [*a]\n",
     "m.yaml:1:4: error: an anchor (&); name the value in 'params' and write $name instead\n"
     "    1 | a: &a [*a]\n"
     "      |    ^\n"
     "m.yaml:1:8: error: an alias (*); name the value in 'params' and write $name instead\n"
     "    1 | a: &a [*a]\n"
     "      |        ^"},
    {"a: !!python/object 1\n", "m.yaml:1:4: error: a tag (!); types are known from the keys\n"
                               "    1 | a: !!python/object 1\n"
                               "      |    ^"},
    {"a: 1\nb: 2\na: 3\n",
     "m.yaml:3:1: error: 'a' is given twice; the other is at line 1, column 1\n"
     "    3 | a: 3\n"
     "      | ^"},
    {"n: {b: 1, 'b': 2}\n",
     "m.yaml:1:11: error: 'b' is given twice; the other is at line 1, column 5\n"
     "    1 | n: {b: 1, 'b': 2}\n"
     "      |           ^"},
    {"? [1, 2]\n: 3\n", "m.yaml:1:3: error: a list or map as a key; keys are words\n"
                        "    1 | ? [1, 2]\n"
                        "      |   ^"},
    {"'': 3\n", "m.yaml:1:1: error: a key is missing here\n"
                "    1 | '': 3\n"
                "      | ^"},
    {"a: 1\n---\nb: 2\n", "m.yaml:2:1: error: a second document; a file holds one\n"
                          "    2 | ---\n"
                          "      | ^"},
    {"", "m.yaml:1:1: error: the text is empty"},
    {"# nothing\n", "m.yaml:2:1: error: the text is empty"},
    {"a:\n\tb: 1\n", "m.yaml:2:1: error: a tab in the indentation; YAML wants spaces\n"
                     "    2 | \\tb: 1\n"
                     "      | ^"},
    {"a: 1\n  b: 2\n",
     "m.yaml:2:4: error: not valid YAML: mapping values are not allowed in this context\n"
     "    2 |   b: 2\n"
     "      |    ^"},
    {"a: [1, 2\nb: 3\n",
     "m.yaml:2:2: error: not valid YAML: did not find expected ',' or ']', while "
     "parsing a flow sequence that begins at line 1, column 4\n"
     "    2 | b: 3\n"
     "      |  ^"},
    {"a: 1\nb: 'open\n\n",
     "m.yaml:2:4: error: not valid YAML: found unexpected end of stream, while "
     "scanning a quoted scalar that begins here\n"
     "    2 | b: 'open\n"
     "      |    ^"},
    {"a: \"\\0\"\n", "m.yaml:1:4: error: a text with a NUL character in it\n"
                     "    1 | a: \"\\0\"\n"
                     "      |    ^"},
    {"a: \xC3\xA4\n b\xFF\n", "m.yaml:2:3: error: byte 0xFF is not UTF-8; save the file as UTF-8\n"
                              "    2 |  b\\xFF\n"
                              "      |   ^"},
    {"a: \x1B[1m\n", "m.yaml:1:4: error: a control character\n"
                     "    1 | a: \\x1B[1m\n"
                     "      |    ^"},
    {"a: 1\rb: 2\n", "m.yaml:1:5: error: a carriage return without a line feed\n"
                     "    1 | a: 1\\rb: 2\n"
                     "      |     ^"},
    {"a: \xE2\x80\xA8 2\n",
     "m.yaml:1:4: error: a Unicode line separator; end lines in the usual way\n"
     "    1 | a: \\u2028 2\n"
     "      |    ^"},
    {"a: \xE2\x80\xA9\n",
     "m.yaml:1:4: error: a Unicode line separator; end lines in the usual way\n"
     "    1 | a: \\u2029\n"
     "      |    ^"},
    {"a: \xC2\x85\n", "m.yaml:1:4: error: a control character\n"
                      "    1 | a: \\u0085\n"
                      "      |    ^"},
    {"a: \x7F\n", "m.yaml:1:4: error: a control character\n"
                  "    1 | a: \\x7F\n"
                  "      |    ^"},
    {"a: \xEF\xBF\xBF\n", "m.yaml:1:4: error: a code point that is no character\n"
                          "    1 | a: \xEF\xBF\xBF\n"
                          "      |    ^"},
    {"a: \xEF\xBB\xBF\n", "m.yaml:1:4: error: a byte order mark inside the text\n"
                          "    1 | a: \xEF\xBB\xBF\n"
                          "      |    ^"},
    {"a: 1\r", "m.yaml:1:5: error: a carriage return without a line feed\n"
               "    1 | a: 1\n"
               "      |     ^"},
};

START_TEST(what_yaml_allows_and_models_do_not_is_refused_where_it_stands) {
    const char *text = refused[_i].text;
    ck_assert_str_eq(refusal(text, strlen(text)), refused[_i].messages);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
}
END_TEST

START_TEST(a_nul_byte_is_refused) {
    ck_assert_str_eq(refusal("a: 1\nb\0: 2\n", 11),
                     "m.yaml:2:2: error: a NUL byte; this is no plain text\n"
                     "    2 | b\\x00: 2\n"
                     "      |  ^");
}
END_TEST

START_TEST(several_faults_are_told_in_one_go) {
    const char *text = "a: !x 1\nb: &y 2\na: 3\n";
    refusal(text, strlen(text));
    ck_assert_int_eq(lcnn_errors_count(errors), 3);
}
END_TEST

/* Nesting of any kind: 32 levels are read, the 33rd is refused where it begins, a hundred thousand
 * cost no more. */
START_TEST(depth_has_a_limit) {
    static const struct {
        const char *open, *close;
        int column; /* of the 33rd */
    } kinds[] = {{"[", "]", 33}, {"{a: ", "}", 129}, {"- ", "", 65}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int depth = 32; depth <= 100000; depth = depth == 32 ? 33 : depth + 99967) {
            size_t width = strlen(kinds[k].open), length = width * (size_t)depth;
            char *text = calloc(length + (size_t)depth + 2, 1);
            ck_assert_ptr_nonnull(text);
            for (int i = 0; i < depth; i++)
                strcpy(text + width * (size_t)i, kinds[k].open);
            strcat(text + length, "1");
            for (int i = 0; i < depth && kinds[k].close[0]; i++)
                text[length + 1 + (size_t)i] = kinds[k].close[0];
            if (depth == 32)
                ck_assert_ptr_nonnull(parse(text));
            else {
                char where[64];
                snprintf(where, sizeof where,
                         "m.yaml:1:%d: error: lists and maps nested more than 32", kinds[k].column);
                ck_assert_ptr_nonnull(strstr(refusal(text, strlen(text)), where));
            }
            free(text);
            tear_down();
            set_up();
        }
}
END_TEST

START_TEST(size_has_a_limit) {
    size_t limit = 1 << 20;
    char *text = malloc(limit + 2);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', limit + 1);
    memcpy(text, "a: 1 #", 6);
    ck_assert_ptr_nonnull(document_parse(a, "m.yaml", text, limit, errors));
    ck_assert_str_eq(refusal(text, limit + 1), "m.yaml: error: larger than 1048576 bytes");
    free(text);
}
END_TEST

START_TEST(the_number_of_values_has_a_limit) {
    char *text = calloc(70000, 2);
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 70000; i++)
        memcpy(text + 2 * i, i ? ",x" : "[x", 2);
    ck_assert_ptr_nonnull(strstr(refusal(text, 140000), "more than 65536 keys and values"));
    free(text);
}
END_TEST

/* ---- Files
 * ---------------------------------------------------------------------------------------------------------
 */

static char folder[] = "/tmp/test_document.XXXXXX";

/* Writes a file in the folder and returns the message document_read leaves, or "" when it reads it.
 */
static const char *read_file_of(const char *text) {
    const char *path = arena_format(a, "%s/m.yaml", folder);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    const doc *root = document_read(a, path, errors);
    unlink(path);
    return root ? "" : lcnn_errors_text(errors, 0);
}

START_TEST(a_file_holds_a_map) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_str_eq(read_file_of("a: 1\n"), "");
    const char *message = read_file_of("- 1\n");
    ck_assert_str_eq(read_file_of("1\n"), message); /* and this is the second */
    rmdir(folder);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 1), "not a single value\n"));
    ck_assert_ptr_nonnull(strstr(message, "m.yaml:1:1: error: a file holds a map, lines of 'key: "
                                          "value', not a list\n    1 | - 1\n"));
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_and_never_waited_for) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *fifo = arena_format(a, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {fifo, folder, "/dev/zero", arena_format(a, "%s/absent", folder)};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ck_assert_ptr_null(document_read(a, paths[i], errors));
        ck_assert_int_eq(lcnn_errors_count(errors), (int)i + 1);
        const char *message = lcnn_errors_text(errors, (int)i);
        ck_assert_msg(strncmp(message, paths[i], strlen(paths[i])) == 0, "%s", message);
    }
    unlink(fifo);
    rmdir(folder);
}
END_TEST

/* ---- Writing
 * -------------------------------------------------------------------------------------------------------
 */

START_TEST(trees_are_written_to_be_read) {
    const char *text = "name: lenet5\n"
                       "about: 'LeNet-5, rebuilt: 61,706 weights'\n"
                       "input: [1, 32, 32]\n"
                       "nodes:\n"
                       "  - {name: c1, op: conv2d, kernel_size: [5, 5]}\n"
                       "  - {op: $activation}\n"
                       "empty: {}\n"
                       "train:\n"
                       "  optimizer:\n"
                       "    op: adam\n"
                       "    epsilon: 1e-07\n";
    ck_assert_str_eq(document_write(a, parse(text)), text);
}
END_TEST

START_TEST(long_members_of_lists_become_blocks) {
    const char *text = "nodes:\n"
                       "  - name: a_name_that_is_long_enough_to_fill_a_good_part_of_the_line\n"
                       "    op: an_operator_that_is_long_enough_to_fill_the_rest_of_it\n"
                       "    attributes:\n"
                       "      x: 1\n"
                       "  - - [1, 2]\n"
                       "    - {a: a_text_that_is_long_enough_to_fill_a_good_part_of_the_line, b: "
                       "an_even_longer_text_}\n"
                       "    - a_scalar_that_is_much_longer_than_any_scalar_has_ever_needed_to_be\n";
    ck_assert_str_eq(document_write(a, parse(text)), text);
}
END_TEST

START_TEST(small_documents_are_one_line) {
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"{}", "{}\n"},
        {"[1, 2]", "[1, 2]\n"},
        {"[]", "[]\n"},
        {"a", "a\n"},
        {"- 1\n- {b: 2}", "- 1\n- {b: 2}\n"},
        {"a:", "a: ~\n"}, /* what is empty can be seen to be */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(document_write(a, parse(cases[i].text)), cases[i].written);
}
END_TEST

static bool same(const doc *x, const doc *y) {
    if (x->kind != y->kind || x->count != y->count || !x->key != !y->key)
        return false;
    if (x->key && strcmp(x->key, y->key) != 0)
        return false;
    if (x->kind == DOC_SCALAR)
        return strcmp(x->text, y->text) == 0 && x->quoted == y->quoted;
    const doc *p = x->first, *q = y->first;
    for (; p && q; p = p->next, q = q->next)
        if (!same(p, q))
            return false;
    return !p && !q;
}

/* Any quoted text, as a value, in a list and as a key. */
START_TEST(every_text_reads_back) {
    static const char *const texts[] = {
        "",
        " ",
        "a b",
        "a ",
        " a",
        "1",
        "true",
        "~",
        "null",
        "$name",
        "a: b",
        "a:",
        "a #b",
        "#",
        "[x]",
        "{",
        "a,b",
        "'",
        "it's",
        "\"",
        "\\",
        "a\nb",
        "\n",
        "\t",
        "\r\n",
        "\x1B",
        "\x7F",
        "---",
        "...",
        "- a",
        "-",
        "? a",
        "!x",
        "&x",
        "*x",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\xC3\xA4",
        "\xE2\x82\xAC",
        "\xC2\x85",
        "\xE2\x80\xA8",
        "\xE2\x80\xA9",
        "\xE2\x80\xA6",
        "\xC2\xB5\n",
        "---a",
        "...a",
        "a#b",
        "\xEF\xBB\xBF",
        "\xEF\xBF\xBE\n",
        "\xF0\x9F\x98\x80",
        "say \"a\\b\"\n",
        "a\n\xE2\x82\xAC\xF0\x9F\x98\x80",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        doc *map = doc_new(a, DOC_MAP, (mark){0}), *list = doc_new(a, DOC_LIST, (mark){0});
        doc_append(map, "value", doc_scalar(a, (mark){0}, texts[i], true));
        doc_append(list, NULL, doc_scalar(a, (mark){0}, texts[i], true));
        doc_append(map, "list", list);
        if (texts[i][0])
            doc_append(map, texts[i], doc_scalar(a, (mark){0}, "1", false));
        const char *text = document_write(a, map);
        const doc *back = parse(text);
        ck_assert_msg(back && same(map, back), "text %zu, written as:\n%s", i, text);
    }
}
END_TEST

START_TEST(plain_texts_read_back_with_the_same_meaning) {
    const doc *tree =
        parse("{a: 1, b: -0.5, c: $x, d: true, e: ../data/x, f: x-y_z, g: {h: [], i: {}}, "
              "j: \xC3\xA4, k: -, l: .5}");
    ck_assert(same(tree, parse(document_write(a, tree))) == false); /* '-' alone must be quoted */
    doc *copy = doc_copy(a, tree);
    doc *dash = doc_get(copy, "k");
    dash->quoted = true;
    ck_assert(same(copy, parse(document_write(a, tree))));
    ck_assert(!doc_get(tree, "k")->quoted); /* a copy shares no nodes */
}
END_TEST

int main(void) {
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_test(reading, a_model_becomes_a_tree_of_marked_nodes);
    tcase_add_test(reading, windows_line_ends_and_a_byte_order_mark_are_accepted);
    tcase_add_test(reading, a_text_may_be_a_list_or_a_scalar);
    tcase_add_loop_test(reading, what_yaml_allows_and_models_do_not_is_refused_where_it_stands, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(reading, a_nul_byte_is_refused);
    tcase_add_test(reading, several_faults_are_told_in_one_go);
    tcase_add_test(reading, depth_has_a_limit);
    tcase_add_test(reading, size_has_a_limit);
    tcase_add_test(reading, the_number_of_values_has_a_limit);
    tcase_add_test(reading, a_file_holds_a_map);
    tcase_add_test(reading, what_is_no_regular_file_is_refused_and_never_waited_for);

    TCase *writing = tcase_create("writing");
    tcase_add_checked_fixture(writing, set_up, tear_down);
    tcase_add_test(writing, trees_are_written_to_be_read);
    tcase_add_test(writing, long_members_of_lists_become_blocks);
    tcase_add_test(writing, small_documents_are_one_line);
    tcase_add_test(writing, every_text_reads_back);
    tcase_add_test(writing, plain_texts_read_back_with_the_same_meaning);

    Suite *suite = suite_create("document");
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, writing);
    return suite_run(suite);
}
