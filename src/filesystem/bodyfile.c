/* bodyfile.c - see bodyfile.h.
 *
 * The format: https://wiki.sleuthkit.org/index.php?title=Body_file; what The
 * Sleuth Kit 4.11.1 prints was compared line by line (tests/cross/filesystems). */
#include "filesystem/bodyfile.h"

#include "base/json.h"

#include <stdio.h>

enum { ATTRIBUTE_FILE_NAME = 48, ATTRIBUTE_DATA = 128 };

/* Control characters become '^', as in fls: a name must not forge lines. */
static void put_name(struct ak_buf *out, const char *at, size_t n)
{
    uint8_t *to = ak_buf_room(out, n);
    if (!to)
        return;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)at[i];
        to[i] = c < 0x20 || c == 0x7F ? '^' : c;
    }
    ak_buf_wrote(out, n);
}

static void put_inode(struct ak_buf *out, uint64_t id, uint32_t attribute, uint32_t stream)
{
    ak_buf_dec(out, id);
    if (!attribute)
        return;
    ak_buf_u8(out, '-');
    ak_buf_dec(out, attribute);
    ak_buf_u8(out, '-');
    ak_buf_dec(out, stream);
}

/* "r/rrwxr-xr-x" */
static void put_mode(struct ak_buf *out, const struct ak_file *f)
{
    static const char RWX[] = "rwxrwxrwx";
    char text[12] = { f->name_type, '/', f->meta_type };
    for (unsigned i = 0; i < 9; i++)
        text[3 + i] = f->mode & (0400u >> i) ? RWX[i] : '-';
    if (f->mode & 04000)
        text[5] = f->mode & 0100 ? 's' : 'S';
    if (f->mode & 02000)
        text[8] = f->mode & 0010 ? 's' : 'S';
    if (f->mode & 01000)
        text[11] = f->mode & 0001 ? 't' : 'T';
    ak_buf_put(out, text, sizeof(text));
}

static void put_time(struct ak_buf *out, struct ak_stamp s, char after)
{
    enum { NS = 1000000000 };
    int64_t floor = s.utc_ns % NS < 0 ? s.utc_ns / NS - 1 : s.utc_ns / NS;
    ak_buf_idec(out, ak_stamp_is_set(s) ? floor : 0);
    ak_buf_u8(out, (uint8_t)after);
}

static void put_head(struct ak_buf *out, const struct ak_file *f, size_t name_n, const char *note)
{
    ak_buf_put(out, "0|/", 3);
    put_name(out, f->path.at, name_n);
    ak_buf_text(out, note);
    if (f->meta_type == 'l' && f->target.n) {
        ak_buf_put(out, " -> ", 4);
        put_name(out, f->target.at, f->target.n);
    }
    if (f->flags & AK_FILE_DELETED)
        ak_buf_text(out, f->flags & AK_FILE_REALLOC ? " (deleted-realloc)" : " (deleted)");
    ak_buf_u8(out, '|');
}

static void put_owner(struct ak_buf *out, const struct ak_file *f, uint64_t size)
{
    ak_buf_u8(out, '|');
    put_mode(out, f);
    ak_buf_u8(out, '|');
    ak_buf_dec(out, f->uid);
    ak_buf_u8(out, '|');
    ak_buf_dec(out, f->gid);
    ak_buf_u8(out, '|');
    ak_buf_dec(out, size);
    ak_buf_u8(out, '|');
}

static void put_file_name_line(struct ak_buf *out, const struct ak_file *f)
{
    put_head(out, f, f->path.n - f->stream_name_n, " ($FILE_NAME)");
    put_inode(out, f->id, ATTRIBUTE_FILE_NAME, f->fn_stream);
    put_owner(out, f, f->fn_size);
    put_time(out, f->fn_accessed, '|');
    put_time(out, f->fn_modified, '|');
    put_time(out, f->fn_changed, '|');
    put_time(out, f->fn_created, '\n');
}

void ak_bodyfile_put(struct ak_buf *out, const struct ak_file *f)
{
    if (f->fn_size)
        put_file_name_line(out, f);
    put_head(out, f, f->path.n, "");
    put_inode(out, f->id, f->attribute, f->stream);
    put_owner(out, f, f->size);
    put_time(out, f->accessed, '|');
    put_time(out, f->modified, '|');
    put_time(out, f->changed, '|');
    put_time(out, f->created, '\n');
}

void ak_file_list_put(struct ak_buf *out, const struct ak_file *f)
{
    bool folder_data = f->attribute == ATTRIBUTE_DATA && f->meta_type == 'd';
    ak_buf_u8(out, (uint8_t)f->name_type);
    ak_buf_u8(out, '/');
    ak_buf_u8(out, (uint8_t)(folder_data ? 'r' : f->meta_type));
    ak_buf_u8(out, ' ');
    if (f->flags & AK_FILE_DELETED)
        ak_buf_put(out, "* ", 2);
    put_inode(out, f->id, f->attribute, f->stream);
    if (f->flags & AK_FILE_DELETED && f->flags & AK_FILE_REALLOC)
        ak_buf_text(out, "(realloc)");
    ak_buf_put(out, ":\t", 2);
    put_name(out, f->path.at, f->path.n);
    ak_buf_u8(out, '\n');
}

/* ---- JSON ---- */

static void put_flags(struct ak_buf *out, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } NAMES[] = {
        { AK_FILE_DELETED, "deleted" },     { AK_FILE_STREAM, "stream" },
        { AK_FILE_ORPHAN, "orphan" },       { AK_FILE_REALLOC, "reallocated" },
        { AK_FILE_ENCRYPTED, "encrypted" }, { AK_FILE_PACKED, "packed" },
    };
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (!(flags & NAMES[i].flag))
            continue;
        ak_json_key(out, NAMES[i].name);
        ak_buf_text(out, "true");
    }
}

static void put_stamps(struct ak_buf *out, const struct ak_file *f)
{
    const struct {
        const char *name;
        struct ak_stamp at;
    } STAMPS[] = {
        { "created", f->created },         { "modified", f->modified },
        { "changed", f->changed },         { "accessed", f->accessed },
        { "deleted_at", f->deleted },      { "fn_created", f->fn_created },
        { "fn_modified", f->fn_modified }, { "fn_changed", f->fn_changed },
        { "fn_accessed", f->fn_accessed },
    };
    for (size_t i = 0; i < sizeof(STAMPS) / sizeof(STAMPS[0]); i++) {
        if (!ak_stamp_is_set(STAMPS[i].at))
            continue;
        ak_json_key(out, STAMPS[i].name);
        ak_json_stamp(out, STAMPS[i].at);
    }
}

void ak_file_json_put(struct ak_buf *out, const struct ak_file *f)
{
    char type[2] = { f->meta_type, 0 }, mode[16];
    ak_buf_u8(out, '{');
    ak_json_key(out, "path");
    ak_json_str(out, f->path);
    if (f->target.n) {
        ak_json_key(out, "target");
        ak_json_str(out, f->target);
    }
    ak_json_key(out, "inode");
    ak_buf_dec(out, f->id);
    if (f->attribute) {
        ak_json_key(out, "sequence");
        ak_buf_dec(out, f->sequence);
        ak_json_key(out, "attribute");
        ak_buf_dec(out, f->attribute);
        ak_json_key(out, "stream_id");
        ak_buf_dec(out, f->stream);
    }
    ak_json_key(out, "type");
    ak_json_str(out, ak_str_of(type));
    ak_json_key(out, "size");
    ak_buf_dec(out, f->size);
    ak_json_key(out, "mode");
    int n = snprintf(mode, sizeof(mode), "%04o", (unsigned)(f->mode & 07777));
    ak_json_str(out, (struct ak_str){ mode, (size_t)n });
    ak_json_key(out, "uid");
    ak_buf_dec(out, f->uid);
    ak_json_key(out, "gid");
    ak_buf_dec(out, f->gid);
    put_flags(out, f->flags);
    put_stamps(out, f);
    ak_buf_put(out, "}\n", 2);
}
