/* bxml.c - see bxml.h.
 *
 * Tokens (bit 0x40: more of the same follow; it carries no information we need
 * but for 0x41, an element with an attribute list):
 *
 *   00 end of fragment     01 41 element          02 its attributes are over
 *   03 empty element ends  04 element ends        05 45 literal value
 *   06 46 attribute        07 47 CDATA            08 48 character reference
 *   09 49 entity reference 0A processing target   0B its data
 *   0C template instance   0D 0E substitution     0F fragment header
 */
#include "format/bxml.h"

#include "base/hash.h"

enum {
    NAME_SLOTS = 4096,
    TEMPLATE_SLOTS = 1024,
    TAPE_BUCKETS = 1024,
    DEFINITION_HEADER = 24, /* next u32, GUID, size u32 */
};

/* What stands at an offset of the chunk, remembered; a collision only forgets. */
struct name_slot {
    uint32_t chunk, at, text;
};
struct template_slot {
    uint32_t chunk, at, id;
    struct ak_bxml_tape *tape;
};
struct known_template {
    uint32_t id;
    struct ak_bxml_tape *tape;
};

struct ak_bxml {
    struct ak_arena *arena;
    struct ak_text_table texts;
    struct ak_bytes chunk;
    uint32_t chunk_no;
    struct name_slot names[NAME_SLOTS];
    struct template_slot templates[TEMPLATE_SLOTS];
    struct ak_bxml_tape *buckets[TAPE_BUCKETS];
    struct known_template known[TAPE_BUCKETS]; /* for instances whose definition is gone */
    struct ak_bxml_value values[AK_BXML_VALUES];
    uint32_t n_values;
    uint32_t words[AK_BXML_TAPE_WORDS];
};

/* One template being compiled. */
struct compile {
    struct ak_bxml *b;
    struct ak_reader *r; /* origin is the offset in the chunk */
    uint32_t n, depth;
    bool inside_value; /* elements lack the dependency number */
    bool one_element;  /* stop when the first element ends */
    bool local;        /* refers to this chunk's bytes: not to be shared */
    bool in_tag, done;
    const char *damage;
    uint32_t damage_at;
};

size_t ak_bxml_fixed_size(uint8_t type)
{
    static const uint8_t SIZE[] = {
        [AK_BXML_I8] = 1,    [AK_BXML_U8] = 1,       [AK_BXML_I16] = 2,         [AK_BXML_U16] = 2,
        [AK_BXML_I32] = 4,   [AK_BXML_U32] = 4,      [AK_BXML_I64] = 8,         [AK_BXML_U64] = 8,
        [AK_BXML_F32] = 4,   [AK_BXML_F64] = 8,      [AK_BXML_BOOL] = 4,        [AK_BXML_GUID] = 16,
        [AK_BXML_SIZE] = 8,  [AK_BXML_FILETIME] = 8, [AK_BXML_SYSTEMTIME] = 16, [AK_BXML_HEX32] = 4,
        [AK_BXML_HEX64] = 8,
    };
    return type < sizeof(SIZE) ? SIZE[type] : 0;
}

struct ak_bxml *ak_bxml_new(struct ak_arena *arena)
{
    struct ak_bxml *b = AK_NEW(arena, struct ak_bxml);
    if (!b || !ak_texts_open(&b->texts, arena))
        return NULL;
    b->arena = arena;
    return b;
}

struct ak_text_table *ak_bxml_texts(struct ak_bxml *b) { return &b->texts; }

void ak_bxml_chunk(struct ak_bxml *b, struct ak_bytes chunk)
{
    b->chunk = chunk;
    b->chunk_no++;
    b->n_values = 0;
}

uint32_t ak_bxml_mark(const struct ak_bxml *b) { return b->n_values; }

void ak_bxml_drop(struct ak_bxml *b, uint32_t mark) { b->n_values = mark; }

static void fail(struct compile *c, size_t at, const char *what)
{
    c->done = true;
    if (c->damage)
        return;
    c->damage = what;
    c->damage_at = (uint32_t)at;
}

static void put(struct compile *c, enum ak_bxml_op op, uint32_t arg)
{
    /* Room is kept for closing what is open. */
    if (c->n + AK_BXML_DEPTH + 2 >= AK_BXML_TAPE_WORDS) {
        fail(c, (size_t)ak_rd_where(c->r), "a template of the event log is too large");
        return;
    }
    c->b->words[c->n++] = (uint32_t)op | arg << 8;
}

static void put_text(struct compile *c, struct ak_bytes text)
{
    uint32_t no = ak_texts_add(&c->b->texts, text);
    if (no == AK_NO_TEXT)
        fail(c, (size_t)ak_rd_where(c->r), "the event log holds too many different names");
    else
        put(c, AK_TAPE_TEXT, no);
}

/* The name that stands at an offset of the chunk: u32 next, u16 hash, u16 units,
 * UTF-16LE.  AK_NO_TEXT when it does not fit. */
static uint32_t name_at(struct ak_bxml *b, uint32_t at)
{
    struct name_slot *slot = &b->names[(at * 0x9E3779B1u >> 16) & (NAME_SLOTS - 1)];
    if (slot->chunk == b->chunk_no && slot->at == at)
        return slot->text;
    struct ak_reader r = ak_rd_open(b->chunk, 0);
    ak_rd_seek(&r, at);
    ak_rd_skip(&r, 6);
    struct ak_bytes text = ak_rd_array(&r, ak_rd_u16le(&r), 2);
    if (!ak_rd_ok(&r))
        return AK_NO_TEXT;
    uint32_t no = ak_texts_add(&b->texts, text);
    *slot = (struct name_slot){ b->chunk_no, at, no };
    return no;
}

/* The offset of a name, and the name itself when it stands right behind (its
 * first use in the chunk). */
static uint32_t read_name(struct compile *c)
{
    size_t where = (size_t)ak_rd_where(c->r);
    uint32_t at = ak_rd_u32le(c->r);
    if (at == ak_rd_where(c->r)) {
        ak_rd_skip(c->r, 6);
        ak_rd_array(c->r, (uint64_t)ak_rd_u16le(c->r) + 1, 2);
    }
    uint32_t no = ak_rd_ok(c->r) ? name_at(c->b, at) : AK_NO_TEXT;
    if (no == AK_NO_TEXT)
        fail(c, where, "a name in a template lies outside its chunk");
    return no == AK_NO_TEXT ? 0 : no;
}

/* Could an element's size and name offset stand at this place of the window? */
static bool plausible(const struct compile *c, size_t skip)
{
    struct ak_reader r = *c->r;
    ak_rd_skip(&r, skip);
    uint32_t size = ak_rd_u32le(&r), name = ak_rd_u32le(&r);
    return ak_rd_ok(&r) && size <= c->r->in.n && name >= 128 && name + 8 <= c->b->chunk.n;
}

static void open_element(struct compile *c, bool attributes)
{
    size_t where = (size_t)ak_rd_where(c->r) - 1;
    bool dependency = !c->inside_value;
    if (!plausible(c, dependency ? 2 : 0) && plausible(c, dependency ? 0 : 2))
        dependency = !dependency;
    ak_rd_skip(c->r, (dependency ? 2 : 0) + 4);
    uint32_t name = read_name(c);
    if (attributes)
        ak_rd_skip(c->r, 4);
    if (c->depth == AK_BXML_DEPTH)
        fail(c, where, "elements of an event are nested too deeply");
    if (c->done)
        return;
    put(c, AK_TAPE_OPEN, name);
    c->depth++;
    c->in_tag = true;
}

static void end_tag(struct compile *c)
{
    if (c->in_tag)
        put(c, AK_TAPE_CONTENT, 0);
    c->in_tag = false;
}

static void close_element(struct compile *c)
{
    if (c->depth == 0) {
        fail(c, (size_t)ak_rd_where(c->r) - 1, "an element ends that did not begin");
        return;
    }
    end_tag(c);
    put(c, AK_TAPE_CLOSE, 0);
    if (--c->depth == 0 && c->one_element)
        c->done = true;
}

static void literal(struct compile *c)
{
    size_t where = (size_t)ak_rd_where(c->r) - 1;
    uint8_t type = ak_rd_u8(c->r);
    if (type == AK_BXML_NULL)
        return;
    if (type == AK_BXML_STRING) {
        put_text(c, ak_rd_array(c->r, ak_rd_u16le(c->r), 2));
        return;
    }
    size_t size = type == AK_BXML_ANSI || type == AK_BXML_BINARY ? ak_rd_u16le(c->r)
                                                                 : ak_bxml_fixed_size(type);
    if (!size) {
        fail(c, where, "a template holds a value of an unknown type");
        return;
    }
    uint32_t no = ak_texts_add(&c->b->texts, ak_rd_take(c->r, size));
    put(c, AK_TAPE_TYPED, no == AK_NO_TEXT ? 0 : no);
    if (!c->done)
        c->b->words[c->n++] = type; /* room was kept by put() */
}

static void entity(struct compile *c)
{
    static const struct {
        struct ak_str name; /* UTF-16LE */
        char unit[2];
    } KNOWN[] = {
        { { "l\0t", 4 }, "<" },        { { "g\0t", 4 }, ">" },       { { "a\0m\0p", 6 }, "&" },
        { { "q\0u\0o\0t", 8 }, "\"" }, { { "a\0p\0o\0s", 8 }, "'" },
    };
    struct ak_bytes name = ak_texts_get(&c->b->texts, read_name(c));
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]) && !c->done; i++)
        if (ak_str_eq(KNOWN[i].name, ak_str_bytes(name))) {
            put_text(c, (struct ak_bytes){ (const uint8_t *)KNOWN[i].unit, 2 });
            return;
        }
    put_text(c, (struct ak_bytes){ (const uint8_t *)"&", 2 });
    put_text(c, name);
    put_text(c, (struct ak_bytes){ (const uint8_t *)";", 2 });
}

/* Pass over an instance inside; whoever walks the tape reads it. */
static void nested(struct compile *c)
{
    uint32_t at = (uint32_t)ak_rd_where(c->r), mark = c->b->n_values;
    struct ak_reader ahead = *c->r;
    ak_rd_skip(&ahead, 1);
    uint32_t id = ak_rd_u32le(&ahead), definition = ak_rd_u32le(&ahead);
    (void)id;
    if (definition == ak_rd_where(&ahead)) {
        ak_rd_skip(&ahead, DEFINITION_HEADER - 4);
        ak_rd_skip(&ahead, ak_rd_u32le(&ahead));
    }
    uint32_t n = ak_rd_u32le(&ahead);
    struct ak_bytes sizes = ak_rd_array(&ahead, n, 4);
    for (size_t i = 0; i < sizes.n; i += 4)
        ak_rd_skip(&ahead, ak_load_u16le(sizes.at + i));
    c->b->n_values = mark;
    *c->r = ahead;
    c->local = true;
    put(c, AK_TAPE_NESTED, at);
}

static void substitution(struct compile *c)
{
    uint16_t no = ak_rd_u16le(c->r);
    ak_rd_skip(c->r, 1); /* the type it was written for; the instance says what it is */
    put(c, AK_TAPE_SUBST, no);
}

static void end_of_fragment(struct compile *c)
{
    c->done = true;
    if (c->depth > 0)
        fail(c, (size_t)ak_rd_where(c->r) - 1, "a template ends inside an element");
}

static void character(struct compile *c)
{
    struct ak_bytes unit = ak_rd_take(c->r, 2);
    put_text(c, unit);
}

static void other_token(struct compile *c, uint8_t token)
{
    switch (token) {
    case 0x0A:
        read_name(c); /* processing instructions carry nothing an event says */
        break;
    case 0x0B:
        ak_rd_array(c->r, ak_rd_u16le(c->r), 2);
        break;
    case 0x0C:
        nested(c);
        break;
    case 0x0D:
    case 0x0E:
        substitution(c);
        break;
    case 0x0F:
        ak_rd_skip(c->r, 3);
        break;
    default:
        fail(c, (size_t)ak_rd_where(c->r) - 1, "an unknown token in the event's binary XML");
    }
}

static void token(struct compile *c)
{
    uint8_t token = ak_rd_u8(c->r);
    switch (token & 0xBF) {
    case 0x00:
        end_of_fragment(c);
        break;
    case 0x01:
        open_element(c, token & 0x40);
        break;
    case 0x02:
        end_tag(c);
        break;
    case 0x03:
    case 0x04:
        close_element(c);
        break;
    case 0x05:
        literal(c);
        break;
    case 0x06:
        put(c, AK_TAPE_ATTR, read_name(c));
        break;
    case 0x07:
        put_text(c, ak_rd_array(c->r, ak_rd_u16le(c->r), 2));
        break;
    case 0x08:
        character(c);
        break;
    case 0x09:
        entity(c);
        break;
    default:
        other_token(c, token & 0xBF);
    }
}

/* The shared tape equal to the words just compiled, or a new one. */
static struct ak_bxml_tape *shared_tape(struct compile *c)
{
    struct ak_bxml *b = c->b;
    uint64_t hash = ak_hash(b->words, c->n * sizeof(*b->words));
    struct ak_bxml_tape **bucket = &b->buckets[hash & (TAPE_BUCKETS - 1)];
    for (struct ak_bxml_tape *t = *bucket; t && !c->local; t = t->next)
        if (t->hash == hash && t->n == c->n && t->damage == c->damage &&
            memcmp(t->words, b->words, c->n * sizeof(*b->words)) == 0)
            return t;
    struct ak_bxml_tape *tape = AK_NEW(b->arena, struct ak_bxml_tape);
    uint32_t *words = AK_NEW_N(b->arena, uint32_t, c->n + 1);
    if (!tape || !words)
        return NULL;
    memcpy(words, b->words, c->n * sizeof(*words));
    *tape = (struct ak_bxml_tape){
        .words = words, .n = c->n, .hash = hash, .damage = c->damage, .damage_at = c->damage_at
    };
    if (!c->local) {
        tape->next = *bucket;
        *bucket = tape;
    }
    return tape;
}

static struct ak_bxml_tape *compile(struct compile *c)
{
    size_t end = (size_t)c->r->origin + c->r->in.n;
    while (!c->done && ak_rd_left(c->r) > 0) {
        token(c);
        if (!ak_rd_ok(c->r))
            fail(c, end, "a template runs past its end");
    }
    if (!c->done && c->depth > 0)
        fail(c, end, "a template ends inside an element");
    for (; c->depth > 0; c->depth--) {
        if (c->in_tag)
            c->b->words[c->n++] = AK_TAPE_CONTENT;
        c->in_tag = false;
        c->b->words[c->n++] = AK_TAPE_CLOSE;
    }
    return shared_tape(c);
}

struct ak_bxml_tape *ak_bxml_element(struct ak_bxml *b, struct ak_reader *r, bool inside_value)
{
    struct compile c = { .b = b, .r = r, .inside_value = inside_value, .one_element = true };
    return compile(&c);
}

/* The template defined at an offset of the chunk: u32 next, GUID (its first four
 * bytes are `id`), u32 size, binary XML.  NULL when another one stands there. */
static struct ak_bxml_tape *template_at(struct ak_bxml *b, uint32_t at, uint32_t id)
{
    struct template_slot *slot = &b->templates[(at * 0x9E3779B1u >> 16) & (TEMPLATE_SLOTS - 1)];
    if (slot->chunk == b->chunk_no && slot->at == at)
        return slot->id == id ? slot->tape : NULL;
    struct ak_reader r = ak_rd_open(b->chunk, 0);
    ak_rd_seek(&r, at);
    ak_rd_skip(&r, 4);
    uint32_t found_id = ak_rd_u32le(&r);
    ak_rd_skip(&r, 12);
    uint32_t size = ak_rd_u32le(&r);
    if (!ak_rd_ok(&r) || found_id != id)
        return NULL;
    size_t left = ak_rd_left(&r);
    struct ak_reader window = ak_rd_window(&r, r.pos, size < left ? size : left);
    struct compile c = { .b = b, .r = &window };
    struct ak_bxml_tape *tape = compile(&c);
    if (tape && !c.damage)
        b->known[id & (TAPE_BUCKETS - 1)] = (struct known_template){ id, tape };
    *slot = (struct template_slot){ b->chunk_no, at, id, tape };
    return tape;
}

/* Read the sizes and types, then lay the values behind one another. */
static void read_values(struct ak_bxml *b, struct ak_reader *r, struct ak_bxml_instance *in)
{
    uint64_t n = ak_rd_u32le(r);
    if (!ak_rd_ok(r) || !ak_rd_has(r, n, 4) || n > AK_BXML_VALUES - b->n_values) {
        in->damage = "an event's values do not fit its record";
        return;
    }
    struct ak_bytes sizes = ak_rd_array(r, n, 4);
    struct ak_bxml_value *values = &b->values[b->n_values];
    size_t left = ak_rd_left(r);
    const uint8_t *at = r->in.at + r->pos; /* advanced only by what `left` allows */
    for (size_t i = 0; i < n; i++) {
        uint16_t size = ak_load_u16le(sizes.at + i * 4);
        if (size > left) {
            in->damage = "an event's values run past the end of its record";
            size = (uint16_t)left;
        }
        values[i] = (struct ak_bxml_value){ at, size, sizes.at[i * 4 + 2] };
        at += size;
        left -= size;
    }
    ak_rd_skip(r, ak_rd_left(r) - left);
    in->values = values;
    in->n_values = (uint32_t)n;
    b->n_values += (uint32_t)n;
}

struct ak_bxml_instance ak_bxml_instance(struct ak_bxml *b, struct ak_reader *r)
{
    struct ak_bxml_instance in = { 0 };
    ak_rd_skip(r, 1);
    uint32_t id = ak_rd_u32le(r), at = ak_rd_u32le(r);
    if (at == ak_rd_where(r)) {
        ak_rd_skip(r, DEFINITION_HEADER - 4);
        ak_rd_skip(r, ak_rd_u32le(r));
    }
    if (!ak_rd_ok(r)) {
        in.damage = "a template is cut short";
        return in;
    }
    in.tape = template_at(b, at, id);
    if (!in.tape) {
        const struct known_template *other = &b->known[id & (TAPE_BUCKETS - 1)];
        in.tape = other->id == id ? other->tape : NULL;
        in.damage = in.tape ? "an event's template is gone; the same one from another chunk is used"
                            : "an event's template is gone";
    }
    read_values(b, r, &in);
    return in;
}
