#include "support/fs_capture.h"
#include "support/story.h"

extern const struct ak_filesystem_ops ak_filesystem_ext4;

/* A volume of 64 blocks of 1 KiB: superblock in block 1, descriptors in 2, inode
 * bitmap in 4, 32 inodes of 128 bytes from 5, root folder in 10, free from 12. */
enum { BLOCK = 1024, BLOCKS = 64, INODES = 32, TABLE = 5, ROOT_BLOCK = 10, FREE = 12 };

static uint8_t v[BLOCKS * BLOCK];
static size_t end_of_folder, last_entry;

static void le(uint8_t *to, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static uint8_t *block(unsigned n) { return v + (size_t)n * BLOCK; }

static uint8_t *inode(unsigned n, uint16_t mode, uint32_t size, bool in_use)
{
    uint8_t *i = block(TABLE) + (n - 1) * 128;
    memset(i, 0, 128);
    le(i, mode, 2);
    le(i + 4, size, 4);
    for (unsigned t = 8; t <= 16; t += 4)
        le(i + t, 1700000000 + t, 4);
    le(i + 26, 1, 2);
    if (in_use)
        block(4)[(n - 1) / 8] |= (uint8_t)(1u << (n - 1) % 8);
    else
        block(4)[(n - 1) / 8] &= (uint8_t) ~(1u << (n - 1) % 8);
    return i;
}

static void entry(unsigned folder_block, uint32_t number, const char *name, uint8_t type)
{
    uint8_t *d = block(folder_block);
    size_t n = strlen(name), needs = (8 + n + 3) / 4 * 4;
    if (end_of_folder) /* the one before gives up the rest of the block */
        le(d + last_entry + 4, end_of_folder - last_entry, 2);
    uint8_t *e = d + end_of_folder;
    le(e, number, 4);
    le(e + 4, BLOCK - end_of_folder, 2);
    e[6] = (uint8_t)n;
    e[7] = type;
    memcpy(e + 8, name, n);
    last_entry = end_of_folder;
    end_of_folder += needs;
}

static void volume(void)
{
    memset(v, 0, sizeof(v));
    uint8_t *s = v + 1024;
    le(s, INODES, 4);
    le(s + 4, BLOCKS, 4);
    le(s + 0x14, 1, 4);      /* first data block */
    le(s + 0x20, 8192, 4);   /* blocks per group */
    le(s + 0x28, INODES, 4); /* inodes per group */
    le(s + 0x38, 0xEF53, 2);
    le(s + 0x4C, 1, 4);
    le(s + 0x54, 11, 4);
    le(s + 0x58, 128, 2);
    le(s + 0x60, 0x42, 4); /* filetype, extents */
    le(block(2) + 4, 4, 4);
    le(block(2) + 8, TABLE, 4);
    end_of_folder = last_entry = 0;
    le(inode(2, 0x41ED, BLOCK, true) + 0x28, ROOT_BLOCK, 4);
    entry(ROOT_BLOCK, 2, ".", 2);
    entry(ROOT_BLOCK, 2, "..", 2);
}

static void extent_head(uint8_t *to, uint16_t n, uint16_t max, uint16_t depth)
{
    le(to, 0xF30A, 2);
    le(to + 2, n, 2);
    le(to + 4, max, 2);
    le(to + 6, depth, 2);
}

static void extent(uint8_t *to, uint32_t logical, uint16_t n, uint32_t physical)
{
    le(to, logical, 4);
    le(to + 4, n, 2);
    le(to + 8, physical, 4);
}

static struct fs_capture walk(const char *want)
{
    struct fs_capture c = { .want = want };
    fs_capture_run(&c, &ak_filesystem_ext4, v, sizeof(v));
    return c;
}

static void write_corpus(const char *folder)
{
    char path[512];
    volume();
    le(inode(12, 0x81A4, 5, true) + 0x28, FREE, 4);
    entry(ROOT_BLOCK, 12, "file", 1);
    uint8_t *i = inode(13, 0x81A4, 3 * BLOCK, true);
    le(i + 0x20, 0x80000, 4);
    extent_head(i + 0x28, 1, 4, 0);
    extent(i + 0x34, 0, 3, FREE + 1);
    entry(ROOT_BLOCK, 13, "extents", 1);
    inode(14, 0x41ED, BLOCK, false);
    entry(ROOT_BLOCK, 0, "gone", 2);
    snprintf(path, sizeof(path), "%s/small.ext4", folder);
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(v, 1, sizeof(v), f);
        fclose(f);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        write_corpus(argv[1]); /* a seed for the fuzzer */
        return 0;
    }
    TEST ("a file is read through the block map of ext2") {
        volume();
        uint8_t *i = inode(12, 0x81A4, BLOCK + 3, true);
        le(i + 0x28, FREE + 1, 4);
        le(i + 0x2C, FREE, 4);
        entry(ROOT_BLOCK, 12, "file", 1);
        block(FREE + 1)[0] = 'A';
        block(FREE)[2] = 'Z';
        struct fs_capture c = walk("file");
        CHECK(c.walked == AK_OK && fs_capture_has(&c, "r/r 12:\tfile\n"));
        CHECK(c.contents_n == BLOCK + 3 && c.contents[0] == 'A' && c.contents[BLOCK + 2] == 'Z');
        fs_capture_free(&c);
    }
    TEST ("a removed name is found in the space its neighbour covers") {
        volume();
        inode(12, 0x81A4, 0, true);
        inode(13, 0x81A4, 0, false);
        entry(ROOT_BLOCK, 12, "stays", 1);
        entry(ROOT_BLOCK, 13, "removed", 1);
        le(block(ROOT_BLOCK) + 24 + 4, BLOCK - 24, 2); /* "stays" covers it now */
        struct fs_capture c = walk(NULL);
        CHECK(fs_capture_has(&c, "r/r 12:\tstays\n"));
        CHECK(fs_capture_has(&c, "r/r * 13:\tremoved\n"));
        fs_capture_free(&c);
    }
    TEST ("a removed name whose inode serves another file says so") {
        volume();
        inode(12, 0x81A4, 0, true);
        entry(ROOT_BLOCK, 12, "new", 1);
        entry(ROOT_BLOCK, 12, "old", 1);
        le(block(ROOT_BLOCK) + 24 + 4, BLOCK - 24, 2);
        struct fs_capture c = walk(NULL);
        CHECK(fs_capture_has(&c, "r/r * 12(realloc):\told\n"));
        fs_capture_free(&c);
    }
    TEST ("an extent tree of two levels is followed, an unwritten extent is zeros") {
        volume();
        uint8_t *i = inode(12, 0x81A4, 3 * BLOCK, true);
        le(i + 0x20, 0x80000, 4);
        extent_head(i + 0x28, 1, 4, 1);
        le(i + 0x34 + 4, FREE, 4);
        extent_head(block(FREE), 2, 84, 0);
        extent(block(FREE) + 12, 0, 1, FREE + 1);
        extent(block(FREE) + 24, 1, 32768 + 2, FREE + 2);
        memset(block(FREE + 1), 'A', 3 * BLOCK);
        entry(ROOT_BLOCK, 12, "file", 1);
        struct fs_capture c = walk("file");
        CHECK(c.contents_n == 3 * BLOCK && c.contents[0] == 'A' && c.contents[BLOCK] == 0);
        fs_capture_free(&c);
    }
    TEST ("an extent tree that leads back to itself ends") {
        volume();
        uint8_t *i = inode(12, 0x81A4, BLOCK, true);
        le(i + 0x20, 0x80000, 4);
        extent_head(i + 0x28, 4, 4, 5);
        for (unsigned k = 0; k < 4; k++)
            le(i + 0x34 + 12 * k + 4, FREE, 4);
        extent_head(block(FREE), 84, 84, 5);
        for (unsigned k = 0; k < 84; k++)
            le(block(FREE) + 12 + 12 * k + 4, FREE, 4);
        entry(ROOT_BLOCK, 12, "file", 1);
        struct fs_capture c = walk("file");
        CHECK(c.walked == AK_OK && fs_capture_has(&c, "file"));
        fs_capture_free(&c);
    }
    TEST ("indirect blocks that lead back to themselves end") {
        volume();
        uint8_t *i = inode(12, 0x81A4, BLOCK, true);
        le(i + 0x28 + 4 * 14, FREE, 4); /* three levels */
        for (unsigned k = 0; k < 256; k++)
            le(block(FREE) + 4 * k, FREE, 4);
        entry(ROOT_BLOCK, 12, "file", 1);
        struct fs_capture c = walk("file");
        CHECK(c.walked == AK_OK && c.contents_n == BLOCK);
        fs_capture_free(&c);
    }
    TEST ("a folder that contains itself is entered once") {
        volume();
        le(inode(12, 0x41ED, BLOCK, true) + 0x28, FREE, 4);
        entry(ROOT_BLOCK, 12, "sub", 2);
        end_of_folder = last_entry = 0;
        entry(FREE, 12, "again", 2);
        entry(FREE, 2, "root", 2);
        struct fs_capture c = walk(NULL);
        CHECK(c.walked == AK_OK && fs_capture_has(&c, "sub/again\n"));
        CHECK(!fs_capture_has(&c, "again/again"));
        fs_capture_free(&c);
    }
    TEST ("an inode in use that no folder names is an orphan") {
        volume();
        inode(15, 0x81A4, 0, true);
        struct fs_capture c = walk(NULL);
        CHECK(fs_capture_has(&c, "-/r 15:\t$OrphanFiles/OrphanFile-15\n"));
        fs_capture_free(&c);
    }
    TEST ("a short link keeps its target in the inode") {
        volume();
        memcpy(inode(12, 0xA1FF, 4, true) + 0x28, "/etc", 4);
        entry(ROOT_BLOCK, 12, "link", 7);
        struct fs_capture c = walk("link");
        CHECK(fs_capture_has(&c, "l/l 12:\tlink\n") && c.flags & AK_FILE_LINK);
        fs_capture_free(&c);
    }
    TEST ("a variant nobody has told us of is left to the next reader") {
        volume();
        le(v + 1024 + 0x60, 0x42 | 0x80000000u, 4);
        struct fs_capture c = walk(NULL);
        CHECK(c.opened == AK_ERR_UNSUPPORTED);
        fs_capture_free(&c);
    }
    TEST ("more inodes than the volume can hold are refused, not allocated") {
        volume();
        le(v + 1024, UINT32_MAX, 4);
        struct fs_capture c = walk(NULL);
        CHECK(c.opened == AK_ERR_CORRUPT);
        fs_capture_free(&c);
    }
    TEST ("a volume cut anywhere ends with what is left of it") {
        volume();
        inode(12, 0x81A4, 0, true);
        entry(ROOT_BLOCK, 12, "file", 1);
        for (size_t n = 0; n <= sizeof(v); n += 509) {
            struct fs_capture c = { 0 };
            fs_capture_run(&c, &ak_filesystem_ext4, v, n);
            CHECK(c.opened != AK_OK || c.walked == AK_OK);
            fs_capture_free(&c);
        }
    }
    return story_report();
}
