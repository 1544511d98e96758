/* maps_read.c - data/maps/ *.yml to maps.  The notation: docs/formats/maps.md */
#include "detect/maps.h"

#include "detect/maps_table.h"
#include "detect/programs.h"
#include "detect/rule.h"
#include "detect/yaml_tree.h"

enum {
    FILE_MAX = 1 << 20,
    CLASSES_MAX = 4096, /* with tables */
    LIST_MAX = 4096,
};

struct reading {
    struct ak_arena *arena;
    struct ak_str file;
    struct ak_map_class *classes, *tables; /* those so far, with room for the file's */
    size_t n_classes, n_tables;
    uint32_t line;
    const char *why;
};

static enum ak_status wrong(struct reading *r, const struct ak_yaml *at, const char *why)
{
    r->line = at ? at->line : 1;
    r->why = why;
    return AK_ERR_CORRUPT;
}

/* ---- lists ---- */

static bool is_text(const struct ak_yaml *node)
{
    return node->kind == AK_YAML_SCALAR && !ak_yaml_is_null(node);
}

/* A text, or a list of texts. */
static enum ak_status read_texts(struct reading *r, const struct ak_yaml *node,
                                 const struct ak_str **out, size_t *out_n)
{
    size_t n = node->kind == AK_YAML_LIST ? node->n : 1;
    struct ak_str *texts = n <= LIST_MAX ? AK_NEW_N(r->arena, struct ak_str, n + 1) : NULL;
    if (!texts)
        return n > LIST_MAX ? wrong(r, node, "a list of a map is too long") : AK_ERR_LIMIT;
    const struct ak_yaml *at = node->kind == AK_YAML_LIST ? node->first : node;
    for (size_t i = 0; i < n; i++, at = at->next) {
        if (!is_text(at))
            return wrong(r, at, "a map has something else where a text is expected");
        texts[i] = at->text;
    }
    *out = texts;
    *out_n = n;
    return AK_OK;
}

static bool is_map(const struct ak_yaml *node)
{
    return node->kind == AK_YAML_MAP && node->n <= LIST_MAX;
}

/* ---- the parts of a class ---- */

static enum ak_status read_source(struct reading *r, const struct ak_yaml *node,
                                  struct ak_logsource *out)
{
    if (!is_map(node) || node->n == 0)
        return wrong(r, node, "a source of a map names no product, category or service");
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        if (!is_text(at))
            return wrong(r, at, "a map has something else where a text is expected");
        if (ak_str_eq(at->key, AK_STR("product")))
            out->product = at->text;
        else if (ak_str_eq(at->key, AK_STR("category")))
            out->category = at->text;
        else if (ak_str_eq(at->key, AK_STR("service")))
            out->service = at->text;
        else
            return wrong(r, at, "a source of a map names no product, category or service");
    }
    return AK_OK;
}

static enum ak_status read_sources(struct reading *r, const struct ak_yaml *node,
                                   struct ak_map_class *c)
{
    if (node->kind != AK_YAML_LIST || node->n > LIST_MAX)
        return wrong(r, node, "a list is expected in a map");
    struct ak_logsource *sources = AK_NEW_N(r->arena, struct ak_logsource, node->n + 1);
    if (!sources)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        enum ak_status st = read_source(r, at, &sources[c->n_sources++]);
        if (st != AK_OK)
            return st;
    }
    c->sources = sources;
    return AK_OK;
}

static enum ak_status read_when(struct reading *r, const struct ak_yaml *node,
                                struct ak_map_class *c)
{
    if (!is_map(node))
        return wrong(r, node, "fields with values are expected in a map");
    struct ak_map_when *when = AK_NEW_N(r->arena, struct ak_map_when, node->n + 1);
    if (!when)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        struct ak_map_when *w = &when[c->n_when++];
        w->field = at->key;
        enum ak_status st = read_texts(r, at, &w->values, &w->n);
        if (st != AK_OK)
            return st;
        if (w->n == 0)
            return wrong(r, at, "a condition of a map has no value");
    }
    c->when = when;
    return AK_OK;
}

/* ---- fields ---- */

static enum ak_status read_values(struct reading *r, const struct ak_yaml *node,
                                  struct ak_map_field *f)
{
    if (!is_map(node))
        return wrong(r, node, "fields with values are expected in a map");
    struct ak_map_pair *pairs = AK_NEW_N(r->arena, struct ak_map_pair, node->n + 1);
    if (!pairs)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        if (at->kind != AK_YAML_SCALAR)
            return wrong(r, at, "a map has something else where a text is expected");
        pairs[f->n_values++] = (struct ak_map_pair){ at->key, at->text };
    }
    f->values = pairs;
    f->how = AK_MAP_VALUES;
    return AK_OK;
}

static enum ak_status read_as(struct reading *r, const struct ak_yaml *node, struct ak_map_field *f)
{
    static const struct {
        struct ak_str name;
        enum ak_map_how how;
    } AS[] = {
        { AK_STR_INIT("decimal"), AK_MAP_DECIMAL },
        { AK_STR_INIT("drive"), AK_MAP_DRIVE },
        { AK_STR_INIT("hex"), AK_MAP_HEX },
        { AK_STR_INIT("program"), AK_MAP_PROGRAM },
        { AK_STR_INIT("registry-data"), AK_MAP_REGISTRY_DATA },
        { AK_STR_INIT("registry-path"), AK_MAP_REGISTRY_PATH },
    };
    for (size_t i = 0; i < sizeof(AS) / sizeof(AS[0]); i++)
        if (node->kind == AK_YAML_SCALAR && ak_str_eq(node->text, AS[i].name)) {
            f->how = AS[i].how;
            return AK_OK;
        }
    return wrong(r, node, "a map asks for a conversion that is not known");
}

/* What the program's file says; `from` beside it is what the event says itself. */
static enum ak_status read_image(struct reading *r, const struct ak_yaml *node,
                                 struct ak_map_field *f)
{
    if (node->kind != AK_YAML_SCALAR || ak_program_text_named(node->text) == AK_PROGRAM_TEXTS)
        return wrong(r, node, "a map asks for what is not known of programs");
    f->text = node->text;
    f->how = AK_MAP_IMAGE;
    return AK_OK;
}

/* One key of a field that is written as a map. */
static enum ak_status read_field_key(struct reading *r, const struct ak_yaml *at,
                                     struct ak_map_field *f)
{
    bool from = ak_str_eq(at->key, AK_STR("from")), join = ak_str_eq(at->key, AK_STR("join"));
    bool any = ak_str_eq(at->key, AK_STR("any"));
    if (from || join || any) {
        if (any)
            f->how = AK_MAP_ANY;
        else if (join)
            f->how = AK_MAP_JOIN;
        return read_texts(r, at, &f->ours, &f->n_ours);
    }
    if (ak_str_eq(at->key, AK_STR("values")))
        return read_values(r, at, f);
    if (ak_str_eq(at->key, AK_STR("as")))
        return read_as(r, at, f);
    if (ak_str_eq(at->key, AK_STR("image")))
        return read_image(r, at, f);
    if (at->kind != AK_YAML_SCALAR)
        return wrong(r, at, "a map has something else where a text is expected");
    f->text = at->text;
    if (ak_str_eq(at->key, AK_STR("constant")))
        f->how = AK_MAP_CONSTANT;
    else if (ak_str_eq(at->key, AK_STR("time")) && ak_str_eq(at->text, AK_STR("utc")))
        f->how = AK_MAP_TIME;
    else if (!ak_str_eq(at->key, AK_STR("with")))
        return wrong(r, at, "a key that maps do not have");
    return AK_OK;
}

static enum ak_status read_field(struct reading *r, const struct ak_yaml *node,
                                 struct ak_map_field *f)
{
    f->sigma = node->key;
    if (node->kind != AK_YAML_MAP)
        return read_texts(r, node, &f->ours, &f->n_ours);
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        enum ak_map_how before = f->how;
        enum ak_status st = read_field_key(r, at, f);
        if (st != AK_OK)
            return st;
        bool refined = before == AK_MAP_JOIN && f->how == AK_MAP_REGISTRY_PATH;
        if (before != AK_MAP_AS_IS && f->how != before && !refined)
            return wrong(r, at, "a field of a map is to be had in two ways");
    }
    bool needs_none = f->how == AK_MAP_CONSTANT || f->how == AK_MAP_TIME;
    if (f->how != AK_MAP_IMAGE && (f->n_ours == 0) != needs_none)
        return wrong(r, node, "a field of a map says nothing of where it comes from");
    return AK_OK;
}

static enum ak_status read_fields(struct reading *r, const struct ak_yaml *node,
                                  struct ak_map_class *c)
{
    if (!is_map(node))
        return wrong(r, node, "fields with values are expected in a map");
    struct ak_map_field *fields = AK_NEW_N(r->arena, struct ak_map_field, node->n + 1);
    if (!fields)
        return AK_ERR_LIMIT;
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        enum ak_status st = read_field(r, at, &fields[c->n_fields++]);
        if (st != AK_OK)
            return st;
    }
    c->fields = fields;
    return AK_OK;
}

/* ---- what is inherited ---- */

/* Fields behind the own ones, but for names that are there. */
static bool add_fields(struct reading *r, struct ak_map_class *c, const struct ak_map_class *base)
{
    struct ak_map_field *all =
        AK_NEW_N(r->arena, struct ak_map_field, c->n_fields + base->n_fields + 1);
    size_t n = c->n_fields;
    if (!all)
        return false;
    if (n)
        memcpy(all, c->fields, n * sizeof(*all));
    for (size_t i = 0; i < base->n_fields; i++) {
        size_t k = 0;
        while (k < n && !ak_str_eq(all[k].sigma, base->fields[i].sigma))
            k++;
        if (k == n)
            all[n++] = base->fields[i];
    }
    c->fields = all;
    c->n_fields = n;
    return true;
}

static bool add_when(struct reading *r, struct ak_map_class *c, const struct ak_map_class *base)
{
    struct ak_map_when *all = AK_NEW_N(r->arena, struct ak_map_when, c->n_when + base->n_when + 1);
    size_t n = c->n_when;
    if (!all)
        return false;
    if (n)
        memcpy(all, c->when, n * sizeof(*all));
    for (size_t i = 0; i < base->n_when; i++) {
        size_t k = 0;
        while (k < n && !ak_str_eq(all[k].field, base->when[i].field))
            k++;
        if (k == n)
            all[n++] = base->when[i];
    }
    c->when = all;
    c->n_when = n;
    return true;
}

static bool names_field(const struct ak_map_class *c, size_t n_own, struct ak_str name)
{
    for (size_t i = 0; i < n_own; i++)
        if (ak_str_eq(c->fields[i].sigma, name))
            return true;
    return false;
}

static bool add_absent(struct reading *r, struct ak_map_class *c, const struct ak_map_class *base,
                       size_t n_own)
{
    struct ak_str *all = AK_NEW_N(r->arena, struct ak_str, c->n_absent + base->n_absent + 1);
    size_t n = c->n_absent;
    if (!all)
        return false;
    if (n)
        memcpy(all, c->absent, n * sizeof(*all));
    for (size_t i = 0; i < base->n_absent; i++)
        if (!names_field(c, n_own, base->absent[i]))
            all[n++] = base->absent[i];
    c->absent = all;
    c->n_absent = n;
    return true;
}

static const struct ak_map_class *named(const struct reading *r, struct ak_str name)
{
    for (size_t i = 0; i < r->n_tables; i++)
        if (ak_str_eq(r->tables[i].name, name))
            return &r->tables[i];
    for (size_t i = 0; i < r->n_classes; i++)
        if (ak_str_eq(r->classes[i].name, name))
            return &r->classes[i];
    return NULL;
}

static enum ak_status inherit(struct reading *r, const struct ak_yaml *extends,
                              struct ak_map_class *c)
{
    const struct ak_str *names;
    size_t n, n_own = c->n_fields;
    enum ak_status st = read_texts(r, extends, &names, &n);
    for (size_t i = 0; i < n && st == AK_OK; i++) {
        const struct ak_map_class *base = named(r, names[i]);
        if (!base)
            return wrong(r, extends, "a map extends what nothing above it is called");
        if (!add_when(r, c, base) || !add_fields(r, c, base) || !add_absent(r, c, base, n_own))
            return AK_ERR_LIMIT;
        if (!c->sources) {
            c->sources = base->sources;
            c->n_sources = base->n_sources;
        }
        if (!c->defaults) {
            c->defaults = base->defaults;
            c->n_defaults = base->n_defaults;
        }
    }
    return st;
}

/* ---- classes and tables ---- */

/* A key whose value is a list of texts; *out_is whether it is one. */
static enum ak_status read_list_key(struct reading *r, const struct ak_yaml *at,
                                    struct ak_map_class *c, bool *out_is)
{
    const struct {
        struct ak_str key;
        const struct ak_str **texts;
        size_t *n;
    } LISTS[] = { { AK_STR("defaults"), &c->defaults, &c->n_defaults },
                  { AK_STR("absent"), &c->absent, &c->n_absent },
                  { AK_STR("lacks"), &c->lacks, &c->n_lacks },
                  { AK_STR("program"), &c->program, &c->n_program } };
    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++) {
        *out_is = ak_str_eq(at->key, LISTS[i].key);
        if (*out_is)
            return read_texts(r, at, LISTS[i].texts, LISTS[i].n);
    }
    return AK_OK;
}

static enum ak_status read_key(struct reading *r, const struct ak_yaml *at, struct ak_map_class *c)
{
    bool is_list;
    enum ak_status st = read_list_key(r, at, c, &is_list);
    if (is_list)
        return st;
    if (ak_str_eq(at->key, AK_STR("sources")))
        return read_sources(r, at, c);
    if (ak_str_eq(at->key, AK_STR("when")))
        return read_when(r, at, c);
    if (ak_str_eq(at->key, AK_STR("fields")))
        return read_fields(r, at, c);
    if (ak_str_eq(at->key, AK_STR("name")) && is_text(at)) {
        c->name = at->text;
        return named(r, c->name) ? wrong(r, at, "two maps have one name") : AK_OK;
    }
    if (ak_str_eq(at->key, AK_STR("instead")) && is_text(at)) {
        c->instead = at->text;
        return named(r, c->instead) ? AK_OK
                                    : wrong(r, at, "a map extends what nothing above it is called");
    }
    return ak_str_eq(at->key, AK_STR("extends")) ? AK_OK
                                                 : wrong(r, at, "a key that maps do not have");
}

static enum ak_status read_class(struct reading *r, const struct ak_yaml *node, bool is_table,
                                 struct ak_map_class *c)
{
    *c = (struct ak_map_class){ .file = r->file, .line = node->line };
    if (!is_map(node))
        return wrong(r, node, "fields with values are expected in a map");
    for (const struct ak_yaml *at = node->first; at; at = at->next) {
        enum ak_status st = read_key(r, at, c);
        if (st != AK_OK)
            return st;
    }
    const struct ak_yaml *extends = ak_yaml_get(node, AK_STR("extends"));
    enum ak_status st = extends ? inherit(r, extends, c) : AK_OK;
    if (st != AK_OK)
        return st;
    if (c->name.n == 0)
        return wrong(r, node, "a map has no name");
    if (!is_table && (c->n_when == 0 || c->n_sources == 0))
        return wrong(r, node, "a map does not say which events it is about, or for which rules");
    if ((c->instead.n == 0) != (c->n_program == 0))
        return wrong(r, node, "a map has only one of `instead` and `program`");
    return AK_OK;
}

static enum ak_status read_list(struct reading *r, const struct ak_yaml *list, bool is_table)
{
    if (list->kind != AK_YAML_LIST || list->n + r->n_classes + r->n_tables > CLASSES_MAX)
        return wrong(r, list, "a list is expected in a map");
    struct ak_map_class **all = is_table ? &r->tables : &r->classes;
    size_t *n = is_table ? &r->n_tables : &r->n_classes;
    struct ak_map_class *more = AK_NEW_N(r->arena, struct ak_map_class, *n + list->n + 1);
    if (!more)
        return AK_ERR_LIMIT;
    if (*n)
        memcpy(more, *all, *n * sizeof(*more));
    *all = more;
    for (const struct ak_yaml *at = list->first; at; at = at->next) {
        enum ak_status st = read_class(r, at, is_table, &more[*n]);
        if (st != AK_OK)
            return st;
        (*n)++;
    }
    return AK_OK;
}

static enum ak_status read_root(struct reading *r, const struct ak_yaml *root)
{
    if (root->kind != AK_YAML_MAP)
        return wrong(r, root, "fields with values are expected in a map");
    for (const struct ak_yaml *at = root->first; at; at = at->next) {
        bool is_table = ak_str_eq(at->key, AK_STR("tables"));
        if (!is_table && !ak_str_eq(at->key, AK_STR("classes")))
            return wrong(r, at, "a key that maps do not have");
        enum ak_status st = read_list(r, at, is_table);
        if (st != AK_OK)
            return st;
    }
    return AK_OK;
}

static enum ak_status read_document(struct reading *r, struct ak_bytes yaml)
{
    const struct ak_yaml *root = NULL;
    struct ak_yaml_wrong bad = { 0 };
    if (yaml.n > FILE_MAX)
        return wrong(r, NULL, "the file is larger than allowed");
    enum ak_status st = ak_yaml_read(r->arena, yaml, 1, &root, &bad);
    if (st == AK_ERR_CORRUPT) {
        r->line = bad.line;
        r->why = bad.what;
    }
    return st == AK_OK && root ? read_root(r, root) : st;
}

/* What is read before stays when this file is wrong. */
enum ak_status ak_maps_read(struct ak_arena *arena, struct ak_str file, struct ak_bytes yaml,
                            struct ak_maps *maps, uint32_t *out_line, const char **out_why)
{
    struct reading r = { .arena = arena, .file = file };
    r.classes = AK_NEW_N(arena, struct ak_map_class, maps->n + 1);
    r.tables = AK_NEW_N(arena, struct ak_map_class, maps->n_tables + 1);
    if (!r.classes || !r.tables)
        return AK_ERR_LIMIT;
    if (maps->n)
        memcpy(r.classes, maps->classes, maps->n * sizeof(*r.classes));
    if (maps->n_tables)
        memcpy(r.tables, maps->tables, maps->n_tables * sizeof(*r.tables));
    r.n_classes = maps->n;
    r.n_tables = maps->n_tables;
    enum ak_status st = read_document(&r, yaml);
    if (st == AK_OK)
        *maps = (struct ak_maps){ r.classes, r.n_classes, r.tables, r.n_tables };
    if (st == AK_ERR_CORRUPT) {
        *out_line = r.line;
        *out_why = r.why;
    }
    return st;
}

enum ak_status ak_maps_builtin(struct ak_arena *arena, struct ak_maps *out)
{
    struct ak_maps maps = { 0 };
    for (size_t i = 0; i < ak_n_map_files; i++) {
        const struct ak_map_file *f = &ak_map_files[i];
        uint32_t line;
        const char *why;
        struct ak_bytes yaml = { f->text, f->n };
        enum ak_status st = ak_maps_read(arena, ak_str_of(f->name), yaml, &maps, &line, &why);
        if (st != AK_OK)
            return st;
    }
    *out = maps;
    return AK_OK;
}
