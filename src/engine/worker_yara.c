/* worker_yara.c - files of the evidence against YARA rules, and tables of known files.
 *
 * A chosen file inside an image is delivered like one that a parser reads, so that
 * one which makes libyara crash costs its own item, and no other. */
#include "base/digits.h"
#include "detect/hashset.h"
#include "detect/yara_choice.h"
#include "detect/yara_scan.h"
#include "engine/worker.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    F_PATH,
    F_SIZE,
    F_SHA256,
    F_RULE,
    F_RULESET,
    F_TAGS,
    F_DESCRIPTION,
    F_AUTHOR,
    F_REFERENCE,
    F_META,
    F_STRINGS,
    F_N_STRINGS,
    N_FIELDS
};

static const struct ak_str NAMES[N_FIELDS] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_SHA256] = AK_STR_INIT("file.hash.sha256"),
    [F_RULE] = AK_STR_INIT("yara_match"), /* Timesketch's taggers read this name */
    [F_RULESET] = AK_STR_INIT("rule.ruleset"),
    [F_TAGS] = AK_STR_INIT("rule.tags"),
    [F_DESCRIPTION] = AK_STR_INIT("rule.description"),
    [F_AUTHOR] = AK_STR_INIT("rule.author"),
    [F_REFERENCE] = AK_STR_INIT("rule.reference"),
    [F_META] = AK_STR_INIT("yara.meta"),
    [F_STRINGS] = AK_STR_INIT("yara.strings"),
    [F_N_STRINGS] = AK_STR_INIT("yara.string_count"),
};

static const struct ak_shape MATCH = { AK_STR_INIT("yara:match"),
                                       AK_STR_INIT("Content Modification Time"), NAMES, N_FIELDS };

bool ak_worker_yara_may_want(const struct ak_worker *w, struct ak_str path, uint64_t size)
{
    bool all;
    return w->look && ak_worker_feeds_has_yara(w->feeds, &all) && ak_yara_may_want(path, size, all);
}

bool ak_worker_yara_wants(const struct ak_worker *w, struct ak_str path, struct ak_bytes head,
                          uint64_t size)
{
    bool all;
    return w->look && ak_worker_feeds_has_yara(w->feeds, &all) &&
           ak_yara_wants(path, head, size, all);
}

/* A file under way. */
struct file {
    struct ak_worker *w;
    uint64_t size;
    char sha256[65];
};

static void on_match(void *self, const struct ak_yara_match *m)
{
    struct file *f = self;
    struct ak_sink sink = ak_worker_sink(f->w);
    const struct ak_value values[N_FIELDS] = {
        [F_PATH] = ak_val_str(f->w->job->path),
        [F_SIZE] = ak_val_u64(f->size),
        [F_SHA256] = ak_val_str(ak_str_of(f->sha256)),
        [F_RULE] = ak_val_str(m->rule),
        [F_RULESET] = ak_val_str(m->file),
        [F_TAGS] = ak_val_str(m->tags),
        [F_DESCRIPTION] = ak_val_str(m->description),
        [F_AUTHOR] = ak_val_str(m->author),
        [F_REFERENCE] = ak_val_str(m->reference),
        [F_META] = ak_val_str(m->meta),
        [F_STRINGS] = ak_val_str(m->strings),
        [F_N_STRINGS] = ak_val_u64(m->n_strings),
    };
    struct ak_event e = { .shape = &MATCH,
                          .when = f->w->job->modified,
                          .offset = m->first_offset,
                          .length = m->first_length,
                          .values = values };
    if (sink.event(sink.self, &e) != AK_OK && f->w->lost == AK_OK)
        f->w->lost = AK_ERR_IO;
}

/* The SHA-256 as text; is the file known? */
static bool is_known(struct file *f, struct ak_bytes contents)
{
    unsigned char hash[EVP_MAX_MD_SIZE] = { 0 };
    unsigned n = 0;
    EVP_Digest(contents.at, contents.n, hash, &n, EVP_sha256(), NULL);
    for (size_t i = 0; i < 32; i++)
        ak_put_hex_byte(f->sha256 + 2 * i, hash[i], ak_hex_lower);
    return ak_worker_is_known(f->w->feeds, hash);
}

static void scan(struct file *f, struct ak_bytes contents)
{
    struct ak_yara *yara = ak_worker_feeds_yara(f->w->feeds);
    enum ak_status st =
        yara ? ak_yara_scan(yara, f->w->job->path, contents, on_match, f) : AK_ERR_NOMEM;
    if (st == AK_ERR_LIMIT)
        ak_worker_damage(f->w, AK_STR(""), 0,
                         "YARA took too long over it: not all rules were compared with it");
    else if (st != AK_OK)
        ak_worker_damage(f->w, AK_STR(""), 0, "it could not be compared with the YARA rules");
}

static struct ak_str look_at(struct ak_worker *w, struct ak_bytes contents)
{
    struct file f = { .w = w, .size = contents.n };
    if (!ak_worker_yara_wants(w, w->job->path, contents, contents.n))
        return AK_STR("");
    if (is_known(&f, contents))
        return AK_STR("known file");
    scan(&f, contents);
    return AK_STR("yara");
}

struct ak_str ak_worker_yara(struct ak_worker *w, struct ak_source *src)
{
    size_t missing = 0, n = (size_t)src->size;
    struct ak_str what = AK_STR("");
    if (w->job->kind != AK_JOB_TAKE || !ak_worker_yara_may_want(w, w->job->path, src->size))
        return what;
    uint8_t *bytes = malloc(n ? n : 1);
    if (bytes && ak_source_read(src, 0, bytes, n, &missing) == AK_OK)
        what = look_at(w, (struct ak_bytes){ bytes, n });
    else
        ak_worker_damage(w, AK_STR(""), 0, "it could not be compared with the YARA rules");
    free(bytes);
    return what;
}

/* ---- what is made once, in a file that the supervisor lends ---- */

static int ask_file(struct ak_worker *w)
{
    struct ak_buf b = { 0 };
    struct ak_frame grant = { .fd = -1 };
    ak_buf_varint(&b, 0);
    enum ak_status st =
        ak_wire_send(&w->wire, AK_FRAME_NEED_SPOOL, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = ak_wire_wait(&w->wire, &grant);
    w->lost = st;
    return st == AK_OK ? grant.fd : -1;
}

struct ak_wire_done ak_worker_make_known(struct ak_worker *w)
{
    struct ak_hashset_making making;
    const char *out_why = "the table of known files could not be made";
    int fd = ask_file(w);
    enum ak_status st = fd >= 0 ? ak_hashset_make(fd, &making) : AK_ERR_IO;
    if (st == AK_OK) {
        enum ak_status taken = ak_hashset_take(&making, w->item_fd, &out_why);
        st = ak_hashset_finish(&making);
        st = taken == AK_OK ? st : taken;
    }
    if (fd >= 0)
        close(fd);
    return (struct ak_wire_done){ .status = st, .note = ak_str_of(st == AK_OK ? "" : out_why) };
}

struct ak_wire_done ak_worker_say_feeds(struct ak_worker *w)
{
    bool all;
    int fd = ak_worker_feeds_has_yara(w->feeds, &all) ? ask_file(w) : -1;
    enum ak_status st = ak_worker_feeds_tell(w->feeds, &w->wire, fd);
    if (fd >= 0)
        close(fd);
    return (struct ak_wire_done){ .status = st };
}
