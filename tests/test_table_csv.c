/* test_table_csv.c - tables of comma-separated values, as reports read them. */
#include "config.h"

#include "../tools/csv.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The table in these bytes; NULL with *why. */
static csv *read_bytes(const char *bytes, size_t size, int columns, const char **why) {
    char path[] = "/tmp/lcnn-csv-XXXXXX";
    const int file = mkstemp(path);
    ck_assert(file >= 0 && write(file, bytes, size) == (ssize_t)size && close(file) == 0);
    *why = NULL;
    csv *table = csv_read(path, columns, why);
    unlink(path);
    return table;
}

START_TEST(fields_may_be_quoted) {
    static const char text[] = "name,\"a, b\"\r\n\"say \"\"yes\"\"\",\"two\nlines\"\n1.5,nan x";
    const char *why;
    csv *t = read_bytes(text, sizeof text - 1, 0, &why);
    ck_assert_msg(t != NULL, "%s", why);
    ck_assert_int_eq(csv_rows(t), 3);
    ck_assert_int_eq(csv_columns(t), 2);
    ck_assert_int_eq(csv_column(t, "a, b"), 1);
    ck_assert_int_eq(csv_column(t, "b"), -1);
    ck_assert_str_eq(csv_text(t, 1, 0), "say \"yes\"");
    ck_assert_str_eq(csv_text(t, 1, 1), "two\nlines");
    ck_assert(csv_number(t, 2, 0) == 1.5 && isnan(csv_number(t, 2, 1)));
    csv_free(t);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    int columns;
    const char *why;
} damaged[] = {
    {"", 0, 0, "it is empty"},
    {"a,b\n1\n", 6, 0, "its rows are not of one length"},
    {"a,b\n1,2\n", 8, 3, "its rows are not of one length"},
    {"a,b\n1,\0\n", 8, 0, "there are NUL bytes in it"},
    {"a,\"b\"c\n", 7, 0, "a field in quotes goes on behind them"},
    {"a,\"b\n1,2\n", 9, 0, "a field in quotes does not end"},
    {"a,\"b\"\"", 6, 0, "a field in quotes does not end"},
    {"a,b\r1,2\r", 8, 0, "a line ends in a carriage return alone"},
};

START_TEST(damage_is_named) {
    const char *why;
    csv *t = read_bytes(damaged[_i].bytes, damaged[_i].size, damaged[_i].columns, &why);
    ck_assert_ptr_null(t);
    ck_assert_str_eq(why, damaged[_i].why);
}
END_TEST

START_TEST(no_file_is_no_fault) {
    const char *why = "";
    ck_assert_ptr_null(csv_read("/tmp/lcnn-there-is-no-such-file.csv", 0, &why));
    ck_assert_ptr_null(why);
}
END_TEST

int main(void) {
    TCase *tables = tcase_create("tables");
    tcase_add_test(tables, fields_may_be_quoted);
    tcase_add_loop_test(tables, damage_is_named, 0, (int)(sizeof damaged / sizeof *damaged));
    tcase_add_test(tables, no_file_is_no_fault);

    Suite *suite = suite_create("tables of values");
    suite_add_tcase(suite, tables);
    return suite_run(suite);
}
