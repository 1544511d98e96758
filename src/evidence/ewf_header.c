/* ewf_header.c - the header and header2 sections of Expert Witness files.
 *
 * zlib-compressed text, header in a code page, header2 in UTF-16 with a byte
 * order mark.  Lines: the number of categories, "main", the keys, the values,
 * an empty line; keys and values are separated by tabs.  Later categories
 * (srce, sub) describe sources and are left alone.
 *
 * Facts and their sources: docs/formats/container.ewf.md
 */
#include "evidence/ewf_header.h"

#include "base/encoding.h"
#include "base/stamp.h"
#include "evidence/mapped.h"

#include <libdeflate.h>
#include <stdio.h>

enum { TEXT_MAX = 4 << 20, TEXT_FIRST = 16 << 10, FIELDS_MAX = 64 };

/* [libewf "Expert Witness Compression Format" 4.1-4.10] */
static const struct {
    const char *key, *fact;
    bool time;
} KEYS[] = {
    { "c", "case_number", false },
    { "n", "evidence_number", false },
    { "a", "description", false },
    { "e", "examiner", false },
    { "t", "notes", false },
    { "m", "acquired", true },
    { "u", "system_date", true },
    { "av", "software_version", false },
    { "ov", "os", false },
    { "md", "model", false },
    { "sn", "serial_number", false },
    { "l", "device_label", false },
    { "ext", "extents", false },
    { "pid", "process_identifier", false },
};

/* The next part of *text up to `end`; *text moves behind it. */
static struct ak_str cut(struct ak_str *text, char end)
{
    const char *at = text->n ? memchr(text->at, end, text->n) : NULL;
    size_t n = at ? (size_t)(at - text->at) : text->n;
    struct ak_str part = { text->at, n };
    size_t used = at ? n + 1 : n;
    *text = (struct ak_str){ text->at + used, text->n - used };
    return part;
}

static struct ak_str cut_line(struct ak_str *text)
{
    struct ak_str line = cut(text, '\n');
    if (line.n && line.at[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* "2012 8 5 18 33 41" (the examiner's local time) or seconds since 1970. */
static void add_time(struct ak_arena *arena, struct ak_disk *out, const char *fact,
                     struct ak_str value)
{
    uint64_t part[6] = { 0 };
    size_t n = 0;
    bool known = true;
    for (size_t i = 0; i < value.n && known; i++) {
        char c = value.at[i];
        if (c == ' ' && n < 5)
            n++;
        else if (c < '0' || c > '9' || part[n] > UINT32_MAX)
            known = false;
        else
            part[n] = part[n] * 10 + (uint64_t)(c - '0');
    }
    char text[AK_STAMP_TEXT + 96];
    int len = 0;
    if (!known)
        len = 0;
    else if (n == 0 && value.n)
        len = (int)ak_stamp_iso(ak_stamp_unix((int64_t)part[0], 0, AK_PREC_S), text);
    else if (n == 5)
        len = snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)part[0],
                       (unsigned)part[1], (unsigned)part[2], (unsigned)part[3], (unsigned)part[4],
                       (unsigned)part[5]);
    ak_disk_fact(arena, out, fact, len > 0 ? (struct ak_str){ text, (size_t)len } : value);
}

static void add_field(struct ak_arena *arena, struct ak_disk *out, struct ak_str key,
                      struct ak_str value)
{
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        if (!ak_str_eq(key, ak_str_of(KEYS[i].key)))
            continue;
        if (ak_disk_fact_of(out, KEYS[i].fact).n)
            return; /* header2 comes first and says more than header */
        if (KEYS[i].time)
            add_time(arena, out, KEYS[i].fact, value);
        else
            ak_disk_fact(arena, out, KEYS[i].fact, value);
    }
}

static bool unpack(struct ak_arena *arena, struct ak_bytes zlib, struct ak_bytes *out_text)
{
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    enum libdeflate_result result = LIBDEFLATE_INSUFFICIENT_SPACE;
    for (size_t room = TEXT_FIRST; d && room <= TEXT_MAX; room *= 8) {
        uint8_t *to = AK_NEW_N(arena, uint8_t, room);
        size_t n = 0;
        if (!to)
            break;
        result = libdeflate_zlib_decompress(d, zlib.at, zlib.n, to, room, &n);
        *out_text = (struct ak_bytes){ to, n };
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
            break;
    }
    libdeflate_free_decompressor(d);
    return result == LIBDEFLATE_SUCCESS;
}

bool ak_ewf_header(struct ak_arena *arena, struct ak_bytes zlib, struct ak_disk *out)
{
    struct ak_bytes raw;
    struct ak_str text;
    if (!unpack(arena, zlib, &raw) || ak_encoding_utf8(arena, raw, &text) != AK_OK)
        return false;
    if (ak_str_starts(text, AK_STR("\xEF\xBB\xBF")))
        text = (struct ak_str){ text.at + 3, text.n - 3 };
    while (text.n && !ak_str_eq(cut_line(&text), AK_STR("main")))
        ;
    struct ak_str keys = cut_line(&text), values = cut_line(&text);
    if (keys.n == 0)
        return false;
    for (size_t i = 0; i < FIELDS_MAX && keys.n; i++) {
        struct ak_str key = cut(&keys, '\t'), value = cut(&values, '\t');
        add_field(arena, out, key, value);
    }
    return true;
}
