/* regex_compile.c - from a pattern to what is searched with. */
#include "base/hash.h"
#include "detect/regex_program.h"

static uint64_t id_of(struct ak_str pattern, unsigned flags)
{
    return ak_hash_mix(ak_hash_str(pattern) + flags, UINT64_C(0x9E3779B97F4A7C15));
}

enum ak_status ak_regex_compile(struct ak_arena *arena, struct ak_str pattern, unsigned flags,
                                const struct ak_regex **out, const char **out_why)
{
    struct ak_rx_tree tree = { 0 };
    struct ak_rx_guards guards;
    struct ak_regex *re = AK_NEW(arena, struct ak_regex);
    enum ak_rx_why why = re ? AK_RX_FINE : AK_RX_WHY_ARENA;
    if (!why)
        why = ak_rx_parse(arena, pattern, flags & (AK_REGEX_I | AK_REGEX_M | AK_REGEX_S), &tree);
    if (!why)
        ak_rx_trim(&tree);
    if (!why)
        why = ak_rx_emit(arena, &tree, re, &guards);
    if (!why)
        why = ak_rx_symbols(arena, &tree, re);
    if (!why)
        why = ak_rx_check_guards(arena, re, &guards);
    if (why) {
        *out_why = ak_rx_why_text(why);
        return ak_rx_status(why);
    }
    re->id = id_of(pattern, flags);
    re->literal = ak_rx_literal(arena, &tree);
    *out = re;
    return AK_OK;
}

struct ak_str ak_regex_literal(const struct ak_regex *regex) { return regex->literal; }
