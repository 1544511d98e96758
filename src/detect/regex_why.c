/* regex_why.c - why a pattern is refused, in words and as a status. */
#include "detect/regex_tree.h"

static const struct {
    enum ak_status status;
    const char *text;
} WHY[] = {
    [AK_RX_FINE] = { AK_OK, "" },
    [AK_RX_WHY_ARENA] = { AK_ERR_LIMIT, .text = "no memory left for this regular expression" },
    [AK_RX_WHY_LONG] = { AK_ERR_LIMIT, .text = "regular expression longer than 16 KiB" },
    [AK_RX_WHY_DEEP] = { AK_ERR_LIMIT, .text = "more than 100 groups inside each other" },
    [AK_RX_WHY_SETS] = { AK_ERR_LIMIT, .text = "more than 2000 different characters and classes" },
    [AK_RX_WHY_REPEAT] = { AK_ERR_LIMIT, .text = "repeated more than 1000 times" },
    [AK_RX_WHY_STATES] = { AK_ERR_LIMIT, .text = "regular expression of more than 20000 states" },
    [AK_RX_WHY_UTF8] = { AK_ERR_CORRUPT, .text = "regular expression is not UTF-8" },
    [AK_RX_WHY_ESCAPE_END] = { AK_ERR_CORRUPT, .text = "ends with a backslash" },
    [AK_RX_WHY_ESCAPE] = { AK_ERR_CORRUPT, .text = "unknown letter behind a backslash" },
    [AK_RX_WHY_NUMBER] = { AK_ERR_CORRUPT, .text = "not a character's number behind a backslash" },
    [AK_RX_WHY_CLASS_OPEN] = { AK_ERR_CORRUPT, .text = "a class is not closed" },
    [AK_RX_WHY_CLASS_ORDER] = { AK_ERR_CORRUPT, .text = "range of a class out of order" },
    [AK_RX_WHY_CLASS_NAME] = { AK_ERR_CORRUPT, .text = "unknown name of a class" },
    [AK_RX_WHY_GROUP_OPEN] = { AK_ERR_CORRUPT, .text = "a group is not closed" },
    [AK_RX_WHY_GROUP_CLOSE] = { AK_ERR_CORRUPT, .text = "a bracket closes no group" },
    [AK_RX_WHY_GROUP_KIND] = { AK_ERR_CORRUPT, .text = "unknown kind of group" },
    [AK_RX_WHY_NOTHING] = { AK_ERR_CORRUPT, .text = "nothing to repeat" },
    [AK_RX_WHY_REPEAT_ORDER] = { AK_ERR_CORRUPT, .text = "limits of a repeat out of order" },
    [AK_RX_WHY_LOOK] = { AK_ERR_UNSUPPORTED, .text = "look-around is not supported" },
    [AK_RX_WHY_BACK] = { AK_ERR_UNSUPPORTED, .text = "back-references are not supported" },
    [AK_RX_WHY_ATOMIC] = { AK_ERR_UNSUPPORTED, .text = "atomic groups are not supported" },
    [AK_RX_WHY_POSSESSIVE] = { AK_ERR_UNSUPPORTED, .text = "a possessive quantifier whose text may "
                                                           "also match what follows" },
    [AK_RX_WHY_CALL] = { AK_ERR_UNSUPPORTED, .text = "calls of groups are not supported" },
    [AK_RX_WHY_CONDITION] = { AK_ERR_UNSUPPORTED, .text = "conditional groups are not supported" },
    [AK_RX_WHY_VERB] = { AK_ERR_UNSUPPORTED, .text = "verbs such as (*FAIL) are not supported" },
    [AK_RX_WHY_PROPERTY] = { AK_ERR_UNSUPPORTED, .text = "Unicode properties are not supported" },
    [AK_RX_WHY_ESCAPE_KNOWN] = { AK_ERR_UNSUPPORTED, .text = "this escape is not supported" },
};

enum ak_status ak_rx_status(enum ak_rx_why why) { return WHY[why].status; }

const char *ak_rx_why_text(enum ak_rx_why why) { return WHY[why].text; }
