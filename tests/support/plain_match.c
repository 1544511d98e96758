/* plain_match.c - see plain_match.h. */
#include "plain_match.h"

#include "base/fold.h"
#include "base/json.h"
#include "base/utf.h"
#include "detect/pattern.h"
#include "detect/regex.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUES_MAX = AK_EVENT_FIELDS_MAX };

struct seen_event {
    const struct ak_event *event;
    const struct ak_map_class *map;
    char *texts[VALUES_MAX]; /* of each value; owned */
    size_t sizes[VALUES_MAX];
};

/* The values of one field. */
struct plain {
    const char *at[VALUES_MAX];
    size_t n[VALUES_MAX];
    size_t count;
    bool of_shape; /* the shape has it, the event has no value */
    char *own;     /* a text made for it */
};

static char *text_of(const struct ak_value *v, size_t *n)
{
    struct ak_buf b = { 0 };
    char stamp[AK_STAMP_TEXT];
    ak_buf_room(&b, v->type == AK_TYPE_STR16 ? v->bytes.n * 2 + 8 : 64);
    switch (v->type) {
    case AK_TYPE_STR16:
        b.n = ak_utf16le_put((char *)b.at, v->bytes);
        break;
    case AK_TYPE_STR:
        ak_buf_str(&b, v->str);
        break;
    case AK_TYPE_U64:
        ak_buf_printf(&b, "%llu", (unsigned long long)v->u64);
        break;
    case AK_TYPE_I64:
        ak_buf_printf(&b, "%lld", (long long)v->i64);
        break;
    case AK_TYPE_HEX:
        ak_buf_printf(&b, "0x%llx", (unsigned long long)v->u64);
        break;
    case AK_TYPE_BOOL:
        ak_buf_text(&b, v->u64 ? "true" : "false");
        break;
    case AK_TYPE_F64:
        ak_json_f64(&b, v->f64);
        break;
    case AK_TYPE_BYTES:
        for (size_t i = 0; i < v->bytes.n; i++)
            ak_buf_printf(&b, "%02X", v->bytes.at[i]);
        break;
    case AK_TYPE_STAMP:
        ak_buf_put(
            &b, stamp,
            ak_stamp_iso((struct ak_stamp){ v->i64, (uint8_t)(v->stamp_flags | AK_STAMP_SET) },
                         stamp));
        break;
    case AK_TYPE_NONE:
        break;
    }
    *n = b.n;
    return (char *)b.at;
}

static bool text_is(struct ak_str text, struct ak_str want)
{
    if (want.n && want.at[want.n - 1] == '*') {
        want.n--;
        if (text.n > want.n)
            text.n = want.n;
    }
    return ak_str_eq_fold(text, want);
}

static size_t index_of(const struct ak_event *e, struct ak_str name)
{
    for (size_t i = 0; i < e->shape->n; i++)
        if (ak_str_eq(e->shape->names[i], name))
            return i;
    return SIZE_MAX;
}

static bool is_of_class(const struct seen_event *s)
{
    if (s->map->instead.n) /* such a class takes over only when programs are known: none are here */
        return false;
    for (size_t i = 0; i < s->map->n_when; i++) {
        const struct ak_map_when *w = &s->map->when[i];
        bool is_desc = ak_str_eq(w->field, AK_STR("timestamp_desc"));
        bool is_type = ak_str_eq(w->field, AK_STR("data_type")) || is_desc;
        size_t at = is_type ? 0 : index_of(s->event, w->field), k = 0;
        if (at == SIZE_MAX || (!is_type && s->event->values[at].type == AK_TYPE_NONE))
            return false;
        struct ak_str text = is_desc   ? s->event->shape->time_desc
                             : is_type ? s->event->shape->data_type
                                       : (struct ak_str){ s->texts[at], s->sizes[at] };
        while (k < w->n && !text_is(text, w->values[k]))
            k++;
        if (k == w->n)
            return false;
    }
    return true;
}

static void add(struct plain *p, const struct seen_event *s, size_t i)
{
    if (i == SIZE_MAX)
        return;
    if (s->event->values[i].type == AK_TYPE_NONE) {
        p->of_shape = true;
        return;
    }
    p->at[p->count] = s->texts[i] ? s->texts[i] : "";
    p->n[p->count++] = s->sizes[i];
}

static bool starts(const char *at, const char *prefix)
{
    return strncasecmp(at, prefix, strlen(prefix)) == 0;
}

/* One text made of another: its own words for what docs/formats/maps.md says. */
static void convert(const struct ak_map_field *f, const char *text, const char *type,
                    struct ak_buf *out)
{
    char *end;
    bool hex = starts(text, "0x") && text[2], digits = text[0] >= '0' && text[0] <= '9';
    unsigned long long v = strtoull(text, &end, hex ? 16 : 10);
    bool whole = digits && *end == 0;
    if (f->how == AK_MAP_DECIMAL && hex && whole)
        ak_buf_printf(out, "%llu", v);
    else if (f->how == AK_MAP_HEX && whole)
        ak_buf_printf(out, "0x%llx", v);
    else if (f->how == AK_MAP_REGISTRY_DATA && type && strcmp(type, "%%1875") == 0)
        ak_buf_text(out, "Binary Data");
    else if (f->how == AK_MAP_REGISTRY_DATA && type && strcmp(type, "%%1876") == 0 && whole)
        ak_buf_printf(out, "DWORD (0x%08llx)", v & 0xFFFFFFFF);
    else if (f->how == AK_MAP_REGISTRY_DATA && type && strcmp(type, "%%1883") == 0 && whole)
        ak_buf_printf(out, "QWORD (0x%08llx-0x%08llx)", v >> 32, v & 0xFFFFFFFF);
    else if (f->how == AK_MAP_DRIVE && starts(text, "\\device\\harddiskvolume") &&
             text[22 + strspn(text + 22, "0123456789")] == '\\')
        ak_buf_printf(out, "C:%s", text + 22 + strspn(text + 22, "0123456789"));
    else if (f->how == AK_MAP_REGISTRY_PATH &&
             starts(text, "\\registry\\machine\\system\\controlset0"))
        ak_buf_printf(out, "HKLM\\System\\CurrentControlSet%s",
                      text + 35 + strspn(text + 35, "0123456789"));
    else if (f->how == AK_MAP_REGISTRY_PATH && starts(text, "\\registry\\machine"))
        ak_buf_printf(out, "HKLM%s", text + 17);
    else if (f->how == AK_MAP_REGISTRY_PATH && starts(text, "\\registry\\user"))
        ak_buf_printf(out, "HKU%s", text + 14);
    else if (f->how == AK_MAP_PROGRAM) {
        text += strspn(text, " \t");
        int n = (int)strcspn(text, " \t");
        ak_buf_printf(out, "%s%.*s", n && !memchr(text, '/', (size_t)n) ? "/" : "", n, text);
    } else
        ak_buf_text(out, text);
}

static void made(struct plain *p, const struct ak_map_field *f, const struct plain *parts,
                 const struct ak_event *event)
{
    struct ak_buf joined = { 0 }, out = { 0 };
    bool join = f->how == AK_MAP_JOIN || f->how == AK_MAP_REGISTRY_PATH;
    char iso[AK_STAMP_TEXT];
    if (f->how == AK_MAP_CONSTANT)
        ak_buf_str(&joined, f->text);
    if (f->how == AK_MAP_TIME)
        ak_buf_put(&joined, iso, ak_stamp_iso(event->when, iso));
    for (size_t i = 0; i < parts->count && (join || i == 0); i++) {
        if (i)
            ak_buf_str(&joined, f->text);
        ak_buf_put(&joined, parts->at[i], parts->n[i]);
    }
    ak_buf_u8(&joined, 0);
    bool there = f->how == AK_MAP_CONSTANT || parts->count > 0 ||
                 (f->how == AK_MAP_TIME && ak_stamp_is_set(event->when));
    const char *type = parts->count > 1 ? parts->at[1] : NULL;
    convert(f, (const char *)joined.at, type, &out);
    for (size_t i = 0; i < f->n_values && f->how == AK_MAP_VALUES; i++)
        if (ak_str_eq_fold(ak_str_of((const char *)joined.at), f->values[i].from)) {
            out.n = 0;
            ak_buf_str(&out, f->values[i].to);
            break;
        }
    ak_buf_free(&joined);
    ak_buf_u8(&out, 0);
    p->own = (char *)out.at;
    p->at[0] = p->own;
    p->n[0] = out.n - 1;
    p->count = there;
}

static void all_that_begin(struct plain *p, const struct seen_event *s, struct ak_str name)
{
    bool open = name.n && name.at[name.n - 1] == '*';
    for (size_t i = 0; i < s->event->shape->n; i++)
        if (open ? ak_str_starts(s->event->shape->names[i], (struct ak_str){ name.at, name.n - 1 })
                 : ak_str_eq(s->event->shape->names[i], name))
            add(p, s, i);
}

static void mapped(struct plain *p, const struct seen_event *s, const struct ak_map_field *f)
{
    static struct plain parts;
    struct plain *to = f->how == AK_MAP_AS_IS || f->how == AK_MAP_ANY ? p : &parts;
    to->count = 0;
    to->of_shape = false;
    for (size_t i = 0; i < f->n_ours; i++)
        if (f->how == AK_MAP_ANY)
            all_that_begin(to, s, f->ours[i]);
        else if (f->how != AK_MAP_AS_IS || to->count == 0)
            add(to, s, index_of(s->event, f->ours[i]));
    if (to == &parts)
        made(p, f, &parts, s->event);
}

static void values_of(struct plain *p, const struct seen_event *s, struct ak_str name)
{
    const struct ak_map_class *map = s->map;
    p->count = 0;
    p->of_shape = false;
    p->own = NULL;
    if (name.n == 0) {
        for (size_t i = 0; i < s->event->shape->n; i++)
            add(p, s, i);
        p->of_shape = false;
        return;
    }
    for (size_t i = 0; i < map->n_fields; i++)
        if (ak_str_eq(map->fields[i].sigma, name)) {
            mapped(p, s, &map->fields[i]);
            return;
        }
    for (size_t i = 0; i < map->n_absent; i++)
        if (ak_str_eq(map->absent[i], name))
            return;
    for (size_t i = 0; i < map->n_defaults && p->count == 0; i++) {
        char full[1024];
        int n = snprintf(full, sizeof(full), "%.*s%.*s", (int)map->defaults[i].n,
                         map->defaults[i].at, (int)name.n, name.at);
        add(p, s, index_of(s->event, (struct ak_str){ full, (size_t)n }));
    }
}

static bool in_network(const struct ak_test *t, const char *text)
{
    uint8_t a[16], b[16];
    char copy[64];
    snprintf(copy, sizeof(copy), "%s%s", t->cidr.is_v6 || strchr(text, ':') ? "" : "::ffff:", text);
    copy[strcspn(copy, "%")] = 0;
    if (strlen(text) > 45 || inet_pton(AF_INET6, copy, a) != 1)
        return false;
    if (t->cidr.is_v6)
        memcpy(b, t->cidr.address, 16);
    else {
        memcpy(b, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
        memcpy(b + 12, t->cidr.address, 4);
    }
    unsigned bits = t->cidr.bits + (t->cidr.is_v6 ? 0u : 96u);
    for (unsigned i = 0; i < bits; i++)
        if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1)
            return false;
    return true;
}

static bool pattern_holds(const struct ak_pattern *p, struct ak_str text)
{
    char *folded = malloc(text.n * 3 / 2 + 4);
    struct ak_str as = p->cased ? text : (struct ak_str){ folded, ak_fold(folded, text) };
    bool holds = ak_pattern_match(p, as);
    free(folded);
    return holds;
}

static bool field_holds(const struct seen_event *s, const struct ak_test *t, struct ak_str text)
{
    struct plain *other = malloc(sizeof(*other));
    bool holds = false;
    values_of(other, s, t->field.name);
    for (size_t i = 0; i < other->count && !holds; i++) {
        struct ak_str with = { other->at[i], other->n[i] };
        char *a = malloc(text.n * 2 + 4), *b = malloc(with.n * 2 + 4);
        struct ak_str x = t->field.cased ? text : (struct ak_str){ a, ak_fold(a, text) };
        struct ak_str y = t->field.cased ? with : (struct ak_str){ b, ak_fold(b, with) };
        if (t->field.starts == t->field.ends)
            holds = t->field.starts ? y.n == 0 || (x.n && memmem(x.at, x.n, y.at, y.n))
                                    : ak_str_eq(x, y);
        else
            holds = t->field.starts ? ak_str_starts(x, y) : ak_str_ends(x, y);
        free(a);
        free(b);
    }
    free(other->own);
    free(other);
    return holds;
}

static bool number_stands(enum ak_compare how, double a, double b)
{
    const bool holds[] = { a >= b && a <= b, a < b || a > b, a<b, a <= b, a> b, a >= b };
    return holds[how];
}

static bool number_holds(const struct ak_test *t, const char *text)
{
    char *end;
    double got = strtod(text, &end), want = t->number.value;
    if (end == text || *end || strpbrk(text, "nN"))
        return false;
    return number_stands(t->number.compare, got, want);
}

/* "2026-01-02T03:04" and what follows, but counted by days of the year. */
static bool time_holds(const struct ak_test *t, const char *text)
{
    static const int BEFORE[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int year, month, day, hour = 0, minute = 0;
    if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d", &year, &month, &day, &hour, &minute) < 3)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int of_year = BEFORE[month - 1] + day + (leap && month > 2), y = year - 1; /* from 1 */
    int weekday = (of_year - 1 + y * 365 + y / 4 - y / 100 + y / 400) % 7;     /* Monday is 0 */
    int thursday = of_year - weekday + 3, week = (thursday + 6) / 7;
    bool leap_before = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (thursday < 1)
        week = (thursday + 365 + leap_before + 6) / 7;
    else if (thursday > 365 + leap)
        week = 1;
    const int parts[] = { minute, hour, day, week, month, year };
    return number_stands(t->time.compare, parts[t->time.part], (double)t->time.value);
}

static bool value_holds(const struct seen_event *s, const struct ak_test *t, struct ak_str text)
{
    static struct ak_regex_memory *memory;
    if (!memory)
        memory = ak_regex_memory_new(8 << 20);
    switch (t->op) {
    case AK_TEST_PATTERN:
        return pattern_holds(&t->pattern, text);
    case AK_TEST_REGEX:
        return ak_regex_search(t->regex, memory, text);
    case AK_TEST_CIDR:
        return in_network(t, text.at);
    case AK_TEST_NUMBER:
        return number_holds(t, text.at);
    case AK_TEST_FIELD:
        return field_holds(s, t, text);
    case AK_TEST_EMPTY:
        return text.n == 0;
    case AK_TEST_TIME:
        return time_holds(t, text.at);
    case AK_TEST_NULL:
    case AK_TEST_EXISTS:
        break;
    }
    return false;
}

static bool test_holds(const struct seen_event *s, const struct ak_test *t, const struct plain *p)
{
    if (t->op == AK_TEST_NULL)
        return p->count == 0;
    if (t->op == AK_TEST_EXISTS)
        return t->exists == (p->count > 0);
    if (t->op == AK_TEST_EMPTY && p->count == 0)
        return p->of_shape && !p->own;
    for (size_t i = 0; i < p->count; i++)
        if (value_holds(s, t, (struct ak_str){ p->at[i], p->n[i] }))
            return true;
    return false;
}

static bool node_holds(const struct seen_event *s, const struct ak_node *node)
{
    if (node->kind == AK_NODE_ITEM) {
        struct plain *p = malloc(sizeof(*p));
        size_t held = 0;
        values_of(p, s, node->item->field);
        for (size_t i = 0; i < node->item->n; i++)
            held += test_holds(s, &node->item->tests[i], p);
        bool holds = node->item->all ? held == node->item->n : held > 0;
        if (node->item->negated)
            holds = p->count > 0 && !holds;
        free(p->own);
        free(p);
        return holds;
    }
    size_t held = 0;
    for (size_t i = 0; i < node->n; i++)
        held += node_holds(s, node->children[i]);
    return node->kind == AK_NODE_NOT   ? held == 0
           : node->kind == AK_NODE_AND ? held == node->n
                                       : held > 0;
}

void plain_match(const struct ak_rules *rules, const struct ak_maps *maps,
                 const struct ak_event *event, bool *hit)
{
    struct seen_event *s = calloc(1, sizeof(*s));
    s->event = event;
    for (size_t i = 0; i < event->shape->n; i++) {
        struct ak_buf b = { 0 };
        char *text = text_of(&event->values[i], &s->sizes[i]);
        ak_buf_put(&b, text, s->sizes[i]);
        ak_buf_u8(&b, 0);
        s->texts[i] = (char *)b.at;
        free(text);
    }
    memset(hit, 0, rules->n);
    for (size_t c = 0; c < maps->n; c++) {
        s->map = &maps->classes[c];
        if (!is_of_class(s))
            continue;
        for (size_t r = 0; r < rules->n; r++)
            if (!hit[r] && rules->rules[r].when && ak_map_serves(s->map, &rules->rules[r].source))
                hit[r] = node_holds(s, rules->rules[r].when);
    }
    for (size_t i = 0; i < event->shape->n; i++)
        free(s->texts[i]);
    free(s);
}
