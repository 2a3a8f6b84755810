/* test_graph.c - networks from YAML to graphs: what is built, and what is refused where.
 *
 * The operators are made up here, since the graph knows none by name. */
#include "config.h"

#include "graph.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Operators ------------------------------------------------------------------------------- */

static const op_input one_value[] = {{.name = "x"}, {0}};
static const op_input two_values[] = {{.name = "a"}, {.name = "b"}, {0}};
static const op_input some_values[] = {{.name = "x", .variadic = true}, {0}};
static const op_input value_and_labels[] = {{.name = "x"}, {.name = "labels", .labels = true}, {0}};

static bool infer_same(const void *attrs, op_shapes *s, op_report *report) {
    (void)attrs;
    s->output = s->input[0];
    s->macs = 5;
    char first[SHAPE_TEXT], other[SHAPE_TEXT];
    for (int k = 1; k < s->inputs; k++)
        if (!shape_equal(&s->input[k], &s->input[0]))
            return op_reject(report, "from", "%s and %s differ", shape_text(&s->input[0], first),
                             shape_text(&s->input[k], other));
    return true;
}

typedef struct units {
    int units;
} units;

static const attr units_rows[] = {{"units", ATTR_INT, offsetof(units, units), .help = "how many"},
                                  {0}};

static bool infer_units(const void *attrs, op_shapes *s, op_report *report) {
    const units *u = attrs;
    if (s->input[0].rank != 1)
        return op_reject(report, NULL, "takes a vector");
    if (u->units == 13)
        return op_reject(report, "units", "13 brings bad luck");
    s->output = (shape){1, {u->units}};
    s->param[0].shape = (shape){2, {u->units, s->input[0].dim[0]}};
    s->param[1].shape = (shape){1, {u->units}};
    s->param[2].shape = (shape){1, {u->units}};
    return true;
}

typedef struct sizes {
    attr_ints to;
} sizes;

static const attr sizes_rows[] = {{"to", ATTR_INTS, offsetof(sizes, to), .help = "new shape"}, {0}};

static bool infer_sizes(const void *attrs, op_shapes *s, op_report *report) {
    (void)report;
    const sizes *z = attrs;
    s->output.rank = z->to.count;
    for (int i = 0; i < z->to.count; i++)
        s->output.dim[i] = z->to.value[i];
    return true;
}

static bool infer_score(const void *attrs, op_shapes *s, op_report *report) {
    (void)attrs;
    s->output = (shape){1, {1}};
    if (s->input[0].dim[0] != s->classes)
        return op_reject(report, "from", "%d values for %d classes", s->input[0].dim[0],
                         s->classes);
    return true;
}

static const op same = {.component = {.name = "same"}, .inputs = one_value, .infer = infer_same};
static const op pair = {.component = {.name = "pair"}, .inputs = two_values, .infer = infer_same};
static const op join = {.component = {.name = "join"}, .inputs = some_values, .infer = infer_same};
static const op dense = {
    .component = {.name = "dense", .size = sizeof(units), .attrs = units_rows},
    .inputs = one_value,
    .params =
        (const op_param[]){
            {.name = "weight"}, {.name = "bias"}, {.name = "mean", .state = true}, {0}},
    .infer = infer_units,
};
static const op resize = {
    .component = {.name = "resize", .size = sizeof(sizes), .attrs = sizes_rows},
    .inputs = one_value,
    .infer = infer_sizes};
static const op score = {.component = {.name = "score"},
                         .inputs = value_and_labels,
                         .conflicts = (const op_conflict[]){{"pair", "it pairs itself"}, {0}},
                         .infer = infer_score};

static const component_set ops = {
    .kind = "operator",
    .members =
        (const component *const[]){&same.component, &pair.component, &join.component,
                                   &dense.component, &resize.component, &score.component, NULL},
};

/* ---- Building -------------------------------------------------------------------------------- */

static arena *memory;
static lcnn_errors *errors;

static void set_up(void) {
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    lcnn_errors_free(errors);
    arena_free(memory);
}

static graph *build(const char *text) {
    const doc *d = document_parse(memory, "m", text, strlen(text), errors);
    ck_assert_ptr_nonnull(d);
    return graph_build(d, 10, &ops, memory, errors);
}

/* Refused with exactly these beginnings of messages, in this order. */
static void assert_refused(const char *text, const char *const *messages) {
    ck_assert_ptr_null(build(text));
    int i = 0;
    for (; messages[i] != NULL && i < lcnn_errors_count(errors); i++) {
        const char *got = lcnn_errors_text(errors, i);
        if (strncmp(got, messages[i], strlen(messages[i])) != 0)
            ck_abort_msg("expected: %s\nbut got:  %s", messages[i], got);
    }
    if (messages[i] != NULL || lcnn_errors_count(errors) != i)
        ck_abort_msg("%d messages, the last: %s", lcnn_errors_count(errors),
                     lcnn_errors_text(errors, lcnn_errors_count(errors) - 1));
}

#define ASSERT_REFUSED(text, ...) assert_refused(text, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(a_chain) {
    const graph *g =
        build("input: [7]\n"
              "nodes: [{op: dense, units: 5}, {op: same}, {op: dense, name: out, units: 10}]\n"
              "loss: {op: score}\n");
    ck_assert_ptr_nonnull(g);
    ck_assert_int_eq(g->count, 4);
    ck_assert_str_eq(g->node[0].name, "dense_1");
    ck_assert_str_eq(g->node[1].name, "same_1");
    ck_assert_str_eq(g->node[2].name, "out");
    ck_assert_str_eq(g->node[3].name, "loss");
    ck_assert_int_eq(g->node[0].input[0], GRAPH_INPUT);
    ck_assert_int_eq(g->node[3].input[0], 2);
    ck_assert_int_eq(g->output, 2);
    ck_assert_int_eq(g->parameters, 7 * 5 + 5 + 5 * 10 + 10); /* without the state */
    ck_assert_int_eq(g->macs, 5);
    ck_assert_int_eq(graph_input_shape(g, &g->node[0], 0)->dim[0], 7);
    ck_assert_int_eq(graph_input_shape(g, &g->node[2], 0)->dim[0], 5);
}
END_TEST

START_TEST(nodes_may_stand_in_any_order) {
    const graph *g = build("input: [10]\n"
                           "nodes:\n"
                           "  - {name: last, op: join, from: [b, a, input]}\n"
                           "  - {name: a, op: same, from: input}\n"
                           "  - {name: b, op: same, from: a}\n"
                           "loss: {op: score, from: last}\n");
    ck_assert_ptr_nonnull(g);
    ck_assert_str_eq(g->node[0].name, "a");
    ck_assert_str_eq(g->node[1].name, "b");
    ck_assert_str_eq(g->node[2].name, "last");
    ck_assert_int_eq(g->node[2].input[0], 1);
    ck_assert_int_eq(g->node[2].input[1], 0);
    ck_assert_int_eq(g->node[2].input[2], GRAPH_INPUT);
    ck_assert_int_eq(g->output, 2);
}
END_TEST

START_TEST(a_written_graph_reads_back_the_same) {
    const graph *g = build("input: [2, 3, 4]\n"
                           "nodes:\n"
                           "  - {name: b, op: pair, from: [s, input]}\n"
                           "  - {name: s, op: same, from: input}\n"
                           "  - {op: resize, to: [10], from: b}\n"
                           "loss: {op: score}\n");
    ck_assert_ptr_nonnull(g);
    doc *map = doc_new(memory, DOC_MAP, (mark){0});
    ck_assert(graph_write(g, map, memory));
    const char *text = document_write(memory, map);
    ck_assert_ptr_nonnull(strstr(text, "resize_1"));
    g = build(text);
    ck_assert_ptr_nonnull(g);
    map = doc_new(memory, DOC_MAP, (mark){0});
    ck_assert(graph_write(g, map, memory));
    ck_assert_str_eq(document_write(memory, map), text);
}
END_TEST

/* ---- Refusing -------------------------------------------------------------------------------- */

START_TEST(every_fault_once_and_no_more) {
    ASSERT_REFUSED("input: [7]\n"
                   "nodes:\n"
                   "  - {name: a, op: dens, units: 5}\n" /* whatever reads it has unknown shapes */
                   "  - {name: b, op: dense, unit: 5}\n" /* so has this one */
                   "  - {name: c, op: dense, units: 13, from: input}\n"
                   "  - {name: d, op: same, from: input}\n"
                   "  - {name: e, op: join, from: [b, c, d]}\n"
                   "  - {name: f, op: dense, units: 9, from: input}\n"
                   "  - {name: g, op: join, from: [f, d, e]}\n"
                   "loss: {op: score, from: g}\n",
                   "m:3:19: error: unknown operator 'dens'; did you mean 'dense'?",
                   "m:4:26: error: dense 'b': unknown attribute 'unit'; did you mean 'units'?",
                   "m:5:33: error: dense 'c': 13 brings bad luck");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
}
END_TEST

START_TEST(shapes_that_do_not_fit) {
    ASSERT_REFUSED("input: [7]\n"
                   "nodes:\n"
                   "  - {op: dense, units: 5}\n"
                   "  - {op: join, from: [input, dense_1]}\n"
                   "loss: {op: score, from: join_1}\n",
                   "m:4:22: error: join 'join_1': 7 and 5 differ");
}
END_TEST

START_TEST(classes_that_do_not_fit) {
    ASSERT_REFUSED("input: [7]\nnodes: [{op: same}]\nloss: {op: score}\n",
                   "m:3:7: error: score 'loss': 7 values for 10 classes");
}
END_TEST

START_TEST(unknown_names) {
    ASSERT_REFUSED("input: [10]\n"
                   "nodes:\n"
                   "  - {name: hidden, op: same}\n"
                   "  - {name: output, op: same, from: hiden}\n"
                   "loss: {op: score, from: outptu}\n",
                   "m:4:36: error: from: no node called 'hiden'; did you mean 'hidden'?",
                   "m:5:25: error: from: no node called 'outptu'; did you mean 'output'?");
}
END_TEST

START_TEST(unused_nodes) {
    ASSERT_REFUSED("input: [10]\n"
                   "nodes:\n"
                   "  - {name: a, op: same}\n"
                   "  - {name: b, op: same}\n"
                   "  - {name: c, op: same, from: a}\n"
                   "loss: {op: score, from: c}\n",
                   "m:4:5: error: node 'b' is not used");
}
END_TEST

START_TEST(names_that_clash) {
    ASSERT_REFUSED("input: [10]\n"
                   "nodes:\n"
                   "  - {name: same_1, op: same}\n"
                   "  - {op: same}\n"
                   "  - {name: loss, op: same}\n"
                   "  - {name: input, op: same}\n"
                   "  - {name: a.b, op: same}\n"
                   "  - {name: '', op: same}\n"
                   "loss: {op: score}\n",
                   "m:4:5: error: two nodes called 'same_1'; the other is in line 3",
                   "m:5:12: error: a node must not be called 'loss'",
                   "m:6:12: error: a node must not be called 'input'",
                   "m:7:12: error: name: 'a.b' should be at most 64 letters",
                   "m:8:12: error: name: '' should be");
}
END_TEST

START_TEST(numbers_of_inputs) {
    ASSERT_REFUSED(
        "input: [10]\n"
        "nodes:\n"
        "  - {name: a, op: same, from: [input, input]}\n"
        "  - {name: b, op: pair}\n"
        "  - {name: c, op: pair, from: [a, b, b]}\n"
        "  - {name: d, op: join, from: []}\n"
        "  - {name: e, op: join, from: [c, [d]]}\n"
        "loss: {op: score, from: [e, e]}\n",
        "m:3:31: error: same 'a': takes 1 input, but `from` gives 2",
        "m:4:5: error: pair 'b': takes 2 inputs, but `from` is left out, which gives 1; write",
        "m:5:31: error: pair 'c': takes 2 inputs, but `from` gives 3",
        "m:6:31: error: from: expected 1 to 256 names",
        "m:7:35: error: from: expected the name of a node",
        "m:8:25: error: score 'loss': takes 1 input, but `from` gives 2");
}
END_TEST

START_TEST(losses_have_their_place) {
    ASSERT_REFUSED("input: [10]\nnodes: [{op: same}, {op: score}, {op: same}]\nloss: {op: same}\n",
                   "m:2:26: error: 'score' is a loss: it belongs under `loss`",
                   "m:3:12: error: 'same' is no loss; the losses are: score");
}
END_TEST

START_TEST(operators_that_must_not_feed_the_loss) {
    ASSERT_REFUSED("input: [10]\nnodes: [{op: pair, from: [input, input]}]\nloss: {op: score}\n",
                   "m:3:7: error: score 'loss': must not read pair 'pair_1': it pairs itself");
}
END_TEST

static const struct {
    const char *text, *message;
} malformed[] = {
    {"nodes: [{op: same}]\nloss: {op: score}", "m:1:1: error: no `input`"},
    {"input: [10]\nloss: {op: score}", "m:1:1: error: no `nodes`"},
    {"input: [10]\nnodes: []\nloss: {op: score}", "m:2:8: error: nodes: expected a list with"},
    {"input: [10]\nnodes: {a: {}}\nloss: {op: score}",
     "m:2:8: error: nodes: expected a list; a map"},
    {"input: [10]\nnodes: [{op: same}]", "m:1:1: error: no `loss`"},
    {"input: [10]\nnodes: [{op: same}]\nloss: score", "m:3:7: error: expected a map with `op`"},
    {"input: [10]\nnodes: [same]\nloss: {op: score}", "m:2:9: error: expected a map with `op`"},
    {"input: [10]\nnodes: [{name: a}]\nloss: {op: score}", "m:2:9: error: expected `op`"},
    {"input: [10]\nnodes: [{name: [a], op: same}]\nloss: {op: score}",
     "m:2:16: error: name: expected"},
    {"input: [1, 10]\nnodes: [{op: same}]\nloss: {op: score}",
     "m:1:8: error: input: expected [chan"},
    {"input: [0]\nnodes: [{op: same}]\nloss: {op: score}", "m:1:9: error: network: 'input' is '0'"},
    {"input: [10]\nnodes: [{op: same}]\nloss: {op: score, name: x}",
     "m:3:19: error: score 'loss': unk"},
};

START_TEST(malformed_models) {
    ASSERT_REFUSED(malformed[_i].text, malformed[_i].message);
}
END_TEST

/* ---- Circles --------------------------------------------------------------------------------- */

START_TEST(a_circle_is_shown_the_way_it_flows) {
    ASSERT_REFUSED("input: [10]\n"
                   "nodes:\n"
                   "  - {name: a, op: join, from: [input, c]}\n"
                   "  - {name: b, op: same}\n"
                   "  - {name: c, op: same}\n"
                   "  - {name: d, op: join, from: [b, d]}\n"
                   "loss: {op: score, from: d}\n",
                   "m:3:31: error: nodes in a circle: a -> b -> c -> a\n",
                   "m:6:31: error: nodes in a circle: d -> d\n");
}
END_TEST

START_TEST(a_long_circle_is_cut) {
    char text[8192] = "input: [10]\nnodes:\n  - {name: n0, op: same, from: n99}\n";
    for (int i = 1; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  - {name: n%d, op: same}\n", i);
    strcat(text, "loss: {op: score}\n");
    ASSERT_REFUSED(
        text, "m:3:32: error: nodes in a circle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> "
              "n8 -> n9 -> n10 -> n11 -> ... -> n0\n");
}
END_TEST

enum { NODES = 10 };

static uint32_t state;

static int below(int n) {
    state = state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
    return (int)((state >> 8) % (uint32_t)n);
}

/* Random joins over a random order: reads[i][k] says that node i reads node k. */
static void random_edges(bool reads[NODES][NODES], int rank[NODES]) {
    for (int i = 0; i < NODES; i++)
        rank[i] = i;
    for (int i = NODES - 1; i > 0; i--) {
        int k = below(i + 1), swap = rank[i];
        rank[i] = rank[k];
        rank[k] = swap;
    }
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < NODES; k++)
            reads[i][k] = rank[k] < rank[i] && below(3) == 0;
}

static const graph *build_edges(bool reads[NODES][NODES]) {
    char text[4096] = "input: [10]\nnodes:\n";
    for (int i = 0; i < NODES; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "- {name: n%d, op: join, from: [input", i);
        for (int k = 0; k < NODES; k++)
            if (reads[i][k])
                snprintf(text + strlen(text), sizeof text - strlen(text), ", n%d", k);
        strcat(text, "]}\n");
    }
    strcat(text, "- {name: all, op: join, from: [n0");
    for (int i = 1; i < NODES; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", n%d", i);
    strcat(text, "]}\nloss: {op: score}\n");
    return build(text);
}

static bool reaches(bool reads[NODES][NODES], int from, int to, int steps) {
    if (from == to)
        return true;
    for (int i = 0; i < NODES && steps > 0; i++)
        if (reads[i][from] && reaches(reads, i, to, steps - 1))
            return true;
    return false;
}

/* "n3 -> n1 -> n3": every step is an edge, and the last name is the first. */
static void assert_circle(bool reads[NODES][NODES], const char *message) {
    const char *p = strstr(message, "nodes in a circle: n");
    ck_assert_msg(p != NULL, "%s", message);
    p = strchr(p, 'n') + strlen("nodes in a circle: n");
    int first = atoi(p), last = first;
    while (strncmp(p + 1, " -> n", 5) == 0) {
        p += 6;
        ck_assert_msg(reads[atoi(p)][last], "n%d does not read n%d: %s", atoi(p), last, message);
        last = atoi(p);
    }
    ck_assert_int_eq(last, first);
}

START_TEST(random_graphs_with_and_without_a_way_back) {
    for (uint32_t seed = 0; seed < 2000; seed++) {
        bool reads[NODES][NODES];
        int rank[NODES];
        state = seed + 2000u * (uint32_t)_i;
        random_edges(reads, rank);
        const graph *g = build_edges(reads);
        ck_assert_ptr_nonnull(g);
        for (int i = 0; i < g->count; i++)
            for (int k = 0; k < g->node[i].shapes.inputs; k++)
                ck_assert_int_lt(g->node[i].input[k], i);
        int from = below(NODES), to = below(NODES);
        if (!reaches(reads, from, to, NODES))
            continue;
        reads[from][to] = true;
        ck_assert_ptr_null(build_edges(reads));
        assert_circle(reads, lcnn_errors_text(errors, 0));
        tear_down();
        set_up();
    }
}
END_TEST

/* ---- Sizes ----------------------------------------------------------------------------------- */

static const int sides[] = {-2147483647 - 1,   -1,        0, 1, 2, 46341, 65536, GRAPH_MAX_DIM,
                            GRAPH_MAX_DIM + 1, 2147483647};
enum { SIDES = sizeof sides / sizeof *sides };

START_TEST(a_grid_of_sizes) {
    for (int i = 0; i < SIDES * SIDES * SIDES; i++) {
        const int side[3] = {sides[i % SIDES], sides[i / SIDES % SIDES], sides[i / SIDES / SIDES]};
        double elements = 1;
        bool allowed = true;
        for (int k = 0; k < 3; k++) {
            elements *= side[k];
            allowed = allowed && side[k] >= 1 && side[k] <= GRAPH_MAX_DIM;
        }
        allowed = allowed && elements <= (double)GRAPH_MAX_ELEMENTS;
        char text[256];
        snprintf(text, sizeof text,
                 "input: [10]\n"
                 "nodes: [{name: big, op: resize, to: [%d, %d, %d]}, {op: resize, to: [10]}]\n"
                 "loss: {op: score}\n",
                 side[0], side[1], side[2]);
        ck_assert_msg((build(text) != NULL) == allowed, "%s", text);
        ck_assert_int_eq(lcnn_errors_status(errors), allowed ? LCNN_OK : LCNN_NO_MEMORY);
        tear_down();
        set_up();
    }
}
END_TEST

START_TEST(parameters_that_no_machine_holds) {
    ASSERT_REFUSED(
        "input: [1000000]\n"
        "nodes: [{op: dense, units: 1000000}, {op: dense, units: 10}]\n"
        "loss: {op: score}\n",
        "m:2:9: error: dense 'dense_1': its weight would be 1000000x1000000; the limits are");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
}
END_TEST

START_TEST(inputs_that_no_machine_holds) {
    ASSERT_REFUSED("input: [1048576, 1048576, 1048576]\nnodes: [{op: same}]\nloss: {op: score}\n",
                   "m:1:8: error: input: more than 2147483647 numbers");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name) {
    TCase *made = tcase_create(name);
    tcase_add_checked_fixture(made, set_up, tear_down);
    suite_add_tcase(suite, made);
    return made;
}

int main(void) {
    Suite *suite = suite_create("graph");
    TCase *building = add_case(suite, "building");
    tcase_add_test(building, a_chain);
    tcase_add_test(building, nodes_may_stand_in_any_order);
    tcase_add_test(building, a_written_graph_reads_back_the_same);
    TCase *refusing = add_case(suite, "refusing");
    tcase_add_test(refusing, every_fault_once_and_no_more);
    tcase_add_test(refusing, shapes_that_do_not_fit);
    tcase_add_test(refusing, classes_that_do_not_fit);
    tcase_add_test(refusing, unknown_names);
    tcase_add_test(refusing, unused_nodes);
    tcase_add_test(refusing, names_that_clash);
    tcase_add_test(refusing, numbers_of_inputs);
    tcase_add_test(refusing, losses_have_their_place);
    tcase_add_test(refusing, operators_that_must_not_feed_the_loss);
    tcase_add_loop_test(refusing, malformed_models, 0, sizeof malformed / sizeof *malformed);
    TCase *circles = add_case(suite, "circles");
    tcase_add_test(circles, a_circle_is_shown_the_way_it_flows);
    tcase_add_test(circles, a_long_circle_is_cut);
    tcase_add_loop_test(circles, random_graphs_with_and_without_a_way_back, 0, 5);
    TCase *limits = add_case(suite, "sizes");
    tcase_add_test(limits, a_grid_of_sizes);
    tcase_add_test(limits, parameters_that_no_machine_holds);
    tcase_add_test(limits, inputs_that_no_machine_holds);
    return suite_run(suite);
}
