/* hostile_artefacts.c - parsers that do what a parser taken over by its input
 * would do.  Linked in place of artefact/table.c into a worker of its own.
 *
 * A file whose first line is "AKASHI-TEST what [number]" is for them. */
#include "artefact/artefact.h"
#include "engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAGIC "AKASHI-TEST "
enum { MAGIC_N = sizeof(MAGIC) - 1, FLOOD = 300000 };

static const struct ak_str NAMES[] = { AK_STR_INIT("message") };
static const struct ak_shape SHAPE = { AK_STR_INIT("test:event"), AK_STR_INIT("Event Logged"),
                                       NAMES, 1 };

static enum ak_status say(struct ak_ctx *ctx, const char *text, int64_t second)
{
    struct ak_value value = ak_val_str(ak_str_of(text));
    return ak_emit(ctx, &(struct ak_event){ .shape = &SHAPE,
                                            .when = ak_stamp_unix(second, 0, AK_PREC_S),
                                            .values = &value });
}

static enum ak_status say_three(struct ak_ctx *ctx)
{
    enum ak_status st = AK_OK;
    for (int i = 0; i < 3 && st == AK_OK; i++)
        st = say(ctx, "before", 1700000000 + i);
    return st;
}

#ifdef AK_SANITIZED
/* A crash on purpose must end the worker as it would without AddressSanitizer: by the signal. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "handle_segv=0:handle_abort=0"; }
#endif

__attribute__((no_sanitize("undefined"))) /* or UBSan ends it by name */
static enum ak_status
crash(struct ak_ctx *ctx)
{
    static int *volatile nowhere;
    enum ak_status st = say_three(ctx);
    *nowhere = 1;
    return st;
}

static enum ak_status give_up(struct ak_ctx *ctx)
{
    (void)!say_three(ctx);
    abort();
}

static enum ak_status hang(struct ak_ctx *ctx)
{
    static volatile int forever = 1;
    enum ak_status st = say_three(ctx);
    while (forever)
        ;
    return st;
}

/* Take memory until there is no more; say how much that was; then fall. */
static enum ak_status swallow(struct ak_ctx *ctx)
{
    char text[64];
    unsigned long mb = 0;
    static int *volatile nowhere;
    for (volatile char *at; (at = malloc(64 << 20)); mb += 64)
        at[0] = at[32 << 20] = 1;
    for (volatile char *at; (at = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED;
         mb += 64)
        at[0] = 1;
    snprintf(text, sizeof(text), "took %lu MB", mb);
    enum ak_status st = say(ctx, text, 1700000000);
    *nowhere = 1;
    return st;
}

/* ---- what the sandbox forbids ---- */

static enum ak_status try_open(struct ak_ctx *ctx)
{
    static const char *const PATHS[] = { "/etc/passwd", "/proc/self/mem", "/dev/null",
                                         "/tmp/akashi-hostile" };
    char text[96];
    enum ak_status st = AK_OK;
    for (int i = 0; i < 4 && st == AK_OK; i++) {
        int fd = open(PATHS[i], i == 3 ? O_RDWR | O_CREAT : O_RDONLY, 0600);
        snprintf(text, sizeof(text), "open %s: %s", PATHS[i], fd >= 0 ? "opened" : strerror(errno));
        st = say(ctx, text, 1700000000 + i);
    }
    return st;
}

static enum ak_status try_socket(struct ak_ctx *ctx)
{
    (void)!say_three(ctx);
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? say(ctx, "socket", 1) : AK_OK;
}

static enum ak_status try_fork(struct ak_ctx *ctx)
{
    (void)!say_three(ctx);
    if (fork() == 0)
        _exit(0);
    return say(ctx, "forked", 1);
}

static enum ak_status try_exec(struct ak_ctx *ctx)
{
    char *const argv[] = { (char *)(uintptr_t) "true", NULL };
    (void)!say_three(ctx);
    execv("/bin/true", argv);
    return say(ctx, "exec came back", 1);
}

static enum ak_status try_unlink(struct ak_ctx *ctx)
{
    (void)!say_three(ctx);
    unlink("/tmp/akashi-hostile");
    return say(ctx, "unlink came back", 1);
}

static enum ak_status try_code(struct ak_ctx *ctx)
{
    (void)!say_three(ctx);
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return say(ctx, at != MAP_FAILED ? "code" : "no code", 1);
}

static long number_of(struct ak_ctx *ctx)
{
    struct ak_str s = ak_str_bytes(ctx->item->bytes);
    size_t i = MAGIC_N;
    while (i < s.n && s.at[i] != ' ' && s.at[i] != '\n')
        i++;
    return i < s.n ? strtol(s.at + i, NULL, 10) : 0;
}

static enum ak_status try_tgkill(struct ak_ctx *ctx)
{
    long pid = number_of(ctx);
    (void)!say_three(ctx);
    return syscall(SYS_tgkill, pid, pid, SIGTERM) == 0 ? say(ctx, "signalled", 1) : AK_OK;
}

/* ---- lies ---- */

static struct ak_worker *worker_of(struct ak_ctx *ctx) { return ctx->sink->self; }

static enum ak_status send_frame(struct ak_ctx *ctx, int kind, const struct ak_buf *b, int fd)
{
    struct ak_worker *w = worker_of(ctx);
    return ak_wire_send(&w->wire, (enum ak_frame_kind)kind, (struct ak_bytes){ b->at, b->n }, fd);
}

/* Bytes that are no batch, then a friendly end. */
static enum ak_status lie_batch(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "AKB1 and nothing that belongs behind it, for quite a while");
    return send_frame(ctx, AK_FRAME_BATCH, &b, -1);
}

/* A batch whose head names other times than its events have. */
static enum ak_status lie_times(struct ak_ctx *ctx)
{
    struct ak_batch *batch = ak_batch_new();
    struct ak_value value = ak_val_str(AK_STR("misplaced"));
    struct ak_buf b = { 0 };
    struct ak_event e = { .shape = &SHAPE,
                          .when = ak_stamp_unix(1700000000, 0, AK_PREC_S),
                          .values = &value };
    if (ak_batch_add(batch, &e) != AK_OK || ak_batch_finish(batch, &b) != AK_OK)
        return AK_ERR_NOMEM;
    memset(b.at + 8, 0x11, 16); /* first and last */
    return send_frame(ctx, AK_FRAME_BATCH, &b, -1);
}

static enum ak_status lie_kind(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "?");
    return send_frame(ctx, 200, &b, -1);
}

static enum ak_status lie_length(struct ak_ctx *ctx)
{
    static const uint8_t HEADER[] = { 0xFF, 0xFF, 0xFF, 0xFF, AK_FRAME_BATCH, 0 };
    return write(worker_of(ctx)->wire.fd, HEADER, sizeof(HEADER)) == sizeof(HEADER) ? AK_OK
                                                                                    : AK_ERR_IO;
}

/* A hit of a rule that there is not, beside an ordinary batch. */
static enum ak_status lie_hits(struct ak_ctx *ctx)
{
    struct ak_hits *hits = ak_hits_new();
    struct ak_buf b = { 0 };
    if (!hits || ak_hits_begin(hits, 0, 1000000) != AK_OK || ak_hits_finish(hits, &b) != AK_OK)
        return AK_ERR_NOMEM;
    enum ak_status st = send_frame(ctx, AK_FRAME_HITS, &b, -1);
    return st == AK_OK ? say_three(ctx) : st;
}

/* Events of a class that there is not. */
static enum ak_status lie_seen(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    static const uint8_t CLASSES[] = { 0xFF, 0xFF, 0x03, 1 };
    struct ak_wire_seen seen = { .n_events = 1000, .classes = { CLASSES, sizeof(CLASSES) } };
    ak_wire_put_seen(&b, &seen);
    return send_frame(ctx, AK_FRAME_SEEN, &b, -1);
}

/* Rules told where nobody asked. */
static enum ak_status lie_rules(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    ak_buf_text(&b, "a rule");
    return send_frame(ctx, AK_FRAME_RULE, &b, -1);
}

/* Falls as long as its events are compared with rules. */
static enum ak_status crash_with_rules(struct ak_ctx *ctx)
{
    enum ak_status st = say_three(ctx);
    return worker_of(ctx)->compare ? crash(ctx) : st;
}

/* A descriptor announced that does not come. */
static enum ak_status lie_descriptor(struct ak_ctx *ctx)
{
    static const uint8_t HEADER[] = { 0, 0, 0, 0, AK_FRAME_CHILD, 1 };
    return write(worker_of(ctx)->wire.fd, HEADER, sizeof(HEADER)) == sizeof(HEADER) ? AK_OK
                                                                                    : AK_ERR_IO;
}

static enum ak_status lie_child(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    struct ak_wire_child c = { .ordinal = 7, .path = AK_STR("seventh"), .size = 1 };
    ak_wire_put_child(&b, &c);
    return send_frame(ctx, AK_FRAME_CHILD, &b, worker_of(ctx)->item_fd);
}

static enum ak_status lie_done(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    ak_buf_u8(&b, 0);
    return send_frame(ctx, AK_FRAME_DONE, &b, -1);
}

/* Questions without end, and no ear for the answers. */
static enum ak_status lie_spools(struct ak_ctx *ctx)
{
    struct ak_buf b = { 0 };
    enum ak_status st = AK_OK;
    ak_buf_varint(&b, 1);
    for (int i = 0; i < 20000 && st == AK_OK; i++)
        st = send_frame(ctx, AK_FRAME_NEED_SPOOL, &b, -1);
    return hang(ctx);
}

/* Files beside the item that are none of its business. */
static enum ak_status ask_siblings(struct ak_ctx *ctx)
{
    static const char *const ASKED[] = { "../outside", "/etc/passwd", "..",    "",
                                         "fifo",       "link",        "beside" };
    struct ak_worker *w = worker_of(ctx);
    enum ak_status st = AK_OK;
    char text[64];
    for (size_t i = 0; i < sizeof(ASKED) / sizeof(ASKED[0]) && st == AK_OK; i++) {
        struct ak_buf b = { 0 };
        struct ak_frame answer;
        ak_wire_put_str(&b, ak_str_of(ASKED[i]));
        st = send_frame(ctx, AK_FRAME_NEED_SIBLING, &b, -1);
        if (st == AK_OK)
            st = ak_wire_wait(&w->wire, &answer);
        if (st != AK_OK)
            return st;
        snprintf(text, sizeof(text), "%s: %s", ASKED[i], answer.fd >= 0 ? "granted" : "refused");
        st = say(ctx, text, 1700000000 + (int64_t)i);
    }
    return st;
}

static enum ak_status flood(struct ak_ctx *ctx)
{
    for (uint64_t i = 0; i < FLOOD; i++)
        ctx->sink->damage(ctx->sink->self, i, "a flood of damage");
    return say_three(ctx);
}

/* ---- the table ---- */

static const struct trick {
    const char *name;
    enum ak_status (*play)(struct ak_ctx *ctx);
} TRICKS[] = {
    { "crash", crash },
    { "abort", give_up },
    { "hang", hang },
    { "memory", swallow },
    { "open", try_open },
    { "socket", try_socket },
    { "fork", try_fork },
    { "exec", try_exec },
    { "unlink", try_unlink },
    { "code", try_code },
    { "tgkill", try_tgkill },
    { "lie.batch", lie_batch },
    { "lie.times", lie_times },
    { "lie.kind", lie_kind },
    { "lie.length", lie_length },
    { "lie.child", lie_child },
    { "lie.done", lie_done },
    { "lie.descriptor", lie_descriptor },
    { "lie.hits", lie_hits },
    { "lie.seen", lie_seen },
    { "lie.rules", lie_rules },
    { "rules", crash_with_rules },
    { "lie.spools", lie_spools },
    { "siblings", ask_siblings },
    { "flood", flood },
};

static const struct trick *trick_of(struct ak_bytes head)
{
    struct ak_str s = ak_str_bytes(head);
    for (size_t i = 0; i < sizeof(TRICKS) / sizeof(TRICKS[0]); i++) {
        size_t n = strlen(TRICKS[i].name);
        if (s.n > MAGIC_N + n && ak_str_starts(s, AK_STR(MAGIC)) &&
            memcmp(s.at + MAGIC_N, TRICKS[i].name, n) == 0 &&
            (s.at[MAGIC_N + n] == '\n' || s.at[MAGIC_N + n] == ' '))
            return &TRICKS[i];
    }
    return NULL;
}

static enum ak_bid probe(const struct ak_probe *p)
{
    return trick_of(p->head) ? AK_BID_SURE : AK_BID_NO;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    const struct trick *trick = trick_of(ctx->item->bytes);
    return trick ? trick->play(ctx) : AK_ERR_UNSUPPORTED;
}

static const struct ak_artefact HOSTILE = {
    .name = "test.hostile",
    .title_en = "Tests: parsers that misbehave",
    .title_ja = "テスト用：不正な動作をする解析器",
    .spec = "tests/support/hostile_artefacts.c",
    .max_size = 1 << 20,
    .probe = probe,
    .parse = parse,
};

extern const struct ak_artefact ak_linux_syslog;

const struct ak_artefact *const ak_artefacts[] = { &HOSTILE, &ak_linux_syslog, NULL };
