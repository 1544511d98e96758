/* demo_main.c - `akashi-demo FOLDER`: write the evidence of the demonstration. */
#include "tests/support/demo.h"

#include <stdio.h>
#include <sys/stat.h>

static const char STORY[] =
    "架空の証拠 / Fictitious evidence\n"
    "================================\n\n"
    "株式会社あかし商店は架空の会社です。人物・顧客・アカウント・事件もすべて架空で、\n"
    "アドレスは文書用(RFC 5737)と私用(RFC 1918)のものだけを使っています。\n"
    "ファイルはすべてこのリポジトリの手順から作られ、毎回同じ内容になります。\n\n"
    "  web01.E01  Webサーバ(Linux、ext4、日本時間、10.0.20.5)\n"
    "  FS01.img   ファイルサーバ(Windows、NTFS、日本時間、10.0.10.5、ドメインAKASHI)\n\n"
    "筋書き(日本時間)\n"
    "  1月29日(木) 21:52 203.0.113.66 からwebサイトへの大量アクセスが始まる\n"
    "              22:41 見積依頼フォームからWebシェル img_0129.php が置かれ、使われる\n"
    "  1月30日(金) 00:12 deploy へのSSH総当たり、00:19 に成功、sudoで管理者になる\n"
    "              00:24 webadmin と root のパスワードが変えられる\n"
    "              00:31 顧客情報を固めた bk.tar.gz が公開フォルダに置かれ、00:36 "
    "に持ち出され、消される\n"
    "              23:05 再び侵入、23:48 からFS01へサインインを試み、23:56 に svc-backup で成功\n"
    "  1月31日(土) 00:14 リモートデスクトップでFS01へ。Defenderの無効化、サービスの登録、\n"
    "                    アカウント helpdesk2 の作成と管理者への追加\n"
    "              01:58 シャドウコピーの削除、02:05から02:30 "
    "共有フォルダの72ファイルが暗号化される\n"
    "              02:46 SecurityとApplicationのログが消去される\n"
    "              03:14 web01のログから30日1時以降の行が消される。03:27 最後のアクセス\n\n"
    "Akashi Shoten is not a real company; its people, customers, accounts and this\n"
    "incident are made up. Addresses are those for documentation and private ones.\n"
    "All files are built from recipes in this repository, the same bytes each time.\n\n"
    "The story (Japan time): mass access from 203.0.113.66 to web01 on Thursday 29\n"
    "January 2026 at 21:52; a web shell through an upload form at 22:41; an SSH\n"
    "password guessed at 00:19; passwords changed at 00:24; the customers' list\n"
    "packed, fetched (00:36) and removed; the next night a sign-in from web01 to FS01\n"
    "as svc-backup (23:56); Defender off, a service and an account added; 72 files\n"
    "encrypted from 02:05 to 02:30 on Saturday; logs cleared at 02:46; lines deleted\n"
    "from web01's logs at 03:14; the last access at 03:27.\n";

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 2) {
        fprintf(stderr, "usage: akashi-demo FOLDER\n");
        return 2;
    }
    mkdir(argv[1], 0777);
    snprintf(path, sizeof(path), "%s/README.txt", argv[1]);
    bool ok = demo_save(path, (struct ak_bytes){ (const uint8_t *)STORY, sizeof(STORY) - 1 });
    return ok && demo_web01(argv[1]) && demo_fs01(argv[1]) ? 0 : 1;
}
