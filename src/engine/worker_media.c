/* worker_media.c - open a container with the files beside it. */
#include "engine/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A file beside the evidence, asked of the supervisor. */
struct siblings {
    struct ak_worker *w;
    struct ak_source *open[4096];
    int fds[4096];
    unsigned n;
};

static struct ak_source *open_sibling(void *self, struct ak_str name)
{
    struct siblings *s = self;
    struct ak_buf b = { 0 };
    struct ak_frame grant = { .fd = -1 };
    if (s->n == sizeof(s->open) / sizeof(s->open[0]))
        return NULL;
    ak_wire_put_str(&b, name);
    enum ak_status st =
        ak_wire_send(&s->w->wire, AK_FRAME_NEED_SIBLING, (struct ak_bytes){ b.at, b.n }, -1);
    ak_buf_free(&b);
    if (st == AK_OK)
        st = ak_wire_wait(&s->w->wire, &grant);
    if (st != AK_OK)
        s->w->lost = st;
    if (st != AK_OK || grant.fd < 0)
        return NULL;
    if (ak_source_fd(grant.fd, &s->open[s->n]) != AK_OK) {
        close(grant.fd);
        return NULL;
    }
    s->fds[s->n] = grant.fd;
    return s->open[s->n++];
}

static void close_siblings(struct siblings *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        ak_source_close(s->open[i]);
        close(s->fds[i]);
    }
    free(s);
}

static void tell_disk(struct ak_worker *w, const struct ak_disk *disk)
{
    for (size_t i = 0; i < disk->n_facts; i++) {
        char name[128];
        int n = snprintf(name, sizeof(name), "media.%.*s", (int)disk->facts[i].name.n,
                         disk->facts[i].name.at);
        if (n > 0 && (size_t)n < sizeof(name))
            ak_worker_fact(w, (struct ak_str){ name, (size_t)n }, disk->facts[i].value);
    }
    for (size_t i = 0; i < disk->n_notes; i++)
        ak_worker_damage(w, AK_STR(""), 0, disk->notes[i]);
}

enum ak_status ak_worker_open_media(struct ak_worker *w, struct ak_source *src,
                                    const struct ak_container *c, struct ak_media *out)
{
    *out = (struct ak_media){ 0 };
    struct siblings *s = calloc(1, sizeof(*s));
    if (!s)
        return AK_ERR_NOMEM;
    s->w = w;
    struct ak_siblings siblings = { .open = open_sibling, .self = s, .first = w->job->name };
    enum ak_status st = c->open(w->arena, src, &siblings, &out->disk);
    ak_worker_fact(w, AK_STR("media.container"), ak_str_of(c->name));
    tell_disk(w, &out->disk);
    out->siblings = s;
    return st;
}

void ak_worker_close_media(struct ak_media *m)
{
    ak_source_close(m->disk.media);
    if (m->siblings)
        close_siblings(m->siblings);
}

const struct ak_container *ak_worker_container(struct ak_worker *w, struct ak_source *src)
{
    struct siblings *s = calloc(1, sizeof(*s));
    if (!s)
        return ak_container_of(src);
    s->w = w;
    struct ak_siblings siblings = { .open = open_sibling, .self = s, .first = w->job->name };
    const struct ak_container *c = ak_container_for(src, &siblings);
    close_siblings(s);
    return c;
}
