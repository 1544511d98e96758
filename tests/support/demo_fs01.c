/* demo_fs01.c - the disk of FS01, the file server: shares, event logs, a recycle
 * bin, a downloaded tool, and what was done to the files. */
#include "tests/support/demo_fs01.h"
#include "tests/support/gpt_writer.h"
#include "tests/support/ntfs_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { MIB = 64, FOLDERS = 8, PER_FOLDER = 9 };

static const int64_t YEAR = 365 * 86400;

static struct ntfsw_times all_at(int64_t at)
{
    uint64_t t = demo_filetime(at);
    return (struct ntfsw_times){ t, t, t, t };
}

static void folder(struct ntfsw *w, const char *path, int64_t at)
{
    ntfsw_add(w, &(struct ntfsw_file){ .path = path, .folder = true, .times = all_at(at) });
}

static void text(struct ntfsw *w, const char *path, int64_t at, const char *words)
{
    ntfsw_add(w, &(struct ntfsw_file){ .path = path,
                                       .times = all_at(at),
                                       .content = { (const uint8_t *)words, strlen(words) } });
}

/* ---- the shares ---- */

static const char *const SHARES[FOLDERS] = { "共有/営業部",      "共有/営業部/見積", "共有/総務部",
                                             "共有/総務部/人事", "共有/経理部",      "共有/企画部",
                                             "共有/顧客",        "共有/全社" };
static const char *const DOCUMENTS[PER_FOLDER] = {
    "顧客名簿2025.xlsx", "売上集計.xlsx", "議事録_12月.docx", "見積書_0117.pdf", "契約書.docx",
    "写真.jpg",          "計画.pptx",     "名簿.csv",         "控え.pdf"
};

static const char NOTE[] =
    "【架空の証拠です / fictitious evidence】\r\n"
    "あなたのファイルは暗号化されました。復元方法は下記へ連絡してください。\r\n"
    "Your files have been encrypted. Write to nobody@example.com.\r\n";

/* Seven seconds a file from 02:05:11 on. */
static int64_t encrypted_at(size_t number) { return demo_jst(31, 2, 5, 11) + (int64_t)number * 21; }

static void put_encrypted(struct ntfsw *w, size_t i, size_t k)
{
    struct ak_buf noise = { 0 };
    char path[256];
    size_t number = i * PER_FOLDER + k;
    int64_t born = demo_jst(1, 9, 0, 0) - YEAR + (int64_t)number * 86400 * 4;
    uint64_t before = demo_filetime(born),
             written = demo_filetime(encrypted_at(number)) + number * 12345;
    struct ntfsw_times name = { before, before + 600000000, before + 600000000, before };
    snprintf(path, sizeof(path), "%s/%s" DEMO_ENDING, SHARES[i], DOCUMENTS[k]);
    demo_noise(&noise, 0xAC0FFEE + number, 6000 + number % 13 * 2900);
    ntfsw_add(w, &(struct ntfsw_file){ .path = path,
                                       .times = { before, written, written, written },
                                       .name_times = &name,
                                       .content = { noise.at, noise.n } });
    ak_buf_free(&noise);
}

static void put_shares(struct ntfsw *w, int64_t installed)
{
    char path[256];
    folder(w, "共有", installed);
    for (size_t i = 0; i < FOLDERS; i++) {
        folder(w, SHARES[i], installed + 86400);
        for (size_t k = 0; k < PER_FOLDER; k++)
            put_encrypted(w, i, k);
        for (int which = 0; which < 2; which++) {
            snprintf(path, sizeof(path), "%s/%s", SHARES[i],
                     which ? "README_RESTORE.txt" : "README_復元方法.txt");
            text(w, path, encrypted_at((i + 1) * PER_FOLDER) - 2, NOTE);
        }
    }
    folder(w, "公開資料", installed);
    text(w, "公開資料/会社案内.txt", demo_jst(8, 11, 0, 0),
         "株式会社あかし商店(架空)の会社案内。\r\n");
    text(w, "公開資料/営業日.txt", demo_jst(9, 11, 0, 0), "年末年始を除く平日 9時から18時。\r\n");
    text(w, "公開資料/お知らせ.v2.final.txt", demo_jst(9, 12, 0, 0), "新年のごあいさつ。\r\n");
}

/* ---- Windows ---- */

static void put_logs(struct ntfsw *w, int64_t installed)
{
    static const char *const PATHS[FS01_LOGS] = {
        [FS01_SECURITY] = "Windows/System32/winevt/Logs/Security.evtx",
        [FS01_SYSTEM] = "Windows/System32/winevt/Logs/System.evtx",
        [FS01_APPLICATION] = "Windows/System32/winevt/Logs/Application.evtx",
        [FS01_DEFENDER] =
            "Windows/System32/winevt/Logs/Microsoft-Windows-Windows Defender%4Operational.evtx",
        [FS01_TERMINAL] =
            ("Windows/System32/winevt/Logs/"
             "Microsoft-Windows-TerminalServices-LocalSessionManager%4Operational.evtx"),
    };
    struct ak_buf logs[FS01_LOGS] = { 0 };
    uint64_t born = demo_filetime(installed), last = demo_filetime(demo_jst(31, 10, 31, 0));
    demo_fs01_logs(logs);
    for (size_t i = 0; i < FS01_LOGS; i++) {
        ntfsw_add(w, &(struct ntfsw_file){ .path = PATHS[i],
                                           .times = { born, last, last, last },
                                           .content = { logs[i].at, logs[i].n } });
        ak_buf_free(&logs[i]);
    }
}

/* $I of Windows 10: version, size, when, the path with its length. */
static void put_recycled(struct ntfsw *w, int64_t at, int64_t installed)
{
    static const char *const FOLDER = "$Recycle.Bin/S-1-5-21-2026012900-2000000001-2000000002-1120";
    static const char PATH[] = "D:\\share\\old-pricelist.xlsx";
    uint8_t info[24 + 4 + 2 * sizeof(PATH)] = { 2 };
    const uint64_t size = 5120, when = demo_filetime(at);
    char path[160];
    struct ak_buf old = { 0 };
    for (unsigned i = 0; i < 8; i++) {
        info[8 + i] = (uint8_t)(size >> (8 * i));
        info[16 + i] = (uint8_t)(when >> (8 * i));
    }
    info[24] = sizeof(PATH);
    for (size_t i = 0; i < sizeof(PATH); i++)
        info[28 + 2 * i] = (uint8_t)PATH[i];
    folder(w, "$Recycle.Bin", installed);
    folder(w, FOLDER, installed);
    snprintf(path, sizeof(path), "%s/$IK3Q7ZA.xlsx", FOLDER);
    ntfsw_add(w, &(struct ntfsw_file){
                     .path = path, .times = all_at(at), .content = { info, sizeof(info) } });
    snprintf(path, sizeof(path), "%s/$RK3Q7ZA.xlsx", FOLDER);
    demo_noise(&old, 77, 5120);
    ntfsw_add(w, &(struct ntfsw_file){
                     .path = path, .times = all_at(at - YEAR), .content = { old.at, old.n } });
    ak_buf_free(&old);
}

/* What the intruder brought: names only, nothing that runs. */
static void put_tools(struct ntfsw *w, int64_t installed)
{
    static const char ZONE[] =
        "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=http://203.0.113.66/nettool.exe\r\n";
    static const char STAND_IN[] =
        "A stand-in for an intruder's tool in made-up evidence: it is text.\r\n"
        "架空の証拠に置いた攻撃ツールの代用品。ただの文章である。\r\n";
    struct ak_buf gone = { 0 };
    folder(w, "Users", installed);
    folder(w, "Users/svc-backup", demo_jst(31, 0, 14, 6));
    folder(w, "Users/svc-backup/Downloads", demo_jst(31, 0, 14, 8));
    ntfsw_add(
        w, &(struct ntfsw_file){ .path = "Users/svc-backup/Downloads/nettool.exe",
                                 .times = all_at(demo_jst(31, 0, 20, 17)),
                                 .content = { (const uint8_t *)STAND_IN, sizeof(STAND_IN) - 1 },
                                 .stream = "Zone.Identifier",
                                 .stream_content = { (const uint8_t *)ZONE, sizeof(ZONE) - 1 } });
    folder(w, "ProgramData", installed);
    folder(w, "ProgramData/wsu", demo_jst(31, 0, 30, 2));
    text(w, "ProgramData/wsu/svchelp.exe", demo_jst(31, 0, 35, 50), STAND_IN);
    for (int i = 0; i < 600; i++)
        ak_buf_text(&gone, STAND_IN);
    ntfsw_add(w, &(struct ntfsw_file){ .path = "ProgramData/wsu/lock.exe",
                                       .times = all_at(demo_jst(31, 1, 55, 31)),
                                       .content = { gone.at, gone.n },
                                       .deleted = true });
    ak_buf_free(&gone);
}

bool demo_fs01(const char *to)
{
    char path[4096];
    const int64_t installed = demo_jst(1, 10, 0, 0) - 2 * YEAR;
    size_t n = 0;
    struct ntfsw *w = ntfsw_begin(&(struct ntfsw_volume){ .bytes = (size_t)MIB << 20,
                                                          .serial = UINT64_C(0x0A6B617368693031),
                                                          .made = demo_filetime(installed),
                                                          .label = "FS01" });
    if (!w)
        return false;
    folder(w, "Windows", installed);
    folder(w, "Windows/System32", installed);
    folder(w, "Windows/System32/winevt", installed);
    folder(w, "Windows/System32/winevt/Logs", installed);
    put_logs(w, installed);
    put_recycled(w, demo_jst(22, 15, 12, 40), installed);
    put_tools(w, installed);
    put_shares(w, installed);
    uint8_t *disk = NULL;
    struct ak_bytes volume = ntfsw_end(w);
    if (volume.n)
        disk = gpt_write(volume, GPT_WINDOWS, "Basic data partition", &n);
    snprintf(path, sizeof(path), "%s/FS01.img", to);
    bool ok = disk && demo_save(path, (struct ak_bytes){ disk, n });
    free(disk);
    ntfsw_free(w);
    return ok;
}
