/* triage_test.c - collections are known by their layout, and files go back to
 * where they stood on the machine. */
#include "evidence/triage.h"
#include "tests/support/story.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static struct ak_arena *arena;

static struct ak_triage_guess guess_of(const char *const *names, size_t n, const char *container)
{
    static struct ak_str paths[32];
    for (size_t i = 0; i < n; i++)
        paths[i] = ak_str_of(names[i]);
    return ak_triage_detect(paths, n, ak_str_of(container));
}

static int goes_to(const struct ak_triage_guess *g, const char *path, const char *want)
{
    struct ak_triage_place p;
    if (ak_triage_map(arena, g, ak_str_of(path), &p) != AK_OK)
        return 0;
    if (!want)
        return p.tools_own && !p.known;
    return p.known && !p.tools_own && ak_str_eq(p.path, ak_str_of(want));
}

static int collected_at(const struct ak_triage_guess *g, const char *want)
{
    char text[AK_STAMP_TEXT];
    return ak_str_eq((struct ak_str){ text, ak_stamp_iso(g->when, text) }, ak_str_of(want));
}

int main(void)
{
    arena = ak_arena_new(1 << 20);

    TEST ("a Velociraptor offline collection: percent signs undone, its own results apart") {
        static const char *const L[] = {
            "client_info.json",
            "collection_context.json",
            "uploads.json",
            "log.json",
            "results/Windows.KapeFiles.Targets%2FUploads.json",
            ("uploads/auto/C%3A/Windows/System32/winevt/Logs/"
             "Microsoft-Windows-Bits-Client%254Operational.evtx"),
            "uploads/ntfs/%5C%5C.%5CC%3A/$MFT",
        };
        struct ak_triage_guess g = guess_of(L, N(L), "Collection-PC-01-2024-03-10T09_15_04Z.zip");
        CHECK(g.kind == AK_TRIAGE_VELOCIRAPTOR);
        CHECK_STR(g.host, "PC-01");
        CHECK(collected_at(&g, "2024-03-10T09:15:04Z"));
        CHECK(!(g.when.flags & AK_STAMP_LOCAL));
        CHECK(goes_to(
            &g, L[5],
            "C:/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx"));
        CHECK(goes_to(&g, L[6], "C:/$MFT"));
        CHECK(goes_to(
            &g, "uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy3/$MFT",
            "HarddiskVolumeShadowCopy3/$MFT"));
        CHECK(goes_to(&g, "uploads/auto/C%3A/a%2Fb", "C:/a%2Fb"));
        CHECK(goes_to(&g, L[4], NULL));
        CHECK(goes_to(&g, "client_info.json", NULL));
    }

    TEST ("a Velociraptor collection of Linux, unpacked into a folder") {
        static const char *const L[] = {
            "Collection-web01-2024-03-10T09_15_04Z/uploads.json",
            "Collection-web01-2024-03-10T09_15_04Z/uploads/auto/etc/passwd"
        };
        struct ak_triage_guess g = guess_of(L, N(L), "case");
        CHECK(g.kind == AK_TRIAGE_VELOCIRAPTOR);
        CHECK_STR(g.root, "Collection-web01-2024-03-10T09_15_04Z/");
        CHECK_STR(g.host, "web01");
        CHECK(goes_to(&g, L[1], "etc/passwd"));
    }

    TEST ("a UAC collection: [root] is the machine, live response is the tool's") {
        static const char *const L[] = { "[root]/etc/passwd", "[root]/var/log/auth.log", "uac.log",
                                         "bodyfile/bodyfile.txt",
                                         "live_response/process/ps_auxwww.txt" };
        struct ak_triage_guess g = guess_of(L, N(L), "uac-web-01-linux-20240310091504.tar.gz");
        CHECK(g.kind == AK_TRIAGE_UAC);
        CHECK_STR(g.host, "web-01");
        CHECK(collected_at(&g, "2024-03-10T09:15:04Z"));
        CHECK(g.when.flags & AK_STAMP_LOCAL);
        CHECK(goes_to(&g, L[1], "var/log/auth.log"));
        CHECK(goes_to(&g, L[4], NULL));
    }

    TEST ("an acquire collection: fs holds drives or the root, older ones sysvol") {
        static const char *const L[] = { "fs/C:/Windows/System32/config/SYSTEM", "fs/C:/$MFT",
                                         "fs/$rootfs$/etc/passwd", "PC01_20240310091504.log" };
        struct ak_triage_guess g = guess_of(L, N(L), "PC01_20240310091504.tar");
        CHECK(g.kind == AK_TRIAGE_ACQUIRE);
        CHECK_STR(g.host, "PC01");
        CHECK(goes_to(&g, L[0], "C:/Windows/System32/config/SYSTEM"));
        CHECK(goes_to(&g, L[2], "etc/passwd"));
        CHECK(goes_to(&g, L[3], NULL));
        static const char *const OLD[] = { "sysvol/Windows/System32/config/SAM" };
        g = guess_of(OLD, N(OLD), "");
        CHECK(g.kind == AK_TRIAGE_ACQUIRE);
        CHECK(goes_to(&g, OLD[0], "C:/Windows/System32/config/SAM"));
    }

    TEST ("a KAPE collection: its logs tell it from plain drive folders") {
        static const char *const L[] = { "2024-03-10T091504_CopyLog.csv",
                                         "2024-03-10T09_15_04_ConsoleLog.txt",
                                         "C/Windows/System32/winevt/Logs/Security.evtx",
                                         "VSS1/C/$MFT" };
        struct ak_triage_guess g = guess_of(L, N(L), "2024-03-10T091504_PC01.zip");
        CHECK(g.kind == AK_TRIAGE_KAPE);
        CHECK_STR(g.host, "PC01");
        CHECK(goes_to(&g, L[2], "C:/Windows/System32/winevt/Logs/Security.evtx"));
        CHECK(goes_to(&g, L[3], "VSS1/C:/$MFT"));
        CHECK(goes_to(&g, L[0], NULL));
    }

    TEST ("a CDIR collection: each file goes back to its folder, user and drive") {
        static const char *const L[] = {
            "PC01_20240310091504/NTFS/D_$MFT",
            "PC01_20240310091504/Evtx/Security.evtx",
            "PC01_20240310091504/Registry/mio_k_NTUSER.dat",
            "PC01_20240310091504/Registry/SYSTEM.LOG1",
            "PC01_20240310091504/collector-log.txt",
            "PC01_20240310091504/Prefetch_old/CMD.EXE-1.pf",
            "PC01_20240310091504/NTFS/D_$UsnJrnl-$J",
            "PC01_20240310091504/Web/Chrome/mio_History",
        };
        struct ak_triage_guess g = guess_of(L, N(L), "received");
        struct ak_triage_place p;
        CHECK(g.kind == AK_TRIAGE_CDIR);
        CHECK_STR(g.host, "PC01");
        CHECK(g.system_drive == 'D');
        CHECK(goes_to(&g, L[0], "D:/$MFT"));
        CHECK(goes_to(&g, L[1], "D:/Windows/System32/winevt/Logs/Security.evtx"));
        CHECK(goes_to(&g, L[2], "D:/Users/mio_k/NTUSER.dat"));
        CHECK(goes_to(&g, L[3], "D:/Windows/System32/config/SYSTEM.LOG1"));
        CHECK(goes_to(&g, L[4], NULL));
        CHECK(goes_to(&g, L[5], "D:/Windows.old/Windows/Prefetch/CMD.EXE-1.pf"));
        CHECK(goes_to(&g, L[6], "D:/$Extend/$UsnJrnl:$J"));
        CHECK(ak_triage_map(arena, &g, ak_str_of(L[7]), &p) == AK_OK && !p.known && !p.tools_own);
    }

    TEST ("DFIR-ORC is known by its name; drives and a Unix root by theirs") {
        static const char *const ORC[] = { "GetThis.7z", "NTFSInfo.7z" };
        struct ak_triage_guess g = guess_of(ORC, N(ORC), "DFIR-ORC_WorkStation_PC01_General.7z");
        CHECK(g.kind == AK_TRIAGE_ORC);
        CHECK_STR(g.host, "PC01");
        static const char *const C[] = { "evidence/C/Users/mio/a.txt", "evidence/notes.txt" };
        g = guess_of(C, N(C), "");
        CHECK(g.kind == AK_TRIAGE_DRIVES);
        CHECK(goes_to(&g, C[0], "C:/Users/mio/a.txt"));
        static const char *const R[] = { "web01/etc/passwd", "web01/var/log/syslog" };
        g = guess_of(R, N(R), "");
        CHECK(g.kind == AK_TRIAGE_ROOT);
        CHECK(goes_to(&g, R[1], "var/log/syslog"));
    }

    TEST ("ordinary folders are no collection") {
        static const char *const L[] = { "docs/a.txt", "results/x.json", "src/etc.c",
                                         "Evtx/readme.txt", "fs/notes.txt" };
        struct ak_triage_guess g = guess_of(L, N(L), "backup_20240310091504.zip");
        CHECK(g.kind == AK_TRIAGE_NONE);
        CHECK(g.host.n == 0);
        CHECK(guess_of(L, 0, "").kind == AK_TRIAGE_NONE);
    }

    TEST ("a date that does not exist is no date") {
        static const char *const L[] = { "[root]/etc/passwd", "uac.log" };
        struct ak_triage_guess g = guess_of(L, N(L), "uac-web01-linux-20241399091504.tar.gz");
        CHECK(!ak_stamp_is_set(g.when));
    }

    TEST ("the machine's name from client_info.json, and nothing from a cut one") {
        static const char JSON[] = "{\"client_id\":\"C.1\",\"os_info\": {\"Hostname\" : "
                                   "\"PC01\",\n\"Fqdn\":\"pc01.example.jp\"}}";
        struct ak_str host, fqdn;
        ak_triage_json_host((struct ak_bytes){ (const uint8_t *)JSON, sizeof(JSON) - 1 }, &host,
                            &fqdn);
        CHECK_STR(host, "PC01");
        CHECK_STR(fqdn, "pc01.example.jp");
        for (size_t n = 0; n < sizeof(JSON) - 1; n++) {
            ak_triage_json_host((struct ak_bytes){ (const uint8_t *)JSON, n }, &host, &fqdn);
            CHECK(host.n == 0 || ak_str_eq(host, AK_STR("PC01")));
            CHECK(fqdn.n == 0 || ak_str_eq(fqdn, AK_STR("pc01.example.jp")));
        }
    }

    ak_arena_free(arena);
    return story_report();
}
