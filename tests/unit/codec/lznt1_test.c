#include "codec/lznt1.h"
#include "support/story.h"

#include <stdlib.h>

static enum ak_status expand(const void *in, size_t n, uint8_t *to, size_t room, size_t *out_n)
{
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, in, n);
    enum ak_status st = ak_lznt1((struct ak_bytes){ exact, n }, to, room, out_n);
    free(exact);
    return st;
}

int main(void)
{
    uint8_t out[8192];
    size_t n;
    /* "abcabcabcabc": three bytes, then a pair of offset 3 and length 9.  Three bytes
     * are written, so the offset has 4 bits: (3-1) << 12 | (9-3). */
    static const uint8_t chunk[] = { 0x05, 0xB0, 0x08, 'a', 'b', 'c', 0x06, 0x20 };

    TEST ("a pair repeats what was written, over itself too") {
        CHECK(expand(chunk, sizeof(chunk), out, sizeof(out), &n) == AK_OK);
        CHECK(n == 12 && memcmp(out, "abcabcabcabc", 12) == 0);
    }
    TEST ("a chunk that is not compressed is copied") {
        static const uint8_t plain[] = { 0x02, 0x30, 'x', 'y', 'z' };
        CHECK(expand(plain, sizeof(plain), out, sizeof(out), &n) == AK_OK);
        CHECK(n == 3 && memcmp(out, "xyz", 3) == 0);
    }
    TEST ("a copy from before the chunk is corrupt, not a read of other memory") {
        static const uint8_t before[] = { 0x03, 0xB0, 0x02, 'a', 0x00, 0xF0 };
        CHECK(expand(before, sizeof(before), out, sizeof(out), &n) == AK_ERR_CORRUPT);
        CHECK(n == 1);
    }
    TEST ("a chunk longer than the input is corrupt") {
        static const uint8_t longer[] = { 0xFF, 0xBF, 0x00, 'a' };
        CHECK(expand(longer, sizeof(longer), out, sizeof(out), &n) == AK_ERR_CORRUPT);
    }
    TEST ("output ends where the room ends") {
        CHECK(expand(chunk, sizeof(chunk), out, 5, &n) == AK_ERR_CORRUPT);
        CHECK(n <= 5);
    }
    TEST ("every truncation ends without reading past the end") {
        for (size_t cut = 0; cut < sizeof(chunk); cut++) {
            (void)!expand(chunk, cut, out, sizeof(out), &n);
            CHECK(n <= 12);
        }
    }
    return story_report();
}
