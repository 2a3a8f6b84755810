/* data_verify.c - `lcnn data verify`: hold the files of data sets against their checksums. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "result.h"
#include "text.h"

static const option options[] = {
    {"json", NULL, OPTION_FLAG, offsetof(arguments, json), 0, "print one JSON object instead"},
    {0},
};

static const char *verdict_text(lcnn_verdict verdict) {
    static const char *const text[] = {
        [LCNN_FILE_OFFICIAL] = "ok (official)", [LCNN_FILE_REPACKED] = "ok (official data)",
        [LCNN_FILE_DIFFERS] = "differs",        [LCNN_FILE_MISSING] = "missing",
        [LCNN_FILE_UNKNOWN] = "cannot be told",
    };
    return text[verdict];
}

static const char *verdict_word(lcnn_verdict verdict) {
    static const char *const word[] = {"official", "repacked", "differs", "missing", "unknown"};
    return word[verdict];
}

static bool is_official(const lcnn_file_check *file) {
    return file->verdict == LCNN_FILE_OFFICIAL || file->verdict == LCNN_FILE_REPACKED;
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* Of a folder: which sets it was recognised as. */
static void print_recognised(const lcnn_verification *v) {
    const char *said[64];
    int count = 0;
    for (int i = 0; i < v->count; i++) {
        const lcnn_file_check *file = &v->file[i];
        bool seen = !is_official(file) || count == 64;
        for (int k = 0; k < count; k++)
            seen |= strcmp(said[k], file->set) == 0;
        if (!seen)
            said[count++] = file->set;
    }
    if (v->count == 0)
        puts("  nothing to verify: no file here could be one of a set that 'lcnn data' lists");
    for (int k = 0; k < count; k++) {
        char roles[100] = "";
        for (int i = 0; i < v->count; i++)
            if (is_official(&v->file[i]) && strcmp(v->file[i].set, said[k]) == 0)
                snprintf(roles + strlen(roles), sizeof roles - strlen(roles), "%s%s",
                         *roles ? ", " : "", v->file[i].role);
        printf("  by its content this is %s%s%s: %s\n", style_bold(stdout), text_plain(said[k]),
               style_end(stdout), roles);
    }
}

static void print_text(const lcnn_verification *v) {
    printf("%s%s%s", style_bold(stdout), text_plain(v->name), style_end(stdout));
    const char *slash = v->count > 0 ? strrchr(v->file[0].path, '/') : NULL;
    if (slash && !strchr(v->name, '/'))
        printf(": %s",
               text_plain(text_printf("%.*s", (int)(slash - v->file[0].path), v->file[0].path)));
    putchar('\n');
    bool folder = strchr(v->name, '/') != NULL;
    table *t = table_new(folder ? "llll" : "lll");
    for (int i = 0; i < v->count; i++) {
        const lcnn_file_check *file = &v->file[i];
        const char *name = strrchr(file->path, '/');
        table_cell(t, text_plain(name ? name + 1 : file->path));
        if (folder)
            table_cell(t, text_plain(text_printf("%s%s%s", file->set, *file->set ? ", " : "",
                                                 file->role)));
        table_cell(t, verdict_text(file->verdict));
        table_cell(t, text_plain(file->note));
    }
    table_print(t, stdout, 2);
    table_free(t);
    if (folder)
        print_recognised(v);
}

/* ---- All of it ------------------------------------------------------------------------------- */

static json_t *as_json(const lcnn_verification *v) {
    json_t *files = json_array();
    for (int i = 0; files && i < v->count; i++) {
        const lcnn_file_check *file = &v->file[i];
        json_array_append_new(files,
                              json_pack("{s:o, s:o, s:s, s:s, s:o}", "path", json_text(file->path),
                                        "set", *file->set ? json_text(file->set) : json_null(),
                                        "role", file->role, "verdict", verdict_word(file->verdict),
                                        "note", json_text(file->note)));
    }
    return json_pack("{s:o, s:o}", "name", json_text(v->name), "files", files);
}

/* Adds to the list, or prints; the status is that of data when a file differs. */
static int verify_one(const char *name, json_t *list) {
    lcnn_errors *errors = messages_begin();
    lcnn_verification *v = lcnn_data_verify(name, errors);
    int status = messages_end(errors);
    if (!v)
        return status;
    for (int i = 0; i < v->count; i++)
        if (v->file[i].verdict == LCNN_FILE_DIFFERS)
            status = LCNN_BAD_DATA;
    if (!list)
        print_text(v);
    else if (json_array_append_new(list, as_json(v)) != 0)
        no_memory();
    lcnn_verification_free(v);
    fflush(stdout);
    return status;
}

static int verify_here(json_t *list) {
    int count, first = LCNN_OK, found = 0;
    lcnn_errors *errors = messages_begin();
    const lcnn_data_info *all = lcnn_data_catalogue(&count, errors);
    int status = messages_end(errors);
    for (int i = 0; all && i < count; i++)
        if (all[i].where && strcmp(all[i].where, "built in") != 0) {
            found++;
            int one = verify_one(all[i].name, list);
            first = first == LCNN_OK ? one : first;
        }
    if (all && found == 0 && !list)
        puts("none of the sets that 'lcnn data' lists has its files here");
    return all ? first : status;
}

static int verify_main(const arguments *args) {
    json_t *list = args->json ? json_array() : NULL;
    int status = LCNN_OK;
    if (args->json && !list)
        no_memory();
    if (args->operand_count == 0)
        status = verify_here(list);
    for (int i = 0; i < args->operand_count; i++) {
        int one = verify_one(args->operand[i], list);
        status = status == LCNN_OK ? one : status;
    }
    if (list) {
        json_t *all = json_pack("{s:o, s:b}", "sets", list, "ok", status == LCNN_OK);
        if (!all)
            no_memory();
        json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(all);
    }
    return status;
}

const command data_verify = {
    .name = "data verify",
    .summary = "Hold the files of data sets against their checksums",
    .operands = "[NAME]...",
    .min_operands = 0,
    .max_operands = 100,
    .about = "NAME is a set, or a folder, whose files are recognised by their content whatever "
             "they are called. Without NAME: every set that is here. The exit status is 4 when a "
             "file differs from the official one; a missing file is said, and no fault.",
    .options = options,
    .examples = "lcnn data verify\nlcnn data verify mnist\nlcnn data verify ./downloads",
    .run = verify_main,
};
