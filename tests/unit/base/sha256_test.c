/* sha256_test.c - digests of FIPS 180-4 and, round the block's size, of sha256sum. */
#include "base/sha256.h"
#include "tests/support/story.h"

/* The digest of n times "a" begins with these bytes. */
static bool digest_of_as(size_t n, const char *hex)
{
    static char text[256];
    uint8_t digest[AK_SHA256_BYTES];
    char got[2 * AK_SHA256_BYTES + 1];
    memset(text, 'a', sizeof(text));
    ak_sha256((struct ak_bytes){ (const uint8_t *)text, n }, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(got + 2 * i, 3, "%02x", digest[i]);
    return strcmp(got, hex) == 0;
}

int main(void)
{
    TEST ("the standard's own example has the standard's digest") {
        uint8_t digest[AK_SHA256_BYTES];
        ak_sha256(ak_bytes_str(AK_STR("abc")), digest);
        CHECK(memcmp(digest,
                     "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
                     "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad",
                     32) == 0);
    }

    TEST ("lengths round a block's end are padded as sha256sum pads them") {
        CHECK(digest_of_as(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        CHECK(digest_of_as(55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"));
        CHECK(digest_of_as(56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"));
        CHECK(digest_of_as(63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"));
        CHECK(digest_of_as(64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"));
        CHECK(digest_of_as(65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"));
        CHECK(
            digest_of_as(119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"));
        CHECK(
            digest_of_as(120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"));
        CHECK(
            digest_of_as(200, "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5"));
    }

    return story_report();
}
