/* wire.h - what supervisor and worker say to each other.
 *
 * A frame is u32 length, u8 kind, u8 number of descriptors, payload.  Numbers
 * in payloads are LEB128, texts a length and bytes.  The supervisor reads
 * frames with the same bounded reader as evidence: a worker is as trusted as
 * the evidence it reads.
 */
#ifndef AK_ENGINE_WIRE_H
#define AK_ENGINE_WIRE_H

#include "base/buf.h"
#include "base/reader.h"
#include "base/stamp.h"
#include "base/status.h"
#include "detect/feed.h"

enum ak_frame_kind {
    /* supervisor to worker */
    AK_FRAME_JOB = 1, /* struct ak_job; one descriptor: the item */
    AK_FRAME_GRANT,   /* answer to a need: 0 or 1 descriptors */
    AK_FRAME_RULES,   /* before the first job; one descriptor: a pack of rules (detect/pack.h) */

    AK_FRAME_FEED, /* struct ak_wire_feed; one descriptor: a pack, or a table of known files */

    /* worker to supervisor */
    AK_FRAME_BATCH = 32,   /* an event batch (event/batch.h) */
    AK_FRAME_TEXT,         /* bytes for the output */
    AK_FRAME_DAMAGE,       /* text path, offset, text what */
    AK_FRAME_FACT,         /* text name, text value */
    AK_FRAME_VOLUME,       /* struct ak_wire_volume */
    AK_FRAME_CHILD,        /* struct ak_wire_child; one descriptor: the spool */
    AK_FRAME_NEED_SPOOL,   /* bytes wanted; waits for a grant */
    AK_FRAME_NEED_SIBLING, /* text name; waits for a grant */
    AK_FRAME_PROGRESS,     /* bytes read of the item so far */
    AK_FRAME_DONE,         /* struct ak_wire_done */
    AK_FRAME_HITS,         /* hits (event/hits.h) in the batch that follows */
    AK_FRAME_SEEN,         /* struct ak_wire_seen, before DONE, when rules are in use */
    AK_FRAME_RULE_SUMS,    /* what a pack of rules holds (detect/rule_wire.h), then: */
    AK_FRAME_RULE,         /* each rule */
    AK_FRAME_RULE_PROBLEM, /* each document that is none */
    AK_FRAME_CLASS,        /* each class of events, in order: text name, 1 when it needs programs */
    AK_FRAME_FEED_SUMS,    /* struct ak_wire_feed_sums, then its problems: */
    AK_FRAME_FEED_PROBLEM, /* struct ak_feed_problem */
};

enum { AK_FRAME_MAX = 80 << 20, AK_FRAME_FDS = 4 };

/* One end of a socket pair. */
struct ak_wire {
    int fd;
    struct ak_buf in; /* received, from `at` on not yet taken */
    size_t at;
    int fds[64]; /* received descriptors not yet taken, oldest first */
    unsigned n_fds;
};

struct ak_frame {
    enum ak_frame_kind kind;
    struct ak_reader body; /* valid until the next receive */
    int fd;                /* -1, or the frame's descriptor, now the caller's to close */
};

void ak_wire_close(struct ak_wire *w);

/* Send one frame, waiting as long as it takes, or as the socket's send timeout
 * says: then AK_ERR_CANCELLED, and the wire is of no more use.  fd may be -1.
 * AK_ERR_IO when the other end is gone. */
AK_MUST_USE enum ak_status ak_wire_send(struct ak_wire *w, enum ak_frame_kind kind,
                                        struct ak_bytes payload, int fd);

/* Take the next whole frame that has been received.  *out_any is false when
 * there is none.  AK_ERR_CORRUPT on a frame no honest peer sends. */
AK_MUST_USE enum ak_status ak_wire_take(struct ak_wire *w, struct ak_frame *out, bool *out_any);

/* Receive what is there (waits for at least one byte when the socket blocks).
 * AK_ERR_IO at the end or on error. */
AK_MUST_USE enum ak_status ak_wire_receive(struct ak_wire *w);

/* Wait for one whole frame. */
AK_MUST_USE enum ak_status ak_wire_wait(struct ak_wire *w, struct ak_frame *out);

/* ---- payloads ---- */

enum ak_job_kind {
    AK_JOB_TAKE,   /* find out what the item is; parse it, or expand it when allowed */
    AK_JOB_DUMP,   /* parse to JSON lines */
    AK_JOB_LS,     /* list what is inside */
    AK_JOB_CAT,    /* write the contents of one entry */
    AK_JOB_MEDIA,  /* hash what a container holds, compare with what it states */
    AK_JOB_RULES,  /* say what the pack of rules holds; the descriptor is not read */
    AK_JOB_DETECT, /* stored batches (engine/redetect.h) against the rules: HITS in order */
    AK_JOB_FEEDS,  /* say what the feeds hold; the descriptor is not read */
    AK_JOB_KNOWN,  /* make a table of known files of the item, in a spool */
};

enum ak_job_flag {
    AK_JOB_MAY_EXPAND = 1 << 0,    /* containers may be opened here */
    AK_JOB_CAREFUL = 1 << 1,       /* second try: send every event at once */
    AK_JOB_STAT = 1 << 2,          /* begin with the file's own metadata as an event */
    AK_JOB_HASH_FILES = 1 << 3,    /* SHA-256 of every file met */
    AK_JOB_SNIFF_ALL = 1 << 4,     /* look into every file, not only at likely paths */
    AK_JOB_IDENTIFY = 1 << 5,      /* only say what it is */
    AK_JOB_TO_FD = 1 << 6,         /* text goes to descriptor 4, not through the socket */
    AK_JOB_CARVE = 1 << 7,         /* unallocated space, too */
    AK_JOB_HITS_ONLY = 1 << 8,     /* of the events only those that satisfy a rule are sent */
    AK_JOB_NO_RULES = 1 << 9,      /* third try: without the rules, which may be what kills */
    AK_JOB_KEEP_WAITING = 1 << 11, /* with HITS_ONLY: also events that programs may make hits */
    AK_JOB_PROGRAMS = 1 << 10,     /* Windows programs inside images, too */
};

struct ak_job {
    enum ak_job_kind kind;
    uint32_t flags;
    struct ak_str path;     /* inside the evidence */
    struct ak_str name;     /* the file's own name on the machine it was given on */
    struct ak_str evidence; /* how the user named the evidence */
    struct ak_str parser;   /* force this one; may be empty */
    struct ak_str zone;     /* TZif bytes; may be empty */
    struct ak_str access_format;
    struct ak_str options; /* of ls and cat: "format=bodyfile", "inode=42", … one a line */
    struct ak_stamp modified;
    uint64_t from, to; /* the part of the item; to = 0: all */
    uint64_t skip;     /* children already delivered by an earlier try */
};

/* A volume found in an image, or the place of one. */
struct ak_wire_volume {
    uint64_t number, offset, size, n_files;
    struct ak_str scheme, type, label, filesystem, note;
    bool allocated, readable;
};

/* A file found inside the item, ready to be taken on its own. */
struct ak_wire_child {
    uint64_t ordinal; /* from 1, in walk order */
    uint64_t volume;
    uint64_t inode;
    uint64_t size;
    uint32_t flags; /* enum ak_file_flag */
    struct ak_str path;
    struct ak_stamp modified;
};

struct ak_wire_done {
    enum ak_status status;
    uint64_t n_events, n_damage, n_children;
    struct ak_str
        what; /* parser, container or file system: "windows.evtx", "ewf", "zip"; empty: unknown */
    struct ak_str note; /* why not, in words of the catalogue; may be empty */
    uint32_t split;     /* enum ak_split of the parser */
    bool wants_expand;  /* it is a container and the job may not expand */
};

/* What rules were given of an item, also when only hits are sent. */
struct ak_wire_seen {
    uint64_t n_events;
    struct ak_stamp first, last; /* of the events that have a time */
    struct ak_bytes classes;     /* pairs of varints: class, events of it */
};

/* What a feed is for. */
enum ak_feed_kind {
    AK_FEED_INDICATORS = 1, /* a pack (detect/pack.h) */
    AK_FEED_YARA,           /* a pack */
    AK_FEED_YARA_COMPILED,  /* what a worker made of that pack */
    AK_FEED_KNOWN,          /* a table (detect/hashset.h) */
    AK_FEED_PROGRAMS,       /* a table (detect/programs.h) */
};

enum ak_feed_flag {
    AK_FEED_ALL_FILES = 1 << 0, /* YARA over every file, not only over those chosen */
};

struct ak_wire_feed {
    enum ak_feed_kind kind;
    uint32_t flags;
};

/* What a worker read of its feeds. */
struct ak_wire_feed_sums {
    enum ak_status status; /* of reading: not AK_OK when one could not be read at all */
    uint64_t n_indicators, n_repeated, n_unwanted; /* n_unwanted: its source says not to look */
    uint64_t n_yara, n_known;
    uint64_t n_problems, n_listed; /* in all; those that follow */
};

void ak_wire_put_str(struct ak_buf *b, struct ak_str s);
struct ak_str ak_wire_get_str(struct ak_reader *r);

void ak_wire_put_job(struct ak_buf *b, const struct ak_job *job);
struct ak_job ak_wire_get_job(struct ak_reader *r);
void ak_wire_put_volume(struct ak_buf *b, const struct ak_wire_volume *v);
struct ak_wire_volume ak_wire_get_volume(struct ak_reader *r);
void ak_wire_put_child(struct ak_buf *b, const struct ak_wire_child *c);
struct ak_wire_child ak_wire_get_child(struct ak_reader *r);
void ak_wire_put_done(struct ak_buf *b, const struct ak_wire_done *d);
struct ak_wire_done ak_wire_get_done(struct ak_reader *r);
void ak_wire_put_seen(struct ak_buf *b, const struct ak_wire_seen *s);
struct ak_wire_seen ak_wire_get_seen(struct ak_reader *r);
void ak_wire_put_feed(struct ak_buf *b, const struct ak_wire_feed *feed);
struct ak_wire_feed ak_wire_get_feed(struct ak_reader *r);
void ak_wire_put_feed_sums(struct ak_buf *b, const struct ak_wire_feed_sums *sums);
struct ak_wire_feed_sums ak_wire_get_feed_sums(struct ak_reader *r);
void ak_wire_put_feed_problem(struct ak_buf *b, const struct ak_feed_problem *problem);
/* `what` is a view, not a literal: the receiver copies it. */
void ak_wire_get_feed_problem(struct ak_reader *r, struct ak_feed_problem *out,
                              struct ak_str *out_what);

#endif
