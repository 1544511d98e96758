/* indicators_json.c - indicators from STIX 2.1 bundles and MISP events.
 *
 * Both are objects in arrays: "objects": [{"type": "indicator", "pattern": …}] and
 * "Attribute": [{"type": "sha256", "value": …}] (of an event, or of one of its
 * objects).  So one walk serves both: of every open object the few members that
 * count are kept, and what it was is decided when it ends.  MISP's "Event" may
 * be the whole file, a member, or an element of "response". */
#include "detect/indicators_read.h"

#include "base/json_read.h"
#include "detect/indicators_normal.h"

#include <stdlib.h>

/* Members that are kept of an object. */
enum member { M_TYPE, M_VALUE, M_PATTERN, M_PATTERN_TYPE, M_NAME, M_COMMENT, M_INFO, N_MEMBERS };

static const char *const MEMBERS[N_MEMBERS] = {
    [M_TYPE] = "type",       [M_VALUE] = "value",
    [M_PATTERN] = "pattern", [M_PATTERN_TYPE] = "pattern_type",
    [M_NAME] = "name",       [M_COMMENT] = "comment",
    [M_INFO] = "info",
};

/* An object or array that is open. */
struct level {
    bool in_attributes, in_objects; /* an element of "Attribute", of "objects" */
    bool is_attributes, is_objects; /* an array of that name */
    bool has[N_MEMBERS];
    uint32_t at[N_MEMBERS], n[N_MEMBERS]; /* texts in walk.texts */
    bool not_for_detection, gone;         /* to_ids: false; deleted, revoked */
    uint32_t line;
    size_t texts_before; /* of walk.texts when it began */
};

struct walk {
    struct ak_indicators *set;
    struct ak_json_reader json;
    struct level *levels; /* AK_JSON_DEPTH_MAX + 1 */
    size_t depth;
    struct ak_buf texts;
    uint16_t file;
    uint64_t n_known;   /* indicators and attributes met, used or not */
    struct ak_buf info; /* of the MISP event under way */
};

static struct ak_str member(const struct walk *w, const struct level *l, enum member m)
{
    return l->has[m] && l->n[m] ? (struct ak_str){ (const char *)w->texts.at + l->at[m], l->n[m] }
                                : AK_STR("");
}

static void keep_text(struct walk *w, struct level *l, const struct ak_json_value *v)
{
    for (unsigned m = 0; m < N_MEMBERS; m++)
        if (ak_str_eq(v->key, ak_str_of(MEMBERS[m])) && !l->has[m]) {
            l->has[m] = true;
            l->at[m] = (uint32_t)w->texts.n;
            l->n[m] = (uint32_t)v->text.n;
            ak_buf_str(&w->texts, v->text);
        }
    if (ak_str_eq(v->key, AK_STR("info"))) {
        w->info.n = 0;
        ak_buf_str(&w->info, v->text);
    }
}

static void keep_flag(struct level *l, const struct ak_json_value *v)
{
    bool yes = v->kind == AK_JSON_TRUE;
    if (ak_str_eq(v->key, AK_STR("to_ids")))
        l->not_for_detection = !yes;
    else if (ak_str_eq(v->key, AK_STR("deleted")) || ak_str_eq(v->key, AK_STR("revoked")))
        l->gone = yes;
}

/* ---- what an object was ---- */

static void take_indicator(struct walk *w, const struct level *l)
{
    struct ak_str language = member(w, l, M_PATTERN_TYPE), pattern = member(w, l, M_PATTERN);
    struct ak_indicator_origin from = { w->file, l->line, member(w, l, M_NAME), 0 };
    w->n_known++;
    if (l->gone)
        w->set->sum.n_unwanted++;
    else if (language.n && !ak_str_eq_fold(language, AK_STR("stix")))
        ak_indicators_problem(w->set, w->file, l->line, "a pattern in another language than STIX's",
                              language);
    else
        ak_indicators_read_pattern(w->set, pattern, &from);
}

static void take_attribute(struct walk *w, const struct level *l)
{
    struct ak_str name = member(w, l, M_TYPE), value = member(w, l, M_VALUE),
                  comment = member(w, l, M_COMMENT);
    const struct ak_indicator_type *type = ak_indicator_type_named(name);
    struct ak_str info = w->info.n ? ak_buf_view(&w->info) : AK_STR("");
    struct ak_indicator_origin from = { w->file, l->line, comment.n ? comment : info, 0 };
    w->n_known++;
    if (l->gone || l->not_for_detection)
        w->set->sum.n_unwanted++;
    else if (!type || type->means == AK_MEANS_UNUSED || type->means == AK_MEANS_FORM)
        ak_indicators_problem(w->set, w->file, l->line,
                              "a kind of indicator that is not looked for", name);
    else if (!ak_indicators_add_typed(w->set, type, value, &from))
        ak_indicators_problem(w->set, w->file, l->line, "the value is not what its kind says",
                              value);
}

static void end_level(struct walk *w)
{
    const struct level *l = &w->levels[w->depth];
    if (l->in_objects && ak_str_eq(member(w, l, M_TYPE), AK_STR("indicator")))
        take_indicator(w, l);
    else if (l->in_attributes && l->has[M_TYPE] && l->has[M_VALUE])
        take_attribute(w, l);
    w->texts.n = l->texts_before;
    w->depth--;
}

static void begin_level(struct walk *w, const struct ak_json_value *v)
{
    const struct level *outer = &w->levels[w->depth];
    struct level l = { .line = v->line, .texts_before = w->texts.n };
    if (v->kind == AK_JSON_ARRAY) {
        l.is_attributes = v->in_object && ak_str_eq(v->key, AK_STR("Attribute"));
        l.is_objects = v->in_object && ak_str_eq(v->key, AK_STR("objects"));
    } else {
        l.in_attributes = outer->is_attributes;
        l.in_objects = outer->is_objects;
    }
    w->levels[++w->depth] = l;
}

/* One value; false when the text is over. */
static bool step(struct walk *w)
{
    struct ak_json_value v = ak_json_next(&w->json);
    struct level *l = &w->levels[w->depth];
    switch (v.kind) {
    case AK_JSON_END:
        return false;
    case AK_JSON_BAD:
        ak_indicators_problem(w->set, w->file, v.line, w->json.why, AK_STR(""));
        return false;
    case AK_JSON_OBJECT:
    case AK_JSON_ARRAY:
        begin_level(w, &v);
        break;
    case AK_JSON_CLOSE:
        end_level(w);
        break;
    case AK_JSON_STRING:
        if (v.in_object)
            keep_text(w, l, &v);
        break;
    case AK_JSON_TRUE:
    case AK_JSON_FALSE:
        if (v.in_object)
            keep_flag(l, &v);
        break;
    case AK_JSON_NUMBER:
    case AK_JSON_NULL:
        break;
    }
    return !w->texts.failed && !w->info.failed;
}

void ak_indicators_read_json(struct ak_indicators *set, uint16_t file, struct ak_bytes text)
{
    struct walk w = { .set = set, .json = ak_json_open(text), .file = file };
    w.levels = calloc(AK_JSON_DEPTH_MAX + 2, sizeof(*w.levels));
    while (w.levels && step(&w))
        ;
    if (!w.levels || w.texts.failed || w.info.failed)
        set->failed = true;
    else if (!w.json.why && w.n_known == 0)
        ak_indicators_problem(set, file, 0,
                              "neither a STIX bundle nor a MISP event: no indicators are in it",
                              AK_STR(""));
    ak_json_close(&w.json);
    ak_buf_free(&w.texts);
    ak_buf_free(&w.info);
    free(w.levels);
}
