/* wire.c - see wire.h. */
#include "engine/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 6, RECEIVE = 1 << 20 };

void ak_wire_close(struct ak_wire *w)
{
    for (unsigned i = 0; i < w->n_fds; i++)
        close(w->fds[i]);
    ak_buf_free(&w->in);
    if (w->fd >= 0)
        close(w->fd);
    *w = (struct ak_wire){ .fd = -1 };
}

/* Send all of `n` bytes; the descriptor goes with the first of them. */
static enum ak_status send_all(int to, const void *data, size_t n, int fd)
{
    const uint8_t *at = data;
    while (n > 0) {
        union {
            struct cmsghdr align;
            char space[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        struct iovec io = { (void *)(uintptr_t)at, n };
        struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1 };
        if (fd >= 0) {
            msg.msg_control = control.space;
            msg.msg_controllen = sizeof(control.space);
            struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &fd, sizeof(int));
        }
        ssize_t sent = sendmsg(to, &msg, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return AK_ERR_CANCELLED;
        if (sent <= 0)
            return AK_ERR_IO;
        at += sent;
        n -= (size_t)sent;
        fd = -1;
    }
    return AK_OK;
}

enum ak_status ak_wire_send(struct ak_wire *w, enum ak_frame_kind kind, struct ak_bytes payload,
                            int fd)
{
    if (payload.n > AK_FRAME_MAX)
        return AK_ERR_LIMIT;
    uint8_t header[HEADER];
    uint32_t n = (uint32_t)payload.n;
    for (unsigned i = 0; i < 4; i++)
        header[i] = (uint8_t)(n >> (8 * i));
    header[4] = (uint8_t)kind;
    header[5] = fd >= 0;
    enum ak_status st = send_all(w->fd, header, sizeof(header), fd);
    return st == AK_OK ? send_all(w->fd, payload.at, payload.n, -1) : st;
}

/* Keep the descriptors that came with a message. */
static void keep_fds(struct ak_wire *w, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (w->n_fds < sizeof(w->fds) / sizeof(w->fds[0]))
                w->fds[w->n_fds++] = fd;
            else
                close(fd);
        }
    }
}

enum ak_status ak_wire_receive(struct ak_wire *w)
{
    if (w->at > 0 && w->at == w->in.n) {
        w->in.n = w->at = 0;
    } else if (w->at > RECEIVE) {
        memmove(w->in.at, w->in.at + w->at, w->in.n - w->at);
        w->in.n -= w->at;
        w->at = 0;
    }
    uint8_t *to = ak_buf_room(&w->in, RECEIVE);
    if (!to)
        return AK_ERR_NOMEM;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(AK_FRAME_FDS * sizeof(int))];
    } control;
    struct iovec io = { to, RECEIVE };
    struct msghdr msg = { .msg_iov = &io,
                          .msg_iovlen = 1,
                          .msg_control = control.space,
                          .msg_controllen = sizeof(control.space) };
    ssize_t got;
    do
        got = recvmsg(w->fd, &msg, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return AK_OK;
    if (got <= 0)
        return AK_ERR_IO;
    keep_fds(w, &msg);
    ak_buf_wrote(&w->in, (size_t)got);
    return AK_OK;
}

/* The oldest descriptor received; -1 when none is left. */
static int take_fd(struct ak_wire *w)
{
    if (w->n_fds == 0)
        return -1;
    int fd = w->fds[0];
    w->n_fds--;
    memmove(w->fds, w->fds + 1, w->n_fds * sizeof(w->fds[0]));
    return fd;
}

enum ak_status ak_wire_take(struct ak_wire *w, struct ak_frame *out, bool *out_any)
{
    *out_any = false;
    if (w->in.n - w->at < HEADER)
        return AK_OK;
    const uint8_t *h = w->in.at + w->at;
    uint32_t n = ak_load_u32le(h);
    if (n > AK_FRAME_MAX || h[5] > 1)
        return AK_ERR_CORRUPT;
    if (w->in.n - w->at - HEADER < n)
        return AK_OK;
    out->kind = (enum ak_frame_kind)h[4];
    out->body = ak_rd_open((struct ak_bytes){ h + HEADER, n }, 0);
    out->fd = h[5] ? take_fd(w) : -1;
    w->at += HEADER + n;
    if (h[5] && out->fd < 0)
        return AK_ERR_CORRUPT;
    *out_any = true;
    return AK_OK;
}

enum ak_status ak_wire_wait(struct ak_wire *w, struct ak_frame *out)
{
    for (;;) {
        bool any;
        enum ak_status st = ak_wire_take(w, out, &any);
        if (st != AK_OK || any)
            return st;
        st = ak_wire_receive(w);
        if (st != AK_OK)
            return st;
    }
}

/* ---- payloads ---- */

void ak_wire_put_str(struct ak_buf *b, struct ak_str s)
{
    ak_buf_varint(b, s.n);
    ak_buf_str(b, s);
}

struct ak_str ak_wire_get_str(struct ak_reader *r)
{
    return ak_str_bytes(ak_rd_array(r, ak_rd_varint(r), 1));
}

static void put_stamp(struct ak_buf *b, struct ak_stamp s)
{
    ak_buf_u64le(b, (uint64_t)s.utc_ns);
    ak_buf_u8(b, s.flags);
}

static struct ak_stamp get_stamp(struct ak_reader *r)
{
    struct ak_stamp s;
    s.utc_ns = (int64_t)ak_rd_u64le(r);
    s.flags = ak_rd_u8(r);
    return s;
}

void ak_wire_put_job(struct ak_buf *b, const struct ak_job *j)
{
    ak_buf_varint(b, j->kind);
    ak_buf_varint(b, j->flags);
    ak_wire_put_str(b, j->path);
    ak_wire_put_str(b, j->name);
    ak_wire_put_str(b, j->evidence);
    ak_wire_put_str(b, j->parser);
    ak_wire_put_str(b, j->zone);
    ak_wire_put_str(b, j->access_format);
    ak_wire_put_str(b, j->options);
    put_stamp(b, j->modified);
    ak_buf_varint(b, j->from);
    ak_buf_varint(b, j->to);
    ak_buf_varint(b, j->skip);
}

struct ak_job ak_wire_get_job(struct ak_reader *r)
{
    struct ak_job j;
    j.kind = (enum ak_job_kind)ak_rd_varint(r);
    j.flags = (uint32_t)ak_rd_varint(r);
    j.path = ak_wire_get_str(r);
    j.name = ak_wire_get_str(r);
    j.evidence = ak_wire_get_str(r);
    j.parser = ak_wire_get_str(r);
    j.zone = ak_wire_get_str(r);
    j.access_format = ak_wire_get_str(r);
    j.options = ak_wire_get_str(r);
    j.modified = get_stamp(r);
    j.from = ak_rd_varint(r);
    j.to = ak_rd_varint(r);
    j.skip = ak_rd_varint(r);
    return j;
}

void ak_wire_put_volume(struct ak_buf *b, const struct ak_wire_volume *v)
{
    ak_buf_varint(b, v->number);
    ak_buf_varint(b, v->offset);
    ak_buf_varint(b, v->size);
    ak_buf_varint(b, v->n_files);
    ak_wire_put_str(b, v->scheme);
    ak_wire_put_str(b, v->type);
    ak_wire_put_str(b, v->label);
    ak_wire_put_str(b, v->filesystem);
    ak_wire_put_str(b, v->note);
    ak_buf_u8(b, v->allocated);
    ak_buf_u8(b, v->readable);
}

struct ak_wire_volume ak_wire_get_volume(struct ak_reader *r)
{
    struct ak_wire_volume v;
    v.number = ak_rd_varint(r);
    v.offset = ak_rd_varint(r);
    v.size = ak_rd_varint(r);
    v.n_files = ak_rd_varint(r);
    v.scheme = ak_wire_get_str(r);
    v.type = ak_wire_get_str(r);
    v.label = ak_wire_get_str(r);
    v.filesystem = ak_wire_get_str(r);
    v.note = ak_wire_get_str(r);
    v.allocated = ak_rd_u8(r) != 0;
    v.readable = ak_rd_u8(r) != 0;
    return v;
}

void ak_wire_put_child(struct ak_buf *b, const struct ak_wire_child *c)
{
    ak_buf_varint(b, c->ordinal);
    ak_buf_varint(b, c->volume);
    ak_buf_varint(b, c->inode);
    ak_buf_varint(b, c->size);
    ak_buf_varint(b, c->flags);
    ak_wire_put_str(b, c->path);
    put_stamp(b, c->modified);
}

struct ak_wire_child ak_wire_get_child(struct ak_reader *r)
{
    struct ak_wire_child c;
    c.ordinal = ak_rd_varint(r);
    c.volume = ak_rd_varint(r);
    c.inode = ak_rd_varint(r);
    c.size = ak_rd_varint(r);
    c.flags = (uint32_t)ak_rd_varint(r);
    c.path = ak_wire_get_str(r);
    c.modified = get_stamp(r);
    return c;
}

void ak_wire_put_done(struct ak_buf *b, const struct ak_wire_done *d)
{
    ak_buf_varint(b, d->status);
    ak_buf_varint(b, d->n_events);
    ak_buf_varint(b, d->n_damage);
    ak_buf_varint(b, d->n_children);
    ak_wire_put_str(b, d->what);
    ak_wire_put_str(b, d->note);
    ak_buf_varint(b, d->split);
    ak_buf_u8(b, d->wants_expand);
}

struct ak_wire_done ak_wire_get_done(struct ak_reader *r)
{
    struct ak_wire_done d;
    d.status = (enum ak_status)ak_rd_varint(r);
    d.n_events = ak_rd_varint(r);
    d.n_damage = ak_rd_varint(r);
    d.n_children = ak_rd_varint(r);
    d.what = ak_wire_get_str(r);
    d.note = ak_wire_get_str(r);
    d.split = (uint32_t)ak_rd_varint(r);
    d.wants_expand = ak_rd_u8(r) != 0;
    return d;
}

void ak_wire_put_seen(struct ak_buf *b, const struct ak_wire_seen *s)
{
    ak_buf_varint(b, s->n_events);
    put_stamp(b, s->first);
    put_stamp(b, s->last);
    ak_buf_put(b, s->classes.at, s->classes.n);
}

struct ak_wire_seen ak_wire_get_seen(struct ak_reader *r)
{
    struct ak_wire_seen s;
    s.n_events = ak_rd_varint(r);
    s.first = get_stamp(r);
    s.last = get_stamp(r);
    s.classes = ak_rd_take(r, ak_rd_left(r));
    return s;
}

void ak_wire_put_feed(struct ak_buf *b, const struct ak_wire_feed *feed)
{
    ak_buf_varint(b, feed->kind);
    ak_buf_varint(b, feed->flags);
}

struct ak_wire_feed ak_wire_get_feed(struct ak_reader *r)
{
    struct ak_wire_feed feed = { .kind = (enum ak_feed_kind)ak_rd_varint(r) };
    feed.flags = (uint32_t)ak_rd_varint(r);
    return feed;
}

void ak_wire_put_feed_sums(struct ak_buf *b, const struct ak_wire_feed_sums *s)
{
    ak_buf_varint(b, s->status);
    ak_buf_varint(b, s->n_indicators);
    ak_buf_varint(b, s->n_repeated);
    ak_buf_varint(b, s->n_unwanted);
    ak_buf_varint(b, s->n_yara);
    ak_buf_varint(b, s->n_known);
    ak_buf_varint(b, s->n_problems);
    ak_buf_varint(b, s->n_listed);
}

struct ak_wire_feed_sums ak_wire_get_feed_sums(struct ak_reader *r)
{
    struct ak_wire_feed_sums s = { .status = (enum ak_status)ak_rd_varint(r) };
    s.n_indicators = ak_rd_varint(r);
    s.n_repeated = ak_rd_varint(r);
    s.n_unwanted = ak_rd_varint(r);
    s.n_yara = ak_rd_varint(r);
    s.n_known = ak_rd_varint(r);
    s.n_problems = ak_rd_varint(r);
    s.n_listed = ak_rd_varint(r);
    return s;
}

void ak_wire_put_feed_problem(struct ak_buf *b, const struct ak_feed_problem *p)
{
    ak_wire_put_str(b, p->file);
    ak_buf_varint(b, p->line);
    ak_wire_put_str(b, ak_str_of(p->what));
    ak_wire_put_str(b, p->detail);
}

void ak_wire_get_feed_problem(struct ak_reader *r, struct ak_feed_problem *out,
                              struct ak_str *out_what)
{
    *out = (struct ak_feed_problem){ .file = ak_wire_get_str(r), .what = "" };
    out->line = (uint32_t)ak_rd_varint(r);
    *out_what = ak_wire_get_str(r);
    out->detail = ak_wire_get_str(r);
}
