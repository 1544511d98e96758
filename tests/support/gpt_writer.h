/* gpt_writer.h - one partition on a disk with a GUID partition table. */
#ifndef AK_TESTS_GPT_WRITER_H
#define AK_TESTS_GPT_WRITER_H

#include "base/buf.h"

enum gpt_use { GPT_LINUX, GPT_WINDOWS };

/* The disk that holds `volume` from its sector 2048 on, to be freed with free();
 * NULL when memory ran out.  volume.n is a multiple of 512. */
uint8_t *gpt_write(struct ak_bytes volume, enum gpt_use use, const char *name, size_t *out_bytes);

#endif
