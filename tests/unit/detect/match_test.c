/* match_test.c - the matcher on made-up rules and events: what hits carry, what is
 * remembered and forgotten, and that guards change nothing. */
#include "detect/match.h"
#include "detect/rules_read.h"

#include "base/utf.h"
#include "event/event.h"
#include "tests/support/plain_match.h"
#include "tests/support/story.h"

#include <stdlib.h>

static const char MAP[] = "classes:\n"
                          "  - name: all\n"
                          "    sources: [{category: test}]\n"
                          "    when: {data_type: test}\n"
                          "    fields:\n"
                          "      H: {from: a, as: decimal}\n"
                          "      J: {join: [a, b], with: '-'}\n"
                          "      M: {any: [a, b, c]}\n"
                          "      V: {from: b, values: {power: strong}}\n"
                          "      P: {from: c, as: program}\n"
                          "      T: {time: utc}\n"
                          "    defaults: ['']\n"
                          "    absent: [z]\n"
                          "  - name: some\n"
                          "    sources: [{category: test}, {category: other}]\n"
                          "    when: {data_type: test, k: [1, 2]}\n"
                          "    fields: {a: b, b: a}\n"
                          "    defaults: ['']\n";

static struct ak_arena *arena;

static struct ak_bytes bytes_of(const char *text)
{
    return (struct ak_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool load(const char *yaml, struct ak_rules *rules, struct ak_maps *maps)
{
    uint32_t line;
    const char *why;
    struct ak_rules_options options = { 0 };
    struct ak_rule_file file = { AK_STR("r.yml"), bytes_of(yaml) };
    *maps = (struct ak_maps){ 0 };
    return ak_maps_read(arena, AK_STR("m.yml"), bytes_of(MAP), maps, &line, &why) == AK_OK &&
           ak_rules_read(arena, &file, 1, &options, rules) == AK_OK;
}

/* ---- random rules and events ---- */

static uint64_t state = 88172645463325252u;

static unsigned chance(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 20) % n;
}

/* Few words, so that rules and events meet often; some too short for a gram, some
 * beyond ASCII, some parts of others. */
static const char *const WORDS[] = { "power", "powershell", "shell", "she",     "a",
                                     "ab",    "0x1a4",      "420",   "証拠",    "証",
                                     "Ärger", "e",          ".exe",  "cmd.exe", "10.1.2.3",
                                     "rger",  "Power",      "SHELL", "xx",      "aaaa" };
static const char *const FIELDS[] = { "a", "b", "c", "d", "H", "J",      "M",
                                      "V", "P", "T", "z", "k", "nowhere" };

static const char *word(void) { return WORDS[chance(sizeof(WORDS) / sizeof(WORDS[0]))]; }

static void put_test(struct ak_buf *y)
{
    static const char *const MODIFIERS[] = { "",
                                             "",
                                             "|contains",
                                             "|contains",
                                             "|startswith",
                                             "|endswith",
                                             "|contains|all",
                                             "|re",
                                             "|cased",
                                             "|neq",
                                             "|contains|cased",
                                             "|re|i",
                                             "|gt",
                                             "|fieldref",
                                             "|exists" };
    unsigned m = chance(sizeof(MODIFIERS) / sizeof(MODIFIERS[0]));
    const char *modifier = MODIFIERS[m],
               *field = FIELDS[chance(sizeof(FIELDS) / sizeof(FIELDS[0]))];
    if (chance(12) == 0) {
        static const char *const PARTS[] = { "minute", "hour", "day", "week", "month", "year" };
        ak_buf_printf(y, "    T|%s: %u\n", PARTS[chance(6)], 1 + chance(28));
        return;
    }
    ak_buf_printf(y, "    %s%s:", field, modifier);
    if (strcmp(modifier, "|gt") == 0)
        ak_buf_printf(y, " %u\n", chance(500));
    else if (strcmp(modifier, "|exists") == 0)
        ak_buf_text(y, chance(2) ? " true\n" : " false\n");
    else if (strcmp(modifier, "|fieldref") == 0)
        ak_buf_printf(y, " '%s'\n", FIELDS[chance(4)]);
    else if (!modifier[0] && chance(6) == 0)
        ak_buf_text(y, chance(2) ? " null\n" : " ''\n");
    else if (strncmp(modifier, "|re", 3) == 0)
        ak_buf_printf(y, " '%s.*%s'\n", word(), word());
    else
        for (unsigned i = 0, n = 1 + chance(4); i < n || (ak_buf_u8(y, '\n'), false); i++)
            ak_buf_printf(y, "\n      - '%s%s%s'", chance(3) ? "" : "*", word(),
                          chance(3)   ? ""
                          : chance(2) ? "*"
                                      : "?");
}

static void put_rule(struct ak_buf *y, unsigned number)
{
    static const char *const CONDITIONS[] = { "s0",
                                              "s0 or s1",
                                              "s0 and s1",
                                              "s0 and not s1",
                                              "not s0",
                                              "1 of s*",
                                              "all of s*",
                                              "(s0 or s1) and not s2",
                                              "s0 and (s1 or not s2)" };
    ak_buf_printf(y, "%stitle: r%u\nlogsource: {category: %s}\ndetection:\n", number ? "---\n" : "",
                  number, chance(4) ? "test" : "other");
    for (unsigned s = 0; s < 3; s++) {
        ak_buf_printf(y, "  s%u:\n", s);
        if (chance(8) == 0) {
            ak_buf_printf(y, "    - '%s'\n", word()); /* a keyword */
            continue;
        }
        struct ak_buf one = { 0 };
        put_test(&one);
        ak_buf_put(y, one.at, one.n);
        ak_buf_free(&one);
    }
    ak_buf_printf(y, "  condition: %s\n",
                  CONDITIONS[chance(sizeof(CONDITIONS) / sizeof(CONDITIONS[0]))]);
}

/* An event of up to five fields out of a few words each. */
struct made {
    struct ak_str names[8];
    struct ak_value values[8];
    char texts[8][256];
    uint8_t units[8][512];
    struct ak_shape shape;
    struct ak_event event;
};

static void put_value(struct made *m, size_t i)
{
    char *to = m->texts[i];
    size_t n = 0;
    for (unsigned k = 0, words = chance(4); k <= words; k++)
        n += (size_t)snprintf(to + n, 256 - n, "%s%s", k ? (chance(2) ? " " : "") : "", word());
    unsigned type = chance(8);
    if (type == 0)
        m->values[i] = ak_val_none();
    else if (type == 1)
        m->values[i] = ak_val_u64(chance(500));
    else if (type == 2)
        m->values[i] = ak_val_hex(420);
    else if (type < 5)
        m->values[i] = ak_val_str((struct ak_str){ to, n });
    else {
        size_t units = 0;
        for (size_t at = 0; at < n; units += 2) {
            uint32_t c = ak_utf8_next((struct ak_str){ to, n }, &at);
            m->units[i][units] = (uint8_t)c;
            m->units[i][units + 1] = (uint8_t)(c >> 8);
        }
        m->values[i] = ak_val_str16((struct ak_bytes){ m->units[i], units });
    }
}

static void make_event(struct made *m)
{
    static const char *const NAMES[] = { "a", "b", "c", "d", "k", "z" };
    size_t n = 0;
    for (size_t i = 0; i < 6; i++)
        if (chance(4))
            m->names[n++] = ak_str_of(NAMES[i]);
    for (size_t i = 0; i < n; i++)
        put_value(m, i);
    for (size_t i = 0; i < n; i++)
        if (m->names[i].at[0] == 'k' && chance(3))
            m->values[i] = ak_val_u64(1 + chance(3));
    m->shape =
        (struct ak_shape){ chance(10) ? AK_STR("test") : AK_STR("else"), AK_STR("x"), m->names, n };
    struct ak_stamp when =
        ak_stamp_unix((int64_t)chance(2000000000) + chance(7) * 1000, chance(1000), AK_PREC_NS);
    m->event = (struct ak_event){ .shape = &m->shape, .values = m->values };
    if (chance(5))
        m->event.when = when;
}

/* Rules and events of one seed: differences from trying everything. */
static size_t differences(unsigned n_rules, unsigned n_events, size_t *out_hits)
{
    struct ak_rules rules;
    struct ak_maps maps;
    struct ak_buf yaml = { 0 };
    size_t n_wrong = 0;
    for (unsigned r = 0; r < n_rules; r++)
        put_rule(&yaml, r);
    ak_buf_u8(&yaml, 0);
    if (!load((const char *)yaml.at, &rules, &maps))
        return 1;
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    bool *plain = calloc(rules.n + 1, 1);
    for (unsigned i = 0; i < n_events; i++) {
        struct made m;
        const struct ak_hit *hits;
        make_event(&m);
        plain_match(&rules, &maps, &m.event, plain);
        size_t n = ak_detector_look(d, &m.event, &hits), k = 0;
        for (uint32_t r = 0; r < rules.n; r++) {
            bool found = k < n && hits[k].rule == r;
            k += found;
            n_wrong += found != plain[r];
        }
        *out_hits += n;
        ak_detector_forget(d); /* the shape is on the stack */
    }
    ak_detector_free(d);
    free(plain);
    ak_buf_free(&yaml);
    ak_arena_reset(arena);
    return n_wrong;
}

/* ---- single stories ---- */

static const char RULES[] =
    "title: first\nname: first\nlogsource: {category: test}\nfields: [d]\n"
    "detection: {s: {b: beta, a|contains: alp}, condition: s}\n"
    "---\ntitle: second\nlogsource: {category: test}\ndetection: {s: {a: '*'}, condition: s}\n"
    "---\ntitle: together\ncorrelation:\n  type: value_count\n  rules: [first]\n  group-by: [c]\n"
    "  timespan: 5m\n  condition: {gte: 2, field: k}\n";

static const struct ak_str NAMES[] = { AK_STR_INIT("a"), AK_STR_INIT("b"), AK_STR_INIT("c"),
                                       AK_STR_INIT("d"), AK_STR_INIT("k") };
static const struct ak_shape SHAPE = { AK_STR_INIT("test"), AK_STR_INIT("x"), NAMES, 5 };

static bool carries(const struct ak_hit *hit, size_t i, const char *name, const char *value)
{
    return i < hit->n_fields && ak_str_eq(hit->fields[i].name, ak_str_of(name)) &&
           ak_str_eq(hit->fields[i].value, ak_str_of(value));
}

static void test_fields(void)
{
    struct ak_rules rules;
    struct ak_maps maps;
    const struct ak_hit *hits;
    CHECK(load(RULES, &rules, &maps) && rules.n == 3);
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    struct ak_value values[] = { ak_val_str(AK_STR("Alpha")), ak_val_str(AK_STR("BETA")),
                                 ak_val_str(AK_STR("x")), ak_val_hex(16), ak_val_u64(9) };
    struct ak_event event = { .shape = &SHAPE, .values = values };
    size_t n = ak_detector_look(d, &event, &hits);
    CHECK(n == 2 && hits[0].rule == 0 && hits[1].rule == 1);
    CHECK(hits[0].n_fields == 5 && carries(&hits[0], 0, "b", "BETA") &&
          carries(&hits[0], 1, "a", "Alpha"));
    CHECK(carries(&hits[0], 2, "d", "0x10") && carries(&hits[0], 3, "c", "x") &&
          carries(&hits[0], 4, "k", "9"));
    CHECK(hits[1].n_fields == 1 && carries(&hits[1], 0, "a", "Alpha"));
    CHECK(ak_detector_binding(d, 0) == AK_BOUND && ak_detector_binding(d, 2) == AK_BOUND_BY_OTHERS);
    CHECK(ak_detector_bound_to(d, 0, 0) && ak_detector_seen(d, 0) == 1 &&
          ak_detector_seen(d, 1) == 0);
    ak_detector_free(d);
}

static void test_long(void)
{
    struct ak_rules rules;
    struct ak_maps maps;
    const struct ak_hit *hits;
    static char text[300000];
    CHECK(load(RULES, &rules, &maps));
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
        memcpy(text + i, "証", 3);
    memcpy(text + sizeof(text) - 3, "alp", 3);
    struct ak_value values[5] = { ak_val_str((struct ak_str){ text, sizeof(text) }),
                                  ak_val_str(AK_STR("beta")) };
    struct ak_event event = { .shape = &SHAPE, .values = values };
    size_t n = ak_detector_look(d, &event, &hits);
    CHECK(n == 2 && hits[0].n_fields == 2);
    CHECK(n == 2 && hits[0].fields[1].value.n == AK_HIT_VALUE_MAX - AK_HIT_VALUE_MAX % 3);
    CHECK(ak_detector_misses(d) == 0);
    ak_detector_free(d);
}

/* More shapes, kinds and texts than are kept. */
static void test_forgetting(void)
{
    struct ak_rules rules;
    struct ak_maps maps;
    const struct ak_hit *hits;
    size_t n_hits = 0;
    CHECK(load(RULES, &rules, &maps));
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    static struct ak_shape shapes[20000];
    static char texts[20000][24];
    static struct ak_str names[20000][2];
    for (size_t i = 0; i < 20000; i++) {
        int n = snprintf(texts[i], sizeof(texts[i]), "alpha%zu", i);
        struct ak_str text = { texts[i], (size_t)n };
        names[i][0] = AK_STR("a");
        names[i][1] = i % 2 ? text : AK_STR("k");
        shapes[i] = (struct ak_shape){ AK_STR("test"), AK_STR("x"), names[i], 2 };
        struct ak_value values[] = { ak_val_str(text), ak_val_str(text) };
        struct ak_event event = { .shape = &shapes[i], .values = values };
        n_hits += ak_detector_look(d, &event, &hits);
    }
    CHECK(n_hits == 20000 && ak_detector_misses(d) == 0 && ak_detector_seen(d, 0) == 20000);
    ak_detector_free(d);
}

/* A rule whose condition names one selection very often, one that is too large for the
 * classes it would be bound to, and one as rules are. */
static void test_hostile(void)
{
    struct ak_rules rules;
    struct ak_maps maps;
    const struct ak_hit *hits;
    struct ak_buf y = { 0 };
    ak_buf_text(&y,
                "title: often\nlogsource: {category: test}\ndetection:\n  s:\n    a|contains:\n");
    for (int i = 1997; i < 2000; i++)
        ak_buf_printf(&y, "      - 'w%d'\n", i);
    ak_buf_text(&y, "  condition: s");
    for (int i = 0; i < 20000; i++)
        ak_buf_text(&y, " or s and s");
    ak_buf_text(&y, "\n---\ntitle: large\nlogsource: {category: test}\ndetection:\n  s:\n");
    for (int i = 0; i < 90000; i++)
        ak_buf_text(&y, "    - a: x\n");
    ak_buf_text(&y, "  condition: s\n---\ntitle: as they are\nlogsource: {category: test}\n"
                    "detection: {s: {a|contains: w1999}, condition: s}\n");
    ak_buf_u8(&y, 0);
    CHECK(load((const char *)y.at, &rules, &maps) && rules.n == 3);
    struct ak_detector *d = ak_detector_new(&rules, &maps);
    struct ak_value values[5] = { ak_val_str(AK_STR("x w1999")) };
    struct ak_event event = { .shape = &SHAPE, .values = values };
    size_t n = d ? ak_detector_look(d, &event, &hits) : 0;
    CHECK(n == 2 && hits[0].rule == 0 && hits[1].rule == 2);
    CHECK(ak_detector_binding(d, 0) == AK_BOUND && ak_detector_binding(d, 1) == AK_UNBOUND_SIZE);
    CHECK(!ak_detector_bound_to(d, 1, 0) && ak_detector_bound_to(d, 2, 0));
    ak_detector_free(d);
    ak_buf_free(&y);
}

int main(void)
{
    struct ak_rules none = { 0 };
    struct ak_maps maps = { 0 };
    arena = ak_arena_new(512u << 20);
    TEST (
        "hits carry the fields the rule names, those it wants shown and those correlations want") {
        test_fields();
    }
    TEST ("a very long text is looked through and cut at a character in the hit") {
        test_long();
    }
    TEST ("more shapes, kinds and texts than are kept change nothing") {
        test_forgetting();
    }
    TEST ("a hostile rule is bounded, or not applied, and the others are") {
        test_hostile();
    }
    TEST ("without rules and maps nothing is found") {
        const struct ak_hit *hits;
        struct ak_value values[5] = { ak_val_str(AK_STR("x")) };
        struct ak_event event = { .shape = &SHAPE, .values = values };
        struct ak_detector *d = ak_detector_new(&none, &maps);
        CHECK(d && ak_detector_look(d, &event, &hits) == 0 && ak_detector_misses(d) == 0);
        ak_detector_free(d);
    }
    TEST ("random rules on random events: the matcher finds what trying each rule on each event "
          "finds") {
        size_t n_wrong = 0, n_hits = 0;
        for (int round = 0; round < 60; round++)
            n_wrong += differences(1 + chance(60), 120, &n_hits);
        printf("      %zu hits\n", n_hits);
        CHECK(n_wrong == 0);
        CHECK(n_hits > 10000);
    }
    ak_arena_free(arena);
    return story_report();
}
