/* suite.h - what every Check program here shares: its main, its closing line, and skipping with a word. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* Runs the suite and prints "N passed, N failed, N skipped" as the last line; the result is for main to return. */
int suite_run(Suite *suite);

/* Ends the running test as skipped, saying why: suite_skip("no MNIST in %s", dir). */
#define suite_skip(...) do { suite_skipped(__VA_ARGS__); return; } while (0)
void suite_skipped(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
