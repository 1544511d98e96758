/* volume.c - see volume.h: which table a disk has, and the gaps between volumes. */
#include "volume/volume.h"

#include "base/reader.h"
#include "volume/parts.h"

#include <stdlib.h>

enum { GAP_MIN = 1 << 20, ISO_SECTOR = 2048 };

void ak_parts_note(struct ak_parts *p, const char *note)
{
    if (!p->note)
        p->note = note;
}

struct ak_volume *ak_parts_add(struct ak_parts *p, struct ak_str scheme, uint64_t first,
                               uint64_t count, uint32_t sector)
{
    uint64_t offset, size;
    if (__builtin_mul_overflow(first, sector, &offset) || offset >= p->disk->size) {
        ak_parts_note(p, "a partition lies behind the end of the disk");
        return NULL;
    }
    if (__builtin_mul_overflow(count, sector, &size) || size > p->disk->size - offset) {
        ak_parts_note(p, "a partition runs past the end of the disk and is cut there");
        size = p->disk->size - offset;
    }
    if (p->n == AK_VOLUMES_MAX) {
        ak_parts_note(p, "there are more partitions than are read");
        return NULL;
    }
    struct ak_volume *v = &p->list[p->n++];
    *v = (struct ak_volume){ .offset = offset,
                             .size = size,
                             .scheme = scheme,
                             .label = AK_STR(""),
                             .type = AK_STR(""),
                             .allocated = true };
    return v;
}

struct ak_str ak_parts_text(struct ak_parts *p, const char *zero_terminated)
{
    size_t n = strlen(zero_terminated);
    char *copy = AK_NEW_N(p->arena, char, n + 1);
    if (!copy)
        p->spent = true;
    else
        memcpy(copy, zero_terminated, n);
    return (struct ak_str){ copy ? copy : "", copy ? n : 0 };
}

static int by_offset(const void *a, const void *b)
{
    const struct ak_volume *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->size < y->size ? -1 : x->size > y->size;
}

static void add_gap(struct ak_parts *p, struct ak_str scheme, uint64_t from, uint64_t to)
{
    if (to <= from || to - from < GAP_MIN || p->n == AK_VOLUMES_MAX)
        return;
    p->list[p->n++] = (struct ak_volume){ .offset = from,
                                          .size = to - from,
                                          .scheme = scheme,
                                          .label = AK_STR("unallocated"),
                                          .type = AK_STR("") };
}

/* Put the volumes in order and list what lies between them. */
static void add_gaps(struct ak_parts *p, struct ak_str scheme)
{
    size_t n = p->n;
    uint64_t end = 0;
    if (n)
        qsort(p->list, n, sizeof(*p->list), by_offset);
    for (size_t i = 0; i < n; i++) {
        const struct ak_volume *v = &p->list[i];
        if (i && v->offset < end)
            ak_parts_note(p, "partitions overlap");
        add_gap(p, scheme, end, v->offset);
        if (v->offset + v->size > end)
            end = v->offset + v->size;
    }
    add_gap(p, scheme, end, p->disk->size);
    if (p->n)
        qsort(p->list, p->n, sizeof(*p->list), by_offset);
}

static void whole(struct ak_parts *p)
{
    p->n = 0;
    p->list[p->n++] = (struct ak_volume){ .size = p->disk->size,
                                          .scheme = AK_STR("none"),
                                          .label = AK_STR(""),
                                          .type = AK_STR(""),
                                          .allocated = true };
}

/* A bootable DVD or USB stick: an ISO 9660 file system from byte 0 on under a
 * partition table.  It is a volume, too, unless the table lists it. */
static void add_iso(struct ak_parts *p)
{
    uint8_t b[88];
    uint64_t at = 16 * ISO_SECTOR;
    if (ak_source_read_some(p->disk, at, b, sizeof(b)) < sizeof(b) || memcmp(b, "\1CD001", 6) != 0)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].offset == 0)
            return;
    struct ak_volume *v = ak_parts_add(p, AK_STR("none"), 0, ak_load_u32le(b + 80), ISO_SECTOR);
    if (v)
        v->label = AK_STR("ISO 9660");
}

/* Apple's map first: such disks carry an MBR for others.  GPT when the MBR
 * says so; else an MBR that lists something; else a GPT whose MBR is gone. */
static struct ak_str read_tables(struct ak_parts *p)
{
    if (ak_parts_apm(p))
        return AK_STR("apm");
    bool protective = ak_parts_protective(p->disk);
    if (protective && ak_parts_gpt(p))
        return AK_STR("gpt");
    if (ak_parts_mbr(p))
        return AK_STR("mbr");
    if (!protective && !ak_volume_identify(p->disk) && ak_parts_gpt(p)) {
        ak_parts_note(p, "the protective MBR of the GPT is missing");
        return AK_STR("gpt");
    }
    if (ak_parts_bsd(p, 0))
        return AK_STR("bsd");
    return AK_STR("");
}

enum ak_status ak_volumes_list(struct ak_arena *arena, struct ak_source *disk,
                               struct ak_volume **out_volumes, size_t *out_n, const char **out_note)
{
    struct ak_parts p = { .arena = arena, .disk = disk };
    p.list = AK_NEW_N(arena, struct ak_volume, AK_VOLUMES_MAX);
    if (!p.list)
        return AK_ERR_LIMIT;
    struct ak_str scheme = read_tables(&p);
    if (scheme.n) {
        add_iso(&p);
        add_gaps(&p, scheme);
    }
    if (p.n == 0)
        whole(&p);
    if (p.spent)
        return AK_ERR_LIMIT;
    *out_volumes = p.list;
    *out_n = p.n;
    *out_note = p.note;
    return AK_OK;
}
