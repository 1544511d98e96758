/* symbols_test.c - tests src/analyse/symbols.c. */
#include "analyse/watch.h"
#include "tests/support/story.h"

#include <stdlib.h>

enum { MANY = 300000 };

int main(void)
{
    TEST ("a text has one number, and the number gives it back, over many texts") {
        struct ak_symbols *s = ak_symbols_new();
        uint32_t *of = malloc(MANY * sizeof(*of));
        char text[32];
        bool same = true;
        CHECK(ak_symbol(s, AK_STR("")) == 0 && ak_symbol_text(s, 0).n == 0);
        for (unsigned i = 0; i < MANY; i++) {
            snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
            of[i] = ak_symbol(s, ak_str_of(text));
            same = same && of[i] == i + 1;
        }
        for (unsigned i = 0; i < MANY; i++) {
            snprintf(text, sizeof(text), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
            same = same && ak_symbol(s, ak_str_of(text)) == of[i] &&
                   ak_str_eq(ak_symbol_text(s, of[i]), ak_str_of(text));
        }
        CHECK(same);
        CHECK(ak_symbols_count(s) == MANY + 1);
        CHECK(ak_symbol(s, AK_STR("a\0b")) != ak_symbol(s, AK_STR("a\0c")));
        free(of);
        ak_symbols_free(s);
    }

    TEST ("a number nobody gave is the empty text") {
        struct ak_symbols *s = ak_symbols_new();
        CHECK(ak_symbol_text(s, 77).n == 0);
        CHECK(ak_symbol_text(s, UINT32_MAX).n == 0);
        ak_symbols_free(s);
    }

    TEST ("a table keeps a record per key, in the order they came, and stops at its limit") {
        struct record {
            struct ak_key key;
            uint64_t n;
        } * r;
        struct ak_table t;
        bool same = true;
        ak_table_init(&t, sizeof(struct record), 100000);
        for (unsigned round = 0; round < 3; round++)
            for (uint32_t i = 0; i < 100000; i++) {
                r = ak_table_get(&t, (struct ak_key){ i, i * 7, 0, i % 3 });
                same = same && r && r->n == round;
                if (r)
                    r->n++;
            }
        CHECK(same && t.n == 100000);
        CHECK(ak_table_get(&t, (struct ak_key){ 1, 2, 3, 4 }) == NULL);
        CHECK(ak_table_find(&t, (struct ak_key){ 1, 2, 3, 4 }) == NULL);
        for (uint32_t i = 0; i < 100000; i++) {
            r = ak_table_at(&t, i);
            same = same && r->key.a == i && r->n == 3 && ak_table_find(&t, r->key) == r;
        }
        CHECK(same);
        ak_table_free(&t);
    }
    return story_report();
}
