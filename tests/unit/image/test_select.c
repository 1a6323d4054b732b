/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes the image may have to open. */
#include "fixture.h"

TEST(said_once)
{
	start("");
	mounted_on("root", "/dev/vda2");
	host.mounted_usr = (struct mounted){ .there = true };
	stand_on(&host.mounted_usr.stack, "root", "/dev/vda2", true);
	for (unsigned i = 0; i < 2; i++) {
		struct stack *stack = i ? &host.mounted_usr.stack : &host.mounted_root.stack;

		str_copy(array_add(&stack->standalone, &stack->n_standalone,
				   sizeof(*stack->standalone)),
			 128, "raw");
	}
	decide_hmac();
	CHECK_INT(plan.n_lines, 1);
	CHECK_INT(plan.findings.n, 1);
	CHECK_HAS(out, "raw is a standalone dm-integrity device");
	finish();
}

TEST(which_system)
{
	static const struct {
		const char *what, *crypttab, *fstab_root;
		bool mounted, described;
		const char *here; /* the device that fstab's name leads to */
		const char *wanted;
	} rows[] = {
		{ "running", "root /dev/vda2 none\n", "/dev/mapper/root", true, false, "dm-1",
		  "root" },
		{ "no fstab", "", NULL, true, false, NULL, "root" },
		{ "bind mount", "other /dev/vda3 none\n", "/dev/mapper/other", true, false, "dm-7",
		  "other" },
		{ "bind mount, bare /dev", "other UUID=9-9 none\n", "/dev/mapper/other", true,
		  false, NULL, "other" },
		{ "opened by the installer", "", "UUID=5-5", true, false, NULL, "root" },
		{ "plain folder", "other UUID=9-9 none\n", "UUID=5-5", false, false, NULL,
		  "other" },
		{ "--root", "other UUID=9-9 none\n", "UUID=5-5", true, true, NULL, "other" },
		{ "--root, on a partition", "other UUID=9-9 none\n", "/dev/vda2", true, true, NULL,
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		start(rows[i].crypttab);
		if (host.tab.n && str_eq(rows[i].what, "running"))
			str_copy(host.tab.entries[0].node, 64, "/dev/vda2");
		if (rows[i].mounted)
			mounted_on("root", "/dev/vda2");
		host.described = rows[i].described;
		if (rows[i].fstab_root)
			place(&host.fstab_root, rows[i].fstab_root);
		if (rows[i].here) {
			host.fstab_root.here = true;
			str_copy(host.fstab_root.device, BLOCK_NAME_MAX, rows[i].here);
		}
		plan_select(&plan, &host);
		CHECK_ROW(plan.n_wanted == (rows[i].wanted ? 1 : 0), rows[i].what);
		if (plan.n_wanted && rows[i].wanted)
			CHECK_STR(plan.wanted[0].name, rows[i].wanted);
		finish();
	}
}

TEST_MAIN(said_once, which_system)
