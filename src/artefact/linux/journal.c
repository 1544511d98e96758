/* journal.c - the systemd journal (/var/log/journal/MACHINE/NAME.journal).
 *
 * An entry is a time, a boot, a sequence number and a set of fields; a field is
 * "NAME=value", stored once and shared by all entries that have it.  So each
 * stored field is unpacked, checked and named once, and an entry only gathers
 * what is ready.  journal_file.c finds the objects.
 *
 * Facts and their sources: docs/formats/linux.journal.md
 */
#include "artefact/artefact.h"
#include "artefact/linux/journal_fields.h"
#include "artefact/linux/journal_file.h"
#include "artefact/linux/journal_unpack.h"
#include "base/encoding.h"
#include "base/utf.h"

enum {
    VALUE_MAX = 4 << 20,       /* bytes of one field that are kept */
    EVENT_TEXT_MAX = 24 << 20, /* bytes of all fields of one entry */
    KEPT_MAX = 64 << 20,       /* unpacked bytes kept for other entries to share */
    SCRATCH_MIN = 64 << 10,
    /* A journal says things again and again, but within reason: */
    UNPACK_BASE = 256 << 20,
    UNPACK_RATIO = 32, /* unpacked in all, to bytes of the file */
    EMIT_BASE = 1 << 30,
    EMIT_RATIO = 64,   /* text of all events, to bytes of the file */
    SHORT_VALUE = 256, /* bytes of a value that are given once that is spent */
};

/* A data object, once looked at. */
struct datum {
    struct ak_value value, raw; /* raw: the bytes as well, where text had to be guessed */
    uint16_t id, raw_id;
    bool ready;
};

struct run {
    struct ak_ctx *ctx;
    struct ak_journal j;
    struct ak_fields fields;
    struct ak_journal_meaning meaning;
    struct ak_unpack unpack;
    struct datum *data;  /* one for each place in j.data, in order */
    uint32_t *data_rank; /* how many places lie before each word of j.data */
    uint8_t *work;       /* VALUE_MAX bytes to unpack into */
    uint8_t *scratch;    /* values of this entry only */
    size_t scratch_n, scratch_cap, kept_n;
    uint64_t unpacked_n, unpack_max, emitted_n, emit_max;
    uint8_t boot_id[16];
    struct ak_str boot_text;
    uint64_t last_seqnum, last_realtime, last_missing;
    bool gap_noted, unpack_noted, emit_noted;
    enum ak_status failed; /* why we have to stop */
};

/* --- fields ------------------------------------------------------------ */

/* Room for n bytes that live as long as this entry (or, `keep`, the run). */
static uint8_t *room_for(struct run *run, size_t n, bool keep)
{
    if (keep) {
        run->kept_n += n;
        return AK_NEW_N(run->ctx->arena, uint8_t, n);
    }
    if (run->scratch_cap - run->scratch_n < n) { /* what views the old block stays valid */
        size_t cap = run->scratch_cap * 2 > SCRATCH_MIN ? run->scratch_cap * 2 : SCRATCH_MIN;
        run->scratch_cap = cap > n ? cap : n;
        run->scratch_n = 0;
        run->scratch = AK_NEW_N(run->ctx->arena, uint8_t, run->scratch_cap);
        if (!run->scratch)
            run->scratch_cap = 0;
    }
    uint8_t *at = run->scratch ? run->scratch + run->scratch_n : NULL;
    run->scratch_n += at ? n : 0;
    return at;
}

/* Unpack one field.  *keep: may the result be shared with later entries? */
static struct ak_bytes unpack(struct run *run, struct ak_bytes object, struct ak_bytes packed,
                              bool *keep, bool *whole)
{
    const struct ak_bytes none = { object.at, 0 };
    uint64_t offset = (uint64_t)(object.at - run->j.in.at);
    if (run->unpacked_n > run->unpack_max) {
        if (!run->unpack_noted)
            ak_damage(run->ctx, offset,
                      "packed fields unpack to more than is believed: the rest is left packed");
        run->unpack_noted = true;
        return none;
    }
    if (!run->work)
        run->work = AK_NEW_N(run->ctx->arena, uint8_t, VALUE_MAX);
    if (!run->work) {
        run->failed = AK_ERR_LIMIT;
        return none;
    }
    struct ak_unpacked got = ak_unpack(&run->unpack, object.at[1], packed, run->work, VALUE_MAX);
    run->unpacked_n += got.n;
    *whole = !got.cut && !got.bad;
    if (got.cut)
        ak_damage(run->ctx, offset, "a field is longer than is kept: only its beginning is shown");
    if (got.bad)
        ak_damage(run->ctx, offset,
                  "a packed field is damaged: it is shown as far as it could be unpacked");
    bool shared = ak_load_u64le(object.at + 56) > 1;
    *keep = shared && run->data && run->kept_n + got.n <= KEPT_MAX;
    uint8_t *to = room_for(run, got.n, *keep);
    if (!to) {
        run->failed = AK_ERR_LIMIT;
        return none;
    }
    memcpy(to, run->work, got.n);
    return (struct ak_bytes){ to, got.n };
}

/* "NAME=value" to a name's number and a value. */
static void name_value(struct run *run, struct ak_bytes text, uint64_t offset, struct datum *d)
{
    struct ak_fields *f = &run->fields;
    const uint8_t *eq = text.n ? memchr(text.at, '=', text.n) : NULL;
    size_t name_n = eq ? (size_t)(eq - text.at) : 0;
    struct ak_bytes value = eq ? (struct ak_bytes){ eq + 1, text.n - name_n - 1 } : text;
    const struct ak_field *field = ak_field(f, (struct ak_str){ (const char *)text.at, name_n });
    if (!field) {
        ak_damage(run->ctx, offset, "a field without a proper name");
        field = ak_field(f, AK_STR("UNNAMED"));
        value = text;
    }
    if (!field)
        return;
    if (ak_utf8_valid(ak_str_bytes(value))) {
        d->value = ak_field_value(field, ak_str_bytes(value), &d->id);
        return;
    }
    /* Not UTF-8: the bytes as recorded and, where people will read it, the text. */
    struct ak_str guess;
    d->raw = ak_val_bytes(value);
    d->raw_id = field->raw_id;
    if (field->id != field->raw_id && ak_encoding_utf8(run->ctx->arena, value, &guess) == AK_OK)
        d->value = ak_field_value(field, guess, &d->id);
}

/* Fill *d from the data object at `offset`; true when it may be kept. */
static bool read_datum(struct run *run, uint64_t offset, struct datum *d)
{
    struct ak_bytes object = ak_journal_object(&run->j, offset, AK_JOURNAL_DATA);
    *d = (struct datum){ 0 };
    if (!object.n) {
        if (offset != run->last_missing) /* the fields many entries share: say it once */
            ak_damage(run->ctx, offset < run->j.in.n ? offset : run->j.in.n,
                      "an entry names a field that is not there");
        run->last_missing = offset;
        return false;
    }
    struct ak_bytes payload = ak_journal_payload(&run->j, object);
    bool keep = true, whole = true;
    if (object.at[1])
        payload = unpack(run, object, payload, &keep, &whole);
    bool checked = !object.at[1] && ak_place_has(&run->j.data, offset); /* by the walk */
    if (whole && !checked && payload.n &&
        ak_journal_hash(&run->j, payload) != ak_load_u64le(object.at + 16))
        ak_damage(run->ctx, offset,
                  "a field's checksum does not match: its text was changed or damaged");
    if (payload.n > VALUE_MAX) {
        ak_damage(run->ctx, offset, "a field is longer than is kept: only its beginning is shown");
        payload.n = VALUE_MAX;
    }
    if (payload.n)
        name_value(run, payload, offset, d);
    return keep;
}

/* The data object at `offset`, from memory when it was seen before. */
static const struct datum *datum_at(struct run *run, uint64_t offset, struct datum *own)
{
    if (!run->data || offset % 8 || !ak_place_has(&run->j.data, offset)) {
        (void)read_datum(run, offset, own);
        return own;
    }
    uint64_t word = run->j.data.words[offset / 512];
    uint64_t before = word & ((UINT64_C(1) << (offset / 8 % 64)) - 1);
    struct datum *d =
        &run->data[run->data_rank[offset / 512] + (uint32_t)__builtin_popcountll(before)];
    if (!d->ready)
        d->ready = read_datum(run, offset, d);
    return d;
}

/* Number the data objects.  A journal too large for that is read without
 * remembering any: slowly, but read. */
static void index_data(struct run *run)
{
    uint32_t n = 0;
    const struct ak_places *p = &run->j.data;
    run->data_rank = AK_NEW_N(run->ctx->arena, uint32_t, p->n_words);
    for (size_t i = 0; run->data_rank && i < p->n_words; i++) {
        run->data_rank[i] = n;
        n += (uint32_t)__builtin_popcountll(p->words[i]);
    }
    if (run->data_rank)
        run->data = AK_NEW_N(run->ctx->arena, struct datum, n + 1);
}

/* --- entries ----------------------------------------------------------- */

static struct ak_str boot_text(struct run *run, const uint8_t id[16])
{
    static const char DIGITS[] = "0123456789abcdef";
    if (run->boot_text.n && memcmp(id, run->boot_id, 16) == 0)
        return run->boot_text;
    char *text = AK_NEW_N(run->ctx->arena, char, 32);
    if (!text) {
        run->failed = AK_ERR_LIMIT;
        return AK_STR("");
    }
    for (size_t i = 0; i < 16; i++) {
        text[2 * i] = DIGITS[id[i] >> 4];
        text[2 * i + 1] = DIGITS[id[i] & 15];
    }
    memcpy(run->boot_id, id, 16);
    return run->boot_text = (struct ak_str){ text, 32 };
}

/* Is the journal's own order kept?  Only entries in the list are asked. */
static void note_order(struct run *run, uint64_t seqnum, uint64_t realtime, uint64_t offset)
{
    if (run->last_seqnum && seqnum <= run->last_seqnum)
        ak_damage(run->ctx, offset, "the sequence number goes back");
    if (run->last_seqnum && seqnum > run->last_seqnum + 1 && !run->gap_noted) {
        ak_damage(
            run->ctx, offset,
            "sequence numbers are missing: the entries are in another journal, or were removed");
        run->gap_noted = true;
    }
    if (realtime < run->last_realtime)
        ak_damage(run->ctx, offset, "the time goes back");
    run->last_seqnum = seqnum;
    run->last_realtime = realtime;
}

/* The value, or only its beginning when the journal has said too much: somebody
 * who logs one long line a million times must not hide what else is there. */
static struct ak_value sparing(const struct run *run, struct ak_value v)
{
    bool long_text = (v.type == AK_TYPE_STR || v.type == AK_TYPE_BYTES) && v.str.n > SHORT_VALUE;
    if (run->emitted_n <= run->emit_max || !long_text)
        return v;
    v.str.n = SHORT_VALUE;
    while (v.type == AK_TYPE_STR && v.str.n > SHORT_VALUE - 4 &&
           ((uint8_t)v.str.at[v.str.n] & 0xC0) == 0x80)
        v.str.n--; /* not in the middle of a character */
    return v;
}

/* Put every field of an entry in its place. */
static uint64_t gather(struct run *run, struct ak_bytes entry, uint64_t offset)
{
    struct ak_fields *f = &run->fields;
    uint64_t n = ak_journal_entry_items(&run->j, entry), text_n = 0;
    for (uint64_t i = 0; i < n && run->failed == AK_OK; i++) {
        struct datum own;
        const struct datum *d = datum_at(run, ak_journal_entry_item(&run->j, entry, i), &own);
        const struct ak_value value = sparing(run, d->value), raw = sparing(run, d->raw);
        text_n += value.type == AK_TYPE_STR ? value.str.n : 8;
        text_n += raw.type == AK_TYPE_BYTES ? raw.bytes.n : 0;
        if (text_n > EVENT_TEXT_MAX || !ak_fields_put(f, d->id, &value) ||
            !ak_fields_put(f, d->raw_id, &raw)) {
            ak_damage(run->ctx, offset, "an entry has more fields than are kept");
            break;
        }
    }
    return text_n;
}

static enum ak_status emit_entry(struct run *run, uint64_t offset, bool listed)
{
    struct ak_fields *f = &run->fields;
    struct ak_bytes entry = ak_journal_object(&run->j, offset, AK_JOURNAL_ENTRY);
    if (!entry.n)
        return AK_OK; /* cannot be: both places were marked after looking */
    uint64_t seqnum = ak_load_u64le(entry.at + 16), realtime = ak_load_u64le(entry.at + 24);
    if (listed)
        note_order(run, seqnum, realtime, offset);
    ak_fields_begin(f);
    run->scratch_n = 0;
    run->emitted_n += gather(run, entry, offset);
    ak_journal_put_entry(f, seqnum, ak_load_u64le(entry.at + 32), boot_text(run, entry.at + 40));
    ak_journal_put_meaning(f, &run->meaning);
    if (run->failed != AK_OK)
        return run->failed;
    if (run->emitted_n > run->emit_max && !run->emit_noted) {
        ak_damage(run->ctx, offset,
                  "the entries repeat long fields more than is believed: from here on only their "
                  "beginnings");
        run->emit_noted = true;
    }
    struct ak_event event = { .offset = offset,
                              .length = entry.n,
                              .flags = listed ? 0 : AK_EVENT_RECOVERED };
    if (!ak_fields_finish(f, &event))
        return AK_ERR_LIMIT;
    if (realtime)
        event.when = ak_stamp_unix((int64_t)(realtime / 1000000),
                                   (uint32_t)(realtime % 1000000) * 1000, AK_PREC_US);
    return ak_emit(run->ctx, &event);
}

/* All entries, in the order they lie in the file: that in which they were
 * written. */
static enum ak_status emit_entries(struct run *run)
{
    const struct ak_journal *j = &run->j;
    uint64_t n_listed = 0;
    for (size_t w = 0; w < j->listed.n_words; w++) {
        uint64_t both = j->listed.words[w] | j->found.words[w];
        n_listed += (uint64_t)__builtin_popcountll(j->listed.words[w]);
        for (; both; both &= both - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(both);
            bool listed = j->listed.words[w] >> bit & 1;
            enum ak_status st = emit_entry(run, (w * 64 + bit) * 8, listed);
            if (st != AK_OK)
                return st;
        }
    }
    if (n_listed < j->n_entries)
        ak_damage(run->ctx, 152, "the header counts more entries than the list of entries names");
    return AK_OK;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    if (p->head.n < 8 || memcmp(p->head.at, "LPKSHHRH", 8) != 0)
        return AK_BID_NO;
    bool named =
        ak_str_ends(p->path, AK_STR(".journal")) || ak_str_ends(p->path, AK_STR(".journal~"));
    return named ? AK_BID_SURE : AK_BID_MAGIC;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct run *run = AK_NEW(ctx->arena, struct run);
    if (!run)
        return AK_ERR_LIMIT;
    run->ctx = ctx;
    run->last_missing = UINT64_MAX;
    run->unpack_max = UNPACK_BASE + (uint64_t)ctx->item->bytes.n * UNPACK_RATIO;
    run->emit_max = EMIT_BASE + (uint64_t)ctx->item->bytes.n * EMIT_RATIO;
    run->unpack.lzma = (lzma_stream)LZMA_STREAM_INIT;
    enum ak_status st = ak_journal_open(ctx, &run->j);
    if (st == AK_OK)
        st = ak_fields_open(&ak_journal_plan, ctx->arena, &run->fields);
    if (st == AK_OK) {
        ak_journal_meaning_open(&run->fields, &run->meaning);
        index_data(run);
    }
    if (st == AK_OK)
        st = emit_entries(run);
    ak_journal_unpack_close(&run->unpack);
    return st;
}

const struct ak_artefact ak_linux_journal = {
    .name = "linux.journal",
    .title_en = "systemd journal",
    .title_ja = "systemdジャーナル",
    .spec = "docs/formats/linux.journal.md",
    .max_size = UINT64_C(1) << 32,
    .probe = probe,
    .parse = parse,
};
