/* maps_table.h - the files of data/maps in this build; tools/gen-maps writes the table. */
#ifndef AK_DETECT_MAPS_TABLE_H
#define AK_DETECT_MAPS_TABLE_H

#include <stddef.h>

struct ak_map_file {
    const char *name;
    const unsigned char *text;
    size_t n; /* bytes of the text */
};

extern const struct ak_map_file ak_map_files[]; /* in the order of their names */
extern const size_t ak_n_map_files;

#endif
