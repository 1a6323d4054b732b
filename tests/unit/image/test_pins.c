/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the image demands of a header, and what contradicts it. */
#include "fixture.h"

#define OTHER "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* As the last image demanded it. */
static const struct volume last = {
	.expect = EXPECT_NAMED,
	.integrity = (char[]){ "hmac(sha256)" },
	.pins = { .encryption = "aes-xts-plain64",
		  .sector_size = 4096,
		  .key_size = 96,
		  .key_digest = DIGEST },
};

static void start_as(const char *name, const struct volume *demanded, const char *options)
{
	cleanup_free char *tab = xasprintf("%s /dev/vdb none luks,initramfs%s\n", name, options);

	start(tab);
	str_copy(host.tab.entries[0].node, sizeof(host.tab.entries[0].node), "/dev/vdb");
	host.mounted_root.there = true;
	host.mounted_root.mount.type = xstrdup("auto");
	texts_add(&host.mounted_root.mount.devices, &host.mounted_root.mount.n_devices, "vda2");
	before = demanded;
}

static void start_data(const struct volume *demanded, const char *options)
{
	start_as("data", demanded, options);
}

static void finish_data(void)
{
	before = NULL;
	finish();
}

TEST(same_disk)
{
	start_data(&last, "");
	CHECK_HAS(decide_hmac(), "volume data UUID=" UUID " none luks,initramfs," PINS "\n");
	CHECK_INT(plan.findings.n, 0);
	finish_data();
}

/* Somebody exchanged a disk that is not open: the image keeps refusing it. */
TEST(another_disk)
{
	struct volume v = last;

	str_copy(v.pins.key_digest, sizeof(v.pins.key_digest), OTHER);
	start_data(&v, "");
	CHECK_HAS(decide_hmac(), ",x-intact.key-size=96,x-intact.volume-key=" OTHER "\n");
	CHECK(plan.findings.failed);
	CHECK_INT(plan.findings.n, 1);
	CHECK_HAS(out, "E data: the header on /dev/vdb has the volume key " DIGEST
		       ", but the image of the last boot demands " OTHER);
	CHECK_HAS(out, "run \"intact pin data\"");
	finish_data();

	/* Nobody waits for it at boot: the image is made, and refuses it. */
	start_data(&v, ",nofail");
	CHECK_HAS(decide_hmac(), "x-intact.volume-key=" OTHER "\n");
	CHECK(!plan.findings.failed);
	CHECK_HAS(out, "W data: the header on /dev/vdb has the volume key");
	finish_data();
}

/* The command can be pasted. */
TEST(another_disk_with_a_blank_in_its_name)
{
	struct volume v = last;

	str_copy(v.pins.key_digest, sizeof(v.pins.key_digest), OTHER);
	start_as("my\\040disk", &v, "");
	(void)decide_hmac();
	CHECK_HAS(out, "run \"intact pin 'my disk'\"");
	finish_data();
}

TEST(another_cipher)
{
	struct volume v = last;

	v.pins.sector_size = 512;
	str_copy(v.pins.encryption, sizeof(v.pins.encryption), "serpent-xts-plain64");
	start_data(&v, "");
	CHECK_HAS(decide_hmac(), "x-intact.cipher=serpent-xts-plain64,x-intact.sector-size=512,");
	CHECK_INT(plan.findings.n, 2);
	CHECK_HAS(out,
		  "the cipher aes-xts-plain64, but the image of the last boot demands serpent-");
	CHECK_HAS(out, "a sector size of 4096, but the image of the last boot demands 512");
	finish_data();
}

/* The exchanged disk has no protection at all, and would be left to another program. */
TEST(protection_gone)
{
	static const char *const integrity[] = { "", "none" };

	for (size_t i = 0; i < ARRAY_SIZE(integrity); i++) {
		start_data(&last, "");
		CHECK_HAS(decide(HEADER_LUKS2, "aes-xts-plain64", integrity[i]), PINS "\n");
		CHECK(plan.findings.failed);
		CHECK_HAS(out, "E data: the image of the last boot demands integrity protection, "
			       "but /dev/vdb is LUKS2 with");
		CHECK_HAS(out, "remove /run/intact/data");
		finish_data();
	}
	start_data(&last, "");
	CHECK_HAS(decide(HEADER_LUKS1, "", ""), PINS "\n");
	CHECK(plan.findings.failed);
	finish_data();
}

/* A disk that is unplugged now was seen by an earlier image. */
TEST(disk_away)
{
	start_data(&last, "");
	host.tab.entries[0].node[0] = '\0';
	CHECK_HAS(decide_hmac(), PINS "\n");
	CHECK(!strstr(out, "nothing is pinned"));
	finish_data();
}

/* Any integrity was demanded; the rest was not pinned yet. */
TEST(weaker_before)
{
	const struct volume any = { .expect = EXPECT_ANY };

	start_data(&any, "");
	CHECK_HAS(decide_hmac(), "none luks,initramfs," PINS "\n");
	finish_data();
	start_data(&any, "");
	host.tab.entries[0].node[0] = '\0';
	CHECK_HAS(decide_hmac(), "none luks,initramfs,x-intact.integrity\n");
	CHECK_HAS(out, "W nothing is pinned yet for data,");
	finish_data();
}

TEST(crypttab_says_otherwise)
{
	struct volume *v;

	start_data(NULL, ",x-intact.integrity=hmac(sha256)");
	v = entry_volume(&host.tab.entries[0]);
	str_copy(v->pins.key_digest, sizeof(v->pins.key_digest), OTHER);
	v->pins.key_size = 96;
	CHECK_HAS(decide_hmac(), "E data: crypttab promises the volume key " OTHER
				 ", but the header on /dev/vdb has " DIGEST
				 ": this disk will be refused at boot; if it is the right disk, "
				 "correct x-intact.volume-key= in crypttab");
	CHECK(plan.findings.failed);
	/* Nothing is taken from a header that is not the right one. */
	CHECK(!strstr(out, "x-intact.cipher="));
	finish_data();
}

TEST(nonsense_in_crypttab)
{
	start_data(NULL, ",x-intact.volume-key=sha256:short");
	CHECK_HAS(decide_hmac(),
		  "E data: no disk can satisfy the option \"x-intact.volume-key=sha256:short\"");
	finish_data();
	start_data(NULL, ",x-intact.key-size=many");
	host.tab.entries[0].node[0] = '\0';
	CHECK_HAS(decide_hmac(),
		  "E data: no disk can satisfy the option \"x-intact.key-size=many\"");
	CHECK(plan.findings.failed);
	finish_data();
}

/* A header is hostile: its words do not become options of the image's line. */
TEST(options_in_a_header)
{
	static const char *const lies[][2] = {
		{ "aes-xts-plain64", "hmac(sha256),nofail" },
		{ "aes-xts-plain64,key-slot=1", "hmac(sha256)" },
		{ "aes-ecb-null", "hmac(sha256)" },
		{ "cipher_null-ecb", "hmac(sha256)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		start_data(NULL, "");
		CHECK_HAS(decide(HEADER_LUKS2, lies[i][0], lies[i][1]),
			  "none luks,initramfs,x-intact.integrity\n");
		CHECK(plan.findings.failed);
		CHECK_HAS(out, "which intact-unlock does not open: this disk will be refused");
		/* The header was read. */
		CHECK(!strstr(out, "nothing is pinned"));
		finish_data();
	}
}

/* What the boot refuses, the image is not made for. */
TEST(unknown_hash)
{
	digest_hash = "blake2b-512";
	start_data(NULL, "");
	CHECK_HAS(decide_hmac(),
		  "E data: the header on /dev/vdb checks its volume key with the hash "
		  "\"blake2b-512\" in a way that intact-unlock does not know: this disk will be "
		  "refused at boot; a disk formatted with \"--hash sha256\" would be opened");
	CHECK(plan.findings.failed);
	CHECK_INT(plan.findings.n, 1);
	finish_data();
	start_data(NULL, ",nofail");
	CHECK_HAS(decide_hmac(), "W data: the header on /dev/vdb checks its volume key");
	CHECK(!plan.findings.failed);
	finish_data();
	digest_hash = NULL;

	slot_hash = "blake2b-512";
	start_data(NULL, "");
	CHECK_HAS(decide_hmac(),
		  "E data: the header on /dev/vdb has no keyslot that intact-unlock can use: "
		  "keyslot 0 stores its key with blake2b-512, which is not a known hash; this disk "
		  "will be refused at boot; add a keyslot with \"cryptsetup luksAddKey --hash "
		  "sha256\"");
	CHECK(plan.findings.failed);
	CHECK_INT(plan.findings.n, 1);
	finish_data();
	slot_hash = NULL;
}

TEST(erased)
{
	no_keyslots = true;
	start_data(&last, "");
	CHECK_HAS(decide_hmac(), "E data: the header on /dev/vdb has no keyslot left: no "
				 "passphrase can open this disk at boot");
	CHECK_INT(plan.findings.n, 1);
	CHECK_HAS(out, "none luks,initramfs," PINS "\n");
	finish_data();
	no_keyslots = false;
}

TEST_MAIN(same_disk, another_disk, another_disk_with_a_blank_in_its_name, another_cipher,
	  protection_gone, disk_away, weaker_before, crypttab_says_otherwise, nonsense_in_crypttab,
	  options_in_a_header, unknown_hash, erased)
