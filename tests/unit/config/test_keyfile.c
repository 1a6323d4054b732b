/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "built.h"
#include "config/keyfile.h"

#define PINNED_FROM_STICK                                              \
	"root UUID=" U1 " /key:LABEL=KEYS x-intact.volume-key=sha256:" \
	"0123456789012345678901234567890123456789012345678901234567890123"

TEST(key_files)
{
	build("root UUID=" U1 " /key:UUID=" U2, NULL);
	CHECK_STR(keyfile(first()), "/key:UUID=" U2);
	CHECK_STR(findings(), "");
	build("root UUID=" U1 " /dev/disk/by-id/usb-Foo-0:0 keyfile-offset=9,keyfile-size=4,"
	      "keyfile-timeout=20s,keyfile-erase",
	      NULL);
	CHECK_STR(keyfile(first()), "/dev/disk/by-id/usb-Foo-0:0");
	CHECK(first()->keyfile->kind == PLACE_DEVICE && first()->keyfile_wait == 20000 &&
	      first()->keyfile_erase);
	build("root UUID=" U1 " /key keyfile-timeout=0", NULL);
	CHECK(first()->keyfile_wait == WAIT_FOREVER && !first()->keyfile_erase);
	/* What the image promises is not bound to one disk. */
	build("root UUID=" U1 " /key:LABEL=KEYS x-intact.integrity", NULL);
	CHECK_STR(keyfile(first()), "/key:LABEL=KEYS");
	CHECK_HAS(findings(), "W " LINE1 "the key of root comes from another device, and no volume "
			      "key is pinned");
	build(PINNED_FROM_STICK, NULL);
	CHECK_STR(findings(), "");
	build("root UUID=" U1 " /key:UUID=" U1, NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_HAS(findings(), "is on the very disk that it is to open");
	build("root UUID=" U1 " secret x-intact.integrity", NULL);
	CHECK(first()->keyfile == NULL);
	CHECK_STR(findings(),
		  "W " LINE1
		  "key file \"secret\" of root is neither an absolute path nor a device such as "
		  "/dev/sdb or LABEL=...; the passphrase is asked for instead.");
	build("root UUID=" U1, "rd.luks.key=" U1 "=/k\xc2\x9b");
	CHECK(first()->keyfile == NULL);
	CHECK_HAS(findings(), "key file \"/k?\" of root has control characters in its name");
	build("root UUID=" U1 " /a:b", NULL);
	CHECK_STR(keyfile(first()), "/a:b");
	CHECK_STR(findings(), "");
}

TEST(random_keys)
{
	CHECK(keyfile_is_random("/dev/urandom"));
	CHECK(keyfile_is_random("/dev/random"));
	CHECK(keyfile_is_random("/dev/hwrng"));
	CHECK(keyfile_is_random("/dev/hw_random"));
	CHECK(!keyfile_is_random("/dev/urandom2"));
	CHECK(!keyfile_is_random("/key"));
	CHECK(!keyfile_is_random(NULL));
}

TEST(null_device)
{
	build("root UUID=" U1 " /dev/null luks,x-intact.integrity", NULL);
	CHECK(!first()->keyfile);
	CHECK_STR(findings(),
		  "W " LINE1 "key file \"/dev/null\" of root is empty; the passphrase is "
		  "asked for instead.");
}

/* In the order of passdev and of cryptkey=. */
TEST(device_before_path)
{
	static const char said[] =
		"\"LABEL=K:/key\" is taken for the name of a device; a file on a "
		"device is written as PATH:DEVICE.";

	build("root UUID=" U1 " LABEL=K:/key", NULL);
	CHECK_HAS(findings(), said);
	build("root UUID=" U1 " none header=LABEL=K:/key", NULL);
	CHECK_HAS(findings(), said);
	build("root UUID=" U1, "rd.luks.uuid=" U1 " rd.luks.key=LABEL=K:/key");
	CHECK_HAS(findings(), said);
	build("root UUID=" U1 " LABEL=K:/key keyscript=passdev", NULL);
	CHECK_STR(findings(), "");
	build("root UUID=" U1 " /dev/disk/by-path/pci-0:/x", NULL);
	CHECK_STR(findings(), "");
}

TEST_MAIN(null_device, device_before_path, key_files, random_keys)
