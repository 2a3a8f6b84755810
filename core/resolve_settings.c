/* resolve_settings.c - settings, "key=value" or a key and a value in another file, as trees that
 * are merged like those of files. */
#include "resolve_parts.h"

#include <string.h>

/* What a setting without a dot may name beside params. */
static const char *const top_keys[] = {"name", "about", "input", "nodes",
                                       "loss", "data",  "train", NULL};

/* A tree's marks, moved to the same columns of another text. */
static void move_marks(doc *d, const source *to) {
    d->at.source = to;
    d->key_at.source = to;
    for (doc *member = d->first; member != NULL; member = member->next)
        move_marks(member, to);
}

/* The value of "key=value". The key is parsed as so many blanks, which makes the columns right. */
static doc *setting_value(merger *m, const source *whole, size_t key_length) {
    mark at = {whole, 1, (int)key_length + 2};
    if (whole->text[key_length + 1 + strspn(whole->text + key_length + 1, " \t")] == '\0') {
        error_add(m->errors, LCNN_BAD_USAGE, at, "no value; an empty text is written ''");
        return NULL;
    }
    char *padded = arena_copy(m->a, whole->text, whole->length);
    if (padded == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    memset(padded, ' ', key_length + 1);
    doc *value = document_parse(m->a, whole->name, padded, whole->length, m->errors);
    if (value != NULL)
        move_marks(value, whole);
    return value;
}

static bool wrap(merger *m, doc **value, const char *key, size_t length, mark key_at) {
    doc *map = doc_new(m->a, DOC_MAP, key_at);
    const char *copy = arena_copy(m->a, key, length);
    if (map == NULL || copy == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    doc_append(map, copy, *value);
    (*value)->key_at = key_at;
    *value = map;
    return true;
}

/* A key without dots that names no param, but what stands beside the params. */
static bool is_top_key(const merger *m, const char *key, size_t length) {
    const doc *params = doc_get(m->model, "params");
    for (const doc *d = params != NULL && params->kind == DOC_MAP ? params->first : NULL; d != NULL;
         d = d->next)
        if (strlen(d->key) == length && strncmp(d->key, key, length) == 0)
            return false;
    for (const char *const *top = top_keys; *top != NULL; top++)
        if (strlen(*top) == length && strncmp(*top, key, length) == 0)
            return true;
    return false;
}

/* What the key a.b.c gets as {a: {b: {c: value}}}, what a gets as {params: {a: value}} or {a:
 * value}. `at` is where the key stands. NULL with a message. */
static doc *nest(merger *m, doc *value, const char *key, size_t length, mark at) {
    bool bare = memchr(key, '.', length) == NULL && !is_top_key(m, key, length);
    for (const char *end = key + length, *begin; end > key; end = begin - 1) {
        for (begin = end; begin > key && begin[-1] != '.';)
            begin--;
        mark part = {at.source, at.line, at.column + (int)(begin - key)};
        if (!wrap(m, &value, begin, (size_t)(end - begin), part))
            return NULL;
        if (begin == key)
            break;
    }
    return bare && !wrap(m, &value, "params", 6, at) ? NULL : value;
}

/* "a.b.c=x" as such a map; NULL with a message. */
static doc *read_setting(merger *m, const char *setting) {
    const char *name = arena_format(m->a, "--set %s", setting);
    const source *whole =
        name == NULL ? NULL : error_source(m->errors, name, setting, strlen(setting));
    if (whole == NULL) {
        error_no_memory(m->errors);
        return NULL;
    }
    const char *text = whole->text, *equals = strchr(text, '=');
    if (equals == NULL || equals == text || equals[-1] == '.' || text[0] == '.' ||
        (strstr(text, "..") != NULL && strstr(text, "..") < equals)) {
        error_add(m->errors, LCNN_BAD_USAGE, (mark){whole, 1, 1},
                  "expected key=value, such as kernel=7 or train.epochs=3");
        return NULL;
    }
    size_t length = (size_t)(equals - text);
    doc *value = setting_value(m, whole, length);
    return value == NULL ? NULL : nest(m, value, text, length, (mark){whole, 1, 1});
}

/* The same of a key and a value that stand in a file. */
doc *read_change(merger *m, const model_change *c) {
    if (c->setting != NULL)
        return read_setting(m, c->setting);
    size_t length = strlen(c->key);
    if (length == 0 || c->key[0] == '.' || c->key[length - 1] == '.' || strstr(c->key, "..")) {
        error_add(m->errors, LCNN_BAD_MODEL, c->key_at,
                  "'%s': expected a key of a model, such as kernel or train.epochs", c->key);
        return NULL;
    }
    doc *value = doc_copy(m->a, c->value);
    if (value != NULL)
        return nest(m, value, c->key, length, c->key_at);
    error_no_memory(m->errors);
    return NULL;
}

bool check_param(merger *m, const doc *setting) {
    const doc *given = doc_get(setting, "params");
    if (given == NULL || given->kind != DOC_MAP)
        return true;
    const doc *params = doc_get(m->model, "params");
    if (params != NULL && params->kind == DOC_MAP && doc_get(params, given->first->key) != NULL)
        return true;
    int count = params == NULL || params->kind != DOC_MAP ? 0 : params->count, n = 0;
    const char **known =
        arena_array(m->a, (size_t)count + sizeof top_keys / sizeof *top_keys, sizeof *known);
    if (known == NULL) {
        error_no_memory(m->errors);
        return false;
    }
    for (const doc *d = count == 0 ? NULL : params->first; d != NULL; d = d->next)
        known[n++] = d->key;
    memcpy(known + n, top_keys, sizeof top_keys);
    return unknown_name(m, given->first->key_at, "param", given->first->key, known);
}
