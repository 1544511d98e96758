/* feed_args.h - the options for indicators, YARA rules and known files. */
#ifndef AK_CLI_FEED_ARGS_H
#define AK_CLI_FEED_ARGS_H

#include "cli/command.h"
#include "engine/feeds.h"

/* The options, for the tables of commands. */
#define AK_OPTIONS_FEEDS                                                                           \
    { "--ioc", 0, "FILE",                                                                          \
      "indicators: a list, CSV, STIX 2.1 or MISP; may be given several times" },                   \
        { "--yara", 0, "FILE", "YARA rules: a file or a folder; may be given several times" },     \
        { "--yara-all", 0, NULL,                                                                   \
          "YARA over every file, not only programs, scripts and likely places" },                  \
    {                                                                                              \
        "--known", 0, "FILE", "known files to leave out of YARA: SHA-256 list or NSRL database"    \
    }

/* What these options name, read; how much of it is told on stderr, and what of it is of
 * no use.  False after complaining.  *out is NULL when none was given. */
bool ak_args_feeds(const struct ak_args *args, struct ak_feeds_in_use **out);

#endif
