/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several volumes below one root, and hibernation. */
#include "fixture.h"

TEST(one_volume_is_no_leg)
{
	start("");
	mounted_on("root", "/dev/vda2");
	stand_on(&host.resume_cmdline.stack, "swap", "/dev/vda3", true);
	decide_hmac();
	CHECK_HAS(out, "volume swap UUID=" UUID " none nofail,x-intact.fallback-name," PINS);
	CHECK(!strstr(out, "x-intact.leg"));
	finish();
}

TEST(two_volumes)
{
	start("b /dev/vdb none luks,x-intact.leg\n");
	str_copy(host.tab.entries[0].node, 64, "/dev/vdb");
	mounted_on("a", "/dev/vda2");
	stand_on(&host.mounted_root.stack, "b", "/dev/vdb", true);
	stand_on(&host.mounted_usr.stack, "usr", "/dev/vdc", true);
	host.mounted_usr.there = true;
	decide_hmac();
	CHECK_HAS(out, "volume a UUID=" UUID " none x-intact.fallback-name,x-intact.leg," PINS);
	CHECK_HAS(out, "volume b UUID=" UUID " none luks,x-intact.leg," PINS);
	CHECK_HAS(out, "volume usr UUID=" UUID " none x-intact.fallback-name," PINS);
	finish();
}

/* Which of crypttab's volumes hold the root is only guessed there. */
TEST(system_that_does_not_run)
{
	start("a UUID=9-9 none luks\nb UUID=8-8 none luks\n");
	place(&host.fstab_root, "UUID=5-5");
	decide_hmac();
	CHECK_INT(plan.n_lines, 2);
	CHECK(!strstr(out, "x-intact.leg"));
	finish();
}

/* fstab names one of the two volumes of a btrfs: crypttab says that the other one is needed, too.
 */
TEST(leg_in_a_chroot)
{
	start("a UUID=9-9 none luks,x-intact.leg\nb UUID=8-8 none luks,x-intact.leg\n"
	      "data UUID=7-7 none luks\n");
	place(&host.fstab_root, "/dev/mapper/a");
	decide_hmac();
	CHECK_INT(plan.n_lines, 2);
	CHECK_HAS(out, "volume a UUID=9-9 none luks,x-intact.leg");
	CHECK_HAS(out, "volume b UUID=8-8 none luks,x-intact.leg");
	finish();
}

/* Where somebody set it up it is a warning, where the generator only takes the largest swap a note.
 */
TEST(hibernation)
{
	start("");
	mounted_on("root", "/dev/vda2");
	place(&host.resume_cmdline, "/dev/mapper/swap");
	stand_on(&host.resume_cmdline.stack, "swap", "/dev/vda3", true);
	CHECK_HAS(decide_hmac(), "\nW swap: do not hibernate to this volume");
	finish();
	start("");
	mounted_on("root", "/dev/vda2");
	stand_on(&host.resume_kernel, "swap", "/dev/vda3", true);
	CHECK_HAS(decide_hmac(), "\nN swap: do not hibernate to this volume");
	finish();
}

TEST_MAIN(one_volume_is_no_leg, two_volumes, system_that_does_not_run, leg_in_a_chroot, hibernation)
