/* encryption.c - files renamed to one strange ending within a short time, and notes.
 *
 * Ransomware keeps the old name and adds an ending: "list.xlsx.locked".  Many
 * such files, and one text of the same name in many folders, are its traces. */
#include "analyse/exposure.h"

#include <stdlib.h>

enum { ENDINGS_MAX = 100000, NOTES_MAX = 100000, FILES_LEAST = 20, NOTE_FOLDERS_LEAST = 2 };

static const int64_t WINDOW_NS = INT64_C(14) * 24 * 3600 * 1000000000;

struct ending {
    struct ak_key key; /* host, ending */
    uint64_t n, bytes;
    int64_t first_ns, last_ns;
    struct ak_event_ref first, last;
};

struct note {
    struct ak_key key; /* host, file name */
    uint64_t n;
    int64_t first_ns;
    struct ak_event_ref first;
    uint32_t path;
};

struct ak_files {
    struct ak_table endings, notes;
};

static bool begin(struct ak_pass *p)
{
    p->files = calloc(1, sizeof(*p->files));
    if (!p->files)
        return false;
    ak_table_init(&p->files->endings, sizeof(struct ending), ENDINGS_MAX);
    ak_table_init(&p->files->notes, sizeof(struct note), NOTES_MAX);
    return true;
}

/* Endings of documents people have. */
static bool is_document_ending(struct ak_str e)
{
    static const char *const KNOWN[] = { "doc",  "docx", "xls", "xlsx",  "xlsm", "ppt",
                                         "pptx", "pdf",  "txt", "csv",   "jpg",  "jpeg",
                                         "png",  "zip",  "mdb", "accdb", "sql",  "bak",
                                         "pst",  "dwg",  "jtd", "xdw",   "html", "xml",
                                         "rtf",  "db",   "dat", "log",   "msg",  "gif" };
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++)
        if (ak_str_eq_fold(e, ak_str_of(KNOWN[i])))
            return true;
    return false;
}

/* Endings that are added by ordinary programs. */
static bool is_ordinary_addition(struct ak_str e)
{
    static const char *const ORDINARY[] = {
        "gz",  "bz2",  "xz",     "zip",     "bak",  "old",    "tmp",  "lnk",      "log",
        "sig", "asc",  "md5",    "sha256",  "part", "orig",   "mui",  "manifest", "cat",
        "dll", "xml",  "config", "json",    "txt",  "evtx",   "pf",   "rels",     "map",
        "min", "po",   "mo",     "in",      "am",   "sample", "dist", "example",  "template",
        "new", "conf", "list",   "md5sums", "idx"
    };
    for (size_t i = 0; i < sizeof(ORDINARY) / sizeof(ORDINARY[0]); i++)
        if (ak_str_eq_fold(e, ak_str_of(ORDINARY[i])))
            return true;
    return is_document_ending(e);
}

/* "list.xlsx.locked": the last ending, when one of a document stands before it. */
static struct ak_str added_ending(struct ak_str name)
{
    size_t last = name.n, before;
    while (last > 0 && name.at[last - 1] != '.')
        last--;
    if (last < 2 || name.n - last < 2 || name.n - last > 40)
        return AK_STR("");
    before = last - 1;
    while (before > 0 && name.at[before - 1] != '.')
        before--;
    struct ak_str inner = { name.at + before, last - 1 - before },
                  outer = { name.at + last, name.n - last };
    return before > 0 && is_document_ending(inner) && !is_ordinary_addition(outer) ? outer
                                                                                   : AK_STR("");
}

static bool is_note_name(struct ak_str name)
{
    static const char *const GLOBS[] = { "*readme*.txt",   "*recover*.txt",  "*restore*.txt",
                                         "*decrypt*.txt",  "*how_to*.txt",   "*how-to*.txt",
                                         "*ransom*.txt",   "*readme*.hta",   "*decrypt*.hta",
                                         "*recover*.html", "*decrypt*.html", "*your_files*.txt",
                                         "*unlock*.txt" };
    for (size_t i = 0; i < sizeof(GLOBS) / sizeof(GLOBS[0]); i++)
        if (ak_glob(GLOBS[i], name))
            return true;
    return false;
}

static void see(struct ak_pass *p, const struct ak_view *v)
{
    if (!v->timed || !ak_str_eq(v->stored->event.shape->data_type, AK_STR("fs:stat")) ||
        !ak_str_eq(v->stored->event.shape->time_desc, AK_STR("Content Modification Time")))
        return;
    struct ak_str path = ak_said_text(v, AK_SAID_FILE), name = ak_str_basename(path);
    struct ak_str ending = added_ending(name);
    uint32_t host = ak_symbol(p->symbols, v->host);
    if (ending.n) {
        struct ending *e = ak_table_get(
            &p->files->endings, (struct ak_key){ host, ak_symbol(p->symbols, ending), 0, 0 });
        const struct ak_value *size = ak_event_get(&v->stored->event, AK_STR("file.size"));
        if (!e)
            return;
        if (e->n++ == 0) {
            e->first_ns = v->ns;
            e->first = ak_ref_of(v->stored);
        }
        e->bytes += size ? size->u64 : 0;
        e->last_ns = v->ns;
        e->last = ak_ref_of(v->stored);
    } else if (is_note_name(name)) {
        struct note *n = ak_table_get(&p->files->notes,
                                      (struct ak_key){ host, ak_symbol(p->symbols, name), 0, 0 });
        if (n && n->n++ == 0) {
            n->first_ns = v->ns;
            n->first = ak_ref_of(v->stored);
            n->path = ak_symbol(p->symbols, path);
        }
    }
}

/* Many files, written within a few days. */
static bool is_encryption(const struct ending *e)
{
    return e->n >= FILES_LEAST && e->last_ns > e->first_ns && e->last_ns - e->first_ns < WINDOW_NS;
}

static void claim_note(struct ak_pass *p, uint32_t host)
{
    for (uint32_t i = 0; i < p->files->notes.n; i++) {
        const struct note *n = ak_table_at(&p->files->notes, i);
        if (n->key.a != host || n->n < NOTE_FOLDERS_LEAST)
            continue;
        struct ak_claim c = { .field = "ransom_note",
                              .section = "impact",
                              .sentence = "A text named {name} lies in {n} places on {host}, the "
                                          "first written at {at} ({path}). It has "
                                          "the form of an extortion note.",
                              .subject = ak_symbol_text(p->symbols, host),
                              .level = AK_L4 };
        ak_claim_arg(&c, ak_arg_text("name", ak_symbol_text(p->symbols, n->key.b)));
        ak_claim_arg(&c, ak_arg_number("n", n->n));
        ak_claim_arg(&c, ak_arg_text("host", c.subject));
        ak_claim_arg(&c, ak_arg_time("at", n->first_ns));
        ak_claim_arg(&c, ak_arg_text("path", ak_symbol_text(p->symbols, n->path)));
        ak_claim_basis(&c, n->first);
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
    }
}

static void claim(struct ak_pass *p)
{
    for (uint32_t i = 0; i < p->files->endings.n; i++) {
        const struct ending *e = ak_table_at(&p->files->endings, i);
        if (!is_encryption(e))
            continue;
        struct ak_claim c = { .field = "encryption_window",
                              .section = "impact",
                              .sentence = "On {host}, {n} files ({bytes}) carry the added ending "
                                          ".{ending}; they were written from {first} "
                                          "to {last}. They were very probably encrypted.",
                              .subject = ak_symbol_text(p->symbols, e->key.a),
                              .level = AK_L4 };
        ak_claim_arg(&c, ak_arg_text("host", c.subject));
        ak_claim_arg(&c, ak_arg_number("n", e->n));
        ak_claim_arg(&c, ak_arg_bytes("bytes", e->bytes));
        ak_claim_arg(&c, ak_arg_text("ending", ak_symbol_text(p->symbols, e->key.b)));
        ak_claim_arg(&c, ak_arg_time("first", e->first_ns));
        ak_claim_arg(&c, ak_arg_time("last", e->last_ns));
        ak_claim_basis(&c, e->first);
        ak_claim_basis(&c, e->last);
        ak_claim_limit(&c, "the contents of these files were not examined by this version");
        p->failed |= ak_claim_put(p->claims, &c) != AK_OK;
        claim_note(p, e->key.a);
    }
}

bool ak_files_encrypted(const struct ak_pass *p, uint32_t host)
{
    for (uint32_t i = 0; i < p->files->endings.n; i++) {
        const struct ending *e = ak_table_at(&p->files->endings, i);
        if (is_encryption(e) && (!host || e->key.a == host))
            return true;
    }
    return false;
}

static void end(struct ak_pass *p)
{
    if (!p->files)
        return;
    ak_table_free(&p->files->endings);
    ak_table_free(&p->files->notes);
    free(p->files);
}

const struct ak_watcher ak_watch_encryption = { "encryption", begin, see, NULL, claim, end };
