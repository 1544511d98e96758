/* worker_stat.c - file metadata as events (plaso's fs:stat). */
#include "engine/worker.h"

enum {
    F_PATH,
    F_TARGET,
    F_SIZE,
    F_INODE,
    F_VOLUME,
    F_TYPE,
    F_MODE,
    F_UID,
    F_GID,
    F_DELETED,
    F_SHA256,
    F_KNOWN,
    N_FIELDS
};

static const struct ak_str NAMES[N_FIELDS] = {
    [F_PATH] = AK_STR_INIT("file.path"),
    [F_TARGET] = AK_STR_INIT("file.target_path"),
    [F_SIZE] = AK_STR_INIT("file.size"),
    [F_INODE] = AK_STR_INIT("file.inode"),
    [F_VOLUME] = AK_STR_INIT("file.volume"),
    [F_TYPE] = AK_STR_INIT("file.type"),
    [F_MODE] = AK_STR_INIT("file.mode"),
    [F_UID] = AK_STR_INIT("file.uid"),
    [F_GID] = AK_STR_INIT("file.gid"),
    [F_DELETED] = AK_STR_INIT("file.deleted"),
    [F_SHA256] = AK_STR_INIT("file.hash.sha256"),
    [F_KNOWN] = AK_STR_INIT("file.known"),
};

#define STAT_SHAPE(type, desc)                                                                     \
    {                                                                                              \
        AK_STR_INIT(type), AK_STR_INIT(desc), NAMES, N_FIELDS                                      \
    }

/* One shape per kind of time, in the order of the `times` below. */
static const struct ak_shape SHAPES[] = {
    STAT_SHAPE("fs:stat", "Creation Time"),
    STAT_SHAPE("fs:stat", "Content Modification Time"),
    STAT_SHAPE("fs:stat", "Metadata Modification Time"),
    STAT_SHAPE("fs:stat", "Last Access Time"),
    STAT_SHAPE("fs:stat", "Content Deletion Time"),
    STAT_SHAPE("fs:stat:ntfs", "Creation Time"),
    STAT_SHAPE("fs:stat:ntfs", "Content Modification Time"),
    STAT_SHAPE("fs:stat:ntfs", "Metadata Modification Time"),
    STAT_SHAPE("fs:stat:ntfs", "Last Access Time"),
};

enum { N_SHAPES = sizeof(SHAPES) / sizeof(SHAPES[0]), PERMISSIONS = 07777 };

static struct ak_str type_word(const struct ak_file *f)
{
    if (f->flags & AK_FILE_DIR)
        return AK_STR("dir");
    if (f->flags & AK_FILE_LINK)
        return AK_STR("symlink");
    if (f->flags & AK_FILE_STREAM)
        return AK_STR("stream");
    return f->flags & AK_FILE_SPECIAL ? AK_STR("special") : AK_STR("file");
}

enum ak_status ak_worker_stat(struct ak_worker *w, const struct ak_file *f, uint64_t volume,
                              struct ak_str sha256)
{
    const struct ak_stamp times[N_SHAPES] = { f->created,     f->modified,   f->changed,
                                              f->accessed,    f->deleted,    f->fn_created,
                                              f->fn_modified, f->fn_changed, f->fn_accessed };
    struct ak_sink sink = ak_worker_sink(w);
    struct ak_value values[N_FIELDS] = {
        [F_PATH] = ak_val_str(f->path),
        [F_TARGET] = ak_val_str(f->target),
        [F_SIZE] = f->flags & AK_FILE_DIR || f->size == AK_SIZE_UNKNOWN ? ak_val_none()
                                                                        : ak_val_u64(f->size),
        [F_INODE] = f->id ? ak_val_u64(f->id) : ak_val_none(),
        [F_VOLUME] = volume ? ak_val_u64(volume) : ak_val_none(),
        [F_TYPE] = ak_val_str(type_word(f)),
        [F_SHA256] = ak_val_str(sha256),
        [F_KNOWN] = ak_worker_is_known_text(w->feeds, sha256) ? ak_val_bool(true) : ak_val_none(),
        [F_DELETED] = f->flags & AK_FILE_DELETED ? ak_val_bool(true) : ak_val_none(),
    };
    char octal[8];
    if (f->mode) {
        for (unsigned i = 0; i < 4; i++)
            octal[i] = (char)('0' + ((f->mode & PERMISSIONS) >> (9 - 3 * i) & 7));
        values[F_MODE] = ak_val_str((struct ak_str){ octal, 4 });
        values[F_UID] = ak_val_u64(f->uid);
        values[F_GID] = ak_val_u64(f->gid);
    }
    for (unsigned i = 0; i < N_SHAPES; i++) {
        if (!ak_stamp_is_set(times[i]))
            continue;
        struct ak_event e = { .shape = &SHAPES[i], .when = times[i], .values = values };
        enum ak_status st = sink.event(sink.self, &e);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}
