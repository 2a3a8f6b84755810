/* test_resolve.c - variants, settings and "$names": what they make of a model, and where the blame
 * goes. */
#include "config.h"

#include "resolve.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Files in a folder of the test's own, and looking into trees ----------------------------- */

static char home[4096], folder[] = "test_resolve.XXXXXX";
static arena *memory;
static lcnn_errors *errors;

static void set_up(void) {
    ck_assert_ptr_nonnull(getcwd(home, sizeof home));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    memory = arena_new();
    errors = lcnn_errors_new();
}

static void tear_down(void) {
    static const char *const files[] = {"base.yaml", "v.yaml", "w.yaml", "sub/v.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    rmdir("sub");
    ck_assert_int_eq(chdir(home), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    lcnn_errors_free(errors);
    arena_free(memory);
}

static void write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static const char *const lenet = "name: lenet\n"
                                 "params: {kernel: 5, activation: tanh}\n"
                                 "nodes:\n"
                                 "  - {name: c1, op: conv2d, filters: 6, kernel_size: $kernel}\n"
                                 "  - {op: $activation}\n"
                                 "  - {name: c3, op: conv2d, filters: 16, from: c1}\n"
                                 "  - {op: $activation}\n"
                                 "train: {optimizer: adam, seed: 1}\n";

/* "nodes.0.op": the text there, "absent", or "[n]" and "{n}" for lists and maps of n. */
static const char *look(const doc *d, const char *path) {
    char part[64];
    for (int used; d != NULL && sscanf(path, "%63[^.]%n", part, &used) == 1; path += used) {
        const doc *member = d->first;
        if (d->kind == DOC_LIST)
            for (int i = atoi(part); i > 0 && member != NULL; i--)
                member = member->next;
        d = d->kind == DOC_MAP ? doc_get(d, part) : member;
        used += path[used] == '.';
    }
    if (d == NULL)
        return "absent";
    int members = 0;
    for (const doc *m = d->first; m != NULL; m = m->next)
        members++;
    ck_assert_int_eq(d->count, members);
    if (d->kind == DOC_SCALAR)
        return d->text;
    return arena_format(memory, d->kind == DOC_MAP ? "{%d}" : "[%d]", members);
}

static doc *merged(const char *path, const char *first, const char *second) {
    const char *const settings[] = {first, second};
    return resolve_merge(memory, path, settings, (first != NULL) + (second != NULL), errors);
}

#define ASSERT_AT(tree, path, text) ck_assert_str_eq(look(tree, path), text)

/* Message `index` begins with `text`. */
static void assert_message(int index, const char *text) {
    ck_assert_int_gt(lcnn_errors_count(errors), index);
    const char *message = lcnn_errors_text(errors, index);
    if (strncmp(message, text, strlen(text)) != 0)
        ck_abort_msg("expected: %s\nbut got:  %s", text, message);
}

/* ---- Variants -------------------------------------------------------------------------------- */

START_TEST(a_variant_changes_what_it_names) {
    write_text("base.yaml", lenet);
    write_text("v.yaml", "extends: base.yaml\n"
                         "name: variant\n"
                         "params: {kernel: 7}\n"
                         "nodes: {c3: {filters: 8}}\n"
                         "train: {epochs: 3}\n");
    const doc *d = merged("v.yaml", NULL, NULL);
    ASSERT_AT(d, "name", "variant");
    ASSERT_AT(d, "extends", "absent");
    ASSERT_AT(d, "params.kernel", "7");
    ASSERT_AT(d, "params.activation", "tanh");
    ASSERT_AT(d, "nodes", "[4]");
    ASSERT_AT(d, "nodes.0.filters", "6");
    ASSERT_AT(d, "nodes.2.filters", "8");
    ASSERT_AT(d, "nodes.2.op", "conv2d");
    ASSERT_AT(d, "train.epochs", "3");
    ASSERT_AT(d, "train.seed", "1");
    const doc *kernel = doc_get(doc_get(d, "params"), "kernel");
    ck_assert_str_eq(kernel->at.source->name, "v.yaml");
    ck_assert_int_eq(kernel->at.line, 3);
    ck_assert_int_eq(kernel->at.column, 18);
}
END_TEST

START_TEST(paths_are_relative_to_the_extending_file) {
    write_text("base.yaml", lenet);
    mkdir("sub", 0777);
    write_text("sub/v.yaml", "extends: ../base.yaml\nname: deep\n");
    write_text("w.yaml", "extends: sub/v.yaml\nparams: {kernel: 9}\n");
    const doc *d = merged("w.yaml", NULL, NULL);
    ASSERT_AT(d, "name", "deep");
    ASSERT_AT(d, "params.kernel", "9");
    ASSERT_AT(d, "nodes", "[4]");
}
END_TEST

START_TEST(a_changed_op_drops_the_attributes_of_the_old_one) {
    write_text("base.yaml", lenet);
    write_text("v.yaml", "extends: base.yaml\n"
                         "nodes: {c3: {op: dense, units: 84}, c1: {op: conv2d, filters: 7}}\n"
                         "train: {optimizer: {beta_1: 0.5}}\n");
    const doc *d = merged("v.yaml", NULL, NULL);
    ASSERT_AT(d, "nodes.2", "{4}");
    ASSERT_AT(d, "nodes.2.name", "c3");
    ASSERT_AT(d, "nodes.2.from", "c1");
    ASSERT_AT(d, "nodes.2.op", "dense");
    ASSERT_AT(d, "nodes.2.units", "84");
    ASSERT_AT(d, "nodes.0.kernel_size", "$kernel"); /* the same operator keeps them */
    ASSERT_AT(d, "nodes.0.filters", "7");
    ASSERT_AT(d, "train.optimizer", "{2}");
    ASSERT_AT(d, "train.optimizer.op", "adam");
    ASSERT_AT(d, "train.optimizer.beta_1", "0.5");
}
END_TEST

START_TEST(a_list_replaces_all_nodes_and_params_without_use_go) {
    write_text("base.yaml", lenet);
    write_text("v.yaml", "extends: base.yaml\nnodes: [{op: $activation}]\n");
    const doc *d = merged("v.yaml", NULL, NULL);
    ASSERT_AT(d, "nodes", "[1]");
    ASSERT_AT(d, "params", "{1}");
    ASSERT_AT(d, "params.activation", "tanh");
}
END_TEST

START_TEST(unnamed_nodes_are_found_by_number) {
    write_text("base.yaml", lenet);
    write_text("v.yaml", "extends: base.yaml\n"
                         "params: {activation: elu}\n"
                         "nodes: {elu_1: {op: relu}, elu_2: {alpha: 2}}\n");
    const doc *d = merged("v.yaml", NULL, NULL);
    ASSERT_AT(d, "nodes.1.op", "relu");
    ASSERT_AT(d, "nodes.3.op", "$activation");
    ASSERT_AT(d, "nodes.3.alpha", "2");
}
END_TEST

START_TEST(a_variant_of_nothing_is_refused) {
    write_text("base.yaml", lenet);
    write_text("v.yaml",
               "extends: base.yaml\nnodes: {c33: {filters: 8}, tanh_1: 3, zzzzzzzz: {}}\n");
    ck_assert_ptr_null(merged("v.yaml", NULL, NULL));
    assert_message(0, "v.yaml:2:9: error: no node called 'c33'; did you mean 'c3'?");
    assert_message(1, "v.yaml:2:36: error: node 'tanh_1': expected a map of the attributes");
    assert_message(2, "v.yaml:2:39: error: no node called 'zzzzzzzz'\n");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
}
END_TEST

START_TEST(extends_in_a_circle) {
    write_text("v.yaml", "extends: w.yaml\n");
    write_text("w.yaml", "name: w\nextends: ./v.yaml\n");
    ck_assert_ptr_null(merged("v.yaml", NULL, NULL));
    assert_message(0, "w.yaml:2:10: error: circle: 'v.yaml' ends up extending itself");
}
END_TEST

START_TEST(extends_what_is_not_there) {
    write_text("v.yaml", "name: v\nextends: gone.yaml\n");
    ck_assert_ptr_null(merged("v.yaml", NULL, NULL));
    assert_message(0, "v.yaml:2:10: error: cannot read 'gone.yaml', which this model extends");
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
}
END_TEST

/* ---- Settings -------------------------------------------------------------------------------- */

START_TEST(a_setting_reaches_params_and_paths) {
    write_text("base.yaml", lenet);
    const doc *d = merged("base.yaml", "kernel=7", "train.epochs=3");
    ASSERT_AT(d, "params.kernel", "7");
    ASSERT_AT(d, "train.epochs", "3");
    ASSERT_AT(d, "train.seed", "1");
    const doc *epochs = doc_get(doc_get(d, "train"), "epochs");
    ck_assert_str_eq(epochs->at.source->name, "--set train.epochs=3");
    ck_assert_str_eq(epochs->at.source->text, "train.epochs=3");
    ck_assert_int_eq(epochs->at.column, 14);
    ck_assert_int_eq(epochs->key_at.column, 7);
}
END_TEST

START_TEST(the_last_setting_wins) {
    write_text("base.yaml", lenet);
    const doc *d = merged("base.yaml", "kernel=7", "kernel=[3, 9]");
    ASSERT_AT(d, "params.kernel", "[2]");
    ASSERT_AT(d, "params.kernel.1", "9");
}
END_TEST

START_TEST(settings_reach_nodes_by_name_and_number) {
    write_text("base.yaml", lenet);
    const doc *d = merged("base.yaml", "nodes.tanh_1.op=relu", "nodes.tanh_2.op=selu");
    ASSERT_AT(d, "nodes.1.op", "relu");
    ASSERT_AT(d, "nodes.3.op", "selu");
    d = merged("base.yaml", "nodes.elu_2.alpha=3", "activation=elu"); /* params come first */
    ASSERT_AT(d, "nodes.3.alpha", "3");
    d = merged("base.yaml", "nodes.c1.filters=8", "train.optimizer.beta_1=0.8");
    ASSERT_AT(d, "nodes.0.filters", "8");
    ASSERT_AT(d, "train.optimizer.op", "adam");
    ASSERT_AT(d, "train.optimizer.beta_1", "0.8");
}
END_TEST

START_TEST(settings_reach_transforms_by_name_and_number) {
    write_text("base.yaml",
               "name: x\ndata: {transforms: [{op: pad, by: 2}, rescale, {op: pad}]}\n");
    const doc *d =
        merged("base.yaml", "data.transforms.rescale.to=[0, 2]", "data.transforms.pad_2.by=7");
    ASSERT_AT(d, "data.transforms.0.by", "2");
    ASSERT_AT(d, "data.transforms.1.op", "rescale");
    ASSERT_AT(d, "data.transforms.1.to.1", "2");
    ASSERT_AT(d, "data.transforms.2.by", "7");
    write_text("v.yaml", "extends: base.yaml\ndata: {transforms: {pad_1: {op: crop, size: 3}}}\n");
    d = merged("v.yaml", NULL, NULL);
    ASSERT_AT(d, "data.transforms.0.size", "3");
    ck_assert_ptr_null(
        merged("base.yaml", "data.transforms.pad.by=1", "data.transforms.rescale=2"));
    assert_message(0, "--set data.transforms.pad.by=1:1:17: error: no transform called 'pad'; did "
                      "you mean 'pad_1'?");
    assert_message(1,
                   "--set data.transforms.rescale=2:1:25: error: transform 'rescale': expected a "
                   "map");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
}
END_TEST

START_TEST(settings_of_transforms_that_are_not_there) {
    write_text("base.yaml", "name: x\ndata: {transforms: [{op: pad, by: 2}, rescale]}\n");
    ck_assert_ptr_null(
        merged("base.yaml", "data.transforms={op: pad, by: 1}", "data.transforms.crop.by=2"));
    ck_assert_int_eq(lcnn_errors_count(errors), 2);
    assert_message(0, "--set data.transforms={op: pad, by: 1}:1:17: error: transforms: expected a "
                      "list, in [ ] even if it has one transform: [{op: ...}]; the model has pad, "
                      "rescale");
    assert_message(1, "--set data.transforms.crop.by=2:1:17: error: no transform called 'crop'; "
                      "the model has pad, rescale (a list of others is written in [ ]");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
    write_text("v.yaml", "name: x\ndata: {transforms: []}\n");
    ck_assert_ptr_null(merged("v.yaml", "data.transforms.crop.by=2", NULL));
    assert_message(2, "--set data.transforms.crop.by=2:1:17: error: no transform called 'crop'; the "
                      "model has none");
}
END_TEST

START_TEST(a_plus_adds_to_the_end_of_a_list) {
    write_text("base.yaml", "name: x\ndata: {transforms: [rescale]}\n");
    const doc *d = merged("base.yaml", "data.transforms+={op: pad, by: 1}",
                          "data.transforms+=[invert, transpose]");
    ASSERT_AT(d, "data.transforms.0", "rescale");
    ASSERT_AT(d, "data.transforms.1.by", "1");
    ASSERT_AT(d, "data.transforms.2", "invert");
    ASSERT_AT(d, "data.transforms.3", "transpose");
    write_text("v.yaml", "extends: base.yaml\ndata: {transforms+: [invert], classes+: a}\n");
    d = merged("v.yaml", "data.transforms.invert.range=[0, 1]", NULL);
    ASSERT_AT(d, "data.transforms.1.range.1", "1");
    ASSERT_AT(d, "data.classes.0", "a");
    ck_assert_ptr_null(merged("base.yaml", "name+=y", "data.transforms.+=y"));
}
END_TEST

START_TEST(settings_reach_the_top_level) {
    write_text("base.yaml", lenet);
    const doc *d = merged("base.yaml", "name=other", "input=[1, 14, 14]");
    ASSERT_AT(d, "name", "other");
    ASSERT_AT(d, "input.1", "14");
    d = merged("base.yaml", "about=some words", NULL);
    ASSERT_AT(d, "about", "some words");
    write_text("v.yaml", "params: {name: x}\nname: a-b\nabout: $name\n");
    d = merged("v.yaml", "name=y", NULL); /* a param that is called so comes first */
    ASSERT_AT(d, "params.name", "y");
    ASSERT_AT(d, "name", "a-b");
    ck_assert_ptr_null(merged("base.yaml", "nmae=x", NULL));
    assert_message(0, "--set nmae=x:1:1: error: no param called 'nmae'; did you mean 'name'?");
}
END_TEST

START_TEST(settings_of_nothing_are_refused) {
    write_text("base.yaml", lenet);
    ck_assert_ptr_null(merged("base.yaml", "kernle=7", "params.activatoin=relu"));
    assert_message(0,
                   "--set kernle=7:1:1: error: no param called 'kernle'; did you mean 'kernel'?");
    assert_message(1, "--set params.activatoin=relu:1:8: error: no param called 'activatoin'; did");
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_USAGE);
}
END_TEST

START_TEST(a_setting_of_no_node_is_refused) {
    write_text("base.yaml", lenet);
    ck_assert_ptr_null(merged("base.yaml", "nodes.tanh_3.x=1", NULL));
    assert_message(0, "--set nodes.tanh_3.x=1:1:7: error: no node called 'tanh_3'; did you mean");
}
END_TEST

START_TEST(malformed_settings_are_refused) {
    static const char *const bad[] = {"kernel", "=3",      "train.=3", ".a=3",
                                      "a..b=3", "kernel=", "kernel=[1"};
    write_text("base.yaml", lenet);
    ck_assert_ptr_null(merged("base.yaml", bad[_i], NULL));
    char start[64];
    snprintf(start, sizeof start, "--set %s:1:", bad[_i]);
    assert_message(0, start);
}
END_TEST

/* ---- Names ----------------------------------------------------------------------------------- */

static doc *parsed(const char *text) {
    doc *d = document_parse(memory, "m", text, strlen(text), errors);
    ck_assert_ptr_nonnull(d);
    return d;
}

START_TEST(names_stand_for_values) {
    doc *d = parsed("params: {k: [$n, 3], n: 5, word: x}\n"
                    "a: {b: $k, c: [$word, '$n', 'y'], d: $classes}\n"
                    "e: $k\n");
    ck_assert(resolve_names(memory, d, 47, errors));
    ASSERT_AT(d, "params", "absent");
    ASSERT_AT(d, "a.b", "[2]");
    ASSERT_AT(d, "a.b.0", "5");
    ASSERT_AT(d, "a.c.0", "x");
    ASSERT_AT(d, "a.c.1", "$n"); /* quoted: a text */
    ASSERT_AT(d, "a.c.2", "y");
    ASSERT_AT(d, "a.d", "47");
    ASSERT_AT(d, "e.1", "3");
    const doc *five = doc_get(doc_get(d, "a"), "b")->first;
    ck_assert_int_eq(five->at.line, 1); /* where it was written, not where it is used */
    ck_assert_int_eq(five->at.column, 25);
}
END_TEST

START_TEST(names_of_nothing_are_reported_together) {
    doc *d = parsed("params: {kernel: 5, spare: 1}\na: [$kernle, $kernel, $clases, $]\n");
    ck_assert(!resolve_names(memory, d, 10, errors));
    assert_message(0, "m:2:5: error: no param called 'kernle'; did you mean '$kernel'?");
    assert_message(1, "m:2:23: error: no param called 'clases'; did you mean '$classes'?");
    assert_message(2, "m:2:32: error: no param called ''; a text that begins with $ needs quotes");
    assert_message(3, "m:1:21: error: params: nothing uses '$spare'");
    ck_assert_int_eq(lcnn_errors_count(errors), 4);
}
END_TEST

START_TEST(params_in_a_circle) {
    doc *d = parsed("params: {a: $b, b: [$c], c: $b}\nx: $a\ny: $b\n");
    ck_assert(!resolve_names(memory, d, 10, errors));
    assert_message(0, "m:1:29: error: params in a circle: b -> c -> b");
    ck_assert_int_eq(lcnn_errors_count(errors), 1);
}
END_TEST

START_TEST(classes_is_no_param) {
    doc *d = parsed("params: {classes: 5}\nx: $classes\n");
    ck_assert(!resolve_names(memory, d, 10, errors));
    assert_message(0, "m:1:10: error: params: $classes is given by the data set");
}
END_TEST

/* Thirty doublings would be a thousand million values. */
START_TEST(params_cannot_explode) {
    char text[4096] = "params:\n  p0: 1\n";
    for (int i = 1; i <= 30; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  p%d: [$p%d, $p%d]\n", i, i - 1,
                 i - 1);
    strcat(text, "x: $p30\n");
    ck_assert(!resolve_names(memory, parsed(text), 10, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "longer than 100000 values"));
}
END_TEST

/* Neither by nesting nor by naming one another does a model become deeper than a file may be. */
START_TEST(params_cannot_make_a_model_deep) {
    const char *link = _i == 0 ? "  p%d: [$p%d]\n" : "  p%d: $p%d\n";
    char text[4096] = "params:\n  p0: 1\n";
    for (int i = 1; i <= 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), link, i, i - 1);
    strcat(text, "x: $p40\n");
    ck_assert(!resolve_names(memory, parsed(text), 10, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_NO_MEMORY);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resolve");
    TCase *variants = tcase_create("variants");
    tcase_add_checked_fixture(variants, set_up, tear_down);
    tcase_add_test(variants, a_variant_changes_what_it_names);
    tcase_add_test(variants, paths_are_relative_to_the_extending_file);
    tcase_add_test(variants, a_changed_op_drops_the_attributes_of_the_old_one);
    tcase_add_test(variants, a_list_replaces_all_nodes_and_params_without_use_go);
    tcase_add_test(variants, unnamed_nodes_are_found_by_number);
    tcase_add_test(variants, a_variant_of_nothing_is_refused);
    tcase_add_test(variants, extends_in_a_circle);
    tcase_add_test(variants, extends_what_is_not_there);
    suite_add_tcase(suite, variants);
    TCase *settings = tcase_create("settings");
    tcase_add_checked_fixture(settings, set_up, tear_down);
    tcase_add_test(settings, a_setting_reaches_params_and_paths);
    tcase_add_test(settings, the_last_setting_wins);
    tcase_add_test(settings, settings_reach_nodes_by_name_and_number);
    tcase_add_test(settings, settings_reach_transforms_by_name_and_number);
    tcase_add_test(settings, settings_of_transforms_that_are_not_there);
    tcase_add_test(settings, a_plus_adds_to_the_end_of_a_list);
    tcase_add_test(settings, settings_reach_the_top_level);
    tcase_add_test(settings, settings_of_nothing_are_refused);
    tcase_add_test(settings, a_setting_of_no_node_is_refused);
    tcase_add_loop_test(settings, malformed_settings_are_refused, 0, 7);
    suite_add_tcase(suite, settings);
    TCase *names = tcase_create("names");
    tcase_add_checked_fixture(names, set_up, tear_down);
    tcase_add_test(names, names_stand_for_values);
    tcase_add_test(names, names_of_nothing_are_reported_together);
    tcase_add_test(names, params_in_a_circle);
    tcase_add_test(names, classes_is_no_param);
    tcase_add_test(names, params_cannot_explode);
    tcase_add_loop_test(names, params_cannot_make_a_model_deep, 0, 2);
    suite_add_tcase(suite, names);
    return suite_run(suite);
}
