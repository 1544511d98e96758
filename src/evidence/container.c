/* container.c - the table of containers. */
#include "evidence/container.h"

const struct ak_container *const ak_containers[] = {
    NULL,
};

const struct ak_container *ak_container_of(struct ak_source *src)
{
    for (const struct ak_container *const *c = ak_containers; *c; c++)
        if ((*c)->probe(src))
            return *c;
    return NULL;
}
