/* pool.c - see pool.h. */
#include "engine/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WIRE_FD = 3, OUT_FD = 4, SILENCE_S = 120, SEND_S = 10, SOCKET_BYTES = 4 << 20 };

int64_t ak_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool ak_own_folder(char *buf, size_t n)
{
    ssize_t got = readlink("/proc/self/exe", buf, n - 1);
    if (got <= 0)
        return false;
    buf[got] = 0;
    char *slash = strrchr(buf, '/');
    if (slash)
        *slash = 0;
    return true;
}

bool ak_pool_program(char *buf, size_t n)
{
    static const char *const PLACES[] = { "akashi-worker", "../libexec/akashi/akashi-worker",
                                          "../engine/akashi-worker", "../src/engine/akashi-worker",
                                          "../../src/engine/akashi-worker" };
    char self[3072];
    if (!ak_own_folder(self, sizeof(self)))
        return false;
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        snprintf(buf, n, "%s/%s", self, PLACES[i]);
        if (access(buf, X_OK) == 0)
            return true;
    }
    return false;
}

/* In the child: the socket becomes descriptor 3, everything else is closed. */
static void become_worker(const struct ak_pool *pool, int fd)
{
    /* Out of the way of the numbers that mean something. */
    int null = fcntl(open("/dev/null", O_RDWR), F_DUPFD, 16);
    fd = fcntl(fd, F_DUPFD, 16);
    int out = pool->out_fd >= 0 ? fcntl(pool->out_fd, F_DUPFD, 16) : -1;
    dup2(null, 0);
    dup2(null, 1);
    if (!getenv("AKASHI_WORKER_STDERR"))
        dup2(null, 2);
    dup2(fd, WIRE_FD);
    if (pool->out_fd >= 0)
        dup2(out, OUT_FD);
    close_range(pool->out_fd >= 0 ? OUT_FD + 1 : OUT_FD, ~0u, 0);
    char *const with[] = { (char *)(uintptr_t)pool->program, NULL };
    char *const without[] = { (char *)(uintptr_t)pool->program, (char *)(uintptr_t) "--no-sandbox",
                              NULL };
    char *const empty[] = { (char *)(uintptr_t) "LC_ALL=C", (char *)(uintptr_t) "TZ=UTC", NULL };
    /* A build with AddressSanitizer says where its findings go; the leak check needs ptrace. */
    const char *asan = getenv("ASAN_OPTIONS");
    char options[1024] = "";
    snprintf(options, sizeof(options), "ASAN_OPTIONS=%s:detect_leaks=0", asan ? asan : "");
    char *const kept[] = { (char *)(uintptr_t) "LC_ALL=C", (char *)(uintptr_t) "TZ=UTC", options,
                           NULL };
    execve(pool->program, pool->sandbox ? with : without, asan ? kept : empty);
    _exit(127);
}

static enum ak_status send_feed(struct ak_pool_worker *w, const struct ak_pool_feed *feed)
{
    struct ak_buf b = { 0 };
    ak_wire_put_feed(&b, &feed->what);
    enum ak_status st =
        ak_wire_send(&w->wire, AK_FRAME_FEED, (struct ak_bytes){ b.at, b.n }, feed->fd);
    ak_buf_free(&b);
    return st;
}

bool ak_pool_feed(struct ak_pool *pool, const struct ak_wire_feed *what, int fd)
{
    if (pool->n_feeds == AK_POOL_FEEDS)
        return false;
    struct ak_pool_feed *feed = &pool->feeds[pool->n_feeds++];
    *feed = (struct ak_pool_feed){ *what, fd };
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].pid && send_feed(&pool->workers[i], feed) != AK_OK)
            pool->workers[i].distrusted = true; /* it is ended when it is looked at next */
    return true;
}

static enum ak_status start(struct ak_pool *pool, struct ak_pool_worker *w)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return AK_ERR_IO;
    int bytes = SOCKET_BYTES;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    /* A worker that reads nothing must not hold up the others. */
    struct timeval patience = { .tv_sec = pool->silence_s < SEND_S ? pool->silence_s : SEND_S };
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    pid_t pid = fork();
    if (pid == 0)
        become_worker(pool, pair[1]);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return AK_ERR_IO;
    }
    *w = (struct ak_pool_worker){ .pid = pid, .wire = { .fd = pair[0] }, .heard_ms = ak_now_ms() };
    enum ak_status st = AK_OK;
    if (pool->rules_fd >= 0)
        st = ak_wire_send(&w->wire, AK_FRAME_RULES, (struct ak_bytes){ NULL, 0 }, pool->rules_fd);
    for (unsigned i = 0; st == AK_OK && i < pool->n_feeds; i++)
        st = send_feed(w, &pool->feeds[i]);
    return st;
}

/* End a worker and say by which signal it went. */
static int reap(struct ak_pool_worker *w)
{
    int status = 0;
    kill(w->pid, SIGKILL); /* no effect on one that is gone already */
    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    ak_wire_close(&w->wire);
    w->pid = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The signal of a worker that closed its socket by itself: it is ending. */
static int reap_gone(struct ak_pool_worker *w)
{
    int status = 0;
    for (int i = 0; i < 200; i++) { /* it may take a moment to die */
        pid_t got = waitpid(w->pid, &status, WNOHANG);
        if (got == w->pid) {
            ak_wire_close(&w->wire);
            w->pid = 0;
            return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        }
        usleep(5000);
    }
    return reap(w);
}

enum ak_status ak_pool_open(struct ak_pool *pool, unsigned n, bool sandbox)
{
    *pool = (struct ak_pool){ .n = n < AK_POOL_MAX ? n : AK_POOL_MAX,
                              .sandbox = sandbox,
                              .out_fd = -1,
                              .rules_fd = -1,
                              .silence_s = SILENCE_S };
    return ak_pool_program(pool->program, sizeof(pool->program)) ? AK_OK : AK_ERR_IO;
}

void ak_pool_close(struct ak_pool *pool)
{
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].pid)
            reap(&pool->workers[i]);
}

enum ak_status ak_pool_start(struct ak_pool *pool, size_t n)
{
    enum ak_status st = AK_OK;
    for (unsigned i = 0; i < pool->n && i < n && st == AK_OK; i++)
        if (!pool->workers[i].pid)
            st = start(pool, &pool->workers[i]);
    return st;
}

enum ak_status ak_pool_give(struct ak_pool *pool, struct ak_pool_worker *w,
                            const struct ak_job *job, int fd, void *task)
{
    struct ak_buf b = { 0 };
    enum ak_status st = AK_OK;
    ak_wire_put_job(&b, job);
    for (int tries = 0; tries < 2; tries++) { /* an idle worker may have died unnoticed */
        if (!w->pid)
            st = start(pool, w);
        if (st == AK_OK)
            st = ak_wire_send(&w->wire, AK_FRAME_JOB, (struct ak_bytes){ b.at, b.n }, fd);
        if (st == AK_OK)
            break;
        if (w->pid)
            reap(w);
    }
    ak_buf_free(&b);
    w->task = st == AK_OK ? task : NULL;
    w->heard_ms = ak_now_ms();
    return st;
}

void ak_pool_grant(struct ak_pool_worker *w, int fd)
{
    /* When it is gone, the next poll says so.  When it asks, and asks, and never
     * takes the answers, it is no worker of ours. */
    if (ak_wire_send(&w->wire, AK_FRAME_GRANT, (struct ak_bytes){ NULL, 0 }, fd) ==
        AK_ERR_CANCELLED)
        w->distrusted = true;
}

static void lose(struct ak_pool_worker *w, const struct ak_pool_handler *h, bool hung)
{
    int signal = hung || w->distrusted ? reap(w) : reap_gone(w);
    if (w->task)
        h->lost(h->self, w, signal, hung);
    w->task = NULL;
}

static void listen_to(struct ak_pool_worker *w, const struct ak_pool_handler *h)
{
    struct ak_frame frame;
    bool any = true;
    enum ak_status st = ak_wire_receive(&w->wire);
    w->heard_ms = ak_now_ms();
    while (st == AK_OK && !w->distrusted && (st = ak_wire_take(&w->wire, &frame, &any)) == AK_OK &&
           any)
        h->frame(h->self, w, &frame);
    w->distrusted = w->distrusted || st == AK_ERR_CORRUPT;
    if (st != AK_OK || w->distrusted)
        lose(w, h, false);
}

/* Has it said something that was not listened to yet?  While one worker was waited for,
 * others must not be taken as hung. */
static bool has_said(const struct ak_pool_worker *w)
{
    struct pollfd fd = { .fd = w->wire.fd, .events = POLLIN };
    return poll(&fd, 1, 0) > 0;
}

void ak_pool_poll(struct ak_pool *pool, int timeout_ms, const struct ak_pool_handler *h)
{
    struct pollfd fds[AK_POOL_MAX];
    unsigned of[AK_POOL_MAX];
    nfds_t n = 0;
    for (unsigned i = 0; i < pool->n; i++) {
        if (!pool->workers[i].pid)
            continue;
        fds[n] = (struct pollfd){ .fd = pool->workers[i].wire.fd, .events = POLLIN };
        of[n++] = i;
    }
    if (poll(fds, n, timeout_ms) > 0)
        for (nfds_t i = 0; i < n; i++)
            if (fds[i].revents)
                listen_to(&pool->workers[of[i]], h);
    int64_t now = ak_now_ms();
    for (unsigned i = 0; i < pool->n; i++) {
        struct ak_pool_worker *w = &pool->workers[i];
        bool hung = w->task && now - w->heard_ms > (int64_t)pool->silence_s * 1000 && !has_said(w);
        if (w->pid && (hung || w->distrusted))
            lose(w, h, hung && !w->distrusted);
    }
}
