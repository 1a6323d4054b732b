/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sys_dm: looks at an opened mapping: its tables in the kernel, and what reads back through it.
 * The only file that includes libdevmapper.
 */
#ifndef INTACT_SYS_DM_H
#define INTACT_SYS_DM_H

#include "verdict.h"

/* Fills *ret for the mapping NAME (and NAME_dif). Always fills all of it. */
void dm_read_opened(const char *name, struct opened *ret);

/*
 * The two table lines, as the kernel prints them (Documentation/admin-guide/device-mapper/dm-crypt.rst and dm-integrity.rst), pure:
 * "capi:… :64:logon:… 0 254:0 0 2 integrity:32:aead sector_size:4096" and "254:0 32768 32 J 6 …".
 */
void dm_parse_crypt(const char *params, struct opened *ret);
void dm_parse_integrity(const char *params, struct opened *ret);

#endif
