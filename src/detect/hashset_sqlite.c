/* hashset_sqlite.c - SHA-256 hashes out of an NSRL RDS v3 database.
 *
 * The database comes from a stranger and is 100 GB long: it cannot be held in
 * memory, and must not be opened by the trusted process.  So SQLite runs in the
 * worker, over a file system of its own (a "VFS") that knows one file, the
 * descriptor lent, and can only read.  There are no paths, no locks, no journals,
 * no temporary files; what SQLite asks for beyond pread() it is refused.
 *
 * Facts: https://www.sqlite.org/vfs.html; the table FILE: NIST, "RDSv3". */
#include "detect/hashset.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char VFS_NAME[] = "akashi-fd";

struct lent {
    sqlite3_file base;
    int fd;
};

/* Which descriptor the next open means: one source at a time. */
static int lent_fd = -1;

static int do_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    struct lent *l = (struct lent *)(void *)f;
    uint8_t *bytes = to;
    int got = 0;
    while (got < n) {
        ssize_t some = pread(l->fd, bytes + got, (size_t)(n - got), at + got);
        if (some < 0)
            return SQLITE_IOERR_READ;
        if (some == 0)
            break;
        got += (int)some;
    }
    if (got == n)
        return SQLITE_OK;
    memset(bytes + got, 0, (size_t)(n - got));                /* as the interface asks */
    return got ? SQLITE_IOERR_READ : SQLITE_IOERR_SHORT_READ; /* a page cut in two is damage */
}

static int no_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    (void)f, (void)from, (void)n, (void)at;
    return SQLITE_READONLY;
}

static int no_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    (void)f, (void)n;
    return SQLITE_READONLY;
}

static int do_nothing(sqlite3_file *f, int flags)
{
    (void)f, (void)flags;
    return SQLITE_OK;
}

static int do_size(sqlite3_file *f, sqlite3_int64 *out)
{
    struct stat st;
    if (fstat(((struct lent *)(void *)f)->fd, &st) != 0)
        return SQLITE_IOERR_FSTAT;
    *out = st.st_size;
    return SQLITE_OK;
}

static int no_lock(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int no_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *f)
{
    (void)f;
    return 4096;
}

static int traits(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_IMMUTABLE;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 1,
    .xClose = do_close,
    .xRead = do_read,
    .xWrite = no_write,
    .xTruncate = no_truncate,
    .xSync = do_nothing,
    .xFileSize = do_size,
    .xLock = do_nothing,
    .xUnlock = do_nothing,
    .xCheckReservedLock = no_lock,
    .xFileControl = no_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = traits,
};

/* Only the database itself: no journal, no temporary file. */
static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    (void)vfs, (void)name;
    f->pMethods = NULL;
    if (!(flags & SQLITE_OPEN_MAIN_DB) || lent_fd < 0)
        return SQLITE_CANTOPEN;
    ((struct lent *)(void *)f)->fd = lent_fd;
    f->pMethods = &METHODS;
    if (out_flags)
        *out_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    return SQLITE_OK;
}

static int no_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}

static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags;
    *out = 0;
    return SQLITE_OK;
}

static int same_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
}

static int some_bytes(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    memset(out, 0, (size_t)n);
    return n;
}

static int no_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs, (void)us;
    return 0;
}

static int no_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2440587.5; /* 1970: no clock of this machine */
    return SQLITE_OK;
}

static bool register_vfs(void)
{
    static sqlite3_vfs vfs = { .iVersion = 1,
                               .szOsFile = sizeof(struct lent),
                               .mxPathname = 64,
                               .zName = VFS_NAME,
                               .xOpen = do_open,
                               .xDelete = no_delete,
                               .xAccess = no_access,
                               .xFullPathname = same_path,
                               .xRandomness = some_bytes,
                               .xSleep = no_sleep,
                               .xCurrentTime = no_time };
    return sqlite3_vfs_find(VFS_NAME) || sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

/* A schema of a stranger may not run anything: no functions, no views. */
static bool settle(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 10000);
    return sqlite3_exec(db,
                        "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0",
                        NULL, NULL, NULL) == SQLITE_OK;
}

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    unsigned char low = c | 0x20;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool take_hash(struct ak_hashset_making *m, const unsigned char *text, int n)
{
    uint8_t hash[AK_HASHSET_HASH];
    if (!text || n != 2 * AK_HASHSET_HASH)
        return false;
    for (int i = 0; i < AK_HASHSET_HASH; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return ak_hashset_add(m, hash);
}

static enum ak_status take_rows(struct ak_hashset_making *m, sqlite3 *db, const char **out_why)
{
    sqlite3_stmt *rows;
    int st;
    if (sqlite3_prepare_v2(db, "SELECT sha256 FROM main.FILE", -1, &rows, NULL) != SQLITE_OK) {
        *out_why = "the database has no table FILE with a column sha256: it is no NSRL database";
        return AK_ERR_CORRUPT;
    }
    while ((st = sqlite3_step(rows)) == SQLITE_ROW && !m->failed)
        m->n_bad += !take_hash(m, sqlite3_column_text(rows, 0), sqlite3_column_bytes(rows, 0));
    sqlite3_finalize(rows);
    if (m->failed) {
        *out_why = "more hashes than a set of known files may have";
        return AK_ERR_LIMIT;
    }
    if (st != SQLITE_DONE)
        *out_why = "the database is damaged: what was read before stands";
    return st == SQLITE_DONE ? AK_OK : AK_ERR_CORRUPT;
}

enum ak_status ak_hashset_take_sqlite(struct ak_hashset_making *m, int fd, const char **out_why)
{
    sqlite3 *db = NULL;
    enum ak_status st = AK_ERR_CORRUPT;
    lent_fd = fd;
    *out_why = "the database cannot be opened";
    if (register_vfs() &&
        sqlite3_open_v2("file:lent?immutable=1", &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                        VFS_NAME) == SQLITE_OK &&
        settle(db))
        st = take_rows(m, db, out_why);
    sqlite3_close(db);
    lent_fd = -1;
    return st;
}
