/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts on any disk, before and after it was opened; which keyslots are tried, and what is said
 * about them. The header is hostile, the image's promise is not.
 */
#include "made.h"

#include "policy/allowed.h"
#include "policy/diagnosis.h"
#include "policy/keyslots.h"
#include "policy/verdict.h"

#include <signal.h>

static const char node[] = "/dev/vda\x9b"
			   "2";

static void check_text(const struct verdict *verdict)
{
	MUST(strlen(verdict->text) < sizeof(verdict->text));
	MUST(fuzz_readable(verdict->text));
	MUST(verdict->action != VERDICT_REFUSE ||
	     (verdict->text[0] && verdict->code != EXIT_CODE_OK));
	MUST(verdict->action == VERDICT_REFUSE || verdict->code == EXIT_CODE_OK);
}

static void check_pins(const struct pins *pins, const struct header *h)
{
	MUST(!pins->bad[0]);
	MUST(!pins->encryption[0] || str_eq(pins->encryption, h->encryption));
	MUST(!pins->sector_size || pins->sector_size == h->sector_size);
	MUST(!pins->key_size || pins->key_size == h->key_size);
	MUST(!pins->key_digest[0] || str_eq(pins->key_digest, h->key_digest));
}

/* What no header may get round. */
static void check_promise(const struct volume *v, const struct disk *d,
			  const struct verdict *verdict)
{
	const struct header *h = &d->header;
	size_t usable = 0;

	if (verdict->action == VERDICT_LEAVE)
		MUST(v->expect == EXPECT_NOTHING);
	if (verdict->action != VERDICT_OPEN && verdict->action != VERDICT_ACTIVE)
		return;
	MUST(d->kind == HEADER_LUKS2 && header_authenticates(h) && !h->requirement[0]);
	MUST(v->expect != EXPECT_NAMED || str_eq(v->integrity, h->integrity));
	check_pins(&v->pins, h);
	/* One segment, one digest, and words of the tables that are words. */
	MUST(h->segments == 1 && h->crypt && h->dynamic && h->digests == 1);
	MUST(h->iv_offset == 0 && (h->plain_journal || h->inline_tags));
	MUST(h->digest_iterations > 0 && h->digest_iterations < 1ULL << 32);
	MUST(h->digest_salt == 32 && h->digest_size >= 20 && h->digest_size <= 64);
	MUST(strlen(h->uuid) == 36 && fuzz_readable(h->uuid) && !strchr(h->uuid, ' '));
	MUST(h->sector_size == 512 || h->sector_size == 1024 || h->sector_size == 2048 ||
	     h->sector_size == 4096);
	if (verdict->action == VERDICT_ACTIVE) {
		MUST(d->active == ACTIVE_SAME);
		return;
	}
	MUST(d->active == ACTIVE_NONE && h->keyslots > 0);
	MUST(allowed_segment(h->encryption, h->integrity, h->key_size, h->integrity_key_size));
	MUST(d->superblock.state == SUPERBLOCK_OK || d->superblock.state == SUPERBLOCK_UNCHECKED);
	MUST(d->superblock.state != SUPERBLOCK_OK ||
	     (d->superblock.tag_size == h->tag_size && !d->superblock.journal_mac &&
	      !d->superblock.recalculating &&
	      (d->superblock.block_size == 0 || d->superblock.block_size == h->sector_size)));
	for (unsigned i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++)
		usable += keyslots_usable(h, &h->keyslot[i]);
	MUST(usable > 0 || v->keyslot != KEYSLOT_ANY || verdict->text[0]);
}

static void check_opened(const struct volume *v, const struct disk *d, const struct opened *o)
{
	const struct header *h = &d->header;
	struct device dev = { .devno = MADE_DEVNO };
	struct verdict verdict;

	str_copy(dev.node, sizeof(dev.node), node);
	verdict_opened(v, &dev, d, o, &verdict);
	check_text(&verdict);
	MUST(verdict.action == VERDICT_OPEN || verdict.action == VERDICT_REFUSE);
	if (verdict.action == VERDICT_REFUSE)
		return;
	MUST(o->crypt.present && o->crypt.tag_size > 0 && str_eq(o->crypt.integrity, "aead"));
	MUST(o->crypt.live && o->crypt.understood && o->crypt.targets == 1 && o->crypt.start == 0);
	MUST(h->inline_tags || (o->dif.present && o->dif.tag_size == o->crypt.tag_size));
	MUST(h->inline_tags || (o->dif.live && o->dif.understood && o->dif.targets == 1));
	MUST(h->inline_tags || (o->dif.start == 0 && o->dif.length == o->crypt.length));
	MUST(str_eq(h->inline_tags ? o->crypt.below : o->dif.below, "0:42"));
	MUST(!o->read_failed || o->type[0]);
}

/* --- what a header may ask for --- */

static void check_cipher(const char *encryption, unsigned key_size)
{
	MUST(!strstr(encryption, "null") && !strstr(encryption, "ecb") && !strchr(encryption, ' '));
	MUST(key_size >= 16 && key_size <= 256);
}

static void check_allowed(const struct header *h)
{
	if (allowed_segment(h->encryption, h->integrity, h->key_size, h->integrity_key_size)) {
		check_cipher(h->encryption, h->key_size);
		MUST(header_authenticates(h) && h->integrity_key_size < h->key_size);
	}
	for (unsigned i = 0; i < h->keyslots && i < KEYSLOTS_MAX; i++) {
		const struct keyslot *slot = &h->keyslot[i];
		char why[256];

		allowed_keyslot(slot, h->key_size, why, sizeof(why));
		MUST(fuzz_readable(why) && !strchr(why, '\n'));
		if (why[0])
			continue;
		check_cipher(slot->area_encryption, slot->area_key_size);
		MUST(!strstr(slot->area_encryption, "random"));
		MUST(slot->kdf != KDF_OTHER && slot->af_known && slot->af_hash[0]);
		MUST(slot->digests == 1 && slot->salt == 32);
		MUST(slot->key_size == h->key_size && slot->iterations >= 1);
		/* No longer than hours, however slow the machine: passes times KiB, of which more
		 * than 4 GiB are another matter. */
		MUST((slot->kdf == KDF_PBKDF2 ? 0 :
		      slot->memory < 4 << 20  ? slot->memory :
						4 << 20) *
			     slot->iterations <
		     1ULL << 36);
	}
}

/* --- keyslots --- */

/* Runs a plan to its end: every slot starts once, and it never stalls. */
static void check_run(const struct keyslot_plan *plan, const struct budget *budget)
{
	enum slot_state states[KEYSLOTS_MAX] = { SLOT_WAITING };
	size_t ended = 0, running = 0;

	while (ended < plan->n) {
		int i = keyslots_next(plan, budget, states);

		MUST(i < (int)plan->n && (i >= 0 || running > 0));
		if (i >= 0) {
			MUST(states[i] == SLOT_WAITING);
			states[i] = SLOT_RUNNING;
			running++;
			continue;
		}
		for (size_t j = 0; j < plan->n; j++)
			if (states[j] == SLOT_RUNNING) {
				states[j] = SLOT_ENDED;
				running--;
				ended++;
				break;
			}
	}
	MUST(keyslots_next(plan, budget, states) == -1);
}

static void check_keyslots(const struct header *h, int only, const struct budget *budget)
{
	struct keyslot_plan plan;
	uint64_t seconds = 0;
	char text[256];

	keyslots_plan(h, only, budget, &plan);
	MUST(plan.n + plan.n_left <= KEYSLOTS_MAX && plan.n + plan.n_left <= h->keyslots);
	for (size_t i = 0; i < plan.n; i++) {
		MUST(only == KEYSLOT_ANY ? plan.slots[i].priority != KEYSLOT_IGNORE :
					   plan.slots[i].number == only);
		MUST(plan.slots[i].memory < budget->total);
		MUST(keyslots_usable(h, &plan.slots[i]));
		seconds += allowed_seconds(h, &plan.slots[i]);
	}
	MUST(plan.n < 2 || seconds <= 1200 || h->digest_iterations > 60000000);
	check_run(&plan, budget);
	MUST(keyslots_floor(h, only, budget) <= budget->memory);
	(void)keyslots_want(h, only, budget);
	keyslots_explain(&plan, budget, text, sizeof(text));
	MUST(fuzz_readable(text) && (text[0] != '\0') == (plan.n_left > 0));
}

static void check_kind(struct fuzz_input *in)
{
	struct header_reading reading = { .load_err = (int)fuzz_below(in, 2),
					  .read_err = (int)fuzz_below(in, 2),
					  .magic = fuzz_bool(in),
					  .luks1 = fuzz_bool(in) };
	enum header_kind kind = header_kind(&reading);

	MUST((kind == HEADER_LUKS1 || kind == HEADER_LUKS2) == !reading.load_err);
	MUST(kind != HEADER_LUKS2 || !reading.luks1);
}

/* --- what is said when it fails --- */

static void check_unlock(const struct unlock *u)
{
	MUST(strlen(u->text) < sizeof(u->text) && u->text[0]);
	MUST(u->status == UNLOCK_NO_KEY || (u->status == UNLOCK_FAILED && u->code != EXIT_CODE_OK));
}

static void check_diagnoses(struct fuzz_input *in, const struct header *h)
{
	static const int errors[] = { ENOMEM, EBUSY, EEXIST, EILSEQ, EIO, EINVAL, ENODEV };
	struct open_failure failure = { .err = -errors[fuzz_below(in, ARRAY_SIZE(errors))] };
	struct unlock u = { 0 };
	char left[256], why[256];

	fuzz_text(in, NULL, 0, failure.library, sizeof(failure.library));
	if (fuzz_bool(in))
		fuzz_text(in, NULL, 0, failure.kernel, sizeof(failure.kernel));
	diagnosis_open("/dev/vda2", "root", h, &failure, &u);
	check_unlock(&u);
	fuzz_text(in, NULL, 0, left, sizeof(left));
	diagnosis_no_keyslot("/dev/vda2", fuzz_bool(in) ? KEYSLOT_ANY : 3, left, &u);
	check_unlock(&u);
	diagnosis_keyslots_failed("/dev/vda2", failure.err, left, &u);
	check_unlock(&u);
	diagnosis_keyfile(&(struct file_place){ .path = "/key" }, "", strerror(-failure.err), &u);
	check_unlock(&u);
	diagnosis_keyslot(&h->keyslot[0], failure.err, left, fuzz_number(in) >> 10, why,
			  sizeof(why));
	MUST(why[0]);
	diagnosis_worker_died("/dev/vda2", fuzz_bool(in) ? SIGKILL : fuzz_below(in, 32), &u);
	check_unlock(&u);
	MUST(diagnosis_read_error(-failure.err)[0] && diagnosis_read_error(0)[0]);
}

/* No answer of a TPM, and no error of the keyring, ends the attempts with other keys. */
static void check_tokens(const char *wrong)
{
	const struct tpm2_summary token = { .number = 3 };
	const struct keyring_token named = { .number = 4, .key = "intact" };
	static const int errors[] = { ENOKEY, EACCES, ENOSYS };

	for (enum tpm_fault fault = TPM_LEFT_OUT; fault <= TPM_FAILED; fault++) {
		struct unlock u = { 0 };

		diagnosis_tpm2("/dev/vda2", &token, NULL, &(struct tpm_answer){ fault, 7 }, &u);
		diagnosis_tpm2("/dev/vda2", &token, wrong, &(struct tpm_answer){ fault, 7 }, &u);
		MUST(u.status == UNLOCK_NO_KEY && strchr(u.text, '\n'));
	}
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct unlock u = { 0 };

		diagnosis_token("/dev/vda2", &named, errors[i], &u);
		MUST(u.status == UNLOCK_NO_KEY && (u.text[0] != '\0') == (errors[i] != ENOSYS));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct config config = { 0 };
	struct volume *v = config_add_volume(&config, "root", "test");
	struct verdict verdict;
	struct opened opened;
	struct budget budget;
	struct disk disk;

	made_promise(&in, v);
	made_disk(&in, &disk);
	made_detached(v, &disk);
	verdict_disk(v, node, &disk, &verdict);
	check_text(&verdict);
	check_promise(v, &disk, &verdict);
	check_allowed(&disk.header);
	made_budget(&in, &budget);
	check_keyslots(&disk.header, v->keyslot, &budget);
	made_opened(&in, &opened);
	check_opened(v, &disk, &opened);
	check_kind(&in);
	check_diagnoses(&in, &disk.header);
	check_tokens(verdict.text);
	config_free(&config);
	return 0;
}
