/* journal_fields.c - see journal_fields.h. */
#include "artefact/linux/journal_fields.h"

/* Names of events that journal fields go under.  `host.boot.id` and the two
 * behind it come from the entry itself. */
enum {
    N_MESSAGE,
    N_HOST,
    N_HOST_ID,
    N_BOOT,
    N_SEQUENCE,
    N_MONOTONIC,
    N_PROCESS,
    N_PID,
    N_EXECUTABLE,
    N_COMMAND_LINE,
    N_UID,
    N_GID,
    N_APPNAME,
    N_PROCID,
    N_PRIORITY,
    N_FACILITY,
    N_UNIT,
    N_USER_UNIT,
    N_TRANSPORT,
    N_ORIGIN_FILE,
    N_ORIGIN_LINE,
    N_ORIGIN_FUNCTION,
    N_FIXED
};

static const struct ak_str FIXED[N_FIXED] = {
    [N_MESSAGE] = AK_STR_INIT("message"),
    [N_HOST] = AK_STR_INIT("host.name"),
    [N_HOST_ID] = AK_STR_INIT("host.id"),
    [N_BOOT] = AK_STR_INIT("host.boot.id"),
    [N_SEQUENCE] = AK_STR_INIT("event.sequence"),
    [N_MONOTONIC] = AK_STR_INIT("journal.monotonic_us"),
    [N_PROCESS] = AK_STR_INIT("process.name"),
    [N_PID] = AK_STR_INIT("process.pid"),
    [N_EXECUTABLE] = AK_STR_INIT("process.executable"),
    [N_COMMAND_LINE] = AK_STR_INIT("process.command_line"),
    [N_UID] = AK_STR_INIT("user.id"),
    [N_GID] = AK_STR_INIT("user.group.id"),
    [N_APPNAME] = AK_STR_INIT("log.syslog.appname"),
    [N_PROCID] = AK_STR_INIT("log.syslog.procid"),
    [N_PRIORITY] = AK_STR_INIT("log.syslog.priority"),
    [N_FACILITY] = AK_STR_INIT("log.syslog.facility.code"),
    [N_UNIT] = AK_STR_INIT("systemd.unit"),
    [N_USER_UNIT] = AK_STR_INIT("systemd.user_unit"),
    [N_TRANSPORT] = AK_STR_INIT("systemd.transport"),
    [N_ORIGIN_FILE] = AK_STR_INIT("log.origin.file.name"),
    [N_ORIGIN_LINE] = AK_STR_INIT("log.origin.file.line"),
    [N_ORIGIN_FUNCTION] = AK_STR_INIT("log.origin.function"),
};

/* Which recorded field goes where. [systemd.journal-fields(7)] */
static const struct ak_field_mapping MAPPINGS[] = {
    { AK_STR_INIT("MESSAGE"), N_MESSAGE, false },
    { AK_STR_INIT("_HOSTNAME"), N_HOST, false },
    { AK_STR_INIT("_MACHINE_ID"), N_HOST_ID, false },
    { AK_STR_INIT("_COMM"), N_PROCESS, false },
    { AK_STR_INIT("_PID"), N_PID, true },
    { AK_STR_INIT("_EXE"), N_EXECUTABLE, false },
    { AK_STR_INIT("_CMDLINE"), N_COMMAND_LINE, false },
    { AK_STR_INIT("_UID"), N_UID, false },
    { AK_STR_INIT("_GID"), N_GID, false },
    { AK_STR_INIT("SYSLOG_IDENTIFIER"), N_APPNAME, false },
    { AK_STR_INIT("SYSLOG_PID"), N_PROCID, false },
    { AK_STR_INIT("PRIORITY"), N_PRIORITY, true },
    { AK_STR_INIT("SYSLOG_FACILITY"), N_FACILITY, true },
    { AK_STR_INIT("_SYSTEMD_UNIT"), N_UNIT, false },
    { AK_STR_INIT("_SYSTEMD_USER_UNIT"), N_USER_UNIT, false },
    { AK_STR_INIT("_TRANSPORT"), N_TRANSPORT, false },
    { AK_STR_INIT("CODE_FILE"), N_ORIGIN_FILE, false },
    { AK_STR_INIT("CODE_LINE"), N_ORIGIN_LINE, true },
    { AK_STR_INIT("CODE_FUNC"), N_ORIGIN_FUNCTION, false },
};

const struct ak_fields_plan ak_journal_plan = {
    .data_type = AK_STR_INIT("systemd:journal"),
    .time_desc = AK_STR_INIT("Content Modification Time"),
    .prefix = AK_STR_INIT("journal."),
    .fixed = FIXED,
    .n_fixed = N_FIXED,
    .mappings = MAPPINGS,
    .n_mappings = sizeof(MAPPINGS) / sizeof(*MAPPINGS),
};

/* Is this datum the boot the entry itself names?  Then it says nothing new. */
static void drop_same_boot(struct ak_fields *f)
{
    const struct ak_field *field = ak_field(f, AK_STR("_BOOT_ID"));
    if (!field || !ak_fields_has(f, field->raw_id) || f->slot[field->raw_id].type != AK_TYPE_STR ||
        !ak_str_eq(f->slot[field->raw_id].str, f->slot[N_BOOT].str))
        return;
    ak_fields_drop(f, field->raw_id);
}

void ak_journal_put_entry(struct ak_fields *f, uint64_t seqnum, uint64_t monotonic_us,
                          struct ak_str boot)
{
    ak_fields_set(f, N_BOOT, ak_val_str(boot));
    ak_fields_set(f, N_SEQUENCE, ak_val_u64(seqnum));
    ak_fields_set(f, N_MONOTONIC, ak_val_u64(monotonic_us));
    drop_same_boot(f);
    /* Without a process that was seen: what the message says of itself. */
    if (!ak_fields_has(f, N_PROCESS) && ak_fields_has(f, N_APPNAME))
        ak_fields_set(f, N_PROCESS, f->slot[N_APPNAME]);
    uint64_t pid;
    if (!ak_fields_has(f, N_PID) && ak_fields_has(f, N_PROCID) &&
        ak_fields_number(f->slot[N_PROCID].str, &pid))
        ak_fields_set(f, N_PID, ak_val_u64(pid));
}

void ak_journal_meaning_open(struct ak_fields *f, struct ak_journal_meaning *out)
{
    for (size_t i = 0; i < AK_N_SAID; i++)
        out->said[i] = ak_fields_name(f, ak_said_names[i]);
}

static bool same(const struct ak_value *a, const struct ak_value *b)
{
    if (a->type != b->type)
        return false;
    return a->type == AK_TYPE_STR ? ak_str_eq(a->str, b->str) : a->u64 == b->u64;
}

static void put_said(struct ak_fields *f, uint16_t id, const struct ak_value *value)
{
    uint16_t recorded = ak_fields_has(f, id) ? ak_fields_recorded(f, id) : id;
    if (ak_fields_has(f, id) && same(&f->slot[id], value))
        return;
    if (recorded == 0xFFFF || (recorded != id && ak_fields_has(f, recorded)))
        return; /* nowhere to keep what the journal says: that stands */
    if (recorded != id)
        ak_fields_set(f, recorded, f->slot[id]);
    ak_fields_set(f, id, *value);
}

void ak_journal_put_meaning(struct ak_fields *f, struct ak_journal_meaning *meaning)
{
    struct ak_meaning m;
    uint16_t tag = ak_fields_has(f, N_APPNAME) ? N_APPNAME : N_PROCESS;
    if (!ak_fields_has(f, N_MESSAGE) || !ak_fields_has(f, tag) ||
        f->n_present > AK_EVENT_FIELDS_MAX - 2 * AK_N_SAID)
        return;
    ak_syslog_meaning(&meaning->tags, f->slot[tag].str, f->slot[N_MESSAGE].str, &m);
    for (size_t i = 0; m.known && i < AK_N_SAID; i++)
        if (m.values[i].type != AK_TYPE_NONE && meaning->said[i] != 0xFFFF)
            put_said(f, meaning->said[i], &m.values[i]);
}
