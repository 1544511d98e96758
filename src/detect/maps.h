/* maps.h - log sources of rules to our events: data/maps/ *.yml as read.
 *
 * A class is a kind of event that rules can be about: "Sysmon 1", "Security
 * 4688", "web access".  It says which log sources it serves, how its events are
 * told, and what rules call its fields.  An event may belong to several.
 * The notation: docs/formats/maps.md */
#ifndef AK_DETECT_MAPS_H
#define AK_DETECT_MAPS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

struct ak_logsource; /* detect/rule.h, which not everybody can include: artefact.h has an ak_item,
                        too */

/* One condition on an event of the class: the field has one of these values
 * (whole, without case). */
struct ak_map_when {
    struct ak_str field;         /* our name; "data_type", "timestamp_desc": of its shape */
    const struct ak_str *values; /* one that ends in '*': begins so; "*": is there */
    size_t n;
};

enum ak_map_how {
    AK_MAP_AS_IS,
    AK_MAP_DECIMAL,       /* "0x1a4" to "420" */
    AK_MAP_HEX,           /* 420 to "0x1a4" */
    AK_MAP_VALUES,        /* a table; what is not in it stays as it is */
    AK_MAP_JOIN,          /* several fields with a text between: "DOMAIN" "\" "user" */
    AK_MAP_DRIVE,         /* "\device\harddiskvolume3\x" to "C:\x" */
    AK_MAP_PROGRAM,       /* "wget -q x" to "/wget", "/bin/ls -l" to "/bin/ls" */
    AK_MAP_CONSTANT,      /* events of the class have this value always */
    AK_MAP_TIME,          /* the event's own time, ISO 8601 in UTC */
    AK_MAP_ANY,           /* all of them at once, a test holds when it holds for one; a name that
                             ends in '*' means every field that begins so */
    AK_MAP_REGISTRY_PATH, /* joined; "\registry\machine\x" to "HKLM\x" */
    AK_MAP_REGISTRY_DATA, /* data and its type as Windows audits them, in Sysmon's words */
    AK_MAP_IMAGE,         /* the event's own or, without, what the file of its program says */
};

struct ak_map_pair {
    struct ak_str from, to;
};

/* What a rule's field is in events of the class. */
struct ak_map_field {
    struct ak_str sigma;       /* the rule's name */
    const struct ak_str *ours; /* fields tried in order; for JOIN all are joined */
    size_t n_ours;
    enum ak_map_how how;
    struct ak_str text; /* between joined values; the constant; which text of the program */
    const struct ak_map_pair *values;
    size_t n_values;
};

struct ak_map_class {
    struct ak_str name;
    const struct ak_logsource *sources;
    size_t n_sources;
    const struct ak_map_when *when; /* all must hold */
    size_t n_when;
    const struct ak_map_field *fields;
    size_t n_fields;
    const struct ak_str *defaults; /* a field not listed: these prefixes plus its name, in order */
    size_t n_defaults;
    const struct ak_str *absent; /* rules' names that events of the class never carry */
    size_t n_absent;
    const struct ak_str *lacks; /* fields that events of the class do not have */
    size_t n_lacks;
    struct ak_str instead;        /* the class that this one stands for when the file of the event's
                                     program is known (detect/programs.h); empty: for none */
    const struct ak_str *program; /* then: fields that name the program's path, the first counts */
    size_t n_program;
    struct ak_str file;
    uint32_t line;
};

struct ak_maps {
    const struct ak_map_class *classes;
    size_t n;
    const struct ak_map_class *tables; /* what classes of files read later may extend */
    size_t n_tables;
};

/* Read one file more.  *out_line and *out_why (static English) say where and what
 * when it is AK_ERR_CORRUPT.  Texts are copied into the arena. */
AK_MUST_USE enum ak_status ak_maps_read(struct ak_arena *arena, struct ak_str file,
                                        struct ak_bytes yaml, struct ak_maps *maps,
                                        uint32_t *out_line, const char **out_why);

/* The maps that this build carries (data/maps), in the order of their names. */
AK_MUST_USE enum ak_status ak_maps_builtin(struct ak_arena *arena, struct ak_maps *out);

/* Does the class serve this log source?  Every part the rule names must be the
 * class's; parts it leaves out are any. */
bool ak_map_serves(const struct ak_map_class *map, const struct ak_logsource *source);

#endif
