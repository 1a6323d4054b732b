/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * freshness: the record of a volume's freshness in its header, its counter in the TPM, and the two
 * keys that bind them to the volume key. policy/fresh.h decides what they mean.
 *
 * Both keys are HKDF-SHA-256 of the volume key, with the volume's UUID as salt: one authenticates
 * the record, the other is the authorisation value of the counter. So only who has the volume key
 * can count, and only the TPM that has the counter can answer.
 */
#ifndef INTACT_SYSTEM_FRESHNESS_H
#define INTACT_SYSTEM_FRESHNESS_H

#include "base/secret.h"
#include "facts/fresh.h"
#include "system/luks.h"
#include "system/tpm.h"

struct freshness;

/* Of the volume with this header, both the caller's, which must outlive it. count_to is
 * fresh_count_to() of policy/fresh.h. NULL: no memory for the keys. */
struct freshness *freshness_new(const struct luks *luks, const struct header *h,
				int (*count_to)(const struct fresh_count_ops *ops, void *ctx,
						uint64_t target));
/* Wipes the keys. NULL is fine. */
struct freshness *freshness_free(struct freshness *f);

/* Looks for the volume's counter in the TPM; needs no secret. wait_ms: for a TPM that is not there
 * yet; answer_ms: for each answer. TPM_OK, TPM_NO_INDEX or another fault; it is kept, and a second
 * call asks only after a fault that may pass. */
enum tpm_fault freshness_find(struct freshness *f, unsigned wait_ms, unsigned answer_ms);

/* Derives the keys. False: it was not possible. */
bool freshness_derive(struct freshness *f, const struct secret *volume_key);
/* Leaves the keys in root's user keyring, and takes them from there. 0 or a negative errno. */
int freshness_keep_keys(const struct freshness *f);
int freshness_get_keys(struct freshness *f);
/* The devices that a volume's header and its data are on: "254:2". */
struct fresh_devices {
	char header[32], data[32];
};
/* Those of the volume with this UUID, as freshness_keep_keys() left them there. -ENOKEY: none; or
 * another negative errno. */
int freshness_kept_devices(const char *luks_uuid, struct fresh_devices *ret);

/* The rest needs the keys. */

/* Does the record carry the MAC of this volume? */
bool freshness_mac_ok(const struct freshness *f, const struct fresh_record *record);
/* Reads the counter that freshness_find() found. */
enum fresh_counter freshness_count(struct freshness *f, uint64_t *ret);
/* The counter's index and its name, after freshness_find() or freshness_define(). */
void freshness_counter(const struct freshness *f, uint32_t *ret_nv,
		       unsigned char ret_name[static FRESH_NAME]);
/* Makes a counter, in the place of the one there is; its count is *ret. */
enum tpm_fault freshness_define(struct freshness *f, uint64_t *ret);
/* Removes the counter that was found. */
enum tpm_fault freshness_undefine(struct freshness *f);

/* The system's part of a bump; the context is the struct freshness. */
extern const struct fresh_ops freshness_ops;
/* The TPM's last fault, for messages; what it is to be when something was done since that is not
 * to be told. */
enum tpm_fault freshness_fault(const struct freshness *f);
void freshness_set_fault(struct freshness *f, enum tpm_fault fault);
/* Removes the record from the header. 0 or a negative errno. */
int freshness_remove_record(const struct freshness *f);

#endif
