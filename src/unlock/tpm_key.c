/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/tpm_key.h"

#include "base/util.h"
#include "system/tpm_phase.h"
#include "system/tpm_unseal.h"

#include <stdio.h>

/* A PIN's Argon2id takes as long as a keyslot's. */
#define PIN_MS 90000
#define PCR_OF_PHASES 11

static struct tpm_place place_of(const struct volume *v, unsigned answer_ms)
{
	const struct tpm2_options *o = &v->tpm2;

	return (struct tpm_place){
		.device = o->device[0] ? o->device : NULL,
		.wait_ms = o->wait < 3600 * 1000 ? (unsigned)o->wait : 3600 * 1000,
		.answer_ms = answer_ms,
	};
}

struct question {
	const struct volume *v;
	const struct tpm2_token *token;
	const struct secret *pin;
	uint64_t memory;
	struct secret *passphrase;
	const char *text; /* with a measurement: what is measured */
};

static enum tpm_fault get(struct tpm *tpm, void *arg, void *answer)
{
	const struct question *q = arg;
	const struct tpm2_files files = { q->v->tpm2.signature, q->v->tpm2.pcrlock };
	enum tpm_fault fault = TPM_OK;

	(void)answer;
	if (q->token->signed_pcrs >> PCR_OF_PHASES & 1)
		fault = tpm_phase_enter_initrd(tpm);
	return fault == TPM_OK ?
		       tpm2_unseal(tpm, q->token, &files, q->pin, q->memory, q->passphrase) :
		       fault;
}

struct tpm_answer tpm_key_get(const struct volume *v, const struct tpm2_token *token,
			      const struct secret *pin, uint64_t memory, struct secret *passphrase)
{
	const struct tpm_place place = place_of(v, pin ? PIN_MS : TPM_ANSWER_MS);
	struct question q = {
		.v = v, .token = token, .pin = pin, .memory = memory, .passphrase = passphrase
	};

	return tpm_run(&place, get, &q, NULL, 0);
}

static enum tpm_fault measure(struct tpm *tpm, void *arg, void *answer)
{
	const struct question *q = arg;

	(void)answer;
	return tpm_pcr_extend(tpm, q->v->tpm2.measure_in, q->text, q->passphrase);
}

/* "cryptsetup:NAME:UUID"; in the name ':' and '\\' and all that is not printable become "\x3a". */
static void measured_text(const char *name, const char *uuid, char *buf, size_t size)
{
	buf[0] = '\0';
	str_append(buf, size, "cryptsetup:");
	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		str_append(buf, size,
			   *c < ' ' || *c >= 127 || *c == ':' || *c == '\\' ? "\\x%02x" : "%c", *c);
	str_append(buf, size, ":%s", uuid);
}

void tpm_key_measure(const struct volume *v, const char *uuid, const struct secret *volume_key,
		     char warning[static 160])
{
	const struct tpm_place place = place_of(v, TPM_ANSWER_MS);
	char text[1024];
	/* The process shares the key; it reads it only. */
	struct secret *key = secret_find(secret_handle(volume_key));
	struct question q = { .v = v, .passphrase = key, .text = text };
	struct tpm_answer answer = { .fault = TPM_DIED };

	if (!v->tpm2.measure)
		return;
	measured_text(v->name, uuid, text, sizeof(text));
	if (key)
		answer = tpm_run(&place, measure, &q, NULL, 0);
	if (answer.fault != TPM_OK)
		(void)snprintf(warning, 160, "the volume key was not measured into PCR %u: %s",
			       v->tpm2.measure_in, tpm_fault_text(answer.fault));
}
