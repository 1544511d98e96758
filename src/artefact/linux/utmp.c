/* utmp.c - who was logged in: utmp, wtmp and btmp of Linux, utmpx of macOS.
 *
 * login, sshd, init and systemd append one record of fixed size per login,
 * logout, boot and shutdown (wtmp) and per failed login (btmp); utmp holds one
 * slot per terminal.  No signature, no version, no byte order mark: which of
 * the layouts below a file has is found by asking under which its records make
 * sense.  Attackers wipe records with zeros or cut them out.
 *
 * Facts and their sources: docs/formats/linux.utmp.md
 */
#include "artefact/artefact.h"
#include "artefact/linux/utmp_text.h"

enum {
    TYPE_MAX_LINUX = 9,
    PID_MAX = 1 << 22, /* the kernel's PID_MAX_LIMIT */
    USEC = 1000000,
    PROBE_RECORDS = 32,
    ENOUGH_RECORDS = 3, /* that make sense, to recognise a file without its name */
};

/* Where each layout keeps things.  [glibc bits/utmp.h; Apple utmpx.h; each row
 * but 400-byte big-endian (s390x) is checked by a test or corpus file] */
struct layout {
    uint16_t record, type_at, pid_at, line_at, id_at, user_at, user_n, host_at, exit_at, session_at,
        sec_at, usec_at, addr_at, unused_at;
    bool big_endian, wide; /* wide: session and time are 64 bits each */
    bool macos;
};

static const struct layout LAYOUTS[] = {
    { 384, 0, 4, 8, 40, 44, 32, 76, 332, 336, 340, 344, 348, 364, false, false, false },
    { 384, 0, 4, 8, 40, 44, 32, 76, 332, 336, 340, 344, 348, 364, true, false, false },
    { 400, 0, 4, 8, 40, 44, 32, 76, 332, 336, 344, 352, 360, 376, false, true, false },
    { 400, 0, 4, 8, 40, 44, 32, 76, 332, 336, 344, 352, 360, 376, true, true, false },
    { 628, 296, 292, 260, 256, 0, 256, 308, 0, 0, 300, 304, 0, 564, false, false, true },
};
enum {
    N_LAYOUTS = sizeof(LAYOUTS) / sizeof(*LAYOUTS),
    LINE_BYTES = 32,
    ID_BYTES = 4,
    HOST_BYTES = 256
};

static const uint8_t MACOS_MAGIC[] = "utmpx-1.00";

enum {
    F_ACTION,
    F_OUTCOME,
    F_CODE,
    F_PROVIDER,
    F_USER,
    F_ENTRY,
    F_PID,
    F_IP,
    F_ADDRESS,
    F_KERNEL,
    F_TERMINAL,
    F_ID,
    F_TYPE,
    F_TYPE_NAME,
    F_RUNLEVEL,
    F_EXIT,
    F_TERMINATION,
    F_SESSION,
    N_FIELDS
};

static const struct ak_str NAMES[N_FIELDS] = {
    [F_ACTION] = AK_STR_INIT("event.action"),
    [F_OUTCOME] = AK_STR_INIT("event.outcome"),
    [F_CODE] = AK_STR_INIT("event.code"),
    [F_PROVIDER] = AK_STR_INIT("event.provider"),
    [F_USER] = AK_STR_INIT("user.name"),
    [F_ENTRY] = AK_STR_INIT("utmp.user"), /* where no person is meant: "reboot", "LOGIN" */
    [F_PID] = AK_STR_INIT("process.pid"),
    [F_IP] = AK_STR_INIT("source.ip"),
    [F_ADDRESS] = AK_STR_INIT("source.address"),
    [F_KERNEL] = AK_STR_INIT("host.os.kernel"),
    [F_TERMINAL] = AK_STR_INIT("utmp.terminal"),
    [F_ID] = AK_STR_INIT("utmp.id"),
    [F_TYPE] = AK_STR_INIT("utmp.type"),
    [F_TYPE_NAME] = AK_STR_INIT("utmp.type_name"),
    [F_RUNLEVEL] = AK_STR_INIT("utmp.runlevel"),
    [F_EXIT] = AK_STR_INIT("utmp.exit"),
    [F_TERMINATION] = AK_STR_INIT("utmp.termination"),
    [F_SESSION] = AK_STR_INIT("utmp.session"),
};

static const struct ak_shape LINUX = { AK_STR_INIT("linux:utmp:event"),
                                       AK_STR_INIT("Content Modification Time"), NAMES, N_FIELDS };
static const struct ak_shape MACOS = { AK_STR_INIT("macos:utmpx:entry"),
                                       AK_STR_INIT("Content Modification Time"), NAMES, N_FIELDS };

/* What a type means: in wtmp and utmp, and in btmp (failed logins). */
static const struct kind {
    struct ak_str code, name, action, in_btmp;
} KINDS[] = {
    { AK_STR_INIT("0"), AK_STR_INIT("EMPTY"), AK_STR_INIT("empty"), AK_STR_INIT("empty") },
    { AK_STR_INIT("1"), AK_STR_INIT("RUN_LVL"), AK_STR_INIT("runlevel"), AK_STR_INIT("runlevel") },
    { AK_STR_INIT("2"), AK_STR_INIT("BOOT_TIME"), AK_STR_INIT("boot"), AK_STR_INIT("boot") },
    { AK_STR_INIT("3"), AK_STR_INIT("NEW_TIME"), AK_STR_INIT("time_change"),
      AK_STR_INIT("time_change") },
    { AK_STR_INIT("4"), AK_STR_INIT("OLD_TIME"), AK_STR_INIT("time_change"),
      AK_STR_INIT("time_change") },
    { AK_STR_INIT("5"), AK_STR_INIT("INIT_PROCESS"), AK_STR_INIT("init_process"),
      AK_STR_INIT("init_process") },
    { AK_STR_INIT("6"), AK_STR_INIT("LOGIN_PROCESS"), AK_STR_INIT("login_process"),
      AK_STR_INIT("login_failed") },
    { AK_STR_INIT("7"), AK_STR_INIT("USER_PROCESS"), AK_STR_INIT("session_start"),
      AK_STR_INIT("login_failed") },
    { AK_STR_INIT("8"), AK_STR_INIT("DEAD_PROCESS"), AK_STR_INIT("session_end"),
      AK_STR_INIT("session_end") },
    { AK_STR_INIT("9"), AK_STR_INIT("ACCOUNTING"), AK_STR_INIT("accounting"),
      AK_STR_INIT("accounting") },
    { AK_STR_INIT("10"), AK_STR_INIT("SIGNATURE"), AK_STR_INIT("signature"),
      AK_STR_INIT("signature") },
    { AK_STR_INIT("11"), AK_STR_INIT("SHUTDOWN_TIME"), AK_STR_INIT("shutdown"),
      AK_STR_INIT("shutdown") },
};
enum { N_KINDS = sizeof(KINDS) / sizeof(*KINDS) };
enum { RUN_LVL = 1, BOOT_TIME = 2, NEW_TIME = 3, OLD_TIME = 4, SIGNATURE = 10, DEAD_PROCESS = 8 };

/* One record, as recorded. */
struct record {
    uint16_t type;
    uint32_t pid;
    struct ak_str line, user, host;
    struct ak_bytes id, addr;
    uint64_t session;
    uint16_t termination, exit;
    uint64_t sec, usec;
};

static uint16_t load16(const struct layout *l, const uint8_t *p)
{
    return l->big_endian ? ak_load_u16be(p) : ak_load_u16le(p);
}

static uint32_t load32(const struct layout *l, const uint8_t *p)
{
    return l->big_endian ? ak_load_u32be(p) : ak_load_u32le(p);
}

/* A C long of the machine that wrote it.  32-bit times count to 2106: nothing
 * logs in before 1970, and glibc reads them unsigned since 2.40. */
static uint64_t load_long(const struct layout *l, const uint8_t *p)
{
    if (!l->wide)
        return load32(l, p);
    return l->big_endian ? ak_load_u64be(p) : ak_load_u64le(p);
}

/* `at` holds l->record bytes: every offset of the table lies inside. */
static struct record read_record(const struct layout *l, const uint8_t *at)
{
    struct record r = {
        .type = load16(l, at + l->type_at),
        .pid = load32(l, at + l->pid_at),
        .line = ak_text_until_nul(at + l->line_at, LINE_BYTES),
        .id = { at + l->id_at, ID_BYTES },
        .user = ak_text_until_nul(at + l->user_at, l->user_n),
        .host = ak_text_until_nul(at + l->host_at, HOST_BYTES),
        .sec = load_long(l, at + l->sec_at),
        .usec = load_long(l, at + l->usec_at),
    };
    if (l->macos)
        return r;
    r.addr = (struct ak_bytes){ at + l->addr_at, 16 };
    r.termination = load16(l, at + l->exit_at);
    r.exit = load16(l, at + l->exit_at + 2);
    r.session = load_long(l, at + l->session_at);
    return r;
}

static bool makes_sense(const struct layout *l, const uint8_t *at)
{
    struct record r = read_record(l, at);
    if (r.type > (l->macos ? N_KINDS - 1 : TYPE_MAX_LINUX) || r.pid > PID_MAX || r.usec >= USEC ||
        r.sec > UINT32_MAX)
        return false;
    if (!l->macos && load16(l, at + 2) != 0)
        return false;
    return ak_text_clean(at + l->line_at, LINE_BYTES) &&
           ak_text_clean(at + l->user_at, l->user_n) && ak_text_clean(at + l->host_at, HOST_BYTES);
}

/* How many of the first records make sense under this layout; and is any
 * nonsense?  Records of zeros say nothing either way. */
struct verdict {
    size_t sense, nonsense;
};

static struct verdict judge(const struct layout *l, struct ak_bytes in)
{
    struct verdict v = { 0 };
    for (size_t i = 0; i < PROBE_RECORDS && (i + 1) * l->record <= in.n; i++) {
        const uint8_t *at = in.at + i * l->record;
        if (ak_all_zero(at, l->record))
            continue;
        struct record r = read_record(l, at);
        bool sense = makes_sense(l, at);
        v.sense += sense && (r.sec != 0 || (l->macos && r.type == SIGNATURE));
        v.nonsense += !sense;
    }
    return v;
}

/* The layout under which the beginning of the file makes most sense. */
static const struct layout *find_layout(struct ak_bytes in, struct verdict *out)
{
    const struct layout *best = &LAYOUTS[0];
    *out = (struct verdict){ 0 };
    if (in.n >= sizeof(MACOS_MAGIC) && memcmp(in.at, MACOS_MAGIC, sizeof(MACOS_MAGIC)) == 0) {
        best = &LAYOUTS[N_LAYOUTS - 1];
        *out = judge(best, in);
        return best;
    }
    for (size_t i = 0; i < N_LAYOUTS - 1; i++) {
        struct verdict v = judge(&LAYOUTS[i], in);
        if (v.sense <= v.nonsense || v.sense - v.nonsense <= out->sense - out->nonsense)
            continue;
        *out = v;
        best = &LAYOUTS[i];
    }
    return best;
}

static bool named(struct ak_str path)
{
    struct ak_str name = ak_str_basename(path);
    return ak_str_starts(name, AK_STR("wtmp")) || ak_str_starts(name, AK_STR("btmp")) ||
           ak_str_starts(name, AK_STR("utmp"));
}

/* Records pad their texts with zeros; a text file has none. */
static bool is_text(struct ak_bytes in) { return in.n > 0 && !memchr(in.at, 0, in.n); }

static enum ak_bid probe(const struct ak_probe *p)
{
    struct verdict v;
    if (is_text(p->head))
        return AK_BID_NO;
    const struct layout *l = find_layout(p->head, &v);
    bool by_name = named(p->path);
    if (ak_head_is_text(p->head)) /* wtmp.html, utmp.c */
        return AK_BID_NO;
    if (l->macos && p->head.n >= l->record)
        return by_name ? AK_BID_SURE : AK_BID_MAGIC;
    if (by_name && v.sense > 0)
        return AK_BID_SURE;
    if (v.sense >= ENOUGH_RECORDS && v.nonsense == 0)
        return AK_BID_LIKELY;
    return by_name ? AK_BID_WEAK : AK_BID_NO;
}

/* While parsing. */
struct run {
    struct ak_ctx *ctx;
    const struct layout *layout;
    struct ak_str provider;
    bool in_btmp, in_order; /* in_order: records are appended, so time should rise */
    bool in_zeros;
    uint64_t last_sec, last_usec;
};

static struct ak_str action_of(const struct run *run, const struct record *r)
{
    if (r->type >= N_KINDS)
        return (struct ak_str){ "", 0 };
    if (r->type == RUN_LVL && ak_str_eq(r->user, AK_STR("shutdown")))
        return AK_STR("shutdown");
    if (r->type == DEAD_PROCESS && r->line.n == 0)
        return AK_STR("process_end"); /* a script of init or a getty, not a session */
    return run->in_btmp ? KINDS[r->type].in_btmp : KINDS[r->type].action;
}

/* Does the user field name a user?  init writes "reboot", "shutdown" and
 * "runlevel" there, getty "LOGIN". */
static bool names_user(const struct record *r)
{
    return r->type > OLD_TIME && r->type < SIGNATURE && !ak_str_eq(r->user, AK_STR("LOGIN"));
}

static struct ak_str outcome_of(struct ak_str action)
{
    if (ak_str_eq(action, AK_STR("login_failed")))
        return AK_STR("failure");
    return ak_str_eq(action, AK_STR("session_start")) ? AK_STR("success") : AK_STR("");
}

/* "5" for runlevel 5: kept in the low byte of the process number. */
static struct ak_value runlevel_of(const struct record *r)
{
    static const char LEVELS[] = "0123456Ss";
    const char *level = r->pid & 0xFF ? strchr(LEVELS, (int)(r->pid & 0xFF)) : NULL;
    if (r->type != RUN_LVL || !level)
        return ak_val_none();
    return ak_val_str((struct ak_str){ level, 1 });
}

static struct ak_stamp when_of(const struct record *r)
{
    if (r->sec == 0)
        return (struct ak_stamp){ 0 };
    bool fine = r->usec < USEC;
    return ak_stamp_unix((int64_t)r->sec, fine ? (uint32_t)r->usec * 1000 : 0,
                         fine ? AK_PREC_US : AK_PREC_S);
}

/* Note what is odd about a record; it is emitted all the same. */
static void note_oddities(struct run *run, const struct record *r, const uint8_t *at,
                          uint64_t offset)
{
    if (!makes_sense(run->layout, at))
        ak_damage(run->ctx, offset, "a record that makes no sense: overwritten or made by hand");
    bool clock_set = r->type == NEW_TIME || r->type == OLD_TIME;
    bool back = r->sec < run->last_sec || (r->sec == run->last_sec && r->usec < run->last_usec);
    if (run->in_order && r->sec != 0 && back && !clock_set)
        ak_damage(run->ctx, offset, "the time goes back");
    if (r->sec != 0) {
        run->last_sec = r->sec;
        run->last_usec = r->usec;
    }
}

static enum ak_status emit(struct run *run, const struct record *r, uint64_t offset)
{
    bool about_system = r->type == RUN_LVL || r->type == BOOT_TIME;
    bool is_dead = r->type == DEAD_PROCESS;
    struct ak_str action = action_of(run, r);
    char *ip = AK_NEW_N(run->ctx->arena, char, AK_IP_TEXT);
    if (!ip)
        return AK_ERR_LIMIT;
    struct ak_value values[N_FIELDS] = {
        [F_ACTION] = ak_val_str(action),
        [F_OUTCOME] = ak_val_str(outcome_of(action)),
        [F_CODE] = ak_val_str(r->type < N_KINDS ? KINDS[r->type].code : AK_STR("")),
        [F_PROVIDER] = ak_val_str(run->provider),
        [F_USER] = names_user(r) || run->in_btmp ? ak_val_str(r->user) : ak_val_none(),
        [F_ENTRY] = names_user(r) || run->in_btmp ? ak_val_none() : ak_val_str(r->user),
        [F_PID] = r->pid && r->type != RUN_LVL ? ak_val_u64(r->pid) : ak_val_none(),
        [F_IP] = ak_val_str(ak_ip_text(r->addr, about_system ? AK_STR("") : r->host, ip)),
        [F_ADDRESS] = about_system ? ak_val_none() : ak_val_str(r->host),
        [F_KERNEL] = about_system ? ak_val_str(r->host) : ak_val_none(),
        [F_TERMINAL] = ak_val_str(r->line),
        [F_ID] = ak_val_padded(r->id),
        [F_TYPE] = ak_val_u64(r->type),
        [F_TYPE_NAME] = ak_val_str(r->type < N_KINDS ? KINDS[r->type].name : AK_STR("")),
        [F_RUNLEVEL] = runlevel_of(r),
        [F_EXIT] = is_dead || r->exit ? ak_val_i64((int16_t)r->exit) : ak_val_none(),
        [F_TERMINATION] =
            is_dead || r->termination ? ak_val_i64((int16_t)r->termination) : ak_val_none(),
        [F_SESSION] = r->session ? ak_val_u64(r->session) : ak_val_none(),
    };
    if (run->layout->macos) /* it has no such fields */
        values[F_EXIT] = values[F_TERMINATION] = ak_val_none();
    return ak_emit(run->ctx, &(struct ak_event){ .shape = run->layout->macos ? &MACOS : &LINUX,
                                                 .when = when_of(r),
                                                 .offset = offset,
                                                 .length = run->layout->record,
                                                 .values = values });
}

static enum ak_status take_record(struct run *run, const uint8_t *at, uint64_t offset)
{
    if (ak_all_zero(at, run->layout->record)) {
        /* macOS keeps zeroed slots; elsewhere nobody writes them.  One note a run. */
        if (!run->in_zeros && !run->layout->macos)
            ak_damage(run->ctx, offset, "a zeroed record: records may have been wiped");
        run->in_zeros = true;
        return AK_OK;
    }
    run->in_zeros = false;
    struct record r = read_record(run->layout, at);
    if (run->layout->macos && r.type == SIGNATURE && offset == 0)
        return AK_OK;
    note_oddities(run, &r, at, offset);
    return emit(run, &r, offset);
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_reader r = ak_rd_open(ctx->item->bytes, ctx->item->origin);
    struct ak_str name = ak_str_basename(ctx->item->path);
    struct verdict v;
    struct run run = { .ctx = ctx, .layout = find_layout(r.in, &v) };
    run.in_btmp = ak_str_starts(name, AK_STR("btmp"));
    run.provider = run.in_btmp ? AK_STR("btmp") : AK_STR("utmp");
    run.in_order = run.in_btmp || ak_str_starts(name, AK_STR("wtmp"));
    if (run.in_order && !run.in_btmp)
        run.provider = AK_STR("wtmp");
    while (ak_rd_has(&r, 1, run.layout->record)) {
        uint64_t offset = ak_rd_where(&r);
        struct ak_bytes record = ak_rd_take(&r, run.layout->record);
        enum ak_status st = take_record(&run, record.at, offset);
        if (st != AK_OK)
            return st;
    }
    if (ak_rd_left(&r))
        return ak_damage(ctx, ak_rd_where(&r), "the file ends in the middle of a record");
    return AK_OK;
}

const struct ak_artefact ak_linux_utmp = {
    .name = "linux.utmp",
    .title_en = "Logins: utmp, wtmp, btmp",
    .title_ja = "ログイン記録（utmp・wtmp・btmp）",
    .spec = "docs/formats/linux.utmp.md",
    .max_size = UINT64_C(1) << 32,
    .probe = probe,
    .parse = parse,
};
