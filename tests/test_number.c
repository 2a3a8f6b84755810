/* test_number.c - numbers from text and to text. */
#include "config.h"

#include "number.h"
#include "suite.h"

#include <float.h>
#include <math.h>

START_TEST(numbers_are_decimal_and_finite) {
    static const struct {
        const char *text;
        double value; /* NAN: refused */
    } cases[] = {
        {"0", 0},
        {"-3", -3},
        {"0.5", 0.5},
        {"1e-7", 1e-7},
        {"1E+5", 1e5},
        {"12.25e1", 122.5},
        {"0e9", 0},
        {"1e308", 1e308},
        {"4.9e-324", 4.9e-324},
        {"0.1", 0.1},
        {"9007199254740993", 9007199254740992.0},
        {"", NAN},
        {"-", NAN},
        {"+1", NAN},
        {".5", NAN},
        {"5.", NAN},
        {"1e", NAN},
        {"1e+", NAN},
        {"0x10", NAN},
        {"0b1", NAN},
        {"0o7", NAN},
        {"010", NAN},
        {"00", NAN},
        {"-01", NAN},
        {"1_000", NAN},
        {"1,5", NAN},
        {"1 ", NAN},
        {" 1", NAN},
        {"nan", NAN},
        {".inf", NAN},
        {"-.INF", NAN},
        {"infinity", NAN},
        {"1e999", NAN},
        {"-1e999", NAN},
        {"1e-999", NAN},
        {"1f", NAN},
        {"1e5.0", NAN},
        {"--1", NAN},
        {"\xD9\xA1", NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = NAN;
        const char *why;
        bool ok = number_real(cases[i].text, &value, &why);
        ck_assert_msg(ok == !isnan(cases[i].value), "'%s'", cases[i].text);
        if (ok)
            ck_assert_msg(value == cases[i].value, "'%s' is %g", cases[i].text, value);
    }
}
END_TEST

START_TEST(integers_have_no_point_and_fit) {
    int64_t value;
    const char *why;
    ck_assert(number_integer("9223372036854775807", &value, &why) && value == INT64_MAX);
    ck_assert(number_integer("-9223372036854775808", &value, &why) && value == INT64_MIN);
    ck_assert(!number_integer("9223372036854775808", &value, &why));
    ck_assert_str_eq(why, "too large");
    ck_assert(!number_integer("1e3", &value, &why));
    ck_assert_str_eq(why, "a whole number is needed");
    ck_assert(!number_integer("x", &value, &why));
    ck_assert_ptr_null(why);
}
END_TEST

START_TEST(numbers_are_written_short_and_exact) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1e-7, "1e-07"},
        {5, "5"},
        {-0.05, "-0.05"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e22, "1e+22"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_TRUE_MIN, "4.94065645841247e-324"},
    };
    char text[NUMBER_TEXT];
    double back;
    const char *why;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_str_eq(number_text(cases[i].value, text), cases[i].text);
        ck_assert(number_real(text, &back, &why) && back == cases[i].value);
    }
}
END_TEST

int main(void) {
    TCase *numbers = tcase_create("numbers");
    tcase_add_test(numbers, numbers_are_decimal_and_finite);
    tcase_add_test(numbers, integers_have_no_point_and_fit);
    tcase_add_test(numbers, numbers_are_written_short_and_exact);

    Suite *suite = suite_create("number");
    suite_add_tcase(suite, numbers);
    return suite_run(suite);
}
