/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of jobs.c that asks a TPM. */
#include "base/util.h"
#include "policy/diagnosis.h"
#include "unlock/delaying.h"
#include "unlock/jobs.h"
#include "unlock/jobs_private.h"
#include "unlock/tpm_key.h"

/* What came of all tokens of a volume so far. */
struct tpm2_attempt {
	struct jobs *j;
	const struct budget *budget;
	enum source source;
	const struct secret *pin;  /* NULL: not asked for yet */
	struct secret *passphrase; /* that the TPM gave */
	bool wrong_pin;
	struct unlock *ret;
};

/* The TPM has given a passphrase. Whether it opens the volume, or ends all tries. */
static bool try_passphrase(const struct tpm2_attempt *a, const struct tpm2_summary *summary)
{
	const struct offer offer = { .source = a->source,
				     .secret = a->passphrase,
				     .keyslots = summary->keyslots };
	struct unlock one = { 0 };

	jobs_open_volume(a->j, &offer, a->budget, &one);
	secret_wipe(a->passphrase);
	if (one.status != UNLOCK_WRONG)
		*a->ret = one;
	else
		diagnosis_tpm2(luks_node(a->j->cv), summary,
			       "opens no keyslot with the key that the TPM gives", NULL, a->ret);
	return one.status != UNLOCK_WRONG;
}

/* One question to the TPM. True: there is nothing left to try. */
static bool try_tpm2_token(struct tpm2_attempt *a, const struct tpm2_summary *summary)
{
	cleanup_free struct tpm2_token *token = xcalloc(1, sizeof(*token));
	struct tpm_answer answer = { .fault = TPM_OK };
	char buf[sizeof(summary->wrong)];
	const char *wrong = summary->wrong;
	const uint64_t since = now_ms();

	if (!*wrong)
		wrong = luks_tpm2_token(a->j->cv, summary->number, token, buf, sizeof(buf));
	if (!wrong)
		delaying(DELAY_TPM, 0, 0);
	if (!wrong)
		answer = tpm_key_get(a->j->v, token, a->pin, a->budget->total, a->passphrase);
	jobs_took(a->j, STEP_TPM, answer.fault == TPM_OK && !wrong ? STEP_OK : STEP_NO_KEY, since);
	if (!wrong && answer.fault == TPM_OK && a->passphrase->len > 0)
		return try_passphrase(a, summary);
	if (!wrong && answer.fault == TPM_OK)
		a->ret->pin = true;
	else if (!wrong && answer.fault == TPM_WRONG_AUTH && a->pin)
		a->wrong_pin = true;
	else
		diagnosis_tpm2(luks_node(a->j->cv), summary, wrong, &answer, a->ret);
	return false;
}

void jobs_unlock_with_tpm2(struct jobs *j, const struct job_message *message, struct unlock *ret)
{
	struct tpm2_attempt a = { .j = j,
				  .budget = &message->request.budget,
				  .source = message->request.source,
				  .pin = secret_find(message->secret),
				  .passphrase = secret_new(),
				  .ret = ret };
	const struct header *h = &j->disk.header;
	bool ended = !a.passphrase;

	ret->status = UNLOCK_NO_KEY;
	for (unsigned i = 0; i < h->tpm2_tokens && !ended; i++) {
		const struct tpm2_summary *token = &h->tpm2_token[i];

		/* Once there is a PIN: those that need none were tried. */
		if ((!j->v->tpm2.some || token->pcrs == j->v->tpm2.pcrs) &&
		    (!a.pin || (token->pin && !token->wrong[0])))
			ended = try_tpm2_token(&a, token);
	}
	if (!ended && a.wrong_pin)
		ret->status = UNLOCK_WRONG;
	secret_free(a.passphrase);
}
