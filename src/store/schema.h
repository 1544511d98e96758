/* schema.h - the case's tables and the views whose columns are stable. */
#ifndef AK_STORE_SCHEMA_H
#define AK_STORE_SCHEMA_H

enum { AK_SCHEMA_VERSION = 2 };

extern const char ak_schema_sql[];     /* tables of what evidence holds */
extern const char ak_schema_results[]; /* tables of what was made of it */
extern const char ak_schema_views[];   /* what others may rely on */

#endif
