/* tsk.h - what a program must do before libtsk may read for it. */
#ifndef AK_FILESYSTEM_TSK_H
#define AK_FILESYSTEM_TSK_H

/* Fix the C library's time zone to UTC and quieten libtsk.  libtsk turns FAT
 * times, which have no zone, into seconds with mktime(); those must not depend
 * on the machine.  The C library may open a zone file here, so a sandboxed
 * worker calls it before the sandbox closes; later calls do nothing. */
void ak_tsk_prepare(void);

#endif
