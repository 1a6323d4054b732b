/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"
#include "config/keyscript.h"

/* The scripts of Debian's cryptsetup, by what they mean. */
TEST(meanings)
{
	static const struct {
		const char *script, *field;
		const char *keyfile, *key_name;
		const char *finding; /* "": none */
	} rows[] = {
		{ "cat", "/k", "/k", NULL, "" },
		{ "/bin/cat", "/crypto_keyfile.bin", "/crypto_keyfile.bin", NULL, "" },
		{ "/usr/bin/cat", "/k", "/k", NULL, "" },
		{ "cat", "none", NULL, NULL,
		  "with keyscript \"cat\" the third field of root must be a key file, but it is "
		  "\"none\". The passphrase is asked for instead." },
		{ "decrypt_keyctl", "disks", NULL, "cryptsetup:disks", "" },
		{ "/lib/cryptsetup/scripts/decrypt_keyctl", "none", NULL, NULL, "" },
		{ "/usr/lib/cryptsetup/scripts/decrypt_keyctl", "/a:b", NULL, "cryptsetup:/a:b",
		  "" },
		{ "passdev", "/dev/disk/by-label/keys:/k:7", "/k:LABEL=keys", NULL, "" },
		{ "/lib/cryptsetup/scripts/passdev", "/dev/sdb1:a/k", "/a/k:/dev/sdb1", NULL, "" },
		{ "passdev", "/dev/sdb1", NULL, NULL,
		  "the third field of root must be DEVICE:PATH or DEVICE:PATH:SECONDS, but it is "
		  "\"/dev/sdb1\". The passphrase is asked for instead." },
		{ "passdev", "/dev/sdb1:", NULL, NULL, "must be DEVICE:PATH" },
		{ "passdev", "none", NULL, NULL, "must be DEVICE:PATH" },
		{ "/lib/cryptsetup/askpass", "Disk:", NULL, NULL, "" },
		{ "decrypt_derived", "swap", NULL, NULL,
		  "keyscript \"decrypt_derived\" of root cannot be used: it takes the volume key of "
		  "another volume for a passphrase" },
		{ "decrypt_gnupg", "/k.gpg", NULL, NULL,
		  "it needs GnuPG. The passphrase is asked for instead." },
		{ "/lib/cryptsetup/scripts/decrypt_gnupg-sc", "/k", NULL, NULL,
		  "it needs GnuPG and a smart card." },
		{ "decrypt_opensc", "/k", NULL, NULL, "it needs OpenSC" },
		{ "decrypt_openct", "/k", NULL, NULL, "it needs OpenCT" },
		{ "decrypt_ssl", "/k", NULL, NULL, "it needs OpenSSL." },
		{ "/usr/local/sbin/mine", "/k", NULL, NULL,
		  "keyscript \"/usr/local/sbin/mine\" of root cannot be used: intact runs no scripts" },
		/* Not Debian's, whatever it is called. */
		{ "/usr/local/bin/cat", "/k", NULL, NULL, "intact runs no scripts" },
		{ "/root/decrypt_keyctl", "/k", NULL, NULL, "intact runs no scripts" },
		{ "decrypt_keyct", "/k", NULL, NULL, "intact runs no scripts" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf("root UUID=" U1 " \"%s\" luks,keyscript=%s\n",
						    rows[i].field, rows[i].script);
		cleanup_free char *cmdline = xasprintf("cryptopts=target=root,source=UUID=" U1
						       ",key=%s,keyscript=%s",
						       rows[i].field, rows[i].script);

		for (int way = 0; way < 2; way++) {
			build(way ? NULL : text, way ? cmdline : NULL);
			CHECK_STR(keyfile(first()), rows[i].keyfile ? rows[i].keyfile : "");
			CHECK_STR(first()->key_name, rows[i].key_name);
			CHECK_INT(config.findings.n, *rows[i].finding != '\0');
			CHECK_HAS(findings(), rows[i].finding);
			CHECK_ROW(config.n_volumes == 1, text);
		}
	}
}

TEST(headless_is_said)
{
	build("root UUID=" U1 " /k luks,keyscript=/etc/mine,headless\n", NULL);
	CHECK_HAS(findings(), "the option headless forbids that: the volume will not be opened.");
}

TEST(long_names)
{
	char name[KEYSCRIPT_NAME_MAX + 2];

	memset(name, 'x', sizeof(name));
	for (int more = 0; more < 2; more++) {
		cleanup_free char *text = NULL;

		name[KEYSCRIPT_NAME_MAX + more] = '\0';
		text = xasprintf("root UUID=" U1 " %s keyscript=decrypt_keyctl\n", name);
		build(text, NULL);
		CHECK((first()->key_name == NULL) == (more == 1));
		CHECK_INT(config.findings.n, more);
		name[KEYSCRIPT_NAME_MAX + more] = 'x';
	}
	CHECK_HAS(findings(), "must be the name of a key, of at most 200 printable bytes");
	build(NULL, "cryptopts=target=root,source=UUID=" U1 ",key=a\x1b,keyscript=decrypt_keyctl");
	CHECK(first()->key_name == NULL);
	CHECK_HAS(findings(), "printable bytes, but it is \"a?\"");
}

/* What passdev reads is a key file on another device. */
TEST(key_file_on_a_device)
{
	static const struct {
		const char *field, *keyfile;
	} rows[] = {
		{ "/dev/disk/by-label/keys:/k", "/k:/dev/disk/by-label/keys" },
		{ "/dev/sdb1:k/a.bin:10", "/k/a.bin:/dev/sdb1" },
		{ "/dev/sdb1:/k:", "/k:/dev/sdb1" },
		{ "/dev/sdb1::10", NULL },
		{ "/dev/sdb1", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *keyfile = keyscript_keyfile("passdev", rows[i].field);

		CHECK_STR(keyfile, rows[i].keyfile);
	}
}

/* As long as passdev would wait for the device. */
TEST(time_of_passdev)
{
	static const struct {
		const char *seconds;
		uint64_t wait;
	} rows[] = {
		{ ":7", 7000 }, { "", WAIT_FOREVER }, { ":0", WAIT_FOREVER }, { ":x", WAIT_FOREVER }
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf(
			"root UUID=" U1 " /dev/sdb1:/k%s keyscript=passdev", rows[i].seconds);

		build(text, NULL);
		CHECK_STR(findings(), "");
		CHECK_ROW(first()->keyfile_wait == rows[i].wait, text);
	}
}

/* The command line cannot give a known key to a promised volume, by any of its ways. */
TEST(promised)
{
	static const char own[] = "root UUID=" U1 " none x-intact.integrity=aead\n";

	build(own, "cryptopts=target=root,source=UUID=" U1 ",key=/etc/fstab,keyscript=cat");
	CHECK(!first()->keyfile && !first()->keyscript);
	CHECK_INT(config.findings.n, 1);
	CHECK_HAS(findings(), "the key file is ignored: no volume key is pinned for root");
	build(own, "rd.luks.options=" U1 "=keyscript=cat");
	CHECK(!first()->keyscript);
	CHECK_HAS(findings(), "option \"keyscript=cat\" is ignored");
	build("root UUID=" U1, "rd.luks.options=" U1 "=tries=5,keyscript=/bin/x");
	CHECK(!first()->keyscript && first()->tries == 5);
	CHECK_HAS(findings(),
		  "option \"keyscript=/bin/x\" is ignored: it has a meaning only together "
		  "with the third field of crypttab, or in cryptopts=.");
	/* The file's own word stays. */
	build("root UUID=" U1 " disks keyscript=decrypt_keyctl",
	      "rd.luks.options=" U1 "=keyscript=cat");
	CHECK_STR(first()->keyscript, "decrypt_keyctl");
	CHECK_STR(first()->key_name, "cryptsetup:disks");
}

TEST_MAIN(meanings, headless_is_said, long_names, key_file_on_a_device, time_of_passdev, promised)
