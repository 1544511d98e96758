/* regex_parse.c - a pattern to a tree: pcre2pattern(3), the part of it that asks
 * whether and not where.
 *
 * Groups capture nothing, lazy quantifiers are greedy ones, names are read and
 * forgotten.  What would need memory of the way (back-references, look-around,
 * atomic groups) is refused.  Recursion is as deep as groups are nested. */
#include "base/utf.h"
#include "detect/regex.h"
#include "detect/regex_parser.h"

static struct ak_rx_node *either(struct ak_rx_parser *p);

bool ak_rx_refuse(struct ak_rx_parser *p, enum ak_rx_why why)
{
    if (!p->why)
        p->why = why;
    return false;
}

bool ak_rx_take(struct ak_rx_parser *p, const char *what)
{
    size_t n = strlen(what);
    if (p->text.n - p->at < n || memcmp(p->text.at + p->at, what, n) != 0)
        return false;
    p->at += n;
    return true;
}

int ak_rx_peek(const struct ak_rx_parser *p, size_t ahead)
{
    return ahead < p->text.n - p->at ? (unsigned char)p->text.at[p->at + ahead] : -1;
}

static struct ak_rx_node *node_new(struct ak_rx_parser *p, enum ak_rx_kind kind)
{
    struct ak_rx_node *node = p->why ? NULL : AK_NEW(p->arena, struct ak_rx_node);
    if (node)
        node->kind = kind;
    else
        ak_rx_refuse(p, AK_RX_WHY_ARENA);
    return node;
}

static bool same_set(struct ak_rx_set a, struct ak_rx_set b)
{
    return a.n == b.n && memcmp(a.at, b.at, a.n * sizeof(*a.at)) == 0;
}

/* A node that matches one character of the set, which may be empty ("[^\s\S]"). */
static struct ak_rx_node *set_node(struct ak_rx_parser *p, const struct ak_rx_ranges *r)
{
    static const struct ak_rx_range nothing;
    struct ak_rx_set set = { r->n ? r->at : &nothing, r->n };
    struct ak_rx_node *node = node_new(p, AK_RX_SET);
    size_t i = 0;
    if (!node || r->failed) {
        ak_rx_refuse(p, AK_RX_WHY_ARENA);
        return NULL;
    }
    while (i < p->n_sets && !same_set(p->sets[i], set))
        i++;
    if (i == AK_RX_SETS_MAX) {
        ak_rx_refuse(p, AK_RX_WHY_SETS);
        return NULL;
    }
    if (i == p->n_sets)
        p->sets[p->n_sets++] = set;
    node->set = (uint16_t)i;
    return node;
}

static struct ak_rx_node *point_node(struct ak_rx_parser *p, uint32_t point)
{
    struct ak_rx_ranges r = { .arena = p->arena };
    ak_rx_add(&r, point, point);
    if (p->flags & AK_REGEX_I)
        ak_rx_close_case(&r);
    return set_node(p, &r);
}

static struct ak_rx_node *known_set(struct ak_rx_parser *p, struct ak_rx_set set, bool negated)
{
    struct ak_rx_ranges r = { .arena = p->arena };
    ak_rx_add_all(&r, set);
    if (negated)
        ak_rx_negate(&r);
    return set_node(p, &r);
}

static struct ak_rx_node *assert_node(struct ak_rx_parser *p, enum ak_rx_assert assertion)
{
    struct ak_rx_node *node = node_new(p, AK_RX_ASSERT);
    if (node)
        node->assertion = assertion;
    return node;
}

static struct ak_rx_node *escape(struct ak_rx_parser *p)
{
    struct ak_rx_escape e;
    if (!ak_rx_escape(p, false, &e))
        return NULL;
    if (e.kind == AK_RX_ESCAPE_SET)
        return known_set(p, e.set, e.negated);
    return e.kind == AK_RX_ESCAPE_ASSERT ? assert_node(p, e.assertion) : point_node(p, e.point);
}

static struct ak_rx_node *class(struct ak_rx_parser *p)
{
    struct ak_rx_ranges r;
    return ak_rx_class(p, &r) ? set_node(p, &r) : NULL;
}

static struct ak_rx_node *dot(struct ak_rx_parser *p)
{
    static const struct ak_rx_range ALL = { 0, AK_RX_LAST };
    bool all = (p->flags & AK_REGEX_S) != 0;
    return known_set(p, all ? (struct ak_rx_set){ &ALL, 1 } : ak_rx_escape_set('N'), false);
}

/* ---- groups ---- */

/* "i", "-s", "im-sx" up to ':' or ')', neither taken. */
static bool flags(struct ak_rx_parser *p)
{
    static const char LETTERS[] = "imsxUJn";
    static const unsigned BITS[] = { AK_REGEX_I, AK_REGEX_M, AK_REGEX_S, AK_RX_X, 0, 0, 0 };
    bool on = true;
    for (int c; (c = ak_rx_peek(p, 0)) != ':' && c != ')'; p->at++) {
        const char *letter = c > 0 ? strchr(LETTERS, c) : NULL;
        if (c == '-' && on) {
            on = false;
            continue;
        }
        if (!letter)
            return ak_rx_refuse(p, c < 0 ? AK_RX_WHY_GROUP_OPEN : AK_RX_WHY_GROUP_KIND);
        unsigned bit = BITS[letter - LETTERS];
        p->flags = on ? p->flags | bit : p->flags & ~bit;
    }
    return true;
}

/* "name>" behind "(?<". */
static bool group_name(struct ak_rx_parser *p, int close)
{
    struct ak_rx_set word = ak_rx_escape_set('w');
    size_t from = p->at;
    while (ak_rx_peek(p, 0) >= 0 && ak_rx_has(word, (uint32_t)ak_rx_peek(p, 0)))
        p->at++;
    if (p->at == from || ak_rx_peek(p, 0) != close)
        return ak_rx_refuse(p, AK_RX_WHY_GROUP_KIND);
    p->at++;
    return true;
}

/* What is behind "(?" and refused. */
static const struct {
    const char *begins;
    enum ak_rx_why why;
} REFUSED[] = {
    { "=", AK_RX_WHY_LOOK },       { "!", AK_RX_WHY_LOOK },   { "<=", AK_RX_WHY_LOOK },
    { "<!", AK_RX_WHY_LOOK },      { ">", AK_RX_WHY_ATOMIC }, { "(", AK_RX_WHY_CONDITION },
    { "P=", AK_RX_WHY_BACK },      { "P>", AK_RX_WHY_CALL },  { "&", AK_RX_WHY_CALL },
    { "R", AK_RX_WHY_CALL },       { "C", AK_RX_WHY_CALL },   { "+", AK_RX_WHY_CALL },
    { "^", AK_RX_WHY_GROUP_KIND },
};

static bool is_call(const struct ak_rx_parser *p)
{
    int c = ak_rx_peek(p, ak_rx_peek(p, 0) == '-');
    return c >= '0' && c <= '9';
}

/* Behind "(?": up to where the group's contents begin.  *out_set when it only set
 * flags, "(?i)". */
static bool group_kind(struct ak_rx_parser *p, bool *out_set)
{
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
        if (ak_rx_take(p, REFUSED[i].begins))
            return ak_rx_refuse(p, REFUSED[i].why);
    if (is_call(p))
        return ak_rx_refuse(p, AK_RX_WHY_CALL);
    if (ak_rx_take(p, "P<") || ak_rx_take(p, "<"))
        return group_name(p, '>');
    if (ak_rx_take(p, "'"))
        return group_name(p, '\'');
    if (ak_rx_take(p, "|"))
        return true;
    if (!flags(p))
        return false;
    *out_set = ak_rx_take(p, ")");
    return *out_set || ak_rx_take(p, ":");
}

/* Behind "(". */
static struct ak_rx_node *group(struct ak_rx_parser *p)
{
    unsigned outside = p->flags;
    bool only_flags = false;
    if (ak_rx_peek(p, 0) == '*') {
        ak_rx_refuse(p, AK_RX_WHY_VERB);
        return NULL;
    }
    if (ak_rx_take(p, "?") && !group_kind(p, &only_flags))
        return NULL;
    if (only_flags)
        return NULL;
    if (++p->depth > AK_RX_DEPTH_MAX) {
        ak_rx_refuse(p, AK_RX_WHY_DEEP);
        return NULL;
    }
    struct ak_rx_node *inside = either(p);
    if (!p->why && !ak_rx_take(p, ")"))
        ak_rx_refuse(p, AK_RX_WHY_GROUP_OPEN);
    p->depth--;
    p->flags = outside;
    return inside;
}

/* ---- quantifiers ---- */

static void skip_blanks(struct ak_rx_parser *p)
{
    while (ak_rx_peek(p, 0) == ' ' || ak_rx_peek(p, 0) == '\t')
        p->at++;
}

/* Decimal digits; false when there are none.  Stops growing far above the limit. */
static bool count(struct ak_rx_parser *p, uint32_t *out)
{
    size_t from = p->at;
    *out = 0;
    for (int c; (c = ak_rx_peek(p, 0)) >= '0' && c <= '9'; p->at++)
        if (*out <= AK_REGEX_REPEAT_MAX)
            *out = *out * 10 + (uint32_t)(c - '0');
    return p->at > from;
}

/* "{3}", "{3,}", "{3,5}", "{,5}"; anything else in braces is text. */
static bool braces(struct ak_rx_parser *p, uint32_t *min, uint32_t *max)
{
    size_t from = p->at++;
    skip_blanks(p);
    bool has_min = count(p, min), has_max = has_min;
    *max = *min;
    skip_blanks(p);
    if (ak_rx_take(p, ",")) {
        skip_blanks(p);
        has_max = count(p, max);
        if (!has_max)
            *max = AK_RX_NO_MAX;
        skip_blanks(p);
    }
    if ((has_min || has_max) && ak_rx_take(p, "}"))
        return true;
    p->at = from;
    return false;
}

static bool quantifier(struct ak_rx_parser *p, uint32_t *min, uint32_t *max)
{
    *max = AK_RX_NO_MAX;
    if (ak_rx_peek(p, 0) == '{')
        return braces(p, min, max);
    *min = ak_rx_peek(p, 0) == '+';
    if (ak_rx_take(p, "?")) {
        *max = 1;
        return true;
    }
    return ak_rx_take(p, "*") || ak_rx_take(p, "+");
}

/* Up to a byte; false when it does not come. */
static bool skip_to(struct ak_rx_parser *p, int byte)
{
    while (ak_rx_peek(p, 0) >= 0 && ak_rx_peek(p, 0) != byte)
        p->at++;
    return p->at < p->text.n;
}

/* "(?#…)", and with (?x) one blank or "# …". */
static bool one_trivium(struct ak_rx_parser *p)
{
    int c = ak_rx_peek(p, 0);
    if (ak_rx_take(p, "(?#"))
        return (skip_to(p, ')') && ak_rx_take(p, ")")) || ak_rx_refuse(p, AK_RX_WHY_GROUP_OPEN);
    if (!(p->flags & AK_RX_X))
        return false;
    if (c == '#') {
        (void)skip_to(p, '\n');
        return true;
    }
    bool blank = c == ' ' || (c >= 9 && c <= 13);
    p->at += blank;
    return blank;
}

/* What does not count. */
static void trivia(struct ak_rx_parser *p)
{
    while (one_trivium(p))
        ;
}

/* The node, repeated as what follows it says. */
static struct ak_rx_node *quantified(struct ak_rx_parser *p, struct ak_rx_node *of)
{
    uint32_t min, max;
    trivia(p);
    if (p->why || !quantifier(p, &min, &max))
        return of;
    bool possessive = ak_rx_take(p, "+");
    if (!possessive)
        (void)ak_rx_take(p, "?");
    if (min > AK_REGEX_REPEAT_MAX || (max > AK_REGEX_REPEAT_MAX && max != AK_RX_NO_MAX))
        ak_rx_refuse(p, AK_RX_WHY_REPEAT);
    else if (min > max)
        ak_rx_refuse(p, AK_RX_WHY_REPEAT_ORDER);
    struct ak_rx_node *node = node_new(p, AK_RX_REPEAT);
    if (!node)
        return NULL;
    node->repeat.min = (uint16_t)min;
    node->repeat.max = (uint16_t)max;
    node->repeat.possessive = possessive;
    node->first = of;
    trivia(p);
    if (quantifier(p, &min, &max))
        ak_rx_refuse(p, AK_RX_WHY_NOTHING);
    return node;
}

/* ---- sequences ---- */

bool ak_rx_point(struct ak_rx_parser *p, uint32_t *out)
{
    if (p->at == p->text.n)
        return false;
    *out = ak_utf8_next(p->text, &p->at);
    return *out <= 0x10FFFF || ak_rx_refuse(p, AK_RX_WHY_UTF8);
}

/* One thing that a quantifier can follow.  NULL: refused, or it was only flags. */
static struct ak_rx_node *atom(struct ak_rx_parser *p)
{
    bool lines = (p->flags & AK_REGEX_M) != 0;
    uint32_t point, min, max;
    if (quantifier(p, &min, &max)) {
        ak_rx_refuse(p, AK_RX_WHY_NOTHING);
        return NULL;
    }
    if (!ak_rx_point(p, &point))
        return NULL;
    switch (point) {
    case '(':
        return group(p);
    case '[':
        return class(p);
    case '\\':
        return escape(p);
    case '.':
        return dot(p);
    case '^':
        return assert_node(p, lines ? AK_RX_LINE_START : AK_RX_TEXT_START);
    case '$':
        return assert_node(p, lines ? AK_RX_LINE_END : AK_RX_LAST_END);
    default:
        return point_node(p, point);
    }
}

static struct ak_rx_node *sequence(struct ak_rx_parser *p)
{
    struct ak_rx_node *all = node_new(p, AK_RX_SEQUENCE);
    struct ak_rx_node **tail = all ? &all->first : NULL;
    for (trivia(p); !p->why; trivia(p)) {
        int c = ak_rx_peek(p, 0);
        if (c < 0 || c == '|' || c == ')')
            break;
        struct ak_rx_node *one = atom(p);
        if (!one)
            continue;
        one = quantified(p, one);
        *tail = one;
        tail = one ? &one->next : tail;
    }
    return all;
}

static struct ak_rx_node *either(struct ak_rx_parser *p)
{
    struct ak_rx_node *first = sequence(p), *last = first;
    if (!first || ak_rx_peek(p, 0) != '|')
        return first;
    struct ak_rx_node *all = node_new(p, AK_RX_EITHER);
    while (!p->why && ak_rx_take(p, "|")) {
        last->next = sequence(p);
        last = last->next;
    }
    if (all)
        all->first = first;
    return all;
}

enum ak_rx_why ak_rx_parse(struct ak_arena *arena, struct ak_str pattern, unsigned flags,
                           struct ak_rx_tree *out)
{
    struct ak_rx_parser p = { .arena = arena, .text = pattern, .flags = flags };
    if (pattern.n > AK_RX_PATTERN_MAX)
        return AK_RX_WHY_LONG;
    p.sets = AK_NEW_N(arena, struct ak_rx_set,
                      pattern.n < AK_RX_SETS_MAX ? pattern.n + 1 : AK_RX_SETS_MAX);
    if (!p.sets)
        return AK_RX_WHY_ARENA;
    struct ak_rx_node *root = either(&p);
    if (!p.why && p.at < p.text.n)
        return AK_RX_WHY_GROUP_CLOSE;
    if (!p.why)
        *out = (struct ak_rx_tree){ root, p.sets, p.n_sets };
    return p.why;
}
