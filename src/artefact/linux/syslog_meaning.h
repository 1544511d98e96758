/* syslog_meaning.h - what a syslog line means: who logged in, from where, who
 * ran what.  Told from the process that wrote it and the wording of its body.
 *
 * The closed list of event.action values: docs/formats/linux.syslog.md */
#ifndef AK_ARTEFACT_LINUX_SYSLOG_MEANING_H
#define AK_ARTEFACT_LINUX_SYSLOG_MEANING_H

#include "artefact/linux/syslog_line.h"

/* plaso's data types for syslog lines. */
enum ak_syslog_type {
    AK_TYPE_LINE,
    AK_TYPE_COMMENT,
    AK_TYPE_CRON_RUN,
    AK_TYPE_SSH_LOGIN,
    AK_TYPE_SSH_FAILED,
    AK_TYPE_SSH_OPENED,
    AK_N_SYSLOG_TYPES,
};

/* What a body can say.  The names are in syslog_meaning.c. */
enum ak_said {
    SAID_ACTION,
    SAID_OUTCOME,
    SAID_REASON,
    SAID_USER,
    SAID_USER_ID,
    SAID_EFFECTIVE,
    SAID_GROUP,
    SAID_GROUP_ID,
    SAID_IP,
    SAID_DOMAIN,
    SAID_PORT,
    SAID_DESTINATION_IP,
    SAID_DESTINATION_PORT,
    SAID_COMMAND,
    SAID_FOLDER,
    SAID_TTY,
    SAID_BY,
    SAID_METHOD,
    SAID_SIGNATURE,
    SAID_SERVICE,
    SAID_REPEATED,
    AK_N_SAID,
};

extern const struct ak_str ak_said_names[AK_N_SAID];

struct ak_meaning {
    enum ak_syslog_type type;
    bool known; /* some recogniser matched: values are worth giving */
    struct ak_value values[AK_N_SAID];
};

/* One wording.  In `text`, '%' and a letter capture (see CAPTURES in
 * syslog_meaning.c); everything else must be there as written. */
struct ak_wording {
    const char *text;
    const char *action;
    const char *outcome; /* "success", "failure" or NULL: neither */
    enum ak_syslog_type type;
};

/* The wordings of one program (or family of programs). */
struct ak_wordings {
    const char *tags; /* names separated by blanks */
    const struct ak_wording *list;
    size_t n;
    /* For bodies no list of wordings can express; true when it understood. */
    bool (*special)(struct ak_str body, struct ak_meaning *out);
};

/* Which wordings belong to the tags seen lately; zero-initialise. */
enum { AK_TAG_BYTES = 48, AK_TAG_SLOTS = 64 };
struct ak_known_tag {
    const struct ak_wordings *wordings;
    char name[AK_TAG_BYTES];
    uint8_t n;
    bool filled;
};
struct ak_tag_memory {
    struct ak_known_tag slots[AK_TAG_SLOTS];
};

/* Understand one line.  `tag` and `body` are UTF-8; the values point into them
 * or at literals.  Never fails: what is not understood is not known. */
void ak_syslog_meaning(struct ak_tag_memory *memory, struct ak_str tag, struct ak_str body,
                       struct ak_meaning *out);

extern const struct ak_wordings ak_wordings[];
extern const size_t ak_n_wordings;
extern const struct ak_wordings ak_wordings_pam;

/* Match one wording; fills *out only when all of the body fits. */
bool ak_wording_match(const struct ak_wording *w, struct ak_str body, struct ak_meaning *out);

/* For special recognisers: set action and outcome; give a host as IP or name. */
void ak_said_action(struct ak_meaning *out, const char *action, const char *outcome);
void ak_said_host(struct ak_meaning *out, struct ak_str host);

#endif
