/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes that wait for each other. */
#include "built.h"

#define NEVER ": this can never be opened. Move the header or the disk out of the loop."

static const struct {
	const char *crypttab, *findings;
} rows[] = {
	{ "root /dev/vdb none header=/dev/mapper/root\n",
	  "E " LINE1 "the header of \"root\" is on the volume \"root\"" NEVER },
	{ "root /dev/vdb none header=/dev/disk/by-id/dm-name-root\n",
	  "E " LINE1 "the header of \"root\" is on the volume \"root\"" NEVER },
	{ "my-root /dev/vdb none header=/dev/disk/by-id/dm-uuid-CRYPT-LUKS2-0123-my-root\n",
	  "E " LINE1 "the header of \"my-root\" is on the volume \"my-root\"" NEVER },
	{ "root /dev/mapper/root none luks\n",
	  "E " LINE1 "the disk of \"root\" is on the volume \"root\"" NEVER },
	{ "a /dev/vdb none header=/dev/mapper/b\nb /dev/vdc none header=/dev/mapper/a\n",
	  "E " LINE1
	  "the header of \"a\" is on the volume \"b\", and the header of \"b\" is on the "
	  "volume \"a\"" NEVER },
	{ "a /dev/mapper/c none luks\nb /dev/vdc none header=/dev/mapper/a\n"
	  "c /dev/vdd none header=/dev/mapper/b\n",
	  "E " LINE1 "the disk of \"a\" is on the volume \"c\", and the header of \"c\" is on the "
	  "volume \"b\", and the header of \"b\" is on the volume \"a\"" NEVER },
	/* Into a loop, but not in it. */
	{ "a /dev/mapper/b none luks\nb /dev/vdc none header=/dev/mapper/b\n",
	  "E " LINE2 "the header of \"b\" is on the volume \"b\"" NEVER },
	/* No loops. */
	{ "a /dev/mapper/b none luks\nb /dev/vdc none header=/dev/mapper/c\nc /dev/vdd none luks\n",
	  "" },
	{ "a /dev/mapper/c none luks\nb /dev/vdb none header=/dev/mapper/c\nc /dev/vdd none header=/a\n",
	  "" },
	{ "root /dev/vdb none header=/dev/mapper/root2\n", "" },
	{ "root /dev/vdb none header=UUID=root\n", "" },
	{ "root /dev/vdb none header=/dev/disk/by-id/dm-uuid-LVM-x-root\n", "" },
};

TEST(loops)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		build(rows[i].crypttab, NULL);
		CHECK_STR(findings(), rows[i].findings);
	}
}

TEST_MAIN(loops)
