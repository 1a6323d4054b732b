/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs_private: the inside of a worker process, for jobs.c and jobs_tpm2.c.
 */
#ifndef INTACT_UNLOCK_JOBS_PRIVATE_H
#define INTACT_UNLOCK_JOBS_PRIVATE_H

#include "facts/cipher.h"
#include "system/fetch.h"
#include "system/luks.h"
#include "unlock/derive.h"
#include "unlock/fresh.h"

struct jobs {
	const struct volume *v;
	struct luks *cv;
	struct disk disk;
	char algorithm[CIPHER_NAME_MAX]; /* what dm-crypt will ask the crypto API for; "" before
					     JOB_MODULES, and once it was instantiated */
	bool filesystem;		 /* its driver was loaded */
	struct mapping *mapping;	 /* NULL before JOB_RESERVE or JOB_UNLOCK */
	struct derivation *derivation;	 /* NULL while no process for a keyslot is needed */
	bool opened;			 /* by this process, not by another program before */
	int watch;			 /* opens_watch's for the disk, or -1 */
	struct fetched header;		 /* a detached one, from a file on another device */
	struct fresh_check fresh;
	bool accept;		/* with JOB_UNLOCK */
	struct timings timings; /* of the job under way */
};

struct job_message;

/* Tries an offer on the keyslots, and opens the volume with the key that one of them gives. */
void jobs_open_volume(struct jobs *j, const struct offer *offer, const struct budget *budget,
		      struct unlock *ret);
/* JOB_UNLOCK with SOURCE_TPM2 and SOURCE_TPM2_PIN. */
void jobs_unlock_with_tpm2(struct jobs *j, const struct job_message *message, struct unlock *ret);
/* A step that began at since (now_ms) ends. */
void jobs_took(struct jobs *j, enum step_kind kind, enum step_end end, uint64_t since);

#endif
