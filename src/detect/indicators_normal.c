/* indicators_normal.c - see indicators_normal.h. */
#include "detect/indicators_normal.h"

#include <arpa/inet.h>

struct ak_str ak_str_trim(struct ak_str s)
{
    while (s.n && (unsigned char)s.at[0] <= ' ')
        s.at++, s.n--;
    while (s.n && (unsigned char)s.at[s.n - 1] <= ' ')
        s.n--;
    return s;
}

static struct ak_str behind(struct ak_str s, size_t n)
{
    return (struct ak_str){ s.at + n, s.n - n };
}

/* Take the prefix away when it is there. */
static bool drop(struct ak_str *s, const char *prefix)
{
    struct ak_str p = ak_str_of(prefix);
    if (!ak_str_starts(*s, p))
        return false;
    *s = behind(*s, p.n);
    return true;
}

/* ---- hashes and addresses ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

size_t ak_indicator_hash(struct ak_str text, uint8_t to[32])
{
    if (text.n != 32 && text.n != 40 && text.n != 64)
        return 0;
    for (size_t i = 0; i < text.n / 2; i++) {
        int high = hex_digit(text.at[2 * i]), low = hex_digit(text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return 0;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return text.n / 2;
}

static size_t parse_v4(struct ak_str text, uint8_t to[4])
{
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        unsigned v = 0, digits = 0;
        for (; at < text.n && text.at[at] >= '0' && text.at[at] <= '9' && digits < 4;
             at++, digits++)
            v = v * 10 + (unsigned)(text.at[at] - '0');
        if (digits == 0 || digits > 3 || v > 255)
            return 0;
        to[part] = (uint8_t)v;
        if (part < 3 && (at >= text.n || text.at[at++] != '.'))
            return 0;
    }
    return at == text.n ? 4 : 0;
}

static size_t parse_v6(struct ak_str text, uint8_t to[16])
{
    static const uint8_t MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };
    char copy[INET6_ADDRSTRLEN + 1];
    const char *zone = text.n ? memchr(text.at, '%', text.n) : NULL;
    if (zone)
        text.n = (size_t)(zone - text.at);
    if (text.n < 2 || text.n >= sizeof(copy) || memchr(text.at, 0, text.n))
        return 0;
    memcpy(copy, text.at, text.n);
    copy[text.n] = 0;
    if (inet_pton(AF_INET6, copy, to) != 1)
        return 0;
    if (memcmp(to, MAPPED, 12) != 0)
        return 16;
    memmove(to, to + 12, 4);
    return 4;
}

size_t ak_indicator_ip(struct ak_str text, uint8_t to[16])
{
    if (text.n && memchr(text.at, ':', text.n))
        return parse_v6(text, to);
    return parse_v4(text, to);
}

size_t ak_indicator_network(struct ak_str text, uint8_t to[17])
{
    const char *slash = text.n ? memchr(text.at, '/', text.n) : NULL;
    if (!slash)
        return 0;
    size_t head = (size_t)(slash - text.at), n_digits = text.n - head - 1, n;
    unsigned bits = 0;
    if (n_digits == 0 || n_digits > 3)
        return 0;
    for (size_t i = head + 1; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return 0;
        bits = bits * 10 + (unsigned)(text.at[i] - '0');
    }
    n = ak_indicator_ip((struct ak_str){ text.at, head }, to + 1);
    if (n == 0 || bits > n * 8)
        return 0;
    to[0] = (uint8_t)bits;
    for (size_t i = 0; i < n; i++) {
        unsigned kept = bits > i * 8 ? bits - (unsigned)i * 8 : 0;
        to[1 + i] &= (uint8_t)(kept >= 8 ? 0xFF : 0xFF00 >> kept);
    }
    return n + 1;
}

/* ---- domains ---- */

static bool is_label_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

bool ak_indicator_is_domain(struct ak_str s)
{
    size_t label = 0, n_dots = 0;
    bool numeric = true;
    if (s.n < 4 || s.n > 253)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '.') {
            if (label == 0 || label > 63)
                return false;
            n_dots++;
            label = 0;
            numeric = true;
            continue;
        }
        if (!is_label_byte(c))
            return false;
        numeric &= c >= '0' && c <= '9';
        label++;
    }
    return n_dots > 0 && label >= 2 && label <= 63 && !numeric;
}

/* ---- URLs ---- */

/* Behind "scheme://", or the start when there is none. */
static size_t scheme_end(struct ak_str s)
{
    size_t i = 0;
    while (i < s.n && i < 16 &&
           (is_label_byte((unsigned char)s.at[i]) || s.at[i] == '+' || s.at[i] == '.'))
        i++;
    return i > 0 && i + 3 <= s.n && memcmp(s.at + i, "://", 3) == 0 ? i + 3 : 0;
}

static size_t authority_end(struct ak_str s)
{
    size_t i = 0;
    while (i < s.n && s.at[i] != '/' && s.at[i] != '?' && s.at[i] != '#')
        i++;
    return i;
}

size_t ak_indicator_url(char *to, struct ak_str s)
{
    s = ak_str_trim(s);
    s = behind(s, scheme_end(s));
    size_t host_n = authority_end(s);
    struct ak_str host = { s.at, host_n }, rest = behind(s, host_n);
    const char *user = host.n ? memrchr(host.at, '@', host.n) : NULL;
    if (user)
        host = behind(host, (size_t)(user - host.at) + 1);
    if (ak_str_ends(host, AK_STR(":80")))
        host.n -= 3;
    else if (ak_str_ends(host, AK_STR(":443")))
        host.n -= 4;
    if (ak_str_ends(host, AK_STR(".")))
        host.n--;
    const char *fragment = rest.n ? memchr(rest.at, '#', rest.n) : NULL;
    if (fragment)
        rest.n = (size_t)(fragment - rest.at);
    if (host.n && rest.n == 1) /* a lone slash */
        rest.n = 0;
    if (host.n)
        memcpy(to, host.at, host.n);
    if (rest.n)
        memcpy(to + host.n, rest.at, rest.n);
    return host.n + rest.n;
}

struct ak_str ak_indicator_host_of(struct ak_str url)
{
    struct ak_str host = { url.at, authority_end(url) };
    if (host.n && host.at[0] == '[') {
        const char *end = memchr(host.at, ']', host.n);
        return end ? (struct ak_str){ host.at + 1, (size_t)(end - host.at) - 1 } : AK_STR("");
    }
    const char *port = host.n ? memchr(host.at, ':', host.n) : NULL;
    if (port)
        host.n = (size_t)(port - host.at);
    return host;
}

/* ---- paths ---- */

/* Variables in paths of indicators, folded.  `end`: what they stand for lies in a
 * folder of some user, so only the end of the path is known. */
static const struct {
    const char *name, *path;
    bool end;
} VARIABLES[] = {
    { "%windir%", "/windows", false },
    { "%systemroot%", "/windows", false },
    { "\\systemroot", "/windows", false },
    { "%systemdrive%", "", false },
    { "%programfiles%", "/program files", false },
    { "%programfiles(x86)%", "/program files (x86)", false },
    { "%commonprogramfiles%", "/program files/common files", false },
    { "%programdata%", "/programdata", false },
    { "%allusersprofile%", "/programdata", false },
    { "%public%", "/users/public", false },
    { "%temp%", "/temp", true },
    { "%tmp%", "/temp", true },
    { "%appdata%", "/appdata/roaming", true },
    { "%localappdata%", "/appdata/local", true },
    { "%userprofile%", "", true },
    { "%homepath%", "", true },
    { "%home%", "", true },
    { "~", "", true },
};

/* Put slashes one way and single, from `n` on; the new length. */
static size_t put_slashed(char *to, size_t n, struct ak_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.at[i] == '\\' ? '/' : s.at[i];
        if (c == '/' && n && to[n - 1] == '/')
            continue;
        to[n++] = c;
    }
    return n;
}

/* "\\?\", "\??\", "\Device\HarddiskVolume3", "C:" away; was there anything that
 * says it begins at the root? */
static bool drop_root(struct ak_str *s)
{
    bool root = drop(s, "\\\\?\\") || drop(s, "\\??\\") || drop(s, "//?/");
    if (drop(s, "\\device\\harddiskvolume")) {
        while (s->n && s->at[0] >= '0' && s->at[0] <= '9')
            *s = behind(*s, 1);
        return true;
    }
    if (s->n >= 2 && s->at[1] == ':' && s->at[0] >= 'a' && s->at[0] <= 'z') {
        *s = behind(*s, 2);
        return true;
    }
    return root || (s->n && (s->at[0] == '/' || s->at[0] == '\\'));
}

static size_t put_variable(char *to, struct ak_str *s, bool *out_end)
{
    for (size_t i = 0; i < sizeof(VARIABLES) / sizeof(VARIABLES[0]); i++)
        if (drop(s, VARIABLES[i].name)) {
            size_t n = strlen(VARIABLES[i].path);
            memcpy(to, VARIABLES[i].path, n);
            *out_end = VARIABLES[i].end;
            return n;
        }
    return 0;
}

size_t ak_indicator_path(char *to, struct ak_str s, bool *out_end)
{
    struct ak_str all = s;
    *out_end = false;
    size_t n = put_variable(to, &s, out_end);
    if (s.n == all.n) /* no variable */
        *out_end = !drop_root(&s);
    if (s.n && s.at[0] != '/' && s.at[0] != '\\' && !(n && to[n - 1] == '/'))
        to[n++] = '/';
    return put_slashed(to, n, s);
}

struct ak_str ak_indicator_file_name(struct ak_str s)
{
    size_t n = s.n;
    while (n && s.at[n - 1] != '/' && s.at[n - 1] != '\\')
        n--;
    return behind(s, n);
}

/* ---- registry, mutexes, pipes ---- */

static const struct {
    const char *from, *to;
    bool sid; /* the component behind it is a user's: left out */
} HIVES[] = {
    { "hkey_local_machine/", "hklm/", false },
    { "registry/machine/", "hklm/", false },
    { "hkey_current_user/", "hkcu/", false },
    { "hkey_users/", "hkcu/", true },
    { "registry/user/", "hkcu/", true },
    { "hku/", "hkcu/", true },
    { "hkey_classes_root/", "hkcr/", false },
    { "hklm:/", "hklm/", false },
    { "hkcu:/", "hkcu/", false },
    { "computer/hkey_local_machine/", "hklm/", false },
    { "computer/hkey_current_user/", "hkcu/", false },
};

/* Replace the first n bytes by a shorter or equal text. */
static size_t replace_head(char *at, size_t n, size_t head, const char *by)
{
    size_t by_n = strlen(by);
    memmove(at + by_n, at + head, n - head);
    memcpy(at, by, by_n);
    return n - head + by_n;
}

static size_t drop_component(char *at, size_t n, size_t from)
{
    size_t end = from;
    while (end < n && at[end] != '/')
        end++;
    if (end >= n)
        return n;
    memmove(at + from, at + end + 1, n - end - 1);
    return n - (end + 1 - from);
}

static bool begins(const char *at, size_t n, const char *prefix)
{
    return ak_str_starts((struct ak_str){ at, n }, ak_str_of(prefix));
}

/* What stands for the same key under another name. */
static size_t same_keys(char *to, size_t n)
{
    static const char SET[] = "hklm/system/controlset00";
    if (begins(to, n, SET) && n > sizeof(SET) && to[sizeof(SET)] == '/') {
        /* "ControlSet001" to "CurrentControlSet": four bytes more */
        memmove(to + 29, to + sizeof(SET), n - sizeof(SET));
        memcpy(to + 12, "currentcontrolset", 17);
        n = n - sizeof(SET) + 29;
    }
    if (begins(to, n, "hklm/software/wow6432node/") || begins(to, n, "hkcu/software/wow6432node/"))
        n = drop_component(to, n, 14);
    if (begins(to, n, "hklm/software/classes/"))
        n = replace_head(to, n, 22, "hkcr/");
    return n;
}

size_t ak_indicator_registry(char *to, struct ak_str s)
{
    while (s.n && (s.at[0] == '\\' || s.at[0] == '/'))
        s = behind(s, 1);
    size_t n = put_slashed(to, 0, s);
    while (n && to[n - 1] == '/')
        n--;
    for (size_t i = 0; i < sizeof(HIVES) / sizeof(HIVES[0]); i++) {
        if (!begins(to, n, HIVES[i].from))
            continue;
        size_t head = strlen(HIVES[i].from);
        if (HIVES[i].sid)
            n = drop_component(to, n, head);
        n = replace_head(to, n, head, HIVES[i].to);
        break;
    }
    return same_keys(to, n);
}

struct ak_str ak_indicator_mutex(struct ak_str s)
{
    s = ak_str_trim(s);
    if (drop(&s, "\\sessions\\")) {
        while (s.n && s.at[0] >= '0' && s.at[0] <= '9')
            s = behind(s, 1);
    }
    drop(&s, "\\basenamedobjects\\");
    if (!drop(&s, "global\\"))
        drop(&s, "local\\");
    return s;
}

struct ak_str ak_indicator_pipe(struct ak_str s)
{
    s = ak_str_trim(s);
    if (!drop(&s, "\\\\.\\pipe\\") && !drop(&s, "\\device\\namedpipe\\"))
        drop(&s, "\\pipe\\");
    while (s.n && s.at[0] == '\\')
        s = behind(s, 1);
    return s;
}
