/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots with a key that a TPM gives, alone or for a PIN. */
#include "policy/world.h"

/* A volume with a token, as far as the question to the TPM. */
static void up_to_tpm(struct world *w, unsigned vol, const char *node, unsigned devno,
		      const char *uuid)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(uuid) };

	r.disk.header.tpm2_tokens = 1;
	device_appears(w, node, devno, uuid);
	expect(w, "header");
	engine_job_done(w->engine, vol, &r);
	expect(w, "modules");
	done_modules(w, vol);
	expect(w, "(tpm2)");
}

/* The TPM has given no key: why, and whether it would for a PIN. */
static void no_key(struct world *w, unsigned vol, const char *why, bool pin)
{
	struct job_result r = { .job = JOB_UNLOCK,
				.unlock = { .status = UNLOCK_NO_KEY, .pin = pin } };

	str_copy(r.unlock.text, sizeof(r.unlock.text), why);
	engine_job_done(w->engine, vol, &r);
}

TEST(opens_alone)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open 0");
	CHECK(w.open_prompts == 0);
	finish(&w);
}

TEST(without_a_tpm_the_passphrase)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "token 1 of /dev/vdb: this machine has no TPM 2.0", false);
	expect(&w, "say warning root: token 1 of /dev/vdb: this machine has no TPM 2.0");
	expect(&w, "prompt root \"Please unlock disk root: \" token 1 of /dev/vdb: this machine");
	types(&w, "x");
	expect(&w, "job root unlock /dev/vdb x");
	finish(&w);
}

/* The PIN opens the volume; no other volume is given it, and no keyring. */
TEST(pin)
{
	struct world w = { .keyring = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "prompt root \"Please enter the TPM2 PIN of disk root: \"");
	types(&w, "1234");
	expect(&w, "job root unlock /dev/vdb (pin) 1234");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	up_to_prompt(&w, 1, "/dev/vdc", 3, DATA_UUID);
	expect(&w, "prompt data \"Please unlock disk data: \"");
	CHECK(w.prompt_secret->len == 0);
	finish(&w);
}

/* A wrong PIN is asked for again, as often as tries= says; then comes the passphrase, which has its
 * own tries. */
TEST(wrong_pins_then_the_passphrase)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = 2;
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "prompt root \"Please enter the TPM2 PIN");
	types(&w, "1");
	expect(&w, "(pin) 1");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "say warning root: wrong PIN; 1 more attempt");
	expect(&w, "prompt root \"Please enter the TPM2 PIN of disk root: \" wrong PIN; 1 more");
	types(&w, "2");
	expect(&w, "(pin) 2");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong PIN (2 attempts); the passphrase is asked for instead");
	expect(&w, "prompt root \"Please unlock disk root: \" wrong PIN (2 attempts)");
	types(&w, "x");
	expect(&w, "job root unlock /dev/vdb x");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase; 1 more attempt");
	expect(&w, "prompt root \"Please unlock disk root: \"");
	types(&w, "y");
	expect(&w, "job root unlock /dev/vdb y");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	finish(&w);
}

/* A lockout, or another fault with the PIN: no further PIN is asked for. */
TEST(lockout)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "PIN of disk root");
	types(&w, "1");
	expect(&w, "(pin) 1");
	no_key(&w, 0, "the TPM is locked", false);
	expect(&w, "say warning root: the TPM is locked");
	expect(&w, "prompt root \"Please unlock disk root: \" the TPM is locked");
	finish(&w);
}

TEST(endless_pins)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = TRIES_ENDLESS;
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	for (int i = 0; i < 9; i++) {
		expect(&w, "PIN of disk root");
		types(&w, "1");
		expect(&w, "(pin) 1");
		done_unlock(&w, 0, UNLOCK_WRONG);
		expect(&w, "wrong PIN; please try again");
	}
	finish(&w);
}

/* Enter alone leads to the passphrase; there, as ever, it costs nothing. */
TEST(no_pin_was_typed)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "PIN of disk root");
	types(&w, "");
	expect(&w, "say note root: no PIN was typed; the passphrase is asked for instead");
	expect(&w, "prompt root \"Please unlock disk root: \"");
	types(&w, "");
	expect(&w, "an empty passphrase was not tried");
	expect(&w, "prompt root \"Please unlock disk root: \"");
	types(&w, "x");
	expect(&w, "job root unlock /dev/vdb x");
	finish(&w);
}

TEST(headless_has_no_pin)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->headless = true;
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 no key opened /dev/vdb");
	CHECK(w.open_prompts == 0);
	finish(&w);
}

/* A disk that comes back may have another token: the TPM is asked again. */
TEST(another_disk_is_asked_about_again)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	no_key(&w, 0, "", true);
	expect(&w, "PIN of disk root");
	engine_device_gone(w.engine, "/dev/vdb");
	expect(&w, "/dev/vdb was removed");
	expect(&w, "withdraw");
	expect(&w, "kill root");
	up_to_tpm(&w, 0, "/dev/vdc", 3, ROOT_UUID);
	no_key(&w, 0, "", false);
	expect(&w, "prompt root \"Please unlock disk root: \"");
	finish(&w);
}

/* A disk that is refused never gets as far as the TPM. */
TEST(refused_disk_and_no_question)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };
	struct world w = { 0 };
	struct volume *v = volume(&w, "root", "UUID=" ROOT_UUID);

	r.disk.header.tpm2_tokens = 1;
	str_copy(v->pins.key_digest, sizeof(v->pins.key_digest), "sha256:another");
	start(&w);
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header");
	engine_job_done(w.engine, 0, &r);
	CHECK(!strstr(w.log, "(tpm2)"));
	tick_at(&w, 60000);
	CHECK(!strstr(w.log, "unlock"));
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_REFUSED);
	finish(&w);
}

/* Open, but not measured: said, and open all the same. */
TEST(warning_beside_success)
{
	struct job_result r = { .job = JOB_UNLOCK,
				.unlock = { .status = UNLOCK_OK, .warning = "not measured" } };
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_tpm(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say warning root: not measured");
	expect(&w, "job root verify");
	finish(&w);
}

TEST_MAIN(opens_alone, without_a_tpm_the_passphrase, pin, wrong_pins_then_the_passphrase, lockout,
	  endless_pins, no_pin_was_typed, headless_has_no_pin, another_disk_is_asked_about_again,
	  refused_disk_and_no_question, warning_beside_success)
