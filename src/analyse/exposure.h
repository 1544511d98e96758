/* exposure.h - what other watchers know about data leaving. */
#ifndef AK_ANALYSE_EXPOSURE_H
#define AK_ANALYSE_EXPOSURE_H

#include "analyse/watch.h"

/* Bytes of archives and data files sent to attributed addresses; the requests
 * are added to the claim's basis. */
uint64_t ak_web_egress(const struct ak_pass *pass, struct ak_claim *claim);

/* Write the addresses and make the claims about them; when all are attributed. */
void ak_addresses_claim(struct ak_pass *pass);

/* Were files of this host (0: any) encrypted? */
bool ak_files_encrypted(const struct ak_pass *pass, uint32_t host);

#endif
