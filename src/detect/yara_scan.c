/* yara_scan.c - see yara_scan.h.  libyara 4.2, https://yara.readthedocs.io */
#include "detect/yara_scan.h"

#include "base/buf.h"
#include "base/fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <yara.h>

enum { DETAIL_MAX = 300 };

struct ak_yara {
    struct ak_arena *arena;
    YR_RULES *rules; /* NULL: none can match */
    YR_SCANNER *scanner;
    struct ak_str *names; /* of the files */
    bool *left_out;
    size_t n_files;
    struct ak_feed_problem *problems;
    size_t n_problems;
    struct ak_buf text; /* of a match; reset for each */
    bool failed;
};

static const struct ak_str NONE = AK_STR_INIT("");

/* ---- problems ---- */

static struct ak_str copy_of(struct ak_arena *arena, struct ak_str s)
{
    size_t n = s.n < DETAIL_MAX ? s.n : DETAIL_MAX;
    char *copy = n ? AK_NEW_N(arena, char, n) : NULL;
    if (!copy)
        return NONE;
    memcpy(copy, s.at, n);
    return (struct ak_str){ copy, n };
}

static void problem(struct ak_yara *y, size_t file, uint32_t line, const char *what,
                    struct ak_str detail)
{
    y->left_out[file] = true;
    if (y->n_problems < AK_YARA_PROBLEMS_MAX)
        y->problems[y->n_problems++] =
            (struct ak_feed_problem){ y->names[file], line, what, copy_of(y->arena, detail) };
}

/* ---- what is refused before libyara sees it ---- */

/* Where the code goes on behind a comment or a text that begins at i; i when none does. */
static size_t past_aside(struct ak_str s, size_t i)
{
    struct ak_str rest = { s.at + i, s.n - i };
    if (ak_str_starts(rest, AK_STR("//"))) {
        const char *end = memchr(rest.at, '\n', rest.n);
        return end ? (size_t)(end - s.at) : s.n;
    }
    if (ak_str_starts(rest, AK_STR("/*"))) {
        const char *end = memmem(rest.at + 2, rest.n - 2, "*/", 2);
        return end ? (size_t)(end - s.at) + 2 : s.n;
    }
    if (s.at[i] != '"')
        return i;
    for (i++; i < s.n && s.at[i] != '"' && s.at[i] != '\n'; i++)
        i += s.at[i] == '\\';
    return i < s.n ? i + 1 : s.n;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The text in quotes ahead of i; empty: none. */
static struct ak_str quoted(struct ak_str s, size_t i)
{
    while (i < s.n && (unsigned char)s.at[i] <= ' ')
        i++;
    const char *end = i + 1 < s.n && s.at[i] == '"' ? memchr(s.at + i + 1, '"', s.n - i - 1) : NULL;
    return end ? (struct ak_str){ s.at + i + 1, (size_t)(end - s.at) - i - 1 } : NONE;
}

static bool is_refused_module(struct ak_str name)
{
    return ak_str_eq(name, AK_STR("magic")) || ak_str_eq(name, AK_STR("cuckoo")) ||
           ak_str_eq(name, AK_STR("time"));
}

/* The module that the file imports and must not; empty: none. */
static struct ak_str refused_import(struct ak_str s, uint32_t *out_line)
{
    *out_line = 1;
    for (size_t i = 0; i < s.n;) {
        size_t behind = past_aside(s, i);
        for (; i < behind; i++)
            *out_line += s.at[i] == '\n';
        if (i >= s.n)
            break;
        size_t word = i;
        while (i < s.n && is_word_byte(s.at[i]))
            i++;
        if (i - word == 6 && memcmp(s.at + word, "import", 6) == 0 &&
            is_refused_module(quoted(s, i)))
            return quoted(s, i);
        if (i == word) {
            *out_line += s.at[i] == '\n';
            i++;
        }
    }
    return NONE;
}

/* ---- compiling ---- */

/* What the compiler says of the file under way. */
struct saying {
    struct ak_yara *y;
    size_t file;
    bool tell;
};

static void on_message(int level, const char *file, int line, const YR_RULE *rule,
                       const char *message, void *self)
{
    struct saying *s = self;
    (void)file;
    (void)rule;
    if (level == YARA_ERROR_LEVEL_ERROR && s->tell && !s->y->left_out[s->file])
        problem(s->y, s->file, line > 0 ? (uint32_t)line : 0, "YARA cannot compile it",
                ak_str_of(message));
}

/* Names that rules of others expect: what THOR and LOKI define. */
static const char *const VARIABLES[] = { "filename", "filepath", "extension", "filetype", "owner" };

static YR_COMPILER *new_compiler(struct saying *saying)
{
    YR_COMPILER *c = NULL;
    if (yr_compiler_create(&c) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(c, on_message, saying);
    yr_compiler_set_include_callback(c, NULL, NULL, NULL); /* no file may name another */
    for (size_t i = 0; i < sizeof(VARIABLES) / sizeof(VARIABLES[0]); i++)
        yr_compiler_define_string_variable(c, VARIABLES[i], "");
    return c;
}

/* Add one file to a compiler: libyara wants texts that end with a zero. */
static int add_file(struct ak_yara *y, YR_COMPILER *c, const struct ak_feed_file *f, size_t number)
{
    char space[24];
    y->text.n = 0;
    ak_buf_put(&y->text, f->bytes.at, f->bytes.n);
    ak_buf_u8(&y->text, 0);
    snprintf(space, sizeof(space), "%zu", number);
    if (y->text.failed) {
        y->failed = true;
        return 1;
    }
    return yr_compiler_add_string(c, (const char *)y->text.at, space);
}

static void check_file(struct ak_yara *y, const struct ak_feed_file *f, size_t number)
{
    uint32_t line;
    struct ak_str text = ak_str_bytes(f->bytes), module;
    if (f->bytes.n > AK_YARA_FILE_MAX)
        problem(y, number, 0, "larger than a file of YARA rules may be", NONE);
    else if (text.n && memchr(text.at, 0, text.n))
        problem(y, number, 0, "not a text: compiled YARA rules are not read", NONE);
    else if ((module = refused_import(text, &line)).n)
        problem(y, number, line, "a module that reaches outside the file is not allowed", module);
}

/* All files that are not left out into one set of rules; false when one of them has
 * an error (libyara's compiler is of no use then). */
static bool compile_all(struct ak_yara *y, const struct ak_feed_file *files)
{
    struct saying saying = { .y = y };
    YR_COMPILER *c = new_compiler(&saying);
    bool ok = c != NULL;
    for (size_t i = 0; ok && i < y->n_files; i++)
        ok = y->left_out[i] || add_file(y, c, &files[i], i) == 0;
    if (ok)
        ok = yr_compiler_get_rules(c, &y->rules) == ERROR_SUCCESS;
    if (c)
        yr_compiler_destroy(c);
    return ok;
}

/* Each file alone, to know which have errors. */
static void try_each(struct ak_yara *y, const struct ak_feed_file *files)
{
    for (size_t i = 0; i < y->n_files && !y->failed; i++) {
        struct saying saying = { y, i, true };
        YR_COMPILER *c = y->left_out[i] ? NULL : new_compiler(&saying);
        if (c && add_file(y, c, &files[i], i) > 0 && !y->left_out[i])
            problem(y, i, 0, "YARA cannot compile it", NONE);
        if (c)
            yr_compiler_destroy(c);
    }
}

static bool keep_names(struct ak_yara *y, const struct ak_feed_file *files, size_t n)
{
    y->names = AK_NEW_N(y->arena, struct ak_str, n + 1);
    y->left_out = AK_NEW_N(y->arena, bool, n + 1);
    y->problems = AK_NEW_N(y->arena, struct ak_feed_problem, AK_YARA_PROBLEMS_MAX);
    y->n_files = n;
    for (size_t i = 0; y->names && i < n; i++)
        y->names[i] = copy_of(y->arena, files[i].name);
    return y->names && y->left_out && y->problems;
}

/* Begin a set with the names of its files; NULL when memory ran out. */
static struct ak_yara *begin(struct ak_arena *arena, const struct ak_feed_file *files, size_t n)
{
    static bool ready; /* libyara's own state is the process's */
    struct ak_yara *y = calloc(1, sizeof(*y));
    if (!y || (!ready && yr_initialize() != ERROR_SUCCESS)) {
        free(y);
        return NULL;
    }
    ready = true;
    y->arena = arena;
    if (keep_names(y, files, n))
        return y;
    ak_yara_free(y);
    return NULL;
}

static enum ak_status finish(struct ak_yara *y, bool ok, struct ak_yara **out)
{
    if (ok && !y->failed && yr_scanner_create(y->rules, &y->scanner) == ERROR_SUCCESS) {
        *out = y;
        return AK_OK;
    }
    ak_yara_free(y);
    return AK_ERR_NOMEM;
}

enum ak_status ak_yara_read(struct ak_arena *arena, const struct ak_feed_file *files, size_t n,
                            struct ak_yara **out)
{
    struct ak_yara *y = begin(arena, files, n);
    if (!y)
        return AK_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        check_file(y, &files[i], i);
    bool ok = compile_all(y, files);
    if (!ok) {
        try_each(y, files);
        ok = compile_all(y, files);
    }
    return finish(y, ok, out);
}

/* ---- compiled rules as bytes ---- */

static size_t write_some(const void *from, size_t size, size_t count, void *self)
{
    size_t n = size * count; /* libyara's own numbers, of memory it holds */
    return ak_write_all(*(const int *)self, from, n) ? count : 0;
}

static size_t read_some(void *to, size_t size, size_t count, void *self)
{
    struct ak_bytes *from = self;
    size_t n;
    if (__builtin_mul_overflow(size, count, &n) || n > from->n)
        return 0;
    memcpy(to, from->at, n);
    from->at += n;
    from->n -= n;
    return count;
}

enum ak_status ak_yara_save(struct ak_yara *y, int fd)
{
    YR_STREAM stream = { .user_data = &fd, .write = write_some };
    return yr_rules_save_stream(y->rules, &stream) == ERROR_SUCCESS ? AK_OK : AK_ERR_IO;
}

enum ak_status ak_yara_load(struct ak_arena *arena, const struct ak_feed_file *files, size_t n,
                            struct ak_bytes compiled, struct ak_yara **out)
{
    YR_STREAM stream = { .user_data = &compiled, .read = read_some };
    struct ak_yara *y = begin(arena, files, n);
    if (!y)
        return AK_ERR_NOMEM;
    return finish(y, yr_rules_load_stream(&stream, &y->rules) == ERROR_SUCCESS, out);
}

void ak_yara_free(struct ak_yara *y)
{
    if (!y)
        return;
    if (y->scanner)
        yr_scanner_destroy(y->scanner);
    if (y->rules)
        yr_rules_destroy(y->rules);
    ak_buf_free(&y->text);
    free(y);
}

size_t ak_yara_count(const struct ak_yara *y) { return y->rules->num_rules; }

const struct ak_feed_problem *ak_yara_problems(const struct ak_yara *y, size_t *out_n)
{
    *out_n = y->n_problems;
    return y->problems;
}

/* ---- looking ---- */

struct looking {
    struct ak_yara *y;
    void (*each)(void *self, const struct ak_yara_match *match);
    void *self;
};

static struct ak_str cut(const char *text)
{
    struct ak_str s = ak_str_of(text ? text : "");
    if (s.n > AK_YARA_TEXT_MAX)
        for (s.n = AK_YARA_TEXT_MAX; s.n && ((unsigned char)s.at[s.n] & 0xC0) == 0x80;)
            s.n--;
    return s;
}

static void put_separator(struct ak_buf *b, size_t start, const char *between)
{
    if (b->n > start)
        ak_buf_text(b, between);
}

/* Texts are put one behind the other into one buffer, which may move: places now,
 * views at the end. */
struct place {
    size_t at, n;
};

static struct place put_tags(struct ak_buf *b, const YR_RULE *rule)
{
    size_t start = b->n;
    const char *tag;
    yr_rule_tags_foreach(rule, tag)
    {
        put_separator(b, start, " ");
        if (b->n - start < AK_YARA_TEXT_MAX)
            ak_buf_str(b, cut(tag));
    }
    return (struct place){ start, b->n - start };
}

static void put_meta_value(struct ak_buf *b, const YR_META *meta)
{
    if (meta->type == META_TYPE_STRING)
        ak_buf_str(b, cut(meta->string));
    else if (meta->type == META_TYPE_BOOLEAN)
        ak_buf_text(b, meta->integer ? "true" : "false");
    else
        ak_buf_idec(b, meta->integer);
}

/* Metas of the usual names are told apart, the others in one text. */
static struct place put_metas(struct ak_buf *b, const YR_RULE *rule, struct ak_yara_match *out)
{
    size_t start = b->n;
    const YR_META *meta;
    yr_rule_metas_foreach(rule, meta)
    {
        bool text = meta->type == META_TYPE_STRING;
        if (text && strcmp(meta->identifier, "description") == 0) {
            out->description = cut(meta->string);
        } else if (text && strcmp(meta->identifier, "author") == 0) {
            out->author = cut(meta->string);
        } else if (text && strcmp(meta->identifier, "reference") == 0) {
            out->reference = cut(meta->string);
        } else if (b->n - start < AK_YARA_TEXT_MAX) {
            put_separator(b, start, "; ");
            ak_buf_str(b, cut(meta->identifier));
            ak_buf_u8(b, '=');
            put_meta_value(b, meta);
        }
    }
    return (struct place){ start, b->n - start };
}

/* What matched as people can read it: text, or hexadecimal digits. */
static void put_data(struct ak_buf *b, const YR_MATCH *match)
{
    size_t n = match->data_length > 0 ? (size_t)match->data_length : 0;
    bool text = true;
    n = n < 64 ? n : 64;
    for (size_t i = 0; i < n; i++)
        text &= match->data[i] >= 0x20 && match->data[i] < 0x7F;
    for (size_t i = 0; i < n; i++) {
        if (text)
            ak_buf_u8(b, match->data[i]);
        else
            ak_buf_printf(b, "%02x", match->data[i]);
    }
}

/* One match of a string: counted, the first ones told. */
static void put_match(struct ak_buf *b, size_t start, const YR_STRING *string,
                      const YR_MATCH *match, struct ak_yara_match *out)
{
    uint64_t at = (uint64_t)(match->base + match->offset);
    if (out->n_strings++ == 0) {
        out->first_offset = at;
        out->first_length = (uint64_t)match->match_length;
    }
    if (out->n_strings > AK_YARA_STRINGS_MAX)
        return;
    put_separator(b, start, "; ");
    ak_buf_str(b, cut(string->identifier));
    ak_buf_printf(b, " at 0x%llx: ", (unsigned long long)at);
    put_data(b, match);
}

static struct place put_strings(struct ak_buf *b, YR_SCAN_CONTEXT *context, const YR_RULE *rule,
                                struct ak_yara_match *out)
{
    size_t start = b->n;
    const YR_STRING *string;
    yr_rule_strings_foreach(rule, string)
    {
        const YR_MATCH *at = STRING_IS_PRIVATE(string) ? NULL : context->matches[string->idx].head;
        while (at) {
            YR_MATCH match; /* libyara packs them without regard to alignment */
            memcpy(&match, (const void *)at, sizeof(match));
            if (!match.is_private)
                put_match(b, start, string, &match, out);
            at = match.next;
        }
    }
    return (struct place){ start, b->n - start };
}

static struct ak_str view(const struct ak_buf *b, struct place p)
{
    return p.n && !b->failed ? (struct ak_str){ (const char *)b->at + p.at, p.n } : NONE;
}

static void tell(struct looking *l, YR_SCAN_CONTEXT *context, const YR_RULE *rule)
{
    struct ak_yara_match m = {
        .rule = cut(rule->identifier), .description = NONE, .author = NONE, .reference = NONE
    };
    struct ak_buf *b = &l->y->text;
    size_t file = (size_t)strtoul(rule->ns->name, NULL, 10); /* as add_file() named it */
    b->n = 0;
    struct place tags = put_tags(b, rule), meta = put_metas(b, rule, &m),
                 strings = put_strings(b, context, rule, &m);
    m.file = file < l->y->n_files ? l->y->names[file] : NONE;
    m.tags = view(b, tags);
    m.meta = view(b, meta);
    m.strings = view(b, strings);
    l->each(l->self, &m);
}

static int on_scan(YR_SCAN_CONTEXT *context, int message, void *data, void *self)
{
    if (message == CALLBACK_MSG_RULE_MATCHING)
        tell(self, context, data);
    return CALLBACK_CONTINUE;
}

/* Path, name and ending as rules expect them; cut to what a path can be. */
static void define_names(struct ak_yara *y, struct ak_str path)
{
    char text[4096];
    size_t n = path.n < sizeof(text) - 1 ? path.n : sizeof(text) - 1;
    memcpy(text, path.at, n);
    text[n] = 0;
    const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text,
               *dot = strrchr(name, '.');
    yr_scanner_define_string_variable(y->scanner, "filepath", text);
    yr_scanner_define_string_variable(y->scanner, "filename", name);
    yr_scanner_define_string_variable(y->scanner, "extension", dot ? dot : "");
}

enum ak_status ak_yara_scan(struct ak_yara *y, struct ak_str path, struct ak_bytes contents,
                            void (*each)(void *self, const struct ak_yara_match *match), void *self)
{
    struct looking l = { y, each, self };
    if (contents.n == 0 || ak_yara_count(y) == 0)
        return AK_OK;
    define_names(y, path);
    yr_scanner_set_callback(y->scanner, on_scan, &l);
    yr_scanner_set_timeout(y->scanner, AK_YARA_SECONDS);
    /* No handlers for signals: what crashes costs this worker its item, and is told. */
    yr_scanner_set_flags(y->scanner, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    switch (yr_scanner_scan_mem(y->scanner, contents.at, contents.n)) {
    case ERROR_SUCCESS:
        return AK_OK;
    case ERROR_SCAN_TIMEOUT:
    case ERROR_TOO_MANY_MATCHES:
        return AK_ERR_LIMIT;
    case ERROR_INSUFFICIENT_MEMORY:
        return AK_ERR_NOMEM;
    default:
        return AK_ERR_CORRUPT;
    }
}
