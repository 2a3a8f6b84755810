/* study_probes.c - trained models tested on changed data, by `lcnn test RUN --set ...` in children.
 *
 * What a probe finds is kept in the folder of its trial, under a name made of the setting, and is
 * good as long as it is of the same weights. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "memory.h"
#include "past_run.h"
#include "result.h"
#include "rundir.h"
#include "study.h"
#include "text.h"

typedef struct probe {
    trial_run *run;
    const char *setting;
    char *path, *part, *log; /* where its result comes, while it is made, and what it complains */
} probe;

typedef struct probing {
    study_run *study;
    int count;
    probe *list;
} probing;

/* FNV-1a. */
static char *probe_path(const trial_run *r, const char *setting) {
    uint32_t hash = 2166136261u;
    for (const char *s = setting; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 16777619u;
    return run_path(r->folder, text_printf("probe-%08x.json", (unsigned)hash));
}

json_t *probe_result(const trial_run *r, const char *setting) {
    char *path = probe_path(r, setting),
         *weights = json_file_text(r->folder, "run.json", "weights_sha256");
    json_t *all = json_of_file(path, NULL);
    const char *of = json_string_value(json_object_get(all, "weights_sha256"));
    bool good = of && weights && strcmp(of, weights) == 0;
    free(path);
    free(weights);
    if (good)
        return all;
    json_decref(all);
    return NULL;
}

static pid_t start(void *user, int index, int threads) {
    probing *p = user;
    probe *now = &p->list[index];
    char count[32];
    snprintf(count, sizeof count, "%d", threads);
    const char *word[] = {"test",   now->run->folder, "--set", now->setting, "--threads", count,
                          "--json", "--offline",      NULL,    NULL,         NULL};
    if (p->study->args->isa) {
        word[8] = "--isa";
        word[9] = p->study->args->isa;
    }
    return child_start(word, now->part, now->log);
}

static void ended(void *user, int index, int status, int together) {
    (void)together;
    probing *p = user;
    probe *now = &p->list[index];
    if (status == LCNN_OK && rename(now->part, now->path) == 0) {
        remove(now->log);
        return;
    }
    remove(now->part);
    if (status == 128 + 15 || status == 128 + 2)
        return;
    fprintf(stderr, "lcnn: %s with %s could not be tested; see %s\n", now->run->trial->id,
            text_plain(now->setting), text_plain(now->log));
    if (p->study->status == LCNN_OK)
        p->study->status = status;
}

static void tick(void *user, const bool *running) {
    (void)user;
    (void)running;
}

static void add(probing *p, trial_run *r, const char *setting) {
    json_t *there = probe_result(r, setting);
    json_decref(there);
    for (int i = 0; !there && i < p->count; i++)
        if (p->list[i].run == r && strcmp(p->list[i].setting, setting) == 0)
            return;
    if (there)
        return;
    p->list = memory_grow(p->list, (size_t)(p->count + 1), sizeof *p->list);
    char *path = probe_path(r, setting);
    char *part = memory_new(strlen(path) + 8, 1), *log = memory_new(strlen(path) + 8, 1);
    snprintf(part, strlen(path) + 8, "%s.part", path);
    snprintf(log, strlen(path) + 8, "%s.log", path);
    p->list[p->count++] = (probe){r, setting, path, part, log};
}

bool study_probe(study_run *s) {
    probing p = {.study = s};
    for (int i = 0; i < lcnn_study_experiment_count(s->study); i++) {
        const lcnn_experiment *e = lcnn_study_experiment(s->study, i);
        for (int k = 0; e->probe_count > 0 && k < e->cell_count; k++)
            for (int j = 0; j < e->probe_count; j++)
                if (s->run[e->cells[k].trial].state == TRIAL_DONE)
                    add(&p, &s->run[e->cells[k].trial], e->probe_settings[j]);
    }
    if (p.count > 0 && s->out) {
        fprintf(s->out, "\ntesting trained models on changed data: %s\n",
                text_plural(p.count, "test"));
        fflush(s->out);
    }
    pool all = {p.count, s->processors, &p, start, ended, tick};
    bool whole = pool_run(&all);
    for (int i = 0; i < p.count; i++) {
        free(p.list[i].path);
        free(p.list[i].part);
        free(p.list[i].log);
    }
    free(p.list);
    return whole;
}
