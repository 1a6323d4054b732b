/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health: what is slow, unsafe or broken about an open volume, and what to do. No system call.
 */
#ifndef INTACT_INTACT_HEALTH_H
#define INTACT_INTACT_HEALTH_H

#include "base/exitcode.h"
#include "check/faults.h"
#include "facts/disk.h"
#include "facts/job.h"
#include "facts/scrub_state.h"
#include "facts/stack.h"
#include "intact/checksums.h"

/* A text of the volume's record in /run/intact; "" where the record has none. */
struct health_record {
	bool present;
	char pinned[8]; /* "no": the image pins no volume key */
	char outcome[16];
	char implementation[160]; /* bound at boot */
};

struct health {
	const char *name;
	const struct disk *disk;
	const struct opened *opened; /* its mappings */
	const char *implementation;  /* what the kernel would take now, or "" */
	const char *cpu;	     /* the processor's flags, between blanks: " fpu aes sha_ni " */
	struct health_record record;
	const struct scrub_state *scrub;
	/* Where the header has no integrity: what is below the volume, and what that says. */
	enum stack_checks checks;
	const struct checksums *checksums;
	unsigned kernel_errors; /* integrity errors in the kernel's log of this boot; at least */
	bool audited;		/* there is an audit log, or the kernel's log has records of it */
	unsigned audit_errors;	/* integrity errors in it since the volume was opened; at least */
	uint64_t now;		/* seconds since 1970 */
};

/* Lines of the kernel's log about sectors of the mapping (its kernel name, "dm-1", or that of what
 * it stands on) whose tag does not match. log: the text of the log. */
unsigned health_count_errors(const char *log, const char *crypt, const char *dif);

/* The records of such errors that the kernel wrote into its log because no auditd was there. crypt,
 * dif: the numbers of the two mappings, "254:1"; dif may be "". */
unsigned health_count_audit(const char *log, const char *crypt, const char *dif);

/* The driver bound at boot, or the one of now where that is not known; "" for neither. */
const char *health_driver(const struct health *h);
/* A part of the driver that is plain C code although the processor has instructions for it: "aes",
 * "sha256", or NULL. */
const char *health_slow_part(const struct health *h);
/* "journal", "bitmap", "direct", "recovery", "inline", or "?" */
const char *health_mode(char mode);

/* 8 when there were integrity errors, else 0; freshness is not looked at. */
enum exit_code health_judge(const struct health *h, struct faults *faults);

#endif
