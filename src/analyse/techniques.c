/* techniques.c - from detections to claims: what rules of level high and above
 * found, by machine, under the question of the report it belongs to.
 *
 * A rule that matched is a sign, not a proof: such a claim is L3 ("possible") and
 * says which rule, how often, and from when to when.  Which question it belongs to
 * is told by the ATT&CK technique, else by the tactic, in the rule's tags. */
#include "analyse/watch.h"
#include "detect/match.h"
#include "finding/attack.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { GROUPS_MAX = 4000, CLAIMS_MAX = 200, BASIS_MAX = 4, TECHNIQUE_MAX = 16 };

/* Fields are those of the fact schema; "t1070" also stands for its sub-techniques. */
static const struct topic {
    const char *tag, *field, *section;
} TOPICS[] = {
    { "t1505", "malware", "web" },
    { "t1190", "entry_vector", "entry" },
    { "t1133", "entry_vector", "entry" },
    { "t1566", "entry_vector", "entry" },
    { "t1189", "entry_vector", "entry" },
    { "t1110", "credential_abuse", "entry" },
    { "t1021", "lateral_methods", "entry" },
    { "t1570", "lateral_methods", "entry" },
    { "t1550", "lateral_methods", "entry" },
    { "t1219", "tools", "entry" },
    { "t1003", "privilege_escalation", "accounts" },
    { "t1558", "privilege_escalation", "accounts" },
    { "t1136", "persistence", "accounts" },
    { "t1098", "persistence", "accounts" },
    { "t1685.005", "log_clearing", "evasion" }, /* as ATT&CK 18 numbers it */
    { "t1562", "security_disabled", "evasion" },
    { "t1685", "security_disabled", "evasion" },
    { "t1070.001", "log_clearing", "evasion" },
    { "t1070.002", "log_clearing", "evasion" },
    { "t1070", "anti_forensics", "evasion" },
    { "t1490", "vss_deleted", "impact" },
    { "t1489", "service_stop", "impact" },
    { "t1486", "encryption_window", "impact" },
    { "t1560", "staging", "exfiltration" },
    { "t1074", "staging", "exfiltration" },
    { "t1567", "egress", "exfiltration" },
    { "t1048", "egress", "exfiltration" },
    { "t1041", "egress", "exfiltration" },
    { "initial-access", "entry_vector", "entry" },
    { "execution", "tools", "entry" },
    { "persistence", "persistence", "accounts" },
    { "privilege-escalation", "privilege_escalation", "accounts" },
    { "defense-evasion", "anti_forensics", "evasion" },
    { "stealth", "anti_forensics", "evasion" },
    { "defense-impairment", "security_disabled", "evasion" },
    { "credential-access", "credential_abuse", "accounts" },
    { "discovery", "tools", "entry" },
    { "lateral-movement", "lateral_methods", "entry" },
    { "collection", "staging", "exfiltration" },
    { "command-and-control", "tools", "entry" },
    { "exfiltration", "egress", "exfiltration" },
    { "impact", "altered_objects", "impact" },
};
static const struct topic OTHER = { "", "tools", "entry" };

/* What is no rule of Sigma: how its ids begin, and what its claim is. */
static const struct topic FEEDS[] = { { "indicator:", "iocs", "entry" },
                                      { "yara:", "malware", "entry" } };

/* One rule on one machine. */
struct group {
    char *rule, *title, *title_ja, *tags, *host; /* owned */
    bool critical;
    bool of_file; /* some rest on what a file on an image says, not the event */
    uint64_t n;
    int64_t first_ns, last_ns;
    struct ak_event_ref basis[BASIS_MAX];
    size_t n_basis;
};

struct groups {
    struct group *at;
    size_t n;
};

/* ---- tags ---- */

static const struct topic *feed_of(const struct group *g)
{
    for (size_t i = 0; i < sizeof(FEEDS) / sizeof(FEEDS[0]); i++)
        if (strncmp(g->rule, FEEDS[i].tag, strlen(FEEDS[i].tag)) == 0)
            return &FEEDS[i];
    return NULL;
}

static const struct topic *topic_of(const char *tags)
{
    for (size_t i = 0; i < sizeof(TOPICS) / sizeof(TOPICS[0]); i++)
        if (ak_attack_tagged(ak_str_of(tags), TOPICS[i].tag))
            return &TOPICS[i];
    return &OTHER;
}

/* The first technique among the tags, by number and name in both languages. */
struct technique {
    struct ak_buf in[2];
};

static void put_technique(struct ak_claim *c, const char *tags, struct technique *t)
{
    char key[TECHNIQUE_MAX] = "T";
    const char *p = strstr(tags, "attack.t1");
    size_t n = 1;
    if (!p) {
        ak_claim_arg(c, ak_arg_word("technique", "no ATT&CK technique named"));
        return;
    }
    for (p += 8; n < TECHNIQUE_MAX && (*p == '.' || (*p >= '0' && *p <= '9')); p++)
        key[n++] = *p;
    struct ak_str code = { key, n };
    const struct ak_attack_name *name = ak_attack_technique(code);
    for (int lang = 0; lang < 2; lang++) {
        ak_buf_str(&t->in[lang], code);
        if (name) {
            ak_buf_u8(&t->in[lang], ' ');
            ak_buf_text(&t->in[lang], name->in[lang]);
        }
    }
    ak_claim_arg(c, ak_arg_both("technique", ak_buf_view(&t->in[AK_LANG_EN]),
                                ak_buf_view(&t->in[AK_LANG_JA])));
}

/* ---- reading ---- */

static const char *text_at(sqlite3_stmt *q, int at)
{
    const char *text = (const char *)sqlite3_column_text(q, at);
    return text ? text : "";
}

/* "1.345.2:17" to a reference; false when there is no such item. */
static bool ref_of(const struct ak_pass *p, const char *id, struct ak_event_ref *out)
{
    const char *colon = strrchr(id, ':');
    const struct ak_item_info *item =
        colon ? ak_reading_item_by_key(p->reading, (struct ak_str){ id, (size_t)(colon - id) })
              : NULL;
    if (!item)
        return false;
    *out = (struct ak_event_ref){ item->rank, (uint32_t)strtoul(colon + 1, NULL, 10) };
    return true;
}

static struct group *group_for(struct groups *g, sqlite3_stmt *q)
{
    struct group *last = g->n ? &g->at[g->n - 1] : NULL;
    if (last && strcmp(last->rule, text_at(q, 0)) == 0 && strcmp(last->host, text_at(q, 5)) == 0)
        return last;
    if (g->n == GROUPS_MAX)
        return NULL;
    struct group *made = &g->at[g->n];
    *made = (struct group){ .rule = strdup(text_at(q, 0)),
                            .title = strdup(text_at(q, 1)),
                            .title_ja = strdup(text_at(q, 2)),
                            .tags = strdup(text_at(q, 4)),
                            .host = strdup(text_at(q, 5)),
                            .critical = strcmp(text_at(q, 3), "critical") == 0 };
    g->n++;
    return made->rule && made->title && made->title_ja && made->tags && made->host ? made : NULL;
}

static void add(struct ak_pass *p, struct groups *g, sqlite3_stmt *q)
{
    struct group *group = group_for(g, q);
    if (!group)
        return; /* all of them stand among the detections */
    int64_t ns = sqlite3_column_int64(q, 6);
    if (ns && (!group->first_ns || ns < group->first_ns))
        group->first_ns = ns;
    if (ns > group->last_ns)
        group->last_ns = ns;
    group->n++;
    group->of_file |= sqlite3_column_int(q, 8) != 0;
    /* The first three and the last; all of them stand among the detections. */
    size_t place = group->n_basis < BASIS_MAX ? group->n_basis : BASIS_MAX - 1;
    if (ref_of(p, text_at(q, 7), &group->basis[place]))
        group->n_basis = place + 1;
}

static bool read_groups(struct ak_pass *p, struct groups *g)
{
    static const char SQL[] =
        "SELECT rule_id, rule_name, rule_name_ja, level, tags, host, ns, event,"
        " json_extract(fields, '$." AK_HIT_PROGRAM "') IS NOT NULL FROM detections"
        " WHERE level IN ('critical', 'high') ORDER BY rule_id, host, ns, id";
    sqlite3_stmt *q;
    g->at = calloc(GROUPS_MAX, sizeof(*g->at));
    if (!g->at || sqlite3_prepare_v2(ak_store_db(p->store), SQL, -1, &q, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(q) == SQLITE_ROW)
        add(p, g, q);
    sqlite3_finalize(q);
    return true;
}

static void free_groups(struct groups *g)
{
    for (size_t i = 0; g->at && i < g->n; i++) {
        free(g->at[i].rule);
        free(g->at[i].title);
        free(g->at[i].title_ja);
        free(g->at[i].tags);
        free(g->at[i].host);
    }
    free(g->at);
}

/* ---- claims ---- */

/* The gravest first, then in the order of time. */
static int by_weight(const void *va, const void *vb)
{
    const struct group *a = va, *b = vb;
    if (a->critical != b->critical)
        return a->critical ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    int order = strcmp(a->title, b->title);
    return order ? order : strcmp(a->host, b->host);
}

static void put_claim(struct ak_pass *p, const struct group *g)
{
    struct technique names = { .in = { { 0 }, { 0 } } };
    const struct topic *feed = feed_of(g), *topic = feed ? feed : topic_of(g->tags);
    struct ak_claim c = { .field = topic->field,
                          .section = topic->section,
                          .subject = ak_str_of(g->host),
                          .level = AK_L3,
                          .visibility = "authority",
                          .producer = "rules",
                          .basis_source = g->n_basis ? AK_STR("") : AK_STR("detections") };
    bool span = g->last_ns > g->first_ns;
    if (feed)
        c.sentence = span ? "On {host}, {n} records match \"{rule}\", from {first} to {last}. They "
                            "are a sign; what is behind "
                            "them is to be examined."
                          : "On {host}, {n} record(s) match \"{rule}\", at {first}. It is a sign; "
                            "what is behind it is to be "
                            "examined.";
    else
        c.sentence = span ? "On {host}, {n} records match the detection rule \"{rule}\" "
                            "({technique}), from {first} to {last}. "
                            "They are a sign; what is behind them is to be examined."
                          : "On {host}, {n} record(s) match the detection rule \"{rule}\" "
                            "({technique}), at {first}. "
                            "It is a sign; what is behind it is to be examined.";
    ak_claim_arg(&c, ak_arg_text("host", ak_str_of(g->host)));
    ak_claim_arg(&c, ak_arg_both("rule", ak_str_of(g->title), ak_str_of(g->title_ja)));
    if (!feed)
        put_technique(&c, g->tags, &names);
    ak_claim_arg(&c, ak_arg_number("n", g->n));
    ak_claim_arg(&c, ak_arg_time("first", g->first_ns));
    if (span)
        ak_claim_arg(&c, ak_arg_time("last", g->last_ns));
    if (g->of_file)
        ak_claim_limit(
            &c, "what a program says of itself was read from the file at its path on the image, "
                "which may have been replaced since it ran");
    for (size_t i = 0; i < g->n_basis; i++)
        ak_claim_basis(&c, g->basis[i]);
    p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
    ak_buf_free(&names.in[0]);
    ak_buf_free(&names.in[1]);
}

static void claim(struct ak_pass *p)
{
    struct groups g = { .n = 0 };
    if (!read_groups(p, &g)) {
        p->failed = true;
    } else if (g.n) {
        qsort(g.at, g.n, sizeof(*g.at), by_weight);
        for (size_t i = 0; i < g.n && i < CLAIMS_MAX; i++)
            put_claim(p, &g.at[i]);
    }
    free_groups(&g);
}

const struct ak_watcher ak_watch_techniques = { .name = "techniques", .claim = claim };
