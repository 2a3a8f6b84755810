/* test_statistics.c - intervals and McNemar's test against values of scipy 1.17. */
#include "config.h"

#include "../tools/statistics.h"
#include "suite.h"

#include <math.h>

/* Within so many parts in 10^10 of what is expected. */
static void near(double value, double expected, double parts, const char *what) {
    ck_assert_msg(fabs(value - expected) <= parts * 1e-10 * fabs(expected),
                  "%s is %.17g, not %.17g", what, value, expected);
}

START_TEST(intervals_of_shares_are_wilsons) {
    static const struct {
        uint32_t hits, trials;
        double low, high;
    } cases[] = {
        {0, 10, 0.0, 0.27753279986288926},
        {10, 10, 0.7224672001371109, 1.0},
        {0, 1, 0.0, 0.7934506856227626},
        {1, 1, 0.20654931437723745, 1.0},
        {5, 10, 0.236593090512564, 0.7634069094874361},
        {41, 82, 0.3942282839199199, 0.6057717160800801},
        {9888, 10000, 0.9865415906830627, 0.9906830125097638},
        {95, 10000, 0.00777816669576945, 0.011598535705864289},
        {2147483648u, 4294967295u, 0.49998504677791517, 0.5000149534549154},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        interval found = binomial_interval(cases[i].hits, cases[i].trials);
        near(found.low, cases[i].low, 1, "low");
        near(found.high, cases[i].high, 1, "high");
    }
    ck_assert(isnan(binomial_interval(0, 0).low) && isnan(binomial_interval(0, 0).high));
}
END_TEST

START_TEST(t_quantiles_hold_from_one_degree_on) {
    static const struct {
        double degrees, t;
    } cases[] = {
        {1, 12.706204736174694},      {1.5, 6.016663104427929},      {2, 4.302652729749462},
        {3, 3.1824463052837078},      {4, 2.7764451051977934},       {5, 2.5705818356363146},
        {7, 2.364624251592784},       {9, 2.262157162798205},        {10, 2.228138851986274},
        {19, 2.0930240544083087},     {29, 2.045229642132703},       {60, 2.0002978220142604},
        {99, 1.9842169515864174},     {120, 1.9799304050824402},     {1000, 1.9623390808264083},
        {100000, 1.9599877075346095}, {10000000, 1.959964221767205},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        near(t_quantile(cases[i].degrees), cases[i].t, 100, "t");
}
END_TEST

START_TEST(means_of_five_seeds_and_of_their_differences) {
    static const double x[] = {98.88, 98.91, 98.75, 99.02, 98.83};
    static const double y[] = {98.70, 98.95, 98.60, 98.90, 98.81};
    estimate e = mean_estimate(x, 5);
    near(e.mean, 98.878, 1, "mean");
    near(e.deviation, 0.09984988733093142, 10, "deviation");
    near(e.low, 98.75401998967646, 10, "low");
    near(e.high, 99.0019800103235, 10, "high");
    e = paired_difference(x, y, 5);
    near(e.mean, 0.086, 10, "mean difference");
    near(e.deviation, 0.09262828941527636, 10, "its deviation");
    near(e.low, -0.029013212182151762, 100, "low of the difference");
    near(e.high, 0.20101321218214313, 100, "high of the difference");
}
END_TEST

START_TEST(one_figure_has_a_mean_and_no_interval) {
    const double x[] = {0.99, 0.98};
    estimate none = mean_estimate(x, 0), one = mean_estimate(x, 1), two = mean_estimate(x, 2);
    ck_assert(isnan(none.mean) && isnan(none.low));
    ck_assert(one.mean == 0.99 && isnan(one.deviation) && isnan(one.low) && isnan(one.high));
    near(two.low, 0.9214689763191265, 10, "low of two");
    near(two.high, 1.0485310236808736, 10, "high of two");
}
END_TEST

START_TEST(mcnemar_is_exact_for_few_and_for_very_many) {
    static const struct {
        uint32_t first, second;
        double p, parts;
    } cases[] = {
        {0, 0, 1, 0},
        {5, 5, 1, 0},
        {0, 1, 1, 1},
        {0, 5, 0.0625, 1},
        {1, 9, 0.021484375, 1},
        {9, 1, 0.021484375, 1},
        {6, 16, 0.052478790283203125, 1},
        {30, 52, 0.0198269158458416, 1},
        {121, 59, 4.4344492637551645e-06, 10},
        {1000, 1200, 2.1817026407914194e-05, 10},
        {0, 1000, 1.8665272370064378e-301, 100},
        {0, 2000, 0, 0},
        {100000, 101000, 0.02586239243973295, 1e3},
        {2000000000u, 2000100000u, 0.11385443060186354,
         1e6}, /* of lgamma there are ten digits left */
        {4294967295u, 4294967294u, 1, 1e6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        near(mcnemar(cases[i].first, cases[i].second), cases[i].p, cases[i].parts, "p");
}
END_TEST

int main(void) {
    TCase *figures = tcase_create("statistics");
    tcase_add_test(figures, intervals_of_shares_are_wilsons);
    tcase_add_test(figures, t_quantiles_hold_from_one_degree_on);
    tcase_add_test(figures, means_of_five_seeds_and_of_their_differences);
    tcase_add_test(figures, one_figure_has_a_mean_and_no_interval);
    tcase_add_test(figures, mcnemar_is_exact_for_few_and_for_very_many);

    Suite *suite = suite_create("statistics");
    suite_add_tcase(suite, figures);
    return suite_run(suite);
}
