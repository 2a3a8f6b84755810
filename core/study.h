/* study.h - a study as its file has it: experiments with their models, data sets, seeds, axes, published figures and claims.
 *
 * Owns the format; what is read here is well formed, and every name in it means something. Which trials that makes, and
 * whether their models are right, is lcnn_study.c's business. Knows no model. */
#ifndef STUDY_H
#define STUDY_H

#include "attr.h"

enum {
    STUDY_MAX_TRIALS = 10000,
    STUDY_MAX_SEEDS = 1000,
    STUDY_MAX_VALUES = 1000, /* of one key */
    STUDY_MAX_EXPERIMENTS = 1000,
};

/* One of the values that a key takes. */
typedef struct study_value {
    const char *label;
    const doc *value;
} study_value;

/* A key of models, and the values that it takes in turn or that are drawn for it. */
typedef struct study_axis {
    const char *key, *label;
    mark at;
    int count;
    const study_value *value; /* [count]; for draws: of each draw */
    int shown;                /* how many values there are to choose from; 0: a range */
    const char *const *names; /* [shown]: their labels */
} study_axis;

typedef struct study_setting {
    const char *key;
    mark at;
    const doc *value;
} study_setting;

typedef struct study_experiment {
    const char *name, *title, *about;
    mark at;
    int best_by; /* enum below */
    double reject_to;
    int model_count, data_count, seed_count, setting_count, axis_count, draws, published_count, claim_count, probe_count;
    const doc **model;        /* [model_count]: the paths as written */
    const char **model_name;  /* [model_count]: without folder and ending */
    const doc **data;         /* [data_count]; none: as the models say */
    const int *seed;
    mark seed_at;
    study_setting *setting;
    study_axis *axis;         /* [axis_count] */
    lcnn_figure *published;
    lcnn_study_claim *claim;
    const char *probe_title, *probe_label, *probe_key;
    mark probe_at;
    const study_value *probe; /* [probe_count] */
} study_experiment;

enum { STUDY_BEST_BY_NOTHING, STUDY_BEST_BY_VALIDATION };

typedef struct study {
    const char *path, *name, *about, *text;
    int experiment_count;
    study_experiment *experiment;
} study;

/* NULL with messages. Everything lives in `a`. */
study *study_read(const char *path, arena *a, lcnn_errors *errors);

/* ---- Shared by study.c, study_axes.c and study_claims.c ----------------------------------------- */

typedef struct study_reader {
    arena *a;
    lcnn_errors *errors;
    study *study;
    study_experiment *now; /* being read */
    bool ok;
} study_reader;

/* Adds a message and remembers that there was one. */
void study_fault(study_reader *r, mark at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As arena_array; NULL notes that memory is out. */
void *study_array(study_reader *r, int count, size_t size);

/* A member that must be a map or a list; NULL when it is absent or, with a message, something else. */
const doc *study_member(study_reader *r, const doc *map, const char *key, doc_kind kind, const char *what);

/* The index of a name, or -1 with a message that has the nearest. */
int study_find(study_reader *r, mark at, const char *what, const char *name, const char *const *names, int count);

/* `settings`, `grid`, `random`, `labels` and `probes` of an experiment. */
void study_read_axes(study_reader *r, const doc *map);

/* `published` and `claims`, which name what the axes have. */
void study_read_claims(study_reader *r, const doc *map);

#endif
