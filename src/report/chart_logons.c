/* chart_logons.c - the graph of logons between machines, as a picture.
 *
 * Boxes are machines and addresses, in three columns: where sign-ins only come
 * from, machines that were signed in to, and machines reached from those.
 * Addresses that nothing is known against are drawn as one box for each machine
 * they went to: the picture is about the way an intruder took. */
#include "report/chart_draw.h"

#include <sqlite3.h>
#include <stdlib.h>

enum { NODES_MAX = 26, EDGES_MAX = 40, COLUMNS = 3, USERS_SHOWN = 3 };
static const float BOX_W = 150, BOX_H = 40, ROW = 62, TOP = 26, LABEL_W = 112, LABEL_H = 26;
/* Where columns begin when two, and when three are used. */
static const float COLUMN_X[2][COLUMNS] = { { 1, 430, 569 }, { 1, 285, 569 } };

enum role { R_INTRUDER, R_HOST, R_EXTERNAL, R_INTERNAL };

struct node {
    struct ak_str label, below;
    enum role role;
    bool target;
    unsigned column, row;
    unsigned n_in, n_out, n_labels; /* edges; labels beside its right side so far */
    float x, y;
    uint64_t n_members;   /* of a box that stands for several addresses */
    struct ak_str member; /* one of them */
};

struct edge {
    size_t from, to;
    struct ak_str users; /* JSON array */
    uint64_t n, n_sources;
    int64_t first_ns, last_ns;
    bool attributed;
};

struct graph {
    struct ak_doc *doc;
    struct node nodes[NODES_MAX];
    size_t n_nodes;
    struct edge edges[EDGES_MAX];
    size_t n_edges;
    uint64_t left_out;
};

/* ---- reading ---- */

static enum role role_of(struct ak_str text)
{
    static const char *const NAMES[] = { "intruder", "host", "external", "internal" };
    for (unsigned i = 0; i < 4; i++)
        if (ak_str_eq(text, ak_str_of(NAMES[i])))
            return (enum role)i;
    return R_INTERNAL;
}

/* "WEB01" and "web01.example.jp" are one machine. */
static bool same_machine(struct ak_str a, struct ak_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    if (!n || !ak_str_eq_fold((struct ak_str){ a.at, n }, (struct ak_str){ b.at, n }))
        return false;
    return a.n == b.n || (a.n > n ? a.at[n] : b.at[n]) == '.';
}

static size_t add_node(struct graph *g, const struct node *node)
{
    if (g->n_nodes == NODES_MAX)
        return NODES_MAX;
    g->nodes[g->n_nodes] = *node;
    return g->n_nodes++;
}

static size_t find_machine(const struct graph *g, struct ak_str name)
{
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].role == R_HOST && same_machine(g->nodes[i].label, name))
            return i;
    return NODES_MAX;
}

static size_t target_node(struct graph *g, struct ak_str host)
{
    size_t at = find_machine(g, host);
    if (at == NODES_MAX)
        at = add_node(g, &(struct node){ .label = host, .role = R_HOST });
    if (at < NODES_MAX)
        g->nodes[at].target = true;
    return at;
}

/* A machine of the case, by the name its address is known by; NODES_MAX when it is none. */
static size_t machine_node(struct graph *g, struct ak_str source, struct ak_str name,
                           enum role role)
{
    struct ak_str label = name.n ? name : source, below = name.n ? source : AK_STR("");
    size_t i = find_machine(g, label);
    if (i == NODES_MAX && role == R_HOST)
        return add_node(g, &(struct node){ .label = label, .below = below, .role = R_HOST });
    if (i < NODES_MAX && !g->nodes[i].below.n)
        g->nodes[i].below = below;
    return i;
}

static size_t intruder_node(struct graph *g, struct ak_str source, struct ak_str name)
{
    for (size_t i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].role == R_INTRUDER && ak_str_eq(g->nodes[i].label, source))
            return i;
    return add_node(g, &(struct node){ .label = source, .below = name, .role = R_INTRUDER });
}

/* One box for all unremarkable addresses that went to the same machine. */
static size_t crowd_node(struct graph *g, struct ak_str source, struct ak_str name, enum role role,
                         size_t to)
{
    for (size_t i = 0; i < g->n_edges; i++) {
        struct node *n = &g->nodes[g->edges[i].from];
        if (g->edges[i].to == to && n->role == role) {
            n->n_members++;
            return g->edges[i].from;
        }
    }
    return add_node(
        g, &(struct node){
               .label = source, .below = name, .role = role, .n_members = 1, .member = source });
}

static size_t source_node(struct graph *g, struct ak_str source, struct ak_str name, enum role role,
                          size_t to)
{
    size_t i =
        role == R_HOST || role == R_INTRUDER ? machine_node(g, source, name, role) : NODES_MAX;
    if (i < NODES_MAX)
        return i;
    return role == R_INTRUDER ? intruder_node(g, source, name)
                              : crowd_node(g, source, name, role, to);
}

static struct edge *edge_between(struct graph *g, size_t from, size_t to)
{
    for (size_t i = 0; i < g->n_edges; i++)
        if (g->edges[i].from == from && g->edges[i].to == to)
            return &g->edges[i];
    if (g->n_edges == EDGES_MAX)
        return NULL;
    g->edges[g->n_edges] = (struct edge){ .from = from, .to = to };
    return &g->edges[g->n_edges++];
}

static void take_row(struct ak_report *r, void *stmt, void *self)
{
    struct graph *g = self;
    enum role role = role_of(ak_report_column(r, stmt, 2));
    size_t to = target_node(g, ak_report_column(r, stmt, 3));
    size_t from = to < NODES_MAX ? source_node(g, ak_report_column(r, stmt, 0),
                                               ak_report_column(r, stmt, 1), role, to)
                                 : NODES_MAX;
    struct edge *e = from < NODES_MAX && from != to ? edge_between(g, from, to) : NULL;
    if (!e) {
        g->left_out += from != to || to == NODES_MAX;
        return;
    }
    int64_t first = ak_report_ns(ak_report_column(r, stmt, 6)),
            last = ak_report_ns(ak_report_column(r, stmt, 7));
    e->users = e->n ? e->users : ak_report_column(r, stmt, 4);
    e->first_ns = e->n && e->first_ns < first ? e->first_ns : first;
    e->last_ns = e->n && e->last_ns > last ? e->last_ns : last;
    e->n_sources++;
    e->n += (uint64_t)sqlite3_column_int64(stmt, 5);
    e->attributed |= role == R_INTRUDER;
}

/* ---- placing ---- */

/* A machine stands right of those that sign in to it, as far as columns go. */
static void choose_columns(struct graph *g)
{
    for (size_t i = 0; i < g->n_nodes; i++)
        g->nodes[i].column = g->nodes[i].target ? 1 : 0;
    for (size_t i = 0; i < g->n_edges; i++) {
        const struct node *from = &g->nodes[g->edges[i].from];
        if (from->column == 1)
            g->nodes[g->edges[i].to].column = 2;
    }
}

/* A label stands beside the source, but where the source has several edges and
 * the target only this one. */
static bool label_at_target(const struct graph *g, const struct edge *e)
{
    return g->nodes[e->from].n_out > 1 && g->nodes[e->to].n_in == 1;
}

static void count_edges(struct graph *g)
{
    for (size_t i = 0; i < g->n_edges; i++) {
        g->nodes[g->edges[i].from].n_out++;
        g->nodes[g->edges[i].to].n_in++;
    }
    for (size_t i = 0; i < g->n_edges; i++)
        g->nodes[g->edges[i].from].n_labels += !label_at_target(g, &g->edges[i]);
}

/* From top to bottom in the order of arrival, the way of the intruder first; the
 * height of all. */
static float choose_places(struct graph *g)
{
    float next[COLUMNS] = { TOP, TOP, TOP }, most = 0;
    unsigned rows[COLUMNS] = { 0 };
    bool three = false;
    for (size_t i = 0; i < g->n_nodes; i++)
        three |= g->nodes[i].column == COLUMNS - 1;
    for (size_t i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        n->x = COLUMN_X[three][n->column];
        n->y = next[n->column];
        n->row = rows[n->column]++;
        next[n->column] += ROW + (n->n_labels > 1 ? LABEL_H * (float)(n->n_labels - 1) : 0);
        most = next[n->column] > most ? next[n->column] : most;
        n->n_labels = 0;
    }
    return most;
}

/* ---- drawing ---- */

static void put_box_text(struct ak_doc *doc, struct ak_chart *c, const struct node *n, float dy,
                         struct ak_str text, bool small)
{
    struct ak_mark *m = ak_chart_text(doc, c, n->x + BOX_W / 2, n->y + dy, text);
    m->anchor = AK_ANCHOR_MIDDLE;
    m->w = BOX_W - 8;
    m->bold = !small;
    m->size = small ? 8.5f : AK_CHART_SMALL;
    m->tone = n->role == R_INTRUDER ? AK_TONE_CLEARED : small ? AK_TONE_MUTED : AK_TONE_INK;
}

static struct ak_str counted(struct ak_doc *doc, const char *english, uint64_t n)
{
    struct ak_buf b = { 0 }, number = { 0 };
    ak_put_number(&number, n);
    struct ak_filling with = { "n", ak_buf_view(&number) };
    ak_put_filled(&b, ak_word(doc->lang, english), &with, 1);
    ak_buf_free(&number);
    return ak_doc_keep_buf(doc, &b);
}

static void put_box(struct ak_doc *doc, struct ak_chart *c, const struct node *n)
{
    static const char *const BELOW[] = { "judged to be the intruder's", "", "address outside",
                                         "address inside" };
    ak_chart_rect(doc, c, AK_TONE_PAPER, n->x, n->y, BOX_W, BOX_H);
    struct ak_mark *m = ak_chart_rect(
        doc, c, n->role == R_INTRUDER ? AK_TONE_CLEARED : AK_TONE_MUTED, n->x, n->y, BOX_W, BOX_H);
    m->kind = AK_MARK_FRAME;
    struct ak_str label = n->label, below = n->below;
    if (n->n_members > 1) {
        label = counted(doc,
                        n->role == R_EXTERNAL ? "{n} other addresses outside"
                                              : "{n} other addresses inside",
                        n->n_members);
        below = n->member;
    } else if (!below.n && *BELOW[n->role]) {
        below = ak_doc_words(doc, BELOW[n->role]);
    }
    put_box_text(doc, c, n, below.n ? 17 : 24, label, false);
    if (below.n)
        put_box_text(doc, c, n, 31, below, true);
}

/* ["deploy","root"] of the case as "deploy, root". */
struct names {
    struct ak_buf text;
    size_t n;
};

static void take_user(struct ak_report *r, void *stmt, void *self)
{
    struct names *names = self;
    if (names->n++ < USERS_SHOWN) {
        ak_buf_text(&names->text, names->text.n ? ", " : "");
        ak_buf_str(&names->text, ak_report_column(r, stmt, 0));
    }
}

static struct ak_str users_text(struct ak_doc *doc, struct ak_report *r, const struct edge *e)
{
    struct names names = { .n = 0 };
    if (e->n_sources > 1)
        return counted(doc, "{n} sign-ins", e->n);
    ak_report_each(r, "SELECT value FROM json_each(?1) WHERE json_valid(?1)", e->users, take_user,
                   &names);
    ak_buf_text(&names.text, names.n > USERS_SHOWN ? ", \xE2\x80\xA6" : "");
    ak_buf_printf(&names.text, " \xC3\x97%llu", (unsigned long long)e->n);
    return ak_doc_keep_buf(doc, &names.text);
}

static struct ak_str span_text(struct ak_doc *doc, const struct ak_report *r, const struct edge *e)
{
    struct ak_buf b = { 0 };
    ak_put_minute(&b, e->first_ns, &r->zone);
    if (e->last_ns != e->first_ns) {
        ak_buf_text(&b, doc->lang == AK_LANG_JA ? "〜" : " to ");
        ak_put_minute(&b, e->last_ns, &r->zone);
    }
    return ak_doc_keep_buf(doc, &b);
}

/* From the right side of one box to the left of the other; within a column, and
 * backwards, from side to side. */
static void put_label(struct ak_doc *doc, struct ak_chart *c, struct ak_report *r,
                      const struct edge *e, float x, float y)
{
    struct ak_mark *m = ak_chart_text(doc, c, x, y - 5, users_text(doc, r, e));
    m->size = 9;
    m->w = LABEL_W;
    m->tone = e->attributed ? AK_TONE_CLEARED : AK_TONE_INK;
    m = ak_chart_text(doc, c, x, y + 10, span_text(doc, r, e));
    m->size = 7.5f;
    m->tone = AK_TONE_MUTED;
}

static void put_edge(struct ak_doc *doc, struct ak_chart *c, struct ak_report *r, struct graph *g,
                     const struct edge *e)
{
    struct node *from = &g->nodes[e->from], *to = &g->nodes[e->to];
    bool forward = from->column < to->column;
    float x1 = from->x + BOX_W, y1 = from->y + BOX_H / 2;
    float x2 = to->x + (forward ? 0 : BOX_W), y2 = to->y + BOX_H / 2;
    enum ak_tone tone = e->attributed ? AK_TONE_CLEARED : AK_TONE_MUTED;
    if (forward && label_at_target(g, e)) {
        put_label(doc, c, r, e, x2 - LABEL_W, y2);
        ak_chart_line(doc, c, tone, x1, y1, x2 - LABEL_W - 4 - x1, y2 - y1);
        ak_chart_line(doc, c, tone, x2 - LABEL_W - 4, y2, LABEL_W + 4, 0);
    } else if (forward) {
        float y = y1 + LABEL_H * (float)from->n_labels++;
        put_label(doc, c, r, e, x1 + 6, y);
        ak_chart_line(doc, c, tone, x1, y1, 4, y - y1);
        ak_chart_line(doc, c, tone, x1 + 4, y, LABEL_W, 0);
        ak_chart_line(doc, c, tone, x1 + 4 + LABEL_W, y, x2 - x1 - 4 - LABEL_W, y2 - y);
    } else {
        ak_chart_line(doc, c, tone, x1, y1, x2 - x1, y2 - y1);
    }
    float back = forward ? -7.0f : 7.0f;
    ak_chart_line(doc, c, tone, x2, y2, back, -4);
    ak_chart_line(doc, c, tone, x2, y2, back, 4);
}

static void put_heads(struct ak_doc *doc, struct ak_chart *c, const struct graph *g)
{
    static const char *const HEADS[COLUMNS] = { "signed in from", "machines signed in to",
                                                "reached from those" };
    for (size_t i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->row)
            continue;
        struct ak_mark *m = ak_chart_text(doc, c, n->x, 12, ak_doc_words(doc, HEADS[n->column]));
        m->tone = AK_TONE_MUTED;
        m->size = 9;
    }
}

void ak_chart_logons(struct ak_doc *doc, struct ak_report *r)
{
    static const char SQL[] =
        "SELECT source, source_name, role, host, users, count, first, last FROM logons"
        " ORDER BY CASE role WHEN 'intruder' THEN 0 WHEN 'host' THEN 1 WHEN 'external' THEN 2 ELSE "
        "3 END, count DESC, source, host";
    struct graph *g = calloc(1, sizeof(*g));
    doc->failed |= !g || !ak_report_each(r, SQL, AK_STR(""), take_row, g);
    if (!g || g->n_edges == 0) {
        free(g);
        return;
    }
    choose_columns(g);
    count_edges(g);
    struct ak_chart *c =
        ak_chart_begin(doc, "Who signed in where, and from where", choose_places(g));
    put_heads(doc, c, g);
    for (size_t i = 0; i < g->n_edges; i++)
        put_edge(doc, c, r, g, &g->edges[i]);
    for (size_t i = 0; i < g->n_nodes; i++)
        put_box(doc, c, &g->nodes[i]);
    ak_doc_text(doc, AK_BLOCK_NOTE,
                ak_doc_words(doc, "Sign-ins over the network that succeeded; names below an "
                                  "address are what that machine called itself. "
                                  "The number is that of sign-ins as one log counts them."));
    if (g->left_out)
        ak_doc_text(doc, AK_BLOCK_NOTE,
                    counted(doc, "{n} further connections are not drawn; they are in case.db.",
                            g->left_out));
    free(g);
}
