/* evtx_kind.c - see evtx_kind.h. */
#include "artefact/windows/evtx_kind.h"

#include "base/hash.h"
#include "base/utf.h"

static const struct ak_str FIELD_NAMES[AK_EVTX_N_FIELDS] = {
    [AK_EVTX_CHANNEL] = AK_STR_INIT("winlog.channel"),
    [AK_EVTX_EVENT_ID] = AK_STR_INIT("winlog.event_id"),
    [AK_EVTX_RECORD_ID] = AK_STR_INIT("winlog.record_id"),
    [AK_EVTX_PROVIDER] = AK_STR_INIT("winlog.provider_name"),
    [AK_EVTX_PROVIDER_GUID] = AK_STR_INIT("winlog.provider_guid"),
    [AK_EVTX_EVENT_SOURCE] = AK_STR_INIT("winlog.event_source_name"),
    [AK_EVTX_COMPUTER] = AK_STR_INIT("winlog.computer_name"),
    [AK_EVTX_LEVEL] = AK_STR_INIT("winlog.level"),
    [AK_EVTX_TASK] = AK_STR_INIT("winlog.task"),
    [AK_EVTX_OPCODE] = AK_STR_INIT("winlog.opcode"),
    [AK_EVTX_KEYWORDS] = AK_STR_INIT("winlog.keywords"),
    [AK_EVTX_EVENT_VERSION] = AK_STR_INIT("winlog.version"),
    [AK_EVTX_QUALIFIERS] = AK_STR_INIT("winlog.qualifiers"),
    [AK_EVTX_PID] = AK_STR_INIT("winlog.process.pid"),
    [AK_EVTX_THREAD] = AK_STR_INIT("winlog.process.thread.id"),
    [AK_EVTX_ACTIVITY] = AK_STR_INIT("winlog.activity_id"),
    [AK_EVTX_RELATED_ACTIVITY] = AK_STR_INIT("winlog.related_activity_id"),
    [AK_EVTX_USER] = AK_STR_INIT("winlog.user.identifier"),
    [AK_EVTX_CODE] = AK_STR_INIT("event.code"),
    [AK_EVTX_ECS_PROVIDER] = AK_STR_INIT("event.provider"),
    [AK_EVTX_ACTION] = AK_STR_INIT("event.action"),
    [AK_EVTX_OUTCOME] = AK_STR_INIT("event.outcome"),
    [AK_EVTX_HOST] = AK_STR_INIT("host.name"),
};

static const struct ak_str EVENT_DATA = AK_STR_INIT("winlog.event_data."),
                           USER_DATA = AK_STR_INIT("winlog.user_data.");

static struct ak_bytes provider_bytes(const struct ak_value *provider)
{
    bool text = provider->type == AK_TYPE_STR || provider->type == AK_TYPE_STR16;
    return text ? provider->bytes : (struct ak_bytes){ (const uint8_t *)"", 0 };
}

static bool is_kind(const struct ak_evtx_kind *k, uint64_t hash, const struct ak_evtx_key *key)
{
    return k->hash == hash && k->event_id == key->event_id && k->n_names == key->n_names &&
           (k->n_names == 0 || memcmp(k->names, key->names, k->n_names * sizeof(*k->names)) == 0) &&
           ak_str_eq(ak_str_bytes(k->provider), ak_str_bytes(provider_bytes(&key->provider)));
}

static struct ak_str copy(struct ak_arena *arena, struct ak_str a, struct ak_str b)
{
    char *to = AK_NEW_N(arena, char, a.n + b.n + 1);
    if (!to)
        return AK_STR("");
    if (a.n)
        memcpy(to, a.at, a.n);
    if (b.n)
        memcpy(to + a.n, b.at, b.n);
    return (struct ak_str){ to, a.n + b.n };
}

/* "name_1" for the second of a name, "name_2" for the third. */
static struct ak_str numbered(struct ak_arena *arena, struct ak_str name, uint32_t no)
{
    char digits[12];
    size_t n = sizeof(digits);
    do
        digits[--n] = (char)('0' + no % 10);
    while (no /= 10);
    digits[--n] = '_';
    return copy(arena, name, (struct ak_str){ digits + n, sizeof(digits) - n });
}

/* The data's names; a name that stands there more than once gets numbers. */
static bool name_data(struct ak_evtx_kinds *kinds, const struct ak_evtx_kind *k,
                      struct ak_str *names)
{
    for (uint32_t i = 0; i < k->n_names; i++) {
        uint32_t before = 0;
        for (uint32_t j = 0; j < i; j++)
            before += k->names[j] == k->names[i];
        struct ak_str name = ak_str_bytes(ak_texts_get(kinds->texts, k->names[i]));
        names[i] = before ? numbered(kinds->arena, name, before) : name;
        if (!names[i].n)
            return false;
    }
    return true;
}

/* Index of a name among n; n when it is not there. */
static size_t index_of(const struct ak_str *names, size_t n, struct ak_str name)
{
    size_t i = 0;
    while (i < n && !ak_str_eq(names[i], name))
        i++;
    return i;
}

/* Is `name` this value of EventData or UserData? */
static bool is_data(struct ak_str name, struct ak_str from)
{
    struct ak_str prefix = ak_str_starts(name, EVENT_DATA) ? EVENT_DATA : USER_DATA;
    return ak_str_starts(name, prefix) && name.n == prefix.n + from.n &&
           memcmp(name.at + prefix.n, from.at, from.n) == 0;
}

static size_t index_of_data(const struct ak_evtx_kind *k, const struct ak_str *names,
                            struct ak_str from)
{
    size_t i = AK_EVTX_N_FIELDS, end = i + k->n_names;
    while (i < end && !is_data(names[i], from))
        i++;
    return i < end ? i : 0;
}

/* Add the aliases that this kind has values for.  Several may fill one field:
 * the first that says something wins. */
static void add_aliases(struct ak_evtx_kind *k, struct ak_str *names,
                        struct ak_evtx_source *sources)
{
    size_t n = AK_EVTX_N_FIELDS + k->n_names, first = n;
    for (size_t i = 0; k->map && i < k->map->n_aliases; i++) {
        const struct ak_evtx_alias *a = &k->map->aliases[i];
        size_t from = index_of_data(k, names, a->from), to = index_of(names, n, a->ecs);
        if (!from || to - first == AK_EVTX_ALIASES_MAX)
            continue;
        if (to == n)
            names[n++] = a->ecs;
        sources[k->n_sources++] =
            (struct ak_evtx_source){ (uint16_t)from, (uint16_t)to, (uint8_t)a->how };
    }
    k->shape.n = n;
}

static bool set_key(struct ak_evtx_kinds *kinds, struct ak_evtx_kind *k,
                    const struct ak_evtx_key *key)
{
    struct ak_str provider = ak_str_bytes(provider_bytes(&key->provider)), utf8;
    uint32_t *names = AK_NEW_N(kinds->arena, uint32_t, key->n_names + 1);
    provider = utf8 = copy(kinds->arena, provider, AK_STR(""));
    if (!names || (key->provider.type == AK_TYPE_STR16 &&
                   ak_utf16le(kinds->arena, ak_bytes_str(provider), &utf8) != AK_OK))
        return false;
    if (key->n_names)
        memcpy(names, key->names, key->n_names * sizeof(*names));
    k->names = names;
    k->n_names = key->n_names;
    k->provider = ak_bytes_str(provider);
    k->event_id = key->event_id;
    k->code = numbered(kinds->arena, AK_STR(""), key->event_id);
    k->code = (struct ak_str){ k->code.at + 1, k->code.n ? k->code.n - 1 : 0 };
    k->provider8 = utf8;
    k->map = ak_evtx_map_find(utf8, key->event_id);
    return k->code.n;
}

static struct ak_evtx_kind *new_kind(struct ak_evtx_kinds *kinds, const struct ak_evtx_key *key)
{
    struct ak_evtx_kind *k = AK_NEW(kinds->arena, struct ak_evtx_kind);
    if (!k || !set_key(kinds, k, key))
        return NULL;
    size_t n_aliases = k->map ? k->map->n_aliases : 0;
    struct ak_str *names =
        AK_NEW_N(kinds->arena, struct ak_str, AK_EVTX_N_FIELDS + k->n_names + n_aliases);
    struct ak_evtx_source *sources = AK_NEW_N(kinds->arena, struct ak_evtx_source, n_aliases + 1);
    if (!names || !sources)
        return NULL;
    memcpy(names, FIELD_NAMES, sizeof(FIELD_NAMES));
    if (!name_data(kinds, k, names + AK_EVTX_N_FIELDS))
        return NULL;
    add_aliases(k, names, sources);
    k->sources = sources;
    k->shape.names = names;
    k->shape.data_type = AK_STR("windows:evtx:record");
    k->shape.time_desc = AK_STR("Event Logged");
    return k;
}

const struct ak_evtx_kind *ak_evtx_kind_of(struct ak_evtx_kinds *kinds,
                                           const struct ak_evtx_key *key)
{
    struct ak_bytes provider = provider_bytes(&key->provider);
    uint64_t hash = ak_hash_mix(key->names_hash ^ key->event_id, UINT64_C(0x9E3779B97F4A7C15)) ^
                    ak_hash(provider.at, provider.n);
    if (kinds->last && is_kind(kinds->last, hash, key))
        return kinds->last;
    struct ak_evtx_kind **bucket = &kinds->buckets[hash & (AK_EVTX_KIND_BUCKETS - 1)], *k = *bucket;
    while (k && !is_kind(k, hash, key))
        k = k->next;
    if (!k) {
        k = new_kind(kinds, key);
        if (!k)
            return NULL;
        k->hash = hash;
        k->next = *bucket;
        *bucket = k;
    }
    kinds->last = k;
    return k;
}

static struct ak_value converted(enum ak_evtx_how how, const struct ak_value *v)
{
    if (ak_evtx_is_nothing(v))
        return ak_val_none();
    switch (how) {
    case AK_EVTX_COPY:
        return *v;
    case AK_EVTX_NUMBER:
        return ak_evtx_number(v);
    case AK_EVTX_ADDRESS:
        return ak_evtx_address(v);
    case AK_EVTX_DOMAIN:
    case AK_EVTX_ACCOUNT:
        return ak_evtx_account(v, how == AK_EVTX_DOMAIN);
    }
    return *v;
}

/* What an event's keywords say about its outcome: audit success or failure. */
static struct ak_value outcome_of(const struct ak_value *keywords)
{
    static const uint64_t FAILURE = UINT64_C(1) << 52, SUCCESS = UINT64_C(1) << 53;
    struct ak_value number = ak_evtx_number(keywords);
    uint64_t said = number.type == AK_TYPE_U64 ? number.u64 & (FAILURE | SUCCESS) : 0;
    if (said == SUCCESS)
        return ak_val_str(AK_STR("success"));
    return said == FAILURE ? ak_val_str(AK_STR("failure")) : ak_val_none();
}

void ak_evtx_normalise(const struct ak_evtx_kind *kind, struct ak_value *values)
{
    if (values[AK_EVTX_EVENT_ID].type != AK_TYPE_NONE)
        values[AK_EVTX_CODE] = ak_val_str(kind->code);
    values[AK_EVTX_ECS_PROVIDER] = ak_val_str(kind->provider8);
    values[AK_EVTX_HOST] = values[AK_EVTX_COMPUTER];
    if (kind->map) {
        values[AK_EVTX_ACTION] = ak_val_str(kind->map->action);
        values[AK_EVTX_OUTCOME] = ak_val_str(kind->map->outcome);
    }
    if (values[AK_EVTX_OUTCOME].type == AK_TYPE_NONE)
        values[AK_EVTX_OUTCOME] = outcome_of(&values[AK_EVTX_KEYWORDS]);
    for (size_t i = AK_EVTX_N_FIELDS + kind->n_names; i < kind->shape.n; i++)
        values[i] = ak_val_none();
    for (size_t i = 0; i < kind->n_sources; i++) {
        const struct ak_evtx_source *s = &kind->sources[i];
        if (values[s->to].type == AK_TYPE_NONE)
            values[s->to] = converted((enum ak_evtx_how)s->how, &values[s->from]);
    }
}
