/* attr.h - tables of attributes: the one way in which a key of any YAML map becomes a checked C value.
 *
 * A table is an array of rows ended by a row without name. It gives each key its type, place in a struct, default, range
 * and help; from the same rows come parsing, located errors, the resolved model, `lcnn ops` and the manual. Everything that
 * is chosen by name and has attributes (operators, initialisers, optimisers, schedules, transforms) is a component: a
 * name, prose and a table. Knows no component by name. */
#ifndef ATTR_H
#define ATTR_H

#include "arena.h"
#include "document.h"
#include "error.h"

typedef struct component component;
typedef struct component_set component_set;

/* The type of an attribute, with the C type found at its offset. */
typedef enum attr_type {
    ATTR_INT,       /* int */
    ATTR_REAL,      /* double */
    ATTR_BOOL,      /* bool */
    ATTR_STRING,    /* const char * */
    ATTR_CHOICE,    /* int, an index into choices */
    ATTR_PAIR,      /* attr_pair; one number in YAML stands for both */
    ATTR_INTS,      /* attr_ints: a list */
    ATTR_REALS,     /* attr_reals: a list; one number is a list of one */
    ATTR_INT_LISTS, /* attr_int_lists: a list of lists */
    ATTR_PADDING,   /* attr_padding: valid, same, n, [y, x] or [top, bottom, left, right] */
    ATTR_COMPONENT, /* attr_component: a name, or a map with `op` and attributes, from `components` */
} attr_type;

typedef struct attr_pair {
    int y, x; /* height before width, always */
} attr_pair;

typedef struct attr_ints {
    int count;
    const int *value;
} attr_ints;

typedef struct attr_reals {
    int count;
    const double *value;
} attr_reals;

typedef struct attr_int_lists {
    int count;
    const attr_ints *list;
} attr_int_lists;

typedef enum padding_mode { PADDING_VALID, PADDING_SAME, PADDING_EXPLICIT } padding_mode;

typedef struct attr_padding {
    padding_mode mode;
    int top, bottom, left, right; /* explicit only; otherwise 0 */
} attr_padding;

enum { ATTR_PADDING_MAX = 65536 };

typedef struct attr_component {
    const component *type; /* NULL when the attribute is absent and has no default */
    void *attrs;           /* struct of type->size bytes */
} attr_component;

typedef struct attr {
    const char *name;
    attr_type type;
    size_t offset;
    const char *initial;          /* default as YAML text; NULL: must be given; "" for a component: none (type NULL), for a
                                     string: the empty one, for reals and lists of lists: none */
    double min, max;              /* range of each number; max not above min: no upper limit; both 0 and not above_min: any
                                     finite number (any int; padding: 0 to ATTR_PADDING_MAX) */
    bool above_min;               /* the range does not include min itself */
    const char *const *choices;   /* ATTR_CHOICE: names, NULL-ended */
    const char *like;             /* ATTR_PAIR without initial: the row above it whose value is the default */
    const char *word;             /* ATTR_INT: stands for 0, whatever the range is, and is written for it ("all") */
    const component_set *components; /* ATTR_COMPONENT: what may be chosen from */
    const char *help;             /* one line, no full stop */
} attr;

struct component {
    const char *name;
    const char *summary;   /* one line, no full stop */
    const char *doc;       /* some lines: formula, shapes, gradient, source */
    const char *primary;   /* attribute set by a bare number or list in place of a map; NULL: none */
    size_t size;           /* of the attribute struct; 0 when there are no attributes */
    const attr *attrs;     /* NULL when there are none */
};

struct component_set {
    const char *kind;                /* "operator", "optimizer", ... as messages name it */
    const component *const *members; /* NULL-ended */
};

const component *component_find(const component_set *set, const char *name);

/* Reads `map` into `out` (type size given by the table's owner; arena memory for lists). Keys in `skip` (NULL-ended, may be
 * NULL) are left to the caller. `what` begins the messages: "conv2d 'c1'". `map` may be NULL: all defaults. Reports every
 * fault it finds; false if there was any. */
bool attr_parse(const attr *table, const doc *map, const char *const *skip, const char *what, void *out, arena *a,
                lcnn_errors *errors);

/* Reads a value that names a component: a bare name, a bare number or list (the one member whose primary attribute takes
 * it), or a map with `op`. */
bool component_parse(const component_set *set, const doc *value, const char *what, attr_component *out, arena *a,
                     lcnn_errors *errors);

/* The reverse, for the resolved model: appends every attribute of `in` to `map`, in table order, defaults included. */
bool attr_write(const attr *table, const void *in, doc *map, arena *a);
doc *component_write(const attr_component *value, arena *a);

/* "integer, at least 1", "one of valid, same or ...": type and range of a row as the manual prints them. */
const char *attr_describe(const attr *row, arena *a);

#endif
