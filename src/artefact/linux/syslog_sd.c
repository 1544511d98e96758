/* syslog_sd.c - see syslog_sd.h. */
#include "artefact/linux/syslog_sd.h"

#include "artefact/lines.h"
#include "base/hash.h"

/* The text up to the closing quote, which is stepped over; false without one. */
static bool take_quoted(struct ak_str *rest, struct ak_str *out)
{
    for (size_t i = 0; i < rest->n; i++) {
        if (rest->at[i] == '\\') {
            i++;
        } else if (rest->at[i] == '"') {
            *out = (struct ak_str){ rest->at, i };
            *rest = ak_skip(*rest, i + 1);
            return true;
        }
    }
    return false;
}

/* The parameters of one element, after its id, up to and over its ']'. */
static bool take_params(struct ak_str *rest, struct ak_str id, struct ak_sd *out)
{
    while (rest->n && rest->at[0] == ' ') {
        *rest = ak_trim_left(*rest);
        if (rest->n && rest->at[0] == ']')
            break;
        if (out->n == AK_SD_MAX || !rest->n || !memchr(rest->at, '=', rest->n))
            return false;
        struct ak_str name = ak_cut(rest, '=');
        if (!rest->n || rest->at[0] != '"' || !name.n || name.n + id.n > AK_SD_NAME)
            return false;
        *rest = ak_skip(*rest, 1);
        out->id[out->n] = id;
        out->name[out->n] = name;
        if (!take_quoted(rest, &out->value[out->n]))
            return false;
        out->n++;
    }
    if (!rest->n || rest->at[0] != ']')
        return false;
    *rest = ak_skip(*rest, 1);
    return true;
}

bool ak_sd_split(struct ak_str text, struct ak_sd *out)
{
    out->n = 0;
    while (text.n && text.at[0] == '[') {
        text = ak_skip(text, 1);
        size_t n = 0;
        while (n < text.n && text.at[n] != ' ' && text.at[n] != ']')
            n++;
        struct ak_str id = { text.at, n };
        text = ak_skip(text, n);
        if (!take_params(&text, id, out))
            return false;
    }
    return text.n == 0 && out->n > 0;
}

static uint64_t key_of(const struct ak_shape *base, const struct ak_sd *sd)
{
    uint64_t key = ak_hash_str(base->data_type);
    for (size_t i = 0; i < sd->n; i++)
        key = ak_hash_mix(key ^ ak_hash_str(sd->id[i]), ak_hash_str(sd->name[i]) | 1);
    return key;
}

static const struct ak_str PREFIX = AK_STR_INIT("log.syslog.structured_data.");

/* Do the shape's last names spell this structured data? */
static bool spells(const struct ak_shape *shape, size_t base_n, const struct ak_sd *sd)
{
    if (shape->n != base_n + sd->n)
        return false;
    for (size_t i = 0; i < sd->n; i++) {
        struct ak_str have = ak_skip(shape->names[base_n + i], PREFIX.n);
        if (have.n != sd->id[i].n + 1 + sd->name[i].n || !ak_str_starts(have, sd->id[i]) ||
            !ak_str_ends(have, sd->name[i]))
            return false;
    }
    return true;
}

static bool spell(struct ak_arena *arena, struct ak_str id, struct ak_str name, struct ak_str *out)
{
    size_t n = PREFIX.n + id.n + 1 + name.n;
    char *at = AK_NEW_N(arena, char, n);
    if (!at)
        return false;
    memcpy(at, PREFIX.at, PREFIX.n);
    memcpy(at + PREFIX.n, id.at, id.n);
    at[PREFIX.n + id.n] = '.';
    memcpy(at + PREFIX.n + id.n + 1, name.at, name.n);
    *out = (struct ak_str){ at, n };
    return true;
}

const struct ak_shape *ak_sd_shape(struct ak_arena *arena, struct ak_sd_shapes *shapes,
                                   const struct ak_shape *base, const struct ak_sd *sd)
{
    uint64_t key = key_of(base, sd);
    for (size_t i = 0; i < shapes->n; i++)
        if (shapes->made[i].key == key &&
            ak_str_eq(shapes->made[i].shape->data_type, base->data_type) &&
            spells(shapes->made[i].shape, base->n, sd))
            return shapes->made[i].shape;
    struct ak_shape *made = shapes->n < AK_SD_SHAPES ? AK_NEW(arena, struct ak_shape) : NULL;
    struct ak_str *names = made ? AK_NEW_N(arena, struct ak_str, base->n + sd->n) : NULL;
    shapes->grew |= made != NULL;
    if (!names)
        return NULL;
    memcpy(names, base->names, base->n * sizeof(*names));
    for (size_t i = 0; i < sd->n; i++)
        if (!spell(arena, sd->id[i], sd->name[i], &names[base->n + i]))
            return NULL;
    *made = (struct ak_shape){ base->data_type, base->time_desc, names, base->n + sd->n };
    shapes->made[shapes->n].key = key;
    shapes->made[shapes->n++].shape = made;
    return made;
}

/* "\"", "\\" and "\]" stand for what is behind the backslash; any other
 * backslash stands for itself. */
static struct ak_str resolve(struct ak_arena *arena, struct ak_str s)
{
    char *at = s.n && memchr(s.at, '\\', s.n) ? AK_NEW_N(arena, char, s.n) : NULL;
    if (!at)
        return s;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char next = i + 1 < s.n ? s.at[i + 1] : 0;
        if (s.at[i] == '\\' && (next == '"' || next == '\\' || next == ']'))
            i++;
        at[n++] = s.at[i];
    }
    return (struct ak_str){ at, n };
}

void ak_sd_values(struct ak_arena *arena, const struct ak_sd *sd, struct ak_value *out)
{
    for (size_t i = 0; i < sd->n; i++)
        out[i] = ak_val_str(resolve(arena, sd->value[i]));
}
