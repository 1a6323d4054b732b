/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines for a volume, and the verdict on its header. */
#include "fixture.h"

TEST(running_root)
{
	start("root /dev/vda2 none luks,discard\n");
	mounted_on("root", "/dev/vda2");
	CHECK_HAS(decide_hmac(),
		  "volume root UUID=" UUID " none luks,x-intact.integrity=hmac(sha256)\n"
		  "dm_bufio dm_integrity dm_crypt authenc sha256_generic xts aes_generic "
		  "\nW /etc/crypttab line 1: option \"discard\" of root is dropped");
	CHECK_INT(plan.findings.n, 1);
	finish();
}

TEST(promises_nothing_it_has_not_seen)
{
	start("root UUID=9-9 none luks\n");
	place(&host.fstab_root, "UUID=5-5");
	CHECK_HAS(decide_hmac(), "volume root UUID=9-9 none luks\n");
	CHECK_HAS(out, "aegis128 ");
	finish();
}

TEST_MAIN(running_root, promises_nothing_it_has_not_seen)
