/* regex_class.c - classes of characters: pcre2pattern(3), "Square brackets and
 * character classes".
 *
 * A hyphen beside \d or [:alpha:] is a hyphen, as in Perl; PCRE2 refuses it. */
#include "detect/regex.h"
#include "detect/regex_parser.h"

struct class
{
    struct ak_rx_ranges written; /* characters: case may have to be closed */
    struct ak_rx_ranges named;   /* sets with a name: they are as they are */
    bool caseless;
};

static void add_named(struct class *c, struct ak_rx_set set, bool negated)
{
    struct ak_rx_ranges own = { .arena = c->named.arena };
    if (!negated) {
        ak_rx_add_all(&c->named, set);
        return;
    }
    ak_rx_add_all(&own, set);
    ak_rx_negate(&own);
    ak_rx_add_all(&c->named, ak_rx_view(&own));
    c->named.failed = c->named.failed || own.failed;
}

/* Where the name of "[:name:]" ends, when one begins here; else 0. */
static size_t posix_end(const struct ak_rx_parser *p)
{
    int mark = ak_rx_peek(p, 1), c;
    if (ak_rx_peek(p, 0) != '[' || (mark != ':' && mark != '.' && mark != '='))
        return 0;
    for (size_t i = 2; (c = ak_rx_peek(p, i)) >= 0 && c != ']' && c != '\\' && c != '['; i++)
        if (c == mark && ak_rx_peek(p, i + 1) == ']')
            return p->at + i;
    return 0;
}

static bool posix_class(struct ak_rx_parser *p, size_t end, struct class *c)
{
    bool negated = ak_rx_peek(p, 2) == '^';
    size_t from = p->at + 2 + negated;
    if (end < from || p->text.at[p->at + 1] != ':')
        return ak_rx_refuse(p, AK_RX_WHY_CLASS_NAME);
    struct ak_str name = { p->text.at + from, end - from };
    bool cased = ak_str_eq(name, AK_STR("upper")) || ak_str_eq(name, AK_STR("lower"));
    struct ak_rx_set set = ak_rx_posix_set(c->caseless && cased ? AK_STR("alpha") : name);
    if (set.n == 0)
        return ak_rx_refuse(p, AK_RX_WHY_CLASS_NAME);
    add_named(c, set, negated);
    p->at = end + 2;
    return true;
}

/* One character, or an escape. */
static bool class_atom(struct ak_rx_parser *p, struct ak_rx_escape *out)
{
    *out = (struct ak_rx_escape){ .kind = AK_RX_ESCAPE_POINT };
    if (p->at == p->text.n)
        return ak_rx_refuse(p, AK_RX_WHY_CLASS_OPEN);
    if (ak_rx_take(p, "\\"))
        return ak_rx_escape(p, true, out);
    return ak_rx_point(p, &out->point);
}

/* "a", "a-z", "\d" or "[:alpha:]". */
static bool class_item(struct ak_rx_parser *p, struct class *c)
{
    struct ak_rx_escape from, to;
    size_t name_end = posix_end(p);
    if (name_end)
        return posix_class(p, name_end, c);
    if (!class_atom(p, &from))
        return false;
    if (from.kind == AK_RX_ESCAPE_SET) {
        add_named(c, from.set, from.negated);
        return true;
    }
    to = from;
    if (ak_rx_peek(p, 0) == '-' && ak_rx_peek(p, 1) >= 0 && ak_rx_peek(p, 1) != ']') {
        size_t hyphen = p->at++;
        if (posix_end(p) || (class_atom(p, &to) && to.kind == AK_RX_ESCAPE_SET)) {
            p->at = hyphen;
            to = from;
        }
    }
    if (p->why)
        return false;
    if (to.point < from.point)
        return ak_rx_refuse(p, AK_RX_WHY_CLASS_ORDER);
    ak_rx_add(&c->written, from.point, to.point);
    return true;
}

bool ak_rx_class(struct ak_rx_parser *p, struct ak_rx_ranges *out)
{
    struct class c = { { .arena = p->arena }, { .arena = p->arena }, (p->flags & AK_REGEX_I) != 0 };
    bool negated = ak_rx_take(p, "^");
    bool first = true; /* a bracket that is first closes nothing */
    for (; first || ak_rx_peek(p, 0) != ']'; first = false)
        if (!class_item(p, &c))
            return false;
    p->at++;
    if (c.caseless)
        ak_rx_close_case(&c.written);
    *out = c.written;
    ak_rx_add_all(out, ak_rx_view(&c.named));
    out->failed = out->failed || c.named.failed;
    if (negated)
        ak_rx_negate(out);
    ak_rx_settle(out);
    return true;
}
