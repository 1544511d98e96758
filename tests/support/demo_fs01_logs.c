/* demo_fs01_logs.c - what FS01, the file server, recorded in its event logs.
 *
 * Events are listed in the order of the story, sorted by time, and then written
 * into the log each belongs to.  The Security log was cleared: what is left of
 * its last chunks lies behind the new beginning, out of step. */
#include "tests/support/demo_fs01.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_DAY = 12,
    LAST_DAY = 31,
    FAILURES = 24,
    CHUNK = 65536,
    HEADER = 4096,
    LEFT_CHUNKS = 3,
    EVENTS_MAX = 6000
};

static const char COMPUTER[] = "FS01.akashi.example";
static const char MACHINE_SID[] = "S-1-5-21-2026013100-1000000001-1000000002";
static const char BACKUP_SID[] = "S-1-5-21-2026012900-2000000001-2000000002-1151";

enum kind {
    LOGON,
    FAILED,
    LOGOFF,
    SPECIAL,
    NTLM,
    CREATED,
    MEMBER,
    PROCESS,
    CLEARED_SECURITY,
    INSTALLED,
    STATE,
    UPTIME,
    CLEARED_OTHER,
    CONFIG,
    PROTECTION_OFF,
    DEFINITIONS,
    SESSION_IN,
    SESSION_OUT,
    APPLICATION,
};

struct happening {
    int64_t at;
    size_t order;
    enum kind kind;
    const char *user, *source, *text;
    unsigned number; /* logon type, process id, session */
};

struct story_log {
    struct happening all[EVENTS_MAX];
    size_t n;
    struct evtx_writer *writers[FS01_LOGS];
    struct evtx_writer *cleared; /* the Security log before it was cleared */
    struct evtx_writer *application_cleared;
    uint64_t last_id;
};

static void add(struct story_log *s, int64_t at, enum kind kind, const char *user,
                const char *source, unsigned number, const char *text)
{
    if (s->n == EVENTS_MAX)
        abort();
    s->all[s->n] = (struct happening){ at, s->n, kind, user, source, text, number };
    s->n++;
}

static int by_time(const void *va, const void *vb)
{
    const struct happening *a = va, *b = vb;
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : a->order < b->order ? -1 : 1;
}

uint64_t demo_filetime(int64_t at) { return (uint64_t)(at + INT64_C(11644473600)) * 10000000; }

/* ---- the records ---- */

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void put(struct evtx_writer *w, const struct happening *h, struct evtx_record r,
                const struct evtx_pair *pairs, size_t n)
{
    r.filetime = demo_filetime(h->at) + h->order % 1000 * 1000;
    r.computer = COMPUTER;
    r.pid = 712;
    r.tid = 2400 + (uint32_t)(h->order % 40);
    r.pairs = pairs;
    r.n_pairs = n;
    if (!evtx_record(w, &r))
        abort();
}

static void put_security(struct evtx_writer *w, const struct happening *h, uint32_t id,
                         uint16_t task, const struct evtx_pair *pairs, size_t n)
{
    bool failure = h->kind == FAILED || (h->kind == NTLM && h->number);
    put(w, h,
        (struct evtx_record){ .provider = "Microsoft-Windows-Security-Auditing",
                              .provider_guid = "{54849625-5478-4994-a5ba-3e3b0328c30d}",
                              .event_id = id,
                              .version = id == 4624 || id == 4688 ? 2 : 0,
                              .channel = "Security",
                              .task = task,
                              .keywords = failure ? 0x8010000000000000 : 0x8020000000000000 },
        pairs, n);
}

static const char *sid_of(const char *user)
{
    return strcmp(user, "svc-backup") == 0 ? BACKUP_SID
                                           : "S-1-5-21-2026012900-2000000001-2000000002-1120";
}

static void put_logon(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", "S-1-0-0"),
        evtx_str("SubjectUserName", "-"),
        evtx_str("SubjectDomainName", "-"),
        evtx_hex64("SubjectLogonId", 0),
        evtx_sid("TargetUserSid", sid_of(h->user)),
        evtx_str("TargetUserName", h->user),
        evtx_str("TargetDomainName", "AKASHI"),
        evtx_hex64("TargetLogonId", 0x40000 + h->order * 16),
        evtx_u32("LogonType", h->number),
        evtx_str("LogonProcessName", h->number == 10 ? "User32 " : "NtLmSsp "),
        evtx_str("AuthenticationPackageName", "NTLM"),
        evtx_str("WorkstationName", h->number == 10 ? "FS01" : "-"),
        evtx_str("IpAddress", h->source),
        evtx_str("IpPort", "0"),
    };
    put_security(w, h, 4624, 12544, pairs, N(pairs));
}

static void put_failed(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", "S-1-0-0"),
        evtx_str("SubjectUserName", "-"),
        evtx_sid("TargetUserSid", "S-1-0-0"),
        evtx_str("TargetUserName", h->user),
        evtx_str("TargetDomainName", "AKASHI"),
        evtx_num("Status", EVTX_HEX32, 0xC000006D),
        evtx_str("FailureReason", "%%2313"),
        evtx_num("SubStatus", EVTX_HEX32, 0xC000006A),
        evtx_u32("LogonType", 3),
        evtx_str("LogonProcessName", "NtLmSsp "),
        evtx_str("AuthenticationPackageName", "NTLM"),
        evtx_str("WorkstationName", "-"),
        evtx_str("IpAddress", h->source),
        evtx_str("IpPort", "0"),
    };
    put_security(w, h, 4625, 12544, pairs, N(pairs));
}

static void put_ntlm(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = {
        evtx_str("PackageName", "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"),
        evtx_str("TargetUserName", h->user),
        evtx_str("Workstation", h->text),
        evtx_num("Status", EVTX_HEX32, h->number),
    };
    put_security(w, h, 4776, 14336, pairs, N(pairs));
}

static void put_session(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair off[] = { evtx_sid("TargetUserSid", sid_of(h->user)),
                                     evtx_str("TargetUserName", h->user),
                                     evtx_str("TargetDomainName", "AKASHI"),
                                     evtx_hex64("TargetLogonId", 0x40000),
                                     evtx_u32("LogonType", h->number) };
    const struct evtx_pair special[] = {
        evtx_sid("SubjectUserSid", sid_of(h->user)), evtx_str("SubjectUserName", h->user),
        evtx_str("SubjectDomainName", "AKASHI"), evtx_hex64("SubjectLogonId", 0x40000),
        evtx_str("PrivilegeList", "SeBackupPrivilege\n\t\t\tSeRestorePrivilege")
    };
    if (h->kind == LOGOFF)
        put_security(w, h, 4634, 12545, off, N(off));
    else
        put_security(w, h, 4672, 12548, special, N(special));
}

static void put_account(struct evtx_writer *w, const struct happening *h)
{
    char sid[80];
    snprintf(sid, sizeof(sid), "%s-1042", MACHINE_SID);
    const struct evtx_pair created[] = {
        evtx_str("TargetUserName", h->text),
        evtx_str("TargetDomainName", "FS01"),
        evtx_sid("TargetSid", sid),
        evtx_sid("SubjectUserSid", BACKUP_SID),
        evtx_str("SubjectUserName", h->user),
        evtx_str("SubjectDomainName", "AKASHI"),
        evtx_hex64("SubjectLogonId", 0x40000),
        evtx_str("SamAccountName", h->text),
    };
    const struct evtx_pair member[] = {
        evtx_str("MemberName", "-"),
        evtx_sid("MemberSid", sid),
        evtx_str("TargetUserName", "Administrators"),
        evtx_str("TargetDomainName", "Builtin"),
        evtx_sid("TargetSid", "S-1-5-32-544"),
        evtx_sid("SubjectUserSid", BACKUP_SID),
        evtx_str("SubjectUserName", h->user),
        evtx_str("SubjectDomainName", "AKASHI"),
        evtx_hex64("SubjectLogonId", 0x40000),
    };
    if (h->kind == CREATED)
        put_security(w, h, 4720, 13824, created, N(created));
    else
        put_security(w, h, 4732, 13826, member, N(member));
}

static void put_process(struct evtx_writer *w, const struct happening *h)
{
    char image[256];
    snprintf(image, sizeof(image), "C:\\Windows\\System32\\%.*s", (int)strcspn(h->text, " "),
             h->text);
    const struct evtx_pair pairs[] = {
        evtx_sid("SubjectUserSid", BACKUP_SID),
        evtx_str("SubjectUserName", h->user),
        evtx_str("SubjectDomainName", "AKASHI"),
        evtx_hex64("SubjectLogonId", 0x40000),
        evtx_hex64("NewProcessId", h->number),
        evtx_str("NewProcessName", image),
        evtx_str("TokenElevationType", "%%1936"),
        evtx_hex64("ProcessId", 0x1A4),
        evtx_str("CommandLine", h->text),
        evtx_str("ParentProcessName", "C:\\Windows\\System32\\cmd.exe"),
    };
    put_security(w, h, 4688, 13312, pairs, N(pairs));
}

/* 1102 in Security, 104 in System. */
static void put_cleared(struct evtx_writer *w, const struct happening *h)
{
    bool security = h->kind == CLEARED_SECURITY;
    const struct evtx_pair audit[] = { evtx_sid("SubjectUserSid", BACKUP_SID),
                                       evtx_str("SubjectUserName", h->user),
                                       evtx_str("SubjectDomainName", "AKASHI"),
                                       evtx_hex64("SubjectLogonId", 0x40000) };
    const struct evtx_pair other[] = { evtx_str("SubjectUserName", h->user),
                                       evtx_str("SubjectDomainName", "AKASHI"),
                                       evtx_str("Channel", h->text), evtx_str("BackupPath", "") };
    put(w, h,
        (struct evtx_record){ .provider = "Microsoft-Windows-Eventlog",
                              .provider_guid = "{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}",
                              .event_id = security ? 1102 : 104,
                              .level = 4,
                              .task = 104,
                              .channel = security ? "Security" : "System",
                              .keywords = security ? 0x4020000000000000 : 0x8000000000000000,
                              .user_data = "LogFileCleared" },
        security ? audit : other, 4);
}

static void put_system(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair installed[] = { evtx_str("ServiceName", h->user),
                                           evtx_str("ImagePath", h->text),
                                           evtx_str("ServiceType", "user mode service"),
                                           evtx_str("StartType", "auto start"),
                                           evtx_str("AccountName", "LocalSystem") };
    const struct evtx_pair state[] = { evtx_str("param1", h->text), evtx_str("param2", "running") };
    const struct evtx_pair uptime[] = { evtx_str(NULL, h->text) };
    const struct evtx_record scm = { .provider = "Service Control Manager",
                                     .provider_guid = "{555908d1-a6d7-4695-8e1e-26931d2012f4}",
                                     .event_id = h->kind == INSTALLED ? 7045 : 7036,
                                     .level = 4,
                                     .channel = "System",
                                     .has_qualifiers = true,
                                     .qualifiers = 16384,
                                     .keywords = 0x8080000000000000 };
    const struct evtx_record classic = { .provider = "EventLog",
                                         .event_id = 6013,
                                         .level = 4,
                                         .channel = "System",
                                         .has_qualifiers = true,
                                         .qualifiers = 32768,
                                         .keywords = 0x80000000000000 };
    if (h->kind == UPTIME)
        put(w, h, classic, uptime, N(uptime));
    else
        put(w, h, scm, h->kind == INSTALLED ? installed : state,
            h->kind == INSTALLED ? N(installed) : N(state));
}

static void put_defender(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = { evtx_str("Product Name", "Microsoft Defender Antivirus"),
                                       evtx_str("Product Version", "4.18.25110.6"),
                                       evtx_str("Old Value", ""), evtx_str("New Value", h->text) };
    put(w, h,
        (struct evtx_record){ .provider = "Microsoft-Windows-Windows Defender",
                              .provider_guid = "{11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78}",
                              .event_id = h->kind == CONFIG           ? 5007
                                          : h->kind == PROTECTION_OFF ? 5001
                                                                      : 2000,
                              .level = 4,
                              .channel = "Microsoft-Windows-Windows Defender/Operational",
                              .keywords = 0x8000000000000000 },
        pairs, h->kind == CONFIG ? 4 : 2);
}

static void put_terminal(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = { evtx_str("User", h->user), evtx_u32("SessionID", h->number),
                                       evtx_str("Address", h->source) };
    put(w, h,
        (struct evtx_record){
            .provider = "Microsoft-Windows-TerminalServices-LocalSessionManager",
            .provider_guid = "{5d896912-022d-40aa-a3a8-4fa5515c76d7}",
            .event_id = h->kind == SESSION_IN ? 21 : 24,
            .level = 4,
            .channel = "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
            .keywords = 0x1000000000000000,
            .user_sid = "S-1-5-18",
            .user_data = "EventXML",
            .user_data_ns = "Event_NS" },
        pairs, N(pairs));
}

static void put_application(struct evtx_writer *w, const struct happening *h)
{
    const struct evtx_pair pairs[] = { evtx_str(NULL, h->text) };
    put(w, h,
        (struct evtx_record){ .provider = "Akashi Backup",
                              .event_id = 100,
                              .level = 4,
                              .channel = "Application",
                              .has_qualifiers = true,
                              .keywords = 0x80000000000000 },
        pairs, N(pairs));
}

static void write_one(struct story_log *s, const struct happening *h)
{
    struct evtx_writer *security =
        h->at < demo_jst(31, 2, 46, 10) ? s->cleared : s->writers[FS01_SECURITY];
    struct evtx_writer *application =
        h->at < demo_jst(31, 2, 46, 31) ? s->application_cleared : s->writers[FS01_APPLICATION];
    switch (h->kind) {
    case LOGON:
        put_logon(security, h);
        break;
    case FAILED:
        put_failed(security, h);
        break;
    case LOGOFF:
    case SPECIAL:
        put_session(security, h);
        break;
    case NTLM:
        put_ntlm(security, h);
        break;
    case CREATED:
    case MEMBER:
        put_account(security, h);
        break;
    case PROCESS:
        put_process(security, h);
        break;
    case CLEARED_SECURITY:
        put_cleared(security, h);
        break;
    case CLEARED_OTHER:
        put_cleared(s->writers[FS01_SYSTEM], h);
        break;
    case INSTALLED:
    case STATE:
    case UPTIME:
        put_system(s->writers[FS01_SYSTEM], h);
        break;
    case CONFIG:
    case PROTECTION_OFF:
    case DEFINITIONS:
        put_defender(s->writers[FS01_DEFENDER], h);
        break;
    case SESSION_IN:
    case SESSION_OUT:
        put_terminal(s->writers[FS01_TERMINAL], h);
        break;
    case APPLICATION:
        put_application(application, h);
        break;
    }
}

/* ---- what happened ---- */

static const char *const STAFF[][2] = { { "sato", "10.0.10.31" },
                                        { "suzuki", "10.0.10.32" },
                                        { "ito", "10.0.10.33" },
                                        { "kato", "10.0.10.34" },
                                        { "yamada", "10.0.10.35" } };

static void office_day(struct story_log *s, int day, struct demo_rng *rng)
{
    for (size_t i = 0; i < N(STAFF); i++) {
        int64_t at = demo_jst(day, 8, 50, (int)demo_below(rng, 600));
        if (demo_below(rng, 5) == 0)
            add(s, at - 12, FAILED, STAFF[i][0], STAFF[i][1], 3, NULL);
        for (unsigned k = 0; k < 6; k++) {
            add(s, at, LOGON, STAFF[i][0], STAFF[i][1], 3, NULL);
            add(s, at + 600 + demo_below(rng, 1200), LOGOFF, STAFF[i][0], NULL, 3, NULL);
            at += 4000 + demo_below(rng, 1500);
        }
    }
    if (day % 5 == 1) {
        add(s, demo_jst(day, 13, 10, 0), SESSION_IN, "AKASHI\\admin-tanaka", "10.0.10.21", 2, NULL);
        add(s, demo_jst(day, 13, 50, 0), SESSION_OUT, "AKASHI\\admin-tanaka", "10.0.10.21", 2,
            NULL);
    }
}

static void every_day(struct story_log *s, int day)
{
    static const char *const SERVICES[] = { "Windows Update", "Volume Shadow Copy",
                                            "Software Protection", "Windows Modules Installer" };
    int until = day == LAST_DAY ? 11 : 24;
    add(s, demo_jst(day, 12, 0, 0) - (day == LAST_DAY) * 7200, UPTIME, NULL, NULL, 0, "2592000");
    for (int hour = 0; hour < until; hour += 2) {
        add(s, demo_jst(day, hour, 11, 7), STATE, NULL, NULL, 0, SERVICES[hour / 2 % 4]);
        add(s, demo_jst(day, hour, 30, 2), LOGON, "svc-monitor", "10.0.10.6", 3, NULL);
        add(s, demo_jst(day, hour, 30, 9), LOGOFF, "svc-monitor", NULL, 3, NULL);
        add(s, demo_jst(day, hour, 31, 0), APPLICATION, NULL, NULL, 0,
            "The backup agent is alive.");
    }
    for (int hour = 5; hour < until; hour += 6)
        add(s, demo_jst(day, hour, 2, 40), DEFINITIONS, NULL, NULL, 0, NULL);
}

static void break_in(struct story_log *s)
{
    int64_t at = demo_jst(30, 23, 48, 2);
    for (unsigned i = 0; i < FAILURES; i++) {
        at += 11 + i % 5;
        add(s, at, FAILED, "svc-backup", DEMO_WEB01_INSIDE, 3, NULL);
    }
    add(s, demo_jst(30, 23, 56, 19), LOGON, "svc-backup", DEMO_WEB01_INSIDE, 3, NULL);
    add(s, demo_jst(30, 23, 56, 19), SPECIAL, "svc-backup", NULL, 3, NULL);
    add(s, demo_jst(31, 0, 14, 1), NTLM, "svc-backup", NULL, 0, "web01");
    add(s, demo_jst(31, 0, 14, 2), LOGON, "svc-backup", DEMO_WEB01_INSIDE, 10, NULL);
    add(s, demo_jst(31, 0, 14, 2), SPECIAL, "svc-backup", NULL, 10, NULL);
    add(s, demo_jst(31, 0, 14, 4), SESSION_IN, "AKASHI\\svc-backup", DEMO_WEB01_INSIDE, 3, NULL);
}

static void take_over(struct story_log *s)
{
    add(s, demo_jst(31, 0, 31, 10), CONFIG, NULL, NULL, 0,
        "HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths\\C:\\ProgramData\\wsu = "
        "0x0");
    add(s, demo_jst(31, 0, 33, 45), PROTECTION_OFF, NULL, NULL, 0, NULL);
    add(s, demo_jst(31, 0, 36, 20), INSTALLED, "WinSvcUpdate", NULL, 0,
        "C:\\ProgramData\\wsu\\svchelp.exe -k");
    add(s, demo_jst(31, 0, 41, 3), PROCESS, "svc-backup", NULL, 0xA10,
        "net.exe user helpdesk2 ******** /add");
    add(s, demo_jst(31, 0, 41, 3), CREATED, "svc-backup", NULL, 0, "helpdesk2");
    add(s, demo_jst(31, 0, 41, 20), PROCESS, "svc-backup", NULL, 0xA14,
        "net.exe localgroup Administrators helpdesk2 /add");
    add(s, demo_jst(31, 0, 41, 20), MEMBER, "svc-backup", NULL, 0, "helpdesk2");
    add(s, demo_jst(31, 1, 58, 12), PROCESS, "svc-backup", NULL, 0xB20,
        "vssadmin.exe delete shadows /all /quiet");
    add(s, demo_jst(31, 2, 46, 9), PROCESS, "svc-backup", NULL, 0xC44, "wevtutil.exe cl Security");
    add(s, demo_jst(31, 2, 46, 10), CLEARED_SECURITY, "svc-backup", NULL, 0, NULL);
    add(s, demo_jst(31, 2, 46, 31), CLEARED_OTHER, "svc-backup", NULL, 0, "Application");
    add(s, demo_jst(31, 2, 49, 55), SESSION_OUT, "AKASHI\\svc-backup", DEMO_WEB01_INSIDE, 3, NULL);
}

/* ---- the files ---- */

/* The cleared log: its new beginning, then the last chunks of the old one. */
static void put_security_file(struct story_log *s, struct ak_buf *out)
{
    static const uint8_t OUT_OF_STEP[512];
    struct ak_bytes now = evtx_end(s->writers[FS01_SECURITY]), before = evtx_end(s->cleared);
    size_t chunks = (before.n - HEADER) / CHUNK, left = chunks < LEFT_CHUNKS ? chunks : LEFT_CHUNKS;
    ak_buf_put(out, now.at, now.n);
    ak_buf_put(out, OUT_OF_STEP, sizeof(OUT_OF_STEP));
    ak_buf_put(out, before.at + before.n - left * CHUNK, left * CHUNK);
}

static bool begin(struct story_log *s)
{
    for (size_t i = 0; i < FS01_LOGS; i++)
        s->writers[i] = i == FS01_SECURITY ? NULL : evtx_begin(&(struct evtx_options){ 0 });
    s->cleared = evtx_begin(&(struct evtx_options){ .first_record_id = 31002 });
    s->writers[FS01_SECURITY] = evtx_begin(&(struct evtx_options){ .first_record_id = 33801 });
    s->application_cleared = evtx_begin(&(struct evtx_options){ 0 });
    return s->cleared && s->application_cleared && s->writers[FS01_SECURITY];
}

bool demo_fs01_logs(struct ak_buf out[FS01_LOGS])
{
    struct demo_rng rng = { 4624 };
    struct story_log *s = calloc(1, sizeof(*s));
    if (!s || !begin(s))
        return false;
    for (int day = FIRST_DAY; day <= LAST_DAY; day++) {
        every_day(s, day);
        if (day != 17 && day != 18 && day != 24 && day != 25 && day != 31)
            office_day(s, day, &rng);
    }
    break_in(s);
    take_over(s);
    qsort(s->all, s->n, sizeof(s->all[0]), by_time);
    for (size_t i = 0; i < s->n; i++)
        write_one(s, &s->all[i]);
    for (size_t i = 0; i < FS01_LOGS; i++) {
        if (i == FS01_SECURITY) {
            put_security_file(s, &out[i]);
            continue;
        }
        struct ak_bytes file = evtx_end(s->writers[i]);
        ak_buf_put(&out[i], file.at, file.n);
    }
    for (size_t i = 0; i < FS01_LOGS; i++)
        evtx_free(s->writers[i]);
    evtx_free(s->cleared);
    evtx_free(s->application_cleared);
    free(s);
    return true;
}
