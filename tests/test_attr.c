/* test_attr.c - attribute tables: values that are taken, faults and their messages, defaults,
 * components, the way back. */
#include "config.h"

#include "attr.h"
#include "suite.h"

#include <float.h>
#include <limits.h>
#include <string.h>

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

/* ---- Tables to read with ------------------------------------------------------------------------------------------- */

typedef struct constant {
    double value;
} constant;

typedef struct uniform {
    double low, high;
} uniform;

typedef struct steps {
    attr_ints at;
} steps;

static const attr constant_rows[] = {
    {.name = "value", .type = ATTR_REAL, .offset = offsetof(constant, value), .help = "the value"},
    {0},
};

static const attr uniform_rows[] = {
    {.name = "low",
     .type = ATTR_REAL,
     .offset = offsetof(uniform, low),
     .initial = "-0.05",
     .help = "smallest"},
    {.name = "high", .type = ATTR_REAL, .offset = offsetof(uniform, high), .help = "largest"},
    {0},
};

static const attr steps_rows[] = {
    {.name = "at", .type = ATTR_INTS, .offset = offsetof(steps, at), .help = "where"},
    {0},
};

static const component zeros_type = {.name = "zeros", .summary = "all zero"};
static const component constant_type = {
    .name = "constant", .primary = "value", .size = sizeof(constant), .attrs = constant_rows};
static const component uniform_type = {
    .name = "uniform", .size = sizeof(uniform), .attrs = uniform_rows};
static const component steps_type = {
    .name = "steps", .primary = "at", .size = sizeof(steps), .attrs = steps_rows};

static const component *const members[] = {&constant_type, &steps_type, &uniform_type, &zeros_type,
                                           NULL};
static const component_set set = {.kind = "initializer", .members = members};

/* A struct with one of everything. */
typedef struct layer {
    int filters;
    double rate;
    bool bias;
    const char *about, *name;
    int mode;
    attr_pair size;
    attr_ints shape;
    attr_reals means;
    attr_int_lists table;
    attr_padding padding;
    attr_component start, end;
} layer;

static const char *const modes[] = {"nearest", "linear", NULL};

static const attr layer_rows[] = {
    {.name = "filters",
     .type = ATTR_INT,
     .offset = offsetof(layer, filters),
     .min = 1,
     .max = 64,
     .help = "number of output channels"},
    {.name = "rate",
     .type = ATTR_REAL,
     .offset = offsetof(layer, rate),
     .initial = "0.5",
     .max = 1,
     .above_min = true,
     .help = "share"},
    {.name = "bias",
     .type = ATTR_BOOL,
     .offset = offsetof(layer, bias),
     .initial = "true",
     .help = "whether there is a bias"},
    {.name = "about",
     .type = ATTR_STRING,
     .offset = offsetof(layer, about),
     .initial = "",
     .help = "a text"},
    {.name = "name",
     .type = ATTR_STRING,
     .offset = offsetof(layer, name),
     .initial = "c1",
     .help = "what it is called"},
    {.name = "mode",
     .type = ATTR_CHOICE,
     .offset = offsetof(layer, mode),
     .initial = "linear",
     .choices = modes,
     .help = "how"},
    {.name = "kernel_size",
     .type = ATTR_PAIR,
     .offset = offsetof(layer, size),
     .initial = "[3, 5]",
     .min = 1,
     .help = "size"},
    {.name = "shape",
     .type = ATTR_INTS,
     .offset = offsetof(layer, shape),
     .initial = "[1]",
     .help = "sizes"},
    {.name = "means",
     .type = ATTR_REALS,
     .offset = offsetof(layer, means),
     .initial = "0",
     .help = "means"},
    {.name = "table",
     .type = ATTR_INT_LISTS,
     .offset = offsetof(layer, table),
     .initial = "",
     .max = 9,
     .help = "rows"},
    {.name = "padding",
     .type = ATTR_PADDING,
     .offset = offsetof(layer, padding),
     .initial = "valid",
     .help = "pixels around"},
    {.name = "start",
     .type = ATTR_COMPONENT,
     .offset = offsetof(layer, start),
     .initial = "zeros",
     .components = &set,
     .help = "how it begins"},
    {.name = "end",
     .type = ATTR_COMPONENT,
     .offset = offsetof(layer, end),
     .initial = "",
     .components = &set,
     .help = "how it ends"},
    {0},
};

/* Reads attributes as a model would give them. */
static bool read_layer(const char *yaml, layer *out) {
    static const char *const skip[] = {"op", NULL};
    const doc *map = document_parse(a, "m.yaml", yaml, strlen(yaml), errors);
    ck_assert_ptr_nonnull(map);
    return attr_parse(layer_rows, map, skip, "conv2d 'c1'", out, a, errors);
}

/* A layer whose attributes must be right. */
static layer good(const char *yaml) {
    layer l = {0};
    ck_assert_msg(read_layer(yaml, &l), "%s", lcnn_errors_text(errors, 0));
    ck_assert_int_eq(lcnn_errors_count(errors), 0);
    return l;
}

/* ---- Values -------------------------------------------------------------------------------------------------------- */

START_TEST(every_type_is_read) {
    layer l =
        good("{op: conv2d, filters: 6, rate: 1e-1, bias: false, about: 'a text', mode: nearest,"
             " kernel_size: 7, shape: [2, -3], means: [0.5, 1], padding: same,"
             " table: [[0, 2], [1]],"
             " start: {op: uniform, high: 2}, end: 0.25}");
    ck_assert_int_eq(l.filters, 6);
    ck_assert(l.rate == 0.1);
    ck_assert(!l.bias);
    ck_assert_str_eq(l.about, "a text");
    ck_assert_int_eq(l.mode, 0);
    ck_assert(l.size.y == 7 && l.size.x == 7);
    ck_assert(l.shape.count == 2 && l.shape.value[0] == 2 && l.shape.value[1] == -3);
    ck_assert(l.means.count == 2 && l.means.value[0] == 0.5 && l.means.value[1] == 1);
    ck_assert(l.table.count == 2 && l.table.list[0].count == 2 && l.table.list[1].count == 1);
    ck_assert(l.table.list[0].value[1] == 2 && l.table.list[1].value[0] == 1);
    ck_assert_int_eq(l.padding.mode, PADDING_SAME);
    ck_assert_ptr_eq(l.start.type, &uniform_type);
    ck_assert(((uniform *)l.start.attrs)->low == -0.05 && ((uniform *)l.start.attrs)->high == 2);
    ck_assert_ptr_eq(l.end.type, &constant_type);
    ck_assert(((constant *)l.end.attrs)->value == 0.25);
}
END_TEST

START_TEST(what_is_absent_has_its_default) {
    layer l = good("{filters: 64}");
    ck_assert(l.rate == 0.5 && l.bias);
    ck_assert_str_eq(l.about, "");
    ck_assert_int_eq(l.mode, 1);
    ck_assert(l.size.y == 3 && l.size.x == 5);
    ck_assert(l.shape.count == 1 && l.means.count == 1 && l.table.count == 0);
    ck_assert_int_eq(l.padding.mode, PADDING_VALID);
    ck_assert_ptr_eq(l.start.type, &zeros_type);
    ck_assert_ptr_null(l.end.type);
}
END_TEST

START_TEST(padding_has_four_forms) {
    static const struct {
        const char *yaml;
        attr_padding padding;
    } cases[] = {
        {"same", {PADDING_SAME, 0, 0, 0, 0}},
        {"2", {PADDING_EXPLICIT, 2, 2, 2, 2}},
        {"[1, 2]", {PADDING_EXPLICIT, 1, 1, 2, 2}},
        {"[1, 2, 3, 4]", {PADDING_EXPLICIT, 1, 2, 3, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_padding got =
            good(arena_format(a, "{filters: 1, padding: %s}", cases[i].yaml)).padding;
        attr_padding want = cases[i].padding;
        ck_assert_int_eq(got.mode, want.mode);
        ck_assert_int_eq(got.top, want.top);
        ck_assert_int_eq(got.bottom, want.bottom);
        ck_assert_int_eq(got.left, want.left);
        ck_assert_int_eq(got.right, want.right);
    }
}
END_TEST

START_TEST(a_list_in_place_of_a_map_goes_to_the_member_that_takes_one) {
    layer l = good("{filters: 1, start: [3, 4]}");
    ck_assert_ptr_eq(l.start.type, &steps_type);
    ck_assert_int_eq(((steps *)l.start.attrs)->at.value[1], 4);
}
END_TEST

/* Each limit: one below, itself, one above. */
START_TEST(ranges_end_where_they_say) {
    static const struct {
        const char *yaml;
        bool fits;
    } cases[] = {
        {"{filters: 0}", false},
        {"{filters: 1}", true},
        {"{filters: 64}", true},
        {"{filters: 65}", false},
        {"{filters: 1, rate: 0}", false},
        {"{filters: 1, rate: 1e-300}", true},
        {"{filters: 1, rate: 1}", true},
        {"{filters: 1, rate: 1.0000000000000002}", false},
        {"{filters: 1, rate: -1}", false},
        {"{filters: 1, kernel_size: 0}", false},
        {"{filters: 1, kernel_size: 2147483647}", true},
        {"{filters: 1, kernel_size: 2147483648}", false},
        {"{filters: 1, shape: [-2147483648]}", true},
        {"{filters: 1, shape: [-2147483649]}", false},
        {"{filters: 1, padding: -1}", false},
        {"{filters: 1, padding: 65536}", true},
        {"{filters: 1, padding: 65537}", false},
    };
    layer l;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(read_layer(cases[i].yaml, &l) == cases[i].fits, "%s", cases[i].yaml);
}
END_TEST

/* ---- Faults -------------------------------------------------------------------------------------------------------- */

/* Each text is refused with this first line of the first message; "m.yaml:LINE:COLUMN: error: "
 * goes before it. */
static const struct {
    const char *yaml, *place, *message;
} faults[] = {
    {"{filters: 6, kernal_size: 3}", "1:14",
     "conv2d 'c1': unknown attribute 'kernal_size'; did you mean 'kernel_size'?"},
    {"{filters: 6, zzz: 3}", "1:14",
     "conv2d 'c1': unknown attribute 'zzz'; known: filters, rate, bias, about, name, mode, "
     "kernel_size, shape, means, table, padding, start, end, op"},
    {"{rate: 1}", "1:1",
     "conv2d 'c1': 'filters' is missing: number of output channels; expected integer, 1 to 64"},
    {"{filters: 0}", "1:11", "conv2d 'c1': 'filters' is '0'; expected integer, 1 to 64"},
    {"{filters: 6.0}", "1:11",
     "conv2d 'c1': 'filters' is '6.0'; expected integer, 1 to 64 (a whole number is needed)"},
    {"{filters: '6'}", "1:11", "conv2d 'c1': 'filters' is the text '6'; expected integer, 1 to 64"},
    {"{filters: [6]}", "1:11", "conv2d 'c1': 'filters' is a list of 1; expected integer, 1 to 64"},
    {"filters:\n", "1:9", "conv2d 'c1': 'filters' has no value; expected integer, 1 to 64"},
    {"{filters: null}", "1:11", "conv2d 'c1': 'filters' has no value; expected integer, 1 to 64"},
    {"{filters: 010}", "1:11",
     "conv2d 'c1': 'filters' is '010'; expected integer, 1 to 64 (numbers have no leading zeros)"},
    {"{filters: 6, rate: .nan}", "1:20",
     "conv2d 'c1': 'rate' is '.nan'; expected number, above 0 and at most 1 (numbers must be "
     "finite)"},
    {"{filters: 6, rate: {a: 1}}", "1:20",
     "conv2d 'c1': 'rate' is a map; expected number, above 0 and at most 1"},
    {"{filters: 6, rate: '0.5'}", "1:20",
     "conv2d 'c1': 'rate' is the text '0.5'; expected number, above 0 and at most 1"},
    {"{filters: 6, bias: [true]}", "1:20",
     "conv2d 'c1': 'bias' is a list of 1; expected true or false"},
    {"{filters: 6, bias: yes}", "1:20", "conv2d 'c1': 'bias' is 'yes'; expected true or false"},
    {"{filters: 6, bias: 'true'}", "1:20",
     "conv2d 'c1': 'bias' is the text 'true'; expected true or false"},
    {"{filters: 6, about: [a]}", "1:21", "conv2d 'c1': 'about' is a list of 1; expected text"},
    {"{filters: 6, bias: a_word_of_more_than_forty_letters_is_cut_here}", "1:20",
     "conv2d 'c1': 'bias' is 'a_word_of_more_than_forty_letters_is_cut...'; expected true or "
     "false"},
    {"{filters: 6, about: ~}", "1:21", "conv2d 'c1': 'about' has no value; expected text"},
    {"{filters: 6, name: ''}", "1:20",
     "conv2d 'c1': 'name' is the text ''; expected text (it may not be empty)"},
    {"{filters: 6, mode: [linear]}", "1:20",
     "conv2d 'c1': 'mode' is a list of 1; expected one of nearest, linear"},
    {"{filters: 6, mode: ~}", "1:20",
     "conv2d 'c1': 'mode' has no value; expected one of nearest, linear"},
    {"{filters: 6, mode: liner}", "1:20",
     "conv2d 'c1': 'mode' is 'liner'; expected one of nearest, linear (did you mean 'linear'?)"},
    {"{filters: 6, mode: cubic}", "1:20",
     "conv2d 'c1': 'mode' is 'cubic'; expected one of nearest, linear"},
    {"{filters: 6, kernel_size: [1, 2, 3]}", "1:27",
     "conv2d 'c1': 'kernel_size' is a list of 3; expected integer or [height, width], each at "
     "least "
     "1"},
    {"{filters: 6, kernel_size: {y: 1, x: 2}}", "1:27",
     "conv2d 'c1': 'kernel_size' is a map; expected integer or [height, width], each at least 1"},
    {"{filters: 6, kernel_size: [3, 0]}", "1:31",
     "conv2d 'c1': 'kernel_size' is '0'; expected integer or [height, width], each at least 1"},
    {"{filters: 6, shape: 3}", "1:21", "conv2d 'c1': 'shape' is '3'; expected list of integers"},
    {"{filters: 6, shape: []}", "1:21",
     "conv2d 'c1': 'shape' is a list of 0; expected list of integers"},
    {"{filters: 6, means: {a: 1}}", "1:21",
     "conv2d 'c1': 'means' is a map; expected number or list of numbers"},
    {"{filters: 6, means: []}", "1:21",
     "conv2d 'c1': 'means' is a list of 0; expected number or list of numbers"},
    {"{filters: 6, means: [1, x]}", "1:25",
     "conv2d 'c1': 'means' is 'x'; expected number or list of numbers"},
    {"{filters: 6, table: 1}", "1:21",
     "conv2d 'c1': 'table' is '1'; expected list of lists of integers, each 0 to 9"},
    {"{filters: 6, table: [1]}", "1:22",
     "conv2d 'c1': 'table' is '1'; expected list of lists of integers, each 0 to 9"},
    {"{filters: 6, table: []}", "1:21",
     "conv2d 'c1': 'table' is a list of 0; expected list of lists of integers, each 0 to 9"},
    {"{filters: 6, table: [[1], []]}", "1:27",
     "conv2d 'c1': 'table' is a list of 0; expected list of lists of integers, each 0 to 9 (none "
     "of them may be empty)"},
    {"{filters: 6, table: [[1], [2, 10]]}", "1:31",
     "conv2d 'c1': 'table' is '10'; expected list of lists of integers, each 0 to 9"},
    {"{filters: 6, padding: smae}", "1:23",
     "conv2d 'c1': 'padding' is 'smae'; expected valid, same, integer, [y, x] or [top, bottom, "
     "left, "
     "right]"},
    {"{filters: 6, padding: {top: 1}}", "1:23",
     "conv2d 'c1': 'padding' is a map; expected valid, same, integer, [y, x] or [top, bottom, "
     "left, right]"},
    {"{filters: 6, padding: [1, x]}", "1:27",
     "conv2d 'c1': 'padding' is 'x'; expected valid, same, integer, [y, x] or [top, bottom, left, "
     "right]"},
    {"{filters: 6, padding: [1]}", "1:23",
     "conv2d 'c1': 'padding' is a list of 1; expected valid, same, integer, [y, x] or [top, "
     "bottom, "
     "left, right]"},
    {"{filters: 6, start: unifrom}", "1:21",
     "conv2d 'c1': start: unknown initializer 'unifrom'; did you mean 'uniform'?"},
    {"{filters: 6, start: gauss}", "1:21",
     "conv2d 'c1': start: unknown initializer 'gauss'; known: constant, steps, uniform, zeros"},
    {"{filters: 6, start: {high: 1}}", "1:21",
     "conv2d 'c1': start: expected the name of an initializer, or a map that names it with 'op'"},
    {"{filters: 6, start: {op: [a]}}", "1:26",
     "conv2d 'c1': start: expected the name of an initializer, or a map that names it with 'op'"},
    {"{filters: 6, start: null}", "1:21",
     "conv2d 'c1': start: expected the name of an initializer, or a map that names it with 'op'"},
    {"{filters: 6, start: uniform}", "1:21",
     "conv2d 'c1': start: uniform: 'high' is missing: largest; expected number"},
    {"{filters: 6, start: {op: uniform, hihg: 3, high: 1}}", "1:35",
     "conv2d 'c1': start: uniform: unknown attribute 'hihg'; did you mean 'high'?"},
    {"{filters: 6, start: {op: zeros, value: 3}}", "1:33",
     "conv2d 'c1': start: zeros: unknown attribute 'value'; known: op"},
    {"{filters: 6, start: 1e999}", "1:21",
     "conv2d 'c1': start: constant: 'value' is '1e999'; expected number (too large)"},
    {"{filters: 6, start: -4e38}", "1:21",
     "conv2d 'c1': start: constant: 'value' is '-4e38'; expected number (too large)"},
    {"{filters: 6, start: [1.5]}", "1:22",
     "conv2d 'c1': start: steps: 'at' is '1.5'; expected list of integers (a whole number is "
     "needed)"},
};

START_TEST(faults_are_told_where_they_are) {
    layer l;
    ck_assert(!read_layer(faults[_i].yaml, &l));
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
    const char *text = lcnn_errors_text(errors, 0);
    const char *line = arena_copy(a, text, strcspn(text, "\n"));
    ck_assert_str_eq(line,
                     arena_format(a, "m.yaml:%s: error: %s", faults[_i].place, faults[_i].message));
}
END_TEST

START_TEST(all_faults_are_told_in_one_go) {
    layer l;
    ck_assert(
        !read_layer("{filters: 0, rate: 2, bias: 1, shape: [x, y], start: {op: uniform, low: a},"
                    " zzz: 1}",
                    &l));
    /* zzz, filters, rate, bias, x, y, low, and high that is missing */
    ck_assert_int_eq(lcnn_errors_count(errors), 8);
}
END_TEST

START_TEST(without_a_map_there_are_defaults_only) {
    uniform u;
    ck_assert(!attr_parse(uniform_rows, NULL, NULL, "uniform", &u, a, errors));
    ck_assert_str_eq(lcnn_errors_text(errors, 0),
                     "error: uniform: 'high' is missing: largest; expected number");
    ck_assert(u.low == -0.05);
}
END_TEST

START_TEST(what_is_no_map_has_no_attributes) {
    layer l;
    ck_assert(!read_layer("~", &l));
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "expected a map of attributes, not nothing\n"));
    ck_assert(!read_layer("[1]", &l));
    ck_assert_str_eq(
        lcnn_errors_text(errors, 1),
        "m.yaml:1:1: error: conv2d 'c1': expected a map of attributes, not a list of 1\n"
        "    1 | [1]\n"
        "      | ^");
}
END_TEST

/* ---- The way back -------------------------------------------------------------------------------------------------- */

START_TEST(attributes_are_written_in_full_and_read_back) {
    layer l = good("{filters: 6, about: '7', padding: 1, means: 1e-7, table: [[3, 4], [5]],"
                   " end: {op: uniform, high: 0.1}}");
    doc *map = doc_new(a, DOC_MAP, (mark){0});
    ck_assert(attr_write(layer_rows, &l, map, a));
    const char *text = document_write(a, map);
    ck_assert_str_eq(text, "filters: 6\n"
                           "rate: 0.5\n"
                           "bias: true\n"
                           "about: '7'\n"
                           "name: c1\n"
                           "mode: linear\n"
                           "kernel_size: [3, 5]\n"
                           "shape: [1]\n"
                           "means: [1e-07]\n"
                           "table:\n"
                           "  - [3, 4]\n"
                           "  - [5]\n"
                           "padding: [1, 1, 1, 1]\n"
                           "start: zeros\n"
                           "end:\n"
                           "  op: uniform\n"
                           "  low: -0.05\n"
                           "  high: 0.1\n");
    layer again = good(text);
    doc *second = doc_new(a, DOC_MAP, (mark){0});
    ck_assert(attr_write(layer_rows, &again, second, a));
    ck_assert_str_eq(document_write(a, second), text);
}
END_TEST

/* Without quotes they would be numbers, words or names of parameters. */
START_TEST(texts_that_look_like_something_else_are_written_in_quotes) {
    static const char *const texts[] = {"'7'", "'-0.5'", "'true'", "'null'", "'~'", "'$x'"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        layer l = good(arena_format(a, "{filters: 6, about: %s}", texts[i]));
        doc *map = doc_new(a, DOC_MAP, (mark){0});
        ck_assert(attr_write(layer_rows, &l, map, a));
        ck_assert(doc_get(map, "about")->quoted);
        ck_assert_ptr_nonnull(
            strstr(document_write(a, map), arena_format(a, "about: %s\n", texts[i])));
    }
}
END_TEST

START_TEST(what_may_be_absent_is_left_out) {
    layer l = good("{filters: 6}");
    doc *map = doc_new(a, DOC_MAP, (mark){0});
    ck_assert(attr_write(layer_rows, &l, map, a));
    ck_assert_ptr_null(doc_get(map, "about"));
    ck_assert_ptr_null(doc_get(map, "table"));
    ck_assert_ptr_null(doc_get(map, "end"));
}
END_TEST

/* ---- Defaults that are no text --------------------------------------------------------------- */

typedef struct pool {
    attr_pair size, strides;
    int limit;
} pool;

static const attr pool_rows[] = {
    {.name = "size", .type = ATTR_PAIR, .offset = offsetof(pool, size), .initial = "2", .min = 1},
    {.name = "strides",
     .type = ATTR_PAIR,
     .offset = offsetof(pool, strides),
     .like = "size",
     .min = 1},
    {.name = "limit",
     .type = ATTR_INT,
     .offset = offsetof(pool, limit),
     .initial = "all",
     .word = "all",
     .min = 1},
    {0},
};

/* As it is written down. */
static const char *pool_text(const char *yaml) {
    pool p = {.limit = 0};
    const doc *map = document_parse(a, "m.yaml", yaml, strlen(yaml), errors);
    doc *written = doc_new(a, DOC_MAP, (mark){0});
    ck_assert_msg(attr_parse(pool_rows, map, NULL, "pool", &p, a, errors), "%s",
                  lcnn_errors_text(errors, 0));
    ck_assert(attr_write(pool_rows, &p, written, a));
    return document_write(a, written);
}

START_TEST(a_default_can_be_the_value_of_another) {
    ck_assert_str_eq(pool_text("{}"), "size: [2, 2]\nstrides: [2, 2]\nlimit: all\n");
    ck_assert_str_eq(pool_text("{size: [3, 1]}"), "size: [3, 1]\nstrides: [3, 1]\nlimit: all\n");
    ck_assert_str_eq(pool_text("{size: 3, strides: 1}"),
                     "size: [3, 3]\nstrides: [1, 1]\nlimit: all\n");
}
END_TEST

START_TEST(a_word_can_stand_for_no_number) {
    ck_assert_str_eq(pool_text("{limit: 5}"), "size: [2, 2]\nstrides: [2, 2]\nlimit: 5\n");
    ck_assert_str_eq(pool_text("{limit: all}"), "size: [2, 2]\nstrides: [2, 2]\nlimit: all\n");
    static const char *const bad[] = {"{limit: 0}", "{limit: 'all'}", "{limit: every}",
                                      "{limit: [1]}"};
    static const char *const said[] = {"'0'", "the text 'all'", "'every'", "a list of 1"};
    for (int i = 0; i < 4; i++) {
        pool p = {.limit = 0};
        const doc *map = document_parse(a, "m.yaml", bad[i], strlen(bad[i]), errors);
        ck_assert(!attr_parse(pool_rows, map, NULL, "pool", &p, a, errors));
        const char *expected = arena_format(
            a, "m.yaml:1:9: error: pool: 'limit' is %s; expected all or integer, at least 1\n",
            said[i]);
        ck_assert_int_eq(strncmp(lcnn_errors_text(errors, i), expected, strlen(expected)), 0);
    }
}
END_TEST

/* The nearest name is what was meant; that it is missing need not be said, too. */
START_TEST(a_misspelt_key_is_told_once) {
    layer l = {0};
    ck_assert(!read_layer("{filter: 6}", &l));
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
    ck_assert_ptr_nonnull(
        strstr(lcnn_errors_text(errors, 0), "unknown attribute 'filter'; did you mean 'filters'?"));
    ck_assert(!read_layer("{kernal_size: 6}", &l));
    ck_assert_int_eq(lcnn_errors_count(errors), 3);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 2), "'filters' is missing"));
}
END_TEST

START_TEST(ranges_are_described) {
    static const struct {
        attr row;
        const char *text;
    } cases[] = {
        {{.type = ATTR_INT}, "integer"},
        {{.type = ATTR_INT, .min = 1, .max = INT_MAX}, "integer, at least 1"},
        {{.type = ATTR_INT, .min = 1}, "integer, at least 1"},
        {{.type = ATTR_INT, .min = INT_MIN, .max = -1}, "integer, at most -1"},
        {{.type = ATTR_INT, .min = INT_MIN, .max = INT_MAX}, "integer"},
        {{.type = ATTR_REAL, .above_min = true}, "number, above 0"},
        {{.type = ATTR_REAL, .max = DBL_MAX}, "number, at least 0"},
        {{.type = ATTR_REAL, .max = 1}, "number, 0 to 1"},
        {{.type = ATTR_REALS, .max = 0.5, .above_min = true},
         "number or list of numbers, each above 0 and at most 0.5"},
        {{.type = ATTR_BOOL}, "true or false"},
        {{.type = ATTR_CHOICE, .choices = modes}, "one of nearest, linear"},
        {{.type = ATTR_COMPONENT, .components = &set}, "initializer: name, or map with 'op'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(attr_describe(&cases[i].row, a), cases[i].text);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("attributes");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_type_is_read);
    tcase_add_test(tcase, what_is_absent_has_its_default);
    tcase_add_test(tcase, padding_has_four_forms);
    tcase_add_test(tcase, a_list_in_place_of_a_map_goes_to_the_member_that_takes_one);
    tcase_add_test(tcase, ranges_end_where_they_say);
    tcase_add_loop_test(tcase, faults_are_told_where_they_are, 0, sizeof faults / sizeof *faults);
    tcase_add_test(tcase, all_faults_are_told_in_one_go);
    tcase_add_test(tcase, without_a_map_there_are_defaults_only);
    tcase_add_test(tcase, what_is_no_map_has_no_attributes);
    tcase_add_test(tcase, attributes_are_written_in_full_and_read_back);
    tcase_add_test(tcase, texts_that_look_like_something_else_are_written_in_quotes);
    tcase_add_test(tcase, what_may_be_absent_is_left_out);
    tcase_add_test(tcase, a_default_can_be_the_value_of_another);
    tcase_add_test(tcase, a_word_can_stand_for_no_number);
    tcase_add_test(tcase, a_misspelt_key_is_told_once);
    tcase_add_test(tcase, ranges_are_described);

    Suite *suite = suite_create("attr");
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
