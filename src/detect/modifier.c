/* modifier.c - see modifier.h: the chain of modifiers in a selection's key.
 *
 * Which may stand behind which follows from what they do, in the order in which
 * they are applied: an encoding cannot encode the wildcards that `contains` put
 * there, a comparison has no case.  The table says for each what may stand before. */
#include "detect/modifier.h"

#include "detect/regex.h"

enum group {
    ALL = 1 << 0,
    CASED = 1 << 1,
    NEQ = 1 << 2,
    PLACE = 1 << 3, /* startswith, endswith, contains */
    EXISTS = 1 << 4,
    WINDASH = 1 << 5,
    RE = 1 << 6,
    FLAG = 1 << 7, /* of re */
    ENCODE = 1 << 8,
    COMPARE = 1 << 9,
    TIME = 1 << 10,
    CIDR = 1 << 11,
    EXPAND = 1 << 12,
    FIELDREF = 1 << 13,
};

enum { TEXTUAL = ALL | CASED | NEQ | PLACE | WINDASH | ENCODE | EXPAND };

struct modifier {
    const char *name;
    enum group group;
    unsigned behind; /* groups that may stand before it */
    int what;        /* of a group with several */
};

enum place { STARTS, ENDS, CONTAINS };

static const struct modifier MODIFIERS[] = {
    { "contains", PLACE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND | FIELDREF, CONTAINS },
    { "endswith", PLACE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND | FIELDREF, ENDS },
    { "startswith", PLACE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND | FIELDREF, STARTS },
    { "all", ALL, (unsigned)~(ALL | EXISTS), 0 },
    { "re", RE, ALL | NEQ, 0 },
    { "windash", WINDASH, ALL | CASED | NEQ | PLACE | EXPAND, 0 },
    { "cidr", CIDR, ALL | NEQ | EXPAND, 0 },
    { "expand", EXPAND, ALL | CASED | NEQ | PLACE, 0 },
    { "base64offset", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND,
      AK_ENCODE_BASE64OFFSET },
    { "base64", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND, AK_ENCODE_BASE64 },
    { "utf16le", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND, AK_ENCODE_UTF16LE },
    { "utf16be", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND, AK_ENCODE_UTF16BE },
    { "utf16", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND, AK_ENCODE_UTF16 },
    { "wide", ENCODE, ALL | CASED | NEQ | WINDASH | ENCODE | EXPAND, AK_ENCODE_UTF16LE },
    { "fieldref", FIELDREF, ALL | CASED | NEQ | PLACE, 0 },
    { "exists", EXISTS, 0, 0 },
    { "cased", CASED, TEXTUAL | FIELDREF, 0 },
    { "neq", NEQ, TEXTUAL | FIELDREF | RE | FLAG | CIDR | TIME, 0 },
    { "i", FLAG, ALL | NEQ | RE | FLAG, AK_REGEX_I },
    { "m", FLAG, ALL | NEQ | RE | FLAG, AK_REGEX_M },
    { "s", FLAG, ALL | NEQ | RE | FLAG, AK_REGEX_S },
    { "lt", COMPARE, ALL | TIME, AK_CMP_LT },
    { "lte", COMPARE, ALL | TIME, AK_CMP_LE },
    { "gt", COMPARE, ALL | TIME, AK_CMP_GT },
    { "gte", COMPARE, ALL | TIME, AK_CMP_GE },
    { "minute", TIME, ALL | NEQ, AK_TIME_MINUTE },
    { "hour", TIME, ALL | NEQ, AK_TIME_HOUR },
    { "day", TIME, ALL | NEQ, AK_TIME_DAY },
    { "week", TIME, ALL | NEQ, AK_TIME_WEEK },
    { "month", TIME, ALL | NEQ, AK_TIME_MONTH },
    { "year", TIME, ALL | NEQ, AK_TIME_YEAR },
};

static const struct modifier *find(struct ak_str name)
{
    for (size_t i = 0; i < sizeof(MODIFIERS) / sizeof(MODIFIERS[0]); i++)
        if (ak_str_eq(name, ak_str_of(MODIFIERS[i].name)))
            return &MODIFIERS[i];
    return NULL;
}

static void place(struct ak_chain *c, enum place where)
{
    c->open_start = where != STARTS;
    c->open_end = where != ENDS;
}

/* What a modifier that names a kind of value makes of the value. */
static void set_kind(struct ak_chain *c, const struct modifier *m)
{
    static const struct {
        enum group group;
        enum ak_value_kind kind;
    } KINDS[] = {
        { RE, AK_VALUE_REGEX },  { CIDR, AK_VALUE_CIDR },     { COMPARE, AK_VALUE_NUMBER },
        { TIME, AK_VALUE_TIME }, { EXISTS, AK_VALUE_EXISTS }, { FIELDREF, AK_VALUE_FIELD },
    };
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (KINDS[i].group == m->group && c->kind == AK_VALUE_TEXT)
            c->kind = KINDS[i].kind;
    if (m->group == COMPARE)
        c->compare = (enum ak_compare)m->what;
    if (m->group == TIME)
        c->part = (enum ak_time_part)m->what;
}

static void apply(struct ak_chain *c, const struct modifier *m)
{
    c->all = c->all || m->group == ALL;
    c->cased = c->cased || m->group == CASED;
    c->negated = c->negated || m->group == NEQ;
    c->expand = c->expand || m->group == EXPAND;
    c->windash = c->windash || m->group == WINDASH;
    c->strict_text =
        c->strict_text || m->group & (WINDASH | ENCODE | EXPAND | RE | CIDR | FIELDREF);
    c->modified = c->modified || !(m->group & (ALL | CASED | NEQ));
    if (m->group == PLACE)
        place(c, (enum place)m->what);
    if (m->group == FLAG)
        c->regex_flags |= (unsigned)m->what;
    if (m->group == ENCODE)
        c->encodings[c->n_encodings++] = (enum ak_encoding)m->what;
    set_kind(c, m);
}

/* A modifier twice over is a mistake, but for encodings and the flags of re. */
static bool may_follow(const struct ak_chain *c, unsigned before, const struct modifier *m)
{
    if (before & ~m->behind || (before & m->group && !(m->group & (ENCODE | FLAG))))
        return false;
    if (m->group == FLAG)
        return before & RE && !(c->regex_flags & (unsigned)m->what);
    return m->group != ENCODE || c->n_encodings < AK_ENCODINGS_MAX;
}

/* Keywords have no field that could be missing, be compared or be another's. */
static bool fits_keywords(const struct modifier *m)
{
    return !(m->group & (EXISTS | NEQ | COMPARE | TIME | FIELDREF));
}

static enum ak_status add_modifier(struct ak_rule_reader *r, struct ak_chain *c, struct ak_str name,
                                   unsigned *before)
{
    const struct modifier *m = find(name);
    if (!m)
        return ak_rule_wrong(r, c->line, "a modifier that does not exist", name);
    struct ak_str so_far = { c->written.at, (size_t)(name.at + name.n - c->written.at) };
    if (!may_follow(c, *before, m))
        return ak_rule_wrong(r, c->line, "a modifier that cannot stand behind those before it",
                             so_far);
    if (c->field.n == 0 && !fits_keywords(m))
        return ak_rule_wrong(r, c->line, "a modifier that keywords cannot have", so_far);
    apply(c, m);
    *before |= m->group;
    return AK_OK;
}

enum ak_status ak_chain_read(struct ak_rule_reader *r, struct ak_str key, uint32_t line,
                             struct ak_chain *out)
{
    struct ak_chain c = { .written = key, .line = line, .compare = AK_CMP_EQ };
    size_t at = 0;
    unsigned before = 0;
    while (at < key.n && key.at[at] != '|')
        at++;
    c.field = (struct ak_str){ key.at, at };
    if (key.n == 0)
        return ak_rule_wrong(r, line, "a field without a name", key);
    while (at < key.n) {
        size_t start = ++at;
        while (at < key.n && key.at[at] != '|')
            at++;
        enum ak_status status =
            add_modifier(r, &c, (struct ak_str){ key.at + start, at - start }, &before);
        if (status != AK_OK)
            return status;
    }
    *out = c;
    return AK_OK;
}
