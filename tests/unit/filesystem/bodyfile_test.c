#include "filesystem/bodyfile.h"
#include "support/story.h"

#define CHECK_BUF(b, text) CHECK((b).n == strlen(text) && memcmp((b).at, text, (b).n) == 0)

int main(void)
{
    struct ak_file ntfs = { .id = 64,
                            .attribute = 128,
                            .stream = 2,
                            .path = AK_STR("a/b.txt:ads"),
                            .stream_name_n = 4,
                            .size = 9,
                            .mode = 0777,
                            .meta_type = 'r',
                            .name_type = 'r',
                            .fn_stream = 3,
                            .fn_size = 76,
                            .flags = AK_FILE_DELETED | AK_FILE_REALLOC };
    ntfs.accessed = ak_stamp_unix(100, 999999999, AK_PREC_NS);
    ntfs.fn_created = ak_stamp_unix(-1, 0, AK_PREC_NS);

    TEST ("an NTFS name gives the line of its $FILE_NAME, then that of the stream") {
        struct ak_buf b = { 0 };
        ak_bodyfile_put(&b, &ntfs);
        CHECK_BUF(b,
                  "0|/a/b.txt ($FILE_NAME) (deleted-realloc)|64-48-3|r/rrwxrwxrwx|0|0|76|0|0|0|-1\n"
                  "0|/a/b.txt:ads (deleted-realloc)|64-128-2|r/rrwxrwxrwx|0|0|9|100|0|0|0\n");
        ak_buf_free(&b);
    }
    TEST ("a name cannot forge a second line") {
        struct ak_file f = { .path = AK_STR("x\n0|/fake\x7f"), .meta_type = '-', .name_type = 'r' };
        struct ak_buf b = { 0 };
        ak_bodyfile_put(&b, &f);
        CHECK_BUF(b, "0|/x^0|/fake^|0|r/----------|0|0|0|0|0|0|0\n");
        ak_buf_free(&b);
    }
    TEST ("set-user, set-group and sticky bits show with and without execution") {
        struct ak_file f = {
            .path = AK_STR("x"), .meta_type = 'd', .name_type = 'd', .mode = 07070
        };
        struct ak_buf b = { 0 };
        ak_bodyfile_put(&b, &f);
        CHECK_BUF(b, "0|/x|0|d/d--Srws--T|0|0|0|0|0|0|0\n");
        b.n = 0;
        f.mode = 07111;
        ak_bodyfile_put(&b, &f);
        CHECK_BUF(b, "0|/x|0|d/d--s--s--t|0|0|0|0|0|0|0\n");
        ak_buf_free(&b);
    }
    TEST ("a link shows its target, a listing its inode") {
        struct ak_file f = { .id = 12,
                             .path = AK_STR("l"),
                             .target = AK_STR("/t"),
                             .meta_type = 'l',
                             .name_type = 'l',
                             .mode = 0777,
                             .flags = AK_FILE_LINK };
        struct ak_buf b = { 0 };
        ak_bodyfile_put(&b, &f);
        CHECK_BUF(b, "0|/l -> /t|12|l/lrwxrwxrwx|0|0|0|0|0|0|0\n");
        b.n = 0;
        ak_file_list_put(&b, &ntfs);
        CHECK_BUF(b, "r/r * 64-128-2(realloc):\ta/b.txt:ads\n");
        ak_buf_free(&b);
    }
    TEST ("JSON leaves out what is not known") {
        struct ak_file f = { .id = 7, .path = AK_STR("q\"\xff"), .meta_type = 'r', .size = 5 };
        struct ak_buf b = { 0 };
        ak_file_json_put(&b, &f);
        CHECK_BUF(b, "{\"path\":\"q\\\"\xEF\xBF\xBD\",\"inode\":7,\"type\":\"r\",\"size\":5,"
                     "\"mode\":\"0000\",\"uid\":0,\"gid\":0}\n");
        ak_buf_free(&b);
    }
    return story_report();
}
