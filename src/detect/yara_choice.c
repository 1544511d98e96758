/* yara_choice.c - see yara_choice.h. */
#include "detect/yara_choice.h"

/* Folders where whatever lies there is looked at. */
static const char *const PLACES[] = {
    "**/inetpub/**",        "**/www/**",           "**/htdocs/**",       "**/webapps/**",
    "**/public_html/**",    "**/wwwroot/**",       "**/temp/**",         "**/tmp/**",
    "**/downloads/**",      "**/programdata/*",    "**/users/public/**", "**/startup/*",
    "**/appdata/roaming/*", "**/dev/shm/**",       "**/perflogs/**",     "**/$recycle.bin/**",
    "**/windows/tasks/*",   "**/cron.*/*",         "**/init.d/*",        "**/root/*",
    "**/etc/rc.local",      "**/systemd/system/*", "**/home/*/*",        "**/home/*/.*/*",
    "**/intel/*",
};

/* Endings of programs and scripts, which are looked at anywhere. */
static const char ENDINGS[] =
    " exe dll sys scr cpl ocx com drv efi bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk msi jar "
    "class py pl rb sh php phtml "
    "asp aspx ashx asmx jsp jspx cgi war so ko bin elf docm xlsm pptm dotm rtf iso chm one ";

/* Log files and media in those folders are large, and no programs. */
static const char DULL[] =
    " log png jpg jpeg gif svg ico css woff woff2 ttf mp3 mp4 avi mov evtx etl pf db-wal ";

static bool in_list(const char *list, size_t n, struct ak_str name)
{
    char word[16] = { ' ' };
    const char *dot = name.n ? memrchr(name.at, '.', name.n) : NULL;
    size_t end_n = dot ? name.n - (size_t)(dot + 1 - name.at) : 0;
    if (end_n == 0 || end_n > sizeof(word) - 2)
        return false;
    for (size_t i = 0; i < end_n; i++) {
        char c = dot[1 + i];
        word[1 + i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    word[1 + end_n] = ' ';
    return memmem(list, n, word, end_n + 2) != NULL;
}

static bool in_place(struct ak_str path)
{
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++)
        if (ak_glob(PLACES[i], path))
            return true;
    return false;
}

/* Files without an ending may be programs: of Unix, or of somebody who hides one. */
static bool may_be_program(struct ak_str name)
{
    if (name.n == 0 || in_list(ENDINGS, sizeof(ENDINGS) - 1, name))
        return name.n > 0;
    return !memchr(name.at, '.', name.n) || memmem(name.at, name.n, ".so.", 4);
}

bool ak_yara_may_want(struct ak_str path, uint64_t size, bool all)
{
    struct ak_str name = ak_str_basename(path);
    if (size == 0 || size > AK_YARA_CONTENTS_MAX)
        return false;
    if (all || may_be_program(name))
        return true;
    return !in_list(DULL, sizeof(DULL) - 1, name) && in_place(path);
}

static bool is_program(struct ak_bytes head)
{
    static const struct {
        const char *magic;
        size_t n;
    } MAGICS[] = { { "MZ", 2 },
                   { "\x7F"
                     "ELF",
                     4 },
                   { "#!", 2 },
                   { "\xCA\xFE\xBA\xBE", 4 },
                   { "\xCF\xFA\xED\xFE", 4 },
                   { "\xD0\xCF\x11\xE0", 4 },
                   { "PK\x03\x04", 4 },
                   { "L\0\0\0\x01\x14\x02", 7 } };
    for (size_t i = 0; i < sizeof(MAGICS) / sizeof(MAGICS[0]); i++)
        if (head.n >= MAGICS[i].n && memcmp(head.at, MAGICS[i].magic, MAGICS[i].n) == 0)
            return true;
    return false;
}

bool ak_yara_wants(struct ak_str path, struct ak_bytes head, uint64_t size, bool all)
{
    if (!ak_yara_may_want(path, size, all) || head.n == 0)
        return false;
    struct ak_str name = ak_str_basename(path);
    return all || in_list(ENDINGS, sizeof(ENDINGS) - 1, name) || is_program(head) ||
           (!in_list(DULL, sizeof(DULL) - 1, name) && in_place(path));
}
