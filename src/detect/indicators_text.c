/* indicators_text.c - what in a free text could be an indicator.
 *
 * The text is gone over once.  Its words (letters, digits, '.', '-', '_') are
 * looked up as hash, address, domain, file's name; a word with "://" behind it
 * begins a URL, a slash or a drive a path, the name of a hive a key.  Each of
 * those runs has a longest length, so that no text costs more than its length
 * times a constant. */
#include "detect/indicators_look.h"

#include "detect/indicators_normal.h"

enum { URL_MAX = 2048, PATH_MAX_BYTES = 1024, V6_MAX = 45 };

enum {
    C_WORD = 1 << 0, /* of a word */
    C_HEX = 1 << 1,
    C_DIGIT = 1 << 2,
    C_DOT = 1 << 3,
    C_URL = 1 << 4,  /* may stand in a URL */
    C_PATH = 1 << 5, /* may stand in a path without quotes */
    C_SLASH = 1 << 6,
};

static unsigned class_of(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return C_WORD | C_HEX | C_DIGIT | C_URL | C_PATH;
    if (c >= 'a' && c <= 'z')
        return C_WORD | C_URL | C_PATH | (c <= 'f' ? C_HEX : 0);
    if (c >= 0x80)
        return C_WORD | C_URL | C_PATH;
    switch (c) {
    case '.':
        return C_WORD | C_DOT | C_URL | C_PATH;
    case '-':
    case '_':
        return C_WORD | C_URL | C_PATH;
    case '/':
        return C_SLASH | C_URL | C_PATH;
    case '\\':
        return C_SLASH | C_PATH;
    case ' ':
    case '"':
    case '\'':
    case '<':
    case '>':
    case '`':
    case '|':
    case '^':
        return 0;
    case '*':
    case '?':
    case ';':
    case ',':
        return C_URL;
    default:
        return c > ' ' ? C_URL | C_PATH : 0;
    }
}

static struct ak_str part(struct ak_str s, size_t from, size_t to)
{
    return (struct ak_str){ s.at + from, to - from };
}

static unsigned char at(struct ak_str s, size_t i) { return i < s.n ? (unsigned char)s.at[i] : 0; }

/* From i on as long as the class holds, at most `max` bytes. */
static size_t run(struct ak_str s, size_t i, unsigned class, size_t max)
{
    size_t end = s.n - i > max ? i + max : s.n;
    while (i < end && (class_of((unsigned char)s.at[i]) & class))
        i++;
    return i;
}

/* Without the marks that end a sentence or close a bracket. */
static struct ak_str without_tail(struct ak_str s)
{
    while (s.n && strchr(".,;:!)]}", s.at[s.n - 1]) && s.at[s.n - 1])
        s.n--;
    return s;
}

/* The end of a path that begins at i: its closing quote, or what no path without
 * quotes holds. */
static size_t path_end(struct ak_str s, size_t i)
{
    char before = i > 0 ? s.at[i - 1] : 0;
    if (before == '"' || before == '\'') {
        size_t max = s.n - i > PATH_MAX_BYTES ? PATH_MAX_BYTES : s.n - i;
        const char *quote = memchr(s.at + i, before, max);
        if (quote)
            return (size_t)(quote - s.at);
    }
    return run(s, i, C_PATH, PATH_MAX_BYTES);
}

static void take_path(struct ak_indicators_look *l, struct ak_str s, size_t i)
{
    const size_t *n = l->set->n_of;
    if (n[AK_INDICATOR_FILE_PATH] + n[AK_INDICATOR_PATH_END] + n[AK_INDICATOR_FILE_NAME])
        ak_look_path(l, without_tail(part(s, i, path_end(s, i))));
}

static bool begins_path(struct ak_str s, size_t i)
{
    unsigned char before = i > 0 ? (unsigned char)s.at[i - 1] : ' ';
    return (class_of(at(s, i)) & C_SLASH) && (before <= ' ' || strchr("\"'=(,;:", before)) &&
           i + 1 < s.n;
}

static bool is_hive(struct ak_str word)
{
    return ak_str_eq(word, AK_STR("hklm")) || ak_str_eq(word, AK_STR("hkcu")) ||
           ak_str_eq(word, AK_STR("hku")) || ak_str_eq(word, AK_STR("hkcr")) ||
           ak_str_starts(word, AK_STR("hkey_"));
}

/* What the word at [i, j) begins, going by what stands behind it. */
static void take_beginning(struct ak_indicators_look *l, struct ak_str s, size_t i, size_t j)
{
    unsigned char next = at(s, j), after = at(s, j + 1);
    bool slash = class_of(after) & C_SLASH;
    if (next == ':' && after == '/' && at(s, j + 2) == '/')
        ak_look_url(l, without_tail(part(s, i, run(s, i, C_URL, URL_MAX))));
    else if (next == ':' && j - i == 1 && slash)
        take_path(l, s, i);
    else if ((next == '\\' || (next == ':' && slash)) && is_hive(part(s, i, j)))
        ak_look_registry(l, without_tail(part(s, i, path_end(s, i))));
    else if (next == '@' && l->set->n_of[AK_INDICATOR_EMAIL])
        ak_look_try(l, AK_INDICATOR_EMAIL, without_tail(part(s, i, run(s, j + 1, C_WORD, 255))));
}

/* An IPv6 address at i? */
static void take_v6(struct ak_indicators_look *l, struct ak_str s, size_t i)
{
    size_t j = i, n_colons = 0;
    for (; j < s.n && j - i < V6_MAX; j++) {
        if (s.at[j] == ':')
            n_colons++;
        else if (!(class_of((unsigned char)s.at[j]) & (C_HEX | C_DOT)))
            break;
    }
    if (n_colons >= 2)
        ak_look_address(l, without_tail(part(s, i, j)));
}

static void take_word(struct ak_indicators_look *l, struct ak_str word, unsigned all, bool named)
{
    uint8_t hash[32];
    size_t n = word.n == 32 || word.n == 40 || word.n == 64 ? word.n : 0;
    if (n && (all & C_HEX) && ak_indicator_hash(word, hash))
        ak_look_hash(l, (struct ak_bytes){ hash, n / 2 });
    bool dot = word.n && memchr(word.at, '.', word.n) != NULL;
    if (dot || named)
        ak_look_try(l, AK_INDICATOR_FILE_NAME, word);
    if (dot && !ak_look_address(l, word))
        ak_look_domain(l, word);
}

/* A word from i on; where it ends. */
static size_t take_from(struct ak_indicators_look *l, struct ak_str s, size_t i)
{
    size_t j = i;
    unsigned all = C_HEX;
    for (unsigned class; j < s.n && ((class = class_of((unsigned char)s.at[j])) & C_WORD); j++)
        all &= class;
    struct ak_str word = part(s, i, j);
    bool named = i > 0 && (class_of((unsigned char)s.at[i - 1]) & C_SLASH);
    if (at(s, j) == ':' && all && j - i <= 4 && at(s, j + 1) != '/' && at(s, j + 1) != '\\')
        take_v6(l, s, i);
    take_beginning(l, s, i, j);
    while (word.n && (word.at[word.n - 1] == '.' || word.at[word.n - 1] == '-'))
        word.n--;
    while (word.n && (word.at[0] == '.' || word.at[0] == '-'))
        word.at++, word.n--;
    if (word.n >= 3 && word.n <= 255)
        take_word(l, word, all, named);
    return j;
}

void ak_look_free_text(struct ak_indicators_look *l, struct ak_str s)
{
    for (size_t i = 0; i < s.n;) {
        if (class_of((unsigned char)s.at[i]) & C_WORD) {
            i = take_from(l, s, i);
            continue;
        }
        if (begins_path(s, i))
            take_path(l, s, i);
        else if (s.at[i] == ':' && at(s, i + 1) == ':')
            take_v6(l, s, i);
        i++;
    }
}
