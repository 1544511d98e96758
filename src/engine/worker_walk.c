/* worker_walk.c - see worker_walk.h. */
#include "engine/worker_walk.h"

#include "volume/volume.h"

bool ak_worker_is_container(struct ak_source *src)
{
    if (src->size == 0)
        return false;
    if (ak_container_of(src) || ak_filesystem_of(src) || ak_volume_identify(src))
        return true;
    struct ak_arena *arena = ak_arena_new(AK_ITEM_ARENA);
    struct ak_volume *volumes;
    size_t n = 0;
    const char *note;
    bool table = arena && ak_volumes_list(arena, src, &volumes, &n, &note) == AK_OK && n > 0 &&
                 !ak_str_eq(volumes[0].scheme, AK_STR("none"));
    ak_arena_free(arena);
    return table;
}

static enum ak_status on_file(void *self, struct ak_filesystem *fs, const struct ak_file *f)
{
    struct ak_walk *k = self;
    k->n_files++;
    enum ak_status st = k->file(k, fs, f);
    return st == AK_OK ? k->w->lost : st;
}

static void on_damage(void *self, struct ak_str path, uint64_t offset, const char *what)
{
    struct ak_walk *k = self;
    ak_worker_damage(k->w, path, offset, what);
}

/* The label outlives the file system: it is copied. */
static void keep_label(struct ak_walk *k, struct ak_wire_volume *v, const struct ak_filesystem *fs)
{
    char *label =
        fs->label[0] && !v->label.n ? AK_NEW_N(k->w->arena, char, sizeof(fs->label)) : NULL;
    if (label) {
        memcpy(label, fs->label, sizeof(fs->label));
        v->label = (struct ak_str){ label, strnlen(label, sizeof(fs->label)) };
    }
}

static enum ak_status walk_one(struct ak_walk *k, struct ak_source *src, struct ak_wire_volume *v)
{
    struct ak_filesystem *fs = NULL;
    const char *note = NULL;
    enum ak_status st = ak_filesystem_open(src, &fs, &note);
    if (note)
        v->note = ak_str_of(note);
    if (st != AK_OK) {
        if (!note)
            v->note = AK_STR("it could not be opened");
        return st;
    }
    k->archive = fs->ops->archive;
    k->n_files = 0;
    st = fs->ops->walk(fs, &(struct ak_file_visitor){ on_file, on_damage, k });
    v->filesystem = ak_str_of(fs->type ? fs->type : fs->ops->name);
    keep_label(k, v, fs);
    v->n_files = k->n_files;
    v->readable = true;
    if (st != AK_OK && st != AK_ERR_CANCELLED)
        v->note = AK_STR("the walk over it ended early");
    fs->ops->close(fs);
    return st;
}

static bool has_filesystem(struct ak_source *src)
{
    const struct ak_filesystem_ops *ops = ak_filesystem_of(src);
    return ops && !ops->archive;
}

/* Say what is in a volume that was not walked. */
static void tell_unread(struct ak_walk *k, struct ak_source *src, struct ak_wire_volume *v)
{
    const char *named = ak_volume_identify(src);
    if (named && !v->filesystem.n)
        v->filesystem = ak_str_of(named);
    if (v->readable || !v->allocated)
        return;
    if (!v->note.n)
        v->note = named ? AK_STR("recognised, but not read by this version")
                        : AK_STR("no file system was recognised");
    ak_worker_damage(
        k->w, v->filesystem, v->offset,
        named ? "a volume of this kind is not read: its files are not examined"
              : "a volume without a recognised file system: its contents are not examined");
}

static enum ak_status walk_volume(struct ak_walk *k, struct ak_source *media,
                                  const struct ak_volume *vol, uint64_t number)
{
    struct ak_source *src = NULL;
    struct ak_wire_volume v = { .number = number,
                                .offset = vol->offset,
                                .size = vol->size,
                                .scheme = vol->scheme,
                                .type = vol->type,
                                .label = vol->label,
                                .allocated = vol->allocated };
    if (ak_source_slice(media, vol->offset, vol->size, &src) != AK_OK)
        return AK_ERR_NOMEM;
    k->volume = number;
    enum ak_status st = AK_OK;
    if (k->before)
        k->before(k, &v);
    if (has_filesystem(src))
        st = walk_one(k, src, &v);
    tell_unread(k, src, &v);
    if (k->after)
        k->after(k, &v);
    ak_source_close(src);
    return st == AK_ERR_CANCELLED ? st : k->w->lost;
}

static void count_readable(struct ak_walk *k, struct ak_source *media,
                           const struct ak_volume *volumes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ak_source *src;
        if (ak_source_slice(media, volumes[i].offset, volumes[i].size, &src) != AK_OK)
            continue;
        k->n_readable += has_filesystem(src);
        ak_source_close(src);
    }
}

static enum ak_status walk_media(struct ak_walk *k, struct ak_source *media)
{
    struct ak_volume *volumes;
    size_t n;
    const char *note = NULL;
    enum ak_status st = ak_volumes_list(k->w->arena, media, &volumes, &n, &note);
    if (note)
        ak_worker_damage(k->w, AK_STR(""), 0, note);
    if (st == AK_OK)
        count_readable(k, media, volumes, n);
    for (size_t i = 0; st == AK_OK && i < n; i++)
        if (!k->only_volume || k->only_volume == i + 1)
            st = walk_volume(k, media, &volumes[i], i + 1);
    return st;
}

static enum ak_status walk_archive(struct ak_walk *k, struct ak_source *src, const char **out_note)
{
    struct ak_wire_volume v = { .size = src->size, .scheme = AK_STR("archive"), .allocated = true };
    k->n_readable = 1;
    k->archive = true;
    if (k->before)
        k->before(k, &v);
    enum ak_status st = walk_one(k, src, &v);
    if (v.note.n) {
        *out_note = v.note.at; /* a literal */
        ak_worker_damage(k->w, AK_STR(""), 0, v.note.at);
    }
    if (k->after)
        k->after(k, &v);
    return st;
}

enum ak_status ak_walk_source(struct ak_walk *k, struct ak_source *src, const char **out_what,
                              const char **out_note)
{
    const struct ak_container *c = ak_worker_container(k->w, src);
    const struct ak_filesystem_ops *fs = c ? NULL : ak_filesystem_of(src);
    *out_note = NULL;
    if (fs && fs->archive) {
        *out_what = fs->name;
        return walk_archive(k, src, out_note);
    }
    if (!c) {
        *out_what = "raw";
        return walk_media(k, src);
    }
    *out_what = c->name;
    enum ak_status st = ak_worker_open_media(k->w, src, c, &k->media);
    if (st == AK_OK)
        st = walk_media(k, k->media.disk.media);
    else if (k->media.disk.n_notes)
        *out_note = k->media.disk.notes[0];
    ak_worker_close_media(&k->media);
    return st;
}
