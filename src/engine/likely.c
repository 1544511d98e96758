/* likely.c - see likely.h. */
#include "engine/likely.h"

static const char *const GLOBS[] = {
    "**/*.evtx",        "**/winevt/**",        "**/$recycle.bin/**", "**/recycler/**",
    "**/recycled/**",   "**/inetpub/logs/**",  "**/logfiles/**",     "**/var/log/**",
    "var/log/**",       "**/run/utmp",         "**/*.journal",       "**/*.journal~",
    "**/*_history",     "**/.*_history",       "**/*history*.log",   "**/etc/passwd*",
    "**/etc/shadow*",   "**/etc/group*",       "**/etc/crontab",     "**/etc/cron.*/*",
    "**/spool/cron/**", "**/authorized_keys*", "**/*access*log*",    "**/*error*log*",
    "**/*.log",         "**/*.log.*",          "**/*-log",           "**/logs/**",
    "**/fish_history",  "**/audit.log*",       "**/wtmp*",           "**/btmp*",
    "**/lastlog",       "**/messages*",        "**/secure*",         "**/syslog*",
};

bool ak_likely_started(struct ak_str path)
{
    static const char *const ENDS[] = { "*.exe", "*.com", "*.scr", "*.pif", "*.tmp" };
    /* Copies of what stands elsewhere: what is started from there is the exception. */
    static const char *const STORES[] = { "**/windows/winsxs/**", "**/windows/servicing/**",
                                          "**/windows/installer/**",
                                          "**/windows/softwaredistribution/**" };
    struct ak_str name = ak_str_basename(path);
    bool is_program = false;
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++)
        is_program |= ak_glob(ENDS[i], name);
    for (size_t i = 0; i < sizeof(STORES) / sizeof(STORES[0]) && is_program; i++)
        is_program = !ak_glob(STORES[i], path);
    return is_program;
}

bool ak_likely(struct ak_str path)
{
    for (size_t i = 0; i < sizeof(GLOBS) / sizeof(GLOBS[0]); i++)
        if (ak_glob(GLOBS[i], path))
            return true;
    return false;
}

bool ak_likely_program(struct ak_str path)
{
    static const char *const GLOBS_OF_PROGRAMS[] = {
        "**/*.exe", "**/*.dll", "**/*.sys", "**/*.scr",
        "**/*.cpl", "**/*.ocx", "**/*.drv", "**/*.com"
    };
    for (size_t i = 0; i < sizeof(GLOBS_OF_PROGRAMS) / sizeof(GLOBS_OF_PROGRAMS[0]); i++)
        if (ak_glob(GLOBS_OF_PROGRAMS[i], path))
            return true;
    return false;
}
