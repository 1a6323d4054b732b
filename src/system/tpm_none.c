/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpm_none: stands in the place of the other tpm_*.c and tpm2_*.c files in a program without
 * tpm2-tss (WITH_TPM=no): there is no TPM to run anything on, and no token is one that can be used.
 */
#include "system/tpm.h"

#include "system/tpm2_json.h"
#include "system/tpm_phase.h"
#include "system/tpm_unseal.h"

#define LEFT_OUT "needs a TPM, and this intact was built without TPM support"

const char *tpm2_json_read(json *token, int number, struct tpm2_token *ret, char *buf, size_t size)
{
	(void)token;
	(void)buf;
	(void)size;
	*ret = (struct tpm2_token){ .number = number, .keyslot = -1 };
	return LEFT_OUT;
}

const char *tpm2_json_find(const char *header, int number, struct tpm2_token *ret, char *buf,
			   size_t size)
{
	(void)header;
	(void)number;
	(void)ret;
	(void)buf;
	(void)size;
	return LEFT_OUT;
}

struct tpm_answer tpm_run(const struct tpm_place *place,
			  enum tpm_fault (*work)(struct tpm *tpm, void *arg, void *answer),
			  void *arg, void *answer, size_t size)
{
	(void)place;
	(void)work;
	(void)arg;
	(void)answer;
	(void)size;
	return (struct tpm_answer){ .fault = TPM_LEFT_OUT };
}

struct tpm_answer tpm_ask(struct tpm_talk *talk, const struct tpm_place *place,
			  const struct tpm_request *request, void *answer, size_t size)
{
	(void)talk;
	(void)place;
	(void)request;
	(void)answer;
	(void)size;
	return (struct tpm_answer){ .fault = TPM_LEFT_OUT };
}

void tpm_talk_end(struct tpm_talk *talk, unsigned wait_ms)
{
	(void)talk;
	(void)wait_ms;
}

bool tpm_is_expected(void)
{
	return false;
}

/* No work() is ever called. */

enum tpm_fault tpm_property(struct tpm *tpm, uint32_t property, uint32_t *ret)
{
	(void)tpm;
	(void)property;
	(void)ret;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_find(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				uint32_t *ret_index, struct tpm_name *ret_name)
{
	(void)tpm;
	(void)policy;
	(void)ret_index;
	(void)ret_name;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_name(struct tpm *tpm, uint32_t index, struct tpm_name *ret)
{
	(void)tpm;
	(void)index;
	(void)ret;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_hold(struct tpm *tpm, uint32_t index, const struct tpm_name *name)
{
	(void)tpm;
	(void)index;
	(void)name;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_define(struct tpm *tpm, const unsigned char policy[TPM_POLICY_SIZE],
				  const struct secret *auth, uint32_t *ret_index,
				  struct tpm_name *ret_name, uint64_t *ret_value)
{
	(void)tpm;
	(void)policy;
	(void)auth;
	(void)ret_index;
	(void)ret_name;
	(void)ret_value;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_read(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				const struct secret *auth, uint64_t *ret)
{
	(void)tpm;
	(void)index;
	(void)name;
	(void)auth;
	(void)ret;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_increment(struct tpm *tpm, uint32_t index, const struct tpm_name *name,
				     const struct secret *auth, uint64_t *ret)
{
	(void)tpm;
	(void)index;
	(void)name;
	(void)auth;
	(void)ret;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_counter_undefine(struct tpm *tpm, uint32_t index)
{
	(void)tpm;
	(void)index;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_pcr_extend(struct tpm *tpm, unsigned pcr, const char *data,
			      const struct secret *key)
{
	(void)tpm;
	(void)pcr;
	(void)data;
	(void)key;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm2_unseal(struct tpm *tpm, const struct tpm2_token *token,
			   const struct tpm2_files *files, const struct secret *pin,
			   uint64_t memory, struct secret *passphrase)
{
	(void)tpm;
	(void)token;
	(void)files;
	(void)pin;
	(void)memory;
	(void)passphrase;
	return TPM_LEFT_OUT;
}

enum tpm_fault tpm_phase_enter_initrd(struct tpm *tpm)
{
	(void)tpm;
	return TPM_LEFT_OUT;
}
