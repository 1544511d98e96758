/* event.c - see event.h. */
#include "event/event.h"

const struct ak_value *ak_event_get(const struct ak_event *event, struct ak_str name)
{
    for (size_t i = 0; i < event->shape->n; i++)
        if (event->values[i].type != AK_TYPE_NONE && ak_str_eq(event->shape->names[i], name))
            return &event->values[i];
    return NULL;
}

struct ak_str ak_event_text(const struct ak_event *event, struct ak_str name)
{
    const struct ak_value *v = ak_event_get(event, name);
    return v && v->type == AK_TYPE_STR ? v->str : AK_STR("");
}
