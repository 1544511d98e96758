/* lastlog.c - each user's last login (/var/log/lastlog).
 *
 * One record per user, at user number times record size: a sparse file, mostly
 * zeros, whose size says nothing.
 *
 *   offset  size  what                                   64-bit time: offset, size
 *        0     4  seconds since 1970 UTC                          0     8
 *        4    32  terminal                                        8    32
 *       36   256  host                                           40   256
 *
 * Facts and their sources: docs/formats/linux.lastlog.md
 */
#include "artefact/artefact.h"
#include "artefact/linux/utmp_text.h"
#include "base/buf.h"

enum { NARROW = 292, WIDE = 296, LINE_BYTES = 32, HOST_BYTES = 256, PROBE_RECORDS = 220 };

struct layout {
    uint16_t record, line_at;
    bool big_endian;
};

static const struct layout LAYOUTS[] = {
    { NARROW, 4, false },
    { NARROW, 4, true },
    { WIDE, 8, false },
    { WIDE, 8, true },
};
enum { N_LAYOUTS = sizeof(LAYOUTS) / sizeof(*LAYOUTS) };

/* A login is believed between these: 1990 and 2100. */
static const uint64_t FIRST_S = 631152000, LAST_S = 4102444800;

enum { F_ACTION, F_UID, F_IP, F_ADDRESS, F_TERMINAL, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_ACTION] = AK_STR_INIT("event.action"),    [F_UID] = AK_STR_INIT("user.id"),
    [F_IP] = AK_STR_INIT("source.ip"),           [F_ADDRESS] = AK_STR_INIT("source.address"),
    [F_TERMINAL] = AK_STR_INIT("utmp.terminal"),
};

static const struct ak_shape SHAPE = { AK_STR_INIT("linux:lastlog:entry"),
                                       AK_STR_INIT("Last Login Time"), NAMES, N_FIELDS };

static uint64_t seconds_of(const struct layout *l, const uint8_t *at)
{
    if (l->record == NARROW)
        return l->big_endian ? ak_load_u32be(at) : ak_load_u32le(at);
    return l->big_endian ? ak_load_u64be(at) : ak_load_u64le(at);
}

static bool makes_sense(const struct layout *l, const uint8_t *at)
{
    uint64_t s = seconds_of(l, at);
    return s >= FIRST_S && s <= LAST_S && ak_text_clean(at + l->line_at, LINE_BYTES) &&
           ak_text_clean(at + l->line_at + LINE_BYTES, HOST_BYTES) && at[l->line_at] != 0;
}

/* How many more of the first records make sense than do not. */
static int judge(const struct layout *l, struct ak_bytes in)
{
    int score = 0;
    for (size_t i = 0; i < PROBE_RECORDS && (i + 1) * l->record <= in.n; i++) {
        const uint8_t *at = in.at + i * l->record;
        if (!ak_all_zero(at, l->record))
            score += makes_sense(l, at) ? 1 : -1;
    }
    return score;
}

static const struct layout *find_layout(struct ak_bytes in, int *out_score)
{
    const struct layout *best = &LAYOUTS[0];
    *out_score = 0;
    for (size_t i = 0; i < N_LAYOUTS; i++) {
        int score = judge(&LAYOUTS[i], in);
        if (score > *out_score) {
            *out_score = score;
            best = &LAYOUTS[i];
        }
    }
    return best;
}

/* Only by name: nothing in the bytes is a signature, and text cut at 292 bytes
 * can look like a time, a terminal and a host. */
static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_str name = ak_str_basename(p->path);
    int score;
    (void)find_layout(p->head, &score);
    if (!ak_glob("*lastlog*", name) || !p->head.n || !memchr(p->head.at, 0, p->head.n))
        return AK_BID_NO; /* its texts are padded with zeros: a text file is no lastlog */
    if (score > 0)
        return AK_BID_SURE;
    if (ak_all_zero(p->head.at, p->head.n)) /* often zeros only, for 64 KiB */
        return AK_BID_LIKELY;
    return ak_str_eq(name, AK_STR("lastlog")) ? AK_BID_WEAK : AK_BID_NO; /* overwritten */
}

static enum ak_status emit(struct ak_ctx *ctx, const struct layout *l, struct ak_bytes record,
                           uint64_t offset)
{
    struct ak_str host = ak_text_until_nul(record.at + l->line_at + LINE_BYTES, HOST_BYTES);
    char *text = AK_NEW_N(ctx->arena, char, AK_IP_TEXT + 24);
    if (!text)
        return AK_ERR_LIMIT;
    struct ak_buf digits = { .at = (uint8_t *)text + AK_IP_TEXT, .cap = 24 };
    ak_buf_dec(&digits, offset / l->record); /* at most 20 digits: never grows */
    uint64_t s = seconds_of(l, record.at);
    bool has_time = s != 0 && s <= LAST_S;
    const struct ak_value values[N_FIELDS] = {
        [F_ACTION] = ak_val_str(AK_STR("last_login")),
        [F_UID] = ak_val_str(ak_buf_view(&digits)),
        [F_IP] = ak_val_str(ak_ip_text((struct ak_bytes){ 0 }, host, text)),
        [F_ADDRESS] = ak_val_str(host),
        [F_TERMINAL] = ak_val_str(ak_text_until_nul(record.at + l->line_at, LINE_BYTES)),
    };
    return ak_emit(ctx,
                   &(struct ak_event){ .shape = &SHAPE,
                                       .when = has_time ? ak_stamp_unix((int64_t)s, 0, AK_PREC_S)
                                                        : (struct ak_stamp){ 0 },
                                       .offset = offset,
                                       .length = l->record,
                                       .values = values });
}

/* The first byte at or behind r's position that is not zero: most of the file
 * is a hole, and this walks it sixteen times faster than record by record. */
static void skip_zeros(struct ak_reader *r, size_t record)
{
    enum { STEP = 4096 };
    size_t from = r->pos, at = from;
    while (r->in.n - at >= STEP && ak_all_zero(r->in.at + at, STEP))
        at += STEP;
    ak_rd_seek(r, at - (at - from) % record);
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_reader r = ak_rd_open(ctx->item->bytes, ctx->item->origin);
    skip_zeros(&r, NARROW * WIDE / 4); /* a whole number of records of either size */
    int score;
    const struct layout *l =
        find_layout((struct ak_bytes){ r.in.at + r.pos, ak_rd_left(&r) }, &score);
    while (skip_zeros(&r, l->record), ak_rd_has(&r, 1, l->record)) {
        uint64_t offset = ak_rd_where(&r);
        struct ak_bytes record = ak_rd_take(&r, l->record);
        if (ak_all_zero(record.at, record.n))
            continue;
        if (!makes_sense(l, record.at))
            ak_damage(ctx, offset, "a record that makes no sense: overwritten or made by hand");
        enum ak_status st = emit(ctx, l, record, offset);
        if (st != AK_OK)
            return st;
    }
    if (ak_rd_left(&r))
        return ak_damage(ctx, ak_rd_where(&r), "the file ends in the middle of a record");
    return AK_OK;
}

const struct ak_artefact ak_linux_lastlog = {
    .name = "linux.lastlog",
    .title_en = "Last login of each user (lastlog)",
    .title_ja = "ユーザーごとの最終ログイン（lastlog）",
    .spec = "docs/formats/linux.lastlog.md",
    .max_size = UINT64_C(1) << 32,
    .probe = probe,
    .parse = parse,
};
