/* indicators_form.c - from words of feeds to indicators: names of types, forms of
 * values, what is done to values so that nobody clicks on them.
 *
 * Names of types: MISP's attribute types (https://www.misp-project.org/datamodels),
 * OTX, ThreatFox, MalwareBazaar, URLhaus, Feodo Tracker. */
#include "detect/indicators_read.h"

#include "base/fold.h"
#include "detect/indicators_normal.h"

#define KIND(name, k)                                                                              \
    {                                                                                              \
        name, AK_MEANS_KIND, AK_INDICATOR_##k, AK_MEANS_NOTHING                                    \
    }
#define MEANS(name, m)                                                                             \
    {                                                                                              \
        name, AK_MEANS_##m, AK_INDICATOR_KINDS, AK_MEANS_NOTHING                                   \
    }
#define PAIR(name, k, m)                                                                           \
    {                                                                                              \
        name, AK_MEANS_PAIR, AK_INDICATOR_##k, AK_MEANS_##m                                        \
    }

static const struct ak_indicator_type TYPES[] = {
    KIND("md5", MD5),
    KIND("md5-hash", MD5),
    KIND("filehash-md5", MD5),
    KIND("hash-md5", MD5),
    KIND("sha1", SHA1),
    KIND("sha-1", SHA1),
    KIND("sha1-hash", SHA1),
    KIND("filehash-sha1", SHA1),
    KIND("sha256", SHA256),
    KIND("sha-256", SHA256),
    KIND("sha256-hash", SHA256),
    KIND("filehash-sha256", SHA256),
    MEANS("hash", HASH),
    MEANS("filehash", HASH),
    MEANS("file-hash", HASH),
    MEANS("ip", ADDRESS),
    MEANS("ip-src", ADDRESS),
    MEANS("ip-dst", ADDRESS),
    MEANS("ipv4", ADDRESS),
    MEANS("ipv6", ADDRESS),
    MEANS("ip-address", ADDRESS),
    MEANS("ipaddress", ADDRESS),
    MEANS("ip:port", ADDRESS),
    MEANS("ipv4-addr", ADDRESS),
    MEANS("ipv6-addr", ADDRESS),
    MEANS("dst-ip", ADDRESS),
    MEANS("dstip", ADDRESS),
    MEANS("src-ip", ADDRESS),
    MEANS("cidr", ADDRESS),
    MEANS("network", ADDRESS),
    MEANS("netblock", ADDRESS),
    MEANS("ip-dst|port", ADDRESS),
    MEANS("ip-src|port", ADDRESS),
    KIND("domain", DOMAIN),
    KIND("hostname", DOMAIN),
    KIND("fqdn", DOMAIN),
    KIND("domain-name", DOMAIN),
    MEANS("host", HOST),
    PAIR("domain|ip", DOMAIN, ADDRESS),
    MEANS("hostname|port", HOST),
    KIND("url", URL),
    KIND("uri", URL),
    KIND("uri-path", URL),
    KIND("email", EMAIL),
    KIND("email-src", EMAIL),
    KIND("email-dst", EMAIL),
    KIND("email-addr", EMAIL),
    KIND("email-reply-to", EMAIL),
    KIND("whois-registrant-email", EMAIL),
    KIND("e-mail", EMAIL),
    MEANS("filename", PATH),
    MEANS("file-name", PATH),
    MEANS("file", PATH),
    MEANS("filepath", PATH),
    MEANS("file-path", PATH),
    MEANS("path", PATH),
    MEANS("process-name", PATH),
    MEANS("filename-pattern", UNUSED),
    MEANS("email-attachment", PATH),
    PAIR("filename|md5", FILE_NAME, HASH),
    PAIR("filename|sha1", FILE_NAME, HASH),
    PAIR("filename|sha256", FILE_NAME, HASH),
    PAIR("malware-sample", FILE_NAME, HASH),
    MEANS("filename|sha512", UNUSED),
    MEANS("filename|ssdeep", UNUSED),
    MEANS("filename|imphash", UNUSED),
    KIND("regkey", REGISTRY),
    KIND("registry-key", REGISTRY),
    KIND("registry", REGISTRY),
    KIND("windows-registry-key", REGISTRY),
    PAIR("regkey|value", REGISTRY, UNUSED),
    KIND("mutex", MUTEX),
    KIND("mutant", MUTEX),
    KIND("pipe", PIPE),
    KIND("named-pipe", PIPE),
    KIND("user-agent", USER_AGENT),
    KIND("useragent", USER_AGENT),
    KIND("http-user-agent", USER_AGENT),
    KIND("command-line", COMMAND),
    KIND("commandline", COMMAND),
    KIND("process-command-line", COMMAND),
    MEANS("indicator", FORM),
    MEANS("ioc", FORM),
    MEANS("observable", FORM),
    MEANS("other", FORM),
    /* known, and not looked for */
    MEANS("sha512", UNUSED),
    MEANS("sha-512", UNUSED),
    MEANS("sha384", UNUSED),
    MEANS("sha224", UNUSED),
    MEANS("sha3-384-hash", UNUSED),
    MEANS("ssdeep", UNUSED),
    MEANS("tlsh", UNUSED),
    MEANS("imphash", UNUSED),
    MEANS("vhash", UNUSED),
    MEANS("pehash", UNUSED),
    MEANS("authentihash", UNUSED),
    MEANS("ja3-fingerprint-md5", UNUSED),
    MEANS("jarm-fingerprint", UNUSED),
    MEANS("as", UNUSED),
    MEANS("port", UNUSED),
    MEANS("btc", UNUSED),
    MEANS("xmr", UNUSED),
    MEANS("yara", UNUSED),
    MEANS("sigma", UNUSED),
    MEANS("snort", UNUSED),
    MEANS("cve", UNUSED),
    MEANS("vulnerability", UNUSED),
    MEANS("link", UNUSED),
    MEANS("text", UNUSED),
    MEANS("comment", UNUSED),
    MEANS("size-in-bytes", UNUSED),
    MEANS("datetime", UNUSED),
    MEANS("mime-type", UNUSED),
    MEANS("attachment", UNUSED),
    MEANS("float", UNUSED),
    MEANS("counter", UNUSED),
    MEANS("email-subject", UNUSED),
    MEANS("email-body", UNUSED),
    MEANS("x509-fingerprint-sha1", UNUSED),
    MEANS("x509-fingerprint-md5", UNUSED),
    MEANS("x509-fingerprint-sha256", UNUSED),
    MEANS("pattern-in-file", UNUSED),
    MEANS("pattern-in-traffic", UNUSED),
    MEANS("pattern-in-memory", UNUSED),
    MEANS("windows-service-name", UNUSED),
    MEANS("windows-scheduled-task", UNUSED),
    MEANS("threat-actor", UNUSED),
    MEANS("campaign-name", UNUSED),
    MEANS("mac-address", UNUSED),
    MEANS("phone-number", UNUSED),
    MEANS("github-repository", UNUSED),
};

const struct ak_indicator_type *ak_indicator_type_named(struct ak_str name)
{
    char norm[48];
    name = ak_str_trim(name);
    if (name.n == 0 || name.n >= sizeof(norm))
        return NULL;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.at[i];
        norm[i] = c == '_' || c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
        if (ak_str_eq((struct ak_str){ norm, name.n }, ak_str_of(TYPES[i].name)))
            return &TYPES[i];
    return NULL;
}

/* ---- defanged forms ---- */

static const struct {
    const char *from, *to;
} FANGS[] = {
    { "[.]", "." },   { "(.)", "." },  { "{.}", "." }, { "[dot]", "." },   { "(dot)", "." },
    { "{dot}", "." }, { "[:]", ":" },  { "[/]", "/" }, { "[://]", "://" }, { "[@]", "@" },
    { "[at]", "@" },  { "(at)", "@" }, { "(@)", "@" },
};

/* Which of them stands here; its length, 0: none. */
static size_t fang_at(struct ak_str s, const char **out_to)
{
    for (size_t i = 0; i < sizeof(FANGS) / sizeof(FANGS[0]); i++) {
        size_t n = strlen(FANGS[i].from);
        if (n <= s.n && ak_str_eq_fold((struct ak_str){ s.at, n }, ak_str_of(FANGS[i].from))) {
            *out_to = FANGS[i].to;
            return n;
        }
    }
    return 0;
}

/* "hxxp" and its kin at the start of a URL; how many bytes are replaced. */
static size_t fanged_scheme(struct ak_str s, const char **out_to)
{
    static const struct {
        const char *from, *to;
    } SCHEMES[] = { { "hxxps", "https" }, { "hxxp", "http" }, { "meows", "https" },
                    { "meow", "http" },   { "h**p", "http" }, { "fxp", "ftp" } };
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        size_t n = strlen(SCHEMES[i].from);
        if (n < s.n && (s.at[n] == ':' || s.at[n] == '[') &&
            ak_str_eq_fold((struct ak_str){ s.at, n }, ak_str_of(SCHEMES[i].from))) {
            *out_to = SCHEMES[i].to;
            return n;
        }
    }
    return 0;
}

size_t ak_indicator_refang(char *to, struct ak_str s)
{
    const char *by = NULL;
    size_t n = 0, at = fanged_scheme(s, &by);
    if (at) {
        n = strlen(by);
        memcpy(to, by, n);
    }
    while (at < s.n) {
        size_t fang = fang_at((struct ak_str){ s.at + at, s.n - at }, &by);
        if (fang) {
            memcpy(to + n, by, strlen(by));
            n += strlen(by);
            at += fang;
        } else {
            to[n++] = s.at[at++];
        }
    }
    return n;
}

/* ---- adding ---- */

enum { ROOM = AK_INDICATOR_TEXT_MAX * 3 / 2 + 128 };

/* A value made ready: refanged, trimmed, folded. */
struct ready {
    char folded[ROOM], normal[ROOM];
    struct ak_str text;
};

static bool make_ready(struct ready *r, struct ak_str text, bool refang)
{
    text = ak_str_trim(text);
    if (text.n == 0 || text.n > AK_INDICATOR_TEXT_MAX)
        return false;
    struct ak_str plain = text;
    if (refang)
        plain = (struct ak_str){ r->normal, ak_indicator_refang(r->normal, text) };
    r->text = (struct ak_str){ r->folded, ak_fold(r->folded, plain) };
    return true;
}

static bool put(struct ak_indicators *set, enum ak_indicator_kind kind, struct ak_bytes text,
                const struct ak_indicator_origin *from)
{
    if (text.n == 0)
        return false;
    ak_indicators_put(set, kind, text, false, from);
    return true;
}

static bool put_text(struct ak_indicators *set, enum ak_indicator_kind kind, struct ak_str text,
                     const struct ak_indicator_origin *from)
{
    return put(set, kind, ak_bytes_str(text), from);
}

static bool add_hash(struct ak_indicators *set, enum ak_indicator_kind kind, struct ak_str text,
                     const struct ak_indicator_origin *from)
{
    uint8_t bytes[32];
    size_t n = ak_indicator_hash(text, bytes);
    enum ak_indicator_kind is = n == 16   ? AK_INDICATOR_MD5
                                : n == 20 ? AK_INDICATOR_SHA1
                                          : AK_INDICATOR_SHA256;
    if (n == 0 || (kind != AK_INDICATOR_KINDS && kind != is))
        return false;
    return put(set, is, (struct ak_bytes){ bytes, n }, from);
}

/* "1.2.3.4:443", "1.2.3.4|443", "[2001:db8::1]:443" to the address alone. */
static struct ak_str without_port(struct ak_str s)
{
    const char *end;
    if (s.n && s.at[0] == '[' && (end = memchr(s.at, ']', s.n)) != NULL)
        return (struct ak_str){ s.at + 1, (size_t)(end - s.at) - 1 };
    if ((end = memchr(s.at, '|', s.n)) != NULL)
        return (struct ak_str){ s.at, (size_t)(end - s.at) };
    end = memchr(s.at, ':', s.n);
    if (end && !memchr(end + 1, ':', s.n - (size_t)(end + 1 - s.at)))
        return (struct ak_str){ s.at, (size_t)(end - s.at) };
    return s;
}

static bool add_address(struct ak_indicators *set, struct ak_str text,
                        const struct ak_indicator_origin *from)
{
    uint8_t bytes[17];
    size_t n = ak_indicator_network(text, bytes);
    if (n && bytes[0] == (n - 1) * 8) /* a network of one address */
        return put(set, AK_INDICATOR_IP, (struct ak_bytes){ bytes + 1, n - 1 }, from);
    if (n)
        return bytes[0] > 0 && put(set, AK_INDICATOR_NETWORK, (struct ak_bytes){ bytes, n }, from);
    n = ak_indicator_ip(without_port(text), bytes);
    return put(set, AK_INDICATOR_IP, (struct ak_bytes){ bytes, n }, from);
}

static bool add_domain(struct ak_indicators *set, struct ak_str text,
                       const struct ak_indicator_origin *from)
{
    text = without_port(text);
    if (ak_str_starts(text, AK_STR("*.")))
        text = (struct ak_str){ text.at + 2, text.n - 2 };
    while (text.n && text.at[text.n - 1] == '.')
        text.n--;
    while (text.n && text.at[0] == '.')
        text.at++, text.n--;
    return ak_indicator_is_domain(text) && put_text(set, AK_INDICATOR_DOMAIN, text, from);
}

static bool add_url(struct ak_indicators *set, struct ready *r,
                    const struct ak_indicator_origin *from)
{
    struct ak_str url = { r->normal, ak_indicator_url(r->normal, r->text) };
    struct ak_str host = ak_indicator_host_of(url);
    uint8_t address[16];
    bool has_host = ak_indicator_is_domain(host) || ak_indicator_ip(host, address);
    return (has_host || (url.n > 1 && url.at[0] == '/')) &&
           put_text(set, AK_INDICATOR_URL, url, from);
}

static bool add_path(struct ak_indicators *set, struct ready *r,
                     const struct ak_indicator_origin *from)
{
    bool end;
    if (!memchr(r->text.at, '/', r->text.n) && !memchr(r->text.at, '\\', r->text.n))
        return put_text(set, AK_INDICATOR_FILE_NAME, r->text, from);
    struct ak_str path = { r->normal, ak_indicator_path(r->normal, r->text, &end) };
    if (path.n < 2 || path.at[path.n - 1] == '/')
        return false;
    return put_text(set, end ? AK_INDICATOR_PATH_END : AK_INDICATOR_FILE_PATH, path, from);
}

/* A key that begins everything, like "hklm/software", would be met everywhere. */
static bool add_registry(struct ak_indicators *set, struct ready *r,
                         const struct ak_indicator_origin *from)
{
    struct ak_str key = { r->normal, ak_indicator_registry(r->normal, r->text) };
    size_t n_parts = 1;
    for (size_t i = 0; i < key.n; i++)
        n_parts += key.at[i] == '/';
    return n_parts >= 3 && put_text(set, AK_INDICATOR_REGISTRY, key, from);
}

static bool add_email(struct ak_indicators *set, struct ak_str text,
                      const struct ak_indicator_origin *from)
{
    const char *sign = memchr(text.at, '@', text.n);
    if (!sign || sign == text.at)
        return false;
    size_t head = (size_t)(sign - text.at) + 1;
    return ak_indicator_is_domain((struct ak_str){ text.at + head, text.n - head }) &&
           put_text(set, AK_INDICATOR_EMAIL, text, from);
}

static bool add_ready(struct ak_indicators *set, enum ak_indicator_kind kind, struct ready *r,
                      const struct ak_indicator_origin *from)
{
    switch (kind) {
    case AK_INDICATOR_MD5:
    case AK_INDICATOR_SHA1:
    case AK_INDICATOR_SHA256:
        return add_hash(set, kind, r->text, from);
    case AK_INDICATOR_IP:
    case AK_INDICATOR_NETWORK:
        return add_address(set, r->text, from);
    case AK_INDICATOR_DOMAIN:
        return add_domain(set, r->text, from) || /* feeds write addresses there, too */
               add_address(set, r->text, from);
    case AK_INDICATOR_URL:
        return add_url(set, r, from);
    case AK_INDICATOR_EMAIL:
        return add_email(set, r->text, from);
    case AK_INDICATOR_FILE_NAME:
        return put_text(set, kind, ak_indicator_file_name(r->text), from);
    case AK_INDICATOR_FILE_PATH:
    case AK_INDICATOR_PATH_END:
        return add_path(set, r, from);
    case AK_INDICATOR_REGISTRY:
        return add_registry(set, r, from);
    case AK_INDICATOR_MUTEX:
        return put_text(set, kind, ak_indicator_mutex(r->text), from);
    case AK_INDICATOR_PIPE:
        return put_text(set, kind, ak_indicator_pipe(r->text), from);
    case AK_INDICATOR_USER_AGENT:
    case AK_INDICATOR_COMMAND:
        return put_text(set, kind, r->text, from);
    case AK_INDICATOR_KINDS:
        break;
    }
    return false;
}

/* Are these texts written defanged, and never with brackets of their own? */
static bool is_fanged(enum ak_indicator_kind kind)
{
    return kind >= AK_INDICATOR_IP && kind <= AK_INDICATOR_EMAIL;
}

bool ak_indicators_add_kind(struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_str text, const struct ak_indicator_origin *from)
{
    struct ready r;
    return make_ready(&r, text, is_fanged(kind)) && add_ready(set, kind, &r, from);
}

bool ak_indicators_add_like(struct ak_indicators *set, enum ak_indicator_kind kind,
                            struct ak_str text, const struct ak_indicator_origin *from)
{
    struct ready r;
    bool end, letters = false;
    if (!make_ready(&r, text, is_fanged(kind)))
        return false;
    if (kind == AK_INDICATOR_FILE_PATH || kind == AK_INDICATOR_PATH_END) {
        r.text = (struct ak_str){ r.normal, ak_indicator_path(r.normal, r.text, &end) };
        kind = AK_INDICATOR_FILE_PATH;
    } else if (kind == AK_INDICATOR_REGISTRY) {
        r.text = (struct ak_str){ r.normal, ak_indicator_registry(r.normal, r.text) };
    }
    for (size_t i = 0; i < r.text.n; i++)
        letters |= r.text.at[i] != '%' && r.text.at[i] != '_' && r.text.at[i] != '/';
    if (!letters) /* would match anything */
        return false;
    ak_indicators_put(set, kind, ak_bytes_str(r.text), true, from);
    return true;
}

/* ---- by form ---- */

/* Endings that are those of files before they are those of domains.  ".com" is
 * the other way round. */
static const char FILE_ENDINGS[] =
    " exe dll sys bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta scr pif lnk msi msp jar py pyc pl sh "
    "bash doc docx docm dot "
    "dotm xls xlsx xlsm xlsb ppt pptx pptm pdf rtf zip rar 7z gz tar cab iso img vhd vhdx png jpg "
    "jpeg gif bmp ico txt "
    "log tmp dat bin cpl ocx elf so ko php phtml asp aspx ashx jsp jspx war class cfg conf ini xml "
    "json csv html htm "
    "chm reg inf job db sqlite dmp evtx one onepkg eml msg drv efi mui url xll wll ps c cs ";

static bool has_file_ending(struct ak_str s)
{
    const char *dot = memrchr(s.at, '.', s.n);
    char word[12];
    if (!dot)
        return false;
    size_t n = s.n - (size_t)(dot + 1 - s.at);
    if (n == 0 || n > sizeof(word) - 3)
        return false;
    word[0] = ' ';
    memcpy(word + 1, dot + 1, n);
    word[n + 1] = ' ';
    return memmem(FILE_ENDINGS, sizeof(FILE_ENDINGS) - 1, word, n + 2) != NULL;
}

static bool is_registry(struct ak_str s)
{
    static const char *const HEADS[] = { "hkey_", "hklm\\", "hkcu\\",       "hku\\", "hkcr\\",
                                         "hklm/", "hkcu/",  "\\registry\\", "hklm:", "hkcu:" };
    for (size_t i = 0; i < sizeof(HEADS) / sizeof(HEADS[0]); i++)
        if (ak_str_starts(s, ak_str_of(HEADS[i])))
            return true;
    return false;
}

static bool is_path(struct ak_str s)
{
    if (memchr(s.at, '\\', s.n) || s.at[0] == '/' || s.at[0] == '~' || s.at[0] == '%')
        return true;
    return s.n > 2 && s.at[1] == ':' && s.at[0] >= 'a' && s.at[0] <= 'z';
}

/* A host and something behind it: "example.com/a.php", "1.2.3.4:8080/x". */
static bool is_bare_url(struct ak_str s)
{
    const char *slash = memchr(s.at, '/', s.n);
    uint8_t address[16];
    if (!slash)
        return false;
    struct ak_str host = without_port((struct ak_str){ s.at, (size_t)(slash - s.at) });
    return ak_indicator_is_domain(host) || ak_indicator_ip(host, address);
}

/* ---- patterns in lists of files ---- */

/* Lists of file names for scanners (LOKI, THOR) are regular expressions: a dot and a
 * backslash are written behind a backslash. */
static bool is_expression(struct ak_str s)
{
    bool escaped = memmem(s.at, s.n, "\\.", 2) && memmem(s.at, s.n, "\\\\", 2);
    return escaped || memmem(s.at, s.n, "[^", 2) || memmem(s.at, s.n, ".*", 2) ||
           memmem(s.at, s.n, "]+", 2) || memmem(s.at, s.n, ")\\\\", 3);
}

/* The text that an expression stands for when it has no operators; 0: it has. */
static size_t literal_of(char *to, struct ak_str s)
{
    size_t n = 0;
    if (ak_str_ends(s, AK_STR("$")))
        s.n--;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.at[i];
        if (c == '\\' && ++i < s.n && strchr("\\.-_ ()", s.at[i]))
            c = s.at[i];
        else if (c == '\\' || strchr("()[]{}|*+?^$", c))
            return 0;
        to[n++] = c;
    }
    return n;
}

/* An expression that is a plain end of a path; others are refused. */
static bool add_expression(struct ak_indicators *set, struct ready *r,
                           const struct ak_indicator_origin *from)
{
    struct ak_str text = { r->normal, literal_of(r->normal, r->text) };
    if (text.n < 3 || text.at[0] != '\\' || text.at[text.n - 1] == '\\')
        return false;
    struct ak_str name = ak_indicator_file_name(text);
    if (name.n + 1 == text.n)
        return put_text(set, AK_INDICATOR_FILE_NAME, name, from);
    for (size_t i = 0; i < text.n; i++)
        if (r->normal[i] == '\\')
            r->normal[i] = '/';
    return put_text(set, AK_INDICATOR_PATH_END, text, from);
}

/* "C:\Users\*\a?.exe" */
static bool add_glob(struct ak_indicators *set, struct ready *r,
                     const struct ak_indicator_origin *from)
{
    char pattern[AK_INDICATOR_TEXT_MAX];
    if (r->text.n > sizeof(pattern))
        return false;
    for (size_t i = 0; i < r->text.n; i++)
        pattern[i] = r->text.at[i] == '*' ? '%' : r->text.at[i] == '?' ? '_' : r->text.at[i];
    return ak_indicators_add_like(set, AK_INDICATOR_FILE_PATH,
                                  (struct ak_str){ pattern, r->text.n }, from);
}

static bool path_by_form(struct ak_indicators *set, struct ready *r,
                         const struct ak_indicator_origin *from)
{
    if (r->text.at[0] == '/' && memchr(r->text.at, '?', r->text.n) &&
        memchr(r->text.at, '=', r->text.n))
        return add_url(set, r, from); /* what a web server's log has */
    if (is_expression(r->text))
        return add_expression(set, r, from);
    if (memchr(r->text.at, '*', r->text.n) || memchr(r->text.at, '?', r->text.n))
        return add_glob(set, r, from);
    return add_path(set, r, from);
}

static bool is_mutex(struct ak_str s)
{
    return ak_str_starts(s, AK_STR("global\\")) || ak_str_starts(s, AK_STR("local\\")) ||
           memmem(s.at, s.n, "basenamedobjects\\", 17);
}

/* A single word: an e-mail address, a URL without scheme, a domain. */
static bool word_by_form(struct ak_indicators *set, struct ready *r,
                         const struct ak_indicator_origin *from)
{
    if (memchr(r->text.at, ' ', r->text.n))
        return false;
    if (add_email(set, r->text, from))
        return true;
    if (is_bare_url(r->text))
        return add_url(set, r, from);
    return !has_file_ending(r->text) && add_domain(set, r->text, from);
}

static bool by_form(struct ak_indicators *set, struct ready *r,
                    const struct ak_indicator_origin *from)
{
    struct ak_str s = r->text;
    uint8_t network[17];
    if (add_hash(set, AK_INDICATOR_KINDS, s, from) || add_address(set, s, from))
        return true;
    if (ak_indicator_network(s, network)) /* every address there is */
        return false;
    if (is_registry(s))
        return add_registry(set, r, from);
    if (memmem(s.at, s.n, "://", 3))
        return add_url(set, r, from);
    if (ak_str_starts(s, AK_STR("\\\\.\\pipe\\")))
        return put_text(set, AK_INDICATOR_PIPE, ak_indicator_pipe(s), from);
    if (is_mutex(s))
        return put_text(set, AK_INDICATOR_MUTEX, ak_indicator_mutex(s), from);
    if (is_path(s))
        return path_by_form(set, r, from);
    if (word_by_form(set, r, from))
        return true;
    return has_file_ending(s) && !memchr(s.at, '/', s.n) &&
           put_text(set, AK_INDICATOR_FILE_NAME, s, from);
}

bool ak_indicators_add_by_form(struct ak_indicators *set, struct ak_str text,
                               const struct ak_indicator_origin *from)
{
    struct ready r;
    return make_ready(&r, text, true) && by_form(set, &r, from);
}

/* ---- by a feed's type ---- */

static bool add_pair(struct ak_indicators *set, const struct ak_indicator_type *type,
                     struct ak_str text, const struct ak_indicator_origin *from)
{
    const char *bar = memchr(text.at, '|', text.n);
    struct ak_str first = text, second = AK_STR("");
    if (bar) {
        first.n = (size_t)(bar - text.at);
        second = (struct ak_str){ bar + 1, text.n - first.n - 1 };
    }
    /* A name beside a hash says what the hash is of; on its own it would be met
     * wherever a file is called so. */
    if (type->second == AK_MEANS_HASH)
        return ak_indicators_add_by_form(set, second, from);
    bool added = ak_indicators_add_kind(set, type->kind, first, from);
    if (type->second == AK_MEANS_ADDRESS && second.n)
        added |= ak_indicators_add_kind(set, AK_INDICATOR_IP, second, from);
    return added;
}

bool ak_indicators_add_typed(struct ak_indicators *set, const struct ak_indicator_type *type,
                             struct ak_str text, const struct ak_indicator_origin *from)
{
    text = ak_str_trim(text);
    if (text.n == 0)
        return false;
    switch (type->means) {
    case AK_MEANS_KIND:
        return ak_indicators_add_kind(set, type->kind, text, from);
    case AK_MEANS_ADDRESS:
        return ak_indicators_add_kind(set, AK_INDICATOR_IP, text, from);
    case AK_MEANS_HOST:
        return ak_indicators_add_kind(set, AK_INDICATOR_IP, text, from) ||
               ak_indicators_add_kind(set, AK_INDICATOR_DOMAIN, text, from);
    case AK_MEANS_PATH:
        return ak_indicators_add_kind(set, AK_INDICATOR_FILE_PATH, text, from);
    case AK_MEANS_HASH:
    case AK_MEANS_FORM:
        return ak_indicators_add_by_form(set, text, from);
    case AK_MEANS_PAIR:
        return add_pair(set, type, text, from);
    case AK_MEANS_NOTHING:
    case AK_MEANS_UNUSED:
        break;
    }
    return false;
}
