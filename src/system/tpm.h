/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm: the machine's TPM 2.0, through tpm2-tss.
 *
 * A TPM may take a second for an answer, or never give one, and tpm2-tss waits for it: so all work
 * with a TPM is done in a process of its own, with a deadline (tpm_run). What it works with is
 * opened for it and flushed after it, on every path. There may be a listener or a liar on the
 * TPM's bus: secrets go through sessions that are salted with a key of the TPM, and what is read is
 * authenticated with a value that only the real TPM knows.
 *
 * Without tpm2-tss (WITH_TPM=no) tpm_none.c takes the place of all this.
 */
#ifndef INTACT_SYSTEM_TPM_H
#define INTACT_SYSTEM_TPM_H

#include "base/child.h"
#include "base/secret.h"
#include "facts/tpm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tpm;

/* How to reach it. */
struct tpm_place {
	const char *device; /* "/dev/tpmrm0"; NULL: the first one */
	unsigned wait_ms;   /* for a device that is not there yet, where the firmware has a TPM */
	unsigned answer_ms; /* for each answer; the first one from when the device is there */
};

/* Long enough for a TPM that tests itself first, and for one that a busy host emulates. */
#define TPM_ANSWER_MS 30000
#define TPM_PLACE_DEFAULT ((struct tpm_place){ .wait_ms = 10000, .answer_ms = TPM_ANSWER_MS })

/*
 * Runs work(tpm, arg, answer) in a child process, with the TPM open; answer is then copied back,
 * size bytes at most TPM_ANSWER_MAX. Secrets of this process are shared with the child: it may read
 * them, and fill those that were made before. A TPM that answers is waited for, however slow it is,
 * up to TPM_ANSWERS times answer_ms. Blocks for at most that and wait_ms.
 */
struct tpm_answer tpm_run(const struct tpm_place *place,
			  enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer),
			  void *arg, void *answer, size_t size);
#define TPM_ANSWER_MAX 512
#define TPM_ANSWERS 4

/* What a talk is asked for; what the two mean is its user's. */
struct tpm_request {
	unsigned what;
	uint64_t number;
};

/*
 * The same with one child for several requests: it starts with the first one, and keeps the TPM
 * open for the next. work() changes only the child's copy of arg, which is as it was at the start.
 */
struct tpm_talk {
	enum tpm_fault (*work)(struct tpm *tpm, void *arg, const struct tpm_request *request,
			       void *answer);
	void *arg;
	struct child child;
};

#define TPM_TALK(w, a) ((struct tpm_talk){ .work = (w), .arg = (a), .child = CHILD_NONE })
/* As tpm_run(); the device is the one of the first request. A fault ends the child, so that the
 * next request begins with a new connection. */
struct tpm_answer tpm_ask(struct tpm_talk *talk, const struct tpm_place *place,
			  const struct tpm_request *request, void *answer, size_t size);
/* Scrubs and ends the child, if there is one, and waits up to wait_ms for its end. */
void tpm_talk_end(struct tpm_talk *talk, unsigned wait_ms);

/* Does the firmware say that there is a TPM 2.0, or has the kernel found one? Reads only /sys. */
bool tpm_is_expected(void);

/* --- for work() in the child --- */

/* --- capabilities --- */

#define TPM_PROPERTY_PERMANENT 0x200 /* TPM2_PT_PERMANENT: TPM_PERMANENT_IN_LOCKOUT … */
#define TPM_PERMANENT_OWNER_AUTH_SET 0x1
#define TPM_PERMANENT_IN_LOCKOUT 0x200
/* The value of a property (TPM2_PT_…). */
enum tpm_fault tpm_property(struct tpm *tpm, uint32_t property, uint32_t *ret);

/* --- NV counters --- */

#define TPM_NAME_MAX 68
/* An index's name: the hash of its public area, attributes and policy included. */
struct tpm_name {
	size_t len;
	unsigned char bytes[TPM_NAME_MAX];
};

#define TPM_POLICY_SIZE 32

/* The counter with this authPolicy, in the ranges that are the owner's. TPM_NO_INDEX. */
enum tpm_fault tpm_counter_find(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				uint32_t *ret_index, struct tpm_name *ret_name);
/* The public area of an index as it is now: its name. TPM_NO_INDEX. */
enum tpm_fault tpm_counter_name(struct tpm *tpm, uint32_t index, struct tpm_name *ret);
/* Defines a counter with this authorisation value (at most 32 bytes, sent encrypted) and policy at
 * a free index, and increments it once: it can be read then, and its name is final. */
enum tpm_fault tpm_counter_define(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				  const struct secret *auth, uint32_t *ret_index,
				  struct tpm_name *ret_name, uint64_t *ret_value);
/* Keeps this counter open with a session, for what is read and counted on this connection later:
 * so that it takes one command each. Needs no authorisation value. TPM_FOREIGN, TPM_NO_INDEX. */
enum tpm_fault tpm_counter_hold(struct tpm *tpm, uint32_t index, const struct tpm_name *name);
/* The value; the answer is authenticated with the authorisation value. TPM_FOREIGN: the index does
 * not have this name; TPM_WRONG_AUTH, TPM_FORGED, TPM_NO_INDEX. */
enum tpm_fault tpm_counter_read(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				const struct secret *auth, uint64_t *ret);
/* Adds 1 and reads the new value in the same session. */
enum tpm_fault tpm_counter_increment(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				     const struct secret *auth, uint64_t *ret);
/* Removes the index, as the owner. TPM_OWNED. */
enum tpm_fault tpm_counter_undefine(struct tpm *tpm, uint32_t index);

/* --- PCRs --- */

/* Extends a PCR in every bank that the TPM has: with the hash of data or, with a key, with the HMAC
 * of it. */
enum tpm_fault tpm_pcr_extend(struct tpm *tpm, unsigned pcr, const char *data,
			      const struct secret *key);

#endif
