/* audit.c - the log of the Linux audit daemon (/var/log/audit/audit.log).
 *
 *   [node=HOST ]type=TYPE msg=audit(SECONDS.MILLIS:SERIAL): key=value ...
 *
 * The kernel and programs that check passwords write it; lines with one serial
 * are one event.  Values with odd characters are written as hexadecimal digits
 * without quotes; programs put their own pairs inside msg='...'.  Behind a byte
 * 0x1D the daemon repeats numbers as names (UID="root").
 *
 * Facts and their sources: docs/formats/linux.audit.md
 */
#include "artefact/artefact.h"
#include "artefact/linux/fields.h"
#include "artefact/linux/utmp_text.h"
#include "base/encoding.h"
#include "base/utf.h"

enum { PROBE_LINES = 8, GROUP_SEPARATOR = 0x1D, SERIAL_DIGITS = 19, SECOND_DIGITS = 11 };

enum {
    N_MESSAGE,
    N_TYPE,
    N_ACTION,
    N_OUTCOME,
    N_SEQUENCE,
    N_HOST,
    N_USER,
    N_UID,
    N_EUID,
    N_AUID,
    N_PID,
    N_PPID,
    N_PROCESS,
    N_EXECUTABLE,
    N_COMMAND_LINE,
    N_CWD,
    N_IP,
    N_ADDRESS,
    N_PATH,
    N_SADDR_IP,
    N_SADDR_PORT,
    N_PARENT,
    N_PARENT_COMMAND,
    N_FIXED
};

static const struct ak_str FIXED[N_FIXED] = {
    [N_MESSAGE] = AK_STR_INIT("message"),
    [N_TYPE] = AK_STR_INIT("event.code"),
    [N_ACTION] = AK_STR_INIT("event.action"),
    [N_OUTCOME] = AK_STR_INIT("event.outcome"),
    [N_SEQUENCE] = AK_STR_INIT("event.sequence"),
    [N_HOST] = AK_STR_INIT("host.name"),
    [N_USER] = AK_STR_INIT("user.name"),
    [N_UID] = AK_STR_INIT("user.id"),
    [N_EUID] = AK_STR_INIT("user.effective.id"),
    [N_AUID] = AK_STR_INIT("user.audit.id"),
    [N_PID] = AK_STR_INIT("process.pid"),
    [N_PPID] = AK_STR_INIT("process.parent.pid"),
    [N_PROCESS] = AK_STR_INIT("process.name"),
    [N_EXECUTABLE] = AK_STR_INIT("process.executable"),
    [N_COMMAND_LINE] = AK_STR_INIT("process.command_line"),
    [N_CWD] = AK_STR_INIT("process.working_directory"),
    [N_IP] = AK_STR_INIT("source.ip"),
    [N_ADDRESS] = AK_STR_INIT("source.address"),
    [N_PATH] = AK_STR_INIT("file.path"),
    [N_SADDR_IP] = AK_STR_INIT("auditd.log.saddr.ip"),
    [N_SADDR_PORT] = AK_STR_INIT("auditd.log.saddr.port"),
    [N_PARENT] = AK_STR_INIT("process.parent.executable"),
    [N_PARENT_COMMAND] = AK_STR_INIT("process.parent.command_line"),
};

static const struct ak_field_mapping MAPPINGS[] = {
    { AK_STR_INIT("acct"), N_USER, false },
    { AK_STR_INIT("uid"), N_UID, false },
    { AK_STR_INIT("euid"), N_EUID, false },
    { AK_STR_INIT("auid"), N_AUID, false },
    { AK_STR_INIT("pid"), N_PID, true },
    { AK_STR_INIT("ppid"), N_PPID, true },
    { AK_STR_INIT("comm"), N_PROCESS, false },
    { AK_STR_INIT("exe"), N_EXECUTABLE, false },
    { AK_STR_INIT("cmd"), N_COMMAND_LINE, false },
    { AK_STR_INIT("proctitle"), N_COMMAND_LINE, false },
    { AK_STR_INIT("cwd"), N_CWD, false },
    { AK_STR_INIT("hostname"), N_ADDRESS, false },
    { AK_STR_INIT("name"), N_PATH, false },
    { AK_STR_INIT("node"), N_HOST, false },
};

static const struct ak_fields_plan PLAN = {
    .data_type = AK_STR_INIT("selinux:line"),
    .time_desc = AK_STR_INIT("Content Modification Time"),
    .prefix = AK_STR_INIT("auditd.log."),
    .fixed = FIXED,
    .n_fixed = N_FIXED,
    .mappings = MAPPINGS,
    .n_mappings = sizeof(MAPPINGS) / sizeof(*MAPPINGS),
};

/* What a record's type says happened. [linux/audit.h, audit-records.h] */
static const struct {
    struct ak_str type, action;
} ACTIONS[] = {
    { AK_STR_INIT("ADD_GROUP"), AK_STR_INIT("group_added") },
    { AK_STR_INIT("ADD_USER"), AK_STR_INIT("user_added") },
    { AK_STR_INIT("ANOM_ABEND"), AK_STR_INIT("process_crashed") },
    { AK_STR_INIT("ANOM_PROMISCUOUS"), AK_STR_INIT("promiscuous_mode_changed") },
    { AK_STR_INIT("AVC"), AK_STR_INIT("access_checked") },
    { AK_STR_INIT("CONFIG_CHANGE"), AK_STR_INIT("audit_config_changed") },
    { AK_STR_INIT("CRED_ACQ"), AK_STR_INIT("credentials_acquired") },
    { AK_STR_INIT("CRED_DISP"), AK_STR_INIT("credentials_disposed") },
    { AK_STR_INIT("DAEMON_END"), AK_STR_INIT("audit_stopped") },
    { AK_STR_INIT("DAEMON_START"), AK_STR_INIT("audit_started") },
    { AK_STR_INIT("DEL_GROUP"), AK_STR_INIT("group_deleted") },
    { AK_STR_INIT("DEL_USER"), AK_STR_INIT("user_deleted") },
    { AK_STR_INIT("EXECVE"), AK_STR_INIT("process_started") },
    { AK_STR_INIT("GRP_MGMT"), AK_STR_INIT("group_changed") },
    { AK_STR_INIT("KERN_MODULE"), AK_STR_INIT("kernel_module_loaded") },
    { AK_STR_INIT("LOGIN"), AK_STR_INIT("login_id_set") },
    { AK_STR_INIT("SERVICE_START"), AK_STR_INIT("service_started") },
    { AK_STR_INIT("SERVICE_STOP"), AK_STR_INIT("service_stopped") },
    { AK_STR_INIT("SYSCALL"), AK_STR_INIT("syscall") },
    { AK_STR_INIT("SYSTEM_BOOT"), AK_STR_INIT("boot") },
    { AK_STR_INIT("SYSTEM_SHUTDOWN"), AK_STR_INIT("shutdown") },
    { AK_STR_INIT("TTY"), AK_STR_INIT("keystrokes") },
    { AK_STR_INIT("USER_ACCT"), AK_STR_INIT("account_checked") },
    { AK_STR_INIT("USER_AUTH"), AK_STR_INIT("authentication") },
    { AK_STR_INIT("USER_CHAUTHTOK"), AK_STR_INIT("password_changed") },
    { AK_STR_INIT("USER_CMD"), AK_STR_INIT("command_run") },
    { AK_STR_INIT("USER_END"), AK_STR_INIT("session_end") },
    { AK_STR_INIT("USER_LOGIN"), AK_STR_INIT("login") },
    { AK_STR_INIT("USER_LOGOUT"), AK_STR_INIT("logout") },
    { AK_STR_INIT("USER_MGMT"), AK_STR_INIT("user_changed") },
    { AK_STR_INIT("USER_START"), AK_STR_INIT("session_start") },
    { AK_STR_INIT("USER_TTY"), AK_STR_INIT("keystrokes") },
};

/* Keys whose value, unquoted, is text written as hexadecimal digits.
 * [audit-userspace, auparse/typetab.h: those of type ESCAPED] */
static const char *const ESCAPED[] = { "acct", "cmd",       "comm", "cwd",   "data",  "dir",
                                       "exe",  "file",      "grp",  "key",   "name",  "new_group",
                                       "path", "proctitle", "vm",   "watch", "ocomm", "old_group" };

/* What the other records of an event are given of its SYSCALL record, which the
 * kernel writes first: who did it.  Recorded names are kept under them. */
static const uint16_t SHARED[] = { N_OUTCOME, N_UID,  N_EUID,    N_AUID,
                                   N_PID,     N_PPID, N_PROCESS, N_EXECUTABLE };
static const char *const SHARED_RAW[] = { "arch", "syscall", "SYSCALL", "UID" };
enum {
    N_SHARED = sizeof(SHARED) / sizeof(*SHARED),
    N_SHARED_RAW = sizeof(SHARED_RAW) / sizeof(*SHARED_RAW)
};

/* The last SYSCALL record.  Its texts are the item's or the arena's. */
struct call {
    struct ak_stamp when;
    struct ak_str node;
    uint64_t serial;
    bool seen;
    struct ak_value values[N_SHARED + N_SHARED_RAW]; /* AK_TYPE_NONE: it has none */
};

/* What a process executed last, as far as this log says: for its children. */
struct executed {
    uint64_t pid;
    struct ak_str node, program, command;
};

enum { PROCESSES = 4096 }; /* a later process takes the place of one with the same remainder */

struct joining {
    struct call call;
    struct executed *executed; /* PROCESSES of them, in the arena; NULL before the first */
};

/* The line being read. */
struct line {
    struct ak_ctx *ctx;
    struct ak_fields *fields;
    struct ak_str text;
    size_t at;
    uint64_t offset;
    struct ak_str type;
    bool in_message; /* inside msg='...' */
    char *command;   /* EXECVE: the arguments so far */
    size_t command_n;
    bool full;
};

/* --- values ------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Pairs of hexadecimal digits as bytes in the arena; empty when it is not that. */
static struct ak_bytes from_hex(struct ak_ctx *ctx, struct ak_str digits)
{
    const struct ak_bytes none = { (const uint8_t *)digits.at, 0 };
    uint8_t *out =
        digits.n >= 2 && digits.n % 2 == 0 ? AK_NEW_N(ctx->arena, uint8_t, digits.n / 2) : NULL;
    for (size_t i = 0; out && i < digits.n / 2; i++) {
        int high = hex_digit(digits.at[2 * i]), low = hex_digit(digits.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return none;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return out ? (struct ak_bytes){ out, digits.n / 2 } : none;
}

static bool is_argument(const struct line *l, struct ak_str key)
{
    return ak_str_eq(l->type, AK_STR("EXECVE")) && key.n >= 2 && key.at[0] == 'a' &&
           key.at[1] >= '0' && key.at[1] <= '9' && !ak_str_ends(key, AK_STR("_len"));
}

static bool is_escaped(const struct line *l, struct ak_str key)
{
    for (size_t i = 0; i < sizeof(ESCAPED) / sizeof(*ESCAPED); i++)
        if (ak_str_eq(key, ak_str_of(ESCAPED[i])))
            return true;
    return is_argument(l, key);
}

/* An unquoted value of an escaped key as the text it stands for.  Arguments are
 * kept apart by zeros, which read as spaces. */
static struct ak_str unescape(const struct line *l, struct ak_str value)
{
    struct ak_bytes raw = from_hex(l->ctx, value);
    struct ak_str text;
    if (raw.n == 0)
        return value;
    uint8_t *writable = AK_NEW_N(l->ctx->arena, uint8_t, raw.n);
    if (!writable)
        return value;
    for (size_t i = 0; i < raw.n; i++)
        writable[i] = raw.at[i] ? raw.at[i] : ' ';
    raw.at = writable;
    return ak_encoding_utf8(l->ctx->arena, raw, &text) == AK_OK ? text : value;
}

/* --- what a pair means ------------------------------------------------- */

static void put_address(struct line *l, struct ak_str value)
{
    char *buf = AK_NEW_N(l->ctx->arena, char, AK_IP_TEXT);
    struct ak_str ip = buf ? ak_ip_text((struct ak_bytes){ 0 }, value, buf) : AK_STR("");
    ak_fields_set(l->fields, ip.n ? N_IP : N_ADDRESS, ak_val_str(ip.n ? ip : value));
}

static void put_outcome(struct line *l, struct ak_str value)
{
    bool yes = ak_str_eq(value, AK_STR("success")) || ak_str_eq(value, AK_STR("yes")) ||
               ak_str_eq(value, AK_STR("1"));
    bool no = ak_str_eq(value, AK_STR("failed")) || ak_str_eq(value, AK_STR("no")) ||
              ak_str_eq(value, AK_STR("0"));
    if (yes || no)
        ak_fields_set(l->fields, N_OUTCOME,
                      ak_val_str(yes ? AK_STR("success") : AK_STR("failure")));
}

/* A socket address as the kernel has it: family (its byte order), port and
 * address (network order). */
static void put_socket(struct line *l, struct ak_str value)
{
    enum { INET = 2, INET6 = 10 };
    struct ak_bytes raw = from_hex(l->ctx, value);
    char *buf = AK_NEW_N(l->ctx->arena, char, AK_IP_TEXT);
    uint8_t addr[16] = { 0 };
    if (raw.n < 8 || !buf)
        return;
    uint8_t family = raw.at[0] ? raw.at[0] : raw.at[1];
    if (family == INET)
        memcpy(addr, raw.at + 4, 4);
    else if (family == INET6 && raw.n >= 24)
        memcpy(addr, raw.at + 8, 16);
    else
        return;
    ak_fields_set(l->fields, N_SADDR_IP,
                  ak_val_str(ak_ip_text((struct ak_bytes){ addr, 16 }, AK_STR(""), buf)));
    ak_fields_set(l->fields, N_SADDR_PORT, ak_val_u64(ak_load_u16be(raw.at + 2)));
}

/* Add an argument to the command line.  Long ones come in parts: a1[0], a1[1]. */
static void add_argument(struct line *l, struct ak_str key, struct ak_str value)
{
    bool part = key.at[key.n - 1] == ']' && !ak_str_ends(key, AK_STR("[0]"));
    if (!l->command) /* decoding never makes text longer than twice (U+FFFD for a byte of two
                        digits) */
        l->command = AK_NEW_N(l->ctx->arena, char, l->text.n * 2);
    if (!l->command || value.n + 1 > l->text.n * 2 - l->command_n)
        return;
    if (l->command_n && !part)
        l->command[l->command_n++] = ' ';
    memcpy(l->command + l->command_n, value.at, value.n);
    l->command_n += value.n;
}

static void put_pair(struct line *l, struct ak_str key, struct ak_str value, bool quoted)
{
    if (value.n == 0 || ak_str_eq(value, AK_STR("?")) || ak_str_eq(value, AK_STR("(null)")))
        return;
    if (!quoted && is_escaped(l, key))
        value = unescape(l, value);
    if (is_argument(l, key))
        add_argument(l, key, value);
    if (ak_str_eq(key, AK_STR("addr"))) {
        put_address(l, value);
        return;
    }
    if (ak_str_eq(key, AK_STR("res")) || ak_str_eq(key, AK_STR("success")))
        put_outcome(l, value);
    if (ak_str_eq(key, AK_STR("saddr")))
        put_socket(l, value);
    const struct ak_field *field = ak_field(l->fields, key);
    uint16_t id = 0;
    struct ak_value v = field ? ak_field_value(field, value, &id) : ak_val_none();
    if ((!field || !ak_fields_put(l->fields, id, &v)) && !l->full) {
        ak_damage(l->ctx, l->offset, "an entry has more fields than are kept");
        l->full = true;
    }
}

/* --- the syntax -------------------------------------------------------- */

static bool is_break(char c) { return c == ' ' || c == GROUP_SEPARATOR || c == '\r'; }

/* A value: in quotes, or up to the next space.  Older programs put commas and a
 * bracket behind those inside msg='...'. */
static struct ak_str read_value(struct line *l, bool *quoted)
{
    struct ak_str t = l->text;
    *quoted = l->at < t.n && t.at[l->at] == '"';
    if (*quoted) {
        size_t from = ++l->at;
        const char *end = memchr(t.at + from, '"', t.n - from);
        size_t n = end ? (size_t)(end - t.at) - from : t.n - from;
        l->at = from + n + (end != NULL);
        return (struct ak_str){ t.at + from, n };
    }
    size_t from = l->at;
    while (l->at < t.n && !is_break(t.at[l->at]))
        l->at++;
    size_t to = l->at;
    while (l->in_message && to > from && memchr("',)", t.at[to - 1], 3))
        to--;
    return (struct ak_str){ t.at + from, to - from };
}

/* All pairs from l->at on; words without '=' are only in the message. */
static void read_pairs(struct line *l)
{
    struct ak_str t = l->text;
    while (l->at < t.n) {
        l->at += l->in_message && t.at[l->at] == '(';
        size_t from = l->at;
        while (l->at < t.n && !is_break(t.at[l->at]) && t.at[l->at] != '=')
            l->at++;
        struct ak_str key = { t.at + from, l->at - from };
        if (l->at == t.n || t.at[l->at] != '=') {
            l->at++;
            continue;
        }
        l->at++;
        if (ak_str_eq(key, AK_STR("msg")) && l->at < t.n && t.at[l->at] == '\'') {
            l->in_message = true;
            l->at++;
            continue;
        }
        bool quoted;
        struct ak_str value = read_value(l, &quoted);
        if (key.n)
            put_pair(l, key, value, quoted);
    }
}

static bool skip(struct line *l, const char *literal)
{
    struct ak_str want = ak_str_of(literal), rest = { l->text.at + l->at, l->text.n - l->at };
    bool yes = ak_str_starts(rest, want);
    l->at += yes ? want.n : 0;
    return yes;
}

/* At most `most` digits; false when there are none. */
static bool digits(struct line *l, size_t most, uint64_t *out)
{
    size_t from = l->at;
    for (*out = 0; l->at < l->text.n && l->at - from < most; l->at++) {
        char c = l->text.at[l->at];
        if (c < '0' || c > '9')
            break;
        *out = *out * 10 + (uint64_t)(c - '0');
    }
    return l->at > from;
}

static struct ak_str word(struct line *l)
{
    size_t from = l->at;
    while (l->at < l->text.n && !is_break(l->text.at[l->at]))
        l->at++;
    return (struct ak_str){ l->text.at + from, l->at - from };
}

/* Everything up to the colon behind the serial; false when it is no record. */
static bool read_head(struct line *l, struct ak_stamp *when, struct ak_str *node, uint64_t *serial)
{
    uint64_t seconds, millis;
    *node = AK_STR("");
    if (skip(l, "node=")) {
        *node = word(l);
        skip(l, " ");
    }
    if (!skip(l, "type="))
        return false;
    l->type = word(l);
    if (!skip(l, " msg=audit(") || !digits(l, SECOND_DIGITS, &seconds) || !skip(l, ".") ||
        !digits(l, 3, &millis) || !skip(l, ":") || !digits(l, SERIAL_DIGITS, serial) ||
        !skip(l, "):"))
        return false;
    *when = ak_stamp_unix((int64_t)seconds, (uint32_t)millis * 1000000, AK_PREC_MS);
    skip(l, " ");
    return l->type.n > 0;
}

static struct ak_str action_of(struct ak_str type)
{
    for (size_t i = 0; i < sizeof(ACTIONS) / sizeof(*ACTIONS); i++)
        if (ak_str_eq(type, ACTIONS[i].type))
            return ACTIONS[i].action;
    return AK_STR("");
}

/* The number of one of the shared fields; 0xFFFF when there are too many names. */
static uint16_t shared_id(struct ak_fields *fields, size_t i)
{
    if (i < N_SHARED)
        return SHARED[i];
    const struct ak_field *field = ak_field(fields, ak_str_of(SHARED_RAW[i - N_SHARED]));
    return field ? field->raw_id : 0xFFFF;
}

static void remember_call(struct call *call, struct ak_fields *fields)
{
    for (size_t i = 0; i < N_SHARED + N_SHARED_RAW; i++) {
        uint16_t id = shared_id(fields, i);
        bool has = id != 0xFFFF && ak_fields_has(fields, id);
        call->values[i] = has ? fields->slot[id] : ak_val_none();
    }
    call->seen = true;
}

/* What the record itself says stands. */
static void share_call(const struct call *call, struct ak_fields *fields)
{
    for (size_t i = 0; i < N_SHARED + N_SHARED_RAW; i++) {
        uint16_t id = call->values[i].type != AK_TYPE_NONE ? shared_id(fields, i) : 0xFFFF;
        if (id != 0xFFFF && !ak_fields_has(fields, id))
            ak_fields_set(fields, id, call->values[i]);
    }
}

static struct ak_str text_at(const struct ak_fields *fields, uint16_t id)
{
    const struct ak_value *v = &fields->slot[id];
    return ak_fields_has(fields, id) && v->type == AK_TYPE_STR ? v->str : AK_STR("");
}

static struct executed *executed_slot(const struct joining *j, uint64_t pid)
{
    return &j->executed[pid % PROCESSES];
}

/* A program was executed: who executed something before as its parent, it says;
 * and its own children will want to know. */
static void join_parent(struct joining *j, struct ak_ctx *ctx, struct ak_fields *fields,
                        struct ak_str node)
{
    if (!j->executed)
        j->executed = AK_NEW_N(ctx->arena, struct executed, PROCESSES);
    if (!j->executed || !ak_fields_has(fields, N_PID) || fields->slot[N_PID].type != AK_TYPE_U64)
        return;
    uint64_t pid = fields->slot[N_PID].u64;
    if (ak_fields_has(fields, N_PPID) && fields->slot[N_PPID].type == AK_TYPE_U64) {
        uint64_t ppid = fields->slot[N_PPID].u64;
        const struct executed *parent = executed_slot(j, ppid);
        if (parent->pid == ppid && parent->program.n && ak_str_eq(parent->node, node)) {
            ak_fields_set(fields, N_PARENT, ak_val_str(parent->program));
            ak_fields_set(fields, N_PARENT_COMMAND, ak_val_str(parent->command));
        }
    }
    if (!ak_str_eq(text_at(fields, N_OUTCOME), AK_STR("failure")))
        *executed_slot(j, pid) = (struct executed){ pid, node, text_at(fields, N_EXECUTABLE),
                                                    text_at(fields, N_COMMAND_LINE) };
}

/* Records of one event have one time, one serial number and one host. */
static void join_records(struct joining *j, const struct line *l, struct ak_stamp when,
                         struct ak_str node, uint64_t serial)
{
    struct call *call = &j->call;
    bool same = call->seen && call->serial == serial && call->when.utc_ns == when.utc_ns &&
                ak_str_eq(call->node, node);
    if (ak_str_eq(l->type, AK_STR("SYSCALL"))) {
        call->when = when;
        call->node = node;
        call->serial = serial;
        remember_call(call, l->fields);
    } else if (same) {
        share_call(call, l->fields);
    }
    if (same && ak_str_eq(l->type, AK_STR("EXECVE")))
        join_parent(j, l->ctx, l->fields, node);
}

static enum ak_status take_line(struct ak_ctx *ctx, struct ak_fields *fields,
                                struct joining *joining, struct ak_str text, uint64_t offset)
{
    struct line l = { .ctx = ctx, .fields = fields, .text = text, .offset = offset };
    struct ak_stamp when;
    struct ak_str node;
    uint64_t serial;
    if (text.n == 0)
        return AK_OK;
    if (!read_head(&l, &when, &node, &serial)) {
        ak_damage(ctx, offset, "a line that is no audit record");
        return AK_OK;
    }
    struct ak_str message = text;
    if (!ak_utf8_valid(text) && ak_encoding_utf8(ctx->arena, ak_bytes_str(text), &message) != AK_OK)
        return AK_ERR_LIMIT;
    ak_fields_begin(fields);
    ak_fields_set(fields, N_MESSAGE, ak_val_str(message));
    ak_fields_set(fields, N_TYPE, ak_val_str(l.type));
    ak_fields_set(fields, N_ACTION, ak_val_str(action_of(l.type)));
    ak_fields_set(fields, N_SEQUENCE, ak_val_u64(serial));
    ak_fields_set(fields, N_HOST, ak_val_str(node));
    read_pairs(&l);
    if (l.command_n)
        ak_fields_set(fields, N_COMMAND_LINE,
                      ak_val_str((struct ak_str){ l.command, l.command_n }));
    join_records(joining, &l, when, node, serial);
    struct ak_event event = { .when = when, .offset = offset, .length = text.n };
    if (!ak_fields_finish(fields, &event))
        return AK_ERR_LIMIT;
    return ak_emit(ctx, &event);
}

/* The next line without its end; moves the reader behind it. */
static struct ak_str next_line(struct ak_reader *r)
{
    size_t left = ak_rd_left(r);
    const uint8_t *at = r->in.at + r->pos, *end = memchr(at, '\n', left);
    struct ak_bytes line = ak_rd_take(r, end ? (size_t)(end - at) : left);
    if (end)
        ak_rd_skip(r, 1);
    return ak_str_bytes(line);
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_reader r = ak_rd_open(p->head, 0);
    bool named = ak_str_starts(ak_str_basename(p->path), AK_STR("audit.log"));
    for (int i = 0; i < PROBE_LINES && ak_rd_left(&r); i++) {
        struct line l = { .text = next_line(&r) };
        struct ak_stamp when;
        struct ak_str node;
        uint64_t serial;
        if (read_head(&l, &when, &node, &serial))
            return named ? AK_BID_SURE : AK_BID_MAGIC;
    }
    return AK_BID_NO;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_reader r = ak_rd_open(ctx->item->bytes, ctx->item->origin);
    struct ak_fields fields;
    struct joining joining = { .executed = NULL };
    enum ak_status st = ak_fields_open(&PLAN, ctx->arena, &fields);
    while (st == AK_OK && ak_rd_left(&r)) {
        uint64_t offset = ak_rd_where(&r);
        st = take_line(ctx, &fields, &joining, next_line(&r), offset);
    }
    return st;
}

const struct ak_artefact ak_linux_audit = {
    .name = "linux.audit",
    .title_en = "Linux audit log (auditd)",
    .title_ja = "Linux監査ログ（auditd）",
    .spec = "docs/formats/linux.audit.md",
    .split = AK_SPLIT_LINES,
    .probe = probe,
    .parse = parse,
};
