/* demo_fs01.h - what the two files that make FS01 share. */
#ifndef AK_TESTS_DEMO_FS01_H
#define AK_TESTS_DEMO_FS01_H

#include "tests/support/demo.h"
#include "tests/support/evtx_writer.h"

enum { FS01_SECURITY, FS01_SYSTEM, FS01_APPLICATION, FS01_DEFENDER, FS01_TERMINAL, FS01_LOGS };

/* Fill each buffer with its event log. */
bool demo_fs01_logs(struct ak_buf out[FS01_LOGS]);

/* 100 ns since 1601. */
uint64_t demo_filetime(int64_t at);

#endif
