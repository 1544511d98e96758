/* hashset_fuzz.c - any bytes as a table of known files, as a list and as a database of
 * them: looked into without leaving them; what is made of them can be opened. */
#include "detect/hashset.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void look(struct ak_bytes table)
{
    struct ak_hashset set;
    uint8_t hash[AK_HASHSET_HASH] = { 0 };
    if (ak_hashset_open(table, &set) != AK_OK)
        return;
    for (unsigned i = 0; i < 256; i++) {
        hash[0] = (uint8_t)i;
        hash[1] = (uint8_t)(i * 7);
        ak_hashset_has(&set, hash);
    }
}

static void make(struct ak_bytes source)
{
    struct ak_hashset_making making;
    const char *why = NULL;
    int from = memfd_create("source", 0), to = memfd_create("table", 0);
    if (from < 0 || to < 0 || write(from, source.at, source.n) != (ssize_t)source.n ||
        ak_hashset_make(to, &making) != AK_OK)
        abort();
    enum ak_status taken = ak_hashset_take(&making, from, &why);
    if ((taken != AK_OK) != (why != NULL && taken != AK_OK) || ak_hashset_finish(&making) != AK_OK)
        abort();
    size_t n = (size_t)lseek(to, 0, SEEK_END);
    void *at = mmap(NULL, n, PROT_READ, MAP_PRIVATE, to, 0);
    struct ak_hashset set;
    if (at == MAP_FAILED || ak_hashset_open((struct ak_bytes){ at, n }, &set) != AK_OK ||
        set.n != making.n)
        abort();
    munmap(at, n);
    close(from);
    close(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t nothing;
    struct ak_bytes in = { n ? data : &nothing, n };
    look(in);
    make(in);
    return 0;
}
