/* utmp_text.c - see utmp_text.h. */
#include "artefact/linux/utmp_text.h"

#include <arpa/inet.h>

struct ak_str ak_text_until_nul(const uint8_t *at, size_t n)
{
    const uint8_t *end = memchr(at, 0, n);
    return (struct ak_str){ (const char *)at, end ? (size_t)(end - at) : n };
}

bool ak_text_clean(const uint8_t *at, size_t n)
{
    for (size_t i = 0; i < n && at[i]; i++)
        if (at[i] < 0x20 || at[i] == 0x7F)
            return false;
    return true;
}

bool ak_all_zero(const uint8_t *at, size_t n)
{
    /* Each byte equals the one before it, and the first is zero. */
    return n == 0 || (at[0] == 0 && memcmp(at, at + 1, n - 1) == 0);
}

struct ak_value ak_val_padded(struct ak_bytes field)
{
    while (field.n && field.at[field.n - 1] == 0)
        field.n--;
    for (size_t i = 0; i < field.n; i++)
        if (field.at[i] < 0x20 || field.at[i] >= 0x7F)
            return ak_val_bytes(field);
    return ak_val_str(ak_str_bytes(field));
}

static struct ak_str written(int family, const void *addr, char *buf)
{
    return inet_ntop(family, addr, buf, AK_IP_TEXT) ? ak_str_of(buf) : AK_STR("");
}

/* The host field, when somebody wrote an address there. */
static struct ak_str from_host(struct ak_str host, char *buf)
{
    uint8_t addr[16];
    char text[AK_IP_TEXT];
    if (host.n == 0 || host.n >= sizeof(text))
        return AK_STR("");
    memcpy(text, host.at, host.n);
    text[host.n] = 0;
    if (inet_pton(AF_INET, text, addr) == 1)
        return written(AF_INET, addr, buf);
    return inet_pton(AF_INET6, text, addr) == 1 ? written(AF_INET6, addr, buf) : AK_STR("");
}

struct ak_str ak_ip_text(struct ak_bytes addr, struct ak_str host, char *buf)
{
    static const uint8_t MAPPED[12] = { [10] = 0xFF, [11] = 0xFF };
    if (addr.n != 16 || ak_all_zero(addr.at, 16))
        return from_host(host, buf);
    if (ak_all_zero(addr.at + 4, 12))
        return written(AF_INET, addr.at, buf);
    if (memcmp(addr.at, MAPPED, sizeof(MAPPED)) == 0)
        return written(AF_INET, addr.at + 12, buf);
    return written(AF_INET6, addr.at, buf);
}
