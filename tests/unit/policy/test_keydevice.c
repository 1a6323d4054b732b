/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boots as keys on other devices, which come early, late or never, beside the prompt. */
#include "policy/world.h"

#define STICK "AAAA-BBBB"

static struct volume *volume_with_stick(struct world *w)
{
	struct volume *v = volume(w, "root", "UUID=" ROOT_UUID);

	v->keyfile = key_at("/key:UUID=" STICK);
	return v;
}

static struct device stick(const char *node, unsigned devno)
{
	struct device dev = disk(node, devno, STICK);

	str_copy(dev.type, sizeof(dev.type), "vfat");
	return dev;
}

static void stick_appears(struct world *w, const char *node, unsigned devno)
{
	struct device dev = stick(node, devno);

	appears(w, &dev);
}

TEST(there_already)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	stick_appears(&w, "/dev/sdb1", 7);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "job root unlock /dev/vdb (keyfile)");
	expect(&w, "its key is on /dev/sdb1");
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "verify");
	expect_nothing(&w);
	finish(&w);
}

TEST(late)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "say note root: the key /key:UUID=" STICK " is used as soon as UUID=" STICK
		   " appears");
	expect(&w, "prompt root");
	CHECK(!engine_keys_found(w.engine) && engine_disks_found(w.engine));
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "job root unlock /dev/vdb (keyfile)"); /* the prompt stays */
	expect(&w, "its key is on /dev/sdb1");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_OK);
	expect(&w, "withdraw");
	expect(&w, "verify");
	CHECK(w.open_prompts == 0 && engine_keys_found(w.engine));
	finish(&w);
}

/* The prompt has stood all the while. */
TEST(wrong_key)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect(&w, "prompt root");
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "(keyfile)");
	expect(&w, "its key");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "the key file /key:UUID=" STICK " opens no keyslot of /dev/vdb");
	expect_nothing(&w);
	CHECK(w.open_prompts == 1);
	/* Seen again: it has no other key. */
	stick_appears(&w, "/dev/sdb1", 7);
	expect_nothing(&w);
	/* Another stick, and the same one once more. */
	stick_appears(&w, "/dev/sdc1", 8);
	expect(&w, "(keyfile)");
	expect(&w, "its key is on /dev/sdc1");
	done_unlock(&w, 0, UNLOCK_NO_KEY);
	expect(&w, "because");
	engine_device_gone(w.engine, "/dev/sdb1");
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "(keyfile)");
	expect(&w, "its key is on /dev/sdb1");
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "opens no keyslot");
	types(&w, "word");
	expect(&w, "job root unlock /dev/vdb word");
	finish(&w);
}

/* Enter is pressed while the key is being tried. */
TEST(typed_beside)
{
	for (int opens = 0; opens < 2; opens++) {
		struct world w = { 0 };

		volume_with_stick(&w);
		start(&w);
		up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
		expect(&w, "used as soon as");
		expect(&w, "prompt root");
		stick_appears(&w, "/dev/sdb1", 7);
		expect(&w, "(keyfile)");
		expect(&w, "its key");
		types(&w, "word");
		expect_nothing(&w);
		CHECK_INT(w.prompt_secret->len, 4);
		done_unlock(&w, 0, opens ? UNLOCK_OK : UNLOCK_WRONG);
		if (opens) {
			expect(&w, "verify");
			CHECK_INT(w.prompt_secret->len, 0);
		} else {
			expect(&w, "opens no keyslot");
			expect(&w, "job root unlock /dev/vdb word");
		}
		expect_nothing(&w);
		finish(&w);
	}
}

TEST(other_ends_of_the_prompt_beside)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect(&w, "prompt root");
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "(keyfile)");
	expect(&w, "its key");
	types(&w, "");
	expect(&w, "an empty passphrase was not tried");
	expect_nothing(&w);
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "opens no keyslot");
	expect(&w, "prompt root");
	engine_prompt_done(w.engine, PROMPT_CANCEL);
	expect(&w, "kill root");
	expect(&w, "report root failed 2 the passphrase prompt for /dev/vdb was cancelled");
	finish(&w);
}

/* The disk is pulled out while a passphrase waits for the end of the key's try. */
TEST(typed_and_lost)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect(&w, "prompt root");
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "(keyfile)");
	expect(&w, "its key");
	types(&w, "word");
	engine_device_gone(w.engine, "/dev/vdb");
	expect(&w, "was removed");
	expect(&w, "kill root");
	CHECK_INT(w.prompt_secret->len, 0);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "(keyfile)");
	expect(&w, "its key is on /dev/sdb1");
	finish(&w);
}

TEST(never)
{
	struct world w = { 0 };

	volume_with_stick(&w)->keyfile_wait = 10000;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect(&w, "prompt root");
	CHECK_INT(engine_deadline(w.engine), 10000);
	tick_at(&w, 9999);
	expect_nothing(&w);
	tick_at(&w, 10000);
	expect(&w, "say warning root: UUID=" STICK ", the device of the key /key:UUID=" STICK
		   ", did not appear within 10 seconds");
	CHECK(w.open_prompts == 1 && engine_keys_found(w.engine));
	CHECK(engine_deadline(w.engine) == UINT64_MAX);
	stick_appears(&w, "/dev/sdb1", 7);
	expect_nothing(&w);
	finish(&w);
}

TEST(headless)
{
	struct world w = { 0 };

	volume_with_stick(&w)->headless = true;
	start(&w);
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect_nothing(&w);
	CHECK_INT(engine_deadline(w.engine), 30000);
	tick_at(&w, 30000);
	expect(&w, "did not appear within 30 seconds");
	expect(&w, "kill root");
	expect(&w, "report root failed 2 no key opened /dev/vdb, and its \"headless\" option");
	expect_nothing(&w);
	finish(&w);
}

/* Nobody can type, but the key comes. */
TEST(no_console)
{
	for (int closed = 0; closed < 2; closed++) {
		struct world w = { .prompt_error = closed ? 0 : -ENXIO };

		volume_with_stick(&w);
		start(&w);
		up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
		expect(&w, "used as soon as");
		expect(&w, "prompt root");
		if (closed)
			engine_prompt_done(w.engine, PROMPT_EOF);
		expect_nothing(&w);
		CHECK(!engine_finished(w.engine));
		stick_appears(&w, "/dev/sdb1", 7);
		expect(&w, "(keyfile)");
		expect(&w, "its key");
		w.prompt_error = -ENXIO;
		done_unlock(&w, 0, UNLOCK_WRONG);
		expect(&w, "opens no keyslot");
		expect(&w, "prompt root");
		expect(&w, "kill root");
		expect(&w, "there is no console to ask");
		finish(&w);
	}
}

/* A device that the name fits, but that cannot have the key. */
TEST(not_that_one)
{
	struct world w = { 0 };
	struct device own, leg, dev;

	volume(&w, "root", "UUID=" ROOT_UUID)->keyfile = key_at("LABEL=x");
	start(&w);
	own = disk("/dev/vdb", 2, ROOT_UUID);
	str_copy(own.label, sizeof(own.label), "x");
	appears(&w, &own);
	expect(&w, "header");
	expect(&w, "say warning root: the key LABEL=x is not read: /dev/vdb is the disk that the "
		   "key is to open");
	leg = stick("/dev/sdb", 7);
	str_copy(leg.label, sizeof(leg.label), "x");
	str_copy(leg.member, sizeof(leg.member), "linux_raid_member");
	appears(&w, &leg);
	leg.member[0] = '\0';
	leg.undecided = true;
	appears(&w, &leg);
	expect_nothing(&w);
	dev = leg;
	dev.undecided = false;
	str_copy(dev.type, sizeof(dev.type), "DM_integrity");
	appears(&w, &dev);
	expect(&w, "the key LABEL=x is not read: /dev/sdb holds encrypted or protected data");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "modules");
	done_modules(&w, 0);
	expect(&w, "used as soon as LABEL=x");
	expect(&w, "prompt root");
	leg = stick("/dev/sdc", 8);
	str_copy(leg.label, sizeof(leg.label), "x");
	appears(&w, &leg);
	expect(&w, "(keyfile)");
	expect(&w, "its key is on /dev/sdc");
	finish(&w);
}

/* The stick was pulled out before its turn. */
TEST(gone_before)
{
	struct world w = { 0 };

	volume_with_stick(&w);
	start(&w);
	stick_appears(&w, "/dev/sdb1", 7);
	engine_device_gone(w.engine, "/dev/sdb1");
	up_to_prompt(&w, 0, "/dev/vdb", 2, ROOT_UUID);
	expect(&w, "used as soon as");
	expect(&w, "prompt root");
	finish(&w);
}

/* Of two volumes the one with a key does not wait for the other one's passphrase. */
TEST(beside_the_prompt_of_another)
{
	struct world w = { 0 };

	volume(&w, "data", "UUID=" DATA_UUID);
	volume_with_stick(&w);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda", 1, DATA_UUID);
	expect(&w, "prompt data");
	up_to_prompt(&w, 1, "/dev/vdb", 2, ROOT_UUID);
	expect_nothing(&w);
	stick_appears(&w, "/dev/sdb1", 7);
	expect(&w, "job root unlock /dev/vdb (keyfile)");
	expect(&w, "its key");
	done_unlock(&w, 1, UNLOCK_OK);
	expect(&w, "verify");
	CHECK(w.open_prompts == 1);
	finish(&w);
}

TEST_MAIN(there_already, late, wrong_key, typed_beside, other_ends_of_the_prompt_beside,
	  typed_and_lost, never, headless, no_console, not_that_one, gone_before,
	  beside_the_prompt_of_another)
