/* web_record.h - one request as a web server recorded it, whatever the format.
 *
 * Each reader (CLF, a declared format, JSON lines, IIS) finds pieces of a line
 * and says what each means (enum ak_web_sense); ak_web_set() turns a piece into
 * the normalised fields.  So a status is checked, an address told from a name
 * and a request line taken apart in one place.
 */
#ifndef AK_ARTEFACT_WEB_RECORD_H
#define AK_ARTEFACT_WEB_RECORD_H

#include "artefact/lines.h"

/* The fields of a request, in the order of ak_web_names. */
enum ak_web_field {
    WEB_SOURCE_IP,
    WEB_SOURCE_ADDRESS,
    WEB_SOURCE_PORT,
    WEB_FORWARDED,
    WEB_USER,
    WEB_IDENT,
    WEB_METHOD,
    WEB_URL,
    WEB_PATH,
    WEB_QUERY,
    WEB_SCHEME,
    WEB_DOMAIN,
    WEB_VERSION,
    WEB_STATUS,
    WEB_BODY_BYTES,
    WEB_RESPONSE_BYTES,
    WEB_REQUEST_BYTES,
    WEB_REFERRER,
    WEB_AGENT,
    WEB_REQUEST_ID,
    WEB_DURATION,
    WEB_DESTINATION_IP,
    WEB_DESTINATION_PORT,
    WEB_TLS_VERSION,
    WEB_TLS_CIPHER,
    WEB_FILE,
    WEB_PID,
    WEB_HOST,
    WEB_OUTCOME,
    WEB_EXTRA,
    WEB_ORIGINAL,
    WEB_FIELDS,
};

extern const struct ak_str ak_web_names[WEB_FIELDS];

/* What a piece of a line means. */
enum ak_web_sense {
    SENSE_NONE,   /* of no known meaning: kept with the line in event.original */
    SENSE_IGNORE, /* carries nothing an examiner needs beside the rest */
    SENSE_CLIENT,
    SENSE_CLIENT_PORT,
    SENSE_FORWARDED,
    SENSE_USER,
    SENSE_IDENT,
    SENSE_TIME,
    SENSE_REQUEST, /* "GET / HTTP/1.1" */
    SENSE_METHOD,
    SENSE_TARGET, /* path and query */
    SENSE_PATH,
    SENSE_QUERY,
    SENSE_SCHEME,
    SENSE_HOST, /* the site, with or without a port */
    SENSE_VERSION,
    SENSE_STATUS,
    SENSE_BODY_BYTES,
    SENSE_RESPONSE_BYTES,
    SENSE_REQUEST_BYTES,
    SENSE_REFERRER,
    SENSE_AGENT,
    SENSE_REQUEST_ID,
    SENSE_SECONDS,
    SENSE_MILLISECONDS,
    SENSE_MICROSECONDS,
    SENSE_SERVER_IP,
    SENSE_SERVER_PORT,
    SENSE_TLS_VERSION,
    SENSE_TLS_CIPHER,
    SENSE_FILE,
    SENSE_PID,
    SENSE_COMPUTER,
    SENSE_DATE,  /* IIS: a day alone */
    SENSE_CLOCK, /* IIS: a time of day alone */
    SENSE_COUNT,
};

/* The line being read.  One per item, cleared per line. */
struct ak_web_record {
    struct ak_ctx *ctx;
    struct ak_stamp when;
    struct ak_value v[WEB_FIELDS];
    char *scratch; /* for texts put together; from the arena, used anew per line */
    size_t scratch_n, scratch_cap;
    enum ak_status st; /* AK_ERR_LIMIT when the arena was spent */
    bool ascii;        /* the line has no byte above 0x7F */
    bool unmapped;     /* some piece had no place of its own */
    struct ak_str date, clock;
};

/* Start a new line. */
void ak_web_clear(struct ak_web_record *rec, struct ak_str line);

/* Put a piece of the line in its place.  "-" and "" mean not recorded.  The
 * first piece of a sense stands; another that says something else sets
 * rec->unmapped, so that the line is kept whole.  False when the piece cannot be of that sense
 * (a status that is no number): the line does not fit the format. */
bool ak_web_set(struct ak_web_record *rec, enum ak_web_sense sense, struct ak_str text);

/* Text for an event: as recorded, or converted when the line is no UTF-8. */
struct ak_value ak_web_text(struct ak_web_record *rec, struct ak_str text);

/* Room for n bytes of text, valid until the next line; NULL (and rec->st set)
 * when the arena is spent. */
char *ak_web_room(struct ak_web_record *rec, size_t n);

/* Put what follows from the pieces: the outcome, a whole URL. */
void ak_web_finish(struct ak_web_record *rec);

/* Finish it and emit. */
AK_MUST_USE enum ak_status ak_web_emit(struct ak_web_record *rec, const struct ak_event *event);

/* Emit bytes that fit no format, without a time, as `message`. */
AK_MUST_USE enum ak_status ak_web_emit_text(struct ak_web_record *rec, const struct ak_shape *shape,
                                            uint64_t offset, struct ak_str text);

/* Is this an IPv4 or IPv6 address, and nothing else? */
bool ak_web_is_ip(struct ak_str text);

/* Decimal digits only, fitting 64 bits. */
bool ak_web_decimal(struct ak_str text, uint64_t *out);

/* "10/Oct/2000:13:55:36[.fff][ -0700]"; how many bytes that took, 0 when it is
 * none.  Without an offset the item's zone is used and the stamp says so. */
size_t ak_web_clf_time(const struct ak_zone *zone, struct ak_str text, struct ak_stamp *out);

/* A civil time without a zone, read in this zone. */
bool ak_web_local(const struct ak_zone *zone, const struct ak_civil *civil,
                  enum ak_precision precision, struct ak_stamp *out);

/* "Jan" .. "Dec" to 1 .. 12; 0 when it is none. */
unsigned ak_web_month(const char *three_letters);

/* Two digits to a number; 255 when they are none. */
uint8_t ak_web_two(const char *digits);

/* ---- readers of one line ---- */

/* Common, combined, vhost_combined and their relatives, found by the time in
 * [brackets].  False when the line is none. */
bool ak_web_read_clf(struct ak_web_record *rec, struct ak_str line);

/* One JSON object.  False when it is none, or does not tell a client, a status
 * and a request or a time. */
bool ak_web_read_json(struct ak_web_record *rec, struct ak_str line);

/* What an nginx variable or a JSON key means; SENSE_NONE when unknown. */
enum ak_web_sense ak_web_sense_of(struct ak_str name);

/* What an Apache LogFormat directive means: its letter and {argument}. */
enum ak_web_sense ak_web_sense_of_apache(char letter, struct ak_str argument);

#endif
