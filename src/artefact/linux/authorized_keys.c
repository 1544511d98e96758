/* authorized_keys.c - which SSH keys may log in (~/.ssh/authorized_keys).
 *
 *   [options ]type base64 [comment]
 *
 * These are states: no line has a time.  A key that an attacker added stays
 * when passwords are changed.
 *
 * Facts and their sources: docs/formats/linux.accounts.md */
#include "artefact/lines.h"
#include "artefact/linux/home_user.h"
#include "base/sha256.h"

enum {
    MAX_BYTES = 16 * 1024 * 1024,
    FINGERPRINT_TEXT = 7 + 43
}; /* "SHA256:" and 32 bytes in base64 */

enum { F_TYPE, F_FINGERPRINT, F_COMMENT, F_OPTIONS, F_USER, N_FIELDS };

static const struct ak_str NAMES[N_FIELDS] = {
    [F_TYPE] = AK_STR_INIT("ssh.key.type"),
    [F_FINGERPRINT] =
        AK_STR_INIT("ssh.key.fingerprint"), /* as sshd logs it and ssh-keygen -l shows it */
    [F_COMMENT] = AK_STR_INIT("ssh.key.comment"),
    [F_OPTIONS] = AK_STR_INIT("ssh.key.options"),
    [F_USER] = AK_STR_INIT("user.name"),
};
static const struct ak_shape KEY = { AK_STR_INIT("linux:ssh:authorized_key"),
                                     AK_STR_INIT("Not a time"), NAMES, N_FIELDS };

static const char *const TYPES[] = { "ssh-rsa",  "ssh-ed25519", "ssh-dss",      "ecdsa-sha2-*",
                                     "sk-ssh-*", "sk-ecdsa-*",  "ssh-*-cert-*", "rsa-sha2-*" };

static bool is_type(struct ak_str w)
{
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (ak_glob(TYPES[i], w))
            return true;
    return false;
}

/* The first blank outside of quotes. */
static struct ak_str cut_quoted(struct ak_str *rest)
{
    bool quoted = false;
    size_t n = 0;
    for (; n < rest->n && (quoted || (rest->at[n] != ' ' && rest->at[n] != '\t')); n++) {
        if (rest->at[n] == '\\' && n + 1 < rest->n)
            n++;
        else if (rest->at[n] == '"')
            quoted = !quoted;
    }
    n = n < rest->n ? n : rest->n;
    struct ak_str w = { rest->at, n };
    *rest = ak_trim_left(ak_skip(*rest, n));
    return w;
}

/* A line taken apart. */
struct key {
    struct ak_str options, type, blob, comment;
};

/* All key blobs begin with a length of their type's name: base64 "AAAA". */
static bool split_key(struct ak_str line, struct key *key)
{
    struct ak_str rest = line, first = cut_quoted(&rest);
    *key = (struct key){ .type = first };
    if (!is_type(first)) {
        key->options = first;
        key->type = cut_quoted(&rest);
    }
    key->blob = cut_quoted(&rest);
    key->comment = ak_trim(rest);
    return is_type(key->type) && ak_str_starts(key->blob, AK_STR("AAAA"));
}

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* `text` decoded to `to`, which holds text.n bytes; 0 when it is no base64. */
static size_t from_base64(struct ak_str text, uint8_t *to)
{
    uint32_t bits = 0;
    size_t n = 0;
    while (text.n && text.at[text.n - 1] == '=')
        text.n--;
    for (size_t i = 0; i < text.n; i++) {
        const char *digit = memchr(BASE64, text.at[i], 64);
        if (!digit)
            return 0;
        bits = bits << 6 | (uint32_t)(digit - BASE64);
        if (i % 4)
            to[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return n;
}

/* "SHA256:" and the digest of the decoded key in base64 without padding; empty
 * when the key is no base64 or the arena's budget is spent. */
static struct ak_str fingerprint(struct ak_arena *arena, struct ak_str blob)
{
    uint8_t digest[AK_SHA256_BYTES + 1] = { 0 };
    uint8_t *key = AK_NEW_N(arena, uint8_t, blob.n + 1);
    char *text = AK_NEW_N(arena, char, FINGERPRINT_TEXT);
    size_t n = key ? from_base64(blob, key) : 0;
    if (!text || !n)
        return AK_STR("");
    ak_sha256((struct ak_bytes){ key, n }, digest);
    memcpy(text, "SHA256:", 7);
    for (size_t i = 0; i < FINGERPRINT_TEXT - 7; i++) {
        size_t byte = i * 6 / 8;
        unsigned pair = (unsigned)digest[byte] << 8 | digest[byte + 1];
        text[7 + i] = BASE64[pair >> (10 - i * 6 % 8) & 63];
    }
    return (struct ak_str){ text, FINGERPRINT_TEXT };
}

static enum ak_bid probe(const struct ak_probe *p)
{
    struct ak_lines lines = { .in = p->head };
    struct ak_line line;
    struct key key;
    while (ak_lines_next(&lines, &line)) {
        struct ak_str text = ak_trim(line.raw);
        if (!text.n || text.at[0] == '#')
            continue;
        if (!split_key(text, &key))
            return AK_BID_NO;
        return ak_glob("authorized_keys*", ak_str_basename(p->path)) ? AK_BID_MAGIC : AK_BID_WEAK;
    }
    return AK_BID_NO;
}

static enum ak_status parse(struct ak_ctx *ctx)
{
    struct ak_lines lines = ak_lines_open(ctx->item);
    struct ak_line line;
    while (ak_lines_take(ctx, &lines, &line)) {
        struct key key;
        struct ak_str text = ak_trim(line.raw);
        if (!text.n || text.at[0] == '#')
            continue;
        uint64_t where = ctx->item->origin + line.at;
        struct ak_arena_mark mark = ak_arena_mark(ctx->arena);
        if (!split_key(ak_line_utf8(ctx, text), &key))
            (void)ak_damage(ctx, where, "a line that is no key");
        struct ak_value values[N_FIELDS] = {
            [F_TYPE] = ak_val_str(key.type),
            [F_FINGERPRINT] = ak_val_str(fingerprint(ctx->arena, key.blob)),
            [F_COMMENT] = ak_val_str(key.comment),
            [F_OPTIONS] = ak_val_str(key.options),
            [F_USER] = ak_val_str(ak_home_user(ctx->item->path)),
        };
        enum ak_status st = ak_emit(
            ctx, &(struct ak_event){
                     .shape = &KEY, .offset = where, .length = line.raw.n, .values = values });
        ak_arena_rewind(ctx->arena, mark);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

const struct ak_artefact ak_linux_authorized_keys = {
    .name = "linux.authorized_keys",
    .title_en = "SSH keys that may log in (authorized_keys)",
    .title_ja = "ログインを許可されたSSH鍵（authorized_keys）",
    .spec = "docs/formats/linux.accounts.md",
    .max_size = MAX_BYTES,
    .probe = probe,
    .parse = parse,
};
