/* rules_read.c - see rules_read.h: files to documents, documents to entries. */
#include "detect/rules_read.h"

#include "detect/rules_entries.h"

#include <stdlib.h>

/* YAML of one document, and of correlations and filters until the end; what the rules
 * of one file may take, so that a hostile one leaves room for the others. */
enum { SCRATCH_MAX = 1 << 30, FILE_BYTES_MAX = 128 << 20 };

enum ak_status ak_rules_problem(struct ak_rules_reading *g, const struct ak_rule *about,
                                size_t file_place)
{
    struct ak_problem_entry *p = AK_NEW(g->keep, struct ak_problem_entry);
    const struct ak_yaml_wrong *wrong = &g->reader.wrong;
    if (!p)
        return AK_ERR_LIMIT;
    p->file_place = file_place;
    p->place = g->n_problems;
    p->problem =
        (struct ak_rule_problem){ .file = about->file, .line = wrong->line, .what = wrong->what };
    if (ak_rule_text(&g->reader, wrong->detail, &p->problem.detail) != AK_OK ||
        ak_rule_text(&g->reader, about->id, &p->problem.id) != AK_OK ||
        ak_rule_text(&g->reader, about->title, &p->problem.title) != AK_OK)
        return AK_ERR_LIMIT;
    *g->problems_end = p;
    g->problems_end = &p->next;
    g->n_problems++;
    return AK_OK;
}

/* ---- one document ---- */

static enum ak_status read_rule(struct ak_rule_reader *r, const struct ak_yaml *root,
                                struct ak_rule_entry *e)
{
    enum ak_status status = ak_document_source(r, root, &e->rule.source);
    if (status == AK_OK)
        status =
            ak_document_tree(r, ak_yaml_get(root, AK_STR("detection")), NULL, 0, &e->rule.when);
    e->n_tests = r->n_tests;
    return status;
}

static enum ak_status read_filter(struct ak_rule_reader *r, const struct ak_yaml *root,
                                  struct ak_rule_entry *e)
{
    static const struct ak_str SKIP[] = { AK_STR_INIT("rules") };
    const struct ak_yaml *section = ak_yaml_get(root, AK_STR("filter"));
    const struct ak_yaml *rules = ak_yaml_get(section, AK_STR("rules"));
    enum ak_status status = ak_document_source(r, root, &e->rule.source);
    if (status == AK_OK)
        status = ak_document_tree(r, section, SKIP, 1, &e->rule.when);
    e->n_tests = r->n_tests;
    if (status == AK_OK && (!rules || ak_yaml_is_null(rules) || rules->kind == AK_YAML_MAP ||
                            (rules->kind == AK_YAML_LIST && rules->n == 0)))
        return ak_rule_wrong(r, rules ? rules->line : section->line,
                             "a filter without a list of rules", AK_STR(""));
    return status;
}

/* What the document holds, into the entry.  The head first: a problem can then say
 * which rule it is about. */
static enum ak_status read_root(struct ak_rule_reader *r, const struct ak_yaml *root,
                                struct ak_rule_entry *e)
{
    enum ak_status status = ak_document_kind(r, root, &e->kind);
    if (status == AK_OK)
        status = ak_document_head(r, root, &e->rule);
    if (status != AK_OK)
        return status;
    e->root = root;
    switch (e->kind) {
    case AK_DOCUMENT_RULE:
        return read_rule(r, root, e);
    case AK_DOCUMENT_FILTER:
        return read_filter(r, root, e);
    case AK_DOCUMENT_CORRELATION:
        break;
    }
    return ak_correlation_read(r, root, &e->draft);
}

static enum ak_status read_yaml(struct ak_rule_reader *r, struct ak_bytes document, uint32_t line,
                                const struct ak_yaml **out)
{
    struct ak_yaml_wrong wrong = { 0 };
    enum ak_status status = ak_yaml_read(r->scratch, document, line, out, &wrong);
    if (status == AK_ERR_CORRUPT)
        r->wrong = wrong;
    return status;
}

static enum ak_status read_entry(struct ak_rule_reader *r, struct ak_bytes document,
                                 struct ak_rule_entry *e)
{
    const struct ak_yaml *root = NULL;
    enum ak_status status = read_yaml(r, document, e->document_line, &root);
    e->rule.line = root ? root->line : e->document_line;
    return status == AK_OK ? read_root(r, root, e) : status;
}

static enum ak_status keep_entry(struct ak_rules_reading *g, const struct ak_rule_entry *e)
{
    struct ak_rule_entry *copy = AK_NEW(g->keep, struct ak_rule_entry);
    if (!copy)
        return AK_ERR_LIMIT;
    *copy = *e;
    *g->end = copy;
    g->end = &copy->next;
    g->n_entries++;
    return AK_OK;
}

static enum ak_status to_scratch(struct ak_rules_reading *g, struct ak_str *text)
{
    char *copy = AK_NEW_N(g->reader.scratch, char, text->n + 1);
    if (!copy)
        return AK_ERR_LIMIT;
    if (text->n)
        memcpy(copy, text->at, text->n);
    text->at = copy;
    return AK_OK;
}

/* Let go of what was written of the rule; its problem stays. */
static enum ak_status refuse(struct ak_rules_reading *g, struct ak_rule_entry *e,
                             struct ak_arena_mark before)
{
    struct ak_str *texts[] = { &g->reader.wrong.detail, &e->rule.id, &e->rule.title };
    for (size_t i = 0; i < 3; i++)
        if (to_scratch(g, texts[i]) != AK_OK)
            return AK_ERR_LIMIT;
    ak_arena_rewind(g->reader.arena, before);
    return ak_rules_problem(g, &e->rule, e->file_place);
}

static enum ak_status read_document(struct ak_rules_reading *g, struct ak_bytes document,
                                    struct ak_rule_entry *e)
{
    struct ak_arena *scratch = g->reader.scratch;
    struct ak_arena_mark mark = ak_arena_mark(scratch), before = ak_arena_mark(g->reader.arena);
    ak_rule_begin(&g->reader);
    enum ak_status status = read_entry(&g->reader, document, e);
    if (status == AK_OK && e->kind == AK_DOCUMENT_FILTER &&
        ++g->n_filter_documents > AK_FILTERS_MAX)
        status = ak_rule_wrong(&g->reader, e->rule.line, "more filters than the limit", AK_STR(""));
    if (status == AK_OK && e->kind != AK_DOCUMENT_RULE) {
        /* Its YAML is needed to the end: read it again to where it can stay. */
        g->reader.scratch = g->keep;
        ak_rule_begin(&g->reader);
        status = read_entry(&g->reader, document, e);
        g->reader.scratch = scratch;
    }
    if (status == AK_ERR_CORRUPT)
        status = refuse(g, e, before);
    else if (status == AK_OK)
        status = keep_entry(g, e);
    ak_arena_rewind(scratch, mark);
    return status;
}

/* ---- files ---- */

static enum ak_status wrong_file(struct ak_rules_reading *g, struct ak_str name, size_t file_place,
                                 const char *what)
{
    g->reader.wrong = (struct ak_yaml_wrong){ 0, what, { "", 0 } };
    return ak_rules_problem(g, &(struct ak_rule){ .file = name }, file_place);
}

static size_t count_lines(struct ak_bytes text)
{
    size_t n = 1;
    for (size_t at = 0; at < text.n; n++) {
        const uint8_t *end = memchr(text.at + at, '\n', text.n - at);
        if (!end)
            break;
        at = (size_t)(end - text.at) + 1;
    }
    return n;
}

static enum ak_status read_file(struct ak_rules_reading *g, const struct ak_rule_file *file,
                                size_t file_place)
{
    struct ak_str name;
    if (ak_rule_text(&g->reader, file->name, &name) != AK_OK)
        return AK_ERR_LIMIT;
    if (file->bytes.n > AK_RULE_FILE_MAX)
        return wrong_file(g, name, file_place, "the file of rules is larger than the limit");
    if (count_lines(file->bytes) > AK_RULE_LINES_MAX)
        return wrong_file(g, name, file_place, "the file of rules has more lines than the limit");
    struct ak_yaml_file documents = { file->bytes, 1 };
    size_t left_at_start = ak_arena_mark(g->reader.arena).left;
    struct ak_bytes document;
    uint32_t line;
    while (ak_yaml_next(&documents, &document, &line)) {
        struct ak_rule_entry e = { .file_place = file_place,
                                   .document_line = line,
                                   .rule = { .file = name } };
        if (g->n_entries + g->n_problems >= AK_RULES_MAX)
            return wrong_file(g, name, file_place, "more rules than the limit; these are not read");
        enum ak_status status = read_document(g, document, &e);
        if (status != AK_OK)
            return status;
        if (left_at_start - ak_arena_mark(g->reader.arena).left > FILE_BYTES_MAX)
            return wrong_file(
                g, name, file_place,
                "the rules of a file take more memory than the limit; its others are not read");
    }
    return AK_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct ak_rule_file *const *p = a, *const *q = b;
    int order = ak_str_cmp((*p)->name, (*q)->name);
    return order ? order : (*p < *q ? -1 : *p > *q);
}

static enum ak_status read_files(struct ak_rules_reading *g, const struct ak_rule_file *files,
                                 size_t n)
{
    const struct ak_rule_file **sorted = AK_NEW_N(g->keep, const struct ak_rule_file *, n);
    if (!sorted)
        return AK_ERR_LIMIT;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &files[i];
    qsort(sorted, n, sizeof(const struct ak_rule_file *), by_name);
    enum ak_status status = AK_OK;
    for (size_t i = 0; i < n && status == AK_OK; i++)
        status = read_file(g, sorted[i], i);
    return status;
}

/* Values for |expand.  What is wrong with them is a problem of its own; the rules
 * that need them are refused one by one. */
static enum ak_status read_placeholders(struct ak_rules_reading *g,
                                        const struct ak_rules_options *options)
{
    const struct ak_yaml *root = NULL;
    ak_rule_begin(&g->reader);
    struct ak_arena *scratch = g->reader.scratch;
    g->reader.scratch = g->keep;
    enum ak_status status =
        options->placeholders.n ? read_yaml(&g->reader, options->placeholders, 1, &root) : AK_OK;
    g->reader.scratch = scratch;
    if (status == AK_OK && root && root->kind != AK_YAML_MAP)
        status = ak_rule_wrong(&g->reader, root->line, "placeholders are a map of names and values",
                               AK_STR(""));
    g->reader.placeholders = status == AK_OK ? root : NULL;
    if (status != AK_ERR_CORRUPT)
        return status;
    struct ak_rule about = { 0 };
    status = ak_rule_text(&g->reader, options->placeholders_file, &about.file);
    return status == AK_OK ? ak_rules_problem(g, &about, 0) : status;
}

enum ak_status ak_rules_read(struct ak_arena *arena, const struct ak_rule_file *files, size_t n,
                             const struct ak_rules_options *options, struct ak_rules *out)
{
    struct ak_rules_reading g = { .options = options, .keep = ak_arena_new(SCRATCH_MAX) };
    struct ak_arena *scratch = ak_arena_new(SCRATCH_MAX);
    enum ak_status status = g.keep && scratch ? AK_OK : AK_ERR_NOMEM;
    g.reader.arena = arena;
    g.reader.scratch = scratch;
    g.end = &g.first;
    g.problems_end = &g.problems;
    if (status == AK_OK)
        status = read_placeholders(&g, options);
    if (status == AK_OK)
        status = read_files(&g, files, n);
    g.reader.scratch = g.keep;
    if (status == AK_OK)
        status = ak_rules_index(&g);
    if (status == AK_OK)
        status = ak_filters_apply(&g);
    if (status == AK_OK)
        status = ak_rules_join(&g, out);
    ak_arena_free(scratch);
    ak_arena_free(g.keep);
    return status == AK_ERR_NOMEM ? AK_ERR_LIMIT : status;
}
