/* regex.h - regular expressions of rules, in time linear in the text.
 *
 * The subset of PCRE that Sigma names (. ^ $ * + ? {n,m} [] [^] | ()), and what
 * published rules use beyond it: \d \w \s \b and their negations, (?:…), inline
 * flags, lazy quantifiers (which change nothing: only whether is asked, not
 * where).  Look-around and back-references are refused. */
#ifndef AK_DETECT_REGEX_H
#define AK_DETECT_REGEX_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

struct ak_regex;

enum ak_regex_flag {
    AK_REGEX_I = 1 << 0, /* case does not count */
    AK_REGEX_M = 1 << 1, /* ^ and $ match at lines */
    AK_REGEX_S = 1 << 2, /* . matches a line feed, too */
};

enum { AK_REGEX_STATES_MAX = 20000, AK_REGEX_REPEAT_MAX = 1000 };

/* Compile into the arena; it lives as long.  AK_ERR_CORRUPT (not well formed),
 * AK_ERR_UNSUPPORTED (look-around, back-reference …), AK_ERR_LIMIT (too many
 * states, or the arena is spent); *out_why is a static English text then. */
AK_MUST_USE enum ak_status ak_regex_compile(struct ak_arena *arena, struct ak_str pattern,
                                            unsigned flags, const struct ak_regex **out,
                                            const char **out_why);

/* Memory of one thread for searching: states met so far, within a budget. */
struct ak_regex_memory;
struct ak_regex_memory *ak_regex_memory_new(size_t budget); /* NULL when memory ran out */
void ak_regex_memory_free(struct ak_regex_memory *memory);  /* NULL is allowed */

/* Does the text (UTF-8, not folded) contain a match?  Time at most proportional to
 * text times states; with the states met before, to the text alone. */
bool ak_regex_search(const struct ak_regex *regex, struct ak_regex_memory *memory,
                     struct ak_str text);

/* A text that every match contains, case folded (base/fold.h); empty when none is
 * known.  For looking quickly whether a search is worth while. */
struct ak_str ak_regex_literal(const struct ak_regex *regex);

#endif
