/* train_origin.c - when a loss is not finite: going back to the last state that was good, finding
 * out on the way there where the first number went wrong.
 *
 * Training repeats to the bit, so nothing need be kept of each step: from the state at the
 * beginning of the epoch the same steps are made again, this time with an eye on every node. */
#include "train_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- The last good state ---------------------------------------------------------------------- */

bool good_state_new(trainer *t) {
    const network *n = t->network;
    t->good.values = arena_array(t->arena, n->size + 1, sizeof(real));
    bool made = t->good.values != NULL;
    for (int k = 0; made && k < OPTIM_MAX_STATES && exec_state(t->exec, k); k++)
        made = (t->good.memory[k] = arena_array(t->arena, n->trained + 1, sizeof(real))) != NULL;
    return made;
}

void good_state_keep(trainer *t) {
    const network *n = t->network;
    memcpy(t->good.values, n->values, n->size * sizeof(real));
    for (int k = 0; k < OPTIM_MAX_STATES && t->good.memory[k]; k++)
        memcpy(t->good.memory[k], exec_state(t->exec, k), n->trained * sizeof(real));
    t->good.place = t->place;
}

static void go_back(trainer *t) {
    const network *n = t->network;
    memcpy(n->values, t->good.values, n->size * sizeof(real));
    for (int k = 0; k < OPTIM_MAX_STATES && t->good.memory[k]; k++)
        memcpy(exec_state(t->exec, k), t->good.memory[k], n->trained * sizeof(real));
    t->place = t->good.place;
    exec_set_updates(t->exec, train_updates(t));
}

/* ---- Where it began --------------------------------------------------------------------------- */

enum { ORIGIN_TEXT = 256, SHOWN = 60 };

static void say_node(const trainer *t, int index, const char *where, char text[ORIGIN_TEXT]) {
    const node *n = &t->graph->node[index];
    text_format(text, ORIGIN_TEXT, "what %s '%.*s' gave was not finite %s", n->op->component.name,
                SHOWN, n->name, where);
}

/* Makes the steps up to `last` again; true when the origin is among them. */
static bool search_steps(training *again, uint32_t last, char text[ORIGIN_TEXT]) {
    trainer *t = again->trainer;
    train_prepare_epoch(again);
    while (t->place.step < last) {
        char where[32];
        train_step(again);
        snprintf(where, sizeof where, "in step %u", t->place.step);
        int index = watch_unfinite(again->watch, train_step_size(t, t->place.step - 1));
        if (index >= 0) {
            say_node(t, index, where, text);
            return true;
        }
        index = watch_unfinite_tensor(t->network);
        if (index >= 0) {
            const network_tensor *w = &t->network->tensor[index];
            const node *n = &t->graph->node[w->node];
            text_format(text, ORIGIN_TEXT, "the update of '%.*s' of %s was not finite %s", SHOWN,
                        w->name, n->op->component.name, where);
            return true;
        }
    }
    return false;
}

/* Looks at what is evaluated after the steps. */
static bool search_examination(training *again, examination *e, const char *where,
                               char text[ORIGIN_TEXT]) {
    trainer *t = again->trainer;
    watch w;
    if (e->samples.count == 0 || !watch_begin(&w, t->graph, ORIGIN_AT_ONCE, again->errors))
        return false;
    int index = -1;
    for (uint32_t first = 0; index < 0 && first < e->samples.count; first += ORIGIN_AT_ONCE) {
        uint32_t left = e->samples.count - first;
        const exec_batch batch = {.sample = e->samples.index + first,
                                  .count = (int)(left < ORIGIN_AT_ONCE ? left : ORIGIN_AT_ONCE)};
        exec_run(e->exec, &batch, NULL, &(exec_answers){.values = w.values});
        index = watch_unfinite(&w, batch.count);
    }
    if (index >= 0)
        say_node(t, index, where, text);
    watch_end(&w);
    return index >= 0;
}

void train_failed(training *run, double loss, const char *where) {
    trainer *t = run->trainer;
    const train_place at = t->place;
    char origin[ORIGIN_TEXT] = "";
    lcnn_errors *aside = lcnn_errors_new(); /* finding nothing is no error */
    watch w;
    training again = {.trainer = t, .errors = aside, .watch = &w};
    go_back(t);
    if (aside && watch_begin(&w, t->graph, train_step_size(t, 0), aside)) {
        if (!search_steps(&again, at.step, origin) &&
            !search_examination(&again, &t->validation, "on the validation images", origin))
            search_examination(&again, &t->test, "on the test images", origin);
        watch_end(&w);
        go_back(t);
    }
    lcnn_errors_free(aside);
    error_add(run->errors, LCNN_NOT_FINITE, (mark){0},
              "the loss became %s %s epoch %d%s%s; a smaller train.learning_rate may help",
              isnan(loss) ? "not a number" : "infinite", where, at.epoch + 1, *origin ? ": " : "",
              origin);
    run->failed = true;
}
