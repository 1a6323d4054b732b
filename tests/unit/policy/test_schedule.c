/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots as secrets: which one a volume tries, and when a person is asked. */
#include "policy/world.h"

TEST(three_wrong_passphrases)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	for (int i = 0; i < 3; i++) {
		expect(&w, "prompt root");
		types(&w, "guess");
		expect(&w, "unlock");
		done_unlock(&w, 0, UNLOCK_WRONG);
		if (i < 2)
			expect(&w, i == 0 ? "2 more attempts" : "1 more attempt");
	}
	expect(&w, "kill root");
	expect(&w, "report root failed 2 wrong passphrase (3 attempts)");
	expect_nothing(&w);
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_PASSPHRASE);
	CHECK(w.open_prompts == 0);
	finish(&w);
}

TEST(endless_tries)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = TRIES_ENDLESS;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	for (int i = 0; i < 20; i++) {
		expect(&w, "prompt root");
		types(&w, "guess");
		expect(&w, "unlock");
		done_unlock(&w, 0, UNLOCK_WRONG);
		expect(&w, "please try again");
	}
	expect(&w, "prompt root");
	CHECK(!engine_finished(w.engine));
	finish(&w);
}

TEST(empty_and_too_long_cost_no_try)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = 1;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "");
	expect(&w, "an empty passphrase was not tried");
	expect(&w, "prompt root");
	w.open_prompts--;
	engine_prompt_done(w.engine, PROMPT_TOO_LONG);
	expect(&w, "longer than 512 bytes");
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	finish(&w);
}

TEST(one_passphrase_for_two_volumes)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect_nothing(&w); /* one prompt at a time */
	types(&w, "same");
	expect(&w, "job root unlock /dev/vda same");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb same");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open");
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	CHECK(w.prompt_secret->len == 0); /* nobody needs it any more */
	done_verify(&w, 1);
	expect(&w, "kill data");
	expect(&w, "report data open");
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_OK);
	finish(&w);
}

TEST(other_passphrase_for_second_volume)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "one");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	done_verify(&w, 0);
	expect(&w, "kill root");
	expect(&w, "report root open");
	/* The second disk comes late; the passphrase is still there for it. */
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data unlock /dev/vdb one");
	done_unlock(&w, 1, UNLOCK_WRONG);
	/* no "wrong passphrase": nobody typed it for this one */
	expect(&w,
	       "say note data: the passphrase that opened another volume opens no keyslot of /dev/vdb");
	expect(&w, "prompt data");
	CHECK(w.prompt_secret->len == 0);
	types(&w, "two");
	expect(&w, "job data unlock /dev/vdb two");
	finish(&w);
}

TEST(keyfile_then_prompt)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->keyfile = key_at("/etc/key");
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb (keyfile)");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "the key file /etc/key opens no keyslot");
	expect(&w, "prompt root");
	finish(&w);
}

TEST(headless_never_asks)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->headless = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 no key opened /dev/vdb");
	finish(&w);
}

TEST(empty_passphrase_when_asked_for)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->try_empty = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb ");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "say note root: the empty passphrase opens no keyslot of /dev/vdb");
	expect(&w, "prompt root");
	finish(&w);
}

/* The empty passphrase has a buffer of its own: a prompt stays open, and what opened another volume
 * is tried next. */
TEST(empty_passphrase_beside_others)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID)->try_empty = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data unlock /dev/vdb ");
	expect_nothing(&w);
	types(&w, "typed");
	expect(&w, "job root unlock /dev/vda typed");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "the empty passphrase opens no keyslot");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb typed");
	finish(&w);
}

TEST(end_of_console)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_prompt_done(w.engine, PROMPT_EOF);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 the console was closed");
	finish(&w);
}

TEST(ctrl_c)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	engine_prompt_done(w.engine, PROMPT_CANCEL);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 the passphrase prompt for /dev/vdb was cancelled");
	finish(&w);
}

TEST(prompt_times_out)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID)->prompt_wait = 5000;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	CHECK(engine_deadline(w.engine) == 5000);
	tick_at(&w, 5000);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 6 the passphrase of /dev/vdb was not typed within 5 seconds");
	finish(&w);
}

TEST(no_console_at_all)
{
	struct world w = { .prompt_error = -ENOTTY };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "prompt root");
	expect(&w, "kill root");
	expect(&w, "report root failed 2 there is no console");
	finish(&w);
}

TEST(missing_module_is_named_when_the_unlock_fails)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_MODULES };

	str_copy(r.modules.missing, sizeof(r.modules.missing), "aegis128");
	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header");
	done_header(&w, 0, ROOT_UUID);
	/* Asked for before they are loaded. */
	expect(&w, "modules");
	expect(&w, "prompt root");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "say warning root: this kernel seems to have no aegis128");
	types(&w, "x");
	expect(&w, "unlock");
	done_unlock(&w, 0, UNLOCK_FAILED);
	expect(&w, "kill root");
	expect(&w, "report root failed 1 because No module for aegis128 was found");
	finish(&w);
}

/* Said once, and again at the end. */
TEST(left_out_keyslots_are_named)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_UNLOCK,
				.unlock = { .status = UNLOCK_WRONG,
					    .left = "keyslot 1 asks for 3.9 TiB" } };

	volume(&w, "root", "UUID=" ROOT_UUID)->tries = 2;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	engine_job_done(w.engine, 0, &r);
	expect(&w,
	       "say warning root: not every keyslot of /dev/vda was tried: keyslot 1 asks for 3.9 TiB");
	expect(&w, "1 more attempt");
	expect(&w, "prompt root");
	types(&w, "y");
	expect(&w, "unlock");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w,
	       "report root failed 2 wrong passphrase (2 attempts), but not every keyslot of /dev/vda was tried: keyslot 1 asks for 3.9 TiB");
	finish(&w);
}

/* Two volumes have one passphrase and a third another one: nobody types one twice. */
TEST(second_passphrase_is_shared_too)
{
	struct world w = { 0 };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	volume(&w, "more", "UUID=" MORE_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	up_to_prompt(&w, 2, "/dev/vdc", 3, MORE_UUID);
	types(&w, "one");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb one");
	expect(&w, "job more unlock /dev/vdc one");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "opens no keyslot of /dev/vdb");
	done_unlock(&w, 2, UNLOCK_WRONG);
	expect(&w, "opens no keyslot of /dev/vdc");
	expect(&w, "prompt data");
	types(&w, "two");
	expect(&w, "job data unlock /dev/vdb two");
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "job data verify");
	expect(&w, "job more unlock /dev/vdc two");
	finish(&w);
}

/* Token, key file, empty passphrase, keyring, person: each says why the next one has its turn. */
TEST(order_of_the_sources)
{
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };
	struct world w = { .keyring = true, .in_keyring = true };
	struct volume *v = volume(&w, "root", "UUID=" ROOT_UUID);

	v->keyfile = key_at("/etc/key");
	v->try_empty = true;
	r.disk.header.keyring_tokens = r.disk.header.tpm2_tokens = 1;
	start(&w);
	device_appears(&w, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "header");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "modules");
	done_modules(&w, 0);
	expect(&w, "job root unlock /dev/vdb (token)");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w,
	       "say warning root: the key in the kernel's keyring that a token of /dev/vdb names opens none of the token's keyslots");
	expect(&w, "job root unlock /dev/vdb (tpm2)");
	done_unlock(&w, 0, UNLOCK_NO_KEY);
	expect(&w, "say warning root: because");
	expect(&w, "job root unlock /dev/vdb (keyfile)");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "say warning root: the key file /etc/key opens no keyslot of /dev/vdb");
	expect(&w, "job root unlock /dev/vdb ");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "say note root: the empty passphrase opens no keyslot of /dev/vdb");
	expect(&w, "job root unlock /dev/vdb (keyring)");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w,
	       "say note root: the passwords in the kernel's keyring open no keyslot of /dev/vdb");
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "job root unlock /dev/vdb x");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "remember root x");
	expect(&w, "verify");
	finish(&w);
}

/* A kernel without keyrings, or a key that has just expired: no line about it. */
TEST(nothing_in_the_keyring)
{
	struct job_result r = { .job = JOB_UNLOCK, .unlock = { .status = UNLOCK_NO_KEY } };
	struct world w = { .keyring = true, .in_keyring = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb (keyring)");
	engine_job_done(w.engine, 0, &r);
	expect(&w, "prompt root");
	finish(&w);
}

/* What opened another volume is tried first, and not again out of the keyring. */
TEST(keyring_after_the_shared_passphrase)
{
	struct world w = { .keyring = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	w.in_keyring = true;
	types(&w, "one");
	expect(&w, "job root unlock /dev/vda one");
	/* No other prompt opens meanwhile. */
	expect(&w, "job data unlock /dev/vdb (keyring)");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "the passwords in the kernel's keyring open no keyslot of /dev/vdb");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "remember root one");
	expect(&w, "job root verify");
	expect(&w, "job data unlock /dev/vdb one");
	finish(&w);
}

TEST(known_in_the_keyring)
{
	struct world w = { .keyring = true };

	volume(&w, "root", "UUID=" ROOT_UUID);
	volume(&w, "data", "UUID=" DATA_UUID);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "one");
	expect(&w, "job root unlock");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "remember root one");
	expect(&w, "job root verify");
	w.in_keyring = true;
	up_to_prompt(&w, 1, "/dev/vdb", 2, DATA_UUID);
	expect(&w, "job data unlock /dev/vdb one");
	done_unlock(&w, 1, UNLOCK_WRONG);
	expect(&w, "opens no keyslot of /dev/vdb");
	expect(&w, "job data unlock /dev/vdb (keyring) but one");
	finish(&w);
}

TEST(password_cache)
{
	static const struct {
		enum password_cache cache;
		bool tried, added;
	} rows[] = { { CACHE_YES, true, true },
		     { CACHE_READ_ONLY, true, false },
		     { CACHE_NO, false, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world w = { .keyring = true, .in_keyring = true };

		volume(&w, "root", "UUID=" ROOT_UUID)->cache = rows[i].cache;
		start(&w);
		up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
		if (rows[i].tried) {
			expect(&w, "job root unlock /dev/vdb (keyring)");
			done_unlock(&w, 0, UNLOCK_WRONG);
			expect(&w, "open no keyslot");
		}
		expect(&w, "prompt root");
		types(&w, "x");
		expect(&w, "job root unlock /dev/vdb x");
		done_unlock(&w, 0, UNLOCK_OK);
		if (rows[i].added)
			expect(&w, "remember root x");
		expect(&w, "verify");
		finish(&w);
	}
}

TEST(keyring_comes_before_headless)
{
	struct world w = { .keyring = true, .in_keyring = true };

	volume(&w, "root", "UUID=" ROOT_UUID)->headless = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb (keyring)");
	done_unlock(&w, 0, UNLOCK_OK);
	/* What is in the keyring already is not added again. */
	expect(&w, "verify");
	finish(&w);
}

TEST_MAIN(second_passphrase_is_shared_too, order_of_the_sources, nothing_in_the_keyring,
	  keyring_after_the_shared_passphrase, known_in_the_keyring, password_cache,
	  keyring_comes_before_headless, three_wrong_passphrases, endless_tries,
	  empty_and_too_long_cost_no_try, one_passphrase_for_two_volumes,
	  other_passphrase_for_second_volume, keyfile_then_prompt, headless_never_asks,
	  empty_passphrase_when_asked_for, empty_passphrase_beside_others, end_of_console, ctrl_c,
	  prompt_times_out, no_console_at_all, missing_module_is_named_when_the_unlock_fails,
	  left_out_keyslots_are_named)
