/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standalone: a dm-integrity device without LUKS, as integritysetup makes it: what shall be opened,
 * and the lines of device-mapper that are about it; pure.
 *
 * The superblock does not name the algorithm: it is the user's word (integritytab) alone.
 */
#ifndef INTACT_FACTS_STANDALONE_H
#define INTACT_FACTS_STANDALONE_H

#include "facts/devref.h"
#include "facts/disk.h"

#include <stddef.h>

/* As systemd: integritytab(5). */
#define STANDALONE_KEY_MAX 4096
/* Bytes of the longest table line: with the key in hexadecimal. */
#define STANDALONE_TABLE_MAX (2 * STANDALONE_KEY_MAX + 512)
#define STANDALONE_NAME_MAX 128

struct standalone_hash {
	const char *name;   /* as integritytab has it: "hmac-sha256" */
	const char *kernel; /* as the kernel has it: "hmac(sha256)" */
	bool keyed;	    /* needs a key file */
	/* What the kernel's crypto API must have; the rest is NULL. */
	const char *algorithms[2];
};

/* All there are. */
const struct standalone_hash *standalone_hashes(size_t *ret_n);
/* By the name in integritytab, len bytes, or by the kernel's; NULL: unknown. */
const struct standalone_hash *standalone_hash(const char *name);
const struct standalone_hash *standalone_hash_of(const char *kernel, size_t len);

struct standalone {
	char name[STANDALONE_NAME_MAX]; /* of the mapping, /dev/mapper/NAME */
	struct devref source;		/* has the superblock and the tags; also the data, unless */
	struct devref data;		/* data-device= names another disk for them; else NONE */
	/* As written, for messages and for the image. data_text: "" for none. */
	char source_text[256], data_text[256];
	const struct standalone_hash *hash;
	char keyfile[256];  /* a path; "" for none */
	char mode;	    /* as in the table: 'J', 'B', 'D', or 'R' */
	bool discards;	    /* allow-discards */
	unsigned watermark; /* journal-watermark=, percent; 0: the kernel's default */
	unsigned commit_ms; /* journal-commit-time=; 0: the kernel's default */
	bool noauto, nofail;
	char origin[300]; /* for messages: "/etc/integritytab line 3" */
};

/* Two lines for one mapping differ in nothing that the kernel is told? */
bool standalone_same(const struct standalone *a, const struct standalone *b);

/*
 * The table's line: "254:0 0 4 J 2 block_size:4096 internal_hash:crc32c". device: the number of the
 * disk with the data; meta: of the disk with the superblock, or NULL for the same. key: in
 * hexadecimal, or NULL. False: the line does not fit.
 */
bool standalone_table(const struct standalone *s, const struct superblock *sb, const char *key,
		      const char *device, const char *meta, char *ret, size_t size);

/* What the table of an open device says. */
struct standalone_table {
	char data[24], meta[24]; /* numbers, "254:0"; meta is "" without a disk of its own */
	const struct standalone_hash *hash; /* NULL: none, or none that is known here */
	char mode;
	bool discards;
	bool journal_keys; /* journal-integrity or journal-crypt of integritysetup */
};
/* False: not a line of dm-integrity. */
bool standalone_read_table(const char *params, struct standalone_table *ret);

/* The number of mismatches in the line of `dmsetup status`, the first word. False: no number. */
bool standalone_read_status(const char *params, uint64_t *ret);

/* The sectors of 512 bytes in the same line whose checksums are still to be computed; none of them
 * is checked before. False: not such a line. */
bool standalone_read_unfinished(const char *params, uint64_t *ret);

/* What came of opening one. */
enum standalone_end {
	STANDALONE_OPEN,
	STANDALONE_WAS_OPEN, /* by another program, from this disk */
	STANDALONE_BUSY,     /* the disk is in use; that may change */
	STANDALONE_FAILED,
};
struct standalone_result {
	enum standalone_end end;
	unsigned tag_size, block_size; /* bytes; 0: not known */
	char mode;		       /* 'I' when the superblock asks for inline tags */
	char text[512];		       /* with BUSY and FAILED: the reason and the next step */
};

#endif
