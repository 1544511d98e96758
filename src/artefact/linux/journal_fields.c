/* journal_fields.c - see journal_fields.h. */
#include "artefact/linux/journal_fields.h"

#include "base/hash.h"

/* Names of events that journal fields go under.  `host.boot.id` and the two
 * behind it come from the entry itself. */
enum {
    N_MESSAGE, N_HOST, N_HOST_ID, N_BOOT, N_SEQUENCE, N_MONOTONIC, N_PROCESS, N_PID, N_EXECUTABLE,
    N_COMMAND_LINE, N_UID, N_GID, N_APPNAME, N_PROCID, N_PRIORITY, N_FACILITY, N_UNIT, N_USER_UNIT,
    N_TRANSPORT, N_ORIGIN_FILE, N_ORIGIN_LINE, N_ORIGIN_FUNCTION, N_FIXED
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
static const struct mapping {
    struct ak_str recorded;
    uint16_t id;
    bool number;
} MAPPINGS[] = {
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

enum {
    N_SLOTS = 4 * AK_JOURNAL_NAMES_MAX, /* never more than a quarter full */
    N_SHAPE_SLOTS = 4096,
    SAME_NAME_MAX = 16,                      /* values of one name in one entry */
    FIELDS_MAX = AK_EVENT_FIELDS_MAX - 8,    /* leaves room for what an entry always has */
    N_WORDS = AK_JOURNAL_NAMES_MAX / 64,
    UNSET = 0xFFFF,
    DIGITS_MAX = 19,
};

struct ak_journal_shape {
    struct ak_journal_shape *next; /* in the same slot */
    struct ak_shape shape;
    const uint64_t *set;
    size_t n_words;
};

enum ak_status ak_journal_fields_open(struct ak_arena *arena, struct ak_journal_fields *out)
{
    *out = (struct ak_journal_fields){ .arena = arena };
    out->names = AK_NEW_N(arena, struct ak_str, AK_JOURNAL_NAMES_MAX);
    out->fields = AK_NEW_N(arena, struct ak_journal_field, AK_JOURNAL_NAMES_MAX);
    out->slots = AK_NEW_N(arena, uint16_t, N_SLOTS);
    out->shapes = AK_NEW_N(arena, struct ak_journal_shape *, N_SHAPE_SLOTS);
    out->slot = AK_NEW_N(arena, struct ak_value, AK_JOURNAL_NAMES_MAX);
    out->present = AK_NEW_N(arena, uint64_t, N_WORDS);
    out->values = AK_NEW_N(arena, struct ak_value, AK_EVENT_FIELDS_MAX);
    if (!out->names || !out->fields || !out->slots || !out->shapes || !out->slot || !out->present || !out->values)
        return AK_ERR_LIMIT;
    memcpy(out->names, FIXED, sizeof(FIXED));
    out->n_names = N_FIXED;
    return AK_OK;
}

static bool proper(struct ak_str name)
{
    if (name.n == 0 || name.n > AK_JOURNAL_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.at[i] <= 0x20 || name.at[i] >= 0x7F || name.at[i] == '"')
            return false;
    return true;
}

/* "journal.NAME" gets the next number. */
static uint16_t new_name(struct ak_journal_fields *f, struct ak_str recorded)
{
    static const char PREFIX[] = "journal.";
    size_t prefix_n = sizeof(PREFIX) - 1;
    char *text = AK_NEW_N(f->arena, char, prefix_n + recorded.n);
    if (!text || f->n_names == AK_JOURNAL_NAMES_MAX)
        return UNSET;
    memcpy(text, PREFIX, prefix_n);
    memcpy(text + prefix_n, recorded.at, recorded.n);
    f->names[f->n_names] = (struct ak_str){ text, prefix_n + recorded.n };
    return (uint16_t)f->n_names++;
}

static const struct ak_journal_field *new_field(struct ak_journal_fields *f, struct ak_str recorded, uint16_t *slot)
{
    if (!proper(recorded) || f->n_fields == AK_JOURNAL_NAMES_MAX)
        return NULL;
    uint16_t raw_id = new_name(f, recorded);
    if (raw_id == UNSET)
        return NULL;
    struct ak_journal_field *field = &f->fields[f->n_fields++];
    *field = (struct ak_journal_field){ .id = raw_id, .raw_id = raw_id };
    field->recorded = (struct ak_str){ f->names[raw_id].at + 8, recorded.n };
    for (size_t i = 0; i < sizeof(MAPPINGS) / sizeof(*MAPPINGS); i++)
        if (ak_str_eq(recorded, MAPPINGS[i].recorded)) {
            field->id = MAPPINGS[i].id;
            field->number = MAPPINGS[i].number;
        }
    *slot = (uint16_t)f->n_fields;
    return field;
}

const struct ak_journal_field *ak_journal_field(struct ak_journal_fields *f, struct ak_str recorded)
{
    if (recorded.n > AK_JOURNAL_NAME_BYTES)
        return NULL;
    uint32_t at = (uint32_t)ak_hash_str(recorded) & (N_SLOTS - 1);
    for (; f->slots[at]; at = (at + 1) & (N_SLOTS - 1)) {
        const struct ak_journal_field *field = &f->fields[f->slots[at] - 1];
        if (ak_str_eq(field->recorded, recorded))
            return field;
    }
    return new_field(f, recorded, &f->slots[at]);
}

/* Decimal digits as they would be printed: no sign, no leading zero. */
static bool is_number(struct ak_str text, uint64_t *out)
{
    uint64_t v = 0;
    if (text.n == 0 || text.n > DIGITS_MAX || (text.n > 1 && text.at[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text.at[i] - '0');
    }
    *out = v;
    return true;
}

struct ak_value ak_journal_value(const struct ak_journal_field *field, struct ak_str text, uint16_t *out_id)
{
    uint64_t number;
    *out_id = field->id;
    if (!field->number)
        return ak_val_str(text);
    if (is_number(text, &number))
        return ak_val_u64(number);
    *out_id = field->raw_id; /* not what it should be: as recorded */
    return ak_val_str(text);
}

void ak_journal_begin(struct ak_journal_fields *f)
{
    memset(f->present, 0, (f->n_names / 64 + 1 < N_WORDS ? f->n_names / 64 + 1 : N_WORDS) * sizeof(uint64_t));
    f->n_present = 0;
}

static bool has(const struct ak_journal_fields *f, uint32_t id)
{
    return f->present[id / 64] >> (id % 64) & 1;
}

static void set(struct ak_journal_fields *f, uint32_t id, const struct ak_value *value)
{
    if (value->type == AK_TYPE_NONE)
        return;
    f->n_present += !has(f, id);
    f->present[id / 64] |= UINT64_C(1) << (id % 64);
    f->slot[id] = *value;
}

/* The name a value goes under whose name is taken: "journal.MESSAGE.2". */
static uint16_t next_name(struct ak_journal_fields *f, uint16_t id)
{
    const struct ak_journal_field *field = f->fields, *end = f->fields + f->n_fields;
    while (field < end && field->id != id && field->raw_id != id)
        field++;
    if (field == end)
        return UNSET;
    for (unsigned n = 2; n <= SAME_NAME_MAX; n++) {
        char text[AK_JOURNAL_NAME_BYTES + 4];
        memcpy(text, field->recorded.at, field->recorded.n);
        size_t at = field->recorded.n;
        text[at++] = '.';
        if (n >= 10)
            text[at++] = '1';
        text[at++] = (char)('0' + n % 10);
        const struct ak_journal_field *next = ak_journal_field(f, (struct ak_str){ text, at });
        if (!next)
            return UNSET;
        if (!has(f, next->raw_id))
            return next->raw_id;
    }
    return UNSET;
}

bool ak_journal_put(struct ak_journal_fields *f, uint16_t id, const struct ak_value *value)
{
    if (value->type == AK_TYPE_NONE)
        return true;
    if (f->n_present >= FIELDS_MAX)
        return false;
    if (has(f, id))
        id = next_name(f, id);
    if (id == UNSET)
        return false;
    set(f, id, value);
    return true;
}

void ak_journal_put_entry(struct ak_journal_fields *f, uint64_t seqnum, uint64_t monotonic_us, struct ak_str boot)
{
    const struct ak_value values[] = { ak_val_str(boot), ak_val_u64(seqnum), ak_val_u64(monotonic_us) };
    set(f, N_BOOT, &values[0]);
    set(f, N_SEQUENCE, &values[1]);
    set(f, N_MONOTONIC, &values[2]);
    /* Without a process that was seen: what the message says of itself. */
    if (!has(f, N_PROCESS) && has(f, N_APPNAME))
        set(f, N_PROCESS, &f->slot[N_APPNAME]);
    uint64_t pid;
    if (!has(f, N_PID) && has(f, N_PROCID) && is_number(f->slot[N_PROCID].str, &pid)) {
        const struct ak_value v = ak_val_u64(pid);
        set(f, N_PID, &v);
    }
}

/* Is this datum the boot the entry itself names?  Then it says nothing new. */
static void drop_same_boot(struct ak_journal_fields *f)
{
    const struct ak_journal_field *field = ak_journal_field(f, AK_STR("_BOOT_ID"));
    if (!field || !has(f, field->raw_id) || f->slot[field->raw_id].type != AK_TYPE_STR ||
        !ak_str_eq(f->slot[field->raw_id].str, f->slot[N_BOOT].str))
        return;
    f->present[field->raw_id / 64] &= ~(UINT64_C(1) << (field->raw_id % 64));
    f->n_present--;
}

/* A shape for the set of names now present; NULL when the arena is spent. */
static struct ak_journal_shape *new_shape(struct ak_journal_fields *f, size_t n_words)
{
    struct ak_journal_shape *s = AK_NEW(f->arena, struct ak_journal_shape);
    struct ak_str *names = AK_NEW_N(f->arena, struct ak_str, f->n_present);
    uint64_t *set_copy = AK_NEW_N(f->arena, uint64_t, n_words);
    if (!s || !names || !set_copy)
        return NULL;
    memcpy(set_copy, f->present, n_words * sizeof(uint64_t));
    size_t n = 0;
    for (size_t w = 0; w < n_words; w++)
        for (uint64_t bits = f->present[w]; bits; bits &= bits - 1)
            names[n++] = f->names[w * 64 + (size_t)__builtin_ctzll(bits)];
    s->set = set_copy;
    s->n_words = n_words;
    s->shape = (struct ak_shape){ AK_STR("systemd:journal"), AK_STR("Content Modification Time"), names, n };
    return s;
}

static const struct ak_shape *shape_of(struct ak_journal_fields *f, size_t n_words)
{
    uint64_t hash = ak_hash(f->present, n_words * sizeof(uint64_t));
    struct ak_journal_shape **at = &f->shapes[hash & (N_SHAPE_SLOTS - 1)];
    for (struct ak_journal_shape *s = *at; s; s = s->next)
        if (s->n_words == n_words && memcmp(s->set, f->present, n_words * sizeof(uint64_t)) == 0)
            return &s->shape;
    struct ak_journal_shape *s = new_shape(f, n_words);
    if (!s)
        return NULL;
    s->next = *at;
    *at = s;
    return &s->shape;
}

bool ak_journal_finish(struct ak_journal_fields *f, struct ak_event *event)
{
    drop_same_boot(f);
    size_t n_words = f->n_names / 64 + 1 < N_WORDS ? f->n_names / 64 + 1 : N_WORDS;
    while (n_words > 1 && f->present[n_words - 1] == 0)
        n_words--;
    event->shape = shape_of(f, n_words);
    if (!event->shape)
        return false;
    size_t n = 0;
    for (size_t w = 0; w < n_words; w++)
        for (uint64_t bits = f->present[w]; bits; bits &= bits - 1)
            f->values[n++] = f->slot[w * 64 + (size_t)__builtin_ctzll(bits)];
    event->values = f->values;
    return true;
}
