/* regex_escape.c - what a backslash means: pcre2pattern(3), "Backslash". */
#include "detect/regex_parser.h"

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Up to `most` digits of a base into *out; how many there were.  Stops growing
 * above the last code point. */
static unsigned number(struct ak_rx_parser *p, int base, unsigned most, uint32_t *out)
{
    unsigned n = 0;
    int digit;
    *out = 0;
    for (; n < most && (digit = hex_digit(ak_rx_peek(p, 0))) >= 0 && digit < base; n++, p->at++)
        if (*out <= 0x10FFFF)
            *out = *out * (uint32_t)base + (uint32_t)digit;
    return n;
}

/* \x{3042}, \o{101}: p->at is behind the bracket. */
static bool braced(struct ak_rx_parser *p, int base, uint32_t *out)
{
    unsigned n = number(p, base, AK_RX_PATTERN_MAX, out);
    if (n == 0 || !ak_rx_take(p, "}") || *out > 0x10FFFF)
        return ak_rx_refuse(p, AK_RX_WHY_NUMBER);
    return true;
}

static bool unicode_escape(struct ak_rx_parser *p, uint32_t *out)
{
    return number(p, 16, 4, out) == 4 || ak_rx_refuse(p, AK_RX_WHY_NUMBER);
}

static bool control_escape(struct ak_rx_parser *p, uint32_t *out)
{
    int c = ak_rx_peek(p, 0);
    if (c < ' ' || c > '~')
        return ak_rx_refuse(p, AK_RX_WHY_ESCAPE);
    p->at++;
    *out = (uint32_t)(c >= 'a' && c <= 'z' ? c - 0x20 : c) ^ 0x40;
    return true;
}

/* Digits behind a backslash; the first, not taken, is no '0' outside classes
 * unless an octal number is meant. */
static bool digits_escape(struct ak_rx_parser *p, bool in_class, uint32_t *out)
{
    if (ak_rx_peek(p, 0) != '0' && !in_class)
        return ak_rx_refuse(p, AK_RX_WHY_BACK);
    return number(p, 8, 3, out) > 0 || ak_rx_refuse(p, AK_RX_WHY_NUMBER);
}

/* Escapes that give a number.  False when `letter` is none of them. */
static bool is_numeric(struct ak_rx_parser *p, uint32_t letter, bool in_class, uint32_t *out)
{
    if (letter >= '0' && letter <= '9') {
        p->at--;
        (void)digits_escape(p, in_class, out);
    } else if (letter == 'x' && !ak_rx_take(p, "{")) {
        (void)number(p, 16, 2, out);
    } else if (letter == 'x') {
        (void)braced(p, 16, out);
    } else if (letter == 'o' && ak_rx_take(p, "{")) {
        (void)braced(p, 8, out);
    } else if (letter == 'u') {
        (void)unicode_escape(p, out);
    } else if (letter == 'c') {
        (void)control_escape(p, out);
    } else {
        return false;
    }
    return true;
}

static bool is_control(uint32_t letter, uint32_t *out)
{
    static const char PAIRS[] = "a\x07"
                                "e\x1B"
                                "f\x0C"
                                "n\x0A"
                                "r\x0D"
                                "t\x09";
    for (size_t i = 0; i + 1 < sizeof(PAIRS) - 1; i += 2) {
        if ((uint32_t)PAIRS[i] == letter) {
            *out = (uint32_t)PAIRS[i + 1];
            return true;
        }
    }
    return false;
}

static bool is_assertion(uint32_t letter, enum ak_rx_assert *out)
{
    static const struct {
        char letter;
        enum ak_rx_assert assertion;
    } ASSERTIONS[] = {
        { 'A', AK_RX_TEXT_START }, { 'z', AK_RX_TEXT_END }, { 'Z', AK_RX_LAST_END },
        { 'b', AK_RX_WORD },       { 'B', AK_RX_NOT_WORD },
    };
    for (size_t i = 0; i < sizeof(ASSERTIONS) / sizeof(ASSERTIONS[0]); i++) {
        if ((uint32_t)ASSERTIONS[i].letter == letter) {
            *out = ASSERTIONS[i].assertion;
            return true;
        }
    }
    return false;
}

/* \d and its like, and \D: the capital is the lower case letter's negation. */
static bool is_set(uint32_t letter, bool in_class, struct ak_rx_escape *out)
{
    uint32_t lower = letter | 0x20;
    if (letter == 'N') {
        out->set = ak_rx_escape_set('N');
        return !in_class;
    }
    if (lower < 'a' || lower > 'z' || letter == 'n')
        return false;
    out->set = ak_rx_escape_set(lower);
    out->negated = letter != lower;
    return out->set.n > 0;
}

static enum ak_rx_why unknown_letter(uint32_t letter)
{
    if (letter == 'p' || letter == 'P' || letter == 'X')
        return AK_RX_WHY_PROPERTY;
    if (letter == 'k' || letter == 'g')
        return AK_RX_WHY_BACK;
    return strchr("CEGKNQRlLuU", (int)letter) ? AK_RX_WHY_ESCAPE_KNOWN : AK_RX_WHY_ESCAPE;
}

bool ak_rx_escape(struct ak_rx_parser *p, bool in_class, struct ak_rx_escape *out)
{
    uint32_t letter;
    *out = (struct ak_rx_escape){ .kind = AK_RX_ESCAPE_POINT };
    if (p->at == p->text.n)
        return ak_rx_refuse(p, AK_RX_WHY_ESCAPE_END);
    if (!ak_rx_point(p, &letter))
        return false;
    out->point = letter;
    if (is_numeric(p, letter, in_class, &out->point))
        return !p->why;
    if (letter >= 0x80 || is_control(letter, &out->point))
        return true;
    if (in_class && letter == 'b') {
        out->point = '\b';
        return true;
    }
    if (is_set(letter, in_class, out)) {
        out->kind = AK_RX_ESCAPE_SET;
        return true;
    }
    if (!in_class && is_assertion(letter, &out->assertion)) {
        out->kind = AK_RX_ESCAPE_ASSERT;
        return true;
    }
    bool is_letter = (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z';
    return !is_letter || ak_rx_refuse(p, unknown_letter(letter));
}
