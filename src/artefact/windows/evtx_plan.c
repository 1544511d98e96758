/* evtx_plan.c - see evtx_plan.h.
 *
 *   Event/System/...                 fixed fields (table SYSTEM)
 *   Event/EventData/Data[@Name=N]    winlog.event_data.N
 *   Event/EventData/Data             winlog.event_data.param1, param2 ... (as winlogbeat)
 *   Event/EventData/X                winlog.event_data.X
 *   Event/UserData/R/X/Y             winlog.user_data.X.Y; R is winlog.user_data.xml_name
 *   Event/RenderingInfo/Message      message (forwarded events carry their text)
 *   Event/X/Y, anything else         winlog.X.Y
 *
 * Attributes count like elements; namespaces (xmlns) are left out.
 */
#include "artefact/windows/evtx_plan.h"

#include "base/utf.h"

/* What is inside <System>; "" stands for the element's text. */
static const struct system_item {
    struct ak_str element, attribute;
    enum ak_evtx_field field;
} SYSTEM[] = {
    { AK_STR_INIT("Provider"), AK_STR_INIT("Name"), AK_EVTX_PROVIDER },
    { AK_STR_INIT("Provider"), AK_STR_INIT("Guid"), AK_EVTX_PROVIDER_GUID },
    { AK_STR_INIT("Provider"), AK_STR_INIT("EventSourceName"), AK_EVTX_EVENT_SOURCE },
    { AK_STR_INIT("EventID"), AK_STR_INIT(""), AK_EVTX_EVENT_ID },
    { AK_STR_INIT("EventID"), AK_STR_INIT("Qualifiers"), AK_EVTX_QUALIFIERS },
    { AK_STR_INIT("Version"), AK_STR_INIT(""), AK_EVTX_EVENT_VERSION },
    { AK_STR_INIT("Level"), AK_STR_INIT(""), AK_EVTX_LEVEL },
    { AK_STR_INIT("Task"), AK_STR_INIT(""), AK_EVTX_TASK },
    { AK_STR_INIT("Opcode"), AK_STR_INIT(""), AK_EVTX_OPCODE },
    { AK_STR_INIT("Keywords"), AK_STR_INIT(""), AK_EVTX_KEYWORDS },
    { AK_STR_INIT("TimeCreated"), AK_STR_INIT("SystemTime"), AK_EVTX_FIELD_TIME },
    { AK_STR_INIT("EventRecordID"), AK_STR_INIT(""), AK_EVTX_RECORD_ID },
    { AK_STR_INIT("Correlation"), AK_STR_INIT("ActivityID"), AK_EVTX_ACTIVITY },
    { AK_STR_INIT("Correlation"), AK_STR_INIT("RelatedActivityID"), AK_EVTX_RELATED_ACTIVITY },
    { AK_STR_INIT("Execution"), AK_STR_INIT("ProcessID"), AK_EVTX_PID },
    { AK_STR_INIT("Execution"), AK_STR_INIT("ThreadID"), AK_EVTX_THREAD },
    { AK_STR_INIT("Channel"), AK_STR_INIT(""), AK_EVTX_CHANNEL },
    { AK_STR_INIT("Computer"), AK_STR_INIT(""), AK_EVTX_COMPUTER },
    { AK_STR_INIT("Security"), AK_STR_INIT("UserID"), AK_EVTX_USER },
};

/* An open element. */
struct frame {
    struct ak_evtx_place place; /* of what is inside */
    uint32_t name_at, name_n;   /* pieces of the name of what is inside, if not constant */
    bool starts_pair, is_param; /* of its first text */
};

struct planning {
    struct ak_evtx_planner *p;
    const struct ak_bxml_tape *tape;
    struct frame stack[AK_BXML_DEPTH + 2];
    uint32_t depth, n;
    const char *damage;
};

bool ak_evtx_planner_open(struct ak_evtx_planner *p, struct ak_arena *arena,
                          struct ak_text_table *texts)
{
    p->arena = arena;
    p->texts = texts;
    p->leaves = AK_NEW_N(arena, struct ak_evtx_leaf, AK_EVTX_LEAVES_MAX);
    return p->leaves;
}

uint32_t ak_evtx_name8(struct ak_text_table *texts, uint32_t prefix, struct ak_str name)
{
    char text[AK_EVTX_NAME_MAX];
    struct ak_bytes head = ak_texts_get(texts, prefix);
    size_t n = head.n; /* prefixes came from here: they fit */
    if (n)
        memcpy(text, head.at, n);
    if (n && n < sizeof(text))
        text[n++] = '.';
    size_t more = name.n < sizeof(text) - n ? name.n : sizeof(text) - n;
    if (more)
        memcpy(text + n, name.at, more);
    return ak_texts_add(texts, (struct ak_bytes){ (const uint8_t *)text, n + more });
}

uint32_t ak_evtx_name16(struct ak_text_table *texts, uint32_t prefix, struct ak_bytes name)
{
    char text[AK_EVTX_NAME_MAX];
    size_t units = name.n / 2 < sizeof(text) / 3 ? name.n / 2 : sizeof(text) / 3;
    size_t n = ak_utf16le_put(text, (struct ak_bytes){ name.at, units * 2 });
    return ak_evtx_name8(texts, prefix, (struct ak_str){ text, n });
}

/* Is this text (UTF-16LE) the ASCII word? */
static bool is_word(const struct planning *g, uint32_t text, struct ak_str word)
{
    struct ak_bytes b = ak_texts_get(g->p->texts, text);
    if (b.n != word.n * 2)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (b.at[2 * i] != (uint8_t)word.at[i] || b.at[2 * i + 1])
            return false;
    return true;
}

static uint32_t below(const struct planning *g, uint32_t prefix, uint32_t name16)
{
    return ak_evtx_name16(g->p->texts, prefix, ak_texts_get(g->p->texts, name16));
}

static uint32_t word_number(const struct planning *g, struct ak_str word)
{
    return ak_texts_add(g->p->texts, ak_bytes_str(word));
}

static bool is_piece(uint32_t word)
{
    enum ak_bxml_op op = ak_tape_op(word);
    return op == AK_TAPE_TEXT || op == AK_TAPE_SUBST || op == AK_TAPE_TYPED || op == AK_TAPE_NESTED;
}

/* How many words from `at` on are pieces. */
static uint32_t run_of_pieces(const struct planning *g, uint32_t at)
{
    uint32_t end = at;
    while (end < g->tape->n && is_piece(g->tape->words[end]))
        end += ak_tape_op(g->tape->words[end]) == AK_TAPE_TYPED ? 2 : 1;
    return end - at;
}

static bool is_blank(struct ak_bytes text)
{
    for (size_t i = 0; i + 1 < text.n; i += 2)
        if (text.at[i + 1] || !memchr(" \t\r\n", text.at[i], 4))
            return false;
    return true;
}

/* Set where a leaf's text comes from; false when there is none to speak of. */
static bool set_source(const struct planning *g, struct ak_evtx_leaf *leaf, uint32_t at, uint32_t n)
{
    uint32_t word = g->tape->words[at];
    leaf->at = at;
    leaf->n = n;
    leaf->kind = AK_EVTX_JOINED;
    if (n != 1)
        return n > 1;
    if (ak_tape_op(word) == AK_TAPE_SUBST) {
        leaf->kind = AK_EVTX_HOLE;
        leaf->hole = (uint16_t)ak_tape_arg(word);
    } else if (ak_tape_op(word) == AK_TAPE_TEXT) {
        struct ak_bytes text = ak_texts_get(g->p->texts, ak_tape_arg(word));
        leaf->kind = AK_EVTX_CONSTANT;
        leaf->constant = ak_val_str16(text);
        return !is_blank(text);
    }
    return true;
}

static void add_leaf(struct planning *g, struct ak_evtx_leaf leaf, uint32_t at, uint32_t n)
{
    if (!set_source(g, &leaf, at, n) && !leaf.starts_pair)
        return;
    if (g->n == AK_EVTX_LEAVES_MAX) {
        g->damage = "a template of the event log is too large";
        return;
    }
    g->p->leaves[g->n++] = leaf;
}

/* The field of something in System; AK_EVTX_FIELD_DATA for what has no place. */
static enum ak_evtx_field system_field(const struct planning *g, uint32_t prefix,
                                       struct ak_str attribute)
{
    static const size_t HEAD = sizeof("winlog.system.") - 1;
    struct ak_str element = ak_str_bytes(ak_texts_get(g->p->texts, prefix));
    if (element.n < HEAD)
        return AK_EVTX_FIELD_DATA;
    element = (struct ak_str){ element.at + HEAD, element.n - HEAD };
    for (size_t i = 0; i < sizeof(SYSTEM) / sizeof(SYSTEM[0]); i++)
        if (ak_str_eq(SYSTEM[i].element, element) && ak_str_eq(SYSTEM[i].attribute, attribute))
            return SYSTEM[i].field;
    return AK_EVTX_FIELD_DATA;
}

/* A short name as UTF-8; empty when it is longer. */
static struct ak_str short_name(const struct planning *g, uint32_t name16, char *to, size_t cap)
{
    struct ak_bytes b = ak_texts_get(g->p->texts, name16);
    return b.n / 2 * 3 > cap ? AK_STR("") : (struct ak_str){ to, ak_utf16le_put(to, b) };
}

static void add_attribute(struct planning *g, const struct frame *f, uint32_t name, uint32_t at,
                          uint32_t n)
{
    struct ak_evtx_leaf leaf = { .field = AK_EVTX_FIELD_DATA,
                                 .place = { AK_EVTX_IN_TREE, f->place.prefix } };
    char text[64];
    struct ak_str ascii = short_name(g, name, text, sizeof(text));
    if (ak_str_starts(ascii, AK_STR("xmlns")))
        return;
    if (f->place.zone == AK_EVTX_IN_ITEM && ascii.n)
        leaf.field = (uint8_t)system_field(g, f->place.prefix, ascii);
    leaf.name = f->place.zone == AK_EVTX_IN_EVENT_DATA && ak_str_eq(ascii, AK_STR("Name"))
                    ? word_number(g, AK_STR("winlog.event_data_name"))
                    : below(g, f->place.prefix, name);
    add_leaf(g, leaf, at, n);
}

/* Text inside the innermost element. */
static void add_text(struct planning *g, uint32_t at, uint32_t n)
{
    struct frame *f = &g->stack[g->depth];
    struct ak_evtx_leaf leaf = { .field = AK_EVTX_FIELD_DATA,
                                 .place = f->place,
                                 .name = f->place.prefix,
                                 .starts_pair = f->starts_pair,
                                 .is_param = f->is_param,
                                 .name_at = f->name_at,
                                 .name_n = f->name_n };
    if (f->place.zone == AK_EVTX_IN_ITEM)
        leaf.field = (uint8_t)system_field(g, f->place.prefix, AK_STR(""));
    add_leaf(g, leaf, at, n);
    f->starts_pair = false;
}

/* Find the attribute Name among those that begin at `at`: its pieces. */
static uint32_t find_name(const struct planning *g, uint32_t at, uint32_t *out_at)
{
    while (at < g->tape->n && ak_tape_op(g->tape->words[at]) == AK_TAPE_ATTR) {
        uint32_t n = run_of_pieces(g, at + 1);
        *out_at = at + 1;
        if (is_word(g, ak_tape_arg(g->tape->words[at]), AK_STR("Name")))
            return n;
        at += 1 + n;
    }
    return 0;
}

/* A child of EventData: named by its attribute Name, by itself, or by number. */
static struct frame enter_pair(const struct planning *g, uint32_t name, uint32_t at,
                               uint32_t prefix)
{
    uint32_t name_at = 0, n = find_name(g, at, &name_at);
    uint32_t word = n == 1 ? g->tape->words[name_at] : 0;
    struct frame f = { .place = { AK_EVTX_IN_TREE, prefix }, .starts_pair = true };
    if (n == 1 && ak_tape_op(word) == AK_TAPE_TEXT) {
        f.place.prefix = below(g, prefix, ak_tape_arg(word));
    } else if (n > 0) {
        f.name_at = name_at;
        f.name_n = n;
    } else if (is_word(g, name, AK_STR("Data"))) {
        f.place.zone = AK_EVTX_IN_PARAM;
        f.is_param = true;
    } else {
        f.place.prefix = below(g, prefix, name);
    }
    return f;
}

static struct frame enter_event_child(const struct planning *g, uint32_t name)
{
    static const struct {
        struct ak_str name, prefix;
        enum ak_evtx_zone zone;
    } KNOWN[] = {
        { AK_STR_INIT("System"), AK_STR_INIT("winlog.system"), AK_EVTX_IN_SYSTEM },
        { AK_STR_INIT("EventData"), AK_STR_INIT("winlog.event_data"), AK_EVTX_IN_EVENT_DATA },
        { AK_STR_INIT("UserData"), AK_STR_INIT("winlog.user_data"), AK_EVTX_IN_USER_DATA },
        { AK_STR_INIT("RenderingInfo"), AK_STR_INIT("winlog.rendering_info"), AK_EVTX_IN_TREE },
    };
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++)
        if (is_word(g, name, KNOWN[i].name))
            return (struct frame){ .place = { KNOWN[i].zone, word_number(g, KNOWN[i].prefix) } };
    return (struct frame){ .place = { AK_EVTX_IN_TREE,
                                      below(g, word_number(g, AK_STR("winlog")), name) } };
}

static struct frame enter_tree(const struct planning *g, struct frame parent, uint32_t name)
{
    struct frame f = { .place = { AK_EVTX_IN_TREE, below(g, parent.place.prefix, name) } };
    if (is_word(g, name, AK_STR("Message")) &&
        parent.place.prefix == word_number(g, AK_STR("winlog.rendering_info")))
        f.place.prefix = word_number(g, AK_STR("message"));
    return f;
}

/* UserData's only child names the structure; its children are the data. */
static struct frame enter_user_data(struct planning *g, uint32_t name, uint32_t prefix)
{
    struct ak_evtx_leaf leaf = { .field = AK_EVTX_FIELD_DATA,
                                 .kind = AK_EVTX_CONSTANT,
                                 .name = ak_evtx_name8(g->p->texts, prefix, AK_STR("xml_name")),
                                 .constant = ak_val_str16(ak_texts_get(g->p->texts, name)) };
    if (g->n < AK_EVTX_LEAVES_MAX)
        g->p->leaves[g->n++] = leaf;
    return (struct frame){ .place = { AK_EVTX_IN_TREE, prefix } };
}

/* The frame of an element whose attributes begin at `at`. */
static struct frame enter(struct planning *g, uint32_t name, uint32_t at)
{
    struct frame parent = g->stack[g->depth];
    uint32_t prefix = parent.place.prefix;
    switch ((enum ak_evtx_zone)parent.place.zone) {
    case AK_EVTX_IN_ROOT:
        if (is_word(g, name, AK_STR("Event")))
            return (
                struct frame){ .place = { AK_EVTX_IN_EVENT, word_number(g, AK_STR("winlog")) } };
        break;
    case AK_EVTX_IN_EVENT:
        return enter_event_child(g, name);
    case AK_EVTX_IN_SYSTEM:
        return (struct frame){ .place = { AK_EVTX_IN_ITEM, below(g, prefix, name) } };
    case AK_EVTX_IN_EVENT_DATA:
        return enter_pair(g, name, at, prefix);
    case AK_EVTX_IN_USER_DATA:
        return enter_user_data(g, name, prefix);
    case AK_EVTX_IN_ITEM:
    case AK_EVTX_IN_PARAM:
    case AK_EVTX_IN_TREE:
        break;
    }
    return enter_tree(g, parent, name);
}

/* Open the element at `at`; the first word behind its attributes. */
static uint32_t open_element(struct planning *g, uint32_t at)
{
    uint32_t name = ak_tape_arg(g->tape->words[at++]);
    bool pair = g->stack[g->depth].place.zone == AK_EVTX_IN_EVENT_DATA;
    struct frame f = enter(g, name, at);
    while (at < g->tape->n && ak_tape_op(g->tape->words[at]) == AK_TAPE_ATTR) {
        uint32_t attribute = ak_tape_arg(g->tape->words[at]), n = run_of_pieces(g, at + 1);
        /* the name of a pair has become the name of its value */
        if (!pair || !is_word(g, attribute, AK_STR("Name")))
            add_attribute(g, &f, attribute, at + 1, n);
        at += 1 + n;
    }
    if (g->depth + 1 < sizeof(g->stack) / sizeof(g->stack[0]))
        g->depth++;
    g->stack[g->depth] = f;
    return at;
}

/* An element of EventData that ends without text still counts. */
static void close_element(struct planning *g)
{
    const struct frame *f = &g->stack[g->depth];
    if (f->starts_pair)
        add_leaf(g,
                 (struct ak_evtx_leaf){ .field = AK_EVTX_FIELD_DATA,
                                        .kind = AK_EVTX_CONSTANT,
                                        .starts_pair = true,
                                        .is_param = f->is_param,
                                        .name = f->place.prefix },
                 0, 0);
    if (g->depth > 0)
        g->depth--;
}

static void walk(struct planning *g)
{
    const uint32_t *words = g->tape->words;
    for (uint32_t at = 0; at < g->tape->n;) {
        enum ak_bxml_op op = ak_tape_op(words[at]);
        if (op == AK_TAPE_OPEN) {
            at = open_element(g, at);
        } else if (is_piece(words[at])) {
            uint32_t n = run_of_pieces(g, at);
            add_text(g, at, n);
            at += n;
        } else {
            if (op == AK_TAPE_CLOSE)
                close_element(g);
            at++;
        }
    }
}

static struct ak_evtx_plan *make_plan(struct ak_evtx_planner *p, struct ak_bxml_tape *tape,
                                      struct ak_evtx_place place)
{
    struct planning g = { .p = p, .tape = tape, .damage = tape->damage };
    g.stack[0].place = place;
    walk(&g);
    struct ak_evtx_plan *plan = AK_NEW(p->arena, struct ak_evtx_plan);
    struct ak_evtx_leaf *leaves = AK_NEW_N(p->arena, struct ak_evtx_leaf, g.n + 1);
    if (!plan || !leaves)
        return NULL;
    memcpy(leaves, p->leaves, g.n * sizeof(*leaves));
    for (uint32_t i = 0; i < g.n; i++)
        if (leaves[i].name == AK_NO_TEXT || leaves[i].place.prefix == AK_NO_TEXT)
            return NULL;
    *plan = (struct ak_evtx_plan){ .place = place, .leaves = leaves, .n = g.n, .damage = g.damage };
    return plan;
}

const struct ak_evtx_plan *ak_evtx_plan_of(struct ak_evtx_planner *p, struct ak_bxml_tape *tape,
                                           struct ak_evtx_place place, bool *out_new)
{
    struct ak_evtx_plan *plan = tape->plans;
    while (plan && (plan->place.zone != place.zone || plan->place.prefix != place.prefix))
        plan = plan->next;
    *out_new = !plan;
    if (plan)
        return plan;
    plan = make_plan(p, tape, place);
    if (plan) {
        plan->next = tape->plans;
        tape->plans = plan;
    }
    return plan;
}
