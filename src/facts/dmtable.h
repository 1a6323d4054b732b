/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmtable: writes and reads the lines of device-mapper's tables for a volume; pure.
 *
 * Sources: Documentation/admin-guide/device-mapper/dm-crypt.rst and dm-integrity.rst. The lines are
 * word for word those that libcryptsetup 2.8 writes for the same header, so that cryptsetup can
 * work with the mappings; a test compares them.
 */
#ifndef INTACT_FACTS_DMTABLE_H
#define INTACT_FACTS_DMTABLE_H

#include "facts/header.h"
#include "facts/job.h"

#include <stddef.h>

/* Bytes of the longest line: with a volume key in hexadecimal and all options. */
#define DMTABLE_MAX 2048

/*
 * The line of NAME_dif, which stores the integrity tags on device ("254:0"): "254:0 32768 32 J 1
 * block_size:4096". options: set of enum dm_option. False: the line does not fit.
 */
bool dmtable_integrity(const struct header *h, unsigned options, const char *device, char *ret,
		       size_t size);
/*
 * The line of NAME, which encrypts and authenticates, on NAME_dif: "capi:… :64:logon:cryptsetup:… 0
 * 254:1 0 2 sector_size:4096 integrity:32:aead". key in dm-crypt's notation: hexadecimal, or
 * ":BYTES:logon:DESCRIPTION". False: the line does not fit.
 */
bool dmtable_crypt(const struct header *h, unsigned options, const char *key, const char *device,
		   char *ret, size_t size);

/* Reads the two lines as the kernel shows them; sets only the fields of *ret that they give. */
void dmtable_parse_crypt(const char *params, struct opened *ret);
void dmtable_parse_integrity(const char *params, struct opened *ret);

#endif
