/* programs.c - see programs.h. */
#include "detect/programs.h"

#include "base/fold.h"
#include "base/hash.h"
#include "base/reader.h"

#include <stdlib.h>

enum { MAGIC = 0x31504B41 }; /* "AKP1" */

enum ak_program_text ak_program_text_named(struct ak_str name)
{
    static const struct ak_str NAMES[AK_PROGRAM_TEXTS] = {
        [AK_PROGRAM_ORIGINAL_FILE_NAME] = AK_STR_INIT("original_file_name"),
        [AK_PROGRAM_COMPANY] = AK_STR_INIT("company"),
        [AK_PROGRAM_PRODUCT] = AK_STR_INIT("product"),
        [AK_PROGRAM_DESCRIPTION] = AK_STR_INIT("description"),
        [AK_PROGRAM_FILE_VERSION] = AK_STR_INIT("file_version"),
        [AK_PROGRAM_HASHES] = AK_STR_INIT("hashes"),
        [AK_PROGRAM_IMPHASH] = AK_STR_INIT("imphash"),
        [AK_PROGRAM_SOURCE] = AK_STR_INIT("source"),
    };
    unsigned i = 0;
    while (i < AK_PROGRAM_TEXTS && !ak_str_eq(NAMES[i], name))
        i++;
    return (enum ak_program_text)i;
}

/* ---- keys ---- */

static struct ak_str behind(struct ak_str s, size_t n)
{
    return (struct ak_str){ s.at + n, s.n - n };
}

static bool is_slash(char c) { return c == '\\' || c == '/'; }

static bool begins(struct ak_str s, struct ak_str with)
{
    return s.n >= with.n && ak_str_eq_fold((struct ak_str){ s.at, with.n }, with);
}

/* Without the drive before it: what is left begins behind the root's slash.  False
 * when the path leads to another machine, or is none. */
static bool below_root(struct ak_str path, struct ak_str *out)
{
    static const struct ak_str VOLUME = AK_STR_INIT("\\device\\harddiskvolume");
    if (begins(path, AK_STR("\\\\?\\")) || begins(path, AK_STR("\\??\\")))
        path = behind(path, 4);
    if (begins(path, VOLUME)) {
        path = behind(path, VOLUME.n);
        while (path.n && path.at[0] >= '0' && path.at[0] <= '9')
            path = behind(path, 1);
    } else if (path.n >= 2 && path.at[1] == ':') {
        path = behind(path, 2);
    } else if (path.n && path.at[0] == '\\') {
        return false; /* "\\server\share", another device */
    }
    while (path.n && is_slash(path.at[0]))
        path = behind(path, 1);
    *out = path;
    return path.n > 0;
}

size_t ak_program_key(char *to, struct ak_str host, struct ak_str path)
{
    struct ak_str rest;
    if (!below_root(path, &rest))
        return 0;
    if ((host.n + rest.n) * 3 / 2 + 10 > AK_PROGRAM_KEY_MAX)
        return 0;
    size_t n = ak_fold(to, host);
    to[n++] = '\n'; /* in no name of a machine, in no path of Windows */
    size_t end = n + ak_fold(to + n, rest);
    for (; n < end; n++)
        if (to[n] == '/')
            to[n] = '\\';
    return end;
}

/* ---- reading ---- */

struct entry {
    struct ak_str key;
    struct ak_program program;
};

struct ak_programs {
    struct entry *entries;
    uint32_t *slots; /* number + 1; 0 is empty */
    size_t n, cap;
};

static struct ak_str get_text(struct ak_reader *r)
{
    uint64_t n = ak_rd_varint(r);
    return ak_str_bytes(ak_rd_take(r, n <= AK_PROGRAMS_BYTES_MAX ? (size_t)n : SIZE_MAX));
}

/* Where the key is, or would be. */
static size_t slot_of(const struct ak_programs *p, struct ak_str key)
{
    size_t at = ak_hash_str(key) & (p->cap - 1);
    while (p->slots[at] && !ak_str_eq(p->entries[p->slots[at] - 1].key, key))
        at = (at + 1) & (p->cap - 1);
    return at;
}

static enum ak_status read_entries(struct ak_reader *r, struct ak_programs *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct entry *e = &p->entries[i];
        e->key = get_text(r);
        for (size_t k = 0; k < AK_PROGRAM_TEXTS; k++)
            e->program.texts[k] = get_text(r);
        if (!ak_rd_ok(r))
            return AK_ERR_CORRUPT;
        p->slots[slot_of(p, e->key)] = (uint32_t)i + 1;
        p->n++;
    }
    return ak_rd_left(r) == 0 ? AK_OK : AK_ERR_CORRUPT;
}

enum ak_status ak_programs_open(struct ak_arena *arena, struct ak_bytes table,
                                const struct ak_programs **out)
{
    struct ak_reader r = ak_rd_open(table, 0);
    uint32_t magic = ak_rd_u32le(&r);
    uint64_t n = ak_rd_varint(&r);
    if (!ak_rd_ok(&r) || magic != MAGIC || n > AK_PROGRAMS_MAX ||
        !ak_rd_has(&r, n, AK_PROGRAM_TEXTS + 1))
        return AK_ERR_CORRUPT;
    struct ak_programs *p = AK_NEW(arena, struct ak_programs);
    if (!p)
        return AK_ERR_LIMIT;
    p->cap = 16;
    while (p->cap < n * 2)
        p->cap *= 2;
    p->entries = AK_NEW_N(arena, struct entry, (size_t)n + 1);
    p->slots = AK_NEW_N(arena, uint32_t, p->cap);
    if (!p->entries || !p->slots)
        return AK_ERR_LIMIT;
    enum ak_status st = read_entries(&r, p, (size_t)n);
    *out = st == AK_OK ? p : NULL;
    return st;
}

static const struct ak_program *find(const struct ak_programs *p, struct ak_str host,
                                     struct ak_str path)
{
    char key[AK_PROGRAM_KEY_MAX];
    size_t n = ak_program_key(key, host, path);
    uint32_t number = n ? p->slots[slot_of(p, (struct ak_str){ key, n })] : 0;
    return number ? &p->entries[number - 1].program : NULL;
}

const struct ak_program *ak_programs_find(const struct ak_programs *programs, struct ak_str host,
                                          struct ak_str path)
{
    const struct ak_program *found = find(programs, host, path);
    const char *dot = host.n ? memchr(host.at, '.', host.n) : NULL;
    if (found || !dot)
        return found;
    return find(programs, (struct ak_str){ host.at, (size_t)(dot - host.at) }, path);
}

/* ---- making ---- */

static int by_key(const void *va, const void *vb)
{
    const struct ak_program_file *a = va, *b = vb;
    int order = ak_str_cmp(a->key, b->key);
    if (order == 0)
        order = (int)a->deleted - (int)b->deleted;
    return order ? order
                 : ak_str_cmp(a->program.texts[AK_PROGRAM_SOURCE],
                              b->program.texts[AK_PROGRAM_SOURCE]);
}

static bool say_the_same(const struct ak_program *a, const struct ak_program *b)
{
    for (size_t i = 0; i < AK_PROGRAM_TEXTS; i++)
        if (i != AK_PROGRAM_SOURCE && !ak_str_eq(a->texts[i], b->texts[i]))
            return false;
    return true;
}

static void put_text(struct ak_buf *out, struct ak_str text)
{
    ak_buf_varint(out, text.n);
    ak_buf_str(out, text);
}

/* At most as much as a text may be, cut at a character. */
static struct ak_str cut(struct ak_str text)
{
    if (text.n <= AK_PROGRAM_TEXT_MAX)
        return text;
    text.n = AK_PROGRAM_TEXT_MAX;
    while (text.n && ((unsigned char)text.at[text.n] & 0xC0) == 0x80)
        text.n--;
    return text;
}

/* The end of the run of files with the key of files[i], and whether those that count
 * say the same. */
static size_t run_of(const struct ak_program_file *files, size_t n, size_t i, bool *out_clear)
{
    size_t end = i + 1;
    *out_clear = true;
    for (; end < n && ak_str_eq(files[end].key, files[i].key); end++)
        if (files[end].deleted == files[i].deleted &&
            !say_the_same(&files[end].program, &files[i].program))
            *out_clear = false;
    return end;
}

void ak_programs_put(struct ak_buf *out, struct ak_program_file *files, size_t n, size_t *out_n,
                     size_t *out_unclear)
{
    bool clear;
    *out_n = *out_unclear = 0;
    if (n)
        qsort(files, n, sizeof(*files), by_key);
    for (size_t i = 0; i < n; i = run_of(files, n, i, &clear)) {
        run_of(files, n, i, &clear);
        *out_n += clear;
        *out_unclear += !clear;
    }
    ak_buf_u32le(out, MAGIC);
    ak_buf_varint(out, *out_n);
    for (size_t i = 0, end; i < n; i = end) {
        end = run_of(files, n, i, &clear);
        if (!clear)
            continue;
        put_text(out, files[i].key);
        for (size_t k = 0; k < AK_PROGRAM_TEXTS; k++)
            put_text(out, cut(files[i].program.texts[k]));
    }
}
