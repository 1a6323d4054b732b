/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intact/taggable.h"

#include "base/util.h"
#include "system/block.h"
#include "system/usage.h"

const char *taggable_refused(const struct header *h)
{
	if (!header_authenticates(h))
		return "it has no integrity tags that authenticate its data";
	if (h->inline_tags)
		return "its integrity tags are in the disk's own sectors, where they cannot be read "
		       "by themselves";
	return NULL;
}

bool taggable_rotates(const char *sysroot, const char *node)
{
	char device[BLOCK_NAME_MAX], disk[BLOCK_NAME_MAX], rotational[8] = "";

	if (block_device(sysroot, node, device) < 0)
		return false;
	if (!usage_whole_disk(sysroot, device, disk))
		str_copy(disk, sizeof(disk), device);
	return block_attribute(sysroot, disk, "queue/rotational", rotational, sizeof(rotational)) ==
		       0 &&
	       str_eq(rotational, "1");
}
