/* test_fetch_command.c - what the command does where data are missing: it asks on a terminal, ends
 * elsewhere, and keeps what an interrupted download has brought. */
#include "config.h"

#include "web_set.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program(void) {
    const char *given = getenv("LCNN");
    return given ? given : "./lcnn";
}

static void put_model(void) {
    put_text("tiny.yaml",
             "name: tiny\ninput: [1, 28, 28]\nnodes:\n"
             "  - {op: avg_pool2d, pool_size: 4}\n  - {op: flatten}\n"
             "  - {name: output, op: dense, units: $classes}\n"
             "loss: {op: softmax_cross_entropy, from: output}\n"
             "data: {name: specks, transforms: [{op: rescale, to: [0, 1]}]}\n"
             "train: {epochs: 1, batch_size: 64, seed: 1, optimizer: sgd, learning_rate: 0.1}\n");
}

static void setup(void) {
    web_set_up();
    put_model();
}

/* Runs a line of words; what it says on stderr goes to *err, and the exit status is the result. */
static int lcnn(const char *words, const char **err) {
    int status = system(arena_format(memory, "'%s' %s </dev/null >'%s' 2>'%s'", program(), words,
                                     web_path("out"), web_path("err")));
    FILE *f = fopen(web_path("err"), "r");
    char text[4000];
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    *err = arena_copy(memory, text, strlen(text));
    return WEXITSTATUS(status);
}

static void says(const char *text, const char *part) {
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in '%s'", part, text);
}

static const char *run(const char *more) {
    return arena_format(memory, "run '%s' --quiet --out '%s' %s", web_path("tiny.yaml"),
                        web_path("run"), more);
}

START_TEST(offline_never_tries) {
    const char *err;
    web_catalogue("good");
    ck_assert_int_eq(lcnn(run("--offline --yes"), &err), LCNN_BAD_DATA);
    says(err, "are not here");
    ck_assert_int_eq(web_requests(""), 0);
}
END_TEST

#ifdef HAVE_CURL

START_TEST(without_a_terminal_nothing_is_fetched) {
    const char *err;
    web_catalogue("good");
    ck_assert_int_eq(lcnn(run(""), &err), LCNN_BAD_DATA);
    says(err, "4 files, ");
    says(err, " kB to download from http://127.0.0.1:");
    says(err, "'lcnn data fetch specks'");
    ck_assert_int_eq(web_requests(""), 0);
    ck_assert(!web_there(web_path("run")));
}
END_TEST

START_TEST(fetch_then_list_and_verify) {
    const char *err;
    web_catalogue("missing");
    ck_assert_int_eq(lcnn("data fetch specks", &err), LCNN_BAD_DATA);
    says(err, "404");
    ck_assert_int_eq(lcnn("data list", &err), 0);
    ck_assert_int_eq(
        system(arena_format(memory, "grep -q '^specks .* kB to fetch' '%s'", web_path("out"))), 0);
    ck_assert_int_eq(lcnn("data verify specks", &err), LCNN_BAD_DATA);
    ck_assert_int_eq(lcnn("data verify", &err), 0); /* nothing differs where nothing is */
}
END_TEST

START_TEST(yes_fetches_and_trains) {
    const char *err;
    web_catalogue("good");
    ck_assert_int_eq(lcnn(run("--yes"), &err), 0);
    web_check();
    ck_assert(web_there(web_path("run/weights.safetensors")));
    ck_assert_int_eq(lcnn(arena_format(memory, "test '%s' --quiet", web_path("run")), &err), 0);
    ck_assert_int_eq(lcnn("data fetch specks", &err), 0);
    says(err, "specks is here: ");
    ck_assert_int_eq(web_requests(""), WEB_FILES);
    ck_assert_int_eq(lcnn("data verify specks", &err), 0);
    FILE *f = fopen(web_path("data/specks/%s", web_file[1]), "a");
    fputs("x", f);
    fclose(f);
    ck_assert_int_eq(lcnn("data verify specks", &err), LCNN_BAD_DATA);
}
END_TEST

START_TEST(a_test_part_alone_can_be_added_to) {
    const char *err;
    web_catalogue("good");
    ck_assert_int_eq(lcnn("data fetch specks", &err), 0);
    for (int i = 0; i < 2; i++)
        unlink(web_path("data/specks/%s", web_file[i]));
    ck_assert_int_eq(lcnn(run(""), &err), LCNN_BAD_DATA);
    says(err, "the training part of data set 'specks' is not here");
    ck_assert_int_eq(lcnn(run("--yes"), &err), 0);
}
END_TEST

/* Starts `lcnn run` with a terminal of its own. */
static pid_t run_on_terminal(int *terminal) {
    *terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(*terminal, 0);
    ck_assert_int_eq(grantpt(*terminal), 0);
    ck_assert_int_eq(unlockpt(*terminal), 0);
    const char *name = arena_format(memory, "%s", ptsname(*terminal));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setsid();
        setenv("TERM", "xterm", 1);
        int fd = open(name, O_RDWR);
        dup2(fd, 0);
        dup2(fd, 1);
        dup2(fd, 2);
        execl(program(), "lcnn", "run", web_path("tiny.yaml"), "--quiet", "--out", web_path("run"),
              (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Reads from the terminal until `part` appears, or the program ends; what was read. */
static const char *read_until(int terminal, const char *part) {
    static char text[20000];
    size_t used = 0;
    text[0] = '\0';
    while (!(part && strstr(text, part)) && used < sizeof text - 1) {
        struct pollfd ready = {.fd = terminal, .events = POLLIN};
        if (poll(&ready, 1, 30000) <= 0)
            break;
        ssize_t n = read(terminal, text + used, sizeof text - 1 - used);
        if (n <= 0)
            break;
        used += (size_t)n;
        text[used] = '\0';
    }
    return text;
}

static void answer(int terminal, const char *text) {
    ck_assert_int_eq(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(on_a_terminal_it_asks) {
    static const struct {
        const char *word;
        bool fetched;
    } reply[] = {{"n\n", false}, {"\004", false}, {"y\n", true}};
    for (int i = 0; i < 3; i++) {
        int terminal, status;
        web_catalogue("good");
        pid_t child = run_on_terminal(&terminal);
        says(read_until(terminal, "[Y/n]"), "[Y/n]");
        ck_assert_int_eq(web_requests(""), 0);
        answer(terminal, reply[i].word);
        read_until(terminal, NULL);
        waitpid(child, &status, 0);
        close(terminal);
        ck_assert_int_eq(WEXITSTATUS(status), reply[i].fetched ? 0 : LCNN_BAD_DATA);
        ck_assert(web_there(web_path("run")) == reply[i].fetched);
    }
}
END_TEST

START_TEST(an_interrupted_download_is_kept) {
    web_catalogue("slow");
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int err = open(web_path("err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(err, 2);
        execl(program(), "lcnn", "data", "fetch", "specks", (char *)NULL);
        _exit(127);
    }
    const char *part = web_path("data/specks/%s.part", web_file[0]);
    struct timespec t = {.tv_nsec = 5 * 1000000};
    for (int i = 0; i < 2000 && web_size(part) < 20000; i++)
        nanosleep(&t, NULL);
    kill(child, SIGINT);
    int status;
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    ck_assert_int_gt(web_size(part), 0);
    const char *err;
    ck_assert_int_eq(
        system(arena_format(memory, "grep -q 'goes on from there' '%s'", web_path("err"))), 0);
    ck_assert_int_eq(lcnn("data fetch specks", &err), 0);
    web_check();
    ck_assert_int_eq(web_requests(arena_format(memory, "slow %s -1\n", web_file[0])), 1);
}
END_TEST

#endif

int main(void) {
    Suite *suite = suite_create("fetch command");
    TCase *cases = tcase_create("fetch command");
    tcase_add_checked_fixture(cases, setup, web_tear_down);
    tcase_add_test(cases, offline_never_tries);
#ifdef HAVE_CURL
    tcase_add_test(cases, without_a_terminal_nothing_is_fetched);
    tcase_add_test(cases, fetch_then_list_and_verify);
    tcase_add_test(cases, yes_fetches_and_trains);
    tcase_add_test(cases, a_test_part_alone_can_be_added_to);
    tcase_add_test(cases, on_a_terminal_it_asks);
    tcase_add_test(cases, an_interrupted_download_is_kept);
#endif
    suite_add_tcase(suite, cases);
    return suite_run(suite);
}
