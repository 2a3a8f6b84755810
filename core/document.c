/* document.c - from YAML text to a tree of marked nodes.
 *
 * libyaml is used for its events only. Its own loader would accept duplicate keys, tie cyclic nodes
 * from aliases, ignore further documents and take quadratic time for deep nesting. Bytes are
 * checked before libyaml sees them, since it reports a malformed one at 1:1. Writing is in
 * document_write.c. */
#include "config.h"

#include "document.h"

#include "file.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    TEXT_LIMIT = 1 << 20, /* bytes of one text */
    DEPTH_LIMIT = 32,
    NODE_LIMIT = 1 << 16, /* keys and values of one text: memory stays within some megabytes */
};

typedef struct reader {
    yaml_parser_t yaml;
    arena *a;
    const source *source;
    lcnn_errors *errors;
    size_t characters; /* in the whole text */
    int nodes;         /* made so far */
    bool faulty;       /* something was refused; reading goes on to find more */
} reader;

/* ---- Trees ----------------------------------------------------------------------------------- */

doc *doc_new(arena *a, doc_kind kind, mark at) {
    doc *d = arena_alloc(a, sizeof *d);
    if (d) {
        d->kind = kind;
        d->at = at;
    }
    return d;
}

static doc *new_scalar(arena *a, mark at, const char *text, size_t length, bool quoted) {
    doc *d = doc_new(a, DOC_SCALAR, at);
    if (!d)
        return NULL;
    d->text = arena_copy(a, text, length);
    d->quoted = quoted;
    return d->text ? d : NULL;
}

doc *doc_scalar(arena *a, mark at, const char *text, bool quoted) {
    return new_scalar(a, at, text, strlen(text), quoted);
}

void doc_append(doc *parent, const char *key, doc *child) {
    doc **link = &parent->first;
    while (*link)
        link = &(*link)->next;
    *link = child;
    child->key = key;
    child->next = NULL;
    parent->count++;
}

doc *doc_get(const doc *map, const char *key) {
    for (doc *d = map->first; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d;
    return NULL;
}

doc *doc_copy(arena *a, const doc *d) {
    doc *copy = arena_alloc(a, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *d;
    copy->next = NULL;
    doc **link = &copy->first;
    for (const doc *member = d->first; member; member = member->next) {
        *link = doc_copy(a, member);
        if (!*link)
            return NULL;
        link = &(*link)->next;
    }
    return copy;
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Why a well-formed character may not stand in a text, or NULL. YAML takes U+0085, U+2028 and
 * U+2029 for ends of lines, editors do not; places would differ. */
static const char *refuse_character(const char *p, int length) {
    const unsigned char *u = (const unsigned char *)p;
    if (length == 1) {
        if (u[0] == '\0')
            return "a NUL byte; this is no plain text";
        if ((u[0] < 0x20 && !strchr("\t\r\n", u[0])) || u[0] == 0x7F)
            return "a control character";
    }
    if (length == 2 && u[0] == 0xC2 && u[1] < 0xA0)
        return "a control character";
    if (length == 3 && u[0] == 0xE2 && u[1] == 0x80 && (u[2] == 0xA8 || u[2] == 0xA9))
        return "a Unicode line separator; end lines in the usual way";
    if (length == 3 && u[0] == 0xEF && u[1] == 0xBB && u[2] == 0xBF)
        return "a byte order mark inside the text";
    if (length == 3 && u[0] == 0xEF && u[1] == 0xBF && u[2] >= 0xBE)
        return "a code point that is no character";
    return NULL;
}

/* Checks every byte and counts the characters; reports the first fault only, since binary files
 * have thousands. */
static bool check_bytes(reader *r) {
    const char *text = r->source->text, *end = text + r->source->length;
    mark at = {.source = r->source, .line = 1, .column = 1};
    bool indentation = true;
    for (const char *p = text; p < end; r->characters++) {
        int length = utf8_length(p, end);
        const char *why = length ? refuse_character(p, length) : NULL;
        if (*p == '\r' && p[1] != '\n') /* a NUL follows the last */
            why = "a carriage return without a line feed";
        else if (*p == '\t' && indentation)
            why = "a tab in the indentation; YAML wants spaces";
        if (!length)
            error_add(r->errors, LCNN_BAD_MODEL, at,
                      "byte 0x%02X is not UTF-8; save the file as UTF-8", (unsigned char)*p);
        else if (why)
            error_add(r->errors, LCNN_BAD_MODEL, at, "%s", why);
        if (!length || why)
            return false;

        indentation = *p == '\n' || (indentation && *p == ' ');
        at.column = *p == '\n' ? 1 : at.column + 1;
        at.line += *p == '\n';
        p += length;
    }
    return true;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* libyaml counts from 0. */
static mark mark_of(const reader *r, const yaml_mark_t *m) {
    return (mark){.source = r->source, .line = (int)m->line + 1, .column = (int)m->column + 1};
}

static void report_syntax(reader *r) {
    const yaml_parser_t *yaml = &r->yaml;
    if (yaml->error == YAML_MEMORY_ERROR) {
        error_no_memory(r->errors);
        return;
    }
    mark at = mark_of(r, &yaml->problem_mark), from = mark_of(r, &yaml->context_mark);
    if (!yaml->context || (yaml->context_mark.index == yaml->problem_mark.index))
        error_add(r->errors, LCNN_BAD_MODEL, at, "not valid YAML: %s", yaml->problem);
    else if (yaml->problem_mark.index >= r->characters)
        /* At the end of the text there is nothing to show; what is unfinished began earlier. */
        error_add(r->errors, LCNN_BAD_MODEL, from, "not valid YAML: %s, %s that begins here",
                  yaml->problem, yaml->context);
    else
        error_add(r->errors, LCNN_BAD_MODEL, at,
                  "not valid YAML: %s, %s that begins at line %d, column %d", yaml->problem,
                  yaml->context, from.line, from.column);
}

static bool next_event(reader *r, yaml_event_t *event) {
    if (yaml_parser_parse(&r->yaml, event))
        return true;
    report_syntax(r);
    return false;
}

static void refuse(reader *r, mark at, const char *why) {
    error_add(r->errors, LCNN_BAD_MODEL, at, "%s", why);
    r->faulty = true;
}

/* Aliases are refused with their anchors: a file that needs a value twice names it in `params`. */
static void refuse_properties(reader *r, const yaml_event_t *event) {
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    mark at = mark_of(r, &event->start_mark);
    if (event->type == YAML_ALIAS_EVENT)
        refuse(r, at, "an alias (*); name the value in 'params' and write $name instead");
    if (anchor)
        refuse(r, at, "an anchor (&); name the value in 'params' and write $name instead");
    if (tag)
        refuse(r, at, "a tag (!); types are known from the keys");
}

static doc *read_scalar(reader *r, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    mark at = mark_of(r, &event->start_mark);
    if (memchr(text, '\0', length))
        refuse(r, at, "a text with a NUL character in it");
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return new_scalar(r->a, at, text, length, quoted);
}

/* By key, then by place. */
static int compare_keys(const void *x, const void *y) {
    const doc *a = *(doc *const *)x, *b = *(doc *const *)y;
    int order = strcmp(a->key, b->key);
    if (order == 0)
        order = a->key_at.line - b->key_at.line;
    return order ? order : a->key_at.column - b->key_at.column;
}

/* Sorted, because comparing every pair of keys takes seconds on a hostile file. */
static bool refuse_duplicates(reader *r, const doc *map) {
    doc **keys = arena_array(r->a, (size_t)map->count, sizeof *keys);
    if (!keys) {
        error_no_memory(r->errors);
        return false;
    }
    size_t count = 0;
    for (doc *d = map->first; d; d = d->next)
        keys[count++] = d;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1]->key, keys[i]->key) == 0) {
            mark earlier = keys[i - 1]->key_at;
            error_add(r->errors, LCNN_BAD_MODEL, keys[i]->key_at,
                      "'%.64s' is given twice; the other is at line %d, column %d", keys[i]->key,
                      earlier.line, earlier.column);
            r->faulty = true;
        }
    return true;
}

static doc *read_node(reader *r, yaml_event_t *event, int depth);

/* Reads the next value; *end tells that the list or map ended instead. */
static doc *read_next(reader *r, int depth, bool *end) {
    yaml_event_t event;
    if (!next_event(r, &event))
        return NULL;
    *end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    doc *d = *end ? NULL : read_node(r, &event, depth);
    yaml_event_delete(&event);
    return d;
}

static void check_key(reader *r, const doc *key) {
    if (key->kind != DOC_SCALAR)
        refuse(r, key->at, "a list or map as a key; keys are words");
    else if (key->text[0] == '\0')
        refuse(r, key->at, "a key is missing here");
}

/* The members of a list or map up to its end. False when reading cannot go on. */
static bool read_members(reader *r, doc *parent, int depth) {
    doc **link = &parent->first;
    bool end = false;
    for (;;) {
        doc *key = NULL;
        if (parent->kind == DOC_MAP) {
            key = read_next(r, depth, &end);
            if (!key)
                break;
            check_key(r, key);
        }
        doc *value = read_next(r, depth, &end);
        if (!value)
            break;
        if (key) {
            value->key_at = key->at;
            value->key = key->kind == DOC_SCALAR ? key->text : "";
        }
        *link = value;
        link = &value->next;
        parent->count++;
    }
    return end && (parent->kind == DOC_LIST || parent->count < 2 || refuse_duplicates(r, parent));
}

/* The node that begins with this event; NULL, always with a message, when reading cannot go on. */
static doc *read_node(reader *r, yaml_event_t *event, int depth) {
    mark at = mark_of(r, &event->start_mark);
    refuse_properties(r, event);
    if (++r->nodes > NODE_LIMIT) {
        error_add(r->errors, LCNN_BAD_MODEL, at, "more than %d keys and values", NODE_LIMIT);
        return NULL;
    }
    doc *d;
    if (event->type == YAML_SCALAR_EVENT)
        d = read_scalar(r, event);
    else if (event->type == YAML_ALIAS_EVENT)
        d = doc_scalar(r->a, at, (const char *)event->data.alias.anchor, true);
    else if (depth == DEPTH_LIMIT) {
        error_add(r->errors, LCNN_BAD_MODEL, at, "lists and maps nested more than %d deep",
                  DEPTH_LIMIT);
        return NULL;
    } else {
        d = doc_new(r->a, event->type == YAML_MAPPING_START_EVENT ? DOC_MAP : DOC_LIST, at);
        if (d && !read_members(r, d, depth + 1))
            return NULL;
    }
    if (!d)
        error_no_memory(r->errors);
    return d;
}

/* ---- Documents ------------------------------------------------------------------------------- */

/* Takes the next event, which must be of one of the two types: the first goes on (true), the second
 * ends with `why`. */
static bool expect(reader *r, yaml_event_type_t wanted, yaml_event_type_t other, const char *why) {
    yaml_event_t event;
    if (!next_event(r, &event))
        return false;
    yaml_event_type_t type = event.type;
    mark at = mark_of(r, &event.start_mark);
    yaml_event_delete(&event);
    if (type == other)
        refuse(r, at, why);
    return type == wanted;
}

/* Exactly one document, whole. */
static doc *read_document(reader *r) {
    bool end;
    if (!expect(r, YAML_STREAM_START_EVENT, YAML_NO_EVENT, "") ||
        !expect(r, YAML_DOCUMENT_START_EVENT, YAML_STREAM_END_EVENT, "the text is empty"))
        return NULL;
    doc *root = read_next(r, 0, &end);
    if (!root || !expect(r, YAML_DOCUMENT_END_EVENT, YAML_NO_EVENT, "") ||
        !expect(r, YAML_STREAM_END_EVENT, YAML_DOCUMENT_START_EVENT,
                "a second document; a file holds one"))
        return NULL;
    return r->faulty ? NULL : root;
}

doc *document_parse(arena *a, const char *name, const char *text, size_t length,
                    lcnn_errors *errors) {
    if (length > TEXT_LIMIT) {
        error_add(errors, LCNN_BAD_MODEL, error_file(errors, name), "larger than %d bytes",
                  TEXT_LIMIT);
        return NULL;
    }
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* some editors begin with it */
        text += 3;
        length -= 3;
    }
    reader r = {.a = a, .errors = errors, .source = error_source(errors, name, text, length)};
    if (!r.source || !check_bytes(&r))
        return NULL;
    if (!yaml_parser_initialize(&r.yaml)) {
        error_no_memory(errors);
        return NULL;
    }
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)r.source->text, length);
    doc *root = read_document(&r);
    yaml_parser_delete(&r.yaml);
    return root;
}

doc *document_read(arena *a, const char *path, lcnn_errors *errors) {
    size_t length;
    char *text = file_read(path, TEXT_LIMIT, &length, LCNN_BAD_MODEL, errors);
    if (!text)
        return NULL;
    doc *root = document_parse(a, path, text, length, errors);
    free(text);
    if (root && root->kind != DOC_MAP) {
        error_add(errors, LCNN_BAD_MODEL, root->at,
                  "a file holds a map, lines of 'key: value', not %s",
                  root->kind == DOC_LIST ? "a list" : "a single value");
        return NULL;
    }
    return root;
}
