/* unread.c - containers that are found by their signatures, and named, but not read.
 *
 * Better "this is AFF4, convert it" than to take it for a raw disk without a
 * partition table.  Signatures: docs/formats/container.unread.md
 */
#include "evidence/mapped.h"

enum { MAGIC_MAX = 40, ZIP_HEADER = 30 };

/* Does src hold these n bytes at `at` (from the end when negative)? */
static bool has(struct ak_source *src, int64_t at, const char *magic, size_t n)
{
    uint8_t b[MAGIC_MAX];
    uint64_t from = at < 0 ? src->size - (uint64_t)-at : (uint64_t)at;
    if (at < 0 && src->size < (uint64_t)-at)
        return false;
    return ak_source_read_some(src, from, b, n) == n && memcmp(b, magic, n) == 0;
}

#define HAS(src, at, literal) has((src), (at), "" literal, sizeof(literal) - 1)

static bool is_ewf2(struct ak_source *s) { return HAS(s, 0, "EVF2\r\n\x81\0"); }

static bool is_logical(struct ak_source *s)
{
    return HAS(s, 0, "LVF\x09\r\n\xff\0") || HAS(s, 0, "LEF2\r\n\x81\0");
}

static bool is_ad_crypt(struct ak_source *s) { return HAS(s, 0, "ADCRYPT\0"); }

static bool is_ad1(struct ak_source *s) { return HAS(s, 0, "ADSEGMENTEDFILE\0"); }

static bool is_aff(struct ak_source *s)
{
    return HAS(s, 0, "AFF10\r\n\0") || HAS(s, 0, "AFF11\r\n\0");
}

/* A zip file that begins with container.description or an aff4: name. */
static bool is_aff4(struct ak_source *s)
{
    return HAS(s, 0, "PK\3\4") &&
           (HAS(s, ZIP_HEADER, "container.description") || HAS(s, ZIP_HEADER, "aff4%3A"));
}

static bool is_bochs(struct ak_source *s) { return HAS(s, 0, "Bochs Virtual HD Image"); }

static bool is_cloop(struct ak_source *s)
{
    return HAS(s, 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop");
}

static bool is_parallels(struct ak_source *s)
{
    return HAS(s, 0, "WithoutFreeSpace") || HAS(s, 0, "WithouFreSpacExt");
}

static bool is_qed(struct ak_source *s) { return HAS(s, 0, "QED\0"); }

static bool is_encrypted_dmg(struct ak_source *s)
{
    return HAS(s, 0, "encrcdsa") || HAS(s, -8, "cdsaencr");
}

static bool is_sesparse(struct ak_source *s) { return HAS(s, 0, "\xbe\xba\xfe\xca\0\0\0\0"); }

static bool is_sparse_image(struct ak_source *s) { return HAS(s, 0, "sprs"); }

static bool is_wim(struct ak_source *s) { return HAS(s, 0, "MSWIM\0\0\0"); }

static enum ak_status open_unread(struct ak_arena *arena, struct ak_source *src,
                                  const struct ak_siblings *siblings, struct ak_disk *out)
{
    (void)arena;
    (void)src;
    (void)siblings;
    ak_disk_note(out, "this kind of image is found but not read; convert it to E01 or raw first");
    return AK_ERR_UNSUPPORTED;
}

static enum ak_status open_locked(struct ak_arena *arena, struct ak_source *src,
                                  const struct ak_siblings *siblings, struct ak_disk *out)
{
    (void)arena;
    (void)src;
    (void)siblings;
    ak_disk_note(out, "the disk image is encrypted");
    return AK_ERR_ENCRYPTED;
}

const struct ak_container ak_containers_unread[] = {
    { "ewf2", "Expert Witness Format 2 (Ex01), found but not read",
      "Expert Witness形式2(Ex01)、検出のみ", is_ewf2, NULL, open_unread },
    { "ewf-logical", "Logical evidence file (L01, Lx01), found but not read",
      "論理証拠ファイル(L01・Lx01)、検出のみ", is_logical, NULL, open_unread },
    { "adcrypt", "AccessData encrypted image", "AccessData暗号化イメージ", is_ad_crypt, NULL,
      open_locked },
    { "ad1", "AccessData logical image (AD1), found but not read",
      "AccessData論理イメージ(AD1)、検出のみ", is_ad1, NULL, open_unread },
    { "aff", "Advanced Forensic Format 1–3, found but not read",
      "Advanced Forensic Format 1〜3、検出のみ", is_aff, NULL, open_unread },
    { "aff4", "Advanced Forensic Format 4, found but not read",
      "Advanced Forensic Format 4、検出のみ", is_aff4, NULL, open_unread },
    { "bochs", "Bochs disk image, found but not read", "Bochsディスクイメージ、検出のみ", is_bochs,
      NULL, open_unread },
    { "cloop", "Compressed loop image, found but not read", "圧縮ループ(cloop)イメージ、検出のみ",
      is_cloop, NULL, open_unread },
    { "parallels", "Parallels disk image, found but not read",
      "Parallelsディスクイメージ、検出のみ", is_parallels, NULL, open_unread },
    { "qed", "QEMU enhanced disk, found but not read", "QEMU拡張ディスク(QED)、検出のみ", is_qed,
      NULL, open_unread },
    { "dmg-encrypted", "Encrypted Apple disk image", "暗号化されたAppleディスクイメージ",
      is_encrypted_dmg, NULL, open_locked },
    { "sparseimage", "Apple sparse image, found but not read", "Appleスパースイメージ、検出のみ",
      is_sparse_image, NULL, open_unread },
    { "sesparse", "VMware SESparse extent, found but not read",
      "VMware SESparseエクステント、検出のみ", is_sesparse, NULL, open_unread },
    { "wim", "Windows image (WIM), found but not read", "Windowsイメージ(WIM)、検出のみ", is_wim,
      NULL, open_unread },
};
