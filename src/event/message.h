/* message.h - one line for a human, from an event's kind and values.
 *
 * The sentences are data (data/messages/), one per data_type, and per provider
 * and event id for Windows event logs; in Japanese and English. */
#ifndef AK_EVENT_MESSAGE_H
#define AK_EVENT_MESSAGE_H

#include "base/buf.h"
#include "base/words.h"
#include "event/event.h"

struct ak_message_template;

/* Append the event's message.  An event that carries a field "message" (a log
 * line) gives that; one without a template gives its data_type and its first
 * few values. */
enum { AK_MESSAGE_FALLBACK_FIELDS = 6 };
void ak_message(struct ak_buf *out, const struct ak_event *event, enum ak_lang lang);

/* The English message as a JSON string with quotes. */
void ak_message_json(struct ak_buf *out, const struct ak_event *event);

/* The template by data_type, provider and code, then by less and less; NULL when
 * there is none. */
const struct ak_message_template *ak_message_template_of(const struct ak_event *event);

/* The English message of all events of one shape, made ready: which template it
 * is, and where its fields are.  Zero-initialise; release with
 * ak_message_form_free(). */
struct ak_message_form {
    const struct ak_shape *shape;
    struct ak_buf steps;  /* of the template; see message_form.c */
    struct ak_buf texts;  /* its words, as JSON */
    struct ak_buf chosen; /* provider and code it was chosen for */
    size_t chosen_provider_n;
    size_t line, provider, code; /* indices of fields; shape->n: not there */
    bool ready, found;
};

void ak_message_form_free(struct ak_message_form *form);

/* Get ready for a shape. */
void ak_message_form_shape(struct ak_message_form *form, const struct ak_shape *shape);

/* As ak_message_json(), for events of the form's shape. */
void ak_message_form_json(struct ak_message_form *form, struct ak_buf *out,
                          const struct ak_event *event);

#endif
