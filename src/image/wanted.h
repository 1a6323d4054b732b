/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wanted: a volume that the image may have to open.
 */
#ifndef INTACT_IMAGE_WANTED_H
#define INTACT_IMAGE_WANTED_H

#include "facts/disk.h"
#include "facts/stack.h"
#include "image/tab.h"

/* What the volume is needed for; a set. */
enum use {
	USE_ROOT = 1 << 0,
	USE_USR = 1 << 1,
	USE_RESUME = 1 << 2,
	USE_ASKED = 1 << 3, /* crypttab asks for it in the initramfs */
};

enum wanted_verdict {
	WANTED_LEFT_OUT,  /* has no integrity protection: not a volume for intact */
	WANTED_PROTECTED, /* its header was read and has integrity protection */
	WANTED_UNREAD,	  /* its header was not read; it may have integrity protection */
	WANTED_REFUSED,	  /* integrity is promised, its header has none: boot will refuse it */
};

/* Where a detached header is now. */
struct header_at {
	bool same;	    /* it is on the disk itself */
	char *path;	    /* else: what it can be read from; NULL: it is not there */
	char why[160];	    /* why it cannot be read, or "" */
	char node[64];	    /* its device, or "" */
	struct stack stack; /* what that stands on */
};

void header_at_free(struct header_at *at);

struct wanted {
	char *name;
	const struct entry *entry; /* of crypttab; NULL: open now, but not in crypttab */
	char node[64];		   /* where the header is read from; "": no device was found */
	char mapped[140];	   /* "/dev/mapper/…" of a node that is a mapping itself, or "" */
	bool dif; /* open now on NAME_dif: has integrity even if its header cannot be read */
	unsigned uses;
	/* Read from the disk after plan_select(): */
	struct disk disk;
	struct stack below; /* what node stands on */
	/* What the image demanded that this system was booted with, or what `intact pin` accepted
	 * since: one volume with these options, or none. */
	struct config before;
	/* The digest of the volume key that the boot opened it with; "": not known, or accepted
	 * anew since. */
	char opened_key[sizeof(((struct pins *)0)->key_digest)];
	bool has_keyfile;	 /* the file that crypttab names exists */
	struct header_at header; /* with wanted_detached() */
	/* Of a key on another device: that device exists here, and what is on it (libblkid's name
	 * or ""). */
	bool has_key_device;
	char key_type[32];
	char key_mapping[128]; /* the name of that device, if it is a mapping, or "" */
	/* Set by plan_judge(): */
	enum wanted_verdict verdict;
};

/* What crypttab says of the volume, or NULL. */
const struct volume *wanted_volume(const struct wanted *w);
/* Does crypttab say that its header lies apart from its disk? */
bool wanted_detached(const struct wanted *w);
/* Is it below / or /usr? */
bool wanted_holds_system(const struct wanted *w);
/* Does the boot fail, or miss a volume that crypttab demands, when it is not open? */
bool wanted_needed(const struct wanted *w);
/* What was demanded before, or NULL. */
const struct volume *wanted_before(const struct wanted *w);
/* Does crypttab promise integrity protection, or was it demanded before? */
bool wanted_promised(const struct wanted *w);
/* Is it certain to have integrity protection? Valid after plan_judge(). */
bool wanted_protected(const struct wanted *w);

#endif
