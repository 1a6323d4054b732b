/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: how a volume ended, and the file that keeps it.
 *
 * The file, /run/intact/NAME, survives into the booted system (initramfs systems hand /run over).
 * It holds key=value lines; a value extends to the end of its line and is
 * printable. The keys: format (of the file: 2; 1 had none of format, stage, typed, implementation,
 * next and step; a reader ignores keys that it does not know), volume, outcome
 * (open, was-open, left, failed), code (exit code), mapping (its name where that is not the
 * volume's), device, uuid, integrity (type), cipher
 * (dm-crypt's), sector_size and tag_size (bytes), volume_key (its digest, as x-intact.volume-key=
 * pins it), pinned ("no": the image does not), mode and mismatches (of a standalone dm-integrity
 * device: journal, bitmap, direct, recovery or inline; and how often blocks failed their check),
 * fresh (current, notice, refused, override: what its record said), keyslot, promised (what files
 * of the image demanded of the header, as options of crypttab), typed (how often a passphrase or a
 * PIN was typed and tried), implementation (the driver that the kernel takes for the cipher),
 * seconds (since boot, monotonic), stage (the kind of the step that failed), reason and next (what
 * to do: the second line of a message), steps_lost (steps for which there was no room), and for
 * each step a line step (steps.h). A key without a known value is left out; only step comes more
 * than once.
 */
#ifndef INTACT_FACTS_RECORD_H
#define INTACT_FACTS_RECORD_H

#include "base/exitcode.h"
#include "facts/header.h"
#include "facts/steps.h"

enum outcome { OUTCOME_OPEN, OUTCOME_WAS_OPEN, OUTCOME_LEFT, OUTCOME_FAILED };

struct result {
	enum outcome outcome;
	enum exit_code code;
	const char *name;	     /* the volume's */
	const char *node;	     /* "" when no device was found */
	const struct header *header; /* NULL when none was read */
	int keyslot;		     /* -1: not known */
	const char *promised;	     /* see config/promise.h; NULL: nothing */
	const char *text; /* the reason of a failure, what is special about a success, or "" */
	enum fresh_outcome fresh;
	bool unpinned; /* the image has no x-intact.volume-key= for it */
	/* Other programs of the initramfs must not open it either: it was refused, or the image
	 * promises its integrity and it is not open. */
	bool withheld;
	/* The mapping's name where it is not the volume's, or NULL. */
	const char *mapping;
	/* What was done; NULL: not known. */
	const struct steps *steps;
	enum step_kind stage;	    /* in which it failed, or STEP_NONE */
	unsigned typed;		    /* how often a passphrase or PIN was typed and tried */
	const char *implementation; /* the kernel's driver of the cipher; NULL or "": not known */
	/* Of a standalone dm-integrity device: "journal", "bitmap", …, and how often blocks had
	 * another checksum than the tag on the disk. NULL: not known, or a volume. */
	const char *mode;
	const uint64_t *mismatches;
};

/* The file's content; the caller frees it. now_ms: milliseconds since boot. */
char *record_format(const struct result *result, uint64_t now_ms);
/* The steps in the file's content; what is no step is left out. */
void record_steps(const char *content, struct steps *ret);
/* The value of a key in the file's content, "" when it is not there; the caller frees it. */
char *record_value(const char *content, const char *key);

#endif
