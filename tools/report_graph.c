/* report_graph.c - a network drawn as a graph: its nodes in one column in order, what each reads
 * from the one above as an arrow, from further up as an arc on the left. An inline SVG whose
 * colours are the page's, light and dark. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "memory.h"
#include "report_run_parts.h"
#include "text.h"

enum { BOX_WIDTH = 300, BOX_HEIGHT = 42, GAP = 16, LANE = 13, MARGIN = 8, CORNER = 6 };
enum { LETTERS = 36 /* of a line in a box */ };

/* From node `from` (0: the input, layer i is i + 1) to node `to`. */
typedef struct edge {
    int from, to, lane; /* 0: straight down; else the lane on the left, 1 nearest to the boxes */
} edge;

typedef struct drawing {
    const lcnn_model *model;
    FILE *out;
    edge *edge;
    int edges, lanes, left; /* left: of the boxes */
} drawing;

/* ---- Edges ------------------------------------------------------------------------------------ */

/* The node called by the first `length` letters of `name`. */
static int node_of(const lcnn_model *m, const char *name, size_t length, int before) {
    for (int i = before - 1; i > 0; i--) {
        const char *other = lcnn_model_layer(m, i - 1).name;
        if (strlen(other) == length && strncmp(other, name, length) == 0)
            return i;
    }
    return 0;
}

static void add_edge(drawing *d, int from, int to) {
    d->edge = memory_grow(d->edge, (size_t)(d->edges + 1), sizeof *d->edge);
    d->edge[d->edges++] = (edge){from, to, 0};
}

static void find_edges(drawing *d) {
    for (int i = 0; i < lcnn_model_layer_count(d->model); i++)
        for (const char *at = lcnn_model_layer(d->model, i).inputs; *at;) {
            size_t length = strcspn(at, ",");
            add_edge(d, node_of(d->model, at, length, i + 1), i + 1);
            at += length;
            at += strspn(at, ", ");
        }
}

/* Whether an arc already in this lane lies beside this one. */
static bool is_taken(const drawing *d, int lane, const edge *e) {
    for (int i = 0; i < d->edges; i++) {
        const edge *other = &d->edge[i];
        if (other != e && other->lane == lane && other->from < e->to && e->from < other->to)
            return true;
    }
    return false;
}

/* Short arcs first, so that they lie inside the long ones. */
static void choose_lanes(drawing *d) {
    int nodes = lcnn_model_layer_count(d->model) + 1;
    for (int length = 2; length < nodes; length++)
        for (int i = 0; i < d->edges; i++) {
            edge *e = &d->edge[i];
            if (e->to - e->from != length)
                continue;
            int lane = 1;
            while (is_taken(d, lane, e))
                lane++;
            e->lane = lane;
            d->lanes = lane > d->lanes ? lane : d->lanes;
        }
}

/* ---- Drawing ---------------------------------------------------------------------------------- */

static int top_of(int index) {
    return MARGIN + index * (BOX_HEIGHT + GAP);
}

/* The colour of a node: what has weights, makes images smaller, joins branches, judges; all else
 * changes values one by one. */
static const char *role_of(const lcnn_model *m, int layer) {
    lcnn_layer l = lcnn_model_layer(m, layer);
    if (layer == lcnn_model_layer_count(m) - 1)
        return " loss";
    if (strstr(l.op, "pool") || strstr(l.op, "subsample"))
        return " pool";
    if (l.parameters > 0)
        return " weights";
    return strchr(l.inputs, ',') ? " merge" : "";
}

static void draw_words(const drawing *d, int y, const char *class, bool right, const char *text) {
    fprintf(d->out, "<text x=\"%d\" y=\"%d\"%s%s>", d->left + (right ? BOX_WIDTH - 10 : 14), y,
            class, right ? " text-anchor=\"end\"" : "");
    page_text(d->out, text);
    fputs("</text>", d->out);
}

static void draw_box(const drawing *d, int index, const char *role, const char *name,
                     const char *op, const char *output, const char *numbers) {
    int y = top_of(index);
    fprintf(d->out,
            "<g><rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>"
            "<rect class=\"mark%s\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" rx=\"2\"/>",
            d->left, y, BOX_WIDTH, BOX_HEIGHT, role, d->left, y, BOX_HEIGHT);
    draw_words(d, y + 18, " class=\"name\"", false, text_short(name, LETTERS - text_width(output)));
    draw_words(d, y + 34, " class=\"small\"", false, op);
    draw_words(d, y + 18, "", true, output);
    draw_words(d, y + 34, " class=\"small\"", true, numbers);
    fputs("</g>\n", d->out);
}

static void draw_tip(const drawing *d, int x, int y, bool across, const char *class) {
    if (across)
        fprintf(d->out, "<path class=\"tip%s\" d=\"M%d %dl-7 -4v8z\"/>\n", class, x, y);
    else
        fprintf(d->out, "<path class=\"tip%s\" d=\"M%d %dl-4 -7h8z\"/>\n", class, x, y);
}

static void draw_edge(const drawing *d, const edge *e) {
    if (e->lane == 0) {
        int x = d->left + BOX_WIDTH / 2, y = top_of(e->to);
        fprintf(d->out, "<path d=\"M%d %dV%d\"/>", x, top_of(e->from) + BOX_HEIGHT, y - 4);
        draw_tip(d, x, y, false, "");
        return;
    }
    int x = d->left - 6 - e->lane * LANE;
    int from = top_of(e->from) + BOX_HEIGHT - 12, to = top_of(e->to) + 12;
    fprintf(d->out, "<path class=\"skip\" d=\"M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d\"/>", d->left,
            from, x + CORNER, x, from, x, from + CORNER, to - CORNER, x, to, x + CORNER, to,
            d->left - 4);
    draw_tip(d, d->left, to, true, " skip");
}

static void draw_nodes(const drawing *d) {
    draw_box(d, 0, "", "input", "", lcnn_model_input(d->model), "");
    for (int i = 0; i < lcnn_model_layer_count(d->model); i++) {
        lcnn_layer l = lcnn_model_layer(d->model, i);
        draw_box(d, i + 1, role_of(d->model, i), l.name, l.op, l.output,
                 l.parameters ? text_plural(l.parameters, "parameter") : "");
    }
}

void report_graph(page *p, const lcnn_model *model) {
    drawing d = {.model = model, .out = page_out(p)};
    find_edges(&d);
    choose_lanes(&d);
    d.left = MARGIN + (d.lanes > 0 ? 10 + d.lanes * LANE : 0);
    int width = d.left + BOX_WIDTH + MARGIN;
    int height = top_of(lcnn_model_layer_count(model) + 1) - GAP + MARGIN;
    fprintf(d.out,
            "<div class=\"graph\" tabindex=\"0\"><svg xmlns=\"http://www.w3.org/2000/svg\" "
            "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"The network as a graph\">\n",
            width, height, width, height);
    for (int i = 0; i < d.edges; i++)
        draw_edge(&d, &d.edge[i]);
    draw_nodes(&d);
    fputs("</svg></div>\n", d.out);
    free(d.edge);
}
