/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"

TEST(options_are_understood)
{
	const struct volume *v;

	build("root UUID=" U1
	      " /key luks,initramfs,x-initrd.attach,_netdev,nofail,read-only,same-cpu-crypt,"
	      "submit-from-crypt-cpus,no-read-workqueue,no-write-workqueue,tries=5,timeout=2min,"
	      "x-systemd.device-timeout=10,keyfile-size=64,keyfile-offset=128,key-slot=3,header=/boot/h,headless,"
	      "try-empty-password,x-intact.integrity=hmac(sha256),x-intact.fstype=ext4,cipher=aes,hash=x,size=1,offset=2,skip=3,verify,"
	      "sector-size=4096,x-systemd.foo,password-echo=no,noearly,,check=x,loud\n",
	      NULL);
	CHECK_STR(findings(), "");
	v = first();
	CHECK(v->nofail && (v->options & DM_OPTION_READONLY) &&
	      (v->options & DM_OPTION_SAME_CPU_CRYPT) &&
	      (v->options & DM_OPTION_SUBMIT_FROM_CRYPT_CPUS) &&
	      (v->options & DM_OPTION_NO_READ_WORKQUEUE) &&
	      (v->options & DM_OPTION_NO_WRITE_WORKQUEUE) && v->headless && v->try_empty);
	CHECK_STR(keyfile(v), "/key");
	CHECK(v->detached && v->header.kind == PLACE_IMAGE);
	CHECK_STR(v->header.path, "/boot/h");
	CHECK_INT(v->tries, 5);
	CHECK_INT(v->prompt_wait, 120000);
	CHECK_INT(v->device_wait, 10000);
	CHECK_INT(v->keyfile_size, 64);
	CHECK_INT(v->keyfile_offset, 128);
	CHECK_INT(v->keyslot, 3);
	CHECK(v->expect == EXPECT_NAMED);
	CHECK_STR(v->integrity, "hmac(sha256)");
	CHECK_STR(v->fstype, "ext4");

	/* A comma in a value, as Debian and as systemd write it. */
	build("root UUID=" U1 " none header=/boot/a\\054b,tries=2", NULL);
	CHECK_STR(findings(), "");
	CHECK_STR(first()->header.path, "/boot/a,b");
	CHECK_INT(first()->tries, 2);
	build("root UUID=" U1 " none header=/boot/a\\,tries=2", NULL);
	CHECK_STR(first()->header.path, "/boot/a,tries=2");

	build("root UUID=" U1 " none x-intact.holds=root+usr", NULL);
	CHECK_INT(first()->holds, HOLDS_ROOT | HOLDS_USR);
	build("root UUID=" U1 " none x-intact.holds=usr,x-intact.holds=home", NULL);
	CHECK_INT(first()->holds, HOLDS_USR);
	CHECK_HAS(findings(), "must be root, usr and resume, joined by '+'");
	build("root UUID=" U1 " none x-intact.holds=resume+root", NULL);
	CHECK_INT(first()->holds, HOLDS_ROOT | HOLDS_RESUME);

	build("root UUID=" U1
	      " none x-intact.fstype=../x,x-intact.fstype=a234567890123456789012345678901x",
	      NULL);
	CHECK_STR(first()->fstype, "");
	CHECK(strstr(
		findings(),
		"\"x-intact.fstype=../x\" of root is ignored: the value after '=' is not the name of a file system"));
	CHECK(strstr(findings(), "a234567890123456789012345678901x"));

	build("root UUID=" U1 " none "
	      "readonly,keyslot=0,tries=0,timeout=0,x-systemd.device-timeout=infinity,headless=no,"
	      "header=UUID=1,perf-no_read_workqueue,perf-no_write_workqueue\n",
	      NULL);
	CHECK_STR(findings(), "");
	v = first();
	CHECK((v->options & DM_OPTION_READONLY) && !v->headless &&
	      (v->options & DM_OPTION_NO_READ_WORKQUEUE) &&
	      (v->options & DM_OPTION_NO_WRITE_WORKQUEUE));
	CHECK_INT(v->keyslot, 0);
	CHECK_INT(v->tries, TRIES_ENDLESS);
	CHECK(v->prompt_wait == WAIT_FOREVER && v->device_wait == WAIT_FOREVER);
	CHECK(v->detached && v->header.kind == PLACE_DEVICE);
	CHECK_STR(v->header.device.value, "1");
}

#define SENSELESS                                                                        \
	"requires a value that makes no sense, so no disk is accepted as root. Correct " \
	"it and rebuild the boot image."

TEST(integrity_that_is_promised)
{
	static const struct {
		const char *options;
		enum expect expect;
		const char *integrity;
		const char *finding;
	} rows[] = {
		{ "x-intact.integrity", EXPECT_ANY, NULL, NULL },
		{ "x-intact.integrity=hmac(sha256)", EXPECT_NAMED, "hmac(sha256)", NULL },
		{ "x-intact.integrity=hmac-sha256", EXPECT_NAMED, "hmac(sha256)", NULL },
		{ "x-intact.integrity=cmac-aes", EXPECT_NAMED, "cmac(aes)", NULL },
		{ "x-intact.integrity=phmac-sha512", EXPECT_NAMED, "phmac(sha512)", NULL },
		{ "x-intact.integrity=aead", EXPECT_NAMED, "aead", NULL },
		{ "x-intact.integrity=poly1305", EXPECT_NAMED, "poly1305", NULL },
		/* what comes later never weakens */
		{ "x-intact.integrity=aead,x-intact.integrity", EXPECT_NAMED, "aead", NULL },
		{ "x-intact.integrity,x-intact.integrity=aead", EXPECT_NAMED, "aead", NULL },
		{ "x-intact.integrity=aead,x-intact.integrity=aead", EXPECT_NAMED, "aead", NULL },
		{ "x-intact.integrity=aead,x-intact.integrity=poly1305", EXPECT_NAMED, "aead",
		  "W " LINE1
		  "option \"x-intact.integrity=poly1305\" of root is ignored: another algorithm "
		  "is already required." },
		/* a mistake must not weaken either */
		{ "x-intact.integrity=", EXPECT_ANY, NULL,
		  "E " LINE1 "option \"x-intact.integrity=\" of root " SENSELESS },
		{ "x-intact.integrity=none", EXPECT_ANY, NULL,
		  "E " LINE1 "option \"x-intact.integrity=none\" of root " SENSELESS },
		{ "x-intact.integrity=HMAC", EXPECT_ANY, NULL,
		  "E " LINE1 "option \"x-intact.integrity=HMAC\" of root " SENSELESS },
		{ "x-intact.integrity=hm\xc3\xa4"
		  "c",
		  EXPECT_ANY, NULL,
		  "E " LINE1 "option \"x-intact.integrity=hm\xc3\xa4"
		  "c\" of root " SENSELESS },
		{ "x-intact.integrety=aead", EXPECT_NOTHING, NULL,
		  "W " LINE1
		  "option \"x-intact.integrety=aead\" of root is ignored: it is unknown to this "
		  "version of intact." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i].options);

		build(text, NULL);
		CHECK_ROW(first()->expect == rows[i].expect, rows[i].options);
		CHECK_STR(first()->integrity, rows[i].integrity);
		if (rows[i].finding)
			CHECK_HAS(findings(), rows[i].finding);
		/* A promise that is not understood is one that no disk keeps. */
		CHECK_ROW(!!first()->pins.bad[0] == (rows[i].finding && rows[i].finding[0] == 'E'),
			  rows[i].options);
	}
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(pins)
{
	build("root UUID=" U1
	      " none x-intact.cipher=xchacha20+aes-adiantum-plain64,x-intact.sector-size=4096,"
	      "x-intact.key-size=96,x-intact.volume-key=sha256:" HEX64,
	      NULL);
	CHECK_STR(findings(), "");
	CHECK_INT(first()->expect, EXPECT_ANY);
	CHECK_STR(first()->pins.encryption, "xchacha20,aes-adiantum-plain64");
	CHECK_INT(first()->pins.sector_size, 4096);
	CHECK_INT(first()->pins.key_size, 96);
	CHECK_STR(first()->pins.key_digest, "sha256:" HEX64);
	CHECK_STR(first()->pins.bad, "");
}

/* The command line may add a pin; it neither changes one nor takes it away. */
TEST(pins_stay)
{
	build("root UUID=" U1 " none x-intact.sector-size=4096,x-intact.key-size=96",
	      "rd.luks.options=" U1
	      "=x-intact.sector-size=512,x-intact.key-size=96,x-intact.cipher=aes-xts-plain64");
	CHECK_INT(first()->pins.sector_size, 4096);
	CHECK_INT(first()->pins.key_size, 96);
	CHECK_STR(first()->pins.encryption, "aes-xts-plain64");
	CHECK_HAS(findings(), "option \"x-intact.sector-size=512\" of root is ignored: another "
			      "value is already required.");
	CHECK(!strstr(findings(), "option \"x-intact.key-size"));
	CHECK_STR(first()->pins.bad, "");
}

/* The stronger demand stays, and none is taken away. */
TEST(freshness)
{
	static const struct {
		const char *options, *cmdline;
		enum fresh_demand demand;
	} rows[] = {
		{ "luks", NULL, FRESH_DEMAND_NONE },
		{ "x-intact.fresh", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=report", NULL, FRESH_DEMAND_REPORT },
		{ "x-intact.fresh=report,x-intact.fresh", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh,x-intact.fresh=report", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh", "rd.luks.options=" U1 "=x-intact.fresh=report",
		  FRESH_DEMAND_REQUIRE },
		{ "x-intact.integrity", "rd.luks.options=" U1 "=x-intact.fresh",
		  FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require,tags", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require,tags,luks", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require+tags", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=report,tags", NULL, FRESH_DEMAND_REPORT },
		{ "x-intact.fresh=,tags", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require,tags,x-intact.fresh=report", NULL, FRESH_DEMAND_REQUIRE },
		{ "x-intact.fresh=require,tags", "rd.luks.options=" U1 "=x-intact.fresh=require",
		  FRESH_DEMAND_REQUIRE },
		{ "x-intact.integrity", "rd.luks.options=" U1 "=x-intact.fresh=require,tags",
		  FRESH_DEMAND_REQUIRE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i].options);

		bool tags = strstr(text, "tags") ||
			    (rows[i].cmdline && strstr(rows[i].cmdline, "tags"));

		build(text, rows[i].cmdline);
		CHECK_ROW(first()->pins.fresh == rows[i].demand, rows[i].options);
		CHECK_ROW(first()->pins.fresh_tags == tags, rows[i].options);
		CHECK_ROW(!tags || !strstr(findings(), "tags"), rows[i].options);
		CHECK_ROW((first()->expect == EXPECT_NOTHING) == (i == 0), rows[i].options);
		CHECK_STR(first()->pins.bad, "");
	}
}

TEST(bad_pins)
{
	static const char *const rows[] = {
		"x-intact.cipher",
		"x-intact.cipher=",
		"x-intact.fresh=require+tag",
		"x-intact.fresh=require+tags+tags",
		"x-intact.fresh=re,tags",
		"x-intact.cipher=aes",
		"x-intact.cipher=aes-xts-plain64%",
		"x-intact.cipher=AES-xts-plain64",
		"x-intact.sector-size",
		"x-intact.sector-size=",
		"x-intact.sector-size=0",
		"x-intact.sector-size=513",
		"x-intact.sector-size=8192",
		"x-intact.sector-size=4k",
		"x-intact.sector-size=-512",
		"x-intact.sector-size=4294967808",
		"x-intact.key-size=",
		"x-intact.key-size=0",
		"x-intact.key-size=many",
		"x-intact.key-size=99999999999999999999",
		"x-intact.fresh=no",
		"x-intact.fresh=tags",
		"x-intact.volume-key",
		"x-intact.volume-key=",
		"x-intact.volume-key=sha256:",
		"x-intact.volume-key=" HEX64,
		"x-intact.volume-key=sha1:" HEX64,
		"x-intact.volume-key=sha256:" HEX64 "0",
		"x-intact.volume-key=sha256:g" HEX64,
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i]);

		build(text, NULL);
		CHECK_ROW(first()->expect == EXPECT_ANY, rows[i]);
		CHECK_ROW(first()->pins.bad[0], rows[i]);
		CHECK_HAS(findings(), "E ");
		CHECK_HAS(findings(), SENSELESS);
	}
	/* A good one afterwards does not make up for it. */
	build("root UUID=" U1 " none x-intact.key-size=x,x-intact.key-size=96", NULL);
	CHECK_STR(first()->pins.bad, "x-intact.key-size=x");
}

/* One bad option in a good line: exact text, and the volume stays. */
TEST(bad_options)
{
	static const struct {
		const char *option, *finding;
	} rows[] = {
		{ "foo", "W " LINE1 "option \"foo\" of root is unknown and is ignored." },
		{ "foo=bar", "W " LINE1 "option \"foo=bar\" of root is unknown and is ignored." },
		{ "tries=abc",
		  "W " LINE1
		  "option \"tries=abc\" of root is ignored: the value after '=' is not a "
		  "whole number." },
		{ "tries=-1", "not a whole number" },
		{ "tries=",
		  "W " LINE1 "option \"tries=\" of root is ignored: it needs a value after '='." },
		{ "tries", "it needs a value after '='" },
		{ "tries=3000000000",
		  "option \"tries=3000000000\" of root is ignored: the largest possible value is "
		  "2147483647." },
		{ "keyslot=32",
		  "W " LINE1
		  "option \"keyslot=32\" of root is ignored: the largest possible value is 31." },
		{ "keyfile-size=1k",
		  "option \"keyfile-size=1k\" of root is ignored: the value after '=' is not a whole "
		  "number." },
		{ "keyfile-offset=99999999999999999999",
		  "the largest possible value is 9223372036854775807" },
		{ "timeout=soon",
		  "W " LINE1
		  "option \"timeout=soon\" of root is ignored: the value after '=' is not "
		  "a time such as 90, 90s, 2min or infinity." },
		{ "x-systemd.device-timeout=1y", "is not a time" },
		{ "password-echo=stars", "the value after '=' must be yes, no or masked" },
		{ "password-echo", "it needs a value after '='" },
		{ "password-cache=once", "the value after '=' must be yes, no or read-only" },
		{ "headless=maybe",
		  "option \"headless=maybe\" of root is ignored: the value after '=' must be yes or no." },
		{ "nofail=yes",
		  "W " LINE1 "option \"nofail=yes\" of root is ignored: it takes no value." },
		{ "header=h",
		  "option \"header=h\" of root is ignored: the header must be a device, an absolute "
		  "path or PATH:DEVICE." },
		{ "header", "it needs a value" },
		{ "=", "option \"=\" of root is unknown" },
		{ "\033[31m", NULL }, /* the whole line is refused */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf(
			"root UUID=" U1 " none luks,%s,nofail\nhome UUID=" U2, rows[i].option);

		build(text, NULL);
		if (rows[i].finding) {
			CHECK_HAS(findings(), rows[i].finding);
			CHECK_INT(config.findings.n, 1);
			CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
			CHECK_ROW(first()->nofail && first()->tries == TRIES_DEFAULT &&
					  first()->keyslot == KEYSLOT_ANY,
				  rows[i].option);
		}
	}
	CHECK_STR(volumes(), "home=UUID=" U2);
	CHECK_STR(findings(),
		  "E " LINE1 "\"root UUID=" U1 " none luks,?[31m,n\" contains control characters; "
		  "write the line again. The line is ignored.");
}

#define OURS "x-intact.integrity,"
TEST(options_of_others)
{
	static const struct {
		const char *options, *finding;
	} rows[] = {
		{ OURS "discard",
		  "W " LINE1
		  "option \"discard\" of root is dropped: the volume would not open with it, because "
		  "integrity protection cannot pass TRIM on to the disk. Remove the option to "
		  "silence this." },
		{ "allow-discards," OURS,
		  "W " LINE1 "option \"allow-discards\" of root is dropped" },
		{ "discard", "N " LINE1 "option \"discard\" of root is dropped" },
		{ OURS "tpm2-device=/dev/sda",
		  "W " LINE1
		  "option \"tpm2-device=/dev/sda\" of root is ignored: the value after '=' must be "
		  "auto or the device of a TPM" },
		{ OURS "tpm2-device=/dev/tpmrm0/../sda", "must be auto or the device of a TPM" },
		{ OURS "tpm2-device=/dev/tpm", "must be auto or the device of a TPM" },
		{ OURS "tpm2-pcrs=7+24", "is not a list of PCRs such as 7+11" },
		{ OURS "tpm2-pcrs=7+", "is not a list of PCRs such as 7+11" },
		{ OURS "tpm2-signature=s.json", "is not an absolute path" },
		{ OURS "tpm2-measure-pcr=24", "must be yes, no or the number of a PCR" },
		/* What is measured stays measured, where it is. */
		{ OURS "tpm2-measure-pcr=yes,tpm2-measure-pcr=no",
		  "option \"tpm2-measure-pcr=no\" of root is ignored: the volume key is already to "
		  "be measured otherwise." },
		{ OURS "tpm2-measure-pcr=yes,tpm2-measure-pcr=9", "already to be measured" },
		{ OURS "tpm2-measure-keyslot-nvpcr=x",
		  "W " LINE1 "option \"tpm2-measure-keyslot-nvpcr=x\" of root is not supported" },
		{ OURS "fido2-device=auto",
		  "\"fido2-device=auto\" of root is not supported yet; the passphrase is asked for "
		  "instead." },
		{ OURS "pkcs11-uri=auto", "the passphrase is asked for instead." },
		{ OURS "token-timeout=x", "is not a time such as 90" },
		{ OURS "link-volume-key=x",
		  "W " LINE1
		  "option \"link-volume-key=x\" of root is ignored: only dm-crypt gets the volume "
		  "key." },
		{ OURS "fixate-volume-key=x",
		  "W " LINE1
		  "option \"fixate-volume-key=x\" of root is ignored: an image pins the volume key "
		  "with x-intact.volume-key instead." },
		{ OURS "fixate-volume-key=x,x-intact.volume-key=sha256:" HEX64, "N " },
		{ "fido2-device=auto", "N " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i].options);

		build(text, NULL);
		CHECK_HAS(findings(), rows[i].finding);
		CHECK_INT(config.findings.n, 1);
		CHECK_STR(volumes(), "root=UUID=" U1);
	}
}

TEST(words_beside_yes_and_no)
{
	static const struct {
		const char *options;
		enum typed typed;
		enum password_cache cache;
	} rows[] = {
		{ "luks", TYPED_DEFAULT, CACHE_YES },
		{ "password-echo=no,password-cache=no", TYPED_HIDDEN, CACHE_NO },
		{ "password-echo=yes,password-cache=yes", TYPED_SHOWN, CACHE_YES },
		{ "password-echo=masked,password-cache=read-only", TYPED_MASKED, CACHE_READ_ONLY },
		{ "password-echo=on,password-cache=0", TYPED_SHOWN, CACHE_NO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i].options);

		build(text, NULL);
		CHECK_ROW(first()->typed == rows[i].typed && first()->cache == rows[i].cache,
			  rows[i].options);
		CHECK_STR(findings(), "");
	}
}

TEST_MAIN(words_beside_yes_and_no, pins, pins_stay, freshness, bad_pins, options_are_understood,
	  integrity_that_is_promised, bad_options, options_of_others)
