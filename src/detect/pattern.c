/* pattern.c - see pattern.h. */
#include "detect/pattern.h"

#include "base/fold.h"
#include "base/utf.h"

/* ---- reading ---- */

/* Pieces under way.  At most one piece a character of the text, so both arrays
 * are had at once. */
struct building {
    struct ak_piece *pieces;
    size_t n;
    char *text; /* of the literals, one behind the other */
    size_t used, piece_at;
};

static void end_text(struct building *b)
{
    if (b->used > b->piece_at)
        b->pieces[b->n++] =
            (struct ak_piece){ AK_PIECE_TEXT, { b->text + b->piece_at, b->used - b->piece_at } };
    b->piece_at = b->used;
}

/* "**" says no more than "*". */
static void add_wildcard(struct building *b, enum ak_piece_kind kind)
{
    end_text(b);
    if (kind == AK_PIECE_MANY && b->n && b->pieces[b->n - 1].kind == AK_PIECE_MANY)
        return;
    b->pieces[b->n++] = (struct ak_piece){ .kind = kind };
}

static bool is_special(char c) { return c == '*' || c == '?' || c == '\\'; }

/* Folding may lengthen a text by half; the literals are folded where they lie. */
static enum ak_status fold_pieces(struct ak_arena *arena, struct building *b)
{
    char *to = AK_NEW_N(arena, char, b->used * 3 / 2 + 4);
    if (!to)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < b->n; i++) {
        size_t n = ak_fold(to, b->pieces[i].text);
        b->pieces[i].text.at = to;
        b->pieces[i].text.n = n;
        to += n;
    }
    return AK_OK;
}

static enum ak_status finish(struct ak_arena *arena, struct building *b, bool cased,
                             struct ak_pattern *out)
{
    end_text(b);
    if (!cased && fold_pieces(arena, b) != AK_OK)
        return AK_ERR_LIMIT;
    *out = (struct ak_pattern){ b->pieces, b->n, cased };
    return AK_OK;
}

static size_t count_wildcards(struct ak_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.at[i] == '*' || text.at[i] == '?';
    return n;
}

enum ak_status ak_pattern_read(struct ak_arena *arena, struct ak_str text, bool cased,
                               struct ak_pattern *out)
{
    struct building b = { AK_NEW_N(arena, struct ak_piece, 2 * count_wildcards(text) + 1), 0,
                          AK_NEW_N(arena, char, text.n + 1), 0, 0 };
    if (!b.pieces || !b.text)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] == '*' || text.at[i] == '?') {
            add_wildcard(&b, text.at[i] == '*' ? AK_PIECE_MANY : AK_PIECE_ONE);
            continue;
        }
        if (text.at[i] == '\\' && i + 1 < text.n && is_special(text.at[i + 1]))
            i++;
        b.text[b.used++] = text.at[i];
    }
    return finish(arena, &b, cased, out);
}

enum ak_status ak_pattern_plain(struct ak_arena *arena, struct ak_str text, bool cased,
                                struct ak_pattern *out)
{
    struct building b = { AK_NEW_N(arena, struct ak_piece, 1), 0, AK_NEW_N(arena, char, text.n + 1),
                          0, 0 };
    if (!b.pieces || !b.text)
        return AK_ERR_LIMIT;
    if (text.n)
        memcpy(b.text, text.at, text.n);
    b.used = text.n;
    return finish(arena, &b, cased, out);
}

enum ak_status ak_pattern_open(struct ak_arena *arena, const struct ak_pattern *in, bool open_start,
                               bool open_end, struct ak_pattern *out)
{
    struct ak_piece *pieces = AK_NEW_N(arena, struct ak_piece, in->n + 2);
    if (!pieces)
        return AK_ERR_LIMIT;
    size_t n = 0;
    if (open_start && !(in->n && in->pieces[0].kind == AK_PIECE_MANY))
        pieces[n++].kind = AK_PIECE_MANY;
    for (size_t i = 0; i < in->n; i++)
        pieces[n++] = in->pieces[i];
    if (open_end && !(n && pieces[n - 1].kind == AK_PIECE_MANY))
        pieces[n++].kind = AK_PIECE_MANY;
    *out = (struct ak_pattern){ pieces, n, in->cased };
    return AK_OK;
}

enum ak_status ak_pattern_copy(struct ak_arena *arena, const struct ak_pattern *in, bool cased,
                               struct ak_pattern *out)
{
    size_t size = 0;
    for (size_t i = 0; i < in->n; i++)
        size += in->pieces[i].text.n;
    struct ak_piece *pieces = AK_NEW_N(arena, struct ak_piece, in->n + 1);
    char *text = AK_NEW_N(arena, char, cased ? size + 1 : size * 3 / 2 + 4);
    if (!pieces || !text)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < in->n; i++) {
        struct ak_str from = in->pieces[i].text;
        size_t n = cased ? from.n : ak_fold(text, from);
        if (cased && n)
            memcpy(text, from.at, n);
        pieces[i] = (struct ak_piece){ in->pieces[i].kind, { text, n } };
        text += n;
    }
    *out = (struct ak_pattern){ pieces, in->n, cased };
    return AK_OK;
}

/* ---- matching ---- */

/* Bytes that TEXT and ONE pieces from `i` on take at the start of `text`; false
 * when they do not fit there.  Stops before the next MANY; *out_next is its place. */
static bool fits(const struct ak_pattern *p, size_t i, struct ak_str text, size_t *out_next,
                 size_t *out_taken)
{
    size_t at = 0;
    for (; i < p->n && p->pieces[i].kind != AK_PIECE_MANY; i++) {
        struct ak_str want = p->pieces[i].text;
        if (p->pieces[i].kind == AK_PIECE_ONE) {
            if (at == text.n)
                return false;
            ak_utf8_next(text, &at);
            continue;
        }
        if (want.n > text.n - at || memcmp(text.at + at, want.at, want.n) != 0)
            return false;
        at += want.n;
    }
    *out_next = i;
    *out_taken = at;
    return true;
}

static struct ak_str behind(struct ak_str text, size_t n)
{
    return (struct ak_str){ text.at + n, text.n - n };
}

/* Where the pieces from `i` on could begin next: where their first text is.
 * text.n + 1 when nowhere. */
static size_t candidate(const struct ak_pattern *p, size_t i, struct ak_str text, size_t from)
{
    if (p->pieces[i].kind != AK_PIECE_TEXT)
        return from;
    struct ak_str want = p->pieces[i].text;
    const char *hit = memmem(text.at + from, text.n - from, want.at, want.n);
    return hit ? (size_t)(hit - text.at) : text.n + 1;
}

/* The first place where the run of pieces from *i on fits anywhere in the text;
 * the text behind it and the place of the next MANY.  The first is the best: what
 * is left behind it is the longest. */
static bool find_run(const struct ak_pattern *p, size_t *i, struct ak_str *text)
{
    for (size_t from = 0; from <= text->n;) {
        from = candidate(p, *i, *text, from);
        size_t next, taken;
        if (from > text->n)
            return false;
        if (fits(p, *i, behind(*text, from), &next, &taken)) {
            *i = next;
            *text = behind(*text, from + taken);
            return true;
        }
        if (from == text->n)
            return false;
        ak_utf8_next(*text, &from);
    }
    return false;
}

/* The last run must end where the text ends: it is compared from behind. */
static bool ends_with(const struct ak_pattern *p, size_t i, struct ak_str text)
{
    for (size_t k = p->n; k > i; k--) {
        struct ak_str want = p->pieces[k - 1].text;
        if (p->pieces[k - 1].kind == AK_PIECE_TEXT) {
            if (!ak_str_ends(text, want))
                return false;
            text.n -= want.n;
            continue;
        }
        if (text.n == 0)
            return false;
        size_t back = 1; /* to the first byte of the character before */
        while (back < 4 && back < text.n && (text.at[text.n - back] & 0xC0) == 0x80)
            back++;
        size_t at = text.n - back;
        ak_utf8_next(text, &at);
        text.n -= at == text.n ? back : 1;
    }
    return true;
}

static bool has_many(const struct ak_pattern *p, size_t i)
{
    for (; i < p->n; i++)
        if (p->pieces[i].kind == AK_PIECE_MANY)
            return true;
    return false;
}

bool ak_pattern_match(const struct ak_pattern *p, struct ak_str text)
{
    if (text.n == 0)
        text.at = "";
    size_t i, taken;
    if (!fits(p, 0, text, &i, &taken))
        return false;
    if (i == p->n)
        return taken == text.n;
    text = behind(text, taken);
    for (;;) {
        i++; /* behind a MANY */
        if (i == p->n)
            return true;
        if (!has_many(p, i))
            return ends_with(p, i, text);
        if (!find_run(p, &i, &text))
            return false;
    }
}

struct ak_str ak_pattern_literal(const struct ak_pattern *p)
{
    struct ak_str best = { "", 0 };
    for (size_t i = 0; i < p->n; i++)
        if (p->pieces[i].kind == AK_PIECE_TEXT && p->pieces[i].text.n > best.n)
            best = p->pieces[i].text;
    return best;
}
