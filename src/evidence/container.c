/* container.c - the table of containers. */
#include "evidence/container.h"

extern const struct ak_container ak_container_dmg, ak_container_ewf, ak_container_qcow2,
    ak_container_raw_split, ak_container_vdi, ak_container_vhd, ak_container_vhdx,
    ak_container_vmdk, ak_containers_unread[14];

/* Sure signatures first; VHD, which may be told only by its last sector, late. */
const struct ak_container *const ak_containers[] = {
    &ak_container_ewf,         &ak_container_vmdk,
    &ak_container_vhdx,        &ak_container_qcow2,
    &ak_container_vdi,         &ak_containers_unread[0], /* Ex01 */
    &ak_containers_unread[1],                            /* L01 */
    &ak_containers_unread[2],  &ak_containers_unread[3],
    &ak_containers_unread[4],  &ak_containers_unread[5],
    &ak_containers_unread[6],  &ak_containers_unread[7],
    &ak_containers_unread[8],  &ak_containers_unread[9],
    &ak_containers_unread[10], &ak_containers_unread[11],
    &ak_containers_unread[12], &ak_containers_unread[13],
    &ak_container_dmg,         &ak_container_vhd,
    &ak_container_raw_split,   NULL,
};

const struct ak_container *ak_container_of(struct ak_source *src)
{
    for (const struct ak_container *const *c = ak_containers; *c; c++)
        if ((*c)->probe && (*c)->probe(src))
            return *c;
    return NULL;
}

const struct ak_container *ak_container_for(struct ak_source *src,
                                            const struct ak_siblings *siblings)
{
    const struct ak_container *known = ak_container_of(src);
    for (const struct ak_container *const *c = ak_containers; *c && !known; c++)
        if ((*c)->probe_names && (*c)->probe_names(siblings))
            known = *c;
    return known;
}
