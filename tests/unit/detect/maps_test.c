/* maps_test.c - what docs/formats/maps.md says, feature by feature, and the defects of
 * common mappings that data/maps must not have. */
#include "detect/maps.h"
#include "detect/match.h"
#include "detect/rules_read.h"

#include "event/event.h"
#include "tests/support/story.h"

#include <stdlib.h>

static struct ak_arena *arena;

static struct ak_bytes bytes_of(const char *text)
{
    return (struct ak_bytes){ (const uint8_t *)text, strlen(text) };
}

static const char *why;
static uint32_t why_line;

static bool read_maps(const char *yaml, struct ak_maps *maps)
{
    why = "";
    return ak_maps_read(arena, AK_STR("map.yml"), bytes_of(yaml), maps, &why_line, &why) == AK_OK;
}

static bool refused(const char *yaml, uint32_t line, const char *what)
{
    struct ak_maps maps = { 0 };
    bool read = read_maps(yaml, &maps);
    bool good = !read && why_line == line && strcmp(why, what) == 0;
    if (!good)
        printf("      line %u: %s\n", why_line, why);
    return good;
}

/* ---- one event, one rule ---- */

struct pair {
    const char *name, *value; /* value NULL: the shape has the name alone */
};

/* Does a rule with this selection fire on the event?  *out_hit: the value of the first
 * field of the hit. */
static bool fires(const struct ak_maps *maps, const char *logsource, const char *selection,
                  const struct pair *pairs, char *out_hit)
{
    char rule[2048];
    struct ak_rules rules;
    struct ak_rules_options options = { 0 };
    snprintf(
        rule, sizeof(rule),
        "title: t\nlogsource: {%s}\ndetection:\n  selection:\n    %s\n  condition: selection\n",
        logsource, selection);
    struct ak_rule_file file = { AK_STR("rule.yml"), bytes_of(rule) };
    struct ak_str names[32];
    struct ak_value values[32];
    size_t n = 0;
    for (; pairs[n].name && strcmp(pairs[n].name, "type") != 0; n++) {
        names[n] = ak_str_of(pairs[n].name);
        values[n] = pairs[n].value ? ak_val_str(ak_str_of(pairs[n].value)) : ak_val_none();
    }
    const char *type = pairs[n].name ? pairs[n].value : "windows:evtx:record";
    struct ak_shape shape = { ak_str_of(type), AK_STR("x"), names, n };
    struct ak_event event = { .shape = &shape, .values = values };
    if (ak_rules_read(arena, &file, 1, &options, &rules) != AK_OK || rules.n != 1)
        return false;
    struct ak_detector *d = ak_detector_new(&rules, maps);
    const struct ak_hit *hits;
    size_t n_hits = d ? ak_detector_look(d, &event, &hits) : 0;
    if (out_hit && n_hits && hits[0].n_fields)
        snprintf(out_hit, 256, "%.*s", (int)hits[0].fields[0].value.n, hits[0].fields[0].value.at);
    ak_detector_free(d);
    return n_hits == 1;
}

static enum ak_rule_binding binding(const struct ak_maps *maps, const char *logsource,
                                    const char *selection)
{
    char rule[2048];
    struct ak_rules rules;
    struct ak_rules_options options = { 0 };
    snprintf(
        rule, sizeof(rule),
        "title: t\nlogsource: {%s}\ndetection:\n  selection:\n    %s\n  condition: selection\n",
        logsource, selection);
    struct ak_rule_file file = { AK_STR("rule.yml"), bytes_of(rule) };
    if (ak_rules_read(arena, &file, 1, &options, &rules) != AK_OK || rules.n != 1)
        return AK_BOUND_BY_OTHERS;
    struct ak_detector *d = ak_detector_new(&rules, maps);
    enum ak_rule_binding is = ak_detector_binding(d, 0);
    ak_detector_free(d);
    return is;
}

/* ---- the notation ---- */

static const char FIELDS[] = "tables:\n"
                             "  - name: base\n"
                             "    when: {data_type: test}\n"
                             "    fields:\n"
                             "      Direct: a\n"
                             "      First: [missing, b, a]\n"
                             "      Decimal: {from: hex, as: decimal}\n"
                             "      Hex: {from: dec, as: hex}\n"
                             "      Table: {from: a, values: {Alpha: one, beta: two}}\n"
                             "      Joined: {join: [a, missing, b], with: '\\'}\n"
                             "      Drive: {from: path, as: drive}\n"
                             "      Any: {any: [b, m*]}\n"
                             "      Fixed: {constant: always}\n"
                             "      Key: {join: [key, name], with: '\\', as: registry-path}\n"
                             "      Data: {from: [data, kind], as: registry-data}\n"
                             "    defaults: [x., '']\n"
                             "    absent: [Never, Own]\n"
                             "classes:\n"
                             "  - name: test\n"
                             "    extends: base\n"
                             "    sources: [{category: test}, {product: p, service: s}]\n"
                             "    fields: {Own: b}\n";

static const struct pair EVENT[] = {
    { "a", "alpha" },
    { "b", "beta" },
    { "hex", "0x1A4" },
    { "dec", "420" },
    { "path", "\\Device\\HarddiskVolume12\\x.exe" },
    { "m1", "one" },
    { "m2", "two" },
    { "x.deep", "d" },
    { "plain", "e" },
    { "gone", NULL },
    { "key", "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\x" },
    { "name", "Start" },
    { "data", "4" },
    { "kind", "%%1876" },
    { "type", "test" },
};

static void test_fields(const struct ak_maps *maps)
{
    static const struct {
        const char *selection, *hit; /* hit NULL: must not fire */
    } CASES[] = {
        { "Direct: alpha", "alpha" },
        { "Direct: beta", NULL },
        { "First: beta", "beta" },
        { "First: alpha", NULL },
        { "Decimal: 420", "420" },
        { "Decimal: '0x1A4'", NULL },
        { "Hex: '0x1a4'", "0x1a4" },
        { "Hex: 420", NULL },
        { "Table: one", "one" },
        { "Table: alpha", NULL },
        { "Joined: 'alpha\\beta'", "alpha\\beta" },
        { "Joined|contains: 'ha\\be'", "alpha\\beta" },
        { "Drive: 'c:\\x.exe'", "C:\\x.exe" },
        { "Drive|contains: harddisk", NULL },
        { "Any: two", "beta\none\ntwo" },
        { "Fixed: always", "always" },
        { "Fixed: never", NULL },
        { "Key: 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\Start'",
          "HKLM\\System\\CurrentControlSet\\Services\\x\\Start" },
        { "Data: 'DWORD (0x00000004)'", "DWORD (0x00000004)" },
        { "deep: d", "d" },
        { "plain: e", "e" },
        { "Plain: e", NULL },
        { "Own: beta", "beta" },
        { "Never: null", "" },
        { "gone: ''", "" },
        { "gone: null", "" },
        { "gone|exists: true", NULL },
        { "elsewhere: ''", NULL },
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char hit[256] = "";
        bool fired = fires(maps, "category: test", CASES[i].selection, EVENT, hit);
        bool good = fired == (CASES[i].hit != NULL) && (!fired || strcmp(hit, CASES[i].hit) == 0);
        if (!good)
            printf("      %s: %s, %s\n", CASES[i].selection, fired ? "fires" : "does not fire",
                   hit);
        CHECK(good);
    }
}

static void test_binding(const struct ak_maps *maps)
{
    CHECK(binding(maps, "category: test", "Never: x") == AK_UNBOUND_FIELDS);
    CHECK(binding(maps, "category: test", "Never|neq: x") == AK_UNBOUND_FIELDS);
    CHECK(binding(maps, "category: test", "Never: null") == AK_BOUND);
    CHECK(binding(maps, "category: test", "Own: x") == AK_BOUND);
    CHECK(binding(maps, "category: other", "Own: x") == AK_UNBOUND_SOURCE);
    CHECK(binding(maps, "product: p", "Own: x") == AK_BOUND);
    CHECK(binding(maps, "product: p, service: s", "Own: x") == AK_BOUND);
    CHECK(binding(maps, "product: p, category: test", "Own: x") == AK_UNBOUND_SOURCE);
}

static void test_when(void)
{
    struct ak_maps maps = { 0 };
    CHECK(read_maps("classes:\n"
                    "  - name: w\n"
                    "    sources: [{category: test}]\n"
                    "    when: {data_type: [one, test*], code: [4, 'x*'], seen: '*'}\n"
                    "    defaults: ['']\n",
                    &maps));
    static const struct {
        struct pair event[4];
        bool is;
    } CASES[] = {
        { { { "code", "4" }, { "seen", "1" }, { "type", "test:a" } }, true },
        { { { "code", "XYZ" }, { "seen", "1" }, { "type", "one" } }, true },
        { { { "code", "5" }, { "seen", "1" }, { "type", "one" } }, false },
        { { { "code", "4" }, { "seen", NULL }, { "type", "one" } }, false },
        { { { "code", "4" }, { "type", "one" } }, false },
        { { { "code", "4" }, { "seen", "1" }, { "type", "two" } }, false },
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
        CHECK(fires(&maps, "category: test", "code|contains: ''", CASES[i].event, NULL) ==
              CASES[i].is);
}

/* ---- Windows ---- */

struct windows_case {
    const char *logsource, *selection;
    struct pair event[8];
    bool fires;
};

static const struct windows_case WINDOWS[] = {
    { "product: windows, service: dns-client",
      "EventID: 3008",
      { { "winlog.channel", "Microsoft-Windows-DNS-Client/Operational" },
        { "winlog.event_id", "3008" } },
      true },
    { "product: windows, service: dns-client",
      "EventID: 3008",
      { { "winlog.channel", "Microsoft-Windows-DNS Client Events/Operational" },
        { "winlog.event_id", "3008" } },
      false },
    { "product: windows, service: security-mitigations",
      "EventID: 11",
      { { "winlog.channel", "Microsoft-Windows-Security-Mitigations/KernelMode" },
        { "winlog.event_id", "11" } },
      true },
    { "product: windows, service: security-mitigations",
      "EventID: 11",
      { { "winlog.channel", "microsoft-windows-security-mitigations/usermode" },
        { "winlog.event_id", "11" } },
      true },
    { "product: windows, category: process_creation",
      "Image|endswith: '\\a.exe'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4688" },
        { "winlog.event_data.NewProcessName", "C:\\a.exe" } },
      true },
    { "product: windows, category: process_creation",
      "ProcessId: 420",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4688" },
        { "winlog.event_data.NewProcessId", "0x1a4" } },
      true },
    { "product: windows, category: process_creation",
      "ParentProcessId: 421",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4688" },
        { "winlog.event_data.ProcessId", "0x1a5" } },
      true },
    { "product: windows, category: process_creation",
      "IntegrityLevel: High",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4688" },
        { "winlog.event_data.MandatoryLabel", "S-1-16-12288" } },
      true },
    { "product: windows, category: process_creation",
      "User: 'CORP\\joe'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4688" },
        { "winlog.event_data.SubjectUserName", "joe" },
        { "winlog.event_data.SubjectDomainName", "CORP" } },
      true },
    { "product: windows, category: process_creation",
      "Image|endswith: '\\a.exe'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4689" },
        { "winlog.event_data.NewProcessName", "C:\\a.exe" } },
      false },
    { "product: windows, category: network_connection",
      "Initiated: 'true'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "5156" },
        { "winlog.event_data.Direction", "%%14593" } },
      true },
    { "product: windows, category: network_connection",
      "Protocol: udp",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "5156" },
        { "winlog.event_data.Protocol", "17" } },
      true },
    { "product: windows, category: network_connection",
      "Image: 'C:\\a.exe'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "5156" },
        { "winlog.event_data.Application", "\\device\\harddiskvolume3\\a.exe" } },
      true },
    { "product: windows, category: registry_set",
      "TargetObject: 'HKLM\\SOFTWARE\\x\\y'",
      { { "winlog.channel", "Security" },
        { "winlog.event_id", "4657" },
        { "winlog.event_data.OperationType", "%%1905" },
        { "winlog.event_data.ObjectName", "\\REGISTRY\\MACHINE\\SOFTWARE\\x" },
        { "winlog.event_data.ObjectValueName", "y" } },
      true },
    { "product: windows, category: registry_delete",
      "TargetObject|contains: x",
      { { "winlog.channel", "Microsoft-Windows-Sysmon/Operational" },
        { "winlog.event_id", "12" },
        { "winlog.event_data.EventType", "CreateKey" },
        { "winlog.event_data.TargetObject", "HKLM\\x" } },
      false },
    { "product: windows, category: registry_delete",
      "TargetObject|contains: x",
      { { "winlog.channel", "Microsoft-Windows-Sysmon/Operational" },
        { "winlog.event_id", "12" },
        { "winlog.event_data.EventType", "DeleteValue" },
        { "winlog.event_data.TargetObject", "HKLM\\x" } },
      true },
    { "category: antivirus",
      "Signature|contains: eicar",
      { { "winlog.channel", "Microsoft-Windows-Windows Defender/Operational" },
        { "winlog.event_id", "1116" },
        { "winlog.event_data.Threat Name", "Virus:DOS/EICAR_Test_File" } },
      true },
    { "product: windows, category: ps_classic_start",
      "Data|contains: HostVersion=2",
      { { "winlog.channel", "Windows PowerShell" },
        { "winlog.event_id", "400" },
        { "winlog.event_data.param1", "Available" },
        { "winlog.event_data.param3", "HostVersion=2.0" } },
      true },
    { "product: windows, service: system",
      "Provider_Name: disk",
      { { "winlog.channel", "System" }, { "winlog.provider_name", "Disk" } },
      true },
    { "product: windows, service: system",
      "param1: x",
      { { "winlog.channel", "System" }, { "winlog.user_data.param1", "x" } },
      true },
};

static void test_windows(const struct ak_maps *maps)
{
    for (size_t i = 0; i < sizeof(WINDOWS) / sizeof(WINDOWS[0]); i++) {
        const struct windows_case *c = &WINDOWS[i];
        bool good = fires(maps, c->logsource, c->selection, c->event, NULL) == c->fires;
        if (!good)
            printf("      %s / %s\n", c->logsource, c->selection);
        CHECK(good);
    }
}

static void test_applicable(const struct ak_maps *maps)
{
    static const char *const SERVICES[] = {
        "driver-framework",
        "dns-server",
        "dns-server-analytic",
        "iis-configuration",
        "ldap",
        "microsoft-servicebus-client",
        "msexchange-management",
        "smbserver-connectivity",
        "appxdeployment-server",
    };
    char source[128];
    for (size_t i = 0; i < sizeof(SERVICES) / sizeof(SERVICES[0]); i++) {
        snprintf(source, sizeof(source), "product: windows, service: %s", SERVICES[i]);
        CHECK(binding(maps, source, "EventID: 1") == AK_BOUND);
    }
    CHECK(binding(maps, "product: windows, category: file_access", "Image: x") ==
          AK_UNBOUND_SOURCE);
    CHECK(binding(maps, "product: windows, category: file_rename", "Image: x") ==
          AK_UNBOUND_SOURCE);
    CHECK(binding(maps, "product: windows, category: image_load", "CommandLine: x") ==
          AK_UNBOUND_FIELDS);
    CHECK(binding(maps, "product: windows, category: process_creation", "OriginalFileName: x") ==
          AK_BOUND);
}

int main(void)
{
    struct ak_maps fields = { 0 }, builtin = { 0 };
    arena = ak_arena_new(256 << 20);
    TEST ("a map with every notation is read") {
        CHECK(read_maps(FIELDS, &fields) && fields.n == 1 && fields.n_tables == 1);
    }
    TEST ("each notation gives the value it describes") {
        test_fields(&fields);
    }
    TEST ("a rule is bound by its log source and by the fields it cannot do without") {
        test_binding(&fields);
    }
    TEST ("a class is told by all of its conditions") {
        test_when();
    }
    TEST ("what is no map is refused with its line") {
        CHECK(refused("classes:\n  - name: a\n", 2,
                      "a map does not say which events it is about, or for which rules"));
        CHECK(refused("classes:\n  - sources: []\n    nonsense: 1\n", 3,
                      "a key that maps do not have"));
        CHECK(refused("classes:\n  - name: a\n    extends: nobody\n", 3,
                      "a map extends what nothing above it is called"));
        CHECK(refused("tables:\n  - name: a\n  - name: a\n", 3, "two maps have one name"));
        CHECK(refused("tables:\n  - name: a\n    fields:\n      X: {from: a, as: upside-down}\n", 4,
                      "a map asks for a conversion that is not known"));
        CHECK(refused(
            "tables:\n  - name: a\n    fields:\n      X: {from: a, as: hex, values: {a: b}}\n", 4,
            "a field of a map is to be had in two ways"));
        CHECK(refused("tables:\n  - name: a\n    fields:\n      X: {with: a}\n", 4,
                      "a field of a map says nothing of where it comes from"));
        CHECK(refused("tables:\n  - name: a\n    when: {x: []}\n", 3,
                      "a condition of a map has no value"));
        CHECK(refused("tables:\n  - name: a\n    fields:\n      X: {image: colour}\n", 4,
                      "a map asks for what is not known of programs"));
        CHECK(refused("tables:\n  - name: a\n    fields:\n      X: {join: [a], image: company}\n",
                      4, "a field of a map is to be had in two ways"));
        CHECK(refused("tables:\n  - name: a\n    instead: nobody\n", 3,
                      "a map extends what nothing above it is called"));
        CHECK(refused("tables:\n  - name: a\n  - name: b\n    instead: a\n", 3,
                      "a map has only one of `instead` and `program`"));
        CHECK(refused("tables:\n  - name: a\n    program: x\n", 2,
                      "a map has only one of `instead` and `program`"));
        CHECK(refused("tables: 1\n", 1, "a list is expected in a map"));
    }
    TEST ("a file that is refused leaves the maps before it") {
        size_t n = fields.n;
        CHECK(!read_maps("classes: 1\n", &fields) && fields.n == n);
    }
    TEST ("the maps of this build are read") {
        CHECK(ak_maps_builtin(arena, &builtin) == AK_OK && builtin.n > 80);
    }
    TEST ("Windows' channels, events and values are what they are, not what they are commonly said "
          "to be") {
        test_windows(&builtin);
    }
    TEST ("rules for what no log records are not applicable, those for rare channels are") {
        test_applicable(&builtin);
    }
    ak_arena_free(arena);
    return story_report();
}
