/* yaml_tree_test.c - tests src/detect/yaml_tree.c. */
#include "detect/yaml_tree.h"

#include "base/buf.h"
#include "tests/support/story.h"

static struct ak_arena *arena;
static struct ak_yaml_wrong wrong;

static struct ak_bytes bytes_of(const char *text)
{
    return (struct ak_bytes){ (const uint8_t *)text, strlen(text) };
}

/* NULL when it is refused: `wrong` says why. */
static const struct ak_yaml *read_yaml(const char *text)
{
    const struct ak_yaml *root = NULL;
    wrong = (struct ak_yaml_wrong){ .what = "" };
    enum ak_status status = ak_yaml_read(arena, bytes_of(text), 1, &root, &wrong);
    return status == AK_OK ? root : NULL;
}

static bool refused(const char *text, const char *what, uint32_t line)
{
    return !read_yaml(text) && strcmp(wrong.what, what) == 0 && wrong.line == line;
}

static void test_tree(void)
{
    TEST ("maps, lists and texts come out as written, with their lines") {
        const struct ak_yaml *root = read_yaml("a: one\nb:\n  - x\n  - 'y z'\nc: {d: 1}\n");
        CHECK(root && root->kind == AK_YAML_MAP && root->n == 3 && root->weight == 7);
        CHECK_STR(ak_yaml_get(root, AK_STR("a"))->text, "one");
        const struct ak_yaml *b = ak_yaml_get(root, AK_STR("b"));
        CHECK(b->kind == AK_YAML_LIST && b->n == 2 && b->key_line == 2 &&
              b->first->next->line == 4);
        CHECK(b->first->plain && !b->first->next->plain);
        CHECK_STR(ak_yaml_get(ak_yaml_get(root, AK_STR("c")), AK_STR("d"))->text, "1");
        CHECK(!ak_yaml_get(root, AK_STR("e")) && !ak_yaml_get(b, AK_STR("x")) &&
              !ak_yaml_get(NULL, AK_STR("")));
    }

    TEST ("an alias stands for what its anchor names") {
        const struct ak_yaml *root = read_yaml("a: &x [1, 2]\nb: *x\nc: {d: *x}\n");
        CHECK(root && ak_yaml_get(root, AK_STR("b"))->n == 2 && root->weight == 11);
        CHECK(ak_yaml_get(root, AK_STR("b"))->next->n == 1);
    }

    TEST ("an unquoted scalar may be null, a boolean or a number; a quoted one is a text") {
        const struct ak_yaml *root =
            read_yaml("[~, '', null, true, 'true', 12, -0x1F, 0x1f, 0o17, 2.5, 1e3, '1', no, "
                      "1.2.3, 1e, ., 9999999999999999999]");
        static const char WANT[] = "z.zb.i.iinn......";
        size_t i = 0;
        for (const struct ak_yaml *n = root ? root->first : NULL; n; n = n->next, i++) {
            bool b;
            int64_t whole;
            double number;
            char is = ak_yaml_is_null(n)           ? 'z'
                      : ak_yaml_bool(n, &b)        ? 'b'
                      : ak_yaml_integer(n, &whole) ? 'i'
                      : ak_yaml_number(n, &number) ? 'n'
                                                   : '.';
            char want = i == 16 ? 'n' : WANT[i]; /* too large for a whole number: a number still */
            CHECK(is == want);
        }
        CHECK(i == 17);
        int64_t v = 0;
        double d = 0;
        CHECK(ak_yaml_integer(read_yaml("0x1F3FFF"), &v) && v == 2047999);
        CHECK(ak_yaml_integer(read_yaml("-12"), &v) && v == -12 &&
              ak_yaml_integer(read_yaml("0o17"), &v) && v == 15);
        CHECK(ak_yaml_number(read_yaml("-2.5e1"), &d) && d < -24.9 && d > -25.1);
    }
}

static void test_refusals(void)
{
    TEST ("what could change a meaning is refused where it stands") {
        CHECK(refused("a: 1\nb: 2\na: 3\n", "a key that was given before", 3));
        CHECK(refused("a: 1\nb: [1\n", "this is not well-formed YAML", 2));
        CHECK(refused("a: 1\nb: [1", "this is not well-formed YAML", 2));
        CHECK(refused("a: &x 1\nb:\n  <<: *x\n", "a merge key, which YAML 1.2 does not have", 3));
        CHECK(refused("a: !!python/object:os.system x\n", "a YAML tag", 1));
        CHECK(refused("? [a]\n: 1\n", "a key that is no text", 1));
        CHECK(refused("a: *x\n", "a YAML alias without its anchor", 1));
        CHECK(refused("a: &x [1, *x]\n", "a YAML alias inside what it stands for", 1));
        CHECK(refused("a: 1\n...\nb: 2\n", "this is not well-formed YAML", 3));
        CHECK(refused("a: 1\n---\nb: 2\n", "more behind the end of the document", 2));
        CHECK(refused("a: \xFF\n", "this is not well-formed YAML", 1));
    }

    TEST ("twenty keys, one of them twice: found as among two") {
        struct ak_buf b = { 0 };
        for (unsigned i = 0; i < 20; i++)
            ak_buf_printf(&b, "k%u: 1\n", i);
        ak_buf_text(&b, "k7: 2\n");
        ak_buf_u8(&b, 0);
        CHECK(refused((const char *)b.at, "a key that was given before", 21));
        CHECK_STR(wrong.detail, "k7");
        ak_buf_free(&b);
    }

    TEST ("a billion laughs are no laugh") {
        struct ak_buf b = { 0 };
        ak_buf_text(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (unsigned i = 1; i < 10; i++)
            ak_buf_printf(&b, "a%u: &a%u [*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u,*a%u]\n", i,
                          i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        ak_buf_u8(&b, 0);
        CHECK(refused((const char *)b.at, "more YAML than the limit allows, aliases unfolded", 6));
        ak_buf_free(&b);
    }

    TEST ("what is too deep is refused, what is nearly so is not") {
        char deep[200] = { 0 };
        memset(deep, '[', 65);
        CHECK(refused(deep, "YAML nested deeper than the limit", 1));
        memset(deep, 0, sizeof(deep));
        memset(deep, '[', 64);
        memset(deep + 64, ']', 64);
        CHECK(read_yaml(deep) != NULL);
    }

    TEST ("an arena that is spent is said so") {
        struct ak_arena *small = ak_arena_new(100);
        const struct ak_yaml *root;
        CHECK(ak_yaml_read(small, bytes_of("[a, b, c, d]"), 1, &root, &wrong) == AK_ERR_LIMIT);
        ak_arena_free(small);
    }
}

static void test_documents(void)
{
    TEST ("a file is cut at its lines of three dashes, each document with its line") {
        static const struct {
            const char *text;
            uint32_t line;
        } WANT[] = { { "a: 1\n", 3 },
                     { "--- # second\nb: '\n  ---x'\n", 4 },
                     { "---\r\nc: 3", 10 } };
        struct ak_yaml_file file = {
            bytes_of(
                "%YAML 1.2\n---\na: 1\n--- # second\nb: '\n  ---x'\n---\n# nothing\n\n---\r\nc: 3"),
            1
        };
        file.rest = bytes_of(
            "# comment\n\na: 1\n--- # second\nb: '\n  ---x'\n---\n# nothing\n\n---\r\nc: 3");
        struct ak_bytes document;
        uint32_t line;
        for (size_t i = 0; i < 3; i++) {
            CHECK(ak_yaml_next(&file, &document, &line));
            CHECK_STR(ak_str_bytes(document), WANT[i].text);
            CHECK(line == WANT[i].line);
        }
        CHECK(!ak_yaml_next(&file, &document, &line));
    }

    TEST ("a broken document does not take the next along") {
        struct ak_yaml_file file = { bytes_of("a: [\n---\nb: 1\n"), 1 };
        struct ak_bytes document;
        uint32_t line;
        const struct ak_yaml *root = NULL;
        CHECK(ak_yaml_next(&file, &document, &line) &&
              ak_yaml_read(arena, document, line, &root, &wrong) == AK_ERR_CORRUPT);
        CHECK(ak_yaml_next(&file, &document, &line) &&
              ak_yaml_read(arena, document, line, &root, &wrong) == AK_OK);
        CHECK(line == 2 && root && root->first->line == 3);
    }

    TEST ("directives, byte order marks, empty files and files of one dash") {
        struct ak_bytes document;
        uint32_t line;
        struct ak_yaml_file file = { bytes_of("%YAML 1.2\n---\na: 1\n"), 1 };
        CHECK(ak_yaml_next(&file, &document, &line) && line == 2);
        const char *const nothing[] = { "",    "\n",    "---",           "---\n",
                                        "# x", "...\n", "---\n---\n---", "%TAG\n" };
        for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
            file = (struct ak_yaml_file){ bytes_of(nothing[i]), 1 };
            CHECK(!ak_yaml_next(&file, &document, &line) && file.rest.n == 0);
        }
        CHECK(read_yaml("\xEF\xBB\xBF"
                        "a: 1\n") != NULL);
        file = (struct ak_yaml_file){ bytes_of("-"), 1 };
        CHECK(ak_yaml_next(&file, &document, &line) && document.n == 1);
    }
}

int main(void)
{
    arena = ak_arena_new(64 << 20);
    test_tree();
    test_refusals();
    test_documents();
    ak_arena_free(arena);
    return story_report();
}
