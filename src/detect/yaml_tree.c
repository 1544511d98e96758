/* yaml_tree.c - see yaml_tree.h.
 *
 * libyaml gives events; a stack of open lists and maps makes a tree of them.  The
 * core schema of scalars: https://yaml.org/spec/1.2.2/#103-core-schema */
#include "detect/yaml_tree.h"

#include "base/hash.h"

#include <stdlib.h>
#include <yaml.h>

/* ---- documents of a file ---- */

static struct ak_str line_at(struct ak_bytes text, size_t at)
{
    const uint8_t *end = memchr(text.at + at, '\n', text.n - at);
    size_t n = end ? (size_t)(end - (text.at + at)) : text.n - at;
    return (struct ak_str){ (const char *)text.at + at, n };
}

static bool is_marker(struct ak_str line, const char *three)
{
    return ak_str_starts(line, (struct ak_str){ three, 3 }) &&
           (line.n == 3 || line.at[3] == ' ' || line.at[3] == '\t' || line.at[3] == '\r');
}

/* Nothing but blanks and a comment, or a directive? */
static bool says_nothing(struct ak_str line)
{
    size_t i = 0;
    while (i < line.n && (line.at[i] == ' ' || line.at[i] == '\t' || line.at[i] == '\r'))
        i++;
    return i == line.n || line.at[i] == '#' || line.at[0] == '%' || is_marker(line, "...");
}

/* A line "---" is a border wherever it stands: in scalars it is forbidden (YAML
 * 1.2.2, rule 206 c-forbidden).  So a broken document does not take the next along. */
bool ak_yaml_next(struct ak_yaml_file *file, struct ak_bytes *out_document, uint32_t *out_line)
{
    struct ak_bytes text = file->rest;
    size_t start = 0, at = 0;
    uint32_t first = file->line;
    bool holds = false;
    while (at < text.n) {
        struct ak_str line = line_at(text, at);
        if (is_marker(line, "---") && at > start) {
            if (holds)
                break;
            start = at;
            first = file->line;
        }
        if (!holds && at == start && says_nothing(line)) {
            start = at + line.n + 1;
            first = file->line + 1;
        } else {
            holds = holds || !(says_nothing(line) || (is_marker(line, "---") && line.n <= 4));
        }
        at += line.n + 1;
        file->line++;
    }
    at = at < text.n ? at : text.n;
    file->rest = (struct ak_bytes){ text.at + at, text.n - at };
    *out_line = first;
    if (holds)
        *out_document = (struct ak_bytes){ text.at + start, at - start };
    return holds;
}

/* ---- building the tree ---- */

struct open_node {
    struct ak_yaml *node, *last; /* last child so far */
    bool has_key;
    struct ak_str key;
    uint32_t key_line;
};

struct anchor {
    struct ak_str name;
    const struct ak_yaml *node; /* complete when its weight is not zero */
};

struct building {
    struct ak_arena *arena;
    struct ak_bytes document;
    uint32_t first_line;
    struct ak_yaml *root;
    struct open_node open[AK_YAML_DEPTH_MAX];
    size_t depth;
    struct anchor *anchors;
    size_t n_anchors;
    uint64_t nodes;
    struct ak_yaml_wrong *wrong;
};

static enum ak_status wrong_yaml(struct building *b, uint32_t line, const char *what,
                                 struct ak_str detail)
{
    *b->wrong = (struct ak_yaml_wrong){ line, what, detail };
    return AK_ERR_CORRUPT;
}

static enum ak_status copy_text(struct building *b, const void *at, size_t n, struct ak_str *out)
{
    char *copy = AK_NEW_N(b->arena, char, n + 1);
    if (!copy)
        return AK_ERR_LIMIT;
    if (n)
        memcpy(copy, at, n);
    *out = (struct ak_str){ copy, n };
    return AK_OK;
}

static uint32_t event_line(const struct building *b, const yaml_event_t *event)
{
    size_t line = event->start_mark.line;
    return b->first_line + (uint32_t)(line < UINT32_MAX - b->first_line ? line : 0);
}

/* Give the node its place under what is open.  A scalar in a map that waits for a
 * key becomes the key. */
static enum ak_status place(struct building *b, struct ak_yaml *node)
{
    if (b->depth == 0) {
        b->root = node;
        return AK_OK;
    }
    struct open_node *parent = &b->open[b->depth - 1];
    if (parent->node->kind == AK_YAML_MAP && !parent->has_key) {
        if (node->kind != AK_YAML_SCALAR)
            return wrong_yaml(b, node->line, "a key that is no text", AK_STR(""));
        if (node->plain && ak_str_eq(node->text, AK_STR("<<")))
            return wrong_yaml(b, node->line, "a merge key, which YAML 1.2 does not have",
                              node->text);
        parent->has_key = true;
        parent->key = node->text;
        parent->key_line = node->line;
        return AK_OK;
    }
    node->key = parent->key;
    node->key_line = parent->key_line;
    parent->has_key = false;
    if (parent->last)
        parent->last->next = node;
    else
        parent->node->first = node;
    parent->last = node;
    parent->node->n++;
    return AK_OK;
}

static enum ak_status count_nodes(struct building *b, uint32_t line, uint32_t n)
{
    b->nodes += n;
    if (b->nodes > AK_YAML_NODES_MAX)
        return wrong_yaml(b, line, "more YAML than the limit allows, aliases unfolded", AK_STR(""));
    return AK_OK;
}

static enum ak_status remember_anchor(struct building *b, const yaml_char_t *name,
                                      const struct ak_yaml *node)
{
    if (!name)
        return AK_OK;
    if (!b->anchors)
        b->anchors = AK_NEW_N(b->arena, struct anchor, AK_YAML_ANCHORS_MAX);
    if (!b->anchors)
        return AK_ERR_LIMIT;
    if (b->n_anchors == AK_YAML_ANCHORS_MAX)
        return wrong_yaml(b, node->line, "more YAML anchors than the limit allows", AK_STR(""));
    struct anchor *anchor = &b->anchors[b->n_anchors++];
    anchor->node = node;
    return copy_text(b, name, strlen((const char *)name), &anchor->name);
}

static enum ak_status add_alias(struct building *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    uint32_t line = event_line(b, event);
    size_t i = b->n_anchors;
    while (i > 0 && !ak_str_eq(b->anchors[i - 1].name, ak_str_of(name)))
        i--;
    struct ak_yaml *node = AK_NEW(b->arena, struct ak_yaml);
    struct ak_str copy;
    if (!node || copy_text(b, name, strlen(name), &copy) != AK_OK)
        return AK_ERR_LIMIT;
    if (i == 0)
        return wrong_yaml(b, line, "a YAML alias without its anchor", copy);
    if (b->anchors[i - 1].node->weight == 0)
        return wrong_yaml(b, line, "a YAML alias inside what it stands for", copy);
    *node = *b->anchors[i - 1].node;
    node->next = NULL;
    node->line = line;
    enum ak_status status = count_nodes(b, line, node->weight);
    return status == AK_OK ? place(b, node) : status;
}

/* Tags change what a scalar is; only the one that makes it a text is read. */
static enum ak_status check_tag(struct building *b, const yaml_event_t *event,
                                const yaml_char_t *tag, struct ak_yaml *node)
{
    static const char *const READ[] = { "tag:yaml.org,2002:str", "!" };
    if (!tag)
        return AK_OK;
    for (size_t i = 0; node->kind == AK_YAML_SCALAR && i < 2; i++)
        if (strcmp((const char *)tag, READ[i]) == 0) {
            node->plain = false;
            return AK_OK;
        }
    struct ak_str copy;
    enum ak_status status = copy_text(b, tag, strlen((const char *)tag), &copy);
    return status != AK_OK ? status : wrong_yaml(b, event_line(b, event), "a YAML tag", copy);
}

static enum ak_status add_scalar(struct building *b, const yaml_event_t *event)
{
    struct ak_yaml *node = AK_NEW(b->arena, struct ak_yaml);
    if (!node)
        return AK_ERR_LIMIT;
    node->line = event_line(b, event);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->weight = 1;
    enum ak_status status =
        copy_text(b, event->data.scalar.value, event->data.scalar.length, &node->text);
    if (status == AK_OK)
        status = check_tag(b, event, event->data.scalar.tag, node);
    if (status == AK_OK)
        status = count_nodes(b, node->line, 1);
    if (status == AK_OK)
        status = remember_anchor(b, event->data.scalar.anchor, node);
    return status == AK_OK ? place(b, node) : status;
}

static enum ak_status open_list_or_map(struct building *b, const yaml_event_t *event)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    struct ak_yaml *node = AK_NEW(b->arena, struct ak_yaml);
    if (!node)
        return AK_ERR_LIMIT;
    node->kind = is_map ? AK_YAML_MAP : AK_YAML_LIST;
    node->line = event_line(b, event);
    enum ak_status status = check_tag(b, event, tag, node);
    if (status == AK_OK && b->depth == AK_YAML_DEPTH_MAX)
        status = wrong_yaml(b, node->line, "YAML nested deeper than the limit", AK_STR(""));
    if (status == AK_OK)
        status = count_nodes(b, node->line, 1);
    if (status == AK_OK)
        status = remember_anchor(b, anchor, node);
    if (status == AK_OK)
        status = place(b, node);
    if (status == AK_OK)
        b->open[b->depth++] = (struct open_node){ .node = node };
    return status;
}

static const struct ak_yaml *same_key_before(const struct ak_yaml *map, const struct ak_yaml *child)
{
    const struct ak_yaml *other = map->first;
    while (other != child && !ak_str_eq(other->key, child->key))
        other = other->next;
    return other == child ? NULL : other;
}

/* In a map of many keys they are looked up in a table, not compared pairwise. */
static enum ak_status check_many_keys(struct building *b, const struct ak_yaml *map)
{
    size_t size = 1;
    while (size < 2 * (size_t)map->n)
        size *= 2;
    struct ak_arena_mark mark = ak_arena_mark(b->arena);
    const struct ak_yaml **table = AK_NEW_N(b->arena, const struct ak_yaml *, size);
    if (!table)
        return AK_ERR_LIMIT;
    const struct ak_yaml *child = map->first;
    for (; child; child = child->next) {
        size_t at = ak_hash_str(child->key) & (size - 1);
        while (table[at] && !ak_str_eq(table[at]->key, child->key))
            at = (at + 1) & (size - 1);
        if (table[at])
            break;
        table[at] = child;
    }
    ak_arena_rewind(b->arena, mark);
    return child ? wrong_yaml(b, child->key_line, "a key that was given before", child->key)
                 : AK_OK;
}

static enum ak_status check_keys(struct building *b, const struct ak_yaml *map)
{
    if (map->n > 16)
        return check_many_keys(b, map);
    for (const struct ak_yaml *child = map->first; child; child = child->next)
        if (same_key_before(map, child))
            return wrong_yaml(b, child->key_line, "a key that was given before", child->key);
    return AK_OK;
}

static enum ak_status close_list_or_map(struct building *b)
{
    struct ak_yaml *node = b->open[--b->depth].node;
    uint32_t weight = 1; /* cannot overflow: the nodes are counted */
    for (const struct ak_yaml *child = node->first; child; child = child->next)
        weight += child->weight;
    node->weight = weight;
    return node->kind == AK_YAML_MAP ? check_keys(b, node) : AK_OK;
}

static enum ak_status take_event(struct building *b, const yaml_event_t *event)
{
    switch ((int)event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return add_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return open_list_or_map(b, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_list_or_map(b);
    case YAML_DOCUMENT_START_EVENT:
        return b->root ? wrong_yaml(b, event_line(b, event), "more behind the end of the document",
                                    AK_STR(""))
                       : AK_OK;
    default:
        return AK_OK;
    }
}

/* libyaml finds out about what is not closed behind the last line. */
static uint32_t problem_line(const struct building *b, const yaml_parser_t *parser)
{
    size_t line = parser->problem_mark.line, last = 0;
    for (size_t i = 0; i + 1 < b->document.n; i++)
        last += b->document.at[i] == '\n';
    return b->first_line + (uint32_t)(line < last ? line : last);
}

static enum ak_status take_events(struct building *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR)
                return AK_ERR_NOMEM;
            return wrong_yaml(b, problem_line(b, parser), "this is not well-formed YAML",
                              ak_str_of(parser->problem ? parser->problem : ""));
        }
        bool done = event.type == YAML_STREAM_END_EVENT;
        enum ak_status status = take_event(b, &event);
        yaml_event_delete(&event);
        if (done || status != AK_OK)
            return status;
    }
}

enum ak_status ak_yaml_read(struct ak_arena *arena, struct ak_bytes document, uint32_t first_line,
                            const struct ak_yaml **out, struct ak_yaml_wrong *out_wrong)
{
    struct building b = {
        .arena = arena, .document = document, .first_line = first_line, .wrong = out_wrong
    };
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return AK_ERR_NOMEM;
    if (document.n >= 3 && memcmp(document.at, "\xEF\xBB\xBF", 3) == 0)
        document = (struct ak_bytes){ document.at + 3, document.n - 3 };
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, document.at, document.n);
    enum ak_status status = take_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (status == AK_OK)
        *out = b.root;
    return status;
}

/* ---- asking ---- */

const struct ak_yaml *ak_yaml_get(const struct ak_yaml *map, struct ak_str key)
{
    if (!map || map->kind != AK_YAML_MAP)
        return NULL;
    const struct ak_yaml *child = map->first;
    while (child && !ak_str_eq(child->key, key))
        child = child->next;
    return child;
}

static bool is_one_of(const struct ak_yaml *node, const char *const *words, size_t n)
{
    if (!node || node->kind != AK_YAML_SCALAR || !node->plain)
        return false;
    for (size_t i = 0; i < n; i++)
        if (ak_str_eq(node->text, ak_str_of(words[i])))
            return true;
    return false;
}

bool ak_yaml_is_null(const struct ak_yaml *node)
{
    static const char *const WORDS[] = { "", "~", "null", "Null", "NULL" };
    return is_one_of(node, WORDS, 5);
}

bool ak_yaml_bool(const struct ak_yaml *node, bool *out_value)
{
    static const char *const WORDS[] = { "true", "True", "TRUE", "false", "False", "FALSE" };
    if (!is_one_of(node, WORDS, 6))
        return false;
    *out_value = is_one_of(node, WORDS, 3);
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool digits(struct ak_str text, size_t at, int base, uint64_t *out)
{
    *out = 0;
    for (size_t i = at; i < text.n; i++) {
        int d = digit_of(text.at[i]);
        if (d >= base || __builtin_mul_overflow(*out, (uint64_t)base, out) ||
            __builtin_add_overflow(*out, (uint64_t)d, out))
            return false;
    }
    return at < text.n;
}

bool ak_yaml_integer(const struct ak_yaml *node, int64_t *out_value)
{
    if (!node || node->kind != AK_YAML_SCALAR || !node->plain)
        return false;
    struct ak_str text = node->text;
    uint64_t value;
    bool minus = text.n && text.at[0] == '-';
    size_t sign = minus || (text.n && text.at[0] == '+');
    if (!sign && text.n > 2 && text.at[0] == '0' && (text.at[1] == 'x' || text.at[1] == 'o')) {
        if (!digits(text, 2, text.at[1] == 'x' ? 16 : 8, &value))
            return false;
    } else if (!digits(text, sign, 10, &value)) {
        return false;
    }
    if (value > (uint64_t)INT64_MAX)
        return false;
    *out_value = minus ? -(int64_t)value : (int64_t)value;
    return true;
}

/* How many decimal digits stand at *at; moves behind them. */
static size_t skip_digits(struct ak_str text, size_t *at)
{
    size_t start = *at;
    while (*at < text.n && digit_of(text.at[*at]) < 10)
        (*at)++;
    return *at - start;
}

static bool skip_one_of(struct ak_str text, size_t *at, char a, char b)
{
    bool there = *at < text.n && (text.at[*at] == a || text.at[*at] == b);
    *at += there;
    return there;
}

/* [-+]? ( \.[0-9]+ | [0-9]+ (\.[0-9]*)? ) ([eE] [-+]? [0-9]+)? */
static bool looks_like_float(struct ak_str text)
{
    size_t at = 0;
    skip_one_of(text, &at, '-', '+');
    size_t n = skip_digits(text, &at);
    if (skip_one_of(text, &at, '.', '.'))
        n += skip_digits(text, &at);
    if (n == 0)
        return false;
    if (skip_one_of(text, &at, 'e', 'E')) {
        skip_one_of(text, &at, '-', '+');
        if (skip_digits(text, &at) == 0)
            return false;
    }
    return at == text.n;
}

bool ak_yaml_number(const struct ak_yaml *node, double *out_value)
{
    int64_t whole;
    if (ak_yaml_integer(node, &whole)) {
        *out_value = (double)whole;
        return true;
    }
    if (!node || node->kind != AK_YAML_SCALAR || !node->plain || !looks_like_float(node->text))
        return false;
    *out_value = strtod(node->text.at, NULL); /* the copy ends with a zero byte */
    return true;
}
