/* raw_split.c - a raw image cut into files: image.001, image.002 … (also .000,
 * .00, .aa, .aaa and so on).
 *
 * Content cannot tell the first part from a whole image, so names do: the last
 * letters of the name are a first number, and the second is there, too.  All
 * parts but the last have one size, so one that is missing in the middle can
 * be left out: its bytes are zeros that are counted as missing.
 */
#include "base/reader.h"
#include "evidence/mapped.h"

enum {
    PARTS_MAX = 20000,
    GAP_MAX = 16, /* names tried behind a missing part */
    EXT_MIN = 2,
    EXT_MAX = 5,
};

struct part {
    struct ak_source *src; /* NULL: missing */
    uint64_t start, size;
};

struct split {
    struct ak_mapped m;
    struct part *parts;
    uint32_t n;
};

/* Bytes of `name` behind the last dot, when they are a first number: zeros and
 * a last 0 or 1, or only 'a'.  0 when they are not. */
static size_t number_width(struct ak_str name)
{
    size_t dot = name.n;
    while (dot > 0 && name.at[dot - 1] != '.')
        dot--;
    size_t n = name.n - dot;
    if (dot < 2 || n < EXT_MIN || n > EXT_MAX)
        return 0;
    const char *ext = name.at + dot;
    char zero = ext[0], last = ext[n - 1];
    if (zero != '0' && zero != 'a' && zero != 'A')
        return 0;
    for (size_t i = 0; i + 1 < n; i++)
        if (ext[i] != zero)
            return 0;
    return last == zero || (zero == '0' && last == '1') ? n : 0;
}

/* Count the number in the last `width` bytes up; false when it overflows. */
static bool next_number(char *number, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        char *c = &number[i - 1];
        char last = *c <= '9' ? '9' : *c <= 'Z' ? 'Z' : 'z';
        if (*c != last) {
            ++*c;
            return true;
        }
        *c = *c <= '9' ? '0' : *c <= 'Z' ? 'A' : 'a';
    }
    return false;
}

static bool probe_names(const struct ak_siblings *s)
{
    char name[256];
    size_t width = s && s->open ? number_width(s->first) : 0;
    if (width == 0 || s->first.n > sizeof(name))
        return false;
    memcpy(name, s->first.at, s->first.n);
    return next_number(name + s->first.n - width, width) &&
           s->open(s->self, (struct ak_str){ name, s->first.n }) != NULL;
}

static void locate(struct ak_mapped *m, uint64_t at, struct ak_piece *out)
{
    const struct split *s = (const struct split *)m;
    uint32_t low = 0, high = s->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->parts[middle].start <= at)
            low = middle;
        else
            high = middle;
    }
    const struct part *p = &s->parts[low];
    out->kind = p->src ? AK_PIECE_PLAIN : AK_PIECE_MISSING;
    out->from = p->src;
    out->at = at - p->start;
    out->n = p->start + p->size - at;
}

static const struct ak_mapped_ops SPLIT_OPS = {
    .source = AK_MAPPED_SOURCE("raw-split"),
    .locate = locate,
};

/* Find the parts; those that are not there stay NULL when later ones are. */
static void find_parts(struct split *s, struct ak_source *first, const struct ak_siblings *siblings,
                       char *name)
{
    size_t n = siblings->first.n, width = number_width(siblings->first);
    s->parts[0].src = first;
    s->n = 1;
    for (uint32_t i = 1; i < PARTS_MAX && i - s->n < GAP_MAX; i++) {
        if (!next_number(name + n - width, width))
            break;
        s->parts[i].src = siblings->open(siblings->self, (struct ak_str){ name, n });
        if (s->parts[i].src)
            s->n = i + 1;
    }
}

static enum ak_status open_split(struct ak_arena *arena, struct ak_source *src,
                                 const struct ak_siblings *siblings, struct ak_disk *out)
{
    struct split *s = AK_NEW(arena, struct split);
    struct part *parts = AK_NEW_N(arena, struct part, PARTS_MAX);
    if (!probe_names(siblings))
        return AK_ERR_CORRUPT;
    char *name = AK_NEW_N(arena, char, siblings->first.n);
    if (!s || !parts || !name)
        return AK_ERR_LIMIT;
    memcpy(name, siblings->first.at, siblings->first.n);
    s->parts = parts;
    find_parts(s, src, siblings, name);
    for (uint32_t i = 0; i < s->n; i++) {
        struct part *p = &s->parts[i];
        p->start = s->m.base.size;
        p->size = p->src ? p->src->size : src->size;
        if (!p->src)
            ak_disk_note(out, "a part in the middle of the split image is missing");
        else if (i + 1 < s->n && p->size != src->size)
            ak_disk_note(out, "the parts of the split image are not of one size");
        if (__builtin_add_overflow(s->m.base.size, p->size, &s->m.base.size))
            return AK_ERR_LIMIT;
    }
    s->m.base.below = src;
    ak_disk_fact_number(arena, out, "segments", s->n);
    enum ak_status st = ak_mapped_init(arena, &s->m, &SPLIT_OPS, 0, 0);
    if (st == AK_OK)
        out->media = &s->m.base;
    return st;
}

const struct ak_container ak_container_raw_split = {
    .name = "raw-split",
    .title_en = "Split raw image (.001, .002, …)",
    .title_ja = "分割rawイメージ(.001・.002…)",
    .probe_names = probe_names,
    .open = open_split,
};
