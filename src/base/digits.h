/* digits.h - numbers to digits, without locale and without a buffer to manage. */
#ifndef AK_BASE_DIGITS_H
#define AK_BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

enum { AK_DEC_MAX = 20 }; /* digits of UINT64_MAX */

/* "00" to "99". */
extern const char ak_two_digits[201];

/* "00" to "FF" and "00" to "ff". */
extern const char ak_hex_upper[513], ak_hex_lower[513];

/* How many decimal digits v has. */
static inline unsigned ak_dec_digits(uint64_t v)
{
    static const uint64_t POWER[20] = {
        1u,
        10u,
        100u,
        1000u,
        10000u,
        100000u,
        1000000u,
        10000000u,
        100000000u,
        1000000000u,
        UINT64_C(10000000000),
        UINT64_C(100000000000),
        UINT64_C(1000000000000),
        UINT64_C(10000000000000),
        UINT64_C(100000000000000),
        UINT64_C(1000000000000000),
        UINT64_C(10000000000000000),
        UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000),
        UINT64_C(10000000000000000000),
    };
    unsigned guess = (64 - (unsigned)__builtin_clzll(v | 1)) * 1233 >> 12; /* log10(2) */
    return guess + (v >= POWER[guess] || guess == 0);
}

/* Write v in decimal digits; behind the last. */
static inline char *ak_put_dec(char *to, uint64_t v)
{
    char *end = to + ak_dec_digits(v), *at = end;
    for (; v >= 100; v /= 100)
        memcpy(at -= 2, ak_two_digits + v % 100 * 2, 2);
    if (v >= 10)
        memcpy(at - 2, ak_two_digits + v * 2, 2);
    else
        at[-1] = (char)('0' + v);
    return end;
}

/* Two digits of the byte at `to`, from a table above; the place behind them. */
static inline char *ak_put_hex_byte(char *to, uint8_t v, const char *table)
{
    memcpy(to, table + v * 2, 2);
    return to + 2;
}

/* A hash as it is written: two lower-case digits a byte, and a NUL. */
static inline void ak_hex_text(char *to, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to = ak_put_hex_byte(to, bytes[i], ak_hex_lower);
    *to = 0;
}

#endif
