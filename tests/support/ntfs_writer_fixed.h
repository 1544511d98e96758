/* ntfs_writer_fixed.h - what stands on every NTFS volume in the same bytes. */
#ifndef AK_TESTS_NTFS_WRITER_FIXED_H
#define AK_TESTS_NTFS_WRITER_FIXED_H

#include <stddef.h>
#include <stdint.h>

enum { NTFSW_ATTRDEF_BYTES = 2560, NTFSW_DESCRIPTOR_BYTES = 80 };

/* A number in little-endian order. */
void ntfsw_le(uint8_t *at, uint64_t v, unsigned width);

/* $AttrDef: name, type, least and greatest size of each kind of attribute. */
void ntfsw_put_attrdef(uint8_t *table);

/* A security descriptor: owner and group Administrators; everyone may do everything. */
void ntfsw_put_descriptor(uint8_t *to);

#endif
