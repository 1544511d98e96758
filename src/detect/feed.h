/* feed.h - files of strangers that tell what to look for, and what is wrong in them:
 * indicators, YARA rules. */
#ifndef AK_DETECT_FEED_H
#define AK_DETECT_FEED_H

#include "base/bytes.h"

/* A file to read: what a pack (detect/pack.h) carries. */
struct ak_feed_file {
    struct ak_str name; /* shown to people */
    struct ak_bytes bytes;
};

/* Why a part of it is of no use here. */
struct ak_feed_problem {
    struct ak_str file;
    uint32_t line;        /* from 1; 0: the file as a whole */
    const char *what;     /* static English; an entry of data/words */
    struct ak_str detail; /* the word at fault, or what the compiler said; may be empty */
};

#endif
