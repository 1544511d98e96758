/* journal_file.c - see journal_file.h.
 *
 * Header (little-endian; 208 bytes at first, 272 in systemd 254):
 *
 *   offset  size  what                       offset  size  what
 *        0     8  "LPKSHHRH"                     88     8  header size
 *        8     4  compatible flags               96     8  arena size
 *       12     4  incompatible flags            144     8  objects
 *       16     1  state: offline 0, online 1,   152     8  entries
 *                 archived 2                    176     8  first entry array
 *       24    16  file id (key of the hashes)
 *
 * Objects begin at every eighth byte: type 1, flags 1, reserved 6, size 8.
 *
 * An entry is found in two ways: the list (a chain of entry arrays), and the
 * walk from object to object.  A clean file gives the same both ways.  In a
 * damaged one each finds what the other lost.
 */
#include "artefact/linux/journal_file.h"

static const uint8_t MAGIC[8] = { 'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H' };

enum { HEADER_MIN = 208, HEADER_MAX = 4096, STATE_ONLINE = 1, STATE_MAX = 2 };
enum {
    HASH_SHARE = 4,    /* bytes hashed while walking, to bytes of the file */
    WIPED_BYTES = 512, /* a run of zeros nobody leaves inside an object */
};
enum { XZ = 1, LZ4 = 2, KEYED_HASH = 4, ZSTD = 8, COMPACT = 16, KNOWN_FLAGS = 31 };

/* Bytes before the variable part, by type. */
static const uint8_t FIXED_BYTES[] = {
    16, AK_JOURNAL_DATA_BYTES, 40, AK_JOURNAL_ENTRY_BYTES, 16, 16, 24, 64
};
enum { COMPACT_DATA_BYTES = 72, N_TYPES = sizeof(FIXED_BYTES) };

static void mark(struct ak_places *p, uint64_t offset)
{
    p->words[offset / 512] |= UINT64_C(1) << (offset / 8 % 64);
}

static uint64_t fixed_bytes(const struct ak_journal *j, uint8_t type)
{
    return j->compact && type == AK_JOURNAL_DATA ? COMPACT_DATA_BYTES : FIXED_BYTES[type];
}

/* Is this how an object of any type begins?  Leaves its size to others. */
static bool head_plausible(const uint8_t *at)
{
    uint8_t type = at[0], flags = at[1];
    bool one_packing = (flags & (flags - 1)) == 0 && flags <= AK_JOURNAL_ZSTD;
    bool reserved = at[2] | at[3] | at[4] | at[5] | at[6] | at[7];
    return type > 0 && type < N_TYPES && one_packing && (flags == 0 || type == AK_JOURNAL_DATA) &&
           !reserved;
}

/* This is the one place where an offset of the file becomes a view: hot, so it
 * checks by hand what a reader's window would. */
struct ak_bytes ak_journal_object(const struct ak_journal *j, uint64_t offset,
                                  enum ak_journal_type type)
{
    const struct ak_bytes none = { j->in.at, 0 };
    if (offset % 8 || offset < j->header_size || offset > j->in.n ||
        j->in.n - offset < AK_JOURNAL_OBJECT_BYTES)
        return none;
    const uint8_t *at = j->in.at + offset;
    uint64_t size = ak_load_u64le(at + 8);
    if (!head_plausible(at) || (type != AK_JOURNAL_ANY && at[0] != type) ||
        size < fixed_bytes(j, at[0]) || size > j->in.n - offset)
        return none;
    return (struct ak_bytes){ at, (size_t)size };
}

uint64_t ak_journal_entry_items(const struct ak_journal *j, struct ak_bytes entry)
{
    return (entry.n - AK_JOURNAL_ENTRY_BYTES) / (j->compact ? 4 : 16);
}

uint64_t ak_journal_entry_item(const struct ak_journal *j, struct ak_bytes entry, uint64_t i)
{
    const uint8_t *items = entry.at + AK_JOURNAL_ENTRY_BYTES;
    return j->compact ? ak_load_u32le(items + i * 4) : ak_load_u64le(items + i * 16);
}

struct ak_bytes ak_journal_payload(const struct ak_journal *j, struct ak_bytes data)
{
    size_t fixed = (size_t)fixed_bytes(j, AK_JOURNAL_DATA);
    return (struct ak_bytes){ data.at + fixed, data.n - fixed };
}

static bool new_places(struct ak_journal *j, struct ak_places *p)
{
    p->n_words = j->in.n / 512 + 1;
    p->words = AK_NEW_N(j->ctx->arena, uint64_t, p->n_words);
    return p->words != NULL;
}

/* --- the header -------------------------------------------------------- */

static enum ak_status read_header(struct ak_journal *j)
{
    struct ak_reader r = ak_rd_open(j->in, 0);
    struct ak_bytes magic = ak_rd_take(&r, sizeof(MAGIC));
    struct ak_bytes head = ak_rd_take(&r, HEADER_MIN - sizeof(MAGIC));
    if (!ak_rd_ok(&r))
        return ak_damage(j->ctx, 0, "shorter than its header");
    if (memcmp(magic.at, MAGIC, sizeof(MAGIC)) != 0)
        return ak_damage(j->ctx, 0, "no journal signature");
    const uint8_t *at = head.at - sizeof(MAGIC);
    uint32_t flags = ak_load_u32le(at + 12);
    j->keyed_hash = flags & KEYED_HASH;
    j->compact = flags & COMPACT;
    j->state = at[16];
    memcpy(j->file_id, at + 24, sizeof(j->file_id));
    j->header_size = ak_load_u64le(at + 88);
    j->n_entries = ak_load_u64le(at + 152);
    j->entry_array_at = ak_load_u64le(at + 176);
    j->table_bytes[0] = ak_load_u64le(at + 112);
    j->table_bytes[1] = ak_load_u64le(at + 128);
    if (flags & ~(uint32_t)KNOWN_FLAGS)
        ak_damage(j->ctx, 12,
                  "made by a newer systemd than is known: read as far as it is understood");
    if (j->state == STATE_ONLINE)
        ak_damage(j->ctx, 16,
                  "the journal was not closed: copied while in use, or the system crashed");
    if (j->state > STATE_MAX)
        ak_damage(j->ctx, 16, "the journal's state is none that exists");
    if (j->header_size < HEADER_MIN || j->header_size > HEADER_MAX || j->header_size % 8) {
        ak_damage(j->ctx, 88, "the header's size is impossible");
        j->header_size = HEADER_MIN;
    }
    return AK_OK;
}

/* --- the list of entries ----------------------------------------------- */

/* Mark what one array lists.  Slots not used yet are zero. */
static void take_array(struct ak_journal *j, struct ak_bytes array, uint64_t array_at)
{
    size_t width = j->compact ? 4 : 8;
    bool complained = false;
    for (size_t at = FIXED_BYTES[AK_JOURNAL_ENTRY_ARRAY]; array.n - at >= width; at += width) {
        uint64_t entry = j->compact ? ak_load_u32le(array.at + at) : ak_load_u64le(array.at + at);
        if (entry == 0)
            return;
        if (ak_journal_object(j, entry, AK_JOURNAL_ENTRY).n) {
            mark(&j->listed, entry);
        } else if (!complained) {
            ak_damage(j->ctx, array_at + at,
                      "the list of entries names a place that holds no entry");
            complained = true;
        }
    }
}

/* Arrays are appended, so each lies behind the one before it: a chain that goes
 * back would never end. */
static void follow_list(struct ak_journal *j)
{
    uint64_t at = j->entry_array_at, last = 0;
    while (at != 0) {
        struct ak_bytes array = ak_journal_object(j, at, AK_JOURNAL_ENTRY_ARRAY);
        if (at <= last) {
            ak_damage(j->ctx, last, "the list of entries leads back to where it was");
            return;
        }
        if (!array.n) {
            ak_damage(j->ctx, last,
                      "the list of entries leads outside the file or to something else");
            return;
        }
        take_array(j, array, at);
        last = at;
        at = ak_load_u64le(array.at + 16);
    }
}

/* --- the walk ---------------------------------------------------------- */

/* Do an entry's first and last field exist?  Asked only where we had lost our
 * way: bytes that look like an entry may then be part of a message. */
static bool entry_plausible(const struct ak_journal *j, struct ak_bytes entry)
{
    uint64_t n = ak_journal_entry_items(j, entry);
    return n > 0 && ak_journal_object(j, ak_journal_entry_item(j, entry, 0), AK_JOURNAL_DATA).n &&
           ak_journal_object(j, ak_journal_entry_item(j, entry, n - 1), AK_JOURNAL_DATA).n;
}

/* The first place from `at` on whose eight bytes are not zero. */
static uint64_t skip_zeros(const struct ak_journal *j, uint64_t at)
{
    while (j->in.n - at >= 8 && ak_load_u64le(j->in.at + at) == 0)
        at += 8;
    return at;
}

struct walk {
    struct ak_journal *j;
    uint64_t at;
    uint64_t last; /* the object before: its size is in doubt when nothing follows it */
    uint64_t complained_at;
    bool lost;
};

/* Does this payload have the hash its object carries?  Objects made to overlap
 * could make us hash the file again and again: then nothing is believed. */
static bool hash_fits(struct ak_journal *j, struct ak_bytes object, size_t fixed)
{
    struct ak_bytes payload = { object.at + fixed, object.n - fixed };
    if (payload.n > j->hash_left) {
        j->hash_left = 0;
        return false;
    }
    j->hash_left -= payload.n;
    return ak_journal_hash(j, payload) == ak_load_u64le(object.at + 16);
}

/* Is the last slot of an array empty, or an entry? */
static bool array_fits(const struct ak_journal *j, struct ak_bytes array)
{
    size_t width = j->compact ? 4 : 8,
           slots = (array.n - FIXED_BYTES[AK_JOURNAL_ENTRY_ARRAY]) / width;
    if (slots == 0)
        return true;
    const uint8_t *at = array.at + FIXED_BYTES[AK_JOURNAL_ENTRY_ARRAY] + (slots - 1) * width;
    uint64_t last = j->compact ? ak_load_u32le(at) : ak_load_u64le(at);
    return last == 0 || ak_journal_object(j, last, AK_JOURNAL_ENTRY).n;
}

/* Does an object's content bear out its size?  One that lies may swallow those
 * behind it, and end where another begins.  Packed data is not unpacked here. */
static bool sound(struct ak_journal *j, struct ak_bytes object)
{
    uint64_t n_items;
    switch (object.at[0]) {
    case AK_JOURNAL_DATA:
        return object.at[1] || hash_fits(j, object, (size_t)fixed_bytes(j, AK_JOURNAL_DATA));
    case AK_JOURNAL_FIELD:
        return hash_fits(j, object, FIXED_BYTES[AK_JOURNAL_FIELD]);
    case AK_JOURNAL_ENTRY:
        n_items = ak_journal_entry_items(j, object);
        return n_items == 0 ||
               ak_journal_object(j, ak_journal_entry_item(j, object, n_items - 1), AK_JOURNAL_DATA)
                   .n;
    case AK_JOURNAL_ENTRY_ARRAY:
        return array_fits(j, object);
    case AK_JOURNAL_TAG:
        return object.n == FIXED_BYTES[AK_JOURNAL_TAG];
    default: /* the hash tables: as large as the header says */
        return object.n - AK_JOURNAL_OBJECT_BYTES ==
               j->table_bytes[object.at[0] - AK_JOURNAL_DATA_HASHES];
    }
}

static void take_object(struct walk *w, struct ak_bytes object)
{
    bool is_sound = sound(w->j, object);
    if (object.at[0] == AK_JOURNAL_ENTRY)
        mark(&w->j->found, w->at);
    if (object.at[0] == AK_JOURNAL_DATA)
        mark(&w->j->data, w->at);
    if (!is_sound && w->j->hash_left)
        ak_damage(w->j->ctx, w->at,
                  object.at[0] == AK_JOURNAL_DATA
                      ? "a field's checksum does not match: its text was changed or damaged"
                      : "an object's content does not fit its size");
    w->lost = !is_sound;
    w->last = is_sound ? w->at : 0;
    w->at += is_sound ? object.n + (8 - object.n % 8) % 8 : 8;
}

/* No object begins here.  Say so once, then look again from just behind the
 * head of the object before, whose size may be the lie. */
static void lose_way(struct walk *w)
{
    struct ak_journal *j = w->j;
    if (w->lost) {
        w->at += 8;
        return;
    }
    const uint8_t *at = j->in.at + w->at;
    bool cut = head_plausible(at) && ak_load_u64le(at + 8) > j->in.n - w->at;
    if (w->complained_at != w->at)
        ak_damage(j->ctx, w->at,
                  cut ? "the file ends in the middle of an object"
                      : "no object where one should begin");
    w->complained_at = w->at;
    w->lost = true;
    w->at = (w->last && !cut ? w->last : w->at) + 8;
    w->last = 0;
}

/* Each place is looked at once in the lost state and at most once more in the
 * found: linear in the size of the file, as is the hashing (HASH_SHARE). */
static void walk_objects(struct ak_journal *j)
{
    struct walk w = { .j = j, .at = j->header_size };
    while (w.at <= j->in.n && j->in.n - w.at >= AK_JOURNAL_OBJECT_BYTES) {
        uint64_t used = skip_zeros(j, w.at);
        if (used != w.at) {
            w.last = 0;
            /* Lost inside an object, short runs of zeros are its own. */
            if (j->in.n - used >= AK_JOURNAL_OBJECT_BYTES &&
                (!w.lost || used - w.at >= WIPED_BYTES))
                ak_damage(j->ctx, w.at,
                          "zeros between the objects: part of the journal may have been wiped");
            w.lost = true;
            w.at = used;
            continue;
        }
        struct ak_bytes object = ak_journal_object(j, w.at, AK_JOURNAL_ANY);
        bool doubtful =
            w.lost && object.n && object.at[0] == AK_JOURNAL_ENTRY && !entry_plausible(j, object);
        if (object.n && !doubtful)
            take_object(&w, object);
        else
            lose_way(&w);
    }
    if (w.at < j->in.n && !w.lost && j->in.at[w.at] != 0)
        ak_damage(j->ctx, w.at, "the file ends in the middle of an object");
}

enum ak_status ak_journal_open(struct ak_ctx *ctx, struct ak_journal *out)
{
    *out = (struct ak_journal){ .ctx = ctx, .in = ctx->item->bytes };
    enum ak_status st = read_header(out);
    if (st != AK_OK)
        return st;
    if (!new_places(out, &out->listed) || !new_places(out, &out->found) ||
        !new_places(out, &out->data))
        return AK_ERR_LIMIT;
    out->hash_left = (uint64_t)out->in.n * HASH_SHARE;
    follow_list(out);
    walk_objects(out);
    return AK_OK;
}
