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

#include <stddef.h>

/* Bytes of the longest line: with a volume key in hexadecimal and all options. */
#define DMTABLE_MAX 2048

/* The mode of NAME_dif: 'J' with a journal, 'D' without one, 'R' leaves it out and is read-only.
 * options: set of enum dm_option. */
char dmtable_mode(unsigned options);

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

/*
 * One device of device-mapper as the kernel reports it: its state, its table, and the table's only
 * line taken apart. Another process may have made it, from any header: all strings are bounded,
 * nothing else is certain.
 */
struct dm_layer {
	bool present;	 /* there is such a device */
	bool live;	 /* a table is in use, it is not suspended, and no second table is loaded */
	char device[24]; /* its number, "254:1" */
	unsigned targets;
	/* Of the first target. */
	char target[32];	/* "crypt", "integrity" */
	uint64_t start, length; /* sectors of 512 bytes */
	/* Of its line; all of it is zero unless understood is set. */
	bool understood;     /* a crypt or integrity line without any word that is not known here */
	char below[24];	     /* the device that it uses, "254:0" */
	uint64_t offset;     /* sectors of 512 bytes, on that device */
	unsigned tag_size;   /* bytes a sector; 0: stores no tags */
	unsigned block_size; /* bytes: crypt's sector_size, integrity's block_size */
	/* crypt */
	char cipher[160];
	char integrity[32];	     /* "aead" or "none"; "" with tag_size 0 */
	uint64_t iv_offset;	     /* sectors of 512 bytes */
	unsigned integrity_key_size; /* bytes; 0: the algorithm's own */
	/* integrity */
	char mode; /* 'J', 'B', 'D', 'R' or 'I' */
};

/*
 * Reads a line as the kernel shows it, and sets understood and the fields after it. Every word must
 * be one that a volume's table may have: another one could put the data or the tags elsewhere. What
 * is not understood leaves these fields zero.
 */
void dmtable_parse_crypt(const char *params, struct dm_layer *ret);
void dmtable_parse_integrity(const char *params, struct dm_layer *ret);
/* The line of a linear target: the device that it uses ("254:0"), and sectors of 512 bytes on it.
 */
bool dmtable_parse_linear(const char *params, char below[static 24], uint64_t *ret_offset);
/* The one of the first two for ret->target; any other target is not understood. */
void dmtable_parse(const char *params, struct dm_layer *ret);

#endif
