/* match_convert.c - see match_convert.h.  What the conversions are for:
 * docs/formats/maps.md */
#include "detect/match_convert.h"

#include "base/buf.h"

/* The event's value for the i-th name of the source. */
static bool part(struct ak_detector *d, uint32_t source, size_t i, struct ak_str *out)
{
    const struct ak_match_place *place = ak_match_place_of(d, source);
    uint16_t index = i < place->n ? d->form->pool[place->at + i] : AK_MATCH_LACKS;
    if (index == AK_MATCH_LACKS || d->event->values[index].type == AK_TYPE_NONE)
        return false;
    *out = ak_match_raw(d, index);
    return true;
}

static bool first_part(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    for (size_t i = 0; i < d->sources[source].n_names; i++)
        if (part(d, source, i, out))
            return true;
    return false;
}

static struct ak_str spare_text(struct ak_detector *d)
{
    char *to = ak_match_room(d, d->spare.n);
    if (to && d->spare.n)
        memcpy(to, d->spare.at, d->spare.n);
    d->failed |= d->spare.failed;
    return to ? (struct ak_str){ to, d->spare.n } : AK_STR("");
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/* All of the text as a number in this base. */
static bool number(struct ak_str text, unsigned base, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned d = (unsigned)digit(text.at[i]);
        if (d >= base || *out > (UINT64_MAX - d) / base)
            return false;
        *out = *out * base + d;
    }
    return text.n > 0;
}

static bool hex_number(struct ak_str text, uint64_t *out)
{
    bool marked = text.n > 2 && text.at[0] == '0' && (text.at[1] | 0x20) == 'x';
    return marked && number((struct ak_str){ text.at + 2, text.n - 2 }, 16, out);
}

static struct ak_str to_decimal(struct ak_detector *d, struct ak_str text)
{
    uint64_t v;
    if (!hex_number(text, &v))
        return text;
    d->spare.n = 0;
    ak_buf_dec(&d->spare, v);
    return spare_text(d);
}

static struct ak_str to_hex(struct ak_detector *d, struct ak_str text)
{
    uint64_t v;
    if (!hex_number(text, &v) && !number(text, 10, &v))
        return text;
    d->spare.n = 0;
    ak_buf_text(&d->spare, "0x");
    ak_buf_hex(&d->spare, v);
    return spare_text(d);
}

static struct ak_str look_up(const struct ak_map_field *field, struct ak_str text)
{
    for (size_t i = 0; i < field->n_values; i++)
        if (ak_str_eq_fold(field->values[i].from, text))
            return field->values[i].to;
    return text;
}

/* `text` without `prefix` before it, without case; false when it begins otherwise. */
static bool behind(struct ak_str text, struct ak_str prefix, struct ak_str *out)
{
    if (text.n < prefix.n || !ak_str_eq_fold((struct ak_str){ text.at, prefix.n }, prefix))
        return false;
    *out = (struct ak_str){ text.at + prefix.n, text.n - prefix.n };
    return true;
}

static void skip_digits(struct ak_str *text)
{
    while (text->n && text->at[0] >= '0' && text->at[0] <= '9') {
        text->at++;
        text->n--;
    }
}

static struct ak_str two(struct ak_detector *d, struct ak_str a, struct ak_str b)
{
    d->spare.n = 0;
    ak_buf_str(&d->spare, a);
    ak_buf_str(&d->spare, b);
    return spare_text(d);
}

static struct ak_str to_drive(struct ak_detector *d, struct ak_str text)
{
    struct ak_str rest;
    if (!behind(text, AK_STR("\\device\\harddiskvolume"), &rest))
        return text;
    skip_digits(&rest);
    return rest.n && rest.at[0] == '\\' ? two(d, AK_STR("C:"), rest) : text;
}

/* The program of a command as typed: the first word.  Rules ask for a path's end;
 * a name that is looked for in PATH gets a '/' before it. */
static struct ak_str to_program(struct ak_detector *d, struct ak_str text)
{
    while (text.n && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = (struct ak_str){ text.at + 1, text.n - 1 };
    size_t n = 0;
    while (n < text.n && text.at[n] != ' ' && text.at[n] != '\t')
        n++;
    struct ak_str word = { text.at, n };
    bool is_path = n && memchr(word.at, '/', n);
    return n && !is_path ? two(d, AK_STR("/"), word) : word;
}

/* The set of services that is in use has a number in audits. */
static struct ak_str to_hive(struct ak_detector *d, struct ak_str text)
{
    struct ak_str rest, set;
    if (behind(text, AK_STR("\\registry\\machine\\system\\controlset"), &set)) {
        rest = set;
        skip_digits(&rest);
        if (rest.n < set.n && (rest.n == 0 || rest.at[0] == '\\'))
            return two(d, AK_STR("HKLM\\System\\CurrentControlSet"), rest);
    }
    if (behind(text, AK_STR("\\registry\\machine"), &rest))
        return two(d, AK_STR("HKLM"), rest);
    if (behind(text, AK_STR("\\registry\\user"), &rest))
        return two(d, AK_STR("HKU"), rest);
    return text;
}

/* Data of a registry value; types as %%1872 (none) to %%1883 (64 bits). */
static struct ak_str to_registry_data(struct ak_detector *d, struct ak_str data, struct ak_str type)
{
    uint64_t v = 0;
    bool is_number = hex_number(data, &v) || number(data, 10, &v);
    if (ak_str_eq(type, AK_STR("%%1875")))
        return AK_STR("Binary Data");
    d->spare.n = 0;
    if (is_number && ak_str_eq(type, AK_STR("%%1876")))
        ak_buf_printf(&d->spare, "DWORD (0x%08x)", (unsigned)(v & 0xFFFFFFFF));
    else if (is_number && ak_str_eq(type, AK_STR("%%1883")))
        ak_buf_printf(&d->spare, "QWORD (0x%08x-0x%08x)", (unsigned)(v >> 32),
                      (unsigned)(v & 0xFFFFFFFF));
    else
        return data;
    return spare_text(d);
}

static bool join(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    const struct ak_match_source *s = &d->sources[source];
    struct ak_str text = AK_STR(""), next;
    bool there = false;
    for (size_t i = 0; i < s->n_names; i++) {
        if (!part(d, source, i, &next))
            continue;
        d->spare.n = 0;
        ak_buf_str(&d->spare, text);
        if (there)
            ak_buf_str(&d->spare, s->field->text);
        ak_buf_str(&d->spare, next);
        text = spare_text(d);
        there = true;
    }
    *out = text;
    return there;
}

/* The event's own time; not there when it has none. */
static bool own_time(struct ak_detector *d, struct ak_str *out)
{
    char iso[AK_STAMP_TEXT];
    size_t n = ak_stamp_iso(d->event->when, iso);
    d->spare.n = 0;
    ak_buf_str(&d->spare, (struct ak_str){ iso, n });
    *out = spare_text(d);
    return ak_stamp_is_set(d->event->when);
}

/* The event's own text or, without one, that of its program's file. */
static bool of_program(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    if (first_part(d, source, out))
        return true;
    enum ak_program_text which = ak_program_text_named(d->sources[source].field->text);
    if (d->program && which < AK_PROGRAM_TEXTS)
        *out = d->program->texts[which];
    return out->n > 0;
}

static bool convert(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    const struct ak_match_source *s = &d->sources[source];
    struct ak_str text = AK_STR(""), type = AK_STR("");
    bool joined = s->how == AK_MAP_JOIN || s->how == AK_MAP_REGISTRY_PATH;
    bool data = s->how == AK_MAP_REGISTRY_DATA;
    if (!(joined ? join(d, source, &text)
          : data ? part(d, source, 0, &text)
                 : first_part(d, source, &text)))
        return false;
    if (s->how == AK_MAP_DECIMAL)
        text = to_decimal(d, text);
    else if (s->how == AK_MAP_HEX)
        text = to_hex(d, text);
    else if (s->how == AK_MAP_VALUES)
        text = look_up(s->field, text);
    else if (s->how == AK_MAP_DRIVE)
        text = to_drive(d, text);
    else if (s->how == AK_MAP_PROGRAM)
        text = to_program(d, text);
    else if (s->how == AK_MAP_REGISTRY_PATH)
        text = to_hive(d, text);
    else if (data && part(d, source, 1, &type))
        text = to_registry_data(d, text, type);
    *out = text;
    return true;
}

bool ak_match_convert(struct ak_detector *d, uint32_t source, struct ak_str *out)
{
    const struct ak_match_source *s = &d->sources[source];
    if (s->how == AK_MAP_TIME)
        return own_time(d, out);
    if (s->how == AK_MAP_IMAGE)
        return of_program(d, source, out);
    if (s->how != AK_MAP_CONSTANT)
        return convert(d, source, out);
    *out = s->field->text;
    return true;
}
