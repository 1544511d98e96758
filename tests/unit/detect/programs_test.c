/* programs_test.c - an event's program is found by its machine and path, and rules get
 * what its file says: where it is known, and nowhere else. */
#include "detect/match.h"
#include "detect/programs.h"
#include "detect/rules_read.h"

#include "event/event.h"
#include "tests/support/story.h"

#include <stdlib.h>

static struct ak_arena *arena;

static struct ak_str key_of(const char *host, const char *path)
{
    static char keys[8][AK_PROGRAM_KEY_MAX];
    static unsigned turn;
    char *to = keys[turn++ % 8];
    return (struct ak_str){ to, ak_program_key(to, ak_str_of(host), ak_str_of(path)) };
}

static bool one_key(const char *a, const char *b)
{
    struct ak_str x = key_of("PC1", a), y = key_of("pc1", b);
    return x.n && ak_str_eq(x, y);
}

/* ---- tables ---- */

static struct ak_program_file file(const char *host, const char *path, const char *original,
                                   const char *source)
{
    struct ak_str from = key_of(host, path);
    char *key = AK_NEW_N(arena, char, from.n + 1);
    memcpy(key, from.at, from.n);
    struct ak_program_file f = { .key = { key, from.n } };
    f.program.texts[AK_PROGRAM_ORIGINAL_FILE_NAME] = ak_str_of(original);
    f.program.texts[AK_PROGRAM_SOURCE] = ak_str_of(source);
    return f;
}

struct made {
    struct ak_buf bytes;
    const struct ak_programs *programs;
    size_t n, unclear;
};

static struct made make(struct ak_program_file *files, size_t n)
{
    struct made m = { 0 };
    ak_programs_put(&m.bytes, files, n, &m.n, &m.unclear);
    if (ak_programs_open(arena, (struct ak_bytes){ m.bytes.at, m.bytes.n }, &m.programs) != AK_OK)
        m.programs = NULL;
    return m;
}

/* What the program there was built as; "" when it is not known. */
static struct ak_str original(const struct ak_programs *p, const char *host, const char *path)
{
    const struct ak_program *found = ak_programs_find(p, ak_str_of(host), ak_str_of(path));
    return found ? found->texts[AK_PROGRAM_ORIGINAL_FILE_NAME] : AK_STR("");
}

/* ---- rules ---- */

static const char MAP[] = "classes:\n"
                          "  - name: start\n"
                          "    sources: [{category: process_creation}]\n"
                          "    when: {data_type: test, id: 1}\n"
                          "    fields: {Image: path}\n"
                          "    defaults: ['']\n"
                          "    absent: [OriginalFileName, Company]\n"
                          "  - name: start, known\n"
                          "    extends: start\n"
                          "    instead: start\n"
                          "    lacks: version\n"
                          "    program: path\n"
                          "    fields:\n"
                          "      OriginalFileName: {image: original_file_name}\n"
                          "      Company: {from: maker, image: company}\n"
                          "    defaults: ['']\n"
                          "  - name: other\n"
                          "    sources: [{category: process_creation}]\n"
                          "    when: {data_type: test, id: 2}\n"
                          "    defaults: ['']\n"
                          "    absent: [OriginalFileName]\n";

static struct ak_detector *detector(const char *detection, const struct ak_programs *programs)
{
    static struct ak_maps maps;
    static struct ak_rules rules;
    static char yaml[2048];
    uint32_t line;
    const char *why;
    struct ak_rules_options options = { 0 };
    snprintf(yaml, sizeof(yaml),
             "title: t\nlogsource: {category: process_creation}\ndetection:\n%s", detection);
    struct ak_rule_file rule = { AK_STR("r.yml"), { (const uint8_t *)yaml, strlen(yaml) } };
    maps = (struct ak_maps){ 0 };
    if (ak_maps_read(arena, AK_STR("m.yml"),
                     (struct ak_bytes){ (const uint8_t *)MAP, sizeof(MAP) - 1 }, &maps, &line,
                     &why) != AK_OK ||
        ak_rules_read(arena, &rule, 1, &options, &rules) != AK_OK || rules.n != 1)
        return NULL;
    return ak_detector_new_knowing(&rules, &maps, programs);
}

struct start {
    const char *id, *host, *path, *maker, *version;
};

/* Does the rule fire?  *out_hit: what its hit carries. */
static bool fires(struct ak_detector *d, const struct start *s, const struct ak_hit **out_hit)
{
    static const struct ak_str NAMES[] = { AK_STR_INIT("id"), AK_STR_INIT("winlog.computer_name"),
                                           AK_STR_INIT("path"), AK_STR_INIT("maker"),
                                           AK_STR_INIT("version") };
    struct ak_value values[] = { ak_val_str(ak_str_of(s->id)), ak_val_str(ak_str_of(s->host)),
                                 ak_val_str(ak_str_of(s->path)),
                                 ak_val_str(ak_str_of(s->maker ? s->maker : "")),
                                 ak_val_str(ak_str_of(s->version ? s->version : "")) };
    static struct ak_shape shapes[2];
    struct ak_shape *shape = &shapes[s->version != NULL];
    *shape = (struct ak_shape){ AK_STR("test"), AK_STR("t"), NAMES, s->version ? 5 : 4 };
    struct ak_event e = { .shape = shape, .values = values };
    return ak_detector_look(d, &e, out_hit) == 1;
}

static struct ak_str field(const struct ak_hit *hit, const char *name)
{
    for (size_t i = 0; i < hit->n_fields; i++)
        if (ak_str_eq(hit->fields[i].name, ak_str_of(name)))
            return hit->fields[i].value;
    return AK_STR("");
}

static void test_keys(void)
{
    TEST ("a path is one, however the event writes its drive, and as the image has it") {
        CHECK(one_key("C:\\Users\\Mio\\Run.exe", "Users/mio/run.exe"));
        CHECK(one_key("\\Device\\HarddiskVolume12\\Users\\mio\\run.exe", "C:/users/mio/RUN.EXE"));
        CHECK(one_key("\\\\?\\D:\\x.exe", "\\??\\C:\\x.exe"));
        CHECK(one_key("C:\\\xC3\x84rger\\\xE8\xA8\xBC.exe", "c:\\\xC3\xA4rger\\\xE8\xA8\xBC.exe"));
        CHECK(!one_key("C:\\a\\run.exe", "C:\\b\\run.exe"));
    }

    TEST ("what is no file of a drive of the machine is not looked up") {
        CHECK(key_of("PC1", "\\\\fs01\\share\\x.exe").n == 0);
        CHECK(key_of("PC1", "\\Device\\Mup\\fs01\\share\\x.exe").n == 0);
        CHECK(key_of("PC1", "").n == 0);
        CHECK(key_of("PC1", "C:\\").n == 0);
        CHECK(key_of("PC1", "\\").n == 0);
        char *path = AK_NEW_N(arena, char, 8001);
        memset(path, 'x', 8000);
        CHECK(key_of("PC1", path).n == 0);
    }
}

static void test_tables(void)
{
    TEST ("a program is known on its own machine only") {
        struct ak_program_file files[] = {
            file("PC1.example.org", "Tools/x.exe", "psexec.c", "1.1 Tools/x.exe"),
            file("PC2", "Tools/x.exe", "x.exe", "2.1 Tools/x.exe"),
        };
        struct made m = make(files, 2);
        CHECK(m.n == 2 && m.unclear == 0);
        CHECK(ak_str_eq(original(m.programs, "pc1.EXAMPLE.org", "C:\\tools\\X.EXE"),
                        AK_STR("psexec.c")));
        CHECK(ak_str_eq(original(m.programs, "PC2", "C:\\tools\\x.exe"), AK_STR("x.exe")));
        /* a machine known by its short name is that machine; one known by its whole is no other */
        CHECK(ak_str_eq(original(m.programs, "pc2.example.org", "C:\\tools\\x.exe"),
                        AK_STR("x.exe")));
        CHECK(original(m.programs, "PC1", "C:\\tools\\x.exe").n == 0);
        CHECK(original(m.programs, "PC1.example.com", "C:\\tools\\x.exe").n == 0);
        CHECK(original(m.programs, "PC3", "C:\\tools\\x.exe").n == 0);
        ak_buf_free(&m.bytes);
    }

    TEST (
        "two files at one path that differ are no answer; that are the same, or one deleted, are") {
        struct ak_program_file files[] = {
            file("A", "differ.exe", "one", "1 x"), file("A", "differ.exe", "two", "2 x"),
            file("A", "same.exe", "same", "4 x"),  file("A", "same.exe", "same", "3 x"),
            file("A", "newer.exe", "old", "5 x"),  file("A", "newer.exe", "new", "6 x"),
            file("A", "gone.exe", "gone", "7 x"),
        };
        files[4].deleted = files[6].deleted = true;
        struct made m = make(files, 7);
        CHECK(m.n == 3 && m.unclear == 1);
        CHECK(original(m.programs, "A", "C:\\differ.exe").n == 0);
        CHECK(ak_str_eq(original(m.programs, "A", "C:\\same.exe"), AK_STR("same")));
        CHECK(ak_str_eq(original(m.programs, "A", "C:\\newer.exe"), AK_STR("new")));
        CHECK(ak_str_eq(original(m.programs, "A", "C:\\gone.exe"), AK_STR("gone")));
        ak_buf_free(&m.bytes);
    }

    TEST ("a text longer than the limit is cut at a character") {
        char *text = AK_NEW_N(arena, char, 3001);
        for (size_t i = 0; i < 1000; i++)
            memcpy(text + 3 * i, "\xE8\xA8\xBC", 3);
        struct ak_program_file files[] = { file("A", "x.exe", text, "1 x") };
        struct made m = make(files, 1);
        struct ak_str got = original(m.programs, "A", "C:\\x.exe");
        CHECK(got.n == 1023 && memcmp(got.at, text, got.n) == 0);
        ak_buf_free(&m.bytes);
    }

    TEST ("a table that breaks off, goes on, or announces more than it holds is refused") {
        struct ak_program_file files[] = { file("A", "x.exe", "one", "1 x"),
                                           file("A", "y.exe", "two", "2 x") };
        struct made m = make(files, 2);
        const struct ak_programs *p;
        for (size_t n = 0; n < m.bytes.n; n++) {
            uint8_t *cut = malloc(n + 1); /* so that a byte too far is seen by the sanitizer */
            if (cut)
                memcpy(cut, m.bytes.at, n);
            CHECK(cut &&
                  ak_programs_open(arena, (struct ak_bytes){ cut, n }, &p) == AK_ERR_CORRUPT);
            free(cut);
        }
        m.bytes.at[4] = 1; /* of its two programs */
        CHECK(ak_programs_open(arena, (struct ak_bytes){ m.bytes.at, m.bytes.n }, &p) ==
              AK_ERR_CORRUPT);
        static const uint8_t MANY[] = { 'A', 'K', 'P', '1', 0xFF, 0xFF, 0xFF, 0x7F, 0 };
        CHECK(ak_programs_open(arena, (struct ak_bytes){ MANY, sizeof(MANY) }, &p) ==
              AK_ERR_CORRUPT);
        ak_buf_free(&m.bytes);
    }
}

static void test_rules(void)
{
    static const char RULE[] = "  sel: {OriginalFileName: psexec.c}\n"
                               "  named: {Image|endswith: '\\psexec.exe'}\n"
                               "  condition: sel and not named\n";
    static const char NOT_MADE_BY[] = "  sel: {Image|endswith: '\\x.exe'}\n"
                                      "  maker: {Company: Akashi}\n"
                                      "  condition: sel and not maker\n";
    struct ak_program_file files[] = { file("A", "x.exe", "psexec.c", "1.7 x.exe") };
    files[0].program.texts[AK_PROGRAM_COMPANY] = AK_STR("Akashi");
    struct made m = make(files, 1);
    const struct ak_hit *hit = NULL;

    TEST ("a rule that needs the file is bound without it, never fires, and says what waits") {
        struct ak_detector *d = detector(RULE, NULL);
        CHECK(d && ak_detector_asks_programs(d));
        CHECK(ak_detector_binding(d, 0) == AK_BOUND);
        CHECK(!ak_detector_bound_to(d, 0, 0) && ak_detector_bound_to(d, 0, 1) &&
              !ak_detector_bound_to(d, 0, 2));
        CHECK(!fires(d, &(struct start){ "1", "A", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(!fires(d, &(struct start){ "2", "A", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(ak_detector_seen(d, 0) == 1 && ak_detector_seen(d, 1) == 0);
        CHECK(ak_detector_waiting(d, 1) == 1);
        ak_detector_free(d);
    }

    TEST ("knowing the file it fires, and the hit says which file that was") {
        struct ak_detector *d = detector(RULE, m.programs);
        CHECK(d && fires(d, &(struct start){ "1", "A", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(hit && ak_str_eq(field(hit, "OriginalFileName"), AK_STR("psexec.c")));
        CHECK(hit && ak_str_eq(field(hit, AK_HIT_PROGRAM), AK_STR("1.7 x.exe")));
        CHECK(!fires(d, &(struct start){ "1", "B", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(!fires(d, &(struct start){ "1", "A", "C:\\y.exe", NULL, NULL }, &hit));
        CHECK(!fires(d, &(struct start){ "2", "A", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(fires(d, &(struct start){ "1", "A", "D:\\X.exe", NULL, NULL }, &hit));
        CHECK(ak_detector_seen(d, 0) == 4 && ak_detector_seen(d, 1) == 2);
        CHECK(ak_detector_waiting(d, 1) == 2);
        ak_detector_free(d);
    }

    TEST ("what the event says itself goes before what the file says; events that have more are "
          "left alone") {
        struct ak_detector *d = detector(NOT_MADE_BY, m.programs);
        CHECK(d && !fires(d, &(struct start){ "1", "A", "C:\\x.exe", NULL, NULL }, &hit));
        CHECK(fires(d, &(struct start){ "1", "A", "C:\\x.exe", "Somebody", NULL }, &hit));
        CHECK(fires(d, &(struct start){ "1", "A", "C:\\x.exe", NULL, "10" }, &hit));
        CHECK(hit && field(hit, AK_HIT_PROGRAM).n == 0);
        CHECK(fires(d, &(struct start){ "1", "B", "C:\\x.exe", NULL, NULL }, &hit));
        ak_detector_free(d);
    }

    TEST ("rules that ask for nothing of the file do not ask for programs") {
        struct ak_detector *d = detector("  sel: {Image: x}\n  condition: sel\n", NULL);
        CHECK(d && !ak_detector_asks_programs(d));
        ak_detector_free(d);
    }
    ak_buf_free(&m.bytes);
}

int main(void)
{
    arena = ak_arena_new((size_t)256 << 20);
    if (!arena)
        return 1;
    test_keys();
    test_tables();
    test_rules();
    ak_arena_free(arena);
    return story_report();
}
