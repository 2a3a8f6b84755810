/* test_claims.c - published figures in a model file, and the tables beside it, as programs get
 * them. */
#include "config.h"

#include "lcnn.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/lcnn-claims-XXXXXX";

static const char *put(const char *name, const char *text) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    ck_assert(out && fputs(text, out) >= 0 && fclose(out) == 0);
    return path;
}

static void make_folder(void) {
    strcpy(folder, "/tmp/lcnn-claims-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    static const char *const names[] = {"m.yaml", "v.yaml", "curve.csv", "errors.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

#define NETWORK                                                                                    \
    "name: m\n"                                                                                    \
    "params: {units: 12}\n"                                                                        \
    "input: [1, 28, 28]\n"                                                                         \
    "nodes: [{op: flatten}, {op: dense, units: $units}, {op: dense, units: $classes}]\n"           \
    "loss: {op: softmax_cross_entropy}\n"                                                          \
    "data: {name: mnist}\n"

/* The model of a file, changed by up to two settings; NULL prints what was said. */
static lcnn_model *load(const char *path, const char *data, const char *first, const char *second) {
    const char *settings[] = {first, second};
    const lcnn_model_options options = {data, settings, (first != NULL) + (second != NULL)};
    lcnn_errors *errors = lcnn_errors_new();
    lcnn_model *m = lcnn_model_load(path, &options, errors);
    for (int i = 0; !m && i < lcnn_errors_count(errors); i++)
        puts(lcnn_errors_text(errors, i));
    lcnn_errors_free(errors);
    return m;
}

/* The first message about a model whose table is this text. */
static void refuses(const char *section, const char *table, const char *text, const char *said) {
    put(table, text);
    lcnn_errors *errors = lcnn_errors_new();
    char model[1024];
    snprintf(model, sizeof model,
             NETWORK "published:\n  source: a paper\n  %s: {data: mnist, file: %s}\n", section,
             table);
    ck_assert_ptr_null(lcnn_model_load(put("m.yaml", model), NULL, errors));
    ck_assert_int_eq(lcnn_errors_status(errors), LCNN_BAD_MODEL);
    ck_assert_msg(strstr(lcnn_errors_text(errors, 0), said) != NULL, "said: %s",
                  lcnn_errors_text(errors, 0));
    lcnn_errors_free(errors);
}

START_TEST(a_model_has_its_figures) {
    lcnn_model *m =
        load(put("m.yaml", NETWORK
                 "published:\n"
                 "  source: a paper\n"
                 "  results:\n"
                 "    - {metric: error, data: mnist, value: 0.0095, uncertainty: 0.001}\n"
                 "    - {metric: accuracy, data: fashion-mnist, value: 0.9, images: 10000, source: "
                 "other}\n"
                 "    - {metric: loss, data: ./folder, value: 1.5, graded: false, note: a word}\n"),
             NULL, NULL, NULL);
    ck_assert_ptr_nonnull(m);
    const lcnn_published *p = lcnn_model_published(m);
    ck_assert_int_eq(p->count, 3);
    ck_assert_int_eq(p->claim[0].metric, LCNN_ERROR);
    ck_assert(p->claim[0].value == 0.0095 && p->claim[0].uncertainty == 0.001);
    ck_assert(p->claim[0].graded && !*p->claim[0].note);
    ck_assert_str_eq(p->claim[0].source, "a paper");
    ck_assert(fabs(p->claim[1].uncertainty - 0.003) < 1e-15);
    ck_assert_uint_eq(p->claim[1].images, 10000);
    ck_assert_str_eq(p->claim[1].source, "other");
    ck_assert_str_eq(p->claim[2].data, "./folder");
    ck_assert(!p->claim[2].graded && p->claim[2].uncertainty == 0);
    ck_assert(!p->curve && !p->errors && !p->changed);
    lcnn_model_free(m);
}
END_TEST

START_TEST(tables_stand_beside_the_model) {
    put("curve.csv",
        "# where from\r\n\r\n test_error , epoch,train_error\r\n0.5,1\t,\r\n ,2,0.4\r\n0.25,10,");
    put("errors.csv", "index,answer,truth\n0,3,7\n# between\n9999,0,9\n");
    lcnn_model *m =
        load(put("m.yaml", NETWORK "published:\n"
                                   "  source: a paper\n"
                                   "  curve: {data: mnist, file: curve.csv, title: a curve}\n"
                                   "  errors: {data: mnist, file: errors.csv}\n"),
             NULL, NULL, NULL);
    ck_assert_ptr_nonnull(m);
    const lcnn_published_curve *c = lcnn_model_published(m)->curve;
    ck_assert_str_eq(c->title, "a curve");
    ck_assert_int_eq(c->count, 3);
    ck_assert(c->epoch[0] == 1 && c->epoch[2] == 10 && isnan(c->train_error[0]));
    ck_assert(c->test_error[0] == 0.5 && isnan(c->test_error[1]) && c->test_error[2] == 0.25);
    const lcnn_published_errors *e = lcnn_model_published(m)->errors;
    ck_assert_int_eq(e->count, 2);
    ck_assert_uint_eq(e->index[1], 9999);
    ck_assert_str_eq(e->truth[0], "7");
    ck_assert_str_eq(e->answer[0], "3");
    lcnn_model_free(m);
}
END_TEST

START_TEST(faults_of_tables_are_found_where_they_are) {
    static const char empty[] = "curve.csv: error: there are no values in it; the first line names "
                                "the columns: epoch,train_error,test_error";
    refuses("curve", "curve.csv", "", empty);
    refuses("curve", "curve.csv", "epoch\n", empty);
    refuses("curve", "curve.csv", "epoch,epoch\n1,1\n", ":1:7: error: this column is named twice");
    refuses("curve", "curve.csv", "epoch,test_error\n1,0.1\n2\n",
            ":3:1: error: this line has 1, not 2");
    refuses("curve", "curve.csv", "epoch,test_error\n1,0.1\n1,0.1\n",
            ":3:1: error: 1 does not follow 1");
    refuses("curve", "curve.csv", "epoch,test_error\n0,0.1\n",
            ":2:1: error: '0' is no whole number between 1 and");
    refuses("curve", "curve.csv", "epoch\n1\n", ":2:1: error: epoch 1 has neither");
    refuses("curve", "curve.csv", "epoch,train_error,test_error\n1,0.1,\n2,,\n",
            ":3:1: error: epoch 2 has neither a train_error nor a test_error");
    refuses("curve", "curve.csv", "epoch,test_error\n1.5,0.1\n",
            ":2:1: error: '1.5' is no whole number");
    refuses("curve", "curve.csv", "epoch,test_error\n1,-0.1\n", ":2:3: error: '-0.1' is no share");
    refuses("curve", "curve.csv", "a,b,c,d,e,f,g,h,i,j\n", "unknown column 'a'");
    refuses("errors", "errors.csv", "index,truth\n1,1\n",
            ":1:1: error: there is no column 'answer'");
    refuses("errors", "errors.csv", "index,truth,answer\n1,1,ten\n",
            ":2:5: error: 'ten' is no class");
    refuses("errors", "errors.csv", "index,truth,answer\n-1,1,2\n", "'-1' is no whole number");
    refuses("errors", "errors.csv", "index,truth,answer\n0,1,2\n7,3,3\n",
            ":3:5: error: '3' is the truth, too: that is no error");
}
END_TEST

START_TEST(what_is_no_file_is_refused_where_it_is_named) {
    put("m.yaml", NETWORK "published: {source: a paper, curve: {data: mnist, file: .}}\n");
    lcnn_errors *errors = lcnn_errors_new();
    char path[256];
    snprintf(path, sizeof path, "%s/m.yaml", folder);
    ck_assert_ptr_null(lcnn_model_load(path, NULL, errors));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "m.yaml:7:"));
    ck_assert_ptr_nonnull(strstr(lcnn_errors_text(errors, 0), "' is a folder"));
    lcnn_errors_free(errors);
}
END_TEST

/* As spreadsheets write them. */
START_TEST(a_table_may_begin_with_a_byte_order_mark) {
    put("curve.csv", "\xEF\xBB\xBF"
                     "epoch,test_error\r\n1,0.1\r\n");
    lcnn_model *m = load(put("m.yaml", NETWORK "published: {source: a paper, curve: {data: mnist, "
                                               "file: curve.csv}}\n"),
                         NULL, NULL, NULL);
    ck_assert(m && lcnn_model_published(m)->curve->count == 1);
    lcnn_model_free(m);
}
END_TEST

START_TEST(what_was_published_is_no_part_of_the_network) {
    static const char claim[] =
        "published:\n  source: p\n  results: [{metric: loss, data: mnist, value: 1}]\n";
    char with[1024];
    snprintf(with, sizeof with, "%s%s", NETWORK, claim);
    lcnn_model *plain = load(put("m.yaml", NETWORK), NULL, NULL, NULL);
    lcnn_model *m = load(put("m.yaml", with), NULL, NULL, NULL);
    lcnn_model *variant =
        load(put("v.yaml", "extends: m.yaml\nparams: {units: 3}\n"), NULL, NULL, NULL);
    ck_assert(plain && m && variant);
    ck_assert_str_eq(lcnn_model_sha256(plain), lcnn_model_sha256(m));
    ck_assert(!lcnn_model_published(plain) && lcnn_model_published(m));
    ck_assert_ptr_null(lcnn_model_published(variant));
    lcnn_model_free(plain);
    lcnn_model_free(m);
    lcnn_model_free(variant);
    snprintf(with, sizeof with, "extends: m.yaml\nparams: {units: 3}\n%s", claim);
    variant = load(put("v.yaml", with), NULL, NULL, NULL);
    ck_assert(variant && lcnn_model_published(variant)->count == 1);
    lcnn_model_free(variant);
}
END_TEST

START_TEST(settings_that_change_the_network_are_noticed) {
    static const struct {
        const char *data, *first, *second;
        bool changed;
    } cases[] = {
        {NULL, NULL, NULL, false},
        {"fashion-mnist", NULL, NULL, false},
        {NULL, "train.seed=7", "name=other", false},
        {NULL, "data.name=fashion-mnist", NULL, false},
        {"kmnist", "train.seed=7", NULL, false},
        {NULL, "units=12", NULL, false}, /* what it is already */
        {NULL, "units=13", NULL, true},
        {NULL, "train.epochs=3", "train.seed=7", true},
        {NULL, "data.limit=100", NULL, true},
    };
    const char *path =
        put("m.yaml",
            NETWORK "published: {source: p, results: [{metric: loss, data: mnist, value: 1}]}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lcnn_model *m = load(path, cases[i].data, cases[i].first, cases[i].second);
        ck_assert_ptr_nonnull(m);
        ck_assert_msg(lcnn_model_published(m)->changed == cases[i].changed, "case %zu", i);
        lcnn_model_free(m);
    }
}
END_TEST

int main(void) {
    TCase *claims = tcase_create("claims");
    tcase_add_checked_fixture(claims, make_folder, remove_folder);
    tcase_add_test(claims, a_model_has_its_figures);
    tcase_add_test(claims, tables_stand_beside_the_model);
    tcase_add_test(claims, faults_of_tables_are_found_where_they_are);
    tcase_add_test(claims, what_is_no_file_is_refused_where_it_is_named);
    tcase_add_test(claims, a_table_may_begin_with_a_byte_order_mark);
    tcase_add_test(claims, what_was_published_is_no_part_of_the_network);
    tcase_add_test(claims, settings_that_change_the_network_are_noticed);

    Suite *suite = suite_create("claims");
    suite_add_tcase(suite, claims);
    return suite_run(suite);
}
