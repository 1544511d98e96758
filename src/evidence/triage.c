/* triage.c - see triage.h.  Facts and their sources: docs/formats/triage.md */
#include "evidence/triage.h"

enum {
    ROOT_DEPTH = 3,         /* folders a collection may lie deep in its archive */
    JSON_MAX = 1024 * 1024, /* of a client_info.json that is scanned */
    DRIVE_A = 'A',
};

/* ---- marks: what is only found in a tool's collection ---- */

/* `glob` is matched against the path from the collection's root on. */
static const struct mark {
    enum ak_triage_kind kind;
    uint8_t group; /* marks of one group count once */
    const char *glob;
} MARKS[] = {
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/auto/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/ntfs/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/lazy_ntfs/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/ntfs_vss/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/mft/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 0, "uploads/file/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "uploads.json" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "client_info.json" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "collection_context.json" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "results/*.json" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "uploads/*/?%3A/**" },
    { AK_TRIAGE_VELOCIRAPTOR, 1, "uploads/*/%5C%5C.%5C?%3A/**" },
    { AK_TRIAGE_UAC, 0, "[root]/**" },
    { AK_TRIAGE_UAC, 1, "uac.log" },
    { AK_TRIAGE_UAC, 1, "bodyfile/bodyfile.txt" },
    { AK_TRIAGE_UAC, 1, "live_response/**" },
    { AK_TRIAGE_ACQUIRE, 0, "fs/?:/**" },
    { AK_TRIAGE_ACQUIRE, 0, "fs/$rootfs$/**" },
    { AK_TRIAGE_ACQUIRE, 0, "fs/sysvol/**" },
    { AK_TRIAGE_ACQUIRE, 0, "sysvol/Windows/**" },
    { AK_TRIAGE_ACQUIRE, 0, "sysvol/$MFT" },
    { AK_TRIAGE_KAPE, 0, "*_CopyLog.csv" },
    { AK_TRIAGE_KAPE, 0, "*_SkipLog.csv" },
    { AK_TRIAGE_KAPE, 0, "*_ConsoleLog.txt" },
    { AK_TRIAGE_KAPE, 1, "?/**" },
    { AK_TRIAGE_CDIR, 0, "collector-log.txt" },
    { AK_TRIAGE_CDIR, 0, "NTFS/?_$MFT" },
    { AK_TRIAGE_CDIR, 0, "NTFS/?_$UsnJrnl-$J" },
    { AK_TRIAGE_CDIR, 0, "NTFS/?_$SECURE-$SDS" },
    { AK_TRIAGE_CDIR, 1, "Evtx/*.evtx" },
    { AK_TRIAGE_CDIR, 1, "Prefetch/*.pf" },
    { AK_TRIAGE_CDIR, 1, "Registry/SYSTEM" },
    { AK_TRIAGE_CDIR, 1, "SRUM/SRUDB.dat" },
    { AK_TRIAGE_DRIVES, 0, "?/Windows/**" },
    { AK_TRIAGE_DRIVES, 0, "?/Users/**" },
    { AK_TRIAGE_DRIVES, 0, "?/$MFT" },
    { AK_TRIAGE_DRIVES, 0, "?:/**" },
    { AK_TRIAGE_DRIVES, 0, "?%3A/**" },
    { AK_TRIAGE_ROOT, 0, "etc/passwd" },
    { AK_TRIAGE_ROOT, 0, "etc/os-release" },
    { AK_TRIAGE_ROOT, 0, "etc/hostname" },
    { AK_TRIAGE_ROOT, 1, "var/log/**" },
    { AK_TRIAGE_ROOT, 1, "home/**" },
    { AK_TRIAGE_ROOT, 1, "root/**" },
};

/* In the order they are asked; `groups` is how many groups must be seen. */
static const struct kind {
    enum ak_triage_kind kind;
    const char *name;
    uint8_t groups;
} KINDS[] = {
    { AK_TRIAGE_VELOCIRAPTOR, "velociraptor", 2 },
    { AK_TRIAGE_UAC, "uac", 2 },
    { AK_TRIAGE_ACQUIRE, "acquire", 1 },
    { AK_TRIAGE_KAPE, "kape", 2 },
    { AK_TRIAGE_CDIR, "cdir", 2 },
    { AK_TRIAGE_DRIVES, "drives", 1 },
    { AK_TRIAGE_ROOT, "root", 2 },
};

static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* `path` behind its first `n` bytes. */
static struct ak_str behind(struct ak_str path, size_t n)
{
    return (struct ak_str){ path.at + n, path.n - n };
}

/* The length of the first component of `path`. */
static size_t first_part(struct ak_str path)
{
    const char *slash = path.n ? memchr(path.at, '/', path.n) : NULL;
    return slash ? (size_t)(slash - path.at) : path.n;
}

/* Globs with '?' for a drive mean a letter. */
static bool marked(const struct mark *m, struct ak_str rest)
{
    if (m->glob[0] == '?' && (rest.n == 0 || !is_letter(rest.at[0])))
        return false;
    return ak_glob(m->glob, rest);
}

/* The groups of this kind's marks that `rest` carries, as bits. */
static unsigned groups_of(enum ak_triage_kind kind, struct ak_str rest)
{
    unsigned groups = 0;
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++)
        if (MARKS[i].kind == kind && marked(&MARKS[i], rest))
            groups |= 1u << MARKS[i].group;
    return groups;
}

/* Candidates for the root are the folders of the first paths that carry a mark;
 * a root counts when paths below it carry enough of them. */
static bool rooted_at(const struct kind *k, const struct ak_str *paths, size_t n,
                      struct ak_str root)
{
    unsigned seen = 0, all = (1u << k->groups) - 1;
    for (size_t i = 0; i < n && seen != all; i++)
        if (ak_str_starts(paths[i], root))
            seen |= groups_of(k->kind, behind(paths[i], root.n));
    return seen == all;
}

/* The root this path would give: where a mark of the kind begins; false: none. */
static bool root_of(const struct kind *k, struct ak_str path, struct ak_str *out_root)
{
    size_t at = 0;
    for (unsigned depth = 0; depth <= ROOT_DEPTH && at < path.n; depth++) {
        if (groups_of(k->kind, behind(path, at))) {
            *out_root = (struct ak_str){ path.at, at };
            return true;
        }
        at += first_part(behind(path, at)) + 1;
    }
    return false;
}

/* Try the roots of the listing, each once: few are tried, for a root that fails
 * stays failed and most paths share theirs. */
static bool find_root(const struct kind *k, const struct ak_str *paths, size_t n,
                      struct ak_str *out_root)
{
    enum { TRIES = 32 };
    struct ak_str tried[TRIES];
    size_t n_tried = 0;
    for (size_t i = 0; i < n && n_tried < TRIES; i++) {
        struct ak_str root;
        bool known = false;
        if (!root_of(k, paths[i], &root))
            continue;
        for (size_t t = 0; t < n_tried; t++)
            known |= ak_str_eq(tried[t], root);
        if (known)
            continue;
        tried[n_tried++] = root;
        if (rooted_at(k, paths, n, root)) {
            *out_root = root;
            return true;
        }
    }
    return false;
}

/* ---- names: machine and time ---- */

/* `n` digits at s[at..] as a number. */
static bool number(struct ak_str s, size_t at, size_t n, uint32_t *out)
{
    *out = 0;
    if (at > s.n || n > s.n - at)
        return false;
    for (size_t i = at; i < at + n; i++) {
        if (!is_digit(s.at[i]))
            return false;
        *out = *out * 10 + (uint32_t)(s.at[i] - '0');
    }
    return true;
}

/* A time written by `layout` ("Y-m-dTH_M_S": a letter is a field, anything else
 * itself, '?' any byte) at s[at..]. */
static bool time_at(struct ak_str s, size_t at, const char *layout, size_t *out_end,
                    struct ak_stamp *out)
{
    struct ak_civil c = { .month = 1, .day = 1 };
    int64_t seconds = 0;
    for (; *layout; layout++) {
        uint32_t v = 0;
        size_t width = *layout == 'Y' ? 4 : strchr("mdHMS", *layout) ? 2 : 1;
        bool field = strchr("YmdHMS", *layout) != NULL;
        if (at >= s.n || (field && !number(s, at, width, &v)))
            return false;
        if (!field && *layout != '?' && s.at[at] != *layout)
            return false;
        switch (*layout) {
        case 'Y':
            c.year = (int32_t)v;
            break;
        case 'm':
            c.month = (uint8_t)v;
            break;
        case 'd':
            c.day = (uint8_t)v;
            break;
        case 'H':
            c.hour = (uint8_t)v;
            break;
        case 'M':
            c.minute = (uint8_t)v;
            break;
        case 'S':
            c.second = (uint8_t)v;
            break;
        default:
            break;
        }
        at += width;
    }
    if (!ak_civil_seconds(&c, &seconds))
        return false;
    *out = ak_stamp_unix(seconds, 0, AK_PREC_S);
    if (at >= s.n || s.at[at] != 'Z')
        out->flags |= AK_STAMP_LOCAL;
    *out_end = at;
    return true;
}

/* How each tool names its output.  `before` stands before the machine's name and
 * `between` between it and the time; an empty layout: no time. */
static const struct naming {
    enum ak_triage_kind kind;
    const char *before, *between, *layout;
} NAMINGS[] = {
    { AK_TRIAGE_VELOCIRAPTOR, "Collection-", "-", "Y-m-dTH?M?S" },
    { AK_TRIAGE_VELOCIRAPTOR, "Collection-", "", "" },
    { AK_TRIAGE_UAC, "uac-", "-", "YmdHMS" },
    { AK_TRIAGE_ACQUIRE, "", "_", "YmdHMS" },
    { AK_TRIAGE_CDIR, "", "_", "YmdHMS" },
};

static struct ak_str without_ending(struct ak_str name)
{
    static const struct ak_str ENDINGS[] = { AK_STR_INIT(".zip"), AK_STR_INIT(".tar.gz"),
                                             AK_STR_INIT(".tgz"), AK_STR_INIT(".tar"),
                                             AK_STR_INIT(".7z"),  AK_STR_INIT(".vhdx"),
                                             AK_STR_INIT(".vhd"), AK_STR_INIT("/") };
    for (size_t i = 0; i < sizeof(ENDINGS) / sizeof(ENDINGS[0]); i++)
        if (ak_str_ends(name, ENDINGS[i]))
            return (struct ak_str){ name.at, name.n - ENDINGS[i].n };
    return name;
}

/* UAC puts the system between machine and time ("uac-web01-linux-2024..."), CDIR
 * with a chosen target its drive ("PC01_D_2024..."). */
static struct ak_str trim_host(enum ak_triage_kind kind, struct ak_str host)
{
    char mark = kind == AK_TRIAGE_UAC ? '-' : '_';
    const char *last = host.n ? memrchr(host.at, mark, host.n) : NULL;
    size_t n = last ? (size_t)(last - host.at) : host.n;
    bool cut = kind == AK_TRIAGE_UAC || (kind == AK_TRIAGE_CDIR && host.n - n == 2);
    return cut ? (struct ak_str){ host.at, n } : host;
}

static bool read_naming(const struct naming *m, struct ak_str name, struct ak_triage_guess *g)
{
    struct ak_str before = ak_str_of(m->before), between = ak_str_of(m->between);
    size_t end = 0;
    if (!ak_str_starts(name, before))
        return false;
    if (!*m->layout) {
        g->host = behind(name, before.n);
        return true;
    }
    for (size_t at = before.n + 1; at + between.n < name.n; at++) {
        if (!ak_str_starts(behind(name, at), between) ||
            !time_at(name, at + between.n, m->layout, &end, &g->when))
            continue;
        g->host = trim_host(m->kind, (struct ak_str){ name.at + before.n, at - before.n });
        return true;
    }
    return false;
}

/* KAPE puts the time first: "2024-03-10T091504_PC01.zip". */
static void read_kape_name(struct ak_str name, struct ak_triage_guess *g)
{
    size_t end = 0;
    if (time_at(name, 0, "Y-m-dTHMS", &end, &g->when) && end + 1 < name.n && name.at[end] == '_')
        g->host = behind(name, end + 1);
}

/* DFIR-ORC_<type>_<machine>_<what>.7z */
static void read_orc_name(struct ak_str name, struct ak_triage_guess *g)
{
    size_t part = 0, from = 0;
    for (size_t i = 0; i <= name.n; i++) {
        if (i < name.n && name.at[i] != '_')
            continue;
        if (part == 2)
            g->host = (struct ak_str){ name.at + from, i - from };
        part++;
        from = i + 1;
    }
}

static void read_name(struct ak_str name, struct ak_triage_guess *g)
{
    name = without_ending(ak_str_basename(name));
    if (g->kind == AK_TRIAGE_KAPE)
        read_kape_name(name, g);
    for (size_t i = 0; i < sizeof(NAMINGS) / sizeof(NAMINGS[0]); i++)
        if (NAMINGS[i].kind == g->kind && g->host.n == 0 && read_naming(&NAMINGS[i], name, g))
            return;
}

/* CDIR names the system's drive in NTFS/C_$MFT. */
static char drive_of(const struct ak_triage_guess *g, const struct ak_str *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!ak_str_starts(paths[i], g->root))
            continue;
        struct ak_str rest = behind(paths[i], g->root.n);
        if (ak_glob("NTFS/?_$*", rest) && is_letter(rest.at[5]))
            return rest.at[5];
    }
    return 'C';
}

struct ak_triage_guess ak_triage_detect(const struct ak_str *paths, size_t n_paths,
                                        struct ak_str container)
{
    struct ak_triage_guess g = { .system_drive = 'C' };
    struct ak_str name = without_ending(ak_str_basename(container));
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (!find_root(&KINDS[i], paths, n_paths, &g.root))
            continue;
        g.kind = KINDS[i].kind;
        g.name = KINDS[i].name;
        break;
    }
    if (g.kind == AK_TRIAGE_NONE && ak_str_starts(name, AK_STR("DFIR-ORC_"))) {
        g.kind = AK_TRIAGE_ORC;
        g.name = "orc";
        read_orc_name(name, &g);
    }
    if (g.kind == AK_TRIAGE_CDIR)
        g.system_drive = drive_of(&g, paths, n_paths);
    read_name(container, &g);
    if (g.host.n == 0 && g.root.n)
        read_name((struct ak_str){ g.root.at, g.root.n - 1 }, &g);
    return g;
}

/* ---- where a file stood ---- */

static int hex(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Undo %XX, but never into a '/' or a zero: those would make another path. */
static size_t undo_percent(char *to, struct ak_str from)
{
    size_t n = 0;
    for (size_t i = 0; i < from.n; i++) {
        int hi = from.at[i] == '%' && from.n - i > 2 ? hex(from.at[i + 1]) : -1;
        int lo = hi >= 0 ? hex(from.at[i + 2]) : -1;
        char c = (char)(hi * 16 + lo);
        if (lo >= 0 && c != '/' && c != 0) {
            to[n++] = c;
            i += 2;
        } else {
            to[n++] = from.at[i];
        }
    }
    return n;
}

/* A device name ("\\.\C:", "\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1") to
 * its last part; the length of what is left at the front of `to`. */
static size_t plain_volume(char *to, size_t n)
{
    const char *last = n ? memrchr(to, '\\', n) : NULL;
    if (!last || to[0] != '\\')
        return n;
    size_t keep = n - (size_t)(last - to) - 1;
    memmove(to, last + 1, keep);
    return keep;
}

/* "C" or "C:" or "C%3A" as the first component becomes "C:". */
static bool drive_part(struct ak_str path, size_t *out_used, char *out_letter)
{
    size_t n = first_part(path);
    struct ak_str part = { path.at, n };
    bool drive =
        n > 0 && is_letter(part.at[0]) &&
        (n == 1 || (n == 2 && part.at[1] == ':') || (n == 4 && memcmp(part.at + 1, "%3A", 3) == 0));
    if (!drive)
        return false;
    *out_used = n;
    *out_letter = (char)(part.at[0] & ~0x20); /* ASCII upper case */
    return true;
}

static enum ak_status join(struct ak_arena *arena, const struct ak_str *parts, size_t n,
                           struct ak_triage_place *out)
{
    size_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += parts[i].n;
    char *to = AK_NEW_N(arena, char, all + 1);
    if (!to)
        return AK_ERR_LIMIT;
    out->path = (struct ak_str){ to, 0 };
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n)
            memcpy(to + out->path.n, parts[i].at, parts[i].n);
        out->path.n += parts[i].n;
    }
    out->known = true;
    return AK_OK;
}

static enum ak_status own(struct ak_triage_place *out)
{
    out->tools_own = true;
    return AK_OK;
}

static enum ak_status map_velociraptor(struct ak_arena *arena, struct ak_str rest,
                                       struct ak_triage_place *out)
{
    static const struct ak_str UPLOADS = AK_STR_INIT("uploads/");
    if (!ak_str_starts(rest, UPLOADS))
        return own(out);
    rest = behind(rest, UPLOADS.n);
    size_t accessor = first_part(rest);
    if (accessor == rest.n)
        return own(out);
    rest = behind(rest, accessor + 1);
    char *to = AK_NEW_N(arena, char, rest.n + 1);
    if (!to)
        return AK_ERR_LIMIT;
    size_t volume = first_part(rest);
    size_t n = plain_volume(to, undo_percent(to, (struct ak_str){ rest.at, volume }));
    n += undo_percent(to + n, behind(rest, volume));
    out->path = (struct ak_str){ to, n };
    out->known = true;
    return AK_OK;
}

static enum ak_status map_uac(struct ak_arena *arena, struct ak_str rest,
                              struct ak_triage_place *out)
{
    static const struct ak_str ROOT = AK_STR_INIT("[root]/");
    if (!ak_str_starts(rest, ROOT))
        return own(out);
    struct ak_str part = behind(rest, ROOT.n);
    return join(arena, &part, 1, out);
}

/* KAPE and plain folders of drives; shadow copies as "VSS1/C/..." */
static enum ak_status map_drives(struct ak_arena *arena, struct ak_str rest,
                                 struct ak_triage_place *out)
{
    size_t used = 0, shadow = 0;
    char letter[2] = { DRIVE_A, ':' };
    if (ak_str_starts(rest, AK_STR("VSS")) && rest.n > 3 && is_digit(rest.at[3]))
        shadow = first_part(rest) + 1;
    if (shadow >= rest.n)
        return own(out);
    struct ak_str path = behind(rest, shadow);
    if (!drive_part(path, &used, letter))
        return own(out);
    struct ak_str parts[3] = { { rest.at, shadow }, { letter, 2 }, behind(path, used) };
    return join(arena, parts, 3, out);
}

static enum ak_status map_acquire(struct ak_arena *arena, struct ak_str rest,
                                  struct ak_triage_place *out)
{
    static const struct ak_str FS = AK_STR_INIT("fs/"), ROOTFS = AK_STR_INIT("$rootfs$/"),
                               SYSVOL = AK_STR_INIT("sysvol/");
    bool in_fs = ak_str_starts(rest, FS);
    struct ak_str path = in_fs ? behind(rest, FS.n) : rest;
    if (ak_str_starts(path, SYSVOL)) {
        struct ak_str parts[2] = { AK_STR("C:/"), behind(path, SYSVOL.n) };
        return join(arena, parts, 2, out);
    }
    if (!in_fs)
        return own(out);
    if (ak_str_starts(path, ROOTFS)) {
        struct ak_str part = behind(path, ROOTFS.n);
        return join(arena, &part, 1, out);
    }
    size_t used;
    char letter[2] = { DRIVE_A, ':' };
    if (!drive_part(path, &used, letter))
        return join(arena, &path, 1, out);
    struct ak_str parts[2] = { { letter, 2 }, behind(path, used) };
    return join(arena, parts, 2, out);
}

/* Where CDIR takes its files from; "*" in `from` is the user or the file's name,
 * `to` has it in place of '*'.  "X_old" are those of C:/Windows.old. */
static const struct cdir {
    const char *folder, *head, *tail; /* folder/head<star>tail */
    const char *to_head, *to_tail;
} CDIR[] = {
    { "NTFS/", "", "_$MFT", NULL, "$MFT" },
    { "NTFS/", "", "_$SECURE-$SDS", NULL, "$Secure:$SDS" },
    { "NTFS/", "", "_$UsnJrnl-$J", NULL, "$Extend/$UsnJrnl:$J" },
    { "Evtx/", "", "", "Windows/System32/winevt/Logs/", "" },
    { "Prefetch/", "", "", "Windows/Prefetch/", "" },
    { "Registry/", "Amcache.hve", "", "Windows/AppCompat/Programs/Amcache.hve", "" },
    { "Registry/", "", "_NTUSER.dat", "Users/", "/NTUSER.dat" },
    { "Registry/", "", "_NTUSER.dat.LOG1", "Users/", "/NTUSER.dat.LOG1" },
    { "Registry/", "", "_NTUSER.dat.LOG2", "Users/", "/NTUSER.dat.LOG2" },
    { "Registry/", "", "_UsrClass.dat", "Users/", "/AppData/Local/Microsoft/Windows/UsrClass.dat" },
    { "Registry/", "", "_UsrClass.dat.LOG1", "Users/",
      "/AppData/Local/Microsoft/Windows/UsrClass.dat.LOG1" },
    { "Registry/", "", "_UsrClass.dat.LOG2", "Users/",
      "/AppData/Local/Microsoft/Windows/UsrClass.dat.LOG2" },
    { "Registry/", "", "", "Windows/System32/config/", "" },
    { "WMI/", "", "", "Windows/System32/wbem/Repository/", "" },
    { "SRUM/", "", "", "Windows/System32/sru/", "" },
    { "Web/IE10_Edge/", "", "_WebCacheV01.dat", "Users/",
      "/AppData/Local/Microsoft/Windows/WebCache/WebCacheV01.dat" },
};

/* "Evtx_old/x" as "Evtx/x": the folder's length with and without, or 0. */
static size_t in_folder(struct ak_str rest, const char *folder, bool *out_old)
{
    static const struct ak_str OLD = AK_STR_INIT("_old");
    struct ak_str f = ak_str_of(folder);
    size_t top = first_part(f);
    *out_old = false;
    if (ak_str_starts(rest, f))
        return f.n;
    if (rest.n <= top || memcmp(rest.at, folder, top) != 0 ||
        !ak_str_starts(behind(rest, top), OLD) ||
        !ak_str_starts(behind(rest, top + OLD.n), behind(f, top)))
        return 0;
    *out_old = true;
    return f.n + OLD.n;
}

static enum ak_status map_cdir(struct ak_arena *arena, struct ak_str rest, char drive,
                               struct ak_triage_place *out)
{
    char letter[3] = { drive, ':', '/' };
    for (size_t i = 0; i < sizeof(CDIR) / sizeof(CDIR[0]); i++) {
        const struct cdir *c = &CDIR[i];
        struct ak_str head = ak_str_of(c->head), tail = ak_str_of(c->tail);
        bool old;
        size_t folder = in_folder(rest, c->folder, &old);
        struct ak_str name = behind(rest, folder);
        if (folder == 0 || name.n < head.n + tail.n || !ak_str_starts(name, head) ||
            !ak_str_ends(name, tail))
            continue;
        struct ak_str star = { name.at + head.n, name.n - head.n - tail.n };
        if (!c->to_head && star.n != 1)
            continue;
        if (!c->to_head) { /* the star is the drive */
            letter[0] = star.at[0];
            star.n = 0;
        }
        struct ak_str parts[5] = { { letter, 3 },
                                   ak_str_of(old ? "Windows.old/" : ""),
                                   ak_str_of(c->to_head ? c->to_head : ""),
                                   star,
                                   ak_str_of(c->to_tail) };
        return join(arena, parts, 5, out);
    }
    if (ak_str_eq(rest, AK_STR("collector-log.txt")) || ak_str_starts(rest, AK_STR("RAM_")))
        return own(out);
    return AK_OK; /* of the machine, but from where is not recorded */
}

enum ak_status ak_triage_map(struct ak_arena *arena, const struct ak_triage_guess *guess,
                             struct ak_str path, struct ak_triage_place *out)
{
    *out = (struct ak_triage_place){ .path = path };
    if (guess->kind == AK_TRIAGE_NONE || guess->kind == AK_TRIAGE_ORC)
        return AK_OK;
    if (!ak_str_starts(path, guess->root))
        return AK_OK;
    struct ak_str rest = behind(path, guess->root.n);
    switch (guess->kind) {
    case AK_TRIAGE_VELOCIRAPTOR:
        return map_velociraptor(arena, rest, out);
    case AK_TRIAGE_UAC:
        return map_uac(arena, rest, out);
    case AK_TRIAGE_ACQUIRE:
        return map_acquire(arena, rest, out);
    case AK_TRIAGE_CDIR:
        return map_cdir(arena, rest, guess->system_drive, out);
    case AK_TRIAGE_KAPE:
        return map_drives(arena, rest, out);
    case AK_TRIAGE_DRIVES: {
        enum ak_status st = map_drives(arena, rest, out);
        out->tools_own = false; /* no tool: a file beside the drives is somebody's */
        return st;
    }
    case AK_TRIAGE_ROOT:
        return join(arena, &rest, 1, out);
    case AK_TRIAGE_NONE:
    case AK_TRIAGE_ORC:
        break;
    }
    return AK_OK;
}

/* ---- the machine's name in JSON ---- */

/* The string value of the first member called `name`. */
static struct ak_str json_member(struct ak_str json, struct ak_str name)
{
    for (size_t i = 0; i + name.n + 2 < json.n; i++) {
        struct ak_str here = { json.at + i + 1, name.n };
        if (json.at[i] != '"' || json.at[i + 1 + name.n] != '"' || !ak_str_eq_fold(here, name))
            continue;
        size_t at = i + name.n + 2;
        while (at < json.n && memchr(" \t\r\n:", json.at[at], 5))
            at++;
        if (at >= json.n || json.at[at] != '"')
            continue;
        struct ak_str value = behind(json, at + 1);
        const char *end = value.n ? memchr(value.at, '"', value.n) : NULL;
        if (!end)
            return (struct ak_str){ json.at, 0 };
        value.n = (size_t)(end - value.at);
        if (value.n && !memchr(value.at, '\\', value.n))
            return value;
    }
    return (struct ak_str){ json.at, 0 };
}

void ak_triage_json_host(struct ak_bytes json, struct ak_str *out_host, struct ak_str *out_fqdn)
{
    if (json.n > JSON_MAX)
        json.n = JSON_MAX;
    *out_host = json_member(ak_str_bytes(json), AK_STR("hostname"));
    *out_fqdn = json_member(ak_str_bytes(json), AK_STR("fqdn"));
}
