/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict: may this disk be opened as this volume?  Pure policy over config and header facts, said before any
 * secret is asked.
 */
#ifndef INTACT_VERDICT_H
#define INTACT_VERDICT_H

#include "config.h"
#include "exitcode.h"
#include "header.h"

enum verdict_action {
	VERDICT_OPEN,	 /* go on; text, when not empty, is a warning worth a line */
	VERDICT_ACTIVE,	 /* already open as the same volume: success */
	VERDICT_LEAVE,	 /* not ours (no integrity and none was promised): not an error */
	VERDICT_REFUSE,	 /* stop; text says why and what to do next; code is the exit code */
};

struct verdict {
	enum verdict_action action;
	enum exit_code code;
	char text[512]; /* one or two lines for a tired person; device, reason, next step */
};

/* node is the device's name for messages. */
void verdict_header(const struct volume *v, const char *node, const struct header *h, struct verdict *ret);

/* What dm says about the mapping after it was opened. */
struct opened {
	bool crypt_present, dif_present;   /* NAME and NAME_dif */
	char dm_cipher[160];		   /* of the crypt target, as the kernel shows it */
	unsigned crypt_tag_size;	   /* "integrity:TAG:TYPE" in its table; 0: absent */
	char crypt_integrity[32];	   /* TYPE: "aead" or "none" */
	unsigned dif_tag_size;		   /* of the integrity target below; 0: no such target */
	char dif_mode;			   /* 'J', 'B', 'D', 'R', 'I' */
	/* The file system's superblock, read back through the mapping. */
	bool read_failed;		   /* a read of a place where superblocks live failed */
	int read_err;			   /* errno of it: EILSEQ when the tag did not match */
	uint64_t read_sector;		   /* 512-byte sector of the mapping */
	char type[32];			   /* what was recognised ("ext4", "LVM2_member", …), or "" */
	bool udev_silent;		   /* udev never confirmed a device: it was not waited for any longer */
};

/* Is what was opened what the header promised?  VERDICT_OPEN or VERDICT_REFUSE. A failed read counts only when nothing was
 * recognised: a block never written (cryptsetup --integrity-no-wipe) has no valid tag. */
void verdict_opened(const struct volume *v, const char *node, const struct header *h, const struct opened *o,
		    struct verdict *ret);

#endif
