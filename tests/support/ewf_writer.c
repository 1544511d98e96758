/* ewf_writer.c - Expert Witness files, version 1, as EnCase 6 writes them.
 *
 *     signature, then sections; each begins with 76 bytes:
 *       0  type, 16 characters     16  where the next one begins
 *      24  its size, these included   32  zero   72  Adler-32 of bytes 0-71
 *     header2, header2, header, volume, sectors, table, table2, data, digest, hash, done
 *
 * Facts: docs/formats/evidence.ewf.md and the layout libewf's ewfinfo accepts. */
#include "tests/support/ewf_writer.h"

#include "base/stamp.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

enum { SECTOR = 512, CHUNK = 64 * SECTOR, SECTION = 76, CHUNKS_MAX = 16375 };

static void put_le(struct ak_buf *b, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        ak_buf_u8(b, (uint8_t)(v >> (8 * i)));
}

static void put_zero(struct ak_buf *b, size_t n)
{
    while (n--)
        ak_buf_u8(b, 0);
}

static uint32_t adler(const uint8_t *p, size_t n) { return (uint32_t)adler32(1, p, (uInt)n); }

/* One section whose contents are known. */
static void section(struct ak_buf *out, const char *type, struct ak_bytes contents)
{
    size_t start = out->n;
    char name[16] = { 0 };
    memcpy(name, type, strlen(type));
    bool last = strcmp(type, "done") == 0;
    ak_buf_put(out, name, sizeof(name));
    put_le(out, last ? start : start + SECTION + contents.n, 8);
    put_le(out, SECTION + contents.n, 8);
    put_zero(out, 40);
    if (!out->failed)
        put_le(out, adler(out->at + start, SECTION - 4), 4);
    ak_buf_put(out, contents.at, contents.n);
}

static void packed_section(struct ak_buf *out, const char *type, struct ak_bytes contents)
{
    uLongf n = compressBound((uLong)contents.n);
    uint8_t *packed = malloc(n);
    if (!packed || compress2(packed, &n, contents.at, (uLong)contents.n, 6) != Z_OK)
        out->failed = true;
    else
        section(out, type, (struct ak_bytes){ packed, n });
    free(packed);
}

/* ---- what the file says about itself ---- */

static void header(struct ak_buf *out, const struct ewf_case *about)
{
    struct ak_buf text = { 0 };
    struct ak_civil c = ak_civil_of(about->acquired * 1000000000);
    ak_buf_text(&text, "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n");
    ak_buf_printf(&text, "%s\t%s\t%s\t%s\t%s\t6.19\tLinux\t", about->case_number,
                  about->evidence_number, about->description, about->examiner, about->notes);
    for (int i = 0; i < 2; i++)
        ak_buf_printf(&text, "%d %u %u %u %u %u\t", c.year, c.month, c.day, c.hour, c.minute,
                      c.second);
    ak_buf_text(&text, "0\r\n\r\n");
    packed_section(out, "header", (struct ak_bytes){ text.at, text.n });
    ak_buf_free(&text);
}

/* The same in UTF-16; only ASCII is given to it. */
static void header2(struct ak_buf *out, const struct ewf_case *about)
{
    struct ak_buf text = { 0 }, wide = { 0 };
    ak_buf_text(&text, "3\nmain\na\tc\tn\te\tt\tav\tov\tm\tu\tp\tdc\n");
    ak_buf_printf(&text, "%s\t%s\t%s\t%s\t%s\t6.19\tLinux\t%lld\t%lld\t0\t\n\n", about->description,
                  about->case_number, about->evidence_number, about->examiner, about->notes,
                  (long long)about->acquired, (long long)about->acquired);
    ak_buf_text(&text,
                "srce\n0\t1\np\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq\n0\t0\n\t\t\t\t\t-1\t-1\t\t\t\n\n"
                "sub\n0\t1\np\tn\tid\tnu\tco\tgu\n0\t0\n\t\t\t\t1\t\n\n");
    put_le(&wide, 0xFEFF, 2);
    for (size_t i = 0; i < text.n; i++)
        put_le(&wide, text.at[i], 2);
    for (int i = 0; i < 2; i++)
        packed_section(out, "header2", (struct ak_bytes){ wide.at, wide.n });
    ak_buf_free(&text);
    ak_buf_free(&wide);
}

/* The contents of "volume" and of "data". */
static void put_volume(struct ak_buf *b, uint64_t disk_bytes, size_t n_chunks)
{
    size_t start = b->n;
    put_le(b, 1, 4); /* a fixed disk */
    put_le(b, n_chunks, 4);
    put_le(b, CHUNK / SECTOR, 4);
    put_le(b, SECTOR, 4);
    put_le(b, disk_bytes / SECTOR, 8);
    put_zero(b, 12);
    put_le(b, 3, 4); /* an image, of a whole disk */
    put_zero(b, 12);
    put_le(b, 1, 4);              /* packed for speed */
    put_le(b, CHUNK / SECTOR, 4); /* sectors lost with one that cannot be read */
    put_zero(b, 4);
    ak_buf_text(b, "akashi demo disk"); /* its 16-byte identifier */
    put_zero(b, 968);
    if (!b->failed)
        put_le(b, adler(b->at + start, b->n - start), 4);
}

/* ---- the chunks and where they lie ---- */

static bool put_chunk(struct ak_buf *out, const uint8_t *from, size_t n, uint8_t *room,
                      bool *out_packed)
{
    uLongf packed = compressBound(CHUNK);
    if (compress2(room, &packed, from, (uLong)n, 6) != Z_OK)
        return false;
    *out_packed = packed < n;
    if (*out_packed) {
        ak_buf_put(out, room, packed);
    } else {
        ak_buf_put(out, from, n);
        put_le(out, adler(from, n), 4);
    }
    return true;
}

static bool put_sectors(struct ak_buf *out, struct ak_bytes disk, struct ak_buf *table)
{
    struct ak_buf sectors = { 0 };
    uint8_t *room = malloc(compressBound(CHUNK));
    bool ok = room != NULL;
    size_t base = out->n + SECTION;
    for (size_t at = 0; ok && at < disk.n; at += CHUNK) {
        size_t lies_at = base + sectors.n;
        bool packed;
        ok = put_chunk(&sectors, disk.at + at, disk.n - at < CHUNK ? disk.n - at : CHUNK, room,
                       &packed);
        put_le(table, lies_at | (ok && packed ? UINT32_C(1) << 31 : 0), 4);
    }
    section(out, "sectors", (struct ak_bytes){ sectors.at, sectors.n });
    ok = ok && !sectors.failed && out->n < UINT32_C(1) << 31;
    ak_buf_free(&sectors);
    free(room);
    return ok;
}

static void put_tables(struct ak_buf *out, const struct ak_buf *entries)
{
    struct ak_buf table = { 0 };
    put_le(&table, entries->n / 4, 4);
    put_zero(&table, 16);
    if (!table.failed)
        put_le(&table, adler(table.at, 20), 4);
    ak_buf_put(&table, entries->at, entries->n);
    put_le(&table, adler(entries->at, entries->n), 4);
    section(out, "table", (struct ak_bytes){ table.at, table.n });
    section(out, "table2", (struct ak_bytes){ table.at, table.n });
    ak_buf_free(&table);
}

static void put_hashes(struct ak_buf *out, struct ak_bytes disk, const struct ewf_case *about)
{
    uint8_t md5[EVP_MAX_MD_SIZE], sha1[EVP_MAX_MD_SIZE];
    struct ak_buf digest = { 0 }, hash = { 0 };
    EVP_Digest(disk.at, disk.n, md5, NULL, EVP_md5(), NULL);
    EVP_Digest(disk.at, disk.n, sha1, NULL, EVP_sha1(), NULL);
    md5[0] ^= about->wrong_md5;
    ak_buf_put(&digest, md5, 16);
    ak_buf_put(&digest, sha1, 20);
    put_zero(&digest, 40);
    put_le(&digest, digest.failed ? 0 : adler(digest.at, digest.n), 4);
    section(out, "digest", (struct ak_bytes){ digest.at, digest.n });
    ak_buf_put(&hash, md5, 16);
    put_zero(&hash, 16);
    put_le(&hash, hash.failed ? 0 : adler(hash.at, hash.n), 4);
    section(out, "hash", (struct ak_bytes){ hash.at, hash.n });
    ak_buf_free(&digest);
    ak_buf_free(&hash);
}

bool ewf_write(struct ak_buf *out, struct ak_bytes disk, const struct ewf_case *about)
{
    static const uint8_t SIGNATURE[] = { 'E', 'V', 'F', 9, 13, 10, 255, 0, 1, 1, 0, 0, 0 };
    struct ak_buf volume = { 0 }, table = { 0 };
    size_t n_chunks = (disk.n + CHUNK - 1) / CHUNK;
    if (disk.n == 0 || disk.n % SECTOR || n_chunks > CHUNKS_MAX || out->n)
        return false;
    ak_buf_put(out, SIGNATURE, sizeof(SIGNATURE));
    header2(out, about);
    header(out, about);
    put_volume(&volume, disk.n, n_chunks);
    section(out, "volume", (struct ak_bytes){ volume.at, volume.n });
    bool ok = put_sectors(out, disk, &table);
    put_tables(out, &table);
    section(out, "data", (struct ak_bytes){ volume.at, volume.n });
    put_hashes(out, disk, about);
    section(out, "done", (struct ak_bytes){ NULL, 0 });
    ok = ok && !volume.failed && !table.failed && !out->failed;
    ak_buf_free(&volume);
    ak_buf_free(&table);
    return ok;
}
