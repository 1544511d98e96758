/* indicators.h - what others have seen an attacker use: hashes, addresses,
 * domains, names. Read from files of strangers, looked for in every event.
 *
 * Reading happens inside the sandbox, like that of rules: the same pack of files,
 * the same list of problems.  Four forms are understood: plain lists, CSV with a
 * header, STIX 2.1 bundles, MISP events and feeds (docs/formats/indicators.md).
 *
 * Looking is one pass over an event whatever the number of indicators: each text
 * is brought to one form and looked up in one table.  Free text (command lines,
 * messages) is cut into what could be an address, a domain, a hash, a name, and
 * each piece looked up: an automaton over a million texts would cost a gigabyte. */
#ifndef AK_DETECT_INDICATORS_H
#define AK_DETECT_INDICATORS_H

#include "base/arena.h"
#include "base/buf.h"
#include "detect/feed.h"
#include "event/event.h"

enum ak_indicator_kind {
    AK_INDICATOR_MD5,
    AK_INDICATOR_SHA1,
    AK_INDICATOR_SHA256,
    AK_INDICATOR_IP,      /* IPv4 or IPv6 */
    AK_INDICATOR_NETWORK, /* every address in it */
    AK_INDICATOR_DOMAIN,  /* and what is below it */
    AK_INDICATOR_URL,     /* the scheme does not count */
    AK_INDICATOR_EMAIL,
    AK_INDICATOR_FILE_NAME,
    AK_INDICATOR_FILE_PATH, /* whole, but for the drive */
    AK_INDICATOR_PATH_END,  /* "%TEMP%\a\b.exe": a path that ends so */
    AK_INDICATOR_REGISTRY,  /* the key and what is below it */
    AK_INDICATOR_MUTEX,
    AK_INDICATOR_PIPE,
    AK_INDICATOR_USER_AGENT,
    AK_INDICATOR_COMMAND, /* a whole command line */
    AK_INDICATOR_KINDS
};

/* "sha256", "ip", … as JSON and words name it. */
const char *ak_indicator_kind_name(enum ak_indicator_kind kind);

/* Limits, each refused by name. */
enum {
    AK_INDICATORS_MAX = 8 << 20,
    AK_INDICATOR_TEXT_MAX = 4096,      /* bytes of one */
    AK_INDICATOR_LIKE_MAX = 2000,      /* with wildcards: those are tried one by one */
    AK_INDICATOR_PROBLEMS_MAX = 10000, /* listed; further ones are counted */
    AK_INDICATOR_PARTS_MAX = 8,        /* of one that wants several things at once */
    AK_INDICATOR_MATCHES_MAX = 64,     /* told of one event */
};

/* One indicator as it was read.  Texts belong to the set. */
struct ak_indicator {
    enum ak_indicator_kind kind;
    struct ak_str value; /* in the form it is compared in */
    struct ak_str label; /* what its source says of it: malware, campaign; may be empty */
    struct ak_str file;
    uint32_t line;
    bool like;      /* value has wildcards: '%' any text, '_' any character */
    uint32_t group; /* 0, or: matches only together with the others of this group */
};

struct ak_indicators;

/* Read files in the order given.  The same indicator twice is kept once.  Texts
 * of problems live in the arena.  AK_ERR_NOMEM when memory ran out; files that
 * are none of the forms are problems.  Release with ak_indicators_free(). */
AK_MUST_USE enum ak_status ak_indicators_read(struct ak_arena *arena,
                                              const struct ak_feed_file *files, size_t n,
                                              struct ak_indicators **out);
void ak_indicators_free(struct ak_indicators *set); /* NULL is allowed */

size_t ak_indicators_count(const struct ak_indicators *set);
size_t ak_indicators_of_kind(const struct ak_indicators *set, enum ak_indicator_kind kind);

/* By number, from 0 in the order read; *value may use `memory` (hashes and
 * addresses are kept as bytes), which the caller owns. */
struct ak_indicator ak_indicator_at(const struct ak_indicators *set, uint32_t number,
                                    struct ak_buf *memory);

/* What could not be used, with file and line; *out_n of them are listed. */
const struct ak_feed_problem *ak_indicators_problems(const struct ak_indicators *set,
                                                     size_t *out_n);

/* What was met in the files, for telling people. */
struct ak_indicators_sum {
    uint64_t n_problems; /* listed or not */
    uint64_t n_repeated; /* the same again */
    uint64_t n_unwanted; /* MISP: not to_ids, deleted; STIX: revoked */
    uint64_t bytes;      /* memory the set takes */
};
struct ak_indicators_sum ak_indicators_sum(const struct ak_indicators *set);

/* ---- looking ---- */

/* An indicator that an event has. */
struct ak_indicator_match {
    uint32_t number;
    struct ak_str field; /* of the event */
    struct ak_str value; /* the text in it that matched, as compared; cut at 256 bytes */
};

/* Memory of one thread for looking: plans of shapes, texts known to hold nothing.
 * NULL when memory ran out.  The set must outlive it. */
struct ak_indicators_look;
struct ak_indicators_look *ak_indicators_look_new(const struct ak_indicators *set);
void ak_indicators_look_free(struct ak_indicators_look *look); /* NULL is allowed */

/* The indicators this event has, in the order of its fields, each once; how many
 * (at most AK_INDICATOR_MATCHES_MAX).  *out is valid until the next call. */
size_t ak_indicators_look(struct ak_indicators_look *look, const struct ak_event *event,
                          const struct ak_indicator_match **out);

/* The shapes of the events given so far are gone (between items). */
void ak_indicators_forget(struct ak_indicators_look *look);

#endif
