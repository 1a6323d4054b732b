/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"
#include "config/config.h"
#include "test.h"

#define U1 "11111111-1111-1111-1111-111111111111"
#define U2 "22222222-2222-2222-2222-222222222222"
#define U3 "33333333-3333-3333-3333-333333333333"

/* how findings begin */
#define LINE1 "/etc/intact/crypttab line 1: "
#define LINE2 "/etc/intact/crypttab line 2: "
#define CMDLINE "kernel command line: "

static struct config config;

static void build2(const char *own, const char *foreign, const char *cmdline)
{
	struct config_file files[2];
	size_t n = 0;

	if (own)
		files[n++] = (struct config_file){ "/etc/intact/crypttab", own, strlen(own) };
	if (foreign)
		files[n++] = (struct config_file){ "/etc/crypttab", foreign, strlen(foreign) };
	config_free(&config);
	config_build(files, n, cmdline, &config);
}

static void build(const char *own, const char *cmdline)
{
	build2(own, NULL, cmdline);
}

/* "name=source …" */
static const char *volumes(void)
{
	static char buf[2048];

	buf[0] = '\0';
	for (size_t i = 0; i < config.n_volumes; i++) {
		char ref[300];

		str_append(buf, sizeof(buf), "%s%s=%s", i ? " " : "", config.volumes[i].name,
			   devref_format(&config.volumes[i].source, ref, sizeof(ref)));
	}
	return buf;
}

/* "W text\n…" */
static const char *findings(void)
{
	static char buf[8192];

	buf[0] = '\0';
	for (size_t i = 0; i < config.findings.n; i++)
		str_append(buf, sizeof(buf), "%s%c %s", i ? "\n" : "",
			   "NWE"[config.findings.list[i].severity], config.findings.list[i].text);
	return buf;
}

static const struct volume *first(void)
{
	static const struct volume none;

	return config.n_volumes ? &config.volumes[0] : &none;
}

TEST(defaults)
{
	build("root UUID=" U1 "\n", NULL);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(), "");
	CHECK_STR(first()->origin, "/etc/intact/crypttab line 1");
	CHECK_INT(first()->tries, TRIES_DEFAULT);
	CHECK_INT(first()->keyslot, KEYSLOT_ANY);
	CHECK_INT(first()->device_wait, DEVICE_WAIT_DEFAULT);
	CHECK(first()->prompt_wait == WAIT_FOREVER);
	CHECK(first()->expect == EXPECT_NOTHING && !first()->integrity);
	CHECK(!first()->keyfile && !first()->header && first()->from_file && !first()->on_cmdline);
	CHECK(!config.disabled);
	build(NULL, NULL);
	CHECK_STR(volumes(), "");
}

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
	CHECK_STR(v->keyfile, "/key");
	CHECK_STR(v->header, "/boot/h");
	CHECK_INT(v->tries, 5);
	CHECK_INT(v->prompt_wait, 120000);
	CHECK_INT(v->device_wait, 10000);
	CHECK_INT(v->keyfile_size, 64);
	CHECK_INT(v->keyfile_offset, 128);
	CHECK_INT(v->keyslot, 3);
	CHECK(v->expect == EXPECT_NAMED);
	CHECK_STR(v->integrity, "hmac(sha256)");
	CHECK_STR(v->fstype, "ext4");

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
	CHECK_STR(v->header, "UUID=1");
}

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
		  "W " LINE1
		  "option \"x-intact.integrity=\" of root names no integrity algorithm such as "
		  "hmac(sha256); any algorithm is accepted." },
		{ "x-intact.integrity=none", EXPECT_ANY, NULL, "names no integrity algorithm" },
		{ "x-intact.integrity=HMAC SHA", EXPECT_ANY, NULL,
		  NULL }, /* the blank ends the field */
		{ "x-intact.integrity=hm\xc3\xa4"
		  "c",
		  EXPECT_ANY, NULL, "\"x-intact.integrity=hm??c\"" },
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
	}
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
		  "W " LINE1
		  "option \"tries=\" of root is ignored: it needs a value after '='." },
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
		{ "headless=maybe",
		  "option \"headless=maybe\" of root is ignored: the value after '=' must be yes or no." },
		{ "nofail=yes",
		  "W " LINE1 "option \"nofail=yes\" of root is ignored: it takes no value." },
		{ "header=h",
		  "option \"header=h\" of root is ignored: the header must be a device or an absolute "
		  "path." },
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
	CHECK_STR(findings(), "E " LINE1 "\"root UUID=" U1
			      " none luks,?[31m,n\" contains control characters; "
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
		{ OURS "tpm2-device=auto",
		  "W " LINE1
		  "option \"tpm2-device=auto\" of root is not supported yet; the passphrase "
		  "is asked for instead." },
		{ OURS "fido2-device=auto",
		  "\"fido2-device=auto\" of root is not supported yet; the passphrase is asked for "
		  "instead." },
		{ OURS "pkcs11-uri=auto", "the passphrase is asked for instead." },
		{ OURS "keyscript=/bin/x",
		  "\"keyscript=/bin/x\" of root is not supported yet; the passphrase is asked for "
		  "instead." },
		{ OURS "token-timeout=3", "\"token-timeout=3\" of root is not supported yet" },
		{ OURS "link-volume-key=x",
		  "W " LINE1
		  "option \"link-volume-key=x\" of root is not supported yet and is ignored." },
		{ "tpm2-device=auto", "N " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " none %s", rows[i].options);

		build(text, NULL);
		CHECK_HAS(findings(), rows[i].finding);
		CHECK_INT(config.findings.n, 1);
		CHECK_STR(volumes(), "root=UUID=" U1);
	}
}

TEST(lines_that_are_no_volumes)
{
	build("a UUID=" U1 " /dev/urandom swap,cipher=aes-xts-plain64\n"
	      "b /dev/sdb none plain\n"
	      "c /dev/sdc none tcrypt-veracrypt\n"
	      "d /dev/sdd none bitlk\n"
	      "e /dev/sde none tmp=ext4\n"
	      "f UUID=" U2 " none luks,noauto\n"
	      "g UUID=" U3 " none luks\n"
	      "h /dev/sdh /dev/random\n",
	      NULL);
	CHECK_STR(volumes(), "g=UUID=" U3);
	CHECK_STR(findings(), "");

	build("b /dev/sdb none plain,x-intact.integrity", NULL);
	CHECK_STR(volumes(), "b=/dev/sdb");
	CHECK_STR(findings(),
		  "W " LINE1 "\"plain,x-intact.integrity\" has both x-intact.integrity and an option of "
		  "another format than LUKS2; b is treated as a LUKS2 volume with integrity "
		  "protection.");
}

TEST(bad_lines)
{
	char name[200];
	static const struct {
		const char *line, *finding;
	} rows[] = {
		{ "root", "E " LINE2
			  "\"root\" has no device: a line is NAME DEVICE [KEYFILE [OPTIONS]]. The "
			  "line is ignored." },
		{ "root sda2",
		  "E " LINE2 "\"sda2\" is not a device; write UUID=..., LABEL=..., PARTUUID=..., "
		  "PARTLABEL=... or a path such as /dev/sda2. Volume root is left out." },
		{ "a/b /dev/sda2",
		  "E " LINE2 "the name \"a/b\" contains a '/'; this volume is left out." },
		{ "control /dev/sda2", "the name \"control\" is reserved" },
		{ ".. /dev/sda2", "the name \"..\" is reserved" },
		{ "\"\" /dev/sda2", "the name \"\" is empty" },
		{ "a\\011b /dev/sda2", "the name \"a?b\" contains a control character" },
		{ "root \"UUID=1",
		  "E " LINE2 "\"\"UUID=1\" has a quote that is not closed. The line is ignored." },
		{ "home UUID=" U3,
		  "W " LINE2
		  "the name \"home\" is already used by /etc/intact/crypttab line 1; this line "
		  "is ignored. Give the volume another name." },
		{ "data UUID=" U1, "W " LINE2 "UUID=" U1
				   " is already unlocked as \"home\" by /etc/intact/crypttab line 1; this "
				   "line is ignored." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("home UUID=" U1 "\n%s\nlast UUID=" U2,
						    rows[i].line);

		build(text, NULL);
		CHECK_STR(volumes(), "home=UUID=" U1 " last=UUID=" U2);
		CHECK_HAS(findings(), rows[i].finding);
		CHECK_INT(config.findings.n, 1);
	}

	build("root UUID=" U1 " none luks, discard", NULL);
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(),
		  "W " LINE1
		  "\"discard\" is a fifth field and is ignored; separate options by commas, "
		  "without blanks.");

	memset(name, 'n', sizeof(name));
	name[124] = '\0';
	CHECK_STR(config_name_problem(name), "is longer than 123 bytes");
	name[123] = '\0';
	CHECK_STR(config_name_problem(name), NULL);
}

TEST(key_files)
{
	build("root UUID=" U1 " /key:UUID=" U2 " x-intact.integrity", NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(findings(), "W " LINE1 "key file \"/key:UUID=" U2
			      "\" of root is on another disk, which is not "
			      "supported yet; the passphrase is asked for instead.");
	build("root UUID=" U1 " /key:/dev/sdb1 x-intact.integrity", NULL);
	CHECK_HAS(findings(), "W " LINE1 "key file");
	build("root UUID=" U1 " secret x-intact.integrity", NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(findings(),
		  "W " LINE1
		  "key file \"secret\" of root is not an absolute path; the passphrase is "
		  "asked for instead.");
	build("root UUID=" U1 " /a:b", NULL);
	CHECK_STR(first()->keyfile, "/a:b");
	CHECK_STR(findings(), "");
}

TEST(two_files)
{
	/* what the image was made from names the same volumes: nothing to say about it */
	build2("root UUID=" U1 " none tries=5,x-intact.integrity\n",
	       "root /dev/sda2 none tries=9\nluks-" U1 " UUID=" U1 "\n"
	       "home UUID=" U2 "\n",
	       NULL);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_STR(findings(), "");
	CHECK_INT(first()->tries, 5);
	CHECK(first()->expect == EXPECT_ANY);
	CHECK_STR(config.volumes[1].origin, "/etc/crypttab line 3");
}

TEST(allow_list)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity\n";
	static const char foreign[] = "home UUID=" U2 " none tries=7\ndata UUID=" U3
				      " none noauto,tries=8\nx "
				      "/dev/sdx\n";

	build2(own, foreign, "quiet");
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2 " x=/dev/sdx");
	build2(own, foreign, "rd.luks.uuid=luks-" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_INT(config.volumes[1].tries, 7);
	CHECK(config.volumes[1].on_cmdline && !config.volumes[0].on_cmdline);
	build2(own, foreign, "luks.uuid=" U3); /* noauto: only now */
	CHECK_STR(volumes(), "root=UUID=" U1 " data=UUID=" U3);
	CHECK_INT(config.volumes[1].tries, 8);
	build2(own, foreign, "rd.luks.name=" U2 "=daheim");
	CHECK_STR(volumes(), "root=UUID=" U1 " daheim=UUID=" U2);
	build2(own, foreign, "rd.luks.crypttab=no");
	CHECK_STR(volumes(), "root=UUID=" U1);
	build2(own, foreign, "rd.luks.crypttab=perhaps");
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.crypttab=perhaps: the value must be yes or no; the parameter is "
		  "ignored.");
	CHECK_INT(config.n_volumes, 3);
}

TEST(switched_off)
{
	static const struct {
		const char *cmdline;
		bool disabled;
	} rows[] = {
		{ "rd.luks=0", true }, { "luks=no", true },    { "rd.luks=no rd.luks=yes", false },
		{ "rd.luks", false },  { "rd.luks=1", false }, { "rd.luks=x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(NULL, rows[i].cmdline);
		CHECK_ROW(config.disabled == rows[i].disabled, rows[i].cmdline);
	}
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks=x: the value must be yes or no; the parameter is ignored.");
}

TEST(volumes_of_the_command_line)
{
	static const struct {
		const char *cmdline, *volumes;
	} rows[] = {
		{ "rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "luks.uuid=luks-" U1 " rd.luks.uuid=" U1, "luks-" U1 "=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root", "root=UUID=" U1 },
		{ "rd.luks.name=" U1 "=root rd.luks.uuid=" U1, "root=UUID=" U1 },
		{ "rd.luks.uuid=" U1 " rd.luks.uuid=" U2,
		  "luks-" U1 "=UUID=" U1 " luks-" U2 "=UUID=" U2 },
		{ "rd.luks.partuuid=abcd-02", "luks-abcd-02=PARTUUID=abcd-02" },
		{ "rd.luks.name=abcd-02=root rd.luks.partuuid=abcd-02", "root=PARTUUID=abcd-02" },
		{ "rd.luks.serial=S1", "luks-S1=SERIAL=S1" },
		{ "rd.luks.uuid=keysource:" U1, "" },
		{ "cryptdevice=/dev/sda2:root", "root=/dev/sda2" },
		{ "cryptdevice=UUID=" U1 ":root:allow-discards,no-read-workqueue",
		  "root=UUID=" U1 },
		{ "cryptdevice=UUID=" U1, "luks-" U1 "=UUID=" U1 },
		{ "cryptdevice=LABEL=x:root", "root=LABEL=x" },
		{ "cryptdevice=PARTLABEL=\"a b:c\":root", "root=PARTLABEL=a b:c" },
		{ "\"cryptdevice=PARTLABEL=a b:root\"", "root=PARTLABEL=a b" },
		{ "cryptdevice=/dev/disk/by-id/usb-Foo-0\\:0:root",
		  "root=/dev/disk/by-id/usb-Foo-0:0" },
		{ "cryptdevice=/dev/disk/by-label/a\\x20b:root", "root=LABEL=a b" },
		{ "cryptopts=target=crypt,source=UUID=" U1 ",luks", "crypt=UUID=" U1 },
		{ "cryptopts=source=/dev/sda2", "cryptroot=/dev/sda2" },
		{ "cryptopts=target=a,source=/dev/a cryptopts=target=b,source=/dev/b",
		  "a=/dev/a b=/dev/b" },
		{ "root=/dev/mapper/x -- cryptdevice=/dev/sda2:root", "" },
		{ "rd_luks_uuid=" U1, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(NULL, rows[i].cmdline);
		CHECK_STR(volumes(), rows[i].volumes);
		for (size_t j = 0; j < config.n_volumes; j++)
			CHECK(config.volumes[j].expect == EXPECT_NOTHING &&
			      config.volumes[j].on_cmdline && !config.volumes[j].from_file);
		for (size_t j = 0; j < config.findings.n; j++)
			CHECK_ROW(config.findings.list[j].severity == SEVERITY_NOTE,
				  config.findings.list[j].text);
	}
}

TEST(bad_parameters)
{
	static const struct {
		const char *parameter, *finding;
	} rows[] = {
		{ "rd.luks.uuid=foo",
		  "E " CMDLINE
		  "rd.luks.uuid=foo: \"foo\" is not a complete UUID as blkid "
		  "shows it; the parameter is ignored." },
		{ "rd.luks.uuid", "E " CMDLINE "rd.luks.uuid: \"\" is not a complete UUID" },
		{ "rd.luks.uuid=1111", "\"1111\" is not a complete UUID" },
		{ "rd.luks.name=root",
		  "E " CMDLINE
		  "rd.luks.name=root: the value must be UUID=NAME, with the complete UUID as blkid "
		  "shows it; the parameter is ignored." },
		{ "rd.luks.name=x=root", CMDLINE "rd.luks.name=x=root: the value must be UUID=NAME" },
		{ "rd.luks.name=" U2 "=a/b",
		  "the name \"a/b\" contains a '/'; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=", "the name \"\" is empty; the parameter is ignored." },
		{ "rd.luks.name=" U2 "=root",
		  "E " CMDLINE "rd.luks.name=" U2 "=root: the name \"root\" is already used by "
		  "/etc/intact/crypttab line 1; the parameter is ignored." },
		{ "rd.luks.partuuid=",
		  "E " CMDLINE "rd.luks.partuuid=: the value \"\" is empty; the parameter is ignored." },
		{ "rd.luks.serial=a/b", "\"a/b\" contains a '/'" },
		{ "rd.luks.options=" U2 "=tries=1",
		  "W " CMDLINE "rd.luks.options=" U2 "=tries=1: no volume with this UUID is "
		  "configured; the parameter is ignored." },
		{ "rd.luks.options=" U1 "=tries=x",
		  "W " CMDLINE "rd.luks.options=" U1
		  "=tries=x: option \"tries=x\" of root is ignored: "
		  "the value after '=' is not a whole number." },
		{ "rd.luks.timeout=x",
		  "W " CMDLINE
		  "rd.luks.timeout=x: the value after '=' is not a time such as 90" },
		{ "rootdelay=x",
		  "W " CMDLINE "rootdelay=x: the value after '=' is not a number of seconds" },
		{ "rootdelay", "not a number of seconds" },
		{ "rd.luks.allow-discards=" U2, "no volume with this UUID" },
		{ "rd.luks.allow-discards",
		  "W " CMDLINE
		  "rd.luks.allow-discards: option \"allow-discards\" of root is dropped" },
		{ "rd.luks.data=" U1 "=/dev/sdb",
		  "W " CMDLINE "rd.luks.data=" U1 "=/dev/sdb: not supported yet; the parameter is ignored." },
		{ "rd.luks.key=" U1 "=/key:/dev/sdb",
		  "is on another disk, which is not supported yet" },
		{ "cryptkey=/dev/sdb1:ext4:/key",
		  "W " CMDLINE
		  "cryptkey=/dev/sdb1:ext4:/key: key files on other disks are not supported "
		  "yet; the passphrase is asked for instead." },
		{ "cryptdevice=",
		  "E " CMDLINE
		  "cryptdevice=: \"\" is not a device such as UUID=... or /dev/sda2; the "
		  "parameter is ignored." },
		{ "cryptdevice=sda2:root2", "\"sda2\" is not a device" },
		{ "cryptdevice=/dev/sda2",
		  "E " CMDLINE
		  "cryptdevice=/dev/sda2: the name \"\" is empty; the parameter is ignored." },
		{ "cryptdevice=/dev/disk/by-id/usb-Foo-0:0:root2",
		  "a ':' in the device must be written as \\:, as for Arch's encrypt hook" },
		{ "cryptdevice=/dev/disk/by-path/pci-0000:00:1f.2-ata-1:r",
		  "a ':' in the device must be written as \\:" },
		{ "cryptopts=target=x", "E " CMDLINE "cryptopts=target=x: \"\" is not a device" },
		{ "cryptopts", "is not a device" },
		{ "rd.luks.uuid=\033[2J",
		  CMDLINE "rd.luks.uuid=?[2J: \"?[2J\" is not a complete UUID" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *cmdline = xasprintf("quiet %s rd.luks.uuid=" U3,
						       rows[i].parameter);
		int mistakes = 0;

		build("root UUID=" U1 " none x-intact.integrity", cmdline);
		CHECK_HAS(findings(), rows[i].finding);
		for (size_t j = 0; j < config.findings.n; j++)
			mistakes += config.findings.list[j].severity != SEVERITY_NOTE;
		CHECK_INT(mistakes, 1);
		CHECK_STR(volumes(), "root=UUID=" U1 " luks-" U3 "=UUID=" U3);
	}
}

TEST(command_line_refines)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity=aead,tries=5\n";

	build(own,
	      "rd.luks.options=" U1 "=tries=1,headless rd.luks.options=tries=2 rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " luks-" U2 "=UUID=" U2);
	CHECK_INT(config.volumes[0].tries, 1);
	CHECK(config.volumes[0].headless);
	CHECK_INT(config.volumes[1].tries, 2);
	CHECK(!config.volumes[1].headless);

	build(own, "rd.luks.name=" U1 "=crypt");
	CHECK_STR(volumes(), "crypt=UUID=" U1);
	CHECK(first()->expect == EXPECT_NAMED);

	build(own, "cryptdevice=UUID=" U1 ":crypt:no-read-workqueue");
	CHECK_STR(volumes(), "crypt=UUID=" U1);
	CHECK((first()->options & DM_OPTION_NO_READ_WORKQUEUE));
	CHECK_STR(findings(), "");

	/* one disk by two of its names: what the image says counts */
	build(own, "cryptdevice=/dev/sda2:root");
	CHECK_STR(volumes(), "root=UUID=" U1);
	CHECK_STR(findings(),
		  "N " CMDLINE "cryptdevice=/dev/sda2:root: \"root\" stays on UUID=" U1 ", because "
		  "/etc/intact/crypttab line 1 takes precedence.");

	build("root UUID=" U1 "\nhome UUID=" U2 "\n", "rd.luks.name=" U1 "=home rd.luks.uuid=" U2);
	CHECK_STR(volumes(), "root=UUID=" U1 " home=UUID=" U2);
	CHECK_STR(findings(),
		  "W " CMDLINE "rd.luks.name=" U1 "=home: the name \"home\" is already used by "
		  "/etc/intact/crypttab line "
		  "2; the name \"root\" is kept.");

	build(own, "rd.luks.timeout=30 rootdelay=120");
	CHECK_INT(first()->prompt_wait, 30000);
	CHECK_INT(first()->device_wait, 120000);
	build(own, "luks.timeout=0 rootdelay=1"); /* never shorter */
	CHECK(first()->prompt_wait == WAIT_FOREVER);
	CHECK_INT(first()->device_wait, DEVICE_WAIT_DEFAULT);

	build(own, "rd.luks.key=" U1 "=/key");
	CHECK_STR(first()->keyfile, "/key");
	build(own, "rd.luks.key=/key rd.luks.uuid=" U2);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(config.volumes[1].keyfile, "/key");
	build(own, "cryptdevice=UUID=" U1 ":root cryptkey=rootfs:/key");
	CHECK_STR(first()->keyfile, "/key");
	build(NULL, "cryptopts=target=r,source=/dev/sda2,key=/key,tries=1");
	CHECK_STR(first()->keyfile, "/key");
	CHECK_INT(first()->tries, 1);
}

TEST(command_line_never_weakens)
{
	static const char *const cmdlines[] = {
		"rd.luks.options=" U1 "=noauto",
		"rd.luks.options=" U1 "=plain,swap,tmp",
		"rd.luks.options=" U1 "=x-intact.integrity",
		"rd.luks.options=" U1 "=x-intact.integrity=hmac(sha256)",
		"rd.luks.options=" U1 "=x-intact.integrity=none",
		"rd.luks.crypttab=no",
		"rd.luks.uuid=" U2,
		"cryptdevice=UUID=" U1 ":root:plain",
		"cryptopts=target=root,source=/dev/evil,swap",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		build("root UUID=" U1 " none x-intact.integrity=aead\n", cmdlines[i]);
		CHECK_ROW(config.n_volumes >= 1, cmdlines[i]);
		CHECK_STR(first()->name, "root");
		CHECK_STR(first()->source.value, U1);
		CHECK_ROW(first()->expect == EXPECT_NAMED, cmdlines[i]);
		CHECK_STR(first()->integrity, "aead");
	}
}

TEST(findings_are_fit_for_a_console)
{
	char text[1000];

	build("r\xc3\xb6t sd\xff\na\\033[2J /dev/x none x\xe2\x82\xac",
	      "cryptdevice=\033[2J\xff:x");
	for (size_t i = 0; i < config.findings.n; i++)
		for (const char *p = config.findings.list[i].text; *p; p++)
			CHECK_ROW(*p >= 0x20 && *p < 0x7f, config.findings.list[i].text);
	CHECK_INT(config.findings.n, 3);

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	build(text, text);
	for (size_t i = 0; i < config.findings.n; i++)
		CHECK(strlen(config.findings.list[i].text) < 640);
	config_free(&config);
}

TEST_MAIN(defaults, options_are_understood, integrity_that_is_promised, bad_options,
	  options_of_others, lines_that_are_no_volumes, bad_lines, key_files, two_files, allow_list,
	  switched_off, volumes_of_the_command_line, bad_parameters, command_line_refines,
	  command_line_never_weakens, findings_are_fit_for_a_console)
