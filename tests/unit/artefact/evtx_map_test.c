/* evtx_map_test.c - the table from Windows events to ECS fields is well formed,
 * and every event in it has a sentence.
 *
 * With --list it prints the table instead, for tests/cross/evtx_map:
 * provider, event id, ECS name, recorded name. */
#include "artefact/windows/evtx_kind.h"
#include "artefact/windows/evtx_map_table.h"
#include "event/message.h"
#include "event/message_table.h"
#include "tests/support/story.h"

#include <stdlib.h>

enum { MAX_ROWS = 1024, ALIASES_MAX = 32 };

static const struct ak_evtx_map *rows[MAX_ROWS];
static size_t n_rows;

static void gather(void)
{
    for (size_t t = 0; t < AK_EVTX_MAP_TABLES; t++)
        for (size_t i = 0; i < ak_evtx_map_tables[t]->n && n_rows < MAX_ROWS; i++)
            rows[n_rows++] = &ak_evtx_map_tables[t]->rows[i];
}

static int list(void)
{
    for (size_t i = 0; i < n_rows; i++) {
        const struct ak_evtx_map *m = rows[i];
        printf("%.*s\t%u\t\t\n", (int)m->provider.n, m->provider.at, m->event_id);
        for (size_t a = 0; a < m->n_aliases; a++)
            printf("%.*s\t%u\t%.*s\t%.*s\n", (int)m->provider.n, m->provider.at, m->event_id,
                   (int)m->aliases[a].ecs.n, m->aliases[a].ecs.at, (int)m->aliases[a].from.n,
                   m->aliases[a].from.at);
    }
    return 0;
}

/* event.action's alphabet: lower-case words joined by hyphens. */
static bool is_words(struct ak_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.at[i] >= 'a' && s.at[i] <= 'z') && s.at[i] != '-')
            return false;
    return s.n > 0 && s.at[0] != '-' && s.at[s.n - 1] != '-';
}

/* ECS names: lower-case words joined by dots and underscores, at least one dot. */
static bool is_field(struct ak_str s)
{
    bool dot = false;
    for (size_t i = 0; i < s.n; i++) {
        dot = dot || s.at[i] == '.';
        if (!(s.at[i] >= 'a' && s.at[i] <= 'z') && s.at[i] != '.' && s.at[i] != '_')
            return false;
    }
    return dot;
}

static bool outcome_is_known(struct ak_str s)
{
    return s.n == 0 || ak_str_eq(s, AK_STR("success")) || ak_str_eq(s, AK_STR("failure"));
}

static void check_row(const struct ak_evtx_map *m)
{
    int wrong = story.checks_failed;
    CHECK(m->provider.n > 0 && m->event_id > 0);
    CHECK(is_words(m->action));
    CHECK(outcome_is_known(m->outcome));
    CHECK((m->n_aliases == 0) == (m->aliases == NULL) && m->n_aliases <= ALIASES_MAX);
    for (size_t a = 0; a < m->n_aliases; a++) {
        CHECK(is_field(m->aliases[a].ecs) && m->aliases[a].from.n > 0);
        for (size_t b = 0; b < a; b++)
            CHECK(!ak_str_eq(m->aliases[a].ecs, m->aliases[b].ecs) ||
                  !ak_str_eq(m->aliases[a].from, m->aliases[b].from));
    }
    if (story.checks_failed != wrong)
        printf("      in %.*s %u\n", (int)m->provider.n, m->provider.at, m->event_id);
}

static bool has_sentence(const struct ak_evtx_map *m)
{
    char key[256];
    snprintf(key, sizeof(key), "windows:evtx:record\x1f%.*s\x1f%u", (int)m->provider.n,
             m->provider.at, m->event_id);
    for (unsigned i = 0; i < ak_n_message_templates; i++)
        if (strcmp(ak_message_templates[i].key, key) == 0)
            return true;
    printf("      no sentence for %.*s %u\n", (int)m->provider.n, m->provider.at, m->event_id);
    return false;
}

/* Is the sentence's event mapped?  Sentences for all events of no provider are. */
static bool is_mapped(const char *key)
{
    const char *provider = strchr(key, '\x1f');
    const char *code = provider ? strchr(provider + 1, '\x1f') : NULL;
    if (!code || !code[1])
        return true;
    struct ak_str name = { provider + 1, (size_t)(code - provider) - 1 };
    if (ak_evtx_map_find(name, (uint32_t)strtoul(code + 1, NULL, 10)))
        return true;
    printf("      a sentence for an event that is not mapped: %s\n", provider + 1);
    return false;
}

static const struct ak_evtx_alias *alias_of(const struct ak_evtx_map *m, const char *ecs)
{
    for (size_t a = 0; m && a < m->n_aliases; a++)
        if (ak_str_eq(m->aliases[a].ecs, ak_str_of(ecs)))
            return &m->aliases[a];
    return NULL;
}

static bool alias_is(const struct ak_evtx_map *m, const char *ecs, const char *from)
{
    const struct ak_evtx_alias *alias = alias_of(m, ecs);
    return alias && ak_str_eq(alias->from, ak_str_of(from));
}

/* One made-up event of four fields besides provider and code. */
enum { SAMPLE_FIELDS = 6 };

static bool says(enum ak_lang lang, const char *const fields[][2], const char *want)
{
    struct ak_str names[SAMPLE_FIELDS];
    struct ak_value values[SAMPLE_FIELDS];
    struct ak_shape shape = { .data_type = AK_STR_INIT("windows:evtx:record"), .names = names };
    for (; fields[shape.n][0]; shape.n++) {
        names[shape.n] = ak_str_of(fields[shape.n][0]);
        values[shape.n] = ak_val_str(ak_str_of(fields[shape.n][1]));
    }
    struct ak_buf text = { 0 };
    ak_message(&text, &(struct ak_event){ .shape = &shape, .values = values }, lang);
    bool same = ak_str_eq(ak_buf_view(&text), ak_str_of(want));
    if (!same)
        printf("      said: %.*s\n", (int)text.n, (const char *)text.at);
    ak_buf_free(&text);
    return same;
}

/* `text` as evtx logs record it. */
static struct ak_value utf16(const char *text)
{
    static uint8_t wide[256];
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        wide[2 * i] = (uint8_t)text[i];
        wide[2 * i + 1] = 0;
    }
    return (struct ak_value){ .type = AK_TYPE_STR16, .bytes = { wide, 2 * n } };
}

/* Is it `want`, in UTF-8 or UTF-16?  "" wants none. */
static bool is_text(const struct ak_value *v, const char *want)
{
    struct ak_value wide = utf16(want);
    if (!*want)
        return v->type == AK_TYPE_NONE;
    return v->type == AK_TYPE_STR ? ak_str_eq(v->str, ak_str_of(want))
                                  : v->type == AK_TYPE_STR16 && v->bytes.n == wide.bytes.n;
}

static bool address_is(const char *recorded, const char *want)
{
    struct ak_value narrow = ak_val_str(ak_str_of(recorded)), wide = utf16(recorded);
    narrow = ak_evtx_address(&narrow);
    size_t n = ak_evtx_address(&wide).bytes.n;
    bool same = is_text(&narrow, want) && n == 2 * strlen(want);
    if (!same)
        printf("      %s became %.*s\n", recorded, (int)narrow.str.n, narrow.str.at);
    return same;
}

static bool account_is(const char *recorded, const char *domain, const char *name)
{
    struct ak_value v = ak_val_str(ak_str_of(recorded)), wide = utf16(recorded);
    struct ak_value d = ak_evtx_account(&v, true), n = ak_evtx_account(&v, false);
    struct ak_value d16 = ak_evtx_account(&wide, true), n16 = ak_evtx_account(&wide, false);
    return is_text(&d, domain) && is_text(&n, name) && is_text(&d16, domain) && is_text(&n16, name);
}

/* The outcome of an event of this kind with these keywords. */
static bool outcome_is(uint32_t event_id, uint64_t keywords, const char *want)
{
    static struct ak_evtx_kind kind;
    struct ak_value values[AK_EVTX_N_FIELDS] = { 0 };
    kind.map = ak_evtx_map_find(AK_STR("Microsoft-Windows-Security-Auditing"), event_id);
    kind.shape.n = AK_EVTX_N_FIELDS;
    values[AK_EVTX_KEYWORDS] = ak_val_hex(keywords);
    ak_evtx_normalise(&kind, values);
    return is_text(&values[AK_EVTX_OUTCOME], want);
}

#define EVENT(provider, code)                                                                      \
    { "event.provider", provider }, { "event.code", code }
#define SECURITY(code) EVENT("Microsoft-Windows-Security-Auditing", code)

int main(int argc, char **argv)
{
    gather();
    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return list();

    TEST ("every row names its event, its action and its fields properly") {
        CHECK(n_rows > 250 && n_rows < MAX_ROWS);
        for (size_t i = 0; i < n_rows; i++)
            check_row(rows[i]);
    }

    TEST ("no event is mapped twice, whatever the case of its provider") {
        for (size_t i = 0; i < n_rows; i++)
            CHECK(ak_evtx_map_find(rows[i]->provider, rows[i]->event_id) == rows[i]);
    }

    TEST ("the user of a logon is who logged on, of an account change who made it") {
        struct ak_str security = AK_STR("microsoft-windows-SECURITY-auditing");
        const struct ak_evtx_map *logon = ak_evtx_map_find(security, 4624);
        const struct ak_evtx_map *added = ak_evtx_map_find(security, 4720);
        CHECK(alias_is(logon, "user.name", "TargetUserName"));
        CHECK(alias_is(logon, "source.ip", "IpAddress"));
        CHECK(alias_is(added, "user.name", "SubjectUserName"));
        CHECK(alias_is(added, "user.target.name", "TargetUserName"));
        CHECK(logon && ak_str_eq(logon->action, AK_STR("logged-in")));
        CHECK(logon && ak_str_eq(logon->outcome, AK_STR("success")));
    }

    TEST ("ports and process ids are numbers, addresses are addresses") {
        for (size_t i = 0; i < n_rows; i++)
            for (size_t a = 0; a < rows[i]->n_aliases; a++) {
                const struct ak_evtx_alias *alias = &rows[i]->aliases[a];
                if (ak_str_ends(alias->ecs, AK_STR(".ip")))
                    CHECK(alias->how == AK_EVTX_ADDRESS);
                else if (ak_str_ends(alias->ecs, AK_STR(".pid")) ||
                         ak_str_ends(alias->ecs, AK_STR(".port")))
                    CHECK(alias->how == AK_EVTX_NUMBER);
            }
    }

    TEST ("where the event id does not say the outcome, the audit keywords do") {
        static const uint64_t SUCCESS = UINT64_C(0x8020000000000000),
                              FAILURE = UINT64_C(0x8010000000000000);
        CHECK(outcome_is(4768, SUCCESS, "success"));
        CHECK(outcome_is(4776, FAILURE, "failure"));
        CHECK(outcome_is(4625, SUCCESS, "failure"));  /* what the event is about comes first */
        CHECK(outcome_is(65000, FAILURE, "failure")); /* not in the table */
        CHECK(outcome_is(4648, UINT64_C(0x8000000000000000), ""));
        CHECK(outcome_is(4648, SUCCESS | FAILURE, ""));
    }

    TEST ("an address loses its port, brackets and prefix, and a name is no address") {
        CHECK(address_is("10.0.2.17:57064", "10.0.2.17"));
        CHECK(address_is("[fe80::1]:3389", "fe80::1"));
        CHECK(address_is("[fe80::1%5]:3389", "fe80::1"));
        CHECK(address_is("[::ffff:10.0.0.1]:445", "10.0.0.1"));
        CHECK(address_is("::FFFF:10.0.0.1", "10.0.0.1"));
        CHECK(address_is("2001:db8::10", "2001:db8::10"));
        CHECK(address_is("::1", "::1"));
        CHECK(address_is("LOCAL", ""));
        CHECK(address_is("host.example", ""));
        CHECK(address_is("host:3389", ""));
        CHECK(address_is("[", ""));
        CHECK(address_is("[]:1", ""));
        CHECK(address_is("::", ""));
        CHECK(address_is("", ""));
    }

    TEST ("an account in one value is taken apart at its backslash") {
        CHECK(account_is("CORP\\yuki", "CORP", "yuki"));
        CHECK(account_is("yuki", "", "yuki"));
        CHECK(account_is("yuki@corp.example", "", "yuki@corp.example"));
        CHECK(account_is("\\yuki", "", "yuki"));
        CHECK(account_is("CORP\\", "CORP", ""));
        CHECK(account_is("\\\\server\\yuki", "", "\\\\server\\yuki")); /* a path, no account */
        const struct ak_evtx_map *started = ak_evtx_map_find(AK_STR("Microsoft-Windows-Sysmon"), 1);
        CHECK(alias_is(started, "user.name", "User"));
        CHECK(alias_is(started, "user.domain", "User"));
    }

    TEST ("an event that is not in the table, or of another provider, is not found") {
        CHECK(!ak_evtx_map_find(AK_STR("Microsoft-Windows-Security-Auditing"), 1));
        CHECK(!ak_evtx_map_find(AK_STR("Microsoft-Windows-EventSystem"), 4625));
        CHECK(!ak_evtx_map_find(AK_STR(""), 4624));
    }

    TEST ("every event in the table has a sentence, and every sentence an event") {
        for (size_t i = 0; i < n_rows; i++)
            CHECK(has_sentence(rows[i]));
        for (unsigned i = 0; i < ak_n_message_templates; i++)
            if (strncmp(ak_message_templates[i].key, "windows:evtx:record\x1f", 20) == 0)
                CHECK(is_mapped(ak_message_templates[i].key));
    }

    TEST ("a sentence leaves out what the event does not say") {
        static const char *const REMOTE[][2] = { SECURITY("4625"),
                                                 { "user.name", "mio" },
                                                 { "source.ip", "192.0.2.10" },
                                                 { "winlog.logon.type", "3" },
                                                 { 0 } };
        static const char *const BARE[][2] = { SECURITY("4625"), { "user.name", "mio" }, { 0 } };
        CHECK(says(AK_LANG_EN, REMOTE, "Logon failed: mio from 192.0.2.10, type 3"));
        CHECK(says(AK_LANG_JA, REMOTE, "ログオン失敗: mio(接続元 192.0.2.10)(種別 3)"));
        CHECK(says(AK_LANG_EN, BARE, "Logon failed: mio"));
        CHECK(says(AK_LANG_JA, BARE, "ログオン失敗: mio"));
    }

    TEST ("an account is shown with its domain when it has one") {
        static const char *const BOTH[][2] = { SECURITY("4720"),
                                               { "user.target.domain", "CORP" },
                                               { "user.target.name", "yuki" },
                                               { "user.name", "admin" },
                                               { 0 } };
        CHECK(says(AK_LANG_EN, BOTH, "User account created: CORP\\yuki by admin"));
        CHECK(says(AK_LANG_JA, BOTH, "ユーザーアカウントの作成: CORP\\yuki(作成者 admin)"));
    }

    TEST ("a provider recorded in UTF-16 finds its sentence too") {
        static const uint8_t EVENTLOG[] = { 'E', 0, 'v', 0, 'e', 0, 'n', 0,
                                            't', 0, 'L', 0, 'o', 0, 'g', 0 };
        static const struct ak_str NAMES[] = { AK_STR_INIT("event.provider"),
                                               AK_STR_INIT("event.code") };
        const struct ak_value values[] = {
            ak_val_str16((struct ak_bytes){ EVENTLOG, sizeof(EVENTLOG) }),
            ak_val_u64(6006),
        };
        const struct ak_shape shape = { .data_type = AK_STR_INIT("windows:evtx:record"),
                                        .names = NAMES,
                                        .n = 2 };
        struct ak_buf text = { 0 };
        ak_message(&text, &(struct ak_event){ .shape = &shape, .values = values }, AK_LANG_EN);
        CHECK_STR(ak_buf_view(&text), "Event log service stopped");
        ak_buf_free(&text);
    }

    TEST ("an event without a sentence of its own is named by its code and provider") {
        static const char *const UNKNOWN[][2] = { EVENT("Example", "7"),
                                                  { "winlog.channel", "Application" },
                                                  { 0 } };
        CHECK(says(AK_LANG_EN, UNKNOWN, "Event 7 of Example (Application)"));
        CHECK(says(AK_LANG_JA, UNKNOWN, "イベント 7 (Example)、チャネル Application"));
    }

    return story_report();
}
