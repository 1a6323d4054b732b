/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two volumes that turn out to be one disk. */
#include "policy/twins.h"

#include "policy/world.h"

/* The image's line and the kernel command line's parameter for one disk, in this order. */
static void two(struct world *w)
{
	struct volume *image = volume(w, "root", "UUID=" ROOT_UUID), *cmdline;

	image->from_file = true;
	image->expect = EXPECT_NAMED;
	image->integrity = xstrdup("hmac(sha256)");
	str_copy(image->fstype, sizeof(image->fstype), "ext4");
	cmdline = volume(w, "cryptroot", "/dev/sdx");
	cmdline->on_cmdline = true;
	cmdline->by_name = true;
	cmdline->nofail = true;
	cmdline->expect = EXPECT_NOTHING;
	cmdline->options = DM_OPTION_NO_JOURNAL;
}

static void opens_as(struct world *w, unsigned vol, const char *report)
{
	expect(w, "prompt");
	types(w, "x");
	expect(w, "unlock");
	done_unlock(w, vol, UNLOCK_OK);
	expect(w, "verify");
	done_verify(w, vol);
	expect(w, "kill");
	expect(w, report);
	expect_nothing(w);
	CHECK(engine_finished(w->engine));
	CHECK(engine_exit_code(w->engine) == EXIT_CODE_OK);
}

TEST(known_at_once)
{
	struct world w = { 0 };
	const struct volume *v;

	two(&w);
	start(&w);
	device_appears(&w, "/dev/vda2", 42, ROOT_UUID);
	expect(&w, "job root header");
	expect(&w, "kill root");
	expect(&w, "kill root");
	expect(&w, "report root left 0 /dev/vda2 is the disk of volume cryptroot, too; it is "
		   "opened once, as cryptroot");
	expect(&w, "job cryptroot header");
	expect_nothing(&w);
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "job cryptroot modules");
	done_modules(&w, 0);
	v = &w.config.volumes[0];
	CHECK(v->expect == EXPECT_NAMED && !v->nofail && v->by_name);
	CHECK(v->options == 0);
	CHECK_STR(v->fstype, "ext4");
	opens_as(&w, 0, "report cryptroot open 0");
	finish(&w);
}

/* rd.luks.uuid= gives no name, so that crypttab's stays, unless root= relies on luks-UUID. */
TEST(default_name)
{
	for (int by_name = 0; by_name < 2; by_name++)
		for (int fallback = 0; fallback < 2; fallback++) {
			struct world w = { 0 };
			bool keeps = !by_name && !fallback;

			two(&w);
			w.config.volumes[0].fallback_name = fallback;
			w.config.volumes[1].by_name = by_name;
			w.config.volumes[1].default_name = true;
			start(&w);
			device_appears(&w, "/dev/vda2", 42, ROOT_UUID);
			expect(&w, "job root header");
			CHECK(strstr(w.log, keeps ? "it is opened once, as root\n" :
						    "it is opened once, as cryptroot\n") != NULL);
			finish(&w);
		}
}

/* What the image promises holds under the other name. */
TEST(promise_holds)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_HEADER, .disk = good_disk(ROOT_UUID) };

	two(&w);
	str_copy(r.disk.header.integrity, sizeof(r.disk.header.integrity), "hmac(sha512)");
	start(&w);
	device_appears(&w, "/dev/vda2", 42, ROOT_UUID);
	engine_job_done(w.engine, 0, &r);
	CHECK(strstr(w.log, "say warning cryptroot: /dev/vda2 is refused") != NULL);
	tick_at(&w, 30000);
	CHECK(engine_exit_code(w.engine) == EXIT_CODE_REFUSED);
	CHECK(engine_finished(w.engine));
	finish(&w);
}

/* The link by which the command line names the disk appears while the prompt stands. */
TEST(known_while_asking)
{
	struct world w = { 0 };

	two(&w);
	devref_parse("LABEL=late", &w.config.volumes[1].source);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda2", 42, ROOT_UUID);
	expect(&w, "prompt root");
	w.seen[0].label[0] = '\0';
	str_copy(w.seen[0].label, sizeof(w.seen[0].label), "late");
	engine_device(w.engine, &w.seen[0]);
	expect(&w, "withdraw");
	expect(&w, "kill root");
	expect(&w, "kill root");
	expect(&w, "report root left 0");
	expect(&w, "job cryptroot header");
	done_header(&w, 0, ROOT_UUID);
	expect(&w, "modules");
	done_modules(&w, 0);
	opens_as(&w, 0, "report cryptroot open 0");
	finish(&w);
}

/* … or while the mapping is being made: then it has its name. */
TEST(known_too_late)
{
	for (int by_name = 0; by_name < 2; by_name++) {
		struct world w = { 0 };

		two(&w);
		w.config.volumes[1].by_name = by_name;
		w.config.volumes[1].nofail = false;
		devref_parse("LABEL=late", &w.config.volumes[1].source);
		start(&w);
		up_to_prompt(&w, 0, "/dev/vda2", 42, ROOT_UUID);
		expect(&w, "prompt root");
		types(&w, "x");
		expect(&w, "unlock");
		str_copy(w.seen[0].label, sizeof(w.seen[0].label), "late");
		engine_device(w.engine, &w.seen[0]);
		tick_at(&w, 40000);
		expect_nothing(&w);
		done_unlock(&w, 0, UNLOCK_OK);
		expect(&w, "verify");
		done_verify(&w, 0);
		expect(&w, "kill root");
		expect(&w, "report root open 0");
		expect(&w, "job cryptroot header");
		str_copy(w.seen[0].holder, sizeof(w.seen[0].holder), "root");
		str_copy(w.seen[0].holder_luks, sizeof(w.seen[0].holder_luks), ROOT_UUID);
		done_header(&w, 1, ROOT_UUID);
		if (by_name) {
			expect(&w, "kill cryptroot");
			expect(&w, "report cryptroot failed 5 /dev/vda2 is open already, as "
				   "/dev/mapper/root");
		} else {
			expect(&w, "verify");
			done_verify(&w, 1);
			expect(&w, "kill cryptroot");
			expect(&w,
			       "report cryptroot was-open 0 is already open, as /dev/mapper/root");
		}
		CHECK(engine_finished(w.engine));
		finish(&w);
	}
}

/* A wrong passphrase, and the disk that is waited for anew, give the chance again. */
TEST(known_while_trying)
{
	struct world w = { 0 };

	two(&w);
	devref_parse("LABEL=late", &w.config.volumes[1].source);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda2", 42, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	str_copy(w.seen[0].label, sizeof(w.seen[0].label), "late");
	engine_device(w.engine, &w.seen[0]);
	done_unlock(&w, 0, UNLOCK_WRONG);
	expect(&w, "wrong passphrase");
	expect(&w, "kill root");
	expect(&w, "kill root");
	expect(&w, "report root left 0");
	expect(&w, "job cryptroot header");
	finish(&w);
}

TEST(failed_alike)
{
	struct world w = { 0 };
	struct job_result r = { .job = JOB_UNLOCK, .died = true };

	two(&w);
	devref_parse("LABEL=late", &w.config.volumes[1].source);
	start(&w);
	up_to_prompt(&w, 0, "/dev/vda2", 42, ROOT_UUID);
	expect(&w, "prompt root");
	types(&w, "x");
	expect(&w, "unlock");
	str_copy(w.seen[0].label, sizeof(w.seen[0].label), "late");
	engine_device(w.engine, &w.seen[0]);
	engine_job_done(w.engine, 0, &r);
	expect(&w, "kill root");
	expect(&w, "report root failed 1");
	expect(&w, "kill cryptroot");
	expect(&w, "report cryptroot failed 1 /dev/vda2 is the disk of volume root, too");
	finish(&w);
}

TEST(merge)
{
	struct volume a = { .expect = EXPECT_NOTHING, .on_cmdline = true, .nofail = true },
		      b = { .expect = EXPECT_ANY, .from_file = true, .nofail = true };
	char cmdline[] = "cryptroot", image[] = "root", text[] = "cryptsetup:x";
	struct file_place key = { .path = "/key" };

	a.name = cmdline;
	b.name = image;
	a.keyfile = &key;
	a.keyfile_size = 7;
	/* The other order: what runs already is the command line's. */
	twins_merge(&a, &b);
	CHECK_STR(a.name, "cryptroot");
	CHECK_STR(b.name, "root");
	CHECK(a.expect == EXPECT_ANY && a.nofail && a.from_file && a.on_cmdline);
	CHECK(a.keyfile == &key);
	CHECK(a.keyfile_size == 7 && !b.keyfile);
	/* The key of a decrypt_keyctl is kept; of two wishes about the keyring the stricter holds.
	 */
	a = (struct volume){ .name = image, .cache = CACHE_READ_ONLY };

	b = (struct volume){ .name = cmdline, .key_name = text, .cache = CACHE_NO };
	twins_merge(&a, &b);
	CHECK(a.key_name == text && !b.key_name && a.cache == CACHE_NO);
	/* Both from the image, or both from the command line: the first name. */
	a = (struct volume){ .name = image, .expect = EXPECT_NAMED };
	b = (struct volume){ .name = cmdline, .expect = EXPECT_NAMED };
	twins_merge(&a, &b);
	CHECK_STR(a.name, "root");
}

/* Whatever the command line demands: what the image demands stays, and both hold. */
TEST(promises_of_both)
{
	static const char key[] = "sha256:0123456789abcdef0123456789abcdef"
				  "0123456789abcdef0123456789abcdef";

	for (int image_first = 0; image_first < 2; image_first++) {
		struct config c = { 0 };
		struct volume *image, *cmdline, *keep;

		for (int i = 0; i < 2; i++)
			config_add_volume(&c, i ? "second" : "first", "a line")->keyslot = i;
		image = &c.volumes[image_first ? 0 : 1];
		cmdline = &c.volumes[image_first ? 1 : 0];
		image->from_file = image->promised = image->pinned = true;
		image->expect = EXPECT_ANY;
		image->pins.sector_size = 512;
		str_copy(image->pins.key_digest, sizeof(image->pins.key_digest), key);
		cmdline->on_cmdline = cmdline->nofail = true;
		cmdline->expect = EXPECT_NAMED;
		cmdline->integrity = xstrdup("aead");
		cmdline->pins.sector_size = 4096;
		cmdline->pins.key_size = 64;
		keep = &c.volumes[0];
		twins_merge(keep, &c.volumes[1]);
		CHECK(keep->promised && keep->pinned && !keep->nofail);
		CHECK(keep->expect == EXPECT_NAMED);
		CHECK_STR(keep->integrity, "aead");
		CHECK_STR(keep->pins.key_digest, key);
		CHECK_INT(keep->pins.sector_size, 512);
		CHECK_INT(keep->pins.key_size, 64);
		CHECK_INT(keep->keyslot, image_first ? 0 : 1);
		config_free(&c);
	}
}

TEST_MAIN(promises_of_both, known_at_once, promise_holds, default_name, known_while_asking,
	  known_too_late, known_while_trying, failed_alike, merge)
