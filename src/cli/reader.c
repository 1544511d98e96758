/* reader.c - see cli/reader.h. */
#include "cli/reader.h"

#include "report/text.h"

void ak_print_seen(struct ak_str text)
{
    struct ak_buf b = { 0 };
    ak_visible(&b, text, 0);
    fwrite(b.at ? (const char *)b.at : "", 1, b.n, stdout);
    ak_buf_free(&b);
}

struct ak_store *ak_open_case(const struct ak_args *args)
{
    struct ak_store *store;
    const char *why = "name the case";
    if (args->n_rest == 0) {
        ak_complain(args->lang, NULL, why);
        return NULL;
    }
    if (ak_store_open(args->rest[0], AK_STORE_READ, &store, &why) != AK_OK) {
        ak_complain(args->lang, args->rest[0], why);
        return NULL;
    }
    return store;
}

struct ak_reading *ak_open_reading(const struct ak_args *args, struct ak_store **out_store)
{
    struct ak_reading *reading;
    *out_store = ak_open_case(args);
    if (!*out_store)
        return NULL;
    if (ak_reading_open(*out_store, &reading) == AK_OK)
        return reading;
    ak_complain(args->lang, args->rest[0], "the case could not be read");
    ak_store_close(*out_store);
    *out_store = NULL;
    return NULL;
}

/* hayabusa's users write "2026-01-29 23:50:00 +09:00": the blank before the offset goes. */
static struct ak_str unspaced(const char *text, char *to, size_t room)
{
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < room; p++)
        if (*p != ' ' || (p[1] != '+' && p[1] != '-'))
            to[n++] = *p;
    return (struct ak_str){ to, n };
}

static bool moment(const struct ak_args *args, const char *option, const struct ak_zone *zone,
                   int64_t *out)
{
    struct ak_stamp s;
    size_t used;
    char room[64];
    const char *text = ak_args_get(args, option);
    if (!text)
        return true;
    struct ak_str plain = unspaced(text, room, sizeof(room));
    if (strlen(text) >= sizeof(room) || !ak_stamp_parse_iso(plain, &s, &used) || used != plain.n) {
        ak_complain(args->lang, text,
                    "a time is written as 2026-01-29T14:50:00+09:00 or 2026-01-29");
        return false;
    }
    if (s.flags & AK_STAMP_LOCAL)
        s.utc_ns = ak_zone_to_utc(zone, s.utc_ns / 1000000000) * 1000000000 + s.utc_ns % 1000000000;
    *out = s.utc_ns;
    return true;
}

bool ak_args_window(const struct ak_args *args, struct ak_window *out)
{
    struct ak_buf tzif = { 0 };
    struct ak_zone zone = ak_zone_utc;
    bool ok = ak_args_zone(args, &tzif);
    if (ok && tzif.n && ak_zone_parse((struct ak_bytes){ tzif.at, tzif.n }, &zone) != AK_OK)
        zone = ak_zone_utc;
    ak_buf_free(&tzif);
    *out = (struct ak_window){ 0 };
    if (ok && (ak_args_has(args, "--from") || ak_args_has(args, "--to"))) {
        out->from_ns = INT64_MIN + 1;
        out->to_ns = INT64_MAX;
        ok = moment(args, "--from", &zone, &out->from_ns) &&
             moment(args, "--to", &zone, &out->to_ns);
    }
    if (ok && ak_args_has(args, "--to") && out->from_ns >= out->to_ns) {
        ak_complain(args->lang, ak_args_get(args, "--to"),
                    "the time window ends before it begins, or holds nothing");
        ok = false;
    }
    return ok;
}
