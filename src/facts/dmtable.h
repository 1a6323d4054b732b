/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dmtable: the lines of device-mapper's tables for a volume, written and read; pure.
 *
 * Sources: Documentation/admin-guide/device-mapper/dm-crypt.rst and dm-integrity.rst. What is
 * written is, word for word, what libcryptsetup 2.8 writes for the same header, so that cryptsetup
 * works with the mappings as with its own: the tests compare.
 */
#ifndef INTACT_FACTS_DMTABLE_H
#define INTACT_FACTS_DMTABLE_H
#include "facts/header.h"
#include "facts/job.h"

#include <stddef.h>

/* The largest line: a volume key in hexadecimal, all options. */
#define DMTABLE_MAX 2048

/*
 * NAME_dif, which keeps the integrity tags of the volume on device ("254:0"): "254:0 32768 32 J 1
 * block_size:4096". options: set of enum dm_option. False when it would not fit.
 */
bool dmtable_integrity(const struct header *h, unsigned options, const char *device, char *ret,
		       size_t size);
/*
 * NAME, which encrypts and authenticates, on NAME_dif: "capi:… :64:logon:cryptsetup:… 0 254:1 0 2
 * sector_size:4096 integrity:32:aead". key is the key as dm-crypt takes it: hexadecimal, or
 * ":BYTES:logon:DESCRIPTION".
 */
bool dmtable_crypt(const struct header *h, unsigned options, const char *key, const char *device,
		   char *ret, size_t size);

/* What the kernel says of the two, as far as it is worth a look; other fields of *ret stay. */
void dmtable_parse_crypt(const char *params, struct opened *ret);
void dmtable_parse_integrity(const char *params, struct opened *ret);

#endif
