/* watch.h - what the watchers of one pass share. */
#ifndef AK_ANALYSE_WATCH_H
#define AK_ANALYSE_WATCH_H

#include "analyse/analyse.h"
#include "base/arena.h"

/* What an event says, under the names every source is normalised to. */
enum ak_said {
    AK_SAID_ACTION,
    AK_SAID_OUTCOME,
    AK_SAID_USER,
    AK_SAID_TARGET_USER,
    AK_SAID_TARGET_NAME, /* in full, "-" when Windows does not know it */
    AK_SAID_TARGET_ID,
    AK_SAID_SOURCE,
    AK_SAID_SOURCE_NAME, /* what the machine at the source calls itself */
    AK_SAID_HOST,
    AK_SAID_CHANNEL,
    AK_SAID_CLEARED, /* the channel that an event of another one says was cleared */
    AK_SAID_LOGON_TYPE,
    AK_SAID_METHOD,
    AK_SAID_URL,
    AK_SAID_PATH,
    AK_SAID_STATUS,
    AK_SAID_BYTES,
    AK_SAID_FILE,
    AK_SAID_COMMAND,
    AK_SAID_GROUP,
    AK_N_SAID
};

struct ak_view {
    const struct ak_stored *stored;
    const struct ak_value *said[AK_N_SAID]; /* NULL: not said */
    struct ak_str host;                     /* the event's, else the evidence's, else "?" */
    int64_t ns;
    bool timed;
};

struct ak_str ak_said_text(const struct ak_view *v, enum ak_said what);
uint64_t ak_said_number(const struct ak_view *v, enum ak_said what); /* 0 when not said */
bool ak_said_is(const struct ak_view *v, enum ak_said what, const char *text);

/* Texts by number, so that watchers keep four bytes for each. */
struct ak_symbols;
struct ak_symbols *ak_symbols_new(void);
void ak_symbols_free(struct ak_symbols *s);
/* The text's number; 0 when it is empty or there are too many (AK_SYMBOLS_MAX). */
uint32_t ak_symbol(struct ak_symbols *s, struct ak_str text);
struct ak_str ak_symbol_text(const struct ak_symbols *s, uint32_t number);
uint32_t ak_symbols_count(const struct ak_symbols *s);
enum { AK_SYMBOLS_MAX = 2000000 };

/* A table from 16-byte keys to fixed-size records, kept in order of arrival. */
struct ak_table {
    size_t record_bytes;
    uint8_t *records; /* each begins with its key */
    uint32_t *slots;
    uint32_t n, cap, n_slots, max;
};
struct ak_key {
    uint32_t a, b, c, d;
};
void ak_table_init(struct ak_table *t, size_t record_bytes, uint32_t max);
void ak_table_free(struct ak_table *t);
/* The record of this key, made (zeroed behind the key) when new; NULL when the
 * table is full or memory ran out. */
void *ak_table_get(struct ak_table *t, struct ak_key key);
void *ak_table_find(const struct ak_table *t, struct ak_key key);
void *ak_table_at(const struct ak_table *t, uint32_t i);

struct ak_pass {
    struct ak_store *store;
    struct ak_reading *reading;
    const struct ak_zone *zone;
    struct ak_symbols *symbols;
    struct ak_claims *claims;
    struct ak_sources *sources;           /* coverage.c */
    struct ak_signins *signins;           /* signins.c */
    struct ak_account_log *accounts;      /* accounts.c */
    struct ak_web *web;                   /* web.c */
    struct ak_files *files;               /* encryption.c */
    struct ak_addresses *addresses;       /* addresses.c */
    struct ak_new_networks *new_networks; /* new_network.c */
    struct ak_logons *logons;             /* logons.c */
    struct ak_detections *detections;     /* detections.c */
    bool failed;                          /* memory ran out somewhere */
};

/* One watcher: begins, sees every event in time order, and at the end writes its
 * rows, then (in the order of the table) its claims. */
struct ak_watcher {
    const char *name;
    bool (*begin)(struct ak_pass *pass);
    void (*see)(struct ak_pass *pass, const struct ak_view *view);
    void (*finish)(struct ak_pass *pass);
    void (*claim)(struct ak_pass *pass);
    void (*end)(struct ak_pass *pass);
};

extern const struct ak_watcher ak_watch_coverage, ak_watch_signins, ak_watch_accounts, ak_watch_web,
    ak_watch_encryption, ak_watch_addresses, ak_watch_exposure, ak_watch_evidence, ak_watch_logons,
    ak_watch_techniques, ak_watch_new_network, ak_watch_detections;

/* Office hours: Monday to Friday, 9 to 18, in the report's zone. */
bool ak_off_hours(const struct ak_zone *zone, int64_t ns);

/* Days since 1970 in the report's zone. */
int32_t ak_day_of(const struct ak_zone *zone, int64_t ns);
void ak_day_text(int32_t day, char buf[16]); /* "2026-01-29" */

/* ---- addresses.c: who an address turned out to be ---- */
/* Mark an address as the intruder's, with the reason (English, an entry of data/words). */
void ak_address_attribute(struct ak_pass *pass, uint32_t address, const char *why,
                          struct ak_event_ref ref);
bool ak_address_attributed(const struct ak_pass *pass, uint32_t address);
/* Is it outside private ranges? */
bool ak_address_public(struct ak_str address);

/* ---- signins.c ---- */
/* Does the event tell of a sign-in that succeeded? */
bool ak_signin_succeeded(const struct ak_view *v);

/* ---- coverage.c ---- */
/* The coverage row of this host and kind that is not complete, or of any state;
 * 0 when there is none. */
int64_t ak_coverage_row(const struct ak_pass *pass, const char *kind, bool incomplete_only);

#endif
