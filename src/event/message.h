/* message.h - one line for a human, from an event's kind and values.
 *
 * The sentences are data (data/messages/), one per data_type, and per provider
 * and event id for Windows event logs; in Japanese and English. */
#ifndef AK_EVENT_MESSAGE_H
#define AK_EVENT_MESSAGE_H

#include "base/buf.h"
#include "base/words.h"
#include "event/event.h"

/* Append the event's message.  An event that carries a field "message" (a log
 * line) gives that; one without a template gives its data_type and its first
 * few values. */
void ak_message(struct ak_buf *out, const struct ak_event *event, enum ak_lang lang);

/* The English message as a JSON string with quotes. */
void ak_message_json(struct ak_buf *out, const struct ak_event *event);

#endif
