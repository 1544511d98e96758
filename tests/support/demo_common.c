/* demo_common.c - see demo.h: times, chance, lines, and contents of files. */
#include "tests/support/demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

int64_t demo_jst(int day, int hour, int minute, int second)
{
    const int64_t january = 1767225600; /* 2026-01-01T00:00:00Z */
    return january + (int64_t)(day - 1) * 86400 + (hour - 9) * 3600 + minute * 60 + second;
}

/* splitmix64 */
uint64_t demo_random(struct demo_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

unsigned demo_below(struct demo_rng *rng, unsigned n) { return (unsigned)(demo_random(rng) % n); }

/* ---- lines ---- */

__attribute__((format(printf, 3, 0))) static void push(struct demo_log *log, struct demo_line line,
                                                       const char *fmt, va_list args)
{
    char text[2048];
    vsnprintf(text, sizeof(text), fmt, args);
    if (log->n == log->cap) {
        log->cap = log->cap ? log->cap * 2 : 1024;
        log->lines = realloc(log->lines, log->cap * sizeof(*log->lines));
    }
    line.text = strdup(text);
    if (!log->lines || !line.text)
        abort();
    line.order = log->n;
    log->lines[log->n++] = line;
}

void demo_add(struct demo_log *log, int64_t at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    push(log, (struct demo_line){ .at = at }, fmt, args);
    va_end(args);
}

static bool is_auth(const char *program)
{
    static const char *const PROGRAMS[] = { "sshd",     "sudo",           "CRON", "passwd",
                                            "chpasswd", "systemd-logind", "su" };
    for (size_t i = 0; i < sizeof(PROGRAMS) / sizeof(PROGRAMS[0]); i++)
        if (strcmp(program, PROGRAMS[i]) == 0)
            return true;
    return false;
}

void demo_say(struct demo_log *log, int64_t at, const char *program, uint32_t pid, const char *fmt,
              ...)
{
    va_list args;
    va_start(args, fmt);
    push(log,
         (struct demo_line){ .at = at, .program = program, .pid = pid, .auth = is_auth(program) },
         fmt, args);
    va_end(args);
}

static int by_time(const void *va, const void *vb)
{
    const struct demo_line *a = va, *b = vb;
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : a->order < b->order ? -1 : 1;
}

void demo_sort(struct demo_log *log)
{
    if (log->n)
        qsort(log->lines, log->n, sizeof(*log->lines), by_time);
}

void demo_log_free(struct demo_log *log)
{
    for (size_t i = 0; i < log->n; i++)
        free(log->lines[i].text);
    free(log->lines);
    *log = (struct demo_log){ 0 };
}

/* ---- customers, none of whom exists ---- */

static const char *const SURNAMES[][3] = {
    { "佐藤", "サトウ", "sato" },        { "鈴木", "スズキ", "suzuki" },
    { "高橋", "タカハシ", "takahashi" }, { "田中", "タナカ", "tanaka" },
    { "伊藤", "イトウ", "ito" },         { "渡辺", "ワタナベ", "watanabe" },
    { "山本", "ヤマモト", "yamamoto" },  { "中村", "ナカムラ", "nakamura" },
    { "小林", "コバヤシ", "kobayashi" }, { "加藤", "カトウ", "kato" },
    { "吉田", "ヨシダ", "yoshida" },     { "山田", "ヤマダ", "yamada" },
    { "佐々木", "ササキ", "sasaki" },    { "山口", "ヤマグチ", "yamaguchi" },
    { "松本", "マツモト", "matsumoto" }, { "井上", "イノウエ", "inoue" },
    { "木村", "キムラ", "kimura" },      { "林", "ハヤシ", "hayashi" },
    { "斎藤", "サイトウ", "saito" },     { "清水", "シミズ", "shimizu" },
};
static const char *const GIVEN[][3] = {
    { "一郎", "イチロウ", "ichiro" },  { "花子", "ハナコ", "hanako" },
    { "健太", "ケンタ", "kenta" },     { "美咲", "ミサキ", "misaki" },
    { "大輔", "ダイスケ", "daisuke" }, { "陽子", "ヨウコ", "yoko" },
    { "翔", "ショウ", "sho" },         { "恵", "メグミ", "megumi" },
    { "誠", "マコト", "makoto" },      { "由美", "ユミ", "yumi" },
    { "拓也", "タクヤ", "takuya" },    { "愛", "アイ", "ai" },
};

void demo_customers(struct ak_buf *out, unsigned n)
{
    static const char *const TOWNS[] = { "北町", "南町", "本町", "港町", "緑町", "桜町" };
    struct demo_rng rng = { 20260129 };
    ak_buf_text(out,
                "会員番号,氏名,フリガナ,性別,生年月日,郵便番号,住所,電話番号,メールアドレス\r\n");
    for (unsigned i = 0; i < n; i++) {
        const char *const *s = SURNAMES[demo_below(&rng, 20)];
        unsigned g = demo_below(&rng, 12), r[9];
        static const unsigned LIMITS[9] = { 60, 12, 28, 10000, 6, 9, 30, 20, 10000 };
        for (size_t k = 0; k < 9; k++)
            r[k] = demo_below(&rng, LIMITS[k]);
        ak_buf_printf(out, "A%06u,%s %s,%s %s,%s,%u-%02u-%02u,000-%04u,", 100001 + i, s[0],
                      GIVEN[g][0], s[1], GIVEN[g][1], g % 2 ? "女" : "男", 1945 + r[0], 1 + r[1],
                      1 + r[2], r[3]);
        ak_buf_printf(out, "架空県見本市%s%u-%u-%u,090-0000-%04u,%s.%s%u@example.jp\r\n",
                      TOWNS[r[4]], 1 + r[5], 1 + r[6], 1 + r[7], r[8], s[2], GIVEN[g][2], i);
    }
}

void demo_noise(struct ak_buf *out, uint64_t seed, size_t n)
{
    struct demo_rng rng = { seed };
    while (n) {
        uint64_t v = demo_random(&rng);
        size_t step = n < 8 ? n : 8;
        for (size_t i = 0; i < step; i++)
            ak_buf_u8(out, (uint8_t)(v >> (8 * i)));
        n -= step;
    }
}

/* ---- gzip and tar ---- */

void demo_gzip(struct ak_buf *out, struct ak_bytes in, int64_t mtime)
{
    z_stream z = { 0 };
    gz_header header = { .time = (uLong)mtime, .os = 3 };
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflateSetHeader(&z, &header) != Z_OK)
        abort();
    uLong most = deflateBound(&z, (uLong)in.n) + 64;
    uint8_t *to = ak_buf_room(out, most);
    if (!to)
        abort();
    z.next_in = (Bytef *)(uintptr_t)in.at;
    z.avail_in = (uInt)in.n;
    z.next_out = to;
    z.avail_out = (uInt)most;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    ak_buf_wrote(out, most - z.avail_out);
    deflateEnd(&z);
}

/* POSIX ustar */
void demo_tar_file(struct ak_buf *out, const char *name, struct ak_bytes content, int64_t mtime)
{
    static const uint8_t ZERO[512];
    char h[512] = { 0 };
    unsigned sum = 0;
    snprintf(h, 100, "%s", name);
    memcpy(h + 100, "0000640", 8);
    memcpy(h + 108, "0000000", 8);
    memcpy(h + 116, "0000000", 8);
    snprintf(h + 124, 12, "%011llo", (unsigned long long)content.n);
    snprintf(h + 136, 12, "%011llo", (unsigned long long)mtime);
    memset(h + 148, ' ', 8);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    memcpy(h + 265, "root", 4);
    memcpy(h + 297, "root", 4);
    for (size_t i = 0; i < sizeof(h); i++)
        sum += (uint8_t)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    ak_buf_put(out, h, sizeof(h));
    ak_buf_put(out, content.at, content.n);
    ak_buf_put(out, ZERO, (512 - content.n % 512) % 512);
}

void demo_tar_end(struct ak_buf *out)
{
    static const uint8_t ZERO[1024];
    ak_buf_put(out, ZERO, sizeof(ZERO));
}

/* ---- files on our own disk ---- */

bool demo_save(const char *path, struct ak_bytes bytes)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(bytes.at, 1, bytes.n, f) == bytes.n;
    return f && fclose(f) == 0 && ok;
}

bool demo_load(const char *path, struct ak_buf *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t *room;
    size_t n = 0;
    while (f && (room = ak_buf_room(out, 1 << 20)) && (n = fread(room, 1, 1 << 20, f)) > 0)
        ak_buf_wrote(out, n);
    bool ok = f && !ferror(f) && !out->failed;
    if (f)
        fclose(f);
    return ok;
}
