/* suite.c - runs a Check suite and says in one line how it went.
 *
 * Check knows no skipped tests. Each test runs in a process of its own, so skips are counted in
 * memory that those processes share with this one. */
#include "config.h"

#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static int *skips; /* shared */

/* Check reads this when a case is made, which is before suite_run. Its own 4 seconds are too few
 * for a slow machine under a sanitizer. */
__attribute__((constructor)) static void allow_time(void) {
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
}

void suite_skipped(const char *format, ...) {
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    printf("SKIP %s: %s\n", tcase_name(), why);
    fflush(stdout); /* the test's process ends without it */
    __atomic_fetch_add(skips, 1, __ATOMIC_SEQ_CST);
}

static void print_failures(SRunner *runner, int failed) {
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        printf("FAIL %s: %s:%d: %s\n", tr_tcname(results[i]), tr_lfile(results[i]),
               tr_lno(results[i]), tr_msg(results[i]));
    free(results);
}

int suite_run(Suite *suite) {
    skips = mmap(NULL, sizeof *skips, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skips == MAP_FAILED) {
        printf("FAIL suite: no shared memory\n0 passed, 1 failed, 0 skipped\n");
        return EXIT_FAILURE;
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    print_failures(runner, failed);
    srunner_free(runner);
    printf("%d passed, %d failed, %d skipped\n", run - failed - *skips, failed, *skips);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
