/* message_table.h - data/messages/ as a table, made by tools/gen-messages. */
#ifndef AK_EVENT_MESSAGE_TABLE_H
#define AK_EVENT_MESSAGE_TABLE_H

struct ak_message_template {
    const char *key; /* "data_type\x1fprovider\x1fcode"; the last two may be empty */
    const char *en, *ja;
};

extern const struct ak_message_template ak_message_templates[]; /* sorted by key, byte order */
extern const unsigned ak_n_message_templates;

#endif
