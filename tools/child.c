/* child.c - starting this program again, and keeping the processors busy with such children. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "child.h"
#include "command.h"
#include "interrupt.h"
#include "memory.h"

/* ---- One ------------------------------------------------------------------------------------- */

/* The program itself; what is run must be what runs, even where another was installed meanwhile. */
static const char *own_path(void) {
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return "lcnn";
    path[length] = '\0';
    static const char gone[] = " (deleted)";
    size_t end = strlen(gone);
    if ((size_t)length > end && strcmp(path + length - end, gone) == 0)
        return "/proc/self/exe";
    return path;
}

static void redirect(int descriptor, const char *path) {
    int flags = descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
    int opened = open(path ? path : "/dev/null", path ? flags : O_RDWR, 0666);
    if (opened < 0 || dup2(opened, descriptor) < 0)
        _exit(LCNN_BAD_IO);
    if (opened > 2)
        close(opened);
}

static _Noreturn void become(const char *const *word, int count, pid_t parent, const char *out,
                             const char *err) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) /* it ended before it was asked for */
        _exit(LCNN_BAD_IO);
    setpgid(0, 0);
    redirect(0, NULL);
    redirect(1, out);
    redirect(2, err);
    const char **all = calloc((size_t)count + 2, sizeof *all);
    if (!all)
        _exit(LCNN_NO_MEMORY);
    all[0] = "lcnn";
    memcpy(all + 1, word, (size_t)count * sizeof *all);
    execv(own_path(), (char *const *)all);
    _exit(127);
}

pid_t child_start(const char *const *word, const char *out, const char *err) {
    int count = 0;
    while (word[count])
        count++;
    pid_t parent = getpid(), made = fork();
    if (made == 0)
        become(word, count, parent, out, err);
    if (made < 0)
        complain(LCNN_BAD_IO, "lcnn", "cannot start another process: %s", strerror(errno));
    return made;
}

/* ---- Many ------------------------------------------------------------------------------------ */

typedef struct slot {
    pid_t pid; /* 0: does not run */
    int threads, together;
} slot;

typedef struct pool_state {
    const pool *p;
    slot *slot; /* [count] */
    bool *running;
    int next, now, busy; /* to start, running, threads of these */
} pool_state;

static void start_some(pool_state *s) {
    const pool *p = s->p;
    while (s->next < p->count && s->busy < p->processors) {
        int left = p->count - s->next, spare = p->processors - s->busy;
        int threads = spare > left ? spare / left : 1, index = s->next++;
        pid_t pid = p->start(p->user, index, threads);
        if (pid <= 0)
            continue;
        s->slot[index] = (slot){pid, threads, 0};
        s->running[index] = true;
        s->now++;
        s->busy += threads;
    }
    for (int i = 0; i < p->count; i++)
        if (s->running[i] && s->slot[i].together < s->now)
            s->slot[i].together = s->now;
}

static void collect(pool_state *s) {
    for (int i = 0; i < s->p->count; i++) {
        int how;
        if (!s->running[i] || waitpid(s->slot[i].pid, &how, WNOHANG) == 0)
            continue;
        s->running[i] = false;
        s->now--;
        s->busy -= s->slot[i].threads;
        int status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
        s->p->ended(s->p->user, i, status, s->slot[i].together);
    }
}

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 30 * 1000 * 1000}, NULL);
}

bool pool_run(const pool *p) {
    pool_state s = {p,
                    memory_new((size_t)p->count, sizeof *s.slot),
                    memory_new((size_t)p->count, sizeof *s.running),
                    0,
                    0,
                    0};
    bool told = false;
    while (s.now > 0 || (s.next < p->count && !interrupt_caught())) {
        if (!interrupt_caught())
            start_some(&s);
        for (int i = 0; interrupt_caught() && !told && i < p->count; i++)
            if (s.running[i])
                kill(s.slot[i].pid, SIGTERM);
        told = interrupt_caught() != 0;
        rest();
        collect(&s);
        p->tick(p->user, s.running);
    }
    free(s.slot);
    free(s.running);
    return !interrupt_caught();
}
